#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/language/pack.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Planned : Rig {
    explicit Planned(bool screened = true)
    {
        if (screened) {
            watch();
        } else {
            WatchStart start;
            start.bed = BedId{0};
            start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
            act(start);
        }
        pass(1s);
    }
    void plan(Indication indication, Setting setting, SessionEntry more = {})
    {
        more.indication = indication;
        more.setting = setting;
        chart(more);
    }
    void answer(const std::string& question, ScreeningReply reply = ScreeningReply::yes)
    {
        chart(ScreeningEntry{{{question, reply}}, {}});
    }
    // Without the repeated paging that lies between.
    [[nodiscard]] std::vector<std::string> events(const std::string& rule) const
    {
        auto all = Rig::events(rule);
        std::erase(all, "escalated");
        return all;
    }
    [[nodiscard]] Priority priority(const std::string& rule) const
    {
        for (const auto& e : view().episodes) {
            if (e.rule == rule) return e.priority;
        }
        ADD_FAILURE() << rule << " is not open";
        return Priority::low;
    }
    [[nodiscard]] BedView bed() const { return view().beds.at(0); }
};

TEST(SessionTable, EveryIndicationHasARowAndEveryNumberASource)
{
    const SessionTable& table = builtin_sessions();
    ASSERT_EQ(table.indications.size(), 7U);
    for (const auto& row : table.indications) {
        EXPECT_FALSE(row.settings.empty()) << row.title;
        EXPECT_TRUE(row.after_watch) << row.title;
        for (const auto& [cell, source] : row.sources) {
            EXPECT_FALSE(source.empty()) << row.title << " " << cell;
            EXPECT_THAT(source, testing::Not(HasSubstr("[R]"))) << row.title << " " << cell;
        }
    }
    for (const auto& question : table.questions) EXPECT_LE(question.message.size(), 40U) << question.id;
    const IndicationRow& asthma = table.row(Indication::asthma);
    EXPECT_EQ(asthma.bolus_max, 2);
    EXPECT_EQ(asthma.bolus_min_duration, 15min);
    EXPECT_FALSE(asthma.fits(Setting::clinic));
    EXPECT_TRUE(asthma.fits(Setting::ed));
    EXPECT_EQ(table.row(Indication::hypomagnesaemia).day_cap, 28);
    EXPECT_NEAR(*table.row(Indication::wellness).bolus_rate_max, 9, 1e-9);
}

TEST(SessionTable, APackReplacesSingleCells)
{
    const std::string text = std::string{small_pack} + R"(
[[indication]]
id = "wellness"
rate_warn = { value = "500 mg/h", source = "this clinic" }

[[question]]
id = "fish"
ask = "Does she keep fish?"
concern = "warn"
priority = "low"
title = "Fish"
message = "Fish"
prompt = "Feed them."
source = "test"
)";
    EXPECT_FALSE(compile_pack(text, "p.toml").pack) << "mg/h is no unit of ours";
    std::string good = text;
    good.replace(good.find("500 mg/h"), 8, "0.5 g/h");
    const auto compiled = compile_pack(good, "p.toml");
    ASSERT_TRUE(compiled.pack);
    const IndicationRow& row = compiled.pack->sessions.row(Indication::wellness);
    EXPECT_EQ(row.rate_warn, 0.5);
    EXPECT_EQ(row.rate_alarm, 2) << "what it does not state stays";
    EXPECT_NE(compiled.pack->sessions.question("fish"), nullptr);
    for (const char* bad : {"[[indication]]\nid = \"tocolysis\"\n", "[[indication]]\nid = \"asthma\"\nbolus_max = \"2 g\"\n",
                            "[[indication]]\nid = \"asthma\"\nsettings = [\"beach\"]\n",
                            "[[question]]\nid = \"myasthenia\"\nmessage = \"give 4 g\"\n",
                            "[[indication]]\nid = \"wellness\"\nrate_alarm = { value = \"0.5 g/h\", source = \"x\" }\n"}) {
        EXPECT_FALSE(compile_pack(std::string{small_pack} + bad, "p.toml").pack) << bad;
    }
}

TEST(SessionTable, APackLeavesACapToItsOwnRules)
{
    const auto with = [](const std::string& cells) {
        return compile_pack(std::string{small_pack} + "[[indication]]\nid = \"pre_eclampsia\"\n" + cells, "p.toml");
    };
    const auto empty = with("unset = [\"hour_cap\", \"rate_warn\"]\n");
    ASSERT_TRUE(empty.pack);
    const IndicationRow& row = empty.pack->sessions.row(Indication::pre_eclampsia);
    EXPECT_FALSE(row.hour_cap);
    EXPECT_FALSE(row.rate_warn);
    EXPECT_EQ(row.day_cap, 40);
    EXPECT_TRUE(std::none_of(row.sources.begin(), row.sources.end(), [](const auto& one) { return one.first == "hour_cap"; }));
    for (const char* bad : {"unset = [\"session_cap\"]\n", "unset = [\"after_watch\"]\n", "unset = [\"hours\"]\n",
                            "unset = [\"hour_cap\", \"hour_cap\"]\n", "unset = true\n"}) {
        EXPECT_FALSE(with(bad).pack) << bad;
    }
}

TEST(Screening, MagnesiumWithoutItIsTold)
{
    Planned ward{false};
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(9min + 58s);
    EXPECT_THAT(ward.events("screening.missing"), IsEmpty());
    ward.pass(1s);
    EXPECT_THAT(ward.events("screening.missing"), ElementsAre("raised"));
    ward.answer("myasthenia", ScreeningReply::unknown);
    EXPECT_THAT(ward.reply()->text, HasSubstr("not answered yet"));
    ward.chart(ScreeningEntry{{}, ScreeningReply::no});
    EXPECT_THAT(ward.events("screening.missing"), ElementsAre("raised", "cleared"));
    EXPECT_TRUE(ward.bed().screened);
    EXPECT_EQ(ward.bed().screening.at(0).answer, "unknown") << "what was answered before stays";

    Planned no_magnesium{false};
    no_magnesium.pass(1h);
    EXPECT_THAT(no_magnesium.events("screening.missing"), IsEmpty());
    no_magnesium.chart(BolusEntry{4, 20min, {}});
    EXPECT_THAT(no_magnesium.events("screening.missing"), ElementsAre("raised")) << "at once, an hour after the start";
}

TEST(Screening, AContraindicationIsMediumBeforeAndHighWhileMagnesiumRuns)
{
    Planned ward;
    ward.answer("myasthenia");
    EXPECT_EQ(ward.priority("screening.myasthenia"), Priority::medium);
    ward.chart(InfusionRateEntry{1, {}});
    EXPECT_TRUE(ward.reply()->accepted) << "it never blocks the recording of an infusion";
    EXPECT_EQ(ward.priority("screening.myasthenia.running"), Priority::high);
    ward.chart(DecisionEntry{"myasthenia", "consultant: eclampsia"});
    EXPECT_THAT(ward.events("screening.myasthenia.running"), ElementsAre("raised", "latched"));
    EXPECT_EQ(ward.bed().decisions.at(0).reason, "consultant: eclampsia");
}

TEST(Screening, AnswersAreFactsForTheRules)
{
    Planned ward;
    const auto fact = [&](Signal signal) {
        for (const auto& s : ward.bed().signals) {
            if (s.signal == signal) return s.value.value_or(-1);
        }
        return -1.0;
    };
    EXPECT_EQ(fact(Signal::heart_block), 0) << "all of its questions were answered no";
    ward.answer("myocardial_damage");
    EXPECT_EQ(fact(Signal::heart_block), 1);
    EXPECT_EQ(ward.priority("screening.myocardial_damage"), Priority::medium);
    ward.chart(ValueEntry{Signal::renal_impairment, 1});
    EXPECT_EQ(ward.priority("screening.kidney_disease"), Priority::medium) << "the milder question of that fact";
    ward.answer("digoxin");
    EXPECT_EQ(ward.priority("screening.digoxin"), Priority::low);
    ward.answer("breastfeeding");
    EXPECT_THAT(ward.events("screening.breastfeeding"), IsEmpty());
}

TEST(Screening, UnknownQuestionsAndEmptyReasonsAreRefused)
{
    Planned ward;
    ward.answer("myastenia");
    EXPECT_FALSE(ward.reply()->accepted);
    EXPECT_THAT(ward.reply()->text, HasSubstr("did you mean 'myasthenia'"));
    ward.chart(DecisionEntry{"myasthenia", ""});
    EXPECT_FALSE(ward.reply()->accepted);
    ward.chart(DecisionEntry{"weather", "rain"});
    EXPECT_FALSE(ward.reply()->accepted);
    ward.chart(ScreeningEntry{});
    EXPECT_FALSE(ward.reply()->accepted);
}

TEST(Session, ASettingThatDoesNotFitIsTold)
{
    Planned ward;
    ward.plan(Indication::asthma, Setting::clinic);
    EXPECT_EQ(ward.priority("session.setting"), Priority::medium);
    EXPECT_THAT(ward.reply()->text, HasSubstr("does not fit"));
    ward.chart(DecisionEntry{"setting", "ambulance is coming"});
    EXPECT_THAT(ward.events("session.setting"), ElementsAre("raised", "cleared"));
    ward.plan(Indication::pre_eclampsia, Setting::ward);
    EXPECT_EQ(ward.priority("session.setting"), Priority::medium) << "another plan is another decision";
    ward.plan(Indication::pre_eclampsia, Setting::labour_ward);
    EXPECT_EQ(ward.events("session.setting").back(), "cleared");
}

TEST(Session, APumpAboveTheCapOfTheIndicationIsToldWithinSeconds)
{
    Planned ward;
    ward.plan(Indication::wellness, Setting::clinic);
    ward.stream(Signal::pump_rate, 1, 20, 1);
    EXPECT_THAT(ward.events("session.rate-warn"), IsEmpty()) << "1 g/h is not above 1 g/h";
    ward.stream(Signal::pump_rate, 2, 5, 1);
    EXPECT_THAT(ward.events("session.rate-warn"), ElementsAre("raised"));
    ward.stream(Signal::pump_rate, 2.1, 5, 1);
    EXPECT_THAT(ward.events("session.rate-alarm"), ElementsAre("raised"));
    EXPECT_THAT(ward.events("rate-high"), IsEmpty()) << "the pack's own limit is higher";
    EXPECT_EQ(ward.priority("session.rate-alarm"), Priority::high);
}

TEST(Session, ABolusAboveItsCapsIsToldAtOnce)
{
    Planned ward;
    ward.plan(Indication::asthma, Setting::ed);
    ward.chart(BolusEntry{2, 15min, {}});
    EXPECT_THAT(ward.events("session.bolus-dose"), IsEmpty());
    EXPECT_THAT(ward.events("session.bolus-fast"), IsEmpty());
    ward.chart(BolusEntry{2.1, 14min, {}});
    EXPECT_THAT(ward.events("session.bolus-dose"), ElementsAre("raised"));
    EXPECT_THAT(ward.events("session.bolus-fast"), ElementsAre("raised"));
    ward.pass(13min);
    EXPECT_THAT(ward.events("session.cap"), IsEmpty());
    ward.pass(1min);
    EXPECT_THAT(ward.events("session.cap"), ElementsAre("raised")) << "more than 2 g in all";
}

// A declared bolus holds back every rule over the rate.
TEST(Session, APumpFasterThanTheDeclaredBolusIsToldUnderEveryPlan)
{
    Planned ward;
    ward.chart(BolusEntry{4, 20min, {}});
    ward.stream(Signal::pump_rate, 13, 10, 1);
    EXPECT_THAT(ward.events("session.bolus-pump"), IsEmpty());
    ward.stream(Signal::pump_rate, 30, 6, 1);
    EXPECT_THAT(ward.events("session.bolus-pump"), ElementsAre("raised"));
    EXPECT_THAT(ward.events("rate-high"), IsEmpty());
}

TEST(Session, DoseCapsCountAllRoutesAndTheKidneysLowerThem)
{
    Planned ward;
    ward.plan(Indication::pre_eclampsia, Setting::labour_ward);
    ward.chart(IntramuscularEntry{8, {}});
    EXPECT_THAT(ward.events("session.hour-cap"), IsEmpty());
    ward.chart(IntramuscularEntry{0.1, {}});
    EXPECT_THAT(ward.events("session.hour-cap"), ElementsAre("raised"));
    ward.chart(IntramuscularEntry{12, {}});
    EXPECT_THAT(ward.events("session.renal-cap"), IsEmpty());
    ward.answer("kidney_disease");
    EXPECT_THAT(ward.events("session.renal-cap"), ElementsAre("raised"));
    EXPECT_THAT(ward.events("session.day-cap"), IsEmpty());
    ward.chart(IntramuscularEntry{20, {}});
    EXPECT_THAT(ward.events("session.day-cap"), ElementsAre("raised"));
}

// 20 g in 48 h are reached at 25 h; over 24 h it is never more than 19.2 g.
TEST(Session, TheCapOfFailingKidneysIsOver48Hours)
{
    for (const bool planned : {true, false}) {
        Planned ward;
        if (planned) ward.plan(Indication::pre_eclampsia, Setting::labour_ward);
        ward.answer("kidney_disease");
        ward.chart(InfusionRateEntry{0.8, {}});
        ward.pass(25h - 1min);
        EXPECT_THAT(ward.events("session.renal-cap"), IsEmpty());
        ward.pass(2min);
        EXPECT_THAT(ward.events("session.renal-cap"), ElementsAre("raised"));
        EXPECT_THAT(ward.events("session.day-cap"), IsEmpty());
    }
    // 0.4 g/h are 19.2 g in any 48 h: also after four days nothing is added up that lies before them.
    Planned slow;
    slow.answer("kidney_disease");
    slow.chart(InfusionRateEntry{0.4, {}});
    slow.pass(96h);
    EXPECT_THAT(slow.events("session.renal-cap"), IsEmpty());
}

TEST(Session, RunningPastItsEndOrItsPlanIsTold)
{
    Planned ward;
    SessionEntry more;
    more.grams = 1;
    more.grams_per_hour = 1;
    more.expected_end = ward.now().wall + Duration{1h};
    ward.plan(Indication::wellness, Setting::clinic, more);
    ward.chart(InfusionRateEntry{1, {}});
    ward.pass(1h - 1s);
    EXPECT_THAT(ward.events("session.overrun"), IsEmpty());
    ward.pass(1s);
    EXPECT_THAT(ward.events("session.overrun"), ElementsAre("raised"));
    ward.pass(7min);
    EXPECT_THAT(ward.events("session.dose-plan"), ElementsAre("raised")) << "a tenth more than planned";
    ward.chart(InfusionStopEntry{});
    EXPECT_THAT(ward.events("session.overrun"), ElementsAre("raised", "cleared"));
    ward.chart(InfusionRateEntry{1.2, {}});
    ward.pass(5s);
    EXPECT_THAT(ward.events("session.rate-plan"), ElementsAre("raised"));
}

TEST(Session, AnotherSaltPotassiumOrAPlanAboveTheCapIsTold)
{
    Planned ward;
    SessionEntry more;
    more.salt = Salt::chloride_hexahydrate;
    more.grams_per_hour = 2; // of chloride: 2.4 g/h of sulfate
    more.components = {"Vitamin C", "Potassium chloride"};
    ward.plan(Indication::wellness, Setting::clinic, more);
    EXPECT_EQ(ward.priority("bag.potassium"), Priority::medium);
    EXPECT_EQ(ward.priority("session.plan"), Priority::medium);
    ward.chart(InfusionRateEntry{0.5, Salt::sulfate_heptahydrate});
    EXPECT_THAT(ward.events("session.salt"), ElementsAre("raised"));
    ward.chart(InfusionRateEntry{0.5, Salt::chloride_hexahydrate});
    EXPECT_THAT(ward.events("session.salt"), ElementsAre("raised", "cleared"));
    ward.chart(DecisionEntry{"bag.potassium", "prescribed"});
    EXPECT_THAT(ward.events("bag.potassium"), ElementsAre("raised", "cleared"));
    EXPECT_EQ(ward.bed().session->indication, "wellness");
    EXPECT_THAT(ward.bed().session->components, Contains("Vitamin C"));
}

TEST(Session, ItsChecksAreNeverFurtherApart)
{
    Planned ward;
    ward.plan(Indication::wellness, Setting::clinic);
    ward.chart(InfusionRateEntry{1, {}});
    ASSERT_EQ(ward.bed().checks.size(), 1U);
    EXPECT_EQ((ward.bed().checks.at(0).due - ward.now().wall), Duration{15min});
}

TEST(Session, SurvivesASnapshotAndARestart)
{
    Planned ward;
    SessionEntry more;
    more.expected_end = ward.now().wall + Duration{1h};
    ward.plan(Indication::wellness, Setting::home, more);
    ward.answer("digoxin");
    ward.chart(InfusionRateEntry{1, {}});
    const Bytes saved = ward.ward.save();
    auto loaded = Ward::load(as_text(saved));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->save(), saved);
    ward.ward = std::move(*loaded);
    ward.pass(1h);
    EXPECT_THAT(ward.events("session.overrun"), ElementsAre("raised"));
}

TEST(Levels, ADrawNearABolusOrFromTheInfusionArmIsFlagged)
{
    Planned ward;
    ward.chart(BolusEntry{4, 20min, {}});
    ward.pass(49min + 59s);
    ward.chart(ValueEntry{Signal::mg, 2.0});
    EXPECT_THAT(ward.reply()->text, HasSubstr("near a bolus"));
    ward.pass(1s);
    ward.chart(ValueEntry{Signal::mg, 2.0});
    EXPECT_EQ(ward.reply()->text, "recorded");
    ward.pass(1h);
    ward.chart(LevelEntry{3.6, true});
    EXPECT_THAT(ward.reply()->text, HasSubstr("infusion arm"));
    const auto levels = ward.bed().levels;
    ASSERT_EQ(levels.size(), 3U);
    EXPECT_TRUE(levels[0].near_bolus);
    EXPECT_FALSE(levels[1].near_bolus);
    EXPECT_TRUE(levels[2].from_infusion_arm.value_or(false));
    EXPECT_TRUE(levels[2].spike) << "1.8 times the one before, and above 3.5 mmol/L";
    for (const auto& s : ward.bed().signals) {
        if (s.signal != Signal::level_doubt) continue;
        EXPECT_EQ(s.value, 2);
    }
}

// Caps that a site leaves to the rules of its pack.
std::string without(const std::string& indication, const std::string& cells)
{
    return std::string{small_pack} + "[[indication]]\nid = \"" + indication + "\"\nunset = [" + cells + "]\n";
}

TEST(Session, ACapThatThePackLeavesOutIsToldByNothing)
{
    Planned ward;
    ward.use_pack("p.toml", without("wellness", "\"bolus_max\", \"bolus_min_duration\", \"rate_alarm\", \"rate_warn\""));
    ward.plan(Indication::wellness, Setting::clinic);
    ward.chart(BolusEntry{2, 60min, {}});
    EXPECT_THAT(ward.events("session.bolus-dose"), IsEmpty());
    EXPECT_THAT(ward.events("session.bolus-fast"), IsEmpty());
    ward.chart(BolusEntry{1, 5min, {}});
    EXPECT_THAT(ward.events("session.bolus-fast"), ElementsAre("raised")) << "faster than 150 mg/min";
    ward.pass(2h);
    ward.chart(InfusionRateEntry{2.9, {}});
    ward.pass(1min);
    EXPECT_THAT(ward.events("session.rate-alarm"), IsEmpty());
    EXPECT_THAT(ward.events("session.rate-warn"), IsEmpty());
    SessionEntry fast;
    fast.grams_per_hour = 100;
    fast.grams = 1;
    ward.plan(Indication::wellness, Setting::clinic, fast);
    EXPECT_THAT(ward.events("session.plan"), IsEmpty());
}

TEST(Session, APlanAboveTheUsualRateIsToldWhereThereIsNoHighestOne)
{
    Planned ward;
    ward.use_pack("p.toml", without("wellness", "\"rate_alarm\""));
    SessionEntry more;
    more.grams_per_hour = 1.5;
    ward.plan(Indication::wellness, Setting::clinic, more);
    EXPECT_THAT(ward.events("session.plan"), ElementsAre("raised"));
    ward.chart(InfusionRateEntry{1.5, {}});
    ward.pass(10s);
    EXPECT_THAT(ward.events("session.rate-warn"), ElementsAre("raised"));
}

TEST(Session, ADoseAboveTheCapIsToldUntilItIsDecided)
{
    Planned ward;
    SessionEntry more;
    more.grams = 6;
    ward.plan(Indication::wellness, Setting::clinic, more);
    EXPECT_THAT(ward.reply()->text, HasSubstr("above the cap"));
    EXPECT_THAT(ward.events("session.plan"), ElementsAre("raised"));
    ward.chart(DecisionEntry{"plan", "as the doctor wants"});
    EXPECT_THAT(ward.events("session.plan"), ElementsAre("raised", "cleared"));
}

TEST(Session, AnotherSaltIsToldWhileItRunsAndUntilItIsDecided)
{
    Planned ward;
    SessionEntry chloride;
    chloride.salt = Salt::chloride_hexahydrate;
    ward.plan(Indication::hypomagnesaemia, Setting::ward, chloride);
    ward.chart(InfusionRateEntry{0, {}});
    EXPECT_THAT(ward.events("session.salt"), IsEmpty()) << "nothing runs";
    ward.chart(InfusionRateEntry{1, {}});
    EXPECT_THAT(ward.events("session.salt"), ElementsAre("raised"));
    ward.chart(DecisionEntry{"salt", "the pharmacy has no other"});
    EXPECT_THAT(ward.events("session.salt"), ElementsAre("raised", "cleared"));
}

TEST(Session, AnInfusionThatRunsLongerThanUsualIsTold)
{
    Planned ward;
    ward.plan(Indication::wellness, Setting::clinic);
    ward.chart(InfusionRateEntry{0.5, {}});
    ward.pass(4h - 1s);
    EXPECT_THAT(ward.events("session.long"), IsEmpty());
    ward.pass(1s);
    EXPECT_THAT(ward.events("session.long"), ElementsAre("raised"));
}

TEST(Session, FailingKidneysHaveNoCapWhereThePlanHasNone)
{
    Planned ward;
    ward.chart(ValueEntry{Signal::renal_impairment, 1});
    ward.plan(Indication::asthma, Setting::ed);
    ward.chart(IntramuscularEntry{30, {}});
    EXPECT_THAT(ward.events("session.renal-cap"), IsEmpty());
    EXPECT_THAT(ward.events("session.cap"), ElementsAre("raised")) << "its own cap holds";
}

TEST(Session, ADecisionAboutThePlaceHoldsForTheNextPlanOfTheSamePlace)
{
    Planned ward;
    ward.plan(Indication::asthma, Setting::clinic);
    ward.chart(DecisionEntry{"setting", "ambulance is coming"});
    ward.plan(Indication::asthma, Setting::clinic);
    EXPECT_THAT(ward.events("session.setting"), ElementsAre("raised", "cleared"));
}

// Its doses are those of the plan that it was made under, whatever else is struck later.
TEST(Session, KeepsItsCountOfDosesWhenAnotherEntryIsStruck)
{
    Planned ward;
    ward.chart(IntramuscularEntry{3, {}});
    ward.plan(Indication::wellness, Setting::clinic);
    ward.plan(Indication::hypomagnesaemia, Setting::ward);
    ward.plan(Indication::wellness, Setting::clinic);
    ward.chart(ValueEntry{Signal::avpu, 0});
    ward.chart(IntramuscularEntry{3, {}});
    EXPECT_THAT(ward.events("session.cap"), IsEmpty()) << "3 g of 4 g since the plan";
    ward.chart(ValueEntry{Signal::hr, 200});
    Entry strike;
    strike.bed = BedId{0};
    strike.person = "charge";
    strike.what = StrikeEntry{};
    strike.corrects = ward.bed().chart->back().id;
    strike.reason = "other bed";
    ward.step(strike);
    EXPECT_THAT(ward.events("session.cap"), IsEmpty());
    ASSERT_TRUE(ward.bed().session);
    ward.chart(IntramuscularEntry{2, {}});
    EXPECT_THAT(ward.events("session.cap"), ElementsAre("raised")) << "5 g";
}

TEST(Screening, AnAnswerToAQuestionThatThePackNoLongerAsksIsKeptAndRingsNoMore)
{
    Planned ward;
    const std::string fish = R"(
[[question]]
id = "fish"
ask = "Does she keep fish?"
concern = "warn"
priority = "medium"
title = "Fish"
message = "Fish"
prompt = "Feed them."
source = "test"
)";
    ward.use_pack("p.toml", small_pack + fish);
    ward.answer("fish");
    EXPECT_THAT(ward.events("screening.fish"), ElementsAre("raised"));
    ward.use_pack("small.toml", small_pack);
    EXPECT_THAT(ward.events("screening.fish"), ElementsAre("raised", "cleared"));
    ward.use_pack("p.toml", small_pack + fish);
    EXPECT_THAT(ward.events("screening.fish"), ElementsAre("raised", "cleared", "raised"));
}

// A no answers every question about the fact, a yes the one of its name, else the mildest.
TEST(Screening, AFactThatIsChartedAnswersItsQuestions)
{
    Planned ward{false};
    const auto answer = [&](const std::string& id) {
        const BedView bed = ward.bed();
        for (const AnswerView& one : bed.screening)
            if (one.question == id) return one.answer;
        return std::string{"NO SUCH QUESTION"};
    };
    ward.chart(ValueEntry{Signal::renal_impairment, 0});
    EXPECT_EQ(answer("severe_kidney_disease"), "no");
    EXPECT_EQ(answer("kidney_disease"), "no");
    ward.chart(ValueEntry{Signal::renal_impairment, 1});
    EXPECT_EQ(answer("severe_kidney_disease"), "no") << "nobody said that it is severe";
    EXPECT_EQ(answer("kidney_disease"), "yes");
    ward.chart(ValueEntry{Signal::heart_block, 1});
    EXPECT_EQ(answer("heart_block"), "yes");
    EXPECT_EQ(answer("myocardial_damage"), "");
    ward.chart(ValueEntry{Signal::digoxin, 1});
    EXPECT_EQ(answer("digoxin"), "yes");
}

TEST(Levels, OneFarAboveTheOneBeforeIsToldAndTheNewestSixtyFourAreKept)
{
    Planned ward;
    ward.chart(ValueEntry{Signal::mg, 1.5});
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::mg, 4.0});
    EXPECT_THAT(ward.reply()->text, HasSubstr("far above the one before"));
    ward.pass(1h);
    ward.chart(ValueEntry{Signal::mg, 4.1});
    EXPECT_EQ(ward.reply()->text, "recorded") << "high, and no leap";
    for (int i = 0; i < 70; ++i) {
        ward.pass(10min);
        ward.chart(ValueEntry{Signal::mg, 2 + i * 0.01});
    }
    ASSERT_EQ(ward.bed().levels.size(), 64U);
    EXPECT_NEAR(ward.bed().levels.back().mmol_per_l, 2.69, 1e-9);
}

TEST(Levels, ADrawIsNearABolusFromItsBeginningToHalfAnHourAfterItAndOfTheNewestThirtyTwoAlone)
{
    Planned ward;
    ward.pass(2h);
    ward.chart(BolusEntry{1, 10min, {}}, 20min);
    ward.chart(LevelEntry{2, false}, 30min);
    EXPECT_EQ(ward.reply()->text, "recorded") << "drawn before the bolus";
    ward.chart(BolusEntry{1, 10min, {}}, 19min);
    ward.chart(LevelEntry{2.1, false}, 15min);
    EXPECT_THAT(ward.reply()->text, HasSubstr("near a bolus")) << "during two of them";
    for (int i = 0; i < 33; ++i) {
        ward.pass(1h);
        ward.chart(BolusEntry{0.1, 10min, {}});
    }
    ward.chart(LevelEntry{2.2, false});
    EXPECT_THAT(ward.reply()->text, HasSubstr("near a bolus"));
}

} // namespace
} // namespace magwatch::test
