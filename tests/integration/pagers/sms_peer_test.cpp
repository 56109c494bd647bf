// The SMS pager against a gateway that is not ours: Python's http.server and its parsers of forms and JSON.
#include <gtest/gtest.h>

#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/sms_gateway.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing & no reflexes (100%). Ring 4471. #1207";

SmsGateway gateway(std::uint16_t port)
{
    SmsGateway g;
    g.name = "city";
    g.url = "http://127.0.0.1:" + std::to_string(port) + "/Accounts/AC123/Messages.json";
    g.fields = {{"To", "{to}"}, {"From", "+15005550006"}, {"Body", "{text}"}};
    g.user = "AC123";
    g.secret.emplace("pass word");
    g.idempotency = "Idempotency-Key";
    return g;
}

struct SmsRig : Rig {
    explicit SmsRig(const std::string& script, CurlLimits limits = {})
        : Rig{limits}, peer{"tests/integration/pagers/sms_peer.py", {script}}, pager{parts(), one()}
    {
    }
    std::vector<SmsGateway> one()
    {
        std::vector<SmsGateway> all;
        all.push_back(gateway(peer.port()));
        return all;
    }
    void send(std::uint32_t call, const std::string& address = "city +447700900123")
    {
        pager.send(test_page(call, "sms", address), text, {}, note());
    }
    Peer peer;
    SmsPager pager;
};

TEST(SmsPeer, TheGatewayReadsWhatWasMeant)
{
    SmsRig rig{"201"};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 201");
    const auto seen = rig.peer.report();
    EXPECT_EQ(seen["path"], "/Accounts/AC123/Messages.json");
    EXPECT_EQ(seen["authorization"], "Basic " + base64("AC123:pass word"));
    EXPECT_EQ(seen["idempotency"], "1-7/0/0/midwife-1/sms");
    const auto expected = nlohmann::json::array(
        {{"To", "+447700900123"}, {"From", "+15005550006"}, {"Body", text}});
    EXPECT_EQ(seen["fields"], expected);
    ASSERT_EQ(rig.pager.health().size(), 1U);
    EXPECT_EQ(rig.pager.health()[0].name, "city");
    EXPECT_EQ(rig.pager.health()[0].accepted, 1U);
}

TEST(SmsPeer, AServerErrorIsTriedAgainAndARefusalIsNot)
{
    SmsRig rig{"503,201,400"};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.peer.report()["idempotency"], rig.peer.report()["idempotency"]);
    rig.send(8);
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.outcomes[1].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[1].detail, "HTTP 400");
}

TEST(SmsPeer, WhatMayHaveArrivedIsSentTwiceAtMost)
{
    SmsRig rig{"hang", CurlLimits{Duration{1'000}, Duration{300}}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_TRUE(rig.peer.line());
    EXPECT_TRUE(rig.peer.line());
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{300}));
}

TEST(SmsPeer, AnAddressWithoutAGatewayOrANumberFailsAtOnce)
{
    SmsRig rig{"201"};
    rig.send(7, "town +447700900123");
    rig.send(8, "city 07700900123");
    ASSERT_TRUE(rig.until_outcomes(2));
    for (const auto& outcome : rig.outcomes) EXPECT_EQ(outcome.outcome, PageOutcome::failed) << outcome.detail;
    EXPECT_FALSE(rig.peer.line(std::chrono::milliseconds{300}));
}

} // namespace
} // namespace magwatch::adapters
