// The ward: the one reducer of all that happens into all that magwatch does.
//
// Pure: no clock, no I/O, no threads, no randomness. `step` first fires every deadline that is due, in time
// order with ties by bed and then by id, each at its own instant, and then applies the input; so a live run
// and a replay agree whatever the jitter of the loop. All times of effects come from `now`.
// Not thread-safe: one thread owns a Ward.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"
#include "rules/ward/view.hpp"

namespace magwatch {

// What a snapshot of an older program held and this one refuses. Alarms that were open stay open.
struct LoadRefused {
    bool rules = false;             // the rule pack: no rule is judged until a configuration brings another
    std::uint32_t own_limits = 0;   // patients whose own limits do not fit the pack any more
    std::uint32_t checklists = 0;   // calcium gluconate checklists of beds: they are gone
    bool protocol = false;          // the ward's protocol file: no new checklist until a configuration brings another
    [[nodiscard]] bool any() const { return rules || own_limits > 0 || checklists > 0 || protocol; }
};

class Ward {
public:
    Ward();
    ~Ward();
    Ward(Ward&&) noexcept;
    Ward& operator=(Ward&&) noexcept;

    // `now` must not be before the last one.
    void step(const Moment& now, const Input& input, EffectBuffer& effects);
    // When to step a Tick if nothing happens before; nullopt: never. A lower bound: an early Tick does nothing.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    // The whole state as bytes, and back. A snapshot plus the inputs after it equals the full replay.
    [[nodiscard]] Bytes save() const;
    // nullopt if the bytes are damaged or of an unknown format version. What an older program took and this one refuses
    // costs nobody her watch: `refused`, if given, tells what it goes on without.
    [[nodiscard]] static std::optional<Ward> load(std::string_view bytes, LoadRefused* refused = nullptr);

    // Names to ids under the configuration in force; nullopt for what it does not know.
    [[nodiscard]] std::optional<BedId> find_bed(std::string_view alias) const;
    [[nodiscard]] std::optional<SourceId> find_source(std::string_view name) const;
    [[nodiscard]] const BedConfiguration* bed_configuration(BedId bed) const;
    [[nodiscard]] Instant last_instant() const;
    // Whether what this call rang for still needs somebody; answered is not over.
    [[nodiscard]] bool is_open(CallId call) const;
    // The configuration in force; without a name and beds where none ever was.
    [[nodiscard]] const Configuration& configuration() const;
    // Whether exactly this configuration is in force.
    [[nodiscard]] bool has_configuration(const Configuration& configuration) const;
    [[nodiscard]] bool has_rosters(const Rosters& rosters) const;
    [[nodiscard]] const std::vector<RosterChange>& roster_changes() const;

    // Whether this value of this source may be used here, by rules or by trends.
    [[nodiscard]] bool trusts(BedId bed, SourceId source, Signal signal) const;
    // The newest commissioning record of every device that has one.
    [[nodiscard]] std::vector<std::shared_ptr<const CommissionRecord>> commissioning() const;

    // What screens, API and metrics show, built on demand. The others are for whoever judges the ward after every
    // step. `calls`: nothing but them. `alarms`: who is watched and paused, values, alarms and calls.
    enum class Shown : std::uint8_t { calls, alarms, everything };
    [[nodiscard]] WardView view(const Moment& now, Shown shown = Shown::everything) const;

    // The newest messages of a source that were taken, oldest first: their repetitions are known.
    [[nodiscard]] std::vector<MessageSeen> messages_seen(SourceId source) const;

    // Why a configuration would be refused, without applying it: pack errors, and for a running ward the
    // beds that are watched and would vanish.
    [[nodiscard]] std::vector<std::string> why_refused(const Configuration& configuration) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch
