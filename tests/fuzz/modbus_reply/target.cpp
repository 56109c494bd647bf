// Answers to the polls of a map with every type: whatever arrives, nothing is read out of bounds,
// and what becomes an observation is a plausible number of its signal.
//
// Input: for each block in turn one control byte, a length byte and so many bytes of answer. Bit 0
// of the control byte puts the right head on the answer, so that decoding is reached; bit 1 splits
// the block.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "adapters/monitors/modbus/decode.hpp"
#include "adapters/monitors/modbus/reply.hpp"

using namespace magwatch;
using namespace magwatch::adapters::modbus;

namespace
{

constexpr std::string_view map_text = R"(
name = "fuzz"
model = "fuzz"
commissioned = true
max_gap = 2
[[register]]
signal = "hr"
function = 4
address = 0
type = "u16"
unit = "/min"
sentinels = [0x7FFF]
quality = { address = 9, mask = 0x11, good = 0x10 }
[[register]]
signal = "temp"
function = 4
address = 1
type = "s16"
scale = 0.1
unit = "[degF]"
[[register]]
signal = "pump_flow"
function = 4
address = 2
type = "f32"
order = "CDAB"
unit = "mL/h"
[[register]]
signal = "pump_rate"
function = 4
address = 4
type = "f64"
order = "DCBA"
unit = "mg/min"
[[register]]
signal = "liveness"
function = 4
address = 10
type = "u64"
order = "BADC"
[[register]]
signal = "sbp"
function = 3
address = 20
type = "s32"
order = "ABCD"
scale = 0.01
unit = "kPa"
[[register]]
signal = "avpu"
function = 3
address = 22
type = "u16"
values = { 65 = 0, 86 = 1, 80 = 2, 85 = 3 }
sequence = { address = 23 }
[[register]]
signal = "urine"
function = 3
address = 30
type = "u16"
unit = "mL"
time = { address = 31 }
[[register]]
signal = "monitor_apnoea"
function = 2
address = 3
[[register]]
signal = "monitor_inop"
function = 1
address = 17
inverted = true
)";

const RegisterMap& map()
{
    static const RegisterMap loaded = parse_register_map(map_text, "fuzz.toml").map.value();
    return loaded;
}

void require(bool holds)
{
    if (!holds) std::abort();
}

void check_outcomes(const std::vector<Outcome>& outcomes)
{
    for (const Outcome& outcome : outcomes) {
        const auto* seen = std::get_if<Observation>(&outcome);
        if (seen == nullptr) continue;
        const SignalInfo& about = info(seen->signal);
        require(std::isfinite(seen->value) && seen->value >= about.min && seen->value <= about.max);
        require(seen->validity == Validity::valid);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Group group = make_read_plan(map()).at(0);
    ChartedMemory charted;
    std::vector<Outcome> outcomes;
    while (size > 0) {
        Image image;
        image.reset(group);
        std::size_t to_split = group.blocks.size();
        for (std::size_t b = 0; b < group.blocks.size() && size >= 2; ++b) {
            const std::uint8_t control = data[0];
            const std::size_t length = std::min<std::size_t>(data[1], size - 2);
            Request request;
            request.transaction = 0x0203;
            request.place = group.blocks[b].place;
            std::vector<std::uint8_t> answer;
            if ((control & 1U) != 0) {
                const auto head = request.bytes();
                answer.assign(head.begin(), head.begin() + 8);
                answer[5] = static_cast<std::uint8_t>(3 + request.data_bytes());
                answer.push_back(static_cast<std::uint8_t>(request.data_bytes()));
            }
            answer.insert(answer.end(), data + 2, data + 2 + length);
            if ((control & 1U) != 0) answer.resize(shortest_reply + request.data_bytes());
            data += 2 + length;
            size -= 2 + length;
            // A heap copy of the exact size: reading past it is seen.
            const std::vector<std::uint8_t> exact(answer.begin(), answer.end());
            const ReplyCheck check = check_reply(request, exact);
            if (check.kind == ReplyKind::data) {
                require(check.data.size() == request.data_bytes() && check.size == exact.size());
                store(image, group.blocks[b], b, check.data);
            } else if (check.kind == ReplyKind::exception) {
                image.blocks[b] = BlockState::refused;
            } else {
                require(check.kind == ReplyKind::incomplete
                            ? check.size > exact.size() || exact.size() < 6
                            : !check.reason.empty());
                require((control & 1U) == 0);
            }
            if ((control & 2U) != 0) to_split = b;
        }
        decode(map(), group, image, BedId{0}, SourceId{0}, charted, outcomes);
        check_outcomes(outcomes);
        outcomes.clear();
        if (to_split < group.blocks.size()) split_block(map(), group, to_split);
        if (size < 2) break;
    }
    return 0;
}
