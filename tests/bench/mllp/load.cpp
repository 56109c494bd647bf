#include "tests/bench/mllp/load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/mllp/message.hpp"

namespace magwatch::bench
{
namespace
{

using Clock = std::chrono::steady_clock;

struct Connection {
    int fd = -1;
    BenchMessage message;
    Clock::time_point sent;
    std::string in;
};

int dial(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        close(fd);
        throw std::runtime_error("cannot connect");
    }
    return fd;
}

class Load
{
public:
    Load(std::uint16_t port, unsigned count) : epoll_{epoll_create1(0)}, connections_(count)
    {
        // The ids of an earlier run must not look like duplicates to a server that lives on.
        next_id_ = static_cast<unsigned long long>(Clock::now().time_since_epoch().count()) / 1000 %
                   900'000'000'000ULL;
        for (unsigned i = 0; i < count; ++i) {
            connections_[i].message = bench_message(i);
            connections_[i].fd = dial(port);
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
        }
    }
    ~Load()
    {
        for (const Connection& c : connections_) {
            if (c.fd >= 0) close(c.fd);
        }
        close(epoll_);
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    LoadResult run(double seconds)
    {
        const auto start = Clock::now();
        const auto measured_from = start + std::chrono::milliseconds{250};
        const auto end = measured_from + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(seconds));
        stamp_times();
        for (Connection& c : connections_) send(c);
        bool warm = false;
        std::array<epoll_event, 512> events;
        auto now = Clock::now();
        for (; now < end; now = Clock::now()) {
            if (!warm && now >= measured_from) {
                warm = true;
                latencies_.clear();
                result_ = {};
            }
            if (now - stamped_ > std::chrono::milliseconds{500}) stamp_times();
            const int count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
            for (int i = 0; i < count; ++i) {
                receive(connections_[events[static_cast<std::size_t>(i)].data.u64]);
            }
        }
        summarise(std::chrono::duration<double>(now - measured_from).count());
        return result_;
    }

private:
    void stamp_times()
    {
        stamped_ = Clock::now();
        for (Connection& c : connections_) c.message.stamp_time(std::time(nullptr));
    }
    void send(Connection& c)
    {
        c.message.stamp_id(++next_id_);
        c.in.clear();
        c.sent = Clock::now();
        const std::string& bytes = c.message.bytes;
        if (write(c.fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) lose(c);
    }
    void lose(Connection& c)
    {
        ++result_.unanswered;
        close(c.fd);
        c.fd = -1;
    }
    void receive(Connection& c)
    {
        std::array<char, 4096> buffer;
        const ssize_t got = read(c.fd, buffer.data(), buffer.size());
        if (got <= 0) {
            lose(c);
            return;
        }
        c.in.append(buffer.data(), static_cast<std::size_t>(got));
        if (!c.in.ends_with("\x1C\r")) return;
        const auto now = Clock::now();
        const std::size_t at = c.in.find("\rMSA|");
        const bool good = at != std::string::npos && c.in.size() > at + 20 && c.in[at + 6] == 'A' &&
                          c.in.compare(at + 8, 12, c.message.bytes, c.message.id_at, 12) == 0;
        ++(good ? result_.answered : result_.unanswered);
        latencies_.push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(now - c.sent).count()));
        send(c);
    }
    void summarise(double seconds)
    {
        result_.per_second = static_cast<double>(result_.answered) / seconds;
        if (latencies_.empty()) return;
        std::sort(latencies_.begin(), latencies_.end());
        const auto at = [&](double share) {
            const auto index =
                static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1));
            return latencies_[index] / 1e3;
        };
        result_.p50_us = at(0.5);
        result_.p99_us = at(0.99);
        result_.max_us = at(1);
    }

    int epoll_;
    std::vector<Connection> connections_;
    unsigned long long next_id_ = 0;
    Clock::time_point stamped_;
    std::vector<std::uint32_t> latencies_;
    LoadResult result_;
};

} // namespace

LoadResult run_load(std::uint16_t port, unsigned connections, double seconds)
{
    Load load{port, connections};
    return load.run(seconds);
}

} // namespace magwatch::bench
