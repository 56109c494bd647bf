// The Alertmanager channel against Debian's Alertmanager with the route that is shipped, seen by amtool, and against
// plain receivers where it has to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/alertmanager.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;
using ::testing::HasSubstr;

const std::string plain = "tests/integration/pagers/plain_peer.py";
const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing. STOP magnesium at pump. #1207";

std::string url(std::uint16_t port, const std::string& scheme = "http")
{
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

std::vector<AlertmanagerCluster> one(std::vector<std::string> urls, const std::string& ca_file = "")
{
    AlertmanagerCluster cluster;
    cluster.name = "hospital";
    cluster.urls = std::move(urls);
    cluster.ward = "L4";
    cluster.ca_file = ca_file;
    std::vector<AlertmanagerCluster> all;
    all.push_back(std::move(cluster));
    return all;
}

struct AlertRig : Rig {
    explicit AlertRig(std::vector<std::string> urls, Duration refresh = Duration{3'600'000}, CurlLimits limits = {},
                      const std::string& ca_file = "")
        : Rig{limits}, pager{parts(), one(std::move(urls), ca_file), book, refresh}
    {
    }
    void send(std::uint32_t call, std::uint32_t repetition = 0)
    {
        Page page = test_page(call, "alertmanager", "hospital");
        page.key.repetition = repetition;
        page.at = clock.now().wall;
        pager.send(page, text, {}, note());
    }
    std::shared_ptr<AlertBook> book = std::make_shared<AlertBook>();
    AlertmanagerPager pager;
};

TEST(AlertmanagerPeer, AnAlertFiresIsRefreshedAndResolves)
{
    Peer real{"tests/integration/pagers/alertmanager_peer.py", {}};
    AlertRig rig{{url(real.port())}, Duration{300}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 200");

    // The shipped route passes it on at once, and amtool sees it.
    const auto told = rig.find(real, [](const auto& seen) { return seen.contains("notified"); });
    ASSERT_TRUE(told.is_object());
    EXPECT_EQ(told["notified"], "firing");
    EXPECT_EQ(told["annotations"]["summary"], text);
    const auto rings = [](const nlohmann::json& seen) { return seen.contains("amtool") && !seen["amtool"].empty(); };
    const auto first = rig.find(real, rings);
    ASSERT_TRUE(first.is_object());
    EXPECT_EQ(first["amtool"][0]["labels"]["call"], "1-7");
    EXPECT_EQ(first["amtool"][0]["labels"]["person"], "midwife-1");

    // Refreshed: its end moves on.
    const std::string end = first["amtool"][0]["endsAt"];
    const auto later = rig.find(real, [&](const auto& seen) {
        return rings(seen) && seen["amtool"][0]["endsAt"].template get<std::string>() > end;
    });
    ASSERT_TRUE(later.is_object());
    EXPECT_EQ(later["amtool"].size(), 1U);

    // An answer ends nothing.
    rig.pager.cancel({1, 7});
    const std::string before = later["amtool"][0]["endsAt"];
    EXPECT_TRUE(rig.find(real, [&](const auto& seen) {
                       return rings(seen) && seen["amtool"][0]["endsAt"].template get<std::string>() > before;
                   }).is_object());

    rig.pager.ended({1, 7});
    const auto resolved = rig.find(real, [](const auto& seen) { return seen.contains("notified"); });
    ASSERT_TRUE(resolved.is_object());
    EXPECT_EQ(resolved["notified"], "resolved");
    EXPECT_TRUE(rig.find(real, [](const auto& seen) { return seen.contains("amtool") && seen["amtool"].empty(); })
                    .is_object());
}

TEST(AlertmanagerPeer, EveryRingIsPassedOnAtOnce)
{
    Peer real{"tests/integration/pagers/alertmanager_peer.py", {}};
    AlertRig rig{{url(real.port())}};
    for (std::uint32_t ring = 0; ring < 3; ++ring) {
        rig.send(7, ring);
        const auto told = rig.find(real, [&](const auto& seen) {
            return seen.contains("notified") && seen["labels"]["ring"] == std::to_string(ring) + "/0";
        });
        ASSERT_TRUE(told.is_object()) << ring;
        EXPECT_EQ(told["notified"], "firing");
    }
    EXPECT_EQ(rig.book->ringing(), 1U);
}

TEST(AlertmanagerPeer, EveryMemberIsToldAndOneThatTakesItIsEnough)
{
    Peer good{plain, {"200"}}, broken{plain, {"500"}}, silent{plain, {"hang"}};
    AlertRig rig{{url(broken.port()), url(silent.port()), url(closed_port()), url(good.port())}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    for (Peer* peer : {&good, &broken, &silent}) {
        const auto seen = rig.find(*peer, [](const auto& s) { return s.contains("json") && !s["json"].empty(); });
        ASSERT_TRUE(seen.is_object());
        EXPECT_EQ(seen["path"], "/api/v2/alerts");
        EXPECT_EQ(seen["type"], "application/json");
        EXPECT_EQ(seen["json"][0]["labels"]["ward"], "L4");
    }
}

TEST(AlertmanagerPeer, NoMemberThatTakesItIsAFailure)
{
    Peer a{plain, {"400"}}, b{plain, {"404"}};
    AlertRig rig{{url(a.port()), url(b.port())}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_THAT(rig.outcomes[0].detail, HasSubstr("member 1: HTTP 400"));
    EXPECT_THAT(rig.outcomes[0].detail, HasSubstr("member 2: HTTP 404"));
}

TEST(AlertmanagerPeer, AServerErrorIsTriedAgain)
{
    Peer peer{plain, {"500", "503", "200"}}; // the first answers the probe
    AlertRig rig{{url(peer.port())}};
    ASSERT_TRUE(rig.find(peer, [](const auto& s) { return s["text"] == "[]"; }).is_object());
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
}

TEST(AlertmanagerPeer, ABlackHoleIsUnknownAfterTwoAttempts)
{
    Peer peer{plain, {"hang"}};
    AlertRig rig{{url(peer.port())}, Duration{3'600'000}, {Duration{1'000}, Duration{300}}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_FALSE(rig.pager.health()[0].working);
}

TEST(AlertmanagerPeer, AProbeFindsAServerThatIsGoneBeforeAPageNeedsIt)
{
    AlertRig gone{{url(closed_port())}, Duration{20}};
    ASSERT_TRUE(gone.until([&] { return !gone.pager.health()[0].working; }));
    EXPECT_EQ(gone.pager.health()[0].detail, "connection refused");
    EXPECT_EQ(gone.pager.health()[0].attempts, 0U);
    Peer peer{plain, {"500", "500", "200"}};
    AlertRig back{{url(peer.port())}, Duration{20}};
    ASSERT_TRUE(back.until([&] { return !back.pager.health()[0].working; }));
    ASSERT_TRUE(back.until([&] { return back.pager.health()[0].working; }));
}

TEST(AlertmanagerTls, AWrongCertificateGetsNothing)
{
    Certificate ours{"IP:127.0.0.1"}, other{"IP:127.0.0.1"};
    Peer peer{plain, {"--tls", ours.file(), ours.key(), "200"}};
    AlertRig good{{url(peer.port(), "https")}, Duration{3'600'000}, {}, ours.file()};
    good.send(7);
    ASSERT_TRUE(good.until_outcomes(1));
    EXPECT_EQ(good.outcomes[0].outcome, PageOutcome::accepted);
    AlertRig bad{{url(peer.port(), "https")}, Duration{3'600'000}, {}, other.file()};
    bad.send(8);
    ASSERT_TRUE(bad.until_outcomes(1));
    EXPECT_EQ(bad.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(bad.outcomes[0].detail, "certificate refused");
}

TEST(AlertmanagerPeer, AReloadKeepsWhatRings)
{
    Peer peer{plain, {"200"}};
    AlertRig rig{{url(peer.port())}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    AlertmanagerPager next{rig.parts(), one({url(peer.port())}), rig.book};
    const auto again = rig.find(peer, [](const auto& s) {
        return s.contains("json") && !s["json"].empty() && s["json"][0]["labels"]["call"] == "1-7";
    });
    EXPECT_TRUE(again.is_object());
    EXPECT_TRUE(rig.find(peer, [](const auto& s) { return s.contains("json") && !s["json"].empty(); }).is_object())
        << "the page itself, and the new pager's first telling";
}

} // namespace
} // namespace magwatch::adapters
