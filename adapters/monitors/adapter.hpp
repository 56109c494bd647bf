// The adapter seam: what every monitor, pump and laboratory adapter does, and all that it does.
//
// An adapter turns one protocol into observations, refused values and device status, and hands them to a
// sink. It makes no decision about alarms, keeps no history and knows no patient: beds and sources are the
// ids that the configuration gave it. Adapters run on the io_context thread; the sink never blocks.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "rules/observation/message_seen.hpp"
#include "rules/observation/observation.hpp"

namespace magwatch::adapters {

// Where observations go. Implemented by the daemon's inbox, by the replay tool and by tests.
class ObservationSink {
public:
    virtual ~ObservationSink() = default;
    virtual void push(const Observation& observation) = 0;
    virtual void push(const RefusedValue& refused) = 0;
    virtual void push(const DeviceStatus& status) = 0;
    // A message was taken; what it said was pushed before. For protocols whose sender repeats what was not
    // acknowledged: the sink keeps it with what it said, and gives it back after a restart.
    virtual void seen(const MessageSeen&) {}

    // Resumes once everything pushed before the call is on disk: true if it is, false if storage failed.
    // For protocols whose sender may forget what we acknowledged.
    virtual boost::asio::awaitable<bool> committed() = 0;
};

} // namespace magwatch::adapters
