// The audit trail's only writer: appends rows, changes its key, begins new segments, removes old ones.
//
// Rows are on the disk when append() says so. What a kill or a power cut broke is never mended: the broken line stays,
// the next row names it, and the trail goes on after it. Blocking; one thread, on a lane.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "daemon/audit/keys.hpp"
#include "daemon/audit/row.hpp"

namespace magwatch::audit
{

struct TrailLimits {
    Duration keep{366LL * 86'400'000};           // rows that are older go, with their whole segment
    std::uint64_t max_bytes = 512ULL << 20;      // of all segments
    std::uint64_t segment_bytes = 4ULL << 20;    // a segment that is longer is followed by a new one,
    Duration segment_time{86'400'000};           // also one that is older
    Duration key_time{3'600'000};                // a key signs for so long
};

struct Entry {
    Event event;
    Stamp at;
};

class Trail
{
public:
    // Goes on with the trail of `folder`, or makes one; a first row of this start is on the disk. A trail whose key is
    // gone is moved aside, and the new one's first row names its head. The reason if it cannot.
    [[nodiscard]] static std::variant<std::unique_ptr<Trail>, std::string>
    open(std::string folder, const TrailLimits& limits, const Stamp& now);
    ~Trail();
    Trail(const Trail&) = delete;
    Trail& operator=(const Trail&) = delete;

    // All of them or none: "", or why not. After a failure the trail must be opened anew.
    [[nodiscard]] std::string append(const std::vector<Entry>& entries);
    // Changes the key and begins and removes segments where their time has come. As append().
    [[nodiscard]] std::string maintain(const Stamp& now);
    void set_limits(const TrailLimits& limits) { limits_ = limits; }

    [[nodiscard]] const Head& head() const { return head_; }
    // What was wrong with what was there before; "" = nothing.
    [[nodiscard]] const std::string& damage() const { return damage_; }

private:
    Trail(std::string folder, const TrailLimits& limits) : folder_{std::move(folder)}, limits_{limits} {}
    struct Tail;
    [[nodiscard]] std::string begin(const Stamp& now, const std::string& after);
    [[nodiscard]] std::string resume(const Stamp& now);
    [[nodiscard]] std::string read_tail(Tail& tail) const;
    [[nodiscard]] std::string change_key(const Stamp& now);
    [[nodiscard]] std::string open_segment(const std::string& path, std::uint64_t first);
    [[nodiscard]] std::string prune(const Stamp& now, Duration key_lasted);
    [[nodiscard]] std::string append_own(std::string_view action, const std::string& body, const Stamp& now);

    std::string folder_;
    TrailLimits limits_;
    Key key_;
    std::string name_; // of this trail
    Head head_;
    int file_ = -1;
    std::uint64_t bytes_ = 0;  // of the segment
    Stamp segment_began_, key_began_;
    std::string damage_;
};

} // namespace magwatch::audit
