#include "tools/box/books.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration fresh_for = 30s;     // BEHAVIOUR "Freshness", of a source that speaks every 5 s
constexpr Duration comes_back = 15s;    // three polls: a device that was silent may bring one signal after the other
constexpr Duration between_samples = 5s + 1s;
constexpr Duration surely_acts = 11h;   // BEHAVIOUR: 12 h after the last dose at least
constexpr double rr_critical = 8, spo2_critical = 85;

bool critically_low(Signal signal, double value)
{
    return (signal == Signal::rr && value < rr_critical) || (signal == Signal::spo2 && value < spo2_critical);
}

// The reply that takes what was said; null: it was not taken.
const Reply* accepted(const EffectBuffer& effects)
{
    for (const Effect& effect : effects) {
        const auto* reply = std::get_if<Reply>(&effect);
        if (reply != nullptr && reply->accepted) return reply;
    }
    return nullptr;
}

// "A charted entry rings if it is the newest of its kind by event time and within its limit." True if it is.
bool take(Charted& newest, Signal signal, double value, Instant at, Instant now)
{
    const bool again = newest.any && same_time(newest.at, at);
    if (again) at = std::max(at, newest.at);
    if (again && (newest.value == value || signal == Signal::urine)) return false;
    if (newest.any && newest.at > at) return false;
    if (now - at > info(signal).fresh_for) return false;
    newest = {true, value, at};
    return true;
}

bool is_word_of_now(Refusal reason)
{
    return reason != Refusal::too_late && reason != Refusal::duplicate && reason != Refusal::test_data &&
           reason != Refusal::setting && reason != Refusal::unknown_code;
}

} // namespace

Tells BedBook::tells() const
{
    Tells out = 0;
    for (const auto& [id, what] : open) out |= what;
    return out;
}

Instant BedBook::newest(std::size_t vital) const
{
    // What was missing for as long before the silence has had its moment.
    const Vital& one = vitals[vital];
    const bool excused = back != Instant{} && quiet_from - one.fresh < comes_back;
    return std::max({one.fresh, since, excused ? back - fresh_for + comes_back : Instant{}});
}

bool BedBook::on_board(Instant now) const
{
    if (magnesium.first == Instant::never()) return false;
    if (magnesium.rate > 0 || (pump.heard && pump.rate > 0)) return true;
    return now - magnesium.given < surely_acts;
}

std::optional<Instant> BedBook::rate_unknown(Instant now) const
{
    if (!magnesium.recorded) return since;
    if (magnesium.over_idle && pump.fresh(now)) return magnesium.over_idle;
    if (!pump.heard || now < pump.until || magnesium.stop_declared || !on_board(now)) return std::nullopt;
    if (magnesium.rate_at >= pump.until) return std::nullopt; // who stands at the bed said it
    return pump.until;
}

BedBook& Books::change(std::size_t bed)
{
    const bool known = std::any_of(before_.rbegin(), before_.rend(), [&](const Before& one) {
        return one.number == number_ && one.bed == bed;
    });
    if (!known) before_.push_back({number_, bed, beds_[bed]});
    return beds_[bed];
}

void Books::took(const Moment& now, const Input& input, const EffectBuffer& effects, std::uint64_t number,
                 std::uint64_t durable)
{
    while (!before_.empty() && before_.front().number <= durable) before_.pop_front();
    number_ = number;
    if (const auto* observation = std::get_if<Observation>(&input)) observed(now, *observation);
    if (const auto* value = std::get_if<RefusedValue>(&input)) refused(now, *value);
    if (const Reply* reply = accepted(effects)) {
        if (const auto* entry = std::get_if<Entry>(&input)) entered(now, *entry, reply->text);
        if (const auto* action = std::get_if<Action>(&input)) acted(now, *action);
    }
    for (const Effect& effect : effects)
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) transition(*t);
}

void Books::recovered(std::uint64_t durable, Instant last)
{
    for (; !before_.empty() && before_.back().number > durable; before_.pop_back())
        beds_[before_.back().bed] = std::move(before_.back().book);
    before_.clear();
    std::erase_if(keys_, [&](const auto& item) { return item.second > durable; });
    // Who was heard for the first time after that was not heard.
    for (BedBook& bed : beds_) {
        if (bed.pump.first > last) bed.pump = {};
        for (Vital& vital : bed.vitals)
            if (vital.first > last) vital = {};
    }
}

void Books::heard(const Moment& now, BedBook& bed)
{
    if (now.steady - bed.heard >= comes_back) {
        bed.back = now.steady;
        bed.quiet_from = bed.heard;
    }
    bed.heard = now.steady;
}

void Books::refused(const Moment& now, const RefusedValue& value)
{
    if (value.bed.value >= beds_.size() || !is_word_of_now(value.reason)) return;
    BedBook& bed = beds_[value.bed.value];
    if (!value.has_signal || value.signal != Signal::pump_rate) return heard(now, bed);
    bed.pump.until = std::min(bed.pump.until, now.steady);
}

void Books::observed(const Moment& now, const Observation& o)
{
    if (o.bed.value >= beds_.size() || o.observed.ms != 0) return; // late ones are history
    BedBook& bed = beds_[o.bed.value];
    if (!bed.watched) return;
    if (o.signal != Signal::pump_rate) heard(now, bed);
    if (o.signal == Signal::pump_rate && o.validity == Validity::valid) {
        PumpHeard& pump = bed.pump;
        pump.behind.erase(o.source);
        if (o.value > 0) pump.run.insert(o.source);
        else pump.run.erase(o.source);
        if (!pump.behind.empty()) return;
        Magnesium& mg = bed.magnesium;
        const bool by_hand = pump.until <= now.steady && mg.rate_at >= pump.until;
        if (!pump.heard || by_hand) pump.first = now.steady;
        if (o.value > 0 || (pump.heard && pump.rate > 0)) pump.ran = mg.given = now.steady;
        if (o.value > 0) {
            mg.first = std::min(mg.first, now.steady);
            mg.over_idle.reset();
        }
        mg.recorded = pump.heard = true;
        pump.rate = o.value;
        pump.until = now.steady + info(Signal::pump_rate).fresh_for;
    }
    for (std::size_t i = 0; i < judged.size(); ++i) {
        if (judged[i] != o.signal) continue;
        Vital& vital = bed.vitals[i];
        if (o.validity != Validity::valid) {
            vital.low.reset();
            return;
        }
        if (o.signal == Signal::rr) bed.counted = now.steady;
        if (!vital.expected) vital.first = now.steady;
        vital.expected = true;
        const bool gap = now.steady - vital.fresh > between_samples;
        vital.fresh = now.steady;
        if (!critically_low(o.signal, o.value)) vital.low.reset();
        else if (!vital.low || gap) vital.low = now.steady;
    }
}

void Books::entered(const Moment& now, const Entry& entry, const std::string& reply)
{
    if (entry.bed.value >= beds_.size()) return;
    // Who was not told "stored" says the same again, and somebody else may have found another thing meanwhile.
    const bool again = !entry.key.empty() && !keys_.try_emplace(entry.key, number_).second;
    if (again && reply == "already recorded") return;
    keys_[entry.key] = number_;
    BedBook& bed = change(entry.bed.value);
    const WallTime wall = entry.at.ms == 0 ? now.wall : entry.at;
    const Instant at = std::min(now.instant_of(wall), now.steady);
    const auto note = [&](Signal signal, double value) {
        for (std::size_t i = 0; i < charted_signals.size(); ++i) {
            if (charted_signals[i] != signal || !take(bed.charted[i], signal, value, at, now.steady)) continue;
            if (signal != Signal::reflex_knee) continue;
            if (value > 0) bed.no_reflex.reset();
            else if (!bed.no_reflex) bed.no_reflex = now.steady;
        }
    };
    if (const auto* value = std::get_if<ValueEntry>(&entry.what)) return note(value->signal, value->value);
    if (const auto* urine = std::get_if<UrineEntry>(&entry.what)) return note(Signal::urine, urine->millilitres);
    dosed(now, bed, entry, at);
}

void Books::dosed(const Moment& now, BedBook& bed, const Entry& entry, Instant at)
{
    Magnesium& mg = bed.magnesium;
    if (const auto* bolus = std::get_if<BolusEntry>(&entry.what)) {
        mg.recorded = true;
        mg.first = std::min(mg.first, at);
        mg.given = std::max(mg.given, now.steady + bolus->over);
        if (at < mg.bolus_at) return;
        mg.bolus_at = at;
        if (at >= mg.charted_at) mg.stop_declared = false;
        return;
    }
    const auto* rate = std::get_if<InfusionRateEntry>(&entry.what);
    if (rate == nullptr && !std::holds_alternative<InfusionStopEntry>(entry.what)) return;
    const double runs = rate == nullptr ? 0 : rate->grams_per_hour;
    mg.recorded = true;
    if (runs > 0) mg.first = std::min(mg.first, at);
    if (runs > 0 || mg.rate > 0) mg.given = now.steady;
    if (at < mg.charted_at) return; // charted late: what is newer holds
    mg.charted_at = at;
    mg.rate_at = now.steady;
    mg.rate = runs;
    mg.stop_declared = runs <= 0;
    mg.over_idle.reset();
    if (!bed.pump.behind.empty()) bed.pump = {}; // she who stands at the one of this bed said what runs
    const PumpHeard& pump = bed.pump;
    if (runs > 0 && pump.fresh(now.steady) && pump.rate <= 0 && at >= pump.ran) mg.over_idle = now.steady;
}

void Books::acted(const Moment& now, const Action& action)
{
    if (const auto* start = std::get_if<WatchStart>(&action.what)) {
        BedBook& bed = change(start->bed.value);
        std::map<EpisodeId, Tells> open = std::move(bed.open);
        bed = {};
        bed.open = std::move(open);
        bed.watched = true;
        bed.since = now.steady;
        for (const auto& fact : start->facts)
            if (fact.signal == Signal::weight) bed.weight = fact.value;
    }
    if (const auto* end = std::get_if<WatchEnd>(&action.what)) {
        BedBook& bed = change(end->bed.value);
        std::map<EpisodeId, Tells> open = std::move(bed.open);
        bed = {};
        bed.open = std::move(open);
    }
    if (const auto* transfer = std::get_if<WatchTransfer>(&action.what)) moved(now, *transfer);
}

void Books::moved(const Moment& now, const WatchTransfer& transfer)
{
    if (!beds_[transfer.from.value].watched) return;
    BedBook& from = change(transfer.from.value);
    BedBook& to = change(transfer.to.value);
    BedBook there = std::move(to);
    to = std::move(from);
    from = {};
    // What the devices of the bed that she left had measured is of another place; the rate is not known until it is
    // heard or said again.
    to.since = now.steady;
    to.heard = to.back = to.quiet_from = {};
    to.vitals = {};
    if (to.pump.heard) to.pump.until = std::min(to.pump.until, now.steady);
    to.pump.behind.merge(std::move(to.pump.run));
    to.pump.run.clear();
    // Her own alarms go with her; those of the devices of both beds end, and both are told as ended.
    to.open.merge(there.open);
}

void Books::transition(const AlarmTransition& t)
{
    if (t.event == AlarmEvent::cleared) {
        for (std::size_t bed = 0; bed < beds_.size(); ++bed)
            if (beds_[bed].open.contains(t.episode)) change(bed).open.erase(t.episode);
        return;
    }
    if (t.event != AlarmEvent::raised || t.bed.value >= beds_.size()) return;
    change(t.bed.value).open[t.episode] = tells_of(pack_, t.rule);
}

} // namespace magwatch::box
