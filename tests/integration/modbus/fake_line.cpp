#include "tests/integration/modbus/fake_line.hpp"

#include <algorithm>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace magwatch::test
{

using adapters::modbus::Request;

Bytes with_crc(Bytes frame)
{
    const std::uint16_t crc = adapters::modbus::crc16(frame);
    frame.push_back(static_cast<std::uint8_t>(crc));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8));
    return frame;
}

FakeLine::FakeLine(Answers answers) : answers_{std::move(answers)}
{
    plug_in();
    thread_ = std::thread{[this] { run(); }};
}

FakeLine::~FakeLine()
{
    stop_ = true;
    thread_.join();
    unplug();
}

adapters::modbus::SerialSettings FakeLine::settings() const
{
    return {path_, 115200, adapters::modbus::Parity::none, 1};
}

void FakeLine::plug_in()
{
    const std::lock_guard lock{mutex_};
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0)
        throw std::runtime_error("no pty");
    char slave[64];
    if (::ptsname_r(master_, slave, sizeof slave) != 0) throw std::runtime_error("no pty name");
    slave_ = ::open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC); // keeps the master readable
    termios raw{};
    ::tcgetattr(slave_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave_, TCSANOW, &raw);
    if (::symlink(slave, path_.c_str()) != 0) throw std::runtime_error("no link");
}

void FakeLine::unplug()
{
    const std::lock_guard lock{mutex_};
    ::unlink(path_.c_str());
    if (slave_ >= 0) ::close(slave_);
    if (master_ >= 0) ::close(master_);
    slave_ = master_ = -1;
}

void FakeLine::change(Answers answers)
{
    const std::lock_guard lock{mutex_};
    answers_ = std::move(answers);
}

void FakeLine::say(const Bytes& bytes)
{
    const std::lock_guard lock{mutex_};
    if (master_ < 0) return;
    [[maybe_unused]] const auto n = ::write(master_, bytes.data(), bytes.size());
}

void FakeLine::run()
{
    Bytes heard;
    while (!stop_) {
        {
            const std::lock_guard lock{mutex_};
            pollfd p{master_, POLLIN, 0};
            std::uint8_t bytes[256];
            if (master_ >= 0 && ::poll(&p, 1, 5) > 0) {
                const auto n = ::read(master_, bytes, sizeof bytes);
                if (n > 0) heard.insert(heard.end(), bytes, bytes + n);
            }
        }
        if (heard.empty()) std::this_thread::yield();
        answer(heard);
    }
}

void FakeLine::answer(Bytes& heard)
{
    while (heard.size() >= adapters::modbus::rtu_request_size) {
        const bool asks = heard[1] >= 1 && heard[1] <= 4 &&
                          adapters::modbus::crc_agrees(std::span{heard}.first(8));
        if (!asks) {
            others_ += 1;
            heard.erase(heard.begin());
            continue;
        }
        Request request;
        request.unit = heard[0];
        request.place = {static_cast<adapters::modbus::Table>(heard[1]),
                         static_cast<std::uint16_t>(heard[2] << 8 | heard[3]),
                         static_cast<std::uint16_t>(heard[4] << 8 | heard[5])};
        heard.erase(heard.begin(), heard.begin() + 8);
        requests_ += 1;
        std::vector<Said> said;
        {
            const std::lock_guard lock{mutex_};
            said = answers_(request);
        }
        for (const Said& part : said) {
            std::this_thread::sleep_for(part.after);
            say(part.bytes);
        }
    }
}

} // namespace magwatch::test
