// The planned session: screening before it, its bag, its caps and its end; and what is doubtful about a level.
//
// Findings are alarm conditions beside those of the pack, so that they hold under every pack: they are looked at
// whenever the pump, the chart or an answer changes, and never wait for a sign.
#include <algorithm>

#include "rules/ward/findings.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// All design values.
constexpr Duration answer_by = 10min;         // as for the other questions at the start (BEHAVIOUR "Watching")
constexpr double tolerance = 1.1;             // a plan is not exact
constexpr double exact = 1 + 1e-9;            // conversions round
constexpr Duration after_bolus = 30min;       // clinical reference: draws during or less than 30 min after a bolus
constexpr double spike_factor = 1.8;          // of the level before: as the pack's level-jump
constexpr double spike_from = 3.5;            // mmol/L; below it nobody acts on a spike
constexpr std::size_t levels_max = 64;
constexpr std::size_t components_max = 16;
constexpr std::size_t text_longest = 64;
constexpr std::size_t reason_longest = 200;

// Magnesium runs, or may.
bool runs(const Infusion& infusion, Instant now)
{
    if (const auto rate = infusion.rate_now()) return *rate > 0 || infusion.bolus_running(now);
    return infusion.bolus_running(now) || (infusion.pump_heard() && !infusion.stop_declared());
}

bool decided(const Bedside& bedside, const std::string& about) { return bedside.decisions.contains(about); }

bool holds(const Component& component, const std::vector<std::string>& bag)
{
    return std::any_of(bag.begin(), bag.end(), [&](const std::string& text) {
        const std::string lower = in_small_letters(text);
        return std::any_of(component.words.begin(), component.words.end(),
                           [&](const std::string& word) { return lower.find(word) != std::string::npos; });
    });
}

void find_answers(const SessionTable& table, const Bedside& bedside, bool running, Findings& out)
{
    for (const auto& [id, answer] : bedside.answers) {
        if (answer.reply != ScreeningReply::yes || decided(bedside, id)) continue;
        const Question* question = table.question(id);
        if (question == nullptr) continue;
        if (question->concern != Concern::block && question->concern != Concern::warn) continue;
        // Before it runs there is time to ask.
        const bool grave = running && question->priority == Priority::high;
        out.add("screening." + id + (grave ? ".running" : ""), question->title, question->message, question->prompt,
                grave ? Priority::high : std::min(question->priority, Priority::medium));
    }
}

void find_bag(const SessionTable& table, const Bedside& bedside, Findings& out)
{
    for (const Component& component : table.components) {
        if (decided(bedside, "bag." + component.id) || !holds(component, bedside.session->plan.components)) continue;
        out.add("bag." + component.id, component.title, component.message, component.prompt, component.priority);
    }
}

void find_bolus(const IndicationRow& row, const Infusion& infusion, Findings& out)
{
    if (!infusion.bolus_running(out.now)) return;
    if (row.bolus_max && infusion.bolus_grams() > *row.bolus_max * exact) {
        out.add(SessionAlarm::bolus_dose, row.title);
    }
    const double hours = infusion.bolus_grams() / infusion.bolus_rate();
    const bool short_time = row.bolus_min_duration &&
                            hours * 3'600'000 * exact < static_cast<double>(row.bolus_min_duration->count()) - 1;
    if (short_time || (row.bolus_rate_max && infusion.bolus_rate() > *row.bolus_rate_max * exact)) {
        out.add(SessionAlarm::bolus_fast, row.title);
    }
}

void find_rate(const IndicationRow& row, const Session& session, const Infusion& infusion, Findings& out)
{
    const auto rate = infusion.rate_now();
    if (!rate || infusion.bolus_running(out.now)) return;
    if (row.rate_alarm && *rate > *row.rate_alarm * exact) {
        out.add(SessionAlarm::rate_alarm, row.title);
    } else if (row.rate_warn && *rate > *row.rate_warn * exact) {
        out.add(SessionAlarm::rate_warn, row.title);
    }
    if (session.grams_per_hour > 0 && *rate > session.grams_per_hour * tolerance) {
        out.add(SessionAlarm::rate_plan);
    }
}

// Over 48 h, whatever is planned; without a plan the lowest cap of all indications holds.
void find_renal_dose(const SessionTable& table, const IndicationRow* planned, const Infusion& infusion, Findings& out)
{
    std::optional<double> cap;
    for (const IndicationRow& row : table.indications) {
        const bool counts = planned == nullptr || planned == &row;
        if (counts && row.two_day_cap_renal)
            cap = std::min(cap.value_or(*row.two_day_cap_renal), *row.two_day_cap_renal);
    }
    if (cap && infusion.dose_in(48h, out.now) > *cap * exact) {
        out.add(SessionAlarm::renal_cap);
    }
}

void find_dose(const IndicationRow& row, const Session& session, const Infusion& infusion, Findings& out)
{
    if (row.hour_cap && infusion.dose_in(1h, out.now) > *row.hour_cap * exact) {
        out.add(SessionAlarm::hour_cap, row.title);
    }
    if (row.day_cap && infusion.dose_in(24h, out.now) > *row.day_cap * exact) {
        out.add(SessionAlarm::day_cap, row.title);
    }
    const double given = infusion.dose_total() - session.dose_before;
    if (row.session_cap && given > *row.session_cap * exact) {
        out.add(SessionAlarm::cap, row.title);
    }
    if (session.grams > 0 && given > session.grams * tolerance) {
        out.add(SessionAlarm::dose_plan);
    }
}

bool above(const IndicationRow& row, const Session& session)
{
    const auto fastest = row.rate_alarm ? row.rate_alarm : row.rate_warn;
    return (fastest && session.grams_per_hour > *fastest * exact) ||
           (row.session_cap && session.grams > *row.session_cap * exact);
}

void find_plan(const IndicationRow& row, const Bedside& bedside, const Infusion& infusion, bool running, Findings& out)
{
    const Session& session = *bedside.session;
    if (!row.fits(session.plan.setting) && !decided(bedside, "setting")) {
        out.add(SessionAlarm::setting, row.title, name(session.plan.setting));
    }
    if (above(row, session) && !decided(bedside, "plan")) {
        out.add(SessionAlarm::plan, row.title);
    }
    if (bedside.salt && *bedside.salt != session.plan.salt && running && !decided(bedside, "salt")) {
        out.add(SessionAlarm::salt);
    }
    if (session.expected_end) {
        out.look_again(*session.expected_end);
        if (running && out.now >= *session.expected_end) {
            out.add(SessionAlarm::overrun);
        }
    }
    if (const auto began = infusion.first_dose(); began && row.duration_max) {
        out.look_again(*began + *row.duration_max);
        if (running && out.now >= *began + *row.duration_max) {
            out.add(SessionAlarm::too_long, row.title);
        }
    }
}

std::string sane(const std::string& text, std::size_t longest, const char* what)
{
    if (text.empty()) return std::string{what} + " is empty";
    if (text.size() > longest) return std::string{what} + " is too long";
    return {};
}

} // namespace

std::string Ward::State::why_not(const ScreeningEntry& entry) const
{
    if (!pack) return "no rules are in force";
    if (entry.answers.empty() && !entry.others) return "which question is answered?";
    for (const auto& [id, reply] : entry.answers) {
        if (pack->sessions.question(id) != nullptr) continue;
        std::vector<std::string_view> ids;
        for (const auto& question : pack->sessions.questions) ids.push_back(question.id);
        return "no such question '" + id.substr(0, text_longest) + "'" + did_you_mean(id, ids);
    }
    return "";
}

std::string Ward::State::why_not(const DecisionEntry& entry) const
{
    if (!pack) return "no rules are in force";
    if (auto bad = sane(entry.reason, reason_longest, "the reason"); !bad.empty()) return bad;
    std::vector<std::string> known{"setting", "plan", "salt", "after_stop"};
    for (const auto& question : pack->sessions.questions) known.push_back(question.id);
    for (const auto& component : pack->sessions.components) known.push_back("bag." + component.id);
    if (std::find(known.begin(), known.end(), entry.about) != known.end()) return "";
    return "nothing to decide about '" + entry.about.substr(0, text_longest) + "'" + did_you_mean(entry.about, known);
}

std::string Ward::State::why_not(const SessionEntry& entry, const Moment& now) const
{
    if (!pack) return "no rules are in force";
    const auto code = static_cast<double>(entry.indication);
    if (value_word(Signal::indication, code).empty()) return "no such indication";
    if (static_cast<std::size_t>(entry.setting) >= setting_names.size()) return "no such setting";
    if (!(entry.grams >= 0 && entry.grams <= 500) || !(entry.grams_per_hour >= 0 && entry.grams_per_hour <= 500)) {
        return "no possible dose or rate";
    }
    if (entry.expected_end.ms != 0 && entry.expected_end < now.wall - 24h) return "the planned end is long past";
    if (entry.components.size() > components_max) return "too many components";
    for (const auto& text : entry.components) {
        if (auto bad = sane(text, text_longest, "a component"); !bad.empty()) return bad;
    }
    return "";
}

bool Ward::State::screened(const Bedside& bedside, const SessionTable& table)
{
    const auto& answers = bedside.answers;
    auto answer = answers.begin();
    for (const std::string& id : table.required) { // both are sorted: this is asked with every value of a pump
        while (answer != answers.end() && answer->first < id) ++answer;
        if (answer == answers.end() || answer->first != id) return false;
    }
    return true;
}

std::string Ward::State::take_screening(const Moment& now, BedId id, const ScreeningEntry& entry,
                                        const std::string& person)
{
    Watch& watch = *beds[id.value].watch;
    auto& answers = watch.bedside.answers;
    for (const auto& [question, reply] : entry.answers) {
        // A new yes is a new question to the doctor.
        if (reply == ScreeningReply::yes) watch.bedside.decisions.erase(question);
        answers[question] = {reply, now.steady, person};
    }
    if (entry.others) {
        for (const auto& question : pack->sessions.questions) {
            answers.try_emplace(question.id, ScreenedAnswer{*entry.others, now.steady, person});
        }
    }
    // What is a fact for the rules too: yes if any question of it says so, no once all of them do.
    SignalMask changed = 0;
    for (const auto& question : pack->sessions.questions) {
        if (!question.signal || (changed & mask(*question.signal)) != 0) continue;
        bool any = false, all = true;
        for (const auto& other : pack->sessions.questions) {
            if (other.signal != question.signal) continue;
            const auto found = answers.find(other.id);
            any = any || (found != answers.end() && found->second.reply == ScreeningReply::yes);
            all = all && found != answers.end() && found->second.reply == ScreeningReply::no;
        }
        if (!any && !all) continue;
        const auto before = watch.patient.value(*question.signal, now.steady);
        if (before && *before == (any ? 1.0 : 0.0)) continue;
        watch.patient.accept(*question.signal, any ? 1 : 0, now.steady, now.steady, no_source);
        changed |= mask(*question.signal);
    }
    if (changed != 0) evaluate(now, id, changed | derive_infusion(watch, now.steady));
    review_checks(now, id);
    review_session(now, id);
    publish(id);
    return screened(watch.bedside, pack->sessions) ? "recorded" : "recorded; some questions are not answered yet";
}

void Ward::State::note_fact(const Moment& now, BedId id, Signal signal, double value, const std::string& person)
{
    if (!pack) return;
    auto& answers = beds[id.value].watch->bedside.answers;
    const Question* best = nullptr; // the question of that name, else the mildest, which stands last
    for (const auto& question : pack->sessions.questions) {
        if (question.signal != signal) continue;
        if (best == nullptr || best->id != name(signal)) best = &question;
        if (value == 0) answers.try_emplace(question.id, ScreenedAnswer{ScreeningReply::no, now.steady, person});
    }
    if (best != nullptr && value > 0) answers[best->id] = {ScreeningReply::yes, now.steady, person};
}

std::string Ward::State::take_session(const Moment& now, BedId id, const SessionEntry& entry, const std::string& person)
{
    Watch& watch = *beds[id.value].watch;
    Bedside& bedside = watch.bedside;
    if (replaying == Replaying::no) watch.infusion.advance(now.steady);
    Session session;
    session.plan = entry;
    session.grams = as_heptahydrate(entry.grams, entry.salt);
    session.grams_per_hour = as_heptahydrate(entry.grams_per_hour, entry.salt);
    session.since = now.steady;
    session.by = person;
    if (entry.expected_end.ms != 0) session.expected_end = now.instant_of(entry.expected_end);
    // A changed plan of the same kind counts from the first one; of another kind, from now.
    if (bedside.session) {
        const bool same = bedside.session->plan.indication == entry.indication;
        session.dose_before = same ? bedside.session->dose_before : watch.infusion.dose_total();
        if (!same || bedside.session->plan.setting != entry.setting) bedside.decisions.erase("setting");
        for (const char* about : {"plan", "salt"}) bedside.decisions.erase(about);
    }
    bedside.session = std::move(session);
    watch.patient.accept(Signal::indication, static_cast<double>(entry.indication), now.steady, now.steady, no_source);
    evaluate(now, id, mask(Signal::indication));
    review_checks(now, id);
    review_session(now, id);
    publish(id);
    const IndicationRow& row = pack->sessions.row(entry.indication);
    std::string text = "plan recorded";
    if (!row.fits(entry.setting)) text += "; this place does not fit the infusion";
    if (above(row, *bedside.session)) text += "; it is above the cap for " + row.title;
    return text;
}

std::string Ward::State::note_level(Watch& watch, double value, Instant at, std::optional<bool> from_infusion_arm,
                                    SignalMask& changed)
{
    Bedside& bedside = watch.bedside;
    LevelRecord record{value, at, false, from_infusion_arm, false};
    for (const auto& [begin, end] : bedside.boluses) {
        record.near_bolus = record.near_bolus || (at >= begin && at < end + after_bolus);
    }
    const auto after = std::upper_bound(bedside.levels.begin(), bedside.levels.end(), at,
                                        [](Instant t, const LevelRecord& other) { return t < other.at; });
    if (after != bedside.levels.begin()) {
        const LevelRecord& before = *(after - 1);
        record.spike = value > spike_from && value >= spike_factor * before.mmol_per_l;
    }
    bedside.levels.insert(after, record);
    if (bedside.levels.size() > levels_max) bedside.levels.erase(bedside.levels.begin());
    const double doubt = from_infusion_arm.value_or(false) ? 2 : record.near_bolus ? 1 : 0;
    watch.patient.accept(Signal::level_doubt, doubt, at, at, no_source);
    changed |= mask(Signal::level_doubt);
    if (doubt == 2) return "; drawn from the infusion arm: repeat it from the other arm";
    if (doubt == 1) return "; drawn near a bolus: repeat it later";
    return record.spike ? "; far above the one before: repeat it from the other arm" : "";
}

void Ward::State::review_session(const Moment& now, BedId id)
{
    if (!pack || replaying != Replaying::no) return;
    Watch& watch = *beds[id.value].watch;
    const Bedside& bedside = watch.bedside;
    const Infusion& infusion = watch.infusion;
    follow_stop(now, id);
    Findings out{now.steady, {}, Instant::never()};
    find_stop(watch, out);
    find_antidote(now, id, out);
    const bool running = runs(infusion, now.steady);
    if (infusion.first_dose() || running) {
        const Instant due = watch.since.steady + answer_by;
        if (now.steady < due) out.look_again(due);
        else if (!screened(bedside, pack->sessions)) {
            out.add(SessionAlarm::not_screened);
        }
    }
    if (bedside.concern) out.add(SessionAlarm::concerned);
    find_answers(pack->sessions, bedside, running, out);
    // A declared bolus holds back the rules over the rate: what the pump does instead is looked at here.
    if (infusion.pump_fresh() && infusion.bolus_running(now.steady) &&
        infusion.rate_now().value_or(0) > infusion.bolus_rate() * tolerance) {
        out.add(SessionAlarm::bolus_pump);
    }
    const IndicationRow* planned = bedside.session ? &pack->sessions.row(bedside.session->plan.indication) : nullptr;
    if (watch.patient.value(Signal::renal_impairment, now.steady).value_or(0) > 0)
        find_renal_dose(pack->sessions, planned, infusion, out);
    if (planned != nullptr) {
        const IndicationRow& row = *planned;
        find_bag(pack->sessions, bedside, out);
        find_bolus(row, infusion, out);
        find_rate(row, *bedside.session, infusion, out);
        find_dose(row, *bedside.session, infusion, out);
        find_plan(row, bedside, infusion, running, out);
    }
    std::vector<std::string> present;
    for (auto& finding : out.found) {
        Slot& slot = watch.session_slots[finding.alarm.rule];
        present.push_back(finding.alarm.rule);
        slot.truth = RuleTruth{Truth::yes, Truth::no};
        const ConditionPolicy policy{finding.hold, {}};
        advance_slot(now, id, slot, policy, finding.alarm);
        if (const auto at = deadline(policy, slot.condition)) out.look_again(*at);
    }
    for (auto& [rule, slot] : watch.session_slots) {
        if (std::find(present.begin(), present.end(), rule) != present.end()) continue;
        slot.truth = RuleTruth{Truth::no, Truth::yes};
        advance_slot(now, id, slot, {}, AlarmText{});
    }
    std::erase_if(watch.session_slots, [](const auto& item) {
        return !item.second.open() && item.second.condition.phase == ConditionPhase::clear;
    });
    // An alarm that was raised by this look may have opened the checklist.
    if (watch.antidote) out.look_again(next_timer(watch.antidote->list, now.steady).value_or(Instant::never()));
    watch.session_next = out.next;
}

} // namespace magwatch
