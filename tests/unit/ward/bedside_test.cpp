#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/observation/symptom.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* symptom_pack = R"toml(
name = "symptoms"
title = "Rules over symptoms for tests of the ward"
version = "1"
example = true

[[rule]]
id = "stop"
title = "Grave symptom"
message = "Grave symptom"
source = "test"
priority = "high"
grade = 1
when = "symptom == grave"

[[rule]]
id = "examine"
title = "Examine"
message = "Examine"
source = "test"
priority = "medium"
for = "5 min"
when = "symptom >= examine and not (after(reflex, symptom) and after(rr_counted, symptom))"

[[rule]]
id = "sedated"
title = "Sedated"
message = "Sedated"
source = "test"
priority = "medium"
when = "sedated"

[[rule]]
id = "speech"
title = "Slurred speech"
message = "Slurred speech"
source = "test"
priority = "medium"
when = "symptom(slurred_speech) and not symptom(headache)"

[[rule]]
id = "injected"
title = "Injected"
message = "Injected"
source = "test"
priority = "medium"
when = "im_dose >= 5 g and age(im_dose) < 2 h"

[[rule]]
id = "chloride"
title = "Chloride"
message = "Chloride"
source = "test"
priority = "medium"
when = "salt == chloride_hexahydrate"

[[rule]]
id = "fit"
title = "Fit"
message = "Fit"
source = "test"
priority = "medium"
when = "post_ictal"
)toml";

struct Ward4 : Rig {
    Ward4()
    {
        use_pack("symptoms.toml", symptom_pack);
        watch();
        pass(1min);
    }
    void says(std::vector<std::string> present, Duration ago = {}) { chart(SymptomEntry{std::move(present), {}, false}, ago); }
    // Without the repeated paging that lies between.
    [[nodiscard]] std::vector<std::string> events(const std::string& rule) const
    {
        auto all = Rig::events(rule);
        std::erase(all, "escalated");
        return all;
    }
    [[nodiscard]] BedView bed() const { return view().beds.at(0); }
    [[nodiscard]] std::vector<std::string> complaints() const
    {
        std::vector<std::string> names;
        for (const auto& c : bed().symptoms) names.push_back(c.symptom);
        return names;
    }
};

TEST(Symptoms, StandInTheGroupsOfTheDecidedBehaviour)
{
    const auto group = [](std::string_view text) { return find_symptom(text)->group; };
    for (const char* name : {"breathing trouble", "hives", "swelling", "irregular heartbeat", "severe drowsiness"})
        EXPECT_EQ(group(name), SymptomGroup::grave) << name;
    for (const char* name : {"confusion", "drowsiness", "muscle weakness", "slurred speech", "double vision", "chest pain",
                             "rash", "itch", "faintness", "dizziness", "blurred vision", "pain at the site",
                             "redness at the site"})
        EXPECT_EQ(group(name), SymptomGroup::examine) << name;
    for (const char* name : {"flushing", "warmth", "headache", "nausea"})
        EXPECT_EQ(group(name), SymptomGroup::expected) << name;
    EXPECT_EQ(find_symptom("weakness")->name, "muscle weakness");
    EXPECT_EQ(find_symptom("hunger"), nullptr);
}

TEST(Symptoms, OneByNameUntilItIsGoneOrTheAnswerIsTooOld)
{
    Ward4 ward;
    ward.says({"double vision"});
    EXPECT_THAT(ward.events("speech"), IsEmpty());
    ward.says({"slurred speech"});
    EXPECT_THAT(ward.events("speech"), ElementsAre("raised"));
    ward.says({"headache"});
    EXPECT_THAT(ward.events("speech"), ElementsAre("raised", "cleared"));
    ward.chart(SymptomEntry{{}, {"headache"}, false});
    EXPECT_THAT(ward.events("speech"), ElementsAre("raised", "cleared", "raised"));
    ward.pass(2h + 1s);
    EXPECT_FALSE(ward.bed().signals.empty());
    for (const SignalView& seen : ward.bed().signals) {
        EXPECT_FALSE(seen.signal == Signal::symptoms && seen.value) << "as old as the group";
    }
    ward.chart(SymptomEntry{{}, {}, true});
    EXPECT_THAT(ward.events("speech"), ElementsAre("raised", "cleared", "raised", "cleared"));
}

TEST(Doses, TheLastInjectionIsAsOldAsItWasGiven)
{
    Ward4 ward;
    ward.chart(IntramuscularEntry{5, {}}, 90min);
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised")) << "charted late";
    ward.pass(30min - 1s);
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised"));
    ward.pass(1s);
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised", "cleared"));
    ward.chart(IntramuscularEntry{5, {}}); // the same amount again is a new injection
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised", "cleared", "raised"));
    ward.chart(IntramuscularEntry{2, {}}, 1h); // an earlier one is not the last
    ward.pass(1min);
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised", "cleared", "raised"));
    ward.chart(IntramuscularEntry{4.8, Salt::sulfate_anhydrous});
    ward.pass(2h - 1s);
    EXPECT_THAT(ward.events("injected"), ElementsAre("raised", "cleared", "raised")) << "counted as the heptahydrate";
}

TEST(Doses, TheSaltIsTheOneChartedLast)
{
    Ward4 ward;
    ward.chart(InfusionRateEntry{1, Salt::sulfate_heptahydrate});
    EXPECT_THAT(ward.events("chloride"), IsEmpty());
    ward.chart(BolusEntry{1, 10min, Salt::chloride_hexahydrate});
    EXPECT_THAT(ward.events("chloride"), ElementsAre("raised"));
    ward.chart(IntramuscularEntry{1, Salt::sulfate_anhydrous});
    EXPECT_THAT(ward.events("chloride"), ElementsAre("raised", "cleared"));
}

TEST(Symptoms, AGraveOneRingsAtOnceAndIsKeptByName)
{
    Ward4 ward;
    ward.says({"hives", "flushing"});
    EXPECT_THAT(ward.events("stop"), ElementsAre("raised"));
    EXPECT_THAT(ward.complaints(), ElementsAre("hives", "flushing"));
    EXPECT_EQ(ward.bed().symptoms.at(0).group, "grave");
    EXPECT_EQ(ward.bed().symptoms.at(0).by, "midwife");
}

TEST(Symptoms, OneThatIsNotExaminedWithinFiveMinutesIsTold)
{
    Ward4 ward;
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    ward.chart(ValueEntry{Signal::rr_counted, 16});
    ward.pass(1min);
    ward.says({"slurred speech"});
    ward.pass(4min + 59s);
    EXPECT_THAT(ward.events("examine"), IsEmpty());
    ward.pass(1s);
    EXPECT_THAT(ward.events("examine"), ElementsAre("raised"));
    ward.chart(ValueEntry{Signal::reflex_knee, 2});
    ward.chart(ValueEntry{Signal::rr_counted, 16});
    EXPECT_THAT(ward.events("examine"), ElementsAre("raised", "cleared"));
}

// What one person charts does not take away what another did.
TEST(Symptoms, ALighterOneDoesNotHideAGraverOne)
{
    Ward4 ward;
    ward.says({"irregular heartbeat"});
    ward.pass(1min);
    ward.says({"flushing"});
    EXPECT_THAT(ward.complaints(), ElementsAre("irregular heartbeat", "flushing"));
    EXPECT_THAT(ward.events("stop"), ElementsAre("raised"));
    ward.chart(SymptomEntry{{}, {"irregular heartbeat"}, false});
    EXPECT_THAT(ward.complaints(), ElementsAre("flushing"));
    EXPECT_THAT(ward.events("stop"), ElementsAre("raised", "latched"));
    ward.pass(1min);
    ward.chart(SymptomEntry{{}, {}, true});
    EXPECT_THAT(ward.complaints(), IsEmpty());
    EXPECT_TRUE(ward.bed().no_symptoms_at.has_value());
}

TEST(Symptoms, ALateOneRingsUnlessSheWasAskedSince)
{
    Ward4 ward;
    ward.pass(3h);
    ward.says({"hives"}, 3h - 1min);
    EXPECT_EQ(ward.reply()->text, "kept as history: older than its limit");
    ward.says({"flushing"}, 1min);
    ward.says({"hives"}, 10min);
    EXPECT_THAT(ward.events("stop"), ElementsAre("raised"));

    Ward4 asked;
    asked.pass(1h);
    asked.chart(SymptomEntry{{}, {}, true}, 5min);
    asked.says({"hives"}, 10min);
    EXPECT_EQ(asked.reply()->text, "kept as history: she had none after that");
    EXPECT_THAT(asked.events("stop"), IsEmpty());
}

TEST(Symptoms, UnknownOrContradictoryOnesAreRefused)
{
    Ward4 ward;
    ward.says({"hunger"});
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_THAT(ward.reply()->text, HasSubstr("no symptom of that name"));
    ward.chart(SymptomEntry{{"hives"}, {}, true});
    EXPECT_FALSE(ward.reply()->accepted);
    ward.chart(SymptomEntry{});
    EXPECT_FALSE(ward.reply()->accepted);
    ward.chart(SedationEntry{});
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_THAT(ward.complaints(), IsEmpty());
}

TEST(BedsideEvents, ASedativeHoldsForFourHoursAndAFitForHalfAnHour)
{
    Ward4 ward;
    EXPECT_THAT(ward.events("sedated"), IsEmpty());
    ward.chart(SedationEntry{"morphine"}, 30s);
    ward.chart(FitEntry{});
    EXPECT_THAT(ward.events("sedated"), ElementsAre("raised"));
    ward.pass(30min - 1s);
    EXPECT_THAT(ward.events("fit"), ElementsAre("raised"));
    ward.pass(1s);
    EXPECT_THAT(ward.events("fit"), ElementsAre("raised", "cleared"));
    ward.pass(3h + 29min + 29s);
    EXPECT_THAT(ward.events("sedated"), ElementsAre("raised"));
    ward.pass(1s);
    EXPECT_THAT(ward.events("sedated"), ElementsAre("raised", "cleared"));
    ASSERT_EQ(ward.bed().events.size(), 2U);
    EXPECT_EQ(ward.bed().events.at(0).what, "morphine");
    EXPECT_EQ(ward.bed().events.at(1).kind, "fit");
}

constexpr const char* untestable_checks = R"toml(
name = "untestable"
title = "Checks of a patient whose reflexes cannot be tested"
version = "1"
example = true

[[rule]]
id = "reflex-absent"
title = "Reflex absent"
message = "No reflexes"
prompt = "Examine."
source = "test"
priority = "high"
grade = 1
when = "reflex == 0"

[[check]]
id = "reflex"
title = "Reflexes"
signals = ["reflex_knee", "reflex_arm", "reflex_untestable"]
every = "1 h"
overdue_after = "15 min"
before_dose = "30 min"
needs = "mg_on_board"
source = "test"

[[check]]
id = "level"
title = "Level"
signals = ["mg"]
every = "4 h"
overdue_after = "15 min"
needs = "mg_on_board and known(reflex_untestable) and reflex_untestable"
source = "test"
)toml";

TEST(UntestableReflex, AnswersTheHourlyCheckAndAsksForLevelsUntilAReflexIsCharted)
{
    Rig rig;
    rig.use_pack("untestable.toml", untestable_checks);
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    for (int hour = 0; hour < 4; ++hour) {
        rig.chart(UntestableEntry{"both legs in plaster, arms burnt"});
        EXPECT_TRUE(rig.reply()->accepted);
        rig.pass(1h);
    }
    EXPECT_THAT(rig.events("check.reflex"), IsEmpty());
    ASSERT_FALSE(rig.view().beds[0].events.empty());
    EXPECT_EQ(rig.view().beds[0].events[0].kind, "reflex_untestable");
    EXPECT_EQ(rig.view().beds[0].events[0].what, "both legs in plaster, arms burnt");
    rig.chart(UntestableEntry{"both legs in plaster, arms burnt"});
    rig.pass(15min + 1s);
    EXPECT_THAT(rig.events("check.level"), ElementsAre("raised"));
    rig.chart(LevelEntry{2.0, false});
    EXPECT_THAT(rig.events("check.level"), ElementsAre("raised", "cleared"));
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    for (int hour = 0; hour < 5; ++hour) {
        rig.pass(1h);
        rig.chart(ValueEntry{Signal::reflex_knee, 2});
    }
    EXPECT_THAT(rig.events("check.level"), ElementsAre("raised", "cleared")) << "no level is asked for any more";
}

TEST(UntestableReflex, IsNoAnswerBeforeADoseAndNoReflex)
{
    Rig rig;
    rig.use_pack("untestable.toml", untestable_checks);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, 40min);
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised"));
    rig.chart(UntestableEntry{"she is moved"});
    EXPECT_THAT(rig.events("reflex-absent"), ElementsAre("raised")) << "what was seen is not taken back";
    rig.chart(IntramuscularEntry{5, {}});
    EXPECT_THAT(rig.reply()->text, HasSubstr("not checked before this dose: Reflexes"));
    rig.chart(UntestableEntry{""});
    EXPECT_FALSE(rig.reply()->accepted);
    rig.chart(UntestableEntry{std::string(201, 'x')});
    EXPECT_FALSE(rig.reply()->accepted);
}

TEST(Scores, AreContextOnlyAndAGoodOneHoldsNothingBack)
{
    Ward4 ward;
    ward.observe(Signal::rr, 16);
    ward.observe(Signal::spo2, 98);
    ward.observe(Signal::hr, 80);
    ward.chart(ValueEntry{Signal::avpu, 0});
    ASSERT_TRUE(ward.bed().scores);
    EXPECT_EQ(ward.bed().scores->news2.total, 0);
    EXPECT_FALSE(ward.bed().scores->meows.triggered);
    ward.says({"hives"});
    EXPECT_THAT(ward.events("stop"), ElementsAre("raised"));
    EXPECT_EQ(ward.bed().scores->news2.total, 0);
    ward.says({"confusion"});
    EXPECT_EQ(ward.bed().scores->news2.total, 3);
    EXPECT_EQ(ward.bed().scores->meows.yellow, 1);
}

TEST(BedsideEvents, SurviveASnapshotAndARestart)
{
    Ward4 ward;
    ward.says({"slurred speech"});
    ward.chart(SedationEntry{"diazepam"});
    const Bytes saved = ward.ward.save();
    auto loaded = Ward::load(as_text(saved));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->save(), saved);
    ward.ward = std::move(*loaded);
    ward.pass(5min);
    EXPECT_THAT(ward.events("examine"), ElementsAre("raised"));
    ward.pass(4h);
    EXPECT_THAT(ward.events("sedated"), ElementsAre("raised", "cleared"));
}

TEST(Symptoms, ALateNoneTakesAwayNothingThatCameAfterIt)
{
    Rig rig;
    rig.watch();
    rig.chart(SymptomEntry{{}, {}, true}, 20min);
    rig.chart(SymptomEntry{{"nausea"}, {}, false}, 5min);
    ASSERT_EQ(rig.view().beds[0].symptoms.size(), 1U) << "said after she had none";
    rig.chart(SymptomEntry{{}, {}, true}, 10min);
    EXPECT_EQ(rig.view().beds[0].symptoms.size(), 1U);
    rig.chart(SymptomEntry{{"nausea"}, {}, false}, 8min);
    ASSERT_EQ(rig.view().beds[0].symptoms.size(), 1U);
    EXPECT_EQ(rig.view().beds[0].symptoms[0].at, rig.now().wall - 5min) << "the newer word for the same stays";
}

TEST(BedsideEvents, TheNewestThirtyTwoAreKept)
{
    Rig rig;
    rig.watch();
    for (int i = 0; i < 40; ++i) {
        rig.chart(SedationEntry{"morphine " + std::to_string(i)});
        rig.pass(1min);
    }
    const auto events = rig.view().beds[0].events;
    ASSERT_EQ(events.size(), 32U);
    EXPECT_EQ(events.front().what, "morphine 8");
    EXPECT_EQ(events.back().what, "morphine 39");
}

TEST(UntestableReflex, ChartedLateIsHistoryOnceAReflexWasTestedAndOneOfBeforeTakesNothingBack)
{
    Rig rig;
    rig.watch();
    rig.pass(1h);
    rig.chart(ValueEntry{Signal::reflex_knee, 2}, 5min);
    rig.chart(UntestableEntry{"both legs in plaster"}, 10min);
    EXPECT_EQ(rig.reply()->text, "kept as history: a reflex was tested after that");
    rig.chart(UntestableEntry{"paralysed for the ventilator"});
    ASSERT_EQ(rig.reply()->text, "recorded");
    rig.chart(ValueEntry{Signal::reflex_arm, 2}, 3min);
    const WardView view = rig.view();
    for (const SignalView& one : view.beds[0].signals)
        if (one.signal == Signal::reflex_untestable) {
            EXPECT_EQ(one.value, 1) << "an arm of before is no test of now";
        }
}

} // namespace
} // namespace magwatch::test
