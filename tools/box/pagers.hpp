// The channels: each works, is slow, says nothing, refuses, or lies (accepts and delivers nothing), and changes between
// these. Receipts come late, twice, or for what nobody got.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "rules/ward/effect.hpp"
#include "tools/box/swarm.hpp"
#include "tools/box/world.hpp"

namespace magwatch::box {

class Pagers {
public:
    using Ring = std::function<void(const Page&)>; // a person's telephone
    Pagers(World& world, const Swarm& swarm, Ring ring);

    void plan_moods();
    void send(const Page& page);

private:
    enum class Mood : std::uint8_t { works, slow, silent, refuses, lies };

    World& world_;
    const Swarm& swarm_;
    Ring ring_;
    std::map<std::string, Mood> moods_; // by kind of channel
};

} // namespace magwatch::box
