// What a source's server remembers: answered messages, and how its clock stands.
#include <gtest/gtest.h>

#include "adapters/monitors/hl7/clock_offset.hpp"
#include "adapters/monitors/hl7/duplicates.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono_literals;

TEST(DuplicateMemory, knows_the_same_message_and_another_of_its_id)
{
    DuplicateMemory memory{1000};
    const WallTime now{1'000'000};
    EXPECT_EQ(memory.see(1, 10, now), Seen::first);
    EXPECT_EQ(memory.see(1, 10, now), Seen::again);
    EXPECT_EQ(memory.see(1, 11, now), Seen::other_content);
    EXPECT_EQ(memory.see(1, 11, now), Seen::again);
    EXPECT_EQ(memory.see(2, 10, now), Seen::first);
    DuplicateMemory zeros{1000};
    EXPECT_EQ(zeros.see(0, 0, now), Seen::first);
    EXPECT_EQ(zeros.see(0, 0, now), Seen::again);
}

TEST(DuplicateMemory, remembers_seven_days_and_then_lets_go)
{
    DuplicateMemory memory{1000};
    WallTime now{0};
    EXPECT_EQ(memory.see(1, 10, now), Seen::first);
    for (std::uint64_t hour = 0; hour < 7 * 24; ++hour) {
        now = now + Duration{1h};
        memory.see(1000 + hour, 1, now);
    }
    EXPECT_EQ(memory.see(1, 10, now), Seen::again);
    for (std::uint64_t hour = 0; hour < 9 * 24; ++hour) {
        now = now + Duration{1h};
        memory.see(5000 + hour, 1, now);
    }
    EXPECT_EQ(memory.see(1, 10, now), Seen::first);
}

TEST(DuplicateMemory, remembers_the_last_capacity_messages_of_a_flood)
{
    DuplicateMemory memory{1000};
    for (std::uint64_t i = 1; i <= 100'000; ++i) EXPECT_EQ(memory.see(i, i, {}), Seen::first);
    for (std::uint64_t i = 100'000; i > 99'000; --i) EXPECT_EQ(memory.see(i, i, {}), Seen::again);
    EXPECT_EQ(memory.see(50'000, 50'000, {}), Seen::first);
}

TEST(Hash, tells_texts_apart)
{
    EXPECT_NE(hash_of("a"), hash_of("b"));
    EXPECT_NE(hash_of("12345678"), hash_of("12345679"));
    EXPECT_NE(hash_of(""), hash_of(std::string_view{"\0", 1}));
    EXPECT_NE(hash_of("a", 1), hash_of("a", 2));
    EXPECT_EQ(hash_of("one two three four"), hash_of("one two three four"));
}

constexpr WallTime start{1'700'000'000'000};

// A device whose clock is `skew` ahead sends every `period`, and the network takes `delay`.
struct Sender {
    ClockOffset offset;
    WallTime now = start;
    Duration skew{};
    void send(int count, Duration delay = Duration{50}, Duration period = Duration{5s})
    {
        for (int i = 0; i < count; ++i) {
            offset.sample(now + skew - delay, now);
            now = now + period;
        }
    }
    [[nodiscard]] double seconds() const
    {
        return offset.offset() ? std::chrono::duration<double>(*offset.offset()).count() : -1e9;
    }
};

TEST(ClockOffset, is_unknown_before_four_samples)
{
    Sender s;
    s.send(3);
    EXPECT_FALSE(s.offset.offset().has_value());
    s.send(1);
    EXPECT_NEAR(s.seconds(), 0, 0.1);
    EXPECT_FALSE(s.offset.changed().has_value()); // less than a second is not told
}

TEST(ClockOffset, of_a_clock_that_is_years_off)
{
    Sender s;
    s.skew = -Duration{24h * 365 * 12};
    s.send(4);
    EXPECT_NEAR(s.seconds(), -12.0 * 365 * 86400, 1);
    EXPECT_TRUE(s.offset.changed().has_value());
    s.send(20);
    EXPECT_FALSE(s.offset.changed().has_value());
}

TEST(ClockOffset, a_drained_queue_does_not_move_it)
{
    Sender s;
    s.send(20);
    // An outage of ten minutes, then 120 old messages within a second.
    s.now = s.now + Duration{10min};
    const WallTime arrival = s.now;
    for (int i = 0; i < 120; ++i) {
        s.offset.sample(arrival - Duration{10min} + Duration{5s} * i, arrival + Duration{8} * i);
    }
    EXPECT_NEAR(s.seconds(), 0, 0.1);
    s.send(5);
    EXPECT_NEAR(s.seconds(), 0, 0.1);
}

TEST(ClockOffset, single_late_messages_do_not_move_it)
{
    Sender s;
    s.send(16);
    for (int i = 0; i < 8; ++i) {
        s.send(2);
        s.send(1, Duration{3s});
        s.send(1, Duration{40s});
    }
    EXPECT_NEAR(s.seconds(), 0, 0.1);
}

TEST(ClockOffset, follows_a_clock_that_was_set)
{
    Sender s;
    s.send(20);
    s.skew = Duration{1h}; // ahead: nothing arrives before it was sent, so it is believed at once
    s.send(1);
    EXPECT_NEAR(s.seconds(), 3600, 1);
    s.send(20);
    s.skew = Duration{0}; // back: could be a queue, so it takes four in agreement
    s.send(3);
    EXPECT_NEAR(s.seconds(), 3600, 1);
    s.send(1);
    EXPECT_NEAR(s.seconds(), 0, 1);
}

} // namespace
} // namespace magwatch::adapters::hl7
