// Who is on call, and when it is quiet: [[roster]] and [[quiet]], by the ward's clocks.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "daemon/config/reading.hpp"

namespace magwatch::config_reading {
namespace {

const std::vector<std::string_view> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool is_before(const LocalTime& a, const LocalTime& b)
{
    return std::tie(a.year, a.month, a.day, a.hour, a.minute, a.second) <
           std::tie(b.year, b.month, b.day, b.hour, b.minute, b.second);
}

} // namespace

void ConfigReader::rosters()
{
    for (const TomlTable& table : root_.tables("quiet")) quiet_hours(table);
    for (const TomlTable& table : root_.tables("roster")) roster(table);
}

// A rung says one name; what it means must not depend on where it is looked up first.
void ConfigReader::new_duty_name(const TomlTable& table, const std::string& name)
{
    if (person_names_.contains(name))
        table.fail("name", fmt::format("'{}' is a person: a rung could not tell them apart", name));
    else if (roles_.contains(name))
        table.fail("name", fmt::format("'{}' is a role: a rung could not tell them apart", name));
}

void ConfigReader::roster(const TomlTable& table)
{
    RosterConfig roster;
    const auto name = new_name(table, "name", roster_names_, "roster");
    if (name) new_duty_name(table, *name);
    roster.name = name.value_or("");
    if (table.has("last_resort"))
        roster.last_resort = reachable_person(table, "last_resort");
    else
        table.fail("missing 'last_resort': who is told when nobody has the duty");
    roster.gaps_to_last_resort = table.boolean("gaps_to_last_resort").value_or(false);
    const std::size_t mistakes = file_.mistakes();
    for (const TomlTable& one : table.tables("shift")) shift(one, roster);
    for (const TomlTable& one : table.tables("override")) duty_override(one, roster);
    // A shift that could not be read would be reported as a gap once more.
    if (checks_.roster && name && file_.mistakes() == mistakes) {
        if (const auto gap = checks_.roster(roster)) {
            if (roster.gaps_to_last_resort)
                notes_.push_back(fmt::format("roster {}; the last resort, {}, has the duty then", *gap,
                                             roster.last_resort));
            else
                table.fail("name", fmt::format("roster {}: cover it by a shift or an override, or say "
                                               "'gaps_to_last_resort = true'",
                                               *gap));
        }
    }
    config_.rosters.push_back(std::move(roster));
}

void ConfigReader::shift(const TomlTable& table, RosterConfig& roster)
{
    const std::string person = reachable_person(table, "person");
    const auto hours = weekly_hours(table);
    if (!person.empty() && hours) roster.shifts.push_back({person, *hours});
}

void ConfigReader::duty_override(const TomlTable& table, RosterConfig& roster)
{
    const std::string person = reachable_person(table, "person");
    const auto from = table.local_time("from"), to = table.local_time("to");
    for (const char* key : {"from", "to"})
        if (!table.has(key)) table.fail(fmt::format("missing '{}', such as 2026-12-24T08:00:00", key));
    if (!from || !to) return;
    if (!is_before(*from, *to)) {
        table.fail("to", "this override is over before it begins");
        return;
    }
    if (!person.empty()) roster.overrides.push_back({person, *from, *to});
}

void ConfigReader::quiet_hours(const TomlTable& table)
{
    const auto name = new_name(table, "name", quiet_names_, "name of quiet hours");
    const auto hours = weekly_hours(table);
    if (name && hours) config_.quiet.push_back({*name, *hours});
}

std::optional<WeeklyHours> ConfigReader::weekly_hours(const TomlTable& table)
{
    WeeklyHours hours;
    bool good = true;
    if (const auto days = table.texts("days")) {
        hours.days.fill(false);
        if (days->empty()) table.fail("days", "'days' is empty: leave it out for every day");
        good = !days->empty();
        for (const TomlText& day : *days) {
            const auto found = std::find(day_names.begin(), day_names.end(), day.value);
            if (found == day_names.end()) {
                file_.fail(day.at, fmt::format("'{}' is no day of the week: mon, tue, wed, thu, fri, sat or sun",
                                               day.value));
                good = false;
                continue;
            }
            hours.days[static_cast<std::size_t>(found - day_names.begin())] = true;
        }
    } else {
        good = !table.has("days");
    }
    const auto from = minute_of_day(table, "from"), to = minute_of_day(table, "to");
    if (!good || !from || !to) return std::nullopt;
    hours.from = *from;
    hours.to = *to;
    return hours;
}

std::optional<int> ConfigReader::minute_of_day(const TomlTable& table, std::string_view key)
{
    const auto text = table.need_text(key);
    if (!text) return std::nullopt;
    const std::string& t = text->value;
    const auto digit = [&](std::size_t i) { return t[i] >= '0' && t[i] <= '9'; };
    if (t.size() == 5 && t[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4)) {
        const int hour = (t[0] - '0') * 10 + (t[1] - '0');
        const int minute = (t[3] - '0') * 10 + (t[4] - '0');
        if (hour < 24 && minute < 60) return hour * 60 + minute;
    }
    table.fail(key, fmt::format("'{}' must be a time of day from \"00:00\" to \"23:59\"", key));
    return std::nullopt;
}

std::string ConfigReader::reachable_person(const TomlTable& table, std::string_view key)
{
    const auto name = table.need_text(key);
    if (!name) return "";
    const auto person = std::find_if(config_.ward.people.begin(), config_.ward.people.end(),
                                     [&](const Person& one) { return one.name == name->value; });
    if (person == config_.ward.people.end()) {
        table.fail(key, fmt::format("no person '{}'{}", name->value, did_you_mean(name->value, person_names_)));
        return "";
    }
    if (person->channels.empty())
        table.fail(key, fmt::format("'{}' has no channel: a page would reach nobody", name->value));
    return name->value;
}

} // namespace magwatch::config_reading
