// The table of planned infusions: questions asked before one, what its bag may not hold, and the caps of each
// indication.
//
// Pure. The built-in table (sessions.toml beside this file, where every number has its source) is in every pack;
// a pack replaces single cells by [[question]], [[component]] and [[indication]] with the same id. Grams are of
// magnesium sulfate heptahydrate. An empty cell limits nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// Values of the signal `indication`; never renumbered, as journals hold them.
enum class Indication : std::uint8_t {
    pre_eclampsia = 1,
    neuroprotection,
    asthma,
    arrhythmia,
    migraine,
    hypomagnesaemia,
    wellness,
};
[[nodiscard]] std::string_view name(Indication indication);
[[nodiscard]] std::optional<Indication> indication_from(std::string_view text);

enum class Setting : std::uint8_t { labour_ward, hdu_icu, ed, ward, clinic, home };
inline constexpr std::array setting_names{std::string_view{"labour_ward"}, std::string_view{"hdu_icu"},
                                          std::string_view{"ed"},          std::string_view{"ward"},
                                          std::string_view{"clinic"},      std::string_view{"home"}};
[[nodiscard]] inline std::string_view name(Setting setting)
{
    return setting_names[static_cast<std::size_t>(setting)];
}

enum class Concern : std::uint8_t {
    block,  // magnesium only after a recorded decision
    warn,   // an alarm until somebody has considered it
    inform, // shown
    ask,    // recorded
};
[[nodiscard]] std::string_view name(Concern concern);

struct Question {
    std::string id;
    std::string ask; // as it is asked
    Concern concern{};
    Priority priority = Priority::low; // of the alarm while magnesium runs
    std::optional<Signal> signal;      // the fact that a yes or no also is
    std::string title, message, prompt, source;
};

struct Component {
    std::string id;
    std::vector<std::string> words; // in small letters; any of them within a component's name
    Priority priority = Priority::medium;
    std::string title, message, prompt, source;
};

struct IndicationRow {
    Indication indication{};
    std::string title;
    std::vector<Setting> settings;          // where it belongs
    std::optional<double> bolus_max;        // g
    std::optional<Duration> bolus_min_duration;
    std::optional<double> bolus_rate_max;   // g/h
    std::optional<double> rate_warn;        // g/h, outside of a bolus
    std::optional<double> rate_alarm;       // g/h, outside of a bolus
    std::optional<double> session_cap;      // g in all
    std::optional<double> hour_cap;         // g
    std::optional<double> day_cap;          // g in 24 h
    std::optional<double> two_day_cap_renal; // g in 48 h with renal impairment
    std::optional<Duration> duration_max;   // from the first magnesium
    std::optional<Duration> check_every;    // no check is due later than this after the one before
    std::optional<Duration> after_watch;    // after the last magnesium
    std::vector<std::pair<std::string, std::string>> sources; // cell -> source
    [[nodiscard]] bool fits(Setting setting) const;
};

struct SessionTable {
    std::vector<Question> questions;
    std::vector<Component> components;
    std::vector<IndicationRow> indications; // every indication once, in their order
    std::vector<std::string> required;      // ids of the questions that need an answer before the first dose, sorted
    [[nodiscard]] const Question* question(std::string_view id) const;
    [[nodiscard]] const IndicationRow& row(Indication indication) const;
};

// Compiled from sessions.toml once.
[[nodiscard]] const SessionTable& builtin_sessions();

} // namespace magwatch
