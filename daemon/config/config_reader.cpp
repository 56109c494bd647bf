#include "daemon/config/config_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "daemon/config/reading.hpp"
#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"

namespace magwatch {
namespace config_reading {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_beds = 256;    // far above any ward; bounds every per-bed structure
constexpr std::size_t longest_label = 40; // of a screen's head line
constexpr std::uint64_t mebibyte = 1ULL << 20;

} // namespace

bool is_name(std::string_view text)
{
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), good) &&
           text.front() != '-' && text.front() != '.';
}

LoadedConfig ConfigReader::run()
{
    ward();
    beds();
    modbus();
    hl7();
    callbacks(); // before the gateways, whose messages name its address
    gateways();  // before the people whom they reach
    people();
    rosters(); // of people, and before the ladders that name them
    escalation();
    pager();
    http();
    for (const TomlTable& table : root_.tables("heartbeat")) heartbeat(table);
    journal();
    metrics();
    rules();
    protocol();
    freshness();
    cross_check();
    LoadedConfig loaded;
    loaded.understood = file_.asked();
    loaded.errors = file_.finish();
    loaded.errors.insert(loaded.errors.end(), elsewhere_.begin(), elsewhere_.end());
    loaded.notes = std::move(notes_);
    if (loaded.errors.empty()) loaded.config = std::move(config_);
    return loaded;
}

std::optional<std::string> ConfigReader::new_name(const TomlTable& table, std::string_view key,
                                                  std::set<std::string>& taken,
                                                  std::string_view what)
{
    const auto name = table.need_text(key);
    if (!name) return std::nullopt;
    if (!is_name(name->value)) {
        table.fail(
            key,
            fmt::format("'{}': a {} is 1 to 32 of a-z 0-9 - _ . and begins with a letter or digit",
                        key, what));
        return std::nullopt;
    }
    if (!taken.insert(name->value).second) {
        table.fail(key, fmt::format("a second {} '{}'", what, name->value));
        return std::nullopt;
    }
    return name->value;
}

bool ConfigReader::is_bed(const TomlText& alias)
{
    if (aliases_.contains(alias.value)) return true;
    file_.fail(alias.at, fmt::format("no bed has the alias '{}'{}", alias.value,
                                     did_you_mean(alias.value, aliases_)));
    return false;
}

std::optional<std::string> ConfigReader::known_bed(const TomlTable& table, std::string_view key)
{
    const auto alias = table.need_text(key);
    if (!alias || !is_bed(*alias)) return std::nullopt;
    return alias->value;
}

std::string ConfigReader::plain_text(const TomlTable& table, std::string_view key,
                                     std::size_t longest)
{
    const auto text = table.text(key);
    if (!text) return "";
    if (text->value.size() > longest || !is_printable(text->value)) {
        table.fail(key, fmt::format("'{}' must be at most {} plain characters, so that it always fits: it "
                                    "has {}",
                                    key, longest, text->value.size()));
        return "";
    }
    return text->value;
}

std::string ConfigReader::secret_reference(const TomlTable& table, std::string_view key)
{
    const auto reference = table.text(key);
    if (!reference) return "";
    if (is_secret_reference(reference->value)) return config_.secrets.emplace_back(reference->value);
    table.fail(
        key, fmt::format("'{}' never holds the secret itself: write \"credential:NAME\" (systemd's "
                         "LoadCredential=NAME:/path) or \"file:/path\"",
                         key));
    return "";
}

std::optional<ReferencedFile> ConfigReader::referenced(const TomlTable& table, std::string_view key)
{
    const auto named = table.need_text(key);
    if (!named) return std::nullopt;
    const std::string path = (folder_ / named->value).lexically_normal().string();
    auto text = read_(path);
    if (const auto* problem = std::get_if<Diagnostic>(&text)) {
        table.fail(key, fmt::format("{} {}", path, problem->message));
        return std::nullopt;
    }
    return ReferencedFile{path, std::get<std::string>(std::move(text))};
}

std::optional<Endpoint> ConfigReader::listen_address(const TomlTable& table, std::string_view key)
{
    const auto text = table.text(key);
    if (!text) return std::nullopt;
    auto address = parse_listen_address(text->value);
    if (!address)
        table.fail(key, fmt::format(
                            "'{}' must be an address and a port, such as \"127.0.0.1:8300\"", key));
    return address;
}

std::vector<std::string> ConfigReader::peer_addresses(const TomlTable& table, std::string_view key)
{
    std::vector<std::string> addresses;
    for (const TomlText& from : table.texts(key).value_or(std::vector<TomlText>{})) {
        std::array<unsigned char, 16> binary{};
        if (inet_pton(AF_INET, from.value.c_str(), binary.data()) != 1 &&
            inet_pton(AF_INET6, from.value.c_str(), binary.data()) != 1)
            file_.fail(from.at, fmt::format("'{}' is not an address", from.value));
        addresses.push_back(from.value);
    }
    return addresses;
}

std::optional<Endpoint> ConfigReader::destination(const TomlTable& table)
{
    const auto host = table.need_text("host");
    const auto port = table.integer("port", 1, 65535);
    if (!host) return std::nullopt;
    const auto odd = [](char c) {
        return c <= 0x20 || c >= 0x7F || c == '/' || c == '@' || c == '[' || c == ']';
    };
    if (host->value.size() > 253 || std::any_of(host->value.begin(), host->value.end(), odd)) {
        table.fail("host", "'host' must be a name or an address without port");
        return std::nullopt;
    }
    return Endpoint{host->value, static_cast<std::uint16_t>(port.value_or(0))};
}

void ConfigReader::ward()
{
    const auto table = root_.table("ward");
    if (!table) {
        if (!root_.has("ward")) root_.fail("missing the table [ward]");
        return;
    }
    std::set<std::string> none;
    config_.ward.name = new_name(*table, "name", none, "ward name").value_or("");
    config_.label = plain_text(*table, "label", longest_label);
    if (config_.label.empty()) config_.label = config_.ward.name;
    const auto mode = table->need_choice("mode", {"ward", "demo", "replay"});
    if (mode) config_.ward.mode = static_cast<Mode>(*mode);
    config_.ward.callback = plain_text(*table, "phone", callback_max);
    config_.ward.emergency = plain_text(*table, "emergency_number", emergency_max);
}

void ConfigReader::beds()
{
    std::set<std::string> places;
    for (const TomlTable& table : root_.tables("bed")) {
        BedConfiguration bed;
        const auto alias = new_name(table, "alias", aliases_, "bed alias");
        bed.place = plain_text(table, "place", place_max);
        if (!table.has("place"))
            table.fail("missing 'place': how a page names the bed, such as \"Ward L4 Bed 3\"");
        else if (!bed.place.empty() && !places.insert(bed.place).second)
            table.fail("place",
                       fmt::format("two beds are called '{}': a page could not tell them apart",
                                   bed.place));
        if (!alias) continue;
        bed.alias = *alias;
        config_.ward.beds.push_back(std::move(bed));
    }
    if (config_.ward.beds.size() > most_beds)
        root_.fail("bed", fmt::format("{} beds: at most {} are possible", config_.ward.beds.size(),
                                      most_beds));
}

void ConfigReader::http()
{
    const auto table = root_.table("http");
    if (!table) return;
    if (const auto listen = listen_address(*table, "listen")) {
        config_.http.listen = *listen;
    }
    http_tls(*table);
    if (const auto path = table->text("socket")) {
        constexpr std::size_t longest_socket_path = 107; // sun_path
        if (!path->value.starts_with('/') || path->value.size() > longest_socket_path)
            table->fail("socket", "'socket' must be an absolute path of at most 107 characters");
        config_.http.socket_path = path->value;
    }
    if (const auto root = table->text("web_root"))
        config_.http.web_root = (folder_ / root->value).lexically_normal().string();
    if (const auto boards = table->integer("boards_expected", 0, 32))
        config_.http.boards_expected = static_cast<std::uint32_t>(*boards);
}

// What leaves this machine is encrypted, and reached under names that somebody chose.
void ConfigReader::http_tls(const TomlTable& table)
{
    HttpConfig& http = config_.http;
    http.certificate = secret_reference(table, "tls_certificate");
    http.key = secret_reference(table, "tls_key");
    const bool tls = table.has("tls_certificate") && table.has("tls_key");
    if (table.has("tls_certificate") != table.has("tls_key"))
        table.fail("'tls_certificate' and 'tls_key' belong together");
    for (const TomlText& host : table.texts("hosts").value_or(std::vector<TomlText>{})) {
        auto name = own_name(host.value);
        if (name) http.hosts.push_back(std::move(*name));
        else file_.fail(host.at, fmt::format("'{}' is neither a name nor an address, without a port", host.value));
    }
    constexpr std::size_t most_hosts = 16;
    if (http.hosts.size() > most_hosts)
        table.fail("hosts", fmt::format("at most {} names are possible", most_hosts));
    if (!http.hosts.empty() && !tls)
        table.fail("hosts", "other names than those of loopback need TLS: give 'tls_certificate' and 'tls_key'");
    if (!is_loopback(http.listen.host) && !tls)
        table.fail("listen", "off this machine the board needs TLS: give 'tls_certificate' and 'tls_key', or listen on "
                             "127.0.0.1 or [::1]");
    if (!is_loopback(http.listen.host) && tls && http.hosts.empty())
        table.fail("listen", "nobody could reach it: list in 'hosts' the names or addresses under which other PCs do");
    if (!tls || !checks_.certificate || http.certificate.empty() || http.key.empty()) return;
    CertificateVerdict verdict = checks_.certificate(http);
    for (std::string& wrong : verdict.mistakes) table.fail("tls_certificate", std::move(wrong));
    for (std::string& note : verdict.notes) notes_.push_back(std::move(note));
}

void ConfigReader::metrics()
{
    const auto table = root_.table("metrics");
    if (table) config_.metrics.clinical = table->boolean("clinical");
}

void ConfigReader::journal()
{
    const auto table = root_.table("journal");
    if (!table) return;
    JournalConfig& journal = config_.journal;
    if (const auto directory = table->text("directory"))
        journal.directory = (folder_ / directory->value).lexically_normal().string();
    journal.keep = table->duration("keep", 24h, 24h * 3650).value_or(journal.keep);
    journal.keep_history =
        table->duration("keep_history", 1h, 24h * 3650).value_or(journal.keep_history);
    journal.keep_audit = table->duration("keep_audit", 24h, 24h * 3650).value_or(journal.keep_audit);
    journal.backup_within = table->duration("backup_within", 1h, 24h * 60).value_or(journal.backup_within);
    if (const auto size = table->integer("max_mib", 16, 1'000'000))
        journal.max_bytes = static_cast<std::uint64_t>(*size) * mebibyte;
    if (const auto size = table->integer("max_history_mib", 16, 1'000'000))
        journal.max_history_bytes = static_cast<std::uint64_t>(*size) * mebibyte;
    if (const auto size = table->integer("max_audit_mib", 16, 1'000'000))
        journal.max_audit_bytes = static_cast<std::uint64_t>(*size) * mebibyte;
}

void ConfigReader::rules()
{
    const auto table = root_.table("rules");
    if (!table) return;
    auto pack = referenced(*table, "pack");
    if (const auto limits = table->table("limits")) {
        for (const TomlText& key : limits->keys())
            if (const auto value = limits->text(key.value))
                config_.ward.limits.push_back({key.value, value->value});
    }
    if (!pack) return;
    const std::filesystem::path file{pack->path};
    if (config_.ward.mode == Mode::ward && file.filename() == "example.toml")
        table->fail("pack", "the example pack runs in mode \"demo\" or \"replay\" only: a ward "
                            "needs its own site profile, "
                            "approved by its clinical safety lead");
    if (checks_.pack) {
        auto verdict = checks_.pack(*pack, config_.ward.mode, config_.ward.limits, read_);
        elsewhere_.insert(elsewhere_.end(), verdict.errors.begin(), verdict.errors.end());
        notes_.insert(notes_.end(), verdict.notes.begin(), verdict.notes.end());
        pack->text = std::move(verdict.text);
    }
    config_.pack_path = pack->path;
    config_.ward.pack_name = file.filename().string();
    config_.ward.pack_text = std::move(pack->text);
}

// The text enters the core whole, so that a replay of the journal needs nothing else.
void ConfigReader::protocol()
{
    const auto table = root_.table("protocol");
    std::optional<ReferencedFile> file;
    if (table) file = referenced(*table, "file");
    if (table && !file) return; // that is told
    if (checks_.protocol && (file || !config_.ward.beds.empty())) {
        const auto errors = checks_.protocol(file ? &*file : nullptr, config_.ward.mode);
        for (const Diagnostic& error : errors) {
            if (error.file.empty()) root_.fail(error.message);
            else elsewhere_.push_back(error);
        }
    }
    if (!file) return;
    config_.protocol_path = file->path;
    config_.ward.protocol_name = std::filesystem::path{file->path}.filename().string();
    config_.ward.protocol_text = std::move(file->text);
}

void ConfigReader::freshness()
{
    const auto table = root_.table("freshness");
    if (!table) return;
    for (const TomlText& key : table->keys()) {
        const auto signal = signal_from(key.value);
        if (!signal) continue; // finish() calls it unknown
        if (const auto limit = table->duration(key.value, 5s, 24h))
            config_.ward.freshness.push_back({*signal, *limit});
    }
    for (std::size_t i = 0; i < signal_count; ++i) (void)table->has(name(static_cast<Signal>(i)));
}

void ConfigReader::cross_check()
{
    if (reaches_smtp_ && !config_.pager.smtp)
        root_.fail("a person is reached by mail, but there is no [pager.smtp]");
    if (config_.ward.beds.empty()) {
        if (!root_.has("bed")) notes_.emplace_back("no bed is configured: magwatch watches nobody");
        return;
    }
    if (!root_.has("escalation"))
        root_.fail("there are beds, but no [escalation.high]: nobody would be told");
    if (!root_.has("rules")) root_.fail("there are beds, but no [rules] with a 'pack'");
    if (config_.ward.callback.empty())
        notes_.emplace_back("[ward] has no 'phone': pages will carry no number to ring back");
    std::set<std::string> heard;
    for (const ModbusDeviceConfig& device : config_.modbus) heard.insert(device.bed);
    if (config_.hl7) return; // a gateway may speak for any bed
    for (const BedConfiguration& bed : config_.ward.beds)
        if (!heard.contains(bed.alias))
            notes_.push_back(
                fmt::format("{} has no device: it relies on charted checks", bed.alias));
}

} // namespace config_reading

std::string Endpoint::text() const
{
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

std::optional<Endpoint> parse_listen_address(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string host{text.substr(0, colon)};
    const std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    std::array<unsigned char, 16> binary{};
    if (inet_pton(bracketed ? AF_INET6 : AF_INET, host.c_str(), binary.data()) != 1)
        return std::nullopt;
    std::uint16_t port = 0;
    const char* end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return Endpoint{std::move(host), port};
}

std::optional<std::string> own_name(std::string_view text)
{
    std::string name = lower(text);
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
    in6_addr six{};
    if (inet_pton(AF_INET6, name.c_str(), &six) == 1) {
        std::array<char, INET6_ADDRSTRLEN> shortest{}; // as browsers write it
        (void)inet_ntop(AF_INET6, &six, shortest.data(), shortest.size());
        return fmt::format("[{}]", shortest.data());
    }
    constexpr std::size_t longest_name = 253;
    const auto odd = [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'); };
    const bool good = !name.empty() && name.size() <= longest_name && name.front() != '.' && name.front() != '-' &&
                      name.back() != '.' && std::none_of(name.begin(), name.end(), odd);
    if (!good || name != lower(text)) return std::nullopt;
    return name;
}

bool is_loopback(std::string_view host)
{
    if (host == "localhost" || host == "::1") return true;
    in_addr address{};
    return inet_pton(AF_INET, std::string{host}.c_str(), &address) == 1 &&
           (ntohl(address.s_addr) >> 24) == 127;
}

LoadedConfig parse_config(std::string text, const std::string& path, const FileReader& read,
                          const ConfigChecks& checks)
{
    TomlFile file{path, std::move(text)};
    if (file.failed()) return {std::nullopt, file.finish(), {}};
    return config_reading::ConfigReader{file, path, read, checks}.run();
}

LoadedConfig load_config(const std::string& path, const ConfigChecks& checks)
{
    auto text = read_text_file(path);
    if (const auto* problem = std::get_if<Diagnostic>(&text)) return {std::nullopt, {*problem}, {}};
    const FileReader read = [](const std::string& file) { return read_text_file(file); };
    return parse_config(std::get<std::string>(std::move(text)), path, read, checks);
}

} // namespace magwatch
