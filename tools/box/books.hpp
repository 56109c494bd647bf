// What the ward knows of each bed if it took what it was told: kept beside it from what went in and what it answered,
// never from what it shows. What the disk lost when the machine died is taken back here as well, input by input, so
// that anything else which is missing after a start was lost by the ward.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/language/pack.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"
#include "tools/box/tells.hpp"

namespace magwatch::box {

// What is charted by hand in the box.
inline constexpr std::array charted_signals = {Signal::reflex_knee, Signal::avpu, Signal::rr_counted, Signal::sbp,
                                               Signal::urine};

struct Vital {
    bool expected = false;
    Instant first{}, fresh{};     // the first and the newest valid value, by arrival
    std::optional<Instant> low{}; // critically low in every value since
};

struct Charted {
    bool any = false;
    double value = 0;
    Instant at{}; // of the event
};

struct PumpHeard {
    bool heard = false;
    Instant first{}, until{}; // when it was first heard; believed before
    Instant ran{};            // its newest word that it runs, or that it does not any more
    double rate = 0;
    std::set<SourceId> run{};    // those at her bed that ran when they were last heard
    std::set<SourceId> behind{}; // those that ran when she was moved away: until they are heard, or somebody tells the
                                 // rate, no other counts alone
    [[nodiscard]] bool fresh(Instant now) const { return heard && now < until; }
};

struct Magnesium {
    bool recorded = false;         // anything was said of it
    bool stop_declared = false;
    double rate = 0;               // charted
    Instant charted_at{}, rate_at{}; // the newest rate or stop: when it was true, and when it was said
    Instant bolus_at{};
    Instant first = Instant::never(); // the first that was given
    Instant given{};                  // the newest that is known to have been
    std::optional<Instant> over_idle{}; // a rate was charted while the pump stood still
};

struct BedBook {
    bool watched = false;
    std::optional<double> weight{};
    Instant since{};         // of the watch, the transfer or the restart: nothing older counts
    // The newest word of the monitor, the first one after a silence, and the last one before it.
    Instant heard{}, back{}, quiet_from{};
    Instant counted{};       // the newest breathing rate, also of the bed that she left
    std::array<Vital, judged.size()> vitals;
    std::array<Charted, charted_signals.size()> charted;
    PumpHeard pump;
    Magnesium magnesium;
    std::optional<Instant> no_reflex{};
    std::map<EpisodeId, Tells> open;

    [[nodiscard]] Tells tells() const;
    [[nodiscard]] bool on_board(Instant now) const;
    // When the newest value that may count of a vital sign came.
    [[nodiscard]] Instant newest(std::size_t vital) const;
    // Since when nobody knows how fast magnesium runs; nothing: it is known, or none is on board.
    [[nodiscard]] std::optional<Instant> rate_unknown(Instant now) const;
};

class Books {
public:
    Books(const Pack& pack, std::size_t beds) : pack_{pack}, beds_(beds) {}

    // `number`: which input it is on the disk; those up to `durable` are there.
    void took(const Moment& now, const Input& input, const EffectBuffer& effects, std::uint64_t number,
              std::uint64_t durable);
    // The machine lives again, and its disk has the inputs up to `durable`, the last one of `last`.
    void recovered(std::uint64_t durable, Instant last);

    [[nodiscard]] std::vector<BedBook>& beds() { return beds_; }
    [[nodiscard]] const std::vector<BedBook>& beds() const { return beds_; }

private:
    struct Before { // what stood there before an input that is not on the disk yet
        std::uint64_t number;
        std::size_t bed;
        BedBook book;
    };

    BedBook& change(std::size_t bed);
    void heard(const Moment& now, BedBook& bed);
    void refused(const Moment& now, const RefusedValue& value);
    void observed(const Moment& now, const Observation& o);
    void entered(const Moment& now, const Entry& entry, const std::string& reply);
    void dosed(const Moment& now, BedBook& bed, const Entry& entry, Instant at);
    void acted(const Moment& now, const Action& action);
    void moved(const Moment& now, const WatchTransfer& transfer);
    void transition(const AlarmTransition& t);

    const Pack& pack_;
    std::vector<BedBook> beds_;
    std::deque<Before> before_;
    std::uint64_t number_ = 0;                  // of the input that is being taken
    std::map<std::string, std::uint64_t> keys_; // of entries that were taken, and by which input
};

} // namespace magwatch::box
