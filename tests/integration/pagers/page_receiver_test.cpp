// Pagers and tools/page_receiver together: what the demo shows is what left magwatch.
#include <charconv>

#include <gtest/gtest.h>

#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/smtp.hpp"
#include "adapters/pagers/webhook.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string key(32, 'k');

struct ReceiverRig : Rig {
    explicit ReceiverRig(std::vector<std::string> options, const std::string& signing_key = key)
        : receiver{"tools/page_receiver/page_receiver.py", with_key(std::move(options))}
    {
        WebhookEndpoint endpoint;
        endpoint.name = "phone";
        endpoint.url = "http://127.0.0.1:" + std::to_string(receiver.port()) + "/page";
        endpoint.keys.emplace_back(signing_key);
        std::vector<WebhookEndpoint> endpoints;
        endpoints.push_back(std::move(endpoint));
        pager = std::make_unique<WebhookPager>(parts(), std::move(endpoints));
    }
    static std::vector<std::string> with_key(std::vector<std::string> options)
    {
        options.insert(options.end(), {"--port", "0", "--key", "whsec_" + base64(key)});
        return options;
    }
    Peer receiver;
    std::unique_ptr<WebhookPager> pager;
};

TEST(PageReceiver, ShowsAPageInPlainWords)
{
    ReceiverRig rig{{}};
    Page page = test_page(7, "webhook", "phone");
    page.simulation = true;
    rig.pager->send(page, "SIMULATION MAG HIGH Ward L4 Bed 3", {"http://127.0.0.1:1/answer/x", "", ""}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    std::string shown;
    while (shown.find("answer/x") == std::string::npos) {
        const auto line = rig.receiver.line();
        ASSERT_TRUE(line) << shown;
        shown += *line + "\n";
    }
    EXPECT_NE(shown.find("PAGE #1207 by webhook to midwife-1  SIMULATION  HIGH  Ward L4 Bed 3"), std::string::npos)
        << shown;
    EXPECT_NE(shown.find("I am coming:"), std::string::npos);
}

TEST(PageReceiver, SaysThatAPageWasSentTwice)
{
    ReceiverRig rig{{"--json"}};
    rig.pager->send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    rig.pager->send(test_page(7, "webhook", "phone"), "text", {}, rig.note()); // as after a restart
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.receiver.report()["sends"], 1);
    EXPECT_EQ(rig.receiver.report()["sends"], 2);
}

TEST(PageReceiver, RefusesAnotherKey)
{
    ReceiverRig rig{{}, std::string(32, 'x')};
    rig.pager->send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "HTTP 401");
}

TEST(PageReceiver, FailsAsAskedForAndThenTakesThePage)
{
    ReceiverRig rig{{"--json", "--fail", "2"}};
    rig.pager->send(test_page(7, "webhook", "phone"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.pager->health()[0].attempts, 3U);
    EXPECT_EQ(rig.receiver.report()["sends"], 1);
}

TEST(PageReceiver, TakesMailToo)
{
    ReceiverRig rig{{"--json", "--smtp-port", "0"}};
    SmtpServer server;
    server.host = "127.0.0.1";
    const std::string& ready = rig.receiver.ready_line();
    std::from_chars(ready.data() + ready.find("smtp=") + 5, ready.data() + ready.size(), server.port);
    server.allow_plain = true;
    server.from = "ward@hospital.example";
    SmtpPager mail{rig.parts(), std::move(server)};
    Page page = test_page(7, "mail", "on-call@hospital.example");
    mail.send(page, "MAG HIGH Ward L4 Bed 3", {"http://127.0.0.1:1/answer/x", "", ""}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto seen = rig.receiver.report();
    EXPECT_EQ(seen["channel"], "mail");
    EXPECT_EQ(seen["text"], "MAG HIGH Ward L4 Bed 3");
    EXPECT_EQ(seen["number"], 1207);
    EXPECT_EQ(seen["priority"], "high");
    EXPECT_EQ(seen["answers"]["coming"], "http://127.0.0.1:1/answer/x");
}

} // namespace
} // namespace magwatch::adapters
