#include "rules/patient/infusion.hpp"

#include <algorithm>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration history_step = 20s;
constexpr Duration history_length = 48h;
// Older points are kept this far apart: a dose between two of them is spread over no more.
constexpr Duration dense_length = 24h;
constexpr Duration coarse_step = 10min;
// What lies before the last 24 h when it is thinned out: its coarse points, and dense ones for 20 min.
constexpr std::ptrdiff_t old_points = (history_length - dense_length) / coarse_step + 64;
// How often cumulative doses are looked at while magnesium runs without a pump that speaks.
constexpr Duration dose_tick = 10s;
constexpr double grams_per_hour_ms = 1.0 / 3'600'000.0;

// Whether what a pump was seen to do is a declared bolus: at half of its rate, or as fast as half of 4 g in 20 min, it
// is no infusion beside one, however high that is set (design values).
constexpr double faster_than_maintenance = 6;
bool gives(double seen, double declared) { return seen >= declared / 2 || seen > faster_than_maintenance; }

} // namespace

double Infusion::counted_rate(Instant at) const
{
    const double bolus = bolus_end_ > at ? bolus_rate_ : 0;
    if (pump_heard_) return (charted_over_idle_ ? charted_rate_ : pump_rate_) + (bolus_by_pump_ ? 0 : bolus);
    return bolus > 0 ? bolus : charted_rate_;
}

std::optional<double> Infusion::rate_now() const
{
    if (pump_heard_) return pump_fresh_ && !charted_over_idle_ ? std::optional{pump_rate_} : std::nullopt;
    if (!charted_) return std::nullopt;
    return counted_rate(at_);
}

// There is a point already.
void Infusion::remember(Instant at)
{
    if (at - history_.back().first < history_step) return;
    history_.emplace_back(at, total_);
    // One point older than a window is kept, so that its edge can be interpolated.
    auto dense = history_.begin();
    while (at - (dense + 1)->first > dense_length) ++dense; // the last one is of now
    if (dense - history_.begin() <= old_points) return;
    auto kept = history_.begin();
    for (auto point = history_.begin() + 1; point != dense; ++point) {
        if (at - point->first > history_length) *kept = *point;
        else if (point->first - kept->first >= coarse_step) *++kept = *point;
    }
    history_.erase(kept + 1, dense);
}

void Infusion::integrate(Instant to)
{
    if (to <= at_) return;
    const double rate = counted_rate(at_);
    if (rate > 0) {
        if (first_dose_ == Instant::never()) first_dose_ = at_;
        if (history_.empty()) history_.emplace_back(at_, total_);
        total_ += rate * static_cast<double>((to - at_).count()) * grams_per_hour_ms;
        last_dose_ = to;
    }
    at_ = to;
    if (!history_.empty()) remember(to);
}

void Infusion::advance(Instant now)
{
    if (bolus_end_ > at_ && bolus_end_ <= now) integrate(bolus_end_);
    if (pump_fresh_ && pump_until_ <= now) {
        integrate(pump_until_);
        pump_fresh_ = false;
    }
    integrate(now);
}

bool Infusion::pump(double grams_per_hour, Instant now, Duration fresh_for)
{
    advance(now);
    if (grams_per_hour > 0 || (pump_heard_ && pump_rate_ > 0)) pump_ran_ = now;
    recorded_ = pump_heard_ = pump_fresh_ = true;
    pump_rate_ = grams_per_hour;
    pump_until_ = now + fresh_for;
    if (grams_per_hour > 0) charted_over_idle_ = false;
    if (bolus_end_ <= now || bolus_by_pump_ || !gives(grams_per_hour, bolus_rate_)) return false;
    bolus_by_pump_ = true;
    if (bolus_beside_) take_back_bolus(now);
    return bolus_beside_;
}

void Infusion::pump_lost(Instant now)
{
    advance(now);
    if (pump_fresh_) pump_until_ = now;
    pump_fresh_ = false;
}

std::optional<Instant> Infusion::rate_unknown_since() const
{
    if (!pump_heard_ || pump_fresh_) return std::nullopt;
    return pump_until_;
}

// A dose that is known only now though it was given before.
void Infusion::add(double grams, Instant at, Instant now)
{
    if (grams <= 0) return;
    if (history_.empty()) history_.emplace_back(at, total_);
    first_dose_ = std::min(first_dose_, at);
    total_ += grams;
    last_dose_ = now;
    // The first point stays what it was before the dose: windows are differences from it.
    if (history_.size() == 1 || history_.back().first < now) history_.emplace_back(now, total_);
    else history_.back().second = total_;
}

// The pump that stood still begins to give it: charted when it was drawn up, it was not given by hand.
void Infusion::take_back_bolus(Instant now)
{
    const auto until = [&](Instant t) {
        return t <= bolus_at_ ? 0 : bolus_rate_ * static_cast<double>((t - bolus_at_).count()) * grams_per_hour_ms;
    };
    total_ -= until(now);
    for (auto& [at, total] : history_) total -= until(at);
}

void Infusion::rate(double grams_per_hour, Instant at, Instant now)
{
    advance(now);
    if (at < charted_at_) { // charted late: what is newer holds
        // What an earlier late one told of the same time is counted already.
        const bool older = at < late_from_;
        const double missed = (grams_per_hour - (older ? charted_before_ : late_rate_)) * grams_per_hour_ms;
        const Instant end = older ? late_from_ : charted_at_;
        if (!pump_heard_) add(missed * static_cast<double>((end - at).count()), at, now);
        late_from_ = std::min(late_from_, at);
        late_rate_ = std::max(late_rate_, grams_per_hour);
        return;
    }
    late_from_ = charted_at_ = at;
    late_rate_ = charted_before_ = charted_rate_;
    charted_over_idle_ = grams_per_hour > 0 && pump_fresh_ && pump_rate_ <= 0 && at >= pump_ran_;
    const auto lost = rate_unknown_since();
    if (!pump_heard_ || lost) {
        const Instant from = std::max(at, lost.value_or(at));
        const double missed = (grams_per_hour - counted_rate(now)) * grams_per_hour_ms;
        add(missed * static_cast<double>((now - from).count()), from, now);
    }
    if (lost) pump_heard_ = false; // who stands at a pump that is not heard knows better
    recorded_ = charted_ = true;
    charted_rate_ = grams_per_hour;
    stop_declared_ = grams_per_hour <= 0;
}

void Infusion::bolus(double grams, Duration over, Instant at, Instant now, double by_pump)
{
    advance(now);
    recorded_ = charted_ = true;
    const Duration length = std::max(over, Duration{1});
    const double rate = grams / (static_cast<double>(length.count()) * grams_per_hour_ms);
    Instant end = at + length;
    if (stop_declared_ && at < charted_at_) end = std::min(end, charted_at_); // it was stopped after that
    const Instant until = std::min(end, now);
    const double given = rate * static_cast<double>((until - at).count()) * grams_per_hour_ms;
    const double hours = static_cast<double>((until - at).count()) / 3'600'000.0;
    const bool was_seen = given > 0 && gives(by_pump / hours, given / hours);
    const bool is_seen = pump_fresh_ && end > now && gives(pump_rate_, rate);
    const bool seen = pump_heard_ && (was_seen || is_seen);
    if (!seen) add(given, at, now);
    if (at < bolus_at_) return; // charted late: a newer one is known
    if (at >= charted_at_) stop_declared_ = false;
    bolus_grams_ = grams;
    bolus_rate_ = rate;
    bolus_at_ = at;
    bolus_end_ = end;
    bolus_by_pump_ = seen;
    bolus_beside_ = pump_fresh_ && pump_rate_ <= 0;
}

void Infusion::intramuscular(double grams, Instant at, Instant now)
{
    advance(now);
    recorded_ = true;
    add(grams, at, now);
}

void Infusion::stop(Instant at, Instant now)
{
    const bool late = at < charted_at_;
    rate(0, at, now);
    if (late) return;
    if (bolus_end_ > now && bolus_at_ > at) stop_declared_ = false; // what was begun after it runs
    else bolus_end_ = std::min(bolus_end_, now);
}

double Infusion::dose_in(Duration length, Instant now) const
{
    const Instant start = now - length;
    if (history_.empty() || start <= history_.front().first) {
        return total_ - (history_.empty() ? total_ : history_.front().second);
    }
    const auto after = std::lower_bound(history_.begin(), history_.end(), start,
                                        [](const auto& point, Instant t) { return point.first < t; });
    if (after == history_.end()) return total_ - history_.back().second;
    const auto before = after - 1;
    const double span = static_cast<double>((after->first - before->first).count());
    const double part = static_cast<double>((start - before->first).count()) / span;
    return total_ - (before->second + (after->second - before->second) * part);
}

std::optional<bool> Infusion::on_board(Instant now, Duration on_board) const
{
    if (!recorded_) return std::nullopt;
    if (counted_rate(at_) > 0) return true;
    if (last_dose_ == Instant::never()) return false;
    return now - last_dose_ < on_board;
}

std::optional<Instant> Infusion::last_dose() const
{
    if (last_dose_ == Instant::never()) return std::nullopt;
    return last_dose_;
}

Instant Infusion::next_change(Instant now, Duration on_board) const
{
    Instant next = Instant::never();
    const auto consider = [&](Instant t) {
        if (t > now) next = std::min(next, t);
    };
    if (bolus_end_ > now) consider(bolus_end_);
    if (pump_fresh_) consider(pump_until_);
    if (counted_rate(at_) > 0) consider(now + dose_tick);
    else if (last_dose_ != Instant::never()) consider(last_dose_ + on_board);
    return next;
}

} // namespace magwatch
