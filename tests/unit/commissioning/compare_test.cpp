// What an engineer types beside what magwatch reads, and when so many looks make a record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/commissioning/compare.hpp"

namespace magwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Shown shown(Signal signal, std::string_view typed)
{
    const auto parsed = parse_screen(signal, typed);
    EXPECT_TRUE(std::holds_alternative<Shown>(parsed)) << typed;
    return std::holds_alternative<Shown>(parsed) ? std::get<Shown>(parsed) : Shown{};
}

TEST(Screen, IsANumberInItsUnitAWordOrNoReading)
{
    EXPECT_EQ(shown(Signal::spo2, "97").value, 97);
    EXPECT_EQ(shown(Signal::spo2, "97").step, 1);
    EXPECT_EQ(shown(Signal::spo2, " 97 % ").value, 97);
    EXPECT_NEAR(shown(Signal::temp, "36.9 Cel").step, 0.1, 1e-9);
    EXPECT_NEAR(*shown(Signal::temp, "98.6 [degF]").value, 37, 1e-9);
    EXPECT_NEAR(*shown(Signal::sbp, "16 kPa").value, 120.01, 0.01);
    EXPECT_NEAR(shown(Signal::sbp, "16.0 kPa").step, 0.75, 0.01) << "a tenth of a kPa";
    for (const char* none : {"none", "NONE", "-", "---", "-?-", "??"}) EXPECT_FALSE(shown(Signal::hr, none).value) << none;
    EXPECT_EQ(shown(Signal::avpu, "pain").value, 2);
    for (const char* on : {"on", "yes", "ACTIVE"}) EXPECT_EQ(shown(Signal::monitor_apnoea, on).value, 1) << on;
    for (const char* off : {"off", "No", "inactive"}) EXPECT_EQ(shown(Signal::monitor_apnoea, off).value, 0) << off;
    EXPECT_EQ(shown(Signal::monitor_apnoea, "1").value, 1);
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_screen(Signal::monitor_apnoea, "perhaps")));
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_screen(Signal::hr, "on"))) << "a rate is neither on nor off";
    for (const char* bad : {"", "about 97", "97 mmHg", "9e1", "nan", "inf", "97 98"})
        EXPECT_TRUE(std::holds_alternative<std::string>(parse_screen(Signal::spo2, bad))) << bad;
}

TEST(Screen, MayDifferByOneStepOfItsLastDigitOrOfTheRegister)
{
    EXPECT_EQ(compare(Signal::spo2, shown(Signal::spo2, "97"), 97.9, 0), Match::same) << "a screen that cuts";
    EXPECT_EQ(compare(Signal::spo2, shown(Signal::spo2, "97"), 98.1, 0), Match::differs);
    EXPECT_EQ(compare(Signal::temp, shown(Signal::temp, "36.9"), 37.1, 0), Match::differs);
    EXPECT_EQ(compare(Signal::temp, shown(Signal::temp, "36.9"), 37.3, 0.5), Match::same) << "the register is coarser";
    EXPECT_EQ(compare(Signal::avpu, shown(Signal::avpu, "voice"), 0, 1), Match::differs) << "a grade is exact";
    EXPECT_EQ(compare(Signal::hr, shown(Signal::hr, "none"), 0, 1), Match::only_read) << "0 is no \"no reading\"";
    EXPECT_EQ(compare(Signal::hr, shown(Signal::hr, "72"), std::nullopt, 1), Match::only_shown);
    EXPECT_EQ(compare(Signal::hr, shown(Signal::hr, "none"), std::nullopt, 1), Match::same);
}

ScreenPair pair(Signal signal, std::string screen, std::optional<double> read)
{
    return {"bed-1", signal, std::move(screen), read, WallTime{1}, 1};
}

CommissionRecord good()
{
    CommissionRecord record;
    record.pairs = {pair(Signal::hr, "72", 72), pair(Signal::hr, "120", 120), pair(Signal::hr, "none", std::nullopt),
                    pair(Signal::spo2, "97", 97.4), pair(Signal::spo2, "88", 88), pair(Signal::spo2, "--", std::nullopt)};
    return record;
}

const std::vector<SourceSignal> map_signals{{Signal::hr, 1}, {Signal::spo2, 0.1}, {Signal::liveness, 1},
                                            {Signal::monitor_apnoea, 1}};

TEST(Record, OfTwoValuesAndATakenOffSensorOfEachSignalIsWhole)
{
    EXPECT_THAT(mistakes(good(), map_signals), IsEmpty());
    const SignalMask vouched = covered(good());
    EXPECT_NE(vouched & mask(Signal::hr), 0U);
    EXPECT_NE(vouched & mask(Signal::monitor_apnoea), 0U) << "an alarm cannot be had at will";
    EXPECT_EQ(vouched & mask(Signal::rr), 0U);
    EXPECT_TRUE(covers_bed(good(), "bed-1"));
    EXPECT_FALSE(covers_bed(good(), "bed-2"));
}

TEST(Record, OfWhatNobodyCanHaveSeenIsNone)
{
    CommissionRecord record = good();
    record.pairs[0] = pair(Signal::hr, "about 70", 70);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("bed-1 hr: 'about 70' is no number; type what the screen shows, or \"none\""));
    record.pairs[0] = pair(Signal::hr, "5", 5);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("bed-1 hr: magwatch cannot have read 5"));
    record = good();
    record.left_out = {{Signal::hr, "no lead"}};
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("hr is compared and left out"));
}

TEST(Record, OfMoreThanWhatIsNeededIsWholeToo)
{
    CommissionRecord record = good();
    record.pairs.push_back(pair(Signal::hr, "90", 90));
    record.pairs.push_back(pair(Signal::monitor_apnoea, "on", 1));
    EXPECT_THAT(mistakes(record, map_signals), IsEmpty());
    record.pairs.back() = pair(Signal::monitor_apnoea, "on", 0);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("bed-1 monitor_apnoea: magwatch reads 0, the screen shows on"));
    record.pairs.back() = pair(Signal::hr, "90", std::nullopt);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("bed-1 hr: magwatch has no value, the screen shows 90"));
}

TEST(Record, CoversABedOfWhichAValueWasRead)
{
    CommissionRecord record;
    record.pairs = {pair(Signal::hr, "none", std::nullopt)};
    EXPECT_FALSE(covers_bed(record, "bed-1")) << "nothing was read there yet";
    record.pairs.push_back(pair(Signal::hr, "72", 72));
    EXPECT_TRUE(covers_bed(record, "bed-1"));
}

// A grade has no unit to be told with; a counter stands on no screen.
TEST(Record, SpeaksOfEachSignalAsStaffDo)
{
    EXPECT_EQ(difference(pair(Signal::reflex_knee, "2", 1)), "magwatch reads 1, the screen shows 2");
    EXPECT_EQ(difference(pair(Signal::hr, "none", 72.25)), "magwatch reads 72.25 /min, the screen shows none");
    EXPECT_FALSE(is_compared(Signal::liveness));
    EXPECT_EQ(compare(Signal::gestation, shown(Signal::gestation, "34"), 35, 0), Match::same) << "completed weeks are counted up";
}

TEST(Record, OfWhatDoesNotMatchIsNone)
{
    CommissionRecord record = good();
    record.pairs[1] = pair(Signal::hr, "120", 12);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre("bed-1 hr: magwatch reads 12 /min, the screen shows 120"));
    record.pairs[1] = pair(Signal::hr, "none", 0);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre(HasSubstr("reads 0 /min, the screen shows none")));
    record.pairs[1] = pair(Signal::hr, "99999", 99999);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre(HasSubstr("cannot have read")));
}

TEST(Record, WithOneValueOrWithoutALeadOffIsNotEnough)
{
    CommissionRecord record = good();
    record.pairs[1] = pair(Signal::hr, "74", 74);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre(HasSubstr("two values that are well apart")));
    record = good();
    record.pairs.erase(record.pairs.begin() + 2);
    EXPECT_THAT(mistakes(record, map_signals), ElementsAre(HasSubstr("take the sensor off")));
    record.pairs = {pair(Signal::pump_flow, "10", 10), pair(Signal::pump_flow, "25", 25)};
    EXPECT_THAT(mistakes(record, {}), IsEmpty()) << "a pump has no sensor";
}

TEST(Record, NamesWhatWasForgottenAndTakesWhatIsLeftOutWithAReason)
{
    CommissionRecord record = good();
    std::vector<SourceSignal> more = map_signals;
    more.push_back({Signal::temp, 0.1});
    EXPECT_THAT(mistakes(record, more), ElementsAre("temp: no value of it was compared"));
    CommissionRecord little;
    little.pairs = {pair(Signal::hr, "72", 72)};
    EXPECT_THAT(mistakes(little, more), ElementsAre(HasSubstr("hr: compare two"), HasSubstr("hr: take the sensor"),
                                                    HasSubstr("spo2: no value"), HasSubstr("temp: no value")))
        << "all at once";
    record.left_out = {{Signal::temp, "no probe on this bed"}};
    EXPECT_THAT(mistakes(record, more), IsEmpty());
    EXPECT_EQ(covered(record) & mask(Signal::temp), 0U);
    record.left_out[0].reason.clear();
    EXPECT_THAT(mistakes(record, more), ElementsAre("temp is left out without a reason"));
    record.left_out = {{Signal::hr, "x"}, {Signal::spo2, "x"}, {Signal::temp, "x"}};
    record.pairs.clear();
    EXPECT_THAT(mistakes(record, more), ElementsAre("nothing was compared"));
    EXPECT_THAT(mistakes(good(), std::vector<SourceSignal>{{Signal::hr, 1}}), testing::Contains("spo2 is not in the map"));
}

} // namespace
} // namespace magwatch
