#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "daemon/app/config_checks.hpp"
#include "daemon/config/config_reader.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tools/magwatch/init/answers.hpp"
#include "tools/magwatch/init/draft.hpp"
#include "tools/magwatch/init/questions.hpp"
#include "tools/magwatch/init/text.hpp"

namespace magwatch::cli::init
{
namespace
{

namespace fs = std::filesystem;

// A folder with what a site supplies; its protocol is approved.
class ConfigInit : public testing::Test
{
protected:
    ConfigInit()
    {
        const fs::path source{MAGWATCH_SOURCE_DIR};
        fs::copy(source / "rules/packs", folder / "packs");
        fs::copy(source / "tests/data/maps/every_order.toml", folder / "map.toml");
        std::string text = read(source / "rules/protocol/example.protocol.toml");
        write("example.protocol.toml", text);
    }

    static std::string read(const fs::path& path)
    {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    void write(const std::string& name, const std::string& text) { std::ofstream{folder / name} << text; }
    [[nodiscard]] std::string path() const { return (folder / "magwatch.toml").string(); }

    // Everything that a site starts with.
    static Answers whole(const std::string& mode)
    {
        Answers a;
        a.ward = "l4";
        a.label = "Ward \"L4\" \\ east";
        a.mode = mode;
        a.phone = "4471";
        a.emergency_number = "2222";
        a.bed = {"2", "iso=Isolation room"};
        a.person = {"midwife-1:bedside:sms=city/+447700900123,webhook=https://pager.example/hook?a=1,2",
                    "charge-1:charge:ntfy=midwives,alertmanager", "dr-1:doctor:snpp=5551234,smtp=dr@ward.example"};
        a.gateway = {"sms:city=https://sms.example/messages", "ntfy:ward=https://ntfy.ward.example",
                     "smtp=mail.example:587", "snpp:hospital=snpp.example:444",
                     "alertmanager:cluster=https://alerts.example:9093"};
        a.mail_from = "magwatch@ward.example";
        a.mail_user = "magwatch";
        a.device = {
            "bed=bed-1,host=10.0.0.11,port=503,unit=2,map=map.toml",
            "bed=bed-2,serial=/dev/serial/by-id/x,baud=19200,parity=even,stop_bits=1,unit=3,map=map.toml,kind=pump,"
            "name=pump-2"};
        a.hl7 = {"name=gateway,application=GATEWAY,facility=L4,period=5 s"};
        a.hl7_listen = "10.0.0.2:2575";
        a.hl7_allow = {"10.0.0.5"};
        a.hl7_zone = "GMT0BST,M3.5.0/1,M10.5.0";
        a.hl7_bed = {"L4^^1=bed-1", "ISO=iso"};
        a.pack = "packs/" + std::string{mode == "ward" ? "ggc" : "example"} + ".toml";
        a.protocol = "example.protocol.toml";
        a.answer_url = "https://ward.example";
        a.socket = "/run/magwatch/other.sock";
        a.state_directory = "/var/lib/other";
        return a;
    }
    [[nodiscard]] Draft draft_of(const Answers& answers) const
    {
        std::vector<std::string> mistakes;
        const Plan plan = plan_of(answers, mistakes);
        EXPECT_EQ(mistakes, std::vector<std::string>{});
        return draft(plan, path());
    }

    test::TemporaryDirectory own{"magwatch-init"};
    fs::path folder = own.path();
};

void expect_whole(const Config& c)
{
    EXPECT_EQ(c.ward.name, "l4");
    EXPECT_EQ(c.label, "Ward \"L4\" \\ east");
    EXPECT_EQ(c.ward.callback, "4471");
    ASSERT_EQ(c.ward.beds.size(), 3U);
    EXPECT_EQ(c.ward.beds[0].place, "Ward \"L4\" \\ east Bed 1");
    EXPECT_EQ(c.ward.beds[2].place, "Isolation room");
    ASSERT_EQ(c.modbus.size(), 2U);
    EXPECT_EQ(c.modbus[0].address, (Endpoint{"10.0.0.11", 503}));
    EXPECT_EQ(c.modbus[0].name, "device-1");
    EXPECT_EQ(c.modbus[1].serial.baud, 19200U);
    EXPECT_EQ(c.modbus[1].kind, SourceKind::pump);
    ASSERT_TRUE(c.hl7);
    EXPECT_EQ(c.hl7->sources[0].beds.at("L4^^1"), "bed-1");
    EXPECT_EQ(c.hl7->sources[0].zone, "GMT0BST,M3.5.0/1,M10.5.0");
    ASSERT_EQ(c.ward.people.size(), 3U);
    ASSERT_EQ(c.ward.people[0].channels.size(), 2U);
    EXPECT_EQ(c.ward.people[0].channels[0].address, "city +447700900123");
    EXPECT_EQ(c.ward.people[0].channels[1].address, "https://pager.example/hook?a=1,2");
    EXPECT_EQ(c.ward.people[1].channels[0].address, "ward midwives");
    EXPECT_EQ(c.ward.people[1].channels[1].address, "cluster");
    EXPECT_EQ(c.ward.people[2].channels[0].address, "hospital 5551234");
    EXPECT_EQ(c.ward.people[2].channels[1].address, "dr@ward.example");
    ASSERT_EQ(c.ward.high.rungs.size(), 3U) << "a rung for each role, in the order in which they were named";
    EXPECT_EQ(c.ward.high.rungs[0].people, std::vector<std::string>{"midwife-1"});
    EXPECT_EQ(c.journal.directory, "/var/lib/other");
    EXPECT_EQ(c.http.socket_path, "/run/magwatch/other.sock");
    ASSERT_TRUE(c.pager.smtp);
    EXPECT_EQ(c.pager.smtp->password, "credential:smtp");
}

TEST_F(ConfigInit, ADemonstrationIsGoodAtOnceWithEveryDeviceAndChannel)
{
    const Draft made = draft_of(whole("demo"));
    EXPECT_EQ(made.mistakes, std::vector<std::string>{});
    ASSERT_TRUE(made.valid) << testing::PrintToString(made.supply);
    const LoadedConfig loaded = parse_config(made.text, path(), [](const std::string& f) { return read_text_file(f); },
                                             config_checks());
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->ward.mode, Mode::demo);
    expect_whole(*loaded.config);
    // Every secret is named with how it is given, and the serial line's drop-in.
    EXPECT_EQ(made.credentials, (std::vector<std::string>{"webhook-midwife-1-2", "sms-city", "ntfy-ward", "smtp"}));
    EXPECT_EQ(made.supply.size(), 5U) << testing::PrintToString(made.supply);
    EXPECT_NE(made.supply[0].find("0600"), std::string::npos);
}

TEST_F(ConfigInit, AWardIsTheSameButForAnApprovedProtocol)
{
    const Draft made = draft_of(whole("ward"));
    EXPECT_EQ(made.mistakes, std::vector<std::string>{});
    EXPECT_FALSE(made.valid);
    const bool said = std::any_of(made.supply.begin(), made.supply.end(), [](const std::string& item) {
        return item.find("an example protocol runs in mode") != std::string::npos;
    });
    EXPECT_TRUE(said) << testing::PrintToString(made.supply);
    ConfigChecks checks = config_checks();
    checks.protocol = nullptr;
    const LoadedConfig loaded = parse_config(
        made.text, path(), [](const std::string& f) { return read_text_file(f); }, checks);
    ASSERT_TRUE(loaded.config) << testing::PrintToString(made.supply);
    EXPECT_EQ(loaded.config->ward.mode, Mode::ward);
    expect_whole(*loaded.config);
}

TEST_F(ConfigInit, WhatTheSiteMustSupplyIsNamed)
{
    Answers a;
    a.ward = "l4";
    a.bed = {"1"};
    a.person = {"m:bedside:sms=+447700900123"};
    a.gateway = {"sms:city=https://sms.example/x"};
    const Draft made = draft_of(a);
    EXPECT_EQ(made.mistakes, std::vector<std::string>{});
    EXPECT_FALSE(made.valid);
    ASSERT_EQ(made.supply.size(), 3U) << testing::PrintToString(made.supply);
    EXPECT_NE(made.supply[0].find("packs/site.toml"), std::string::npos);
    EXPECT_NE(made.supply[0].find("sign it off"), std::string::npos);
    EXPECT_NE(made.supply[1].find("site.protocol.toml"), std::string::npos);
    EXPECT_NE(made.supply[1].find("approved"), std::string::npos);
    EXPECT_NE(made.supply[2].find("sms-city"), std::string::npos);
}

TEST_F(ConfigInit, SecretFilesAreNamedUntilTheyArePrivate)
{
    Answers a = whole("demo");
    a.secrets = folder.string();
    a.device = {};
    EXPECT_EQ(draft_of(a).supply.size(), 4U);
    for (const char* name : {"webhook-midwife-1-2", "sms-city", "ntfy-ward", "smtp"}) {
        write(name, "secret");
        fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
    }
    EXPECT_EQ(draft_of(a).supply, std::vector<std::string>{});
    fs::permissions(folder / "smtp", fs::perms::group_read, fs::perm_options::add);
    EXPECT_EQ(draft_of(a).supply.size(), 1U);
}

TEST_F(ConfigInit, SeveralSendersCarriersManagersAndRosters)
{
    Answers a = whole("demo");
    a.hl7 = {"name=gateway,application=GATEWAY,period=5 s", "name=lab,application=LAB,zone=EST5EDT,M3.2.0,M11.1.0"};
    a.hl7_bed = {"BED1=bed-1", "lab:WARD:2=bed-2"};
    a.person = {"midwife-1:bedside:wctp=5551234", "dr-1:doctor:pcd04", "dr-2:doctor:pcd04"};
    a.gateway = {"wctp:carrier=https://wctp.example/wctp", "pcd04:manager=10.0.0.9:2577"};
    a.pcd04_id = "0009FBFFFF112233";
    a.pcd04_plain = true;
    a.roster = {"doctor=dr-1@08:00-20:00,dr-2@20:00-08:00"};
    const Draft made = draft_of(a);
    EXPECT_EQ(made.mistakes, std::vector<std::string>{});
    const LoadedConfig loaded = parse_config(made.text, path(), [](const std::string& f) { return read_text_file(f); },
                                             config_checks());
    ASSERT_TRUE(loaded.config) << made.text;
    const Config& c = *loaded.config;
    ASSERT_EQ(c.hl7->sources.size(), 2U);
    EXPECT_EQ(c.hl7->sources[0].zone, "GMT0BST,M3.5.0/1,M10.5.0");
    EXPECT_EQ(c.hl7->sources[1].zone, "EST5EDT,M3.2.0,M11.1.0");
    EXPECT_EQ(c.hl7->sources[0].beds, (decltype(c.hl7->sources[0].beds){{"BED1", "bed-1"}}));
    EXPECT_EQ(c.hl7->sources[1].beds, (decltype(c.hl7->sources[0].beds){{"BED1", "bed-1"}, {"WARD:2", "bed-2"}}));
    EXPECT_EQ(c.ward.people[0].channels[0].address, "carrier 5551234");
    EXPECT_EQ(c.ward.people[1].channels[0].address, "manager");
    ASSERT_EQ(c.pager.wctp.size(), 1U);
    EXPECT_EQ(c.pager.wctp[0].secret, "credential:wctp-carrier");
    ASSERT_EQ(c.pager.pcd04.size(), 1U);
    EXPECT_TRUE(c.pager.pcd04[0].allow_plain);
    EXPECT_NE(made.text.find("rungs = [[\"bedside\"], [\"doctor\"]]"), std::string::npos);
    EXPECT_NE(made.text.find("[[roster]]\nname = \"doctor\"\nlast_resort = \"dr-1\""), std::string::npos);

    a.pcd04_plain = false; // a manager elsewhere is the site's decision
    std::vector<std::string> mistakes;
    EXPECT_FALSE(draft(plan_of(a, mistakes), path()).mistakes.empty());
    a.pcd04_id.clear();
    ASSERT_EQ(missing(a).size(), 1U);
    EXPECT_TRUE(missing(a)[0].starts_with("--pcd04-id"));
    a.roster = {"doctor=midwife-1@08:00-20:00", "doctor=dr-1@08:00", "doctor"};
    mistakes.clear();
    (void)plan_of(a, mistakes);
    EXPECT_EQ(mistakes.size(), 3U) << testing::PrintToString(mistakes);
}

TEST_F(ConfigInit, AnswersThatMakeNoConfigurationAreRefused)
{
    for (const auto& [change, words] : std::vector<std::pair<void (*)(Answers&), std::string>>{
             {[](Answers& a) { a.ward = "L 4"; }, "ward name"},
             {[](Answers& a) {
                  a.bed = {"bed-1", "bed-1"};
              },
              "second bed alias"},
             {[](Answers& a) { a.bed = {"bed-1=A place whose name is much too long for a page"}; }, "at most 28"},
             {[](Answers& a) { a.phone = "a number that is too long"; }, "at most 16"},
             {[](Answers& a) { a.device = {"bed=bed-9,host=10.0.0.1,map=map.toml"}; }, "bed-9"},
             {[](Answers& a) { a.device = {"bed=bed-1,serial=/dev/x,baud=1,parity=even,unit=1,map=map.toml"}; },
              "baud"},
             {[](Answers& a) { a.hl7_allow = {}; }, "allow_from"},
             {[](Answers& a) { a.listen = "0.0.0.0:8300"; }, "loopback"},
             {[](Answers& a) { a.person[0] = "midwife-1:bedside:sms=city/12"; }, "telephone number"}}) {
        Answers a = whole("demo");
        change(a);
        std::vector<std::string> mistakes;
        const Draft made = draft(plan_of(a, mistakes), path());
        const auto& told = mistakes.empty() ? made.mistakes : mistakes;
        const std::string& wanted = words; // clang 14 captures no structured binding
        const bool found = std::any_of(told.begin(), told.end(),
                                       [&](const std::string& text) { return text.find(wanted) != std::string::npos; });
        EXPECT_TRUE(found) << words << " in " << testing::PrintToString(told);
    }
}

TEST(ConfigInitAnswers, HaveAForm)
{
    std::string mistake;
    for (const char* text : {"", "m", "m:r", "m:r:", ":r:sms=1", "m:r:fax=1", "m:r:sms", "m:r:sms="}) {
        mistake.clear();
        EXPECT_FALSE(parse_person(text, mistake)) << text;
        EXPECT_NE(mistake, "") << text;
    }
    for (const char* text : {"", "sms", "sms:x", "sms=http://x", "smtp:x=y", "fax:x=y", "sms:x="}) {
        mistake.clear();
        EXPECT_FALSE(parse_gateway(text, mistake)) << text;
        EXPECT_NE(mistake, "") << text;
    }
    for (const char* text : {"", "bed=b", "bed=b,map=m", "bed=b,map=m,host=h,serial=/dev/x", "bed=b,bed=c,map=m,host=h",
                             "bed=b,map=m,host=h,colour=red"}) {
        mistake.clear();
        EXPECT_FALSE(parse_device(text, mistake)) << text;
        EXPECT_NE(mistake, "") << text;
    }
    mistake.clear();
    EXPECT_EQ(parse_beds("257", "", mistake).size(), 0U);
    EXPECT_NE(mistake, "");
}

TEST(ConfigInitAnswers, EverythingThatIsMissingIsNamedAtOnce)
{
    EXPECT_EQ(missing({}).size(), 3U);
    Answers a;
    a.ward = "l4";
    a.gateway = {"smtp=mail.example"};
    EXPECT_EQ(missing(a).size(), 3U) << "beds, people and the sender of mail";
    a.bed = {"1"};
    a.person = {"m:r:sms=+1,ntfy=t", "n:r:sms=+2"};
    a.mail_from = "a@b";
    EXPECT_TRUE(missing(a).empty());
    std::vector<std::string> mistakes;
    (void)plan_of(a, mistakes);
    EXPECT_EQ(mistakes.size(), 2U) << "a gateway of each kind, once: " << testing::PrintToString(mistakes);
    a.gateway = {"sms:one=https://x/", "sms:two=https://y/", "ntfy:n=https://z"};
    mistakes.clear();
    (void)plan_of(a, mistakes);
    EXPECT_EQ(mistakes.size(), 2U) << "which of the two: " << testing::PrintToString(mistakes);
}

TEST(ConfigInitAnswers, AFileOfThemGivesWhatNoFlagHasSaid)
{
    Answers a;
    a.ward = "flag";
    std::vector<std::string> mistakes;
    read_answers("a.toml", "ward = \"file\"\nbed = [\"bed-1\", \"bed-2\"]\nphone = \"4471\"\n", a, mistakes);
    EXPECT_TRUE(mistakes.empty());
    EXPECT_EQ(a.ward, "flag");
    EXPECT_EQ(a.bed.size(), 2U);
    EXPECT_EQ(a.phone, "4471");
    read_answers("a.toml", "wards = \"x\"\nbed = 3\n", a, mistakes);
    EXPECT_EQ(mistakes.size(), 2U) << testing::PrintToString(mistakes);
}

// The questions' answers, one after another.
ReadLine says(std::vector<std::string> lines)
{
    return [lines = std::move(lines), next = std::size_t{0}]() mutable -> std::optional<std::string> {
        return next < lines.size() ? std::optional{lines[next++]} : std::nullopt;
    };
}

TEST(ConfigInitQuestions, AskForEverythingAndAgainAfterAWrongAnswer)
{
    Answers a;
    EXPECT_TRUE(ask(a, says({"", "l4", "", "on mars", "demo", "4471", "300", "2", "", "nobody",
                             "m:bedside:sms=+447700900123", "", "https://sms.example/m", "", "", ""})));
    EXPECT_EQ(a.ward, "l4");
    EXPECT_EQ(a.label, "Ward l4");
    EXPECT_EQ(a.mode, "demo");
    EXPECT_EQ(a.bed, std::vector<std::string>{"2"});
    EXPECT_EQ(a.person.size(), 1U);
    EXPECT_EQ(a.gateway, std::vector<std::string>{"sms:site=https://sms.example/m"});
    EXPECT_EQ(a.pack, "example");
    EXPECT_TRUE(missing(a).empty());
}

TEST(ConfigInitQuestions, AnEndOfTheInputWritesNothing)
{
    for (std::size_t n = 0; n < 8; ++n) {
        std::vector<std::string> lines{"l4", "", "ward", "4471", "2", "", "m:bedside:ntfy=x", ""};
        lines.resize(n);
        Answers a;
        EXPECT_FALSE(ask(a, says(lines))) << n;
    }
}

TEST(ConfigInitText, QuotesWhatCouldEndAString)
{
    EXPECT_EQ(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000Ad\"");
}

} // namespace
} // namespace magwatch::cli::init
