// A bed: the woman in it, the pump, the monitor and the wire to the ward PC, with all that may become of them. What is
// true of her is known here and to the judge, and to nobody else.
//
// Bodies and noise are the simulator's (tools/simulator). A monitor tells eight signals every 5 s; that of every second
// bed has no counter by which it proves that it runs.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "tools/box/swarm.hpp"
#include "tools/box/world.hpp"
#include "tools/simulator/noise.hpp"
#include "tools/simulator/patient_model.hpp"

namespace magwatch::box {

inline constexpr Duration sample_every{5'000};

// She goes from bed to bed; her infusion goes with her.
struct Body {
    Body(std::uint16_t number, simulator::Random& dice, std::uint64_t seed);
    void advance(Instant to);

    std::uint16_t number;
    double weight; // kg; no two alike, so that it tells who the ward thinks lies in a bed
    simulator::PatientModel model;
    simulator::BedsideNoise noise;
    double rate = 0;    // g/h that really run
    double ordered = 0; // g/h that were prescribed and charted
    Instant at{};
    double urine_charted = 0;     // mL of the model that were charted
    Instant urine_charted_at{};   // so is that there was little or none, hourly
};

class Bedside {
public:
    // `monitored`: it has a monitor and a networked pump; sources are 2 x bed and 2 x bed + 1.
    Bedside(World& world, const Swarm& swarm, std::uint16_t bed, bool monitored);

    void plan_troubles();
    // The monitor's next values, to the ward.
    void sample();
    // As the adapters of a daemon that starts: how the monitor stands, and its clock. It may have been set meanwhile.
    void announce();
    // All is mended.
    void mend();

    [[nodiscard]] bool monitored() const { return monitored_; }
    [[nodiscard]] bool counts() const { return bed_ % 2 == 0; } // it has a counter
    // When its words last were not those that it had said before, or it said nothing that can be used; {0}: never.
    [[nodiscard]] Instant moved() const { return moved_; }
    [[nodiscard]] SourceId monitor() const { return SourceId{static_cast<std::uint16_t>(2 * bed_)}; }
    [[nodiscard]] SourceId pump() const { return SourceId{static_cast<std::uint16_t>(2 * bed_ + 1)}; }

    std::unique_ptr<Body> body; // empty: nobody lies here

private:
    struct Value {
        Signal signal;
        std::optional<double> value;
    };
    static constexpr std::size_t signals = 8;
    using Values = std::array<Value, signals>;

    void trouble(double per_hour, Duration longest, Instant Bedside::*until);
    [[nodiscard]] Values read();
    [[nodiscard]] static bool any_number(const Values& values);
    void send(const Values& values);
    void send_late(const Values& values);
    void garble(const Values& values);
    void refuse(const Values& values, Refusal reason);
    [[nodiscard]] bool during(Instant until) const { return world_.now().steady < until; }

    World& world_;
    const Swarm& swarm_;
    std::uint16_t bed_;
    bool monitored_;
    Instant frozen_until_{}, silent_until_{}, garbled_until_{}, late_until_{}, leads_off_until_{};
    Instant moved_{};
    Duration clock_off_{};
    bool told_silent_ = false;
    Values shown_{};
    double counter_ = 0;
};

} // namespace magwatch::box
