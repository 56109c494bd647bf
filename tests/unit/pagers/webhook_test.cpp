#include "adapters/pagers/url.hpp"
#include "adapters/pagers/webhook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace magwatch::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(WebhookBody, CarriesThePageAndNothingElse)
{
    Page page;
    page.key = {{1, 7}, 0, 2, "midwife-1", "webhook"};
    page.number = 1207;
    page.bed_alias = "bed-3";
    page.place = "Ward L4 Bed 3";
    page.grade = 2;
    page.at = WallTime{1795227245'123LL};
    page.address = "ward-phone";
    const std::string body = webhook_body(page, "MAG \"HIGH\"", {"http://c", "", "http://h"});
    EXPECT_EQ(body, R"({"type":"magwatch.page","key":"1-7/0/2/midwife-1/webhook","number":1207,)"
                    R"("text":"MAG \"HIGH\"","place":"Ward L4 Bed 3","bed":"bed-3","priority":"high",)"
                    R"("kind":"physiological","grade":2,"reason":"first","simulation":false,)"
                    R"("at":"2026-11-21T02:14:05.123Z","answers":{"coming":"http://c","here":"http://h"}})");
}

TEST(WebhookBody, BrokenUtf8StaysJson)
{
    Page page;
    page.place = "Bed \xff";
    EXPECT_TRUE(nlohmann::json::accept(webhook_body(page, "x\xc3", {})));
}

TEST(WebhookBody, TimesBefore1970AreStillTimes)
{
    EXPECT_EQ(iso_8601(WallTime{-1}), "1969-12-31T23:59:59.999Z");
}

WebhookEndpoint endpoint(std::string url)
{
    WebhookEndpoint e;
    e.name = "ward-phone";
    e.url = std::move(url);
    e.keys.emplace_back(std::string(32, 'k'));
    return e;
}

TEST(WebhookEndpoint, PlainHttpIsForThisMachineAlone)
{
    for (const char* url : {"https://pager.hospital.example/x?y=1", "http://127.0.0.1:8080/p", "http://127.9.9.9",
                            "http://[::1]:80/", "http://localhost:99/p", "https://10.0.0.7/p"})
        EXPECT_THAT(mistakes(endpoint(url)), IsEmpty()) << url;
    for (const char* url : {"http://pager.hospital.example", "http://10.0.0.7/", "http://127.0.0.1.example.org/",
                            "http://localhost.example.org/", "http://0.0.0.0/", "http://[::]/", "http://1270.0.0.1/"})
        EXPECT_THAT(mistakes(endpoint(url)), ElementsAre(HasSubstr("this machine"))) << url;
}

TEST(WebhookEndpoint, OtherAddressesAreRefused)
{
    for (const char* url : {"", "pager", "ftp://a/b", "file:///etc/passwd", "gopher://127.0.0.1/", "https://",
                            "https://a b/", "https://a/\r\nx", "https://ä.example/"})
        EXPECT_THAT(mistakes(endpoint(url)), Not(IsEmpty())) << url;
    EXPECT_THAT(mistakes(endpoint("https://user:pw@a.example/")), ElementsAre(HasSubstr("password")));
    EXPECT_THAT(mistakes(endpoint("https://a.example/#x")), ElementsAre(HasSubstr("fragment")));
    EXPECT_FALSE(is_loopback_url("http://127.0.0.1@evil.example/"));
}

TEST(WebhookEndpoint, NeedsAKeyOfTheRightSize)
{
    WebhookEndpoint e = endpoint("https://a.example/");
    e.keys.clear();
    EXPECT_THAT(mistakes(e), ElementsAre(HasSubstr("key is needed")));
    e.keys.emplace_back("short");
    EXPECT_THAT(mistakes(e), ElementsAre(HasSubstr("24 to 64")));
}

TransferResult answered(long status)
{
    TransferResult r;
    r.end = TransferEnd::answered;
    r.status = status;
    return r;
}
TransferResult unanswered(TransferEnd end)
{
    TransferResult r;
    r.end = end;
    return r;
}

TEST(Verdicts, OfHttp)
{
    for (const long status : {200, 201, 202, 204}) EXPECT_EQ(judge_http(answered(status)), Verdict::accepted);
    for (const long status : {408, 425, 429, 503})
        EXPECT_EQ(judge_http(answered(status)), Verdict::retry) << status;
    for (const long status : {500, 502, 504, 599})
        EXPECT_EQ(judge_http(answered(status)), Verdict::unanswered) << status << " says nothing of what was done";
    for (const long status : {301, 302, 307, 308, 400, 401, 403, 404, 410, 413})
        EXPECT_EQ(judge_http(answered(status)), Verdict::refused) << status;
}

TEST(Verdicts, OfSmtp)
{
    EXPECT_EQ(judge_smtp(answered(250)), Verdict::accepted);
    for (const long status : {421, 450, 451, 452, 454}) EXPECT_EQ(judge_smtp(answered(status)), Verdict::retry);
    for (const long status : {500, 530, 535, 550, 552, 554}) EXPECT_EQ(judge_smtp(answered(status)), Verdict::refused);
}

TEST(Verdicts, WithoutAReply)
{
    for (const auto judge : {&judge_http, &judge_smtp}) {
        EXPECT_EQ(judge(unanswered(TransferEnd::not_sent)), Verdict::retry);
        EXPECT_EQ(judge(unanswered(TransferEnd::unanswered)), Verdict::unanswered);
        EXPECT_EQ(judge(unanswered(TransferEnd::untrusted)), Verdict::refused);
        EXPECT_EQ(judge(unanswered(TransferEnd::unencrypted)), Verdict::refused);
        EXPECT_EQ(judge(unanswered(TransferEnd::impossible)), Verdict::refused);
    }
}

} // namespace
} // namespace magwatch::adapters
