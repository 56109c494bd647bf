// What is told of ourselves to those elsewhere, against Debian's Alertmanager and a plain receiver.
#include "daemon/app/heartbeat.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "adapters/pagers/iso_time.hpp"
#include "adapters/pagers/signing.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch {
namespace {

using namespace testing_support;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct HeartbeatTest : ::testing::Test {
    WardView view()
    {
        WardView now;
        now.at = rig.clock.now();
        now.name = "l4";
        now.mode = Mode::ward;
        now.beds_watched = 2;
        return now;
    }
    // Beats when it is due, as the loop does, until `done`.
    bool beat_until(const std::function<bool()>& done)
    {
        return rig.until([&] {
            if (beats && heartbeat.due(rig.clock.now().steady)) heartbeat.beat(view());
            return done();
        });
    }
    nlohmann::json find(Peer& peer, const std::function<bool(const nlohmann::json&)>& wanted)
    {
        nlohmann::json found;
        (void)beat_until([&] {
            const auto seen = peer.report(std::chrono::milliseconds{20});
            if (found.is_null() && seen.is_object() && wanted(seen)) found = seen;
            return !found.is_null();
        });
        return found;
    }
    void alertmanager(std::vector<std::string> urls, std::string ca_file = "")
    {
        config.label = "Ward L4";
        config.pager.alertmanager.push_back({"hospital", std::move(urls), {}, std::move(ca_file)});
        HeartbeatConfig one;
        one.name = "watchdog";
        one.kind = HeartbeatKind::alertmanager;
        one.gateway = "hospital";
        one.every = Duration{1'000};
        config.heartbeats = {one};
    }
    static std::string url(const Peer& peer, const std::string& scheme = "http")
    {
        return scheme + "://127.0.0.1:" + std::to_string(peer.port());
    }

    Scratch scratch;
    Rig rig;
    Metrics metrics{"0.1.0"};
    Heartbeat heartbeat{rig.io.get_executor(), rig.lane, metrics, 3};
    Config config;
    bool beats = true;
};

TEST_F(HeartbeatTest, AWatchdogFiresIsRefreshedAndResolvesByItselfWhenNobodyBeats)
{
    Peer real{"tests/integration/pagers/alertmanager_peer.py", {}};
    alertmanager({url(real) + "/"});
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    const auto rings = [](const nlohmann::json& seen) { return seen.contains("amtool") && !seen["amtool"].empty(); };
    const auto first = find(real, rings);
    ASSERT_TRUE(first.is_object());
    const auto& alert = first["amtool"][0];
    EXPECT_EQ(alert["labels"],
              (nlohmann::json{{"alertname", "Watchdog"}, {"job", "magwatch"}, {"ward", "Ward L4"}}));
    EXPECT_THAT(alert["annotations"]["summary"].get<std::string>(), HasSubstr("watches 2 beds of Ward L4"));
    const std::string end = alert["endsAt"];
    const auto later = find(real, [&](const nlohmann::json& seen) {
        return rings(seen) && seen["amtool"][0]["endsAt"].get<std::string>() > end;
    });
    ASSERT_TRUE(later.is_object());
    EXPECT_EQ(later["amtool"].size(), 1U);
    EXPECT_EQ(later["amtool"][0]["startsAt"], alert["startsAt"]) << "one alert, told again";

    // The shipped route tells those who watch from elsewhere when it ends, and nobody has to end it.
    beats = false;
    const auto resolved = find(real, [](const nlohmann::json& seen) {
        return seen.contains("notified") && seen["notified"] == "resolved";
    });
    ASSERT_TRUE(resolved.is_object());
    EXPECT_EQ(resolved["labels"]["alertname"], "Watchdog");
    EXPECT_EQ(resolved["receiver"], "outside-watch");
    EXPECT_TRUE(find(real, [](const auto& seen) { return seen.contains("amtool") && seen["amtool"].empty(); })
                    .is_object());
}

TEST_F(HeartbeatTest, OneMemberThatTakesItIsEnoughAndNoneIsAFault)
{
    const std::string plain = "tests/integration/pagers/plain_peer.py";
    {
        Peer good{plain, {"200"}}, broken{plain, {"500"}};
        alertmanager({url(broken), url(good)});
        ASSERT_THAT(heartbeat.configure(config), IsEmpty());
        ASSERT_TRUE(beat_until([&] { return metrics.heartbeats_taken.Value() >= 4; }));
        EXPECT_EQ(metrics.heartbeats_failed.Value(), 0);
        EXPECT_EQ(heartbeat.failing(), "");
    }
    config.pager.alertmanager.clear();
    Peer broken{plain, {"500"}};
    alertmanager({url(broken)});
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    ASSERT_TRUE(beat_until([&] { return !heartbeat.failing().empty(); }));
    EXPECT_EQ(heartbeat.failing(), "Outside watch not reached: watchdog");
    EXPECT_EQ(metrics.heartbeats_failed.Value(), 3);
}

// Else a reload would end the alarm before anything was heard, and three more misses would have to come.
TEST_F(HeartbeatTest, WhatAReceiverMissedBeforeAReloadCountsUntilItTakesOneAgain)
{
    const std::string plain = "tests/integration/pagers/plain_peer.py";
    Peer good{plain, {"200"}}, broken{plain, {"500"}};
    EXPECT_TRUE(heartbeat.settled()) << "nobody is told";
    alertmanager({url(broken)});
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    EXPECT_FALSE(heartbeat.settled()) << "nobody has answered yet";
    ASSERT_TRUE(beat_until([&] { return !heartbeat.failing().empty(); }));
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    EXPECT_EQ(heartbeat.failing(), "Outside watch not reached: watchdog");
    config.pager.alertmanager.clear();
    alertmanager({url(good)});
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    EXPECT_EQ(heartbeat.failing(), "") << "another address is another receiver";
    EXPECT_FALSE(heartbeat.settled());
    ASSERT_TRUE(beat_until([&] { return heartbeat.settled(); }));
}

TEST_F(HeartbeatTest, TheSitesOwnAuthorityIsTrustedAndNoOther)
{
    const Certificate ours{"IP:127.0.0.1"}, others{"IP:127.0.0.1"};
    Peer peer{"tests/integration/pagers/plain_peer.py", {"--tls", ours.file(), ours.key(), "200"}};
    HeartbeatConfig one;
    one.name = "ping";
    one.kind = HeartbeatKind::healthchecks;
    one.url = url(peer, "https") + "/ping";
    one.every = Duration{1'000};
    one.ca_file = ours.file();
    config.heartbeats = {one};
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    ASSERT_TRUE(beat_until([&] { return metrics.heartbeats_taken.Value() >= 1; }));
    config.heartbeats[0].ca_file = others.file();
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    EXPECT_TRUE(beat_until([&] { return metrics.heartbeats_failed.Value() >= 1; }));
}

TEST_F(HeartbeatTest, AStopOnPurposeIsTheLastThatIsSaidAndSignedFor)
{
    const std::string key(32, 'k');
    const std::string path = scratch.file("beat.key");
    std::ofstream{path} << "whsec_" << adapters::base64(key);
    chmod(path.c_str(), 0600);
    Peer peer{"tests/integration/pagers/http_peer.py", {adapters::base64(key), "204"}};
    HeartbeatConfig one;
    one.name = "outside";
    one.url = url(peer) + "/heartbeat";
    one.secret = "file:" + path;
    one.planned_stop = Duration{600'000};
    config.heartbeats = {one};
    ASSERT_THAT(heartbeat.configure(config), IsEmpty());
    const auto alive = find(peer, [](const nlohmann::json& seen) { return seen.contains("id"); });
    EXPECT_EQ(alive["id"], "heartbeat-3-1");
    heartbeat.stopping(view(), "systemd");
    EXPECT_TRUE(heartbeat.busy());
    EXPECT_FALSE(heartbeat.due(rig.clock.now().steady + Duration{3'600'000}));
    const auto last = find(peer, [](const nlohmann::json& seen) { return seen.contains("id"); });
    EXPECT_EQ(last["id"], "heartbeat-3-2");
    EXPECT_EQ(last["signed_by"], nlohmann::json::array({0}));
    EXPECT_EQ(last["body"]["stopping"], (nlohmann::json{{"by", "systemd"}, {"back_in_seconds", 600}}));
    ASSERT_TRUE(rig.until([&] { return !heartbeat.busy(); }));
}

TEST(HeartbeatBody, SaysAStopOrThatThereIsNone)
{
    WardView view;
    Heartbeat::Content content;
    EXPECT_TRUE(nlohmann::json::parse(Heartbeat::body(view, content))["stopping"].is_null());
    content.stopped_by = "systemd";
    content.back_in = Duration{300'000};
    EXPECT_EQ(nlohmann::json::parse(Heartbeat::body(view, content))["stopping"],
              (nlohmann::json{{"by", "systemd"}, {"back_in_seconds", 300}}));
}

TEST(HeartbeatBody, TellsTheHeadOfTheAuditTrailOnceThereIsOne)
{
    const WardView view;
    Heartbeat::Content content;
    EXPECT_TRUE(nlohmann::json::parse(Heartbeat::body(view, content)).at("audit").is_null());
    content.audit = {4711, std::string(64, 'a')};
    EXPECT_EQ(nlohmann::json::parse(Heartbeat::body(view, content)).at("audit"),
              (nlohmann::json{{"sequence", 4711}, {"hash", std::string(64, 'a')}}));
}

TEST(HeartbeatBody, AWatchdogNeverEndsBeforeItBegins)
{
    WardView view;
    view.mode = Mode::demo;
    view.at.wall = WallTime{1'000'000};
    const auto alert = nlohmann::json::parse(
        Heartbeat::watchdog(view, "Ward L4", Duration{30'000}, WallTime{9'000'000}))[0];
    EXPECT_LT(alert["startsAt"].get<std::string>(), alert["endsAt"].get<std::string>());
    EXPECT_EQ(alert["endsAt"], adapters::iso_8601(WallTime{1'120'000}));
    EXPECT_EQ(alert["labels"]["simulation"], "true");
}

} // namespace
} // namespace magwatch
