#include "adapters/monitors/modbus/serial_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rules/base/assert.hpp"

namespace magwatch::adapters::modbus
{
namespace
{

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto listen_first = 1s;        // after opening (design value: twice the period of most masters)
constexpr auto believe_nobody = 10s;     // after somebody else was heard (design value)
constexpr auto longest_pause = 100ms;    // inside an answer (design value)
constexpr auto longest_chatter = 500ms;  // that a line may need to fall silent (design value)
constexpr auto shortest_gap = 1750us;    // of the standard, above 19200 baud
constexpr std::size_t longest_heard = 2048;

std::string_view open_failure(int error)
{
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
        return "no such serial device: is it plugged in?";
    case EACCES:
    case EPERM:
        return "no right to open the serial device: group dialout, and serial.conf of the service";
    case EBUSY:
    case EWOULDBLOCK:
        return "another program uses the serial device";
    case ENOTTY:
        return "no serial device";
    default:
        return "the serial device cannot be opened with these settings";
    }
}

} // namespace

SerialPort::SerialPort(SerialSettings settings)
    : settings_{std::move(settings)}, wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
{
    gap_ = std::max<std::chrono::microseconds>(on_the_line(settings_, 7) / 2, shortest_gap);
}

SerialPort::~SerialPort()
{
    close();
    if (wake_ >= 0) ::close(wake_);
}

void SerialPort::interrupt()
{
    interrupted_ = true;
    const std::uint64_t one = 1;
    // Full means that it is awake already.
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

SerialReply SerialPort::fail(LinkResult result, std::string_view reason)
{
    SerialReply out;
    out.reply.result = result;
    out.reply.reason = reason;
    out.open = library_.has_value();
    return out;
}

void SerialPort::close()
{
    if (!library_) return;
    if (library_->descriptor() >= 0) ::ioctl(library_->descriptor(), TIOCNXCL);
    library_->close();
    library_.reset();
}

SerialReply SerialPort::refuse_to_open(std::string_view reason)
{
    close();
    return fail(LinkResult::connect_failed, reason);
}

SerialReply SerialPort::open()
{
    close();
    heard_.clear();
    if (wake_ < 0) return refuse_to_open("no descriptor is free");
    library_ = Library::over_serial(settings_);
    if (!library_) return refuse_to_open(open_failure(EINVAL));
    if (const int error = library_->open(); error != 0) {
        library_.reset(); // the library has closed it
        return refuse_to_open(open_failure(error));
    }
    const int fd = library_->descriptor();
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::ioctl(fd, TIOCEXCL) != 0)
        return refuse_to_open(open_failure(errno));
    // What comes now may answer whoever had the line before: only requests are somebody else's.
    const Woken woken = listen(Clock::now() + listen_first);
    look_for_strangers(Answers::ignored);
    if (woken != Woken::late) return end_of(woken);
    SerialReply out = fail(LinkResult::ok, "");
    return out;
}

SerialPort::Woken SerialPort::wait(Time until)
{
    for (;;) {
        if (interrupted_) return Woken::interrupted;
        const auto left = std::max<Clock::duration>(until - Clock::now(), Clock::duration{});
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        timespec limit{};
        limit.tv_sec = seconds.count();
        limit.tv_nsec = std::chrono::nanoseconds{left - seconds}.count();
        std::array<pollfd, 2> fds{};
        fds[0].fd = library_->descriptor();
        fds[0].events = POLLIN;
        fds[1].fd = wake_;
        fds[1].events = POLLIN;
        const int ready = ::ppoll(fds.data(), fds.size(), &limit, nullptr);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return Woken::gone;
        if (fds[1].revents != 0) return Woken::interrupted;
        if ((fds[0].revents & POLLIN) != 0) return Woken::readable;
        if (fds[0].revents != 0) return Woken::gone;
        if (Clock::now() >= until) return Woken::late;
    }
}

bool SerialPort::read_some()
{
    std::array<std::uint8_t, 256> bytes;
    const auto n = ::read(library_->descriptor(), bytes.data(), bytes.size());
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false; // it was readable: hung up
    heard_.insert(heard_.end(), bytes.begin(), bytes.begin() + n);
    if (heard_.size() > longest_heard) // the newest count
        heard_.erase(heard_.begin(), heard_.end() - static_cast<std::ptrdiff_t>(longest_heard));
    return true;
}

// Takes in what comes until then.
SerialPort::Woken SerialPort::listen(Time until)
{
    for (;;) {
        const Woken woken = wait(until);
        if (woken != Woken::readable) return woken;
        if (!read_some()) return Woken::gone;
        if (Clock::now() >= until) return Woken::late;
    }
}

void SerialPort::look_for_strangers(Answers answers)
{
    if (holds_stranger(heard_, debts_, answers)) stranger_until_ = Clock::now() + believe_nobody;
    heard_.clear();
}

SerialReply SerialPort::end_of(Woken woken)
{
    close();
    return woken == Woken::interrupted
               ? fail(LinkResult::closed, "stopped")
               : fail(LinkResult::closed, "the serial device is gone: unplugged?");
}

// Waits until nobody speaks. Nothing means that a request may be sent.
std::optional<SerialReply> SerialPort::silence()
{
    const Time end = Clock::now() + longest_chatter;
    heard_.clear();
    for (Woken woken = wait(Clock::now() + gap_); woken != Woken::late;
         woken = wait(Clock::now() + gap_)) {
        if (woken != Woken::readable || !read_some())
            return end_of(woken == Woken::interrupted ? woken : Woken::gone);
        if (Clock::now() < end) continue;
        look_for_strangers(Answers::counted);
        return fail(LinkResult::bad_reply, "the line does not fall silent");
    }
    look_for_strangers(Answers::counted);
    if (Clock::now() < stranger_until_)
        return fail(LinkResult::bad_reply, "another master asks on this line");
    return std::nullopt;
}

SerialReply SerialPort::exchange(const Request& request, std::chrono::milliseconds timeout)
{
    if (!library_) return fail(LinkResult::closed, "the serial device is closed");
    if (auto failed = silence()) return std::move(*failed);
    if (debts_.any(request.unit))
        if (auto failed = settle(request, timeout)) return std::move(*failed);
    return ask(request, timeout, false);
}

// Makes sure that nothing this unit owes can be taken for the answer to `request`.
std::optional<SerialReply> SerialPort::settle(const Request& request,
                                              std::chrono::milliseconds timeout)
{
    const auto other = debts_.settling(request);
    if (other) {
        SerialReply answer = ask(*other, timeout, true);
        if (answer.reply.result == LinkResult::ok) {
            debts_.settle(request.unit);
            return std::nullopt;
        }
        if (answer.reply.result != LinkResult::exception) return answer;
    }
    // An exception looks the same whatever was asked: only silence is a proof.
    heard_.clear();
    const Woken woken = listen(Clock::now() + timeout);
    if (woken != Woken::late) return end_of(woken);
    const bool silent = heard_.empty();
    look_for_strangers(Answers::counted);
    if (!silent) return fail(LinkResult::bad_reply, "answer to another request");
    debts_.settle(request.unit);
    return std::nullopt;
}

SerialReply SerialPort::ask(const Request& request, std::chrono::milliseconds timeout,
                            bool settling)
{
    heard_.clear();
    if (!library_->send(request)) return end_of(Woken::gone);
    // An adapter may give back what it sends.
    const std::size_t most = rtu_request_size + rtu_longest_reply;
    SerialReply out = hear(request, Clock::now() + timeout + on_the_line(settings_, most));
    if (out.reply.result == LinkResult::timeout || out.reply.result == LinkResult::bad_reply) {
        debts_.add(request, settling);
        look_for_strangers(Answers::ignored);
    }
    return out;
}

SerialReply SerialPort::hear(const Request& request, Time end)
{
    Time last{};
    std::size_t passed_over = 0;
    for (;;) {
        const bool within = heard_.size() > passed_over;
        const Woken woken = wait(within ? std::min<Time>(end, last + longest_pause) : end);
        if (woken == Woken::late && !within)
            return fail(LinkResult::timeout, "no answer within the time-out");
        if (woken == Woken::late) {
            // What may still come of it belongs to this request's time, not to the next one's.
            const Woken rest = listen(end);
            if (rest != Woken::late) return end_of(rest);
            return fail(LinkResult::bad_reply, "a gap in the answer, or a part of one");
        }
        if (woken != Woken::readable || !read_some())
            return end_of(woken == Woken::interrupted ? woken : Woken::gone);
        last = Clock::now();
        const RtuCheck check = check_rtu(request, heard_, debts_);
        passed_over = check.passed_over;
        if (check.kind == ReplyKind::bad) return fail(LinkResult::bad_reply, check.reason);
        if (heard_.size() >= longest_heard)
            return fail(LinkResult::bad_reply, "more bytes than one answer");
        if (check.kind == ReplyKind::incomplete) continue;
        const Woken after = wait(Clock::now() + gap_);
        if (after == Woken::readable)
            return fail(LinkResult::bad_reply, "more bytes than one answer");
        if (after != Woken::late) return end_of(after);
        const bool exception = check.kind == ReplyKind::exception;
        SerialReply out = fail(exception ? LinkResult::exception : LinkResult::ok,
                               exception ? "the device answered with an exception" : "");
        out.reply.exception = check.exception;
        out.data.assign(check.data.begin(), check.data.end());
        return out;
    }
}

} // namespace magwatch::adapters::modbus
