#include "daemon/audit/audit.hpp"

#include <utility>

#include "runtime/clock.hpp"

namespace magwatch::audit
{
namespace
{

constexpr std::size_t most_waiting = 8192; // rows, some 4 MiB
constexpr Duration late_after{10'000};
constexpr Duration hour{3'600'000};

Stamp stamp(const std::string& boot)
{
    const ClockReading now = read_clocks();
    return {now.wall, now.boottime, boot};
}

} // namespace

Audit::Audit(std::string folder, const TrailLimits& limits)
    : folder_{std::move(folder)}, boot_{read_boot_id()}, hour_{stamp(boot_)}, limits_{limits}
{
}

Audit::~Audit()
{
    stop();
}

// With the lock held.
void Audit::waiting_row(Event event, const Stamp& at)
{
    if (waiting_.size() >= most_waiting) {
        ++status_.lost;
        ++untold_;
        return;
    }
    waiting_.push_back({std::move(event), at});
}

void Audit::record(Event event)
{
    const Stamp now = stamp(boot_);
    const std::lock_guard lock{mutex_};
    if (!tally_.admit(event)) return;
    waiting_row(std::move(event), now);
    // While the disk fails, tick() tries again: a row more does not make it take them.
    if (status_.reason.empty()) schedule();
}

void Audit::schedule()
{
    if (scheduled_) return;
    scheduled_ = lane_.post([this] { drain(); });
}

void Audit::tick()
{
    const Stamp now = stamp(boot_);
    const std::lock_guard lock{mutex_};
    if (now.boottime - hour_.boottime >= hour) {
        hour_ = now;
        for (Event& one : tally_.turn()) waiting_row(std::move(one), now);
    }
    schedule();
}

void Audit::set_limits(const TrailLimits& limits)
{
    const std::lock_guard lock{mutex_};
    limits_ = limits;
}

Status Audit::status() const
{
    const std::lock_guard lock{mutex_};
    Status out = status_;
    out.waiting = waiting_.size();
    out.late = lane_.oldest_age() >= late_after ||
               (!waiting_.empty() && read_clocks().boottime - waiting_.front().at.boottime >= late_after);
    return out;
}

// On the lane. "" or why nothing of it is on the disk.
std::string Audit::write(const std::vector<Entry>& batch, const TrailLimits& limits)
{
    const Stamp now = stamp(boot_);
    if (!trail_) {
        auto opened = Trail::open(folder_, limits, now);
        if (auto* wrong = std::get_if<std::string>(&opened)) return std::move(*wrong);
        trail_ = std::move(std::get<std::unique_ptr<Trail>>(opened));
        const std::lock_guard lock{mutex_};
        if (status_.damage.empty()) status_.damage = trail_->damage();
    }
    trail_->set_limits(limits);
    std::string wrong = trail_->append(batch);
    if (!wrong.empty()) trail_.reset(); // what is there is looked at anew
    return wrong;
}

void Audit::drain()
{
    std::vector<Entry> batch;
    TrailLimits limits;
    std::uint64_t told = 0;
    {
        const std::lock_guard lock{mutex_};
        scheduled_ = false;
        limits = limits_;
        batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
        waiting_.clear();
        told = untold_;
    }
    const std::size_t events = batch.size();
    if (told > 0) {
        Event lost;
        lost.station = "daemon";
        lost.action = own::lost;
        lost.outcome = "noted";
        lost.times = told;
        batch.push_back({std::move(lost), stamp(boot_)});
    }
    std::string wrong = write(batch, limits);
    const bool written = wrong.empty();
    if (written) wrong = trail_->maintain(stamp(boot_));
    if (!wrong.empty()) trail_.reset();
    const std::lock_guard lock{mutex_};
    status_.reason = wrong;
    if (trail_) status_.head = trail_->head();
    if (written) {
        status_.rows += batch.size();
        untold_ -= told;
        return;
    }
    batch.resize(events);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
}

void Audit::stop()
{
    {
        const std::lock_guard lock{mutex_};
        const Stamp now = stamp(boot_);
        for (Event& one : tally_.turn()) waiting_row(std::move(one), now);
        schedule();
    }
    lane_.stop();
}

} // namespace magwatch::audit
