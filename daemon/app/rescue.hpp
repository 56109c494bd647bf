// A start on a disk that takes nothing: the state directory is exchanged for one in memory, and what is known of the
// ward goes along. Blocking; before the loop runs.
#pragma once

#include <string>

namespace magwatch {

// A new directory for the records while the disk they belong on does not take them: lost with the machine.
[[nodiscard]] std::string substitute_directory();

// Copies the journal of a state directory that nobody has open.
void rescue_journal(const std::string& from, const std::string& to);

// Copies the keys, the people and the notes beside the journal, as far as they can be read (mode 0600): with others,
// every device would count as not commissioned, nobody could unlock a station, and links that were sent would be void.
// How deaths are counted (start_notes.hpp) does not go along.
void rescue_small_files(const std::string& from, const std::string& to);

} // namespace magwatch
