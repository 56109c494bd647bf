// The simulated ward as a server puts it on the network.
#pragma once

#include <vector>

#include "tools/simulator/simulation.hpp"
#include "tools/simulator/stage.hpp"

namespace magwatch::simulator
{

class SimulationStage final : public Stage
{
public:
    // `began_wall_ms` tells the messages of one run from those of another. `marked`: messages say T
    // (training) in MSH-11.
    SimulationStage(Simulation& simulation, std::int64_t began_wall_ms, bool marked = false);

    void step(std::int64_t ms) override { simulation_.step(ms); }
    [[nodiscard]] std::size_t devices() const override { return devices_.size(); }
    [[nodiscard]] StageDevice device(std::size_t index) const override;
    [[nodiscard]] std::vector<StageReport> due_reports(std::int64_t wall_ms) override;
    CommandResult command(std::string_view line) override { return simulation_.command(line); }
    [[nodiscard]] std::vector<StoryLine> take_story() override { return simulation_.take_story(); }

private:
    struct Device {
        std::size_t bed = 0;
        bool pump = false;
    };
    Simulation& simulation_;
    std::vector<Device> devices_;
    std::vector<std::int64_t> next_message_ms_; // per bed, in device time
    std::string control_prefix_;
    std::uint64_t messages_ = 0;
    bool marked_;
};

} // namespace magwatch::simulator
