// magwatch rules show: what a pack comes to, and where each part of it comes from.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/config/pack_library.hpp"
#include "tools/magwatch/diagnostics.hpp"
#include "tools/magwatch/rules.hpp"
#include "tools/magwatch/session_fields.hpp"

namespace magwatch::cli
{
namespace
{

Json to_json(const Pack& pack, const PackItem& item)
{
    Json fields = Json::object();
    for (const PackField& field : item.fields)
        fields[field.key] = {{"value", field.value},
                             {"from", field.from},
                             {"inherited", field.from != pack.name}};
    return {{"id", item.id},
            {"from", item.from},
            {"disabled", item.disabled},
            {"limits", item.limits},
            {"fields", std::move(fields)}};
}

Json to_json(const Pack& pack, const SessionOrigins& sessions, const char* kind)
{
    Json out = Json::array();
    for (const SessionPart& part : sessions.parts()) {
        if (part.kind != kind) continue;
        Json fields = Json::object();
        for (const SessionOrigin& one : sessions.of(part)) {
            Json field = {{"value", nullptr}, {"from", one.from}, {"inherited", one.from != pack.name}};
            if (one.field) field["value"] = one.field->value;
            if (one.field && !one.field->source.empty()) field["source"] = one.field->source;
            if (!one.field) field["emptied"] = one.was;
            fields[one.key] = std::move(field);
        }
        out.push_back({{"id", part.id}, {"fields", std::move(fields)}});
    }
    return out;
}

Json to_json(const Pack& pack, const SessionOrigins& sessions)
{
    const PackOutline& outline = pack.outline;
    Json limits = Json::array(), rules = Json::array(), checks = Json::array();
    for (const PackLimit& limit : outline.limits)
        limits.push_back({{"name", limit.name},
                          {"inclusive", limit.inclusive},
                          {"value", limit.value},
                          {"source", limit.source},
                          {"from", limit.from},
                          {"inherited", limit.from != pack.name}});
    for (const PackItem& rule : outline.rules) rules.push_back(to_json(pack, rule));
    for (const PackItem& check : outline.checks) checks.push_back(to_json(pack, check));
    return {{"name", pack.name},       {"title", pack.title},         {"version", pack.version},
            {"example", pack.example}, {"lineage", outline.lineage},  {"limits", std::move(limits)},
            {"rules", std::move(rules)}, {"checks", std::move(checks)},
            {"indications", to_json(pack, sessions, "indication")},
            {"questions", to_json(pack, sessions, "question")},
            {"components", to_json(pack, sessions, "component")}};
}

void print_item(const Pack& pack, const char* part, const PackItem& item)
{
    std::printf("\n%s %s%s\n", part, item.id.c_str(), item.disabled ? " (DISABLED)" : "");
    for (const PackField& field : item.fields)
        std::printf("  %-13s %-58s %s\n", field.key.c_str(), field.value.c_str(),
                    origin_text(pack, field.from).c_str());
}

// Caps are shown whole; the many questions and components only where a pack changes them.
void print_sessions(const Pack& pack, const SessionOrigins& sessions)
{
    std::size_t builtin = 0;
    for (const SessionPart& part : sessions.parts()) {
        const auto origins = sessions.of(part);
        const bool ours = part.kind == "indication" ||
                          std::any_of(origins.begin(), origins.end(),
                                      [](const auto& one) { return one.from != builtin_sessions_name; });
        if (!ours) {
            ++builtin;
            continue;
        }
        std::printf("\n%s %s\n", part.kind.c_str(), part.id.c_str());
        for (const SessionOrigin& one : origins) {
            const std::string value = one.field ? one.field->value : "(NONE; emptied: " + one.was + ")";
            std::printf("  %-18s %-53s %s\n", one.key.c_str(), value.c_str(), origin_text(pack, one.from).c_str());
        }
    }
    std::printf("\n%zu questions and components of bags as in %s (--json has them)\n", builtin, builtin_sessions_name);
}

void print_pack(const Pack& pack, const SessionOrigins& sessions)
{
    const PackOutline& outline = pack.outline;
    std::printf("%s %s: %s\n", pack.name.c_str(), pack.version.c_str(), pack.title.c_str());
    for (std::size_t i = 1; i < outline.lineage.size(); ++i)
        std::printf("%s%s", i == 1 ? "extends " : ", which extends ", outline.lineage[i].c_str());
    std::printf("%s\n", outline.lineage.size() > 1 ? "\n" : "");
    Table limits{{"LIMIT", "VALUE", "WHERE FROM", "SOURCE"}};
    for (const PackLimit& limit : outline.limits)
        limits.row({limit.name, limit.value + (limit.inclusive ? ", itself too" : ""),
                    origin_text(pack, limit.from), limit.source});
    limits.print();
    for (const PackItem& rule : outline.rules) print_item(pack, "rule", rule);
    for (const PackItem& check : outline.checks) print_item(pack, "check", check);
    print_sessions(pack, sessions);
}

} // namespace

std::shared_ptr<const Pack> open_pack(const Shell& shell, const std::string& path)
{
    std::string text, error;
    const PackFolder library{path};
    std::string file = path;
    if (std::error_code none; !std::filesystem::exists(path, none) && path == "minimal") {
        text = minimal_pack();
        file = "built-in minimal.toml";
    } else if (!read_file(path, text, error)) {
        shell.complain(error);
        return nullptr;
    }
    const CompiledPack compiled = compile_pack(text, file, {}, &library);
    print_errors(compiled.errors);
    return compiled.pack;
}

PackTest run_pack_tests(const Shell& shell, const std::string& path)
{
    std::string text, tests, error, test_path = test_file_of(path);
    const PackFolder library{path};
    if (std::error_code none; !std::filesystem::exists(path, none) && path == "minimal") {
        const auto built_in = library.find(path);
        return test_pack(built_in->text, built_in->test_text, built_in->file, built_in->test_file,
                         &library);
    }
    PackTest failed;
    if (!read_file(path, text, error)) {
        failed.errors.push_back({path, 0, 0, "cannot be read", {}});
        return failed;
    }
    if (std::error_code none;
        std::filesystem::exists(test_path, none) && !read_file(test_path, tests, error))
        shell.complain(error);
    return test_pack(text, tests, path, test_path, &library);
}

std::string origin_text(const Pack& pack, const std::string& from)
{
    if (from == pack.name) return "this pack";
    return from == "configuration" ? from : "inherited from " + from;
}

void add_rules_show(CLI::App& rules, Shell& shell)
{
    const auto path = std::make_shared<std::string>();
    const auto effective = std::make_shared<bool>(false);
    CLI::App* show = leaf(rules, shell, "show", "what a pack comes to, and where each part comes from",
                          Talks::no, [=, &shell] {
                              const auto pack = open_pack(shell, *path);
                              if (!pack) return int{failed};
                              if (*effective && !shell.json) {
                                  std::printf("%s", effective_text(*pack).c_str());
                                  return int{ok};
                              }
                              const SessionOrigins sessions{*pack, PackFolder{*path}};
                              if (shell.json)
                                  shell.print(to_json(*pack, sessions));
                              else
                                  print_pack(*pack, sessions);
                              return int{ok};
                          });
    show->add_option("pack", *path, "a pack, or 'minimal' for the built-in one")->required();
    show->add_flag("--effective", *effective,
                   "as one rule pack that stands alone: what the daemon runs and journals");
}

} // namespace magwatch::cli
