// The technical alarms: every way in which magwatch can be unable to tell.
#pragma once

#include <array>
#include <cstdint>

#include "rules/alarm/alarm_condition.hpp"
#include "rules/alarm/episode.hpp"

namespace magwatch {

enum class ShellFault : std::uint8_t;

// Of one bed.
enum class BedFault : std::uint8_t {
    // Snapshots hold the number of a fault: new ones are added at the end.
    silent,          // a monitor of the bed says nothing
    silent_long,     // for 2 min while magnesium is or may be on board
    frozen,          // a device repeats itself
    signals_lost,    // a vital sign that was there is not, though its device speaks
    implausible,     // values keep being refused
    unknown,         // a rule over vital signs cannot be judged
    infusion_record, // nobody knows whether magnesium runs
    unwatched,       // live data or a running infusion, and no watch
    preparation,     // calcium gluconate, hammer or oxygen not confirmed at the bed
    association,     // bed, device and patient not confirmed to belong together
    pump_silent,     // a pump of the bed says nothing
    cuff_arm,        // the saturation falls with each measurement of the pressure
    uncommissioned,  // a device of the bed was never compared with its own screen: charted checks alone
    commission_lost, // it was, and the record no longer holds
};
inline constexpr std::size_t bed_fault_count = static_cast<std::size_t>(BedFault::commission_lost) + 1;

// Of the ward as a whole; the shell reports most of them.
enum class WardFault : std::uint8_t {
    journal,
    journal_slow,
    disk_low,
    disk_critical,
    clock_unsynchronised,
    clock_jumped,
    loop_late,
    inbox_overflow,
    history,
    configuration,
    channel,
    gap,          // nobody was watching
    fallback,     // the last good configuration runs, because the new one was refused
    no_owner,     // an alarm has nobody to be paged
    device_clock, // a device's clock is off by more than a minute
    backup,       // there is no good backup that is young enough
    restored,     // the records are those of a backup
    board,        // fewer boards show the ward than the site expects
    audit,        // who did what is not being recorded, or what was recorded is not as it was
    certificate,  // that of the board is near its end, or over
};
inline constexpr std::size_t ward_fault_count = static_cast<std::size_t>(WardFault::certificate) + 1;

struct FaultInfo {
    AlarmText alarm;
    ConditionPolicy policy;
};
[[nodiscard]] const FaultInfo& info(BedFault fault);
[[nodiscard]] const FaultInfo& info(WardFault fault);
// What the shell reports, as the ward's.
[[nodiscard]] WardFault ward_fault(ShellFault fault);

} // namespace magwatch
