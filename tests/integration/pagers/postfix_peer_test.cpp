// The mail pager against Debian's Postfix, up to the recipient's mailbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/smtp.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

const std::string postfix = "tests/integration/pagers/postfix_peer.py";
const std::string on_call = "on-call@hospital.example", charge = "charge@hospital.example";
const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing. STOP magnesium at pump. #1207";

// A submission server of the site: STARTTLS and a login, two mailboxes behind it.
struct PostfixRig : Rig {
    explicit PostfixRig(std::vector<std::string> options = {"--login", "ward", "open sesame"})
        // It syncs its queue to disk before it says 250: on a busy machine that may take longer than a ward waits.
        : Rig{{Duration{30'000}, Duration{50'000}}}, peer{postfix, with_defaults(std::move(options))}
    {
    }
    std::vector<std::string> with_defaults(std::vector<std::string> options)
    {
        for (const std::string& one : {std::string{"--tls"}, certificate.file(), certificate.key(),
                                       std::string{"--mailbox"}, on_call, std::string{"--mailbox"}, charge})
            options.push_back(one);
        return options;
    }
    SmtpServer server() const
    {
        SmtpServer out;
        out.host = "127.0.0.1";
        out.port = peer.port();
        out.ca_file = certificate.file();
        out.from = "ward@hospital.example";
        out.user = "ward";
        out.password.emplace("open sesame");
        return out;
    }
    void send(SmtpPager& pager, std::uint32_t call, const std::string& to = on_call, const std::string& words = text)
    {
        pager.send(test_page(call, "mail", to), words, {"https://ward.example/a/coming", "", ""}, note());
    }
    nlohmann::json letter()
    {
        return find(peer, [](const nlohmann::json& seen) { return seen.contains("mailbox"); });
    }
    // Everything that Postfix says about the next session, up to its end.
    std::string session()
    {
        std::string all;
        (void)find(peer, [&](const nlohmann::json& seen) {
            if (!seen.contains("log")) return false;
            all += seen["log"].get<std::string>() + "\n";
            return seen["log"].get<std::string>().starts_with("disconnect") && all.find("tarttls") != std::string::npos;
        });
        return all;
    }
    Certificate certificate{"IP:127.0.0.1"};
    Peer peer;
};

TEST(PostfixPeer, APageLiesInTheMailboxOverStarttlsAndLogin)
{
    PostfixRig rig;
    SmtpPager pager{rig.parts(), rig.server()};
    rig.send(pager, 7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(rig.outcomes[0].detail, "SMTP 250");
    const auto mail = rig.letter();
    ASSERT_TRUE(mail.is_object());
    EXPECT_EQ(mail["mailbox"], on_call);
    EXPECT_EQ(mail["body"], text + "\n\nI am coming: https://ward.example/a/coming\n");
    const auto& headers = mail["headers"];
    EXPECT_EQ(headers["message-id"], "<1-7/0/0/midwife-1/mail@hospital.example>") << "the key of the page";
    EXPECT_EQ(headers["return-path"], "<ward@hospital.example>");
    EXPECT_EQ(headers["from"], "magwatch <ward@hospital.example>");
    EXPECT_EQ(headers["to"], on_call);
    EXPECT_EQ(headers["subject"], "MAG HIGH #1207");
    EXPECT_EQ(headers["auto-submitted"], "auto-generated");
    EXPECT_EQ(headers["importance"], "high");
    EXPECT_EQ(headers["content-type"], "text/plain; charset=\"utf-8\"");
    // What Postfix itself writes of the way that the mail came.
    ASSERT_EQ(mail["received"].size(), 1U);
    const std::string received = mail["received"][0];
    EXPECT_THAT(received, HasSubstr("from hospital.example"));
    EXPECT_THAT(received, ContainsRegex("using TLSv1\\.[23] with cipher"));
    EXPECT_THAT(received, HasSubstr("(Authenticated sender: ward@postfix.example)"));
    EXPECT_THAT(received, HasSubstr("with ESMTPSA"));
}

TEST(PostfixPeer, DotsAndAccentsLieInTheMailboxAsTheyWereWritten)
{
    PostfixRig rig;
    SmtpPager pager{rig.parts(), rig.server()};
    for (const std::string words : {"..Kreißsaal = Bett 3", ".", "From here on"}) {
        rig.outcomes.clear();
        rig.send(pager, 7, on_call, words);
        ASSERT_TRUE(rig.until_outcomes(1));
        EXPECT_EQ(rig.letter()["body"], words + "\n\nI am coming: https://ward.example/a/coming\n");
    }
}

TEST(PostfixPeer, ARecipientThatIsRefusedFailsAloneAndAtOnce)
{
    PostfixRig rig;
    SmtpPager pager{rig.parts(), rig.server()};
    rig.send(pager, 7, "gone@hospital.example");
    rig.send(pager, 8, charge);
    ASSERT_TRUE(rig.until_outcomes(2));
    for (const Outcome& one : rig.outcomes) {
        const bool to_gone = one.key.call.counter == 7;
        EXPECT_EQ(one.outcome, to_gone ? PageOutcome::failed : PageOutcome::accepted);
        EXPECT_EQ(one.detail, to_gone ? "SMTP 550" : "SMTP 250");
    }
    EXPECT_EQ(rig.letter()["mailbox"], charge);
}

TEST(PostfixPeer, WithoutALoginOrWithAWrongOneNothingIsTaken)
{
    PostfixRig rig;
    SmtpServer wrong = rig.server();
    wrong.password.emplace("guess");
    SmtpPager guesser{rig.parts(), std::move(wrong)};
    rig.send(guesser, 7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "SMTP 535");
    SmtpServer nobody = rig.server();
    nobody.user.clear();
    nobody.password.reset();
    SmtpPager stranger{rig.parts(), std::move(nobody)};
    rig.send(stranger, 8);
    ASSERT_TRUE(rig.until_outcomes(2));
    EXPECT_EQ(rig.outcomes[1].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[1].detail, "SMTP 554") << "Postfix: client host rejected";
}

TEST(PostfixPeer, WithoutTlsItIsToldNothingOfThePage)
{
    Rig rig;
    Peer peer{postfix, {"--mailbox", on_call}};
    SmtpServer server;
    server.host = "127.0.0.1";
    server.port = peer.port();
    server.from = "ward@hospital.example";
    SmtpPager pager{rig.parts(), std::move(server)};
    pager.send(test_page(7, "mail", on_call), text, {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "no encryption offered");
    // Postfix counts what it was told: EHLO, and no MAIL, RCPT or DATA.
    const auto end = rig.find(peer, [](const nlohmann::json& seen) {
        const std::string line = seen.value("log", "");
        return line.starts_with("disconnect") && line.find("ehlo=") != std::string::npos;
    });
    ASSERT_TRUE(end.is_object());
    EXPECT_THAT(end["log"].get<std::string>(), ContainsRegex("ehlo=1 (quit=1 )?commands=[12]$"));
}

TEST(PostfixPeer, WithAWrongCertificateItIsToldNothingOfThePage)
{
    PostfixRig rig;
    const Certificate ours{"IP:127.0.0.1"};
    SmtpServer server = rig.server();
    server.ca_file = ours.file();
    SmtpPager pager{rig.parts(), std::move(server)};
    rig.send(pager, 7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "certificate refused");
    const std::string told = rig.session();
    EXPECT_THAT(told, HasSubstr("starttls="));
    for (const char* word : {"auth=", "mail=", "rcpt=", "data="}) EXPECT_THAT(told, ::testing::Not(HasSubstr(word)));
}

} // namespace
} // namespace magwatch::adapters
