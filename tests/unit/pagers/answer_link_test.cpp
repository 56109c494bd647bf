#include "adapters/pagers/answer_link.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

const std::string key(32, 'k');
const WallTime noon{1'800'000'000'000};
const AnswerToken token{{3, 7}, "midwife-1", AnswerKind::coming, noon + Duration{60'000}};

TEST(AnswerLink, TokenComesBack)
{
    const CheckedAnswerToken checked = check_answer_token(make_answer_token(token, key), key, noon);
    EXPECT_EQ(checked.check, AnswerTokenCheck::good);
    EXPECT_EQ(checked.token, token);
}

TEST(AnswerLink, AnyTokenComesBackAndIsSafeInAUrl)
{
    EXPECT_TRUE(rc::check("round trip", [] {
        AnswerToken t;
        t.call = {*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>()};
        t.person = *rc::gen::nonEmpty(rc::gen::arbitrary<std::string>());
        t.kind = *rc::gen::element(AnswerKind::coming, AnswerKind::cannot, AnswerKind::here);
        t.expires = WallTime{*rc::gen::inRange<std::int64_t>(1, 4'000'000'000) * 1000};
        RC_PRE(t.person.size() <= 200);
        const std::string text = make_answer_token(t, key);
        RC_ASSERT(text.size() <= 512);
        RC_ASSERT(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                  std::string::npos);
        const auto checked = check_answer_token(text, key, WallTime{0});
        RC_ASSERT(checked.check == AnswerTokenCheck::good);
        RC_ASSERT(checked.token == t);
    }));
}

TEST(AnswerLink, EveryChangedBitIsSeen)
{
    const std::string bytes = *from_base64url(make_answer_token(token, key));
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        std::string changed = bytes;
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
        EXPECT_EQ(check_answer_token(base64url(changed), key, noon).check, AnswerTokenCheck::forged) << i;
    }
}

TEST(AnswerLink, OtherKeysCutsAndNonsenseAreForged)
{
    const std::string text = make_answer_token(token, key);
    EXPECT_EQ(check_answer_token(text, std::string(32, 'x'), noon).check, AnswerTokenCheck::forged);
    EXPECT_EQ(check_answer_token(text, "", noon).check, AnswerTokenCheck::forged);
    for (std::size_t n = 0; n < text.size(); ++n)
        EXPECT_EQ(check_answer_token(text.substr(0, n), key, noon).check, AnswerTokenCheck::forged);
    EXPECT_EQ(check_answer_token(text + "A", key, noon).check, AnswerTokenCheck::forged);
    EXPECT_EQ(check_answer_token(text + "====", key, noon).check, AnswerTokenCheck::forged);
    EXPECT_EQ(check_answer_token(std::string(5000, 'A'), key, noon).check, AnswerTokenCheck::forged);
    EXPECT_TRUE(rc::check("random text", [](const std::string& any) {
        RC_ASSERT(check_answer_token(any, key, noon).check == AnswerTokenCheck::forged);
    }));
}

TEST(AnswerLink, ExpiresAtItsTime)
{
    const std::string text = make_answer_token(token, key);
    EXPECT_EQ(check_answer_token(text, key, token.expires - Duration{1}).check, AnswerTokenCheck::good);
    EXPECT_EQ(check_answer_token(text, key, token.expires).check, AnswerTokenCheck::expired);
}

TEST(AnswerLink, NoLinkWithoutAKeyOrAPerson)
{
    EXPECT_EQ(make_answer_token(token, "short"), "");
    AnswerToken nameless = token;
    nameless.person = "";
    EXPECT_EQ(make_answer_token(nameless, key), "");
    nameless.person = std::string(201, 'p');
    EXPECT_EQ(make_answer_token(nameless, key), "");
    EXPECT_EQ(make_answer_links("http://127.0.0.1:1", {1, 1}, "p", noon, "short").coming, "");
}

TEST(AnswerLink, ThreeLinksForThreeAnswers)
{
    const AnswerLinks links = make_answer_links("http://127.0.0.1:8321", {1, 2}, "midwife-1", token.expires, key);
    const std::string base = "http://127.0.0.1:8321/answer/";
    for (const auto& [link, kind] : {std::pair{links.coming, AnswerKind::coming},
                                     std::pair{links.cannot, AnswerKind::cannot},
                                     std::pair{links.here, AnswerKind::here}}) {
        ASSERT_EQ(link.rfind(base, 0), 0U) << link;
        EXPECT_EQ(check_answer_token(link.substr(base.size()), key, noon).token.kind, kind);
    }
}

TEST(AnswerTokens, OneTimeInEffectAndHarmlessTwice)
{
    AnswerTokens tokens{Secret{key}};
    const std::string text = make_answer_token(token, key);
    EXPECT_EQ(tokens.look(text, noon).use, AnswerTokens::Use::first);
    EXPECT_EQ(tokens.look(text, noon).use, AnswerTokens::Use::first); // looking uses nothing up
    EXPECT_EQ(tokens.redeem(text, noon).use, AnswerTokens::Use::first);
    const AnswerTokens::Result again = tokens.redeem(text, noon);
    EXPECT_EQ(again.use, AnswerTokens::Use::repeated);
    EXPECT_EQ(again.token, token);
    EXPECT_EQ(tokens.look(text, noon).use, AnswerTokens::Use::repeated);

    AnswerToken here = token;
    here.kind = AnswerKind::here;
    EXPECT_EQ(tokens.redeem(make_answer_token(here, key), noon).use, AnswerTokens::Use::first);
}

TEST(AnswerTokens, AfterARestartTheSameAnswerIsTakenAgain)
{
    const std::string text = make_answer_token(token, key);
    AnswerTokens before{Secret{key}};
    (void)before.redeem(text, noon);
    AnswerTokens after{Secret{key}};
    EXPECT_EQ(after.redeem(text, noon).use, AnswerTokens::Use::first);
}

TEST(AnswerTokens, ForgedAndExpiredOnesAreNeverRemembered)
{
    AnswerTokens tokens{Secret{key}};
    EXPECT_EQ(tokens.redeem("AAAA", noon).use, AnswerTokens::Use::forged);
    EXPECT_EQ(tokens.redeem(make_answer_token(token, key), token.expires).use, AnswerTokens::Use::expired);
    EXPECT_EQ(tokens.remembered(), 0U);
}

TEST(AnswerTokens, MemoryIsBounded)
{
    AnswerTokens tokens{Secret{key}, 3};
    const auto text = [](std::uint32_t n, Duration life) {
        return make_answer_token({{1, n}, "p", AnswerKind::coming, noon + life}, key);
    };
    for (std::uint32_t n = 1; n <= 10; ++n) (void)tokens.redeem(text(n, Duration{n * 1000}), noon);
    EXPECT_EQ(tokens.remembered(), 3U);
    EXPECT_EQ(tokens.look(text(10, Duration{10'000}), noon).use, AnswerTokens::Use::repeated);
    // A later redeem sweeps out what has expired.
    (void)tokens.redeem(text(11, Duration{60'000}), noon + Duration{20'000});
    EXPECT_EQ(tokens.remembered(), 1U);
}

} // namespace
} // namespace magwatch::adapters
