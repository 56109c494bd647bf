// What each loop owes: to bring a unit of useful work to its end now and then. The watchdog is fed only while all do.
//
// Here stand the loops without which nobody would be paged or could answer. What waits for a disk (journal, history,
// audit, files) is told as a technical alarm instead: a start anew would find the same disk. Devices are told by the
// core when they are silent. The loop's thread alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch {

class Contracts {
public:
    // How long the work that is there has waited, or how long ago the loop last turned; 0 while it owes nothing. Never
    // blocks.
    using Age = std::function<Duration()>;

    void add(std::string loop, Duration longest, Age age);
    // The loops that are behind, each told once in the log; "" while all contracts hold.
    [[nodiscard]] std::string broken();

private:
    struct Contract {
        std::string loop;
        Duration longest;
        Age age;
        bool told = false;
    };
    std::vector<Contract> contracts_;
};

} // namespace magwatch
