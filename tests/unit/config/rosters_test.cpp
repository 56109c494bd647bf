// Policies, rosters, quiet hours and what channels may carry, as a site writes them.
#include <gmock/gmock.h>

#include "daemon/config/config_reader.hpp"

namespace magwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view site = R"([ward]
name = "l4"
mode = "ward"
[[pager.sms]]
name = "city"
url = "https://sms.example/send"
format = "form"
fields = { To = "{to}", Body = "{text}" }
[[pager.ntfy]]
name = "own"
url = "https://ntfy.example"
secret = "credential:ntfy"
[pager.smtp]
host = "mail.example"
from = "magwatch@ward.example"
[[person]]
name = "dora"
role = "doctor"
channels_together = true
channels = [{ kind = "webhook", url = "https://pager.example/d", secret = "credential:d", detail = "values", encrypted = true },
            { kind = "sms", gateway = "city", to = "+447700900123" }]
[[person]]
name = "nils"
channels = [{ kind = "ntfy", gateway = "own", topic = "nils", detail = "values", encrypted = true }]
[[person]]
name = "mute"
[[roster]]
name = "obstetrician"
last_resort = "dora"
[[roster.shift]]
person = "dora"
days = ["mon", "sat"]
from = "08:00"
to = "20:00"
[[roster.shift]]
person = "nils"
from = "20:00"
to = "08:00"
[[roster.override]]
person = "nils"
from = 2026-12-24T08:00:00
to = 2026-12-25T20:00:00
[[quiet]]
name = "night"
from = "22:00"
to = "07:00"
[escalation.high]
rungs = [["doctor"], { who = ["nils"], wait = "30 s", together = true }, ["obstetrician"]]
[escalation.medium]
rungs = [["nils"]]
quiet = "night"
quiet_hold = "1 h"
follow_ups = false
[[escalation.policy]]
name = "chart"
kind = "technical"
priority = "low"
grade = 1
rungs = [["nils"]]
quiet = "night"
)";

LoadedConfig parsed(std::string text, const ConfigChecks& checks = {})
{
    const FileReader none = [](const std::string& path) -> std::variant<std::string, Diagnostic> {
        return Diagnostic{path, 0, 0, "cannot be read", ""};
    };
    return parse_config(std::move(text), "/etc/magwatch/magwatch.toml", none, checks);
}

std::string with(std::string_view from, std::string_view to)
{
    std::string text{site};
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::vector<std::string> mistakes(std::string text)
{
    std::vector<std::string> all;
    for (const Diagnostic& d : parsed(std::move(text)).errors)
        all.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + " " + d.message);
    return all;
}

TEST(RosterSections, ReadARosterWithShiftsAndOverrides)
{
    const LoadedConfig loaded = parsed(std::string{site});
    ASSERT_TRUE(loaded.config) << loaded.errors.at(0).text();
    ASSERT_THAT(loaded.config->rosters, SizeIs(1));
    const RosterConfig& roster = loaded.config->rosters[0];
    EXPECT_EQ(roster.name, "obstetrician");
    EXPECT_EQ(roster.last_resort, "dora");
    EXPECT_FALSE(roster.gaps_to_last_resort);
    ASSERT_THAT(roster.shifts, SizeIs(2));
    EXPECT_THAT(roster.shifts[0].hours.days, ElementsAre(true, false, false, false, false, true, false));
    EXPECT_THAT(roster.shifts[1].hours.days, ::testing::Each(true));
    EXPECT_EQ(roster.shifts[1].hours.from, 20 * 60);
    EXPECT_EQ(roster.shifts[1].hours.to, 8 * 60);
    ASSERT_THAT(roster.overrides, SizeIs(1));
    EXPECT_EQ(roster.overrides[0].to.day, 25);
    ASSERT_THAT(loaded.config->quiet, SizeIs(1));
    EXPECT_EQ(loaded.config->quiet[0].name, "night");
}

TEST(RosterSections, ReadRungsAsListsAndAsTables)
{
    const Configuration ward = parsed(std::string{site}).config.value().ward;
    ASSERT_THAT(ward.high.rungs, SizeIs(3));
    EXPECT_THAT(ward.high.rungs[0].people, ElementsAre("dora")); // a role
    EXPECT_THAT(ward.high.rungs[1].people, ElementsAre("nils"));
    EXPECT_EQ(ward.high.rungs[1].wait, std::chrono::seconds{30});
    EXPECT_TRUE(ward.high.rungs[1].together);
    EXPECT_THAT(ward.high.rungs[2].people, ElementsAre("obstetrician")); // a roster
    EXPECT_TRUE(ward.high.follow_ups);
    EXPECT_EQ(ward.high.quiet, "");
    EXPECT_FALSE(ward.medium.follow_ups);
    EXPECT_EQ(ward.medium.quiet, "night");
    EXPECT_EQ(ward.medium.quiet_hold, std::chrono::hours{1});
    EXPECT_TRUE(ward.technical.follow_ups); // as high, when not stated
    ASSERT_THAT(ward.policies, SizeIs(1));
    EXPECT_EQ(ward.policies[0].name, "chart");
    EXPECT_TRUE(ward.policies[0].fits(AlarmKind::technical, Priority::low, 1));
    EXPECT_FALSE(ward.policies[0].fits(AlarmKind::physiological, Priority::low, 1));
    EXPECT_TRUE(ward.people[0].together);
    EXPECT_FALSE(ward.people[1].together);
    EXPECT_TRUE(ward.people[0].channels[0].values);
    EXPECT_FALSE(ward.people[0].channels[1].values);
    EXPECT_TRUE(ward.people[1].channels[0].values);
}

TEST(RosterSections, AGapIsAMistakeUnlessTheLastResortIsMeantToCoverIt)
{
    ConfigChecks checks;
    checks.roster = [](const RosterConfig& roster) { return roster.name + ": nobody from Sat 28 Nov 08:00 to 20:00"; };
    const LoadedConfig refused = parsed(std::string{site}, checks);
    ASSERT_THAT(refused.errors, SizeIs(1));
    EXPECT_EQ(refused.errors[0].line, 28U);
    EXPECT_THAT(refused.errors[0].message, HasSubstr("roster obstetrician: nobody from Sat 28 Nov 08:00 to 20:00"));
    const LoadedConfig meant =
        parsed(with("last_resort = \"dora\"", "last_resort = \"dora\"\ngaps_to_last_resort = true"), checks);
    EXPECT_THAT(meant.errors, IsEmpty());
    EXPECT_THAT(meant.notes, ::testing::Contains(HasSubstr("the last resort, dora, has the duty then")));
}

struct Mistake {
    std::string_view from, to, expected;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.expected; }

class RosterMistake : public ::testing::TestWithParam<Mistake>
{
};

TEST_P(RosterMistake, IsFoundAtItsPlace)
{
    EXPECT_THAT(mistakes(with(GetParam().from, GetParam().to)), ElementsAre(HasSubstr(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    All, RosterMistake,
    ::testing::Values(
        Mistake{"last_resort = \"dora\"\n", "", "missing 'last_resort': who is told when nobody has the duty"},
        Mistake{"last_resort = \"dora\"", "last_resort = \"dara\"", "29:15 no person 'dara'; did you mean 'dora'?"},
        Mistake{"last_resort = \"dora\"", "last_resort = \"mute\"", "29:15 'mute' has no channel"},
        Mistake{"person = \"nils\"\nfrom = \"20:00\"", "person = \"mute\"\nfrom = \"20:00\"", "36:10 'mute' has no channel"},
        Mistake{"person = \"nils\"\nfrom = 2026", "person = \"nobody\"\nfrom = 2026", "40:10 no person 'nobody'"},
        Mistake{"[\"mon\", \"sat\"]", "[\"mon\", \"Sat\"]", "32:16 'Sat' is no day of the week"},
        Mistake{"[\"mon\", \"sat\"]", "[]", "32:8 'days' is empty"},
        Mistake{"from = \"08:00\"", "from = \"8:00\"", "33:8 'from' must be a time of day"},
        Mistake{"to = \"08:00\"", "to = \"24:00\"", "38:6 'to' must be a time of day"},
        Mistake{"from = \"22:00\"\n", "", "missing 'from'"},
        Mistake{"from = 2026-12-24T08:00:00", "from = 2026-12-24T08:00:00Z", "41:8 'from' must be a date and time"},
        Mistake{"from = 2026-12-24T08:00:00", "from = \"2026-12-24 08:00\"", "41:8 'from' must be a date and time"},
        Mistake{"from = 2026-12-24T08:00:00", "from = 2026-12-26T08:00:00", "42:6 this override is over before it begins"},
        Mistake{"from = 2026-12-24T08:00:00\n", "", "missing 'from', such as 2026-12-24T08:00:00"},
        Mistake{"[\"obstetrician\"]]", "[\"obstetrican\"]]",
                "no person, role or roster 'obstetrican'; did you mean 'obstetrician'?"},
        Mistake{"{ who = [\"nils\"], ", "{ ", "missing 'who'"},
        Mistake{"{ who = [\"nils\"], ", "{ who = [], ", "missing 'who'"},
        Mistake{"{ who = [\"nils\"], ", "{ whom = 1, who = [\"nils\"], ", "unknown key 'whom'"},
        Mistake{"wait = \"30 s\", together", "wait = \"1 s\", together", "'wait' is 1 s, but must be 5 s"},
        Mistake{"rungs = [[\"nils\"]]\nquiet = \"night\"\nquiet_hold",
                "rungs = [{ who = [\"nils\"], together = true }]\nquiet = \"night\"\nquiet_hold",
                "the first rung has none before it"},
        Mistake{"rungs = [[\"doctor\"], {", "quiet = \"night\"\nrungs = [[\"doctor\"], {",
                "48:9 quiet hours hold pages back, and nothing may hold the first page of a high call"},
        Mistake{"priority = \"low\"\n", "", "59:9 quiet hours hold pages back"},
        Mistake{"priority = \"low\"\n", "priority = \"high\"\n", "60:9 quiet hours hold pages back"},
        Mistake{"quiet = \"night\"\nquiet_hold", "quiet = \"nigth\"\nquiet_hold",
                "no [[quiet]] named 'nigth'; did you mean 'night'?"},
        Mistake{"quiet = \"night\"\nquiet_hold", "quiet_hold", "'quiet_hold' belongs to a 'quiet'"},
        Mistake{"grade = 1", "grade = 3", "'grade' is 3, but must be 0 to 2"},
        Mistake{"kind = \"technical\"", "kind = \"clinical\"", "'kind': \"clinical\" is not one of"},
        Mistake{"[[escalation.policy]]",
                "[[escalation.policy]]\nname = \"all\"\nrungs = [[\"nils\"]]\n[[escalation.policy]]",
                "never used: 'all' stands before it"},
        Mistake{"detail = \"values\", encrypted = true },", "detail = \"values\" },", "say 'encrypted = true' if everything"},
        Mistake{"https://ntfy.example", "http://127.0.0.1:2586", "plain http is not encrypted"},
        Mistake{"to = \"+447700900123\"", "to = \"+447700900123\", detail = \"values\", encrypted = true",
                "'sms' does not encrypt messages up to the person"},
        Mistake{"{ kind = \"sms\", gateway = \"city\", to = \"+447700900123\"",
                "{ kind = \"smtp\", to = \"d@ward.example\", detail = \"values\", encrypted = true",
                "mail is encrypted to the next server only"}));

TEST(RosterSections, ARosterIsNeverCalledAsAPersonOrARole)
{
    const auto named = [](const std::string& name) {
        std::string text{site};
        for (std::size_t at = text.find("obstetrician"); at != std::string::npos; at = text.find("obstetrician"))
            text.replace(at, 12, name);
        return text;
    };
    EXPECT_THAT(mistakes(named("nils")), ElementsAre(HasSubstr("'nils' is a person")));
    EXPECT_THAT(mistakes(named("doctor")), ElementsAre(HasSubstr("'doctor' is a role")));
}

} // namespace
} // namespace magwatch
