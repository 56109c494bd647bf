#include "daemon/history/fhir_export.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/history/fhir_codes.hpp"
#include "daemon/history/text.hpp"
#include "daemon/http/times.hpp"
#include "daemon/journal/journal_format.hpp"

namespace magwatch
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::string_view category_system = "http://terminology.hl7.org/CodeSystem/observation-category";
constexpr std::string_view statistics_system = "http://terminology.hl7.org/CodeSystem/observation-statistics";
constexpr std::string_view reason_system = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

// The same thing gets the same id in each export, so that whoever reads it twice does not keep it twice.
// RFC 9562, version 8: from a hash of ours.
std::string uuid_of(const std::string& what)
{
    std::string digits = blob_hash(what).substr(0, 32);
    digits[12] = '8';
    digits[16] = "89ab"[static_cast<unsigned>(digits[16]) % 4];
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) digits.insert(dash, 1, '-');
    return digits;
}

Json coding(std::string_view system, std::string_view code, std::string_view display)
{
    return {{"system", system}, {"code", code}, {"display", display}};
}

Json concept_of(const FhirCode& about)
{
    Json out;
    out["coding"] = Json::array({coding(about.loinc ? loinc_system : local_system, about.code, about.display)});
    // The profile of R4 names this one for oximetry too.
    if (about.signal == Signal::spo2)
        out["coding"].push_back(coding(loinc_system, "2708-6", "Oxygen saturation in Arterial blood"));
    out["text"] = about.display;
    return out;
}

Json quantity(double value, const FhirCode& about)
{
    return {{"value", value}, {"unit", about.ucum}, {"system", ucum_system}, {"code", about.ucum}};
}

void put_value(Json& out, double value, const FhirCode& about)
{
    if (about.value == FhirValue::integer) {
        out["valueInteger"] = static_cast<std::int64_t>(std::llround(value));
    } else if (about.value == FhirValue::word) {
        const std::string_view word = value_word(about.signal, value);
        out["valueCodeableConcept"] = {{"coding", Json::array({coding(local_system, word, word)})}, {"text", word}};
    } else {
        out["valueQuantity"] = quantity(value, about);
    }
}

// Of device values over a while.
struct Sum {
    std::uint64_t count = 0;
    double sum = 0, min = 0, max = 0;
    void add(const HistorySignal& one)
    {
        min = count == 0 ? one.min : std::min(min, one.min);
        max = count == 0 ? one.max : std::max(max, one.max);
        sum += one.mean * one.count;
        count += one.count;
    }
};

// One stay's values, as they are sorted into observations.
class Chart
{
public:
    explicit Chart(const HistoryQuestion& question) : question_{question} {}

    void add(const HistoryMinute& minute)
    {
        for (const HistorySignal& one : minute.signals) {
            const auto signal = signal_from(one.signal);
            if (!signal || fhir_code(*signal) == nullptr) continue;
            const auto& wanted = question_.signals;
            if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), one.signal) == wanted.end()) continue;
            const std::int64_t start = minute.minute * minute_ms;
            if (info(*signal).kind == SignalKind::continuous) {
                means[{start / question_.interval.count() * question_.interval.count(), *signal}].add(one);
            } else if (one.samples.size() >= one.count) {
                for (const HistorySample& sample : one.samples) single(*signal, start + sample.offset_ms, sample.value);
            } else {
                single(*signal, start, one.last);
            }
        }
    }

    std::map<std::pair<std::int64_t, Signal>, Sum> means;     // by the start of the interval
    std::map<std::pair<std::int64_t, Signal>, double> values; // by their time
    std::map<std::int64_t, std::map<Signal, double>> cuffs;   // by their second
    std::vector<StruckValue> struck; // of signals that are exported
    [[nodiscard]] std::size_t size() const { return means.size() + values.size() + cuffs.size() + struck.size(); }

    void strike(const StruckValue& value)
    {
        const auto signal = signal_from(value.signal);
        const auto& wanted = question_.signals;
        if (!signal || fhir_code(*signal) == nullptr) return;
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), value.signal) == wanted.end()) return;
        struck.push_back(value);
    }

private:
    void single(Signal signal, std::int64_t at, double value)
    {
        const SignalKind kind = info(signal).kind;
        if (kind == SignalKind::pump) { // a pump tells its rate each second: what changes is told
            const auto [last, first] = pump_.try_emplace(signal, value);
            if (!first && last->second == value) return;
            last->second = value;
        }
        const bool pressure = signal == Signal::sbp || signal == Signal::dbp || signal == Signal::map;
        if (pressure) cuffs[at / 1000 * 1000][signal] = value;
        else values[{at, signal}] = value;
    }

    const HistoryQuestion& question_;
    std::map<Signal, double> pump_;
};

class Bundle
{
public:
    explicit Bundle(const HistoryQuestion& question) : question_{question}
    {
        Json head;
        head["resourceType"] = "Bundle";
        put_meta(head);
        head["type"] = "collection";
        head["timestamp"] = http::format_time(question.now);
        out_ = head.dump();
        out_.pop_back();
        out_ += ",\"entry\":[";
        add(code_system(), std::string{local_system});
    }

    void add(const Stay& stay, const Chart& chart)
    {
        const std::string pseudonym = question_.bed + "/" + http::format_time(stay.from);
        Json patient = resource("Patient", pseudonym);
        patient["identifier"] = Json::array({{{"system", stay_system}, {"value", pseudonym}}});
        subject_ = {{"reference", "urn:uuid:" + patient["id"].get<std::string>()}, {"type", "Patient"}};
        stay_ = pseudonym;
        add(patient, "");
        for (const auto& [key, sum] : chart.means) add_mean(key.first, *fhir_code(key.second), sum);
        for (const auto& [key, value] : chart.values) add_value(key.first, *fhir_code(key.second), value);
        for (const auto& [at, cuff] : chart.cuffs) add_pressure(at, cuff);
        for (const StruckValue& one : chart.struck) {
            const Signal signal = *signal_from(one.signal);
            add_struck(one, *fhir_code(signal), chart.values.contains({one.at.ms, signal}));
        }
    }
    [[nodiscard]] std::string take() { return std::move(out_) + "]}"; }

private:
    void put_meta(Json& out) const
    {
        if (question_.simulation)
            out["meta"] = {{"tag", Json::array({coding(reason_system, "HTEST", "test health data")})}};
    }
    [[nodiscard]] Json resource(std::string_view type, const std::string& identity) const
    {
        Json out;
        out["resourceType"] = type;
        out["id"] = uuid_of(std::string{type} + " " + identity);
        put_meta(out);
        return out;
    }
    void add(const Json& made, const std::string& url)
    {
        if (out_.back() != '[') out_ += ',';
        out_ += "{\"fullUrl\":";
        append_json(out_, url.empty() ? "urn:uuid:" + made["id"].get<std::string>() : url);
        out_ += ",\"resource\":" + made.dump() + '}';
    }
    [[nodiscard]] Json code_system() const
    {
        Json out;
        out["resourceType"] = "CodeSystem";
        out["id"] = local_system.substr(local_system.rfind(':') + 1);
        put_meta(out);
        out["url"] = local_system;
        out["version"] = question_.version;
        out["name"] = "MagwatchCodes";
        out["title"] = "Codes of magwatch where no public one is confirmed";
        out["status"] = "active";
        out["content"] = "complete";
        out["concept"] = Json::array();
        for (const FhirCode& one : fhir_codes()) {
            if (!one.loinc) out["concept"].push_back({{"code", one.code}, {"display", one.display}});
        }
        for (const SignalWord& one : signal_words()) {
            if (one.signal == Signal::avpu) out["concept"].push_back({{"code", one.word}, {"display", one.word}});
        }
        return out;
    }
    [[nodiscard]] Json observation(const std::string& identity, std::string_view category, Json code) const
    {
        Json out = resource("Observation", stay_ + " " + identity);
        out["status"] = "final";
        out["category"] = Json::array({{{"coding", Json::array({{{"system", category_system}, {"code", category}}})}}});
        out["code"] = std::move(code);
        out["subject"] = subject_;
        return out;
    }
    void add_value(std::int64_t at, const FhirCode& about, double value)
    {
        Json out = observation(std::string{name(about.signal)} + " " + std::to_string(at), about.category,
                               concept_of(about));
        out["effectiveDateTime"] = http::format_time(WallTime{at});
        put_value(out, value, about);
        if (!about.method.empty()) out["method"] = {{"text", about.method}};
        add(out, "");
    }
    // Kept and marked, never left out: whoever read it as final must hear that it was wrong. What stands in its place
    // at the same time has its id.
    void add_struck(const StruckValue& struck, const FhirCode& about, bool replaced)
    {
        const std::string identity = struck.signal + " " + std::to_string(struck.at.ms);
        Json out = observation(replaced ? identity + " struck " + std::to_string(struck.value) : identity,
                               about.category, concept_of(about));
        out["status"] = "entered-in-error";
        out["effectiveDateTime"] = http::format_time(struck.at);
        put_value(out, struck.value, about);
        add(out, "");
    }
    void add_mean(std::int64_t start, const FhirCode& about, const Sum& sum)
    {
        Json out = observation(std::string{name(about.signal)} + " mean " + std::to_string(question_.interval.count()) +
                                   " " + std::to_string(start),
                               about.category, concept_of(about));
        const WallTime from{start};
        out["effectivePeriod"] = {{"start", http::format_time(from)},
                                  {"end", http::format_time(from + question_.interval)}};
        out["valueQuantity"] = quantity(rounded(sum.sum / static_cast<double>(sum.count)), about);
        std::string method{about.method};
        if (!method.empty()) method += ", ";
        out["method"] = {{"text", method + "mean of the values of the period"}};
        const auto statistic = [&](std::string_view code, std::string_view display) {
            return Json{{"code", {{"coding", Json::array({coding(statistics_system, code, display)})}}}};
        };
        Json least = statistic("minimum", "Minimum"), greatest = statistic("maximum", "Maximum");
        Json count = statistic("count", "Count");
        least["valueQuantity"] = quantity(sum.min, about);
        greatest["valueQuantity"] = quantity(sum.max, about);
        count["valueInteger"] = sum.count;
        out["component"] = Json::array({least, greatest, count});
        add(out, "");
    }
    void add_pressure(std::int64_t at, const std::map<Signal, double>& cuff)
    {
        const Json code = coding(loinc_system, "85354-9", "Blood pressure panel with all children optional");
        const Json panel = {{"coding", Json::array({code})}, {"text", "Blood pressure"}};
        Json out = observation("cuff " + std::to_string(at), "vital-signs", panel);
        out["effectiveDateTime"] = http::format_time(WallTime{at});
        out["component"] = Json::array();
        for (const auto& [signal, value] : cuff) {
            const FhirCode& about = *fhir_code(signal);
            out["component"].push_back({{"code", concept_of(about)}, {"valueQuantity", quantity(value, about)}});
        }
        add(out, "");
    }

    const HistoryQuestion& question_;
    std::string out_;
    std::string stay_;
    Json subject_;
};

} // namespace

HistoryAnswer export_fhir(const HistoryQuestion& question, const Recording& recording)
{
    const WallTime from = *question.from, to = end_of(question);
    const auto events = recording.events(from - longest_trend, to);
    if (const auto* error = std::get_if<JournalError>(&events)) return unreadable(*error);
    Bundle bundle{question};
    std::size_t observations = 0, stays = 0;
    for (const Stay& stay : stays_of(std::get<std::vector<HistoryEvent>>(events), question.watched_since)) {
        const WallTime begin = std::max(from, stay.from), end = std::min(to, stay.to.value_or(to));
        if (begin >= end) continue;
        Chart chart{question};
        if (const auto error = recording.visit(begin, end, [&](const HistoryMinute& minute) { chart.add(minute); },
                                               [&](const StruckValue& struck) { chart.strike(struck); }))
            return unreadable(*error);
        observations += chart.size();
        if (observations > most_fhir_observations)
            return {400, "more than 20000 observations: a longer interval, fewer signals or less time", "", "", ""};
        bundle.add(stay, chart);
        ++stays;
    }
    if (stays == 0) return {404, "this bed was not watched in that time: nothing to export", "", "", ""};
    std::string name = question.bed + "_" + http::format_time(from).substr(0, 16) + "Z.fhir.json";
    std::erase(name, ':');
    return {200, "", "application/fhir+json", bundle.take(), std::move(name)};
}

} // namespace magwatch
