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

} // namespace
} // namespace magwatch
