// The WCTP channel against a carrier that is written from the DTD, with Python's parser: no package holds one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/wctp.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string script = "tests/integration/pagers/wctp_peer.py";
const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing <8 & no reflexes. STOP magnesium. #1207";
constexpr WctpTimes fast{Duration{20}, Duration{50}, Duration{60'000}};

std::vector<WctpCarrier> one(const std::string& url, bool replies = true, const std::string& ca_file = "")
{
    WctpCarrier carrier;
    carrier.name = "hospital";
    carrier.url = url;
    carrier.sender_id = "ward-l4";
    carrier.security_code.emplace("c0de");
    carrier.replies = replies;
    carrier.ca_file = ca_file;
    std::vector<WctpCarrier> all;
    all.push_back(std::move(carrier));
    return all;
}

struct WctpRig : Rig {
    explicit WctpRig(std::vector<std::string> arguments, bool replies = true, CurlLimits limits = {})
        : Rig{limits}, peer{script, std::move(arguments)},
          pager{told(), one("http://127.0.0.1:" + std::to_string(peer.port()) + "/wctp", replies), fast}
    {
    }
    PagerParts told()
    {
        PagerParts all = parts();
        all.feedback.receipt = [this](const PageKey& key, PageOutcome outcome, const std::string&) {
            if (outcome == PageOutcome::sending) return;
            EXPECT_EQ(key.call.counter, 7U);
            receipts.push_back(outcome);
        };
        all.feedback.answer = [this](const PageKey& key, AnswerKind kind) {
            EXPECT_EQ(key.person, "midwife-1");
            answers.push_back(kind);
        };
        return all;
    }
    void send(std::uint32_t call = 7, const std::string& address = "hospital 5551234@pager.example")
    {
        Page page = test_page(call, "wctp", address);
        page.code = 17;
        pager.send(page, text, {}, note());
    }
    nlohmann::json next(const std::string& operation)
    {
        return find(peer, [&](const nlohmann::json& seen) { return seen["op"] == operation; });
    }
    // A poll that confirms nothing and brings nothing: all is told.
    bool settled()
    {
        return find(peer, [&](const nlohmann::json& seen) { return !seen["received"].empty(); }).is_object() &&
               find(peer, [&](const nlohmann::json& seen) {
                   return seen["op"] == "wctp-PollForMessages" && seen["received"].empty();
               }).is_object();
    }
    std::vector<PageOutcome> receipts;
    std::vector<AnswerKind> answers;
    Peer peer;
    WctpPager pager;
};

TEST(WctpPeer, ASubmissionIsWhatTheDtdAsksFor)
{
    WctpRig rig{{"success"}};
    rig.send();
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].detail, "WCTP 200");
    const auto seen = rig.next("wctp-SubmitRequest");
    ASSERT_TRUE(seen.is_object());
    EXPECT_EQ(seen["text"], text);
    EXPECT_EQ(seen["choices"], nlohmann::json::parse(R"(["Coming", "Cannot", "I am here"])"));
    EXPECT_EQ(seen["attributes"]["wctp-Originator"], nlohmann::json::parse(R"({"senderID": "ward-l4", "securityCode": "c0de"})"));
    EXPECT_EQ(seen["attributes"]["wctp-Recipient"]["recipientID"], "5551234@pager.example");
    const auto& control = seen["attributes"]["wctp-MessageControl"];
    EXPECT_EQ(control["transactionID"], "1-7/0/0/midwife-1/wctp");
    EXPECT_EQ(control["messageID"].get<std::string>().size(), 22U);
    EXPECT_EQ(control["deliveryPriority"], "HIGH");
    EXPECT_EQ(control["allowResponse"], "true");
    EXPECT_EQ(control["allowTruncation"], "false");
    EXPECT_EQ(control["notifyWhenRead"], "true");
    EXPECT_EQ(seen["attributes"]["wctp-SubmitHeader"]["submitTimestamp"].get<std::string>().size(), 19U);
}

// The program was started anew in between: the carrier still speaks of the page by its id.
TEST(WctpPeer, APageOfAnEarlierRunIsStillHeardOf)
{
    Rig rig;
    Peer peer{script, {"--events", "delivered,coming"}};
    const std::string url = "http://127.0.0.1:" + std::to_string(peer.port()) + "/wctp";
    const Page page = test_page(7, "wctp", "hospital 5551234@pager.example");
    {
        WctpPager before{rig.parts(), one(url, true), WctpTimes{}}; // polls seldom
        before.send(page, text, {}, rig.note());
        ASSERT_TRUE(rig.until_outcomes(1));
    }
    std::vector<PageKey> answered;
    PagerParts parts = rig.parts();
    parts.feedback.answer = [&](const PageKey& key, AnswerKind) { answered.push_back(key); };
    WctpPager after{std::move(parts), one(url, true), fast};
    after.recall(page);
    ASSERT_TRUE(rig.until([&] { return !answered.empty(); }));
    EXPECT_EQ(answered[0], page.key);
}

// A reload: the pager before it still waits for the carrier's word on a page.
TEST(WctpPeer, ThePagerBeforeTakesNoAnswerAwayFromTheNewest)
{
    Rig rig;
    Peer peer{script, {"--events", "coming", "hang", "success"}};
    const std::string url = "http://127.0.0.1:" + std::to_string(peer.port()) + "/wctp";
    std::vector<std::uint32_t> answered;
    PagerParts parts = rig.parts();
    parts.feedback.answer = [&](const PageKey& key, AnswerKind) { answered.push_back(key.call.counter); };
    const auto book = std::make_shared<WctpBook>();
    constexpr WctpTimes eager{Duration{1}, Duration{1}, Duration{60'000}};
    constexpr WctpTimes patient{Duration{3'600'000}, Duration{3'600'000}, Duration{3'600'000}};
    const auto submitted = [](const nlohmann::json& seen) { return seen["op"] == "wctp-SubmitRequest"; };
    WctpPager before{parts, one(url), eager, book};
    before.send(test_page(7, "wctp", "hospital 5551234"), text, {}, rig.note());
    ASSERT_TRUE(rig.find(peer, submitted).is_object());
    {
        WctpPager after{parts, one(url), patient, book};
        int polls = 0;
        for (std::uint32_t call = 100; call < 120; ++call) {
            after.send(test_page(call, "wctp", "hospital 5551234"), text, {}, rig.note());
            ASSERT_TRUE(rig.find(peer, [&](const nlohmann::json& seen) {
                polls += seen["op"] == "wctp-PollForMessages" ? 1 : 0;
                return submitted(seen);
            }).is_object());
            ASSERT_TRUE(rig.until_outcomes(call - 99));
            if (call == 100) polls = 0; // of before the reload
        }
        EXPECT_LE(polls, 1) << "the newest asks once, and the one before no more";
    }
    WctpPager newest{parts, one(url), fast, book};
    ASSERT_TRUE(rig.until([&] { return answered.size() >= 20; }));
    EXPECT_EQ(answered.back(), 119U);
    EXPECT_EQ(before.refused() + newest.refused(), 0U);
    EXPECT_EQ(before.pending(), 1U) << "it was there all the time";
}

TEST(WctpPeer, WhatBecameOfAPageAndItsAnswerComeBackByPolls)
{
    WctpRig rig{{"--events", "queued,delivered,read,coming"}};
    rig.send();
    // A poll may bring news before the submission itself is answered: receipts wait for that, an answer does not.
    ASSERT_TRUE(rig.until([&] { return !rig.answers.empty() && rig.receipts.size() == 2; }));
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::delivered, PageOutcome::read));
    EXPECT_THAT(rig.answers, ElementsAre(AnswerKind::coming));
    ASSERT_THAT(rig.outcomes, SizeIs(1)) << "and only after the carrier's word";
    EXPECT_TRUE(rig.settled()) << "everything was confirmed";
    EXPECT_EQ(rig.pager.refused(), 0U);
}

// A carrier forgets what was confirmed: a kill before it is on disk must not lose it.
TEST(WctpPeer, WhatIsNotOnDiskIsNotConfirmed)
{
    Rig rig;
    Peer peer{script, {"--events", "coming"}};
    std::vector<std::function<void(bool)>> waiting;
    int answers = 0;
    PagerParts parts = rig.parts();
    parts.feedback.answer = [&](const PageKey&, AnswerKind) { ++answers; };
    parts.feedback.settle = [&](std::function<void(bool)> then) { waiting.push_back(std::move(then)); };
    WctpPager pager{std::move(parts), one("http://127.0.0.1:" + std::to_string(peer.port()) + "/wctp"), fast};
    pager.send(test_page(7, "wctp", "hospital 5551234"), text, {}, rig.note());
    for (int i = 0; i < 2; ++i) { // the disk has not taken it yet; and then it has not in time
        ASSERT_TRUE(rig.until([&] { return waiting.size() >= 3; })) << "it is told again and again";
        for (const auto& then : std::exchange(waiting, {})) then(false);
    }
    EXPECT_EQ(answers, 1) << "and counts once";
    ASSERT_TRUE(rig.until([&] { return !waiting.empty(); }));
    waiting.front()(true);
    const auto confirms = [](const nlohmann::json& seen) { return !seen["received"].empty(); };
    ASSERT_TRUE(rig.find(peer, confirms).is_object());
    EXPECT_TRUE(rig.find(peer, [](const nlohmann::json& seen) {
        return seen["op"] == "wctp-PollForMessages" && seen["received"].empty();
    }).is_object()) << "once";
}

TEST(WctpPeer, ALongAnswerToAPollIsTakenAndOneBeyondAllBoundsIsToldOf)
{
    WctpRig rig{{"--pad", "200000", "--events", "coming"}};
    rig.send();
    EXPECT_TRUE(rig.until([&] { return !rig.answers.empty(); }));
    EXPECT_EQ(rig.pager.refused(), 0U);
    WctpRig endless{{"--pad", "2000000"}};
    ASSERT_TRUE(endless.until([&] { return endless.pager.health()[0].probe == ChannelProbe::silent; }));
    EXPECT_EQ(endless.pager.health()[0].detail, "an answer to a poll that is too long");
    EXPECT_GE(endless.pager.refused(), 2U);
}

TEST(WctpPeer, WhatIsTypedCountsIfItIsThisPagesCode)
{
    WctpRig rig{{"--events", "typed:18Y,typed:17n,typed:on my way"}};
    rig.send();
    ASSERT_TRUE(rig.until([&] { return !rig.answers.empty(); }));
    EXPECT_TRUE(rig.settled());
    EXPECT_THAT(rig.answers, ElementsAre(AnswerKind::cannot));
    EXPECT_EQ(rig.pager.refused(), 2U);
}

TEST(WctpPeer, ALateFailureIsTold)
{
    WctpRig rig{{"--events", "fail:509"}};
    rig.send();
    ASSERT_TRUE(rig.until([&] { return !rig.receipts.empty(); }));
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::failed));
}

TEST(WctpPeer, WhatIsToldTwiceForeignOrGarbledChangesNothing)
{
    WctpRig rig{{"--events", "delivered,cannot,twice,foreign,garbage"}};
    rig.send();
    ASSERT_TRUE(rig.until([&] { return rig.pager.refused() == 2; }));
    EXPECT_TRUE(rig.settled());
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::delivered));
    EXPECT_THAT(rig.answers, ElementsAre(AnswerKind::cannot));
}

struct Answer {
    std::string words;
    PageOutcome outcome;
    std::string detail;
};
class WctpAnswer : public ::testing::TestWithParam<Answer> {};
TEST_P(WctpAnswer, IsJudged)
{
    WctpRig rig{{GetParam().words}, true, {Duration{1'000}, Duration{400}}};
    rig.send();
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, GetParam().outcome);
    EXPECT_EQ(rig.outcomes[0].detail, GetParam().detail);
}
INSTANTIATE_TEST_SUITE_P(
    Every, WctpAnswer,
    ::testing::Values(Answer{"fail:301", PageOutcome::failed, "WCTP 301"},
                      Answer{"fail:403", PageOutcome::failed, "WCTP 403"},
                      Answer{"fail:411", PageOutcome::failed, "WCTP 411"},
                      Answer{"404", PageOutcome::failed, "HTTP 404"}, Answer{"html", PageOutcome::unknown, "no WCTP"},
                      Answer{"entity", PageOutcome::unknown, "no WCTP"},
                      Answer{"hang", PageOutcome::unknown, "no reply in 400 ms"},
                      Answer{"utf16", PageOutcome::accepted, "WCTP 200"},
                      Answer{"doctype", PageOutcome::accepted, "WCTP 200"}));

TEST(WctpPeer, ATroubledCarrierIsAskedAgainUnderTheSameId)
{
    WctpRig rig{{"fail:606", "500", "success"}};
    rig.send();
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto first = rig.next("wctp-SubmitRequest"), second = rig.next("wctp-SubmitRequest");
    EXPECT_EQ(first["attributes"]["wctp-MessageControl"]["messageID"],
              second["attributes"]["wctp-MessageControl"]["messageID"]);
}

TEST(WctpPeer, NoPollComesSoonerThanTheCarrierAllows)
{
    WctpRig rig{{"--interval", "1", "--events", "delivered"}};
    const auto first = rig.next("wctp-PollForMessages");
    rig.send();
    const auto second = rig.next("wctp-PollForMessages");
    ASSERT_TRUE(second.is_object());
    EXPECT_GE(second["at"].get<double>() - first["at"].get<double>(), 0.95);
}

TEST(WctpPeer, ARefusedPollIsAChannelThatFails)
{
    WctpRig rig{{"--no-poll", "402"}};
    ASSERT_TRUE(rig.until([&] { return !rig.pager.health()[0].working; }));
    EXPECT_EQ(rig.pager.health()[0].detail, "WCTP 402 to a poll");
}

TEST(WctpPeer, WithoutRepliesItOnlySendsAndAsksForVersions)
{
    WctpRig rig{{"success"}, false};
    rig.send();
    ASSERT_TRUE(rig.until_outcomes(1));
    const auto seen = rig.next("wctp-SubmitRequest");
    ASSERT_TRUE(seen.is_object());
    EXPECT_TRUE(rig.next("wctp-VersionQuery").is_object());
    EXPECT_THAT(seen["choices"], IsEmpty());
    EXPECT_EQ(seen["attributes"]["wctp-MessageControl"]["allowResponse"], "false");
    EXPECT_TRUE(rig.pager.health()[0].working);
}

TEST(WctpPeer, AClosedPortIsFoundByThePollAndFailsThePage)
{
    Rig rig;
    PagerParts parts = rig.parts(Duration{200});
    WctpPager pager{parts, one("http://127.0.0.1:" + std::to_string(closed_port())), fast};
    ASSERT_TRUE(rig.until([&] { return !pager.health()[0].working; }));
    pager.send(test_page(7, "wctp", "hospital 5551234"), text, {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "connection refused");
}

TEST(WctpTls, AWrongCertificateGetsNothing)
{
    Certificate ours{"IP:127.0.0.1"}, other{"IP:127.0.0.1"};
    Peer peer{"tests/integration/pagers/plain_peer.py", {"--tls", ours.file(), ours.key(), "200"}};
    Rig rig;
    WctpPager pager{rig.parts(), one("https://127.0.0.1:" + std::to_string(peer.port()), false, other.file()), fast};
    pager.send(test_page(7, "wctp", "hospital 5551234"), text, {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "certificate refused");
}

} // namespace
} // namespace magwatch::adapters
