#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/app/last_good.hpp"
#include "daemon/journal/journal_file.hpp"
#include "daemon/journal/sqlite.hpp"
#include "runtime/build_info.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

namespace fs = std::filesystem;

constexpr WallTime noon{1'800'000'000'000};

// What systemd says of a unit as it is shipped, running.
constexpr const char* good_unit =
    "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0\n"
    "NRestarts=0\nWatchdogUSec=10s\nMainPID=812\nNeedDaemonReload=no\n"
    "FragmentPath=/lib/systemd/system/magwatchd.service\nDropInPaths=/etc/systemd/system/magwatchd.service.d/"
    "ward.conf\n"
    "User=daemon\nLimitCORE=0\nNoNewPrivileges=yes\nProtectSystem=strict\nPrivateDevices=yes\n"
    "MemoryDenyWriteExecute=yes\nCapabilityBoundingSet=\nSupplementaryGroups=\n";

std::string with(std::string text, const std::string& from, const std::string& to)
{
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// An installation below a folder of its own: nothing is wrong with it until a test breaks it.
class Doctor : public testing::Test
{
protected:
    Doctor()
    {
        for (const char* part :
             {"state", "root/etc", "root/run/systemd/system", "root/etc/magwatch/secrets",
              "root/etc/systemd/system/magwatchd.service.d", "root/run/credentials/magwatchd.service"})
            fs::create_directories(folder / part);
        fs::permissions(folder / "state", fs::perms::owner_all);
        fs::create_symlink("/usr/share/zoneinfo/Europe/London", folder / "root/etc/localtime");
        write("example.toml", read(fs::path{MAGWATCH_SOURCE_DIR} / "rules/packs/example.toml"), 0644);
        write("p.toml", read(fs::path{MAGWATCH_SOURCE_DIR} / "rules/protocol/example.protocol.toml"), 0644);
        write("hook.key", "whsec_c2VjcmV0", 0600);
        configure(config_text());
        machine.root = (folder / "root").string();
        machine.now = noon;
        machine.synchronisation = [] { return Synchronisation::synchronised; };
        machine.disk_space = [](const std::string&) { return DiskSpace{50ULL << 30, 100ULL << 30}; };
        machine.file_system = [](const std::string&) { return std::uint32_t{EXT4_SUPER_MAGIC}; };
        machine.run = [this](const std::vector<std::string>& words) { return ran(words); };
        options.config = options.unit_config = (folder / "magwatch.toml").string();
        options.offline = true;
    }

    static std::string read(const fs::path& path)
    {
        std::string text, error;
        EXPECT_TRUE(read_file(path.string(), text, error)) << error;
        return text;
    }
    void write(const std::string& name, const std::string& text, mode_t mode)
    {
        const fs::path path = folder / name;
        fs::create_directories(path.parent_path());
        std::ofstream{path, std::ios::binary} << text;
        EXPECT_EQ(chmod(path.c_str(), mode), 0);
    }
    void configure(const std::string& text) { write("magwatch.toml", text, 0644); }
    [[nodiscard]] std::string config_text() const
    {
        return "[ward]\nname = \"l4\"\nmode = \"demo\"\nphone = \"4471\"\n"
               "[[bed]]\nalias = \"bed-1\"\nplace = \"Bed 1\"\n"
               "[[person]]\nname = \"midwife-1\"\nrole = \"bedside\"\n"
               "channels = [{ kind = \"webhook\", url = \"http://127.0.0.1:9/x\", secret = \"file:" +
               (folder / "hook.key").string() +
               "\" }]\n[escalation.high]\nrungs = [[\"bedside\"]]\n[rules]\npack = \"example.toml\"\n"
               "[protocol]\nfile = \"p.toml\"\n[journal]\ndirectory = \"" + (folder / "state").string() + "\"\n";
    }

    // What the programs of the machine say.
    CommandResult ran(const std::vector<std::string>& words)
    {
        if (words[0] == "systemctl" && words.back().ends_with(".target"))
            return {true, 0, "LoadState=" + std::string{sleeps ? "loaded" : "masked"} + "\n"};
        if (words[0] == "systemctl" && words.back().starts_with("magwatch-backup")) return {true, 0, backup_unit};
        if (words[0] == "systemctl") return {true, 0, unit};
        if (words[0] == "dpkg") return {true, 0, verified};
        if (words[0] == "dpkg-query") return {true, 0, package};
        return {true, 0, version};
    }

    Findings look()
    {
        Examination e = gather(options, machine);
        e.user = geteuid(); // these files are ours
        if (!said.is_null()) {
            e.daemon.asked = e.daemon.answers = true;
            e.daemon.status = said;
            e.daemon.alarms = alarms;
            e.daemon.beds = beds;
            e.daemon.sources = sources;
            e.daemon.pages = pages;
            e.daemon.oncall = oncall;
            e.daemon.metrics = metrics;
        }
        return examine(e);
    }
    // What a daemon says with which nothing is wrong.
    void daemon_runs()
    {
        Examination e = gather(options, machine);
        said = {{"version", build_info().version}, {"alive", true}, {"ready", true}, {"fallback", false},
                {"config_last_reload_successful", true}, {"config_loaded", "2027-01-15T08:00:00Z"},
                {"config_hash", configuration_hash(*e.config())}, {"beds", 1}, {"beds_watched", 1},
                {"faults", Json::array()}};
        alarms = {{"alarms", Json::array()}};
        beds = {{"beds", Json::array({{{"alias", "bed-1"}, {"watched", true}}})}};
    }

    // The findings of a check, as "verdict: found".
    static std::vector<std::string> of(const Findings& findings, const std::string& check)
    {
        std::vector<std::string> all;
        for (const Finding& f : findings.all())
            if (f.check == check) all.push_back(std::string{name(f.verdict)} + ": " + f.found);
        return all;
    }
    // That check says this, with words of its finding, and tells what to do unless all is well.
    void expect(const std::string& check, Verdict verdict, const std::string& words = "")
    {
        const Findings findings = look();
        bool found = false;
        for (const Finding& f : findings.all()) {
            if (f.check != check || f.verdict != verdict || f.found.find(words) == std::string::npos) continue;
            found = true;
            EXPECT_EQ(f.advice.empty(), verdict == Verdict::ok) << f.check << ": " << f.found;
        }
        EXPECT_TRUE(found) << check << " does not say \"" << name(verdict) << "\" with \"" << words << "\" but "
                           << testing::PrintToString(of(findings, check));
    }

    test::TemporaryDirectory own{"magwatch-doctor"};
    fs::path folder = own.path();
    Machine machine;
    Options options;
    std::string unit = good_unit;
    std::string verified, package = "ii 0.1.0-1", version = version_text("magwatchd") + "\n";
    std::string backup_unit = "LoadState=loaded\nActiveState=active\nResult=success\n";
    bool sleeps = false;
    Json said, alarms, beds, sources, pages, oncall;
    std::string metrics;
};

TEST_F(Doctor, FindsNothingWrongWithWhatIsRight)
{
    { const auto opened = JournalFile::open((folder / "state").string(), noon); }
    daemon_runs();
    const Findings findings = look();
    for (const Finding& f : findings.all()) {
        EXPECT_NE(f.verdict, Verdict::wrong) << f.check << ": " << f.found;
        EXPECT_EQ(f.advice.empty(), f.verdict == Verdict::ok) << f.check;
        EXPECT_FALSE(f.group.empty());
    }
    EXPECT_EQ(findings.exit_code(false), 0);
    EXPECT_GE(findings.count(Verdict::ok), 20U);
}

TEST(DoctorFindings, TheExitCodeSaysWhatIsWrong)
{
    Findings f;
    f.ok("a", "fine");
    EXPECT_EQ(f.exit_code(true), 0);
    f.warning("b", "odd", "do");
    EXPECT_EQ(f.exit_code(false), 0);
    EXPECT_EQ(f.exit_code(true), 1);
    f.unreachable("c", "gone", "do");
    EXPECT_EQ(f.exit_code(false), 4) << "nothing else is wrong";
    EXPECT_EQ(f.exit_code(true), 1);
    f.wrong("d", "broken", "do");
    EXPECT_EQ(f.exit_code(false), 1) << "something else is wrong too";
    Findings told;
    told.unknown("e", "hidden", "do");
    EXPECT_EQ(told.exit_code(false), 0);
    EXPECT_EQ(told.exit_code(true), 1) << "what was not seen is not proved";
}

TEST(DoctorMachine, RunsAProgramAndKnowsThatOneIsNotThere)
{
    const CommandResult echoed = run_command({"echo", "two words"});
    EXPECT_TRUE(echoed.ran);
    EXPECT_EQ(echoed.status, 0);
    EXPECT_EQ(echoed.output, "two words\n");
    EXPECT_EQ(run_command({"false"}).status, 1);
    EXPECT_FALSE(run_command({"no-such-program-here"}).ran);
    EXPECT_FALSE(run_command({"/no/such/program"}).ran);
    EXPECT_EQ(run_command({"cat"}).output, "") << "its input is empty";
}

TEST(DoctorMachine, ReadsSamplesOfMetrics)
{
    const std::string text = "# HELP a_total x\na_total 3\nb{host=\"x.example:443\"} 1.8e+09\nb{host=\"y\"} 5\n";
    EXPECT_EQ(sample(text, "a_total"), 3);
    EXPECT_FALSE(sample(text, "a"));
    EXPECT_EQ(samples_by(text, "b", "host"), (std::map<std::string, double>{{"x.example:443", 1.8e9}, {"y", 5}}));
}

// --- the configuration ---

TEST_F(Doctor, TellsTheMistakesOfTheFile)
{
    expect("file", Verdict::ok, "1 beds");
    configure(config_text() + "[nonsense]\nx = 1\n");
    expect("file", Verdict::wrong, "magwatch.toml:");
    expect("secret", Verdict::unknown, "cannot be read");
    fs::remove(folder / "magwatch.toml");
    expect("file", Verdict::wrong, "No such file");
}

TEST_F(Doctor, TellsWhoElseMayWriteIt)
{
    expect("who may write", Verdict::ok);
    write("p.toml", read(folder / "p.toml"), 0666);
    expect("who may write", Verdict::wrong, "0666");
    write("p.toml", read(folder / "p.toml"), 0644);
    EXPECT_EQ(chmod(folder.c_str(), 0777), 0);
    expect("who may write", Verdict::wrong, folder.string() + " may be changed by others");
}

TEST_F(Doctor, TellsThatNobodyIsWatchedAndThatASimulationIsNoWard)
{
    expect("mode", Verdict::warning, "SIMULATION");
    expect("protocol", Verdict::warning, "an example protocol");
    configure("[ward]\nname = \"new\"\nmode = \"ward\"\n[journal]\ndirectory = \"state\"\n");
    expect("mode", Verdict::ok);
    expect("file", Verdict::warning, "NOBODY");
}

TEST_F(Doctor, TellsOfListenersThatEverybodyReaches)
{
    const std::string hl7 =
        "[hl7]\nlisten = \"127.0.0.1:2575\"\nallow_from = [\"10.0.0.5\"]\n[[hl7.source]]\nname = \"g\"\n";
    configure(config_text() + hl7);
    expect("listeners", Verdict::ok, "HL7 127.0.0.1:2575");
    configure(config_text() + with(hl7, "127.0.0.1", "0.0.0.0"));
    expect("listeners", Verdict::warning, "every network");
    configure(config_text() + with(hl7, "127.0.0.1", "10.0.0.2"));
    expect("listeners", Verdict::ok, "without encryption, for 1 listed");
}

// --- what runs ---

TEST_F(Doctor, TellsThatWhatRunsIsNotTheFile)
{
    daemon_runs();
    expect("in force", Verdict::ok);
    configure(config_text() + "# edited, and not reloaded\n");
    expect("in force", Verdict::wrong, "is not what");
    configure(config_text());
    write("p.toml", read(folder / "p.toml") + "# a file that it names\n", 0644);
    expect("in force", Verdict::wrong, "is not what");
}

TEST_F(Doctor, TellsOfTheLastGoodOneAndARefusedReload)
{
    daemon_runs();
    said["fallback"] = true;
    said["fallback_reason"] = "the new configuration was refused; the last good one runs";
    expect("in force", Verdict::wrong, "last good");
    daemon_runs();
    said["config_last_reload_successful"] = false;
    expect("in force", Verdict::wrong, "refused");
}

TEST_F(Doctor, TellsOfALoopThatStandsAndOfFaults)
{
    daemon_runs();
    expect("loop", Verdict::ok);
    said["alive"] = false;
    expect("loop", Verdict::wrong, "stands still");
    said["alive"] = true;
    said["ready"] = false;
    said["not_ready_because"] = "recovering";
    expect("loop", Verdict::wrong, "recovering");
    daemon_runs();
    said["faults"] = Json::array({{{"fault", "journal"}, {"detail", "disk full"}}});
    expect("fault", Verdict::wrong, "disk full");
    said["faults"][0]["fault"] = "disk_low";
    expect("fault", Verdict::warning, "disk_low");
    alarms["alarms"] =
        Json::array({{{"kind", "technical"}, {"rule", "technical.silent"}, {"message", "Monitor silent"}}});
    expect("technical alarms", Verdict::warning, "Monitor silent");
    alarms["alarms"].push_back({{"kind", "technical"}, {"priority", "high"}, {"message", "Cannot tell how she is"}});
    expect("technical alarms", Verdict::warning, "Monitor silent");
    expect("technical alarms", Verdict::wrong, "Cannot tell");
    alarms["alarms"] = Json::array({{{"kind", "technical"}, {"rule", "technical.no_owner"}, {"message", "Nobody"}}});
    expect("technical alarms", Verdict::wrong, "Nobody");
    alarms["alarms"] = Json::array({{{"kind", "physiological"}, {"priority", "high"}, {"message", "Slow breathing"}}});
    expect("technical alarms", Verdict::ok);
    said["beds_watched"] = 0;
    expect("watched", Verdict::ok, "none of 1 beds");
    said["beds"] = 0;
    expect("watched", Verdict::warning, "NOBODY");
    said["version"] = "0.0.9";
    expect("running version", Verdict::wrong, "0.0.9");
}

TEST_F(Doctor, ADaemonOfAnotherVersionCrashesNobody)
{
    said = {{"alive", true}};
    alarms = {{"alarms", Json::array({Json::object(), 3, "x"})}};
    beds = {{"beds", 7}};
    sources = {{"sources", Json::array({Json::object(), nullptr})}};
    pages = {{"pages", Json::array({Json::object(), nullptr})}};
    oncall = {{"duties", Json::array({Json::object(), "x"})}};
    metrics = "magwatch_certificate_expiry_timestamp_seconds{host=\"\nx{} \n";
    EXPECT_EQ(look().exit_code(false), 1);
    said = {{"anything", "else"}};
    EXPECT_EQ(look().exit_code(false), 1);
}

TEST_F(Doctor, ADaemonThatDoesNotAnswerIsUnreachable)
{
    options.offline = false;
    options.socket = (folder / "none.sock").string();
    const Findings findings = look();
    EXPECT_EQ(of(findings, "daemon").size(), 1U);
    EXPECT_EQ(findings.exit_code(false), 4);
    write("hook.key", "whsec_c2VjcmV0", 0644);
    EXPECT_EQ(look().exit_code(false), 1);
}

// --- people ---

TEST_F(Doctor, TellsOfChannelsTestPagesAndTheOutside)
{
    daemon_runs();
    pages = {{"pages", Json::array()}};
    expect("channels", Verdict::ok);
    expect("test page", Verdict::warning, "midwife-1: none");
    expect("outside watch", Verdict::warning, "nobody elsewhere");
    said["faults"] = Json::array({{{"fault", "channel"}, {"detail", "sms city does not answer"}}});
    expect("channels", Verdict::wrong, "sms city");
    said["faults"] = Json::array();
    alarms["alarms"] =
        Json::array({{{"kind", "technical"}, {"rule", "technical.channel"}, {"message", "Page failed"}}});
    expect("channels", Verdict::wrong, "Page failed");
    alarms["alarms"] = Json::array();
    Json page{{"reason", "test"}, {"person", "midwife-1"}, {"at", "2027-01-15T07:00:00Z"}, {"state", "delivered"},
              {"outcome", "delivered"}, {"channel", "webhook"}, {"detail", nullptr}};
    pages["pages"] = Json::array({page});
    expect("test page", Verdict::ok, "midwife-1: delivered");
    page["outcome"] = page["state"] = "failed";
    page["detail"] = "HTTP 503";
    pages["pages"].push_back(page);
    expect("test page", Verdict::wrong, "HTTP 503");
    page["outcome"] = page["state"] = "delivered";
    page["at"] = "2026-11-01T00:00:00Z";
    pages["pages"] = Json::array({page});
    expect("test page", Verdict::warning, "75 days ago");
}

TEST_F(Doctor, TellsOfReceiversThatDoNotHear)
{
    configure(config_text() + "[[heartbeat]]\nname = \"o\"\nkind = \"healthchecks\"\nurl = \"http://127.0.0.1:9/\"\n");
    daemon_runs();
    metrics = "magwatch_heartbeats_taken_total 0\nmagwatch_heartbeat_receivers_failing 0\n";
    expect("outside watch", Verdict::warning, "yet");
    metrics = "magwatch_heartbeats_taken_total 9\nmagwatch_heartbeat_receivers_failing 1\n";
    expect("outside watch", Verdict::wrong, "1 of 1");
    metrics = "magwatch_heartbeats_taken_total 9\nmagwatch_heartbeat_receivers_failing 0\n";
    expect("outside watch", Verdict::ok);
}

TEST_F(Doctor, TellsOfRostersThatNobodyHas)
{
    configure(config_text() + "[[roster]]\nname = \"doctor\"\nlast_resort = \"midwife-1\"\n[[roster.shift]]\n"
                              "person = \"midwife-1\"\nfrom = \"08:00\"\nto = \"08:00\"\n");
    daemon_runs();
    Json duty{{"roster", "doctor"}, {"people", Json::array({"midwife-1"})}, {"source", "shift"}};
    oncall = {{"duties", Json::array({duty})}};
    expect("roster", Verdict::ok, "doctor: midwife-1");
    duty["source"] = "last_resort";
    oncall["duties"] = Json::array({duty});
    expect("roster", Verdict::warning, "last resort");
    duty["people"] = Json::array();
    oncall["duties"] = Json::array({duty});
    expect("roster", Verdict::wrong, "nobody");
}

TEST_F(Doctor, TellsOfCertificatesNearTheirEnd)
{
    daemon_runs();
    const auto ends_in = [&](int days) {
        const double end = static_cast<double>(noon.ms) / 1000 + days * 86'400.0;
        metrics = fmt::format("magwatch_certificate_expiry_timestamp_seconds{{host=\"sms.example\"}} {}\n", end);
    };
    ends_in(90);
    expect("certificate", Verdict::ok, "90 days");
    ends_in(20);
    expect("certificate", Verdict::warning, "sms.example");
    ends_in(3);
    expect("certificate", Verdict::wrong, "sms.example");
    ends_in(-1);
    expect("certificate", Verdict::wrong, "has ended");
}

// --- devices ---

TEST_F(Doctor, TellsOfDevicesThatAreNotHeardOrNotCommissioned)
{
    write("map.toml", read(fs::path{MAGWATCH_SOURCE_DIR} / "tests/data/maps/every_order.toml"), 0644);
    configure(config_text() + "[[modbus]]\nname = \"m\"\nbed = \"bed-1\"\nhost = \"127.0.0.1\"\nmap = \"map.toml\"\n");
    expect("commissioned", Verdict::unknown, "keeps the record");
    write("map.toml", with(read(folder / "map.toml"), "commissioned = true", "commissioned = false"), 0644);
    expect("commissioned", Verdict::warning, "unverified");
    daemon_runs();
    Json source{{"name", "m"},       {"bed", "bed-1"},  {"kind", "monitor"},
                {"connected", true}, {"frozen", false}, {"age_seconds", 1.0}};
    sources = {{"sources", Json::array({source})}};
    expect("heard", Verdict::ok, "m: heard 1 s ago");
    sources["sources"][0]["commissioning"] = "changed";
    write("map.toml", with(read(folder / "map.toml"), "commissioned = false", "commissioned = true"), 0644);
    expect("commissioned", Verdict::warning, "m: changed");
    sources["sources"][0]["commissioning"] = "commissioned";
    expect("commissioned", Verdict::ok, "m");
    sources["sources"][0]["frozen"] = true;
    expect("heard", Verdict::wrong, "stand still");
    sources["sources"][0]["connected"] = false;
    expect("heard", Verdict::wrong, "WATCHED");
    beds["beds"][0]["watched"] = false;
    expect("heard", Verdict::warning, "not connected");
}

TEST_F(Doctor, ADeviceThatWentSilentAtAWatchedBedIsWrongThoughItsLineIsOpen)
{
    write("map.toml", read(fs::path{MAGWATCH_SOURCE_DIR} / "tests/data/maps/every_order.toml"), 0644);
    configure(config_text() + "[[modbus]]\nname = \"m\"\nbed = \"bed-1\"\nhost = \"127.0.0.1\"\nmap = \"map.toml\"\n");
    daemon_runs();
    Json source{{"name", "m"},       {"bed", "bed-1"},  {"kind", "monitor"},
                {"connected", true}, {"frozen", false}, {"age_seconds", 29.0}};
    sources = {{"sources", Json::array({source})}};
    expect("heard", Verdict::ok, "m: heard 29 s ago");
    sources["sources"][0]["age_seconds"] = 240.0;
    expect("heard", Verdict::wrong, "m is silent, heard 240 s ago; bed-1 is WATCHED");
}

// A result may come once a day, and after a start nothing has come.
TEST_F(Doctor, ALaboratoryThatHasSentNothingYetIsNotWrong)
{
    const std::string sender = "[hl7]\nlisten = \"127.0.0.1:2575\"\n[[hl7.source]]\nname = \"lab\"\n"
                               "application = \"LAB\"\nbeds = { \"L4^^1\" = \"bed-1\" }\n";
    configure(config_text() + sender);
    daemon_runs();
    Json source{{"name", "lab"},      {"bed", nullptr},  {"kind", "messages"},
                {"connected", false}, {"frozen", false}, {"age_seconds", nullptr}};
    sources = {{"sources", Json::array({source})}};
    expect("heard", Verdict::warning, "lab has sent nothing since magwatchd started");
    configure(config_text() + sender + "period = \"5 s\"\n");
    daemon_runs();
    expect("heard", Verdict::wrong, "lab is not connected, never heard; a bed is WATCHED");
    configure(config_text() + sender + "period = \"5 s\"\ncharting = true\n");
    daemon_runs();
    expect("heard", Verdict::warning, "lab has sent nothing since magwatchd started");
}

TEST_F(Doctor, ASenderOfManyBedsThatIsNotThereIsWrongWhileAnyBedIsWatched)
{
    daemon_runs();
    Json source{{"name", "gateway"},  {"bed", nullptr},   {"kind", "messages"},
                {"connected", false}, {"frozen", false}, {"age_seconds", nullptr}};
    sources = {{"sources", Json::array({source})}};
    expect("heard", Verdict::wrong, "gateway is not connected, never heard; a bed is WATCHED");
    beds["beds"][0]["watched"] = false;
    expect("heard", Verdict::warning, "gateway is not connected");
    beds["beds"][0]["watched"] = true;
    sources["sources"][0]["connected"] = true;
    expect("heard", Verdict::ok, "gateway");
    sources["sources"][0]["age_seconds"] = 31.0;
    expect("heard", Verdict::wrong, "gateway is silent, heard 31 s ago; a bed is WATCHED");
    configure(config_text() + "[hl7]\nlisten = \"127.0.0.1:2575\"\n[[hl7.source]]\nname = \"gateway\"\n"
                              "application = \"GATEWAY\"\nperiod = \"60 s\"\nbeds = { \"L4^^1\" = \"bed-1\" }\n");
    daemon_runs();
    sources["sources"][0]["age_seconds"] = 240.0;
    expect("heard", Verdict::ok, "gateway: heard 240 s ago");
    sources["sources"][0]["age_seconds"] = 241.0;
    expect("heard", Verdict::wrong, "gateway is silent");
}

TEST_F(Doctor, TellsOfSerialLines)
{
    write("map.toml", read(fs::path{MAGWATCH_SOURCE_DIR} / "tests/data/maps/every_order.toml"), 0644);
    const std::string line =
        "[[modbus]]\nname = \"m\"\nbed = \"bed-1\"\nserial = \"/dev/serial/by-id/x\"\nbaud = 9600\n"
        "parity = \"even\"\nunit = 1\nmap = \"map.toml\"\n";
    configure(config_text() + line);
    expect("serial drop-in", Verdict::wrong, "may open none");
    unit = with(unit, "PrivateDevices=yes", "PrivateDevices=no");
    EXPECT_TRUE(of(look(), "serial drop-in").empty());
    expect("serial line", Verdict::wrong, "No such file");
    fs::create_directories(folder / "root/dev/serial/by-id");
    write("root/dev/serial/by-id/x", "", 0600);
    expect("serial line", Verdict::wrong, "is not a device");
    fs::remove(folder / "root/dev/serial/by-id/x");
    fs::create_symlink("/dev/null", folder / "root/dev/serial/by-id/x"); // any character device
    expect("serial line", Verdict::ok);
    configure(config_text());
    expect("serial drop-in", Verdict::warning, "none is configured");
}

// --- secrets ---

TEST_F(Doctor, TellsOfSecretFilesThatOthersReadOrThatAreGone)
{
    expect("secret", Verdict::ok, "hook.key");
    write("hook.key", "whsec_c2VjcmV0", 0644);
    expect("secret", Verdict::wrong, "mode 0644");
    write("hook.key", "", 0600);
    expect("secret", Verdict::wrong, "is empty");
    fs::remove(folder / "hook.key");
    expect("secret", Verdict::wrong, "No such file");
    fs::create_directory(folder / "hook.key");
    expect("secret", Verdict::wrong, "not a regular file");
}

TEST_F(Doctor, TellsThatASecretBelongsToAnother)
{
    Examination e = gather(options, machine);
    e.user = geteuid() + 1;
    Findings findings;
    examine_secrets(e, findings);
    EXPECT_EQ(findings.count(Verdict::wrong), 1U);
    EXPECT_NE(findings.all()[0].found.find("magwatchd runs as"), std::string::npos);
}

TEST_F(Doctor, TellsOfCredentialsThatTheServiceDoesNotGive)
{
    configure(with(config_text(), "file:" + (folder / "hook.key").string(), "credential:hook"));
    expect("credential hook", Verdict::wrong, "does not give it");
    const std::string drop_in = "root/etc/systemd/system/magwatchd.service.d/ward.conf";
    write(drop_in, "[Service]\nLoadCredential=hook:/etc/magwatch/secrets/hook\n", 0644);
    expect("credential hook", Verdict::wrong, "No such file");
    write("root/etc/magwatch/secrets/hook", "whsec_c2VjcmV0", 0640);
    expect("credential hook", Verdict::wrong, "mode 0640");
    write("root/etc/magwatch/secrets/hook", "whsec_c2VjcmV0", 0600);
    expect("credential hook", Verdict::wrong, "started before it was given");
    write("root/run/credentials/magwatchd.service/hook", "whsec_c2VjcmV0", 0400);
    expect("credential hook", Verdict::ok);
    write(drop_in, read(folder / drop_in) + "LoadCredential=\n", 0644);
    expect("credential hook", Verdict::wrong, "does not give it");
    fs::remove_all(folder / "root/run/systemd");
    expect("credential hook", Verdict::unknown, "systemd cannot be asked");
}

// --- state ---

TEST_F(Doctor, TellsOfAStateDirectoryThatIsOpenOrElsewhere)
{
    expect("directory", Verdict::ok);
    EXPECT_EQ(chmod((folder / "state").c_str(), 0755), 0);
    expect("directory", Verdict::wrong, "mode 0755");
    EXPECT_EQ(chmod((folder / "state").c_str(), 0700), 0);
    machine.file_system = [](const std::string&) { return std::uint32_t{NFS_SUPER_MAGIC}; };
    expect("file system", Verdict::wrong, "network");
    machine.file_system = [](const std::string&) { return std::uint32_t{TMPFS_MAGIC}; };
    expect("file system", Verdict::wrong, "memory");
    machine.disk_space = [](const std::string&) { return DiskSpace{5ULL << 30, 100ULL << 30}; };
    expect("free space", Verdict::warning, "5 %");
    machine.disk_space = [](const std::string&) { return DiskSpace{1ULL << 30, 100ULL << 30}; };
    expect("free space", Verdict::wrong, "1 %");
    fs::remove_all(folder / "state");
    expect("directory", Verdict::wrong, "No such file");
    write("state", "a file", 0600);
    expect("directory", Verdict::wrong, "not a directory");
}

TEST_F(Doctor, TellsOfAJournalThatIsDamagedNewerOrNone)
{
    const std::string path = (folder / "state/journal.db").string();
    expect("journal.db", Verdict::warning, "is not there");
    { const auto opened = JournalFile::open((folder / "state").string(), noon); ASSERT_TRUE(opened.file); }
    expect("journal.db", Verdict::ok, "sound");
    const std::string sound = read(path);
    {
        Database database{path, Database::Access::read_write};
        database.run("PRAGMA user_version=70000");
        database.checkpoint(true);
    }
    expect("journal.db", Verdict::wrong, "format 70000");
    write("state/journal.db", sound.substr(0, sound.size() / 2), 0600);
    expect("journal.db", Verdict::wrong, "journal.db");
    write("state/journal.db", std::string(8192, 'x'), 0600);
    expect("journal.db", Verdict::wrong, "journal.db");
    write("state/journal.db.damaged-1", "x", 0600);
    expect("moved aside", Verdict::warning, "damaged-1: a damaged database was replaced");
    // They are one with it.
    for (const char* suffix : {"-wal", "-shm", "-mark"}) write("state/journal.db.damaged-1" + std::string{suffix}, "x", 0600);
    EXPECT_EQ(of(look(), "moved aside").size(), 1U);
    fs::remove(folder / "state/journal.db.damaged-1");
    write("state/journal.db-wal.damaged-2", "x", 0600);
    expect("moved aside", Verdict::warning, "a copy of the damaged log of journal.db, whose newest records may be missing");
}

TEST_F(Doctor, TellsOfBackupsThatAreOldOpenOrNone)
{
    expect("backup", Verdict::warning, "none in");
    const std::string name = "root/var/backups/magwatch/magwatch-l4-1.backup";
    write("root/var/backups/magwatch/another-file", "x", 0600);
    expect("backup", Verdict::warning, "none in");
    write(name, "x", 0600);
    const auto aged = [&](std::int64_t hours) {
        const std::time_t at = noon.ms / 1000 - hours * 3600;
        const timespec times[2] = {{at, 0}, {at, 0}};
        EXPECT_EQ(utimensat(AT_FDCWD, (folder / name).c_str(), times, 0), 0);
    };
    aged(20);
    expect("backup", Verdict::ok, "20 h old, one of 1");
    aged(50);
    expect("backup", Verdict::warning, "2 days old");
    aged(24 * 8);
    expect("backup", Verdict::wrong, "8 days old");
    write(name, "x", 0644);
    expect("backup", Verdict::wrong, "may be read by others");
    EXPECT_EQ(chmod((folder / "root/var/backups/magwatch").c_str(), 0700), 0);
    aged(1);
    expect("backup", Verdict::ok); // nobody else comes as far as the file
    expect("nightly backup", Verdict::ok);
    backup_unit = with(backup_unit, "success", "exit-code");
    expect("nightly backup", Verdict::wrong, "exit-code");
    backup_unit = with(backup_unit, "ActiveState=active", "ActiveState=inactive");
    expect("nightly backup", Verdict::warning, "does not run");
    options.unit_config = "/etc/magwatch/magwatch.toml";
    EXPECT_TRUE(of(look(), "backup").empty()) << "they are of the service's ward";
}

TEST_F(Doctor, ChangesNothing)
{
    { const auto opened = JournalFile::open((folder / "state").string(), noon); ASSERT_TRUE(opened.file); }
    const auto shape = [&] {
        std::string all;
        for (const auto& entry : fs::recursive_directory_iterator{folder}) {
            struct stat info {
            };
            EXPECT_EQ(lstat(entry.path().c_str(), &info), 0);
            all += fmt::format("{} {} {}.{}\n", entry.path().string(), info.st_size, info.st_mtim.tv_sec,
                               info.st_mtim.tv_nsec);
        }
        return all;
    };
    const std::string before = shape();
    (void)look();
    EXPECT_EQ(shape(), before);
}

// --- the service, the machine, the package ---

TEST_F(Doctor, TellsOfAServiceThatDoesNotRunOrStart)
{
    expect("running", Verdict::ok, "812");
    expect("enabled", Verdict::ok);
    expect("watchdog", Verdict::ok, "10s");
    expect("sandbox", Verdict::ok, "as daemon");
    for (const auto& [check, from, to, verdict, words] :
         {std::tuple{"enabled", "UnitFileState=enabled", "UnitFileState=disabled", Verdict::wrong, "disabled"},
          {"unit", "LoadState=loaded", "LoadState=not-found", Verdict::wrong, "not-found"},
          {"running", "ActiveState=active", "ActiveState=inactive", Verdict::wrong, "inactive"},
          {"running", "ActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0",
           "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=78", Verdict::wrong, "ended with 78"},
          {"restarts", "NRestarts=0", "NRestarts=7", Verdict::warning, "7 times"},
          {"watchdog", "WatchdogUSec=10s", "WatchdogUSec=0", Verdict::wrong, "off"},
          {"watchdog", "WatchdogUSec=10s", "WatchdogUSec=3s 500ms", Verdict::warning, "3s 500ms"},
          {"watchdog", "WatchdogUSec=10s", "WatchdogUSec=800ms", Verdict::warning, "800ms"},
          {"unit", "NeedDaemonReload=no", "NeedDaemonReload=yes", Verdict::wrong, "changed"},
          {"sandbox", "NoNewPrivileges=yes", "NoNewPrivileges=no", Verdict::wrong, "NoNewPrivileges=no"},
          {"sandbox", "LimitCORE=0", "LimitCORE=infinity", Verdict::wrong, "LimitCORE"},
          {"sandbox", "User=daemon", "User=root", Verdict::wrong, "as root"},
          {"user", "User=daemon", "User=no-such-user", Verdict::wrong, "no-such-user"}}) {
        unit = with(good_unit, from, to);
        expect(check, verdict, words);
    }
    fs::remove_all(folder / "root/run/systemd");
    expect("unit", Verdict::unknown, "does not run this machine");
    options.unit_config = "/etc/magwatch/magwatch.toml";
    expect("unit", Verdict::unknown, "and not this configuration");
}

TEST_F(Doctor, TellsWhatTheMachineDoesToTimeAndMemory)
{
    expect("clock", Verdict::ok);
    expect("time zone", Verdict::ok, "Europe/London");
    expect("sleep", Verdict::ok);
    expect("core dumps", Verdict::ok);
    machine.synchronisation = [] { return Synchronisation::unsynchronised; };
    expect("clock", Verdict::warning, "nothing keeps it right");
    machine.synchronisation = [] { return Synchronisation::unknown; };
    expect("clock", Verdict::unknown);
    fs::remove(folder / "root/etc/localtime");
    expect("time zone", Verdict::warning, "UTC");
    sleeps = true;
    expect("sleep", Verdict::warning, "may go to sleep");
    write("root/var/lib/systemd/coredump/core.magwatchd.1000.zst", "x", 0600);
    expect("core dumps", Verdict::warning, "patients' values");
}

TEST_F(Doctor, TellsOfProgramsAndFilesThatDoNotFit)
{
    expect("files", Verdict::ok, "0.1.0-1");
    verified = "??5?????? c /etc/magwatch/magwatch.toml\n??5??????   /usr/sbin/magwatchd\n"
               "missing     /usr/share/man/man1/magwatch.1.gz\n";
    expect("files", Verdict::wrong, "/usr/sbin/magwatchd is not what was shipped");
    expect("files", Verdict::warning, "magwatch.1.gz is missing");
    EXPECT_EQ(of(look(), "files").size(), 2U) << "the site's configuration is the site's";
    package = "rc 0.1.0-1";
    expect("files", Verdict::unknown);
    version = "magwatchd 0.0.9\n";
    const auto programs = of(look(), "programs");
    ASSERT_EQ(programs.size(), 1U);
    EXPECT_NE(programs[0].find("wrong"), std::string::npos) << programs[0];
}

} // namespace
} // namespace magwatch::cli::doctor
