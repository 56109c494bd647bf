#include "daemon/config/config_reader.hpp"

#include <cctype>
#include <ostream>

#include <gmock/gmock.h>

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::string_view good = R"([ward]
name = "l4"
label = "Ward L4"
mode = "ward"
phone = "4471"
emergency_number = "2222"

[[bed]]
alias = "bed-1"
place = "Ward L4 Bed 1"
[[bed]]
alias = "bed-2"
place = "Ward L4 Bed 2"

[[modbus]]
name = "monitor-1"
host = "10.0.0.11"
unit = 3
map = "maps/monitor.toml"
bed = "bed-1"
[[modbus]]
name = "pump-1"
kind = "pump"
host = "10.0.0.12"
port = 1502
map = "maps/pump.toml"
bed = "bed-1"

[hl7]
listen = "127.0.0.1:2575"
[[hl7.source]]
name = "gateway"
application = "GW"
zone = "+01:00"
period = "10 s"
beds = { "L4^^2" = "bed-2" }
code = [{ code = "RRX", signal = "rr", unit = "/min" }]

[[person]]
name = "midwife-1"
role = "bedside"
channels = [{ kind = "webhook", url = "https://pager.example/hook", secret = "credential:hook" }]
[[person]]
name = "charge-1"
role = "charge"
channels = [{ kind = "webhook", url = "http://127.0.0.1:9000/p", secret = "credential:hook" },
            { kind = "smtp", to = "charge@ward.example" },
            { kind = "sms", gateway = "city", to = "+447700900123" },
            { kind = "snpp", gateway = "hospital", pager = "5551234" }]

[escalation.high]
rungs = [["bedside"], ["charge", "midwife-1"]]
wait = "60 s"
[escalation.technical]
rungs = [["charge"]]
wait = "2 min"

[pager]
answer_url = "http://127.0.0.1:8300"
answer_secret = "credential:answers"
[[pager.sms]]
name = "city"
url = "https://sms.example/send"
format = "json"
fields = { "/messages/0/to" = "{to}", "/messages/0/text" = "{text}" }
headers = { Authorization = "App {secret}" }
secret = "credential:sms"
idempotency_header = "Idempotency-Key"
[[pager.snpp]]
name = "hospital"
host = "127.0.0.1"
user = "ward"
password = "credential:snpp"
[pager.smtp]
host = "127.0.0.1"
port = 2525
starttls = false
from = "magwatch@ward.example"

[http]
listen = "127.0.0.1:8300"
socket = "/run/magwatch/magwatchd.sock"

[journal]
directory = "/var/lib/magwatch"
keep = "30 days"
max_mib = 512
keep_audit = "400 days"
max_audit_mib = 64

[protocol]
file = "site.protocol.toml"

[rules]
pack = "packs/site.toml"
limits = { rr_low = "10 /min" }

[freshness]
rr = "40 s"
)";

std::variant<std::string, Diagnostic> fake_file(const std::string& path)
{
    if (path.find("missing") != std::string::npos)
        return Diagnostic{path, 0, 0, "cannot be read: No such file or directory", ""};
    return "text of " + path;
}

LoadedConfig parsed(std::string_view text, const ConfigChecks& checks = {})
{
    return parse_config(std::string{text}, "/etc/magwatch/magwatch.toml", fake_file, checks);
}

std::string changed(std::string_view from, std::string_view to)
{
    std::string text{good};
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::vector<std::string> mistakes(std::string_view text)
{
    std::vector<std::string> all;
    const LoadedConfig loaded = parsed(text);
    for (const Diagnostic& d : loaded.errors)
        all.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + " " + d.message);
    EXPECT_EQ(all.empty(), loaded.config.has_value());
    return all;
}

TEST(ConfigReader, ReadsAWholeWard)
{
    const LoadedConfig loaded = parsed(good);
    ASSERT_TRUE(loaded.config) << (loaded.errors.empty() ? "" : loaded.errors[0].text());
    const Config& c = *loaded.config;
    EXPECT_EQ(c.ward.name, "l4");
    EXPECT_EQ(c.ward.mode, Mode::ward);
    EXPECT_EQ(c.ward.callback, "4471");
    EXPECT_EQ(c.ward.emergency, "2222");
    ASSERT_THAT(c.ward.beds, SizeIs(2));
    EXPECT_EQ(c.ward.beds[1].place, "Ward L4 Bed 2");
    ASSERT_THAT(c.modbus, SizeIs(2));
    EXPECT_EQ(c.modbus[0].address, (Endpoint{"10.0.0.11", 502}));
    EXPECT_EQ(c.modbus[0].unit, 3);
    EXPECT_EQ(c.modbus[0].map.path, "/etc/magwatch/maps/monitor.toml");
    EXPECT_EQ(c.modbus[0].map.text, "text of /etc/magwatch/maps/monitor.toml");
    EXPECT_EQ(c.modbus[1].kind, SourceKind::pump);
    ASSERT_TRUE(c.hl7);
    EXPECT_EQ(c.hl7->listen.text(), "127.0.0.1:2575");
    EXPECT_EQ(c.hl7->sources.at(0).beds.at("L4^^2"), "bed-2");
    EXPECT_EQ(c.hl7->sources.at(0).codes.at(0).signal, Signal::rr);
    EXPECT_EQ(c.hl7->sources.at(0).codes.at(0).unit, Unit::per_min);
    ASSERT_THAT(c.ward.sources, SizeIs(3));
    EXPECT_EQ(c.ward.sources[2].kind, SourceKind::messages);
    EXPECT_EQ(c.ward.sources[2].period, 10s);
    ASSERT_THAT(c.ward.people, SizeIs(2));
    EXPECT_EQ(c.ward.people[1].channels.at(1).address, "charge@ward.example");
    EXPECT_EQ(c.ward.people[1].channels.at(1).name, "smtp-2");
    EXPECT_THAT(c.ward.high.rungs.at(0).people, ElementsAre("midwife-1")); // by role
    EXPECT_THAT(c.ward.high.rungs.at(1).people, ElementsAre("charge-1", "midwife-1"));
    EXPECT_EQ(c.ward.medium.rungs.size(), 2U); // as high, when not stated
    EXPECT_EQ(c.ward.technical.wait, 2min);
    EXPECT_THAT(c.pager.secrets, SizeIs(2));
    EXPECT_EQ(c.pager.smtp->server.port, 2525);
    EXPECT_EQ(c.ward.people[1].channels.at(2).kind, "sms");
    EXPECT_EQ(c.ward.people[1].channels.at(2).address, "city +447700900123");
    EXPECT_EQ(c.ward.people[1].channels.at(3).address, "hospital 5551234");
    ASSERT_THAT(c.pager.snpp, SizeIs(1));
    EXPECT_EQ(c.pager.snpp[0].server, (Endpoint{"127.0.0.1", 444}));
    EXPECT_EQ(c.pager.snpp[0].password, "credential:snpp");
    ASSERT_THAT(c.pager.sms, SizeIs(1));
    EXPECT_TRUE(c.pager.sms[0].json);
    EXPECT_THAT(c.pager.sms[0].fields, ElementsAre(Pair("/messages/0/to", "{to}"), Pair("/messages/0/text", "{text}")));
    EXPECT_THAT(c.pager.sms[0].headers, ElementsAre(Pair("Authorization", "App {secret}")));
    EXPECT_EQ(c.pager.sms[0].secret, "credential:sms");
    EXPECT_EQ(c.journal.keep, 24h * 30);
    EXPECT_EQ(c.journal.keep_audit, 24h * 400);
    EXPECT_EQ(c.journal.max_audit_bytes, 64ULL << 20);
    EXPECT_EQ(c.journal.max_bytes, 512ULL << 20);
    EXPECT_EQ(c.ward.pack_name, "site.toml");
    EXPECT_EQ(c.ward.pack_text, "text of /etc/magwatch/packs/site.toml");
    EXPECT_EQ(c.ward.limits.at(0).name, "rr_low");
    EXPECT_EQ(c.ward.freshness.at(0).limit, 40s);
    EXPECT_THAT(loaded.notes, IsEmpty());
}

// A page must always hold its place and its numbers: 160 characters, and what to do is never cut.
TEST(Config, PlacesAndNumbersAreBoundedByWhatAPageHolds)
{
    struct Bounded {
        std::string from, key;
        std::size_t longest;
        std::string at;
    };
    const Bounded all[] = {{"\"Ward L4 Bed 2\"", "place", place_max, "13:9"},
                           {"\"4471\"", "phone", callback_max, "5:9"},
                           {"\"2222\"", "emergency_number", emergency_max, "6:20"}};
    for (const Bounded& one : all) {
        const std::string longest(one.longest, '7');
        EXPECT_THAT(mistakes(changed(one.from, "\"" + longest + "\"")), IsEmpty()) << one.key;
        EXPECT_THAT(mistakes(changed(one.from, "\"" + longest + "7\"")),
                    ElementsAre(AllOf(HasSubstr(one.at + " "), HasSubstr("'" + one.key + "'"),
                                      HasSubstr("at most " + std::to_string(one.longest) + " plain characters"),
                                      HasSubstr("has " + std::to_string(one.longest + 1)))));
    }
    EXPECT_THAT(mistakes(changed("\"Ward L4\"", "\"" + std::string(40, 'L') + "\"")), IsEmpty());
}

TEST(Config, WhatIsParticularAboutASenderOfHl7CanBeSaid)
{
    const auto plain = parsed(good);
    ASSERT_TRUE(plain.config);
    const Hl7SourceConfig& by_default = plain.config->hl7->sources.at(0);
    EXPECT_FALSE(by_default.pumps_give_magnesium);
    EXPECT_FALSE(by_default.charting);
    EXPECT_FALSE(by_default.usable_with_status_x);
    const auto loaded = parsed(changed("period = \"10 s\"", "pumps_give_magnesium = true\ncharting = true\n"
                                                            "usable_with_status_x = true"));
    ASSERT_TRUE(loaded.config);
    const Hl7SourceConfig& source = loaded.config->hl7->sources.at(0);
    EXPECT_TRUE(source.pumps_give_magnesium);
    EXPECT_TRUE(source.charting);
    EXPECT_TRUE(source.usable_with_status_x);
    EXPECT_THAT(mistakes(changed("period = \"10 s\"", "charting = \"yes\"")),
                ElementsAre(HasSubstr("'charting'")));
}

struct Broken {
    std::string_view from, to, expected;
};

// CTest names its cases by this.
void PrintTo(const Broken& broken, std::ostream* out)
{
    for (const char c : broken.expected)
        *out << (std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
}

class ConfigMistake : public ::testing::TestWithParam<Broken>
{
};

TEST_P(ConfigMistake, IsFoundAtItsPlace)
{
    EXPECT_THAT(mistakes(changed(GetParam().from, GetParam().to)),
                ElementsAre(HasSubstr(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigMistake,
    ::testing::Values(
        Broken{"label =", "lable =", "3:1 unknown key 'lable'; did you mean 'label'?"},
        Broken{"mode = \"ward\"", "mode = \"wart\"", "4:8 'mode': \"wart\" is not one of"},
        Broken{"alias = \"bed-2\"", "alias = \"bed-1\"\nplace = \"x\"\n[[bed]]\nalias = \"bed-2\"",
               "a second bed alias 'bed-1'"},
        Broken{"place = \"Ward L4 Bed 2\"", "place = \"Ward L4 Bed 1\"",
               "a page could not tell them apart"},
        Broken{"place = \"Ward L4 Bed 2\"", "", "missing 'place'"},
        Broken{"map = \"maps/pump.toml\"\nbed = \"bed-1\"",
               "map = \"maps/pump.toml\"\nbed = \"bad-1\"",
               "27:7 no bed has the alias 'bad-1'; did you mean 'bed-1'?"},
        Broken{"maps/pump.toml", "maps/missing.toml", "cannot be read: No such file"},
        Broken{"name = \"pump-1\"", "name = \"monitor-1\"", "a second source name 'monitor-1'"},
        Broken{"port = 1502", "port = 70000", "'port' is 70000, but must be 1 to 65535"},
        Broken{"host = \"10.0.0.12\"\nport = 1502", "host = \"10.0.0.11\"\nunit = 3",
               "the same unit of the same device"},
        Broken{"unit = 3", "unit = 300", "'unit' is 300"},
        Broken{"host = \"10.0.0.11\"", "", "missing 'host' (Modbus TCP) or 'serial' (Modbus RTU)"},
        Broken{"unit = 3", "unit = 3\nbaud = 9600", "'baud' belongs to a serial line"},
        Broken{"unit = 3", "unit = 3\nserial = \"/dev/ttyUSB0\"\nbaud = 9600\nparity = \"none\"",
               "'host' and 'serial' exclude each other"},
        Broken{"host = \"10.0.0.11\"", "serial = \"ttyUSB0\"\nbaud = 9600\nparity = \"none\"",
               "the whole path of a device"},
        Broken{"host = \"10.0.0.11\"", "serial = \"/dev/ttyUSB0\"\nparity = \"none\"", "missing 'baud'"},
        Broken{"host = \"10.0.0.11\"", "serial = \"/dev/ttyUSB0\"\nbaud = 9600", "missing 'parity'"},
        Broken{"host = \"10.0.0.11\"", "serial = \"/dev/ttyUSB0\"\nbaud = 9601\nparity = \"odd\"",
               "'baud' must be 1200, 2400"},
        Broken{"host = \"10.0.0.11\"\nunit = 3",
               "serial = \"/dev/ttyUSB0\"\nbaud = 9600\nparity = \"odd\"\nunit = 0",
               "'unit' is 0, but must be 1 to 247"},
        Broken{"host = \"10.0.0.11\"\nunit = 3",
               "serial = \"/dev/ttyUSB0\"\nbaud = 9600\nparity = \"odd\"", "missing 'unit'"},
        Broken{"listen = \"127.0.0.1:2575\"", "listen = \"10.0.0.1:2575\"",
               "MLLP has neither encryption nor identity"},
        Broken{"listen = \"127.0.0.1:2575\"", "listen = \"2575\"", "an address and a port"},
        Broken{"application = \"GW\"", "accept_test_data = true",
               "test data must never page on a ward"},
        Broken{"= \"bed-2\" }", "= \"bed-9\" }", "no bed has the alias 'bed-9'"},
        Broken{"signal = \"rr\"", "signal = \"rrr\"", "unknown signal 'rrr'; did you mean 'rr'?"},
        Broken{"unit = \"/min\"", "unit = \"/mon\"", "unknown unit '/mon'"},
        Broken{"https://pager.example/hook", "http://pager.example/hook",
               "plain http leaves the machine unencrypted"},
        Broken{"https://pager.example/hook", "https://user@pager.example/", "without user"},
        Broken{"secret = \"credential:hook\" }]\n[[", "secret = \"hunter2\" }]\n[[",
               "never holds the secret itself"},
        Broken{", secret = \"credential:hook\" }]\n[[", "}]\n[[", "webhooks are signed"},
        Broken{"kind = \"smtp\"", "kind = \"fax\"", "'kind': \"fax\" is not one of"},
        Broken{"gateway = \"hospital\"", "gateway = \"city\"", "there is no [[pager.snpp]] named 'city'"},
        Broken{"pager = \"5551234\"", "pager = \"555 1234\"", "is not the id of a pager"},
        Broken{"host = \"127.0.0.1\"\nuser = \"ward\"", "host = \"snpp.example\"\nuser = \"ward\"",
               "SNPP is not encrypted"},
        Broken{"user = \"ward\"\n", "", "'user' and 'password' belong together"},
        Broken{"gateway = \"city\"", "gateway = \"town\"", "there is no [[pager.sms]] named 'town'"},
        Broken{"to = \"+447700900123\"", "to = \"07700900123\"", "is not a telephone number"},
        Broken{"format = \"json\"", "format = \"xml\"", "'format': \"xml\" is not one of"},
        Broken{"secret = \"credential:sms\"", "secret = \"hunter2\"", "never holds the secret itself"},
        Broken{"charge@ward.example", "charge", "'charge' is not a mail address"},
        Broken{"rungs = [[\"bedside\"]", "rungs = [[\"bedsid\"]",
               "no person, role or roster 'bedsid'; did you mean 'bedside'?"},
        Broken{"rungs = [[\"charge\"]]", "rungs = []", "'rungs' is empty: nobody would be told"},
        Broken{"rungs = [[\"charge\"]]", "rungs = [[\"charge\"], []]",
               "an empty rung tells nobody"},
        Broken{"[escalation.technical]",
               "[escalation.medium]\nrungs = [[\"charge\"], [\"mute\"]]\n[escalation.technical]",
               "no person, role or roster 'mute'"},
        Broken{"[escalation.high]", "[escalation.medium]", "missing [escalation.high]"},
        Broken{"wait = \"60 s\"", "wait = \"60\"", "'wait': \"60\" is not a duration"},
        Broken{"wait = \"60 s\"", "repeat = \"60 s\"", "unknown key 'repeat'"},
        Broken{"host = \"127.0.0.1\"\nport = 2525", "host = \"mail.example\"\nport = 2525",
               "mail without starttls is possible to 127.0.0.1 only"},
        Broken{"from = \"magwatch@ward.example\"", "from = \"magwatch@ward.example\"\nuser = \"x\"",
               "'user' and 'password' belong together"},
        Broken{"listen = \"127.0.0.1:8300\"", "listen = \"0.0.0.0:8300\"",
               "off this machine the board needs TLS"},
        Broken{"/run/magwatch/magwatchd.sock", "magwatchd.sock", "must be an absolute path"},
        Broken{"answer_url = \"http://127.0.0.1:8300\"", "answer_url = \"http://ward:8300\"",
               "must not travel as plain http"},
        Broken{"packs/site.toml", "packs/example.toml",
               "the example pack runs in mode \"demo\" or \"replay\" only"},
        Broken{"packs/site.toml", "packs/missing.toml", "cannot be read"},
        Broken{"rr = \"40 s\"", "rrr = \"40 s\"", "unknown key 'rrr'; did you mean 'rr'?"},
        Broken{"keep = \"30 days\"", "keep = \"1 h\"", "'keep' is 1 h, but must be 1 day to"},
        Broken{"[ward]\nname = \"l4\"", "[ward]\nname = \"L 4\"", "a ward name is 1 to 32 of"}));

// Units of one serial line stand one by one, each with the settings of the line.
TEST(ConfigReader, ADeviceMayHangOnASerialLine)
{
    const auto line = [](std::string_view first, std::string_view second) {
        std::string text = changed("host = \"10.0.0.11\"\nunit = 3", first);
        const std::string_view tcp = "host = \"10.0.0.12\"\nport = 1502";
        return text.replace(text.find(tcp), tcp.size(), second);
    };
    const std::string_view one =
        "serial = \"/dev/ttyUSB0\"\nbaud = 9600\nparity = \"none\"\nstop_bits = 2\nunit = 3";
    const std::string_view two = "serial = \"/dev/ttyUSB0\"\nbaud = 9600\nparity = \"none\"\n"
                                 "stop_bits = 2\nunit = 4\nreply_timeout = \"300 ms\"";
    const LoadedConfig loaded = parsed(line(one, two));
    ASSERT_TRUE(loaded.config);
    const auto& devices = loaded.config->modbus;
    ASSERT_THAT(devices, SizeIs(2));
    EXPECT_EQ(devices[0].serial.path, "/dev/ttyUSB0");
    EXPECT_EQ(devices[0].serial.baud, 9600U);
    EXPECT_EQ(devices[0].serial.parity, 'N');
    EXPECT_EQ(devices[0].serial.stop_bits, 2);
    EXPECT_EQ(devices[0].serial.reply_timeout, Duration{0});
    EXPECT_EQ(devices[1].serial.reply_timeout, 300ms);
    EXPECT_EQ(devices[1].unit, 4);
    EXPECT_THAT(mistakes(line(one, one)), ElementsAre(HasSubstr("the same unit of the same line")));
    EXPECT_THAT(mistakes(line(one, "serial = \"/dev/ttyUSB0\"\nbaud = 19200\nparity = \"none\"\n"
                                   "stop_bits = 2\nunit = 4")),
                ElementsAre(HasSubstr("'baud', 'parity' and 'stop_bits' must be the same")));
    EXPECT_THAT(mistakes(line(one, "serial = \"/dev/ttyUSB1\"\nbaud = 19200\nparity = \"even\"\nunit = 3")),
                IsEmpty());
}

TEST(ConfigReader, ClinicalMetricsAreSaidOrLeftToTheMode)
{
    const auto clinical = [](const std::string& text) { return parsed(text).config.value().metrics.clinical; };
    EXPECT_EQ(clinical(std::string{good}), std::nullopt);
    EXPECT_EQ(clinical(std::string{good} + "\n[metrics]\nclinical = true\n"), true);
    EXPECT_EQ(clinical(std::string{good} + "\n[metrics]\nclinical = false\n"), false);
    EXPECT_THAT(parsed(std::string{good} + "\n[metrics]\nclinical = \"yes\"\n").errors, SizeIs(1));
    EXPECT_THAT(parsed(std::string{good} + "\n[metrics]\npatients = true\n").errors, SizeIs(1));
}

TEST(ConfigReader, ReportsAllMistakesAtOnceInTheOrderOfTheFile)
{
    std::string text = changed("mode = \"ward\"", "mode = \"wart\"");
    text.replace(text.find("port = 1502"), 11, "port = true");
    text += "colour = 1\n";
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("4:8 'mode'"),
                                            HasSubstr("25:8 'port' must be a whole number"),
                                            HasSubstr("unknown key 'colour'")));
}

TEST(ConfigReader, ALastRungThatReachesNobodyIsRefused)
{
    std::string text = changed("[escalation.high]",
                               "[[person]]\nname = \"mute-1\"\nrole = \"mute\"\n[escalation.high]");
    EXPECT_THAT(mistakes(text), IsEmpty());
    text.replace(text.find("[[\"charge\"]]"), 12, "[[\"charge\"], [\"mute\"]]");
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("nobody on the last rung has a channel")));
}

TEST(ConfigReader, MailWithoutAServerIsRefused)
{
    std::string text{good};
    const std::size_t begin = text.find("[pager.smtp]");
    text.erase(begin, text.find("[http]") - begin);
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("there is no [pager.smtp]")));
}

TEST(ConfigReader, BedsNeedRulesAndSomebodyToTell)
{
    EXPECT_THAT(
        mistakes("[ward]\nname = \"a\"\nmode = \"demo\"\n[[bed]]\nalias = \"b\"\nplace = \"B\"\n"),
        ElementsAre(HasSubstr("nobody would be told"), HasSubstr("no [rules]")));
}

TEST(ConfigReader, AWardWithoutBedsIsAllowedAndSaysSo)
{
    const LoadedConfig loaded = parsed("[ward]\nname = \"new\"\nmode = \"ward\"\n");
    EXPECT_TRUE(loaded.config);
    EXPECT_THAT(loaded.notes, ElementsAre("no bed is configured: magwatch watches nobody"));
}

TEST(ConfigReader, ABedWithoutADeviceIsFirstClassAndSaidAloud)
{
    std::string text{good};
    const std::size_t begin = text.find("[hl7]");
    text.erase(begin, text.find("[[person]]") - begin);
    EXPECT_THAT(parsed(text).notes,
                ElementsAre("bed-2 has no device: it relies on charted checks"));
}

TEST(ConfigReader, TheExamplePackRunsInADemo)
{
    std::string text = changed("packs/site.toml", "packs/example.toml");
    text.replace(text.find("mode = \"ward\""), 13, "mode = \"demo\"");
    EXPECT_THAT(mistakes(text), IsEmpty());
}

TEST(ConfigReader, MistakesInTheNamedFilesAreReportedTogetherWithItsOwn)
{
    ConfigChecks checks;
    checks.register_map = [](const ReferencedFile& map, Mode) -> std::vector<Diagnostic> {
        return {{map.path, 3, 4, "bad address", "x"}};
    };
    checks.pack = [](const ReferencedFile& pack, Mode mode, const std::vector<LimitSetting>& limits,
                     const FileReader& read) {
        EXPECT_EQ(mode, Mode::ward);
        EXPECT_EQ(limits.size(), 1U);
        EXPECT_EQ(std::get<std::string>(read("minimal.toml")), "text of minimal.toml");
        return PackVerdict{"", {{pack.path, 1, 1, "unknown signal", "y"}}};
    };
    checks.zone = [](std::string_view zone) { return zone != "+01:00"; };
    checks.sms_gateway = [](const SmsGatewayConfig& gateway) {
        return std::vector<std::string>{gateway.name + " has a bad template"};
    };
    const LoadedConfig loaded = parsed(good, checks);
    EXPECT_FALSE(loaded.config);
    std::vector<std::string> texts;
    for (const Diagnostic& d : loaded.errors) texts.push_back(d.text());
    ASSERT_THAT(texts, SizeIs(5));
    EXPECT_THAT(texts, Contains(HasSubstr("city has a bad template")));
    EXPECT_THAT(texts, Contains(HasSubstr("maps/pump.toml:3:4: error: bad address")));
    EXPECT_THAT(texts, Contains(HasSubstr("packs/site.toml:1:1: error: unknown signal")));
    EXPECT_THAT(texts, Contains(AllOf(HasSubstr("'zone'"), HasSubstr("magwatch.toml:34:8"))));
}

TEST(ConfigReader, ThePackThatRunsIsTheOneThatTheCheckMadeOfIt)
{
    ConfigChecks checks;
    checks.pack = [](const ReferencedFile&, Mode, const std::vector<LimitSetting>&, const FileReader&) {
        return PackVerdict{"the effective text", {}};
    };
    const LoadedConfig loaded = parsed(good, checks);
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->ward.pack_text, "the effective text");
}

TEST(ConfigReader, AFileThatCannotBeReadSaysSo)
{
    const LoadedConfig loaded = load_config("/nonexistent/magwatch.toml");
    ASSERT_EQ(loaded.errors.size(), 1U);
    EXPECT_EQ(loaded.errors[0].text(),
              "/nonexistent/magwatch.toml: error: cannot be read: No such file or directory");
}

TEST(ConfigReader, TheShippedDefaultIsValidWatchesNobodyAndSaysSo)
{
    const LoadedConfig loaded = load_config(MAGWATCH_SOURCE_DIR "/systemd/magwatch.toml");
    ASSERT_TRUE(loaded.config) << (loaded.errors.empty() ? "" : loaded.errors[0].text());
    EXPECT_TRUE(loaded.config->ward.beds.empty());
    EXPECT_THAT(loaded.notes, ElementsAre("no bed is configured: magwatch watches nobody"));
}

TEST(ListenAddress, IsAnAddressAndAPort)
{
    EXPECT_EQ(parse_listen_address("127.0.0.1:80"), (Endpoint{"127.0.0.1", 80}));
    EXPECT_EQ(parse_listen_address("[::1]:80"), (Endpoint{"::1", 80}));
    EXPECT_EQ((Endpoint{"::1", 80}).text(), "[::1]:80");
    for (const char* bad :
         {"", ":", ":80", "80", "127.0.0.1", "127.0.0.1:", "localhost:80", "127.0.0.1:65536",
          "127.0.0.1:8x", "::1:80", "[127.0.0.1]:80", "127.0.0.1:-1"})
        EXPECT_FALSE(parse_listen_address(bad)) << bad;
    EXPECT_TRUE(is_loopback("127.8.0.1"));
    EXPECT_FALSE(is_loopback("128.0.0.1"));
    EXPECT_FALSE(is_loopback("127.0.0.1.evil.example"));
}

TEST(ConfigReader, TheProtocolFileIsReadWhole)
{
    const LoadedConfig loaded = parsed(good);
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->protocol_path, "/etc/magwatch/site.protocol.toml");
    EXPECT_EQ(loaded.config->ward.protocol_name, "site.protocol.toml");
    EXPECT_EQ(loaded.config->ward.protocol_text, "text of /etc/magwatch/site.protocol.toml");
    EXPECT_THAT(mistakes(changed("site.protocol.toml", "missing.toml")),
                ElementsAre(HasSubstr("/etc/magwatch/missing.toml cannot be read")));
    EXPECT_THAT(mistakes(changed("[protocol]\nfile", "[protocol]\nfiel")),
                testing::IsSupersetOf({HasSubstr("missing 'file'"), HasSubstr("did you mean 'file'?")}));
}

TEST(ConfigReader, AProtocolIsJudgedWithItsMode)
{
    std::vector<std::string> asked;
    ConfigChecks checks;
    checks.protocol = [&](const ReferencedFile* file, Mode mode) -> std::vector<Diagnostic> {
        asked.push_back((file != nullptr ? file->path : "none") + " " + std::to_string(static_cast<int>(mode)));
        if (file == nullptr) return {{"", 0, 0, "a ward needs its own", ""}};
        return {{file->path, 3, 7, "an example runs in demo only", ""}};
    };
    const LoadedConfig example = parsed(good, checks);
    ASSERT_THAT(example.errors, SizeIs(1));
    EXPECT_THAT(example.errors[0].text(), HasSubstr("site.protocol.toml:3:7: error: an example runs in demo only"));
    const LoadedConfig none = parsed(changed("[protocol]\nfile = \"site.protocol.toml\"\n", ""), checks);
    ASSERT_THAT(none.errors, SizeIs(1));
    EXPECT_THAT(none.errors[0].text(), HasSubstr("/etc/magwatch/magwatch.toml"));
    EXPECT_THAT(none.errors[0].text(), HasSubstr("a ward needs its own"));
    EXPECT_THAT(asked, ElementsAre("/etc/magwatch/site.protocol.toml 0", "none 0"));
}

} // namespace
} // namespace magwatch
