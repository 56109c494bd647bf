// What a newer version accepts of a configuration that was good once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/app/accepted_part.hpp"
#include "tests/integration/app/someone_to_page.hpp"

namespace magwatch {
namespace {

using testing::HasSubstr;

const std::string good = R"([ward]
name = "l4"
mode = "demo"
[journal]
directory = "/var/lib/magwatch"
[rules]
pack = "pack.toml"
[[bed]]
alias = "bed-1"
place = "Ward L4 Bed 1"
[[bed]]
alias = "bed-2"
place = "Ward L4 Bed 2"
)" + std::string{test::someone_to_page};

std::optional<AcceptedPart> accept(const std::string& text)
{
    const FileReader none = [](const std::string& path) -> std::variant<std::string, Diagnostic> {
        if (path == "pack.toml") return std::string{"a pack"};
        return Diagnostic{path, 0, 0, "is not there", ""};
    };
    return accepted_part(text, "magwatch.toml", none, {});
}

std::size_t beds(const std::optional<AcceptedPart>& part) { return part ? part->config.ward.beds.size() : 0; }

TEST(AcceptedPart, OfAGoodTextIsAllOfIt)
{
    const auto part = accept(good);
    ASSERT_EQ(beds(part), 2U);
    EXPECT_EQ(part->left_out, "");
}

TEST(AcceptedPart, AKeyThatIsRefusedIsLeftOutAndTheRestOfItsTableStays)
{
    std::string text = good;
    text.insert(text.find("directory"), "gone = 1\n");
    const auto part = accept(text + "colour = \"red\"\n");
    ASSERT_EQ(beds(part), 2U);
    EXPECT_EQ(part->config.journal.directory, "/var/lib/magwatch");
    EXPECT_THAT(part->left_out, HasSubstr("line 5: "));
    EXPECT_THAT(part->left_out, HasSubstr("gone"));
    EXPECT_THAT(part->left_out, HasSubstr("(and 1 more)"));
}

TEST(AcceptedPart, ATableThatIsRefusedAsAWholeIsLeftOut)
{
    const auto part = accept(good + "[nonsense]\nkey = 1\n[[bed]]\nplace = \"nowhere\"\n");
    ASSERT_EQ(beds(part), 2U);
}

TEST(AcceptedPart, AValueOverSeveralLinesGoesWithItsKey)
{
    std::string text = good;
    text.insert(text.find("[[bed]]"), "gone = [\n  1,\n  2,\n]\n");
    EXPECT_EQ(beds(accept(text)), 2U);
}

TEST(AcceptedPart, WhatNoLineIsToBlameForIsNotMended)
{
    std::string text = good;
    text.replace(text.find("pack.toml"), 9, "none.toml");
    EXPECT_FALSE(accept(text)) << "another file's mistake";
    const auto nothing = accept("this is no configuration");
    EXPECT_EQ(beds(nothing), 0U);
}

} // namespace
} // namespace magwatch
