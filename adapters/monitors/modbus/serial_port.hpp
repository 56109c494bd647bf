// A serial line with Modbus RTU units on it: opens the device, and one request with its answer at a
// time. It waits, so it lives on a lane of its own; only interrupt() may be called from elsewhere.
//
// libmodbus opens the device, sets the line and sends. It does not receive here: its wait cannot be
// ended before its time, it passes over the checksum of another unit's answer, and what it throws
// away cannot be looked at. What is heard goes to rtu.hpp, byte for byte.
//
// An answer says nothing of its request. So that no value ever comes under a wrong name:
// - before a request the line must be silent for 3.5 characters, and what was heard since the last
//   one is looked at: a whole frame of somebody else means that another master asks on this line,
//   and then nothing is sent and nothing is believed for 10 s;
// - after one that was not answered, or not rightly, the unit is first asked for something whose
//   answer has another length than every answer it owes; until that one comes, it is not believed;
// - after an answer the line must be silent again;
// - a pause of 100 ms inside an answer ends it (3.5 characters would be the standard's, but adapters
//   and drivers hand over bytes in bursts; the checksum guards the rest).
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include "adapters/monitors/modbus/library.hpp"
#include "adapters/monitors/modbus/rtu.hpp"
#include "adapters/monitors/modbus/transport.hpp"

namespace magwatch::adapters::modbus
{

struct SerialReply {
    LinkReply reply; // its data is empty: here it is
    std::vector<std::uint8_t> data;
    bool open = false; // the device, after this
};

class SerialPort
{
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit SerialPort(SerialSettings settings);
    ~SerialPort();
    SerialPort(const SerialPort&) = delete;
    SerialPort& operator=(const SerialPort&) = delete;

    // Opens the device for this process alone, and listens for a second whether somebody asks there.
    [[nodiscard]] SerialReply open();
    // The time-out counts from the end of the request to the first byte of the answer.
    [[nodiscard]] SerialReply exchange(const Request& request, std::chrono::milliseconds timeout);
    void close();
    // Ends every wait now and from now on. From any thread.
    void interrupt();

private:
    enum class Woken : std::uint8_t { readable, late, interrupted, gone };
    [[nodiscard]] Woken wait(Time until);
    [[nodiscard]] bool read_some(); // appends to heard_; false: the device is gone
    [[nodiscard]] Woken listen(Time until);
    [[nodiscard]] std::optional<SerialReply> silence();
    [[nodiscard]] std::optional<SerialReply> settle(const Request& request,
                                                    std::chrono::milliseconds timeout);
    [[nodiscard]] SerialReply ask(const Request& request, std::chrono::milliseconds timeout,
                                  bool settling);
    [[nodiscard]] SerialReply hear(const Request& request, Time end);
    [[nodiscard]] SerialReply end_of(Woken woken);
    [[nodiscard]] SerialReply fail(LinkResult result, std::string_view reason);
    [[nodiscard]] SerialReply refuse_to_open(std::string_view reason);
    void look_for_strangers(Answers answers);

    SerialSettings settings_;
    std::optional<Library> library_;
    Debts debts_;
    std::vector<std::uint8_t> heard_;
    Time stranger_until_{}; // somebody else asks on this line
    std::chrono::microseconds gap_;
    int wake_ = -1; // eventfd
    std::atomic<bool> interrupted_ = false;
};

} // namespace magwatch::adapters::modbus
