// Which keys of clients came before, and what was said under them.
#include "rules/ward/known_keys.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace magwatch::test {
namespace {

TEST(KnownKeysTest, TheSameIsToldFromSomethingElse)
{
    KnownKeys keys;
    EXPECT_EQ(keys.use("a", 1), KeyUse::fresh);
    keys.remember("a", 1);
    EXPECT_EQ(keys.use("a", 1), KeyUse::again);
    EXPECT_EQ(keys.use("a", 2), KeyUse::other);
    EXPECT_EQ(keys.use("b", 1), KeyUse::fresh);
    keys.remember("", 1);
    EXPECT_EQ(keys.use("", 1), KeyUse::fresh) << "who gives no key says each thing anew";
}

TEST(KnownKeysTest, TheOldestMakeRoom)
{
    KnownKeys keys;
    for (int i = 0; i < 1025; ++i) keys.remember(std::to_string(i), 1);
    EXPECT_EQ(keys.use("0", 1), KeyUse::fresh);
    EXPECT_EQ(keys.use("1", 1), KeyUse::again);
    EXPECT_EQ(keys.use("1024", 2), KeyUse::other);
}

TEST(KnownKeysTest, WordsAreToldApartByKindOrderAndLength)
{
    const std::string a = "a", ab = "ab", b = "b", none;
    EXPECT_EQ(hash_said(a, b), hash_said(a, b));
    EXPECT_NE(hash_said(a, b), hash_said(b, a));
    EXPECT_NE(hash_said(a, b), hash_said(ab, none));
    EXPECT_NE(hash_said(1U), hash_said(2U));
    EXPECT_NE(hash_said(), 0U) << "0 is what an older program said";
}

// An older program kept the keys alone: what comes under one is taken for the same, as it was then.
TEST(KnownKeysTest, KeysOfAnOlderProgramAreKnownWithoutTheirWords)
{
    Bytes bytes;
    Writer{bytes}(std::vector<std::string>{"a", "b"});
    Reader reader{bytes};
    reader.set_format(11);
    KnownKeys keys;
    reader(keys);
    ASSERT_TRUE(reader.done());
    EXPECT_EQ(keys.use("b", 5), KeyUse::again);
    EXPECT_EQ(keys.use("c", 5), KeyUse::fresh);
    keys.remember("c", 5);
    Bytes written;
    Writer{written}(keys);
    Reader newest{written};
    KnownKeys same;
    newest(same);
    ASSERT_TRUE(newest.done());
    EXPECT_EQ(same.use("c", 6), KeyUse::other);
    EXPECT_EQ(same.use("a", 6), KeyUse::again);
}

} // namespace
} // namespace magwatch::test
