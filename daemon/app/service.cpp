#include "daemon/app/service.hpp"

#include <cstdint>
#include <cstdlib>

#include <systemd/sd-daemon.h>

namespace magwatch {

Service::Service()
{
    supervised_ = std::getenv("NOTIFY_SOCKET") != nullptr;
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0) watchdog_ = Duration{microseconds / 1000};
}

void Service::ready(const std::string& status)
{
    status_ = status;
    sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void Service::reloading() { sd_notify(0, "RELOADING=1"); }

void Service::stopping() { sd_notify(0, "STOPPING=1\nSTATUS=Stopping: nobody watches from now on"); }

void Service::status(const std::string& text)
{
    if (text == status_) return;
    status_ = text;
    sd_notify(0, ("STATUS=" + text).c_str());
}

void Service::alive(Instant now, bool progress)
{
    if (!watchdog_ || !progress || now - fed_ < *watchdog_ / 4) return;
    fed_ = now;
    sd_notify(0, "WATCHDOG=1");
}

} // namespace magwatch
