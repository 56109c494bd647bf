#include "adapters/pagers/standard_webhooks.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace magwatch::adapters {
namespace {

// The reference vector of the specification's own libraries.
const std::string key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value_or("");
const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const std::string body = "{\"test\": 2432232314}";
const WallTime sent{1614265330LL * 1000};
constexpr Duration second{1000};

TEST(StandardWebhooks, SignsTheReferenceVector)
{
    const WebhookHeaders headers = sign_webhook(id, sent, body, {key});
    EXPECT_EQ(headers.id, id);
    EXPECT_EQ(headers.timestamp, "1614265330");
    EXPECT_EQ(headers.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(verify_webhook(headers, body, {key}, sent), WebhookCheck::good);
}

TEST(StandardWebhooks, NothingOfAMessageCanBeChanged)
{
    const WebhookHeaders good = sign_webhook(id, sent, body, {key});
    WebhookHeaders bad = good;
    bad.id += "x";
    EXPECT_EQ(verify_webhook(bad, body, {key}, sent), WebhookCheck::wrong_signature);
    bad = good;
    bad.timestamp = "1614265331";
    EXPECT_EQ(verify_webhook(bad, body, {key}, sent), WebhookCheck::wrong_signature);
    EXPECT_EQ(verify_webhook(good, body + " ", {key}, sent), WebhookCheck::wrong_signature);
    bad = good;
    bad.signature.replace(0, 3, "v2,");
    EXPECT_EQ(verify_webhook(bad, body, {key}, sent), WebhookCheck::wrong_signature);
    EXPECT_EQ(verify_webhook(good, body, {std::string(24, 'k')}, sent), WebhookCheck::wrong_signature);
    EXPECT_EQ(verify_webhook(good, body, {}, sent), WebhookCheck::wrong_signature);
}

TEST(StandardWebhooks, OldAndFutureMessagesAreRefused)
{
    const WebhookHeaders headers = sign_webhook(id, sent, body, {key});
    EXPECT_EQ(verify_webhook(headers, body, {key}, sent + 300 * second), WebhookCheck::good);
    EXPECT_EQ(verify_webhook(headers, body, {key}, sent + 301 * second), WebhookCheck::too_old);
    EXPECT_EQ(verify_webhook(headers, body, {key}, sent - 300 * second), WebhookCheck::good);
    EXPECT_EQ(verify_webhook(headers, body, {key}, sent - 301 * second), WebhookCheck::too_new);
}

TEST(StandardWebhooks, WhileKeysChangeEitherWillDo)
{
    const std::string next(32, 'n');
    const WebhookHeaders both = sign_webhook(id, sent, body, {key, next});
    EXPECT_EQ(std::count(both.signature.begin(), both.signature.end(), ' '), 1);
    EXPECT_EQ(verify_webhook(both, body, {key}, sent), WebhookCheck::good);
    EXPECT_EQ(verify_webhook(both, body, {next}, sent), WebhookCheck::good);
    const WebhookHeaders old = sign_webhook(id, sent, body, {key});
    EXPECT_EQ(verify_webhook(old, body, {next, key}, sent), WebhookCheck::good);
    EXPECT_EQ(verify_webhook({id, "1614265330", "v1a,xyz  v1, " + old.signature}, body, {key}, sent),
              WebhookCheck::good);
}

TEST(StandardWebhooks, BrokenHeadersAreMalformed)
{
    const WebhookHeaders good = sign_webhook(id, sent, body, {key});
    for (const char* stamp : {"", "x", "1614265330 ", "-5", "+1614265330", "1e9", "9999999999999", "16142.5"})
        EXPECT_EQ(verify_webhook({good.id, stamp, good.signature}, body, {key}, sent), WebhookCheck::malformed)
            << stamp;
    EXPECT_EQ(verify_webhook({"", good.timestamp, good.signature}, body, {key}, sent), WebhookCheck::malformed);
    EXPECT_EQ(verify_webhook({good.id, good.timestamp, ""}, body, {key}, sent), WebhookCheck::malformed);
}

TEST(StandardWebhooks, KeysAreBase64WithinBounds)
{
    EXPECT_EQ(key.size(), 24U);
    EXPECT_FALSE(webhook_key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    EXPECT_FALSE(webhook_key("whsec_short"));
    EXPECT_FALSE(webhook_key("whsec_"));
    EXPECT_FALSE(webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"));
}

TEST(StandardWebhooks, WireIdsAreSafeAndDistinct)
{
    EXPECT_EQ(wire_id("1-7/0/2/midwife-1/webhook"), "1-7/0/2/midwife-1/webhook");
    EXPECT_EQ(wire_id("dr.x\r\n%"), "dr%2Ex%0D%0A%25");
    EXPECT_TRUE(rc::check("injective", [](const std::string& a, const std::string& b) {
        RC_ASSERT((wire_id(a) == wire_id(b)) == (a == b));
    }));
}

} // namespace
} // namespace magwatch::adapters
