// The audit trail of a running daemon: takes events from any thread, writes them on a lane of its own, and tells when
// the disk does not take them. Nothing ever waits for it.
//
// record(), tick() and status() are thread-safe and never block on the disk.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/audit/row.hpp"
#include "daemon/audit/tally.hpp"
#include "daemon/audit/trail.hpp"
#include "runtime/lane.hpp"

namespace magwatch::audit
{

struct Status {
    Head head;              // on the disk
    std::uint64_t rows = 0; // written since the start
    std::uint64_t lost = 0; // not kept while the disk did not take them
    std::size_t waiting = 0;
    bool late = false;      // something has waited for 10 s
    std::string reason;     // why rows are not being written; "" = they are
    std::string damage;     // what was wrong with what stood there at the start
};

class Audit
{
public:
    explicit Audit(std::string folder, const TrailLimits& limits = {});
    ~Audit(); // as stop()
    Audit(const Audit&) = delete;
    Audit& operator=(const Audit&) = delete;

    void record(Event event);
    // Once a second: writes what waits, changes the key when its time has come, tries a disk again that failed.
    void tick();
    void set_limits(const TrailLimits& limits);
    [[nodiscard]] Status status() const;
    // Writes what waits and ends the lane. Idempotent.
    void stop();

private:
    void schedule(); // with the lock held
    void drain();
    [[nodiscard]] std::string write(const std::vector<Entry>& batch, const TrailLimits& limits);
    void waiting_row(Event event, const Stamp& at);

    const std::string folder_;
    const std::string boot_;
    mutable std::mutex mutex_;
    std::deque<Entry> waiting_;
    Tally tally_;
    Stamp hour_; // of the tally
    TrailLimits limits_;
    Status status_;
    std::uint64_t untold_ = 0; // lost, and no row says so yet
    bool scheduled_ = false;
    std::unique_ptr<Trail> trail_; // the lane's alone
    Lane lane_{"audit", 16};
};

} // namespace magwatch::audit
