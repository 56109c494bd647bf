#include "tests/rules/transcription.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include <toml++/toml.h>

#include "rules/alarm/rule_tests.hpp"
#include "rules/language/expression.hpp"

namespace magwatch::test {
namespace {

const toml::table& schedules()
{
    static const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/schedules.toml");
    return document;
}

std::string cell_text(std::optional<double> grams, const char* unit)
{
    if (!grams) return "";
    char out[32];
    std::snprintf(out, sizeof out, "%.6g %s", *grams, unit);
    return out;
}

// One way to write a length of time: "1 h" and "60 min" are one.
std::string same_length(const std::string& text)
{
    const auto length = language::parse_duration(text);
    return length ? length_text(*length) : text;
}

} // namespace

std::string schedule_text(const Pack& pack, const Check& check)
{
    std::string out;
    for (const CheckPhase& phase : check.phases) out += length_text(phase.every) + " for " + length_text(phase.length) + ", ";
    if (!check.phases.empty()) out += "then ";
    out += length_text(check.every) + "; overdue after " + length_text(check.overdue_after);
    if (check.after_stop.length > Duration{})
        out += "; after a stop " + length_text(check.after_stop.every) + " for " + length_text(check.after_stop.length);
    if (check.before_dose > Duration{}) out += "; before a dose " + length_text(check.before_dose);
    for (const PackItem& item : pack.outline.checks) {
        if (item.id != check.id) continue;
        const std::string needs{item.value("needs")};
        if (needs != "mg_on_board") out += "; while " + (needs.empty() ? "always" : needs);
    }
    return out;
}

std::vector<std::string> schedule_differences(const Pack& pack)
{
    std::vector<std::string> out;
    const toml::table* own = schedules()[pack.name].as_table();
    if (!own) return {pack.name + " has no schedules in tests/rules/schedules.toml"};
    std::map<std::string, std::string> wanted;
    const toml::table* root = pack.example ? own : schedules()["minimal"].as_table();
    for (const auto* table : {root, own}) {
        for (const auto& [id, text] : *table) wanted[std::string{id.str()}] = text.value_or(std::string{});
    }
    std::erase_if(wanted, [](const auto& one) { return one.second == "none"; });
    for (const Check& check : pack.checks) {
        const std::string is = schedule_text(pack, check);
        const auto found = wanted.find(check.id);
        if (found == wanted.end()) {
            out.push_back(pack.name + ": check " + check.id + " is not in the transcription: " + is);
            continue;
        }
        if (found->second != is) out.push_back(pack.name + ": check " + check.id + ": " + is + ", not " + found->second);
        wanted.erase(found);
    }
    for (const auto& [id, text] : wanted) out.push_back(pack.name + ": check " + id + " is missing: " + text);
    return out;
}

std::vector<std::pair<std::string, std::string>> cells_of(const IndicationRow& row)
{
    const auto time = [](std::optional<Duration> length) { return length ? length_text(*length) : std::string{}; };
    return {{"bolus_max", cell_text(row.bolus_max, "g")},
            {"bolus_min_duration", time(row.bolus_min_duration)},
            {"bolus_rate_max", cell_text(row.bolus_rate_max, "g/h")},
            {"rate_warn", cell_text(row.rate_warn, "g/h")},
            {"rate_alarm", cell_text(row.rate_alarm, "g/h")},
            {"session_cap", cell_text(row.session_cap, "g")},
            {"hour_cap", cell_text(row.hour_cap, "g")},
            {"day_cap", cell_text(row.day_cap, "g")},
            {"two_day_cap_renal", cell_text(row.two_day_cap_renal, "g")},
            {"duration_max", time(row.duration_max)},
            {"check_every", time(row.check_every)},
            {"after_watch", time(row.after_watch)}};
}

std::vector<std::string> indication_differences(const SessionTable& table)
{
    static const toml::table document = toml::parse_file(MAGWATCH_SOURCE_DIR "/tests/rules/indications.toml");
    std::vector<std::string> out;
    if (document.size() != table.indications.size()) out.emplace_back("the transcription has another number of indications");
    for (const IndicationRow& row : table.indications) {
        const std::string id{name(row.indication)};
        const toml::table* wanted = document[id].as_table();
        if (!wanted) {
            out.push_back(id + " is not in the transcription");
            continue;
        }
        std::size_t stated = 0;
        for (const auto& [cell, is] : cells_of(row)) {
            const std::string text = (*wanted)[cell].value_or(std::string{});
            stated += text.empty() ? 0 : 1;
            if (is != same_length(text)) out.push_back(id + ": " + cell + " is '" + is + "', not '" + text + "'");
        }
        if (stated != wanted->size()) out.push_back(id + ": a cell of the transcription has another name");
    }
    return out;
}

} // namespace magwatch::test
