// The calcium gluconate checklist of a bed: opened by a grave alarm or by hand, worked through in any order, watched
// over by its timers. What it says comes from the site's file alone.
#include <algorithm>

#include "rules/ward/findings.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A level drawn a little before somebody taps "taken" is the one that was taken (design value).
constexpr Duration drawn_before = 5min;

constexpr std::size_t reason_longest = 200;

constexpr const char* none_configured = "no protocol file is configured: follow the local protocol";

PumpSeen seen(const Infusion& infusion)
{
    if (!infusion.pump_heard() || !infusion.pump_fresh()) return PumpSeen::unlinked;
    return infusion.rate_now().value_or(0) > 0 ? PumpSeen::running : PumpSeen::stopped;
}

// What is told when a timer is over; nothing if none runs.
std::optional<SessionAlarm> alarm_of(StepTimer timer)
{
    switch (timer) {
    case StepTimer::none: break;
    case StepTimer::stop: return SessionAlarm::antidote_stop;
    case StepTimer::giving: return SessionAlarm::antidote_giving;
    case StepTimer::repeat: return SessionAlarm::antidote_repeat;
    case StepTimer::recheck: return SessionAlarm::antidote_recheck;
    case StepTimer::result: return SessionAlarm::antidote_result;
    }
    return std::nullopt;
}

StepView step_view(const ProtocolStep& step, const StepProgress& progress, const ProtocolStep* top, const Moment& now)
{
    StepView view;
    view.id = step.id;
    view.kind = name(step.kind);
    view.words = step.words;
    view.button = step.button;
    view.drug = step.drug;
    view.concentration = step.concentration;
    view.dose = step.dose;
    view.volume = step.volume;
    view.over = step.over_text;
    view.state = name(progress.state);
    view.on_top = top == &step;
    view.timer = name(progress.timer);
    if (progress.timer != StepTimer::none) view.due = now.at(progress.due).wall;
    view.over_due = timer_over(progress, now.steady);
    view.doses = progress.doses;
    view.most = step.kind == StepKind::give ? step.most : std::uint8_t{0};
    view.second_check = step.second_check;
    view.second_missing = progress.second_missing;
    if (progress.doubt == StopDoubt::unseen) view.doubt = "unseen";
    if (progress.doubt == StopDoubt::runs) view.doubt = "runs";
    if (progress.doubt != StopDoubt::none) view.doubt_words = step.again;
    for (const StepTap& tap : progress.taps)
        view.taps.push_back({std::string{name(tap.act)}, tap.by, tap.text, now.at(tap.at).wall});
    return view;
}

} // namespace

void Ward::State::open_antidote(const Moment& now, BedId id, ProtocolBranch branch, const std::string& by,
                                std::string why)
{
    Watch& watch = *beds[id.value].watch;
    const bool running = watch.antidote && watch.antidote->list.open();
    if (running) {
        (void)raise_checklist(watch.antidote->list, *watch.antidote->protocol, branch, now.steady);
    } else {
        watch.antidote = Antidote{configuration.protocol_text, protocol,
                                  open_checklist(*protocol, branch, by, now.steady)};
    }
    add_reason(watch.antidote->list, std::move(why), now.steady);
    const auto next = next_timer(watch.antidote->list, now.steady);
    watch.session_next = std::min(watch.session_next, next.value_or(Instant::never()));
    publish(id);
}

void Ward::State::antidote_for(const Moment& now, const Watch& watch, const Episode& episode)
{
    const bool running = watch.antidote && watch.antidote->list.open();
    if (!protocol && !running) return; // the page says it all: STOP, and calcium gluconate
    const bool arrest = watch.patient.value(Signal::monitor_arrest, now.steady).value_or(0) > 0;
    const ProtocolBranch branch = arrest                    ? ProtocolBranch::arrest
                                  : episode.alarm.grade > 1 ? ProtocolBranch::grade2
                                                            : ProtocolBranch::grade1;
    open_antidote(now, episode.bed, branch, "", episode.alarm.title);
}

void Ward::State::find_antidote(const Moment& now, BedId id, Findings& out)
{
    Watch& watch = *beds[id.value].watch;
    if (!watch.antidote || !watch.antidote->list.open()) return;
    Checklist& list = watch.antidote->list;
    if (review_checklist(list, seen(watch.infusion), now.steady)) publish(id);
    for (const StepProgress& step : list.steps) {
        const auto alarm = alarm_of(step.timer);
        if (!alarm) continue;
        out.look_again(step.due);
        if (!timer_over(step, now.steady)) continue;
        const SessionAlarmInfo& about = info(*alarm);
        const bool told = std::any_of(out.found.begin(), out.found.end(),
                                      [&](const Finding& one) { return one.alarm.rule == about.id; });
        if (!told) out.add(about.alarm);
    }
}

void Ward::State::note_in_antidote(const Moment& now, BedId id, StepKind kind, const std::string& person,
                                   const std::string& text, Instant at)
{
    Watch& watch = *beds[id.value].watch;
    if (replaying != Replaying::no || !watch.antidote || !watch.antidote->list.open()) return;
    Antidote& antidote = *watch.antidote;
    for (const ProtocolStep& step : antidote.protocol->steps) {
        const StepProgress& progress = *antidote.list.progress(step.id);
        if (step.kind != kind || !shown(step, progress, antidote.list.branch)) continue;
        const bool waits = kind == StepKind::sample ? progress.timer == StepTimer::result &&
                                                          at >= progress.taps.back().at - drawn_before
                                                    : progress.state != StepState::done;
        const StepAct act = kind == StepKind::sample ? StepAct::result : StepAct::done;
        if (waits) (void)tap(antidote.list, *antidote.protocol, step.id, act, person, text, now.steady);
    }
}

void Ward::State::do_action(const Moment& now, const Action& action, const ProtocolOpen& open)
{
    Bed* bed = find(open.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    const std::uint64_t said = hash_said(open.bed, open.branch, open.reason);
    if (key_used(now, action.request, open.key, said)) return;
    const bool running = bed->watch->antidote && bed->watch->antidote->list.open();
    if (!protocol && !running) return reply(now, action.request, false, none_configured);
    if (open.branch > ProtocolBranch::arrest) return reply(now, action.request, false, "no such branch");
    if (open.reason.size() > reason_longest) return reply(now, action.request, false, "the words are too long");
    if (running && open.branch <= bed->watch->antidote->list.branch)
        return reply(now, action.request, true, "the checklist is open");
    keys.remember(open.key, said);
    const std::string who = action.person + (open.reason.empty() ? "" : ": " + open.reason);
    open_antidote(now, open.bed, open.branch, action.person, running ? "graver, by " + who : "opened by " + who);
    bedside_act(now, open.bed, action.person, now.steady);
    refresh_next(*bed, now.steady);
    const std::string_view branch = name(open.branch);
    reply(now, action.request, true, (running ? "the checklist is now " : "checklist opened: ") + std::string{branch});
}

void Ward::State::do_action(const Moment& now, const Action& action, const ProtocolTap& what)
{
    Bed* bed = find(what.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    // Who checked a dose is said once it is proven, perhaps the second time only.
    const std::string words = what.act == StepAct::start ? "" : what.text;
    const std::uint64_t said = hash_said(what.bed, what.step, what.act, words);
    if (key_used(now, action.request, what.key, said)) return;
    if (!bed->watch->antidote || !bed->watch->antidote->list.open())
        return reply(now, action.request, false, "no checklist is open at this bed");
    Antidote& antidote = *bed->watch->antidote;
    const TapAnswer answer =
        tap(antidote.list, *antidote.protocol, what.step, what.act, action.person, what.text, now.steady);
    if (!answer.accepted) return reply(now, action.request, false, answer.text);
    keys.remember(what.key, said);
    // A step that charts something charts it as if it had been entered.
    const StepKind kind = antidote.protocol->step(what.step)->kind;
    if (what.act == StepAct::done && (kind == StepKind::stop || kind == StepKind::decide)) {
        Entry entry;
        entry.bed = what.bed;
        entry.person = action.person;
        if (kind == StepKind::stop) entry.what = InfusionStopEntry{};
        else entry.what = DecisionEntry{"after_stop", what.text};
        (void)record(now, entry, now.wall);
    }
    review_session(now, what.bed);
    treated(now, what.bed, action.person);
    refresh_next(*bed, now.steady);
    publish(what.bed);
    reply(now, action.request, true, answer.text);
}

void Ward::State::do_action(const Moment& now, const Action& action, const ProtocolClose& close)
{
    Bed* bed = find(close.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    const std::uint64_t said = hash_said(close.bed, close.reason, close.doctor);
    if (key_used(now, action.request, close.key, said)) return;
    if (!bed->watch->antidote || !bed->watch->antidote->list.open())
        return reply(now, action.request, false, "no checklist is open at this bed");
    const TapAnswer answer =
        close_checklist(bed->watch->antidote->list, close.reason, close.doctor, action.person, now.steady);
    if (!answer.accepted) return reply(now, action.request, false, answer.text);
    keys.remember(close.key, said);
    review_session(now, close.bed);
    bedside_act(now, close.bed, action.person, now.steady);
    refresh_next(*bed, now.steady);
    publish(close.bed);
    reply(now, action.request, true, answer.text);
}

RecordedFacts Ward::State::recorded(const Watch& watch, Instant now) const
{
    RecordedFacts facts;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        if (info(signal).kind != SignalKind::fact || info(signal).max != 1) continue;
        if (watch.patient.value(signal, now).value_or(0) > 0) facts.facts |= mask(signal);
    }
    const Bedside& bedside = watch.bedside;
    facts.symptoms = complaint_set(bedside);
    for (const auto& [question, answer] : bedside.answers)
        if (answer.reply == ScreeningReply::yes) facts.screening.push_back(question);
    if (bedside.session)
        for (const std::string& component : bedside.session->plan.components)
            facts.bag.push_back(in_small_letters(component));
    const Infusion& infusion = watch.infusion;
    facts.by_vein = infusion.pump_heard() || infusion.any_bolus() || infusion.charted_rate() > 0 ||
                    bedside.stopped.has_value();
    return facts;
}

ChecklistView Ward::State::antidote_view(const Watch& watch, const Moment& now) const
{
    const Antidote& antidote = *watch.antidote;
    const Protocol& file = *antidote.protocol;
    const Checklist& list = antidote.list;
    ChecklistView view;
    view.id = file.id;
    view.title = file.title;
    view.version = file.version;
    view.approver = file.approver;
    view.approved = file.approved;
    view.stamp = file.stamp();
    view.notice = file.notice;
    view.example = file.example;
    view.branch = name(list.branch);
    view.opened = now.at(list.opened).wall;
    view.opened_by = list.opened_by;
    for (const ChecklistReason& reason : list.why) view.why.emplace_back(now.at(reason.at).wall, reason.what);
    const ProtocolStep* top = on_top(list, file);
    for (const ProtocolStep& step : file.steps) {
        const StepProgress& progress = *list.progress(step.id);
        if (shown(step, progress, list.branch)) view.steps.push_back(step_view(step, progress, top, now));
    }
    const RecordedFacts facts = recorded(watch, now.steady);
    for (const Precaution& one : file.precautions)
        if (applies(one, facts)) view.precautions.emplace_back(one.id, one.words);
    view.open = list.open();
    if (list.closed) {
        view.closed_reason = list.closed->reason;
        view.closed_doctor = list.closed->doctor;
        view.closed_by = list.closed->by;
        view.closed_at = now.at(list.closed->at).wall;
    }
    return view;
}

} // namespace magwatch
