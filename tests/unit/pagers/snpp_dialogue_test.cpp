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

} // namespace
} // namespace magwatch::adapters
