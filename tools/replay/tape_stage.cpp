#include "tools/replay/tape_stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "tools/simulator/hl7_message.hpp"
#include "tools/simulator/text.hpp"

namespace magwatch
{
namespace
{

using simulator::Numeric;

constexpr std::pair<Signal, Numeric> numerics[] = {
    {Signal::hr, Numeric::hr},           {Signal::rr, Numeric::rr},
    {Signal::spo2, Numeric::spo2},       {Signal::pulse, Numeric::pulse},
    {Signal::sbp, Numeric::sbp},         {Signal::dbp, Numeric::dbp},
    {Signal::map, Numeric::map},         {Signal::temp, Numeric::temp},
    {Signal::etco2, Numeric::etco2},     {Signal::art_sys, Numeric::art_sys},
    {Signal::art_dia, Numeric::art_dia}, {Signal::art_mean, Numeric::art_mean},
};

// As many decimals as it has, one at most: what monitors send.
std::string number_text(double value)
{
    const double tenths = std::nearbyint(value * 10) / 10;
    return simulator::fixed_text(tenths, tenths == std::nearbyint(tenths) ? 0 : 1);
}

} // namespace

TapeStage::TapeStage(std::vector<Tape> tapes, const adapters::modbus::RegisterMap& map,
                     const TapeStageOptions& options)
    : options_{options}
{
    std::int64_t first = 0;
    for (Tape& tape : tapes) {
        length_ = std::max(length_, tape.length);
        beds_.push_back({std::move(tape), ServedRegisters{map, options.unit}, first});
        first += options.interval_ms /
                 static_cast<std::int64_t>(tapes.size()); // beds do not speak at once
    }
    show();
}

Duration TapeStage::played() const
{
    return options_.start +
           Duration{static_cast<std::int64_t>(static_cast<double>(now_ms_) * options_.speed)};
}

Duration TapeStage::position() const
{
    return options_.loop ? played() % length_ : std::min(played(), length_);
}

int TapeStage::rounds() const
{
    return options_.loop ? static_cast<int>(played() / length_) : 0;
}

void TapeStage::step(std::int64_t ms)
{
    now_ms_ += ms;
    show();
    for (; (seconds_ + 1) * 1000 <= now_ms_; ++seconds_) {
        for (Bed& bed : beds_) bed.registers.second();
    }
}

void TapeStage::show()
{
    const Duration at = position();
    for (Bed& bed : beds_) {
        for (const TapeTrack& track : bed.tape.tracks) {
            const TapePoint* point = at < bed.tape.length ? track.shown(at) : nullptr;
            bed.registers.show(track.signal, point != nullptr ? point->value : std::nullopt);
        }
    }
}

simulator::StageDevice TapeStage::device(std::size_t index) const
{
    return {static_cast<std::uint16_t>(index), false, beds_[index].registers.tables()};
}

std::vector<simulator::StageReport> TapeStage::due_reports(std::int64_t wall_ms)
{
    std::vector<simulator::StageReport> due;
    if (!options_.hl7) return due;
    const Duration at = position();
    for (Bed& bed : beds_) {
        if (now_ms_ < bed.next_message_ms) continue;
        bed.next_message_ms = now_ms_ + options_.interval_ms;
        std::vector<simulator::NumericValue> values;
        for (const auto& [signal, kind] : numerics) {
            const TapeTrack* track = bed.tape.find(signal);
            if (track == nullptr) continue;
            const TapePoint* point = at < bed.tape.length ? track->shown(at) : nullptr;
            const std::string text = point != nullptr ? number_text(*point->value) : "";
            values.push_back({kind, text, wall_ms});
        }
        simulator::MessageHead head;
        head.control_id =
            "REPLAY" + std::to_string(options_.began_wall_ms) + "-" + std::to_string(++messages_);
        head.location = "SIMULATION^^" + bed.tape.bed;
        head.wall_ms = wall_ms;
        head.device_ms = now_ms_;
        head.training = true;
        due.push_back({head.control_id, simulator::observation_report(head, values)});
    }
    return due;
}

simulator::CommandResult TapeStage::command(std::string_view line)
{
    return {false, "a replay takes no command: " + std::string{line}};
}

} // namespace magwatch
