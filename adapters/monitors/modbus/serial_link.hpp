// A serial line for the loop: its port (serial_port.hpp) on a lane of its own, one thread for each
// line, so that nobody waits for it but the units on it.
//
// Used on the thread of the io_context. A wait on the lane cannot be cancelled by Asio: interrupt()
// ends it, for good.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/monitors/modbus/serial_port.hpp"
#include "adapters/monitors/modbus/transport.hpp"
#include "runtime/lane.hpp"

namespace magwatch::adapters::modbus
{

class SerialLink final : public Transport
{
public:
    explicit SerialLink(const SerialSettings& settings);
    ~SerialLink() override;
    SerialLink(const SerialLink&) = delete;
    SerialLink& operator=(const SerialLink&) = delete;

    [[nodiscard]] bool is_open() const override { return open_; }
    [[nodiscard]] bool used() const override { return used_; }
    // The deadline is for the device alone: listening first takes a second more.
    boost::asio::awaitable<LinkReply> connect(Time deadline) override;
    // The device stays open after a time-out or a wrong answer: other units hang on it.
    boost::asio::awaitable<LinkReply> exchange(Request request, Time deadline) override;
    void close() override;
    void interrupt() { port_.interrupt(); }

private:
    LinkReply take(std::optional<SerialReply> outcome);
    bool has_thread();

    const std::string thread_name_;
    SerialPort port_;
    std::optional<magwatch::Lane> lane_; // from the first connect(); after the port on which it works
    std::vector<std::uint8_t> data_;
    bool open_ = false;
    bool used_ = false;
};

} // namespace magwatch::adapters::modbus
