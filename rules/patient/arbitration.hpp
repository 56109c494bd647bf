// Two devices at one bed tell the same signal: which of them is heard.
//
// Pure. Rules see one value of each signal. While the device that tells it speaks, another one's word on it is kept
// aside, except where it is the graver one: the lower breathing rate, heart rate and saturation, the alarm that is on.
// So no value alternates between two devices, none hides what the other sees, and each is known to stand still by
// its own values.
#pragma once

#include <optional>

#include "rules/observation/signal.hpp"

namespace magwatch {

// Whether two devices may tell it in turn at all: what is measured once in a while, or charted, is the newest's.
[[nodiscard]] bool is_told_by_one(Signal signal);
// Whether the newcomer's valid value is heard though the other device speaks.
[[nodiscard]] bool is_graver(Signal signal, double newcomer, double heard);
// How far two devices of one patient may lie apart; nothing: they are not compared. Design values.
[[nodiscard]] std::optional<double> apart_at(Signal signal);

} // namespace magwatch
