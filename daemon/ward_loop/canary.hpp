// A bed in which nobody lies: once a period its breathing fails, and the alarm of it must come out where pages leave.
//
// What its device says goes through the loop's inbox as that of any other does. It is judged by the same rules,
// episodes and escalation, in a ward of its own, so that nothing of it can reach a person, a record or a screen. Its
// page waits behind the same commit as everybody's and comes out of the same queue. So a path that lost or held up the
// page of a patient loses or holds up this one, and late() grows.
//
// Each failure begins with a ward that was just set up: nothing of the one before is left. Not thread-safe: the loop's
// thread alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/ward/ward.hpp"

namespace magwatch {

class Canary {
public:
    // Breathing fails once in `every`.
    explicit Canary(Duration every) : every_{every} {}

    // What its device says now, at most once a second; nothing while no trial is due. Ask it at least every second:
    // after a gap, as that of a machine that slept, a trial that was under way begins anew.
    [[nodiscard]] std::optional<Input> device(const Moment& now);
    // Whether an input is its device's. No bed of a ward has its id.
    [[nodiscard]] static bool owns(const Input& input);
    // Its ward takes an input. Its pages are added to `pages`.
    void step(const Moment& now, const Input& input, std::vector<SendPage>& pages);
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    // A page of it came out of the queue. True: it was the first of this trial, which is over.
    bool came_out(const SendPage& page, const Moment& now);

    // How long the page has been due that has not come out; 0 while none is.
    [[nodiscard]] Duration late(Instant now) const;

    // The newest trial whose page came out. `took`: from the moment at which the rule must raise to that.
    struct Trial {
        std::uint64_t number = 0;
        Moment at;
        Duration took{};
    };
    [[nodiscard]] const std::optional<Trial>& last() const { return last_; }
    // The same for those who look on from elsewhere.
    struct Report {
        std::uint64_t number = 0; // 0: none has come out yet
        Duration ago{};           // since it came out, or since the device was first asked
        Duration every{};
        Duration took{};
    };
    [[nodiscard]] Report report(Instant now) const;

private:
    void begin(const Moment& now);

    const Duration every_;
    Ward ward_;
    EffectBuffer effects_; // of one step
    bool running_ = false;
    std::uint64_t number_ = 0;
    std::optional<Instant> since_; // it is asked
    Instant asked_{}, said_{}, began_{}, next_{};
    std::optional<Instant> raises_; // of a trial in which breathing failed
    std::optional<Instant> due_;    // of its page, from the first question on
    std::optional<Trial> last_;
};

} // namespace magwatch
