#include "rules/pharmacokinetics/course.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "rules/patient/infusion.hpp"
#include "tests/unit/pharmacokinetics/courses.hpp"

using namespace magwatch;
using namespace magwatch::testing_courses;
using testing::ElementsAre;

namespace {

using Piece = Course::Piece;

std::vector<Piece> pieces(const Course& course)
{
    return {course.pieces().begin(), course.pieces().end()};
}

} // namespace

TEST(Course, ALoadAndAnInfusion)
{
    EXPECT_THAT(pieces(regimen(4, 20min, 1)), ElementsAre(Piece{at(0s), at(20min), 12, true, false},
                                                          Piece{at(20min), Instant::never(), 1, false, false}));
}

TEST(Course, ABolusRunsInsteadOfTheInfusionWhichGoesOnAfterIt)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.bolus(at(5h), 2, 5min));
    EXPECT_THAT(pieces(course), ElementsAre(Piece{at(0s), at(20min), 12, true, false}, Piece{at(20min), at(5h), 1, false, false},
                                            Piece{at(5h), at(5h + 5min), 24, true, false},
                                            Piece{at(5h + 5min), Instant::never(), 1, false, false}));
}

TEST(Course, ARateChartedDuringABolusBeginsWhenItEnds)
{
    Course course;
    ASSERT_TRUE(course.bolus(at(0s), 4, 20min));
    ASSERT_TRUE(course.rate(at(5min), 1));
    EXPECT_THAT(pieces(course), ElementsAre(Piece{at(0s), at(20min), 12, true, false},
                                            Piece{at(20min), Instant::never(), 1, false, false}));
    course.stop(at(10min));
    EXPECT_THAT(pieces(course), ElementsAre(Piece{at(0s), at(10min), 12, true, false}));
}

TEST(Course, APumpIsRightWhateverWasDeclared)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.pump_rate(at(10min), 2));
    EXPECT_THAT(pieces(course), ElementsAre(Piece{at(0s), at(10min), 12, true, false},
                                            Piece{at(10min), Instant::never(), 2, false, false}));
}

TEST(Course, ALateEntryHoldsFromItsTimeAndBolusesStay)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.bolus(at(5h), 2, 5min));
    ASSERT_TRUE(course.rate(at(4h), 2));
    EXPECT_DOUBLE_EQ(course.grams(at(0s), at(6h), false),
                     4 + (4 - 1.0 / 3) * 1 + 1 * 2 + 2 + (55.0 / 60) * 2);
}

// The rules count doses with Infusion; both must come to the same.
TEST(Course, CountsTheDosesThatTheRulesCount)
{
    Course course;
    Infusion infusion;
    ASSERT_TRUE(course.bolus(at(1h), 4, 20min));
    infusion.bolus(4, 20min, at(1h), at(1h));
    ASSERT_TRUE(course.rate(at(1h + 10min), 1.5));
    infusion.rate(1.5, at(1h + 10min), at(1h + 10min));
    ASSERT_TRUE(course.intramuscular(at(3h), 5));
    infusion.intramuscular(5, at(3h), at(3h));
    ASSERT_TRUE(course.bolus(at(4h), 2, 10min));
    infusion.bolus(2, 10min, at(4h), at(4h));
    course.stop(at(6h));
    infusion.stop(at(6h), at(6h));
    infusion.advance(at(8h));
    EXPECT_NEAR(course.grams(at(0s), at(8h), true), infusion.dose_total(), 1e-9);
    EXPECT_EQ(course.first_dose(), at(1h));
}

TEST(Course, WhereNobodyKnowsTheRateItIsAssumedAndSaidSo)
{
    Course course = regimen(4, 20min, 1);
    EXPECT_EQ(course.incomplete_since(), std::nullopt);
    course.unknown_since(at(2h));
    EXPECT_EQ(course.incomplete_since(), at(2h));
    EXPECT_DOUBLE_EQ(course.grams(at(2h), at(5h), false), 3);
    EXPECT_DOUBLE_EQ(course.without_assumed().grams(at(2h), at(5h), false), 0);
    ASSERT_TRUE(course.pump_rate(at(5h), 2)); // heard again: the gap stays one
    EXPECT_EQ(course.incomplete_since(), at(2h));
    EXPECT_DOUBLE_EQ(course.without_assumed().grams(at(2h), at(6h), false), 2);
}

TEST(Course, ARecordThatBreaksOffInABolusKeepsTheBolusOnly)
{
    Course course = regimen(4, 20min, 1);
    course.unknown_since(at(10min));
    EXPECT_THAT(pieces(course), ElementsAre(Piece{at(0s), at(20min), 12, true, false},
                                            Piece{at(20min), Instant::never(), 1, false, true}));
    Course nothing;
    nothing.unknown_since(at(1h));
    EXPECT_EQ(nothing.incomplete_since(), at(1h));
    EXPECT_EQ(nothing.first_dose(), std::nullopt);
}

TEST(Course, SamplesNearABolusAreKnown)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.bolus(at(5h), 2, 5min));
    EXPECT_FALSE(course.near_bolus(Instant{-1}));
    for (const Duration near : {Duration{0s}, Duration{10min}, Duration{50min} - 1ms, Duration{5h}, Duration{5h + 34min}})
        EXPECT_TRUE(course.near_bolus(at(near))) << near.count();
    for (const Duration clear : {Duration{50min}, Duration{4h}, Duration{5h} - 1ms, Duration{5h + 35min}})
        EXPECT_FALSE(course.near_bolus(at(clear))) << clear.count();
}

TEST(Course, AFastRateForAShortTimeIsABolusThoughNobodyDeclaredIt)
{
    Course course;
    ASSERT_TRUE(course.pump_rate(at(0s), 12));
    ASSERT_TRUE(course.pump_rate(at(20min), 1));
    EXPECT_TRUE(course.near_bolus(at(40min)));
    EXPECT_FALSE(course.near_bolus(at(50min)));
    Course left_on; // a load bag left running is a patient to be measured
    ASSERT_TRUE(left_on.pump_rate(at(0s), 12));
    EXPECT_FALSE(left_on.near_bolus(at(3h)));
}

TEST(Course, AFastRateForMoreThanAnHourIsAnInfusion)
{
    Course course;
    ASSERT_TRUE(course.pump_rate(at(0s), 12));
    ASSERT_TRUE(course.pump_rate(at(1h + 1ms), 1));
    EXPECT_FALSE(course.near_bolus(at(30min)));
    Course hour;
    ASSERT_TRUE(hour.pump_rate(at(0s), 12));
    ASSERT_TRUE(hour.pump_rate(at(1h), 1));
    EXPECT_TRUE(hour.near_bolus(at(30min)));
}

TEST(Course, AnInfusionOfTheSameRateIsNoPartOfTheBolusBeforeIt)
{
    EXPECT_THAT(pieces(regimen(4, 20min, 12)), ElementsAre(Piece{at(0s), at(20min), 12, true, false},
                                                           Piece{at(20min), Instant::never(), 12, false, false}));
}

TEST(Course, WhatWasDeclaredForLaterSaysNothingOfTheRateThatIsUnknown)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.bolus(at(5h), 2, 5min));
    course.unknown_since(at(2h));
    EXPECT_EQ(course.incomplete_since(), at(2h));
    EXPECT_DOUBLE_EQ(course.grams(at(2h), at(4h), false), 2) << "1 g/h, as before";
    EXPECT_TRUE(course.near_bolus(at(5h)));
}

TEST(Course, DosesIntoTheMuscleCountInTheirTime)
{
    Course course;
    ASSERT_TRUE(course.intramuscular(at(1h), 5));
    ASSERT_TRUE(course.intramuscular(at(5h), 3));
    EXPECT_EQ(course.grams(at(0s), at(6h), true), 8);
    EXPECT_EQ(course.grams(at(1h), at(5h), true), 8) << "both ends are inside";
    EXPECT_EQ(course.grams(at(1h) + 1ms, at(5h), true), 3);
    EXPECT_EQ(course.grams(at(0s), at(5h) - 1ms, true), 5);
}

TEST(Course, WhatWasJoinedKeepsThatItWasPartlyAssumed)
{
    Course course;
    double grams = 0;
    for (int i = 0; i < 400; ++i) {
        ASSERT_TRUE(course.pump_rate(at(1min * i), 1 + (i % 7) * 0.1));
        course.unknown_since(at(1min * i + 30s));
        grams += (1 + (i % 7) * 0.1) / 60;
    }
    EXPECT_EQ(course.pieces().size(), Course::pieces_max);
    EXPECT_EQ(course.incomplete_since(), at(0s));
    EXPECT_NEAR(course.grams(at(0s), at(400min), false), grams, 1e-6);
}

TEST(Course, ABolusThatIsJoinedWithWhatRanAfterItIsNoBolusAnyMore)
{
    Course course = regimen(4, 20min, 1);
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(course.pump_rate(at(1h + 1min * i), 1 + (i % 7) * 0.1));
    ASSERT_EQ(course.pieces().size(), Course::pieces_max);
    EXPECT_FALSE(course.pieces()[0].bolus);
    EXPECT_FALSE(course.near_bolus(at(10min)));
}

// What a record cannot have held, written by hand.
TEST(Course, RefusesBytesThatNoCourseWrote)
{
    const auto read = [](const std::vector<Piece>& by_vein, const std::vector<Course::Intramuscular>& muscle = {}) {
        Bytes bytes;
        Writer{bytes}(by_vein, muscle);
        return from_bytes<Course>(as_text(bytes)).has_value();
    };
    const Instant never = Instant::never(), far{400'000'000'000'000};
    EXPECT_TRUE(read({{at(0s), at(1h), 12, true, false}, {at(1h), never, 1, false, false}}, {{at(2h), 5}}));
    const std::vector<Piece> wrong[] = {
        {{at(1h), at(1h), 1, false, false}}, {{at(2h), at(1h), 1, false, false}},
        {{at(0s), at(2h), 1, false, false}, {at(1h), at(3h), 1, false, false}}, // over one another
        {{at(0s), at(1h), -1, false, false}}, {{at(0s), at(1h), 1e12, false, false}},
        {{at(0s), at(1h), std::numeric_limits<double>::quiet_NaN(), false, false}},
        {{at(0s), never, 1, true, false}}, // a bolus ends
        {{Instant{-far.ms}, at(1h), 1, false, false}}, {{far, never, 1, false, false}}, {{at(0s), far, 1, false, false}},
    };
    for (const auto& one : wrong) EXPECT_FALSE(read(one));
    for (const Course::Intramuscular& one : {Course::Intramuscular{far, 5}, {Instant{-far.ms}, 5}, {at(0s), 0}, {at(0s), 501}})
        EXPECT_FALSE(read({}, {one})) << one.grams;
    std::vector<Piece> many;
    for (int i = 0; i <= 512; ++i) many.push_back({at(1min * i), at(1min * i + 30s), 1, false, false});
    EXPECT_FALSE(read(many));
    many.pop_back();
    EXPECT_TRUE(read(many));
    std::vector<Course::Intramuscular> doses(257, {at(0s), 1});
    EXPECT_FALSE(read({}, doses));
    doses.pop_back();
    EXPECT_TRUE(read({}, doses));
}

TEST(Course, RefusesWhatIsNoDoseAndStaysAsItWas)
{
    Course course = regimen(4, 20min, 1);
    const auto before = pieces(course);
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    for (const double bad : {nan, inf, -inf, -1.0, 501.0}) {
        EXPECT_FALSE(course.rate(at(1h), bad)) << bad;
        EXPECT_FALSE(course.pump_rate(at(1h), bad)) << bad;
        EXPECT_FALSE(course.bolus(at(1h), bad, 5min)) << bad;
        EXPECT_FALSE(course.intramuscular(at(1h), bad)) << bad;
    }
    EXPECT_FALSE(course.bolus(at(1h), 0, 5min));
    EXPECT_FALSE(course.bolus(at(1h), 4, 0s));
    EXPECT_FALSE(course.bolus(at(1h), 4, -5min));
    EXPECT_FALSE(course.bolus(at(1h), 4, 25h));
    EXPECT_FALSE(course.intramuscular(at(1h), 0));
    EXPECT_EQ(pieces(course), before);
    EXPECT_TRUE(course.intramuscular_doses().empty());
}

TEST(Course, IsBoundedAndLosesNoDose)
{
    Course course;
    double grams = 0;
    for (int i = 0; i < 3000; ++i) {
        const double rate = 1 + (i % 7) * 0.1;
        ASSERT_TRUE(course.pump_rate(at(20s * i), rate));
        grams += rate * 20 / 3600;
    }
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(course.intramuscular(at(1min * i), 0.001));
    EXPECT_LE(course.pieces().size(), Course::pieces_max);
    EXPECT_LE(course.intramuscular_doses().size(), 256u);
    EXPECT_NEAR(course.grams(at(0s), at(20s * 3000), false), grams, 1e-6);
}

TEST(Course, ReadsBackFromBytesAndRefusesDamagedOnes)
{
    Course course = regimen(4, 20min, 1);
    ASSERT_TRUE(course.intramuscular(at(3h), 5));
    course.unknown_since(at(9h));
    Bytes bytes;
    Writer writer{bytes};
    writer(course);
    Course read;
    Reader reader{std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
    reader(read);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(pieces(read), pieces(course));
    EXPECT_EQ(read.intramuscular_doses()[0], course.intramuscular_doses()[0]);
    // Whatever one byte is changed to, the course is refused or keeps its promises.
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
            Bytes damaged = bytes;
            damaged[i] = static_cast<std::uint8_t>(value);
            Course odd;
            Reader r{std::string_view{reinterpret_cast<const char*>(damaged.data()), damaged.size()}};
            r(odd);
            if (!r.ok()) continue;
            const auto row = odd.pieces();
            for (std::size_t p = 1; p < row.size(); ++p) EXPECT_LE(row[p - 1].until, row[p].from);
        }
    }
}
