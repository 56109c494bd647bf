// The ntfy channel against a plain receiver that answers as ntfy's documentation says: no package of Debian holds a
// server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/ntfy.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string plain = "tests/integration/pagers/plain_peer.py";
const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing. STOP magnesium at pump. #1207";
constexpr Duration seldom{3'600'000};

std::vector<NtfyServer> one(const std::string& url, const std::string& ca_file = "")
{
    NtfyServer server;
    server.name = "ward";
    server.url = url;
    server.login.secret.emplace("tk_secret");
    server.ca_file = ca_file;
    std::vector<NtfyServer> all;
    all.push_back(std::move(server));
    return all;
}

struct NtfyRig : Rig {
    explicit NtfyRig(std::vector<NtfyServer> servers, Duration probe = seldom, CurlLimits limits = {})
        : Rig{limits}, pager{parts(), std::move(servers), probe}
    {
    }
    void send(std::uint32_t call, const std::string& address = "ward midwives")
    {
        pager.send(test_page(call, "ntfy", address), text, {"https://w/answer/a", "", ""}, note());
    }
    nlohmann::json next_page(Peer& peer)
    {
        return find(peer, [](const nlohmann::json& seen) { return seen["method"] == "POST"; });
    }
    NtfyPager pager;
};

std::string url(std::uint16_t port, const std::string& scheme = "http")
{
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

TEST(NtfyPeer, AMessageIsWhatTheDocumentationAsksFor)
{
    Peer peer{plain, {"200"}};
    NtfyRig rig{one(url(peer.port()))};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto seen = rig.next_page(peer);
    ASSERT_TRUE(seen.is_object());
    EXPECT_EQ(seen["path"], "/midwives");
    EXPECT_EQ(seen["text"], text);
    EXPECT_EQ(seen["authorization"], "Bearer tk_secret");
    EXPECT_EQ(seen["headers"]["title"], "magwatch HIGH #1207");
    EXPECT_EQ(seen["headers"]["priority"], "5");
    EXPECT_EQ(nlohmann::json::parse(seen["headers"]["actions"].get<std::string>())[0]["url"], "https://w/answer/a");
}

struct Status {
    std::string answer;
    PageOutcome outcome;
};
class NtfyStatus : public ::testing::TestWithParam<Status> {};
TEST_P(NtfyStatus, IsJudged)
{
    // The first request is the probe's.
    Peer peer{plain, {"200", GetParam().answer}};
    NtfyRig rig{one(url(peer.port())), seldom, {Duration{1'000}, Duration{400}}};
    ASSERT_TRUE(rig.find(peer, [](const auto& seen) { return seen["path"] == "/v1/health"; }).is_object());
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, GetParam().outcome) << rig.outcomes[0].detail;
}
INSTANTIATE_TEST_SUITE_P(Every, NtfyStatus,
                         ::testing::Values(Status{"400", PageOutcome::failed}, Status{"401", PageOutcome::failed},
                                           Status{"403", PageOutcome::failed}, Status{"413", PageOutcome::failed},
                                           Status{"307", PageOutcome::failed}, Status{"slow:0.2", PageOutcome::accepted},
                                           Status{"close", PageOutcome::unknown}, Status{"hang", PageOutcome::unknown}));

TEST(NtfyPeer, ABusyServerIsAskedAgain)
{
    Peer peer{plain, {"200", "429", "503", "200"}};
    NtfyRig rig{one(url(peer.port()))};
    ASSERT_TRUE(rig.find(peer, [](const auto& seen) { return seen["method"] == "GET"; }).is_object());
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.pager.health()[0].retries, 2U);
}

TEST(NtfyPeer, ABadAddressFailsAtOnce)
{
    NtfyRig rig{one(url(closed_port()))};
    rig.send(7, "ward mid/wives");
    rig.send(8, "town midwives");
    ASSERT_TRUE(rig.until_outcomes(2));
    for (const auto& outcome : rig.outcomes) EXPECT_EQ(outcome.outcome, PageOutcome::failed);
}

TEST(NtfyPeer, AServerThatIsUnwellOrGoneIsFoundByTheProbe)
{
    NtfyRig gone{one(url(closed_port())), Duration{20}};
    ASSERT_TRUE(gone.until([&] { return !gone.pager.health()[0].working; }));
    Peer peer{plain, {"200"}}; // says "{}": something answers there, and it is no ntfy
    NtfyRig other{one(url(peer.port())), Duration{20}};
    ASSERT_TRUE(other.until([&] { return !other.pager.health()[0].working; }));
    EXPECT_EQ(other.pager.health()[0].detail, "says that it is not well");
}

TEST(NtfyTls, AWrongCertificateGetsNothing)
{
    Certificate ours{"IP:127.0.0.1"}, other{"IP:127.0.0.1"};
    Peer peer{plain, {"--tls", ours.file(), ours.key(), "200"}};
    NtfyRig good{one(url(peer.port(), "https"), ours.file())};
    good.send(7);
    ASSERT_TRUE(good.until_outcomes(1));
    EXPECT_EQ(good.outcomes[0].outcome, PageOutcome::accepted);
    NtfyRig bad{one(url(peer.port(), "https"), other.file())};
    bad.send(8);
    ASSERT_TRUE(bad.until_outcomes(1));
    EXPECT_EQ(bad.outcomes[0].detail, "certificate refused");
    EXPECT_EQ(bad.outcomes[0].outcome, PageOutcome::failed);
}

} // namespace
} // namespace magwatch::adapters
