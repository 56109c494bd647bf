#include "rules/ward/technical.hpp"

#include "rules/ward/input.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

FaultInfo fault(const char* rule, const char* title, const char* message, const char* prompt, Priority priority,
                Duration hold = {}, Duration clear_hold = {}, bool latching = false)
{
    return {{rule, title, message, prompt, AlarmKind::technical, priority, 0, latching, false},
            {hold, clear_hold}};
}

constexpr Priority low = Priority::low;
constexpr Priority medium = Priority::medium;
constexpr Priority high = Priority::high;

} // namespace

// Priorities and delays: reliability goals G3 and G4 and BEHAVIOUR; all delays are design values.
const FaultInfo& info(BedFault f)
{
    static const std::array<FaultInfo, bed_fault_count> table = {
        fault("technical.silent", "No data", "No data from the monitor", "Check the monitor, cable and network.",
              medium),
        fault("technical.silent_long", "No data for 2 min", "No monitor data, magnesium on board",
              "Go to the bed. Count breaths, check reflexes.", high, 2min),
        fault("technical.frozen", "Values not changing", "Monitor values not changing",
              "Go to the bed. The monitor may have stopped.", medium),
        fault("technical.signals_lost", "Vital sign lost", "Vital sign lost", "Check the sensors.", medium),
        fault("technical.implausible", "Implausible values", "Implausible values refused",
              "Check sensor, device profile and units.", medium),
        fault("technical.unknown", "Cannot judge", "Cannot judge a vital sign", "Check the sensors.", medium, 5min),
        fault("technical.infusion_record", "Infusion record missing", "Infusion record missing",
              "Chart the magnesium infusion: rate, bolus or none.", medium, 60s),
        fault("technical.unwatched", "Bed not watched", "Data or infusion, but bed not watched",
              "Start the watch for this bed.", medium, 2min),
        fault("technical.preparation", "Bedside check", "Calcium gluconate, hammer or oxygen not at bed",
              "Bring calcium gluconate, reflex hammer and oxygen to the bed, then confirm it on the board.", medium),
        fault("technical.association", "Confirm patient and device", "Confirm patient and devices of this bed",
              "Confirm that bed, devices and patient belong together.", medium, 10min),
        fault("technical.pump_silent", "No data from the pump", "No data from the pump",
              "Look at the pump: does it run, and how fast? Chart it. Check its cable and network.", medium),
        fault("technical.cuff_arm", "Oxygen probe on the cuff's arm", "Oxygen dips with each cuff reading",
              "Put the oxygen probe on the other arm. A fall between two readings is real.", low),
        fault("technical.uncommissioned", "Device not commissioned", "Not commissioned: relies on charted checks",
              "Chart by hand. Call biomedical engineering: magwatch commission.", low),
        fault("technical.commission_lost", "Device no longer commissioned",
              "No longer commissioned: relies on charted checks",
              "Chart by hand from now on. Call biomedical engineering: magwatch commission.", medium),
    };
    return table[static_cast<std::size_t>(f)];
}

const FaultInfo& info(WardFault f)
{
    static const std::array<FaultInfo, ward_fault_count> table = {
        fault("technical.journal", "Journal not writable", "Records cannot be saved", "Call IT.", medium),
        fault("technical.journal_slow", "Slow disk", "Slow disk", "Call IT.", medium, 10s, 60s),
        fault("technical.disk_low", "Disk nearly full", "Disk nearly full", "Call IT.", low),
        fault("technical.disk_critical", "Disk full", "Disk full", "Call IT.", medium),
        fault("technical.clock_unsynchronised", "Clock not synchronised", "Clock not synchronised", "Call IT.", low,
              60s),
        fault("technical.clock_jumped", "Clock jumped", "Wall clock jumped", "Check the times on records.", low, {},
              60s),
        fault("technical.loop_late", "Monitoring was held up", "Monitoring was held up", "Call IT.", medium, {}, 60s),
        fault("technical.inbox_overflow", "Overloaded", "Overloaded, samples dropped", "Call IT.", medium, {}, 60s),
        fault("technical.history", "History not written", "Vital-sign history not written", "Call IT.", low),
        fault("technical.configuration", "Configuration refused", "New configuration refused", "Call IT.", medium),
        // Longer than a rung waits, so that a channel that fails at every rung is one alarm.
        fault("technical.channel", "Pager channel fails", "Pager channel fails", "Call IT. Use the telephone.",
              medium, {}, 5min),
        fault("technical.gap", "Nobody was watching", "Nobody was watching", "Check every patient.", medium, {}, 5min),
        fault("technical.fallback", "Running the last good configuration", "Running the last good configuration",
              "Call IT.", medium),
        fault("technical.no_owner", "Nobody to page", "An alarm has nobody to page", "Call IT.", high),
        fault("technical.device_clock", "Device clock wrong", "A device clock is wrong", "Set the device clock.", low),
        fault("technical.backup", "No good backup", "No good backup of the records", "Call IT.", low),
        fault("technical.restored", "Records restored", "Records restored from a backup",
              "Compare every bed with its paper chart.", medium),
        fault("technical.board", "No ward board is live", "No ward board is live",
              "Look at the board's screen: switch it on, load it again. Until then go by the pages.", medium, 60s),
        fault("technical.audit", "Audit trail", "The audit trail is not being kept", "Call IT.", low),
        fault("technical.certificate", "Board certificate", "The board's certificate ends soon", "Call IT: renew it.",
              low),
    };
    return table[static_cast<std::size_t>(f)];
}

std::string_view name(ShellFault f)
{
    return info(ward_fault(f)).alarm.rule;
}

WardFault ward_fault(ShellFault f)
{
    if (f == ShellFault::backup) return WardFault::backup;
    if (f == ShellFault::restored) return WardFault::restored;
    if (f == ShellFault::board) return WardFault::board;
    if (f == ShellFault::audit) return WardFault::audit;
    if (f == ShellFault::certificate) return WardFault::certificate;
    // The others are the ward fault of the same place.
    static_assert(static_cast<int>(ShellFault::channel) == static_cast<int>(WardFault::channel));
    static_assert(shell_fault_count == static_cast<std::size_t>(WardFault::channel) + 6);
    return static_cast<WardFault>(f);
}

} // namespace magwatch
