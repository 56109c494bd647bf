#include "runtime/log.hpp"

#include <future>
#include <mutex>

#include <gmock/gmock.h>

namespace magwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr LogEvent page_sent{"pager.page_sent", LogLevel::notice};
constexpr LogEvent chatter{"test.chatter", LogLevel::debug};

struct Captured {
    LogWriter::Sink sink()
    {
        return [this](const LogEntry& entry) {
            const std::lock_guard lock{mutex};
            entries.push_back(entry);
        };
    }
    std::mutex mutex;
    std::vector<LogEntry> entries;
};

TEST(Log, AnEntryCarriesItsEventItsFieldsAndItsText)
{
    Captured captured;
    LogWriter writer{captured.sink(), LogLevel::info};
    log(page_sent, "page sent", {{LogKey::bed, "bed-3"}, {LogKey::count, 2}});
    writer.flush();
    ASSERT_EQ(captured.entries.size(), 1U);
    LogEntry entry = captured.entries[0];
    entry.wall_ms = 1'700'000'000'123;
    EXPECT_EQ(log_line(entry),
              "2023-11-14T22:13:20.123Z notice pager.page_sent BED=bed-3 COUNT=2: page sent");
}

TEST(Log, IdsAreStableAndDifferByName)
{
    // Fixed: people filter their logs by it.
    EXPECT_EQ((LogEvent{"pager.page_sent"}).id(),
              (LogEvent{"pager.page_sent", LogLevel::error}).id());
    EXPECT_EQ((LogEvent{"pager.page_sent"}).id(), "d4886e1fce5e7dbc8b2100b57cf9b79b");
    EXPECT_NE((LogEvent{"pager.page_failed"}).id(), page_sent.id());
}

TEST(Log, WhatALevelHidesIsNotWritten)
{
    Captured captured;
    LogWriter writer{captured.sink(), LogLevel::info};
    log(chatter, "x");
    writer.flush();
    EXPECT_TRUE(captured.entries.empty());
}

TEST(Log, OnePlaceThatLogsTooOftenIsHeldBackAndCounted)
{
    Captured captured;
    LogWriter writer{captured.sink(), LogLevel::info, 100'000};
    for (int i = 0; i < 5000; ++i) log(page_sent, "again");
    log(page_sent, "another place");
    writer.flush();
    EXPECT_LT(captured.entries.size(), 1000U);
    EXPECT_GT(captured.entries.size(), 10U);
    EXPECT_EQ(writer.suppressed() + captured.entries.size(), 5001U);
    EXPECT_EQ(captured.entries.back().message, "another place");
}

TEST(Log, ASinkThatStandsStillNeverBlocksAndWhatIsLostIsReported)
{
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    Captured captured;
    auto inner = captured.sink();
    LogWriter writer{[&](const LogEntry& entry) {
                         released.wait();
                         inner(entry);
                     },
                     LogLevel::info, 5};
    for (int i = 0; i < 50; ++i) log(page_sent, "stalled");
    EXPECT_GE(writer.dropped(), 30U);
    release.set_value();
    log(page_sent, "after");
    writer.flush();
    const auto is_report = [](const LogEntry& e) { return e.event.name == "log.entries_dropped"; };
    EXPECT_TRUE(std::any_of(captured.entries.begin(), captured.entries.end(), is_report));
}

TEST(Log, HostileTextCannotForgeALine)
{
    EXPECT_EQ(escape_log_text("a\r\nb\x1b[31m"), "a\\x0d\\x0ab\\x1b[31m");
    EXPECT_EQ(escape_log_text("\xE2\x80\xAE"
                              "evil"),
              "\\u202eevil");
    EXPECT_EQ(escape_log_text("\xE2\x80\xA8"), "\\u2028");
    EXPECT_EQ(escape_log_text("\xC2\x85"), "\\x85");
    EXPECT_EQ(escape_log_text("\xFF\xC3"), "\\xff\\xc3");
    EXPECT_EQ(escape_log_text("\xC0\x8A\xED\xA0\x80"), "\\xc0\\x8a\\xed\\xa0\\x80");
    EXPECT_EQ(escape_log_text("Br\xC3\xBC"
                              "cke 3 \xE2\x82\xAC"),
              "Br\xC3\xBC"
              "cke 3 \xE2\x82\xAC");
    EXPECT_LT(escape_log_text(std::string(100'000, 'x')).size(), 1100U);
}

TEST(Log, FieldsAreEscapedToo)
{
    Captured captured;
    LogWriter writer{captured.sink(), LogLevel::info};
    log(page_sent, "x", {{LogKey::reason, "a\nb"}});
    writer.flush();
    EXPECT_THAT(log_line(captured.entries.at(0)), HasSubstr("REASON=a\\x0ab"));
    EXPECT_THAT(log_line(captured.entries.at(0)), Not(HasSubstr("\n")));
}

} // namespace
} // namespace magwatch
