#include "adapters/pagers/curl_lane.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <ctime>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace magwatch::adapters {
namespace {

constexpr std::chrono::minutes certificate_remembered{10}; // every peer is asked each minute
// Threads, and each may leave another behind that looks up a name. With those of the posts, which linger when a name
// server is dead, and our own they stay below the TasksMax of the unit. Far above what the deliveries' lines ask for.
constexpr std::size_t mails_max = 64;

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
    std::unique_ptr<curl_slist, ListDelete> list{}; // headers or the recipient
    std::unique_ptr<CURL, EasyDelete> easy{};
    std::size_t reply_bytes = 0, reply_max = curl_reply_max;
    std::string reply{}; // the body, where it is wanted
    std::size_t read_at = 0; // of a mail's message
    bool set_up = true;
};

// The sockets of one mail, so that another thread can break it off. shutdown() under the mutex never meets
// a number that has been closed and given to somebody else.
class Sockets {
public:
    void opened(int fd)
    {
        const std::lock_guard lock{mutex_};
        if (broken_) ::shutdown(fd, SHUT_RDWR);
        open_.push_back(fd);
    }
    int close(int fd)
    {
        const std::lock_guard lock{mutex_};
        std::erase(open_, fd);
        return ::close(fd);
    }
    void break_off()
    {
        const std::lock_guard lock{mutex_};
        broken_ = true;
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    [[nodiscard]] bool broken()
    {
        const std::lock_guard lock{mutex_};
        return broken_;
    }

private:
    std::mutex mutex_;
    std::vector<int> open_;
    bool broken_ = false;
};

// A mail has a thread for as long as it lasts: libcurl waits inside for the reply to DATA and to QUIT, and in
// the multi that would hold up everybody.
struct MailTransfer {
    Transfer transfer;
    Sockets sockets;
    std::chrono::steady_clock::time_point breaks_at;
    std::atomic<bool> finished{false};
    std::thread thread;
};

std::size_t count_reply(const char*, std::size_t size, std::size_t n, void* user)
{
    auto* transfer = static_cast<Transfer*>(user);
    transfer->reply_bytes += size * n;
    return transfer->reply_bytes > transfer->reply_max ? 0 : size * n;
}

std::size_t keep_reply(const char* data, std::size_t size, std::size_t n, void* user)
{
    auto* transfer = static_cast<Transfer*>(user);
    transfer->reply.append(data, size * n);
    return count_reply(data, size, n, user);
}

std::size_t read_mail(char* to, std::size_t size, std::size_t n, void* user)
{
    auto* transfer = static_cast<Transfer*>(user);
    const std::string& message = std::get<Mail>(transfer->job.request).message;
    const std::size_t length = message.copy(to, size * n, transfer->read_at);
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

curl_socket_t open_socket(const curl_sockaddr* address)
{
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Checks the address that is really connected to: a name may resolve to anything.
curl_socket_t open_loopback_socket(void*, curlsocktype, curl_sockaddr* address)
{
    return is_loopback(&address->addr) ? open_socket(address) : CURL_SOCKET_BAD;
}

curl_socket_t open_mail_socket(void* user, curlsocktype, curl_sockaddr* address)
{
    auto* mail = static_cast<MailTransfer*>(user);
    if (std::get<Mail>(mail->transfer.job.request).loopback_only && !is_loopback(&address->addr))
        return CURL_SOCKET_BAD;
    const curl_socket_t fd = open_socket(address);
    if (fd >= 0) mail->sockets.opened(fd);
    return fd;
}

int close_mail_socket(void* user, curl_socket_t fd) { return static_cast<MailTransfer*>(user)->sockets.close(fd); }

// Ends what has no socket yet, such as the look-up of a name.
int is_broken_off(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<MailTransfer*>(user)->sockets.broken() ? 1 : 0;
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
                const char* protocols)
{
    transfer.easy.reset(curl_easy_init());
    if (transfer.easy == nullptr) throw std::bad_alloc{};
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
    set(transfer, CURLOPT_CERTINFO, 1L);
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_file.empty()) {
        set(transfer, CURLOPT_CAINFO, ca_file.c_str());
        set(transfer, CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // that file alone
    }
    set(transfer, CURLOPT_WRITEFUNCTION, &count_reply);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
}

void set_up(Transfer& transfer, const CurlLimits& limits, const HttpPost& post)
{
    set_common(transfer, limits, post.url, post.ca_file, post.loopback_only ? "http,https" : "https");
    if (post.loopback_only) set(transfer, CURLOPT_OPENSOCKETFUNCTION, &open_loopback_socket);
    for (const std::string& header : post.headers) add_to_list(transfer, header);
    add_to_list(transfer, "Expect:"); // the body follows at once
    set(transfer, CURLOPT_HTTPHEADER, transfer.list.get());
    set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(transfer, CURLOPT_USERAGENT, "magwatch");
    if (post.connect_only) {
        set(transfer, CURLOPT_CONNECT_ONLY, 1L);
    } else if (post.get) {
        set(transfer, CURLOPT_HTTPGET, 1L);
    } else {
        set(transfer, CURLOPT_POST, 1L);
        set(transfer, CURLOPT_POSTFIELDS, post.body.data());
        set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
    }
    transfer.reply_max = post.reply_max;
    if (post.keep_reply) set(transfer, CURLOPT_WRITEFUNCTION, &keep_reply);
    set(transfer, CURLOPT_HEADERFUNCTION, &count_reply);
    set(transfer, CURLOPT_HEADERDATA, &transfer);
}

void set_up(MailTransfer& one, const CurlLimits& limits, const Mail& mail)
{
    Transfer& transfer = one.transfer;
    set_common(transfer, limits, mail.url, mail.ca_file, "smtp,smtps");
    set(transfer, CURLOPT_OPENSOCKETFUNCTION, &open_mail_socket);
    set(transfer, CURLOPT_OPENSOCKETDATA, &one);
    set(transfer, CURLOPT_CLOSESOCKETFUNCTION, &close_mail_socket);
    set(transfer, CURLOPT_CLOSESOCKETDATA, &one);
    set(transfer, CURLOPT_NOPROGRESS, 0L);
    set(transfer, CURLOPT_XFERINFOFUNCTION, &is_broken_off);
    set(transfer, CURLOPT_XFERINFODATA, &one);
    // The outcome is known before the good-bye: QUIT is said when the handle goes.
    set(transfer, CURLOPT_FORBID_REUSE, 0L);
    set(transfer, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>((limits.total.count() + 999) / 1000));
    const bool plain = mail.plain && mail.loopback_only;
    set(transfer, CURLOPT_USE_SSL, static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    set(transfer, CURLOPT_MAIL_FROM, mail.from.c_str());
    add_to_list(transfer, mail.to);
    set(transfer, CURLOPT_MAIL_RCPT, transfer.list.get());
    if (!mail.user.empty() && !plain) {
        set(transfer, CURLOPT_USERNAME, mail.user.c_str());
        set(transfer, CURLOPT_PASSWORD, mail.password.c_str());
    }
    if (mail.connect_only) return set(transfer, CURLOPT_CONNECT_ONLY, 1L);
    set(transfer, CURLOPT_UPLOAD, 1L);
    set(transfer, CURLOPT_READFUNCTION, &read_mail);
    set(transfer, CURLOPT_READDATA, &transfer);
    set(transfer, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size()));
}

bool was_written(const Transfer& transfer)
{
    if (const auto* mail = std::get_if<Mail>(&transfer.job.request))
        return !mail->connect_only && transfer.read_at == mail->message.size();
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
    case CURLE_ABORTED_BY_CALLBACK: return "broken off";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return written ? "closed without a reply" : "connection lost";
    case CURLE_UNSUPPORTED_PROTOCOL:
        if (written) return "no HTTP in reply";
        [[fallthrough]];
    case CURLE_URL_MALFORMAT: return "address cannot be used";
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
    case CURLE_URL_MALFORMAT: return TransferEnd::impossible;
    // A reply that is no HTTP has this code too, and a page came before it.
    case CURLE_UNSUPPORTED_PROTOCOL: return written ? TransferEnd::unanswered : TransferEnd::impossible;
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
        if (code == CURLE_OK) result.reply = transfer.reply;
        result.too_long = transfer.reply_bytes > transfer.reply_max;
        result.detail = (http ? "HTTP " : "SMTP ") + std::to_string(result.status);
        return result;
    }
    const bool written = was_written(transfer);
    result.end = failure_end(code, written);
    result.detail = failure_text(transfer, code, written, limits);
    return result;
}

// "pager.example:8443" of a URL of ours.
std::string host_of(const CurlRequest& request)
{
    const std::string& url = std::visit([](const auto& one) -> const std::string& { return one.url; }, request);
    const std::size_t begin = url.find("://");
    if (begin == std::string::npos) return url;
    const std::size_t end = url.find_first_of("/?#", begin + 3);
    return url.substr(begin + 3, end == std::string::npos ? end : end - begin - 3);
}

// Of a chain whose every certificate says when it ends; nullopt without encryption.
std::optional<WallTime> certificate_until(CURL* easy)
{
    curl_certinfo* chain = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr) return std::nullopt;
    constexpr std::string_view says = "Expire date:";
    std::optional<WallTime> first;
    for (int i = 0; i < chain->num_of_certs; ++i) {
        for (const curl_slist* line = chain->certinfo[i]; line != nullptr; line = line->next) {
            const std::string_view text{line->data};
            if (!text.starts_with(says)) continue;
            const std::time_t at = curl_getdate(text.data() + says.size(), nullptr);
            if (at <= 0) continue;
            const WallTime until{static_cast<std::int64_t>(at) * 1000};
            if (!first || until.ms < first->ms) first = until;
        }
    }
    return first;
}

TransferResult cannot_be_built()
{
    TransferResult result;
    result.end = TransferEnd::impossible;
    result.detail = "request cannot be built";
    return result;
}

TransferResult no_thread()
{
    TransferResult result;
    result.end = TransferEnd::not_sent;
    result.detail = "no thread to be had for it";
    return result;
}

} // namespace

struct CurlLane::State {
    State(CurlLimits l, MakeThread m) : limits{l}, make_thread{std::move(m)}
    {
        if (!make_thread) make_thread = [](std::function<void()> body) { return std::thread{std::move(body)}; };
    }

    void run();
    void turn(std::vector<Job> jobs);
    void begin_post(Job job);
    void end_post(CURL* easy, CURLcode code);
    void begin_mails();
    void carry_mail(MailTransfer& mail);
    void end_mail(Job& job, TransferResult result);
    void tend_mails();
    void stop();
    void report(Job job, TransferResult result);
    void note_certificate(const Transfer& transfer);

    const CurlLimits limits;
    MakeThread make_thread;
    CURLM* multi = nullptr;
    std::atomic<std::uint64_t> turns{0};
    std::atomic<std::size_t> running{0};
    std::mutex mutex;
    std::vector<Job> fresh; // guarded by mutex
    bool stopping = false;  // guarded by mutex
    struct Shown {
        WallTime until;
        std::chrono::steady_clock::time_point at;
    };
    std::map<std::string, Shown> certificates; // by host; guarded by mutex
    std::list<Transfer> posts; // these three: of the lane's thread alone
    std::list<MailTransfer> mails;
    std::deque<Job> waiting_mails;
    std::thread thread;
};

void CurlLane::State::report(Job job, TransferResult result)
{
    --running;
    const auto executor = job.executor;
    boost::asio::post(executor, [done = std::move(job.done), result = std::move(result)] { done(result); });
}

void CurlLane::State::note_certificate(const Transfer& transfer)
{
    const auto until = certificate_until(transfer.easy.get());
    if (!until) return;
    const std::lock_guard lock{mutex};
    certificates[host_of(transfer.job.request)] = {*until, std::chrono::steady_clock::now()};
}

void CurlLane::State::begin_post(Job job)
{
    Transfer& transfer = posts.emplace_back(Transfer{std::move(job)});
    set_up(transfer, limits, std::get<HttpPost>(transfer.job.request));
    if (transfer.set_up && curl_multi_add_handle(multi, transfer.easy.get()) == CURLM_OK) return;
    report(std::move(transfer.job), cannot_be_built());
    posts.pop_back();
}

void CurlLane::State::end_post(CURL* easy, CURLcode code)
{
    const auto at = std::find_if(posts.begin(), posts.end(),
                                 [easy](const Transfer& t) { return t.easy.get() == easy; });
    TransferResult result = result_of(*at, code, limits);
    note_certificate(*at);
    curl_multi_remove_handle(multi, easy);
    report(std::move(at->job), std::move(result));
    posts.erase(at);
}

void CurlLane::State::begin_mails()
{
    while (!waiting_mails.empty() && mails.size() < mails_max) {
        MailTransfer& mail = mails.emplace_back();
        mail.transfer.job = std::move(waiting_mails.front());
        waiting_mails.pop_front();
        mail.breaks_at = std::chrono::steady_clock::now() + limits.total + std::chrono::milliseconds{500};
        try {
            mail.thread = make_thread([this, &mail] { carry_mail(mail); });
        } catch (const std::system_error&) { // too many, as while a name server is dead: later there may be room
            end_mail(mail.transfer.job, no_thread());
            mails.pop_back();
        }
    }
}

// Its password goes before anybody hears of its end.
void CurlLane::State::end_mail(Job& job, TransferResult result)
{
    std::string& password = std::get<Mail>(job.request).password;
    explicit_bzero(password.data(), password.size());
    report({{}, job.executor, std::move(job.done)}, std::move(result));
}

void CurlLane::State::carry_mail(MailTransfer& mail)
{
    Transfer& transfer = mail.transfer;
    set_up(mail, limits, std::get<Mail>(transfer.job.request));
    TransferResult result = cannot_be_built();
    if (transfer.set_up) {
        const CURLcode code = curl_easy_perform(transfer.easy.get());
        result = result_of(transfer, code, limits);
        note_certificate(transfer);
    }
    end_mail(transfer.job, std::move(result));
    transfer.easy.reset(); // says QUIT, and may wait for its reply
    mail.finished = true;
    curl_multi_wakeup(multi);
}

// Ends the threads of mails that are over, and breaks off those that libcurl would let drag on.
void CurlLane::State::tend_mails()
{
    const auto now = std::chrono::steady_clock::now();
    for (auto mail = mails.begin(); mail != mails.end();) {
        if (mail->finished) {
            mail->thread.join();
            mail = mails.erase(mail);
            continue;
        }
        if (now >= mail->breaks_at) mail->sockets.break_off();
        ++mail;
    }
}

void CurlLane::State::turn(std::vector<Job> jobs)
{
    for (Job& job : jobs) {
        if (std::holds_alternative<Mail>(job.request))
            waiting_mails.push_back(std::move(job));
        else
            begin_post(std::move(job));
    }
    int active = 0;
    curl_multi_perform(multi, &active);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
        if (message->msg == CURLMSG_DONE) end_post(message->easy_handle, message->data.result);
    tend_mails();
    begin_mails();
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
        turn(std::move(jobs));
        ++turns;
        curl_multi_poll(multi, nullptr, 0, mails.empty() ? 1000 : 200, nullptr);
    }
    stop();
}

void CurlLane::State::stop()
{
    for (Transfer& transfer : posts) curl_multi_remove_handle(multi, transfer.easy.get());
    posts.clear();
    for (MailTransfer& mail : mails) mail.sockets.break_off();
    for (MailTransfer& mail : mails) mail.thread.join();
}

CurlLane::CurlLane(CurlLimits limits, MakeThread make_thread)
    : state_{std::make_unique<State>(limits, std::move(make_thread))}
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

std::vector<PeerCertificate> CurlLane::certificates() const
{
    const auto oldest = std::chrono::steady_clock::now() - certificate_remembered;
    std::vector<PeerCertificate> found;
    const std::lock_guard lock{state_->mutex};
    std::erase_if(state_->certificates, [&](const auto& one) { return one.second.at < oldest; });
    for (const auto& [host, shown] : state_->certificates) found.push_back({host, shown.until});
    return found;
}

std::uint64_t CurlLane::turns() const { return state_->turns; }
std::size_t CurlLane::running() const { return state_->running; }

} // namespace magwatch::adapters
