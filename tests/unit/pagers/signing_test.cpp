#include "adapters/pagers/signing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace magwatch::adapters {
namespace {

std::string hex(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes) {
        const unsigned byte = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[byte >> 4U];
        out += "0123456789abcdef"[byte & 15U];
    }
    return out;
}

TEST(Signing, HmacOfRfc4231)
{
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Signing, Sha256OfAbc)
{
    EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Signing, Base64OfRfc4648)
{
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64("Zm8="), "fo");
    EXPECT_EQ(from_base64url("-_8"), "\xfb\xff");
}

TEST(Signing, OneValueHasOneText)
{
    for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 8", "Zm8=Zm8=", "-_8="})
        EXPECT_FALSE(from_base64(bad)) << bad;
    for (const char* bad : {"Zg==", "Zh", "Z", "+/8", "Zm8\n"}) EXPECT_FALSE(from_base64url(bad)) << bad;
}

TEST(Signing, Base64ComesBack)
{
    EXPECT_TRUE(rc::check("round trip", [](const std::string& bytes) {
        RC_ASSERT(from_base64(base64(bytes)) == bytes);
        RC_ASSERT(from_base64url(base64url(bytes)) == bytes);
    }));
}

TEST(Signing, ComparesWholeTexts)
{
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
}

} // namespace
} // namespace magwatch::adapters
