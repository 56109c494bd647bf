// A start on a disk that takes nothing: the state directory is exchanged for one in memory, and what is known of the
// ward goes along. Blocking; before the loop runs.
#pragma once

#include <cstdint>
#include <string>

namespace magwatch {

// A new directory for the records while the disk they belong on does not take them: lost with the machine.
[[nodiscard]] std::string substitute_directory();

// As much of a journal as goes into memory. That is the service's own: below its MemoryMax there must be room for the
// daemon, too, and a journal may have 2 GiB, of which a start needs a few.
inline constexpr std::uint64_t rescued_max = 128ULL << 20;

// Copies the journal of a state directory that nobody has open. Of one that is larger than `most` bytes: the newest
// snapshot and what came after it, the last start and the configuration, which is what recovery reads. "", or what to
// tell the ward: that some of it could not be read, or that nothing went along.
[[nodiscard]] std::string rescue_journal(const std::string& from, const std::string& to,
                                         std::uint64_t most = rescued_max);

// Copies the keys, the people and the notes beside the journal, as far as they can be read (mode 0600): with others,
// every device would count as not commissioned, nobody could unlock a station, and links that were sent would be void.
// How deaths are counted (start_notes.hpp) does not go along.
void rescue_small_files(const std::string& from, const std::string& to);

} // namespace magwatch
