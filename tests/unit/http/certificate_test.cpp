// The certificate of a listener: which are served with, for which names, and when their end is told.
#include "daemon/http/certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace magwatch::http
{
namespace
{

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Duration day{86'400'000};

struct Pair {
    std::string certificate, key;
};

std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out{data, static_cast<std::size_t>(size)};
    BIO_free_all(bio);
    return out;
}

// Signed by its own key, good from an hour ago for so many seconds.
Pair make(EVP_PKEY* key, const char* names, long seconds)
{
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("cn.example"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION* also = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
    X509_add_ext(certificate, also, -1);
    X509_EXTENSION_free(also);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    BIO* pem = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(pem, certificate);
    X509_free(certificate);
    BIO* key_pem = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_pem, key, nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(pem), text_of(key_pem)};
}

Pair fresh(const char* names = "DNS:ward-pc.example,IP:192.0.2.7,IP:2001:db8::7", long seconds = 100 * 86'400L)
{
    EVP_PKEY* key = EVP_EC_gen("P-256");
    Pair made = make(key, names, seconds);
    EVP_PKEY_free(key);
    return made;
}

std::string wrong(const std::string& certificate, const std::string& key)
{
    const auto read = Certificate::read(Secret{certificate}, Secret{key});
    const auto* why = std::get_if<std::string>(&read);
    return why != nullptr ? *why : "";
}

Certificate good(const Pair& pair)
{
    return std::get<Certificate>(Certificate::read(Secret{pair.certificate}, Secret{pair.key}));
}

TEST(Certificates, OnlyAPairThatFitsIsServedWith)
{
    const Pair one = fresh(), other = fresh();
    EXPECT_EQ(wrong(one.certificate, one.key), "");
    EXPECT_EQ(wrong(one.certificate + other.certificate, one.key), "") << "a chain";
    EXPECT_THAT(wrong(one.certificate, other.key), HasSubstr("do not belong together"));
    EXPECT_THAT(wrong(one.key, one.key), HasSubstr("no PEM certificate"));
    EXPECT_THAT(wrong(one.certificate, one.certificate), HasSubstr("no PEM key"));
    EXPECT_THAT(wrong("", ""), HasSubstr("no PEM certificate"));
    EXPECT_THAT(wrong(one.certificate + other.certificate.substr(0, 200), one.key), HasSubstr("chain"));
    EVP_PKEY* weak = EVP_RSA_gen(1024);
    const Pair small = make(weak, "DNS:ward-pc.example", 86'400);
    EVP_PKEY_free(weak);
    EXPECT_THAT(wrong(small.certificate, small.key), HasSubstr("too small"));
}

TEST(Certificates, AKeyUnderAPassphraseAsksNobody)
{
    const Pair one = fresh();
    BIO* in = BIO_new_mem_buf(one.key.data(), static_cast<int>(one.key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO_free_all(in);
    BIO* out = BIO_new(BIO_s_mem());
    const unsigned char secret[] = "secret";
    PEM_write_bio_PrivateKey(out, key, EVP_aes_256_cbc(), secret, 6, nullptr, nullptr);
    EVP_PKEY_free(key);
    EXPECT_THAT(wrong(one.certificate, text_of(out)), HasSubstr("without a passphrase"));
}

TEST(Certificates, BearTheNamesAndAddressesOfTheirAlternativeNamesAlone)
{
    const Certificate one = good(fresh());
    for (const char* host : {"ward-pc.example", "192.0.2.7", "[2001:db8::7]"}) EXPECT_TRUE(one.bears(host)) << host;
    for (const char* host : {"cn.example", "ward-pc.example.org", "192.0.2.8", "[2001:db8::8]", "localhost"})
        EXPECT_FALSE(one.bears(host)) << host;
    EXPECT_TRUE(good(fresh("DNS:*.ward.example")).bears("pc.ward.example"));
}

TEST(Certificates, OneThatHasEndedHasNotBegunOrIsAnothersIsAMistake)
{
    const Certificate one = good(fresh());
    const WallTime within = one.begins() + day;
    EXPECT_THAT(one.mistakes({"ward-pc.example", "192.0.2.7"}, within), IsEmpty());
    EXPECT_THAT(one.mistakes({"ward-pc.example", "other.example"}, within), ElementsAre(HasSubstr("'other.example'")));
    EXPECT_THAT(one.mistakes({}, one.ends()), ElementsAre(HasSubstr("has ended")));
    EXPECT_THAT(one.mistakes({}, one.ends() - Duration{1}), IsEmpty());
    EXPECT_THAT(one.mistakes({}, one.begins() - Duration{1}), ElementsAre(HasSubstr("not good yet")));
}

TEST(Certificates, TheirEndIsToldAMonthAWeekAndADayBeforeAndWhenItIsThere)
{
    const WallTime ends{1'800'000'000'000};
    EXPECT_EQ(words_of_end(ends, ends - 30 * day), "");
    EXPECT_THAT(words_of_end(ends, ends - 30 * day + Duration{1}), HasSubstr("within 30 days"));
    EXPECT_THAT(words_of_end(ends, ends - 7 * day), HasSubstr("within 30 days"));
    EXPECT_THAT(words_of_end(ends, ends - 7 * day + Duration{1}), HasSubstr("within 7 days"));
    EXPECT_THAT(words_of_end(ends, ends - day), HasSubstr("within 7 days"));
    EXPECT_THAT(words_of_end(ends, ends - day + Duration{1}), HasSubstr("within a day"));
    EXPECT_THAT(words_of_end(ends, ends), HasSubstr("has ended"));
    EXPECT_THAT(words_of_end(ends, ends, CertificateOf::callbacks), HasSubstr("[callbacks] has ended"));
    EXPECT_EQ(words_of_end(ends, ends - 30 * day, CertificateOf::callbacks), "");
}

TEST(Certificates, AreServedFromTls12OnWithForwardSecrecyAlone)
{
    const Certificate one = good(fresh());
    SSL_CTX* context = one.context();
    EXPECT_EQ(SSL_CTX_get_min_proto_version(context), TLS1_2_VERSION);
    EXPECT_NE(SSL_CTX_get_options(context) & SSL_OP_NO_COMPRESSION, 0U);
    EXPECT_NE(SSL_CTX_get_options(context) & SSL_OP_NO_RENEGOTIATION, 0U);
    STACK_OF(SSL_CIPHER)* offered = SSL_CTX_get_ciphers(context);
    EXPECT_GT(sk_SSL_CIPHER_num(offered), 3);
    for (int i = 0; i < sk_SSL_CIPHER_num(offered); ++i) {
        const SSL_CIPHER* suite = sk_SSL_CIPHER_value(offered, i);
        EXPECT_EQ(SSL_CIPHER_is_aead(suite), 1) << SSL_CIPHER_get_name(suite);
        const int exchange = SSL_CIPHER_get_kx_nid(suite);
        EXPECT_TRUE(exchange == NID_kx_ecdhe || exchange == NID_kx_any) << SSL_CIPHER_get_name(suite);
    }
    SSL_CTX_free(context);
}

} // namespace
} // namespace magwatch::http
