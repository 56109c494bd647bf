// Where to look when a screen shows something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/commissioning/causes.hpp"

namespace magwatch {
namespace {

using testing::Contains;
using testing::HasSubstr;

Disagreement about(Signal signal, const char* typed, std::optional<double> read)
{
    const auto parsed = parse_screen(signal, typed);
    return {"monitor-1", "bed-1", signal, std::get<Shown>(parsed), read, "", 0, RawForm{}};
}

std::vector<std::string> causes(const Disagreement& what) { return likely_causes(what, {}); }

TEST(Causes, NameTheScale)
{
    EXPECT_THAT(causes(about(Signal::spo2, "97", 9.7)), Contains(HasSubstr("multiply 'scale' by 10")));
    EXPECT_THAT(causes(about(Signal::sbp, "12", 120)), Contains(HasSubstr("divide 'scale' by 10")));
}

TEST(Causes, NameTheUnit)
{
    EXPECT_THAT(causes(about(Signal::sbp, "120", 16)), Contains(HasSubstr("unit: the device tells it in kPa")));
    EXPECT_THAT(causes(about(Signal::sbp, "16.0", 120)), Contains(HasSubstr("unit: the screen is in kPa")));
}

TEST(Causes, NameTheOrderOfBytesAndWords)
{
    Disagreement what = about(Signal::hr, "72", 18432); // 0x4800 for 0x0048
    what.form = RawForm{"u16", "ABCD", 1, 0, Unit::per_min};
    EXPECT_THAT(causes(what), Contains(HasSubstr("byte order")));
    what = about(Signal::urine, "250", 16384000.0); // 0x00FA0000 for 0x000000FA
    what.form = RawForm{"u32", "ABCD", 1, 0, Unit::millilitre};
    EXPECT_THAT(causes(what), Contains(HasSubstr("words swapped")));
}

TEST(Causes, NameTheSign)
{
    Disagreement what = about(Signal::temp, "36.5", 6590.1);
    what.form = RawForm{"u16", "ABCD", 0.1, 0, Unit::celsius};
    EXPECT_THAT(causes(what), Contains(HasSubstr("sign")));
    EXPECT_THAT(causes(about(Signal::temp, "36.5", -36.5)), Contains(HasSubstr("opposite sign")));
}

TEST(Causes, NameTheRegisterBesideItAndTheOtherBed)
{
    const std::vector<OtherReading> others{{"monitor-1", "bed-1", Signal::rr, 16}, {"monitor-2", "bed-2", Signal::hr, 72}};
    EXPECT_THAT(likely_causes(about(Signal::hr, "16", 97), others), Contains(HasSubstr("magwatch reads as rr")));
    EXPECT_THAT(likely_causes(about(Signal::hr, "72", 97), others),
                Contains(HasSubstr("wrong bed: monitor-2 reads this value for bed-2")));
}

TEST(Causes, OfAValueThatOneAloneHas)
{
    EXPECT_THAT(causes(about(Signal::hr, "none", 0)), Contains(HasSubstr("sentinels")));
    Disagreement what = about(Signal::hr, "72", std::nullopt);
    what.refused = "implausible";
    EXPECT_THAT(causes(what), Contains(HasSubstr("word order")));
    what.refused = "questionable";
    EXPECT_THAT(causes(what), Contains(HasSubstr("draft")));
}

TEST(Causes, OfNothingThatIsKnownAreTheAddressAndTheBed)
{
    const auto found = causes(about(Signal::hr, "72", 99));
    EXPECT_THAT(found, Contains(HasSubstr("off by one")));
    EXPECT_THAT(found, Contains(HasSubstr("wrong bed")));
}

} // namespace
} // namespace magwatch
