// Rules that can never fire, and rules that another one makes pointless.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

std::string rule(const std::string& id, const std::string& body)
{
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n" + body + "\n";
}
// The mistakes in a pack of these rules, named a, b, c.
std::string errors(const std::vector<std::string>& bodies, const std::string& more = "")
{
    std::string text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n" + more;
    for (std::size_t i = 0; i < bodies.size(); ++i) text += rule(std::string(1, static_cast<char>('a' + i)), bodies[i]);
    std::string out;
    for (const Diagnostic& error : compile_pack(text, "p.toml").errors) out += error.text() + "\n";
    return out;
}
const std::string high = "priority = \"high\"\n", medium = "priority = \"medium\"\n", low = "priority = \"low\"\n";
std::string when(const std::string& text) { return "when = \"" + text + "\"\n"; }

TEST(Shadow, AWeakerConditionOfTheSameUrgencyMakesTheStricterOnePointless)
{
    EXPECT_EQ(errors({medium + when("rr < 12 /min"), medium + when("rr < 10 /min")}),
              "p.toml:18:8: error: 'b' never matters: 'a' is raised whenever it is, no later and no less urgent; make this "
              "one more urgent or quicker, give them conditions that exclude each other, or leave it out\n"
              "   18 | when = \"rr < 10 /min\"\n"
              "      |        ^\n");
}

TEST(Shadow, WhatSurelyFollows)
{
    const std::pair<const char*, const char*> pairs[] = {
        {"rr < 10 /min", "rr < 12 /min"},
        {"rr <= 12 /min", "rr <= 12 /min"},
        {"rr < 12 /min", "rr <= 12 /min"},
        {"not (rr >= 12 /min)", "rr < 12 /min"},
        {"rr < 12 /min and hr < 50 /min", "rr < 12 /min"},
        {"rr < 12 /min", "rr < 12 /min or hr < 50 /min"},
        {"rr < 10 /min or rr < 8 /min", "rr < 12 /min"},
        {"rr < 10 /min and spo2 < 90 %", "at_least(2, rr < 12 /min, hr < 50 /min, spo2 < 94 %)"},
        {"sum(urine, 4 h) < 80 mL", "sum(urine, 4 h) < 100 mL"},
        {"age(rr) > 20 min", "age(rr) >= 10 min"},
        {"max(rr, 5 min) < 8 /min", "mean(rr, 5 min) < 10 /min"},
        {"mean(rr, 5 min) < 10 /min", "min(rr, 5 min) < 10 /min"},
        {"min(hr, 5 min) > 130 /min", "max(hr, 5 min) >= 130 /min"},
        {"armed(urine, 4 h)", "armed(urine, 2 h)"},
        {"epidural and rr < 12 /min", "rr < 12 /min and epidural"},
        {"reflex == 0", "reflex <= 1"},
        {"not (rr >= 12 /min or epidural)", "not (rr > 13 /min)"},
        {"not (avpu == voice)", "avpu != voice"},
        {"mean(gcs, 1 h) == 9", "min(gcs, 1 h) < 10"},
        {"armed(urine, 4 h) and epidural", "armed(urine, 4 h)"},
    };
    for (const auto& [strict, weak] : pairs) {
        // Of two that say the same, the second is too much.
        const std::string said = errors({medium + when(strict), medium + when(weak)});
        EXPECT_NE(said.find("never matters"), std::string::npos) << strict << " -> " << weak;
    }
}

TEST(Shadow, WhatDoesNotSurelyFollowIsNotReported)
{
    const std::pair<const char*, const char*> pairs[] = {
        {"rr < 12 /min", "rr_counted < 16 /min"},
        {"rr <= 12 /min", "spo2 < 94 %"},
        {"sum(urine, 4 h) < 80 mL", "sum(urine, 1 h) < 100 mL"},
        {"rr < 12 /min or hr < 50 /min", "rr < 14 /min and spo2 < 99 %"},
        {"lost(rr)", "age(rr) > 1 min"},
        {"mean(rr, 1 min) < 10 /min", "rr < 12 /min"},
        {"age(rr) < 20 min", "age(rr) > 10 min"},
        {"min(rr, 5 min) < 8 /min", "mean(rr, 5 min) < 10 /min"},
        {"max(rr, 5 min) < 8 /min", "mean(rr, 1 min) < 10 /min"}, // the short window may be empty
        {"min(rr, 5 min) > 12 /min", "max(rr, 5 min) > 14 /min"},
        {"max(rr, 5 min) < 8 /min", "drop(rr, 5 min) > 3 /min"},
        {"avpu != voice", "avpu >= voice"},
        {"avpu != voice", "avpu != pain"},
        {"epidural", "not epidural"},
        {"epidural", "not at_least(2, digoxin, postpartum)"},
        {"at_least(2, epidural, digoxin)", "epidural"},
        {"at_least(1, epidural, digoxin)", "at_least(2, epidural, digoxin)"},
        {"symptom(rash)", "symptom(itch)"},
        {"after(reflex, mg)", "after(reflex, urine)"},
        {"not armed(urine, 4 h)", "not armed(urine, 2 h)"},
        {"armed(urine, 4 h)", "not armed(urine, 2 h)"},
    };
    for (const auto& [a, b] : pairs) EXPECT_EQ(errors({medium + when(a), medium + when(b)}), "") << a << " -> " << b;
}

TEST(Shadow, MoreUrgentQuickerOrLongerRulesMatter)
{
    const std::string weak = when("rr < 12 /min"), strict = when("rr < 10 /min");
    EXPECT_EQ(errors({medium + weak, high + strict}), "");
    EXPECT_EQ(errors({medium + weak, medium + "grade = 1\n" + strict}), "");
    EXPECT_EQ(errors({high + weak, high + "together = true\n" + strict}), "");
    EXPECT_EQ(errors({medium + weak, medium + "latching = true\n" + strict}), "");
    EXPECT_EQ(errors({medium + "for = \"30 s\"\n" + weak, medium + strict}), "");
    EXPECT_EQ(errors({medium + weak, medium + "clear_for = \"1 min\"\n" + strict}), "");
    EXPECT_EQ(errors({medium + weak, medium + "clear = \"never\"\n" + strict}), "");
    EXPECT_EQ(errors({medium + "clear = \"never\"\n" + weak, medium + strict}), "");
    EXPECT_NE(errors({medium + "clear = \"never\"\n" + weak, medium + "clear = \"never\"\n" + strict}), "");
    EXPECT_EQ(errors({medium + "needs = \"mg_on_board\"\n" + weak, medium + strict}), "");
    EXPECT_EQ(errors({medium + "kind = \"technical\"\n" + weak, medium + strict}), "");
    EXPECT_NE(errors({medium + weak, medium + "for = \"30 s\"\nneeds = \"mg_on_board\"\n" + strict}), "");
    EXPECT_NE(errors({high + weak, low + strict}), "");
}

TEST(Shadow, ABenchmarkIsNotJudged)
{
    EXPECT_EQ(errors({medium + when("rr < 12 /min"), medium + when("rr < 10 /min")}, "benchmark = true\n"), "");
}

TEST(Shadow, TheSearchIsBounded)
{
    std::string deep = "rr < 12 /min";
    for (int i = 0; i < 14; ++i) {
        deep = "(" + deep + (i % 2 ? " and hr < " : " or spo2 < ") + std::to_string(40 + i) + (i % 2 ? " /min)" : " %)");
    }
    std::string text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n";
    for (int i = 0; i < 200; ++i) {
        text += rule("r" + std::to_string(i), medium + when(deep + " and sbp < " + std::to_string(60 + i % 100) + " mmHg"));
    }
    (void)compile_pack(text, "p.toml"); // comes to an end
}

TEST(NeverFires, AGateThatIsClosedWheneverTheConditionHolds)
{
    EXPECT_NE(errors({medium + "needs = \"infusing\"\n" + when("not infusing and age(rr) > 5 min")})
                  .find("p.toml:10:9: error: this gate is closed whenever 'when' is true: the rule can never fire"),
              std::string::npos);
    EXPECT_NE(errors({medium + "needs = \"age(rr) < 10 min\"\n" + when("age(rr) > 40 min")}).find("never fire"),
              std::string::npos);
    EXPECT_NE(errors({medium + "needs = \"rr > 14 /min\"\n" + when("rr < 12 /min")}).find("never fire"), std::string::npos);
    EXPECT_EQ(errors({medium + "needs = \"infusing\"\n" + when("rr < 12 /min")}), "");
}

TEST(NeverFires, AWindowBeyondItsReach)
{
    EXPECT_NE(errors({medium + when("mean(spo2, 10 min) > 100 %")}).find("it lies between "), std::string::npos);
    EXPECT_NE(errors({medium + when("sum(urine, 4 h) < 0 mL")}).find("it is never below 0 mL"), std::string::npos);
    EXPECT_NE(errors({medium + when("count(rr, 1 min) >= 0")}).find("always true"), std::string::npos);
    EXPECT_NE(errors({medium + when("drop(spo2, 5 min) > 200 %")}).find("can never be true"), std::string::npos);
}

} // namespace
} // namespace magwatch
