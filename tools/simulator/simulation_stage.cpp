#include "tools/simulator/simulation_stage.hpp"

#include "tools/simulator/hl7_message.hpp"

namespace magwatch::simulator
{

SimulationStage::SimulationStage(Simulation& simulation, std::int64_t began_wall_ms, bool marked)
    : simulation_{simulation},
      control_prefix_{"SIM" + std::to_string(began_wall_ms) + "-"}, marked_{marked}
{
    const std::vector<SimulatedBed>& beds = simulation_.beds();
    for (std::size_t i = 0; i < beds.size(); ++i) {
        if (beds[i].scenario.link == Link::modbus) devices_.push_back({i, false});
        if (beds[i].scenario.pump) devices_.push_back({i, true});
        // Beds of a gateway do not speak at once.
        next_message_ms_.push_back(static_cast<std::int64_t>(i) * 700);
    }
}

StageDevice SimulationStage::device(std::size_t index) const
{
    const Device& device = devices_[index];
    const SimulatedBed& bed = simulation_.beds()[device.bed];
    StageDevice out;
    if (device.pump) {
        out.port = bed.scenario.pump->port;
        out.unplugged = bed.pump_unplugged;
        out.tables.input = bed.pump.input();
        return out;
    }
    out.port = bed.scenario.port;
    out.unplugged = bed.unplugged;
    out.tables.input = bed.monitor.input();
    out.tables.holding = bed.monitor.holding();
    out.tables.holding_base = MonitorDevice::holding_base;
    return out;
}

std::vector<StageReport> SimulationStage::due_reports(std::int64_t wall_ms)
{
    std::vector<StageReport> due;
    const std::vector<SimulatedBed>& beds = simulation_.beds();
    for (std::size_t i = 0; i < beds.size(); ++i) {
        const BedScenario& bed = beds[i].scenario;
        if (bed.link != Link::hl7 || simulation_.now_ms() < next_message_ms_[i]) continue;
        next_message_ms_[i] = simulation_.now_ms() + bed.interval_ms;
        if (beds[i].unplugged) continue;
        MessageHead head;
        head.control_id = control_prefix_ + std::to_string(++messages_);
        head.location = bed.location;
        head.wall_ms = wall_ms;
        head.device_ms = simulation_.now_ms();
        head.training = marked_;
        due.push_back({head.control_id, observation_report(head, beds[i].monitor)});
    }
    return due;
}

} // namespace magwatch::simulator
