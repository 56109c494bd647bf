// Every device and gateway of the configuration, running.
//
// The io_context's thread. A reload stops what ran and starts anew: connections are cheap, and a device
// that was renamed or rewired must never speak under its old name. What its charted fields told stays known
// as long as name, place, bed and map are the same: a field is not charted anew because somebody reloads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "adapters/monitors/hl7/server.hpp"
#include "adapters/monitors/modbus/adapter.hpp"
#include "daemon/config/config.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/ward_loop/ward_loop.hpp"
#include "runtime/task_group.hpp"

namespace magwatch {

class Sources {
public:
    Sources(boost::asio::io_context& io, WardLoop& loop, Clock& clock, TaskGroup::OnFailure on_failure);
    ~Sources();

    // Starts what `config` names under the ids that the ward gave. Mistakes in words (a device that cannot
    // be polled): the rest runs.
    [[nodiscard]] std::vector<std::string> start(const Config& config);
    // Ends every session and poll.
    boost::asio::awaitable<void> stop();
    // Why the HL7 port is not listened on, in words; it goes on trying. "": it is, or none is configured.
    [[nodiscard]] std::string why_deaf() const;
    // Brings the counters of devices and gateway up to date.
    void count(Metrics& metrics);

private:
    void start_modbus(const Config& config, std::vector<std::string>& mistakes);
    void start_hl7(const Config& config, std::vector<std::string>& mistakes);

    boost::asio::io_context& io_;
    WardLoop& loop_;
    Clock& clock_;
    TaskGroup::OnFailure on_failure_;
    std::map<std::string, std::shared_ptr<adapters::modbus::ChartedMemory>> charted_; // of the devices configured
    std::unique_ptr<adapters::modbus::Adapter> modbus_;
    std::unique_ptr<TaskGroup> tasks_; // after what its tasks use
    std::unique_ptr<adapters::hl7::Hl7Server> hl7_;
    std::string hl7_listen_;
    std::vector<std::array<std::uint64_t, adapters::modbus::link_result_count>> counted_polls_;
    std::uint64_t counted_messages_ = 0, counted_duplicates_ = 0;
    std::array<std::uint64_t, 3> counted_acks_{};
    std::array<std::uint64_t, hl7_refusal_count> counted_refusals_{};
};

} // namespace magwatch
