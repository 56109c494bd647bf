#include "rules/ward/session_alarm.hpp"

#include "rules/base/assert.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using A = SessionAlarm;

constexpr const char* stop_prompt = "STOP magnesium at the pump. Check bag, rate and prescription with a second "
                                    "person. Examine reflexes and breathing.";
constexpr const char* look_prompt = "Check rate, bag and prescription with a second person.";

// 5 s: a pump's rate passes through others when it is set. 2 min: a syringe or a bag is changed in less.
constexpr std::array<SessionAlarmInfo, session_alarm_count> table = {{
    {A::bolus_dose,
     "session.bolus-dose",
     "Bolus larger than for: INDICATION",
     "BOLUS TOO LARGE for this use",
     stop_prompt,
     Priority::high,
     {},
     "a declared bolus is being given that is larger than bolus_max of the planned indication",
     {"bolus_max"}},
    {A::bolus_fast,
     "session.bolus-fast",
     "Bolus faster than for: INDICATION",
     "BOLUS TOO FAST for this use",
     stop_prompt,
     Priority::high,
     {},
     "a declared bolus is being given in less time than bolus_min_duration of the planned indication, or faster "
     "than its bolus_rate_max",
     {"bolus_min_duration", "bolus_rate_max"}},
    {A::bolus_pump,
     "session.bolus-pump",
     "The pump runs faster than the declared bolus",
     "PUMP FASTER THAN THE BOLUS",
     stop_prompt,
     Priority::high,
     5s,
     "the pump runs more than a tenth faster than the declared bolus, with or without a plan",
     {}},
    {A::rate_alarm,
     "session.rate-alarm",
     "Infusion too fast for: INDICATION",
     "INFUSION TOO FAST for this use",
     stop_prompt,
     Priority::high,
     5s,
     "the infusion, outside of a bolus, is faster than rate_alarm of the planned indication",
     {"rate_alarm"}},
    {A::rate_warn,
     "session.rate-warn",
     "Infusion above the usual rate for: INDICATION",
     "Infusion above usual for this use",
     look_prompt,
     Priority::medium,
     5s,
     "the infusion, outside of a bolus, is faster than rate_warn of the planned indication and not above its "
     "rate_alarm",
     {"rate_warn"}},
    {A::rate_plan,
     "session.rate-plan",
     "Infusion faster than planned",
     "Infusion faster than planned",
     look_prompt,
     Priority::medium,
     5s,
     "the infusion, outside of a bolus, is more than a tenth faster than planned",
     {}},
    {A::renal_cap,
     "session.renal-cap",
     "Too much in 48 h for failing kidneys",
     "DOSE TOO HIGH in 48 h for her kidneys",
     "STOP magnesium. Add up what was given, by vein and into the muscle. Examine reflexes and breathing, send "
     "creatinine and a level.",
     Priority::high,
     {},
     "renal impairment is recorded and more was given in 48 h than two_day_cap_renal of the planned indication "
     "(without a plan: the lowest of all)",
     {"two_day_cap_renal"}},
    {A::hour_cap,
     "session.hour-cap",
     "Too much in 1 h for: INDICATION",
     "DOSE TOO HIGH in 1 h for this use",
     stop_prompt,
     Priority::high,
     {},
     "more was given in 1 h, by all routes, than hour_cap of the planned indication",
     {"hour_cap"}},
    {A::day_cap,
     "session.day-cap",
     "Too much in 24 h for: INDICATION",
     "DOSE TOO HIGH in 24 h for this use",
     stop_prompt,
     Priority::high,
     {},
     "more was given in 24 h, by all routes, than day_cap of the planned indication",
     {"day_cap"}},
    {A::cap,
     "session.cap",
     "More in all than for: INDICATION",
     "DOSE TOO HIGH for this use",
     stop_prompt,
     Priority::high,
     {},
     "more was given since the plan than session_cap of the planned indication",
     {"session_cap"}},
    {A::dose_plan,
     "session.dose-plan",
     "More magnesium than planned",
     "More magnesium than planned",
     look_prompt,
     Priority::medium,
     {},
     "more was given than the planned dose and a tenth of it",
     {}},
    {A::dose_withheld,
     "session.dose-withheld",
     "A dose was given though a sign says to withhold it",
     "Dose given against a stop sign",
     "Give no further dose. Examine reflexes and breathing now. Ask the doctor whether magnesium goes on. Have "
     "calcium gluconate ready.",
     Priority::medium,
     {},
     "a bolus or injection after the load is charted while a rule of grade 1 or 2 is raised over what a check "
     "asks for before each dose; it is high if that rule's alarm is",
     {},
     AlarmKind::physiological,
     true},
    {A::setting,
     "session.setting",
     "INDICATION: not in setting SETTING",
     "This place does not fit the infusion",
     "Ask where she should be treated; record the decision with its reason.",
     Priority::medium,
     {},
     "the planned setting is none of the indication's, and no decision about 'setting' is recorded",
     {"settings"}},
    {A::plan,
     "session.plan",
     "The plan is above the caps for: INDICATION",
     "Plan above the cap: check it",
     "Check the prescription with a second person before it runs.",
     Priority::medium,
     {},
     "the planned rate is above rate_alarm of the indication (rate_warn where it has none) or the planned dose "
     "above its session_cap, and no decision about 'plan' is recorded",
     {"rate_warn", "rate_alarm", "session_cap"}},
    {A::salt,
     "session.salt",
     "Another magnesium salt than planned",
     "Other magnesium salt than planned",
     "Sulfate and chloride are different drugs: read the label of the bag.",
     Priority::medium,
     {},
     "magnesium runs, the salt charted is not the planned one, and no decision about 'salt' is recorded",
     {}},
    {A::overrun,
     "session.overrun",
     "Infusion runs past its planned end",
     "Infusion past its planned end",
     "Stop it, or chart a new plan.",
     Priority::medium,
     {},
     "magnesium still runs at the planned end",
     {}},
    {A::too_long,
     "session.long",
     "Infusion longer than usual for: INDICATION",
     "Infusion longer than usual",
     "Ask whether it should still run.",
     Priority::medium,
     {},
     "magnesium still runs duration_max of the planned indication after the first dose",
     {"duration_max"}},
    {A::stopped,
     "session.stopped",
     "The infusion stopped unplanned",
     "Infusion stopped unplanned",
     "Look at pump, line and bag. A fit is the next risk: ask whether it runs on, or chart the stop.",
     Priority::medium,
     2min,
     "the pump's rate fell to 0 and nobody charted a stop, while magnesium is or may be on board; not from 15 min "
     "before the planned end, after 95 % of the planned dose, or at the end of a bolus that nothing was to follow",
     {}},
    {A::decision,
     "session.decision",
     "Stopped for toxicity, and no senior has decided how to go on",
     "No senior decision after STOP",
     "Ask a senior: restart lower, another drug, or end. Record the decision with its reason.",
     Priority::medium,
     {},
     "no decision about 'after_stop' is recorded 30 min after a stop for toxicity, and for 6 h",
     {}},
    {A::not_screened,
     "screening.missing",
     "Screening before magnesium not recorded",
     "Screening not recorded",
     "Ask the questions before an infusion and record the answers.",
     Priority::medium,
     {},
     "magnesium was given or runs, and a question before an infusion is not answered 10 min after the watch began",
     {},
     AlarmKind::technical},
    {A::antidote_stop,
     "protocol.stop",
     "STOP was said: is the pump stopped?",
     "Look again: is the pump stopped?",
     "Look at the pump and the line, and say it again in the checklist.",
     Priority::medium,
     {},
     "'I have stopped the pump' was tapped in the checklist, no pump is heard or it runs on, and the time that the "
     "site's protocol gives is over",
     {}},
    {A::antidote_giving,
     "protocol.giving",
     "Calcium gluconate: the time of the dose is over",
     "Calcium gluconate: was it given?",
     "Say in the checklist that the dose was given, or why not.",
     Priority::medium,
     {},
     "a dose was started in the checklist, and the time that the site's protocol gives it is over",
     {}},
    {A::antidote_repeat,
     "protocol.repeat",
     "Calcium gluconate was given: better, or one more?",
     "Better after calcium gluconate?",
     "Count breaths, look at SpO2, reflexes and ECG. Better, or one more dose: say it in the checklist.",
     Priority::medium,
     {},
     "a dose was given, the site's protocol allows another, and the time after which it asks is over",
     {}},
    {A::antidote_recheck,
     "protocol.recheck",
     "Check of the checklist overdue",
     "Check of toxicity list overdue",
     "Check breathing, SpO2, reflexes and whether she is awake, and tap it in the checklist.",
     Priority::medium,
     {},
     "the checklist is open, and the time of its next check is over",
     {}},
    {A::antidote_result,
     "protocol.result",
     "The blood result is not back",
     "Blood result not back",
     "Ring the laboratory. Chart the level, or tap the result in the checklist.",
     Priority::medium,
     {},
     "blood was taken in the checklist, no level was charted since, and the time that the site's protocol gives is "
     "over",
     {}},
    {A::concerned,
     "staff.concerned",
     "Staff are concerned",
     "Staff are concerned",
     "Go and look at her: breathing, reflexes, consciousness. Chart what you see, and say when nobody is concerned "
     "any more.",
     Priority::medium,
     {},
     "somebody charted that they are concerned about her, whatever the numbers say, and nobody charted since that they "
     "looked and are not; it pages at once, in quiet hours too, and again when it is said again",
     {}},
}};

std::string with(std::string_view text, std::string_view word, std::string_view value)
{
    std::string out{text};
    if (const std::size_t at = out.find(word); at != std::string::npos) out.replace(at, word.size(), value);
    return out;
}

} // namespace

std::span<const SessionAlarmInfo> session_alarms() { return table; }

const SessionAlarmInfo& info(SessionAlarm alarm)
{
    const auto index = static_cast<std::size_t>(alarm);
    MAGWATCH_ASSERT(index < table.size() && table[index].alarm == alarm);
    return table[index];
}

AlarmText alarm_text(const SessionAlarmInfo& about, std::string_view indication, std::string_view setting)
{
    const bool grave = about.for_good || about.priority == Priority::high;
    AlarmText out;
    out.rule = about.id;
    out.title = with(with(about.title, "SETTING", setting), "INDICATION", indication);
    out.message = about.message;
    out.prompt = about.prompt;
    out.kind = about.kind;
    out.priority = about.priority;
    out.grade = grave ? 1 : 0;
    out.latching = grave;
    return out;
}

} // namespace magwatch
