// Corrections: an entry is struck through, and what the chart says is made anew from the entries that remain.
//
// One mechanism for every kind: all that charting can change is set back to what it was before the first entry of the
// list, and the entries are charted again, each as of its own time, without the struck ones. So nothing has to be
// undone, and what remains counts as if the struck entry had never been charted. A correction takes the place of what
// it replaces. Alarms are not charted: what rings goes on ringing until a person has seen it.
#include <algorithm>
#include <array>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t reason_longest = 200;
constexpr std::size_t measured_more = 64; // go together: each time the rest move up

// How often doses are looked at while the past is gone through again, as far as their windows reach and before.
constexpr Duration dense_step = 20s;
constexpr Duration coarse_step = 10min;
constexpr Duration dense_for = 48h;
constexpr Duration pump_minute = 60s;

constexpr SignalMask of(std::initializer_list<Signal> signals)
{
    SignalMask set = 0;
    for (const Signal signal : signals) set |= mask(signal);
    return set;
}

constexpr SignalMask of_doses =
    of({Signal::infusion_rate, Signal::bolus_running, Signal::bolus_dose, Signal::bolus_rate, Signal::dose_1h,
        Signal::dose_24h, Signal::dose_total, Signal::infusing, Signal::mg_on_board, Signal::stopped_since,
        Signal::im_dose, Signal::salt});
constexpr SignalMask of_entries =
    of({Signal::reflex, Signal::reflex_untestable, Signal::symptom, Signal::symptoms, Signal::sedated,
        Signal::post_ictal, Signal::level_doubt, Signal::indication});

bool is_charted(Signal signal)
{
    const SignalKind kind = info(signal).kind;
    return kind == SignalKind::charted || kind == SignalKind::laboratory || kind == SignalKind::fact ||
           kind == SignalKind::cuff;
}

bool is_dose(const EntryWhat& what)
{
    return std::holds_alternative<InfusionRateEntry>(what) || std::holds_alternative<BolusEntry>(what) ||
           std::holds_alternative<InfusionStopEntry>(what) || std::holds_alternative<IntramuscularEntry>(what);
}

// The number that an entry gives this signal; nothing: it is of another.
std::optional<double> number_of(const EntryWhat& what, Signal signal)
{
    if (const auto* value = std::get_if<ValueEntry>(&what); value != nullptr && value->signal == signal)
        return value->value;
    const auto* level = std::get_if<LevelEntry>(&what);
    if (level != nullptr && signal == Signal::mg) return level->mmol_per_l;
    const auto* urine = std::get_if<UrineEntry>(&what);
    return urine != nullptr && signal == Signal::urine ? std::optional{urine->millilitres} : std::nullopt;
}

bool is_of(const EntryWhat& what, Signal signal) { return number_of(what, signal).has_value(); }

// Before it nothing can be charted any more: what the entries rest on is as of then.
Instant chart_begins(const Watch& watch)
{
    const std::vector<ChartEntry>& entries = watch.chart.entries;
    if (entries.size() < chart_left) return watch.since.steady; // none was ever laid aside
    return std::min_element(entries.begin(), entries.end(), [](const ChartEntry& a, const ChartEntry& b) {
               return a.counts.steady < b.counts.steady;
           })->counts.steady;
}

// What charting changes, and nothing that follows from alarms or from a pump.
void take_back(Bedside& bedside, const Bedside& base, bool doses)
{
    bedside.complaints = base.complaints;
    bedside.none_at = base.none_at;
    bedside.events = base.events;
    bedside.answers = base.answers;
    bedside.decisions = base.decisions;
    bedside.session = base.session;
    bedside.levels = base.levels;
    bedside.concern = base.concern;
    if (!doses) return;
    bedside.salt = base.salt;
    bedside.boluses = base.boluses;
}

// One cuff, two entries: "k/sbp" and "k/dbp".
bool same_cuff(const ChartEntry& one, const ChartEntry& other)
{
    const auto pressure = [](const ChartEntry& entry) {
        const auto* value = std::get_if<ValueEntry>(&entry.what);
        return value != nullptr && (value->signal == Signal::sbp || value->signal == Signal::dbp);
    };
    const auto stem = [](const ChartEntry& entry) { return entry.key.substr(0, entry.key.rfind('/')); };
    return pressure(one) && pressure(other) && one.key.rfind('/') != std::string::npos && stem(one) == stem(other);
}

} // namespace

void note_pump(std::vector<PumpStretch>& stretches, double grams_per_hour, Instant now, Duration fresh_for)
{
    const auto join = [&](std::size_t i) { // with the one after it, where nothing lies between
        PumpStretch& first = stretches[i];
        const PumpStretch& second = stretches[i + 1];
        const Instant end = i + 2 < stretches.size() ? std::min(second.until, stretches[i + 2].from) : now;
        const double a = static_cast<double>((second.from - first.from).count());
        const double b = static_cast<double>((std::max(end, second.from) - second.from).count());
        if (a + b > 0) first.grams_per_hour = (first.grams_per_hour * a + second.grams_per_hour * b) / (a + b);
        first.until = second.until;
        stretches.erase(stretches.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    };
    const auto touch = [&](std::size_t i) { return stretches[i].until >= stretches[i + 1].from; };
    if (!stretches.empty() && stretches.back().grams_per_hour == grams_per_hour && now <= stretches.back().until) {
        stretches.back().until = std::max(stretches.back().until, now + fresh_for);
        return;
    }
    const std::size_t n = stretches.size();
    const bool goes_on = n >= 2 && touch(n - 2) && stretches[n - 1].until >= now;
    if (goes_on && now - stretches[n - 2].from < pump_minute) join(n - 2);
    stretches.push_back({grams_per_hour, now, now + fresh_for});
    if (stretches.size() <= pump_stretches_most) return;
    for (std::size_t i = 0; i + 1 < stretches.size() / 2; ++i) {
        if (touch(i)) join(i);
    }
    if (stretches.size() > pump_stretches_most) stretches.erase(stretches.begin());
}

double given_by(const std::vector<PumpStretch>& stretches, Instant from, Instant until)
{
    double grams = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Instant next = i + 1 < stretches.size() ? stretches[i + 1].from : Instant::never();
        const Instant begin = std::max(stretches[i].from, from);
        const Instant end = std::min({stretches[i].until, next, until});
        const double hours = static_cast<double>((end - begin).count()) / 3'600'000.0;
        if (begin < end) grams += stretches[i].grams_per_hour * hours;
    }
    return grams;
}

void note_measured(std::vector<MeasuredValue>& values, const MeasuredValue& value)
{
    if (!is_charted(value.signal)) return;
    values.push_back(value);
    if (values.size() <= measured_most + measured_more) return;
    std::array<std::size_t, signal_count> there{}, gone{};
    for (const MeasuredValue& one : values) ++there[static_cast<std::size_t>(one.signal)];
    for (std::size_t excess = values.size() - measured_most; excess > 0; --excess) {
        const auto most = std::max_element(there.begin(), there.end());
        --*most;
        ++gone[static_cast<std::size_t>(most - there.begin())];
    }
    std::erase_if(values, [&](const MeasuredValue& one) {
        std::size_t& left = gone[static_cast<std::size_t>(one.signal)];
        return left > 0 && left-- > 0;
    });
}

void lose_pump(Watch& watch, Instant now)
{
    watch.infusion.pump_lost(now);
    if (!watch.chart.pump.empty()) watch.chart.pump.back().until = std::min(watch.chart.pump.back().until, now);
}

std::string Ward::State::why_not_correct(const Entry& entry) const
{
    const bool strike = std::holds_alternative<StrikeEntry>(entry.what);
    if (entry.corrects == EntryId{}) {
        if (strike) return "which entry is struck?";
        return entry.reason.empty() ? "" : "a reason is of a correction: which entry does it correct?";
    }
    if (entry.reason.empty()) return "a correction needs its reason";
    if (entry.reason.size() > reason_longest) return "the reason is too long";
    const Chart& chart = beds[entry.bed.value].watch->chart;
    const auto found = std::find_if(chart.entries.begin(), chart.entries.end(),
                                    [&](const ChartEntry& one) { return one.id == entry.corrects; });
    if (found == chart.entries.end()) {
        const bool old = !chart.entries.empty() && entry.corrects < chart.entries.front().id;
        return old ? "this entry is too old to be corrected here: chart what is true now"
                   : "no such entry in the chart of this bed";
    }
    if (found->by_device) return "this came from " + found->by + ": it is corrected there";
    if (!found->struck) return "";
    const bool again = found->struck->instead != EntryId{};
    return "already corrected by " + found->struck->by + (again ? ": correct the entry in its place" : "");
}

// The reply for the person who charted it.
std::string Ward::State::record(const Moment& now, const Entry& entry, WallTime at)
{
    const Watch& watch = *beds[entry.bed.value].watch;
    const bool late = std::min(now.instant_of(at), now.steady) < watch.infusion.charted_at();
    const bool changes = !late && changes_rate(watch, entry.what);
    std::string text = take_entry(now, entry, at);
    if (text != "already recorded") list(now, entry, at).changes_rate = changes;
    bound_chart(entry.bed);
    return text;
}

ChartEntry& Ward::State::list(const Moment& now, const Entry& entry, WallTime at)
{
    Watch& watch = *beds[entry.bed.value].watch;
    ChartEntry one;
    one.id = one.root = {incarnation, ++charted};
    one.key = entry.key;
    one.what = entry.what;
    one.by = entry.person;
    one.at = at;
    one.entered = one.counts = now;
    one.second = entry.second;
    if (watch.bedside.session) one.dose_before = watch.bedside.session->dose_before;
    return list(entry.bed, std::move(one));
}

ChartEntry& Ward::State::list(BedId id, ChartEntry entry)
{
    Watch& watch = *beds[id.value].watch;
    watch.chart.entries.push_back(std::move(entry));
    ++watch.chart.changes;
    watch.chart_shown.reset();
    return watch.chart.entries.back();
}

// What came by wire and means the same as if it had been charted.
ChartEntry& Ward::State::list(const Moment& now, const Observation& observation, WallTime at)
{
    ChartEntry one;
    one.id = one.root = {incarnation, ++charted};
    if (observation.signal == Signal::urine) one.what = UrineEntry{observation.value, std::nullopt};
    else one.what = ValueEntry{observation.signal, observation.value};
    const std::string source = source_name(observation.source);
    one.by = source.empty() ? "a device" : source;
    one.by_device = true;
    one.at = at;
    one.entered = one.counts = now;
    one.replaces = observation.corrected;
    if (observation.corrected)
        withdraw(now, observation.bed, observation.signal, at, "corrected where it came from", one.id);
    return list(observation.bed, std::move(one));
}

bool Ward::State::is_out_of_turn(const Moment& now, const Observation& observation, WallTime at) const
{
    const PatientState& patient = beds[observation.bed.value].watch->patient;
    const Instant event = std::min(now.instant_of(at), now.steady);
    const SignalState& latest = patient.latest(observation.signal);
    return (latest.has_value && latest.value_at > event) || now.steady - event > patient.fresh_for(observation.signal);
}

void Ward::State::take_in_turn(const Moment& now, const Observation& observation, WallTime at)
{
    Watch& watch = *beds[observation.bed.value].watch;
    const bool known = std::any_of(watch.chart.entries.begin(), watch.chart.entries.end(), [&](const ChartEntry& one) {
        // Of two values of one time the second did not count: saying it again as a correction makes it count.
        return one.by_device && !one.struck && one.at == at && (one.replaces || !observation.corrected) &&
               number_of(one.what, observation.signal) == observation.value;
    });
    if (known) return;
    const Moment turn = turn_of(now, observation, at);
    list(now, observation, at).counts = turn;
    // Those that came late before it, and are older still, go before it.
    std::vector<ChartEntry*> own;
    for (ChartEntry& one : watch.chart.entries)
        if (is_of(one.what, observation.signal)) own.push_back(&one);
    std::stable_sort(own.begin(), own.end(), [](const ChartEntry* a, const ChartEntry* b) { return a->at > b->at; });
    Instant younger = now.steady;
    const Instant begins = chart_begins(watch);
    for (ChartEntry* one : own) {
        if (one->by_device && one->at < at && one->counts.steady >= younger)
            one->counts = now.at(std::max(younger - 1ms, begins));
        younger = std::min(younger, one->counts.steady);
    }
    (void)chart_anew(now, observation.bed, false, {});
    bound_chart(observation.bed);
}

// Before whatever is younger, in its limit as it was then, and not before what the chart rests on.
Moment Ward::State::turn_of(const Moment& now, const Observation& observation, WallTime at) const
{
    const Watch& watch = *beds[observation.bed.value].watch;
    const std::vector<ChartEntry>& entries = watch.chart.entries;
    Instant turn = now.steady;
    for (const ChartEntry& one : entries) {
        if (one.at > at && is_of(one.what, observation.signal)) turn = std::min(turn, one.counts.steady - 1ms);
        if (one.at == at && one.by_device && is_of(one.what, observation.signal))
            turn = std::min(turn, one.counts.steady); // what it corrects
    }
    const Instant event = std::min(now.instant_of(at), now.steady);
    turn = std::min(turn, event + watch.patient.fresh_for(observation.signal));
    return now.at(std::max(turn, chart_begins(watch)));
}

void Ward::State::take_withdrawn(const Moment& now, const Observation& observation)
{
    const BedId id = observation.bed;
    Watch& watch = *beds[id.value].watch;
    std::optional<WallTime> at;
    if (observation.observed.ms != 0) at = observation.observed;
    if (withdraw(now, id, observation.signal, at, "withdrawn where it came from", {}) != nullptr) {
        (void)chart_anew(now, id, false, {});
        return;
    }
    const SignalState& latest = watch.patient.latest(observation.signal);
    const auto is_latest = [&](const Moment& then, WallTime wall) {
        return same_time(latest.value_at, std::min(then.instant_of(wall), then.steady));
    };
    if (at && !is_latest(now, *at)) return;
    const bool by_staff =
        std::any_of(watch.chart.entries.begin(), watch.chart.entries.end(), [&](const ChartEntry& one) {
            return !one.by_device && !one.struck && is_latest(one.counts, one.at) &&
                   is_of(one.what, observation.signal);
        });
    if (by_staff) return; // nobody withdrew what she charted herself
    watch.patient.forget(observation.signal);
    evaluate(now, id, mask(observation.signal));
}

ChartEntry* Ward::State::withdraw(const Moment& now, BedId id, Signal signal, std::optional<WallTime> at,
                                  std::string why, EntryId instead)
{
    Watch& watch = *beds[id.value].watch;
    for (auto one = watch.chart.entries.rbegin(); one != watch.chart.entries.rend(); ++one) {
        if (!one->by_device || one->struck || !is_of(one->what, signal)) continue;
        if (at && one->at != *at) continue;
        one->struck = ChartStrike{one->by, now.wall, std::move(why), instead};
        ++watch.chart.changes;
        watch.chart_shown.reset();
        return &*one;
    }
    return nullptr;
}

std::string Ward::State::correct(const Moment& now, const Entry& entry, WallTime at)
{
    Watch& watch = *beds[entry.bed.value].watch;
    const auto by_id = [&](EntryId id) {
        return std::find_if(watch.chart.entries.begin(), watch.chart.entries.end(),
                            [&](const ChartEntry& one) { return one.id == id; });
    };
    const bool strike = std::holds_alternative<StrikeEntry>(entry.what);
    EntryId id{};
    if (!strike) {
        const Moment was = by_id(entry.corrects)->counts;
        const EntryId root = by_id(entry.corrects)->root;
        const bool changed = by_id(entry.corrects)->changes_rate;
        const bool changes = changed || changes_rate(watch, entry.what);
        ChartEntry& one = list(now, entry, at);
        one.changes_rate = changes && std::holds_alternative<InfusionRateEntry>(entry.what);
        one.corrects = entry.corrects;
        one.root = root;
        // Nothing counts before it is true.
        const Instant then = std::min(now.instant_of(at), now.steady);
        one.counts = was.steady >= then ? was : now.at(then);
        id = one.id;
    }
    const ChartEntry struck = *by_id(entry.corrects);
    bool doses = is_dose(entry.what);
    for (ChartEntry& one : watch.chart.entries) {
        if (one.struck || (one.id != struck.id && (one.id == id || !same_cuff(one, struck)))) continue;
        doses = doses || is_dose(one.what);
        one.struck = ChartStrike{entry.person, now.wall, entry.reason, id};
    }
    ++watch.chart.changes;
    watch.chart_shown.reset();
    if (std::holds_alternative<InfusionStopEntry>(struck.what)) take_back_stop(now, entry);
    const std::string text = chart_anew(now, entry.bed, doses, id);
    bound_chart(entry.bed);
    return strike ? "struck through" : "corrected: " + text;
}

// That the pump was stopped was not so: the checklist asks for it again, unless somebody said it besides.
void Ward::State::take_back_stop(const Moment& now, const Entry& entry)
{
    Watch& watch = *beds[entry.bed.value].watch;
    if (!watch.antidote || !watch.antidote->list.open()) return;
    const bool said_besides =
        std::any_of(watch.chart.entries.begin(), watch.chart.entries.end(), [&](const ChartEntry& one) {
            return !one.struck && std::holds_alternative<InfusionStopEntry>(one.what) &&
                   one.entered.steady >= watch.antidote->list.opened;
        });
    if (said_besides) return;
    Antidote& antidote = *watch.antidote;
    if (take_back(antidote.list, *antidote.protocol, StepKind::stop, entry.person, entry.reason, now.steady))
        publish(entry.bed);
}

// Charts the list again, and looks at everything once. The reply to the entry `wanted`.
std::string Ward::State::chart_anew(const Moment& now, BedId id, bool doses, EntryId wanted)
{
    Watch& watch = *beds[id.value].watch;
    const auto answers = check_answers(watch);
    std::string text = go_through(id, doses, watch.chart.entries.size(), now, wanted);
    correcting = true;
    (void)derive_infusion(watch, now.steady);
    (void)derive_events(watch, now.steady);
    (void)derive_reflex(watch, Signal::epidural);
    evaluate(now, id, ~SignalMask{0});
    hold_what_rings(id);
    due_anew(watch, answers, now);
    review_checks(now, id);
    review_session(now, id);
    review(now, id);
    correcting = false;
    publish(id);
    return text;
}

// What is about to end by the correction alone waits for a person.
void Ward::State::hold_what_rings(BedId id)
{
    const std::vector<Slot>& rules = beds[id.value].watch->rules;
    for (auto& [key, episode] : episodes) {
        const EpisodeId open = key;
        const bool ends = std::any_of(rules.begin(), rules.end(), [&](const Slot& slot) {
            return slot.episode == open && slot.condition.phase == ConditionPhase::clearing;
        });
        if (ends) episode.alarm.latching = true;
    }
}

// Sets back what charting changes, and charts the first `count` entries of the list again, in the order of when they
// count, with what devices said between. Decides nothing.
std::string Ward::State::go_through(BedId id, bool doses, std::size_t count, const Moment& now, EntryId wanted)
{
    Watch& watch = *beds[id.value].watch;
    Chart& chart = watch.chart;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        const bool ours = is_charted(signal) || (of_entries & mask(signal)) != 0;
        if (ours || (doses && (of_doses & mask(signal)) != 0)) watch.patient.take(chart.base.patient, signal);
    }
    take_back(watch.bedside, chart.base.bedside, doses);
    if (doses) {
        watch.infusion = chart.base.infusion;
        watch.course = chart.base.course;
    }
    std::vector<const ChartEntry*> order;
    for (std::size_t i = 0; i < count; ++i) {
        const ChartEntry& one = chart.entries[i];
        if (!one.struck && (doses || !is_dose(one.what))) order.push_back(&one);
    }
    std::stable_sort(order.begin(), order.end(), [](const ChartEntry* a, const ChartEntry* b) {
        return a->counts.steady != b->counts.steady ? a->counts.steady < b->counts.steady : a->root < b->root;
    });
    replaying = doses ? Replaying::doses : Replaying::chart;
    const Instant end = now.steady;
    auto measured = chart.measured.begin();
    std::size_t stretch = 0;
    std::string text;
    for (const ChartEntry* one : order) {
        for (; measured != chart.measured.end() && measured->at <= one->counts.steady; ++measured)
            measure_again(id, *measured);
        if (doses) run_pump(watch, stretch, one->counts.steady, now.steady);
        std::string said = chart_again(id, *one, doses);
        if (one->id == wanted) text = std::move(said);
    }
    for (; measured != chart.measured.end() && measured->at <= end; ++measured) measure_again(id, *measured);
    if (doses) run_pump(watch, stretch, end, now.steady);
    replaying = Replaying::no;
    return text;
}

void Ward::State::measure_again(BedId id, const MeasuredValue& value)
{
    if (!trusted(id, value.source, value.signal)) return;
    Watch& watch = *beds[id.value].watch;
    watch.patient.accept(value.signal, value.value, value.at, value.at, value.source);
    (void)derive_reflex(watch, value.signal);
}

std::string Ward::State::chart_again(BedId id, const ChartEntry& one, bool doses)
{
    if (one.by_device) {
        const auto again = [&](Signal signal, double value) {
            return take_charted(one.counts, id, signal, value, one.at, std::nullopt, one.replaces);
        };
        if (const auto* value = std::get_if<ValueEntry>(&one.what)) return again(value->signal, value->value);
        if (const auto* urine = std::get_if<UrineEntry>(&one.what)) return again(Signal::urine, urine->millilitres);
    }
    Entry entry;
    entry.key = one.key;
    entry.bed = id;
    entry.person = one.by;
    entry.at = one.at;
    entry.what = one.what;
    std::string text = take_entry(one.counts, entry, one.at);
    auto& session = beds[id.value].watch->bedside.session;
    if (!doses && session && std::holds_alternative<SessionEntry>(one.what)) session->dose_before = one.dose_before;
    return text;
}

// Brings the doses up to `to`, with what the pump said until then.
void Ward::State::run_pump(Watch& watch, std::size_t& stretch, Instant to, Instant now)
{
    const auto advance = [&](Instant until) {
        for (Instant at = watch.infusion.counted_to(); at < until;) {
            const bool fresh = watch.infusion.pump_fresh();
            at = std::min(until, at + (now - at > dense_for ? coarse_step : dense_step));
            watch.infusion.advance(at);
            const auto lost = watch.infusion.rate_unknown_since();
            if (fresh && lost) (void)derive_infusion(watch, *lost);
        }
    };
    for (; stretch < watch.chart.pump.size() && watch.chart.pump[stretch].from <= to; ++stretch) {
        const PumpStretch& one = watch.chart.pump[stretch];
        advance(one.from);
        (void)derive_infusion(watch, one.from);
        if (watch.infusion.pump(one.grams_per_hour, one.from, one.until - one.from))
            watch.course.stop(watch.infusion.bolus_at());
        (void)derive_infusion(watch, one.from);
    }
    advance(to);
    (void)derive_infusion(watch, to);
}

// The oldest entries become part of what the list rests on.
void Ward::State::bound_chart(BedId id)
{
    Watch& watch = *beds[id.value].watch;
    Chart& chart = watch.chart;
    if (chart.entries.size() <= chart_most) return;
    const std::size_t count = chart.entries.size() - chart_left;
    const Moment until = chart.entries[count].entered;
    PatientState patient;
    std::swap(patient, watch.patient);
    set_up_patient(watch);
    Bedside bedside = watch.bedside;
    const Infusion infusion = watch.infusion;
    const Course course = watch.course;
    const Instant infusion_next = watch.infusion_next, events_next = watch.events_next;
    // As of then: nothing younger is known to it.
    (void)go_through(id, true, count, until, {});
    ChartBase base;
    base.patient = std::move(watch.patient);
    base.bedside = std::move(watch.bedside);
    base.infusion = watch.infusion;
    base.course = watch.course;
    watch.patient = std::move(patient);
    watch.bedside = std::move(bedside);
    watch.infusion = infusion;
    watch.course = course;
    watch.infusion_next = infusion_next;
    watch.events_next = events_next;
    chart.base = std::move(base);
    chart.entries.erase(chart.entries.begin(), chart.entries.begin() + static_cast<std::ptrdiff_t>(count));
    watch.chart_shown.reset();
    std::erase_if(chart.measured, [&](const MeasuredValue& one) { return one.at <= until.steady; });
    for (ChartEntry& one : chart.entries)
        if (one.counts.steady < until.steady) one.counts = until; // what it replaced was laid aside
    // What the pump said until then is counted; what it went on saying is told anew from there.
    for (PumpStretch& one : chart.pump)
        if (one.from <= until.steady) one.from = until.steady + Duration{1};
    std::erase_if(chart.pump, [](const PumpStretch& one) { return one.until <= one.from; });
}

} // namespace magwatch
