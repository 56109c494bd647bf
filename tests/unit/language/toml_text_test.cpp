// Places in a text of several files.
#include "rules/language/toml_text.hpp"

#include <gtest/gtest.h>

namespace magwatch::language {
namespace {

TEST(TomlText, WhatStandsInNoFileIsOfTheFirst)
{
    EXPECT_EQ(TomlText::file_of({}), 0U);
    TomlText text{"a = 1\n", "one.toml"};
    const std::size_t second = text.add("b = 2\n", "two.toml");
    const auto document = text.parse(second);
    ASSERT_TRUE(document);
    EXPECT_EQ(TomlText::file_of(document->get("b")->source()), second);
    text.fail(*document->get("b"), "there");
    text.fail_whole("as a whole");
    const auto told = text.take();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].text(), "one.toml: error: as a whole");
    EXPECT_EQ(told[1].text(), "two.toml:1:5: error: there\n    1 | b = 2\n      |     ^");
    EXPECT_TRUE(text.good());
}

} // namespace
} // namespace magwatch::language
