// What a gateway's request may do, and everything that it may not.
#include "daemon/callbacks/callback_service.hpp"

#include <gtest/gtest.h>

#include "adapters/pagers/page_token.hpp"
#include "adapters/pagers/signing.hpp"

namespace magwatch {
namespace {

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view page_key = "fedcba9876543210fedcba9876543210";
const PageKey page{{3, 17}, 2, 5, "midwife-1", "sms"};

adapters::SmsCallback gateway(std::string_view shared = secret)
{
    adapters::SmsCallback callback;
    callback.header = "x-signature";
    callback.secret.emplace(std::string{shared});
    callback.reference = "id";
    callback.status = "status";
    callback.words = {{"delivered", adapters::SmsStatus::delivered},
                      {"undelivered", adapters::SmsStatus::failed},
                      {"read", adapters::SmsStatus::read},
                      {"sent", adapters::SmsStatus::under_way}};
    callback.sender = "from";
    callback.text = "text";
    return callback;
}

http::Request request(const std::string& target, const std::string& body, std::string_view shared = secret)
{
    http::Request request;
    request.method = http::Method::post;
    request.target = target;
    request.content_type = "application/x-www-form-urlencoded";
    request.body = body;
    request.headers = {{"x-signature", adapters::base64(adapters::hmac_sha256(shared, body))}};
    return request;
}

class Callbacks : public testing::Test {
protected:
    Callbacks()
    {
        CallbackDirectory directory;
        directory.url = "https://ward.example:8443";
        directory.gateways.emplace("twin", gateway("another secret of the same length"));
        directory.gateways.emplace("hospital", gateway());
        directory.people = {{"+447700900123", "midwife-1"}};
        service.configure(std::move(directory));
    }
    // What became of it; "pass" = passed on, and remembered as the server does.
    std::string judge(const http::Request& one, unsigned status = 200)
    {
        auto judged = service.judge(one, {});
        if (auto* turned = std::get_if<CallbackService::Turned>(&judged)) {
            EXPECT_EQ(turned->status, status) << one.target << " " << one.body;
            return std::string{name(turned->result)};
        }
        auto& passed = std::get<CallbackService::Pass>(judged);
        last = passed.input;
        service.remember(std::move(passed.mark));
        return "pass";
    }
    CallbackService service{Secret{std::string{page_key}}, 8};
    Input last;
};

const std::string reply_path = "/sms/hospital/reply";
std::string status_path(std::string_view key = page_key, const std::string& of = "hospital")
{
    return "/sms/" + of + "/status/" + adapters::make_page_token(page, key);
}

TEST_F(Callbacks, AStatusIsOfThePageOfItsAddressWhateverItsBodySays)
{
    EXPECT_EQ(judge(request(status_path(), "id=1&status=delivered&key=9-9/0/0/doctor/sms")), "pass");
    const auto& receipt = std::get<Receipt>(last);
    EXPECT_EQ(receipt.key, page);
    EXPECT_EQ(receipt.outcome, PageOutcome::delivered);
    EXPECT_EQ(judge(request(status_path(), "id=1&status=read")), "pass");
    EXPECT_EQ(std::get<Receipt>(last).outcome, PageOutcome::read);
    EXPECT_EQ(judge(request(status_path(), "id=1&status=undelivered")), "pass");
    EXPECT_EQ(std::get<Receipt>(last).outcome, PageOutcome::failed);
}

TEST_F(Callbacks, APersonIsWhoHasTheNumberWhateverTheTextSays)
{
    EXPECT_EQ(judge(request(reply_path, "id=1&from=447700900123&text=17+y")), "pass");
    const auto& action = std::get<Action>(last);
    EXPECT_EQ(action.person, "midwife-1");
    EXPECT_EQ(std::get<AnswerCode>(action.what).code, 17);
    EXPECT_EQ(std::get<AnswerCode>(action.what).kind, AnswerKind::coming);
    EXPECT_EQ(std::get<AnswerCode>(action.what).key, "sms/hospital/reply/1/17/coming/midwife-1");
}

TEST_F(Callbacks, WhatIsForgedChangesNothing)
{
    const std::string body = "id=1&from=%2B447700900123&text=17Y";
    EXPECT_EQ(judge(request(reply_path, body, "fedcba9876543210fedcba9876543210"), 401), "proof");
    http::Request changed = request(reply_path, body);
    changed.body.back() = 'N';
    EXPECT_EQ(judge(changed, 401), "proof");
    http::Request unsigned_one = request(reply_path, body);
    unsigned_one.headers.clear();
    EXPECT_EQ(judge(unsigned_one, 401), "proof");
    EXPECT_EQ(judge(request("/sms/twin/reply", body), 401), "proof") << "each gateway has its own secret";
    EXPECT_EQ(judge(request(status_path("0000000000000000"), "id=1&status=delivered"), 404), "address");
    EXPECT_EQ(judge(request("/sms/hospital/status/x", "id=1&status=delivered"), 404), "address");
}

TEST_F(Callbacks, WhatIsNoAnswerIsTakenFromTheGatewayAndChangesNothing)
{
    EXPECT_EQ(judge(request(reply_path, "id=1&from=%2B447700900999&text=17Y")), "sender");
    EXPECT_EQ(judge(request(reply_path, "id=1&from=Ward&text=17Y")), "sender");
    EXPECT_EQ(judge(request(reply_path, "id=1&from=%2B447700900123&text=on+my+way")), "text");
    EXPECT_EQ(judge(request(reply_path, "id=1&from=%2B447700900123&text=midwife-2+17Y")), "text");
    EXPECT_EQ(judge(request(reply_path, "from=%2B447700900123&text=17Y")), "form") << "without its id";
    EXPECT_EQ(judge(request(reply_path, "id=1&id=2&from=%2B447700900123&text=17Y")), "form");
    EXPECT_EQ(judge(request(status_path(), "id=1&status=perhaps")), "word");
    EXPECT_EQ(judge(request(status_path(), "id=1")), "form");
    EXPECT_EQ(judge(request(status_path(), "id=1&status=sent")), "under_way");
}

TEST_F(Callbacks, OtherPathsAndMethodsAreNone)
{
    for (const char* target : {"/", "/sms/", "/sms/hospital", "/sms/hospital/", "/sms/hospital/status/",
                               "/sms/hospital/reply/", "/sms/hospital/reply?x=1", "/sms//reply", "/sms/other/reply",
                               "/metrics", "/api/v1/calls", "http://ward.example/sms/hospital/reply"})
        EXPECT_EQ(judge(request(target, "id=1"), 404), "address") << target;
    http::Request get = request(reply_path, "id=1&from=%2B447700900123&text=17Y");
    get.method = http::Method::get;
    EXPECT_EQ(judge(get, 405), "address");
}

TEST_F(Callbacks, TheSameAgainChangesNothingAndTheMemoryIsBounded)
{
    const auto reply = [](int id) {
        return request(reply_path, "id=" + std::to_string(id) + "&from=%2B447700900123&text=17Y");
    };
    EXPECT_EQ(judge(reply(1)), "pass");
    EXPECT_EQ(judge(reply(1)), "repeated");
    EXPECT_EQ(judge(request(status_path(), "id=9&status=delivered")), "pass");
    EXPECT_EQ(judge(request(status_path(), "id=9&status=delivered")), "repeated");
    EXPECT_EQ(judge(request(status_path(), "id=10&status=delivered")), "repeated") << "the page is known";
    for (int i = 2; i < 9; ++i) EXPECT_EQ(judge(reply(i)), "pass") << i;
    EXPECT_EQ(judge(reply(8)), "repeated");
    EXPECT_EQ(judge(reply(1)), "pass") << "the oldest of eight was forgotten";
}

// A gateway that numbers its conversations and not its messages must not take a "N" after a "Y" away.
TEST_F(Callbacks, AnotherWordUnderTheSameIdIsAnotherReply)
{
    const auto says = [&](const std::string& text, const std::string& from = "447700900123") {
        return judge(request(reply_path, "id=1&from=%2B" + from + "&text=" + text));
    };
    std::set<std::string> keys;
    for (const std::string text : {"17Y", "17N", "17H", "18Y"}) {
        EXPECT_EQ(says(text), "pass") << text;
        keys.insert(std::get<AnswerCode>(std::get<Action>(last).what).key);
        EXPECT_EQ(says(text), "repeated") << text;
    }
    EXPECT_EQ(keys.size(), 4U) << "the ward must tell them apart as well";
}

TEST_F(Callbacks, WhatWasNotPassedOnIsNotRemembered)
{
    const auto one = request(reply_path, "id=1&from=%2B447700900123&text=17Y");
    EXPECT_TRUE(std::holds_alternative<CallbackService::Pass>(service.judge(one, {})));
    EXPECT_EQ(judge(one), "pass") << "the gateway came again because we were busy";
}

TEST(CallbackAnswer, TellsTwilioNothingThatItWouldSendToThePerson)
{
    EXPECT_EQ(CallbackService::response(CallbackResult::text, 200, true).content_type, "text/xml");
    EXPECT_EQ(CallbackService::response(CallbackResult::text, 200, false).body, "{\"result\":\"text\"}");
}

} // namespace
} // namespace magwatch
