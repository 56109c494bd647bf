// The loop around the core: reads the clock once a turn, steps what waits, makes it durable, then acts.
//
// One thread, the io_context's. One transaction: step in memory, append inputs and effects together,
// commit, then act. A page waits for its commit for at most 200 ms; then it leaves first. If storage fails,
// pages leave at once; the journal keeps the records and tries again. A page that is sent again under its key waits as
// long as an answer does, and without the disk it does not leave.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/monitors/adapter.hpp"
#include "daemon/journal/journal.hpp"
#include "daemon/ward_loop/canary.hpp"
#include "daemon/ward_loop/record.hpp"
#include "rules/ward/ward.hpp"
#include "runtime/clock.hpp"
#include "runtime/inbox.hpp"

namespace magwatch {

// Observations of devices may replace each other under overload; nothing else may.
struct InputKey {
    std::optional<std::uint64_t> operator()(const Input& input) const;
};
using WardInbox = Inbox<Input, InputKey>;

// What the loop asks of the rest of the daemon. Called on the loop's thread; none may block.
struct WardLoopPorts {
    std::function<void(const SendPage&)> send_page;
    std::function<void(CallId)> cancel_pages;
    std::function<void(CallId)> call_ended; // for everybody; an answered call goes on
    // `stored`: what was accepted is durable. If not, it may become so later or never.
    std::function<void(const Reply&, bool stored)> reply;
    std::function<void(const AlarmTransition&)> transition;
    std::function<void(const Ward&, const Moment&)> publish; // screens are out of date
    std::function<void(const Moment&)> turn;                 // every turn: sign of life
    std::function<void(const Input&, const Moment& now)> stepped; // every input: counters
    // After stepped(): what was decided by it. May be empty.
    std::function<void(const Input&, const EffectBuffer&, const Moment& now)> decided{};
    // A page of the canary, in its turn among those of patients. May be empty.
    std::function<void(const SendPage&)> canary_page{};
};

// How long what was decided waits to be durable, from its decision on.
struct WardLoopLimits {
    Duration page = std::chrono::milliseconds{200}; // then it goes out first (DESIGN.md: disk never delays a page more)
    // Then somebody is told "not confirmed". Longer than a page: a disk that hangs for a moment is no reason to send a
    // nurse to the paper chart; shorter than the 5 s that HTTP waits for the ward.
    Duration answer = std::chrono::seconds{2};
};

class WardLoop final : public adapters::ObservationSink {
public:
    WardLoop(boost::asio::any_io_executor executor, Clock& clock, Ward ward, WardLoopPorts ports,
             WardLoopLimits limits = {});

    // Where records go. Before run().
    void set_journal(Journal& journal) { journal_ = &journal; }

    // A bed of nobody, whose inputs are its own ward's and whose pages go to its own port. Must outlive the loop.
    void set_canary(Canary& canary) { canary_ = &canary; }

    // Steps until stop(), and a last time.
    boost::asio::awaitable<void> run();
    // Sends pages once their decision is durable. Runs beside run().
    boost::asio::awaitable<void> run_pages();
    // Tells who waits for an answer whether it is durable. Runs beside run().
    boost::asio::awaitable<void> run_answers();
    void stop();
    // Everything that was decided has been acted on.
    // How long the oldest decision has waited to be acted on; 0 if none waits. The loop's thread.
    [[nodiscard]] Duration oldest_waiting() const;
    [[nodiscard]] bool idle() const { return pages_.groups.empty() && answers_.groups.empty() && stopped_; }

    // Steps an input at once. The loop's thread, never from inside a port.
    void apply_now(const Input& input);

    // ObservationSink: the loop's thread.
    void push(const Observation& observation) override;
    void push(const RefusedValue& refused) override;
    void push(const DeviceStatus& status) override;
    void seen(const MessageSeen& message) override;
    boost::asio::awaitable<bool> committed() override;

    // An input from the loop's thread.
    void push(Input input) { inbox_.push(std::move(input)); }
    // From any thread; false if too much waits. What a person says to an alarm has a share of its own, so that no
    // other traffic can have it refused.
    [[nodiscard]] bool try_post(Input input);

    [[nodiscard]] const Ward& ward() const { return ward_; }
    [[nodiscard]] std::uint64_t dropped() const { return inbox_.dropped(); }

private:
    struct Waiter {
        explicit Waiter(const boost::asio::any_io_executor& executor) : timer{executor} {}
        boost::asio::steady_timer timer;
        bool durable = false;
    };
    // What waits for one append to be durable.
    struct Group {
        JournalSequence sequence = 0;
        Instant decided{};
        EffectBuffer effects;
        std::vector<std::shared_ptr<Waiter>> waiters;
        std::vector<SendPage> canary{};
    };
    // Groups in the order of their decisions.
    struct Pending {
        explicit Pending(const boost::asio::any_io_executor& executor) : wake{executor} {}
        std::deque<Group> groups;
        boost::asio::steady_timer wake;
    };

    void turn();
    void take(const Moment& now, const Input& input);
    void step(const Moment& now, const Input& input);
    void keep(const Moment& now, const Input& input);
    void append(const Moment& now);
    boost::asio::awaitable<void> act_on(Pending& pending, Duration limit);
    void act(const Effect& effect, bool durable);

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Ward ward_;
    WardLoopPorts ports_;
    Journal* journal_ = nullptr;
    Canary* canary_ = nullptr;
    WardInbox inbox_;
    std::vector<Input> inputs_;  // of this turn
    EffectBuffer effects_;       // of one step
    RecordWriter records_;       // of this turn
    EffectBuffer page_acts_;     // of this turn
    std::vector<SendPage> canary_pages_; // of this turn
    EffectBuffer answers_due_;   // of this turn, with pages that are sent again
    std::vector<std::shared_ptr<Waiter>> waiting_;
    bool urgent_ = false;
    bool dirty_ = true, dirty_now_ = false;
    Instant published_{}, snapshot_{}, appended_{};
    std::size_t since_snapshot_ = 0;
    JournalSequence sequence_ = 0;
    WardLoopLimits limits_;
    Pending pages_, answers_;
    std::uint64_t dropped_told_ = 0;
    bool overflow_told_ = false;
    bool stopping_ = false, stopped_ = false;
};

} // namespace magwatch
