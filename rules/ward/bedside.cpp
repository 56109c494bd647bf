// Symptoms, sedatives and fits: charted by name, told to the rules as groups and as "within the last hours".
#include "rules/ward/bedside.hpp"

#include <algorithm>

#include "rules/observation/symptom.hpp"
#include "rules/ward/session_alarm.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// A sedative explains slow breathing for 4 h, a fit a low consciousness for 30 min (design values).
constexpr Duration sedated_for = 4h;
constexpr Duration post_ictal_for = 30min;
constexpr std::size_t events_max = 32;
constexpr std::size_t drug_longest = 40;
constexpr std::size_t reason_longest = 200;

std::optional<Instant> newest(const Bedside& bedside, BedsideEvent::Kind kind)
{
    const auto found = std::find_if(bedside.events.rbegin(), bedside.events.rend(),
                                    [&](const BedsideEvent& event) { return event.kind == kind; });
    return found == bedside.events.rend() ? std::nullopt : std::optional{found->at};
}

std::string unknown_symptom(const std::string& text)
{
    std::vector<std::string_view> names;
    for (const auto& known : symptoms()) names.push_back(known.name);
    return "no symptom of that name: '" + text + "'" + did_you_mean(text, names);
}

} // namespace

std::string in_small_letters(std::string text)
{
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::uint32_t complaint_set(const Bedside& bedside)
{
    std::uint32_t set = 0;
    for (const auto& complaint : bedside.complaints) {
        set |= 1U << static_cast<std::size_t>(find_symptom(complaint.symptom) - symptoms().data());
    }
    return set;
}

std::string Ward::State::why_not(const SymptomEntry& entry) const
{
    if (entry.none && !entry.present.empty()) return "symptoms and none at once";
    if (!entry.none && entry.present.empty() && entry.gone.empty()) return "which symptom, or none?";
    for (const auto* list : {&entry.present, &entry.gone}) {
        for (const auto& text : *list) {
            if (find_symptom(text) == nullptr) return unknown_symptom(text);
        }
    }
    return "";
}

std::string Ward::State::why_not(const SedationEntry& entry) const
{
    if (entry.drug.empty()) return "which sedative was given?";
    return entry.drug.size() > drug_longest ? "the name of the drug is too long" : "";
}

std::string Ward::State::why_not(const UntestableEntry& entry) const
{
    if (entry.reason.empty()) return "why can no reflex be tested?";
    return entry.reason.size() > reason_longest ? "the reason is too long" : "";
}

std::string Ward::State::why_not(const ConcernedEntry& entry, BedId bed) const
{
    if (entry.note.size() > note_longest) return "the note is too long";
    const bool open = beds[bed.value].watch->bedside.concern.has_value();
    return entry.over && !open ? "nobody said to be concerned" : "";
}

// Said again it is a new alarm, which calls whoever was told.
std::string Ward::State::take_concern(const Moment& now, BedId id, const ConcernedEntry& entry, Instant at,
                                      const std::string& person)
{
    Watch& watch = *beds[id.value].watch;
    auto& concern = watch.bedside.concern;
    if (entry.over) concern.reset();
    else concern = Decision{entry.note, at, person};
    const SessionAlarmInfo& about = info(SessionAlarm::concerned);
    const auto known = watch.session_slots.find(about.id);
    if (replaying == Replaying::no && known != watch.session_slots.end() && !entry.over) known->second.condition = {};
    review_session(now, id);
    publish(id);
    return "recorded";
}

// A complaint stays until it is said to be gone: what one person charts does not take away what another did.
std::string Ward::State::take_symptoms(const Moment& now, BedId id, const SymptomEntry& entry, Instant at,
                                       const std::string& person)
{
    Watch& watch = *beds[id.value].watch;
    Bedside& bedside = watch.bedside;
    PatientState& patient = watch.patient;
    if (bedside.none_at && *bedside.none_at > at) return "kept as history: she had none after that";
    if (now.steady - at > patient.fresh_for(Signal::symptom)) return "kept as history: older than its limit";
    const auto drop = [&](std::string_view symptom) {
        std::erase_if(bedside.complaints, [&](const Complaint& c) { return c.symptom == symptom && c.at <= at; });
    };
    if (entry.none) {
        std::erase_if(bedside.complaints, [&](const Complaint& c) { return c.at <= at; });
        bedside.none_at = at;
    }
    for (const auto& text : entry.gone) drop(find_symptom(text)->name);
    for (const auto& text : entry.present) {
        const SymptomInfo& about = *find_symptom(text);
        drop(about.name);
        const bool newer_known = std::any_of(bedside.complaints.begin(), bedside.complaints.end(),
                                             [&](const Complaint& c) { return c.symptom == about.name; });
        if (!newer_known) bedside.complaints.push_back({std::string{about.name}, at, person});
    }
    const SignalState& latest = patient.latest(Signal::symptom);
    const Instant told = latest.has_value ? std::max(latest.value_at, at) : at;
    const std::uint32_t set = complaint_set(bedside);
    patient.accept(Signal::symptom, static_cast<double>(gravest(set)), told, told, no_source);
    patient.accept(Signal::symptoms, static_cast<double>(set), told, told, no_source);
    evaluate(now, id, mask(Signal::symptom) | mask(Signal::symptoms));
    check_done(now, id, Signal::symptom);
    publish(id);
    return "recorded";
}

void Ward::State::take_event(const Moment& now, BedId id, BedsideEvent event)
{
    Watch& watch = *beds[id.value].watch;
    auto& events = watch.bedside.events;
    events.insert(std::upper_bound(events.begin(), events.end(), event.at,
                                   [](Instant at, const BedsideEvent& other) { return at < other.at; }),
                  std::move(event));
    if (events.size() > events_max) events.erase(events.begin());
    const SignalMask changed = derive_events(watch, now.steady);
    if (changed != 0) evaluate(now, id, changed);
    publish(id);
}

// Never charted is unknown, not "no": a sedative may have been given and not charted.
SignalMask Ward::State::derive_events(Watch& watch, Instant now)
{
    SignalMask changed = 0;
    watch.events_next = Instant::never();
    const auto tell = [&](Signal signal, BedsideEvent::Kind kind, Duration lasts) {
        const auto at = newest(watch.bedside, kind);
        if (!at) return;
        const bool acts = now < *at + lasts;
        if (acts) watch.events_next = std::min(watch.events_next, *at + lasts);
        const SignalState& latest = watch.patient.latest(signal);
        if (latest.has_value && latest.value == (acts ? 1.0 : 0.0)) return;
        watch.patient.accept(signal, acts ? 1.0 : 0.0, now, now, no_source);
        changed |= mask(signal);
    };
    tell(Signal::sedated, BedsideEvent::Kind::sedation, sedated_for);
    tell(Signal::post_ictal, BedsideEvent::Kind::fit, post_ictal_for);
    return changed;
}

} // namespace magwatch
