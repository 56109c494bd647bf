// What magnesium the patient was given: pump, declared boluses, intramuscular doses, stops.
//
// Pure. All doses are grams of magnesium sulfate heptahydrate. Two sources may tell the rate: the pumps together
// (pumps.hpp) and the chart. A fresh pump wins; without one the charted rate and the declared bolus count. When a
// pump that was heard falls silent the rate is unknown, the dose goes on at the last rate (the larger dose is the
// safer guess) and magnesium stays on board, until it is heard again or a person charts the rate or the stop.
// A declared bolus that no pump is seen to give was given by hand and counts beside what the pump tells. A rate that
// is charted while the pump stands still contradicts it: it counts, and the rate is unknown until one of them says
// otherwise. Of two charted entries the one that was true later holds; what comes late adds only what was not counted.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"

namespace magwatch {

// How long magnesium is taken to act after the last dose (BEHAVIOUR "Magnesium on board", design values).
inline constexpr Duration on_board_for = std::chrono::hours{12};
inline constexpr Duration on_board_for_renal = std::chrono::hours{24};

class Infusion {
public:
    // The pump's rate in g/h, fresh for `fresh_for`. True if it begins to give the bolus that was counted as by hand:
    // that is taken back from `bolus_at()` on.
    bool pump(double grams_per_hour, Instant now, Duration fresh_for);
    // The pump link is lost: nothing is known of the rate from now on.
    void pump_lost(Instant now);
    // Charted at `now`, true since `at` (<= now): without a pump what was given in between is added.
    void rate(double grams_per_hour, Instant at, Instant now); // runs at this rate; 0 is a stop
    // `by_pump`: grams that the pump was seen to give from `at` until the bolus ended, or now.
    void bolus(double grams, Duration over, Instant at, Instant now, double by_pump = 0);
    void intramuscular(double grams, Instant at, Instant now);
    void stop(Instant at, Instant now);

    // Brings the doses up to `now`; must be called before they are read.
    void advance(Instant now);
    // When something changes by itself: the bolus ends, the pump goes stale, magnesium is off board, or the
    // cumulative doses want to be looked at again.
    [[nodiscard]] Instant next_change(Instant now, Duration on_board) const;

    // g/h now; nothing if it is unknown.
    [[nodiscard]] std::optional<double> rate_now() const;
    [[nodiscard]] bool bolus_running(Instant now) const { return bolus_end_ > now; }
    [[nodiscard]] Instant bolus_at() const { return bolus_at_; }
    [[nodiscard]] Instant bolus_end() const { return bolus_end_; }
    [[nodiscard]] double charted_rate() const { return charted_rate_; }
    // When the newest charted rate or stop was true; before all times: none was charted.
    [[nodiscard]] Instant charted_at() const { return charted_at_; }
    // The newest declared bolus was seen at the pump.
    [[nodiscard]] bool bolus_by_pump() const { return bolus_by_pump_; }
    // A rate was charted while the pump stood still, and it has not run since.
    [[nodiscard]] bool contradicted() const { return pump_fresh_ && charted_over_idle_; }
    [[nodiscard]] double bolus_grams() const { return bolus_grams_; }
    [[nodiscard]] double bolus_rate() const { return bolus_rate_; }
    [[nodiscard]] bool any_bolus() const { return bolus_grams_ > 0; }
    [[nodiscard]] double dose_total() const { return total_; }
    [[nodiscard]] double dose_in(Duration length, Instant now) const;
    [[nodiscard]] Instant counted_to() const { return at_; } // doses are counted up to then
    // Somebody or something told about the infusion at all.
    [[nodiscard]] bool recorded() const { return recorded_; }
    // A person said STOP, and nobody started it again.
    [[nodiscard]] bool stop_declared() const { return stop_declared_; }
    [[nodiscard]] bool pump_heard() const { return pump_heard_; }
    [[nodiscard]] bool pump_fresh() const { return pump_fresh_; }
    // Since when a pump that was heard is not; nothing while it is, or none was.
    [[nodiscard]] std::optional<Instant> rate_unknown_since() const;
    // True while magnesium acts, false when it surely does not, nothing when nobody knows.
    [[nodiscard]] std::optional<bool> on_board(Instant now, Duration on_board) const;
    [[nodiscard]] std::optional<Instant> first_dose() const
    {
        return first_dose_ == Instant::never() ? std::nullopt : std::optional{first_dose_};
    }
    [[nodiscard]] std::optional<Instant> last_dose() const;

    template <class Archive> void archive(Archive& a)
    {
        a(recorded_, pump_heard_, pump_fresh_, pump_rate_, pump_until_, charted_, charted_rate_, bolus_end_,
          bolus_grams_, bolus_rate_, stop_declared_, total_, at_, first_dose_, last_dose_, history_);
        if (a.format() >= 12)
            a(charted_at_, charted_before_, late_from_, late_rate_, charted_over_idle_, pump_ran_, bolus_at_,
              bolus_by_pump_, bolus_beside_);
        else if constexpr (Archive::reading) bolus_by_pump_ = pump_heard_;
    }

private:
    // The rate that doses are counted with: also when it is unknown.
    [[nodiscard]] double counted_rate(Instant at) const;
    void integrate(Instant to);
    void remember(Instant at);
    void add(double grams, Instant at, Instant now);
    void take_back_bolus(Instant now);

    static constexpr Instant before_all{std::numeric_limits<std::int64_t>::min()};
    bool recorded_ = false;
    bool pump_heard_ = false, pump_fresh_ = false;
    double pump_rate_ = 0;
    Instant pump_until_{};
    bool charted_ = false;
    double charted_rate_ = 0;
    Instant charted_at_ = before_all;
    double charted_before_ = 0; // the rate that the newest one replaced
    Instant late_from_ = before_all; // from here on to the newest one a late one told, at most this rate
    double late_rate_ = 0;
    bool charted_over_idle_ = false;
    Instant pump_ran_ = before_all;
    Instant bolus_at_ = before_all, bolus_end_{};
    double bolus_grams_ = 0, bolus_rate_ = 0;
    bool bolus_by_pump_ = false;
    bool bolus_beside_ = false; // it was charted beside a pump that stood still
    bool stop_declared_ = false;
    double total_ = 0;
    Instant at_{}; // doses are counted up to here
    Instant first_dose_ = Instant::never(), last_dose_ = Instant::never();
    // Cumulative dose at points no denser than 20 s over 24 h and 10 min over 48 h: windows are their differences.
    std::vector<std::pair<Instant, double>> history_;
};

} // namespace magwatch
