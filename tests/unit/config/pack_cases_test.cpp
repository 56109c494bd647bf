// A pack is loaded only with its cases: what `config check`, a start and a reload have in common.
#include <map>

#include <gmock/gmock.h>

#include "daemon/app/config_checks.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/config/pack_cases.hpp"
#include "tests/support/slow_pack.hpp"

namespace magwatch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using test::slow_near_miss;
using test::slow_raises;

const std::string pack = test::slow_pack("site");
const std::string good_cases = slow_raises() + slow_near_miss;

std::string config_text(const std::string& mode, const std::string& rules = "")
{
    return "[ward]\nname = \"l4\"\nlabel = \"Ward L4\"\nmode = \"" + mode + "\"\nphone = \"4471\"\n[http]\n"
           "listen = \"127.0.0.1:8300\"\nsocket = \"/s\"\n[rules]\npack = \"site.toml\"\n" + rules;
}

struct Files {
    std::map<std::string, std::string> texts; // by path
    [[nodiscard]] LoadedConfig load(const std::string& config) const
    {
        const FileReader read = [this](const std::string& path) -> std::variant<std::string, Diagnostic> {
            const auto found = texts.find(path);
            if (found == texts.end()) return Diagnostic{path, 0, 0, "cannot be read", ""};
            return found->second;
        };
        return parse_config(config, "/nowhere/magwatch.toml", read, config_checks());
    }
};

Files files(const std::string& text, const std::optional<std::string>& cases)
{
    Files out;
    out.texts["/nowhere/site.toml"] = text;
    if (cases) out.texts["/nowhere/site.test.toml"] = *cases;
    return out;
}

std::vector<std::string> mistakes(const LoadedConfig& loaded)
{
    std::vector<std::string> out;
    for (const auto& error : loaded.errors) out.push_back(error.text());
    EXPECT_EQ(loaded.config.has_value(), out.empty());
    return out;
}

TEST(PackCases, APackWhoseCasesPassIsLoaded)
{
    for (const std::string mode : {"ward", "demo", "replay"}) {
        const LoadedConfig loaded = files(pack, good_cases).load(config_text(mode));
        EXPECT_THAT(mistakes(loaded), IsEmpty());
        for (const auto& note : loaded.notes) EXPECT_THAT(note, Not(HasSubstr("case")));
    }
    // In the pack itself they count as well; that there is no file is only told.
    const LoadedConfig inside = files(pack + good_cases, std::nullopt).load(config_text("ward"));
    EXPECT_THAT(mistakes(inside), IsEmpty());
    EXPECT_THAT(inside.notes, Contains(HasSubstr("there is no site.test.toml beside it: 2 cases")));
}

TEST(PackCases, ACaseThatFailsRefusesThePackInEveryMode)
{
    for (const std::string mode : {"ward", "demo", "replay"}) {
        const auto told = mistakes(files(pack, slow_raises("41 s") + slow_near_miss).load(config_text(mode)));
        EXPECT_THAT(told, ElementsAre(AllOf(StartsWith("/nowhere/site.test.toml:1:1: error: the case \"raises\" fails: "
                                                       "expected, but not seen: slow raised at 41 s (and 1 more)"),
                                            HasSubstr("    1 | [[case]]\n      | ^"))));
    }
}

TEST(PackCases, OfManyCasesThatFailTheFirstAreShownAndTheRestCounted)
{
    std::string cases = good_cases;
    for (int i = 0; i < 5; ++i) cases += slow_raises("2 s");
    const auto told = mistakes(files(pack, cases).load(config_text("ward")));
    ASSERT_THAT(told, SizeIs(4));
    EXPECT_THAT(told[0], StartsWith("/nowhere/site.test.toml:11:1: error: "));
    EXPECT_THAT(told[3], AllOf(StartsWith("/nowhere/site.test.toml: error: 2 more cases fail: "),
                               HasSubstr("'magwatch rules test /nowhere/site.toml'")));
}

TEST(PackCases, AMistakeInTheCasesIsAMistakeOfTheConfiguration)
{
    const auto told = mistakes(files(pack, "[[case]]\ntitle = \"x\"\nrule = \"slw\"\nexpect = []\n").load(config_text("demo")));
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_THAT(told[0], StartsWith("/nowhere/site.test.toml:3:8: error: the pack has no rule 'slw'"));
}

TEST(PackCases, AWardRunsNoRuleThatNoCaseCoversADemonstrationSaysSo)
{
    for (const std::optional<std::string>& cases : {std::optional<std::string>{}, std::optional{slow_near_miss}}) {
        const Files some = files(pack, cases);
        const auto told = mistakes(some.load(config_text("ward")));
        ASSERT_THAT(told, SizeIs(1));
        EXPECT_THAT(told[0], AllOf(StartsWith("/nowhere/site.toml: error: 1 rule lacks a case"),
                                   HasSubstr("slow: no case raises it")));
        EXPECT_EQ(told[0].find("there is no site.test.toml beside it") != std::string::npos, !cases);
        const LoadedConfig demo = some.load(config_text("demo"));
        EXPECT_THAT(mistakes(demo), IsEmpty());
        EXPECT_THAT(demo.notes, Contains(AllOf(HasSubstr("slow: no case raises it"), HasSubstr("a ward refuses"))));
    }
}

// What a site inherits is proven by its parent's cases; what it changes needs its own.
TEST(PackCases, APackThatChangesNothingNeedsNoCasesOfItsOwn)
{
    const std::string child = "name = \"site\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"base\"\n";
    Files some = files(child, std::nullopt);
    some.texts["/nowhere/base.toml"] = test::slow_pack("base");
    some.texts["/nowhere/base.test.toml"] = good_cases;
    const LoadedConfig same = some.load(config_text("ward"));
    EXPECT_THAT(mistakes(same), IsEmpty());
    EXPECT_THAT(same.notes, Contains(HasSubstr("inherited")));
    some.texts["/nowhere/site.toml"] = child + "[limits]\nstop = { value = \"10 /min\", source = \"s\" }\n";
    EXPECT_THAT(mistakes(some.load(config_text("ward"))), ElementsAre(HasSubstr("slow: no case raises it")));
    some.texts["/nowhere/site.toml"] = child;
    some.texts["/nowhere/base.test.toml"] = slow_raises("39 s") + slow_near_miss;
    EXPECT_THAT(mistakes(some.load(config_text("ward"))), ElementsAre(StartsWith("/nowhere/base.test.toml:1:1: error: ")));
}

TEST(PackCases, LimitsOfTheConfigurationChangeNoCase)
{
    const LoadedConfig loaded = files(pack, good_cases).load(config_text("ward", "limits = { stop = \"9 /min\" }\n"));
    EXPECT_THAT(mistakes(loaded), IsEmpty());
}

TEST(PackCases, CasesWithoutEndAreRefusedRatherThanRun)
{
    std::string cases = good_cases;
    for (int i = 0; i < 8; ++i) {
        cases += "[[case]]\ntitle = \"long\"\nrule = \"slow\"\nseries = { rr = \"16x199999\" }\nexpect = []\n";
    }
    EXPECT_THAT(mistakes(files(pack, cases).load(config_text("demo"))), ElementsAre(HasSubstr("at most 1000000 in all")));
}

// The pack that is kept stands alone, without its cases: they have passed, and the ward needs it.
TEST(PackCases, TheLastGoodConfigurationNeedsNoCases)
{
    const LoadedConfig loaded = files(pack, good_cases).load(config_text("ward"));
    ASSERT_TRUE(loaded.config);
    const auto again = unpack_last_good(pack_last_good(*loaded.config));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->ward.pack_text, loaded.config->ward.pack_text);
}

// What `magwatch demo` and a replay play is no patient.
TEST(PackCases, AMapOfASimulatedDeviceIsNoneForAWard)
{
    const auto loaded = [](const std::string& mode, const std::string& simulation, PackTests tests) {
        const std::string config = "[ward]\nname = \"l4\"\nlabel = \"L4\"\nmode = \"" + mode +
                                   "\"\nphone = \"4471\"\n[[bed]]\nalias = \"bed-1\"\nplace = \"Bed 1\"\n[[modbus]]\n"
                                   "name = \"m1\"\nhost = \"127.0.0.1\"\nport = 502\nunit = 1\nbed = \"bed-1\"\n"
                                   "map = \"m.toml\"\n";
        const std::string map = "name = \"m\"\nmodel = \"x\"\ncommissioned = true\n" + simulation +
                                "interval = \"1 s\"\ntimeout = \"1 s\"\n[[register]]\nsignal = \"rr\"\nfunction = 4\n"
                                "address = 1\ntype = \"u16\"\nunit = \"/min\"\n";
        const FileReader read = [&map](const std::string&) -> std::variant<std::string, Diagnostic> { return map; };
        std::string mistakes;
        for (const auto& error : parse_config(config, "magwatch.toml", read, config_checks(tests)).errors)
            if (error.file == "m.toml") mistakes += error.message;
        return mistakes;
    };
    EXPECT_THAT(loaded("ward", "simulation = true\n", PackTests::run), HasSubstr("no simulated patient for a real one"));
    EXPECT_EQ(loaded("ward", "", PackTests::run), "");
    EXPECT_EQ(loaded("ward", "simulation = false\n", PackTests::run), "");
    EXPECT_EQ(loaded("demo", "simulation = true\n", PackTests::run), "");
    EXPECT_EQ(loaded("replay", "simulation = true\n", PackTests::run), "");
    // What was in force watches on in bad weather.
    EXPECT_EQ(loaded("ward", "simulation = true\n", PackTests::passed_before), "");
}

} // namespace
} // namespace magwatch
