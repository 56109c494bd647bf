// The mail pager against aiosmtpd.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include "adapters/pagers/smtp.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

const std::string smtp_peer = "tests/integration/pagers/smtp_peer.py";
const std::string on_call = "on-call@hospital.example";

SmtpServer plain(std::uint16_t port)
{
    SmtpServer server;
    server.host = "127.0.0.1";
    server.port = port;
    server.allow_plain = true;
    server.from = "ward@hospital.example";
    return server;
}

SmtpServer encrypted(std::uint16_t port, const std::string& ca_file)
{
    SmtpServer server = plain(port);
    server.allow_plain = false;
    server.ca_file = ca_file;
    return server;
}

struct SmtpRig : Rig {
    explicit SmtpRig(std::vector<std::string> options, CurlLimits limits = {})
        : Rig{limits}, peer{smtp_peer, std::move(options)}, pager{parts(), plain(peer.port())}
    {
    }
    Peer peer;
    SmtpPager pager;
};

TEST(SmtpPeer, AcceptsAMailOnLoopback)
{
    SmtpRig rig{{}};
    rig.pager.send(test_page(7, "mail", on_call), "MAG HIGH Bed 3. #1207", {"http://127.0.0.1/answer/a", "", ""},
                   rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto mail = rig.peer.report();
    EXPECT_EQ(mail["from"], "ward@hospital.example");
    EXPECT_EQ(mail["to"], nlohmann::json::array({on_call}));
    EXPECT_EQ(mail["ehlo"], "hospital.example");
    EXPECT_EQ(mail["headers"]["message-id"], "<1-7/0/0/midwife-1/mail@hospital.example>");
    EXPECT_EQ(mail["headers"]["subject"], "MAG HIGH #1207");
    EXPECT_EQ(mail["headers"]["auto-submitted"], "auto-generated");
    EXPECT_EQ(mail["body"], "MAG HIGH Bed 3. #1207\n\nI am coming: http://127.0.0.1/answer/a\n");
}

TEST(SmtpPeer, LinesThatBeginWithADotAndAccentsArriveWhole)
{
    SmtpRig rig{{}};
    rig.pager.send(test_page(7, "mail", on_call), ".", {}, rig.note());
    rig.pager.send(test_page(8, "mail", on_call), "..Kreißsaal = Bett 3", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.peer.report()["body"], ".\n\n");
    EXPECT_EQ(rig.peer.report()["body"], "..Kreißsaal = Bett 3\n\n");
}

TEST(SmtpPeer, ATemporaryRefusalIsTriedAgainWithTheSameMessageId)
{
    SmtpRig rig{{"--data", "451,250"}};
    rig.pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    const auto first = rig.peer.report(), second = rig.peer.report();
    EXPECT_EQ(first["code"], "451");
    EXPECT_EQ(second["code"], "250");
    EXPECT_EQ(first["headers"]["message-id"], second["headers"]["message-id"]);
}

TEST(SmtpPeer, EachRecipientHasAnOutcomeOfItsOwn)
{
    SmtpRig rig{{"--refuse", "gone@hospital.example"}};
    Page gone = test_page(7, "mail", "gone@hospital.example");
    gone.key.person = "doctor-1";
    rig.pager.send(gone, "text", {}, rig.note());
    rig.pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(2));
    for (const Outcome& o : rig.outcomes) {
        const bool to_gone = o.key.person == "doctor-1";
        EXPECT_EQ(o.outcome, to_gone ? PageOutcome::failed : PageOutcome::accepted);
        EXPECT_EQ(o.detail, to_gone ? "SMTP 550" : "SMTP 250");
    }
}

TEST(SmtpPeer, APermanentRefusalEndsThePage)
{
    SmtpRig rig{{"--data", "554"}};
    rig.pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "SMTP 554");
    EXPECT_EQ(rig.pager.health()[0].attempts, 1U);
}

TEST(SmtpPeer, SilenceAfterTheMailIsUnknown)
{
    SmtpRig rig{{"--hang"}, CurlLimits{Duration{5'000}, Duration{2'000}}};
    rig.pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::unknown);
    EXPECT_EQ(rig.outcomes[0].detail, "no reply in 2 s");
}

// A server that falls silent at any point of the conversation holds up nobody else's mail.
TEST(SmtpPeer, AThreadThatIsNotToBeHadIsAnAttemptThatFailedForNow)
{
    Peer peer{smtp_peer, {}};
    std::atomic<int> refused{0};
    Rig rig{{}, [&](std::function<void()> body) {
                if (++refused <= 2) throw std::system_error{EAGAIN, std::generic_category()};
                return std::thread{std::move(body)};
            }};
    SmtpPager pager{rig.parts(), plain(peer.port())};
    pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(refused, 3);
    EXPECT_EQ(peer.report()["body"], "text\n\n");
    EXPECT_EQ(rig.lane.running(), 0U);
}

TEST(SmtpPeer, ASilentServerDelaysNoNeighbour)
{
    SmtpRig silent{{"--hang"}};
    Peer good{smtp_peer, {}};
    SmtpPager neighbour{silent.parts(), plain(good.port())};
    for (std::uint32_t i = 0; i < 20; ++i) {
        Page page = test_page(i, "mail", on_call);
        page.key.person += std::to_string(i);
        silent.pager.send(page, "text", {}, silent.note());
    }
    ASSERT_TRUE(silent.peer.report().is_object()); // it has swallowed one for certain
    for (std::uint32_t i = 100; i < 105; ++i) neighbour.send(test_page(i, "mail", on_call), "text", {}, silent.note());
    ASSERT_TRUE(silent.until_outcomes(5));
    for (std::uint32_t i = 0; i < 5; ++i) {
        EXPECT_EQ(silent.outcomes[i].key.call.counter, 100 + i);
        EXPECT_EQ(silent.outcomes[i].outcome, PageOutcome::accepted) << silent.outcomes[i].detail;
    }
}

TEST(SmtpPeer, AnAddressThatIsNoneNeverReachesTheWire)
{
    SmtpRig rig{{}};
    rig.pager.send(test_page(7, "mail", "a@b.example>\r\nRCPT TO:<c@d.example"), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].detail, "not a mail address");
    EXPECT_EQ(rig.pager.health()[0].attempts, 0U);
}

TEST(SmtpTls, StarttlsCarriesMailAndLogin)
{
    const Certificate certificate{"IP:127.0.0.1"};
    Peer peer{smtp_peer, {"--tls", certificate.file(), certificate.key(), "--login", "ward", "open sesame"}};
    Rig rig;
    SmtpServer server = encrypted(peer.port(), certificate.file());
    server.user = "ward";
    server.password.emplace("open sesame");
    SmtpPager pager{rig.parts(), std::move(server)};
    pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    const auto mail = peer.report();
    EXPECT_TRUE(mail["tls"]);
    EXPECT_TRUE(mail["login"]);
}

TEST(SmtpTls, AWrongPasswordIsFinal)
{
    const Certificate certificate{"IP:127.0.0.1"};
    Peer peer{smtp_peer, {"--tls", certificate.file(), certificate.key(), "--login", "ward", "open sesame"}};
    Rig rig;
    SmtpServer server = encrypted(peer.port(), certificate.file());
    server.user = "ward";
    server.password.emplace("guess");
    SmtpPager pager{rig.parts(), std::move(server)};
    pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "SMTP 535");
}

TEST(SmtpTls, AServerWithoutStarttlsGetsNothing)
{
    const Certificate certificate{"IP:127.0.0.1"};
    Peer peer{smtp_peer, {}};
    Rig rig;
    SmtpPager pager{rig.parts(), encrypted(peer.port(), certificate.file())};
    pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "no encryption offered");
    EXPECT_FALSE(peer.line(std::chrono::milliseconds{100}));
}

TEST(SmtpTls, AWrongCertificateOrNameGetsNothing)
{
    const Certificate ours{"IP:127.0.0.1"}, strangers{"IP:127.0.0.1"}, elsewhere{"DNS:other.example"};
    for (const auto& [served, trusted] : {std::pair{&strangers, &ours}, std::pair{&elsewhere, &elsewhere}}) {
        Peer peer{smtp_peer, {"--tls", served->file(), served->key()}};
        Rig rig;
        SmtpPager pager{rig.parts(), encrypted(peer.port(), trusted->file())};
        pager.send(test_page(7, "mail", on_call), "text", {}, rig.note());
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
        EXPECT_EQ(rig.outcomes[0].detail, "certificate refused");
        EXPECT_FALSE(peer.line(std::chrono::milliseconds{100}));
    }
}

} // namespace
} // namespace magwatch::adapters
