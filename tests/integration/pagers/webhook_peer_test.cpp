// The webhook pager against receivers that are not ours: Python's http.server, TLS by its ssl module,
// certificates by openssl.
#include <cstdlib>

#include <gtest/gtest.h>

#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/webhook.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string key(32, 'k');
const std::string http_peer = "tests/integration/pagers/http_peer.py";

WebhookEndpoint endpoint(const std::string& name, std::uint16_t port, const std::string& scheme = "http",
                         const std::string& ca_file = "")
{
    WebhookEndpoint e;
    e.name = name;
    e.url = scheme + "://127.0.0.1:" + std::to_string(port) + "/page";
    e.keys.emplace_back(key);
    e.ca_file = ca_file;
    return e;
}

std::vector<WebhookEndpoint> one(WebhookEndpoint e)
{
    std::vector<WebhookEndpoint> all;
    all.push_back(std::move(e));
    return all;
}

// One peer with a script, one pager for it.
struct WebhookRig : Rig {
    explicit WebhookRig(std::vector<std::string> script, CurlLimits limits = {}, Duration deadline = Duration{60'000})
        : Rig{limits}, peer{http_peer, with_key(std::move(script))},
          pager{parts(deadline), one(endpoint("phone", peer.port()))}
    {
    }
    static std::vector<std::string> with_key(std::vector<std::string> script)
    {
        script.insert(script.begin(), base64(key));
        return script;
    }
    void send(std::uint32_t call) { pager.send(test_page(call, "webhook", "phone"), "text", {}, note()); }

    Peer peer;
    WebhookPager pager;
};

TEST(WebhookPeer, AcceptsASignedPage)
{
    WebhookRig rig{{"204"}};
    Page page = test_page(7, "webhook", "phone");
    page.simulation = true;
    rig.pager.send(page, "the text", {"http://127.0.0.1/answer/a", "", ""}, rig.note());
    EXPECT_TRUE(rig.outcomes.empty()) << "an outcome must not come out of send() itself";
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].key, page.key);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 204");

    const auto seen = rig.peer.report();
    EXPECT_TRUE(seen["valid"]) << "Python's hmac computes another signature";
    EXPECT_EQ(seen["id"], "1-7/0/0/midwife-1/webhook");
    EXPECT_EQ(seen["path"], "/page");
    EXPECT_EQ(seen["type"], "application/json");
    EXPECT_TRUE(seen["expect"].is_null());
    EXPECT_NEAR(seen["timestamp"].get<double>(), seen["now"].get<double>(), 60);
    EXPECT_EQ(seen["body"]["text"], "the text");
    EXPECT_EQ(seen["body"]["simulation"], true);
    EXPECT_EQ(seen["body"]["answers"]["coming"], "http://127.0.0.1/answer/a");
    EXPECT_EQ(rig.pager.pending(), 0U);
}

TEST(WebhookPeer, TriesAgainWithTheSameIdAfterAServerError)
{
    WebhookRig rig{{"503", "429", "204"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto first = rig.peer.report(), second = rig.peer.report(), third = rig.peer.report();
    EXPECT_EQ(first["id"], second["id"]);
    EXPECT_EQ(first["id"], third["id"]);
    EXPECT_TRUE(third["valid"]);
    const auto health = rig.pager.health();
    ASSERT_EQ(health.size(), 1U);
    EXPECT_EQ(health[0].name, "phone");
    EXPECT_EQ(health[0].attempts, 3U);
    EXPECT_EQ(health[0].retries, 2U);
    EXPECT_TRUE(health[0].working);
    EXPECT_EQ(rig.outcomes.size(), 1U);
}

// What is told of one page until its hand-over, by a peer that answers so.
std::vector<PageOutcome> told_of(std::vector<std::string> answers, std::uint8_t attempt = 1)
{
    Rig rig;
    Peer peer{http_peer, WebhookRig::with_key(std::move(answers))};
    PagerParts parts = rig.parts();
    std::vector<PageOutcome> told;
    parts.feedback.receipt = [&](const PageKey&, PageOutcome outcome, const std::string&) { told.push_back(outcome); };
    WebhookPager pager{std::move(parts), one(endpoint("phone", peer.port()))};
    Page page = test_page(7, "webhook", "phone");
    page.attempt = attempt;
    pager.send(page, "text", {},
               [&](const PageKey&, PageOutcome outcome, const std::string&) { told.push_back(outcome); });
    EXPECT_TRUE(told.empty()) << "nothing must come out of send() itself";
    EXPECT_TRUE(rig.until([&] { return !told.empty() && told.back() != PageOutcome::sending; }));
    return told;
}

TEST(WebhookPeer, SaysThatAPageIsOnItsWayForEachTimeThatMayArrive)
{
    using enum PageOutcome;
    EXPECT_EQ(told_of({"204"}), (std::vector{sending, accepted}));
    EXPECT_EQ(told_of({"503", "503", "204"}), (std::vector{sending, accepted})) << "refused in so many words";
    EXPECT_EQ(told_of({"500", "204"}), (std::vector{sending, sending, accepted}));
    EXPECT_EQ(told_of({"500"}), (std::vector{sending, sending, unknown}));
    EXPECT_EQ(told_of({"500"}, 2), (std::vector{sending, unknown})) << "the run before has sent it once";
}

TEST(WebhookPeer, HearsWhenAPeerAsksToWait)
{
    WebhookRig rig{{"retry:1", "204"}};
    rig.send(7);
    const auto start = rig.clock.now().steady;
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_GE((rig.clock.now().steady - start).count(), 1000);
}

TEST(WebhookPeer, ARefusalEndsThePageAtOnce)
{
    WebhookRig rig{{"400", "204"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 400");
    rig.send(8); // the peer's second request is this page, not a retry
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.peer.report()["id"], "1-7/0/0/midwife-1/webhook");
    EXPECT_EQ(rig.peer.report()["id"], "1-8/0/0/midwife-1/webhook");
}

TEST(WebhookPeer, ARedirectIsNotFollowed)
{
    WebhookRig rig{{"307", "302", "204"}};
    rig.send(7);
    rig.send(8);
    rig.send(9);
    ASSERT_TRUE(rig.until_outcomes(3));
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 307");
    EXPECT_EQ(rig.outcomes[1].detail, "HTTP 302");
    EXPECT_EQ(rig.outcomes[2].outcome, PageOutcome::accepted);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.peer.report()["path"], "/page");
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{0})) << "somebody asked for /elsewhere";
}

TEST(WebhookPeer, ASlowAnswerIsAnAnswer)
{
    WebhookRig rig{{"slow:1.5"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
}

TEST(WebhookPeer, ABlackHoleDelaysNoOtherChannelAndNoLaterPerson)
{
    WebhookRig hole{{"hang"}};
    Peer good{http_peer, WebhookRig::with_key({"204"})};
    WebhookPager neighbour{hole.parts(), one(endpoint("good", good.port()))};
    for (std::uint32_t i = 0; i < 20; ++i) {
        Page page = test_page(i, "webhook", "phone");
        page.key.person += std::to_string(i);
        hole.pager.send(page, "text", {}, hole.note());
    }
    ASSERT_TRUE(hole.peer.report()["valid"]); // the hole has swallowed one for certain
    for (std::uint32_t i = 100; i < 110; ++i)
        neighbour.send(test_page(i, "webhook", "good"), "text", {}, hole.note());
    ASSERT_TRUE(hole.until_outcomes(10));
    for (std::uint32_t i = 0; i < 10; ++i) {
        EXPECT_EQ(hole.outcomes[i].key.call.counter, 100 + i) << "in order, and before anything of the black hole";
        EXPECT_EQ(hole.outcomes[i].outcome, PageOutcome::accepted);
    }
    EXPECT_EQ(hole.pager.pending(), 20U);
}

TEST(WebhookPeer, ABlackHoleGetsTwoAttemptsAndTheOutcomeIsUnknown)
{
    WebhookRig rig{{"hang"}, CurlLimits{Duration{5'000}, Duration{1'500}}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_EQ(rig.outcomes[0].detail, "no reply in 1500 ms");
    EXPECT_EQ(rig.peer.report()["id"], rig.peer.report()["id"]);
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{200}));
    EXPECT_FALSE(rig.pager.health()[0].working);
}

TEST(WebhookPeer, AConnectionClosedWithoutAReplyIsUnknown)
{
    WebhookRig rig{{"close"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_EQ(rig.outcomes[0].detail, "closed without a reply");
}

TEST(WebhookPeer, WhoFailsAtItMayHaveTakenItAndGetsItTwiceAtMost)
{
    WebhookRig rig{{"500", "502"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 502");
    EXPECT_EQ(rig.peer.report()["id"], rig.peer.report()["id"]);
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{200}));
}

TEST(WebhookPeer, AReplyThatIsNoHttpMayComeAfterThePageArrived)
{
    WebhookRig rig{{"garbage"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_EQ(rig.outcomes[0].detail, "no HTTP in reply");
    EXPECT_EQ(rig.peer.report()["id"], rig.peer.report()["id"]);
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{200}));
}

TEST(WebhookPeer, AnEndlessReplyIsCutOffAndItsStatusCounts)
{
    WebhookRig rig{{"endless"}, CurlLimits{Duration{30'000}, Duration{50'000}}};
    const auto start = rig.clock.now().steady;
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_LT((rig.clock.now().steady - start).count(), 50'000) << "it was the size that ended it, not the time";
}

TEST(WebhookPeer, ARefusedConnectionFailsAtItsDeadline)
{
    Rig rig;
    WebhookPager pager{rig.parts(Duration{300}), one(endpoint("phone", closed_port()))};
    pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "connection refused");
    EXPECT_GE(pager.health()[0].attempts, 2U);
    EXPECT_FALSE(pager.health()[0].working);
}

TEST(WebhookPeer, CancelKeepsAPageFromTheWire)
{
    WebhookRig rig{{"slow:1", "204"}};
    rig.send(7);
    rig.send(8); // waits its turn behind the slow one
    rig.pager.cancel({1, 8});
    rig.send(9);
    ASSERT_TRUE(rig.until_outcomes(3));
    EXPECT_EQ(rig.outcomes[0].key.call.counter, 8U);
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::withdrawn);
    EXPECT_EQ(rig.outcomes[0].detail, "cancelled");
    EXPECT_EQ(rig.pager.health()[0].failed, 0U);
    EXPECT_EQ(rig.peer.report()["id"], "1-7/0/0/midwife-1/webhook");
    EXPECT_EQ(rig.peer.report()["id"], "1-9/0/0/midwife-1/webhook");
}

TEST(WebhookPeer, PagesOfOnePersonArriveInOrder)
{
    WebhookRig rig{{"204"}};
    for (std::uint32_t i = 0; i < 30; ++i) rig.send(i);
    ASSERT_TRUE(rig.until_outcomes(30));
    for (std::uint32_t i = 0; i < 30; ++i)
        EXPECT_EQ(rig.peer.report()["body"]["number"], 1200 + i);
}

TEST(WebhookPeer, TheEnvironmentsProxyIsIgnored)
{
    const std::string proxy = "http://127.0.0.1:" + std::to_string(closed_port());
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) ::setenv(name, proxy.c_str(), 1);
    WebhookRig rig{{"204"}};
    rig.send(7);
    const bool ended = rig.until_outcomes(1);
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) ::unsetenv(name);
    ASSERT_TRUE(ended);
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
}

TEST(WebhookPeer, AnUnknownNameFailsWithoutAnyConnection)
{
    WebhookRig rig{{"204"}};
    rig.pager.send(test_page(7, "webhook", "nobody"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "no webhook of this name");
}

TEST(WebhookPeer, ADestroyedPagerReportsNothing)
{
    Rig rig;
    Peer peer{http_peer, WebhookRig::with_key({"slow:0.5"})};
    {
        WebhookPager pager{rig.parts(), one(endpoint("phone", peer.port()))};
        pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
        ASSERT_TRUE(peer.report()["valid"]);
    }
    ASSERT_TRUE(rig.until([&] { return rig.lane.running() == 0; }));
    rig.io.poll();
    EXPECT_TRUE(rig.outcomes.empty());
}

TEST(WebhookTls, ATrustedCertificateIsAccepted)
{
    const Certificate certificate{"IP:127.0.0.1"};
    Rig rig;
    Peer peer{http_peer, {"--tls", certificate.file(), certificate.key(), base64(key), "204"}};
    WebhookPager pager{rig.parts(), one(endpoint("phone", peer.port(), "https", certificate.file()))};
    pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_TRUE(peer.report()["valid"]);
}

// A stranger's certificate, and a trusted one for another host: nothing is sent, and nobody waits for retries.
TEST(WebhookTls, AWrongCertificateOrNameGetsNothing)
{
    const Certificate ours{"IP:127.0.0.1"}, strangers{"IP:127.0.0.1"}, elsewhere{"DNS:other.example"};
    for (const auto& [served, trusted] : {std::pair{&strangers, &ours}, std::pair{&elsewhere, &elsewhere}}) {
        Rig rig;
        Peer peer{http_peer, {"--tls", served->file(), served->key(), base64(key), "204"}};
        WebhookPager pager{rig.parts(), one(endpoint("phone", peer.port(), "https", trusted->file()))};
        pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
        EXPECT_EQ(rig.outcomes[0].detail, "certificate refused");
        EXPECT_EQ(pager.health()[0].attempts, 1U);
        EXPECT_FALSE(peer.line(std::chrono::milliseconds{100}));
    }
}

TEST(WebhookTls, APlainAnswerToHttpsIsNoAnswer)
{
    WebhookRig rig{{"204"}};
    WebhookPager pager{rig.parts(Duration{200}), one(endpoint("phone", rig.peer.port(), "https"))};
    pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
}

TransferResult transfer(Rig& rig, CurlRequest request)
{
    std::optional<TransferResult> result;
    rig.lane.start(std::move(request), rig.io.get_executor(), [&](const TransferResult& r) { result = r; });
    EXPECT_TRUE(rig.until([&] { return result.has_value(); }));
    return result.value_or(TransferResult{});
}

TEST(CurlLane, SpeaksOnlyWhatItWasMadeFor)
{
    Rig rig;
    HttpPost post;
    for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "smtp://127.0.0.1/", "http://127.0.0.1:1/"}) {
        post.url = url; // plain http, too, needs loopback_only
        EXPECT_EQ(transfer(rig, post).end, TransferEnd::impossible) << url;
    }
    post.loopback_only = true;
    post.url = "http://user:secret@127.0.0.1:1/";
    EXPECT_EQ(transfer(rig, post).end, TransferEnd::impossible);
}

TEST(CurlLane, LoopbackOnlyMeansTheAddressThatIsConnectedTo)
{
    Rig rig;
    HttpPost post;
    post.loopback_only = true;
    post.url = "http://192.0.2.1/"; // TEST-NET-1: a connection attempt would time out
    const auto start = rig.clock.now().steady;
    const TransferResult result = transfer(rig, post);
    EXPECT_EQ(result.end, TransferEnd::not_sent);
    EXPECT_LT((rig.clock.now().steady - start).count(), 5'000);
    EXPECT_EQ(result.detail, "cannot connect");
}

TEST(CurlLane, EndsAtOnceWithTransfersOpen)
{
    Peer peer{http_peer, WebhookRig::with_key({"hang"})};
    std::vector<Outcome> outcomes;
    {
        Rig rig;
        WebhookPager pager{rig.parts(), one(endpoint("phone", peer.port()))};
        pager.send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
        ASSERT_TRUE(peer.report()["valid"]);
    }
    SUCCEED() << "the destructors came back";
}

TEST(CurlLane, ShowsThatItLives)
{
    Rig rig;
    const auto before = rig.lane.turns();
    EXPECT_TRUE(rig.until([&] { return rig.lane.turns() > before + 1; }));
}

} // namespace
} // namespace magwatch::adapters
