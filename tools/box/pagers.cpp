#include "tools/box/pagers.hpp"

namespace magwatch::box {

using namespace std::chrono_literals;

Pagers::Pagers(World& world, const Swarm& swarm, Ring ring) : world_{world}, swarm_{swarm}, ring_{std::move(ring)}
{
    for (const char* kind : {"sms", "smtp", "webhook"}) moods_[kind] = Mood::works;
}

void Pagers::plan_moods()
{
    if (swarm_.moods <= 0) return;
    world_.plan(world_.until_next(swarm_.moods), [this] {
        if (world_.calm()) return;
        plan_moods();
        auto which = moods_.begin();
        std::advance(which, static_cast<std::ptrdiff_t>(world_.dice().next() % moods_.size()));
        which->second = world_.dice().chance(0.5) ? Mood::works : static_cast<Mood>(world_.dice().next() % 5);
    });
}

void Pagers::send(const Page& page)
{
    const auto receipt = [&](Duration in, PageOutcome outcome) {
        world_.plan(in, [this, key = page.key, outcome] { world_.tell(Receipt{key, outcome, ""}); });
    };
    switch (world_.calm() ? Mood::works : moods_.at(page.channel_kind)) {
    case Mood::silent: return;
    case Mood::refuses: return receipt(world_.anywhere(3s), PageOutcome::failed);
    case Mood::lies:
        receipt(world_.anywhere(1s), PageOutcome::accepted);
        if (world_.dice().chance(0.2)) receipt(2s, PageOutcome::delivered); // and nobody has it
        return;
    case Mood::slow: receipt(4s + world_.anywhere(20s), PageOutcome::accepted); break;
    case Mood::works: {
        const Duration handed = world_.anywhere(1s);
        receipt(world_.anywhere(2s), PageOutcome::sending); // perhaps overtaken by the hand-over
        receipt(handed, PageOutcome::accepted);
        if (world_.dice().chance(0.7)) receipt(handed + world_.anywhere(5s), PageOutcome::delivered);
        if (world_.dice().chance(0.1)) receipt(handed + world_.anywhere(9s), PageOutcome::delivered); // twice
    }
    }
    ring_(page);
}

} // namespace magwatch::box
