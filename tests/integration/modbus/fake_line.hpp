// A serial line that misbehaves: a pty whose far end is played by a thread. Its path is a symbolic
// link, as udev makes it, so that the device can vanish and come back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/monitors/modbus/rtu.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch::test
{

using Bytes = std::vector<std::uint8_t>;

// What is put on the line, so long after the thing before it.
struct Said {
    std::chrono::milliseconds after{0};
    Bytes bytes;
};

class FakeLine
{
public:
    // What follows a request on the line; called on the line's thread.
    using Answers = std::function<std::vector<Said>(const adapters::modbus::Request&)>;

    explicit FakeLine(Answers answers);
    ~FakeLine();
    FakeLine(const FakeLine&) = delete;
    FakeLine& operator=(const FakeLine&) = delete;

    [[nodiscard]] adapters::modbus::SerialSettings settings() const;
    void say(const Bytes& bytes); // unasked
    void change(Answers answers);
    void unplug();
    void plug_in();
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    [[nodiscard]] std::uint64_t others() const { return others_; } // bytes that are no read request

private:
    void run();
    void answer(Bytes& heard);

    test::TemporaryDirectory directory_{"magwatch-line"};
    std::string path_ = directory_.file("ttyUSB0");
    std::mutex mutex_; // of what follows
    Answers answers_;
    int master_ = -1, slave_ = -1;
    std::atomic<std::uint64_t> requests_ = 0, others_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

[[nodiscard]] Bytes with_crc(Bytes frame);

} // namespace magwatch::test
