// The SNPP pager against Net::SNPP::Server, which somebody else wrote, and against a fake for the faults that no
// real gateway shows on request.
#include <gtest/gtest.h>

#include "adapters/pagers/snpp.hpp"
#include "tests/integration/pagers/lookups.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing. STOP magnesium at pump. #1207";

struct SnppRig : Rig {
    SnppRig(const std::string& script, std::vector<std::string> arguments, Duration limit = Duration{10'000},
            bool two_way = false)
        : peer{"tests/integration/pagers/" + script, std::move(arguments)},
          pager{heard_parts(), one("127.0.0.1", peer.port(), two_way), limit,
                {Duration{20}, Duration{50}, Duration{60'000}, 1.5, 256}}
    {
    }
    QueueParts heard_parts()
    {
        QueueParts all = queue_parts();
        all.feedback.receipt = [this](const PageKey& key, PageOutcome outcome, const std::string& detail) {
            if (outcome == PageOutcome::sending) return;
            receipts.push_back({key, outcome, detail});
        };
        all.feedback.answer = [this](const PageKey& key, AnswerKind kind) { answers.emplace_back(key, kind); };
        return all;
    }
    static std::vector<SnppGateway> one(const std::string& host, std::uint16_t port, bool two_way = false)
    {
        std::vector<SnppGateway> all(1);
        all[0].name = "hospital";
        all[0].host = host;
        all[0].port = port;
        all[0].two_way = two_way;
        return all;
    }
    void send(std::uint32_t call, const std::string& address = "hospital 5551234")
    {
        pager.send(test_page(call, "snpp", address), text, {}, note());
    }
    // The words that the fake was sent, until it hears nothing for a while.
    std::vector<std::string> heard()
    {
        std::vector<std::string> lines;
        while (const auto line = peer.line(std::chrono::milliseconds{300}))
            lines.push_back(nlohmann::json::parse(*line)["line"]);
        return lines;
    }
    Peer peer;
    std::vector<Outcome> receipts;
    std::vector<std::pair<PageKey, AnswerKind>> answers;
    SnppPager pager;
};

TEST(SnppPeer, ARealGatewayTakesThePage)
{
    for (const char* level : {"1", "2"}) {
        SnppRig rig{"snpp_peer.pl", {level}};
        rig.send(7);
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
        EXPECT_EQ(rig.outcomes[0].detail, "SNPP 250 to SEND");
        const auto seen = rig.peer.report();
        EXPECT_EQ(seen["pager"], "5551234");
        EXPECT_EQ(seen["text"], text);
        EXPECT_EQ(seen["alert"], level[0] == '2' ? 1 : 0) << "level 1 knows no urgency";
    }
}

TEST(SnppPeer, AGatewayOfALowerLevelTakesThePageOneWay)
{
    for (const char* level : {"1", "2"}) {
        SnppRig rig{"snpp_peer.pl", {level}, Duration{10'000}, true};
        rig.send(7);
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.outcomes[0].detail, "SNPP 250 to SEND");
        EXPECT_EQ(rig.peer.report()["text"], text);
        EXPECT_FALSE(rig.pager.listening());
    }
}

TEST(SnppTwoWay, DeliveredReadAndTheChosenAnswerAreTold)
{
    SnppRig rig{"snpp_peer.pl", {"3", "960 Queued", "860 Delivered, Awaiting Read Ack", "861 Delivered, Awaiting Reply",
                                 "870 Delivered, Read, Awaiting Reply", "888 2 MCR Reply Received"},
                Duration{10'000}, true};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].detail, "SNPP 960 to SEND");
    const auto seen = rig.peer.report();
    EXPECT_EQ(seen["two_way"], 1);
    EXPECT_EQ(seen["ackr"], "1");
    EXPECT_EQ(seen["rtyp"], "MULTICHOICE");
    // The module keeps the number with the words.
    EXPECT_EQ(seen["choices"], (nlohmann::json{{"1", "1 Coming"}, {"2", "2 Cannot"}, {"3", "3 Here"}}));
    ASSERT_TRUE(rig.until([&] { return !rig.pager.listening(); }));
    ASSERT_EQ(rig.receipts.size(), 2U) << "each news once";
    EXPECT_EQ(rig.receipts[0].outcome, PageOutcome::delivered);
    EXPECT_EQ(rig.receipts[1].outcome, PageOutcome::read);
    EXPECT_EQ(rig.receipts[1].key, test_page(7, "snpp", "").key);
    ASSERT_EQ(rig.answers.size(), 1U);
    EXPECT_EQ(rig.answers[0].first, test_page(7, "snpp", "").key);
    EXPECT_EQ(rig.answers[0].second, AnswerKind::cannot);
}

TEST(SnppTwoWay, APageThatExpiresIsALateFailure)
{
    SnppRig rig{"snpp_peer.pl", {"3", "780 Message Expired Before Delivery"}, Duration{10'000}, true};
    rig.send(7);
    ASSERT_TRUE(rig.until([&] { return !rig.receipts.empty(); }));
    EXPECT_EQ(rig.receipts[0].outcome, PageOutcome::failed);
    EXPECT_TRUE(rig.answers.empty());
    EXPECT_FALSE(rig.pager.listening());
}

TEST(SnppTwoWay, ACallThatIsOverTakesItsPagesBack)
{
    SnppRig rig{"snpp_peer.pl", {"3", "960 Queued"}, Duration{10'000}, true};
    rig.send(7);
    rig.send(8);
    ASSERT_TRUE(rig.until_outcomes(2));
    ASSERT_TRUE(rig.pager.listening());
    rig.pager.cancel({1, 7}); // an answer takes nothing back
    rig.pager.ended({1, 7});
    std::string killed;
    ASSERT_TRUE(rig.until([&] {
        const auto seen = rig.peer.report(std::chrono::milliseconds{50});
        if (!seen.is_discarded() && seen.contains("ktag")) killed = seen["ktag"];
        return !killed.empty();
    }));
    EXPECT_TRUE(killed == "1000 77" || killed == "1001 77") << killed;
    EXPECT_TRUE(rig.pager.listening()) << "the other call goes on";
}

TEST(SnppTwoWay, APagerThatCannotIsPagedOneWay)
{
    SnppRig rig{"snpp_peer.pl", {"3", "oneway", "960 Queued"}, Duration{10'000}, true};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(rig.peer.report()["text"], text);
}

TEST(SnppTwoWay, ATagWithoutATwoWayTransactionMeansNothing)
{
    SnppRig rig{"snpp_fault_peer.py", {"220 r", "500 no", "500 no", "500 no", "250 ok", "250 ok", "960 1 2 queued"},
                Duration{10'000}, true};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_FALSE(rig.pager.listening());
}

TEST(SnppTwoWay, WhatWasCutAfterSendIsSentTwiceAtMost)
{
    for (const char* last : {"cut", "hang"}) {
        SnppRig rig{"snpp_fault_peer.py",
                    {"220 r", "250 2way", "500 no", "500 no", "250 page", "250 ackr", "500 rtyp", "250 mess", last},
                    Duration{300}, true};
        rig.send(7);
        ASSERT_TRUE(rig.until_outcomes(1)) << last;
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown) << last;
        const auto lines = rig.heard();
        EXPECT_EQ(std::count(lines.begin(), lines.end(), "SEND"), 2) << last;
    }
}

TEST(SnppPeer, ARealGatewayRefusesAPagerItDoesNotKnow)
{
    SnppRig rig{"snpp_peer.pl", {"2"}};
    rig.send(7, "hospital abc");
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "SNPP 550 to PAGE");
    rig.send(8); // and goes on
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.outcomes[1].outcome, PageOutcome::accepted);
}

TEST(SnppFaults, AGatewayThatIsAnAddressIsReachedWithoutANameServer)
{
    SnppRig rig{"snpp_fault_peer.py", {"220 r", "500 no", "500 no", "250 ok", "250 ok", "250 ok"}};
    const int before = lookups();
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(lookups(), before);
}

TEST(SnppFaults, WhatWasCutBeforeSendIsTriedAgain)
{
    for (const std::vector<std::string>& replies : std::vector<std::vector<std::string>>{
             {"cut"}, {"220 r", "cut"}, {"220 r", "500 no", "cut"}, {"220 r", "500 no", "500 no", "250 ok", "cut"},
             {"long"}, {"HTTP/1.1 400 Bad Request"}}) {
        SnppRig rig{"snpp_fault_peer.py", replies};
        rig.send(7);
        ASSERT_TRUE(rig.until([&] { return rig.pager.health()[0].attempts >= 3; })) << replies.back();
        EXPECT_TRUE(rig.outcomes.empty());
        EXPECT_FALSE(rig.pager.health()[0].working);
    }
}

TEST(SnppFaults, WhatWasCutAfterSendIsSentTwiceAtMost)
{
    for (const char* last : {"cut", "hang", "421 closing"}) {
        SnppRig rig{"snpp_fault_peer.py", {"220 r", "500 no", "500 no", "250 ok", "250 ok", last}, Duration{300}};
        rig.send(7);
        ASSERT_TRUE(rig.until_outcomes(1)) << last;
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown) << last;
        const auto lines = rig.heard();
        EXPECT_EQ(std::count(lines.begin(), lines.end(), "SEND"), 2) << last;
    }
}

TEST(SnppFaults, ABlackHoleEndsAtItsLimitAndARefusedConnectionAtOnce)
{
    SnppRig rig{"snpp_fault_peer.py", {"hang"}, Duration{100}};
    rig.send(7);
    ASSERT_TRUE(rig.until([&] { return rig.pager.health()[0].attempts >= 2; }));
    EXPECT_EQ(rig.pager.health()[0].detail, "no reply to the connection");

    Rig other;
    SnppPager nobody{other.queue_parts(), SnppRig::one("127.0.0.1", closed_port())};
    nobody.send(test_page(8, "snpp", "hospital 5551234"), text, {}, other.note());
    ASSERT_TRUE(other.until([&] { return nobody.health()[0].attempts >= 2; }));
    EXPECT_EQ(nobody.health()[0].detail, "connection refused");
}

TEST(SnppFaults, APagerThatGoesTakesItsSessionsAlong)
{
    Rig rig;
    Peer peer{"tests/integration/pagers/snpp_fault_peer.py", {"hang"}};
    {
        SnppPager pager{rig.queue_parts(), SnppRig::one("127.0.0.1", peer.port())};
        pager.send(test_page(7, "snpp", "hospital 5551234"), text, {}, rig.note());
        rig.io.run_one_for(std::chrono::milliseconds{200});
    }
    while (rig.io.poll() > 0) {}
    EXPECT_TRUE(rig.outcomes.empty()) << "such a page is sent again at the next start";
}

TEST(SnppGateways, MistakesAreFound)
{
    SnppGateway gateway = std::move(SnppRig::one("snpp.example", 444)[0]);
    EXPECT_TRUE(mistakes(gateway).empty());
    gateway.user = "ward";
    EXPECT_EQ(mistakes(gateway).size(), 2U) << "no password, and a login over the network";
    gateway.password.emplace("two words");
    EXPECT_EQ(mistakes(gateway).size(), 2U);
    gateway.password.emplace("one");
    for (const char* here : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
        gateway.host = here;
        EXPECT_TRUE(mistakes(gateway).empty()) << here;
    }
    gateway.host = "127.example.com";
    EXPECT_EQ(mistakes(gateway).size(), 1U) << "a name that merely begins like this machine";
    gateway.host = "bad host";
    gateway.port = 0;
    EXPECT_EQ(mistakes(gateway).size(), 3U);
    EXPECT_FALSE(snpp_address("hospital"));
    EXPECT_FALSE(snpp_address("hospital 1 2"));
    EXPECT_EQ(snpp_address("hospital 12")->to, "12");
}

} // namespace
} // namespace magwatch::adapters
