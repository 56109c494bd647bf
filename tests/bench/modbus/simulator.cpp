#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "tests/bench/modbus/bench.hpp"

namespace magwatch::bench
{
namespace
{

// What the map of run_adapter finds plausible.
constexpr std::uint16_t values[registers] = {88, 18, 975, 142, 91,  108, 371,  0,
                                             41, 87, 140, 90,  105, 40,  1000, 20};

struct Endpoint {
    int fd = -1;
    bool listener = false;
    std::size_t length = 0;
    std::uint8_t in[600] = {};
};

std::size_t answer(const std::uint8_t* q, std::uint8_t* out)
{
    std::memcpy(out, q, 8);
    const unsigned address = static_cast<unsigned>(q[8] << 8 | q[9]);
    const unsigned count = static_cast<unsigned>(q[10] << 8 | q[11]);
    if ((q[7] != 3 && q[7] != 4) || count == 0 || address + count > registers) {
        out[7] = static_cast<std::uint8_t>(q[7] | 0x80);
        out[8] = 2;
        out[5] = 3;
        return 9;
    }
    out[8] = static_cast<std::uint8_t>(count * 2);
    for (unsigned i = 0; i < count; ++i) {
        out[9 + 2 * i] = static_cast<std::uint8_t>(values[address + i] >> 8);
        out[10 + 2 * i] = static_cast<std::uint8_t>(values[address + i]);
    }
    out[5] = static_cast<std::uint8_t>(3 + count * 2);
    return 9 + count * 2;
}

void fail(const char* what)
{
    std::perror(what);
    std::exit(1);
}

void watch(int epoll, Endpoint* endpoint)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = endpoint;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, endpoint->fd, &event) != 0) fail("epoll_ctl");
}

std::uint16_t listen_on_any(int epoll, std::vector<std::unique_ptr<Endpoint>>& all)
{
    auto endpoint = std::make_unique<Endpoint>();
    endpoint->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    endpoint->listener = true;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(endpoint->fd, generic, size) != 0 || listen(endpoint->fd, 16) != 0) fail("listen");
    if (getsockname(endpoint->fd, generic, &size) != 0) fail("getsockname");
    watch(epoll, endpoint.get());
    all.push_back(std::move(endpoint));
    return ntohs(address.sin_port);
}

// False when the connection is over.
bool serve(Endpoint& e)
{
    const ssize_t n = read(e.fd, e.in + e.length, sizeof e.in - e.length);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
    if (n < 0) return true;
    e.length += static_cast<std::size_t>(n);
    while (e.length >= 12) {
        std::uint8_t out[64];
        const std::size_t size = answer(e.in, out);
        if (write(e.fd, out, size) != static_cast<ssize_t>(size)) return false;
        e.length -= 12;
        std::memmove(e.in, e.in + 12, e.length);
    }
    return true;
}

} // namespace

void run_simulator(int devices, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int epoll = epoll_create1(0);
    std::vector<std::unique_ptr<Endpoint>> all;
    std::vector<std::uint16_t> ports;
    for (int i = 0; i < devices; ++i) ports.push_back(listen_on_any(epoll, all));
    const std::size_t bytes = ports.size() * sizeof ports[0];
    if (write(ready, ports.data(), bytes) != static_cast<ssize_t>(bytes)) fail("pipe");
    epoll_event events[256];
    for (;;) {
        const int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; ++i) {
            auto& e = *static_cast<Endpoint*>(events[i].data.ptr);
            if (!e.listener) {
                if (!serve(e)) {
                    close(e.fd);
                    e.fd = -1;
                }
                continue;
            }
            const int fd = accept4(e.fd, nullptr, nullptr, SOCK_NONBLOCK);
            if (fd < 0) continue;
            const int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            all.push_back(std::make_unique<Endpoint>());
            all.back()->fd = fd;
            watch(epoll, all.back().get());
        }
    }
}

} // namespace magwatch::bench
