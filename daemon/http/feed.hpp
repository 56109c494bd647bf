// The ward as boards see it live: the events of GET /api/v1/stream, made once for all who read them.
//
// A snapshot is what update() last saw, so that whoever took it and every update after it has the whole ward. No
// socket and no clock: `now` is handed in. Used on one thread, the HTTP server's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/http/published.hpp"
#include "daemon/http/render.hpp"
#include "runtime/clock.hpp"

namespace magwatch::http
{

// Bytes of a stream, shared by its readers.
using Chunk = std::shared_ptr<const std::string>;

class Feed
{
public:
    // `readings`: what devices last said; empty: not told.
    Feed(const Board& board, std::function<std::vector<Reading>()> readings)
        : board_{board}, readings_{std::move(readings)}
    {
    }

    // The event that tells what changed since the last one; null: nothing. With `alarms_only` values may have changed
    // as well: only a change of alarms or calls makes an event, which then tells everything.
    [[nodiscard]] Chunk update(const ClockReading& now, bool alarms_only = false);
    // The whole ward: a head with the time of now, and what all readers share. Empty before the ward's first word.
    [[nodiscard]] std::vector<Chunk> snapshot(const ClockReading& now);
    // The time, and whether the main loop moves.
    [[nodiscard]] Chunk heartbeat(const ClockReading& now) const;

private:
    struct Bed {
        std::string alias, text;
        friend bool operator==(const Bed&, const Bed&) = default;
    };
    [[nodiscard]] std::vector<Bed> look_at_beds(const ClockReading& now) const;
    [[nodiscard]] std::string changed_beds(const std::vector<Bed>& beds) const;
    [[nodiscard]] std::string head(const ClockReading& now) const;

    const Board& board_;
    std::function<std::vector<Reading>()> readings_;
    std::shared_ptr<const PublishedWard> ward_;   // that update() last looked at, whole
    std::shared_ptr<const PublishedWard> alarms_of_; // whose alarms and calls it last looked at
    std::uint64_t sequence_ = 0;
    std::vector<Bed> beds_;
    std::string alarms_, calls_, pages_, oncall_; // JSON
    std::string status_, status_known_by_;        // JSON; without its time, which alone is no change
    Chunk rest_;                                  // of a snapshot; null: to be made
};

} // namespace magwatch::http
