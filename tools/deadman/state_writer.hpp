// Reads the state once and writes the newest, on a thread of its own: a disk that hangs delays neither the watch nor a
// page.
//
// Every call may come from one thread, that of the watch, and none waits but where it says so. What is handed in while
// a write goes on takes the place of what still waited.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tools/deadman/state_file.hpp"

namespace magwatch::deadman {

class StateWriter {
public:
    // Throws std::system_error if there is no thread to be had. A disk that did not answer for `hangs_after` is a
    // trouble (a design value: one that is only slow takes seconds).
    explicit StateWriter(std::string folder, Milliseconds hangs_after = std::chrono::seconds{30});
    // Waits for the disk up to 5 s (a design value, within the unit's TimeoutStopSec), then leaves it alone.
    ~StateWriter();
    StateWriter(const StateWriter&) = delete;
    StateWriter& operator=(const StateWriter&) = delete;

    // What was there at the start; nothing if the disk does not tell within `limit`.
    [[nodiscard]] std::optional<ReadState> read(Milliseconds limit);
    void write(States states);
    // The outcome of the newest write; nothing if it is not done within `limit`.
    [[nodiscard]] std::optional<Written> wait(Milliseconds limit);
    // What is wrong with the disk now, in words; "" = nothing.
    [[nodiscard]] std::string trouble() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_; // outlives us where the thread never comes back
    std::thread thread_;
};

} // namespace magwatch::deadman
