// Where to look when a screen shows something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

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

// What magwatch reads where the device sends 72 with its registers or bytes turned round, in every type of a map.
TEST(Causes, NameTheOrderOfEveryType)
{
    const auto found = [](const char* type, double read, double shown, double scale = 1) {
        Disagreement what = about(Signal::urine, std::to_string(static_cast<int>(shown)).c_str(), read);
        what.form = RawForm{type, "ABCD", scale, 0, Unit::millilitre};
        std::vector<std::string> orders;
        for (const std::string& one : causes(what)) {
            if (one.find("order: 'order'") != std::string::npos || one.find("byte order") == 0) orders.push_back(one);
        }
        return orders;
    };
    const auto with = [](const char* what) { return "'order' is ABCD; it fits with the " + std::string{what} + " swapped"; };
    using testing::ElementsAre;
    using testing::IsEmpty;
    EXPECT_THAT(found("u32", 0x0000FA00, 250), ElementsAre("byte order: " + with("bytes")));
    EXPECT_THAT(found("u32", 0xFA000000, 250), ElementsAre("word order: " + with("words and bytes")));
    EXPECT_THAT(found("s32", 0x00FA0000, 250), ElementsAre("word order: " + with("words")));
    EXPECT_THAT(found("s16", -1536, 250), ElementsAre("byte order: the two bytes of the register are swapped")); // 0xFA00
    EXPECT_THAT(found("s16", -1281, 250), IsEmpty()); // 0xFAFF would be -6
    // 250 as a float is 0x437A0000; with its words turned round 0x0000437A.
    EXPECT_THAT(found("f32", std::bit_cast<float>(std::uint32_t{0x0000437A}), 250), ElementsAre("word order: " + with("words")));
    // As a double 0x406F400000000000; as an integer of four words 0x00FA000000000000.
    EXPECT_THAT(found("f64", std::bit_cast<double>(std::uint64_t{0x000000000000406F}), 248), ElementsAre("word order: " + with("words")));
    EXPECT_THAT(found("u64", static_cast<double>(0x0000'0000'00FA'0000), 250), IsEmpty());
    EXPECT_THAT(found("s64", 0x00FA, 64000), ElementsAre("byte order: " + with("bytes")));
    EXPECT_THAT(found("u16", 97, 250, 0), IsEmpty()) << "without a scale nothing is known of the register";
    EXPECT_THAT(found("u64", 97, 250, 1e-15), IsEmpty()) << "nor of a number that no register holds";
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
    // The same device may read two beds, and the signal itself is no other register.
    const std::vector<OtherReading> two{{"monitor-1", "bed-2", Signal::hr, 72}, {"monitor-1", "bed-1", Signal::hr, 16},
                                        {"monitor-1", "bed-2", Signal::rr, 16}, {"monitor-2", "bed-1", Signal::hr, 30}};
    EXPECT_THAT(likely_causes(about(Signal::hr, "72", 97), two),
                Contains(HasSubstr("wrong bed: monitor-1 reads this value for bed-2")));
    EXPECT_THAT(likely_causes(about(Signal::hr, "30", 97), two),
                Contains(HasSubstr("wrong bed: monitor-2 reads this value for bed-1")));
    EXPECT_THAT(likely_causes(about(Signal::hr, "16", 97), two), testing::Each(testing::Not(HasSubstr("magwatch reads as"))));
}

TEST(Causes, OfAValueThatOneAloneHas)
{
    EXPECT_THAT(causes(about(Signal::hr, "none", 0)), Contains(HasSubstr("sentinels")));
    Disagreement what = about(Signal::hr, "72", std::nullopt);
    what.refused = "implausible";
    EXPECT_THAT(causes(what), Contains(HasSubstr("word order")));
    what.refused = "questionable";
    EXPECT_THAT(causes(what), Contains(HasSubstr("draft")));
    what.refused = "silent";
    EXPECT_THAT(causes(what), testing::ElementsAre("nothing was heard of it: cable, address, unit number, or the code is not sent"));
    what.refused = "too old";
    EXPECT_THAT(causes(what), testing::ElementsAre("magwatch refuses it: too old"));
    what.refused = "";
    EXPECT_THAT(causes(what), testing::ElementsAre("magwatch refuses it: no value"));
}

TEST(Causes, OfNothingThatIsKnownAreTheAddressAndTheBed)
{
    const auto found = causes(about(Signal::hr, "72", 99));
    EXPECT_THAT(found, Contains(HasSubstr("off by one")));
    EXPECT_THAT(found, Contains(HasSubstr("wrong bed")));
    // Nothing is said of registers where a source has none, as HL7.
    Disagreement what = about(Signal::hr, "72", 0);
    what.form.reset();
    EXPECT_THAT(causes(what), Contains(HasSubstr("off by one")));
    // Nor where the map's unit is none of the signal's.
    what.form = RawForm{"u16", "ABCD", 1, 0, Unit::kilogram};
    EXPECT_THAT(causes(what), Contains(HasSubstr("off by one")));
}

} // namespace
} // namespace magwatch
