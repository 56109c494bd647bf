#include "tools/box/swarm.hpp"

#include <array>

namespace magwatch::box {

Swarm draw_swarm(simulator::Random& random, simulator::Random& more)
{
    // A third of the kinds is left out, one in eight comes ten times as often.
    const auto rate_of = [](simulator::Random& from, double usual) {
        const double dice = from.uniform();
        if (dice < 0.33) return 0.0;
        return dice > 0.875 ? usual * 10 : usual * from.uniform(0.3, 1.5);
    };
    const auto rate = [&](double usual) { return rate_of(random, usual); };
    const auto share = [&](double most) { return random.chance(0.33) ? 0.0 : random.uniform(0, most); };
    Swarm s;
    s.freezes = rate(0.2);
    s.silences = rate(0.5);
    s.garbles = rate(0.3);
    s.delays = rate(0.2);
    s.leads_off = rate(0.4);
    s.doubles = share(0.3);
    s.clocks_off = rate(0.02);
    s.kidneys = rate(0.02);
    s.overdoses = rate(0.05);
    s.opioids = rate(0.02);
    s.kills = rate(0.3);
    s.power_cuts = rate(0.05);
    s.suspends = rate(0.05);
    s.clock_steps = rate(0.1);
    s.full_disks = rate(0.05);
    s.reloads = rate(0.05);
    s.slow_commits = share(0.3);
    s.moods = rate(1);
    s.asleep = share(0.9);
    s.lazy = share(0.6);
    s.transfers = rate(0.05);
    s.pauses = rate(0.5);
    s.swaps = rate(0.1);
    s.shelves = rate_of(more, 0.5);
    return s;
}

std::span<const Trouble> troubles()
{
    static constexpr std::array table = {
        Trouble{"freezes", &Swarm::freezes},
        Trouble{"silences", &Swarm::silences},
        Trouble{"garbles", &Swarm::garbles},
        Trouble{"delays", &Swarm::delays},
        Trouble{"leads-off", &Swarm::leads_off},
        Trouble{"doubles", &Swarm::doubles},
        Trouble{"clocks-off", &Swarm::clocks_off},
        Trouble{"kidneys", &Swarm::kidneys},
        Trouble{"overdoses", &Swarm::overdoses},
        Trouble{"opioids", &Swarm::opioids},
        Trouble{"kills", &Swarm::kills},
        Trouble{"power-cuts", &Swarm::power_cuts},
        Trouble{"suspends", &Swarm::suspends},
        Trouble{"clock-steps", &Swarm::clock_steps},
        Trouble{"full-disks", &Swarm::full_disks},
        Trouble{"reloads", &Swarm::reloads},
        Trouble{"slow-commits", &Swarm::slow_commits},
        Trouble{"moods", &Swarm::moods},
        Trouble{"asleep", &Swarm::asleep},
        Trouble{"lazy", &Swarm::lazy},
        Trouble{"transfers", &Swarm::transfers},
        Trouble{"pauses", &Swarm::pauses},
        Trouble{"swaps", &Swarm::swaps},
        Trouble{"shelves", &Swarm::shelves},
    };
    return table;
}

} // namespace magwatch::box
