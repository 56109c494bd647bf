// What systemd is told: ready, reloading, stopping, status, and that we are alive.
//
// Nothing happens without $NOTIFY_SOCKET. The loop's thread alone.
#pragma once

#include <optional>
#include <string>

#include "rules/base/instant.hpp"

namespace magwatch {

class Service {
public:
    Service();
    void ready(const std::string& status);
    void reloading();
    void stopping();
    void status(const std::string& text);
    // Feeds the watchdog, at most four times per interval, and only while `progress` says that every loop
    // has done real work.
    void alive(Instant now, bool progress);
    // systemd started us, so it is who ends us.
    [[nodiscard]] bool supervised() const { return supervised_; }
    // How often it wants to be fed; nothing if there is no watchdog.
    [[nodiscard]] std::optional<Duration> watchdog() const { return watchdog_; }

private:
    std::optional<Duration> watchdog_;
    Instant fed_{};
    bool supervised_ = false;
    std::string status_;
};

} // namespace magwatch
