#include "tools/deadman/signature.hpp"

#include <gtest/gtest.h>

#include "adapters/pagers/standard_webhooks.hpp"

namespace magwatch::deadman {
namespace {

constexpr std::int64_t now = 1'790'000'000;
constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// As magwatchd signs: the two were written apart from each other.
Signed by_the_daemon(std::string_view body, std::int64_t at = now)
{
    const auto made = adapters::sign_webhook("heartbeat-3-9", WallTime{at * 1000}, body,
                                             {*adapters::webhook_key(secret)});
    return {made.id, made.timestamp, made.signature, std::string{body}};
}

TEST(DeadmanSignature, IsThatOfTheSpecificationsExample)
{
    EXPECT_EQ(signature(*signing_key(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(DeadmanSignature, TheDaemonsIsGoodAndNothingElseIs)
{
    const std::string key = *signing_key(secret);
    EXPECT_EQ(verify(key, by_the_daemon("{}"), now), Proof::good);
    Signed other = by_the_daemon("{}");
    other.body = "{ }";
    EXPECT_EQ(verify(key, other, now), Proof::wrong);
    other = by_the_daemon("{}");
    other.id = "heartbeat-3-10";
    EXPECT_EQ(verify(key, other, now), Proof::wrong);
    other = by_the_daemon("{}");
    other.timestamp = std::to_string(now + 1);
    EXPECT_EQ(verify(key, other, now), Proof::wrong);
    EXPECT_EQ(verify(std::string(24, 'k'), by_the_daemon("{}"), now), Proof::wrong);
    other = by_the_daemon("{}");
    other.signatures = "v1,AAAA v2," + other.signatures.substr(3);
    EXPECT_EQ(verify(key, other, now), Proof::wrong);
    other = by_the_daemon("{}");
    other.signatures = "v1,AAAA " + other.signatures;
    EXPECT_EQ(verify(key, other, now), Proof::good) << "while keys change there are two";
}

TEST(DeadmanSignature, TheSignedTimeIsWithinFiveMinutesEitherWay)
{
    const std::string key = *signing_key(secret);
    EXPECT_EQ(verify(key, by_the_daemon("{}", now - 300), now), Proof::good);
    EXPECT_EQ(verify(key, by_the_daemon("{}", now - 301), now), Proof::stale);
    EXPECT_EQ(verify(key, by_the_daemon("{}", now + 300), now), Proof::good);
    EXPECT_EQ(verify(key, by_the_daemon("{}", now + 301), now), Proof::stale);
    for (const char* stamp : {"", "-1", "12x", "1234567890123", " 1"}) {
        Signed other = by_the_daemon("{}");
        other.timestamp = stamp;
        EXPECT_EQ(verify(key, other, now), Proof::malformed) << stamp;
    }
}

TEST(DeadmanSignature, AKeyIsWhsecAndBase64OfItsBounds)
{
    EXPECT_TRUE(signing_key(secret));
    for (const char* text : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_M*KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                             // another spelling of 25 bytes, which who signs refuses
                             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMR=="})
        EXPECT_FALSE(signing_key(text)) << text;
}

} // namespace
} // namespace magwatch::deadman
