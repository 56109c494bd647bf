// The HTTP server: TCP, with TLS or on loopback, and a Unix socket with a checked peer, the same routes on both, on
// a thread and io_context of its own. It sees snapshots and posts inputs; a slow or hostile client
// cannot delay an alarm.
//
// start(), stop(), and the constructor: one thread, the owner's. reply(): any thread. `post`,
// `on_failure` and metrics_text are called on the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/history/question.hpp"
#include "daemon/http/certificate.hpp"
#include "daemon/http/gate.hpp"
#include "daemon/http/published.hpp"
#include "daemon/http/web_files.hpp"
#include "daemon/metrics/metrics.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"
#include "runtime/secret.hpp"

namespace magwatch::http
{

// Limits of reliability.md S8; the tests shorten the times.
struct ServerLimits {
    Duration header{5'000};
    Duration body{10'000};
    Duration idle{30'000};  // between two requests of one connection
    Duration write{10'000}; // until the client has taken its answer
    Duration ward{
        5'000}; // until the ward has said what became of a change: then 503 "not confirmed"
    std::size_t connections = 256; // streams among them
    std::size_t streams = 64;         // boards, each with one; they do not count below
    std::size_t streams_per_key = 32; // of an address or a user
    std::size_t per_address = 16;
    std::size_t per_user = 64; // of the Unix socket
    bool one_request = false;  // then the connection closes
    Duration listen_again{3'000}; // from one try to listen to the next, where it cannot
};

struct ServerOptions {
    std::string address = "127.0.0.1"; // "" = no TCP
    std::optional<GateOptions> people; // nothing: nobody is asked who they are
    WebFiles web; // of the board; none: a page that says so
    std::uint16_t port = 8300;         // 0 = any free one
    std::string socket_path;           // "" = no Unix socket
    std::optional<std::uint32_t>
        socket_group;               // its members may use the socket, besides root and our own user
    bool tls = false; // nothing is served over TCP before there is a certificate
    std::vector<std::string> hosts; // names that Host may carry besides the loopback ones
    std::optional<Secret> answer_key; // signs the links in pages
    std::function<std::vector<Reading>()> readings; // thread-safe; what devices last said
    std::function<void(bool history)> copy_store; // asks for copies of journal and history; any thread
    std::function<void(audit::Event)> audit; // keeps what was done and read; never blocks; empty: nobody does
    AskHistory ask_history; // looks back; empty: there is no history
    ServerLimits limits;
};

class Server
{
public:
    // Hands an input to the loop; false if too much is waiting there. Thread-safe.
    using Post = std::function<bool(Input)>;

    Server(const Board& board, Metrics& metrics, Post post, ServerOptions options);
    ~Server(); // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens and serves, over TCP and on the Unix socket, whatever becomes of the other. The reason if it cannot
    // listen at one of them yet ("127.0.0.1:8300: Address already in use"): it goes on trying.
    [[nodiscard]] std::optional<std::string> start();
    // Tries at once where it cannot listen yet. Any thread, after start().
    void listen_again();
    // It listens wherever it shall. Any thread.
    [[nodiscard]] bool listens() const;
    // Serves new connections with it from now on. Any thread.
    void serve_with(const Certificate& certificate);
    // Tells all who read the live stream what was published last, at once. Any thread, after start().
    void say_farewell();
    // What was said then was sent, to whoever takes it. Any thread.
    [[nodiscard]] bool farewell_said() const;
    // Closes every connection and joins the thread. Idempotent.
    void stop();

    // What the ward said to a request. Replies that nobody waits for are dropped.
    // `stored`: false if what was accepted is not on disk, and may never be.
    void reply(const Reply& reply, bool stored = true);

    [[nodiscard]] std::uint16_t port() const; // of TCP, after start(); 0 while it does not listen there. Any thread
    // How long ago its thread last turned, and how long a PIN has waited to be looked at; 0 while nothing is owed. Any
    // thread.
    [[nodiscard]] Duration stands_still() const;
    [[nodiscard]] Duration oldest_pin() const;
    [[nodiscard]] std::size_t boards() const; // that read the live stream now. Thread-safe

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch::http
