#include "tests/bench/mllp/floor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <emmintrin.h>

namespace magwatch::bench
{
namespace
{

constexpr std::uint32_t end_of_segment = 1U << 31;

// Where every '|' and CR stands; a CR has the top bit set.
std::size_t find_marks(std::string_view text, std::uint32_t* out)
{
    std::size_t count = 0;
    std::size_t at = 0;
    const __m128i bar = _mm_set1_epi8('|');
    const __m128i cr = _mm_set1_epi8('\r');
    for (; at + 16 <= text.size(); at += 16) {
        __m128i block;
        std::memcpy(&block, text.data() + at, sizeof block);
        const auto ends = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, cr)));
        auto bits = ends | static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, bar)));
        for (; bits != 0; bits &= bits - 1) {
            const auto k = static_cast<unsigned>(__builtin_ctz(bits));
            out[count++] = (static_cast<std::uint32_t>(at) + k) | ((ends >> k) << 31);
        }
    }
    for (; at < text.size(); ++at) {
        if (text[at] != '|' && text[at] != '\r') continue;
        out[count++] = static_cast<std::uint32_t>(at) | (text[at] == '\r' ? end_of_segment : 0);
    }
    return count;
}

double number(std::string_view text)
{
    double value = 0;
    double scale = 0;
    for (const char c : text) {
        if (c == '.') {
            scale = 1;
        } else {
            value = value * 10 + (c - '0');
            scale *= 10;
        }
    }
    return scale != 0 ? value / scale : value;
}

struct Parsed {
    struct Row {
        std::string_view code, value, unit;
        double number = 0;
    };
    std::string_view id, patient;
    std::array<Row, 32> rows;
    std::size_t count = 0;
};

void parse(std::string_view text, Parsed& out)
{
    static std::array<std::uint32_t, 16384> marks;
    const std::size_t count = find_marks(text, marks.data());
    out.count = 0;
    out.id = {};
    std::uint32_t begin = 0;
    for (std::size_t first = 0; first < count;) {
        std::size_t last = first;
        while (last < count && (marks[last] & end_of_segment) == 0) ++last;
        const auto field = [&](std::size_t n) {
            const std::uint32_t from = marks[first + n - 1] + 1;
            return text.substr(from, (marks[first + n] & ~end_of_segment) - from);
        };
        const auto head = [](std::string_view f) { return f.substr(0, f.find('^')); };
        const std::string_view name = text.substr(begin, 3);
        if (last - first >= 6 && name == "OBX" && out.count < out.rows.size()) {
            Parsed::Row& row = out.rows[out.count++];
            row.code = head(field(3));
            row.value = field(5);
            row.unit = field(6);
            row.number = number(row.value);
        } else if (last - first >= 9 && name == "MSH") {
            out.id = field(9);
        } else if (last - first >= 3 && name == "PID") {
            out.patient = head(field(3));
        }
        if (last >= count) return;
        begin = (marks[last] & ~end_of_segment) + 1;
        first = last + 1;
    }
}

struct Connection {
    int fd = -1;
    bool listens = false;
    std::size_t size = 0;
    std::array<char, 16384> buffer;
};

class Floor
{
public:
    explicit Floor(int listener) : epoll_{epoll_create1(0)} { watch(listener, true); }
    [[noreturn]] void run()
    {
        std::array<epoll_event, 256> events;
        while (true) {
            const int count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                serve(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
            }
        }
    }

private:
    void watch(int fd, bool listens)
    {
        auto* const connection = new Connection;
        connection->fd = fd;
        connection->listens = listens;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = connection;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
    void serve(Connection& c)
    {
        if (c.listens) {
            for (int fd = 0; (fd = accept4(c.fd, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
                const int on = 1;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(fd, false);
            }
            return;
        }
        const ssize_t got = read(c.fd, c.buffer.data() + c.size, c.buffer.size() - c.size);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            close(c.fd);
            delete &c;
            return;
        }
        c.size += static_cast<std::size_t>(got);
        answer_frames(c);
    }
    void answer_frames(Connection& c)
    {
        char* at = c.buffer.data();
        char* const end = at + c.size;
        while (at < end) {
            auto* const stop =
                static_cast<char*>(std::memchr(at, 0x1C, static_cast<std::size_t>(end - at)));
            if (stop == nullptr) break;
            const char* const text = *at == 0x0B ? at + 1 : at;
            parse({text, static_cast<std::size_t>(stop - text)}, parsed_);
            for (std::size_t i = 0; i < parsed_.count; ++i) sum_ = sum_ + parsed_.rows[i].number;
            answer(c.fd);
            at = stop + 2 > end ? end : stop + 2;
        }
        c.size = static_cast<std::size_t>(end - at);
        if (c.size != 0) std::memmove(c.buffer.data(), at, c.size);
        if (c.size == c.buffer.size()) c.size = 0;
    }
    void answer(int fd)
    {
        static constexpr std::string_view head =
            "\x0BMSH|^~\\&|MGTOX|HOSP|MONITOR|LD|20261121074100||"
            "ACK^R01^ACK|";
        static constexpr std::string_view middle = "|P|2.5.1\rMSA|CA|";
        char out[256];
        char* to = out;
        const auto put = [&](std::string_view text) {
            std::memcpy(to, text.data(), text.size());
            to += text.size();
        };
        const std::string_view id = parsed_.id.substr(0, 64);
        put(head);
        put(id);
        put(middle);
        put(id);
        put("\r\x1C\r");
        if (write(fd, out, static_cast<std::size_t>(to - out)) < 0) ++failed_;
    }

    int epoll_;
    Parsed parsed_;
    volatile double sum_ = 0; // so that the numbers are read
    std::uint64_t failed_ = 0;
};

} // namespace

void run_floor(int listener)
{
    Floor floor{listener};
    floor.run();
}

} // namespace magwatch::bench
