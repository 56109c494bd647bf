// What runs where the file cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/app/last_good.hpp"
#include "daemon/app/startup.hpp"
#include "tests/integration/app/someone_to_page.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string ward = R"([ward]
name = "l4"
mode = "demo"
[rules]
pack = ")" MAGWATCH_SOURCE_DIR R"(/rules/packs/example.toml"
[[bed]]
alias = "bed-1"
place = "Ward L4 Bed 1"
)" + std::string{test::someone_to_page};

struct Startup : testing::Test {
    void write(const std::string& text) const { std::ofstream{path} << text; }
    // As a daemon starts.
    StartConfig start()
    {
        StartConfig found = read_configuration(path);
        fall_back(found, path, *opened.file);
        return found;
    }

    test::TemporaryDirectory directory{"magwatch-startup"};
    std::string path = directory.file("magwatch.toml");
    JournalOpened opened = JournalFile::open(directory.path(), test_wall);
};

TEST_F(Startup, AMapThatIsGoneLeavesItsDeviceOutAndNotTheWard)
{
    write(ward + "[[modbus]]\nname = \"monitor-1\"\nhost = \"127.0.0.1\"\nmap = \"gone.toml\"\nbed = \"bed-1\"\n");
    const StartConfig found = start();
    ASSERT_TRUE(found.config);
    EXPECT_TRUE(found.fallback);
    EXPECT_THAT(found.config->ward.fallback_reason, HasSubstr("register map"));
    EXPECT_THAT(found.config->ward.beds, SizeIs(1));
    EXPECT_THAT(found.config->ward.pack_name, HasSubstr("example"));
}

// An update refuses what ran until now: neither the file nor the last good one can be read as they stand.
TEST_F(Startup, WhatIsAcceptedOfTheLastGoodOneRunsWhereNothingElseDoes)
{
    Config before;
    before.path = path;
    before.text = ward + "[gone]\nkey = 1\n";
    before.pack_path = MAGWATCH_SOURCE_DIR "/rules/packs/example.toml";
    const StartConfig good = [&] {
        write(ward);
        return read_configuration(path);
    }();
    ASSERT_TRUE(good.config) << testing::PrintToString(good.errors);
    before.ward.pack_text = good.config->ward.pack_text;
    std::vector<JournalItem> items{JournalNamed{last_good_name, pack_last_good(before)}};
    ASSERT_FALSE(opened.file->write(items));
    write(before.text);
    const StartConfig found = start();
    ASSERT_TRUE(found.config);
    EXPECT_THAT(found.config->ward.fallback_reason, HasSubstr("without line "));
    EXPECT_THAT(found.config->ward.fallback_reason, HasSubstr("gone"));
    EXPECT_THAT(found.config->ward.beds, SizeIs(1));
    EXPECT_THAT(found.config->ward.pack_text, before.ward.pack_text);
    before.ward.pack_text = "no pack any more";
    items = {JournalNamed{last_good_name, pack_last_good(before)}};
    ASSERT_FALSE(opened.file->write(items));
    EXPECT_THAT(start().config->ward.pack_name, HasSubstr("minimal"));
}

TEST_F(Startup, AFileThatWasNeverGoodIsRefused)
{
    write(ward + "[gone]\nkey = 1\n");
    EXPECT_FALSE(start().config);
}

TEST(Secrets, ThatCannotBeReadAreToldUnlessTheyCouldNotBeforeEither)
{
    Config config;
    config.secrets = {"file:/there/is/none", "credential:none"};
    EXPECT_THAT(unreadable_secrets(config, {}), SizeIs(2));
    const auto wrong = unreadable_secrets(config, {"file:/there/is/none"});
    ASSERT_THAT(wrong, SizeIs(1));
    EXPECT_THAT(wrong.front(), HasSubstr("at a start alone"));
    EXPECT_THAT(unreadable_secrets(config, {"file:/there/is/none", "credential:none"}), IsEmpty());
}

} // namespace
} // namespace magwatch
