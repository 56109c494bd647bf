// What comes often and says little each time (somebody reads a bed's page every second, a program is refused a thousand
// times) is written the first few times of an hour; the rest is counted, and the count is written at the hour's end.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/audit/row.hpp"

namespace magwatch::audit
{

class Tally
{
public:
    // True: write it now. False: it was counted.
    [[nodiscard]] bool admit(const Event& event);
    // Once an hour: rows that say how often what was counted came. Everything begins anew.
    [[nodiscard]] std::vector<Event> turn();
    [[nodiscard]] bool counted() const { return counted_; }

private:
    struct Count {
        Event event; // of the last one, without its body
        std::uint64_t written = 0, more = 0;
    };
    std::map<std::string, Count> counts_;
    bool counted_ = false;
};

} // namespace magwatch::audit
