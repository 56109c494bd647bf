#include <algorithm>

#include "rules/observation/symptom.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {

std::string_view name(AlarmEvent event)
{
    switch (event) {
    case AlarmEvent::raised: return "raised";
    case AlarmEvent::latched: return "latched";
    case AlarmEvent::cleared: return "cleared";
    case AlarmEvent::acknowledged: return "acknowledged";
    case AlarmEvent::expired: return "expired";
    case AlarmEvent::escalated: return "escalated";
    case AlarmEvent::attended: return "attended";
    case AlarmEvent::shelved: return "shelved";
    case AlarmEvent::unshelved: return "unshelved";
    }
    std::abort();
}

namespace {

std::vector<SignalView> signals_of(const PatientState& patient, const Moment& now,
                                   const std::vector<SourceConfiguration>& sources)
{
    std::vector<SignalView> views;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        const SignalState& latest = patient.latest(signal);
        if (!latest.seen) continue;
        SignalView view;
        view.signal = signal;
        view.value = patient.value(signal, now.steady);
        if (latest.has_value) {
            view.last = latest.value;
            view.last_at = now.at(latest.value_at).wall;
        }
        if (latest.source.value < sources.size()) view.source = sources[latest.source.value].name;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<InhibitedView> inhibited_now(const Pack& pack, const Evaluation& evaluation)
{
    std::vector<InhibitedView> out;
    for (const Inhibition& inhibition : pack.inhibitions) {
        if (evaluation.ask(inhibition.when) != Truth::yes) continue;
        for (const std::uint16_t rule : inhibition.rules) {
            out.push_back({pack.rules[rule].id, pack.rules[rule].title, inhibition.reason});
        }
    }
    return out;
}

} // namespace

namespace {

ScoresView scores_of(const Watch& watch, const Moment& now)
{
    const auto& complaints = watch.bedside.complaints;
    const bool confused = std::any_of(complaints.begin(), complaints.end(),
                                      [](const Complaint& c) { return c.symptom == "confusion"; });
    const VitalSet vitals = vital_set(watch.patient, now.steady, confused);
    return {news2(vitals), meows(vitals)};
}

void show_bedside(const Bedside& bedside, const Moment& now, BedView& b)
{
    for (const auto& complaint : bedside.complaints) {
        b.symptoms.push_back({complaint.symptom, std::string{name(find_symptom(complaint.symptom)->group)},
                              now.at(complaint.at).wall, complaint.by});
    }
    if (bedside.none_at) b.no_symptoms_at = now.at(*bedside.none_at).wall;
    for (const auto& event : bedside.events) {
        constexpr const char* words[] = {"sedation", "fit", "reflex_untestable"};
        b.events.push_back({words[static_cast<std::size_t>(event.kind)], event.what, now.at(event.at).wall, event.by});
    }
    for (const auto& [about, decision] : bedside.decisions) {
        b.decisions.push_back({about, decision.reason, now.at(decision.at).wall, decision.by});
    }
    if (const auto& concern = bedside.concern)
        b.concerned = DecisionView{"concerned", concern->reason, now.at(concern->at).wall, concern->by};
    for (const auto& level : bedside.levels) {
        b.levels.push_back({level.mmol_per_l, now.at(level.at).wall, level.near_bolus, level.spike,
                            level.from_infusion_arm});
    }
}

void show_screening(const Bedside& bedside, const SessionTable& table, const Moment& now, BedView& b)
{
    constexpr const char* words[] = {"no", "yes", "unknown"};
    for (const Question& question : table.questions) {
        AnswerView view{question.id, question.ask, std::string{name(question.concern)}, "", {}, ""};
        if (const auto found = bedside.answers.find(question.id); found != bedside.answers.end()) {
            view.answer = words[static_cast<std::size_t>(found->second.reply)];
            view.at = now.at(found->second.at).wall;
            view.by = found->second.by;
        }
        b.screening.push_back(std::move(view));
    }
}

SessionView session_view(const Session& session, const IndicationRow& row, const Infusion& infusion, const Moment& now)
{
    const SessionEntry& plan = session.plan;
    SessionView view{std::string{name(plan.indication)}, row.title, std::string{name(plan.setting)}, plan.salt,
                     plan.grams, plan.grams_per_hour, now.at(session.since).wall, {}, {}, plan.components, session.by};
    if (session.expected_end) view.expected_end = now.at(*session.expected_end).wall;
    if (const auto last = infusion.last_dose())
        view.watch_until = now.at(*last + row.after_watch.value_or(Duration{})).wall;
    return view;
}

} // namespace

BedView Ward::State::bed_watched(std::size_t index, const Moment& now) const
{
    const Bed& bed = beds[index];
    BedView b;
    b.id = BedId{static_cast<std::uint16_t>(index)};
    b.alias = bed_names[index].alias;
    b.place = bed_names[index].place;
    b.watched = bed.watch != nullptr;
    b.audio_paused = bed.paused_until > now.steady;
    b.audio_paused_until = now.at(bed.paused_until).wall;
    if (!bed.watch) return b;
    b.association_confirmed = bed.watch->confirmed;
    b.signals = signals_of(bed.watch->patient, now, source_names);
    return b;
}

BedView Ward::State::bed_view(std::size_t index, const Moment& now) const
{
    const Bed& bed = beds[index];
    BedView b = bed_watched(index, now);
    b.mg_on_board = "unknown";
    b.pack = bed.watch ? bed.watch->pack : pack;
    b.uncommissioned = untrusted(b.id, true);
    for (auto& name : untrusted(b.id, false)) b.uncommissioned.push_back(std::move(name));
    if (bed.somebody && now.steady - bed.somebody->at < somebody_shown)
        b.somebody_here = SomebodyView{now.at(bed.somebody->at).wall, bed.somebody->station};
    if (!bed.watch) return b;
    const Watch& watch = *bed.watch;
    b.watched_by = watch.by;
    b.watched_since = watch.since.wall;
    b.scores = scores_of(watch, now);
    for (std::size_t c = 0; c < watch.checks.size(); ++c) {
        if (watch.checks[c].due == Instant::never()) continue;
        b.checks.push_back({pack->checks[c].id, pack->checks[c].title, now.at(watch.checks[c].due).wall,
                            watch.checks[c].slot.condition.present()});
    }
    show_bedside(watch.bedside, now, b);
    if (!watch.chart_shown)
        watch.chart_shown = std::make_shared<const std::vector<ChartEntry>>(watch.chart.entries);
    b.chart = watch.chart_shown;
    b.chart_count = watch.chart.changes;
    show_stop(watch.bedside, stop_decided(watch.bedside), now, b);
    if (watch.antidote) b.checklist = antidote_view(watch, now);
    if (pack) {
        show_screening(watch.bedside, pack->sessions, now, b);
        b.screened = screened(watch.bedside, pack->sessions);
        if (watch.bedside.session) {
            const Session& session = *watch.bedside.session;
            b.session = session_view(session, pack->sessions.row(session.plan.indication), watch.infusion, now);
        }
    }
    if (pack) b.inhibited = inhibited_now(*watch.pack, *watch.evaluation);
    for (const auto& own : watch.own_limits) {
        b.own_limits.push_back({own.limit, own.value, pack->outline.limit(own.limit)->value,
                                now.at(own.until).wall, own.reason, own.by});
    }
    b.infusion_rate = watch.infusion.rate_now();
    b.infusing = b.infusion_rate.value_or(0) > 0;
    if (const auto lost = watch.infusion.rate_unknown_since()) b.rate_unknown_since = now.at(*lost).wall;
    if (const ChartEntry* change = rate_change(watch.chart))
        b.rate_change = RateChangeView{change->at, change->by, change->second};
    b.dose_total = watch.infusion.dose_total();
    b.prediction = {watch.course, watch.patient.value(Signal::weight, now.steady),
                    watch.patient.value(Signal::creatinine, now.steady), urine_low(watch)};
    const auto acts = watch.infusion.on_board(now.steady, on_board_length(watch, now.steady));
    b.mg_on_board = !acts ? "unknown" : *acts ? "yes" : "no";
    return b;
}

SourceView Ward::State::source_view(std::size_t index, const Moment& now) const
{
    SourceView source;
    source.name = source_names[index].name;
    source.bed = source_names[index].bed;
    source.kind = source_names[index].kind;
    source.connected = sources[index].connected;
    source.observations = sources[index].observations;
    source.refused = sources[index].refused;
    source.map = source_names[index].map;
    source.fingerprint = source_names[index].fingerprint;
    source.place = source_names[index].place;
    source.signals = source_names[index].signals;
    source.id = SourceId{static_cast<std::uint16_t>(index)};
    source.commissioning = commission_view(index);
    for (const auto& bed : beds) {
        for (const auto& link : bed.links) {
            if (link.source.value != index || !link.expected || !bed.watch) continue;
            const Duration age = now.steady - link.sampled;
            if (!source.age || age > *source.age) source.age = age;
            source.frozen = source.frozen || link.frozen;
        }
    }
    return source;
}

EpisodeView Ward::State::episode_view(EpisodeId id, const Episode& episode, const Moment& now) const
{
    EpisodeView e;
    e.id = id;
    e.bed = alias(episode.bed);
    e.rule = episode.alarm.rule;
    e.title = episode.alarm.title;
    e.message = episode.alarm.message;
    e.prompt = episode.alarm.prompt;
    e.kind = episode.alarm.kind;
    e.priority = episode.alarm.priority;
    e.grade = episode.alarm.grade;
    e.condition = episode.condition;
    e.latched = episode.latched();
    e.acknowledged = episode.acknowledged;
    e.acknowledged_by = episode.acknowledged_by;
    e.acknowledged_until = now.at(episode.acknowledged_until).wall;
    e.since = episode.since.wall;
    e.call = episode.call;
    if (const auto shelf = shelves.find(id); shelf != shelves.end()) {
        const Shelf& s = shelf->second;
        e.shelved = ShelvedView{s.by, std::string{name(s.reason)}, s.note, now.at(s.until).wall};
    }
    return e;
}

CallView Ward::State::call_view(CallId id, const Call& call, const Moment& now) const
{
    CallView c;
    c.id = id;
    c.number = call.number;
    c.bed = alias(call.bed);
    c.kind = call.kind;
    c.priority = call.priority;
    c.grade = call.grade;
    c.state = call.state;
    c.sounding = sounding(call, now.steady);
    c.rung = call.rung;
    c.repetition = call.repetition;
    c.person = call.person;
    c.since = now.at(call.since).wall;
    c.next_page = now.at(call.next).wall;
    for (const auto& [episode_id, episode] : episodes) {
        if (episode.call == id) c.episodes.push_back(episode_id);
    }
    c.code = call.code;
    for (const Told& told : call.told) {
        ToldView view{told.person, told.rung, now.at(told.first).wall, told.answer, {}, told.by_phone};
        if (told.answer != Responsibility::undefined) view.answered = now.at(told.answered).wall;
        c.told.push_back(std::move(view));
    }
    return c;
}

std::string Ward::State::alias(BedId bed) const
{
    return bed.value < bed_names.size() ? bed_names[bed.value].alias : "";
}

std::string Ward::State::source_name(SourceId source) const
{
    return source.value < source_names.size() ? source_names[source.value].name : "";
}

WardView Ward::view(const Moment& now, Shown shown) const
{
    const State& s = *state_;
    WardView view;
    const bool everything = shown == Shown::everything;
    for (const auto& [id, call] : s.calls) view.calls.push_back(s.call_view(id, call, now));
    if (shown == Shown::calls) return view;
    for (std::size_t i = 0; i < s.beds.size(); ++i) {
        if (!s.beds[i].configured && !s.beds[i].watch) continue;
        if (s.beds[i].watch) ++view.beds_watched;
        view.beds.push_back(everything ? s.bed_view(i, now) : s.bed_watched(i, now));
    }
    for (const auto& [id, episode] : s.episodes) view.episodes.push_back(s.episode_view(id, episode, now));
    view.at = now;
    if (!everything) return view;
    view.name = s.configuration.name;
    view.callback = s.configuration.callback;
    view.mode = s.configuration.mode;
    view.incarnation = s.incarnation;
    view.pack = s.pack ? s.pack->name : "";
    view.protocol = s.protocol ? s.protocol->stamp() : "";
    view.protocol_example = s.protocol && s.protocol->example;
    view.fallback = s.configuration.fallback;
    view.observations = s.observations;
    view.refused = s.refused;
    view.raised = s.raised;
    view.pages_sent = s.pages_sent;
    for (std::size_t i = 0; i < s.sources.size(); ++i) {
        if (s.sources[i].configured) view.sources.push_back(s.source_view(i, now));
    }
    for (const Roster& roster : s.rosters) {
        view.duties.push_back({roster.name, on_duty(roster, s.roster_changes, now.wall), roster.last_resort,
                               next_handover(roster, s.roster_changes, now.wall)});
    }
    view.roster_changes = s.roster_changes;
    for (const auto& record : s.pages) {
        const bool told = record.resolved || record.outcome == PageOutcome::sending;
        view.pages.push_back({record.page, told ? std::optional{record.outcome} : std::nullopt, record.detail});
    }
    return view;
}

} // namespace magwatch
