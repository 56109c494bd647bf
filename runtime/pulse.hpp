// A sign that a thread with an io_context of its own still turns: stamped there each second, read elsewhere.
//
// run() on the thread that is watched; age() from any thread, without a lock.
#pragma once

#include <atomic>
#include <cstdint>

#include <boost/asio/awaitable.hpp>

#include "rules/base/instant.hpp"

namespace magwatch {

class Pulse {
public:
    // Stamps now and each second from then on, until it is cancelled: a loop of a TaskGroup.
    boost::asio::awaitable<void> run();
    // No more stamps are owed: the thread is being stopped. Any thread.
    void stop() { stamped_ = 0; }
    // How long ago it turned last; 0 before run() and after stop(). By a clock that stands still in suspend.
    [[nodiscard]] Duration age() const;

private:
    std::atomic<std::int64_t> stamped_{0}; // ms of the steady clock; 0: nothing is owed
};

} // namespace magwatch
