#include "daemon/people/setup_code.hpp"

#include <set>

#include <gtest/gtest.h>

#include "runtime/ascii.hpp"

namespace magwatch
{
namespace
{

constexpr Duration now{5'000'000};

TEST(SetupCode, FitsHoweverItIsTypedAndNoOtherDoes)
{
    SetupCode code;
    EXPECT_FALSE(code.fits("00000-00000", now)) << "before there is one";
    EXPECT_FALSE(code.fits("", now));
    const std::string made = code.make(now);
    ASSERT_EQ(made.size(), 11U);
    EXPECT_TRUE(code.fits(made, now));
    EXPECT_TRUE(code.fits(lower(made), now));
    EXPECT_TRUE(code.fits(made.substr(0, 5) + made.substr(6), now));
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (made[i] == '-') continue;
        std::string other = made;
        other[i] = other[i] == '7' ? '8' : '7';
        EXPECT_FALSE(code.fits(other, now)) << i;
    }
    for (const std::string& other : {made + "0", made.substr(1), std::string{"-"}, made.substr(0, 9) + "!!"})
        EXPECT_FALSE(code.fits(other, now)) << other;
}

TEST(SetupCode, IsOverInTimeAndWhenItIsForgottenOrReplaced)
{
    SetupCode code;
    const std::string first = code.make(now);
    EXPECT_TRUE(code.fits(first, now + setup_code_lasts - Duration{1}));
    EXPECT_FALSE(code.fits(first, now + setup_code_lasts));
    const std::string second = code.make(now);
    EXPECT_FALSE(code.fits(first, now));
    EXPECT_TRUE(code.fits(second, now));
    code.forget();
    EXPECT_FALSE(code.fits(second, now));
    EXPECT_FALSE(code.fits("", now));
}

TEST(SetupCode, IsAnotherEachTime)
{
    SetupCode code;
    std::set<std::string> made;
    for (int i = 0; i < 1000; ++i) made.insert(code.make(now));
    EXPECT_EQ(made.size(), 1000U);
}

} // namespace
} // namespace magwatch
