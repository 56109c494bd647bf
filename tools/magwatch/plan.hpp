// Screening and the planned session on the command line: of `watch start` and `enter`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "rules/language/session_table.hpp"
#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

struct ScreeningOptions {
    std::vector<std::string> yes, no, unknown;
    std::string others;

    void add(CLI::App& command)
    {
        command.add_option("--yes", yes, "a screening question answered yes; may be repeated");
        command.add_option("--no", no, "answered no; may be repeated");
        command.add_option("--unknown", unknown, "asked, and nobody knows; may be repeated");
        command.add_option("--others", others, "the answer to every question not answered yet")
            ->check(CLI::IsMember{{"no", "unknown"}});
    }
    [[nodiscard]] bool given() const
    {
        return !yes.empty() || !no.empty() || !unknown.empty() || !others.empty();
    }
    void fill(Json& body) const
    {
        Json answers = Json::object();
        for (const auto& id : yes) answers[id] = "yes";
        for (const auto& id : no) answers[id] = "no";
        for (const auto& id : unknown) answers[id] = "unknown";
        if (!answers.empty()) body["answers"] = answers;
        if (!others.empty()) body["others"] = others;
    }
    [[nodiscard]] static std::string questions()
    {
        std::string text = "The questions (a pack may add its own):";
        for (const auto& q : builtin_sessions().questions) text += "\n  " + q.id + ": " + q.ask;
        return text;
    }
};

struct SessionOptions {
    std::string indication, setting, salt, length;
    std::optional<double> grams, grams_per_hour;
    std::vector<std::string> components;

    void add(CLI::App& command, bool required)
    {
        std::vector<std::string> indications;
        for (const auto& row : builtin_sessions().indications)
            indications.emplace_back(name(row.indication));
        command.add_option("--indication", indication, "why magnesium is given")
            ->check(CLI::IsMember{indications})
            ->required(required);
        command.add_option("--setting", setting, "where")
            ->check(CLI::IsMember{
                std::vector<std::string>{setting_names.begin(), setting_names.end()}})
            ->required(required);
        command.add_option("--plan-salt", salt, "if it is not magnesium sulfate heptahydrate")
            ->check(CLI::IsMember{
                {"sulfate_heptahydrate", "sulfate_anhydrous", "chloride_hexahydrate"}});
        command.add_option("--plan-g", grams, "planned dose in all, in g");
        command.add_option("--plan-g-per-h", grams_per_hour, "planned rate in g/h");
        command.add_option("--plan-for", length, "planned length, such as 60min");
        command.add_option("--component", components,
                           "what else the bag holds, such as \"vitamin C\"; may be repeated");
    }
    [[nodiscard]] bool given() const { return !indication.empty() || !setting.empty(); }
    // False, and the reason said: the command line was wrong.
    [[nodiscard]] bool fill(const Shell& shell, Json& body) const
    {
        if (indication.empty() || setting.empty()) {
            shell.complain("a plan needs --indication and --setting");
            return false;
        }
        body["indication"] = indication;
        body["setting"] = setting;
        if (!salt.empty()) body["salt"] = salt;
        if (grams) body["dose"] = {{"value", *grams}, {"unit", "g"}};
        if (grams_per_hour) body["rate"] = {{"value", *grams_per_hour}, {"unit", "g/h"}};
        if (!components.empty()) body["components"] = components;
        if (length.empty()) return true;
        double seconds = 0;
        if (!read_duration(length, seconds)) {
            shell.complain("'" + length + "' is no length of time: give 60min");
            return false;
        }
        body["planned_seconds"] = seconds;
        return true;
    }
};

} // namespace magwatch::cli
