// Facts of a patient on the command line: of `watch start` and `enter fact`.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

struct FactOptions {
    std::optional<double> weight, creatinine;
    std::optional<int> gestation;
    std::string creatinine_unit = "umol/L";
    std::map<std::string, std::string> flags; // name -> "yes" or "no"

    void add(CLI::App& command)
    {
        command.add_option("--weight-kg", weight, "body weight in kg");
        command.add_option("--creatinine", creatinine, "serum creatinine");
        command.add_option("--creatinine-unit", creatinine_unit, "umol/L or mg/dL")
            ->capture_default_str();
        command.add_option("--gestation", gestation, "completed weeks");
        const auto yes_no = [&](const char* option, const char* name, const char* help) {
            command.add_option(option, flags[name], help)->check(CLI::IsMember{{"yes", "no"}});
        };
        yes_no("--postpartum", "postpartum", "after the birth: yes or no");
        yes_no("--epidural", "epidural", "working epidural or spinal: yes or no");
        yes_no("--renal-impairment", "renal_impairment", "yes or no");
        yes_no("--heart-block", "heart_block", "heart block or myocardial damage: yes or no");
        yes_no("--neuromuscular", "neuromuscular", "neuromuscular disease: yes or no");
        yes_no("--digoxin", "digoxin", "yes or no");
        yes_no("--calcium-channel-blocker", "calcium_channel_blocker",
               "nifedipine, nicardipine, verapamil, diltiazem: yes or no");
        yes_no("--neuromuscular-blocker", "neuromuscular_blocker",
               "a muscle relaxant was given: yes or no");
    }
    // As the API's "facts".
    [[nodiscard]] Json json() const
    {
        Json facts = Json::object();
        if (weight) facts["weight"] = {{"value", *weight}, {"unit", "kg"}};
        if (creatinine) facts["creatinine"] = {{"value", *creatinine}, {"unit", creatinine_unit}};
        if (gestation) facts["gestation"] = *gestation;
        for (const auto& [name, value] : flags)
            if (!value.empty()) facts[name] = value == "yes";
        return facts;
    }
};

} // namespace magwatch::cli
