// `below` and `above`: whether a value at a named limit counts is the limit's word.
#include <gtest/gtest.h>

#include "rules/evaluation/evaluation.hpp"
#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

CompiledPack pack_with(const std::string& limit, const std::string& when)
{
    return compile_pack("name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\nstop = " + limit +
                            "\n[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\nprompt = \"p\"\nsource = \"s\"\n"
                            "priority = \"medium\"\nwhen = \"" + when + "\"\n",
                        "p.toml");
}

bool holds(const CompiledPack& compiled, double rr)
{
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    PatientState patient;
    Evaluation evaluation{*compiled.pack};
    patient.accept(Signal::rr, rr, Instant{0}, Instant{0}, no_source);
    evaluation.evaluate(*compiled.pack, patient, Instant{0}, ~SignalMask{0}, [](std::size_t, const RuleTruth&) {});
    return evaluation.truth(0).raise == Truth::yes;
}

TEST(NamedLimit, AnExclusiveOneDoesNotCountItself)
{
    const auto low = pack_with(R"({ value = "14 /min", source = "s" })", "rr below stop");
    EXPECT_TRUE(holds(low, 13.9));
    EXPECT_FALSE(holds(low, 14));
    const auto high = pack_with(R"({ value = "14 /min", source = "s" })", "rr above stop");
    EXPECT_FALSE(holds(high, 14));
    EXPECT_TRUE(holds(high, 14.1));
}

TEST(NamedLimit, AnInclusiveOneDoes)
{
    const auto low = pack_with(R"({ value = "14 /min", inclusive = true, source = "s" })", "rr below stop + 1 /min");
    EXPECT_TRUE(holds(low, 15));
    EXPECT_FALSE(holds(low, 15.1));
    const auto high = pack_with(R"({ value = "14 /min", inclusive = true, source = "s" })", "not (rr above stop)");
    EXPECT_TRUE(holds(high, 13.9));
    EXPECT_FALSE(holds(high, 14));
}

TEST(NamedLimit, WithoutANamedLimitBelowSaysNothing)
{
    const auto bad = pack_with(R"("14 /min")", "rr below 12 /min and rr < stop");
    ASSERT_EQ(bad.errors.size(), 1U);
    EXPECT_NE(bad.errors[0].text().find("compares with one named limit"), std::string::npos) << bad.errors[0].text();
}

TEST(NamedLimit, TheWordsAreTaken)
{
    const auto bad = compile_pack("name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\nbelow = \"14 /min\"\n", "p.toml");
    ASSERT_FALSE(bad.errors.empty());
    EXPECT_NE(bad.errors[0].text().find("word of the language"), std::string::npos) << bad.errors[0].text();
}

} // namespace
} // namespace magwatch
