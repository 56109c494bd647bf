// Where alarm managers send what became of our reports: PCD-05 over MLLP, on connections that they make (CP-150).
//
// Lives on the io_context thread. MLLP has neither encryption nor identity: only listed addresses may connect, and what
// is said counts only for a report that was sent. Bounds: connections, bytes of a message, time inside a frame and for
// taking an answer. A message that is not understood, or not ours, is answered CR and counted. One that is ours is
// answered once what it says is on disk: CA, or CE where the disk does not take it in time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/pagers/pcd_message.hpp"
#include "runtime/clock.hpp"

namespace magwatch::adapters {

class PcdListener {
public:
    // True if it was about a report of ours.
    using Take = std::function<bool(const PcdStatus&)>;
    // Feedback::settle. Empty = nothing is stored, and what was taken is acknowledged at once.
    using Settle = std::function<void(std::function<void(bool stored)> then)>;

    PcdListener(boost::asio::any_io_executor executor, Clock& clock, Take take, Settle settle,
                Duration inside_frame = Duration{30'000}, Duration listen_again = Duration{3'000});
    ~PcdListener(); // closes everything
    PcdListener(const PcdListener&) = delete;
    PcdListener& operator=(const PcdListener&) = delete;

    // Listens at an address (not a name) and port, 0 = any; loopback may always connect. Why that can never be, "" = it
    // does, or tries again until it does.
    [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port, std::set<std::string> allow_from);
    // Why it does not listen yet; "" = it does.
    [[nodiscard]] const std::string& trouble() const { return state_->trouble; }
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint64_t refused() const { return state_->refused; } // connections and messages
    // Called for each of them.
    void on_refused(std::function<void()> told) { state_->on_refused = std::move(told); }

private:
    class Session;
    struct State {
        boost::asio::ip::tcp::acceptor acceptor;
        boost::asio::steady_timer pause; // before it listens, or accepts, again
        Clock& clock;
        Take take;
        Settle settle;
        Duration inside_frame, listen_again;
        boost::asio::ip::tcp::endpoint at;
        std::string trouble;
        std::set<std::string> allowed;
        std::set<std::shared_ptr<Session>> sessions;
        std::function<void()> on_refused;
        std::uint64_t refused = 0, answers = 0;
        void refuse()
        {
            ++refused;
            if (on_refused) on_refused();
        }
    };
    static void open(const std::shared_ptr<State>& state);
    static void accept(const std::shared_ptr<State>& state);
    static void after_pause(const std::shared_ptr<State>& state, Duration length,
                            void (*then)(const std::shared_ptr<State>&));

    std::shared_ptr<State> state_;
};

} // namespace magwatch::adapters
