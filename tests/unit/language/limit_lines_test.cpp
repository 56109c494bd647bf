// The lines of a plot are read off the compiled rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/language/limit_lines.hpp"

namespace magwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The limits that these rules use: a pack with another one is refused.
std::string pack_of(const std::string& rules)
{
    std::string out = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\n";
    const std::pair<const char*, const char*> limits[] = {
        {"rr_stop", R"({ value = "16 /min", inclusive = true, source = "s" })"},
        {"spo2_stop", R"({ value = "94 %", source = "s" })"},
        {"level_low", R"({ value = "3.5 mmol/L", source = "s" })"},
        {"level_high", R"({ value = "9.722 mg/dL", source = "s" })"},
        {"climb", R"({ value = "0.5 mmol/L per h", source = "s" })"},
        {"factor", R"({ value = "1.8", source = "s" })"},
        {"moment", R"({ value = "1500 ms", source = "s" })"},
        {"coma", R"({ value = "9", source = "s" })"},
    };
    for (const auto& [name, value] : limits) {
        if (rules.find(name) != std::string::npos) out += std::string{name} + " = " + value + "\n";
    }
    return out + rules;
}

// A level never clears an alarm: its rule needs another end.
std::string rule(const std::string& id, const std::string& when)
{
    const bool level = when.starts_with("mg ");
    const std::string more = level ? "clear = \"after(reflex, mg) and reflex >= 2\"\n" : "";
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"" + id + "\"\nmessage = \"m\"\nprompt = \"p\"\nsource = \"s\"\n"
           "priority = \"medium\"\nwhen = \"" + when + "\"\n" + more;
}

// "rr<=16 rr_stop alone"
std::vector<std::string> lines_of(const std::string& rules)
{
    const CompiledPack compiled = compile_pack(pack_of(rules), "p.toml");
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    std::vector<std::string> out;
    if (!compiled.pack) return out;
    for (const LimitLine& line : limit_lines(*compiled.pack)) {
        std::string text = std::string{name(line.signal)} + (line.below ? "<" : ">") + (line.inclusive ? "=" : "");
        text += std::to_string(line.value).substr(0, 4) + " " + line.rule;
        if (!line.limit.empty()) text += " " + line.limit;
        if (line.alone) text += " alone";
        out.push_back(std::move(text));
    }
    return out;
}

// Only one of them is a line's; a slope, a factor and a length of time are none.
TEST(LimitLines, OfSeveralLimitsOfARuleALineHasTheOneOfItsValue)
{
    EXPECT_THAT(lines_of(rule("level", "mg > level_high or slope(mg, 2 h) > climb or mg >= factor * previous(mg)")),
                ElementsAre("mg>4.00 level level_high alone"));
    EXPECT_THAT(lines_of(rule("slow", "age(rr) > moment and rr below rr_stop")), ElementsAre("rr<=16.0 slow rr_stop"));
}

TEST(LimitLines, AScoreIsAQuantityAndWhatIsOnlyUnequalIsNone)
{
    EXPECT_THAT(lines_of(rule("coma", "gcs < coma")), ElementsAre("gcs<9.00 coma coma alone"));
    EXPECT_THAT(lines_of(rule("sleepy", "gcs != 15")), IsEmpty());
    EXPECT_THAT(lines_of(rule("sleepy", "gcs == 9")), IsEmpty());
}

TEST(LimitLines, APlainComparisonIsOneWithItsNamedLimit)
{
    EXPECT_THAT(lines_of(rule("slow", "rr below rr_stop")), ElementsAre("rr<=16.0 slow rr_stop alone"));
    EXPECT_THAT(lines_of(rule("fast", "30 /min < rr")), ElementsAre("rr>30.0 fast alone"));
}

TEST(LimitLines, ANamedLimitIsKnownInAnotherUnit)
{
    EXPECT_THAT(lines_of(rule("level", "mg > level_high")), ElementsAre("mg>4.00 level level_high alone"))
        << "9.722 mg/dL are 4.0 mmol/L";
}

TEST(LimitLines, EitherOfTwoIsEnoughAndBothTogetherAreNot)
{
    EXPECT_THAT(lines_of(rule("either", "rr below rr_stop or spo2 < spo2_stop")),
                ElementsAre("rr<=16.0 either rr_stop alone", "spo2<94.0 either spo2_stop alone"));
    EXPECT_THAT(lines_of(rule("both", "rr below rr_stop and spo2 < spo2_stop")),
                ElementsAre("rr<=16.0 both rr_stop", "spo2<94.0 both spo2_stop"));
    EXPECT_THAT(lines_of(rule("two", "at_least(2, rr below rr_stop, spo2 < spo2_stop, reflex <= 1)")),
                ElementsAre("rr<=16.0 two rr_stop", "spo2<94.0 two spo2_stop", "reflex<=1.00 two"));
    EXPECT_THAT(lines_of(rule("one", "at_least(1, rr below rr_stop, spo2 < spo2_stop)")),
                ElementsAre("rr<=16.0 one rr_stop alone", "spo2<94.0 one spo2_stop alone"));
}

TEST(LimitLines, TheFarEndOfARangeIsNoLine)
{
    EXPECT_THAT(lines_of(rule("raised", "mg > level_low and mg <= level_high") + rule("high", "mg > level_high")),
                ElementsAre("mg>3.50 raised level_low alone", "mg>4.00 high level_high alone"));
}

TEST(LimitLines, ARangeAloneKeepsBothEnds)
{
    EXPECT_THAT(lines_of(rule("odd", "mg > level_low and mg <= level_high")),
                ElementsAre("mg<=4.00 odd level_high alone", "mg>3.50 odd level_low alone"));
}

TEST(LimitLines, ExceptionsWindowsAgesAndWordsAreNone)
{
    EXPECT_THAT(lines_of(rule("level", "mg > level_low and not (reflex >= 2)")),
                ElementsAre("mg>3.50 level level_low alone"));
    EXPECT_THAT(lines_of(rule("level", "mg > level_low and infusing and not (reflex >= 2)")),
                ElementsAre("mg>3.50 level level_low"));
    EXPECT_THAT(lines_of(rule("urine", "sum(urine, 4 h) < 100 mL")), IsEmpty());
    EXPECT_THAT(lines_of(rule("old", "age(rr) > 2 min")), IsEmpty());
    EXPECT_THAT(lines_of(rule("asleep", "avpu >= pain or symptom >= examine")), IsEmpty());
    EXPECT_THAT(lines_of(rule("flags", "monitor_apnoea or sedated")), IsEmpty());
    EXPECT_THAT(lines_of(rule("equal", "reflex == 0")), IsEmpty());
}

TEST(LimitLines, WhatMustLastIsOneToo)
{
    EXPECT_THAT(lines_of(rule("long", "sustained(rr below rr_stop, 5 min)")),
                ElementsAre("rr<=16.0 long rr_stop alone"));
}

TEST(LimitLines, TwiceInOneRuleIsOnce)
{
    EXPECT_THAT(lines_of(rule("twice", "(rr below rr_stop and spo2 < spo2_stop) or rr below rr_stop")),
                ElementsAre("rr<=16.0 twice rr_stop alone", "spo2<94.0 twice spo2_stop"));
}

} // namespace
} // namespace magwatch
