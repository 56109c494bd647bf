// Tapes on a stage: one monitor for each bed, over Modbus, over HL7 or both. SIMULATION.
//
// Pure and deterministic: the owner of the time steps it. Recorded time runs `speed` times as fast
// as the devices' own; what goes out is always of now. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/replay/served_registers.hpp"
#include "tools/replay/tape.hpp"
#include "tools/simulator/stage.hpp"

namespace magwatch
{

struct TapeStageOptions {
    double speed = 1;
    Duration start{};
    bool loop = false;
    bool modbus = true;
    bool hl7 = false;
    std::uint8_t unit = 1;
    std::int64_t interval_ms = 1000; // between the HL7 messages of a bed
    std::int64_t began_wall_ms = 0;  // tells the messages of one run from those of another
};

class TapeStage final : public simulator::Stage
{
public:
    // The map must be one that ServedRegisters takes. Beds listen on the base port, the next one
    // and so on.
    TapeStage(std::vector<Tape> tapes, const adapters::modbus::RegisterMap& map,
              const TapeStageOptions& options);

    void step(std::int64_t ms) override;
    [[nodiscard]] std::size_t devices() const override
    {
        return options_.modbus ? beds_.size() : 0;
    }
    [[nodiscard]] simulator::StageDevice device(std::size_t index) const override;
    [[nodiscard]] std::vector<simulator::StageReport> due_reports(std::int64_t wall_ms) override;
    simulator::CommandResult command(std::string_view line) override;
    [[nodiscard]] std::vector<simulator::StoryLine> take_story() override { return {}; }
    [[nodiscard]] bool over() const override { return !options_.loop && position() >= length_; }

    // Recorded time, within [0, length].
    [[nodiscard]] Duration position() const;
    [[nodiscard]] Duration length() const { return length_; }
    [[nodiscard]] int rounds() const; // how often the loop began anew

private:
    struct Bed {
        Tape tape;
        ServedRegisters registers;
        std::int64_t next_message_ms = 0;
    };
    void show();
    [[nodiscard]] Duration played() const; // since the start, loops included

    TapeStageOptions options_;
    std::vector<Bed> beds_;
    Duration length_{};
    std::int64_t now_ms_ = 0, seconds_ = 0;
    std::uint64_t messages_ = 0;
};

} // namespace magwatch
