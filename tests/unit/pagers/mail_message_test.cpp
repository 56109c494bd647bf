#include "adapters/pagers/mail_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/smtp.hpp"

namespace magwatch::adapters {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Page page()
{
    Page p;
    p.key = {{1, 7}, 0, 2, "midwife-1", "mail"};
    p.number = 1207;
    p.place = "Ward L4 Bed 3";
    p.words = {"Slow breathing"};
    return p;
}
const WallTime night{1795227245'000LL}; // 2026-11-21T02:14:05Z

TEST(MailMessage, HasTheHeadersOfAnAutomaticMail)
{
    const std::string mail =
        mail_message(page(), "MAG HIGH Bed 3. #1207", {}, "ward@hospital.example", "on-call@hospital.example", night);
    EXPECT_EQ(mail, "Date: Sat, 21 Nov 2026 02:14:05 +0000\r\n"
                    "From: magwatch <ward@hospital.example>\r\n"
                    "To: <on-call@hospital.example>\r\n"
                    "Message-ID: <1-7/0/2/midwife-1/mail@hospital.example>\r\n"
                    "Subject: MAG HIGH #1207\r\n"
                    "Auto-Submitted: auto-generated\r\n"
                    "X-Auto-Response-Suppress: All\r\n"
                    "Importance: high\r\n"
                    "MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: 7bit\r\n"
                    "\r\n"
                    "MAG HIGH Bed 3. #1207\r\n"
                    "\r\n");
}

TEST(MailMessage, TheSubjectNamesNoBedAndNoFinding)
{
    Page p = page();
    p.simulation = true;
    p.kind = AlarmKind::technical;
    const std::string mail = mail_message(p, "text", {}, "a@b.example", "c@d.example", night);
    EXPECT_THAT(mail, HasSubstr("Subject: SIMULATION MAG TECHNICAL #1207\r\n"));
}

TEST(MailMessage, TheMessageIdStaysOverRetriesAndDiffersPerPage)
{
    const auto id = [](const Page& p, WallTime at) {
        const std::string mail = mail_message(p, "text", {}, "a@b.example", "c@d.example", at);
        const std::size_t from = mail.find("Message-ID: ");
        return mail.substr(from, mail.find("\r\n", from) - from);
    };
    Page other = page();
    other.key.repetition = 3;
    EXPECT_EQ(id(page(), night), id(page(), night + Duration{60'000}));
    EXPECT_NE(id(page(), night), id(other, night));
}

TEST(MailMessage, NoTextCanBecomeAHeader)
{
    Page p = page();
    p.key.person = "x\r\nBcc: everyone@example.org";
    const std::string mail = mail_message(p, "one\r\n\r\n.\r\nBcc: a@b.example", {"http://x/\r\nBcc: q", "", ""},
                                          "a@b.example", "c@d.example", night);
    EXPECT_THAT(mail, Not(HasSubstr("\nBcc:")));
    EXPECT_THAT(mail, Not(HasSubstr("\n.\r\n")));
    EXPECT_THAT(mail, HasSubstr("Message-ID: <1-7/0/2/x%0D%0ABcc%3A%20everyone%40example%2Eorg/mail@"));
}

TEST(MailMessage, AccentsTravelAsQuotedPrintable)
{
    const std::string mail = mail_message(page(), "Kreißsaal = 3", {}, "a@b.example", "c@d.example", night);
    EXPECT_THAT(mail, HasSubstr("Content-Transfer-Encoding: quoted-printable\r\n"));
    EXPECT_THAT(mail, HasSubstr("\r\nKrei=C3=9Fsaal =3D 3\r\n"));
    const std::string longer =
        mail_message(page(), std::string(300, 'x') + "ß", {}, "a@b.example", "c@d.example", night);
    std::size_t widest = 0;
    for (std::size_t at = longer.find("\r\n\r\n") + 4; at < longer.size();) {
        const std::size_t end = longer.find("\r\n", at);
        widest = std::max(widest, end - at);
        at = end + 2;
    }
    EXPECT_LE(widest, 76U);
}

TEST(MailMessage, LinksStandOneToALine)
{
    const std::string mail = mail_message(page(), "text", {"http://l/answer/A", "http://l/answer/B", ""},
                                          "a@b.example", "c@d.example", night);
    EXPECT_THAT(mail, HasSubstr("\r\ntext\r\n\r\nI am coming: http://l/answer/A\r\nI cannot come: http://l/answer/B\r\n"));
    EXPECT_THAT(mail, Not(HasSubstr("at the bed")));
}

TEST(MailMessage, MailboxesAreStrict)
{
    for (const char* good : {"a@b.example", "on-call.1+ward@mail.hospital.example", "root@localhost"})
        EXPECT_TRUE(is_mailbox(good)) << good;
    for (const char* bad : {"", "a", "@b", "a@", "a b@c", "a@b c", "a@b>\r\nRCPT TO:<x@y", "<a@b>", "a@b\n",
                            "\"a\"@b", "a..b@c", ".a@c", "a@c.", "a@b,c@d", "a@[127.0.0.1]", "ü@b"})
        EXPECT_FALSE(is_mailbox(bad)) << bad;
    EXPECT_FALSE(is_mailbox(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(is_mailbox("a@" + std::string(260, 'b')));
}

SmtpServer server()
{
    SmtpServer s;
    s.host = "mail.hospital.example";
    s.from = "ward@hospital.example";
    return s;
}

TEST(SmtpServer, PlainIsForLoopbackAndInSoManyWords)
{
    EXPECT_THAT(mistakes(server()), IsEmpty());
    SmtpServer s = server();
    s.allow_plain = true;
    EXPECT_THAT(mistakes(s), testing::SizeIs(1));
    for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
        s.host = host;
        EXPECT_THAT(mistakes(s), IsEmpty()) << host;
    }
    s.user = "u";
    s.password.emplace("p");
    EXPECT_THAT(mistakes(s), testing::ElementsAre(HasSubstr("no login")));
}

TEST(SmtpServer, NothingCanBeSmuggledIntoTheAddress)
{
    for (const char* host : {"", "a/b", "a@b", "a b", "a?x", "a#x", "a%00"}) {
        SmtpServer s = server();
        s.host = host;
        EXPECT_THAT(mistakes(s), Not(IsEmpty())) << host;
    }
    SmtpServer s = server();
    s.from = "x";
    EXPECT_THAT(mistakes(s), testing::ElementsAre(HasSubstr("from")));
    s = server();
    s.user = "u";
    EXPECT_THAT(mistakes(s), testing::ElementsAre(HasSubstr("together")));
}

} // namespace
} // namespace magwatch::adapters
