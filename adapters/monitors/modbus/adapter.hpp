// Polls monitors and pumps that speak Modbus, over TCP or a serial line (RTU), as their register maps
// say, and pushes what they give.
//
// Runs on the thread of its io_context, one coroutine for each address or line and one more for an
// address with several units; each serial line has a thread of its own that waits. A device that is
// silent, late, slow or wrong costs no other address anything, and the other units behind its own
// gateway or on its line one reply time-out (poll_schedule.hpp). Reads only: no function that writes
// exists. A device is reported as lost after two failed polls in a row, and as connected at its first
// answer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "adapters/monitors/adapter.hpp"
#include "adapters/monitors/modbus/decode.hpp"
#include "adapters/monitors/modbus/link.hpp"
#include "adapters/monitors/modbus/poll_schedule.hpp"
#include "adapters/monitors/modbus/register_map.hpp"
#include "adapters/monitors/modbus/serial_link.hpp"

namespace magwatch::adapters::modbus
{

struct Device {
    SourceId source = no_source;
    BedId bed = no_bed;
    std::string name; // for metrics and logs
    boost::asio::ip::tcp::endpoint address;
    std::uint8_t unit = 1;
    std::shared_ptr<const RegisterMap> map;
    std::optional<SerialSettings> serial;    // instead of the address; the same for all units on it
    std::chrono::milliseconds reply_timeout{0}; // 0: the map's
    // What an adapter before this one was told by the same fields; none: nothing is known.
    std::shared_ptr<ChartedMemory> charted;
};

// "192.0.2.7:502", "[2001:db8::7]:502" or "localhost:502"; the port may be left out (502). Other
// names are refused: a ward must not lose its monitors because a name server is away.
[[nodiscard]] std::optional<boost::asio::ip::tcp::endpoint> address_from(std::string_view text);

// How late polls started, in milliseconds; the last bucket holds everything above.
struct Lateness {
    static constexpr std::array<std::int64_t, 10> bounds_ms{1,  2,   5,   10,  20,
                                                            50, 100, 200, 500, 1000};
    std::array<std::uint64_t, bounds_ms.size() + 1> buckets{};
    std::uint64_t count = 0;
    std::chrono::nanoseconds max{};
    void add(std::chrono::nanoseconds late);
    // The upper bound of the bucket that holds the quantile, in ms; the largest seen for the last
    // bucket.
    [[nodiscard]] double quantile_ms(double q) const;
};

// What one device did so far; only ever grows, except for the last two.
struct DeviceState {
    std::array<std::uint64_t, link_result_count> polls{}; // by LinkResult
    std::uint64_t requests = 0;
    std::uint64_t connects = 0; // tried, the first included
    std::uint64_t observations = 0;
    std::uint64_t refused_values = 0;
    std::uint64_t exceptions = 0; // of single requests
    std::uint64_t skipped_slots =
        0;             // polls that did not happen because the one before took so long
    Lateness lateness; // of polls on schedule
    std::optional<std::chrono::steady_clock::time_point> last_good;
    std::optional<bool> connected; // nullopt: not known yet
    std::string_view last_reason;  // of the last poll that failed
};

struct Options {
    std::function<double()>
        chance; // uniform in [0, 1); by default a generator seeded from the machine
    std::chrono::milliseconds retry_refused{
        60'000}; // how often a register that the device refuses is asked again
};

class Adapter
{
public:
    // Runs a task that must not end before it is cancelled (TaskGroup::spawn_loop).
    using Spawn = std::function<void(std::string, boost::asio::awaitable<void>)>;

    // `sink` must outlive the adapter, and the adapter its tasks.
    Adapter(boost::asio::io_context& io, ObservationSink& sink, std::vector<Device> devices,
            Options options = {});
    ~Adapter();
    Adapter(const Adapter&) = delete;
    Adapter& operator=(const Adapter&) = delete;

    void start(const Spawn& spawn);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] const Device& device(std::size_t index) const; // in the order given
    [[nodiscard]] const DeviceState& state(std::size_t index) const;

private:
    struct Unit;
    struct Bus;
    boost::asio::awaitable<void> run_lane(Bus& bus, Lane lane);
    boost::asio::awaitable<void> run_lane(Bus& bus, Lane lane, Transport& link);
    boost::asio::awaitable<void> end_waits(Bus& bus);
    boost::asio::awaitable<LinkReply> poll(Unit& unit, std::size_t group, Transport& link);
    boost::asio::awaitable<LinkReply> ask(Unit& unit, const Block& block, Transport& link);
    [[nodiscard]] Bus& bus_of(const Device& device);
    void finish(Bus& bus, const PollSchedule::Due& due, const LinkReply& last);
    bool asks_all(Unit& unit, std::size_t group);
    void deliver(Unit& unit, std::size_t group);
    void split_refused(Unit& unit, std::size_t group);
    void set_connected(Unit& unit, bool connected);

    boost::asio::io_context& io_;
    ObservationSink& sink_;
    Options options_;
    Deadlines deadlines_;
    std::vector<std::unique_ptr<Unit>> units_;
    std::vector<std::unique_ptr<Bus>> buses_;
    std::vector<Outcome> outcomes_;
};

} // namespace magwatch::adapters::modbus
