#include "tools/simulator/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "tools/simulator/text.hpp"

namespace magwatch::simulator {
namespace {

constexpr std::int64_t tick_ms = 100; // events and bodies move in steps of this, devices refresh each second

PumpDevice pump_of(const BedScenario& bed)
{
    // An infusion without a networked pump: 40 mg/mL, as the premixed bags are.
    constexpr double usual_strength = 0.04;
    return bed.pump ? PumpDevice{bed.pump->rate_ml_h, bed.pump->concentration_g_ml}
                    : PumpDevice{bed.infusion_g_h / usual_strength, usual_strength};
}

std::string optional_number(const std::optional<int>& value)
{
    return value ? std::to_string(*value) : "null";
}

} // namespace

SimulatedBed::SimulatedBed(const BedScenario& bed, std::uint64_t seed, std::uint64_t stream)
    : scenario{bed}, patient{bed.patient}, noise{bed.noise, seed, stream}, pump{pump_of(bed)}
{
}

Simulation::Simulation(const Scenario& scenario, std::optional<std::uint64_t> seed, double hurry)
    : scenario_{scenario}, hurry_{hurry}, fired_(scenario.events.size(), false)
{
    for (const BedScenario& bed : scenario.beds)
        beds_.emplace_back(bed, seed.value_or(scenario.seed), beds_.size() + 1);
    // The devices were on before anybody looked.
    for (SimulatedBed& bed : beds_) {
        bed.monitor.second(bed.noise.second(bed.patient.truth(), 0), bed.faults);
        bed.pump.second(false);
    }
}

void Simulation::step(std::int64_t ms)
{
    for (pending_ms_ += ms; pending_ms_ >= tick_ms; pending_ms_ -= tick_ms) tick();
}

void Simulation::tick()
{
    now_ms_ += tick_ms;
    fire_events();
    const double fast = scenario_.physiology_speed * hurry_;
    const bool refresh = now_ms_ % 1000 == 0;
    if (refresh) ++seconds_;
    for (SimulatedBed& bed : beds_) {
        // In slices of at most 10 s of body time, so that a hold stops the body where it was meant to.
        double body_ms = static_cast<double>(tick_ms) * (bed.holding ? 1 : fast);
        while (body_ms > 0) {
            const double slice = bed.holding ? std::min<double>(body_ms, tick_ms) : std::min(body_ms, 10'000.0);
            bed.patient.advance(static_cast<std::int64_t>(slice), bed.pump.grams_per_hour());
            check_hold(bed);
            if (bed.holding) break;
            body_ms -= slice;
        }
        bed.pump.advance(tick_ms);
        if (refresh) {
            bed.monitor.second(bed.noise.second(bed.patient.truth(), now_ms_), bed.faults);
            bed.pump.second(bed.pump_frozen);
        }
    }
}

void Simulation::check_hold(SimulatedBed& bed)
{
    const BedScenario& s = bed.scenario;
    if (bed.holding || bed.next_hold >= s.holds.size()) return;
    if (!s.holds[bed.next_hold].holds(bed.patient.truth(), s.patient.epidural)) return;
    bed.holding = true;
    ++bed.next_hold;
    const PatientTruth& t = bed.patient.truth();
    story_.push_back({now_ms_, s.id,
                      "the body now: reflex " + std::to_string(t.reflex(s.patient.epidural)) + "+, breathing " +
                          fixed_text(t.rr, 0) + "/min, SpO2 " + fixed_text(t.spo2, 0) + " %, magnesium " +
                          fixed_text(t.magnesium, 1) + " mmol/L"});
}

void Simulation::fire_events()
{
    for (std::size_t i = 0; i < scenario_.events.size(); ++i) {
        const EventScenario& event = scenario_.events[i];
        if (fired_[i]) continue;
        if (event.at_ms) {
            if (static_cast<double>(now_ms_) * hurry_ < static_cast<double>(*event.at_ms)) continue;
        } else {
            const SimulatedBed* bed = find(event.when_bed);
            if (!bed || !event.when.holds(bed->patient.truth(), bed->scenario.patient.epidural)) continue;
        }
        fired_[i] = true;
        if (!event.say.empty()) story_.push_back({now_ms_, event.when_bed, event.say});
        if (event.command.empty()) continue;
        const CommandResult result = run(words_of(event.command));
        if (!result.ok || event.say.empty()) story_.push_back({now_ms_, event.when_bed, result.text});
    }
}

CommandResult Simulation::command(std::string_view line)
{
    CommandResult result = run(words_of(line));
    return result;
}

const SimulatedBed* Simulation::find(std::string_view id) const
{
    const auto found = std::find_if(beds_.begin(), beds_.end(),
                                    [&](const SimulatedBed& bed) { return bed.scenario.id == id; });
    return found == beds_.end() ? nullptr : &*found;
}

std::vector<StoryLine> Simulation::take_story() { return std::exchange(story_, {}); }

CommandResult Simulation::run(const std::vector<std::string>& words)
{
    if (words.empty()) return {false, "an empty command"};
    if (words[0] == "status") return {true, status_json()};
    if (words.size() < 2) return {false, "unknown command, or a bed is missing: " + words[0]};
    if (words[0] == "speed") {
        const std::optional<double> factor = number_of(words[1]);
        if (!factor || !(*factor >= 0 && *factor <= 100'000)) return {false, "speed needs a factor from 0 to 100000"};
        scenario_.physiology_speed = *factor;
        return {true, "body time runs " + number_text(*factor * hurry_) + " times as fast as the clock"};
    }
    for (SimulatedBed& bed : beds_) {
        if (bed.scenario.id == words[1]) return run_on_bed(words, bed);
    }
    return {false, "no bed is called '" + words[1] + "'"};
}

CommandResult Simulation::run_on_bed(const std::vector<std::string>& words, SimulatedBed& bed)
{
    const std::string& verb = words[0];
    const std::string at = bed.scenario.id + ": ";
    struct Switch {
        std::string_view verb;
        bool* flag;
        bool to;
        std::string_view text;
    };
    const Switch switches[] = {
        {"unplug", &bed.unplugged, true, "the monitor's network cable is out"},
        {"replug", &bed.unplugged, false, "the monitor's network cable is back"},
        {"freeze", &bed.faults.frozen, true, "the monitor froze: it answers, but nothing on it moves"},
        {"thaw", &bed.faults.frozen, false, "the monitor runs again"},
        {"leads-off", &bed.faults.leads_off, true, "the ECG leads fell off"},
        {"leads-on", &bed.faults.leads_off, false, "the ECG leads are back on"},
        {"probe-off", &bed.faults.probe_off, true, "the SpO2 probe fell off"},
        {"probe-on", &bed.faults.probe_off, false, "the SpO2 probe is back on"},
        {"unplug-pump", &bed.pump_unplugged, true, "the pump's network cable is out"},
        {"replug-pump", &bed.pump_unplugged, false, "the pump's network cable is back"},
        {"freeze-pump", &bed.pump_frozen, true, "the pump's network module froze"},
        {"thaw-pump", &bed.pump_frozen, false, "the pump's network module runs again"},
    };
    for (const Switch& s : switches) {
        if (s.verb != verb) continue;
        *s.flag = s.to;
        return {true, at + std::string{s.text}};
    }
    if (verb == "stop-pump") {
        bed.pump.set_flow(0);
        return {true, at + "the magnesium pump is stopped"};
    }
    if (verb == "go") {
        bed.holding = false;
        return {true, at + "body time runs fast again"};
    }
    if (verb == "chart" && words.size() == 4) {
        const std::optional<double> value = number_of(words[3]);
        if (!value || *value < 0 || *value > 4) return {false, "chart needs a grade from 0 to 4"};
        const int grade = static_cast<int>(*value);
        if (words[2] == "knee") bed.monitor.chart_reflex_knee(grade);
        else if (words[2] == "arm") bed.monitor.chart_reflex_arm(grade);
        else if (words[2] == "avpu") bed.monitor.chart_avpu(grade);
        else return {false, "chart knows knee, arm and avpu"};
        return {true, at + words[2] + " " + words[3] + " is charted on the monitor"};
    }
    const std::optional<double> value = words.size() == 3 ? number_of(words[2]) : std::nullopt;
    if (!value || !(*value >= 0) || *value > 3000) return {false, "unknown command or a wrong number: " + verb};
    if (verb == "flow") {
        bed.pump.set_flow(*value);
        return {true, at + "the pump runs at " + number_text(*value) + " mL/h, " +
                          fixed_text(bed.pump.grams_per_hour(), 1) + " g/h of magnesium sulfate"};
    }
    if (verb == "calcium") {
        bed.patient.give_calcium(*value);
        return {true, at + "calcium gluconate is given"};
    }
    if (verb == "opioid" && *value <= 1) {
        bed.patient.set_opioid(*value);
        return {true, at + "an opioid slows the breathing"};
    }
    if (verb == "kidneys" && *value <= 2) {
        bed.patient.set_kidneys(*value);
        return {true, at + "the kidneys clear " + number_text(*value) + " of what they did"};
    }
    return {false, "unknown command: " + verb};
}

std::string Simulation::status_json() const
{
    std::string out = "{\"now_ms\":" + std::to_string(now_ms_) +
                      ",\"physiology_speed\":" + number_text(scenario_.physiology_speed * hurry_) + ",\"beds\":[";
    bool first = true;
    for (const SimulatedBed& bed : beds_) {
        const PatientTruth& t = bed.patient.truth();
        const MonitorReading& shown = bed.monitor.shown();
        if (!std::exchange(first, false)) out += ',';
        out += "{\"id\":" + json_text(bed.scenario.id) + ",\"unplugged\":" + (bed.unplugged ? "true" : "false") +
               ",\"frozen\":" + (bed.faults.frozen ? "true" : "false") +
               ",\"holding\":" + (bed.holding ? "true" : "false") +
               ",\"body_time_ms\":" + std::to_string(bed.patient.body_time_ms()) +
               ",\"flow_ml_h\":" + number_text(bed.pump.flow_ml_h()) +
               ",\"grams_per_hour\":" + fixed_text(bed.pump.grams_per_hour(), 3) + ",\"truth\":{\"magnesium\":" +
               fixed_text(t.magnesium, 3) + ",\"effect\":" + fixed_text(t.effect, 3) + ",\"hr\":" +
               fixed_text(t.hr, 1) + ",\"rr\":" + fixed_text(t.rr, 1) + ",\"spo2\":" + fixed_text(t.spo2, 1) +
               ",\"sbp\":" + fixed_text(t.sbp, 0) + ",\"dbp\":" + fixed_text(t.dbp, 0) + ",\"urine_ml\":" +
               fixed_text(t.urine, 0) + ",\"reflex_knee\":" + std::to_string(t.reflex_knee) +
               ",\"reflex_arm\":" + std::to_string(t.reflex_arm) +
               ",\"avpu\":" + std::to_string(static_cast<int>(t.avpu)) + "},\"monitor\":{\"hr\":" +
               optional_number(shown.hr) + ",\"rr\":" + optional_number(shown.rr) + ",\"spo2\":" +
               optional_number(shown.spo2) + ",\"pulse\":" + optional_number(shown.pulse) + "}}";
    }
    return out + "]}";
}

} // namespace magwatch::simulator
