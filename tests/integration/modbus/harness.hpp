// The adapter on a loop of its own, with a sink that keeps everything.
#pragma once

#include <functional>
#include <numeric>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "adapters/monitors/modbus/adapter.hpp"
#include "runtime/task_group.hpp"

namespace magwatch::test
{

class KeepingSink final : public adapters::ObservationSink
{
public:
    void push(const Observation& o) override { observations.push_back(o); }
    void push(const RefusedValue& r) override { refused.push_back(r); }
    void push(const DeviceStatus& s) override { status.push_back(s); }
    boost::asio::awaitable<bool> committed() override { co_return true; }

    std::vector<Observation> observations;
    std::vector<RefusedValue> refused;
    std::vector<DeviceStatus> status;

    [[nodiscard]] std::size_t count(SourceId source, Signal signal) const
    {
        std::size_t n = 0;
        for (const auto& o : observations) n += o.source == source && o.signal == signal;
        return n;
    }
    // What the source was last reported as; nullopt if never.
    [[nodiscard]] std::optional<bool> connected(SourceId source) const
    {
        std::optional<bool> last;
        for (const auto& s : status)
            if (s.source == source) last = s.connected;
        return last;
    }
};

class Harness
{
public:
    explicit Harness(std::vector<adapters::modbus::Device> devices)
        : group{io.get_executor(),
                [](const TaskFailure& f) { ADD_FAILURE() << f.task << ": " << f.what; }}
    {
        adapters::modbus::Options options;
        options.chance = [] { return 0.5; };
        adapter.emplace(io, sink, std::move(devices), std::move(options));
        adapter->start([this](std::string name, boost::asio::awaitable<void> task) {
            group.spawn_loop(std::move(name), std::move(task));
        });
    }
    ~Harness() { EXPECT_TRUE(stop()) << "a task did not end"; }

    // Runs the loop until the condition holds; false if it does not within a minute.
    bool run_until(const std::function<bool()>& condition)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds{50});
        }
        return true;
    }
    bool stop()
    {
        group.stop();
        return run_until([this] { return group.size() == 0; });
    }

    boost::asio::io_context io;
    KeepingSink sink;
    TaskGroup group;
    std::optional<adapters::modbus::Adapter> adapter;
};

inline std::uint64_t polls(const Harness& h, std::size_t i, adapters::modbus::LinkResult result)
{
    return h.adapter->state(i).polls[static_cast<std::size_t>(result)];
}

// Polls of a device that ended, and not well. One that is under way is none of them.
inline std::uint64_t failed_polls(const Harness& h, std::size_t i)
{
    const auto& all = h.adapter->state(i).polls;
    return std::accumulate(all.begin(), all.end(), std::uint64_t{0}) - polls(h, i, adapters::modbus::LinkResult::ok);
}

} // namespace magwatch::test
