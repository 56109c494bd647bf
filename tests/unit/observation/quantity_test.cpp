// The only door for values: exact conversions, and refusal of everything else.
#include "rules/observation/quantity.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace magwatch {
namespace {

constexpr double tiny = 1e-12; // relative: what one multiplication and one division may cost

double converted(Signal signal, double value, Unit from, Unit to)
{
    const auto result = convert(signal, value, from, to);
    if (!result) {
        ADD_FAILURE() << name(from) << " does not convert to " << name(to);
        return std::nan("");
    }
    return *result;
}

void expect_converts(Signal signal, double value, Unit from, double expected, Unit to)
{
    EXPECT_NEAR(converted(signal, value, from, to), expected, std::abs(expected) * tiny)
        << value << " " << name(from) << " in " << name(to);
    EXPECT_NEAR(converted(signal, expected, to, from), value, std::abs(value) * tiny)
        << expected << " " << name(to) << " in " << name(from);
}

std::string outcome(Signal signal, double value, Unit unit)
{
    const auto result = Quantity::checked(signal, value, unit);
    if (const auto* refusal = std::get_if<Refusal>(&result)) return std::string{name(*refusal)};
    return "good";
}

// clinical.md 0: 1 mmol/L = 2 mEq/L = 2.4305 mg/dL (atomic mass 24.305).
TEST(Conversion, Magnesium)
{
    expect_converts(Signal::mg, 1, Unit::mmol_per_l, 2, Unit::meq_per_l);
    expect_converts(Signal::mg, 1, Unit::mmol_per_l, 2.4305, Unit::mg_per_dl);
    expect_converts(Signal::mg, 2, Unit::meq_per_l, 2.4305, Unit::mg_per_dl);
    EXPECT_NEAR(converted(Signal::mg, 1, Unit::mg_per_dl, Unit::mmol_per_l), 0.41144, 0.000005);
    EXPECT_NEAR(converted(Signal::mg, 1, Unit::mg_per_dl, Unit::meq_per_l), 0.82288, 0.000005);
    // The trap of the papers: 9 mg/dL is printed as 7 mEq/L, but is 7.41.
    EXPECT_NEAR(converted(Signal::mg, 9, Unit::mg_per_dl, Unit::meq_per_l), 7.41, 0.005);
    EXPECT_NEAR(converted(Signal::mg, 2.2, Unit::mg_per_dl, Unit::mmol_per_l), 0.905, 0.0005);
}

TEST(Conversion, CreatinineAndCalciumHaveWeightsOfTheirOwn)
{
    expect_converts(Signal::creatinine, 1, Unit::mg_per_dl, 88.4, Unit::umol_per_l);
    expect_converts(Signal::creatinine, 0.1, Unit::mmol_per_l, 100, Unit::umol_per_l);
    expect_converts(Signal::calcium, 4.0078, Unit::mg_per_dl, 1, Unit::mmol_per_l);
    expect_converts(Signal::calcium, 2, Unit::meq_per_l, 1, Unit::mmol_per_l);
}

TEST(Conversion, PressureTemperatureVolumeAndDose)
{
    expect_converts(Signal::sbp, 1, Unit::kilo_pascal, 7.50062, Unit::mm_hg);
    EXPECT_NEAR(converted(Signal::temp, 98.6, Unit::fahrenheit, Unit::celsius), 37, 1e-9);
    EXPECT_NEAR(converted(Signal::temp, 37, Unit::celsius, Unit::fahrenheit), 98.6, 1e-9);
    EXPECT_NEAR(converted(Signal::temp, -40, Unit::celsius, Unit::fahrenheit), -40, 1e-9);
    expect_converts(Signal::bolus_dose, 4000, Unit::milligram, 4, Unit::gram);
    expect_converts(Signal::urine, 0.25, Unit::litre, 250, Unit::millilitre);
    expect_converts(Signal::pump_rate, 50, Unit::mg_per_min, 3, Unit::gram_per_hour);
    expect_converts(Signal::pump_concentration, 40, Unit::mg_per_ml, 0.04, Unit::gram_per_ml);
}

TEST(Conversion, UnitsThatDoNotBelongTogetherDoNotConvert)
{
    EXPECT_FALSE(convert(Signal::mg, 1, Unit::umol_per_l, Unit::mmol_per_l));
    EXPECT_FALSE(convert(Signal::mg, 1, Unit::none, Unit::mmol_per_l));
    EXPECT_FALSE(convert(Signal::creatinine, 1, Unit::meq_per_l, Unit::umol_per_l));
    EXPECT_FALSE(convert(Signal::hr, 60, Unit::percent, Unit::per_min));
    // Without the bag's concentration a flow is no rate.
    EXPECT_FALSE(convert(Signal::pump_rate, 25, Unit::ml_per_hour, Unit::gram_per_hour));
    // Weight and amount of substance belong together only for one substance, which a dose does not say.
    EXPECT_FALSE(convert(Signal::bolus_dose, 4, Unit::mmol, Unit::gram));
}

// What must not compile is asked of the compiler.
template <class... Words> concept Checked = requires(Words... words) { Quantity::checked(words...); };
template <class... Words> concept Converted = requires(Words... words) { convert(words...); };
template <class A, class B> concept Summed = requires(A a, B b) { a + b; };
template <class A, class B> concept Compared = requires(A a, B b) { a < b; };

TEST(Quantity, ANumberWithoutItsUnitDoesNotCompile)
{
    static_assert(Checked<Signal, double, Unit> && Converted<Signal, double, Unit, Unit>, "the questions below mean something");
    static_assert(!Checked<Signal, double> && !Checked<double, Unit>, "neither unit nor signal is guessed");
    static_assert(!Checked<Signal, double, int> && !Checked<Signal, double, const char*>, "a number or a text is no unit");
    static_assert(!Checked<Signal, Unit, double> && !Checked<Unit, double, Signal>, "nor is one taken for another");
    static_assert(!Converted<Signal, double, Unit> && !Converted<Signal, double, int, int>);
    static_assert(!std::is_default_constructible_v<Quantity>);
    static_assert(!std::is_constructible_v<Quantity, double> && !std::is_constructible_v<Quantity, double, Unit>);
    static_assert(!std::is_convertible_v<Quantity, double>, "its unit is not lost on the way");
    static_assert(!Summed<Quantity, Quantity> && !Summed<Quantity, double>, "two units are never added");
    static_assert(!Compared<Quantity, Quantity> && !Compared<Quantity, double>, "nor compared");
    SUCCEED() << "it compiled";
}

TEST(Quantity, IsInTheCanonicalUnit)
{
    const auto result = Quantity::checked(Signal::mg, 4.861, Unit::mg_per_dl);
    const auto* quantity = std::get_if<Quantity>(&result);
    ASSERT_NE(quantity, nullptr);
    EXPECT_EQ(quantity->unit(), Unit::mmol_per_l);
    EXPECT_NEAR(quantity->value(), 2, tiny);
}

TEST(Quantity, IsNeverRoundedOrClamped)
{
    const auto result = Quantity::checked(Signal::spo2, 93.99999999, Unit::percent);
    const auto* quantity = std::get_if<Quantity>(&result);
    ASSERT_NE(quantity, nullptr);
    EXPECT_EQ(quantity->value(), 93.99999999);
    EXPECT_EQ(outcome(Signal::spo2, 100.001, Unit::percent), "implausible");
}

TEST(Quantity, WhatIsNoNumberIsRefused)
{
    using Limits = std::numeric_limits<double>;
    for (const double value : {Limits::quiet_NaN(), Limits::signaling_NaN(), Limits::infinity(), -Limits::infinity()}) {
        EXPECT_EQ(outcome(Signal::hr, value, Unit::per_min), "not a number") << value;
        EXPECT_EQ(outcome(Signal::hr, value, Unit::percent), "not a number") << value; // before anything else
    }
}

TEST(Quantity, AValueWithoutItsUnitIsRefused)
{
    EXPECT_EQ(outcome(Signal::mg, 2.2, Unit::none), "unknown unit");
    EXPECT_EQ(outcome(Signal::mg, 2.2, Unit::gram), "unknown unit");
    EXPECT_EQ(outcome(Signal::urine, 30, Unit::ml_per_hour), "unknown unit");
    EXPECT_EQ(outcome(Signal::reflex_knee, 2, Unit::none), "good");
}

// Every signal: its own limits are inside, a step beyond is not.
TEST(Quantity, TheRangeIsInclusiveAndEndsThere)
{
    for (std::size_t i = 0; i < signal_count; ++i) {
        const auto signal = static_cast<Signal>(i);
        const SignalInfo& about = info(signal);
        EXPECT_EQ(outcome(signal, about.min, about.unit), "good") << about.name;
        EXPECT_EQ(outcome(signal, about.max, about.unit), "good") << about.name;
        EXPECT_EQ(outcome(signal, std::nextafter(about.min, -1e300), about.unit), "implausible") << about.name;
        EXPECT_EQ(outcome(signal, std::nextafter(about.max, 1e300), about.unit), "implausible") << about.name;
    }
}

// A plausible number in the wrong unit is refused where the range can tell: 120 kPa is no pressure of a person.
TEST(Quantity, TheRangeIsJudgedAfterTheConversion)
{
    EXPECT_EQ(outcome(Signal::sbp, 16, Unit::kilo_pascal), "good"); // 120 mmHg
    EXPECT_EQ(outcome(Signal::sbp, 120, Unit::kilo_pascal), "implausible");
    EXPECT_EQ(outcome(Signal::temp, 98.6, Unit::fahrenheit), "good");
    EXPECT_EQ(outcome(Signal::temp, 98.6, Unit::celsius), "implausible");
}

TEST(Quantity, EveryRefusalHasItsOwnWords)
{
    std::vector<std::string_view> seen;
    for (int i = 0; i <= static_cast<int>(Refusal::quality); ++i) {
        const std::string_view words = name(static_cast<Refusal>(i));
        EXPECT_FALSE(words.empty());
        for (const std::string_view other : seen) EXPECT_NE(words, other);
        seen.push_back(words);
    }
}

} // namespace
} // namespace magwatch
