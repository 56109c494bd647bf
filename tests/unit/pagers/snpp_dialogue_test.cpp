#include "adapters/pagers/snpp_dialogue.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace magwatch::adapters {
namespace {

SnppPage page(bool urgent = false)
{
    return {"5551234", "MAG HIGH Ward L4 Bed 3. STOP magnesium.", urgent, "", ""};
}

// What the client said until the session was over, or the replies were at their end.
struct Talk {
    std::vector<std::string> said;
    bool over = false;
};
Talk talk(SnppDialogue& dialogue, const std::vector<std::string>& replies)
{
    Talk out;
    for (const std::string& reply : replies) {
        const auto move = dialogue.line(reply);
        if (!move.send.empty()) out.said.push_back(move.send);
        out.over = move.over;
        if (out.over) break;
    }
    return out;
}

TEST(SnppDialogue, SpeaksLevelOneAndIsTaken)
{
    SnppDialogue dialogue{page()};
    const Talk t = talk(dialogue, {"220 SNPP Gateway Ready", "250 Pager ID Accepted", "250 Message OK",
                                   "250 Message Sent Successfully"});
    EXPECT_EQ(t.said, (std::vector<std::string>{"PAGE 5551234\r\n", "MESS MAG HIGH Ward L4 Bed 3. STOP magnesium.\r\n",
                                                "SEND\r\n", "QUIT\r\n"}));
    EXPECT_TRUE(t.over);
    EXPECT_EQ(dialogue.verdict(), Verdict::accepted);
    EXPECT_EQ(dialogue.detail(), "SNPP 250 to SEND");
}

TEST(SnppDialogue, AsksForUrgencyAndGoesOnWithoutIt)
{
    for (const char* reply : {"250 OK", "500 Command unknown", "550 Error"}) {
        SnppDialogue dialogue{page(true)};
        const Talk t = talk(dialogue, {"220 ready", reply, reply, "250 ok", "250 ok", "860 12 34 Delivered"});
        ASSERT_EQ(t.said.size(), 6U) << reply;
        EXPECT_EQ(t.said[0], "ALER 1\r\n");
        EXPECT_EQ(t.said[1], "LEVE 0\r\n");
        EXPECT_EQ(dialogue.verdict(), Verdict::accepted);
    }
}

TEST(SnppDialogue, AGatewayThatWaitsForItsModemIsToldToQueue)
{
    for (const char* reply : {"250 Job will be queued.", "500 SITE: Command not recognized."}) {
        SnppPage login = page();
        login.user = "ward";
        SnppDialogue dialogue{login};
        const Talk t = talk(dialogue, {"220 ward SNPP server (HylaFAX (tm) Version 6.0.7) ready.", "250 in", reply,
                                       "250 ok", "250 ok", "250 Message successfully queued."});
        ASSERT_EQ(t.said.size(), 6U) << reply;
        EXPECT_EQ(t.said[0], "LOGI ward\r\n");
        EXPECT_EQ(t.said[1], "SITE JQUEUE YES\r\n") << "before PAGE, which takes it over";
        EXPECT_EQ(t.said[2], "PAGE 5551234\r\n");
        EXPECT_EQ(dialogue.verdict(), Verdict::accepted);
    }
}

TEST(SnppDialogue, LogsInFirst)
{
    SnppPage login = page(true);
    login.user = "ward";
    login.password = "secret";
    SnppDialogue dialogue{login};
    EXPECT_EQ(dialogue.line("220 ready").send, "LOGI ward secret\r\n");
    EXPECT_EQ(dialogue.line("250 welcome").send, "ALER 1\r\n");
    SnppDialogue refused{login};
    (void)refused.line("220 ready");
    EXPECT_TRUE(refused.line("550 no").over);
    EXPECT_EQ(refused.verdict(), Verdict::refused);
    EXPECT_EQ(refused.detail(), "SNPP 550 to LOGI");
}

TEST(SnppDialogue, AReplyOfSeveralLinesIsOne)
{
    SnppDialogue dialogue{page()};
    EXPECT_TRUE(dialogue.line("220-welcome").send.empty());
    EXPECT_EQ(dialogue.line("220 to this gateway").send, "PAGE 5551234\r\n");
}

struct End {
    std::vector<std::string> replies;
    Verdict verdict;
    const char* detail;
};

TEST(SnppDialogue, EveryEndHasItsMeaning)
{
    const std::vector<End> ends{
        {{}, Verdict::retry, "no reply to the connection"},
        {{"421 closing"}, Verdict::retry, "SNPP 421 to the connection"},
        {{"554 closed"}, Verdict::refused, "SNPP 554 to the connection"},
        {{"SSH-2.0-OpenSSH"}, Verdict::retry, "no SNPP in reply to the connection"},
        {{"220 r"}, Verdict::retry, "no reply to PAGE"},
        {{"220 r", "550 Error, Invalid Pager ID"}, Verdict::refused, "SNPP 550 to PAGE"},
        {{"220 r", "450 later"}, Verdict::retry, "SNPP 450 to PAGE"},
        {{"220 r", "250 ok"}, Verdict::retry, "no reply to MESS"},
        {{"220 r", "250 ok", "552 too long"}, Verdict::refused, "SNPP 552 to MESS"},
        {{"220 r", "250 ok", "250 ok"}, Verdict::unanswered, "no reply to SEND"},
        {{"220 r", "250 ok", "250 ok", "421 bye"}, Verdict::unanswered, "SNPP 421 to SEND"},
        {{"220 r", "250 ok", "250 ok", "Traceback"}, Verdict::unanswered, "no SNPP in reply to SEND"},
        {{"220 r", "250 ok", "250 ok", "554 failed"}, Verdict::refused, "SNPP 554 to SEND"},
        {{"220 r", "250 ok", "250 ok", "780 expired"}, Verdict::refused, "SNPP 780 to SEND"},
        {{"220 r", "250 ok", "250 ok", "960 1 2 OK, Message QUEUED"}, Verdict::accepted, "SNPP 960 to SEND"},
    };
    for (const End& end : ends) {
        SnppDialogue dialogue{page()};
        (void)talk(dialogue, end.replies);
        EXPECT_EQ(dialogue.verdict(), end.verdict) << end.detail;
        EXPECT_EQ(dialogue.detail(), end.detail);
    }
}

TEST(SnppDialogue, NoTextBecomesASecondCommand)
{
    SnppPage evil = page();
    evil.text = "hello\r\nPAGE 666\nSEND\x7f";
    SnppDialogue dialogue{evil};
    (void)talk(dialogue, {"220 r"});
    EXPECT_EQ(dialogue.line("250 ok").send, "MESS hello  PAGE 666 SEND \r\n");
    for (const char* bad : {"", "a b", "a\r\n", "\x01"}) EXPECT_FALSE(is_snpp_word(bad));
    EXPECT_FALSE(is_snpp_word(std::string(65, '5')));
    EXPECT_TRUE(is_snpp_word("5551234"));
}

RC_GTEST_PROP(SnppDialogue, EveryDialogueEndsAndSaysSendOnceAtMost, (const std::vector<std::string>& lines))
{
    SnppDialogue dialogue{page(true)};
    int sends = 0;
    for (const std::string& line : lines) sends += dialogue.line(line).send == "SEND\r\n";
    for (int i = 0; i < 20; ++i) sends += dialogue.line("250 ok").send == "SEND\r\n";
    RC_ASSERT(sends <= 1);
    RC_ASSERT(dialogue.line("250 ok").over);
}

SnppPage two_way_page()
{
    SnppPage page_two_way = page();
    page_two_way.two_way = true;
    return page_two_way;
}

TEST(SnppDialogue, SpeaksLevelThreeAndKeepsTagAndPassCode)
{
    SnppDialogue dialogue{two_way_page()};
    const Talk t = talk(dialogue, {"220 r", "250 2way", "250 page", "250 ackr", "250 rtyp", "250 1", "250 2", "250 3",
                                   "250 mess", "860 TAG-1 PASS9 Delivered, Awaiting Read Ack"});
    EXPECT_EQ(t.said, (std::vector<std::string>{"2WAY\r\n", "PAGE 5551234\r\n", "ACKR 1\r\n", "RTYP MULTICHOICE\r\n",
                                                "MCRE 1 Coming\r\n", "MCRE 2 Cannot\r\n", "MCRE 3 Here\r\n",
                                                "MESS MAG HIGH Ward L4 Bed 3. STOP magnesium.\r\n", "SEND\r\n",
                                                "QUIT\r\n"}));
    EXPECT_EQ(dialogue.verdict(), Verdict::accepted);
    EXPECT_EQ(dialogue.tag(), (SnppTag{"TAG-1", "PASS9"}));
}

TEST(SnppDialogue, GoesOnOneWayWhereTheGatewayOrThePagerCannot)
{
    SnppDialogue gateway{two_way_page()};
    EXPECT_EQ(talk(gateway, {"220 r", "500 what?", "250 page", "250 mess", "250 sent"}).said,
              (std::vector<std::string>{"2WAY\r\n", "PAGE 5551234\r\n", "MESS MAG HIGH Ward L4 Bed 3. STOP magnesium.\r\n",
                                        "SEND\r\n", "QUIT\r\n"}));
    EXPECT_EQ(gateway.verdict(), Verdict::accepted);
    EXPECT_FALSE(gateway.tag());

    SnppDialogue pager{two_way_page()};
    EXPECT_EQ(talk(pager, {"220 r", "250 2way", "550 not 2WAY capable", "250 reset", "250 page", "250 mess", "250 sent"})
                  .said,
              (std::vector<std::string>{"2WAY\r\n", "PAGE 5551234\r\n", "RESE\r\n", "PAGE 5551234\r\n",
                                        "MESS MAG HIGH Ward L4 Bed 3. STOP magnesium.\r\n", "SEND\r\n", "QUIT\r\n"}));
    EXPECT_EQ(pager.verdict(), Verdict::accepted);

    SnppDialogue unknown{two_way_page()};
    (void)talk(unknown, {"220 r", "250 2way", "550 no such pager", "250 reset", "550 no such pager"});
    EXPECT_EQ(unknown.verdict(), Verdict::refused) << "asked twice, not for ever";

    SnppDialogue no_choices{two_way_page()};
    const Talk t = talk(no_choices, {"220 r", "250 2way", "250 page", "500 ackr", "500 rtyp", "250 mess", "960 1 2 Q"});
    EXPECT_EQ(t.said[4], "MESS MAG HIGH Ward L4 Bed 3. STOP magnesium.\r\n") << "nothing to choose from";
    EXPECT_EQ(no_choices.tag(), (SnppTag{"1", "2"}));
}

TEST(SnppStatus, ReadsTheCodesOfTheStandard)
{
    using State = SnppStatus::State;
    const auto is = [](const char* line, State state, std::optional<AnswerKind> answer, bool last) {
        EXPECT_EQ(snpp_status(line), (SnppStatus{state, answer, last})) << line;
    };
    is("960 1 261122021405+0 Queued", State::queued, std::nullopt, false);
    is("860 1 261122021405+0 Delivered, Awaiting Read Ack", State::delivered, std::nullopt, false);
    is("861 1 261122021405+0 Delivered, Awaiting Reply", State::delivered, std::nullopt, false);
    is("870 1 261122021405+0 Delivered, Read, Awaiting Reply", State::read, std::nullopt, false);
    is("880 1 261122021405+0 Delivered", State::delivered, std::nullopt, true);
    is("881 1 261122021405+0 Delivered and Read", State::read, std::nullopt, true);
    is("888 1 261122021405+0 1 MCR Reply Received", State::read, AnswerKind::coming, true);
    is("888 1 261122021405+0 02 MCR Reply Received", State::read, AnswerKind::cannot, true);
    is("888 1 261122021405+0 3", State::read, AnswerKind::here, true);
    is("888 1 261122021405+0 4 MCR Reply Received", State::read, std::nullopt, true);
    is("888 1", State::read, std::nullopt, true);
    is("889 1 261122021405+0 1 on my way", State::read, std::nullopt, true);
    is("780 1 261122021405+0 Expired", State::expired, std::nullopt, true);
    is("550 Unknown or Illegal Message_Tag", State::gone, std::nullopt, true);
    for (const char* line : {"", "421 closing", "what", "250 OK", "88"}) EXPECT_FALSE(snpp_status(line)) << line;
}

TEST(SnppInquiry, AsksForAllThatIsDueInOneSession)
{
    SnppInquiry inquiry{{{{"1", "a"}, false}, {{"2", "b"}, true}, {{"3", "c"}, false}}, "", ""};
    EXPECT_EQ(inquiry.line("220 r").send, "2WAY\r\n");
    EXPECT_EQ(inquiry.line("500 no").send, "MSTA 1 a\r\n");
    EXPECT_EQ(inquiry.line("880 1 d Delivered").send, "KTAG 2 b\r\n");
    EXPECT_EQ(inquiry.line("250 killed").send, "MSTA 3 c\r\n");
    const SnppMove last = inquiry.line("250 what?");
    EXPECT_EQ(last.send, "QUIT\r\n");
    EXPECT_TRUE(last.over);
    EXPECT_EQ(inquiry.answers()[0]->state, SnppStatus::State::delivered);
    EXPECT_TRUE(inquiry.answers()[1]->last);
    EXPECT_FALSE(inquiry.answers()[2]) << "a reply that says nothing";

    SnppInquiry cut{{{{"1", "a"}, false}, {{"2", "b"}, false}}, "ward", "secret"};
    EXPECT_EQ(cut.line("220 r").send, "LOGI ward secret\r\n");
    EXPECT_EQ(cut.line("250 ok").send, "2WAY\r\n");
    EXPECT_EQ(cut.line("250 ok").send, "MSTA 1 a\r\n");
    EXPECT_TRUE(cut.line("421 closing").over);
    EXPECT_FALSE(cut.answers()[0]) << "asked again later";
}

} // namespace
} // namespace magwatch::adapters
