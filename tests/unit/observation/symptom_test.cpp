// The groups of symptoms, and their words in packs.
#include "rules/observation/symptom.hpp"
#include "rules/observation/signal.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

TEST(Symptoms, GroupsHaveTheWordsOfTheLanguage)
{
    for (const SymptomGroup group : {SymptomGroup::none, SymptomGroup::expected, SymptomGroup::examine, SymptomGroup::grave})
        EXPECT_EQ(name(group), value_word(Signal::symptom, static_cast<double>(group)));
    EXPECT_EQ(gravest(0), SymptomGroup::none);
    EXPECT_EQ(gravest(1U << *symptom_bit("nausea")), SymptomGroup::expected);
    EXPECT_EQ(gravest(1U << *symptom_bit("nausea") | 1U << *symptom_bit("hives")), SymptomGroup::grave);
}

} // namespace
} // namespace magwatch
