// Where gateways call back: a listener of its own, with TLS off loopback, a list of peers and the limits of
// reliability.md S8, on a thread and io_context of its own. It posts inputs and sees nothing of the ward, so that
// whoever reaches it from outside can delay neither an alarm nor the ward's own screens.
//
// start(), configure(), stop() and the constructor: one thread, the owner's. reply(): any thread. `post` is called on
// the listener's thread; its inputs have their own share of the loop's inbox.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audit/row.hpp"
#include "daemon/callbacks/callback_service.hpp"
#include "daemon/http/server.hpp"
#include "rules/ward/effect.hpp"
#include "runtime/secret.hpp"

namespace magwatch
{

// What a reload may change.
struct CallbackSettings {
    CallbackDirectory directory;
    std::vector<std::string> allow_from; // besides loopback
    // PEM: the chain and its key; both or none (plain, for loopback alone).
    std::optional<Secret> certificate, key;
};

struct CallbackOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0 = any free one
    Secret page_key;        // signs the addresses of statuses
    http::ServerLimits limits;
    // What is to be kept of answers, taken or not: who, by which gateway, what and why not. On the listener's thread.
    std::function<void(audit::Event)> audit;
};

class CallbackServer
{
public:
    using Post = std::function<bool(Input)>;

    CallbackServer(Metrics& metrics, Post post, CallbackOptions options);
    ~CallbackServer(); // stops
    CallbackServer(const CallbackServer&) = delete;
    CallbackServer& operator=(const CallbackServer&) = delete;

    // In force for connections from now on. What is wrong with the certificate, or nothing; then nothing changed.
    [[nodiscard]] std::optional<std::string> configure(CallbackSettings settings);
    // Listens and serves, if it does not yet; needs a configure() that succeeded. The reason if it cannot.
    [[nodiscard]] std::optional<std::string> start();
    void stop(); // idempotent

    // What the ward said to an answer. Replies that nobody waits for are dropped.
    void reply(const Reply& reply, bool stored);
    // How long ago its thread last turned; 0 while it does not run. Any thread.
    [[nodiscard]] Duration stands_still() const;
    [[nodiscard]] std::uint16_t port() const; // after start()
    // Of the certificate in force, if there is one. The owner's thread.
    [[nodiscard]] std::optional<WallTime> certificate_ends() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch
