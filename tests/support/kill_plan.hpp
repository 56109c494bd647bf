// The named points at which tests kill: by a signal (tests/system/crash_point.cpp), or in process on a simulated disk
// (tests/simulation/kills). ".before" and ".after" are those of the commit, or of the hand-over to the channel.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "runtime/crash_point.hpp"

namespace magwatch::test {

struct KillPoint {
    std::string_view name;
    CrashPoint passed;
    bool when_durable; // not at once, but at the commit that holds it
};

inline constexpr std::array kill_points{
    KillPoint{"intent.before", CrashPoint::intent, false},   KillPoint{"intent.after", CrashPoint::intent, true},
    KillPoint{"send.before", CrashPoint::send, false},       KillPoint{"send.after", CrashPoint::sent, false},
    KillPoint{"sending.before", CrashPoint::sending, false}, KillPoint{"sending.after", CrashPoint::sending, true},
    KillPoint{"outcome.before", CrashPoint::outcome, false}, KillPoint{"outcome.after", CrashPoint::outcome, true},
    KillPoint{"receipt.before", CrashPoint::receipt, false}, KillPoint{"receipt.after", CrashPoint::receipt, true},
    KillPoint{"answer.before", CrashPoint::answer, false},   KillPoint{"answer.after", CrashPoint::answer, true},
    KillPoint{"answer.said", CrashPoint::said, false},
};

[[nodiscard]] inline const KillPoint* find_kill_point(std::string_view name)
{
    for (const KillPoint& point : kill_points)
        if (point.name == name) return &point;
    return nullptr;
}

// Dies at one point, at the nth passing of it. Without a point never.
class KillPlan {
public:
    KillPlan() = default;
    KillPlan(const KillPoint& point, unsigned passes) : point_{&point}, left_{passes} {}

    // True: now.
    [[nodiscard]] bool passed(CrashPoint point, std::uint64_t records)
    {
        if (point_ == nullptr) return false;
        // All records of a turn are appended at once: with one more durable than before, this one is.
        if (point == CrashPoint::committed) return pending_ && records > *pending_;
        answered_ = answered_ || point == CrashPoint::answer;
        if (point != point_->passed || (point == CrashPoint::said && !answered_)) return false;
        if (left_ == 0 || --left_ > 0) return false;
        if (!point_->when_durable) return true;
        pending_ = records;
        return false;
    }

private:
    const KillPoint* point_ = nullptr;
    unsigned left_ = 0;
    std::optional<std::uint64_t> pending_; // passed when so many records were appended
    bool answered_ = false;                // whoever charts is told too: that is not meant by "said"
};

} // namespace magwatch::test
