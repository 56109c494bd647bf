// The runner of rule tests must fail whenever a pack does not do what its cases say.
#include "rules/alarm/rule_tests.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/slow_pack.hpp"

namespace magwatch {
namespace {

using test::slow_case;
using test::slow_near_miss;
using test::slow_raises;

const std::string pack = test::slow_pack("p");

TEST(RuleTests, PassWhenEverythingComesInTime)
{
    const std::string late_miss = "[[case]]\ntitle = \"quiet\"\nrule = \"slow\"\n"
                                  "series = { rr = \"16x10 11x30 12x60\" }\nexpect = []\n";
    const PackTest result = test_pack(pack, slow_raises() + late_miss);
    for (const auto& error : result.errors) ADD_FAILURE() << error.text();
    EXPECT_EQ(result.cases.size(), 2U);
    EXPECT_FALSE(result.passed()) << "30 samples of 11 last from 10 s until the 12 at 40 s: 30 s";
    EXPECT_TRUE(result.cases[0].passed);
    EXPECT_TRUE(test_pack(pack, slow_raises() + slow_near_miss).passed());
}

TEST(RuleTests, FailOnAnAlarmThatIsLateMissingOrTooMuch)
{
    for (const char* wrong : {R"(["raised 41 s", "cleared 60 s"])", R"(["raised 40 s"])", "[]",
                              R"(["raised 40 s", "cleared 60 s", "raised 65 s"])"}) {
        const PackTest result = test_pack(pack, slow_case(wrong));
        ASSERT_EQ(result.cases.size(), 1U);
        EXPECT_FALSE(result.cases[0].passed) << wrong;
        EXPECT_FALSE(result.cases[0].differences.empty());
        EXPECT_FALSE(result.passed());
    }
}

TEST(RuleTests, EveryRuleNeedsAPositiveCaseAndANearMiss)
{
    EXPECT_EQ(test_pack(pack, "").untested.size(), 2U);
    const PackTest half = test_pack(pack, slow_raises());
    ASSERT_EQ(half.untested.size(), 1U);
    EXPECT_NE(half.untested[0].find("near miss"), std::string::npos);
}

TEST(RuleTests, CasesMayStandInThePackItself)
{
    const PackTest result = test_pack(pack + slow_raises(), "");
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

// The first mistake of a case of the rule `slow` with these lines; "" if there is none.
std::string mistake(const std::string& lines)
{
    const PackTest result = test_pack(pack, "[[case]]\ntitle = \"x\"\nrule = \"slow\"\n" + lines);
    return result.errors.empty() ? "" : result.errors[0].message;
}
bool refused(const std::string& lines, const std::string& words) { return mistake(lines).find(words) != std::string::npos; }

TEST(RuleTests, ASeriesIsValuesAndHowOftenEachComes)
{
    const auto series = [](const std::string& rr) { return "series = { rr = \"" + rr + "\" }\nexpect = []\n"; };
    for (const char* good : {"16", "16x1", "_x5 16", "!x3 ?x2 16 _", "!", "?", "16.5"}) EXPECT_EQ(mistake(series(good)), "") << good;
    for (const char* bad : {"16x0", "16x-1", "16x", "16xx", "16x5.5", "16x5s", "16x99999999", "16x99999999999999999999"})
        EXPECT_TRUE(refused(series(bad), "how often the value is repeated")) << bad << mistake(series(bad));
    for (const char* bad : {"500x2", "-1", "x5", "nan", "inf", "16/min", "__"})
        EXPECT_TRUE(refused(series(bad), "is no value of rr")) << bad << mistake(series(bad));
    EXPECT_TRUE(refused("series = { rr = 16 }\nexpect = []\n", "a series is a text"));
    EXPECT_TRUE(refused("series = \"16x60\"\nexpect = []\n", "'series' is written {"));
    EXPECT_TRUE(refused("step = \"0 s\"\n" + series("16"), "longer than nothing"));
    EXPECT_EQ(mistake("step = \"5 s\"\n" + series("16")), "");
}

TEST(RuleTests, ACaseIsBounded)
{
    const std::string half = std::to_string(case_events_max / 2);
    EXPECT_EQ(mistake("series = { rr = \"16x" + half + "\", hr = \"80x" + half + "\" }\nexpect = []\n"), "");
    EXPECT_TRUE(refused("series = { rr = \"16x" + half + "\", hr = \"80x" + half + "\" }\nentries = [\"1 s mg 2 mmol/L\"]\n"
                        "expect = []\n", "too many samples"));
    EXPECT_TRUE(refused("series = { rr = \"16x" + half + "\", hr = \"80x" + half + " 80\" }\nexpect = []\n", "too many samples"));
    // And no more are kept, however many follow.
    EXPECT_TRUE(refused("series = { rr = \"16x" + half + "\", hr = \"80x" + half + " 80\" }\nentries = [\"1 s mg 2 mmol/L\", "
                        "\"2 s mg 2 mmol/L\"]\nexpect = []\n", "too many samples"));
}

TEST(RuleTests, AnEntryIsATimeASignalAndAValueOrThatThereIsNone)
{
    const auto entry = [](const std::string& text) { return "entries = [\"" + text + "\"]\nexpect = []\n"; };
    for (const char* good : {"1 h urine 20 mL", "1 h mg invalid", "1 h mg missing", "1 h mg questionable", "1 h avpu voice",
                             "1 h reflex_knee 2", "1 h reflex_knee 2 of 50 min", "1 h mg 4 mmol/L of 1 h", "90 s mg 9.6 mg/dL",
                             "1 h mg invalid of 5 min", "1 h symptoms slurred_speech", "1 h symptoms none",
                             "1 h symptoms slurred_speech+rash", "90s mg  2  mmol/L", "0 s epidural 1"})
        EXPECT_EQ(mistake(entry(good)), "") << good;
    for (const char* bad : {"", "1 h", "1 h mg", "mg 4 mmol/L", "1 mg 4 mmol/L", "1 h mg four mmol/L", "1 h mg 4 mmols",
                            "1 h mg 4 mmol/L since 50 min", "1 h mg 4 mmol/L of", "1 h mg 4 mmol/L of 61 min",
                            "1 h mg 4 mmol/L of 50 min or so", "1 h mg invalid of", "1 h avpu loud", "1 h symptoms hiccup"})
        EXPECT_TRUE(refused(entry(bad), "an entry is written")) << bad << ": " << mistake(entry(bad));
    EXPECT_TRUE(refused(entry("1 h mg 4"), "needs its unit, for example mmol/L"));
    EXPECT_TRUE(refused(entry("1 h mg 4 of 50 min"), "needs its unit"));
    EXPECT_TRUE(refused(entry("1 h mg 4 mL"), "this is no value of mg"));
    EXPECT_TRUE(refused(entry("1 h mg 400 mmol/L"), "this is no value of mg"));
    EXPECT_TRUE(refused(entry("1 h mgg 4 mmol/L"), "unknown signal 'mgg'"));
}

TEST(RuleTests, WhatIsExpectedIsRaisedOrClearedAtATime)
{
    const auto expect = [](const std::string& text) { return "series = { rr = \"16\" }\nexpect = [\"" + text + "\"]\n"; };
    for (const char* good : {"raised 90 s", "cleared 3 min", "slow raised 90 s", "raised 90s", "  slow  raised  90 s "})
        EXPECT_EQ(mistake(expect(good)), "") << good;
    for (const char* bad : {"", "raised", "raised 90", "raised soon", "slow 90 s", "slow raised", "raised 90 s later", "90 s raised"})
        EXPECT_TRUE(refused(expect(bad), "an expected event is written")) << bad << ": " << mistake(expect(bad));
    EXPECT_TRUE(refused(expect("slo raised 90 s"), "the case does not judge the rule 'slo'; did you mean 'slow'?"));
}

TEST(RuleTests, OfSeveralRulesEachExpectedEventNamesOne)
{
    const std::string two = "[[case]]\ntitle = \"x\"\nrule = [\"slow\", \"slow\"]\nseries = { rr = \"16\" }\n";
    const auto told = [&](const std::string& expect) {
        const PackTest result = test_pack(pack, two + "expect = [\"" + expect + "\"]\n");
        return result.errors.empty() ? "" : result.errors[0].message;
    };
    EXPECT_EQ(told("slow raised 90 s"), "");
    EXPECT_EQ(told("raised 90 s"), "an expected event is written \"raised 90 s\" or \"cleared 3 min\"; with several rules the rule's "
                                   "id comes first");
}

TEST(RuleTests, CasesOfAnyPackAreReadForTheRulesThatThisOneHas)
{
    const CompiledPack compiled = compile_pack(pack, "p.toml");
    const std::string text = "pack = \"q\"\n[[case]]\ntitle = \"x\"\nrule = [\"slow\", \"elsewhere\"]\nseries = { rr = \"16\" }\n"
                             "expect = [\"elsewhere raised 1 s\"]\n";
    std::vector<Diagnostic> errors;
    const auto cases = read_cases(text, "q.test.toml", *compiled.pack, errors, true);
    EXPECT_TRUE(errors.empty());
    ASSERT_EQ(cases.size(), 1U);
    EXPECT_EQ(cases[0].rules, (std::vector<std::string>{"slow", "elsewhere"}));
    (void)read_cases(text, "q.test.toml", *compiled.pack, errors, false);
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].message, "these cases are for the pack 'q', not for 'p'");
    EXPECT_EQ(errors[1].message, "the pack has no rule 'elsewhere'");
}

TEST(RuleTests, AFileOfCasesThatIsNoTomlIsToldAtItsPlace)
{
    const PackTest result = test_pack(pack, "[[case]]\ntitle = x\n");
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(result.errors[0].line, 2U);
}

TEST(RuleTests, AFileOfCasesIsBounded)
{
    std::string text;
    for (std::size_t i = 0; i <= cases_max; ++i)
        text += "[[case]]\ntitle = \"x\"\nrule = \"slow\"\nseries = { rr = \"16\" }\nexpect = []\n";
    const CompiledPack compiled = compile_pack(pack, "p.toml");
    std::vector<Diagnostic> errors;
    EXPECT_EQ(read_cases(text, "p.test.toml", *compiled.pack, errors).size(), cases_max);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].message, "too many cases: at most 2000");
    EXPECT_EQ(errors[0].line, 5 * cases_max + 1);
}

TEST(RuleTests, OtherKeysOfACaseAreRead)
{
    const std::string rest = "series = { rr = \"16\" }\nexpect = []\n";
    EXPECT_EQ(mistake("fresh = { rr = \"5 min\" }\n" + rest), "");
    EXPECT_TRUE(refused("fresh = \"5 min\"\n" + rest, "'fresh' is written {"));
    EXPECT_TRUE(refused("fresh = { rrr = \"5 min\" }\n" + rest, "unknown signal 'rrr'"));
    EXPECT_TRUE(refused("fresh = { rr = \"long\" }\n" + rest, "must be a length of time"));
    EXPECT_TRUE(refused("limits = \"10 /min\"\n" + rest, "'limits' is written {"));
    EXPECT_TRUE(refused("limits = { stop = 10 }\n" + rest, "a limit is a text"));
    const PackTest other = test_pack(pack, "pack = \"q\"\n" + slow_raises());
    ASSERT_FALSE(other.errors.empty());
    EXPECT_EQ(other.errors[0].message, "these cases are for the pack 'q', not for 'p'");
    EXPECT_TRUE(test_pack(pack, "pack = \"p\"\n" + slow_raises()).errors.empty());
}

TEST(RuleTests, ABrokenPackIsReportedAndRunsNothing)
{
    const PackTest result = test_pack("name = \"p\"", slow_near_miss);
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
        return PackSource{pack, "p.toml", slow_raises() + slow_near_miss, "p.test.toml"};
    }
    std::vector<std::string> names() const override { return {"p"}; }
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
                                     "[limits]\nstop = { value = \"12 /min\", inclusive = true, source = \"s\" }\n",
                                     "[[rule]]\nid = \"slow\"\nfor = \"20 s\"\nsource = \"s\"\n"}) {
        const PackTest changed = test_pack(child + change, "", "c.toml", "c.test.toml", &library);
        EXPECT_TRUE(changed.errors.empty());
        EXPECT_TRUE(changed.cases.empty()) << "the parent's cases say nothing of it";
        EXPECT_EQ(changed.untested.size(), 2U);
    }
}

// The parent of an inhibition whose limit does not count itself, with a case in which it holds the rule back.
class InhibitedParent : public PackLibrary {
public:
    std::optional<PackSource> find(std::string_view name) const override
    {
        if (name != "p") return std::nullopt;
        const std::string inhibit = "[[inhibit]]\nid = \"i\"\nrules = [\"slow\"]\nwhen = \"hr above fast\"\nreason = \"r\"\n";
        std::string text = pack;
        text.insert(text.find("[[rule]]"), "fast = { value = \"150 /min\", source = \"s\" }\n");
        return PackSource{text + inhibit, "p.toml", slow_raises() + slow_near_miss, "p.test.toml"};
    }
    std::vector<std::string> names() const override { return {"p"}; }
};

TEST(RuleTests, ALimitOfAnInhibitionThatCountsItselfIsAnotherBehaviour)
{
    const InhibitedParent library;
    const std::string child = "name = \"c\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n";
    EXPECT_TRUE(test_pack(child, "", "c.toml", "c.test.toml", &library).passed());
    for (const std::string limit : {"value = \"151 /min\"", "value = \"150 /min\", inclusive = true"}) {
        const std::string changed = child + "[limits]\nfast = { " + limit + ", source = \"s\" }\n";
        const PackTest result = test_pack(changed, "", "c.toml", "c.test.toml", &library);
        for (const auto& error : result.errors) ADD_FAILURE() << error.text();
        EXPECT_TRUE(result.cases.empty()) << limit << ": the parent's cases say nothing of it";
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

TEST(RuleTests, LengthsAreToldInTheLargestUnitThatIsWhole)
{
    EXPECT_EQ(length_text(std::chrono::hours{2}), "2 h");
    EXPECT_EQ(length_text(std::chrono::minutes{90}), "90 min");
    EXPECT_EQ(length_text(std::chrono::seconds{90}), "90 s");
    EXPECT_EQ(length_text(Duration{1500}), "1500 ms");
    EXPECT_EQ(length_text(Duration{}), "0 s");
}

TEST(RuleTests, InAPackWithoutAgesAValueHoldsUntilTheNext)
{
    std::string aged = pack;
    aged.replace(aged.find("\nfor = \"30 s\""), 13, "\nfor = \"40 s\"");
    const std::string ageless = "benchmark = true\nmax_age = \"none\"\n" + aged;
    const std::string gap = "[[case]]\ntitle = \"gap\"\nrule = \"slow\"\nseries = { rr = \"11x1 _x99\" }\nexpect = [";
    const PackTest held = test_pack(ageless, gap + "\"raised 40 s\"]\n");
    ASSERT_EQ(held.cases.size(), 1U);
    EXPECT_TRUE(held.cases[0].passed);
    const PackTest forgotten = test_pack(aged, gap + "]\n");
    ASSERT_EQ(forgotten.cases.size(), 1U);
    for (const auto& difference : forgotten.cases[0].differences) ADD_FAILURE() << "elsewhere it is unknown after 30 s: " << difference;
}

TEST(RuleTests, AllCasesTogetherAreBounded)
{
    std::string text;
    for (int i = 0; i < 6; ++i) {
        text += "[[case]]\ntitle = \"long\"\nrule = \"slow\"\nseries = { rr = \"16x" + std::to_string(case_events_max) +
                "\" }\nexpect = []\n";
    }
    const PackTest result = test_pack(pack, text);
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(result.errors[0].message, "the cases have 1200000 samples and entries: at most 1000000 in all");
    EXPECT_TRUE(result.cases.empty());
}

// An effective pack away from what it was made from, and beside a parent that is broken by now.
TEST(RuleTests, CasesAreInheritedOnlyFromParentsThatAreThere)
{
    const Parent library;
    const EffectiveText effective = effective_text("name = \"c\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n", "c.toml", &library);
    class Fixed : public PackLibrary {
    public:
        explicit Fixed(std::optional<PackSource> source) : source_{std::move(source)} {}
        std::optional<PackSource> find(std::string_view) const override { return source_; }
        std::vector<std::string> names() const override { return {}; }

    private:
        std::optional<PackSource> source_;
    };
    EXPECT_EQ(test_pack(effective.text, "", "c.toml", "t", &library).cases.size(), 2U);
    const Fixed nothing{std::nullopt};
    const PackTest alone = test_pack(effective.text, "", "c.toml", "t", &nothing);
    EXPECT_TRUE(alone.errors.empty());
    EXPECT_TRUE(alone.cases.empty());
    const Fixed nameless{PackSource{"name = \"p\"\n", "p.toml", "", ""}};
    const PackTest broken = test_pack(effective.text, "", "c.toml", "t", &nameless);
    EXPECT_FALSE(broken.errors.empty());
    EXPECT_EQ(broken.errors[0].file, "p.toml");
}

// A case of the parent that sets a limit which the child has no more says nothing of the child.
TEST(RuleTests, ACaseWithALimitThatIsGoneIsNotInherited)
{
    class Two : public PackLibrary {
    public:
        std::optional<PackSource> find(std::string_view) const override
        {
            std::string text = pack;
            text.insert(text.find("[[rule]]"), "fast = { value = \"150 /min\", source = \"s\" }\n");
            text += "[[rule]]\nid = \"quick\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n"
                    "priority = \"low\"\nwhen = \"hr > fast\"\n";
            const std::string limited = "[[case]]\ntitle = \"l\"\nrule = \"slow\"\nlimits = { fast = \"140 /min\" }\n"
                                        "series = { rr = \"16x60\" }\nexpect = []\n";
            return PackSource{text, "p.toml", slow_raises() + limited, "p.test.toml"};
        }
        std::vector<std::string> names() const override { return {"p"}; }
    };
    const Two library;
    const std::string child = "name = \"c\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n";
    EXPECT_EQ(test_pack(child, "", "c.toml", "t", &library).cases.size(), 2U);
    const std::string gone = child + "[[rule]]\nid = \"quick\"\nwhen = \"hr > 150 /min\"\nsource = \"s\"\n";
    EXPECT_EQ(test_pack(gone, "", "c.toml", "t", &library).cases.size(), 1U);
}

} // namespace
} // namespace magwatch
