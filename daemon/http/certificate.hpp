// A certificate chain with its key, read from PEM and ready to serve with: TLS 1.2 or 1.3, forward secrecy and
// authenticated ciphers alone, no compression, no renegotiation. The same code judges a configuration and serves it.
//
// No file, no clock. Immutable; may be shared between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/instant.hpp"
#include "runtime/secret.hpp"

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace magwatch::http
{

class Certificate
{
public:
    // Or why the two cannot be served with, in words that hold nothing of the key.
    [[nodiscard]] static std::variant<Certificate, std::string> read(const Secret& chain, const Secret& key);

    [[nodiscard]] WallTime begins() const { return begins_; }
    [[nodiscard]] WallTime ends() const { return ends_; }
    // It bears this name or address ("ward.example", "192.0.2.7", "[2001:db8::7]") as a subjectAltName.
    [[nodiscard]] bool bears(const std::string& host) const;
    // What is wrong with it now, for a board that is reached under these names.
    [[nodiscard]] std::vector<std::string> mistakes(const std::vector<std::string>& hosts, WallTime now) const;

    // The context to serve with; one more reference, which the caller releases (SSL_CTX_free).
    [[nodiscard]] ssl_ctx_st* context() const;

private:
    Certificate() = default;
    std::shared_ptr<ssl_ctx_st> context_;
    WallTime begins_{}, ends_{};
};

// How near its end a certificate is: "" while that is more than 30 days away, else one of a few sentences, each for as
// long as nothing new is to be said (30, 7 and 1 days: design values; who renews by hand needs weeks, and a night is
// the least).
enum class CertificateOf : std::uint8_t { board, callbacks };
[[nodiscard]] std::string words_of_end(WallTime ends, WallTime now, CertificateOf of = CertificateOf::board);

} // namespace magwatch::http
