#include "adapters/monitors/modbus/adapter.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace magwatch::adapters::modbus
{
namespace
{

using Time = std::chrono::steady_clock::time_point;
using namespace std::chrono_literals;
constexpr auto quiet = asio::as_tuple(asio::use_awaitable);
constexpr unsigned lost_after = 2; // failed polls in a row

// The unit is silent, not the gateway that says so.
bool means_silent(const LinkReply& reply)
{
    if (reply.result != LinkResult::exception) return reply.result != LinkResult::ok;
    return reply.exception == ExceptionCode::gateway_path ||
           reply.exception == ExceptionCode::gateway_target;
}

bool means_wrong_address(const LinkReply& reply)
{
    return reply.result == LinkResult::exception &&
           (reply.exception == ExceptionCode::illegal_address ||
            reply.exception == ExceptionCode::illegal_value);
}

std::function<double()> machine_chance()
{
    auto engine = std::make_shared<std::mt19937>(std::random_device{}());
    return [engine] { return std::uniform_real_distribution<double>{0, 1}(*engine); };
}

} // namespace

std::optional<asio::ip::tcp::endpoint> address_from(std::string_view text)
{
    std::string_view host = text, port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
    }
    unsigned number = 502;
    if (!port.empty()) {
        if (port.front() != ':') return std::nullopt;
        const char* last = port.data() + port.size();
        const auto [end, error] = std::from_chars(port.data() + 1, last, number);
        if (error != std::errc{} || end != last || number == 0 || number > 65535)
            return std::nullopt;
    }
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string{host}, error);
    if (error) return std::nullopt;
    return asio::ip::tcp::endpoint{address, static_cast<std::uint16_t>(number)};
}

void Lateness::add(std::chrono::nanoseconds late)
{
    const double ms = static_cast<double>(late.count()) / 1e6;
    std::size_t i = 0;
    while (i < bounds_ms.size() && ms > static_cast<double>(bounds_ms[i])) ++i;
    buckets[i] += 1;
    count += 1;
    max = std::max(max, late);
}

double Lateness::quantile_ms(double q) const
{
    const double wanted = q * static_cast<double>(count);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bounds_ms.size(); ++i) {
        sum += buckets[i];
        if (static_cast<double>(sum) >= wanted) return static_cast<double>(bounds_ms[i]);
    }
    return static_cast<double>(max.count()) / 1e6;
}

struct Adapter::Unit {
    Device device;
    DeviceState state;
    std::vector<Group> groups;
    Image image; // of the poll in progress; a unit is polled by one lane at a time
    std::vector<std::size_t> refused_blocks; // of the poll in progress: to be split
    std::vector<Time> retry_refused;         // of each group
};

// Everything behind one address or on one serial line.
struct Adapter::Bus {
    asio::ip::tcp::endpoint address;
    std::optional<SerialSettings> settings; // of a serial line
    std::unique_ptr<SerialLink> serial;
    PollSchedule schedule;
    std::vector<Unit*> units;                     // as the schedule counts them
    std::unique_ptr<asio::steady_timer> waits[2]; // of each lane
};

Adapter::Adapter(asio::io_context& io, ObservationSink& sink, std::vector<Device> devices,
                 Options options)
    : io_{io}, sink_{sink}, options_{std::move(options)}, deadlines_{io}
{
    if (!options_.chance) options_.chance = machine_chance();
    const Time start = std::chrono::steady_clock::now();
    for (Device& device : devices) {
        auto unit = std::make_unique<Unit>();
        unit->groups = make_read_plan(*device.map);
        unit->retry_refused.assign(unit->groups.size(), Time{});
        unit->device = std::move(device);
        if (!unit->device.charted) unit->device.charted = std::make_shared<ChartedMemory>();
        Bus& bus = bus_of(unit->device);
        std::vector<Duration> intervals;
        for (const Group& group : unit->groups) intervals.push_back(group.interval);
        // Not all in one instant: 2 ms apart, but the last within its first interval.
        const auto spread = std::min<std::chrono::nanoseconds>(2ms, period(*unit->device.map) /
                                                                        (units_.size() + 1));
        bus.schedule.add_unit(start + spread * units_.size(), intervals);
        bus.units.push_back(unit.get());
        units_.push_back(std::move(unit));
    }
}

Adapter::~Adapter() = default;

Adapter::Bus& Adapter::bus_of(const Device& device)
{
    const auto found =
        std::find_if(buses_.begin(), buses_.end(), [&](const std::unique_ptr<Bus>& bus) {
            if (device.serial) return bus->settings && bus->settings->path == device.serial->path;
            return !bus->settings && bus->address == device.address;
        });
    if (found != buses_.end()) return **found;
    auto bus = std::make_unique<Bus>();
    bus->address = device.address;
    bus->settings = device.serial;
    if (device.serial) {
        bus->serial = std::make_unique<SerialLink>(*device.serial);
        bus->schedule.use_one_wire();
    }
    for (auto& wait : bus->waits) wait = std::make_unique<asio::steady_timer>(io_);
    buses_.push_back(std::move(bus));
    return *buses_.back();
}

std::size_t Adapter::size() const
{
    return units_.size();
}
const Device& Adapter::device(std::size_t index) const
{
    return units_[index]->device;
}
const DeviceState& Adapter::state(std::size_t index) const
{
    return units_[index]->state;
}

void Adapter::start(const Spawn& spawn)
{
    spawn("modbus deadlines", deadlines_.run());
    for (const auto& bus : buses_) {
        const std::string name = "modbus " + bus->units.front()->device.name;
        spawn(name, run_lane(*bus, Lane::main));
        if (bus->serial)
            spawn(name + " (waits)", end_waits(*bus));
        else if (bus->units.size() > 1)
            spawn(name + " (silent units)", run_lane(*bus, Lane::probe));
    }
}

asio::awaitable<void> Adapter::run_lane(Bus& bus, Lane lane)
{
    if (bus.serial) {
        co_await run_lane(bus, lane, *bus.serial);
        co_return;
    }
    Link link{io_, bus.address, deadlines_};
    co_await run_lane(bus, lane, link);
}

// Stopping must not wait for a unit that is silent.
asio::awaitable<void> Adapter::end_waits(Bus& bus)
{
    asio::steady_timer never{io_, Time::max()};
    [[maybe_unused]] const auto [error] = co_await never.async_wait(quiet);
    bus.serial->interrupt();
}

asio::awaitable<void> Adapter::run_lane(Bus& bus, Lane lane, Transport& link)
{
    asio::steady_timer& wait = *bus.waits[static_cast<std::size_t>(lane)];
    for (;;) {
        const Time now = std::chrono::steady_clock::now();
        const auto due = bus.schedule.next(lane, now);
        if (!due) {
            // A gateway has few connections to give: none is kept for nothing.
            if (lane == Lane::probe && !bus.schedule.has_silent()) link.close();
            wait.expires_at(bus.schedule.wake(lane, now));
            // Cut short when a unit changes lanes; cancellation is thrown by the next wait.
            [[maybe_unused]] const auto [error] = co_await wait.async_wait(quiet);
            continue;
        }
        bus.schedule.begin(*due);
        Unit& unit = *bus.units[due->unit];
        if (!due->probe) unit.state.lateness.add(now - due->at);
        const LinkReply last = co_await poll(unit, due->group, link);
        finish(bus, *due, last);
    }
}

// One request, on a connection that is opened if need be.
asio::awaitable<LinkReply> Adapter::ask(Unit& unit, const Block& block, Transport& link)
{
    std::chrono::milliseconds timeout = unit.device.map->timeout;
    if (unit.device.reply_timeout.count() > 0) timeout = unit.device.reply_timeout;
    Request request;
    request.unit = unit.device.unit;
    request.place = block.place;
    for (;;) {
        if (!link.is_open()) {
            unit.state.connects += 1;
            const LinkReply connected =
                co_await link.connect(std::chrono::steady_clock::now() + timeout);
            if (connected.result != LinkResult::ok) co_return connected;
        }
        const bool used = link.used();
        unit.state.requests += 1;
        const LinkReply reply =
            co_await link.exchange(request, std::chrono::steady_clock::now() + timeout);
        // Closed while nothing was asked of it: once more on a fresh connection.
        if (reply.result == LinkResult::closed && used) continue;
        co_return reply;
    }
}

// Whether this poll asks for the suspended blocks too: once a minute, and always if there are no
// others, for a poll that asks nothing would call a dead device well.
bool Adapter::asks_all(Unit& unit, std::size_t group)
{
    const auto& blocks = unit.groups[group].blocks;
    if (std::all_of(blocks.begin(), blocks.end(), [](const Block& b) { return b.suspended; }))
        return true;
    const Time now = std::chrono::steady_clock::now();
    if (now < unit.retry_refused[group]) return false;
    unit.retry_refused[group] = now + options_.retry_refused;
    return true;
}

asio::awaitable<LinkReply> Adapter::poll(Unit& unit, std::size_t group_index, Transport& link)
{
    Group& group = unit.groups[group_index];
    unit.image.reset(group);
    unit.refused_blocks.clear();
    const bool all = asks_all(unit, group_index);
    LinkReply last;
    last.result = LinkResult::ok;
    bool answered = false;
    for (std::size_t i = 0; i < group.blocks.size(); ++i) {
        if (group.blocks[i].suspended && !all) {
            unit.image.blocks[i] = BlockState::refused;
            continue;
        }
        const LinkReply reply = co_await ask(unit, group.blocks[i], link);
        if (reply.result == LinkResult::ok) {
            store(unit.image, group.blocks[i], i, reply.data);
            group.blocks[i].suspended = false;
            if (!answered || last.result == LinkResult::ok) last = reply;
            answered = true;
            continue;
        }
        last = reply;
        if (reply.result == LinkResult::exception) unit.state.exceptions += 1;
        if (means_silent(reply)) break;
        answered = true;
        unit.image.blocks[i] = BlockState::refused;
        if (means_wrong_address(reply)) unit.refused_blocks.push_back(i);
    }
    deliver(unit, group_index);
    split_refused(unit, group_index);
    co_return last;
}

void Adapter::deliver(Unit& unit, std::size_t group)
{
    outcomes_.clear();
    decode(*unit.device.map, unit.groups[group], unit.image, unit.device.bed, unit.device.source,
           *unit.device.charted, outcomes_);
    for (const Outcome& outcome : outcomes_) {
        if (const auto* observation = std::get_if<Observation>(&outcome)) {
            unit.state.observations += 1;
            sink_.push(*observation);
        } else {
            unit.state.refused_values += 1;
            sink_.push(std::get<RefusedValue>(outcome));
        }
    }
}

void Adapter::split_refused(Unit& unit, std::size_t group)
{
    // From the back: a split moves the blocks behind it.
    for (auto i = unit.refused_blocks.rbegin(); i != unit.refused_blocks.rend(); ++i)
        split_block(*unit.device.map, unit.groups[group], *i);
}

void Adapter::finish(Bus& bus, const PollSchedule::Due& due, const LinkReply& last)
{
    Unit& unit = *bus.units[due.unit];
    const Time now = std::chrono::steady_clock::now();
    unit.state.polls[static_cast<std::size_t>(last.result)] += 1;
    if (last.result != LinkResult::ok) unit.state.last_reason = last.reason;
    const bool was_silent = bus.schedule.failures(due.unit) > 0;
    if (!means_silent(last)) {
        unit.state.skipped_slots += bus.schedule.answered(due, now);
        if (last.result == LinkResult::ok) unit.state.last_good = now;
        set_connected(unit, true);
    } else {
        bus.schedule.failed(due, now, options_.chance());
        if (bus.schedule.failures(due.unit) >= lost_after) set_connected(unit, false);
    }
    // The unit may belong to the other lane now.
    if (bus.units.size() > 1 && (was_silent || means_silent(last)))
        for (const auto& wait : bus.waits) wait->cancel();
}

void Adapter::set_connected(Unit& unit, bool connected)
{
    if (unit.state.connected == connected) return;
    unit.state.connected = connected;
    DeviceStatus status;
    status.source = unit.device.source;
    status.connected = connected;
    sink_.push(status);
}

} // namespace magwatch::adapters::modbus
