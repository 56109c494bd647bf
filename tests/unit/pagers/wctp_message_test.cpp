#include "adapters/pagers/wctp_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/pagers/xml_tree.hpp"

namespace magwatch::adapters {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string head = R"(<?xml version="1.0"?><wctp-Operation wctpVersion="wctp-dtd-v1r3">)";
const std::string tail = "</wctp-Operation>";
const std::string of_m1 =
    R"(<wctp-ResponseHeader responseToMessageID="m1"><wctp-Originator senderID="p"/><wctp-MessageControl messageID="x"/><wctp-Recipient recipientID="w"/></wctp-ResponseHeader>)";

std::string status(const std::string& inside) { return head + "<wctp-StatusInfo>" + of_m1 + inside + "</wctp-StatusInfo>" + tail; }
std::string reply(const std::string& payload)
{
    return head + "<wctp-MessageReply>" + of_m1 + "<wctp-Payload>" + payload + "</wctp-Payload></wctp-MessageReply>" + tail;
}

TEST(WctpNotification, SaysWhatBecameOfAMessage)
{
    for (const auto& [word, event] : {std::pair{"QUEUED", WctpEvent::queued}, {"DELIVERED", WctpEvent::delivered},
                                      {"READ", WctpEvent::read}}) {
        const auto said = parse_wctp_notification(status("<wctp-Notification type=\"" + std::string{word} + "\"/>"));
        ASSERT_TRUE(std::holds_alternative<WctpStatus>(said)) << word;
        EXPECT_EQ(std::get<WctpStatus>(said).event, event);
        EXPECT_EQ(std::get<WctpStatus>(said).message_id, "m1");
    }
    const auto failed = parse_wctp_notification(status("<wctp-Failure errorCode=\"509\"/>"));
    EXPECT_EQ(std::get<WctpStatus>(failed).event, WctpEvent::failed);
    EXPECT_EQ(std::get<WctpStatus>(failed).code, 509);
}

TEST(WctpNotification, SaysWhatAPersonChoseOrTyped)
{
    const auto typed = parse_wctp_notification(reply("<wctp-Alphanumeric>\n 17Y </wctp-Alphanumeric>"));
    EXPECT_EQ(std::get<WctpReply>(typed).text, "17Y");
    const auto chosen = parse_wctp_notification(
        reply("<wctp-MCR><wctp-MessageText>Coming</wctp-MessageText><wctp-Choice>x</wctp-Choice></wctp-MCR>"));
    EXPECT_EQ(std::get<WctpReply>(chosen).text, "Coming");
}

TEST(WctpNotification, AnythingElseIsAMistakeInWords)
{
    for (const std::string& bytes :
         {std::string{}, std::string{"hello"}, head + tail, status(""), status("<wctp-Notification type=\"EATEN\"/>"),
          reply("<wctp-TransparentData>AAAA</wctp-TransparentData>"), head + "<wctp-StatusInfo/>" + tail,
          head + "<wctp-NoMessages/>" + tail, status("<wctp-Notification type=\"READ\"/>") + "x",
          reply("<wctp-Alphanumeric>" + std::string(2'000, 'a') + "</wctp-Alphanumeric>")}) {
        const auto said = parse_wctp_notification(bytes);
        ASSERT_TRUE(std::holds_alternative<WctpMistake>(said)) << bytes;
        EXPECT_FALSE(std::get<WctpMistake>(said).what.empty());
    }
}

TEST(WctpConfirmation, CodesAreJudged)
{
    const auto verdict = [](const std::string& inside) {
        const auto said = parse_wctp_confirmation(head + "<wctp-Confirmation>" + inside + "</wctp-Confirmation>" + tail);
        return std::holds_alternative<WctpConfirmed>(said) ? std::optional{std::get<WctpConfirmed>(said).verdict}
                                                           : std::nullopt;
    };
    EXPECT_EQ(verdict("<wctp-Success successCode=\"200\"/>"), Verdict::accepted);
    for (const char* code : {"300", "301", "302", "401", "402", "403", "411", "500"})
        EXPECT_EQ(verdict("<wctp-Failure errorCode=\"" + std::string{code} + "\"/>"), Verdict::refused) << code;
    for (const char* code : {"600", "604", "606"})
        EXPECT_EQ(verdict("<wctp-Failure errorCode=\"" + std::string{code} + "\"/>"), Verdict::retry) << code;
    for (const char* inside : {"", "<wctp-Failure/>", "<wctp-Failure errorCode=\"x1\"/>", "<wctp-Success/>",
                               "<wctp-Success successCode=\"20\"/>"})
        EXPECT_EQ(verdict(inside), std::nullopt) << inside;
}

TEST(WctpPoll, BringsMessagesTheirNumbersAndTheWait)
{
    const auto said = parse_wctp_poll(
        head + "<wctp-PollResponse minNextPollInterval=\"30\"><wctp-Message sequenceNo=\"8\"><wctp-StatusInfo>" + of_m1 +
        "<wctp-Notification type=\"READ\"/></wctp-StatusInfo></wctp-Message><wctp-Message sequenceNo=\"9\">"
        "<wctp-LookupResponse/></wctp-Message></wctp-PollResponse>" + tail);
    const auto& polled = std::get<WctpPolled>(said);
    EXPECT_EQ(polled.wait, Duration{30'000});
    ASSERT_THAT(polled.messages, SizeIs(2));
    EXPECT_EQ(polled.messages[0].first, "8");
    EXPECT_TRUE(std::holds_alternative<WctpStatus>(polled.messages[0].second));
    EXPECT_TRUE(std::holds_alternative<WctpMistake>(polled.messages[1].second)) << "confirmed all the same";
    const auto waits = [](const std::string& text) {
        return std::get<WctpPolled>(parse_wctp_poll(head + "<wctp-PollResponse minNextPollInterval=\"" + text +
                                                    "\"><wctp-NoMessages/></wctp-PollResponse>" + tail)).wait;
    };
    EXPECT_EQ(waits("99999999999"), Duration{3'600'000});
    EXPECT_EQ(waits("-5"), std::nullopt);
    EXPECT_EQ(waits("soon"), std::nullopt);
}

TEST(WctpPoll, ConfirmsWhatCameBefore)
{
    WctpCarrier carrier;
    carrier.sender_id = "ward";
    carrier.security_code.emplace("a&b");
    const auto tree = parse_xml(wctp_poll(carrier, {"8", "9\"/>"}));
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->children[0].attribute("securityCode"), "a&b");
    ASSERT_THAT(tree->children[0].children, SizeIs(2));
    EXPECT_EQ(tree->children[0].children[1].attribute("sequenceNo"), "9\"/>");
}

RC_GTEST_PROP(WctpSubmit, NoTextBecomesMarkup, (const std::string& words))
{
    std::string ascii;
    for (const char c : words) ascii += static_cast<char>(c & 0x7F);
    WctpCarrier carrier;
    carrier.sender_id = "ward";
    Page page;
    page.key = {{1, 7}, 0, 0, "midwife-1", "pager"};
    const auto tree = parse_xml(wctp_submit(carrier, page, "5551234", ascii, WallTime{0}));
    RC_ASSERT(tree.has_value());
    RC_ASSERT(tree->children[0].child("wctp-Payload")->child("wctp-MCR")->children.size() == 4U);
}

TEST(WctpForms, MistakesAreFound)
{
    WctpCarrier carrier;
    carrier.url = "http://carrier.example/wctp";
    EXPECT_THAT(mistakes(carrier), SizeIs(2));
    carrier.url = "https://carrier.example/wctp";
    carrier.sender_id = "ward";
    EXPECT_THAT(mistakes(carrier), IsEmpty());
    carrier.security_code.emplace("a\nb");
    EXPECT_THAT(mistakes(carrier), Contains(HasSubstr("plain text")));
    EXPECT_TRUE(wctp_address("hospital 5551234"));
    EXPECT_FALSE(wctp_address("hospital 555 1234"));
    EXPECT_NE(wctp_message_id({{1, 7}, 0, 0, "a", "b"}), wctp_message_id({{1, 7}, 0, 1, "a", "b"}));
}

TEST(Xml, NothingOfADocumentTypeIsEverRead)
{
    const auto with = [](const std::string& type, const std::string& text = "x") {
        return parse_xml("<?xml version=\"1.0\"?>" + type + "<a>" + text + "</a>");
    };
    EXPECT_TRUE(with(""));
    EXPECT_TRUE(with("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\">")) << "named, and passed over";
    EXPECT_FALSE(with("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\">", "&e;")) << "an entity that it might declare";
    EXPECT_FALSE(with("<!DOCTYPE a [<!ENTITY e \"x\">]>"));
    EXPECT_FALSE(with("<!DOCTYPE a [<!ENTITY e \"x\">]>", "&e;"));
    EXPECT_FALSE(with("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>", "&e;"));
    EXPECT_FALSE(with("<!DOCTYPE a [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>"));
    EXPECT_FALSE(with("<!DOCTYPE a []>"));
    EXPECT_EQ(with("", "&lt;&#66;&amp;")->text, "<B&");
}

TEST(Xml, SizeDepthAndNumberAreBounded)
{
    std::string deep, wide = "<a>";
    for (std::size_t i = 0; i <= xml_depth_max; ++i) deep += "<a>";
    for (std::size_t i = 0; i <= xml_depth_max; ++i) deep += "</a>";
    for (std::size_t i = 0; i < xml_elements_max; ++i) wide += "<b/>";
    EXPECT_FALSE(parse_xml(deep));
    EXPECT_FALSE(parse_xml(wide + "</a>"));
    EXPECT_FALSE(parse_xml("<a>" + std::string(xml_bytes_max, ' ') + "</a>"));
    EXPECT_FALSE(parse_xml("<a></a><b></b>"));
    EXPECT_FALSE(parse_xml("<a>"));
}

TEST(Xml, Utf16IsReadAsUtf8)
{
    std::string wide = "\xFF\xFE";
    for (const char c : std::string{"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a b=\"c\">d"}) wide += {c, '\0'};
    wide += std::string{"\xE4\x00", 2}; // ä
    for (const char c : std::string{"</a>"}) wide += {c, '\0'};
    const auto tree = parse_xml(wide);
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->attribute("b"), "c");
    EXPECT_EQ(tree->text, "d\xC3\xA4");
}

} // namespace
} // namespace magwatch::adapters
