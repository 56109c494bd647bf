// What the loop lets other threads see: whole snapshots, swapped in one step, and a sign of life.
//
// Board is thread-safe. A reader keeps the snapshot it took for as long as it likes; the loop never
// waits for a reader longer than the copy of a pointer takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commissioning/readings.hpp"
#include "rules/base/instant.hpp"
#include "rules/ward/view.hpp"

namespace magwatch
{

struct FaultView {
    ShellFault fault{};
    std::string detail;
};

// The copies of the store that `magwatch backup` asked for.
struct CopyView {
    enum class State : std::uint8_t { none, copying, ready, failed };
    State state = State::none;
    std::uint64_t number = 0; // of the copy, counted from the start
    std::string folder;       // where they are: journal.db, history.db
    std::uint64_t bytes = 0, bytes_left = 0;
    std::string reason; // why it failed
};

// What is known of backups.
struct BackupView {
    Duration within{};   // how old the last good one may be; 0: nobody asks
    WallTime good;       // 0: none is known
    WallTime tried;      // the last attempt; 0: none
    std::string reason;  // why the last attempt failed; "" = it did not
};

// How the audit trail is.
struct AuditView {
    bool writing = true;
    std::uint64_t sequence = 0; // of its newest row on the disk; 0: there is none yet
    std::string hash;
    std::uint64_t lost = 0; // rows that could not be kept, since the start
};

// A stop that somebody wanted: nobody watches from then on.
struct StopView {
    WallTime at;
    std::string by; // "systemd", "a signal"
};

// How the daemon itself is.
struct Health {
    std::string version;
    WallTime started;
    bool ready = false;            // recovered, configured, listening
    std::string not_ready_because; // while it is not
    std::optional<StopView> stopping; // it ends in a moment
    bool config_last_reload_successful = true;
    WallTime config_loaded;
    std::string config_hash; // configuration_hash() of what is in force
    std::string fallback_reason; // why the last good configuration runs instead of the present one
    std::vector<FaultView> faults; // present now
    std::uint64_t store_free_bytes = 0;
    CopyView copy;
    BackupView backup;
    AuditView audit;
};

// How every register map tells its values; in force with the configuration.
using RegisterForms = std::vector<RegisterForm>;

struct PublishedWard {
    WardView view;
    Health health;
    bool clinical_metrics = false; // the configuration in force lets /metrics/clinical be read
    std::shared_ptr<const RegisterForms> forms; // null: none
    long utc_offset_minutes = 0; // by which the ward's clocks are ahead of UTC now
    std::shared_ptr<const Rosters> rosters; // null: none are known. For questions about another time than now
};

class Board
{
public:
    void publish(std::shared_ptr<const PublishedWard> ward)
    {
        const std::lock_guard lock{mutex_};
        ward_.swap(ward); // the old one is destroyed after the lock
    }
    // Null until the first publish().
    [[nodiscard]] std::shared_ptr<const PublishedWard> current() const
    {
        const std::lock_guard lock{mutex_};
        return ward_;
    }

    // The loop calls this every turn, whether anything happened or not; it never sleeps more than 1
    // s. `boottime` is that of read_clocks(), without the ward's offset.
    void progressed(Duration boottime)
    {
        progress_ms_.store(boottime.count(), std::memory_order_relaxed);
    }
    [[nodiscard]] Duration last_progress() const
    {
        return Duration{progress_ms_.load(std::memory_order_relaxed)};
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const PublishedWard> ward_;
    std::atomic<std::int64_t> progress_ms_{0};
};

// The loop sleeps at most 1 s; five missed turns are a loop that stands still.
inline constexpr Duration alive_limit{5000};

} // namespace magwatch
