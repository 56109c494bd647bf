// A mistake as people see it, and what a word was meant to be.
#include "rules/base/diagnostic.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

TEST(Diagnostic, TheCaretStandsBelowItsPlace)
{
    EXPECT_EQ((Diagnostic{"p.toml", 0, 0, "as a whole", ""}.text()), "p.toml: error: as a whole");
    EXPECT_EQ((Diagnostic{"p.toml", 3, 1, "an empty line", ""}.text()), "p.toml:3:1: error: an empty line");
    EXPECT_EQ((Diagnostic{"p.toml", 3, 4, "here", "a\tb c"}.text()), "p.toml:3:4: error: here\n    3 | a\tb c\n      |  \t ^");
    EXPECT_EQ((Diagnostic{"p.toml", 3, 4, "here", "äöü x"}.text()), "p.toml:3:4: error: here\n    3 | äöü x\n      |    ^");
    EXPECT_EQ((Diagnostic{"p.toml", 3, 9, "past its end", "abc"}.text()), "p.toml:3:9: error: past its end\n    3 | abc\n      |    ^");
    EXPECT_EQ((Diagnostic{"p.toml", 12345, 1, "far down", "x"}.text()), "p.toml:12345:1: error: far down\n12345 | x\n      | ^");
    EXPECT_EQ((Diagnostic{"p.toml", 123456, 1, "further", "x"}.text()), "p.toml:123456:1: error: further\n123456 | x\n       | ^");
}

TEST(DidYouMean, IsANameThatIsNearAndNoOther)
{
    using Names = std::vector<std::string>;
    EXPECT_EQ(did_you_mean("spo", Names{"rr", "spo2", "sbp"}), "; did you mean 'spo2'?");
    EXPECT_EQ(did_you_mean("sop2", Names{"spo2"}), "; did you mean 'spo2'?") << "two letters that changed their places";
    EXPECT_EQ(did_you_mean("xyz", Names{"rr", "spo2"}), "");
    EXPECT_EQ(did_you_mean("a", Names{"b"}), "") << "no letter of it is the same";
    EXPECT_EQ(did_you_mean("ab", Names{"ac", "ad"}), "; did you mean 'ac'?") << "of equally near ones the first";
    EXPECT_EQ(did_you_mean(std::string(65, 'a'), Names{std::string(64, 'a')}), "") << "nobody meant a name so long";
    EXPECT_EQ(did_you_mean(std::string(64, 'a'), Names{std::string(65, 'a')}), "");
    EXPECT_EQ(did_you_mean("rr", Names{}), "");
}

} // namespace
} // namespace magwatch
