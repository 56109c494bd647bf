// Modbus TCP devices for tests, on a thread of their own: good ones, and every bad one that was
// ever met.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace magwatch::test
{

enum class Fault {
    none,
    mute,       // accepts, reads, never answers
    deaf,       // listens, never accepts
    late,       // answers after `delay`
    one_behind, // answers each request with the answer to the one before
    dribble,    // one byte every `delay`
    other_unit, // the answer of another unit
    wrong_transaction,
    wrong_protocol,
    wrong_function,
    wrong_count, // byte count of another request
    truncated,   // half of an answer, then nothing
    cut,         // half of an answer, then closes
    surplus,     // an answer and some more
    twice,       // each answer two times
    random_bytes,
    exception,    // of code `exception`
    closes,       // instead of an answer
    closes_after, // a right answer, then closes
};

struct FakeUnit {
    Fault fault = Fault::none;
    std::chrono::milliseconds delay{0};
    std::uint8_t exception = 2;
    std::vector<std::uint16_t> words =
        std::vector<std::uint16_t>(200, 0); // every table, from address 0
    int bad_address = -1;                   // exception 2 for reads that touch it
};

class FakeDevices
{
public:
    FakeDevices();
    ~FakeDevices();
    FakeDevices(const FakeDevices&) = delete;
    FakeDevices& operator=(const FakeDevices&) = delete;

    // A device on a port of its own; `units` by unit number. Safe from any thread, as everything
    // here.
    std::size_t add(std::map<std::uint8_t, FakeUnit> units);
    std::size_t add(FakeUnit unit); // answers as unit 1
    [[nodiscard]] boost::asio::ip::tcp::endpoint address(std::size_t device) const;
    void change(std::size_t device, std::uint8_t unit, FakeUnit to);
    void unplug(std::size_t device); // closes the port and every connection
    void plug_in(std::size_t device);
    [[nodiscard]] std::uint64_t requests(std::size_t device) const;
    [[nodiscard]] std::uint64_t writes() const; // requests with a function that does not read
    [[nodiscard]] std::size_t connections(std::size_t device) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch::test
