#include "runtime/abort_trace.hpp"

#include <array>
#include <csignal>
#include <execinfo.h>
#include <string_view>
#include <unistd.h>

namespace magwatch {
namespace {

constexpr std::size_t frames_most = 48;

// Async-signal-safe: nothing is allocated, and the C library's unwinder was loaded before.
void write_trace(int signal)
{
    constexpr std::string_view head = "ended by SIGABRT, standing at:\n";
    static_cast<void>(!::write(STDERR_FILENO, head.data(), head.size()));
    std::array<void*, frames_most> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
    ::raise(signal); // the handler is gone by now
}

} // namespace

void trace_on_abort()
{
    std::array<void*, 1> load_the_unwinder{};
    ::backtrace(load_the_unwinder.data(), 1);
    struct sigaction action {};
    action.sa_handler = write_trace;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    ::sigaction(SIGABRT, &action, nullptr);
}

} // namespace magwatch
