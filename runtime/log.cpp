#include "runtime/log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <utility>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "rules/base/assert.hpp"

namespace magwatch {

namespace {

using Steady = std::chrono::steady_clock;

using LogPlace = std::pair<std::string_view, int>; // file and line of a log() call

// A place in the code may log this many entries, refilled at so many a second (our judgement:
// enough for every bed of a ward at once, far below what a disk minds).
constexpr double burst = 60;
constexpr double per_second = 6;
constexpr std::size_t field_limit = 256;

// True if stderr is the journal's own stream, which systemd announces as "device:inode".
bool stderr_is_journal()
{
    const char* announced = std::getenv("JOURNAL_STREAM");
    struct stat info {
    };
    if (announced == nullptr || fstat(STDERR_FILENO, &info) != 0) return false;
    return fmt::format("{}:{}", info.st_dev, info.st_ino) == announced;
}

void send_to_journal(const LogEntry& entry)
{
    std::vector<std::string> lines;
    lines.reserve(entry.fields.size() + 5);
    lines.push_back("MESSAGE=" + entry.message);
    lines.push_back("MESSAGE_ID=" + entry.event.id());
    lines.push_back(fmt::format("EVENT={}", entry.event.name));
    lines.push_back(fmt::format("PRIORITY={}", static_cast<int>(entry.event.level)));
    lines.emplace_back("SYSLOG_IDENTIFIER=magwatchd");
    for (const LogField& field : entry.fields)
        lines.push_back(fmt::format("{}={}", name(field.key), field.value));
    std::vector<iovec> parts;
    parts.reserve(lines.size());
    for (std::string& line : lines) parts.push_back({line.data(), line.size()});
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

void write_line(const LogEntry& entry)
{
    const std::string line = log_line(entry) + "\n";
    // One write: lines of several processes on one terminal stay whole. A closed stderr has no one
    // to tell.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

struct LogWriter::State {
    Sink sink;
    LogLevel least;
    std::size_t bound;
    std::mutex mutex;
    std::condition_variable wake, idle;
    std::deque<LogEntry> queue;
    bool writing = false;
    bool stopping = false;
    std::atomic<std::uint64_t> dropped{0}, suppressed{0};
    std::uint64_t dropped_reported = 0;
    std::thread thread;

    struct Bucket {
        double tokens = burst;
        Steady::time_point at = Steady::now();
        std::uint64_t suppressed = 0;
    };

    std::map<LogPlace, Bucket> buckets; // bounded by the number of log() calls in the program

    // How many entries of this place were held back before this one; nullopt: hold this one back,
    // too.
    std::optional<std::uint64_t> admit(const LogPlace& where)
    {
        Bucket& bucket = buckets[where];
        const auto now = Steady::now();
        bucket.tokens =
            std::min(burst, bucket.tokens + std::chrono::duration<double>(now - bucket.at).count() *
                                                per_second);
        bucket.at = now;
        if (bucket.tokens < 1) {
            ++bucket.suppressed;
            suppressed.fetch_add(1, std::memory_order_relaxed);
            return std::nullopt;
        }
        bucket.tokens -= 1;
        return std::exchange(bucket.suppressed, 0);
    }

    void put(LogEntry entry, const LogPlace& where)
    {
        if (entry.event.level > least) return;
        {
            const std::lock_guard lock{mutex};
            const auto held_back = admit(where);
            if (!held_back) return;
            if (*held_back > 0)
                entry.message += fmt::format(" ({} more like this held back)", *held_back);
            if (queue.size() >= bound) {
                dropped.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            queue.push_back(std::move(entry));
        }
        wake.notify_one();
    }

    void run()
    {
        std::unique_lock lock{mutex};
        while (true) {
            wake.wait(lock, [this] { return stopping || !queue.empty(); });
            if (queue.empty()) return;
            std::deque<LogEntry> batch;
            batch.swap(queue);
            const std::uint64_t lost = dropped.load(std::memory_order_relaxed);
            const std::uint64_t newly = lost - std::exchange(dropped_reported, lost);
            writing = true;
            lock.unlock();
            for (const LogEntry& entry : batch) sink(entry);
            if (newly > 0) {
                static constexpr LogEvent entries_dropped{"log.entries_dropped", LogLevel::warning};
                sink({entries_dropped,
                      "log entries were dropped: the log is slow",
                      {LogField{LogKey::count, newly}},
                      batch.back().wall_ms});
            }
            lock.lock();
            writing = false;
            idle.notify_all();
        }
    }
};

namespace {

// The writer in force. Guarded, because log() on another thread may run while it is being taken
// away.
std::mutex writer_mutex;
LogWriter* writer = nullptr;
std::function<void(LogEntry, const LogPlace&)> to_writer;

LogWriter::Sink sink_for(LogTarget target)
{
    const bool journal =
        target == LogTarget::journal || (target == LogTarget::automatic && stderr_is_journal());
    return journal ? send_to_journal : write_line;
}

} // namespace

LogWriter::LogWriter(LogTarget target, LogLevel least) : LogWriter{sink_for(target), least} {}

LogWriter::LogWriter(Sink sink, LogLevel least, std::size_t bound) : state_{new State}
{
    state_->sink = std::move(sink);
    state_->least = least;
    state_->bound = bound;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread{[state = state_] { state->run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(state_->thread.native_handle(), "log");
    const std::lock_guard lock{writer_mutex};
    MAGWATCH_ASSERT(writer == nullptr);
    writer = this;
    to_writer = [state = state_](LogEntry entry, const LogPlace& where) {
        state->put(std::move(entry), where);
    };
}

LogWriter::~LogWriter()
{
    {
        const std::lock_guard lock{writer_mutex};
        writer = nullptr;
        to_writer = nullptr;
    }
    {
        const std::lock_guard lock{state_->mutex};
        state_->stopping = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
    delete state_;
}

void LogWriter::flush(std::int64_t limit_ms)
{
    std::unique_lock lock{state_->mutex};
    state_->idle.wait_for(lock, std::chrono::milliseconds{limit_ms},
                          [this] { return state_->queue.empty() && !state_->writing; });
}

std::uint64_t LogWriter::dropped() const
{
    return state_->dropped.load(std::memory_order_relaxed);
}

std::uint64_t LogWriter::suppressed() const
{
    return state_->suppressed.load(std::memory_order_relaxed);
}

void log(const LogEvent& event, std::string_view message, std::initializer_list<LogField> fields,
         const char* file, int line)
{
    LogEntry entry{event, escape_log_text(message), fields, 0};
    for (LogField& field : entry.fields) field.value = escape_log_text(field.value, field_limit);
    entry.wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
    const std::lock_guard lock{writer_mutex};
    if (to_writer) {
        to_writer(std::move(entry), LogPlace{file, line});
    } else if (event.level <= LogLevel::info) {
        write_line(entry);
    }
}

std::string LogEvent::id() const
{
    // Two 64-bit FNV-1a hashes from different starts: unique enough among a few hundred names.
    const auto fnv = [this](std::uint64_t hash) {
        for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
        return hash;
    };
    return fmt::format("{:016x}{:016x}", fnv(0xcbf29ce484222325ULL), fnv(0x6d61677761746368ULL));
}

std::string_view name(LogLevel level)
{
    switch (level) {
    case LogLevel::error:
        return "error";
    case LogLevel::warning:
        return "warning";
    case LogLevel::notice:
        return "notice";
    case LogLevel::info:
        return "info";
    case LogLevel::debug:
        return "debug";
    }
    std::abort();
}

std::string_view name(LogKey key)
{
    switch (key) {
    case LogKey::bed:
        return "BED";
    case LogKey::source:
        return "SOURCE";
    case LogKey::signal:
        return "SIGNAL";
    case LogKey::rule:
        return "RULE";
    case LogKey::episode:
        return "EPISODE";
    case LogKey::call:
        return "CALL";
    case LogKey::page:
        return "PAGE";
    case LogKey::channel:
        return "CHANNEL";
    case LogKey::device:
        return "DEVICE";
    case LogKey::file:
        return "FILE";
    case LogKey::reason:
        return "REASON";
    case LogKey::count:
        return "COUNT";
    case LogKey::duration_ms:
        return "DURATION_MS";
    case LogKey::bytes:
        return "BYTES";
    case LogKey::task:
        return "TASK";
    case LogKey::incarnation:
        return "INCARNATION";
    case LogKey::peer:
        return "PEER";
    case LogKey::request:
        return "REQUEST";
    case LogKey::status:
        return "STATUS";
    case LogKey::error_code:
        return "ERROR_CODE";
    }
    std::abort();
}

namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0; // 0: not UTF-8
};

CodePoint decode(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
    std::uint32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        value = (value << 6) | (byte(i) & 0x3F);
    }
    static constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return {};
    return {value, length};
}

// Controls, bidirectional marks and overrides, separators and other invisible characters.
bool must_escape(std::uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

} // namespace

std::string escape_log_text(std::string_view text, std::size_t limit)
{
    std::string out;
    while (!text.empty()) {
        if (out.size() >= limit) return out + "...";
        const CodePoint c = decode(text);
        const std::size_t taken = std::max<std::size_t>(1, c.length);
        if (c.length == 0) {
            out += fmt::format("\\x{:02x}",
                               static_cast<unsigned>(static_cast<unsigned char>(text[0])));
        } else if (must_escape(c.value)) {
            out += c.value < 0x100 ? fmt::format("\\x{:02x}", c.value)
                                   : fmt::format("\\u{:04x}", c.value);
        } else {
            out.append(text.substr(0, taken));
        }
        text.remove_prefix(taken);
    }
    return out;
}

std::string log_line(const LogEntry& entry)
{
    // Not gmtime_r(): the C library looks at the time zone even for UTC, which another thread may be reading anew.
    using namespace std::chrono;
    const sys_time<milliseconds> wall{milliseconds{entry.wall_ms}};
    const sys_days day = floor<days>(wall);
    const year_month_day date{day};
    const hh_mm_ss<milliseconds> time{wall - day};
    std::string line =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {} {}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                    time.minutes().count(), time.seconds().count(), time.subseconds().count(),
                    name(entry.event.level), entry.event.name);
    for (const LogField& field : entry.fields)
        line += fmt::format(" {}={}", name(field.key), field.value);
    return line + ": " + entry.message;
}

} // namespace magwatch
