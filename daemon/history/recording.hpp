// What the history holds of one bed, stored or not yet: minutes cut to a range, events, and the stays that they tell
// of. Blocking: lives on the history's lane, for as long as one question takes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/history/question.hpp"
#include "daemon/history/struck.hpp"
#include "daemon/journal/history_file.hpp"

namespace magwatch
{

// From the start of a watch to its end, or to her leaving for another bed: what may be said of one patient.
struct Stay {
    WallTime from;
    std::optional<WallTime> to; // none: it goes on
    friend bool operator==(const Stay&, const Stay&) = default;
};

// `events` in order; `watched_since`: as the ward says now, whatever the events lack. Pure.
[[nodiscard]] std::vector<Stay> stays_of(const std::vector<HistoryEvent>& events,
                                         std::optional<WallTime> watched_since);

// Before this everything is told that was asked for. Clocks of two machines differ, and what was charted a moment ahead
// of ours must not wait to be seen: as long as an entry may be ahead.
[[nodiscard]] inline WallTime latest(const HistoryQuestion& question) { return question.now + std::chrono::minutes{2}; }
[[nodiscard]] inline WallTime end_of(const HistoryQuestion& question) { return question.to.value_or(latest(question)); }

// The part of a minute from `from` to before `to`: what cannot be told apart for want of samples is left out, since
// it may be of another patient. Pure.
[[nodiscard]] HistoryMinute cut(const HistoryMinute& minute, WallTime from, WallTime to);

class Recording
{
public:
    // `running`: minutes that are not stored yet. Both outlive it.
    Recording(HistoryFile& file, const std::vector<HistoryMinute>& running, std::string bed)
        : file_{file}, running_{running}, bed_{std::move(bed)}
    {
    }

    using Take = std::function<void(const HistoryMinute&)>; // lent; minutes in order, the same perhaps twice
    // Without what was struck through, which is told to `struck`.
    [[nodiscard]] std::optional<JournalError> visit(
        WallTime from, WallTime to, const Take& take,
        const StruckValues::Tell& struck = [](const StruckValue&) {}) const;
    [[nodiscard]] std::variant<std::vector<HistoryEvent>, JournalError> events(WallTime from, WallTime to) const;
    // Before this time only the mean, least and greatest of each minute are kept of what came often.
    [[nodiscard]] WallTime thinned_to() const;
    [[nodiscard]] const std::string& bed() const { return bed_; }

private:
    HistoryFile& file_;
    const std::vector<HistoryMinute>& running_;
    std::string bed_;
};

} // namespace magwatch
