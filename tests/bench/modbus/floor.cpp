#include <cstdio>
#include <cstdlib>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/modbus/bench.hpp"

namespace magwatch::bench
{
namespace
{

struct Device {
    int fd = -1;
    std::uint16_t transaction = 0;
    unsigned length = 0;
    std::uint8_t in[300];
};

void send_request(Device& d)
{
    ++d.transaction;
    const std::uint8_t q[12] = {static_cast<std::uint8_t>(d.transaction >> 8),
                                static_cast<std::uint8_t>(d.transaction),
                                0,
                                0,
                                0,
                                6,
                                1,
                                4,
                                0,
                                0,
                                0,
                                registers};
    if (write(d.fd, q, sizeof q) != sizeof q) std::abort();
}

void connect_to(Device& d, std::uint16_t port)
{
    d.fd = socket(AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    setsockopt(d.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (connect(d.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("connect");
        std::exit(1);
    }
}

} // namespace

Polled run_floor(const std::uint16_t* ports, int devices, double seconds)
{
    std::vector<Device> all(static_cast<std::size_t>(devices));
    const int epoll = epoll_create1(0);
    for (std::size_t i = 0; i < all.size(); ++i) {
        connect_to(all[i], ports[i]);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u32 = static_cast<std::uint32_t>(i);
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    Polled out;
    const double start = clock_seconds(), start_cpu = cpu_seconds();
    for (Device& d : all) send_request(d);
    epoll_event events[512];
    while (clock_seconds() - start < seconds) {
        const int n = epoll_wait(epoll, events, 512, 50);
        for (int i = 0; i < n; ++i) {
            Device& d = all[events[i].data.u32];
            const ssize_t r = read(d.fd, d.in + d.length, sizeof d.in - d.length);
            if (r <= 0) std::abort();
            d.length += static_cast<unsigned>(r);
            if (d.length < 9) continue;
            const unsigned need = 6U + static_cast<unsigned>(d.in[4] << 8 | d.in[5]);
            if (d.length < need) continue;
            d.length = 0;
            if ((d.in[0] << 8 | d.in[1]) != d.transaction) continue;
            ++out.polls;
            send_request(d);
        }
    }
    out.seconds = clock_seconds() - start;
    out.cpu_seconds = cpu_seconds() - start_cpu;
    for (Device& d : all) close(d.fd);
    close(epoll);
    return out;
}

} // namespace magwatch::bench
