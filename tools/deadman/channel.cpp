#include "tools/deadman/channel.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <optional>

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "runtime/log.hpp"
#include "tools/deadman/signature.hpp"

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;

constexpr LogEvent event_sent{"deadman.sent", LogLevel::notice};
constexpr LogEvent event_failed{"deadman.send_failed", LogLevel::error};
constexpr LogEvent event_dropped{"deadman.dropped", LogLevel::error};

constexpr std::size_t waiting_max = 32;
constexpr unsigned tries = 4;
constexpr auto between = 2s;
constexpr long connect_ms = 5000, total_ms = 10000;

struct Easy {
    CURL* handle = curl_easy_init();
    curl_slist* list = nullptr;
    Easy() = default;
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;
    ~Easy()
    {
        curl_slist_free_all(list);
        curl_easy_cleanup(handle);
    }
    void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

struct Upload {
    std::string text;
    std::size_t sent = 0;
};

std::size_t read_upload(char* to, std::size_t size, std::size_t count, void* data)
{
    auto& upload = *static_cast<Upload*>(data);
    const std::size_t part = std::min(size * count, upload.text.size() - upload.sent);
    std::copy_n(upload.text.data() + upload.sent, part, to);
    upload.sent += part;
    return part;
}

std::size_t forget(char* /*from*/, std::size_t size, std::size_t count, void* /*data*/) { return size * count; }

int asked_to_stop(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::atomic<bool>*>(flag)->load() ? 1 : 0;
}

} // namespace

struct Channel::Way {
    std::optional<WebhookConfig> webhook;
    std::optional<MailConfig> mail;
    std::atomic<bool> stop{false};

    [[nodiscard]] const std::string& name() const { return webhook ? webhook->name : mail->name; }
    // "" or why not.
    std::string send(const Message& message)
    {
        Easy easy;
        if (easy.handle == nullptr) return "no memory";
        curl_easy_setopt(easy.handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy.handle, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
        curl_easy_setopt(easy.handle, CURLOPT_TIMEOUT_MS, total_ms);
        curl_easy_setopt(easy.handle, CURLOPT_PROXY, ""); // nothing of the environment decides where a page goes
        curl_easy_setopt(easy.handle, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy.handle, CURLOPT_XFERINFOFUNCTION, asked_to_stop);
        curl_easy_setopt(easy.handle, CURLOPT_XFERINFODATA, &stop);
        curl_easy_setopt(easy.handle, CURLOPT_WRITEFUNCTION, forget);
        curl_easy_setopt(easy.handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (const std::string& file = webhook ? webhook->ca_file : mail->ca_file; !file.empty()) {
            curl_easy_setopt(easy.handle, CURLOPT_CAINFO, file.c_str());
            curl_easy_setopt(easy.handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // that file alone
        }
        return webhook ? post(easy, message) : write_mail(easy, message);
    }
    std::string post(Easy& easy, const Message& message) const
    {
        const std::string stamp = std::to_string(std::time(nullptr));
        easy.add("Content-Type: application/json");
        easy.add("Expect:");
        easy.add("webhook-id: " + message.id);
        easy.add("webhook-timestamp: " + stamp);
        easy.add("webhook-signature: " + signature(webhook->key.reveal(), message.id, stamp, message.body));
        curl_easy_setopt(easy.handle, CURLOPT_URL, webhook->url.c_str());
        curl_easy_setopt(easy.handle, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy.handle, CURLOPT_HTTPHEADER, easy.list);
        curl_easy_setopt(easy.handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(message.body.size()));
        curl_easy_setopt(easy.handle, CURLOPT_POSTFIELDS, message.body.c_str());
        const CURLcode end = curl_easy_perform(easy.handle);
        if (end != CURLE_OK) return curl_easy_strerror(end);
        long status = 0;
        curl_easy_getinfo(easy.handle, CURLINFO_RESPONSE_CODE, &status);
        return status >= 200 && status < 300 ? "" : fmt::format("answered {}", status);
    }
    std::string write_mail(Easy& easy, const Message& message) const
    {
        std::string to;
        for (const std::string& one : mail->to) {
            easy.add("<" + one + ">");
            to += (to.empty() ? "<" : ", <") + one + ">";
        }
        Upload upload;
        upload.text = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: <{}>\r\nTo: {}\r\n"
                                  "Message-ID: <{}@magwatch-deadman>\r\nSubject: {}\r\nPriority: urgent\r\n"
                                  "Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
                                  fmt::gmtime(std::time(nullptr)), mail->from, to, message.id,
                                  message.text.substr(0, message.text.find(". ")), message.text);
        // The path is what libcurl says in EHLO: the sender's domain, not the name of this machine.
        const std::string url =
            fmt::format("smtp://{}:{}/{}", mail->host, mail->port, mail->from.substr(mail->from.rfind('@') + 1));
        const std::string password{mail->password.reveal()};
        curl_easy_setopt(easy.handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy.handle, CURLOPT_PROTOCOLS_STR, "smtp");
        if (mail->starttls) curl_easy_setopt(easy.handle, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
        if (!mail->user.empty()) {
            curl_easy_setopt(easy.handle, CURLOPT_USERNAME, mail->user.c_str());
            curl_easy_setopt(easy.handle, CURLOPT_PASSWORD, password.c_str());
        }
        curl_easy_setopt(easy.handle, CURLOPT_MAIL_FROM, ("<" + mail->from + ">").c_str());
        curl_easy_setopt(easy.handle, CURLOPT_MAIL_RCPT, easy.list);
        // An address that is gone keeps the message from nobody else.
        curl_easy_setopt(easy.handle, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
        curl_easy_setopt(easy.handle, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy.handle, CURLOPT_READFUNCTION, read_upload);
        curl_easy_setopt(easy.handle, CURLOPT_READDATA, &upload);
        const CURLcode end = curl_easy_perform(easy.handle);
        return end == CURLE_OK ? "" : curl_easy_strerror(end);
    }
};

Channel::Channel(WebhookConfig config) : way_{std::make_unique<Way>()}
{
    way_->webhook = std::move(config);
    thread_ = std::thread{[this] { run(); }};
}

Channel::Channel(MailConfig config) : way_{std::make_unique<Way>()}
{
    way_->mail = std::move(config);
    thread_ = std::thread{[this] { run(); }};
}

Channel::~Channel()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    way_->stop = true;
    wake_.notify_all();
    thread_.join();
}

void Channel::push(Message message)
{
    {
        const std::lock_guard lock{mutex_};
        waiting_.push_back(std::move(message));
        if (waiting_.size() > waiting_max) {
            waiting_.pop_front();
            log(event_dropped, "Too many pages wait: the oldest was dropped", {{LogKey::channel, way_->name()}});
        }
    }
    wake_.notify_all();
}

bool Channel::idle()
{
    const std::lock_guard lock{mutex_};
    return waiting_.empty() && !sending_;
}

void Channel::run()
{
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        if (waiting_.empty()) {
            wake_.wait(lock);
            continue;
        }
        const Message message = std::move(waiting_.front());
        waiting_.pop_front();
        sending_ = true;
        lock.unlock();
        deliver(message);
        lock.lock();
        sending_ = false;
    }
}

void Channel::deliver(const Message& message)
{
    for (unsigned i = 0; i < tries; ++i) {
        if (i > 0 && !pause()) return;
        const std::string wrong = way_->send(message);
        if (wrong.empty()) {
            log(event_sent, message.text, {{LogKey::channel, way_->name()}});
            return;
        }
        log(event_failed, wrong, {{LogKey::channel, way_->name()}, {LogKey::count, i + 1}});
    }
}

bool Channel::pause()
{
    std::unique_lock lock{mutex_};
    return !wake_.wait_for(lock, between, [this] { return stopping_; });
}

} // namespace magwatch::deadman
