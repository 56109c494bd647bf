// Why magwatch may read something else than the screen shows, in words, the likeliest first.
//
// Pure, and a guess: it says where to look, and changes nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/commissioning/compare.hpp"

namespace magwatch {

// How a register tells a value: raw * scale + offset, in `unit`.
struct RawForm {
    std::string type = "u16", order = "ABCD"; // as the map writes them
    double scale = 1, offset = 0;
    Unit unit = Unit::none;
};

// Another value that magwatch reads at the same moment.
struct OtherReading {
    std::string device, bed;
    Signal signal{};
    double value = 0;
};

struct Disagreement {
    std::string device, bed;
    Signal signal{};
    Shown shown;
    std::optional<double> read;
    std::string refused; // why magwatch has no value: "implausible", "no value yet", ...
    double register_step = 0;
    std::optional<RawForm> form; // of a register map
};

[[nodiscard]] std::vector<std::string> likely_causes(const Disagreement& what, std::span<const OtherReading> others);

} // namespace magwatch
