// What magnesium was given and when: the input of every prediction.
//
// Pure; bounded (see `pieces_max`). Doses are grams of magnesium sulfate heptahydrate; convert other salts
// with as_heptahydrate() first. The course is a row of pieces of constant rate that never overlap, so a
// dose cannot count twice, and intramuscular doses. It has the semantics of `Infusion`, which counts the
// doses for the rules: a declared bolus runs instead of the infusion and the infusion goes on after it, a
// rate that is charted while a bolus runs begins when the bolus ends, and when the pump falls silent the
// infusion is taken to go on at its last rate. That last stretch is marked as assumed: predictions then
// say "infusion record incomplete" and span both, that it went on and that it had stopped.
// Entries may come late: a rate holds from its time on, whatever was thought before; declared boluses stay.
// Times lie within ten thousand years of zero. A dose that is not finite, negative or above the limits of
// the signals is refused: false, and nothing has changed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"

namespace magwatch {

class Course {
public:
    struct Piece {
        Instant from, until; // until never(): it runs on
        double grams_per_hour = 0;
        bool bolus = false;   // declared as a bolus or load
        bool assumed = false; // nobody told: the rate is that before the record broke off
        friend bool operator==(const Piece&, const Piece&) = default;
        template <class Archive> void archive(Archive& a)
        {
            a(from, until, grams_per_hour, bolus, assumed);
        }
    };
    struct Intramuscular {
        Instant at;
        double grams = 0;
        friend bool operator==(const Intramuscular&, const Intramuscular&) = default;
        template <class Archive> void archive(Archive& a) { a(at, grams); }
    };
    // Beyond this the oldest two pieces become one of the same dose: what is that long ago is smooth.
    static constexpr std::size_t pieces_max = 512;

    // The infusion runs at this rate from then on, or until a rate that is known already; 0 ends it.
    [[nodiscard]] bool rate(Instant at, double grams_per_hour, Instant until = Instant::never());
    // As `rate`, but measured by a pump: it is so whatever was charted or declared.
    [[nodiscard]] bool pump_rate(Instant at, double grams_per_hour);
    [[nodiscard]] bool bolus(Instant at, double grams, Duration over);
    [[nodiscard]] bool intramuscular(Instant at, double grams);
    // Everything by vein ends, a bolus too.
    void stop(Instant at);
    // Nobody knows the rate from then on, until the next `rate`, `pump_rate` or `stop`.
    void unknown_since(Instant at);

    [[nodiscard]] std::span<const Piece> pieces() const { return pieces_; }
    [[nodiscard]] std::span<const Intramuscular> intramuscular_doses() const { return depots_; }
    // When the first magnesium was given.
    [[nodiscard]] std::optional<Instant> first_dose() const;
    // From when the record has a gap.
    [[nodiscard]] std::optional<Instant> incomplete_since() const;
    // Grams in the time up to `until`, by vein and, if asked for, into the muscle.
    [[nodiscard]] double grams(Instant from, Instant until, bool with_intramuscular) const;
    // A sample drawn then shows the bolus, not the patient: during one or less than 30 min after it
    // (clinical.md 3.2). An undeclared rate above 3 g/h for at most an hour counts as a bolus (design value).
    [[nodiscard]] bool near_bolus(Instant drawn) const;
    // The same course as if nothing had run where the record is silent.
    [[nodiscard]] Course without_assumed() const;

    template <class Archive> void archive(Archive& a)
    {
        a(pieces_, depots_);
        if constexpr (Archive::reading) {
            if (!sound()) a.fail();
        }
    }

private:
    void lay(Piece piece);
    void lay_around_boluses(Piece piece);
    void bound();
    [[nodiscard]] bool sound() const;

    std::vector<Piece> pieces_; // in order of time, apart from each other, rates of 0 only where assumed
    std::vector<Intramuscular> depots_; // in order of time
};

} // namespace magwatch
