// When each page is tried, tried again and given up: the delivery of one kind of channel.
//
// Pure: time, randomness and the end of each attempt are handed in; the shell (curl_pager) starts what
// poll() names. The rules:
// - A line is (person, channel, urgency): first attempts of a line go out in order, each when the one before
//   has ended or has been on the wire for 2 s (a new sign must not wait for a black hole's time limit). High
//   physiological pages, other physiological ones and technical ones have lines of their own, so that a flood
//   of technical pages never delays a page about a patient.
// - A retry never holds a later page of its line back; within one call, a page that a later one has
//   overtaken is not sent any more (its news is older). A follow-up overtakes nothing: it asks nobody to come.
// - A failed attempt is repeated after 1, 2, 5, 10 and then every 30 s (each +-20 %), until the page's
//   deadline; if the next attempt would come after it, the page ends at once.
// - An attempt that was written but not answered may have arrived: at most two of those, then "unknown". Of a page that
//   is sent again after a restart, the earlier run's attempt is one of them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/escalation/page.hpp"

namespace magwatch::adapters {

enum class Verdict : std::uint8_t {
    accepted,
    retry,      // it did not arrive, another attempt may
    unanswered, // it may have arrived
    refused,    // no attempt will
};

struct DeliveryPolicy {
    Duration deadline{60'000}; // from hand-over to the last attempt's start
    std::array<Duration, 5> backoff{Duration{1'000}, Duration{2'000}, Duration{5'000}, Duration{10'000},
                                    Duration{30'000}};
    double jitter = 0.2;       // each backoff times 1 +- this
    Duration wait_max{30'000}; // how far a peer's wish to wait ("Retry-After") is heard
    std::uint8_t unanswered_max = 2;
    Duration patience{2'000}; // how long an attempt holds up the next of its line (design value)
    std::size_t technical_max = 256; // pages waiting; technical ones beyond it are refused at once
};

class DeliveryQueue {
public:
    using Ticket = std::uint64_t;
    using Random = std::function<double()>; // uniform, [0, 1)

    struct Ended {
        Ticket ticket;
        PageOutcome outcome;
        std::string detail;
    };
    struct Actions {
        std::vector<Ticket> start; // begin an attempt; report its end by attempt_ended
        std::vector<Ended> ended;  // each ticket exactly once
    };

    DeliveryQueue(DeliveryPolicy policy, Random random);

    Ticket add(const Page& page, Instant now);
    void attempt_ended(Ticket ticket, Verdict verdict, const std::string& detail, Duration wait_at_least,
                       Instant now);
    void cancel(CallId call);

    // What is to be done at `now`. Call it after every other call and at next_deadline().
    [[nodiscard]] Actions poll(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] std::size_t pending() const { return entries_.size(); }
    // Attempts that were begun for a page so far.
    [[nodiscard]] unsigned attempts(Ticket ticket) const;
    // Whether one of them may have arrived.
    [[nodiscard]] bool may_have_arrived(Ticket ticket) const;

private:
    enum class Urgency : std::uint8_t { high, other, technical };
    struct LineKey {
        Urgency urgency;
        std::string person, channel;
        friend auto operator<=>(const LineKey&, const LineKey&) = default;
    };
    enum class State : std::uint8_t { first_waiting, first_running, backoff, retry_running };
    // On the wire: its fate is not known, and it ends by attempt_ended alone.
    [[nodiscard]] static bool is_running(State state)
    {
        return state == State::first_running || state == State::retry_running;
    }
    struct Entry {
        LineKey line;
        CallId call;
        bool follows = false; // is_follow_up
        State state = State::first_waiting;
        Instant deadline;
        Instant due; // of the next attempt, in backoff
        unsigned attempts = 0;
        unsigned unanswered = 0;
        std::string last_detail;
        std::string stop_reason; // no more attempts, because
    };
    // The newest attempt holds the next one up; older ones that still run are slow and hold up nobody.
    struct Slot {
        Ticket newest = 0; // 0 = none runs
        Instant free_at;   // even if it still runs
        [[nodiscard]] bool free(Instant now) const { return newest == 0 || now >= free_at; }
    };
    struct Line {
        std::deque<Ticket> waiting; // for their first attempt
        Slot first, retry;
    };

    void finish(Ticket ticket, PageOutcome outcome, std::string detail);
    void give_up(Ticket ticket, const Entry& entry, std::string detail);
    void withdraw(Ticket ticket, const Entry& entry, std::string detail);
    void overtake(Ticket by);
    void plan_retry(Ticket ticket, Entry& entry, Duration wait_at_least, Instant now);
    void begin(Ticket ticket, Slot& slot, State state, Instant now, Actions& actions);
    void release(Ticket ticket, Entry& entry);
    void start_first(Instant now, Actions& actions);
    void start_retries(Instant now, Actions& actions);

    const DeliveryPolicy policy_;
    Random random_;
    Ticket next_ = 1;
    std::map<Ticket, Entry> entries_; // by age
    std::map<LineKey, Line> lines_;   // the urgent ones first
    std::vector<Ended> ended_;        // not handed out yet
};

} // namespace magwatch::adapters
