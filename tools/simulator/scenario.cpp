#include "tools/simulator/scenario.hpp"

#include <chrono>
#include <limits>
#include <set>

#include "runtime/toml_reader.hpp"
#include "tools/simulator/text.hpp"

namespace magwatch::simulator {
namespace {

using namespace std::chrono_literals;

// A number of the table within limits; false if there is none.
bool number(const TomlTable& table, std::string_view key, double& out, double low, double high)
{
    const std::optional<double> value = table.number(key);
    if (!value) return false;
    if (!(*value >= low && *value <= high)) {
        table.fail(key, "'" + std::string{key} + "' must be from " + number_text(low) + " to " + number_text(high));
        return false;
    }
    out = *value;
    return true;
}

void number(const TomlTable& table, std::string_view key, std::optional<double>& out, double low, double high)
{
    double value = 0;
    if (number(table, key, value, low, high)) out = value;
}

void flag(const TomlTable& table, std::string_view key, bool& out)
{
    if (const std::optional<bool> value = table.boolean(key)) out = *value;
}

void text(const TomlTable& table, std::string_view key, std::string& out)
{
    if (const std::optional<TomlText> value = table.text(key)) out = value->value;
}

void duration(const TomlTable& table, std::string_view key, Duration low, std::int64_t& out_ms)
{
    if (const std::optional<Duration> value = table.duration(key, low, 1000h)) out_ms = value->count();
}

void port(const TomlTable& table, std::uint16_t& out)
{
    if (const std::optional<std::int64_t> value = table.need_integer("port", 0, 1000))
        out = static_cast<std::uint16_t>(*value);
}

void read_patient(const TomlTable& t, PatientParameters& p)
{
    number(t, "clearance", p.clearance, 0, 50);
    number(t, "central_volume", p.central_volume, 1, 200);
    number(t, "peripheral_volume", p.peripheral_volume, 1, 200);
    number(t, "exchange", p.exchange, 0, 100);
    number(t, "baseline", p.baseline, 0, 5);
    number(t, "magnesium", p.magnesium, 0, 20);
    number(t, "sensitivity", p.sensitivity, 0.1, 5);
    number(t, "hr", p.hr, 20, 250);
    number(t, "rr", p.rr, 2, 80);
    number(t, "spo2", p.spo2, 40, 100);
    number(t, "sbp", p.sbp, 50, 280);
    number(t, "dbp", p.dbp, 20, 180);
    number(t, "temp", p.temp, 28, 43);
    number(t, "urine", p.urine, 0, 1000);
    flag(t, "epidural", p.epidural);
    number(t, "opioid", p.opioid, 0, 1);
}

// How many conditions the table gives.
int read_condition(const TomlTable& t, const std::string& prefix, BodyCondition& condition)
{
    if (const std::optional<std::int64_t> reflex = t.integer(prefix + "reflex_at_most", 0, 2))
        condition.reflex_at_most = static_cast<int>(*reflex);
    number(t, prefix + "rr_at_most", condition.rr_at_most, 0, 80);
    number(t, prefix + "rr_at_least", condition.rr_at_least, 0, 80);
    number(t, prefix + "spo2_at_most", condition.spo2_at_most, 0, 100);
    return (condition.reflex_at_most ? 1 : 0) + (condition.rr_at_most ? 1 : 0) +
           (condition.rr_at_least ? 1 : 0) + (condition.spo2_at_most ? 1 : 0);
}

BedScenario read_bed(const TomlTable& t)
{
    BedScenario bed;
    if (const std::optional<TomlText> id = t.need_text("id")) bed.id = id->value;
    bed.link = t.need_choice("link", {"modbus", "hl7"}) == std::size_t{1} ? Link::hl7 : Link::modbus;
    if (bed.link == Link::modbus) {
        port(t, bed.port);
    } else {
        if (const std::optional<TomlText> location = t.need_text("location")) bed.location = location->value;
        duration(t, "interval", 100ms, bed.interval_ms);
    }
    flag(t, "clean", bed.noise.quiet);
    flag(t, "cuff_on_oximeter_arm", bed.noise.cuff_on_oximeter_arm);
    duration(t, "cuff_every", 1min, bed.noise.cuff_every_ms);
    if (const std::optional<TomlTable> patient = t.table("patient")) read_patient(*patient, bed.patient);
    if (const std::optional<TomlTable> pump = t.table("pump")) {
        PumpScenario p;
        port(*pump, p.port);
        number(*pump, "rate", p.rate_ml_h, 0, 3000);
        number(*pump, "concentration", p.concentration_g_ml, 0.001, 1);
        bed.pump = p;
    } else {
        number(t, "infusion", bed.infusion_g_h, 0, 500);
    }
    for (const TomlTable& hold : t.tables("holds")) {
        BodyCondition condition;
        if (read_condition(hold, "", condition) != 1) hold.fail("a hold waits for exactly one thing");
        bed.holds.push_back(condition);
    }
    return bed;
}

EventScenario read_event(const TomlTable& t)
{
    EventScenario event;
    if (t.has("at")) {
        std::int64_t at = 0;
        duration(t, "at", 0ms, at);
        event.at_ms = at;
    }
    text(t, "when_bed", event.when_bed);
    const int conditions = read_condition(t, "when_", event.when);
    if (event.at_ms ? (conditions != 0 || !event.when_bed.empty()) : (conditions != 1 || event.when_bed.empty()))
        t.fail("an event needs either 'at', or 'when_bed' and one 'when_' condition");
    text(t, "do", event.command);
    text(t, "say", event.say);
    if (event.command.empty() && event.say.empty()) t.fail("an event needs 'do' or 'say'");
    return event;
}

// What no single table can tell.
void check_whole(const TomlTable& root, const Scenario& scenario)
{
    std::set<std::string> ids;
    std::set<std::uint16_t> ports;
    const auto take_port = [&](std::uint16_t number) {
        if (!ports.insert(number).second) root.fail("two devices have port " + std::to_string(number));
    };
    for (const BedScenario& bed : scenario.beds) {
        if (!ids.insert(bed.id).second) root.fail("two beds are called '" + bed.id + "'");
        if (bed.link == Link::modbus) take_port(bed.port);
        if (bed.pump) take_port(bed.pump->port);
    }
    for (const EventScenario& event : scenario.events) {
        if (event.when_bed.empty() || ids.contains(event.when_bed)) continue;
        root.fail("an event waits for the unknown bed '" + event.when_bed + "'" + did_you_mean(event.when_bed, ids));
    }
    if (scenario.beds.empty()) root.fail("a scenario needs [[beds]]");
}

Scenario read_scenario(const TomlTable& root)
{
    Scenario scenario;
    text(root, "name", scenario.name);
    if (const auto seed = root.integer("seed", 0, std::numeric_limits<std::int64_t>::max()))
        scenario.seed = static_cast<std::uint64_t>(*seed);
    number(root, "physiology_speed", scenario.physiology_speed, 0, 100'000);
    for (const TomlTable& bed : root.tables("beds")) scenario.beds.push_back(read_bed(bed));
    for (const TomlTable& event : root.tables("events")) scenario.events.push_back(read_event(event));
    check_whole(root, scenario);
    return scenario;
}

} // namespace

bool BodyCondition::holds(const PatientTruth& truth, bool epidural) const
{
    if (reflex_at_most) return truth.reflex(epidural) <= *reflex_at_most;
    if (rr_at_most) return truth.rr <= *rr_at_most;
    if (rr_at_least) return truth.rr >= *rr_at_least;
    if (spo2_at_most) return truth.spo2 <= *spo2_at_most;
    return false;
}

ScenarioResult parse_scenario(std::string_view text, std::string_view file_name)
{
    TomlFile file{std::string{file_name}, std::string{text}};
    Scenario scenario = read_scenario(file.root());
    ScenarioResult result;
    result.mistakes = file.finish();
    if (result.mistakes.empty()) result.scenario = std::move(scenario);
    return result;
}

} // namespace magwatch::simulator
