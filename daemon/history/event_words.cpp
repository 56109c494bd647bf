#include "daemon/history/event_words.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "daemon/history/struck.hpp"
#include "rules/patient/salt.hpp"

namespace magwatch
{
namespace
{

std::string number_text(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", value);
    return text.data();
}

std::string_view priority_word(Priority priority)
{
    switch (priority) {
    case Priority::low: return "low";
    case Priority::medium: return "medium";
    case Priority::high: return "high";
    }
    return "";
}

std::string of_salt(Salt salt)
{
    if (salt == Salt::sulfate_heptahydrate) return "";
    return std::string{" of "} + std::string{value_word(Signal::salt, static_cast<double>(salt))};
}

std::string listed(const std::vector<std::string>& words)
{
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

std::string value_text(Signal signal, double value)
{
    const SignalInfo& about = info(signal);
    const std::string_view word = value_word(signal, value);
    std::string out = std::string{about.title} + ' ';
    if (!word.empty()) return out += word;
    if (about.kind == SignalKind::fact && about.max == 1) return out += value > 0 ? "yes" : "no";
    return out += quantity_text(value, about.unit);
}

struct Words {
    std::string_view kind;
    std::string text;
};

Words words(const ValueEntry& entry) { return {event_kind::entry, value_text(entry.signal, entry.value)}; }
Words words(const LevelEntry& entry) { return {event_kind::entry, value_text(Signal::mg, entry.mmol_per_l)}; }
Words words(const UrineEntry& entry)
{
    return {event_kind::entry, "urine " + quantity_text(entry.millilitres, Unit::millilitre)};
}
Words words(const InfusionRateEntry& entry)
{
    return {event_kind::infusion,
            "infusion " + quantity_text(entry.grams_per_hour, Unit::gram_per_hour) + of_salt(entry.salt)};
}
Words words(const BolusEntry& entry)
{
    return {event_kind::bolus, "bolus " + quantity_text(entry.grams, Unit::gram) + of_salt(entry.salt) + " over " +
                                   number_text(static_cast<double>(entry.over.count()) / 60'000) + " min"};
}
Words words(const InfusionStopEntry&) { return {event_kind::stop, "infusion stopped"}; }
Words words(const IntramuscularEntry& entry)
{
    return {event_kind::bolus,
            "into the muscle " + quantity_text(entry.grams, Unit::gram) + of_salt(entry.salt)};
}
Words words(const SymptomEntry& entry)
{
    if (entry.none) return {event_kind::entry, "asked: no symptoms"};
    std::string text;
    if (!entry.present.empty()) text = "symptoms: " + listed(entry.present);
    if (!entry.gone.empty()) text += (text.empty() ? "gone: " : "; gone: ") + listed(entry.gone);
    return {event_kind::entry, std::move(text)};
}
Words words(const SedationEntry&) { return {event_kind::entry, "opioid or sedative given"}; }
Words words(const FitEntry&) { return {event_kind::entry, "fit"}; }
Words words(const ScreeningEntry&) { return {event_kind::entry, "screening answered"}; }
Words words(const DecisionEntry& entry) { return {event_kind::entry, "decision: " + entry.about}; }
Words words(const SessionEntry& entry)
{
    return {event_kind::entry, "infusion planned: " + std::string{value_word(Signal::indication,
                                                                            static_cast<double>(entry.indication))}};
}
Words words(const UntestableEntry&) { return {event_kind::entry, "no reflex can be tested"}; }
Words words(const ConcernedEntry& entry)
{
    return {event_kind::entry, entry.over ? "nobody is concerned any more" : "staff are concerned"};
}
Words words(const StrikeEntry&) { return {event_kind::entry, "struck"}; }

} // namespace

std::string quantity_text(double value, Unit unit)
{
    std::string out = number_text(value);
    if (unit == Unit::none) return out;
    return out += ' ' + std::string{name(unit)};
}

bool was_taken(std::uint64_t request, const EffectBuffer& effects)
{
    for (const Effect& effect : effects) {
        const auto* reply = std::get_if<Reply>(&effect);
        if (reply != nullptr && reply->request == request) return reply->accepted && reply->text != "already recorded";
    }
    return false;
}

std::vector<ChartedValue> charted_values(const Entry& entry, WallTime now)
{
    const WallTime at = entry.at.ms == 0 ? now : entry.at;
    if (const auto* value = std::get_if<ValueEntry>(&entry.what)) return {{value->signal, value->value, at}};
    if (const auto* level = std::get_if<LevelEntry>(&entry.what)) return {{Signal::mg, level->mmol_per_l, at}};
    if (const auto* urine = std::get_if<UrineEntry>(&entry.what)) return {{Signal::urine, urine->millilitres, at}};
    if (const auto* rate = std::get_if<InfusionRateEntry>(&entry.what))
        return {{Signal::infusion_rate, as_heptahydrate(rate->grams_per_hour, rate->salt), at}};
    if (std::holds_alternative<InfusionStopEntry>(entry.what)) return {{Signal::infusion_rate, 0, at}};
    if (const auto* bolus = std::get_if<BolusEntry>(&entry.what))
        return {{Signal::bolus_dose, as_heptahydrate(bolus->grams, bolus->salt), at}};
    if (const auto* dose = std::get_if<IntramuscularEntry>(&entry.what))
        return {{Signal::im_dose, as_heptahydrate(dose->grams, dose->salt), at}};
    return {};
}

HistoryEvent event_of(const Entry& entry, WallTime now)
{
    const Words said = std::visit([](const auto& what) { return words(what); }, entry.what);
    return {"", entry.at.ms == 0 ? now : entry.at, std::string{said.kind}, said.text, "", ""};
}

HistoryEvent correction_of(const Entry& struck, const Entry* instead, WallTime now)
{
    HistoryEvent event = event_of(struck, now);
    event.kind = event_kind::correction;
    event.text = "struck: " + event.text;
    if (instead != nullptr) event.text += "; instead: " + event_of(*instead, now).text;
    for (const ChartedValue& one : charted_values(struck, now)) event.ref = struck_ref(name(one.signal), one.value);
    return event;
}

HistoryEvent event_of(const ProtocolTap& tap, bool dose, WallTime now)
{
    const std::string act{name(tap.act)};
    if (!dose) return {"", now, std::string{event_kind::checklist}, tap.step + ": " + act, "", ""};
    const std::string text = tap.act == StepAct::start  ? "calcium gluconate begun"
                             : tap.act == StepAct::done ? "calcium gluconate given"
                                                        : "calcium gluconate: " + act;
    return {"", now, std::string{event_kind::calcium}, text, "", ""};
}

std::optional<HistoryEvent> event_of(const AlarmTransition& transition)
{
    std::string_view kind;
    switch (transition.event) {
    case AlarmEvent::raised: kind = event_kind::alarm; break;
    case AlarmEvent::cleared: kind = event_kind::alarm_over; break;
    case AlarmEvent::acknowledged: kind = event_kind::acknowledged; break;
    case AlarmEvent::attended: kind = event_kind::attended; break;
    case AlarmEvent::shelved: kind = event_kind::shelved; break;
    case AlarmEvent::unshelved: kind = event_kind::unshelved; break;
    case AlarmEvent::latched:
    case AlarmEvent::expired:
    case AlarmEvent::escalated: return std::nullopt;
    }
    return HistoryEvent{"",
                        transition.at.wall,
                        std::string{kind},
                        transition.message.empty() ? transition.rule : transition.message,
                        std::string{priority_word(transition.priority)},
                        transition.episode.text()};
}

std::optional<HistoryEvent> event_of(const SendPage& sent)
{
    const Page& page = sent.page;
    if (is_follow_up(page.reason) || page.reason == PageReason::test || page.attempt > 1) return std::nullopt;
    return HistoryEvent{"",
                        page.at,
                        std::string{event_kind::page},
                        "page #" + std::to_string(page.number) + ": " + (page.words.empty() ? "" : page.words.front()),
                        std::string{priority_word(page.priority)},
                        page.key.call.text()};
}

} // namespace magwatch
