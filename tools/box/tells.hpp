// What an alarm says that the ward cannot tell, or that it found: an alarm about one thing excuses no silence about
// another. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "rules/language/pack.hpp"
#include "rules/ward/effect.hpp"

namespace magwatch::box {

// The vital signs that are judged one by one.
inline constexpr std::array judged = {Signal::hr, Signal::rr, Signal::spo2};

// A bit for each thing that an open alarm speaks of.
using Tells = std::uint32_t;
inline constexpr Tells tells_vitals = (1U << judged.size()) - 1; // bit i: judged[i]
inline constexpr Tells tells_breathing = 1U << 1U;
inline constexpr Tells tells_rate = 1U << 4U;         // nobody knows how fast magnesium runs
inline constexpr Tells tells_frozen = 1U << 5U;
inline constexpr Tells tells_rr_critical = 1U << 6U;  // these three are the alarms themselves
inline constexpr Tells tells_spo2_critical = 1U << 7U;
inline constexpr Tells tells_no_reflex = 1U << 8U;
inline constexpr unsigned tells_checks = 9;           // bit 9 + i: the pack's check i is overdue
[[nodiscard]] constexpr Tells tells_vital(std::size_t i) { return 1U << i; }
[[nodiscard]] constexpr Tells tells_check(std::size_t i) { return 1U << (tells_checks + i); }

// `message`: what the screen says now; without it what the alarm may be about, since it may go on to name more.
[[nodiscard]] Tells tells_of(const Pack& pack, const std::string& rule, const std::string& message = "");

} // namespace magwatch::box
