// The one lane that speaks outgoing HTTP and SMTP, so that a black-holed channel delays no other and no name
// lookup stops the ward loop. HTTP transfers run side by side in one curl_multi on one thread. A mail has a
// short-lived thread of its own, because libcurl 7.88 waits inside for the replies to DATA and QUIT.
//
// start() may be called from any thread and never blocks; results are posted to the executor of the
// request's owner. Nothing of the core is touched here. What libcurl could do by itself is switched off:
// no redirects, no proxy (the environment's neither), no protocol but the request's own, no stored
// connections (a stale one would make every page's fate unclear), no reply beyond 16 KiB. Certificates and
// host names are verified, TLS 1.2 is the least. A transfer has 5 s to connect and 10 s in all
// (design values).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "rules/base/instant.hpp"

namespace magwatch::adapters {

inline constexpr std::size_t curl_reply_max = std::size_t{16} * 1024;

struct HttpPost {
    std::string url; // http:// or https://
    std::vector<std::string> headers; // "name: value", checked by their maker
    std::string body;
    std::string ca_file;        // "" = the system's authorities
    bool loopback_only = false; // refuse to connect to any other address, whatever the name resolves to
    bool get = false;           // GET, without a body
    bool keep_reply = false;    // the reply's body is wanted; else its status alone
    std::size_t reply_max = curl_reply_max; // headers and body; what is longer is not taken
    bool connect_only = false;  // name, connection and certificate; nothing is said. Answered, with status 0
};

struct Mail {
    std::string url; // smtp:// or smtps://, with the name for EHLO as its path
    std::string from, to;
    std::string message; // whole, with CRLF; libcurl does the dot-stuffing
    std::string user, password;
    std::string ca_file;
    bool plain = false; // no STARTTLS; goes with loopback_only
    bool loopback_only = false;
    bool connect_only = false; // greeting, encryption and login; no mail
};

using CurlRequest = std::variant<HttpPost, Mail>;

enum class TransferEnd : std::uint8_t {
    answered,    // `status` is the peer's last word
    not_sent,    // it did not get far enough to be understood: no connection, no name, TLS broken off
    unanswered,  // written, and no reply came
    untrusted,   // the peer's certificate or name is not good
    unencrypted, // the peer offers no encryption where we insist on it
    impossible,  // the request itself is wrong
};

struct TransferResult {
    TransferEnd end = TransferEnd::not_sent;
    long status = 0;
    Duration retry_after{}; // what the peer asked for
    std::string detail;     // our words: "HTTP 503", "connection refused"
    std::string reply;      // the body, if it was asked for and came whole
    bool too_long = false;  // it was more than was asked for
};

struct CurlLimits {
    Duration connect{5'000};
    Duration total{10'000};
};

// When what a peer showed to prove who it is ends: the first of its chain.
struct PeerCertificate {
    std::string host; // "pager.example:8443", "mail.example:587"
    WallTime until;
    friend bool operator==(const PeerCertificate&, const PeerCertificate&) = default;
};

class CurlLane {
public:
    using Done = std::function<void(const TransferResult&)>;
    // A thread for one mail; throws std::system_error where there is none to be had. Tests have one of their own.
    using MakeThread = std::function<std::thread(std::function<void()>)>;

    explicit CurlLane(CurlLimits limits = {}, MakeThread make_thread = {});
    ~CurlLane(); // breaks off what runs; its `done` is not called any more
    CurlLane(const CurlLane&) = delete;
    CurlLane& operator=(const CurlLane&) = delete;

    // Posts `done` to `executor`, once. The executor's context must outlive the lane.
    void start(CurlRequest request, boost::asio::any_io_executor executor, Done done);

    // Turns of the loop: grows at least once a second while the lane lives. For the watchdog.
    [[nodiscard]] std::uint64_t turns() const;
    // Of those that were reached in the last ten minutes, by host. Any thread.
    [[nodiscard]] std::vector<PeerCertificate> certificates() const;
    // Transfers that were started and have not ended.
    [[nodiscard]] std::size_t running() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch::adapters
