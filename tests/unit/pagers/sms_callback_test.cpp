#include "adapters/pagers/sms_callback.hpp"

#include <gtest/gtest.h>

#include "adapters/pagers/page_token.hpp"
#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/standard_webhooks.hpp"

namespace magwatch::adapters {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

SmsCallback form_of(CallbackProof proof = CallbackProof::hmac_sha256)
{
    SmsCallback callback;
    callback.proof = proof;
    if (proof == CallbackProof::hmac_sha256 || proof == CallbackProof::header) callback.header = "x-signature";
    callback.secret.emplace(std::string{secret});
    callback.reference = "MessageSid";
    callback.status = "MessageStatus";
    callback.words = {{"delivered", SmsStatus::delivered}};
    callback.sender = "From";
    callback.text = "Body";
    return callback;
}

bool good(const SmsCallback& callback, std::string_view body, const Headers& headers, WallTime now = {},
          std::string_view url = "https://ward.example/sms/a/reply", std::string_view type = form_type)
{
    return proven(callback, {url, type, body, headers}, now);
}

std::string hex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4U];
        out += digits[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

TEST(ReplyCode, TakesWhatPeopleTypeAndNothingElse)
{
    EXPECT_EQ(reply_code("17Y"), (ReplyCode{17, AnswerKind::coming}));
    EXPECT_EQ(reply_code("17 y"), (ReplyCode{17, AnswerKind::coming}));
    EXPECT_EQ(reply_code(" 17N\r\n"), (ReplyCode{17, AnswerKind::cannot}));
    EXPECT_EQ(reply_code("17H"), (ReplyCode{17, AnswerKind::here}));
    EXPECT_EQ(reply_code("65535h"), (ReplyCode{65535, AnswerKind::here}));
    for (const char* text : {"", " ", "Y", "17", "17X", "17YN", "17 Y please", "Y17", "-17Y", "+17Y", "0Y", "017Y",
                             "65536Y", "99999999999999999999Y", "17\tY", "1 7Y", "17.Y", "\xF0\x9F\x91\x8D", "17\xC3\x9D"})
        EXPECT_FALSE(reply_code(text)) << text;
    EXPECT_FALSE(reply_code(std::string_view{"17Y\0", 4}));
}

TEST(SenderNumber, IsCompletedWithItsPlusAndNeverGuessed)
{
    EXPECT_EQ(sender_number("+447700900123"), "+447700900123");
    EXPECT_EQ(sender_number("447700900123"), "+447700900123");
    for (const char* text : {"", "+", "07700900123", "00447700900123", "Ward", "+4477 0090 0123", "+44770090012345678"})
        EXPECT_FALSE(sender_number(text)) << text;
}

TEST(SmsCallback, AnHmacOfTheBodyProvesIt)
{
    const SmsCallback callback = form_of();
    const std::string body = "Body=17Y", mac = hmac_sha256(secret, body);
    EXPECT_TRUE(good(callback, body, {{"x-signature", hex(mac)}}));
    EXPECT_TRUE(good(callback, body, {{"x-signature", "sha256=" + hex(mac)}}));
    EXPECT_TRUE(good(callback, body, {{"x-signature", base64(mac)}}));
    EXPECT_FALSE(good(callback, "Body=17N", {{"x-signature", hex(mac)}})) << "another body";
    EXPECT_FALSE(good(callback, body, {})) << "no signature";
    EXPECT_FALSE(good(callback, body, {{"x-signature", ""}}));
    EXPECT_FALSE(good(callback, body, {{"x-signature", hex(mac)}, {"x-signature", hex(mac)}})) << "given twice";
    for (std::size_t i = 0; i < mac.size(); ++i) {
        std::string changed = mac;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(good(callback, body, {{"x-signature", hex(changed)}})) << i;
    }
    SmsCallback unarmed = form_of();
    unarmed.secret.reset();
    EXPECT_FALSE(good(unarmed, body, {{"x-signature", hex(hmac_sha256("", body))}})) << "no secret proves nothing";
}

// The example of Twilio's documentation ("Validating Signatures from Twilio").
TEST(SmsCallback, TwiliosOwnExampleIsProven)
{
    SmsCallback callback = form_of(CallbackProof::twilio);
    EXPECT_EQ(base64(hmac_sha1("12345", "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDECaller"
                                        "+12349013030Digits1234From+12349013030To+18005551212")),
              "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
    const std::string url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const std::string body = "Digits=1234&To=%2B18005551212&From=%2B12349013030&Caller=%2B12349013030&"
                             "CallSid=CA1234567890ABCDE";
    const std::string mac = base64(hmac_sha1(secret, url + "CallSidCA1234567890ABCDECaller+12349013030Digits1234"
                                                           "From+12349013030To+18005551212"));
    EXPECT_TRUE(good(callback, body, {{"x-twilio-signature", mac}}, {}, url));
    EXPECT_FALSE(good(callback, body, {{"x-twilio-signature", mac}}, {}, "https://mycompany.com/other"));
    EXPECT_FALSE(good(callback, body + "&More=1", {{"x-twilio-signature", mac}}, {}, url));
    EXPECT_FALSE(good(callback, body, {{"x-twilio-signature", mac}}, {}, url, "application/json"))
        << "Twilio signs the fields of forms alone";
}

TEST(SmsCallback, AStandardWebhookIsProvenForFiveMinutes)
{
    SmsCallback callback = form_of(CallbackProof::standard_webhooks);
    const std::string key = "0123456789abcdef01234567";
    callback.secret.emplace("whsec_" + base64(key));
    const WallTime now{1'800'000'000'000};
    const WebhookHeaders made = sign_webhook("msg_1", now, "Body=17Y", {key});
    const Headers headers{{"webhook-id", made.id}, {"webhook-timestamp", made.timestamp},
                          {"webhook-signature", made.signature}};
    EXPECT_TRUE(good(callback, "Body=17Y", headers, now));
    EXPECT_FALSE(good(callback, "Body=17N", headers, now));
    EXPECT_FALSE(good(callback, "Body=17Y", headers, now + Duration{301'000})) << "replayed later";
    EXPECT_FALSE(good(callback, "Body=17Y", {headers[0], headers[1]}, now));
}

TEST(SmsCallback, ASharedSecretInAHeaderMustBeTheWholeOne)
{
    const SmsCallback callback = form_of(CallbackProof::header);
    EXPECT_TRUE(good(callback, "", {{"x-signature", std::string{secret}}}));
    EXPECT_FALSE(good(callback, "", {{"x-signature", std::string{secret.substr(1)}}}));
    EXPECT_FALSE(good(callback, "", {{"x-signature", std::string{secret} + "0"}}));
    EXPECT_FALSE(good(callback, "", {}));
}

TEST(SmsCallback, ReadsFormsAndJson)
{
    SmsCallback callback = form_of();
    auto fields = CallbackFields::from("application/x-www-form-urlencoded; charset=utf-8",
                                       "From=%2B447700900123&Body=17+y&MessageSid=SM1&Other=1", callback);
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->sender(), "+447700900123");
    EXPECT_EQ(fields->text(), "17 y");
    EXPECT_EQ(fields->reference(), "SM1");
    EXPECT_EQ(fields->status(), "");

    callback.sender = "/results/0/from";
    callback.text = "/results/0/message/text";
    callback.reference = "id";
    fields = CallbackFields::from("application/json",
                                  R"({"id":42,"results":[{"from":"447700900123","message":{"text":"17Y"}}]})", callback);
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->sender(), "447700900123");
    EXPECT_EQ(fields->text(), "17Y");
    EXPECT_EQ(fields->reference(), "42");
}

TEST(SmsCallback, RefusesWhatIsNeitherOrSaysItTwice)
{
    const SmsCallback callback = form_of();
    for (const char* body : {"From=%2", "From=%zz", "From=a&From=b", "Body=17Y&Body=17N"})
        EXPECT_FALSE(CallbackFields::from(form_type, body, callback)) << body;
    for (const char* body : {"", "{", "[]", "\"17Y\"", R"({"Body":"17Y","Body":"17N"})",
                             R"({"a":[[[[[[[[[[1]]]]]]]]]],"Body":"17Y"})", "{\"Body\":\"17Y\"} x"})
        EXPECT_FALSE(CallbackFields::from("application/json", body, callback)) << body;
    EXPECT_FALSE(CallbackFields::from("text/plain", "Body=17Y", callback));
    EXPECT_FALSE(CallbackFields::from("", "Body=17Y", callback));
    std::string many;
    for (int i = 0; i < 300; ++i) many += "a" + std::to_string(i) + "=1&";
    EXPECT_FALSE(CallbackFields::from(form_type, many, callback));
    const auto odd = CallbackFields::from("application/json", R"({"Body":["17Y"],"From":null})", callback);
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->text(), "") << "a list is no text";
}

TEST(SmsCallback, MistakesAreFound)
{
    EXPECT_TRUE(mistakes(form_of()).empty());
    SmsCallback callback = form_of();
    callback.header.clear();
    callback.words.clear();
    callback.reference.clear();
    EXPECT_EQ(mistakes(callback).size(), 3U);
    callback = form_of(CallbackProof::twilio);
    callback.header = "x-mine";
    EXPECT_EQ(mistakes(callback).size(), 1U);
    callback = form_of();
    callback.text.clear();
    EXPECT_EQ(mistakes(callback).size(), 1U) << "a reply needs both its sender and its text";
    callback = form_of();
    callback.secret.emplace("short");
    EXPECT_EQ(mistakes(callback).size(), 1U);
    callback = form_of(CallbackProof::standard_webhooks);
    EXPECT_EQ(mistakes(callback).size(), 1U) << "not a key of the specification";
    callback = form_of();
    callback.sender = "/a~2";
    EXPECT_EQ(mistakes(callback).size(), 1U) << "no JSON pointer";
}

TEST(PageToken, NamesThePageAndEveryChangedBitIsSeen)
{
    const PageKey page{{3, 17}, 2, 5, "midwife-1", "sms-2"};
    const std::string token = make_page_token(page, secret);
    EXPECT_EQ(check_page_token(token, secret), page);
    EXPECT_FALSE(check_page_token(token, "fedcba9876543210fedcba9876543210"));
    const auto bytes = *from_base64url(token);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(check_page_token(base64url(changed), secret)) << bit;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(check_page_token(base64url(bytes.substr(0, size)), secret)) << size;
    EXPECT_EQ(make_page_token(page, "short"), "");
    EXPECT_EQ(make_page_token({{1, 1}, 0, 0, std::string(201, 'x'), "sms"}, secret), "");
    EXPECT_LE(make_page_token({{1, 1}, 0, 0, std::string(200, 'x'), std::string(200, 'y')}, secret).size(), 640U);
    EXPECT_TRUE(check_page_token(
        make_page_token({{1, 1}, 0, 0, std::string(200, 'x'), std::string(200, 'y')}, secret), secret));
}

} // namespace
} // namespace magwatch::adapters
