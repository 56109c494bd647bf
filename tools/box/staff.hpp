// The people of the ward: they chart what they see, hear pages and sleep through them, say "coming" and do not come,
// come and treat, move women between beds, and pause the sound at the wrong moment.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rules/escalation/page.hpp"
#include "rules/ward/view.hpp"
#include "tools/box/bedside.hpp"

namespace magwatch::box {

class Staff {
public:
    Staff(World& world, const Swarm& swarm, std::vector<Bedside>& beds, std::uint64_t seed)
        : world_{world}, swarm_{swarm}, beds_{beds}, shelf_dice_{seed, 33}
    {
    }

    // Everybody who lies somewhere is watched and has her magnesium begun.
    void begin();
    // What the board shows: a bed that asks whether it, its devices and its patient belong together is gone to, and who
    // is at a bed whose rate is not known tells it.
    void see(const WardView& view);
    // A person's telephone rings.
    void rings(const Page& page);

    [[nodiscard]] std::uint64_t answers() const { return answers_; }
    // A stay as the ward was told: moved at once here, and on the screen when it was stored.
    [[nodiscard]] bool moving() const { return moving_; }
    void moved() { moving_ = false; }

private:
    template <class What> void chart(std::uint16_t bed, const Body& body, What what);
    template <class What> void act(const std::string& person, What what);
    void admit(std::uint16_t bed);
    void round(std::uint16_t bed);
    void look(std::uint16_t bed);
    void treat(std::uint16_t bed);
    void tell_rate(std::uint16_t bed);
    void restart_later(const Body& body);
    void plan_bodies();
    void plan_transfers();
    void plan_pauses();
    void plan_swaps();
    void plan_shelves();
    [[nodiscard]] std::optional<std::uint16_t> bed_of(std::uint16_t number) const;
    [[nodiscard]] bool lazy() { return !world_.calm() && world_.dice().chance(swarm_.lazy); }

    World& world_;
    const Swarm& swarm_;
    std::vector<Bedside>& beds_;
    std::uint64_t keys_ = 0, answers_ = 0;
    std::map<std::pair<CallId, std::string>, std::uint32_t> rung_; // the newest ring that each person has noticed
    std::set<std::uint16_t> going_; // beds where somebody will confirm
    std::set<std::uint16_t> rate_asked_; // beds whose rate nobody knows, by the board
    bool moving_ = false;
    simulator::Random shelf_dice_;
    std::vector<EpisodeId> technical_; // alarms on the board that are not shelved
};

} // namespace magwatch::box
