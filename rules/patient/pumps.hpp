// What each pump at one bed says of the magnesium that it gives, and what all of them give together.
//
// Pure. Each pump keeps its own words, so that one that stands hides none that runs, and no rate is made of one
// pump's flow and another one's bag. Together they give the sum. A pump that falls silent while it runs goes on
// counting at its last rate, and what all give is unknown until it is heard again or a person charts the rate or the
// stop; of one that stood when it was last heard the others need not wait for a word. All rates are grams of
// magnesium sulfate heptahydrate an hour.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/base/instant.hpp"
#include "rules/observation/observation.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// Whether a pump tells it: its rate, its flow or what is in its bag.
[[nodiscard]] bool is_pump(Signal signal);

class Pumps {
public:
    // What all give; it is known before `until`, and the last that was known from then on.
    struct Rate {
        double grams_per_hour = 0;
        Instant until{};
    };

    // A usable word of `pump` on one of its signals, believed before `until`.
    void say(SourceId pump, Signal signal, double value, Instant now, Instant until);
    // It says that it has no usable word on the signal.
    void deny(SourceId pump, Signal signal, Instant now);
    // Of each pump with a word such as `which(pump, signal)` nothing holds from now on.
    template <class Which> void lose(Instant now, const Which& which)
    {
        for (Pump& pump : pumps_) {
            for (std::size_t i = 0; i < signals.size(); ++i) {
                if (pump.words[i].said && which(pump.source, signals[i])) pump.lose(now);
            }
        }
    }
    // A person who stands at the bed tells the rate: those that are not heard count no more.
    void forget_lost(Instant now);

    // Nothing: of no pump is a rate known, or was.
    [[nodiscard]] std::optional<Rate> rate() const;
    // What this pump said last of the signal, however long ago.
    [[nodiscard]] std::optional<double> said(SourceId pump, Signal signal) const;
    // What the fresh words on a signal come to: the sum of rates and of flows, the strongest bag; nothing: none is.
    [[nodiscard]] std::optional<double> together(Signal signal, Instant now) const;

    template <class Archive> void archive(Archive& a) { a(pumps_); }

private:
    static constexpr Instant before_all{std::numeric_limits<std::int64_t>::min()};
    static constexpr std::array signals{Signal::pump_rate, Signal::pump_flow, Signal::pump_concentration};
    struct Word {
        double value = 0;
        bool said = false;
        Instant until = before_all;
        [[nodiscard]] bool fresh(Instant now) const { return now < until; }
        template <class Archive> void archive(Archive& a) { a(value, said, until); }
    };
    struct Pump {
        SourceId source;
        std::array<Word, signals.size()> words{}; // as `signals`
        bool told = false;           // a rate was known once
        double grams_per_hour = 0;   // the last one
        bool runs = false;           // also if nobody knows how fast
        Instant until = before_all;  // the rate is known before
        void reckon(Instant now);
        void lose(Instant now);
        template <class Archive> void archive(Archive& a) { a(source, words, told, grams_per_hour, runs, until); }
    };
    [[nodiscard]] static std::size_t place(Signal signal);
    [[nodiscard]] const Pump* find(SourceId pump) const;
    [[nodiscard]] Pump& of(SourceId pump);

    std::vector<Pump> pumps_; // in the order in which they were first heard
};

} // namespace magwatch
