#include "daemon/people/people.hpp"

#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/people/pin.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch
{
namespace
{

using testing::HasSubstr;

TEST(PeopleFile, KeepsPeopleForTheDaemonsUserAloneAndHoldsNoPin)
{
    const test::TemporaryDirectory folder{"people"};
    const std::string path = folder.file("people.json");
    EXPECT_FALSE(std::get<People>(People::read(path)).anybody()) << "no file: nobody";
    People people;
    people.put("midwife-1", {"Anna \"A\" \xC3\x84", Role::midwife, hash_pin("246810"), true});
    people.put("doctor-1", {"Dr B", Role::doctor, "", false});
    EXPECT_EQ(people.write(path), "");
    struct stat about {
    };
    ASSERT_EQ(stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600U);
    std::ifstream in{path};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(text.find("246810"), std::string::npos);
    EXPECT_THAT(text, HasSubstr("$argon2id$v=19$m=65536,t=3,p=1$"));

    const People again = std::get<People>(People::read(path));
    EXPECT_TRUE(again.anybody());
    ASSERT_NE(again.enabled("midwife-1"), nullptr);
    EXPECT_EQ(again.enabled("midwife-1")->label, "Anna \"A\" \xC3\x84");
    EXPECT_EQ(fit_of(again.enabled("midwife-1")->pin_hash, "246810"), PinFit::right);
    EXPECT_EQ(fit_of(again.enabled("midwife-1")->pin_hash, "246811"), PinFit::wrong);
    EXPECT_EQ(again.enabled("doctor-1"), nullptr) << "may not act any more";
    EXPECT_EQ(again.find("doctor-1")->role, Role::doctor);
}

TEST(PeopleFile, WhatCannotBeReadIsSaidAndNeverTakenForNobody)
{
    const test::TemporaryDirectory folder{"people"};
    const std::string path = folder.file("people.json");
    for (const char* text : {"", "{", "[]", R"({"version":2,"people":[]})", R"({"version":1})",
                             R"({"version":1,"people":[{"name":"x"}]})",
                             R"({"version":1,"people":[{"name":"x","label":"","role":"king","pin":"","enabled":true}]})"}) {
        std::ofstream{path, std::ios::trunc} << text;
        const auto read = People::read(path);
        ASSERT_TRUE(std::holds_alternative<std::string>(read)) << text;
        EXPECT_THAT(std::get<std::string>(read), HasSubstr(path));
    }
}

TEST(Pin, IsNeitherShortNorOneThatEverybodyTries)
{
    for (const char* bad : {"", "24681", "2468101214161", "24681a", "111111", "123456", "987654", "-24681", "24 681"})
        EXPECT_NE(pin_mistake(bad), "") << bad;
    for (const char* good : {"246810", "112233", "192837465564"}) EXPECT_EQ(pin_mistake(good), "") << good;
}

TEST(Pin, WithoutOneNothingFits)
{
    EXPECT_EQ(fit_of("", ""), PinFit::wrong);
    EXPECT_EQ(fit_of("", "246810"), PinFit::wrong);
    EXPECT_EQ(fit_of("$argon2id$nonsense", "246810"), PinFit::wrong);
}

} // namespace
} // namespace magwatch
