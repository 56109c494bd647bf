#include "daemon/http/chart.hpp"

#include <algorithm>

#include "daemon/history/event_words.hpp"
#include "daemon/http/times.hpp"

namespace magwatch::http
{
namespace
{

std::string_view kind(const ValueEntry& entry)
{
    switch (entry.signal) {
    case Signal::reflex_knee:
    case Signal::reflex_arm:
        return "reflex";
    case Signal::rr_counted:
        return "rr";
    case Signal::sbp:
    case Signal::dbp:
        return "bp";
    case Signal::mg:
        return "level";
    case Signal::avpu:
    case Signal::gcs:
    case Signal::weight:
    case Signal::creatinine:
    case Signal::calcium:
    case Signal::urine:
        return name(entry.signal);
    default:
        return info(entry.signal).kind == SignalKind::fact ? "fact" : "value";
    }
}
std::string_view kind(const UrineEntry&) { return "urine"; }
std::string_view kind(const InfusionRateEntry&) { return "infusion"; }
std::string_view kind(const BolusEntry&) { return "bolus"; }
std::string_view kind(const InfusionStopEntry&) { return "stop"; }
std::string_view kind(const IntramuscularEntry&) { return "dose"; }
std::string_view kind(const SymptomEntry&) { return "symptom"; }
std::string_view kind(const SedationEntry&) { return "sedation"; }
std::string_view kind(const FitEntry&) { return "fit"; }
std::string_view kind(const ScreeningEntry&) { return "screening"; }
std::string_view kind(const DecisionEntry&) { return "decision"; }
std::string_view kind(const SessionEntry&) { return "session"; }
std::string_view kind(const LevelEntry&) { return "level"; }
std::string_view kind(const UntestableEntry&) { return "reflex"; }
std::string_view kind(const ConcernedEntry& entry) { return entry.over ? "not_concerned" : "concerned"; }
std::string_view kind(const StrikeEntry&) { return "strike"; }

Json text_or_nothing(const std::string& text) { return text.empty() ? Json{} : Json(text); }
Json id_or_nothing(EntryId id) { return id == EntryId{} ? Json{} : Json(id.text()); }

Json entry_json(const ChartEntry& entry)
{
    Json out;
    out["id"] = entry.id.text();
    out["kind"] = kind_of(entry.what);
    out["text"] = words_of(entry.what);
    out["at"] = format_time(entry.at);
    out["entered_at"] = format_time(entry.entered.wall);
    out["by"] = entry.by_device ? Json{} : Json(entry.by);
    out["source"] = entry.by_device ? Json(entry.by) : Json{};
    out["note"] = text_or_nothing(note_of(entry.what));
    out["corrects"] = id_or_nothing(entry.corrects);
    out["struck"] = !entry.struck ? Json{}
                                  : Json{{"by", entry.struck->by},
                                         {"at", format_time(entry.struck->at)},
                                         {"reason", entry.struck->reason},
                                         {"instead", id_or_nothing(entry.struck->instead)}};
    return out;
}

} // namespace

std::string_view kind_of(const EntryWhat& what)
{
    return std::visit([](const auto& one) { return kind(one); }, what);
}

std::string words_of(const EntryWhat& what)
{
    Entry entry;
    entry.what = what;
    return event_of(entry, WallTime{}).text;
}

std::string note_of(const EntryWhat& what)
{
    if (const auto* sedation = std::get_if<SedationEntry>(&what)) return sedation->drug;
    if (const auto* decision = std::get_if<DecisionEntry>(&what)) return decision->reason;
    if (const auto* untestable = std::get_if<UntestableEntry>(&what)) return untestable->reason;
    if (const auto* concerned = std::get_if<ConcernedEntry>(&what)) return concerned->note;
    return "";
}

Json render_chart(const BedView& bed)
{
    Json out;
    out["bed"] = bed.alias;
    out["count"] = bed.chart_count;
    out["most"] = chart_most;
    out["entries"] = Json::array();
    if (!bed.chart) return out;
    for (auto entry = bed.chart->rbegin(); entry != bed.chart->rend(); ++entry)
        out["entries"].push_back(entry_json(*entry));
    return out;
}

const ChartEntry* find_entry(const BedView& bed, std::string_view id)
{
    if (!bed.chart) return nullptr;
    const auto found = std::find_if(bed.chart->begin(), bed.chart->end(),
                                    [&](const ChartEntry& one) { return one.id.text() == id; });
    return found == bed.chart->end() ? nullptr : &*found;
}

} // namespace magwatch::http
