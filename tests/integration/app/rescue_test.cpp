// What goes along when the state directory takes nothing any more.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "daemon/app/pager_set.hpp"
#include "daemon/app/rescue.hpp"
#include "daemon/commissioning/seal.hpp"
#include "daemon/people/people.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;

struct Rescue : ::testing::Test {
    void write(const std::string& name, const std::string& text) const { std::ofstream{broken.file(name)} << text; }
    std::map<std::string, std::string> rescued() const
    {
        std::map<std::string, std::string> files;
        for (const auto& entry : fs::directory_iterator{memory.path()}) {
            std::ifstream in{entry.path(), std::ios::binary};
            files[entry.path().filename()] = std::string{std::istreambuf_iterator<char>{in}, {}};
        }
        return files;
    }

    test::TemporaryDirectory broken{"magwatch-broken"}, memory{"magwatch-memory"};
    std::string from = broken.path(), to = memory.path();
};

TEST_F(Rescue, KeysPeopleAndNotesGoAlongAndNothingElse)
{
    const std::map<std::string, std::string> kept{{"answer.key", std::string(32, '\0') + "a"},
                                                  {"commission.key", "c"},
                                                  {"people.json", "{}"},
                                                  {"backup.json", "b"},
                                                  {"restored.json", "r"}};
    for (const auto& [name, text] : kept) write(name, text);
    for (const char* name : {"starts", "journal.reserve", "history.db", "answer.key.new"}) write(name, "x");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued(), kept);
    for (const auto& entry : fs::directory_iterator{memory.path()})
        EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << entry.path();
}

TEST_F(Rescue, ASealAndALinkFitAsBefore)
{
    CommissionRecord record;
    record.device = "monitor-1";
    Seal{from}.put_on(record);
    const std::string key = answer_key(from);
    ASSERT_FALSE(key.empty());
    rescue_small_files(from, to);
    EXPECT_TRUE(Seal{to}.fits(record));
    EXPECT_EQ(answer_key(to), key);
}

TEST_F(Rescue, WhatCannotBeReadKeepsNothingElseBack)
{
    fs::create_directory(broken.path() / "answer.key");
    write("people.json", "{}");
    fs::create_symlink("nowhere", broken.path() / "commission.key");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued(), (std::map<std::string, std::string>{{"people.json", "{}"}}));
    rescue_small_files(broken.file("gone"), to);
    EXPECT_EQ(rescued().size(), 1U);
}

TEST_F(Rescue, NothingIsWrittenOverWhatSomebodyElsePutThere)
{
    write("answer.key", "secret");
    std::ofstream{memory.file("theirs")} << "theirs";
    fs::create_symlink(memory.file("theirs"), memory.path() / "answer.key");
    rescue_small_files(from, to);
    EXPECT_EQ(rescued().at("theirs"), "theirs");
}

} // namespace
} // namespace magwatch
