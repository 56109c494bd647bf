// What a page says first, and how an alarm is followed to its call and its page.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/packs.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// Three signs whose words fill a page, all graver than the fourth.
constexpr const char* long_signs = R"(
[[rule]]
id = "long-oxygen"
title = "Oxygen"
message = "Oxygen saturation is far below its limit"
prompt = "Examine."
source = "test"
priority = "high"
grade = 2
when = "spo2 < 94 %"

[[rule]]
id = "long-heart"
title = "Heart"
message = "Heart rate is far below its lower limit"
prompt = "Examine."
source = "test"
priority = "high"
grade = 2
when = "hr < 50 /min"

[[rule]]
id = "long-counted"
title = "Counted"
message = "Breathing counted at the bed is too slow"
prompt = "Examine."
source = "test"
priority = "high"
grade = 2
when = "rr_counted < 12 /min"
)";

Configuration with_long_signs()
{
    Configuration c = Rig::configuration();
    c.pack_text += long_signs;
    return c;
}

// The newest page about the patient, not about her devices.
Page last_page(const Rig& rig)
{
    Page last;
    for (const Page& page : rig.pages()) {
        if (page.kind == AlarmKind::physiological) last = page;
    }
    return last;
}

// The first page of slow breathing names the other cause; without a sedative it names none.
TEST(PageWords, ThePageOfSlowBreathingNamesTheOpioid)
{
    for (const bool sedated : {true, false}) {
        Rig rig;
        rig.use_pack("ggc", effective_pack_text(shipped_pack("ggc")));
        rig.watch();
        if (sedated) rig.chart(SedationEntry{"morphine"});
        rig.chart(ValueEntry{Signal::rr_counted, 12});
        const Page page = last_page(rig);
        ASSERT_EQ(page.priority, Priority::high);
        EXPECT_EQ(page.reason, PageReason::first);
        const std::string text = page_text(page, "02:14");
        EXPECT_EQ(text.find("opioid or sedative given") != std::string::npos, sedated) << text;
        EXPECT_THAT(text, HasSubstr("STOP magnesium"));
        EXPECT_THAT(text, HasSubstr("calcium gluconate"));
    }
}

TEST(PageWords, ANewSignComesFirstHoweverGraveTheOthersAre)
{
    Rig rig;
    ASSERT_TRUE(rig.ward.why_refused(with_long_signs()).empty());
    rig.step(with_long_signs());
    rig.watch();
    rig.observe(Signal::spo2, 90);
    rig.observe(Signal::hr, 40);
    rig.chart(ValueEntry{Signal::rr_counted, 9});
    rig.pass(1s);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const Page page = last_page(rig);
    ASSERT_EQ(page.reason, PageReason::new_sign);
    EXPECT_EQ(page.words.size(), 4U);
    EXPECT_EQ(page.words.front(), "No reflexes");
    const std::string text = page_text(page, "02:14");
    EXPECT_THAT(text, HasSubstr("No reflexes"));
    EXPECT_THAT(text, HasSubstr("STOP magnesium"));
    EXPECT_THAT(text, HasSubstr("calcium gluconate"));
    // Later pages of the call name the gravest first again.
    rig.pass(61s);
    ASSERT_EQ(last_page(rig).reason, PageReason::next_rung);
    EXPECT_NE(last_page(rig).words.front(), "No reflexes");
}

TEST(PageWords, AResentPageKeepsItsNewSignFirst)
{
    Rig rig;
    ASSERT_TRUE(rig.ward.why_refused(with_long_signs()).empty());
    rig.step(with_long_signs());
    rig.watch();
    rig.observe(Signal::spo2, 90);
    rig.observe(Signal::hr, 40);
    rig.chart(ValueEntry{Signal::rr_counted, 9});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const PageKey key = last_page(rig).key;
    Started again;
    again.incarnation = 2;
    rig.step(again);
    bool found = false;
    for (const Page& page : rig.pages()) {
        if (page.key != key || page.attempt != 2) continue;
        found = true;
        EXPECT_EQ(page.words.front(), "No reflexes");
    }
    EXPECT_TRUE(found);
}

TEST(Transition, RaisedNamesTheCallThatItRings)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}); // opens a call
    rig.chart(InfusionRateEntry{1, {}});
    for (int i = 0; i < 40; ++i) rig.stream(Signal::rr, 8, 1); // joins it
    rig.observe(Signal::sbp, 80, 0, 0);                        // medium: joins it, too
    const std::vector<Page> pages = rig.pages();
    ASSERT_FALSE(pages.empty());
    std::map<std::string, int> raised;
    for (const auto& effect : rig.effects) {
        const auto* t = std::get_if<AlarmTransition>(&effect);
        if (t == nullptr || t->event != AlarmEvent::raised || t->kind != AlarmKind::physiological) continue;
        ++raised[t->rule];
        EXPECT_EQ(t->call, pages.front().key.call) << t->rule;
        EXPECT_EQ(t->number, pages.front().number) << t->rule;
    }
    EXPECT_EQ(raised.size(), 3U);
}

TEST(Transition, RaisedComesBeforeThePagesThatItCauses)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    bool raised = false;
    for (const auto& effect : rig.latest) {
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) raised = raised || t->event == AlarmEvent::raised;
        if (std::holds_alternative<SendPage>(effect)) {
            EXPECT_TRUE(raised);
        }
    }
    EXPECT_TRUE(raised);
}

TEST(Transition, AnAlarmThatRingsNobodyHasNoCall)
{
    Rig rig;
    rig.step(ShellStatus{ShellFault::disk_low, true, ""}); // low: told, nobody is called
    const AlarmTransition* raised = nullptr;
    for (const auto& effect : rig.latest) {
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) raised = t;
    }
    ASSERT_NE(raised, nullptr);
    EXPECT_EQ(raised->call, CallId{});
    EXPECT_EQ(raised->number, 0U);
}

} // namespace
} // namespace magwatch::test
