// Where an audit trail lies: a folder with segments, files of rows that are only appended to, each named by its first
// row's number; the key in force; and, until somebody takes it away, the verify key.
//
// Blocking.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch::audit
{

inline constexpr const char* folder_name = "audit"; // in the state directory
inline constexpr const char* key_name = "key";
inline constexpr const char* verify_key_name = "verify.key";

struct Segment {
    std::uint64_t first = 0; // sequence of its first row
    std::string path;
    std::uint64_t bytes = 0;
};

[[nodiscard]] std::string segment_name(std::uint64_t first);
// In their order; none if there is no such folder.
[[nodiscard]] std::vector<Segment> segments_of(const std::string& folder);

// Copies of the segments below `to`, which is made: whole lines alone, of a trail that may be written meanwhile. False:
// there are none. Throws std::filesystem::filesystem_error.
bool copy_segments(const std::string& folder, const std::string& to);

// Each line in its order, without its end; `whole`: it has one. Stops early when `take` says false. "" or the reason.
[[nodiscard]] std::string each_line(const std::string& path,
                                    const std::function<bool(std::string_view line, bool whole)>& take);

} // namespace magwatch::audit
