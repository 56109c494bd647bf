// The SNPP pager against HylaFAX's hfaxd, which knows level 1 and a part of level 2, up to the queue behind it.
#include <gtest/gtest.h>

#include "adapters/pagers/snpp.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing. STOP magnesium at pump. #1207";

struct HfaxdRig : Rig {
    explicit HfaxdRig(std::vector<std::string> options = {}, const std::string& password = "secret")
        : peer{"tests/integration/pagers/hfaxd_peer.py", std::move(options)},
          pager{queue_parts(), gateway(peer.port(), password)}
    {
    }
    static std::vector<SnppGateway> gateway(std::uint16_t port, const std::string& password)
    {
        std::vector<SnppGateway> all(1);
        all[0].name = "hospital";
        all[0].host = "127.0.0.1";
        all[0].port = port;
        if (!password.empty()) {
            all[0].user = "ward";
            all[0].password.emplace(password);
        }
        return all;
    }
    void send(std::uint32_t call, const std::string& words = text, const std::string& pager_id = "5551234",
              Priority priority = Priority::high)
    {
        Page page = test_page(call, "snpp", "hospital " + pager_id);
        page.priority = priority;
        pager.send(page, words, {}, note());
    }
    nlohmann::json queued()
    {
        return find(peer, [](const nlohmann::json& seen) { return seen.contains("page"); });
    }
    Peer peer;
    SnppPager pager;
};

TEST(HfaxdPeer, AnUrgentPageLiesInItsQueue)
{
    HfaxdRig rig;
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(rig.outcomes[0].detail, "SNPP 250 to SEND") << "queued: nobody waits for a modem";
    const auto job = rig.queued();
    ASSERT_TRUE(job.is_object());
    EXPECT_EQ(job["page"], "5551234");
    EXPECT_EQ(job["text"], text);
    EXPECT_EQ(job["owner"], "ward");
    EXPECT_EQ(job["priority"], 63) << "level 2: LEVE 0, as hfaxd maps it";
    EXPECT_FALSE(rig.pager.listening()) << "it knows no level 3";
}

TEST(HfaxdPeer, LevelOneAloneIsEnoughForWhatIsNotUrgent)
{
    HfaxdRig rig;
    rig.send(7, text, "5551234", Priority::medium);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto job = rig.queued();
    EXPECT_EQ(job["text"], text);
    EXPECT_EQ(job["priority"], 127) << "hfaxd's own";
}

TEST(HfaxdPeer, WhatItRefusesIsFinalAndSaysWhere)
{
    HfaxdRig rig;
    rig.send(7, text, "999");
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "SNPP 550 to PAGE") << "a pager that it does not know";
    // It takes 128 characters where nobody has changed that, and cuts nothing off.
    rig.send(8, std::string(161, 'x'));
    rig.send(9, std::string(128, 'x'));
    ASSERT_TRUE(rig.until_outcomes(3));
    for (std::size_t i : {1U, 2U}) {
        const bool too_long = rig.outcomes[i].key.call.counter == 8;
        EXPECT_EQ(rig.outcomes[i].outcome, too_long ? PageOutcome::failed : PageOutcome::accepted);
        EXPECT_EQ(rig.outcomes[i].detail, too_long ? "SNPP 550 to MESS" : "SNPP 250 to SEND");
    }
    EXPECT_EQ(rig.queued()["text"], std::string(128, 'x'));
}

TEST(HfaxdPeer, WithoutALoginOrWithAWrongOneNothingIsQueued)
{
    for (const std::string password : {"", "guess"}) {
        HfaxdRig rig{{}, password};
        rig.send(7);
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
        EXPECT_EQ(rig.outcomes[0].detail, password.empty() ? "SNPP 530 to PAGE" : "SNPP 550 to LOGI");
    }
}

TEST(HfaxdPeer, WithoutItsSchedulerThePageIsNotTakenForSent)
{
    HfaxdRig rig{{"--no-queue"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_NE(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
}

} // namespace
} // namespace magwatch::adapters
