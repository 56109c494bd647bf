#include "daemon/people/sessions.hpp"

#include <gtest/gtest.h>

namespace magwatch
{
namespace
{

constexpr Duration start{1'000'000};

TEST(Sessions, LastTenMinutesFromThePinOn)
{
    Sessions sessions;
    const std::string token = sessions.open("midwife-1", "pc-1", start);
    EXPECT_EQ(token.size(), 64U);
    ASSERT_TRUE(sessions.find(token, "pc-1", start + unlocked_for - Duration{1}));
    EXPECT_EQ(sessions.find(token, "pc-1", start)->person, "midwife-1");
    EXPECT_FALSE(sessions.find(token, "pc-1", start + unlocked_for)) << "use does not make it longer";
    EXPECT_FALSE(sessions.find(token, "pc-2", start)) << "it was carried to another station";
    EXPECT_FALSE(sessions.find("", "pc-1", start));
    EXPECT_FALSE(sessions.find(token.substr(1), "pc-1", start));
    EXPECT_NE(sessions.open("midwife-1", "pc-1", start), token);
}

TEST(Sessions, AreClosedByTheStationAndByWhoeverChangesThePerson)
{
    Sessions sessions;
    const std::string one = sessions.open("midwife-1", "pc-1", start), two = sessions.open("midwife-1", "pc-1", start),
                      other = sessions.open("doctor-1", "pc-1", start);
    sessions.close(one);
    EXPECT_FALSE(sessions.find(one, "pc-1", start));
    EXPECT_TRUE(sessions.find(two, "pc-1", start));
    sessions.close_of("midwife-1");
    EXPECT_FALSE(sessions.find(two, "pc-1", start));
    EXPECT_TRUE(sessions.find(other, "pc-1", start));
}

TEST(Attempts, WaitLongerAfterEachWrongPinAndNeverLongerThanAMinute)
{
    Attempts attempts;
    Duration now = start;
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 12; ++i) {
        attempts.begin("person x", now);
        waits.push_back(attempts.wait("person x", now).count() / 1000);
        now += attempts.wait("person x", now);
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60}));
    EXPECT_EQ(attempts.wait("person y", now), Duration{0}) << "nobody else waits";
    attempts.right("person x");
    EXPECT_EQ(attempts.wait("person x", now), Duration{0});
}

TEST(Attempts, GuessesSideBySideCountBeforeTheirAnswer)
{
    Attempts attempts;
    for (int i = 0; i < 5; ++i) attempts.begin("person x", start);
    EXPECT_EQ(attempts.wait("person x", start), Duration{4000});
}

TEST(Attempts, ThatNobodyCouldLookAtDoNotCount)
{
    Attempts attempts;
    for (int i = 0; i < 3; ++i) attempts.begin("person x", start);
    const Duration after_three = attempts.wait("person x", start);
    attempts.begin("person x", start);
    EXPECT_GT(attempts.wait("person x", start), after_three);
    attempts.unknown("person x");
    EXPECT_EQ(attempts.wait("person x", start), after_three);
    attempts.begin("person y", start);
    attempts.unknown("person y");
    attempts.unknown("person y");
    EXPECT_EQ(attempts.wait("person y", start), Duration{0});
}

TEST(Attempts, AreForgottenAfterAnHour)
{
    Attempts attempts;
    for (int i = 0; i < 9; ++i) attempts.begin("person x", start);
    attempts.begin("person x", start + Duration{3'600'000});
    EXPECT_EQ(attempts.wait("person x", start + Duration{3'600'000}), Duration{0});
}

} // namespace
} // namespace magwatch
