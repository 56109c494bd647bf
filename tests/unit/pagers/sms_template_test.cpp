#include "adapters/pagers/sms_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace magwatch::adapters {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

SmsGateway form_gateway()
{
    SmsGateway gateway;
    gateway.name = "city";
    gateway.url = "https://sms.example/Messages.json";
    gateway.fields = {{"To", "{to}"}, {"From", "+15005550006"}, {"Body", "{text}"}, {"Ref", "{number}/{key}"}};
    gateway.user = "AC123";
    gateway.secret.emplace("s3cret");
    return gateway;
}

SmsGateway json_gateway()
{
    SmsGateway gateway;
    gateway.name = "city";
    gateway.url = "https://sms.example/send";
    gateway.format = SmsGateway::Format::json;
    gateway.fields = {{"/messages/0/to", "{to}"}, {"/messages/0/text", "{text}"}, {"sender", "magwatch"}};
    gateway.headers = {{"Authorization", "App {secret}"}};
    gateway.secret.emplace("token");
    return gateway;
}

Page page()
{
    Page p;
    p.key = {{1, 7}, 0, 2, "midwife-1", "sms"};
    p.number = 1207;
    return p;
}

TEST(SmsBody, FillsAFormAndEscapesEachValue)
{
    EXPECT_THAT(mistakes(form_gateway()), IsEmpty());
    EXPECT_EQ(sms_request(form_gateway(), page(), "+447700900123", "STOP & go 50%\xC2\xA3").body,
              "To=%2B447700900123&From=%2B15005550006&Body=STOP%20%26%20go%2050%25%C2%A3&"
              "Ref=1207%2F1-7%2F0%2F2%2Fmidwife-1%2Fsms");
}

TEST(SmsBody, FillsJsonBelowPointers)
{
    EXPECT_THAT(mistakes(json_gateway()), IsEmpty());
    EXPECT_EQ(sms_request(json_gateway(), page(), "+447700900123", "say \"yes\"").body,
              R"({"messages":[{"to":"+447700900123","text":"say \"yes\""}],"sender":"magwatch"})");
}

TEST(SmsBody, AValueIsNeverReadAsATemplate)
{
    SmsGateway gateway = form_gateway();
    gateway.fields = {{"To", "{to}"}, {"Body", "{text}"}};
    EXPECT_EQ(sms_request(gateway, page(), "+447700900123", "{secret} {to}").body,
              "To=%2B447700900123&Body=%7Bsecret%7D%20%7Bto%7D");
}

RC_GTEST_PROP(SmsBody, StaysJsonWhateverTheText, (const std::string& text))
{
    RC_ASSERT(nlohmann::json::accept(sms_request(json_gateway(), page(), "+447700900123", text).body));
}

TEST(SmsGatewayMistakes, AreFoundAllAtOnce)
{
    SmsGateway gateway;
    gateway.url = "http://sms.example/send";
    gateway.fields = {{"to", "{phone}"}, {"x", "}"}};
    gateway.headers = {{"Content-Length", "1"}, {"bad header", "1"}, {"X", "a\r\nb"}};
    gateway.idempotency = "Host";
    gateway.user = "a:b";
    const auto found = mistakes(gateway);
    for (const char* part : {"plain http://", "names {phone}", "a brace of field 'x'", "no field holds the number",
                             "no field holds the text", "'Content-Length' is no header", "'bad header' is no header",
                             "value of header 'X'", "'Host' is no header", "user needs a secret", "without ':'"})
        EXPECT_THAT(found, Contains(HasSubstr(part)));
}

TEST(SmsGatewayMistakes, ASecretIsUsedOrNotGiven)
{
    SmsGateway gateway = json_gateway();
    gateway.headers.clear();
    EXPECT_THAT(mistakes(gateway), Contains(HasSubstr("the secret is used nowhere")));
    gateway = json_gateway();
    gateway.secret.reset();
    EXPECT_THAT(mistakes(gateway), Contains(HasSubstr("{secret} is used")));
    gateway = json_gateway();
    gateway.secret.emplace("two\nlines");
    EXPECT_THAT(mistakes(gateway), Contains(HasSubstr("secret is not plain text")));
}

TEST(SmsGatewayMistakes, JsonFieldsMayNotContradictEachOther)
{
    for (const char* other : {"/messages", "/messages/0/to", "/messages/x/to", "/messages/~9"}) {
        SmsGateway gateway = json_gateway();
        gateway.fields.emplace_back(other, "x");
        EXPECT_THAT(mistakes(gateway), Contains(HasSubstr("contradict"))) << other;
        EXPECT_EQ(sms_request(gateway, page(), "+447700900123", "x").body, "") << other;
    }
}

TEST(PhoneNumber, IsE164)
{
    for (const char* good : {"+447700900123", "+15005550006", "+1234567", "+123456789012345"})
        EXPECT_TRUE(is_phone_number(good)) << good;
    for (const char* bad : {"", "+", "447700900123", "+0447700900", "+44 7700900", "+1234567890123456", "+12345",
                            "+4477009001a3", "++4477009001"})
        EXPECT_FALSE(is_phone_number(bad)) << bad;
    ASSERT_TRUE(sms_address("city +447700900123"));
    EXPECT_EQ(sms_address("city +447700900123")->gateway, "city");
    EXPECT_EQ(sms_address("city +447700900123")->to, "+447700900123");
    for (const char* bad : {"city", " +447700900123", "city 447700900123", "+447700900123"})
        EXPECT_FALSE(sms_address(bad)) << bad;
}

} // namespace
} // namespace magwatch::adapters
