// What must hold of every watched bed, judged from what is true of the bodies and devices and from what the ward was
// told (books.hpp), never from the ward's own clocks of freshness. An alarm about one thing excuses no silence about
// another (tells.hpp).
//
// I1 a reflex that is gone, breathing or oxygen that is critically low in values that arrived is its own alarm in time;
//    and where breathing fails in truth, at the latest after the time in which a frozen device is found, somebody is
//    called for her breathing or told that the ward cannot tell.
// I2 for each vital sign that a watched bed had, and for the rate of magnesium: fresh good data, or an alarm about it,
//    or a technical alarm about it; a check that is due and not charted is overdue in time; only people end a watch.
// I4 who lies in a bed is who the ward thinks, and what was charted of her is what it knows. I5 no alarm comes from
//    data older than its limit. I8 no alarm is lost, by a restart or otherwise. I9 no screen shows an old value as a
//    value, or calm where I2 would fail. G4 a device that stands still is told in 60 s by its counter, else in 300 s.
// Cheap after each step; looks at the screen when asked to.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/language/pack.hpp"
#include "rules/ward/ward.hpp"
#include "tools/box/bedside.hpp"
#include "tools/box/books.hpp"
#include "tools/box/paging_oracle.hpp"

namespace magwatch::box {

// How long the slowest of them stood still before it was told.
struct LongestFreeze {
    Duration with_counter{}, without{};
};

class Ledger {
public:
    // `bedsides`: what is true; as many as `beds` by the first call.
    Ledger(const Pack& pack, const std::vector<Bedside>& bedsides, std::size_t beds);

    // `number`: of the input on the disk, which has those up to `durable`.
    void took(const Moment& now, const Input& input, const EffectBuffer& effects, std::uint64_t number,
              std::uint64_t durable);
    // The machine lives again with what its disk has: the inputs up to `durable`, the last one of `last`. Told before
    // it says anything.
    void recovered(const Moment& now, std::uint64_t durable, Instant last);
    // It cannot know what came while nobody listened, and says so: after a start and after a sleep.
    void woke(const Moment& now);
    void restarted(const Moment& now, const Ward& ward) { agree(now, ward.view(now, Ward::Shown::alarms)); }
    // What is true of her now.
    void truth(const Moment& now, std::uint16_t bed);
    void look(const Moment& now, const WardView& view, bool moving);
    // From here on everything works.
    void mended() { mended_ = true; }
    // At the end, with everything mended for a while: nothing technical is left of it.
    void converged(const Moment& now, const WardView& view);

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    [[nodiscard]] const LongestFreeze& longest_freeze() const { return longest_; }

private:
    struct Bed { // what is true, and what was judged of it
        bool no_pulse = false;
        std::optional<Instant> failing{}; // breathing
        Instant breathing_told{};         // somebody was called for it, or told that nobody can tell
        Instant frozen_told{};
    };

    void raised(const Moment& now, const AlarmTransition& t);
    void judge_age(const Moment& now, const AlarmTransition& t, const BedBook& book);
    [[nodiscard]] std::optional<Duration> over_age(Signal signal, const BedBook& book, Instant at) const;
    void check(const Moment& now);
    void check_vitals(const Moment& now, std::size_t bed, Tells told);
    void check_charts(const Moment& now, std::size_t bed, Tells told);
    void check_devices(const Moment& now, std::size_t bed, Tells told);
    [[nodiscard]] Instant overdue_at(const BedBook& book, const Check& check) const;
    void agree(const Moment& now, const WardView& view);
    void agree_charts(const Moment& now, const BedView& shown, const BedBook& book);
    // How long the monitor of the bed says the same, as far as it was heard.
    [[nodiscard]] Duration still(const Moment& now, std::size_t bed) const;
    void look_at(const Moment& now, const BedView& shown, bool moving, Tells told);
    [[nodiscard]] bool had_to_take_pages(const Moment& now, const std::string& message) const;
    [[nodiscard]] bool may_stay(const Moment& now, const WardView& view, const EpisodeView& episode) const;
    void fail(const Moment& now, const char* invariant, std::string what);

    const Pack& pack_;
    const std::vector<Bedside>& bedsides_;
    Books books_;
    std::vector<Bed> beds_;
    Instant checked_{};
    bool mended_ = false;
    LongestFreeze longest_;
    std::map<std::string, Instant> used_; // kinds of channels, since everything works: the first page
    std::vector<Violation> violations_;
    std::set<std::string> said_; // of them, without how long
};

} // namespace magwatch::box
