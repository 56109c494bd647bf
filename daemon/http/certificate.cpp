#include "daemon/http/certificate.hpp"

#include <algorithm>
#include <ctime>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace magwatch::http
{
namespace
{

// TLS 1.2: ephemeral keys and authenticated encryption; of TLS 1.3 OpenSSL offers nothing else.
constexpr const char* suites = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr int security_level = 2; // 112 bits: RSA of 2048 bits or more, no SHA-1

template <auto Free> struct Freed {
    template <class T> void operator()(T* what) const { Free(what); }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using OneCertificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bio reader_of(const Secret& pem)
{
    const std::string_view text = pem.reveal();
    return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// A key under a passphrase: nobody is there to be asked for it.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

WallTime time_of(const ASN1_TIME* time)
{
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return WallTime{};
    return WallTime{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

std::string with_reason(std::string what)
{
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason != nullptr ? what + ": " + reason : what;
}

std::shared_ptr<SSL_CTX> new_context()
{
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    if (!context) return context;
    SSL_CTX* c = context.get();
    SSL_CTX_set_security_level(c, security_level);
    SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    const bool set = SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(c, suites) == 1;
    if (!set) context.reset();
    return context;
}

} // namespace

std::variant<Certificate, std::string> Certificate::read(const Secret& chain, const Secret& key)
{
    ERR_clear_error();
    Certificate out;
    out.context_ = new_context();
    if (!out.context_) return with_reason("TLS cannot be set up");
    SSL_CTX* context = out.context_.get();
    const Bio pem = reader_of(chain);
    const OneCertificate own{PEM_read_bio_X509(pem.get(), nullptr, no_passphrase, nullptr)};
    if (!own) return with_reason("the certificate is no PEM certificate");
    if (SSL_CTX_use_certificate(context, own.get()) != 1) return with_reason("the certificate cannot be used");
    while (const OneCertificate above{PEM_read_bio_X509(pem.get(), nullptr, no_passphrase, nullptr)})
        if (SSL_CTX_add1_chain_cert(context, above.get()) != 1)
            return with_reason("a certificate of the chain cannot be used");
    const unsigned long rest = ERR_peek_last_error();
    if (ERR_GET_LIB(rest) != ERR_LIB_PEM || ERR_GET_REASON(rest) != PEM_R_NO_START_LINE)
        return with_reason("the chain of the certificate is broken");
    ERR_clear_error();
    const Bio key_pem = reader_of(key);
    const Key own_key{PEM_read_bio_PrivateKey(key_pem.get(), nullptr, no_passphrase, nullptr)};
    if (!own_key) return with_reason("the key is no PEM key without a passphrase");
    if (X509_check_private_key(own.get(), own_key.get()) != 1) {
        ERR_clear_error();
        return "key and certificate do not belong together";
    }
    if (SSL_CTX_use_PrivateKey(context, own_key.get()) != 1) return with_reason("the key cannot be used");
    out.begins_ = time_of(X509_get0_notBefore(own.get()));
    out.ends_ = time_of(X509_get0_notAfter(own.get()));
    return out;
}

bool Certificate::bears(const std::string& host) const
{
    X509* own = SSL_CTX_get0_certificate(context_.get());
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string address = bracketed ? host.substr(1, host.size() - 2) : host;
    const int as_address = X509_check_ip_asc(own, address.c_str(), 0);
    if (as_address == 1) return true;
    // Browsers no longer look at the subject's common name.
    return X509_check_host(own, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

std::vector<std::string> Certificate::mistakes(const std::vector<std::string>& hosts, WallTime now) const
{
    std::vector<std::string> found;
    if (now < begins_) found.emplace_back("the certificate is not good yet: is the clock right?");
    if (now >= ends_) found.emplace_back("the certificate has ended: renew it");
    for (const std::string& host : hosts)
        if (!bears(host)) found.push_back("the certificate does not bear the name '" + host + "' (subjectAltName)");
    return found;
}

ssl_ctx_st* Certificate::context() const
{
    SSL_CTX_up_ref(context_.get());
    return context_.get();
}

std::string words_of_end(WallTime ends, WallTime now, CertificateOf of)
{
    constexpr Duration day{86'400'000};
    const bool board = of == CertificateOf::board;
    const std::string whose = board ? "The board's certificate" : "The certificate of [callbacks]";
    const Duration left = ends - now;
    if (left <= Duration{0})
        return whose + " has ended: " + (board ? "no other PC reaches the board" : "no answer of a gateway reaches us");
    if (left < day) return whose + " ends within a day";
    if (left < 7 * day) return whose + " ends within 7 days";
    if (left < 30 * day) return whose + " ends within 30 days";
    return "";
}

} // namespace magwatch::http
