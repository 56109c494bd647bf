#include "adapters/pagers/smtp.hpp"

#include <fmt/format.h>

#include "adapters/pagers/mail_message.hpp"
#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

std::string url_of(const SmtpServer& server)
{
    const bool six = server.host.find(':') != std::string::npos;
    // The path is what libcurl says in EHLO: the sender's domain, not the name of this machine.
    return fmt::format("{}://{}{}{}:{}/{}", server.implicit_tls ? "smtps" : "smtp", six ? "[" : "", server.host,
                       six ? "]" : "", server.port, server.from.substr(server.from.rfind('@') + 1));
}

} // namespace

std::vector<std::string> mistakes(const SmtpServer& server)
{
    std::vector<std::string> found;
    if (!is_host_name(server.host)) found.emplace_back("host must be a name or an address");
    if (server.port == 0) found.emplace_back("port must not be 0");
    if (!is_mailbox(server.from)) found.emplace_back("from must be a mail address, local@domain");
    if (server.user.empty() != !server.password) found.emplace_back("user and password go together");
    if (server.allow_plain && !server.user.empty()) found.emplace_back("no login goes over plain SMTP");
    if (server.allow_plain && server.implicit_tls)
        found.emplace_back("allow_plain and implicit_tls exclude each other");
    if (server.allow_plain && is_host_name(server.host) && !is_loopback_url(url_of(server)))
        found.emplace_back("plain SMTP is for this machine alone (127.0.0.1, ::1, localhost)");
    return found;
}

SmtpPager::SmtpPager(PagerParts parts, SmtpServer server, Duration probe)
    : CurlPager{std::move(parts), &judge_smtp}, server_{std::move(server)}, url_{url_of(server_)},
      usable_{mistakes(server_).empty()}
{
    know_channel(server_.name);
    if (usable_) probe_every(probe);
}

Mail SmtpPager::mail_to(const std::string& address) const
{
    Mail mail;
    mail.url = url_;
    mail.from = "<" + server_.from + ">";
    mail.to = "<" + address + ">";
    mail.user = server_.user;
    if (server_.password) mail.password = std::string{server_.password->reveal()};
    mail.ca_file = server_.ca_file;
    mail.plain = server_.allow_plain;
    mail.loopback_only = server_.allow_plain;
    return mail;
}

void SmtpPager::probe(const std::string&, const Moment&, AttemptDone done)
{
    Mail mail = mail_to(server_.from);
    mail.connect_only = true;
    reach(CurlRequest{std::move(mail)}, std::move(done));
}

std::variant<CurlRequest, CurlPager::Refusal> SmtpPager::request(const Job& job, WallTime now) const
{
    if (!usable_) return Refusal{"mail server is not configured"};
    if (!is_mailbox(job.page.address)) return Refusal{"not a mail address"};
    Mail mail = mail_to(job.page.address);
    mail.message = mail_message(job.page, job.text, job.links, server_.from, job.page.address, now);
    return CurlRequest{std::move(mail)};
}

} // namespace magwatch::adapters
