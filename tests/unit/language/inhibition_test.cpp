// Inhibitions: what a pack may hold back, and for how long.
#include <gtest/gtest.h>

#include <string>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

const std::string pack = R"(name = "p"
title = "t"
version = "1"

[[rule]]
id = "rr-low"
title = "t"
message = "m"
source = "s"
priority = "high"
grade = 2
when = "rr < 12 /min"

[[rule]]
id = "drowsy"
title = "t"
message = "m"
source = "s"
priority = "medium"
needs = "mg_on_board"
when = "avpu >= voice"

[[rule]]
id = "fixed"
title = "t"
message = "m"
source = "s"
priority = "low"
inhibitable = false
when = "hr < 50 /min"

)";

std::string errors(const std::string& body)
{
    std::string out;
    for (const Diagnostic& error : compile_pack(pack + "[[inhibit]]\nid = \"i\"\n" + body, "p.toml").errors) {
        out += error.text() + "\n";
    }
    return out;
}
const std::string reason = "reason = \"asleep after an opioid\"\n";

TEST(Inhibition, BecomesPartOfTheGate)
{
    const CompiledPack compiled = compile_pack(
        pack + "[[inhibit]]\nid = \"i\"\nrules = [\"drowsy\"]\nwhen = \"epidural\"\n" + reason, "p.toml");
    ASSERT_TRUE(compiled.pack);
    const Pack& p = *compiled.pack;
    ASSERT_EQ(p.inhibitions.size(), 1U);
    EXPECT_EQ(p.inhibitions[0].reason, "asleep after an opioid");
    EXPECT_EQ(p.inhibitions[0].rules, (std::vector<std::uint16_t>{1}));
    EXPECT_TRUE(p.rules[0].needs.empty());
    EXPECT_EQ(p.rules[1].needs.reads, mask(Signal::mg_on_board) | mask(Signal::epidural));
    EXPECT_NE(p.rules[1].reads & mask(Signal::epidural), 0U);
}

TEST(Inhibition, AGraveAlarmIsHeldBackForAShortTimeOnly)
{
    const std::string body = "rules = [\"rr-low\"]\nwhen = \"epidural\"\n" + reason;
    EXPECT_NE(errors(body).find("only with an 'at_most' of no more than 15 min"), std::string::npos);
    EXPECT_NE(errors(body + "at_most = \"16 min\"\n").find("no more than 15 min"), std::string::npos);
    EXPECT_EQ(errors(body + "at_most = \"15 min\"\n"), "");
}

TEST(Inhibition, WhatIsRefused)
{
    EXPECT_NE(errors("rules = [\"fixed\"]\nwhen = \"epidural\"\n" + reason).find("nothing holds it back"), std::string::npos);
    EXPECT_NE(errors("rules = [\"drwsy\"]\nwhen = \"epidural\"\n" + reason).find("did you mean 'drowsy'"), std::string::npos);
    EXPECT_NE(errors("rules = [\"drowsy\"]\nwhen = \"epidural\"\n").find("has no 'reason'"), std::string::npos);
    EXPECT_NE(errors("rules = [\"drowsy\"]\nwhen = \"mg < 2 mmol/L\"\n" + reason).find("a level holds no alarm back"),
              std::string::npos);
    EXPECT_NE(errors("rules = [\"drowsy\"]\nwhen = \"avpu >= voice or epidural\"\n" + reason).find("could never fire"),
              std::string::npos);
    EXPECT_NE(errors("rules = [\"drowsy\"]\nwhen = \"epidural\"\natmost = \"1 min\"\n" + reason).find("did you mean 'at_most'"),
              std::string::npos);
}

TEST(Inhibition, HoldsATechnicalAlarmBackWithoutABound)
{
    const CompiledPack compiled = compile_pack(
        pack + "[[rule]]\nid = \"silent\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\nkind = \"technical\"\npriority = \"high\"\n"
               "grade = 2\nwhen = \"age(rr) > 5 min\"\n[[inhibit]]\nid = \"i\"\nrules = [\"silent\"]\nwhen = \"epidural\"\n" + reason,
        "p.toml");
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    ASSERT_TRUE(compiled.pack);
    EXPECT_EQ(compiled.pack->inhibitions[0].rules, (std::vector<std::uint16_t>{3}));
}

// "it holds whenever the rule does" is a proof, and a proof has a bound: what needs more is taken as it is.
TEST(Inhibition, IsRefusedOnlyWhereThatItHoldsAlwaysIsShort)
{
    const auto alternatives = [](int count, const std::string& one) {
        std::string out = one;
        for (int i = 1; i < count; ++i) out += " or " + one;
        return out;
    };
    const auto told = [&](int count) {
        const std::string text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\n"
                                 "source = \"s\"\npriority = \"low\"\nwhen = \"" + alternatives(count, "epidural") +
                                 "\"\n[[inhibit]]\nid = \"i\"\nrules = [\"r\"]\n" + reason + "when = \"" +
                                 alternatives(count, "digoxin") + " or epidural\"\n";
        const CompiledPack compiled = compile_pack(text, "p.toml");
        return compiled.errors.empty() ? "" : compiled.errors[0].message;
    };
    EXPECT_EQ(told(20), "this holds whenever 'r' does: that rule could never fire");
    EXPECT_EQ(told(200), "");
}

} // namespace
} // namespace magwatch
