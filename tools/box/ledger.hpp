// What must hold of every watched bed, judged from what is true of the bodies and from what the ward was told, never
// from the ward's own clocks of freshness.
//
// I1 a reflex that is gone, breathing or oxygen that is critically low in values that arrived is an alarm in time; and
//    where breathing fails in truth, at the latest after the time in which a frozen device is found, somebody is called
//    for her or told that the ward cannot tell.
// I2 for each vital sign that a watched bed had: fresh good data, or an alarm, or a technical alarm.
// I4 who lies in a bed is who the ward thinks; I5 no alarm comes from data older than its limit; I9 no screen shows an
//    old value as a value, or calm where I2 would fail.
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
#include "tools/box/paging_oracle.hpp"

namespace magwatch::box {

class Ledger {
public:
    Ledger(const Pack& pack, std::size_t beds);

    void took(const Moment& now, const Input& input, const EffectBuffer& effects);
    // The machine lives again: it cannot know what came while nobody listened, and says so.
    void restarted(const Moment& now, const Ward& ward);
    // What is true of her now.
    void truth(const Moment& now, std::uint16_t bed, const Body* body);
    void look(const Moment& now, const WardView& view, const std::vector<Bedside>& beds, bool moving);
    // From here on everything works.
    void mended() { mended_ = true; }
    // At the end, with everything mended for a while: nothing technical is left of it.
    void converged(const Moment& now, const WardView& view);

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

private:
    struct Vital {
        bool expected = false;
        Instant fresh{};                // newest valid value, by arrival
        std::optional<Instant> low{};   // critically low in every value since
    };
    static constexpr std::array judged = {Signal::hr, Signal::rr, Signal::spo2};
    struct Bed {
        bool watched = false;
        bool no_pulse = false; // in truth
        Instant since{}; // of the watch, the transfer or the restart: nothing older counts
        Instant heard{}, back{}; // the newest value of any; the first one after a silence
        std::array<Vital, judged.size()> vitals;
        std::optional<Instant> no_reflex{}, failing{};
        std::map<EpisodeId, std::pair<AlarmKind, Priority>> open;
    };

    void observed(const Moment& now, const Observation& o);
    void entered(const Moment& now, const Entry& entry, const EffectBuffer& effects);
    void acted(const Moment& now, const Action& action, const EffectBuffer& effects);
    void transition(const Moment& now, const AlarmTransition& t);
    void check(const Moment& now);
    [[nodiscard]] bool had_to_take_pages(const Moment& now, const std::string& message) const;
    [[nodiscard]] bool no_pulse(const WardView& view, const std::string& alias) const;
    [[nodiscard]] static bool any(const Bed& bed);
    [[nodiscard]] static bool any_high(const Bed& bed);
    void fail(const Moment& now, const char* invariant, std::string what);

    const Pack& pack_;
    std::vector<Bed> beds_;
    std::set<std::string> entered_; // keys of reflexes that were taken
    Instant checked_{};
    bool mended_ = false;
    std::map<std::string, Instant> used_; // kinds of channels, since everything works: the first page
    std::vector<Violation> violations_;
};

} // namespace magwatch::box
