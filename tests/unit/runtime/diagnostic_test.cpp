#include "rules/base/diagnostic.hpp"

#include <array>

#include <gtest/gtest.h>

namespace magwatch {
namespace {

TEST(Diagnostic, StandsAtFileLineAndColumnWithACaretBelowThePlace)
{
    const Diagnostic d{"a.toml", 14, 8, "unknown signal 'spo'", "when = \"spo < 92\""};
    EXPECT_EQ(d.text(), "a.toml:14:8: error: unknown signal 'spo'\n"
                        "   14 | when = \"spo < 92\"\n"
                        "      |        ^");
}

TEST(Diagnostic, TheCaretFollowsTabsAndCountsCodePoints)
{
    const Diagnostic d{"a.toml", 1, 4, "x", "\t\xC3\xA4= 1"};
    EXPECT_EQ(d.text().substr(d.text().rfind('\n') + 1), "      | \t  ^");
}

TEST(Diagnostic, AMistakeOfTheWholeFileHasNoPlace)
{
    EXPECT_EQ((Diagnostic{"a.toml", 0, 0, "cannot be read", ""}).text(),
              "a.toml: error: cannot be read");
}

TEST(DidYouMean, FindsTyposAndKeepsQuietAboutWhatIsFar)
{
    const std::array<std::string_view, 4> names{"hr", "spo2", "sbp", "interval"};
    EXPECT_EQ(did_you_mean("spo", names), "; did you mean 'spo2'?");
    EXPECT_EQ(did_you_mean("intervall", names), "; did you mean 'interval'?");
    EXPECT_EQ(did_you_mean("itnerval", names), "; did you mean 'interval'?");
    EXPECT_EQ(did_you_mean("glucose", names), "");
    EXPECT_EQ(did_you_mean("x", names), "");
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

} // namespace
} // namespace magwatch
