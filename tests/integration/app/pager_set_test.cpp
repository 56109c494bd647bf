// The channels of a configuration, against a receiver that is not ours.
#include "daemon/app/pager_set.hpp"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

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
using ::testing::SizeIs;

const std::string key_of_a(32, 'a');
const std::string key_of_b(32, 'b');

struct PagerSetTest : ::testing::Test {
    std::string secret(const std::string& name, const std::string& key, mode_t mode = 0600)
    {
        const std::string path = scratch.file(name);
        std::ofstream{path} << "whsec_" << adapters::base64(key);
        chmod(path.c_str(), mode);
        return "file:" + path;
    }
    std::string plain_secret(const std::string& name, const std::string& value)
    {
        const std::string path = scratch.file(name);
        std::ofstream{path} << value << "\n";
        chmod(path.c_str(), 0600);
        return path;
    }
    void person(const std::string& name, const std::string& reference)
    {
        config.ward.people.push_back({name, {{"webhook", "phone", url()}}});
        config.pager.secrets.push_back({name, "phone", reference});
    }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(peer.port()) + "/page"; }
    void send(std::uint32_t call, const std::string& name)
    {
        Page page = test_page(call, "webhook", url());
        page.key.person = name;
        page.key.channel = "phone";
        pagers.send(page, rig.note());
    }

    Scratch scratch;
    Rig rig;
    Peer peer{"tests/integration/pagers/http_peer.py",
              {adapters::base64(key_of_a) + "," + adapters::base64(key_of_b), "204"}};
    PagerSet pagers{rig.io.get_executor(), rig.clock, std::string(32, 'k')};
    Config config;
};

TEST_F(PagerSetTest, TwoPeopleWhoShareAnAddressAreSignedForWithTheirOwnSecrets)
{
    person("midwife-1", secret("a.key", key_of_a));
    person("midwife-2", secret("b.key", key_of_b));
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    EXPECT_THAT(pagers.health(), SizeIs(2));
    send(1, "midwife-2");
    ASSERT_TRUE(rig.until_outcomes(1));
    send(2, "midwife-1");
    ASSERT_TRUE(rig.until_outcomes(2));
    const auto first = peer.report(), second = peer.report();
    EXPECT_EQ(first["id"], "1-1/0/0/midwife-2/phone");
    EXPECT_EQ(first["signed_by"], nlohmann::json::array({1}));
    EXPECT_EQ(second["id"], "1-2/0/0/midwife-1/phone");
    EXPECT_EQ(second["signed_by"], nlohmann::json::array({0}));
}

TEST_F(PagerSetTest, TwoPeopleWhoShareAddressAndSecretAreOneChannel)
{
    const std::string same = secret("a.key", key_of_a);
    person("midwife-1", same);
    person("midwife-2", same);
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    EXPECT_THAT(pagers.health(), SizeIs(1));
    send(1, "midwife-2");
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(peer.report()["signed_by"], nlohmann::json::array({0}));
}

TEST_F(PagerSetTest, ASecretThatCannotBeReadIsNotReplacedByAnotherPersons)
{
    person("midwife-1", secret("a.key", key_of_a));
    person("midwife-2", secret("b.key", key_of_b, 0644)); // anybody could read it: refused
    const auto mistakes = pagers.configure(config);
    ASSERT_THAT(mistakes, SizeIs(1));
    EXPECT_THAT(mistakes[0], HasSubstr("midwife-2"));
    send(1, "midwife-2");
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "this channel is not configured");
}

TEST_F(PagerSetTest, AnSmsGoesThroughTheGatewayThatItsPersonNames)
{
    Peer gateway{"tests/integration/pagers/sms_peer.py", {"201"}};
    SmsGatewayConfig city;
    city.name = "city";
    city.url = "http://127.0.0.1:" + std::to_string(gateway.port()) + "/send";
    city.fields = {{"to", "{to}"}, {"text", "{text}"}};
    city.user = "ward";
    const std::string path = scratch.file("sms.key");
    std::ofstream{path} << "pass word\n";
    chmod(path.c_str(), 0600);
    city.secret = "file:" + path;
    config.pager.sms = {city};
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    Page page = test_page(7, "sms", "city +447700900123");
    pagers.send(page, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto seen = gateway.report();
    EXPECT_EQ(seen["fields"][0][1], "+447700900123");
    EXPECT_THAT(seen["fields"][1][1].get<std::string>(), HasSubstr("STOP magnesium"));
    EXPECT_EQ(seen["authorization"], "Basic " + adapters::base64("ward:pass word"));
}

TEST_F(PagerSetTest, AGatewayWithoutItsSecretIsAMistakeAndItsPagesFail)
{
    SmsGatewayConfig city;
    city.name = "city";
    city.url = "http://127.0.0.1:1/send";
    city.fields = {{"to", "{to}"}, {"text", "{text}"}};
    city.user = "ward";
    city.secret = "file:" + scratch.file("missing.key");
    config.pager.sms = {city};
    EXPECT_THAT(pagers.configure(config), ::testing::ElementsAre(HasSubstr("SMS gateway city")));
    pagers.send(test_page(7, "sms", "city +447700900123"), rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
}

TEST_F(PagerSetTest, AnAlertRingsOverAReloadUntilItsCallEnds)
{
    Peer server{"tests/integration/pagers/plain_peer.py", {"200"}};
    config.label = "Ward L4";
    config.pager.alertmanager.push_back({"hospital", {"http://127.0.0.1:" + std::to_string(server.port())}, {}, ""});
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    pagers.send(test_page(7, "alertmanager", "hospital"), rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    // {labels, whether it rings} of the next telling that is not empty.
    const auto next = [&] {
        nlohmann::json found;
        (void)rig.until([&] {
            if (!found.is_null()) return true;
            const auto seen = server.report(std::chrono::milliseconds{20});
            if (seen.is_object() && !seen["json"].empty()) found = seen["json"][0];
            return !found.is_null();
        });
        return found;
    };
    EXPECT_EQ(next()["labels"]["ward"], "Ward L4");
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    const auto again = next();
    EXPECT_EQ(again["labels"]["call"], "1-7");
    EXPECT_GT(again["endsAt"].get<std::string>(), adapters::iso_8601(rig.clock.now().wall));
    pagers.ended({1, 7});
    EXPECT_LE(next()["endsAt"].get<std::string>(), adapters::iso_8601(rig.clock.now().wall));
}

// Whoever shelves the alarm about one must hear of the next.
TEST_F(PagerSetTest, OfSeveralSilentChannelsEachIsNamed)
{
    for (const char* name : {"east", "west"})
        config.pager.alertmanager.push_back({name, {"http://127.0.0.1:" + std::to_string(closed_port())}, {}, ""});
    PagerSet asking{rig.io.get_executor(), rig.clock, std::string(32, 'k')};
    ASSERT_THAT(asking.configure(config), IsEmpty());
    for (const std::uint32_t failed : {1U, 2U}) {
        ASSERT_TRUE(rig.until([&] {
            const auto& health = asking.health();
            return std::all_of(health.begin(), health.end(), [&](const auto& one) {
                return one.probes_failed_in_a_row >= failed;
            });
        }));
        asking.ended({1, 7}); // tells each server, which is as good as a probe
    }
    EXPECT_TRUE(rig.until([&] {
        return asking.silence().words == "Pager channel alertmanager east does not answer; "
                                         "Pager channel alertmanager west does not answer";
    })) << asking.silence().words;
}

TEST_F(PagerSetTest, APortForStatusesThatIsTakenIsToldUntilItIsFree)
{
    boost::asio::ip::tcp::acceptor other{rig.io, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    config.pager.pcd05 = PcdStatusConfig{};
    config.pager.pcd05->listen.host = "127.0.0.1";
    config.pager.pcd05->listen.port = other.local_endpoint().port();
    ASSERT_THAT(pagers.configure(config), IsEmpty()) << "a mistake would stand until a reload";
    EXPECT_THAT(pagers.silence().words, ::testing::StartsWith("Statuses of alarm managers: cannot listen at 127.0.0.1:"));
    other.close();
    EXPECT_TRUE(rig.until([&] { return pagers.silence().words.empty(); }));
}

TEST_F(PagerSetTest, AChannelThatAnswersNoProbeIsSilentUntilItDoes)
{
    Peer server{"tests/integration/pagers/plain_peer.py", {"503", "503", "200"}};
    config.pager.alertmanager.push_back({"hospital", {"http://127.0.0.1:" + std::to_string(server.port())}, {}, ""});
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    EXPECT_FALSE(pagers.silence().settled) << "nothing has answered yet";
    const auto probed = [&](std::uint32_t failed) {
        return rig.until([&] { return pagers.health()[0].probes_failed_in_a_row == failed; });
    };
    ASSERT_TRUE(probed(1));
    EXPECT_EQ(pagers.silence().words, "") << "one is not enough";
    EXPECT_FALSE(pagers.silence().settled);
    pagers.ended({1, 7}); // tells the server, which is as good as a probe
    ASSERT_TRUE(probed(2));
    EXPECT_EQ(pagers.silence().words, "Pager channel alertmanager hospital does not answer");
    EXPECT_TRUE(pagers.silence().settled);
    pagers.ended({1, 7});
    ASSERT_TRUE(probed(0));
    EXPECT_EQ(pagers.silence().words, "");
    EXPECT_TRUE(pagers.silence().settled);
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    EXPECT_FALSE(pagers.silence().settled) << "a reload asks anew";
}

TEST_F(PagerSetTest, ACertificateThatEndsWithinADayIsTold)
{
    for (const int days : {1, 3}) {
        Certificate certificate{"IP:127.0.0.1", days};
        Peer server{"tests/integration/pagers/plain_peer.py", {"--tls", certificate.file(), certificate.key(), "200"}};
        const std::string host = "127.0.0.1:" + std::to_string(server.port());
        config.pager.alertmanager = {{"hospital", {"https://" + host}, {}, certificate.file()}};
        PagerSet asking{rig.io.get_executor(), rig.clock, "key"};
        ASSERT_THAT(asking.configure(config), IsEmpty());
        ASSERT_TRUE(rig.until([&] { return asking.silence().settled && !asking.lane().certificates().empty(); }));
        const auto shown = asking.lane().certificates();
        ASSERT_EQ(shown.size(), 1U);
        EXPECT_EQ(shown[0].host, host);
        const Duration left = shown[0].until - rig.clock.now().wall;
        EXPECT_LE(left, Duration{24 * 3'600'000} * days);
        EXPECT_GT(left, Duration{24 * 3'600'000} * days - Duration{300'000});
        EXPECT_EQ(asking.silence().words, days == 1 ? "Certificate of " + host + " ends within a day" : "");
    }
}

TEST_F(PagerSetTest, AWebhookThatNobodyServesIsFoundBeforeItsFirstPage)
{
    PagerSet asking{rig.io.get_executor(), rig.clock, "key", {}, Duration{20}};
    person("midwife-1", secret("a.key", key_of_a));
    config.ward.people[0].channels[0].address = "http://127.0.0.1:" + std::to_string(closed_port()) + "/page";
    ASSERT_THAT(asking.configure(config), IsEmpty());
    EXPECT_FALSE(asking.silence().settled);
    ASSERT_TRUE(rig.until([&] { return asking.silence().settled; }));
    EXPECT_EQ(asking.silence().words, "Pager channel webhook 127.0.0.1 does not answer")
        << "the rest of its address may be a secret";
}

TEST_F(PagerSetTest, APagerIsReachedThroughTheSnppGatewayThatItsPersonNames)
{
    Peer gateway{"tests/integration/pagers/snpp_peer.pl", {"2"}};
    config.pager.snpp.push_back({"hospital", {"127.0.0.1", gateway.port()}, "", ""});
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    pagers.send(test_page(7, "snpp", "hospital 5551234"), rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto seen = gateway.report();
    EXPECT_EQ(seen["pager"], "5551234");
    EXPECT_THAT(seen["text"].get<std::string>(), HasSubstr("STOP magnesium"));
    EXPECT_EQ(seen["alert"], 1);
}

TEST_F(PagerSetTest, AnNtfyMessageGoesToTheTopicOnTheServerThatItsPersonNames)
{
    Peer server{"tests/integration/pagers/plain_peer.py", {"200"}};
    config.pager.ntfy.push_back({"ward", "http://127.0.0.1:" + std::to_string(server.port()),
                                 {"", "file:" + plain_secret("ntfy.key", "tk_secret")}, ""});
    config.pager.answer_url = "http://127.0.0.1:8300";
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    pagers.send(test_page(7, "ntfy", "ward midwives"), rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto seen = rig.find(server, [](const nlohmann::json& one) { return one["method"] == "POST"; });
    ASSERT_TRUE(seen.is_object());
    EXPECT_EQ(seen["authorization"], "Bearer tk_secret");
    EXPECT_THAT(seen.dump(), HasSubstr("midwives"));
    EXPECT_THAT(seen.dump(), HasSubstr("STOP magnesium"));
    EXPECT_THAT(seen.dump(), HasSubstr("http://127.0.0.1:8300/answer/")) << "the buttons";
}

TEST_F(PagerSetTest, ATwoWayPagerIsReachedThroughTheWctpCarrierAndItsAnswerComesBack)
{
    Peer carrier{"tests/integration/pagers/wctp_peer.py", {"--events", "coming", "success"}};
    std::vector<std::pair<PageKey, AnswerKind>> answers;
    adapters::Feedback feedback;
    feedback.receipt = [](const PageKey&, PageOutcome, const std::string&) {};
    feedback.answer = [&](const PageKey& key, AnswerKind kind) { answers.emplace_back(key, kind); };
    PagerSet set{rig.io.get_executor(), rig.clock, std::string(32, 'k'), feedback};
    WctpConfig one;
    one.name = "carrier";
    one.url = "http://127.0.0.1:" + std::to_string(carrier.port()) + "/wctp";
    one.sender = "ward-l4";
    one.secret = "file:" + plain_secret("wctp.key", "c0de");
    config.pager.wctp = {one};
    ASSERT_THAT(set.configure(config), IsEmpty());
    const Page page = test_page(7, "wctp", "carrier 5551234");
    set.send(page, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto seen = rig.find(carrier, [](const auto& told) { return told["op"] == "wctp-SubmitRequest"; });
    ASSERT_TRUE(seen.is_object());
    EXPECT_EQ(seen["attributes"]["wctp-Recipient"]["recipientID"], "5551234");
    EXPECT_EQ(seen["attributes"]["wctp-Originator"]["senderID"], "ward-l4");
    EXPECT_EQ(seen["attributes"]["wctp-Originator"]["securityCode"], "c0de");
    EXPECT_THAT(seen["text"].get<std::string>(), HasSubstr("STOP magnesium"));
    ASSERT_TRUE(rig.until([&] { return !answers.empty(); }));
    EXPECT_EQ(answers[0].first, page.key);
    EXPECT_EQ(answers[0].second, AnswerKind::coming);
}

TEST_F(PagerSetTest, AnAnswerToAPageOfATwoWayPagerIsHeardAfterAReload)
{
    Peer carrier{"tests/integration/pagers/wctp_peer.py", {"--events", "delivered,coming", "success"}};
    std::vector<std::pair<PageKey, AnswerKind>> answers;
    int refused = 0;
    adapters::Feedback feedback;
    feedback.receipt = [](const PageKey&, PageOutcome, const std::string&) {};
    feedback.answer = [&](const PageKey& key, AnswerKind kind) { answers.emplace_back(key, kind); };
    feedback.refused = [&](std::string_view) { ++refused; };
    PagerSet set{rig.io.get_executor(), rig.clock, std::string(32, 'k'), feedback};
    WctpConfig one;
    one.name = "carrier";
    one.url = "http://127.0.0.1:" + std::to_string(carrier.port()) + "/wctp";
    one.sender = "ward-l4";
    config.pager.wctp = {one};
    ASSERT_THAT(set.configure(config), IsEmpty());
    ASSERT_TRUE(rig.until([&] { return set.silence().settled; })) << "the next poll comes in five seconds";
    const Page page = test_page(7, "wctp", "carrier 5551234");
    set.send(page, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    ASSERT_THAT(set.configure(config), IsEmpty());
    ASSERT_TRUE(rig.until([&] { return !answers.empty() || refused > 0; }));
    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_EQ(answers[0].first, page.key);
    EXPECT_EQ(answers[0].second, AnswerKind::coming);
    EXPECT_EQ(refused, 0);
}

TEST_F(PagerSetTest, AnAlarmManagerIsToldAReportUnderTheNameOfTheWard)
{
    Peer manager{"tests/integration/pagers/pcd_peer.py", {"CA"}};
    PcdConfig one;
    one.name = "hospital";
    one.server = {"127.0.0.1", manager.port()};
    one.application = "MANAGER";
    one.system_id = "0009FBFFFF112233";
    config.label = "Ward L4";
    config.pager.pcd04 = {one};
    ASSERT_THAT(pagers.configure(config), IsEmpty());
    Page page = test_page(7, "pcd04", "hospital");
    page.at = rig.clock.now().wall;
    pagers.send(page, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto report = rig.find(manager, [](const auto& seen) {
        return seen["segments"].dump().find("STOP magnesium") != std::string::npos;
    });
    ASSERT_TRUE(report.is_object()) << "watchdogs of the link carry no page";
    const auto& header = report["segments"][0];
    EXPECT_EQ(header[0], "MSH");
    EXPECT_THAT(header[9].get<std::string>(), HasSubstr("ORU^R40"));
    EXPECT_THAT(report.dump(), HasSubstr("MANAGER"));
    EXPECT_THAT(report.dump(), HasSubstr("Ward L4"));
}

} // namespace
} // namespace magwatch
