#include "tools/deadman/config.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <curl/curl.h>
#include <fmt/format.h>

#include "runtime/toml_reader.hpp"
#include "tools/deadman/listener.hpp"
#include "tools/deadman/signature.hpp"

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t wards_max = 16, channels_max = 8; // design values: a heartbeat tries every ward's key

bool is_loopback(const std::string& host)
{
    if (host == "localhost") return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

std::string url_part(CURLU* url, CURLUPart part)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return "";
    std::string out{text};
    curl_free(text);
    return out;
}

// Why nothing may be sent there; "" = it may.
std::string wrong_url(const std::string& text)
{
    CURLU* url = curl_url();
    std::string wrong;
    if (url == nullptr || curl_url_set(url, CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        wrong = "'url' must be https://host[:port]/path";
    } else {
        std::string host = url_part(url, CURLUPART_HOST);
        if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
        const std::string scheme = url_part(url, CURLUPART_SCHEME);
        if (scheme != "https" && scheme != "http") wrong = "'url' must be https://host[:port]/path";
        else if (scheme == "http" && !is_loopback(host))
            wrong = "plain http leaves the machine unencrypted: use https (http only to 127.0.0.1)";
        else if (!url_part(url, CURLUPART_USER).empty()) wrong = "no user in a 'url': it would stand in logs";
    }
    curl_url_cleanup(url);
    return wrong;
}

// What stands in a mail's envelope and header: nothing that could end a line or an address.
bool is_address(std::string_view text)
{
    const auto at = text.find('@');
    return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.size() <= 254 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127 && c != '<' && c != '>'; });
}

class Reader {
public:
    Reader(std::string name, std::string text) : file_{std::move(name), std::move(text)}, root_{file_.root()} {}
    LoadedConfig read();

private:
    void listen(const TomlTable& table);
    void ward(const TomlTable& table);
    void webhook(const TomlTable& table);
    void mail(const TomlTable& table);
    std::string ca_file(const TomlTable& table);
    std::string new_name(const TomlTable& table, std::set<std::string>& names);
    std::optional<Secret> secret(const TomlTable& table, const char* key, bool needed);
    std::optional<Secret> signing(const TomlTable& table);

    TomlFile file_;
    TomlTable root_;
    LoadedConfig loaded_;
    Milliseconds repeat_{300'000};
    std::set<std::string> wards_, channels_;
};

LoadedConfig Reader::read()
{
    DeadmanConfig& config = loaded_.config;
    if (const auto state = root_.need_text("state")) {
        config.state = state->value;
        if (config.state.front() != '/') root_.fail("state", "'state' must be an absolute path");
    }
    repeat_ = root_.duration("repeat", 1s, 1h).value_or(repeat_);
    if (const auto table = root_.table("listen")) listen(*table);
    for (const TomlTable& table : root_.tables("ward")) ward(table);
    for (const TomlTable& table : root_.tables("webhook")) webhook(table);
    for (const TomlTable& table : root_.tables("mail")) mail(table);
    // A ward whose secret is missing has a mistake of its own.
    if (wards_.empty()) root_.fail("no [[ward]]: nobody would be watched");
    if (channels_.empty()) root_.fail("no [[webhook]] and no [[mail]]: nobody would hear an alarm");
    if (wards_.size() > wards_max) root_.fail(fmt::format("more than {} wards", wards_max));
    if (channels_.size() > channels_max) root_.fail(fmt::format("more than {} channels", channels_max));
    for (const Diagnostic& mistake : file_.finish()) loaded_.mistakes.push_back(mistake.text());
    return std::move(loaded_);
}

void Reader::listen(const TomlTable& table)
{
    ListenConfig& out = loaded_.config.listen;
    if (const auto text = table.text("address")) {
        const auto colon = text->value.rfind(':');
        std::string host = text->value.substr(0, colon);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
        const std::string port = colon == std::string::npos ? "" : text->value.substr(colon + 1);
        const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
        boost::system::error_code error;
        static_cast<void>(boost::asio::ip::make_address(host, error));
        if (error || port.empty() || read.ec != std::errc{} || read.ptr != port.data() + port.size())
            table.fail("address", "'address' must be an address and a port, as \"127.0.0.1:8600\"");
        out.host = host;
    }
    for (auto [name, value] : {std::pair{"certificate", &out.certificate}, std::pair{"key", &out.key}}) {
        if (const auto read = secret(table, name, false)) *value = read->reveal();
    }
    if (table.has("certificate") != table.has("key")) table.fail("'certificate' and 'key' belong together");
    if (!out.certificate.empty() && !out.key.empty()) {
        if (const auto mistake = tls_mistake(out)) table.fail(mistake->key, mistake->why);
    }
    if (!table.has("certificate") && !is_loopback(out.host))
        table.fail("address", "elsewhere than loopback it needs TLS: 'certificate' and 'key'");
}

std::string Reader::new_name(const TomlTable& table, std::set<std::string>& names)
{
    const auto name = table.need_text("name");
    if (!name) return "";
    if (!names.insert(name->value).second) table.fail("name", "the name '" + name->value + "' is taken");
    return name->value;
}

std::optional<Secret> Reader::secret(const TomlTable& table, const char* key, bool needed)
{
    const auto reference = needed ? table.need_text(key) : table.text(key);
    if (!reference) return std::nullopt;
    if (!is_secret_reference(reference->value)) {
        table.fail(key, "must be \"credential:NAME\" or \"file:/path\", never the secret itself");
        return std::nullopt;
    }
    auto loaded = load_secret(reference->value);
    if (const auto* error = std::get_if<SecretError>(&loaded)) {
        table.fail(key, error->reason);
        loaded_.unread = true;
        return std::nullopt;
    }
    return std::get<Secret>(std::move(loaded));
}

std::optional<Secret> Reader::signing(const TomlTable& table)
{
    const auto text = secret(table, "secret", true);
    if (!text) return std::nullopt;
    auto key = signing_key(text->reveal());
    if (!key) {
        table.fail("secret", "is no signing key: whsec_ and base64 of 24 to 64 bytes");
        return std::nullopt;
    }
    return Secret{std::move(*key)};
}

// It is read anew for each message; that it cannot be read must not be found out by the first alarm.
std::string Reader::ca_file(const TomlTable& table)
{
    const auto path = table.text("ca_file");
    if (!path) return "";
    if (const auto text = read_text_file(path->value); std::holds_alternative<Diagnostic>(text)) {
        table.fail("ca_file", fmt::format("'{}' cannot be read", path->value));
        loaded_.unread = true;
    } else if (std::get<std::string>(text).find("-----BEGIN CERTIFICATE-----") == std::string::npos)
        table.fail("ca_file", fmt::format("'{}' holds no certificate (PEM)", path->value));
    return path->value;
}

void Reader::ward(const TomlTable& table)
{
    Rules rules;
    rules.name = new_name(table, wards_);
    if (const auto label = table.need_text("label")) {
        rules.label = label->value;
        if (label->value.size() > label_max || !is_plain(label->value))
            table.fail("label", fmt::format("at most {} plain letters, digits and signs: it stands in a text message",
                                            label_max));
    }
    rules.every = table.duration("every", 1s, 5min).value_or(rules.every);
    rules.misses = static_cast<unsigned>(table.integer("misses", 2, 20).value_or(rules.misses));
    rules.oldest_data = table.duration("oldest_data", 10s, 1h).value_or(rules.oldest_data);
    rules.accept_fewer = table.duration("accept_fewer", 1min, 24h).value_or(rules.accept_fewer);
    rules.planned_stop = table.duration("planned_stop", 1min, 1h).value_or(rules.planned_stop);
    rules.simulation = table.boolean("simulation").value_or(false);
    rules.repeat = repeat_;
    auto key = signing(table);
    if (!key) return;
    const auto same = [&](const WardConfig& one) { return one.key.reveal() == key->reveal(); };
    const auto& wards = loaded_.config.wards;
    if (std::any_of(wards.begin(), wards.end(), same)) table.fail("secret", "two wards must not share a secret");
    loaded_.config.wards.push_back({std::move(rules), std::move(*key)});
}

void Reader::webhook(const TomlTable& table)
{
    std::string name = new_name(table, channels_);
    const auto url = table.need_text("url");
    if (url) {
        if (const std::string wrong = wrong_url(url->value); !wrong.empty()) table.fail("url", wrong);
    }
    auto key = signing(table);
    std::string authority = ca_file(table);
    if (url && key)
        loaded_.config.webhooks.push_back({std::move(name), url->value, std::move(*key), std::move(authority)});
}

void Reader::mail(const TomlTable& table)
{
    MailConfig out;
    out.name = new_name(table, channels_);
    if (const auto host = table.need_text("host")) {
        out.host = host->value;
        const bool good = std::all_of(out.host.begin(), out.host.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        });
        if (!good) table.fail("host", "'host' must be a name or an IPv4 address");
    }
    out.port = static_cast<std::uint16_t>(table.integer("port", 1, 65535).value_or(out.port));
    out.starttls = table.boolean("starttls").value_or(true);
    if (!out.starttls && !is_loopback(out.host))
        table.fail("starttls", "mail must not leave the machine unencrypted");
    if (const auto from = table.need_text("from")) {
        out.from = from->value;
        if (!is_address(out.from)) table.fail("from", "is no mail address");
    }
    for (const TomlText& to : table.texts("to").value_or(std::vector<TomlText>{})) {
        out.to.push_back(to.value);
        if (!is_address(to.value)) table.fail("to", fmt::format("entry {} is no mail address", out.to.size()));
    }
    if (out.to.empty()) table.fail("to", "'to' names nobody");
    if (const auto user = table.text("user")) out.user = user->value;
    if (table.has("user") != table.has("password")) table.fail("'user' and 'password' belong together");
    if (auto password = secret(table, "password", false)) out.password = std::move(*password);
    out.ca_file = ca_file(table);
    loaded_.config.mails.push_back(std::move(out));
}

} // namespace

LoadedConfig read_config(const std::string& name, std::string text)
{
    return Reader{name, std::move(text)}.read();
}

LoadedConfig load_config(const std::string& path)
{
    auto text = read_text_file(path);
    if (const auto* mistake = std::get_if<Diagnostic>(&text)) {
        LoadedConfig none;
        none.mistakes.push_back(mistake->text());
        none.unread = true;
        return none;
    }
    return read_config(path, std::move(std::get<std::string>(text)));
}

} // namespace magwatch::deadman
