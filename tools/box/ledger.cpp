#include "tools/box/ledger.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration fresh_for = 30s;    // BEHAVIOUR "Freshness", of a source that speaks every 5 s
constexpr Duration tolerance = 1s;
constexpr Duration held = 10s;         // rr-critical and spo2-critical
constexpr Duration between_samples = sample_every;
constexpr Duration found_frozen = 300s; // BEHAVIOUR and goal G4, without a counter; with one it is 60 s
constexpr Duration comes_back = 15s;     // three polls: a device that was silent may bring one signal after the other
constexpr double breathing_fails = 6;  // /min; below the 8 of the pack by more than a monitor's noise
constexpr double rr_critical = 8, spo2_critical = 85;

std::optional<double> critical(Signal signal)
{
    if (signal == Signal::rr) return rr_critical;
    if (signal == Signal::spo2) return spo2_critical;
    return std::nullopt;
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

} // namespace

Ledger::Ledger(const Pack& pack, std::size_t beds) : pack_{pack}, beds_(beds) {}

void Ledger::fail(const Moment& now, const char* invariant, std::string what)
{
    if (violations_.size() < 20) violations_.push_back({invariant, std::move(what), now.steady});
}

bool Ledger::any(const Bed& bed) { return !bed.open.empty(); }

bool Ledger::any_high(const Bed& bed)
{
    return std::any_of(bed.open.begin(), bed.open.end(), [](const auto& item) {
        return item.second.first == AlarmKind::physiological && item.second.second == Priority::high;
    });
}

void Ledger::took(const Moment& now, const Input& input, const EffectBuffer& effects)
{
    if (const auto* observation = std::get_if<Observation>(&input)) observed(now, *observation);
    else if (const auto* entry = std::get_if<Entry>(&input)) entered(now, *entry, effects);
    else if (const auto* action = std::get_if<Action>(&input)) acted(now, *action, effects);
    for (const Effect& effect : effects) {
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) transition(now, *t);
        const auto* sent = std::get_if<SendPage>(&effect);
        if (sent != nullptr && mended_) used_.try_emplace(sent->page.channel_kind, now.steady);
    }
    check(now);
}

void Ledger::observed(const Moment& now, const Observation& o)
{
    if (o.bed.value >= beds_.size() || o.observed.ms != 0) return; // late ones are history
    Bed& bed = beds_[o.bed.value];
    if (!bed.watched) return;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        if (judged[i] != o.signal) continue;
        Vital& vital = bed.vitals[i];
        if (o.validity != Validity::valid) {
            vital.low.reset();
            return;
        }
        if (now.steady - bed.heard > fresh_for) bed.back = now.steady;
        bed.heard = now.steady;
        vital.expected = true;
        const auto limit = critical(o.signal);
        const bool gap = now.steady - vital.fresh > between_samples + tolerance;
        vital.fresh = now.steady;
        if (!limit || o.value >= *limit) vital.low.reset();
        else if (!vital.low || gap) vital.low = now.steady;
    }
}

void Ledger::entered(const Moment& now, const Entry& entry, const EffectBuffer& effects)
{
    const auto* value = std::get_if<ValueEntry>(&entry.what);
    const Reply* reply = accepted(effects);
    if (value == nullptr || value->signal != Signal::reflex_knee || reply == nullptr) return;
    if (entry.bed.value >= beds_.size()) return;
    // Who was not told "stored" says the same again, and somebody else may have found another thing meanwhile.
    const bool again = !entry.key.empty() && !entered_.insert(entry.key).second;
    if (again && reply->text == "already recorded") return;
    Bed& bed = beds_[entry.bed.value];
    if (value->value > 0) bed.no_reflex.reset();
    else if (bed.watched && !bed.no_reflex) bed.no_reflex = now.steady;
}

void Ledger::acted(const Moment& now, const Action& action, const EffectBuffer& effects)
{
    if (accepted(effects) == nullptr) return;
    if (const auto* start = std::get_if<WatchStart>(&action.what)) {
        beds_[start->bed.value].watched = true;
        beds_[start->bed.value].since = now.steady;
    }
    if (const auto* moved = std::get_if<WatchTransfer>(&action.what)) {
        Bed& from = beds_[moved->from.value];
        Bed& to = beds_[moved->to.value];
        if (!from.watched) return;
        Bed fresh;
        fresh.watched = true;
        fresh.since = now.steady;
        fresh.no_reflex = from.no_reflex;
        // Her own alarms go with her; those of the devices of both beds end, and both are told as ended.
        fresh.open = from.open;
        to = std::move(fresh);
        from = Bed{};
    }
}

void Ledger::transition(const Moment& now, const AlarmTransition& t)
{
    if (t.event == AlarmEvent::cleared) {
        for (Bed& bed : beds_) bed.open.erase(t.episode);
        return;
    }
    if (t.event != AlarmEvent::raised || t.bed.value >= beds_.size()) return;
    Bed& bed = beds_[t.bed.value];
    bed.open[t.episode] = {t.kind, t.priority};
    if (t.kind != AlarmKind::physiological || !bed.watched) return;
    const auto rule = std::find_if(pack_.rules.begin(), pack_.rules.end(),
                                   [&](const Rule& r) { return r.id == t.rule; });
    if (rule == pack_.rules.end() || t.rule.starts_with("breathing-lost")) return; // these are about its absence
    SignalMask known = 0;
    Instant newest{};
    for (std::size_t i = 0; i < judged.size(); ++i) {
        known |= mask(judged[i]);
        if ((rule->reads & mask(judged[i])) != 0) newest = std::max(newest, bed.vitals[i].fresh);
    }
    const bool of_vitals_alone = rule->reads != 0 && (rule->reads & ~(known | mask(Signal::mg_on_board))) == 0;
    // When it was decided: what fell due while the machine slept is told when it wakes.
    const Instant at = t.at.steady;
    if (of_vitals_alone && at - newest > fresh_for + tolerance)
        fail(now, "I5", t.rule + " of bed " + std::to_string(t.bed.value) + " comes from data of " +
                            std::to_string((at - newest).count() / 1000) + " s ago");
}

void Ledger::check(const Moment& now)
{
    if (now.steady - checked_ < 1s) return;
    checked_ = now.steady;
    for (std::size_t b = 0; b < beds_.size(); ++b) {
        const Bed& bed = beds_[b];
        if (!bed.watched) continue;
        const auto of = [&](const char* what) { return std::string{what} + " in bed " + std::to_string(b); };
        for (std::size_t i = 0; i < judged.size(); ++i) {
            const Vital& vital = bed.vitals[i];
            const Instant newest = std::max({vital.fresh, bed.since, bed.back - fresh_for + comes_back});
            if (vital.expected && now.steady - newest > fresh_for + 2 * tolerance && !any(bed))
                fail(now, "I2", of(std::string{name(judged[i])}.c_str()) + ": no data for " +
                                    std::to_string((now.steady - newest).count() / 1000) + " s and nobody is told");
            const Duration low = vital.low ? vital.fresh - std::max(*vital.low, bed.since) : Duration{};
            if (low > held + between_samples + tolerance && !any_high(bed))
                fail(now, "I1", of(std::string{name(judged[i])}.c_str()) + " is critically low, and no alarm");
        }
        if (bed.no_reflex && now.steady - *bed.no_reflex > tolerance && !any_high(bed))
            fail(now, "I1", of("no reflex was charted") + ", and no alarm");
        const bool heard = bed.vitals[1].expected;
        const Instant from = bed.failing ? std::max(*bed.failing, bed.since) : Instant{};
        if (bed.failing && heard && now.steady - from > found_frozen + fresh_for + 2 * between_samples && !any(bed))
            fail(now, "I1", of("breathing fails") + " in truth, and nobody is told anything");
    }
}

void Ledger::truth(const Moment& now, std::uint16_t at, const Body* body)
{
    Bed& bed = beds_[at];
    bed.no_pulse = body != nullptr && body->model.truth().hr < info(Signal::hr).min;
    if (body == nullptr || body->model.truth().rr >= breathing_fails) bed.failing.reset();
    else if (!bed.failing) bed.failing = now.steady;
}

void Ledger::restarted(const Moment& now, const Ward& ward)
{
    const WardView view = ward.view(now, Ward::Shown::alarms);
    for (std::size_t b = 0; b < beds_.size(); ++b) {
        Bed& bed = beds_[b];
        bed.watched = view.beds[b].watched;
        bed.since = now.steady;
        bed.open.clear();
        for (Vital& vital : bed.vitals) vital.low.reset();
        // What was not on the disk is charted again by whoever was not told "stored".
        bed.no_reflex.reset();
        for (const SignalView& signal : view.beds[b].signals) {
            if (signal.signal == Signal::reflex_knee && signal.value && *signal.value == 0) bed.no_reflex = now.steady;
        }
        for (const EpisodeView& episode : view.episodes) {
            if (episode.bed == view.beds[b].alias) bed.open[episode.id] = {episode.kind, episode.priority};
        }
    }
}

void Ledger::look(const Moment& now, const WardView& view, const std::vector<Bedside>& bedsides, bool moving)
{
    for (std::size_t b = 0; b < beds_.size(); ++b) {
        const Bed& bed = beds_[b];
        const BedView& shown = view.beds[b];
        if (!shown.watched) continue;
        const bool told = std::any_of(view.episodes.begin(), view.episodes.end(),
                                      [&](const EpisodeView& e) { return e.bed == shown.alias; });
        for (const SignalView& signal : shown.signals) {
            for (std::size_t i = 0; i < judged.size(); ++i) {
                if (judged[i] != signal.signal) continue;
                const bool old = now.steady - bed.vitals[i].fresh > fresh_for + tolerance;
                if (signal.value && old)
                    fail(now, "I9", "bed " + std::to_string(b) + " shows an old " + std::string{name(signal.signal)} +
                                        " as a value");
                const Instant newest = std::max({bed.vitals[i].fresh, bed.since, bed.back - fresh_for + comes_back});
                if (bed.vitals[i].expected && now.steady - newest > fresh_for + 2 * tolerance && !told)
                    fail(now, "I9", "bed " + std::to_string(b) + " looks calm without " +
                                        std::string{name(signal.signal)});
            }
            const Body* body = bedsides[b].body.get();
            if (signal.signal != Signal::weight || moving) continue;
            if (body == nullptr || body->weight != signal.last)
                fail(now, "I4", "the ward takes somebody else for the woman in bed " + std::to_string(b));
        }
    }
}

// That a channel works again is known once a page of its kind was taken, and 5 min after that the alarm is over.
bool Ledger::had_to_take_pages(const Moment& now, const std::string& message) const
{
    return std::any_of(used_.begin(), used_.end(), [&](const auto& one) {
        return message.find(one.first) != std::string::npos && now.steady - one.second > 6min;
    });
}

bool Ledger::no_pulse(const WardView& view, const std::string& alias) const
{
    for (std::size_t b = 0; b < beds_.size(); ++b)
        if (view.beds[b].alias == alias) return beds_[b].no_pulse;
    return false;
}

void Ledger::converged(const Moment& now, const WardView& view)
{
    // A good monitor loses its reading now and then as well, for half a minute: what began just now is no
    // trouble that was left.
    constexpr Duration passing = 2min;
    for (const EpisodeView& episode : view.episodes) {
        if (episode.kind != AlarmKind::technical || !episode.condition || now.wall - episode.since < passing) continue;
        if (episode.rule == "technical.channel" && !had_to_take_pages(now, episode.message)) continue;
        // Of a heart that stands still, or nearly, no sensor has a plausible number, and the ward says so.
        if (episode.rule == "technical.signals_lost" && no_pulse(view, episode.bed)) continue;
        for (const char* rule : {"technical.silent", "technical.silent_long", "technical.frozen",
                                 "technical.signals_lost", "technical.implausible", "technical.unknown",
                                 "technical.journal", "technical.loop_late", "technical.gap", "technical.channel"}) {
            if (episode.rule == rule)
                fail(now, "liveness", episode.rule + " (" + episode.message + ") of " +
                                          (episode.bed.empty() ? "the ward" : episode.bed) +
                                          " is still open although all is mended");
        }
    }
}

} // namespace magwatch::box
