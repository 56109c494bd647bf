#include "daemon/http/bodies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "daemon/http/chart.hpp"
#include "daemon/http/checklist.hpp"
#include "daemon/http/commissioning.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

constexpr std::size_t name_longest = 64;
constexpr std::size_t reason_longest = 200;
constexpr std::size_t key_longest = 100;
constexpr std::size_t symptom_longest = 40;
constexpr std::size_t symptoms_most = 24;
constexpr std::size_t drug_longest = 40;
constexpr std::size_t questions_most = 64;
// A planned session of more than a week is a typing mistake.
constexpr double session_longest_s = 7 * 24 * 3600;
// An audio pause always ends (design value of the ward's behaviour).
constexpr double pause_longest_s = 120;
// A bolus slower than this is an infusion.
constexpr double bolus_longest_s = 24 * 3600;
// Magnesium is treated up to 3.5 to 4 mmol/L; above this a number that would be an ordinary level
// in mg/dL is probably one. It is recorded as it was sent: the ward rings for it at once and asks
// for a repeat.
constexpr double suspicious_level = 5;

const std::vector<Unit> level_units{Unit::mmol_per_l, Unit::mg_per_dl, Unit::meq_per_l};
const std::vector<Unit> creatinine_units{Unit::umol_per_l, Unit::mg_per_dl, Unit::mmol_per_l};
const std::vector<Unit> calcium_units{Unit::mmol_per_l, Unit::mg_per_dl, Unit::meq_per_l};
const std::vector<Unit> rate_units{Unit::gram_per_hour, Unit::mg_per_min, Unit::ml_per_hour};
const std::vector<Unit> dose_units{Unit::gram, Unit::milligram};
const std::vector<Unit> urine_units{Unit::millilitre, Unit::litre};
const std::vector<Unit> pressure_units{Unit::mm_hg, Unit::kilo_pascal};
const std::vector<Unit> concentration_units{Unit::gram_per_ml, Unit::mg_per_ml};
const std::vector<Unit> per_minute{Unit::per_min};
const std::vector<Unit> kilograms{Unit::kilogram};
const std::vector<Unit> numbers{Unit::none};

struct Reader {
    const WardView& view;
    WallTime now;
    std::optional<Mistake> mistake;
    std::string warning;
};

BedId bed_of(Fields& fields, std::string_view field, const WardView& view)
{
    const std::string alias = fields.text(field, name_longest);
    if (!fields.ok()) return no_bed;
    const BedView* bed = find_bed(view, alias);
    if (bed == nullptr) {
        std::vector<std::string> known;
        for (const auto& b : view.beds) known.push_back(b.alias);
        fields.refuse(
            field, "names no bed of this ward: '" + alias + "'" + did_you_mean(alias, known), 404);
        return no_bed;
    }
    return bed->id;
}

Salt salt_of(Fields& fields)
{
    // "Magnesium sulfate" on a bag and in every guideline is the heptahydrate.
    if (!fields.has("salt")) return Salt::sulfate_heptahydrate;
    return static_cast<Salt>(fields.choice(
        "salt", {"sulfate_heptahydrate", "sulfate_anhydrous", "chloride_hexahydrate"}));
}

double whole_number(Fields& fields, Signal signal)
{
    const double value = fields.quantity(signal, numbers);
    if (value != std::floor(value)) fields.refuse("value", "must be a whole number");
    return value;
}

double positive(Fields& fields, Signal signal, const std::vector<Unit>& units)
{
    const double value = fields.quantity(signal, units);
    if (fields.ok() && value <= 0) fields.refuse("value", "must be above 0");
    return value;
}

// What is known of the patient: `{"weight": {..}, "epidural": true}`.
void read_facts(const json& object, Reader& r, std::vector<ValueEntry>& facts)
{
    Fields f{object, r.mistake, "facts."};
    if (f.has("weight"))
        facts.push_back({Signal::weight, f.quantity_in("weight", Signal::weight, kilograms)});
    if (f.has("creatinine"))
        facts.push_back({Signal::creatinine,
                         f.quantity_in("creatinine", Signal::creatinine, creatinine_units)});
    if (f.has("gestation")) {
        const double weeks = f.number("gestation");
        const auto checked = Quantity::checked(Signal::gestation, weeks, Unit::none);
        if (f.ok() && (weeks != std::floor(weeks) || std::holds_alternative<Refusal>(checked)))
            f.refuse("gestation", "must be 4 to 45 completed weeks");
        facts.push_back({Signal::gestation, weeks});
    }
    constexpr std::array flags{Signal::epidural,
                               Signal::renal_impairment,
                               Signal::heart_block,
                               Signal::neuromuscular,
                               Signal::digoxin,
                               Signal::postpartum,
                               Signal::calcium_channel_blocker,
                               Signal::neuromuscular_blocker};
    for (const Signal flag : flags)
        if (const auto value = f.optional_flag(name(flag)))
            facts.push_back({flag, *value ? 1.0 : 0.0});
    f.finish();
}

// --- entries: one function per kind; each adds what it read to `out` ---

using Entries = std::vector<Entry>;

void add_value(Entries& out, const Entry& common, Signal signal, double value)
{
    Entry entry = common;
    entry.what = ValueEntry{signal, value};
    out.push_back(std::move(entry));
}

void read_reflex(Fields& f, Reader&, const Entry& common, Entries& out)
{
    if (f.has("not_possible")) {
        if (f.has("site") || f.has("value")) f.refuse("not_possible", "excludes 'site' and 'value'");
        Entry entry = common;
        entry.what = UntestableEntry{f.text("not_possible", reason_longest)};
        out.push_back(std::move(entry));
        return;
    }
    const auto site = f.choice("site", {"knee", "arm"});
    const Signal signal = site == 1 ? Signal::reflex_arm : Signal::reflex_knee;
    add_value(out, common, signal, whole_number(f, signal));
}

void read_avpu(Fields& f, Reader&, const Entry& common, Entries& out)
{
    // New confusion counts as "voice" (input.hpp), but people say what they see.
    const auto chosen = f.choice("value", {"alert", "voice", "pain", "unresponsive", "confused"});
    add_value(out, common, Signal::avpu, chosen == 4 ? 1.0 : static_cast<double>(chosen));
}

void read_gcs(Fields& f, Reader&, const Entry& common, Entries& out)
{
    add_value(out, common, Signal::gcs, whole_number(f, Signal::gcs));
}

void read_rr(Fields& f, Reader&, const Entry& common, Entries& out)
{
    add_value(out, common, Signal::rr_counted, f.quantity(Signal::rr_counted, per_minute));
}

void read_weight(Fields& f, Reader&, const Entry& common, Entries& out)
{
    add_value(out, common, Signal::weight, f.quantity(Signal::weight, kilograms));
}

void read_urine(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    Entry entry = common;
    const double volume = f.quantity(Signal::urine, urine_units);
    const auto since = f.optional_time("since", r.now);
    if (since && *since >= common.at) f.refuse("since", "must be before the time of the entry");
    entry.what = UrineEntry{volume, since};
    out.push_back(std::move(entry));
}

// A correction without a time keeps that of the entry it replaces.
void drawn(Fields& f, const Reader& r, Entry& entry)
{
    if (entry.corrects == EntryId{} || f.has("drawn_at")) entry.at = f.time("drawn_at", r.now);
}

void read_level(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    Entry entry = common;
    drawn(f, r, entry);
    const double value = f.quantity(Signal::mg, level_units);
    if (f.ok() && value > suspicious_level) {
        const auto as_mg = Quantity::checked(Signal::mg, value, Unit::mg_per_dl);
        const auto* other = std::get_if<Quantity>(&as_mg);
        r.warning = short_number(value) + " mmol/L is far above any treatment level";
        if (other != nullptr && other->value() <= suspicious_level)
            r.warning += ": did you mean " + short_number(value) + " mg/dL (" +
                         short_number(other->value()) + " mmol/L)?";
        r.warning +=
            " It was recorded as sent. Examine now and repeat the level from the other arm.";
    }
    entry.what = ValueEntry{Signal::mg, value};
    if (const auto arm = f.optional_flag("from_infusion_arm")) entry.what = LevelEntry{value, *arm};
    out.push_back(std::move(entry));
}

void read_creatinine(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    Entry entry = common;
    drawn(f, r, entry);
    entry.what = ValueEntry{Signal::creatinine, f.quantity(Signal::creatinine, creatinine_units)};
    out.push_back(std::move(entry));
}

void read_calcium(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    Entry entry = common;
    drawn(f, r, entry);
    entry.what = ValueEntry{Signal::calcium, f.quantity(Signal::calcium, calcium_units)};
    out.push_back(std::move(entry));
}

// Two entries of one cuff: both are stored under a key of their own, so that a repeat finds both.
void read_bp(Fields& f, Reader&, const Entry& common, Entries& out)
{
    const double systolic = f.quantity_in("systolic", Signal::sbp, pressure_units);
    const double diastolic = f.quantity_in("diastolic", Signal::dbp, pressure_units);
    if (f.ok() && diastolic >= systolic)
        f.refuse("diastolic", "must be below the systolic pressure");
    add_value(out, common, Signal::sbp, systolic);
    out.back().key += "/sbp";
    add_value(out, common, Signal::dbp, diastolic);
    out.back().key += "/dbp";
}

void read_infusion(Fields& f, Reader&, const Entry& common, Entries& out)
{
    Entry entry = common;
    const Salt salt = salt_of(f);
    double grams_per_hour = 0;
    const bool by_volume = f.has("unit") && f.text("unit", 32) == name(Unit::ml_per_hour);
    if (by_volume) {
        const double flow = f.quantity(Signal::pump_flow, {Unit::ml_per_hour});
        const double bag =
            f.quantity_in("concentration", Signal::pump_concentration, concentration_units);
        const auto rate = Quantity::checked(Signal::pump_rate, flow * bag, Unit::gram_per_hour);
        if (const auto* quantity = std::get_if<Quantity>(&rate))
            grams_per_hour = quantity->value();
        else
            f.refuse("value", "with this concentration is a rate outside what is possible");
    } else {
        grams_per_hour = f.quantity(Signal::pump_rate, rate_units);
        if (f.has("concentration")) f.refuse("concentration", "goes with a rate in mL/h only");
    }
    if (f.ok() && grams_per_hour <= 0)
        f.refuse("value", "must be above 0; an end is the kind 'stop'");
    entry.second = f.optional_text("second_person", name_longest);
    if (f.ok() && !entry.second.empty() && entry.second == entry.person)
        f.refuse("second_person", "must be another person");
    entry.what = InfusionRateEntry{grams_per_hour, salt};
    out.push_back(std::move(entry));
}

void read_bolus(Fields& f, Reader&, const Entry& common, Entries& out)
{
    Entry entry = common;
    const double grams = positive(f, Signal::bolus_dose, dose_units);
    const double seconds = f.number("over_seconds");
    if (f.ok() && !(seconds >= 1 && seconds <= bolus_longest_s))
        f.refuse("over_seconds", "must be 1 to 86400");
    const Duration over{f.ok() ? static_cast<std::int64_t>(std::llround(seconds * 1000)) : 0};
    entry.what = BolusEntry{grams, over, salt_of(f)};
    out.push_back(std::move(entry));
}

void read_stop(Fields&, Reader&, const Entry& common, Entries& out)
{
    out.push_back(common);
    out.back().what = InfusionStopEntry{};
}

void read_dose(Fields& f, Reader&, const Entry& common, Entries& out)
{
    Entry entry = common;
    f.choice("route", {"im"});
    const double grams = positive(f, Signal::bolus_dose, dose_units);
    entry.what = IntramuscularEntry{grams, salt_of(f)};
    out.push_back(std::move(entry));
}

std::string known_symptom(Fields& f, std::string_view field, const std::string& text)
{
    const SymptomInfo* found = find_symptom(text);
    if (found != nullptr) return std::string{found->name};
    std::vector<std::string_view> names;
    for (const auto& one : symptoms()) names.push_back(one.name);
    f.refuse(field, "is no symptom that we know: '" + text + "'" + did_you_mean(text, names));
    return {};
}

void read_symptom(Fields& f, Reader&, const Entry& common, Entries& out)
{
    SymptomEntry what;
    for (const auto& text : f.optional_texts("symptoms", symptom_longest, symptoms_most))
        what.present.push_back(known_symptom(f, "symptoms", text));
    for (const auto& text : f.optional_texts("gone", symptom_longest, symptoms_most))
        what.gone.push_back(known_symptom(f, "gone", text));
    what.none = f.optional_flag("none").value_or(false);
    if (f.ok() && what.none && !what.present.empty())
        f.refuse("none", "says there are none, but 'symptoms' names some");
    if (f.ok() && !what.none && what.present.empty() && what.gone.empty())
        f.refuse("symptoms", "is missing: name them, or say \"none\": true");
    Entry entry = common;
    entry.what = std::move(what);
    out.push_back(std::move(entry));
}

void read_sedation(Fields& f, Reader&, const Entry& common, Entries& out)
{
    Entry entry = common;
    entry.what = SedationEntry{f.text("drug", drug_longest)};
    out.push_back(std::move(entry));
}

void read_fit(Fields&, Reader&, const Entry& common, Entries& out)
{
    out.push_back(common);
    out.back().what = FitEntry{};
}

// What is known of the patient changes: a birth, an epidural, a creatinine from another hospital.
void read_fact(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    std::vector<ValueEntry> facts;
    if (const json* object = f.object("facts")) read_facts(*object, r, facts);
    if (f.ok() && facts.empty()) f.refuse("facts", "is missing");
    for (const ValueEntry& fact : facts) {
        add_value(out, common, fact.signal, fact.value);
        out.back().key += "/" + std::string{name(fact.signal)};
    }
}

constexpr std::array replies{std::string_view{"no"}, std::string_view{"yes"},
                             std::string_view{"unknown"}};

void read_screening(Fields& f, Reader& r, const Entry& common, Entries& out)
{
    ScreeningEntry what;
    if (const json* object = f.object("answers")) {
        Fields answers{*object, r.mistake, "answers."};
        for (const auto& [id, reply] : object->items()) {
            if (what.answers.size() >= questions_most) {
                f.refuse("answers", "are too many");
                break;
            }
            const auto chosen = answers.choice(id, {replies.begin(), replies.end()});
            what.answers.emplace_back(id, static_cast<ScreeningReply>(chosen));
        }
    }
    if (f.has("others"))
        what.others =
            static_cast<ScreeningReply>(f.choice("others", {replies.begin(), replies.end()}));
    if (f.ok() && what.answers.empty() && !what.others) f.refuse("answers", "is missing");
    Entry entry = common;
    entry.what = std::move(what);
    out.push_back(std::move(entry));
}

void read_decision(Fields& f, Reader&, const Entry& common, Entries& out)
{
    Entry entry = common;
    entry.what = DecisionEntry{f.text("about", key_longest), f.text("reason", reason_longest)};
    out.push_back(std::move(entry));
}

void read_session(Fields& f, Reader&, const Entry& common, Entries& out)
{
    SessionEntry what;
    std::vector<std::string_view> indications;
    for (const auto& one : signal_words())
        if (one.signal == Signal::indication) indications.push_back(one.word);
    const std::string_view chosen = indications[f.choice("indication", indications)];
    what.indication =
        static_cast<Indication>(static_cast<int>(*word_value(Signal::indication, chosen)));
    what.setting = static_cast<Setting>(
        f.choice("setting", {setting_names.begin(), setting_names.end()}));
    what.salt = salt_of(f);
    if (f.has("dose")) what.grams = f.quantity_in("dose", Signal::bolus_dose, dose_units);
    if (f.has("rate"))
        what.grams_per_hour =
            f.quantity_in("rate", Signal::pump_rate, {Unit::gram_per_hour, Unit::mg_per_min});
    if (f.has("planned_seconds")) {
        const double seconds = f.number("planned_seconds");
        if (f.ok() && !(seconds >= 60 && seconds <= session_longest_s))
            f.refuse("planned_seconds", "must be 60 to 604800");
        if (f.ok())
            what.expected_end =
                common.at + Duration{static_cast<std::int64_t>(std::llround(seconds * 1000))};
    }
    what.components = f.optional_texts("components", name_longest, 16);
    Entry entry = common;
    entry.what = std::move(what);
    out.push_back(std::move(entry));
}

void read_concerned(Fields& f, Reader&, const Entry& common, Entries& out)
{
    out.push_back(common);
    out.back().what = ConcernedEntry{f.optional_text("note", note_longest), false};
}

void read_not_concerned(Fields& f, Reader&, const Entry& common, Entries& out)
{
    out.push_back(common);
    out.back().what = ConcernedEntry{f.optional_text("note", note_longest), true};
}

void read_strike(Fields&, Reader&, const Entry& common, Entries& out)
{
    out.push_back(common);
    out.back().what = StrikeEntry{};
}

struct Kind {
    std::string_view name;
    void (*read)(Fields&, Reader&, const Entry&, Entries&);
    bool draws = false; // its time is that of the sample, "drawn_at"
};
constexpr std::array kinds = {
    Kind{"reflex", read_reflex},
    Kind{"urine", read_urine},
    Kind{"avpu", read_avpu},
    Kind{"gcs", read_gcs},
    Kind{"rr", read_rr},
    Kind{"level", read_level, true},
    Kind{"bp", read_bp},
    Kind{"creatinine", read_creatinine, true},
    Kind{"weight", read_weight},
    Kind{"calcium", read_calcium, true},
    Kind{"infusion", read_infusion},
    Kind{"bolus", read_bolus},
    Kind{"stop", read_stop},
    Kind{"dose", read_dose},
    Kind{"symptom", read_symptom},
    Kind{"sedation", read_sedation},
    Kind{"fit", read_fit},
    Kind{"fact", read_fact},
    Kind{"screening", read_screening},
    Kind{"decision", read_decision},
    Kind{"session", read_session},
    Kind{"concerned", read_concerned},
    Kind{"not_concerned", read_not_concerned},
    Kind{"strike", read_strike},
};

// Which entry this one strikes through, and why. Unless it says another time, it is of the same.
void read_correction(Fields& f, const Reader& r, bool strike, Entry& common)
{
    if (!strike && !f.has("corrects")) return;
    const std::string id = f.text("corrects", name_longest);
    common.reason = f.text("reason", reason_longest);
    if (!f.ok()) return;
    const BedView& bed = *std::find_if(r.view.beds.begin(), r.view.beds.end(),
                                       [&](const BedView& one) { return one.id == common.bed; });
    const ChartEntry* entry = find_entry(bed, id);
    if (entry == nullptr) {
        f.refuse("corrects", "names no entry that can still be corrected in the chart of this bed: '" + id + "'", 404);
        return;
    }
    common.corrects = entry->id;
    common.at = entry->at;
}

void read_entry(Fields& f, Reader& r, Change& change)
{
    Entry common;
    common.key = f.text("key", key_longest);
    common.bed = bed_of(f, "bed", r.view);
    common.person = f.text("person", name_longest);
    std::vector<std::string_view> names;
    names.reserve(std::size(kinds));
    for (const Kind& kind : kinds) names.push_back(kind.name);
    const Kind& kind = kinds[f.choice("kind", names)];
    if (!f.ok()) return;
    common.at = r.now;
    read_correction(f, r, kind.name == "strike", common);
    if (!kind.draws) common.at = f.optional_time("at", r.now).value_or(common.at);
    Entries entries;
    kind.read(f, r, common, entries);
    // What strikes through is the first; the rest of the same act is charted beside it.
    for (std::size_t i = 1; i < entries.size(); ++i) {
        entries[i].corrects = {};
        entries[i].reason.clear();
    }
    for (Entry& entry : entries) change.inputs.emplace_back(std::move(entry));
}

// --- actions ---

// What is asked about the bed, in the same words at the start of a watch and when it is confirmed.
template <class What> void read_at_bed(Fields& f, What& what)
{
    what.calcium_at_bed = f.optional_flag("calcium_at_bed");
    what.hammer_at_bed = f.optional_flag("hammer_at_bed");
    what.oxygen_at_bed = f.optional_flag("oxygen_at_bed");
}

void read_watch_start(Fields& f, Reader& r, Action& action)
{
    WatchStart start;
    start.bed = bed_of(f, "bed", r.view);
    if (const json* facts = f.object("facts")) read_facts(*facts, r, start.facts);
    read_at_bed(f, start);
    action.what = std::move(start);
}

void read_watch_confirm(Fields& f, Reader& r, Action& action)
{
    WatchConfirm confirm;
    confirm.bed = bed_of(f, "bed", r.view);
    read_at_bed(f, confirm);
    action.what = confirm;
}

void read_watch_transfer(Fields& f, Reader& r, Action& action)
{
    const BedId from = bed_of(f, "from", r.view), to = bed_of(f, "to", r.view);
    if (f.ok() && from == to) f.refuse("to", "is the bed she is in");
    action.what = WatchTransfer{from, to};
}

void read_watch_end(Fields& f, Reader& r, Action& action)
{
    const BedId bed = bed_of(f, "bed", r.view);
    std::string reason = f.text("reason", reason_longest);
    std::string second = f.optional_text("second_person", name_longest);
    if (f.ok() && !second.empty() && second == action.person)
        f.refuse("second_person", "must be another person");
    action.what = WatchEnd{bed, std::move(reason), std::move(second)};
}

EpisodeId alarm_of(Fields& f, const Reader& r, std::string_view id)
{
    const EpisodeView* episode = find_episode(r.view, id);
    if (episode == nullptr) f.refuse("", "no open alarm '" + std::string{id.substr(0, 64)} + "'", 404);
    return episode != nullptr ? episode->id : EpisodeId{};
}

void read_shelve(Fields& f, Reader& r, std::string_view id, Action& action)
{
    Shelve shelve;
    shelve.episode = alarm_of(f, r, id);
    shelve.reason = static_cast<ShelveReason>(f.choice("reason", {shelve_reasons.begin(), shelve_reasons.end()}));
    shelve.note = f.optional_text("note", note_longest);
    if (f.ok() && shelve.reason == ShelveReason::other && shelve.note.empty())
        f.refuse("note", "is needed with the reason \"other\": say in a few words why");
    const double minutes = f.number("minutes");
    constexpr auto shortest = static_cast<double>(shelved_shortest.count()) / 60'000;
    constexpr auto longest = static_cast<double>(shelved_longest.count()) / 60'000;
    if (f.ok() && !(minutes >= shortest && minutes <= longest))
        f.refuse("minutes", "must be 5 to 240: a shelved alarm always comes back");
    shelve.length = Duration{f.ok() ? static_cast<std::int64_t>(std::llround(minutes * 60'000)) : 0};
    action.what = std::move(shelve);
}

void read_about_alarm(RouteId route, Fields& f, Reader& r, std::string_view id, Action& action)
{
    if (route == RouteId::shelve) return read_shelve(f, r, id, action);
    const EpisodeId alarm = alarm_of(f, r, id);
    if (route == RouteId::unshelve) action.what = Unshelve{alarm};
    else action.what = Acknowledge{alarm};
}

CallId call_of(Fields& f, const Reader& r, std::string_view id)
{
    const CallView* call = find_call(r.view, id);
    if (call == nullptr) f.refuse("", "no open call '" + std::string{id.substr(0, 64)} + "'", 404);
    return call != nullptr ? call->id : CallId{};
}

void read_call_answer(Fields& f, Reader& r, std::string_view id, Action& action)
{
    const CallId call = call_of(f, r, id);
    const auto kind = static_cast<AnswerKind>(f.choice("answer", {"coming", "cannot", "here"}));
    action.what = Answer{call, kind};
}

void read_phoned(Fields& f, Reader& r, std::string_view id, Action& action)
{
    CallPhoned phoned;
    phoned.call = call_of(f, r, id);
    phoned.to = f.text("to", name_longest);
    phoned.coming = f.optional_flag("coming");
    action.what = std::move(phoned);
}

void read_about_call(RouteId route, Fields& f, Reader& r, std::string_view id, Action& action)
{
    if (route == RouteId::answer_call) return read_call_answer(f, r, id, action);
    if (route == RouteId::call_phoned) return read_phoned(f, r, id, action);
    action.what = CallAgain{call_of(f, r, id)};
}

BedId bed_at(Fields& f, const Reader& r, std::string_view alias)
{
    const BedView* bed = find_bed(r.view, alias);
    if (bed == nullptr) f.refuse("", "no bed '" + std::string{alias.substr(0, 64)} + "'", 404);
    return bed != nullptr ? bed->id : no_bed;
}

void read_pause(Fields& f, Reader& r, std::string_view alias, Action& action)
{
    const BedId bed = bed_at(f, r, alias);
    const double seconds = f.number("seconds");
    if (f.ok() && !(seconds >= 1 && seconds <= pause_longest_s))
        f.refuse("seconds", "must be 1 to 120: a pause always ends");
    const Duration length{f.ok() ? static_cast<std::int64_t>(std::llround(seconds * 1000)) : 0};
    action.what = PauseAudio{bed, length};
}

void read_limit(Fields& f, Reader& r, std::string_view alias, Action& action)
{
    SetLimit set;
    set.bed = bed_at(f, r, alias);
    set.limit = f.text("limit", name_longest);
    if (f.optional_flag("end").value_or(false)) {
        action.what = std::move(set);
        return;
    }
    set.value = f.text("value", name_longest);
    set.reason = f.text("reason", reason_longest);
    const double seconds = f.number("seconds");
    constexpr auto longest = static_cast<double>(own_limit_longest.count()) / 1000;
    if (f.ok() && !(seconds >= 60 && seconds <= longest))
        f.refuse("seconds", "must be 60 to 86400: a limit of one patient ends by itself");
    set.length = Duration{f.ok() ? static_cast<std::int64_t>(std::llround(seconds * 1000)) : 0};
    action.what = std::move(set);
}

std::string roster_of(Fields& f, const WardView& view)
{
    std::string roster = f.text("roster", name_longest);
    std::vector<std::string> known;
    for (const DutyView& duty : view.duties) known.push_back(duty.roster);
    if (f.ok() && std::find(known.begin(), known.end(), roster) == known.end())
        f.refuse("roster", "names no roster of this ward: '" + roster + "'" + did_you_mean(roster, known), 404);
    return roster;
}

void read_roster_change(Fields& f, Reader& r, Action& action)
{
    ChangeRoster change;
    change.roster = roster_of(f, r.view);
    change.to_person = f.text("to", name_longest);
    change.reason = f.text("reason", reason_longest);
    change.when.from = f.optional_any_time("from").value_or(r.now);
    const auto until = f.optional_any_time("until");
    if (f.ok() && until && f.has("seconds")) f.refuse("seconds", "excludes 'until'");
    constexpr auto longest = static_cast<double>(roster_change_longest.count()) / 1000;
    if (until) {
        change.when.to = *until;
    } else {
        const double seconds = f.number("seconds");
        if (f.ok() && !(seconds >= 60 && seconds <= longest))
            f.refuse("seconds", "must be 60 to 1209600: a longer change belongs into the roster itself");
        change.when.to =
            change.when.from + Duration{f.ok() ? static_cast<std::int64_t>(std::llround(seconds * 1000)) : 0};
    }
    if (f.ok() && change.when.to <= change.when.from) f.refuse("until", "must be after the beginning");
    action.what = std::move(change);
}

void read_action(RouteId route, Fields& f, Reader& r, std::string_view parameter, Change& change)
{
    Action action;
    if (route != RouteId::here) action.person = f.text("person", name_longest);
    switch (route) {
    case RouteId::here:
        action.what = SomebodyHere{bed_of(f, "bed", r.view), f.optional_text("station", name_longest)};
        break;
    case RouteId::watch_start:
        read_watch_start(f, r, action);
        break;
    case RouteId::watch_transfer:
        read_watch_transfer(f, r, action);
        break;
    case RouteId::watch_confirm:
        read_watch_confirm(f, r, action);
        break;
    case RouteId::watch_end:
        read_watch_end(f, r, action);
        break;
    case RouteId::acknowledge:
    case RouteId::shelve:
    case RouteId::unshelve:
        read_about_alarm(route, f, r, parameter, action);
        break;
    case RouteId::answer_call:
    case RouteId::call_again:
    case RouteId::call_phoned:
        read_about_call(route, f, r, parameter, action);
        break;
    case RouteId::pause:
        read_pause(f, r, parameter, action);
        break;
    case RouteId::limits:
        read_limit(f, r, parameter, action);
        break;
    case RouteId::check_rate:
        action.what = CheckRate{bed_at(f, r, parameter)};
        break;
    case RouteId::protocol_open:
        read_protocol_open(f, find_bed(r.view, parameter), parameter, action);
        break;
    case RouteId::protocol_step:
        read_protocol_step(f, find_bed(r.view, parameter), parameter, action);
        break;
    case RouteId::protocol_close:
        read_protocol_close(f, find_bed(r.view, parameter), parameter, action);
        break;
    case RouteId::oncall_set:
        read_roster_change(f, r, action);
        break;
    case RouteId::oncall_take_back:
        action.what = ChangeRoster{roster_of(f, r.view), "", {r.now, r.now}, ""};
        break;
    case RouteId::commission:
        read_commission(f, r.view, r.now, parameter, action);
        break;
    case RouteId::commission_revoke:
        read_revoke(f, r.view, parameter, action);
        break;
    case RouteId::test_page:
        action.what = TestPage{f.text("to", name_longest)};
        break;
    default:
        f.refuse("", "nothing changes here", 404);
        break;
    }
    change.inputs.emplace_back(std::move(action));
}

} // namespace

std::variant<Change, Mistake> read_change(RouteId route, std::string_view parameter,
                                          std::string_view body, const WardView& view, WallTime now)
{
    auto parsed = parse_object(body);
    if (auto* bad = std::get_if<Mistake>(&parsed)) return std::move(*bad);
    Reader reader{view, now, std::nullopt, {}};
    Fields fields{std::get<json>(parsed), reader.mistake};
    Change change;
    if (route == RouteId::entries)
        read_entry(fields, reader, change);
    else
        read_action(route, fields, reader, parameter, change);
    if (!reader.mistake) fields.finish();
    if (reader.mistake) return std::move(*reader.mistake);
    change.warning = std::move(reader.warning);
    return change;
}

const BedView* find_bed(const WardView& view, std::string_view alias)
{
    const auto found = std::find_if(view.beds.begin(), view.beds.end(),
                                    [&](const BedView& bed) { return bed.alias == alias; });
    return found == view.beds.end() ? nullptr : &*found;
}

const CallView* find_call(const WardView& view, std::string_view id)
{
    std::uint32_t number = 0;
    const std::string_view digits = id.starts_with('#') ? id.substr(1) : id;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
    for (const CallView& call : view.calls)
        if (call.id.text() == id || (is_number && call.number == number)) return &call;
    return nullptr;
}

const EpisodeView* find_episode(const WardView& view, std::string_view id)
{
    for (const EpisodeView& episode : view.episodes)
        if (episode.id.text() == id) return &episode;
    return nullptr;
}

} // namespace magwatch::http
