#include "adapters/pagers/curl_lane.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

namespace magwatch::adapters {
namespace {

constexpr std::size_t reply_max = 16 * 1024; // headers and body; we read only the status

struct EasyDelete {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDelete {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Job {
    CurlRequest request;
    boost::asio::any_io_executor executor;
    CurlLane::Done done;
};

// One attempt on the wire. Stays where it is: libcurl holds pointers into it.
struct Transfer {
    Job job;
    std::unique_ptr<CURL, EasyDelete> easy;
    std::unique_ptr<curl_slist, ListDelete> list; // headers or the recipient
    std::size_t reply_bytes = 0;
    std::size_t read_at = 0; // of a mail's message
    bool set_up = true;
};

std::size_t count_reply(const char*, std::size_t size, std::size_t n, void* user)
{
    auto* transfer = static_cast<Transfer*>(user);
    transfer->reply_bytes += size * n;
    return transfer->reply_bytes > reply_max ? 0 : size * n;
}

std::size_t read_mail(char* to, std::size_t size, std::size_t n, void* user)
{
    auto* transfer = static_cast<Transfer*>(user);
    const std::string& message = std::get<Mail>(transfer->job.request).message;
    const std::size_t length = std::min(size * n, message.size() - transfer->read_at);
    std::memcpy(to, message.data() + transfer->read_at, length);
    transfer->read_at += length;
    return length;
}

bool is_loopback(const sockaddr* address)
{
    if (address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        return (ntohl(in.sin_addr.s_addr) >> 24U) == 127;
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, address, sizeof in);
        return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
    }
    return false;
}

// Checks the address that is really connected to: a name may resolve to anything.
curl_socket_t open_loopback_socket(void*, curlsocktype, curl_sockaddr* address)
{
    if (!is_loopback(&address->addr)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value> void set(Transfer& transfer, CURLoption option, Value value)
{
    if (curl_easy_setopt(transfer.easy.get(), option, value) != CURLE_OK) transfer.set_up = false;
}

void add_to_list(Transfer& transfer, const std::string& text)
{
    curl_slist* longer = curl_slist_append(transfer.list.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc{};
    (void)transfer.list.release();
    transfer.list.reset(longer);
}

void set_common(Transfer& transfer, const CurlLimits& limits, const std::string& url, const std::string& ca_file,
                const char* protocols, bool loopback_only)
{
    set(transfer, CURLOPT_URL, url.c_str());
    set(transfer, CURLOPT_PRIVATE, &transfer);
    set(transfer, CURLOPT_PROTOCOLS_STR, protocols);
    set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    set(transfer, CURLOPT_PROXY, "");
    set(transfer, CURLOPT_NOPROXY, "*");
    set(transfer, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(transfer, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_FRESH_CONNECT, 1L);
    set(transfer, CURLOPT_FORBID_REUSE, 1L);
    set(transfer, CURLOPT_QUICK_EXIT, 1L);
    set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
    set(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    set(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_file.empty()) {
        set(transfer, CURLOPT_CAINFO, ca_file.c_str());
        set(transfer, CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // that file alone
    }
    if (loopback_only) set(transfer, CURLOPT_OPENSOCKETFUNCTION, &open_loopback_socket);
    set(transfer, CURLOPT_WRITEFUNCTION, &count_reply);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
}

void set_up(Transfer& transfer, const CurlLimits& limits, const HttpPost& post)
{
    set_common(transfer, limits, post.url, post.ca_file, post.loopback_only ? "http,https" : "https",
               post.loopback_only);
    for (const std::string& header : post.headers) add_to_list(transfer, header);
    add_to_list(transfer, "Expect:"); // the body follows at once
    set(transfer, CURLOPT_HTTPHEADER, transfer.list.get());
    set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(transfer, CURLOPT_USERAGENT, "magwatch");
    set(transfer, CURLOPT_POST, 1L);
    set(transfer, CURLOPT_POSTFIELDS, post.body.data());
    set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
    set(transfer, CURLOPT_HEADERFUNCTION, &count_reply);
    set(transfer, CURLOPT_HEADERDATA, &transfer);
}

void set_up(Transfer& transfer, const CurlLimits& limits, const Mail& mail)
{
    set_common(transfer, limits, mail.url, mail.ca_file, "smtp,smtps", mail.loopback_only);
    const bool plain = mail.plain && mail.loopback_only;
    set(transfer, CURLOPT_USE_SSL, static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    set(transfer, CURLOPT_MAIL_FROM, mail.from.c_str());
    add_to_list(transfer, mail.to);
    set(transfer, CURLOPT_MAIL_RCPT, transfer.list.get());
    if (!mail.user.empty() && !plain) {
        set(transfer, CURLOPT_USERNAME, mail.user.c_str());
        set(transfer, CURLOPT_PASSWORD, mail.password.c_str());
    }
    set(transfer, CURLOPT_UPLOAD, 1L);
    set(transfer, CURLOPT_READFUNCTION, &read_mail);
    set(transfer, CURLOPT_READDATA, &transfer);
    set(transfer, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size()));
}

bool was_written(const Transfer& transfer)
{
    if (const auto* mail = std::get_if<Mail>(&transfer.job.request))
        return transfer.read_at == mail->message.size();
    long bytes = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

std::string seconds_text(Duration d)
{
    if (d.count() % 1000 == 0) return std::to_string(d.count() / 1000) + " s";
    return std::to_string(d.count()) + " ms";
}

std::string failure_text(const Transfer& transfer, CURLcode code, bool written, const CurlLimits& limits)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "name not found";
    case CURLE_COULDNT_CONNECT: {
        long error = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_OS_ERRNO, &error);
        return error == ECONNREFUSED ? "connection refused" : "cannot connect";
    }
    case CURLE_OPERATION_TIMEDOUT: {
        curl_off_t connected = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_CONNECT_TIME_T, &connected);
        if (written) return "no reply in " + seconds_text(limits.total);
        if (connected == 0) return "no connection in " + seconds_text(std::min(limits.connect, limits.total));
        return "no conversation in " + seconds_text(limits.total);
    }
    case CURLE_PEER_FAILED_VERIFICATION: return "certificate refused";
    case CURLE_SSL_CACERT_BADFILE: return "authority file cannot be read";
    case CURLE_SSL_CONNECT_ERROR: return "TLS broke off";
    case CURLE_USE_SSL_FAILED: return "no encryption offered";
    case CURLE_LOGIN_DENIED: return "login refused";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return written ? "closed without a reply" : "connection lost";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return "address cannot be used";
    default: return "transfer failed, libcurl error " + std::to_string(static_cast<int>(code));
    }
}

TransferEnd failure_end(CURLcode code, bool written)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return TransferEnd::untrusted;
    case CURLE_USE_SSL_FAILED: return TransferEnd::unencrypted;
    case CURLE_LOGIN_DENIED: // the server knows no way to log in; a refused password is a 5yz
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return TransferEnd::impossible;
    default: return written ? TransferEnd::unanswered : TransferEnd::not_sent;
    }
}

TransferResult result_of(const Transfer& transfer, CURLcode code, const CurlLimits& limits)
{
    TransferResult result;
    CURL* easy = transfer.easy.get();
    const bool http = std::holds_alternative<HttpPost>(transfer.job.request);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result.status);
    curl_off_t wait = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
        result.retry_after = Duration{std::min<curl_off_t>(wait, 3600) * 1000};

    // A reply whose status is known has been given, even if its body is too long or breaks off; a 1xx is
    // no reply. SMTP says 2yz and 3yz along the way: only an error, or the end, is its last word.
    const bool refused_by_mail = !http && code != CURLE_OK && result.status >= 400 && result.status < 600;
    const bool status_known = http ? result.status >= 200 : refused_by_mail;
    if (code == CURLE_OK || status_known) {
        result.end = TransferEnd::answered;
        result.detail = (http ? "HTTP " : "SMTP ") + std::to_string(result.status);
        return result;
    }
    const bool written = was_written(transfer);
    result.end = failure_end(code, written);
    result.detail = failure_text(transfer, code, written, limits);
    return result;
}

} // namespace

struct CurlLane::State {
    explicit State(CurlLimits l) : limits{l} {}

    void run();
    void begin(Job job);
    void end(CURL* easy, CURLcode code);
    static void report(Job job, TransferResult result);

    const CurlLimits limits;
    CURLM* multi = nullptr;
    std::atomic<std::uint64_t> turns{0};
    std::atomic<std::size_t> running{0};
    std::mutex mutex;
    std::vector<Job> fresh; // guarded by mutex
    bool stopping = false;  // guarded by mutex
    std::list<Transfer> transfers; // of the lane's thread alone
    std::thread thread;
};

void CurlLane::State::report(Job job, TransferResult result)
{
    const auto executor = job.executor;
    boost::asio::post(executor, [done = std::move(job.done), result = std::move(result)] { done(result); });
}

void CurlLane::State::begin(Job job)
{
    transfers.push_back({std::move(job), std::unique_ptr<CURL, EasyDelete>{curl_easy_init()}, nullptr, 0, 0, true});
    Transfer& transfer = transfers.back();
    if (transfer.easy == nullptr) throw std::bad_alloc{};
    std::visit([&](const auto& request) { set_up(transfer, limits, request); }, transfer.job.request);
    if (transfer.set_up && curl_multi_add_handle(multi, transfer.easy.get()) == CURLM_OK) return;
    TransferResult result;
    result.end = TransferEnd::impossible;
    result.detail = "request cannot be built";
    Job back = std::move(transfer.job);
    transfers.pop_back();
    --running;
    report(std::move(back), std::move(result));
}

void CurlLane::State::end(CURL* easy, CURLcode code)
{
    const auto at = std::find_if(transfers.begin(), transfers.end(),
                                 [easy](const Transfer& t) { return t.easy.get() == easy; });
    TransferResult result = result_of(*at, code, limits);
    curl_multi_remove_handle(multi, easy);
    Job job = std::move(at->job);
    transfers.erase(at);
    --running;
    report(std::move(job), std::move(result));
}

void CurlLane::State::run()
{
    for (;;) {
        std::vector<Job> jobs;
        {
            const std::lock_guard lock{mutex};
            if (stopping) break;
            jobs.swap(fresh);
        }
        for (Job& job : jobs) begin(std::move(job));
        int active = 0;
        curl_multi_perform(multi, &active);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left))
            if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
        ++turns;
        curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    for (Transfer& transfer : transfers) curl_multi_remove_handle(multi, transfer.easy.get());
    transfers.clear();
}

CurlLane::CurlLane(CurlLimits limits) : state_{std::make_unique<State>(limits)}
{
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    state_->multi = curl_multi_init();
    if (initialised != CURLE_OK || state_->multi == nullptr) throw std::runtime_error{"libcurl cannot start"};
    // The lane takes no signal: those of the daemon belong to its main thread, and a peer that closes early
    // must not end the process by SIGPIPE.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread{[state = state_.get()] { state->run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(state_->thread.native_handle(), "pagers");
}

CurlLane::~CurlLane()
{
    {
        const std::lock_guard lock{state_->mutex};
        state_->stopping = true;
    }
    curl_multi_wakeup(state_->multi);
    state_->thread.join();
    curl_multi_cleanup(state_->multi);
}

void CurlLane::start(CurlRequest request, boost::asio::any_io_executor executor, Done done)
{
    ++state_->running;
    {
        const std::lock_guard lock{state_->mutex};
        state_->fresh.push_back({std::move(request), std::move(executor), std::move(done)});
    }
    curl_multi_wakeup(state_->multi);
}

std::uint64_t CurlLane::turns() const { return state_->turns; }
std::size_t CurlLane::running() const { return state_->running; }

} // namespace magwatch::adapters
