// magwatch rules diff: what changes between two packs, field by field, and in which cases it shows.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/cases/incident_run.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"
#include "tools/magwatch/session_fields.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

using Fields = std::map<std::string, std::string>;
using Parts = std::map<std::string, Fields>; // "rule rr-low" -> its fields

Parts parts_of(const Pack& pack)
{
    const PackOutline& outline = pack.outline;
    Parts out;
    for (const PackLimit& limit : outline.limits)
        out["limit " + limit.name] = {{"value", limit.value}, {"source", limit.source}};
    const auto add = [&](const std::string& what, const std::vector<PackItem>& items) {
        for (const PackItem& item : items) {
            Fields& fields = out[what + " " + item.id];
            for (const PackField& field : item.fields) fields[field.key] = field.value;
        }
    };
    add("rule", outline.rules);
    add("check", outline.checks);
    add("inhibition", outline.inhibitions);
    // A cap that one pack empties is a safety cap removed, though neither pack has a rule of it.
    for (const SessionPart& part : session_parts(pack.sessions)) {
        Fields& fields = out[part.kind + " " + part.id];
        for (const SessionField& field : part.fields) {
            fields[field.key] = field.value;
            if (!field.source.empty()) fields[field.key + " source"] = field.source;
        }
    }
    return out;
}

// {part, field, a, b}; null where one says nothing.
Json differences(const Pack& a, const Pack& b)
{
    const Parts before = parts_of(a), after = parts_of(b);
    Json out = Json::array();
    const auto compare = [&](const std::string& part) {
        const auto one = before.find(part), other = after.find(part);
        if (one == before.end() || other == after.end()) {
            out.push_back({{"part", part}, {"change", one == before.end() ? "added" : "removed"}});
            return;
        }
        Fields keys = one->second;
        keys.insert(other->second.begin(), other->second.end());
        for (const auto& [key, value] : keys) {
            const auto x = one->second.find(key), y = other->second.find(key);
            const Json was = x == one->second.end() ? Json{} : Json(x->second);
            const Json is = y == other->second.end() ? Json{} : Json(y->second);
            if (was != is)
                out.push_back({{"part", part}, {"change", "changed"}, {"field", key}, {"a", was}, {"b", is}});
        }
    };
    Parts all = before;
    all.insert(after.begin(), after.end());
    for (const auto& [part, fields] : all) compare(part);
    return out;
}

std::vector<std::string> case_files(const std::string& path)
{
    std::vector<std::string> out;
    std::error_code none;
    if (!fs::is_directory(path, none)) return {path};
    for (const auto& entry : fs::recursive_directory_iterator{path, none}) {
        const std::string file = entry.path().string();
        if (file.ends_with(".toml")) out.push_back(file);
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::string> transitions(const Pack& pack, const RuleCase& one)
{
    std::vector<std::string> out;
    for (const CaseTransition& t : run_case(pack, one))
        out.push_back(t.rule + (t.raised ? " raised " : " cleared ") + length_text(t.at));
    return out;
}

std::vector<std::string> without(std::vector<std::string> all, const std::vector<std::string>& others)
{
    std::erase_if(all, [&](const auto& one) {
        return std::find(others.begin(), others.end(), one) != others.end();
    });
    return all;
}

bool is_incident(const std::string& text)
{
    return text.find("\n[[expect]]") != std::string::npos || text.find("\n[[never]]") != std::string::npos;
}

// What a whole run of an incident raises, and when.
std::vector<std::string> raised(const Pack& pack, const Incident& incident)
{
    std::vector<std::string> out;
    for (const RaisedAlarm& alarm : run_incident(incident, Way::whole, pack).alarms)
        out.push_back(alarm.rule + " raised " + length_text(alarm.at));
    return out;
}

void compare(const std::string& title, const std::string& file, std::uint32_t line, const std::vector<std::string>& a,
             const std::vector<std::string>& b, Json& changed)
{
    const auto only_a = without(a, b), only_b = without(b, a);
    if (only_a.empty() && only_b.empty()) return;
    changed.push_back({{"case", title}, {"file", file}, {"line", line}, {"only_a", only_a}, {"only_b", only_b}});
}

// The cases of rules and the incidents in which alarms come or go otherwise; false: some file is wrong.
bool compare_cases(const Pack& a, const Pack& b, const std::string& path, Json& changed, std::size_t& count)
{
    bool good = true;
    for (const auto& file : case_files(path)) {
        std::string text, error;
        std::vector<Diagnostic> errors;
        if (!read_file(file, text, error)) {
            errors.push_back({file, 0, 0, "cannot be read", {}});
        } else if (is_incident(text)) {
            const auto incident = read_incident(text, file, errors);
            if (incident) {
                ++count;
                compare(incident->title, file, 1, raised(a, *incident), raised(b, *incident), changed);
            }
        } else if (text.find("[[case]]") == std::string::npos) {
            continue;
        }
        const bool rules = errors.empty() && !is_incident(text);
        const auto cases = rules ? read_cases(text, file, a, errors, true) : std::vector<RuleCase>{};
        print_errors(errors);
        good = good && errors.empty();
        for (const RuleCase& one : cases) {
            ++count;
            compare(one.title, file, one.line, transitions(a, one), transitions(b, one), changed);
        }
    }
    return good;
}

void print(const Json& fields, const Json& cases, std::size_t count)
{
    const auto text = [](const Json& v) { return v.is_null() ? std::string{"(nothing)"} : v.get<std::string>(); };
    for (const Json& d : fields) {
        if (d["change"] != "changed")
            std::printf("%s: %s\n", text(d["part"]).c_str(), text(d["change"]).c_str());
        else
            std::printf("%s: %s: %s -> %s\n", text(d["part"]).c_str(), text(d["field"]).c_str(),
                        text(d["a"]).c_str(), text(d["b"]).c_str());
    }
    if (fields.empty()) std::printf("the two packs say the same\n");
    for (const Json& c : cases) {
        std::printf("case %s (%s:%s)\n", text(c["case"]).c_str(), text(c["file"]).c_str(), c["line"].dump().c_str());
        for (const Json& one : c["only_a"]) std::printf("  - %s\n", text(one).c_str());
        for (const Json& one : c["only_b"]) std::printf("  + %s\n", text(one).c_str());
    }
    if (count > 0) std::printf("%zu of %zu cases change\n", cases.size(), count);
}

int diff(Shell& shell, const std::string& a, const std::string& b, const std::string& cases_path)
{
    const auto one = open_pack(shell, a), other = open_pack(shell, b);
    if (!one || !other) return failed;
    const Json fields = differences(*one, *other);
    Json cases = Json::array();
    std::size_t count = 0;
    const bool good = cases_path.empty() || compare_cases(*one, *other, cases_path, cases, count);
    if (shell.json)
        shell.print({{"a", one->name},
                     {"b", other->name},
                     {"fields", fields},
                     {"cases", count},
                     {"changed_cases", cases}});
    else
        print(fields, cases, count);
    return good ? ok : failed;
}

} // namespace

void add_rules_diff(CLI::App& rules, Shell& shell)
{
    const auto a = std::make_shared<std::string>(), b = std::make_shared<std::string>();
    const auto cases = std::make_shared<std::string>();
    CLI::App* command = leaf(rules, shell, "diff", "what changes between two packs, field by field",
                             Talks::no, [=, &shell] { return diff(shell, *a, *b, *cases); });
    command->add_option("a", *a, "a pack, or 'minimal' for the built-in one")->required();
    command->add_option("b", *b, "the other")->required();
    command->add_option("--cases", *cases,
                        "cases of rules, incidents, or a folder of them: which alarms come or go at another second");
}

} // namespace magwatch::cli
