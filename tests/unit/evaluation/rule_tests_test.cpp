// The runner of rule tests must fail whenever a pack does not do what its cases say.
#include "rules/alarm/rule_tests.hpp"

#include <gtest/gtest.h>

#include <string>

namespace magwatch {
namespace {

const std::string pack = R"(
name = "p"
title = "t"
version = "1"
[limits]
stop = "12 /min"
[[rule]]
id = "slow"
title = "t"
message = "m"
source = "s"
priority = "medium"
for = "30 s"
clear_for = "10 s"
clear = "rr >= stop + 2 /min"
when = "rr < stop"
)";

std::string positive(const std::string& expect)
{
    return "[[case]]\ntitle = \"raises\"\nrule = \"slow\"\nseries = { rr = \"16x10 11x40 14x20\" }\nexpect = " + expect +
           "\n";
}
const std::string near_miss = "[[case]]\ntitle = \"quiet\"\nrule = \"slow\"\nseries = { rr = \"16x10 11x30 12x60\" }\n"
                              "expect = []\n";

TEST(RuleTests, PassWhenEverythingComesInTime)
{
    const PackTest result = test_pack(pack, positive(R"(["raised 40 s", "cleared 60 s"])") + near_miss);
    for (const auto& error : result.errors) ADD_FAILURE() << error.text();
    EXPECT_EQ(result.cases.size(), 2U);
    EXPECT_FALSE(result.passed()) << "30 samples of 11 last from 10 s until the 12 at 40 s: 30 s";
    EXPECT_TRUE(result.cases[0].passed);
    const PackTest good = test_pack(pack, positive(R"(["raised 40 s", "cleared 60 s"])") +
                                              "[[case]]\ntitle = \"quiet\"\nrule = \"slow\"\n"
                                              "series = { rr = \"16x10 11x29 12x60\" }\nexpect = []\n");
    EXPECT_TRUE(good.passed());
}

TEST(RuleTests, FailOnAnAlarmThatIsLateMissingOrTooMuch)
{
    for (const char* wrong : {R"(["raised 41 s", "cleared 60 s"])", R"(["raised 40 s"])", "[]",
                              R"(["raised 40 s", "cleared 60 s", "raised 65 s"])"}) {
        const PackTest result = test_pack(pack, positive(wrong));
        ASSERT_EQ(result.cases.size(), 1U);
        EXPECT_FALSE(result.cases[0].passed) << wrong;
        EXPECT_FALSE(result.cases[0].differences.empty());
        EXPECT_FALSE(result.passed());
    }
}

TEST(RuleTests, EveryRuleNeedsAPositiveCaseAndANearMiss)
{
    EXPECT_EQ(test_pack(pack, "").untested.size(), 2U);
    const PackTest half = test_pack(pack, positive(R"(["raised 40 s", "cleared 60 s"])"));
    ASSERT_EQ(half.untested.size(), 1U);
    EXPECT_NE(half.untested[0].find("near miss"), std::string::npos);
}

TEST(RuleTests, CasesMayStandInThePackItself)
{
    const PackTest result = test_pack(pack + positive(R"(["raised 40 s", "cleared 60 s"])"), "");
    ASSERT_EQ(result.cases.size(), 1U);
    EXPECT_TRUE(result.cases[0].passed);
}

TEST(RuleTests, MistakesInCasesAreShownAtTheirPlace)
{
    const PackTest result = test_pack(pack, "[[case]]\ntitle = \"x\"\nrule = \"slw\"\nserie = {}\n"
                                            "series = { r = \"16x10\", rr = \"16x5 500x2\" }\n"
                                            "entries = [\"1 h urine 20\", \"urine 20 mL\", \"2 h mg 4 mmol/L of 3 h\"]\n"
                                            "expect = [\"rises 4 s\"]\n");
    ASSERT_EQ(result.errors.size(), 8U);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
    for (const auto& error : result.errors) places.emplace_back(error.line, error.column);
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> expected{{3, 8},  {4, 1},  {5, 12}, {5, 36},
                                                                        {6, 12}, {6, 28}, {6, 43}, {7, 11}};
    EXPECT_EQ(places, expected);
    EXPECT_NE(result.errors[0].message.find("did you mean 'slow'"), std::string::npos);
    EXPECT_NE(result.errors[1].message.find("did you mean 'series'"), std::string::npos);
}

TEST(RuleTests, ABrokenPackIsReportedAndRunsNothing)
{
    const PackTest result = test_pack("name = \"p\"", near_miss);
    EXPECT_FALSE(result.errors.empty());
    EXPECT_TRUE(result.cases.empty());
    EXPECT_FALSE(result.passed());
}

TEST(RuleTests, LimitsOfACaseReplaceThoseOfThePack)
{
    const PackTest result = test_pack(pack, "[[case]]\ntitle = \"site\"\nrule = \"slow\"\nlimits = { stop = \"10 /min\" }\n"
                                            "series = { rr = \"11x60\" }\nexpect = []\n");
    ASSERT_EQ(result.cases.size(), 1U);
    EXPECT_TRUE(result.cases[0].passed);
    const PackTest wrong = test_pack(pack, "[[case]]\ntitle = \"site\"\nrule = \"slow\"\nlimits = { stip = \"10 /min\" }\n"
                                           "series = { rr = \"11x60\" }\nexpect = []\n");
    ASSERT_EQ(wrong.cases.size(), 1U);
    EXPECT_FALSE(wrong.cases[0].passed);
}

// The pack of this file as a parent, with its cases.
class Parent : public PackLibrary {
public:
    std::optional<PackSource> find(std::string_view name) const override
    {
        if (name != "p") return std::nullopt;
        return PackSource{pack, "p.toml", positive(R"(["raised 40 s", "cleared 60 s"])") + quiet, "p.test.toml"};
    }
    std::vector<std::string> names() const override { return {"p"}; }
    const std::string quiet = "[[case]]\ntitle = \"quiet\"\nrule = \"slow\"\n"
                              "series = { rr = \"16x10 11x29 12x60\" }\nexpect = []\n";
};

TEST(RuleTests, APackInheritsTheCasesOfWhatItLeavesAsItIs)
{
    const Parent library;
    const std::string child = "name = \"c\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n";
    const PackTest silent = test_pack(child, "", "c.toml", "c.test.toml", &library);
    for (const auto& error : silent.errors) ADD_FAILURE() << error.text();
    EXPECT_TRUE(silent.passed());
    ASSERT_EQ(silent.cases.size(), 2U);
    EXPECT_EQ(silent.cases[0].file, "p.test.toml");
    // Words change nothing of when it comes; a limit and a delay do, so that the pack needs cases of its own.
    const PackTest words = test_pack(child + "[[rule]]\nid = \"slow\"\nmessage = \"Slow\"\n", "", "c.toml", "t", &library);
    EXPECT_TRUE(words.passed());
    for (const std::string change : {"[limits]\nstop = { value = \"10 /min\", source = \"s\" }\n",
                                     "[[rule]]\nid = \"slow\"\nfor = \"20 s\"\nsource = \"s\"\n"}) {
        const PackTest changed = test_pack(child + change, "", "c.toml", "c.test.toml", &library);
        EXPECT_TRUE(changed.errors.empty());
        EXPECT_TRUE(changed.cases.empty()) << "the parent's cases say nothing of it";
        EXPECT_EQ(changed.untested.size(), 2U);
    }
}

// An inhibition holds back while it is known to hold, and no longer than it may.
TEST(RuleTests, InhibitionsOpenWhenUnknownAndEndInTime)
{
    const std::string inhibited = pack + "[[inhibit]]\nid = \"i\"\nrules = [\"slow\"]\nwhen = \"epidural\"\n"
                                         "reason = \"r\"\nat_most = \"2 min\"\n";
    const auto one = [](const std::string& entries, const std::string& expect) {
        return "[[case]]\ntitle = \"c\"\nrule = \"slow\"\nseries = { rr = \"11x300\" }\nentries = [" + entries +
               "]\nexpect = [" + expect + "]\n";
    };
    const auto passes = [&](const std::string& text) {
        const PackTest result = test_pack(inhibited, text);
        for (const auto& error : result.errors) ADD_FAILURE() << error.text();
        for (const auto& difference : result.cases.at(0).differences) ADD_FAILURE() << difference;
        return result.cases.at(0).passed;
    };
    EXPECT_TRUE(passes(one("", "\"raised 30 s\""))) << "unknown does not inhibit";
    EXPECT_TRUE(passes(one("\"0 s epidural 0\"", "\"raised 30 s\"")));
    EXPECT_TRUE(passes(one("\"0 s epidural 1\"", "\"raised 150 s\""))) << "2 min, then `for`";
    EXPECT_TRUE(passes(one("\"0 s epidural 1\", \"1 min epidural 0\"", "\"raised 90 s\"")));
    EXPECT_TRUE(passes(one("\"1 min epidural 1\"", "\"raised 30 s\""))) << "it ends no alarm that is there";
}

} // namespace
} // namespace magwatch
