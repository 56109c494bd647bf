// Snapshots -> JSON of the API. Pure. Times are RFC 3339 UTC; every number has a unit beside it or
// in its key; a value that is stale is null, with the last one beside it as history.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/http/published.hpp"
#include "runtime/clock.hpp"

namespace magwatch::http
{

using Json = nlohmann::ordered_json;

// A sign as it is known: null when it is stale, with what it was.
[[nodiscard]] Json signal_json(const SignalView& signal);
// "" is nothing to tell.
[[nodiscard]] Json text_or_null(const std::string& text);

// The loop as this thread sees it.
struct Liveness {
    bool alive = false;
    Duration since_progress{};
};

[[nodiscard]] Liveness liveness_of(const Board& board, const ClockReading& now);

[[nodiscard]] Json render_status(const PublishedWard& ward, const Liveness& liveness);
[[nodiscard]] Json render_backup(const Health& health); // copies of the store, and what is known of backups
// `readings`: what devices say that nothing uses is shown as unverified.
[[nodiscard]] Json render_beds(const WardView& view, const std::vector<Reading>& readings = {}, Duration now = {});
[[nodiscard]] Json render_bed(const WardView& view, const BedView& bed, const std::vector<Reading>& readings = {},
                              Duration now = {});
// What plots draw as bands: the lines of the rules that run for this bed.
[[nodiscard]] Json render_limits(const WardView& view, const BedView& bed);
// Serum magnesium as it may have been and may become: a few milliseconds of arithmetic.
[[nodiscard]] Json render_prediction(const WardView& view, const BedView& bed);
[[nodiscard]] Json render_alarms(const WardView& view);
// The rule behind an open alarm as its pack words it, and what it reads, for whoever asks why it rang.
[[nodiscard]] Json render_alarm_rule(const WardView& view, const EpisodeView& alarm);
[[nodiscard]] Json render_calls(const WardView& view);
[[nodiscard]] Json render_pages(const WardView& view);
// Who is on call now, and what staff changed.
[[nodiscard]] Json render_oncall(const WardView& view);
// The same at another time; `rosters` say what is known of it.
[[nodiscard]] Json render_oncall_at(const WardView& view, const Rosters& rosters, WallTime at);
[[nodiscard]] Json render_sources(const WardView& view);

// Text of any answer. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string text_of(const Json& json);

} // namespace magwatch::http
