// Checks that staff chart: which entry answers which, and what a dose asks for before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The small pack with one more check, of this signal.
std::string with_check(const std::string& id, const std::string& lines)
{
    return std::string{small_pack} + "\n[[check]]\nid = \"" + id + "\"\ntitle = \"The " + id + " check\"\n" +
           "overdue_after = \"15 min\"\nsource = \"test\"\n" + lines + "\n";
}

Duration due(const Rig& rig, const std::string& id)
{
    const WardView view = rig.view();
    for (const CheckView& check : view.beds[0].checks)
        if (check.id == id) return check.due - rig.now().wall;
    return Duration{-1};
}

std::vector<std::string> events(const Rig& rig, const std::string& rule)
{
    auto all = rig.events(rule);
    std::erase(all, "escalated");
    return all;
}

TEST(Check, WhatTakesItsTimeIsNotMadeDenserByAPlan)
{
    Rig rig;
    rig.use_pack("p.toml", with_check("urine", "signals = [\"urine\"]\nevery = \"2 h\""));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    SessionEntry plan;
    plan.indication = Indication::wellness;
    rig.chart(plan);
    EXPECT_EQ(due(rig, "reflex"), 15min);
    EXPECT_EQ(due(rig, "urine"), 2h);
}

TEST(Check, TheReadingOfACuffAnswersTheOneForThePressure)
{
    Rig rig;
    rig.use_pack("p.toml", with_check("pressure", "signals = [\"sbp\"]\nevery = \"1 h\""));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(80min);
    ASSERT_THAT(events(rig, "check.pressure"), ElementsAre("raised"));
    rig.observe(Signal::sbp, 150);
    EXPECT_THAT(events(rig, "check.pressure"), ElementsAre("raised", "cleared"));
    EXPECT_EQ(due(rig, "pressure"), 1h);
}

TEST(Check, OneExaminationAnswersTwoThatAskForTheSame)
{
    Rig rig;
    rig.use_pack("p.toml", with_check("knee", "signals = [\"reflex_knee\"]\nevery = \"1 h\""));
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(80min);
    ASSERT_THAT(events(rig, "check.reflex"), ElementsAre("raised"));
    ASSERT_THAT(events(rig, "check.knee"), ElementsAre("raised"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(events(rig, "check.reflex"), ElementsAre("raised", "cleared"));
    EXPECT_THAT(events(rig, "check.knee"), ElementsAre("raised", "cleared"));
}

TEST(Check, ADeviceThatHasNothingToSayOfItsSignalAnswersNothing)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(80min);
    Observation nothing;
    nothing.bed = BedId{0};
    nothing.source = SourceId{0};
    nothing.signal = Signal::reflex_knee;
    nothing.validity = Validity::not_available;
    rig.step(nothing);
    EXPECT_THAT(events(rig, "check.reflex"), ElementsAre("raised"));
}

TEST(Check, OfMagnesiumThatNobodyHasIsNotDueWhenItsAnswerIsStruck)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionStopEntry{});
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    ASSERT_EQ(due(rig, "reflex"), Duration{-1}) << "she has no magnesium";
    rig.strike_newest();
    EXPECT_EQ(due(rig, "reflex"), Duration{-1});
    rig.pass(2h);
    EXPECT_THAT(events(rig, "check.reflex"), IsEmpty());
}

TEST(BeforeADose, TheSumOfUrineIsAskedForOnceItCanBeKnown)
{
    Rig rig;
    rig.use_pack("p.toml", with_check("urine", "signals = [\"urine\"]\nevery = \"4 h\"\nbefore_dose = \"4 h\"") + R"(
[[rule]]
id = "urine-low"
title = "Urine low"
message = "Low urine"
prompt = "Examine."
source = "test"
priority = "medium"
when = "sum(urine, 4h) < 100 mL"
)");
    rig.watch();
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(2h);
    rig.chart(UrineEntry{80, {}});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.reply()->text, Not(HasSubstr("urine"))) << "no four hours have passed since the first dose";
    rig.pass(3h);
    rig.chart(UrineEntry{80, rig.now().wall - 1h});
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.reply()->text, HasSubstr("not checked before this dose: The urine check"))
        << "two hours of the four are not known";
}

TEST(BeforeADose, ASumOfCountsIsKnownWithTheFirstOfThem)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.pack_text = with_check("breaths", "signals = [\"rr_counted\"]\nevery = \"1 h\"\nbefore_dose = \"1 h\"") + R"(
[[rule]]
id = "breaths"
title = "Many breaths"
message = "Many breaths"
prompt = "Examine."
source = "test"
priority = "medium"
when = "sum(rr_counted, 30 min) > 100 /min"
)";
    ASSERT_THAT(rig.ward.why_refused(c), IsEmpty());
    rig.step(c);
    rig.watch();
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(2h);
    rig.chart(ValueEntry{Signal::rr_counted, 14});
    rig.chart(IntramuscularEntry{1, {}});
    EXPECT_THAT(rig.reply()->text, Not(HasSubstr("breaths")));
}

TEST(BeforeADose, ASignThatTwoChecksLookAtIsNamedOnce)
{
    Rig rig;
    const std::string knee = "signals = [\"reflex_knee\"]\nevery = \"1 h\"\nbefore_dose = \"1 h\"";
    const std::string arm = "signals = [\"reflex_arm\"]\nevery = \"1 h\"\nbefore_dose = \"1 h\"";
    std::string text = with_check("knee", knee);
    text += with_check("arm", arm).substr(std::string{small_pack}.size());
    rig.use_pack("p.toml", text);
    rig.watch();
    rig.chart(IntramuscularEntry{5, {}});
    rig.pass(2h);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.chart(IntramuscularEntry{5, {}});
    const std::string said = rig.reply()->text;
    EXPECT_THAT(said, HasSubstr("to be withheld: Reflex absent"));
    EXPECT_EQ(said.find("Reflex absent"), said.rfind("Reflex absent"));
}

} // namespace
} // namespace magwatch::test
