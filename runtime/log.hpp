// Structured log: an event kind with a stable id, fields, and one line of prose.
//
// Under systemd each entry goes to the journal with MESSAGE_ID, EVENT, PRIORITY and its fields;
// elsewhere it is one line on stderr. log() may be called from any thread and never blocks: a
// thread of its own writes, its queue is bounded, what does not fit or comes too often from one
// place is counted and reported. Control and bidirectional characters are escaped and texts are
// cut, so that no device can forge a line.
//
// Never in a log: names of people, record numbers, free text of a device. The fields are a closed
// list for that reason.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace magwatch {

enum class LogLevel : std::uint8_t {
    error = 3,
    warning = 4,
    notice = 5,
    info = 6,
    debug = 7
}; // syslog's

// A kind of event. Its id is derived from its name, so the name is part of the interface: never
// change one. Names are "part.what_happened": "journal.commit_failed".
struct LogEvent {
    std::string_view name;
    LogLevel level = LogLevel::info;
    // 32 hexadecimal digits: the MESSAGE_ID to filter by.
    [[nodiscard]] std::string id() const;
};

enum class LogKey : std::uint8_t {
    bed,    // alias from the configuration
    source, // device name from the configuration
    signal,
    rule,
    episode,
    call,
    page,
    channel, // name from the configuration
    device,
    file,
    reason, // our own words or a library's, never a device's text
    count,
    duration_ms,
    bytes,
    task,
    incarnation,
    peer, // address of the other end
    request,
    status,
    error_code,
};

struct LogField {
    LogKey key{};
    std::string value;
    LogField(LogKey k, std::string_view v) : key{k}, value{v} {}
    LogField(LogKey k, const char* v) : key{k}, value{v} {}
    LogField(LogKey k, const std::string& v) : key{k}, value{v} {}
    template <class Number>
    requires std::is_arithmetic_v<Number> LogField(LogKey k, Number v)
        : key{k}, value{fmt::to_string(v)}
    {
    }
};

struct LogEntry {
    LogEvent event;
    std::string message; // escaped and cut
    std::vector<LogField> fields;
    std::int64_t wall_ms = 0;
};

// The last two are filled in by the compiler: they tell one place in the code from another.
void log(const LogEvent& event, std::string_view message,
         std::initializer_list<LogField> fields = {}, const char* file = __builtin_FILE(),
         int line = __builtin_LINE());

enum class LogTarget : std::uint8_t { automatic, journal, stderr_lines };

// While one lives, entries go through its thread; without one, log() writes to stderr at once
// (tools, tests). At most one at a time. The destructor writes what is queued.
class LogWriter
{
public:
    using Sink = std::function<void(const LogEntry&)>;
    explicit LogWriter(LogTarget target = LogTarget::automatic, LogLevel least = LogLevel::info);
    // To somewhere else (tests). `bound` entries may wait.
    LogWriter(Sink sink, LogLevel least, std::size_t bound = 1024);
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    // Waits until everything logged before is written, or `limit_ms` have passed. Before a fatal
    // exit.
    void flush(std::int64_t limit_ms = 1000);
    [[nodiscard]] std::uint64_t dropped() const;    // did not fit
    [[nodiscard]] std::uint64_t suppressed() const; // came too often

private:
    struct State;
    State* state_;
};

// `text` with control characters, bidirectional marks, line separators and bytes that are not UTF-8
// written as \x1b or \u202e, and cut at about `limit` bytes with "..." at the end.
[[nodiscard]] std::string escape_log_text(std::string_view text, std::size_t limit = 1024);

// "2026-11-21T02:14:05.123Z warning journal.slow BED=bed-3: message"
[[nodiscard]] std::string log_line(const LogEntry& entry);

[[nodiscard]] std::string_view name(LogLevel level);
[[nodiscard]] std::string_view name(LogKey key); // "BED"

} // namespace magwatch
