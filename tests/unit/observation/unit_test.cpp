// Spellings of units: what is listed means one unit, anything else means none.
#include "rules/observation/unit.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace magwatch {
namespace {

constexpr std::size_t unit_count = static_cast<std::size_t>(Unit::hour) + 1;

TEST(Unit, EveryNameIsUniqueAndLeadsBack)
{
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < unit_count; ++i) {
        const auto unit = static_cast<Unit>(i);
        EXPECT_TRUE(names.insert(name(unit)).second) << name(unit);
        EXPECT_EQ(unit_from(name(unit)), unit) << name(unit);
    }
}

TEST(Unit, SpellingsOfRealDevices)
{
    EXPECT_EQ(unit_from("mg/dL"), Unit::mg_per_dl);
    EXPECT_EQ(unit_from("MG/DL"), Unit::mg_per_dl);
    EXPECT_EQ(unit_from("meq/L"), Unit::meq_per_l);
    EXPECT_EQ(unit_from("mm[Hg]"), Unit::mm_hg);
    EXPECT_EQ(unit_from("MDC_DIM_MMHG"), Unit::mm_hg);
    EXPECT_EQ(unit_from("{beat}/min"), Unit::per_min);
    EXPECT_EQ(unit_from("µmol/L"), Unit::umol_per_l);
    EXPECT_EQ(unit_from("mcmol/L"), Unit::umol_per_l);
    EXPECT_EQ(unit_from("°C"), Unit::celsius);
}

TEST(Unit, WhatIsNotListedIsNotGuessed)
{
    for (const char* text : {"", " ", "mg/dl ", " mg/dl", "mg per dl", "g/dL", "mol/L", "U/L", "?", "mmol/l/min"}) {
        EXPECT_FALSE(unit_from(text)) << "'" << text << "'";
    }
    EXPECT_FALSE(unit_from(std::string(33, 'g')));
}

} // namespace
} // namespace magwatch
