// Pages as mail through the site's submission server: one mail for each recipient, so that each has its
// own outcome.
//
// STARTTLS (or TLS from the first byte) is insisted on; a server that does not offer it gets nothing. Plain
// SMTP is for loopback alone and must be allowed in so many words. A 4yz reply is tried again, a 5yz is
// final; 250 after DATA means handed over, not read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pagers/curl_pager.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct SmtpServer {
    std::string name = "smtp"; // in health and logs
    std::string host;
    std::uint16_t port = 587;
    bool implicit_tls = false; // port 465
    bool allow_plain = false;  // no encryption; loopback only
    std::string ca_file;       // "" = the system's authorities
    std::string from;          // mailbox: envelope and header
    std::string user;          // "" = no login
    std::optional<Secret> password;
};

// What is wrong with a server; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const SmtpServer& server);

class SmtpPager final : public CurlPager {
public:
    // `probe`: how often the server is greeted and logged in to, without a mail; 0 = never.
    SmtpPager(PagerParts parts, SmtpServer server, Duration probe = Duration{0});

private:
    [[nodiscard]] Mail mail_to(const std::string& address) const; // without its message
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    [[nodiscard]] std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const override;
    [[nodiscard]] std::string channel_of(const Page&) const override { return server_.name; }

    SmtpServer server_;
    std::string url_;
    bool usable_ = false;
};

} // namespace magwatch::adapters
