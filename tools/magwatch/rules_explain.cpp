// magwatch rules explain: one rule in words, with everything that bears on it.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_library.hpp"
#include "rules/alarm/rule_words.hpp"
#include "rules/observation/signal.hpp"
#include "tools/magwatch/builtin_conditions.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"
#include "tools/magwatch/session_fields.hpp"

namespace magwatch::cli
{
namespace
{

std::string join(const std::vector<std::string>& words)
{
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

Json inputs_of(SignalMask reads)
{
    Json out = Json::array();
    for (std::size_t i = 0; i < signal_count; ++i) {
        const auto signal = static_cast<Signal>(i);
        if ((reads & mask(signal)) == 0) continue;
        const SignalInfo& about = info(signal);
        const bool lasts = about.fresh_for == lasting;
        out.push_back({{"signal", name(signal)},
                       {"title", about.title},
                       {"unit", about.unit == Unit::none ? "" : name(about.unit)},
                       {"fresh_for", lasts ? "until it changes" : length_text(about.fresh_for)}});
    }
    return out;
}

Json explain(const Pack& pack, const Rule& rule, const PackItem& item, const PackTest& tests)
{
    Json fields = Json::object(), limits = Json::array(), held = Json::array(), cases = Json::array();
    for (const PackField& field : item.fields)
        fields[field.key] = {{"value", field.value}, {"from", field.from}};
    for (const std::string& used : item.limits) {
        const PackLimit* limit = pack.outline.limit(used);
        if (limit == nullptr) continue;
        limits.push_back({{"name", limit->name},
                          {"value", limit->value},
                          {"source", limit->source},
                          {"from", limit->from}});
    }
    for (const Inhibition& one : pack.inhibitions)
        for (const std::uint16_t index : one.rules)
            if (pack.rules[index].id == rule.id)
                held.push_back({{"id", one.id}, {"reason", one.reason}});
    for (const CaseResult& one : tests.cases) {
        if (std::find(one.rules.begin(), one.rules.end(), rule.id) == one.rules.end()) continue;
        Json expected = Json::array();
        for (const CaseTransition& t : one.expected)
            if (t.rule == rule.id)
                expected.push_back((t.raised ? "raised " : "cleared ") + length_text(t.at));
        cases.push_back({{"title", one.title},
                         {"file", one.file},
                         {"line", one.line},
                         {"expected", std::move(expected)},
                         {"passed", one.passed}});
    }
    return {{"rule", rule.id},          {"pack", pack.name},
            {"title", rule.title},      {"sentence", rule_words(rule, item)},
            {"message", rule.message},  {"prompt", rule.prompt},
            {"source", rule.source},    {"inputs", inputs_of(rule.reads)},
            {"limits", std::move(limits)}, {"held_back_by", std::move(held)},
            {"fields", std::move(fields)}, {"cases", std::move(cases)}};
}

std::string sentence(const BuiltinCondition& one)
{
    if (!one.rings) return "No alarm: the answer is recorded and shown.";
    std::string out = alarm_words(one.alarm.priority, one.alarm.kind, one.alarm.grade) + ", raised when " + one.when;
    if (one.policy.hold > Duration::zero()) out += "; after " + length_text(one.policy.hold);
    out += ". It ends when " + (one.until.empty() ? "that is over" : one.until);
    if (one.policy.clear_hold > Duration::zero()) out += " for " + length_text(one.policy.clear_hold);
    if (one.alarm.latching && one.until.empty()) out += ", and stays until somebody has seen it";
    const bool check = one.item != nullptr;
    return out + (check ? ". It belongs to the pack's schedule of checks." : ". It rings under every pack.");
}

// The caps of each indication that decide it, and which pack says so.
Json cells_of(const BuiltinCondition& one, const SessionOrigins& sessions)
{
    Json out = Json::array();
    for (const SessionPart& part : sessions.parts()) {
        if (part.kind != "indication") continue;
        for (const SessionOrigin& origin : sessions.of(part)) {
            if (std::find(one.cells.begin(), one.cells.end(), origin.key) == one.cells.end()) continue;
            out.push_back({{"name", part.id + "." + origin.key},
                           {"value", origin.field ? origin.field->value : "none (emptied: " + origin.was + ")"},
                           {"source", origin.field ? origin.field->source : "the pack's own rules judge"},
                           {"from", origin.from}});
        }
    }
    return out;
}

Json explain(const Pack& pack, const BuiltinCondition& one, const std::string& path)
{
    Json fields = Json::object();
    if (one.item != nullptr)
        for (const PackField& field : one.item->fields)
            fields[field.key] = {{"value", field.value}, {"from", field.from}};
    const SessionOrigins sessions{pack, PackFolder{path}};
    return {{"rule", one.alarm.rule},      {"pack", pack.name},
            {"built_in", true},            {"rings", one.rings},
            {"title", one.alarm.title},    {"sentence", sentence(one)},
            {"priority", name(one.alarm.priority)},
            {"message", one.alarm.message}, {"prompt", one.alarm.prompt},
            {"source", one.source},        {"inputs", inputs_of(one.reads)},
            {"limits", cells_of(one, sessions)}, {"held_back_by", Json::array()},
            {"fields", std::move(fields)}, {"cases", Json::array()}};
}

void print(const Pack& pack, const Json& about)
{
    const auto text = [](const Json& value) { return value.get<std::string>(); };
    std::printf("%s: %s\n%s\n\n", text(about["rule"]).c_str(), text(about["title"]).c_str(),
                text(about["sentence"]).c_str());
    if (const std::string says = text(about["message"]); !says.empty()) std::printf("says     %s\n", says.c_str());
    if (const std::string prompt = text(about["prompt"]); !prompt.empty())
        std::printf("asks     %s\n", prompt.c_str());
    std::printf("source   %s\n", text(about["source"]).c_str());
    for (const Json& in : about["inputs"])
        std::printf("reads    %s: %s%s%s; a value holds %s\n", text(in["signal"]).c_str(),
                    text(in["title"]).c_str(), text(in["unit"]).empty() ? "" : ", in ",
                    text(in["unit"]).c_str(), text(in["fresh_for"]).c_str());
    for (const Json& limit : about["limits"])
        std::printf("limit    %s = %s (%s; %s)\n", text(limit["name"]).c_str(), text(limit["value"]).c_str(),
                    text(limit["source"]).c_str(), origin_text(pack, text(limit["from"])).c_str());
    for (const Json& one : about["held_back_by"])
        std::printf("held back by %s: %s\n", text(one["id"]).c_str(), text(one["reason"]).c_str());
    std::vector<std::string> own, inherited;
    for (const auto& [key, field] : about["fields"].items())
        (text(field["from"]) == pack.name ? own : inherited).push_back(key);
    if (!inherited.empty())
        std::printf("inherited: %s; of this pack: %s\n", join(inherited).c_str(),
                    own.empty() ? "nothing" : join(own).c_str());
    for (const Json& one : about["cases"]) {
        std::vector<std::string> expected;
        for (const Json& e : one["expected"]) expected.push_back(text(e));
        std::printf("case     %s: %s%s\n", text(one["title"]).c_str(),
                    expected.empty() ? "stays quiet" : join(expected).c_str(),
                    one["passed"].get<bool>() ? "" : " (FAILS)");
    }
}

int explain_rule(Shell& shell, const std::string& id, const std::string& path)
{
    const auto pack = open_pack(shell, path);
    if (!pack) return failed;
    const auto rule = std::find_if(pack->rules.begin(), pack->rules.end(),
                                   [&](const Rule& one) { return one.id == id; });
    const PackItem* item = pack->outline.rule(id);
    if (item != nullptr && item->disabled) {
        shell.complain("'" + id + "' is disabled: " + std::string{item->value("reason")});
        return failed;
    }
    if (const auto built_in = item == nullptr ? builtin_condition(*pack, id) : std::nullopt) {
        const Json about = explain(*pack, *built_in, path);
        if (shell.json)
            shell.print(about);
        else
            print(*pack, about);
        return ok;
    }
    if (item == nullptr || rule == pack->rules.end()) {
        std::vector<std::string> ids = builtin_conditions(*pack);
        for (const Rule& one : pack->rules) ids.push_back(one.id);
        shell.complain("the pack '" + pack->name + "' has no rule '" + id + "'" + did_you_mean(id, ids));
        return failed;
    }
    const Json about = explain(*pack, *rule, *item, run_pack_tests(shell, path));
    if (shell.json)
        shell.print(about);
    else
        print(*pack, about);
    return ok;
}

// Every id that can be explained: the pack's rules, and what rings under every pack.
int list_conditions(Shell& shell, const std::string& path)
{
    const auto pack = open_pack(shell, path);
    if (!pack) return failed;
    std::vector<std::string> ids;
    for (const Rule& one : pack->rules) ids.push_back(one.id);
    for (std::string& one : builtin_conditions(*pack)) ids.push_back(std::move(one));
    if (shell.json) {
        shell.print(Json{{"pack", pack->name}, {"conditions", ids}});
        return ok;
    }
    for (const std::string& one : ids) std::puts(one.c_str());
    return ok;
}

} // namespace

void add_rules_explain(CLI::App& rules, Shell& shell)
{
    const auto id = std::make_shared<std::string>();
    const auto path = std::make_shared<std::string>("minimal");
    const auto list = std::make_shared<bool>(false);
    CLI::App* command =
        leaf(rules, shell, "explain", "one rule in words: inputs, delays, limits, sources and cases",
             Talks::no, [=, &shell]() -> int {
                 if (*list) return list_conditions(shell, *path);
                 if (!id->empty()) return explain_rule(shell, *id, *path);
                 shell.complain("give the id of a rule, or --list");
                 return usage;
             });
    command->add_option("rule", *id,
                        "the rule's id, or that of a condition under every pack: session.day-cap, technical.silent");
    command->add_flag("--list", *list, "name every rule and condition that can be explained");
    command->add_option("--pack", *path, "the pack, or 'minimal' for the built-in one")
        ->capture_default_str();
}

} // namespace magwatch::cli
