// A sink that keeps what it was given.
#pragma once

#include <vector>

#include "adapters/monitors/adapter.hpp"

namespace magwatch::adapters::hl7
{

struct RecordingSink : ObservationSink {
    void push(const Observation& o) override { observations.push_back(o); }
    void push(const RefusedValue& r) override { refused.push_back(r); }
    void push(const DeviceStatus& s) override { statuses.push_back(s); }
    void seen(const MessageSeen& m) override { messages.push_back(m); }
    boost::asio::awaitable<bool> committed() override { co_return true; }

    void clear()
    {
        observations.clear();
        refused.clear();
        statuses.clear();
        messages.clear();
    }

    std::vector<Observation> observations;
    std::vector<RefusedValue> refused;
    std::vector<DeviceStatus> statuses;
    std::vector<MessageSeen> messages;
};

} // namespace magwatch::adapters::hl7
