// Secrets and certificates: there, and readable by the daemon alone. Their contents are not looked at, but of
// certificates, which are no secret.
#include <cerrno>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <unistd.h>

#include "tools/magwatch/doctor/examination.hpp"

namespace magwatch::cli::doctor
{
namespace
{

constexpr std::string_view file_prefix = "file:";
constexpr std::string_view credential_prefix = "credential:";

// Every secret that the configuration names, once.
std::set<std::string> references(const Config& config)
{
    const PagerConfig& pager = config.pager;
    std::set<std::string> all{pager.answer_secret};
    if (pager.smtp) all.insert(pager.smtp->password);
    for (const auto& one : pager.sms) {
        all.insert(one.secret);
        if (one.callback) all.insert(one.callback->secret);
    }
    for (const auto& one : pager.snpp) all.insert(one.password);
    for (const auto& one : pager.alertmanager) all.insert(one.login.secret);
    for (const auto& one : pager.ntfy) all.insert(one.login.secret);
    for (const auto& one : pager.wctp) all.insert(one.secret);
    for (const auto& one : pager.secrets) all.insert(one.reference);
    for (const auto& one : config.heartbeats) all.insert(one.secret);
    all.insert({config.http.certificate, config.http.key});
    if (config.callbacks) all.insert({config.callbacks->certificate, config.callbacks->key});
    all.erase("");
    return all;
}

// A file that only `owner` may read; nothing if it is.
bool private_file(const std::string& check, const std::string& path, std::optional<uid_t> owner, Findings& findings)
{
    const FileState file = look_at(path);
    if (file.hidden()) {
        findings.unknown(check, path + " may not be seen by this user", as_root);
        return false;
    }
    if (!file.there) {
        findings.wrong(check, path + ": " + std::generic_category().message(file.error),
                       "write the secret into it, then: chmod 600 " + path);
        return false;
    }
    constexpr unsigned others = 077;
    bool good = true;
    const auto wrong = [&](std::string found, std::string advice) {
        findings.wrong(check, path + " " + found, std::move(advice));
        good = false;
    };
    if (!S_ISREG(file.info.st_mode)) wrong("is not a regular file", "put a file there, mode 600");
    else if (file.info.st_size == 0) wrong("is empty", "write the secret into it");
    if ((file.mode() & others) != 0)
        wrong("may be read by others (mode " + file.mode_text() + ")", "chmod 600 " + path);
    if (owner && file.info.st_uid != *owner)
        wrong("belongs to " + user_name(file.info.st_uid) + ", and magwatchd runs as " + user_name(*owner),
              "chown " + user_name(*owner) + " " + path + "; or give it as a credential");
    return good;
}

void file_secret(const Examination& e, const std::string& path, Findings& findings)
{
    if (!private_file("secret", path, e.user, findings)) return;
    if (!e.user)
        return findings.unknown("secret", path + " is private; whom magwatchd runs as cannot be told",
                                "its owner must be the user of the service");
    findings.ok("secret", path);
}

// "PATH" of the credential in the unit; "" for one that stands in the unit itself; nothing if it is not given.
std::optional<std::string> given(const Examination& e, const std::string& name)
{
    std::optional<std::string> found;
    for (const std::string& line : e.credentials) {
        const std::size_t colon = line.find(':');
        if (line.substr(0, colon) == name) found = colon == std::string::npos ? "" : line.substr(colon + 1);
    }
    return found;
}

void credential(const Examination& e, const std::string& name, Findings& findings)
{
    const std::string check = "credential " + name;
    if (!e.knows_unit())
        return findings.unknown(check, "systemd cannot be asked which credentials magwatchd is given",
                                "where the service runs: systemctl cat magwatchd | grep LoadCredential");
    const auto path = given(e, name);
    if (!path)
        return findings.wrong(
            check, "the configuration names it, and the service does not give it",
            fmt::format("systemctl edit magwatchd: [Service] "
                        "LoadCredential={}:/etc/magwatch/secrets/{}; then: systemctl restart magwatchd",
                        name, name));
    if (!path->empty() && path->front() == '/' &&
        !private_file(check, e.machine.path(*path), e.machine.root.empty() ? std::optional<uid_t>{0} : std::nullopt,
                      findings))
        return;
    const auto active = e.unit.find("ActiveState");
    const std::string inside = e.machine.path("/run/credentials/magwatchd.service");
    if (active != e.unit.end() && active->second == "active") {
        const FileState loaded = look_at(inside + "/" + name);
        if (!loaded.there && !loaded.hidden())
            return findings.wrong(check, "the service was started before it was given", "systemctl restart magwatchd");
    }
    findings.ok(check, path->empty() ? "set in the unit" : *path);
}

struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

// When a certificate of ours ends; nothing if this user may not read it or it is none.
std::optional<WallTime> end_of(const std::string& path)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), std::fclose};
    if (!file) return std::nullopt;
    const std::unique_ptr<X509, FreeCertificate> certificate{PEM_read_X509(file.get(), nullptr, nullptr, nullptr)};
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return std::nullopt;
    return WallTime{static_cast<std::int64_t>(timegm(&end)) * 1000};
}

void own_certificate(const Examination& e, const std::string& whose, const std::string& reference, Findings& findings)
{
    std::string path;
    if (reference.starts_with(file_prefix)) path = reference.substr(file_prefix.size());
    else if (const auto from = given(e, reference.substr(credential_prefix.size()))) path = *from;
    const auto end = path.empty() ? std::nullopt : end_of(e.machine.path(path));
    if (!end)
        return findings.unknown("certificate", reference + " of " + whose + " cannot be read", as_root);
    judge_certificate(whose, *end, e.machine.now, findings);
}

void authority_file(const std::string& path, std::set<std::string>& seen, Findings& findings)
{
    if (path.empty() || !seen.insert(path).second) return;
    const FileState file = look_at(path);
    if (!file.there && !file.hidden())
        return findings.wrong("authority", path + ": " + std::generic_category().message(file.error),
                              "put the authority's certificate there");
    if (!end_of(path))
        return findings.wrong("authority", path + " holds no certificate that can be read", "it must be PEM");
    findings.ok("authority", path);
}

} // namespace

void judge_certificate(const std::string& whose, WallTime end, WallTime now, Findings& findings)
{
    constexpr Duration day{86'400'000};
    const Duration left = end - now;
    if (left <= Duration{0})
        return findings.wrong("certificate", "that of " + whose + " has ended",
                              "renew it: nobody who checks it connects any more");
    const std::string found = "that of " + whose + " ends in " + length_text(left);
    if (left < 7 * day) return findings.wrong("certificate", found, "renew it now");
    if (left < 30 * day) return findings.warning("certificate", found, "renew it");
    findings.ok("certificate", found);
}

void examine_secrets(const Examination& e, Findings& findings)
{
    const Config* config = e.config();
    if (config == nullptr)
        return findings.unknown("secret", "the configuration cannot be read, so nobody can say which it names",
                                "mend the file first");
    const auto all = references(*config);
    if (all.empty()) findings.ok("secret", "the configuration names none");
    for (const std::string& reference : all) {
        if (reference.starts_with(file_prefix)) file_secret(e, reference.substr(file_prefix.size()), findings);
        else credential(e, reference.substr(credential_prefix.size()), findings);
    }
    if (config->http.tls()) own_certificate(e, "[http]", config->http.certificate, findings);
    if (config->callbacks && !config->callbacks->certificate.empty())
        own_certificate(e, "[callbacks]", config->callbacks->certificate, findings);
    std::set<std::string> seen;
    if (config->pager.smtp) authority_file(config->pager.smtp->ca_file, seen, findings);
    for (const auto& one : config->pager.alertmanager) authority_file(one.ca_file, seen, findings);
    for (const auto& one : config->pager.ntfy) authority_file(one.ca_file, seen, findings);
    for (const auto& one : config->pager.wctp) authority_file(one.ca_file, seen, findings);
    for (const auto& one : config->heartbeats) authority_file(one.ca_file, seen, findings);
}

} // namespace magwatch::cli::doctor
