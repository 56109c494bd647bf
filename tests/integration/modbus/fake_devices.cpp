#include "tests/integration/modbus/fake_devices.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Bytes = std::vector<std::uint8_t>;

namespace magwatch::test
{
namespace
{

// The answer that a good device would give.
Bytes good_answer(const std::array<std::uint8_t, 12>& q, const FakeUnit& unit)
{
    const unsigned address = static_cast<unsigned>(q[8] << 8 | q[9]);
    const unsigned count = static_cast<unsigned>(q[10] << 8 | q[11]);
    Bytes out{q[0], q[1], 0, 0, 0, 0, q[6], q[7]};
    const bool bad = unit.bad_address >= 0 && address <= static_cast<unsigned>(unit.bad_address) &&
                     address + count > static_cast<unsigned>(unit.bad_address);
    if (bad || count == 0 || address + count > unit.words.size()) {
        out[7] = static_cast<std::uint8_t>(q[7] | 0x80);
        out.push_back(2);
    } else if (q[7] <= 2) {
        out.push_back(static_cast<std::uint8_t>((count + 7) / 8));
        for (unsigned i = 0; i < count; ++i) {
            if (i % 8 == 0) out.push_back(0);
            if (unit.words[address + i] != 0)
                out.back() = static_cast<std::uint8_t>(out.back() | 1U << (i % 8));
        }
    } else {
        out.push_back(static_cast<std::uint8_t>(count * 2));
        for (unsigned i = 0; i < count; ++i) {
            out.push_back(static_cast<std::uint8_t>(unit.words[address + i] >> 8));
            out.push_back(static_cast<std::uint8_t>(unit.words[address + i]));
        }
    }
    out[5] = static_cast<std::uint8_t>(out.size() - 6);
    return out;
}

Bytes exception_answer(const std::array<std::uint8_t, 12>& q, std::uint8_t code)
{
    return {q[0], q[1], 0, 0, 0, 3, q[6], static_cast<std::uint8_t>(q[7] | 0x80), code};
}

} // namespace

struct FakeDevices::State {
    struct Device;
    struct Connection : std::enable_shared_from_this<Connection> {
        Connection(State& s, Device& d, tcp::socket socket_)
            : state{s}, device{d}, socket{std::move(socket_)}, timer{s.io}
        {
        }
        State& state;
        Device& device;
        tcp::socket socket;
        asio::steady_timer timer;
        std::array<std::uint8_t, 12> question{};
        Bytes before; // the last good answer
        Bytes out;
        std::size_t written = 0;

        void read()
        {
            asio::async_read(socket, asio::buffer(question),
                             [self = shared_from_this()](const Error& error, std::size_t) {
                                 if (!error) self->answer();
                             });
        }
        void answer();
        void write(Bytes bytes, bool close)
        {
            out = std::move(bytes);
            asio::async_write(socket, asio::buffer(out),
                              [self = shared_from_this(), close](const Error& error, std::size_t) {
                                  if (error || close)
                                      self->end();
                                  else
                                      self->read();
                              });
        }
        void dribble(std::chrono::milliseconds delay)
        {
            if (written == out.size()) return read();
            timer.expires_after(delay);
            timer.async_wait([self = shared_from_this(), delay](const Error& error) {
                if (error) return;
                asio::async_write(self->socket, asio::buffer(&self->out[self->written], 1),
                                  [self, delay](const Error& failed, std::size_t) {
                                      if (failed) return self->end();
                                      ++self->written;
                                      self->dribble(delay);
                                  });
            });
        }
        void end()
        {
            Error ignored;
            socket.close(ignored);
            timer.cancel();
        }
    };
    struct Device {
        tcp::acceptor acceptor;
        tcp::endpoint address;
        std::map<std::uint8_t, FakeUnit> units;
        std::vector<std::weak_ptr<Connection>> open;
        std::atomic<std::uint64_t> requests{0};
        explicit Device(asio::io_context& io) : acceptor{io} {}
    };

    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    mutable std::mutex mutex; // units and devices
    std::vector<std::unique_ptr<Device>> devices;
    std::atomic<std::uint64_t> writes{0};
    std::thread thread;

    void listen(Device& device)
    {
        device.acceptor.open(tcp::v4());
        device.acceptor.set_option(tcp::acceptor::reuse_address{true});
        device.acceptor.bind(device.address);
        device.acceptor.listen();
        device.address = device.acceptor.local_endpoint();
    }
    void accept(Device& device)
    {
        for (const auto& unit : device.units)
            if (unit.second.fault == Fault::deaf) return;
        device.acceptor.async_accept([this, &device](const Error& error, tcp::socket socket) {
            if (error) return;
            const std::lock_guard lock{mutex};
            socket.set_option(tcp::no_delay{true});
            auto connection = std::make_shared<Connection>(*this, device, std::move(socket));
            device.open.push_back(connection);
            connection->read();
            accept(device);
        });
    }
    // Runs on the devices' thread and waits until it is done.
    template <class Work> void run(Work work_)
    {
        std::atomic<bool> done{false};
        asio::post(io, [&] {
            const std::lock_guard lock{mutex};
            work_();
            done = true;
            done.notify_one();
        });
        done.wait(false);
    }
};

void FakeDevices::State::Connection::answer()
{
    FakeUnit unit;
    {
        const std::lock_guard lock{state.mutex};
        ++device.requests;
        if (question[7] < 1 || question[7] > 4) ++state.writes;
        const auto found = device.units.find(question[6]);
        if (found == device.units.end()) return read(); // nobody there: silence
        unit = found->second;
    }
    Bytes good = good_answer(question, unit);
    const std::size_t half = good.size() / 2;
    const Bytes last = std::exchange(before, good);
    switch (unit.fault) {
    case Fault::none:
        return write(good, false);
    case Fault::mute:
    case Fault::deaf:
        return read();
    case Fault::late:
        timer.expires_after(unit.delay);
        timer.async_wait([self = shared_from_this(), good](const Error& error) {
            if (!error) self->write(good, false);
        });
        return;
    case Fault::one_behind:
        return last.empty() ? read() : write(last, false);
    case Fault::dribble:
        out = good, written = 0;
        return dribble(unit.delay);
    case Fault::other_unit:
        good[6] = static_cast<std::uint8_t>(good[6] + 1);
        return write(good, false);
    case Fault::wrong_transaction:
        good[1] = static_cast<std::uint8_t>(good[1] - 1);
        return write(good, false);
    case Fault::wrong_protocol:
        good[2] = 1;
        return write(good, false);
    case Fault::wrong_function:
        good[7] = static_cast<std::uint8_t>(good[7] ^ 7);
        return write(good, false);
    case Fault::wrong_count:
        good.resize(good.size() - 2);
        good[8] = static_cast<std::uint8_t>(good[8] - 2);
        good[5] = static_cast<std::uint8_t>(good[5] - 2);
        return write(good, false);
    case Fault::truncated:
        good.resize(half);
        return write(good, false);
    case Fault::cut:
        good.resize(half);
        return write(good, true);
    case Fault::surplus:
        good.insert(good.end(), {0, 0, 0});
        return write(good, false);
    case Fault::twice: {
        const Bytes again = good;
        good.insert(good.end(), again.begin(), again.end());
        return write(good, false);
    }
    case Fault::random_bytes: {
        static std::mt19937 random{7};
        for (auto& byte : good) byte = static_cast<std::uint8_t>(random());
        return write(good, false);
    }
    case Fault::exception:
        return write(exception_answer(question, unit.exception), false);
    case Fault::closes:
        return end();
    case Fault::closes_after:
        return write(good, true);
    }
}

FakeDevices::FakeDevices() : state_{std::make_unique<State>()}
{
    state_->thread = std::thread{[s = state_.get()] { s->io.run(); }};
}

FakeDevices::~FakeDevices()
{
    state_->io.stop();
    state_->thread.join();
}

std::size_t FakeDevices::add(std::map<std::uint8_t, FakeUnit> units)
{
    std::size_t index = 0;
    state_->run([&] {
        index = state_->devices.size();
        state_->devices.push_back(std::make_unique<State::Device>(state_->io));
        State::Device& device = *state_->devices.back();
        device.address = {asio::ip::address_v4::loopback(), 0};
        device.units = std::move(units);
        state_->listen(device);
        state_->accept(device);
    });
    return index;
}

std::size_t FakeDevices::add(FakeUnit unit)
{
    return add(std::map<std::uint8_t, FakeUnit>{{1, std::move(unit)}});
}

tcp::endpoint FakeDevices::address(std::size_t device) const
{
    const std::lock_guard lock{state_->mutex};
    return state_->devices[device]->address;
}

void FakeDevices::change(std::size_t device, std::uint8_t unit, FakeUnit to)
{
    state_->run([&] { state_->devices[device]->units[unit] = std::move(to); });
}

void FakeDevices::unplug(std::size_t device)
{
    state_->run([&] {
        State::Device& d = *state_->devices[device];
        Error ignored;
        d.acceptor.close(ignored);
        for (const auto& connection : d.open)
            if (const auto c = connection.lock()) c->end();
        d.open.clear();
    });
}

void FakeDevices::plug_in(std::size_t device)
{
    state_->run([&] {
        state_->listen(*state_->devices[device]);
        state_->accept(*state_->devices[device]);
    });
}

std::uint64_t FakeDevices::requests(std::size_t device) const
{
    const std::lock_guard lock{state_->mutex};
    return state_->devices[device]->requests;
}

std::uint64_t FakeDevices::writes() const
{
    return state_->writes;
}

std::size_t FakeDevices::connections(std::size_t device) const
{
    std::size_t count = 0;
    state_->run([&] {
        for (const auto& connection : state_->devices[device]->open)
            if (const auto c = connection.lock(); c && c->socket.is_open()) ++count;
    });
    return count;
}

} // namespace magwatch::test
