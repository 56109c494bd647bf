// What the parts of the box ask of it: the time, dice, "later", and the ears of the ward PC.
#pragma once

#include <functional>

#include "rules/ward/input.hpp"
#include "tools/simulator/random.hpp"

namespace magwatch::box {

using Act = std::function<void()>;

class World {
public:
    virtual ~World() = default;
    [[nodiscard]] virtual const Moment& now() const = 0;
    [[nodiscard]] virtual simulator::Random& dice() = 0;
    // After `in`, whether the machine lives then or not.
    virtual void plan(Duration in, Act act) = 0;
    // What a device or a channel says: heard if the machine lives, or lost.
    virtual void tell(const Input& input) = 0;
    // What a person says: again every few seconds until the machine says that it is stored, or refuses.
    virtual void say(Input input) = 0;
    // Everything works and everybody comes.
    [[nodiscard]] virtual bool calm() const = 0;

    [[nodiscard]] Duration anywhere(Duration within) { return anywhere(dice(), within); }
    [[nodiscard]] static Duration anywhere(simulator::Random& from, Duration within)
    {
        return Duration{static_cast<std::int64_t>(from.uniform(0, static_cast<double>(within.count())))};
    }
    // Something that happens so often an hour: how long until the next time.
    [[nodiscard]] Duration until_next(double per_hour) { return until_next(dice(), per_hour); }
    [[nodiscard]] static Duration until_next(simulator::Random& from, double per_hour)
    {
        return std::chrono::seconds{1} + anywhere(from, Duration{static_cast<std::int64_t>(7'200'000 / per_hour)});
    }
};

} // namespace magwatch::box
