// What the dead-man tells people of its own disk: it watches on without one, but a restart then forgets.
//
// Pure: time is handed in, pages are handed back. Design values: a disk that failed for 10 s is told, so that one write
// that fails rings nobody; every 12 h again, since no patient waits for it; its return at once.
#pragma once

#include <optional>

#include "tools/deadman/watch.hpp"

namespace magwatch::deadman {

struct OwnPage {
    PageKind kind{};
    std::string text; // at most 160 characters of GSM-7
};

class OwnDisk {
public:
    [[nodiscard]] std::optional<OwnPage> tick(bool failing, const Now& now);

private:
    std::optional<Milliseconds> since_, told_;
};

} // namespace magwatch::deadman
