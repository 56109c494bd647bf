#include "daemon/config/config_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_beds = 256;    // far above any ward; bounds every per-bed structure
constexpr std::size_t longest_label = 40; // of a screen's head line
constexpr std::uint64_t mebibyte = 1ULL << 20;

bool is_name(std::string_view text)
{
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), good) &&
           text.front() != '-' && text.front() != '.';
}

bool is_printable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

struct Url {
    bool tls = false;
    std::string host;
};

// Only what a webhook needs: http(s)://host[:port]/path, no user part, no fragment.
std::optional<Url> parse_url(std::string_view text)
{
    Url url;
    url.tls = text.starts_with("https://");
    if (!url.tls && !text.starts_with("http://")) return std::nullopt;
    if (!is_printable(text) || text.find_first_of(" #\"<>\\") != std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(url.tls ? 8 : 7);
    const std::string_view authority = text.substr(0, text.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    const bool bracketed = authority.starts_with('[');
    const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && end == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    std::string_view port =
        end == std::string_view::npos ? "" : authority.substr(end + (bracketed ? 1 : 0));
    if (!port.empty()) {
        unsigned number = 0;
        const char* last = port.data() + port.size();
        const auto [rest, error] = std::from_chars(port.data() + 1, last, number);
        if (port.front() != ':' || error != std::errc{} || rest != last || number == 0 ||
            number > 65535)
            return std::nullopt;
    }
    return url.host.empty() ? std::nullopt : std::optional{url};
}

bool is_mail_address(std::string_view text)
{
    const std::size_t at = text.find('@');
    return is_printable(text) && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos &&
           text.find_first_of(" <>,;:\"()[]\\") == std::string_view::npos;
}

// Reads one file. Members are the sections; each notes its mistakes and goes on.
class ConfigReader
{
public:
    ConfigReader(TomlFile& file, const std::string& path, const FileReader& read,
                 const ConfigChecks& checks)
        : file_{file}, root_{file.root()}, folder_{std::filesystem::path{path}.parent_path()},
          read_{read}, checks_{checks}
    {
        config_.path = path;
        config_.text = file.text();
    }

    LoadedConfig run()
    {
        ward();
        beds();
        modbus();
        hl7();
        people();
        escalation();
        pager();
        http();
        journal();
        rules();
        freshness();
        cross_check();
        LoadedConfig loaded;
        loaded.errors = file_.finish();
        loaded.errors.insert(loaded.errors.end(), elsewhere_.begin(), elsewhere_.end());
        loaded.notes = std::move(notes_);
        if (loaded.errors.empty()) loaded.config = std::move(config_);
        return loaded;
    }

private:
    void ward();
    void beds();
    void modbus();
    void modbus_device(const TomlTable& table);
    void hl7();
    void hl7_source(const TomlTable& table, Hl7Config& hl7);
    void hl7_source_codes(const TomlTable& table, Hl7SourceConfig& source);
    void hl7_source_beds(const TomlTable& table, Hl7SourceConfig& source);
    void people();
    void person(const TomlTable& table);
    std::optional<Channel> channel(const TomlTable& table, const std::string& person_name,
                                   std::size_t index);
    void escalation();
    std::optional<LadderPolicy> ladder(const TomlTable& table);
    std::optional<Rung> rung(const std::vector<TomlText>& who);
    void last_rung_reaches_somebody(const TomlTable& table, const LadderPolicy& policy);
    void pager();
    void smtp(const TomlTable& table);
    void http();
    void journal();
    void rules();
    void freshness();
    void cross_check();

    // A name that must be new among `taken`; noted and nullopt otherwise.
    std::optional<std::string> new_name(const TomlTable& table, std::string_view key,
                                        std::set<std::string>& taken, std::string_view what);
    std::optional<std::string> known_bed(const TomlTable& table, std::string_view key);
    bool is_bed(const TomlText& alias);
    std::string plain_text(const TomlTable& table, std::string_view key, std::size_t longest);
    std::string secret_reference(const TomlTable& table, std::string_view key);
    std::optional<ReferencedFile> referenced(const TomlTable& table, std::string_view key);
    std::optional<Endpoint> listen_address(const TomlTable& table, std::string_view key);
    std::optional<Endpoint> destination(const TomlTable& table);

    TomlFile& file_;
    TomlTable root_;
    std::filesystem::path folder_;
    const FileReader& read_;
    const ConfigChecks& checks_;
    Config config_;
    std::vector<Diagnostic> elsewhere_; // mistakes in the files it names
    std::vector<std::string> notes_;
    std::set<std::string> aliases_, sources_, person_names_;
    std::map<std::string, std::vector<std::string>> roles_; // role -> people
    std::set<std::string> maps_checked_;
    bool reaches_smtp_ = false;
};

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
    if (is_secret_reference(reference->value)) return reference->value;
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

void ConfigReader::modbus()
{
    for (const TomlTable& table : root_.tables("modbus")) modbus_device(table);
}

void ConfigReader::modbus_device(const TomlTable& table)
{
    ModbusDeviceConfig device;
    const auto name = new_name(table, "name", sources_, "source name");
    const auto address = destination(table);
    if (address) device.address = *address;
    if (device.address.port == 0) device.address.port = 502;
    device.unit = static_cast<std::uint8_t>(table.integer("unit", 0, 255).value_or(1));
    const auto kind = table.choice("kind", {"monitor", "pump"});
    device.kind = kind == 1U ? SourceKind::pump : SourceKind::monitor;
    const auto bed = known_bed(table, "bed");
    auto map = referenced(table, "map");
    if (map && checks_.register_map && maps_checked_.insert(map->path).second) {
        const auto mistakes = checks_.register_map(*map);
        elsewhere_.insert(elsewhere_.end(), mistakes.begin(), mistakes.end());
    }
    if (!name || !address || !bed || !map) return;
    for (const ModbusDeviceConfig& other : config_.modbus)
        if (other.address == device.address && other.unit == device.unit)
            table.fail("host", fmt::format("'{}' and '{}' are the same unit of the same device",
                                           other.name, *name));
    device.name = *name;
    device.bed = *bed;
    device.map = std::move(*map);
    config_.ward.sources.push_back({device.name, device.kind, device.bed, Duration{0}, false});
    config_.modbus.push_back(std::move(device));
}

void ConfigReader::hl7()
{
    const auto table = root_.table("hl7");
    if (!table) return;
    Hl7Config hl7;
    if (!table->has("listen")) table->fail("missing 'listen', such as \"127.0.0.1:2575\"");
    const auto listen = listen_address(*table, "listen");
    if (listen) hl7.listen = *listen;
    for (const TomlText& from : table->texts("allow_from").value_or(std::vector<TomlText>{})) {
        std::array<unsigned char, 16> binary{};
        if (inet_pton(AF_INET, from.value.c_str(), binary.data()) != 1 &&
            inet_pton(AF_INET6, from.value.c_str(), binary.data()) != 1)
            file_.fail(from.at, fmt::format("'{}' is not an address", from.value));
        hl7.allow_from.push_back(from.value);
    }
    if (listen && !is_loopback(listen->host) && hl7.allow_from.empty())
        table->fail(
            "listen",
            "MLLP has neither encryption nor identity: list the senders in 'allow_from', or listen "
            "on 127.0.0.1");
    for (const TomlTable& source : table->tables("source")) hl7_source(source, hl7);
    if (hl7.sources.empty() && !table->has("source"))
        table->fail("[hl7] needs at least one [[hl7.source]]");
    config_.hl7 = std::move(hl7);
}

void ConfigReader::hl7_source(const TomlTable& table, Hl7Config& hl7)
{
    Hl7SourceConfig source;
    const auto name = new_name(table, "name", sources_, "source name");
    if (const auto text = table.text("application")) source.application = text->value;
    if (const auto text = table.text("facility")) source.facility = text->value;
    if (const auto zone = table.text("zone")) {
        source.zone = zone->value;
        if (checks_.zone && !checks_.zone(zone->value))
            table.fail(
                "zone",
                fmt::format(
                    "'zone': \"{}\" is neither an offset such as \"+01:00\" nor a POSIX rule such "
                    "as \"GMT0BST,M3.5.0/1,M10.5.0\"",
                    zone->value));
    }
    if (const auto pattern = table.text("bed_pattern")) {
        source.bed_pattern = pattern->value;
        const auto wrong = checks_.bed_pattern ? checks_.bed_pattern(pattern->value) : std::nullopt;
        if (wrong) table.fail("bed_pattern", fmt::format("'bed_pattern': {}", *wrong));
    }
    source.period = table.duration("period", 1s, 1h).value_or(Duration{0});
    source.accept_test_data = table.boolean("accept_test_data").value_or(false);
    if (source.accept_test_data && config_.ward.mode == Mode::ward)
        table.fail("accept_test_data",
                   "test data must never page on a ward: only in mode \"demo\" or \"replay\"");
    source.pumps_give_magnesium = table.boolean("pumps_give_magnesium").value_or(false);
    source.charting = table.boolean("charting").value_or(false);
    source.usable_with_status_x = table.boolean("usable_with_status_x").value_or(false);
    hl7_source_beds(table, source);
    hl7_source_codes(table, source);
    if (!name) return;
    for (const Hl7SourceConfig& other : hl7.sources)
        if (other.application == source.application && other.facility == source.facility)
            table.fail(fmt::format(
                "'{}' and '{}' match the same messages: set 'application' (MSH-3) or 'facility' "
                "(MSH-4)",
                other.name, *name));
    source.name = *name;
    config_.ward.sources.push_back({source.name, SourceKind::messages, "", source.period, false});
    hl7.sources.push_back(std::move(source));
}

void ConfigReader::hl7_source_beds(const TomlTable& table, Hl7SourceConfig& source)
{
    const auto beds = table.table("beds");
    if (!beds) return;
    for (const TomlText& key : beds->keys()) {
        const auto alias = known_bed(*beds, key.value);
        if (alias) source.beds.emplace(key.value, *alias);
    }
}

void ConfigReader::hl7_source_codes(const TomlTable& table, Hl7SourceConfig& source)
{
    for (const TomlTable& code : table.tables("code")) {
        CodeOverride override_of;
        const auto text = code.need_text("code");
        const auto signal_name = code.need_text("signal");
        const auto unit = code.text("unit");
        if (unit) {
            override_of.unit = unit_from(unit->value);
            if (!override_of.unit) code.fail("unit", fmt::format("unknown unit '{}'", unit->value));
        }
        if (!text || !signal_name) continue;
        const auto signal = signal_from(signal_name->value);
        if (!signal) {
            std::vector<std::string_view> names;
            for (std::size_t i = 0; i < signal_count; ++i)
                names.push_back(magwatch::name(static_cast<Signal>(i)));
            code.fail("signal", fmt::format("unknown signal '{}'{}", signal_name->value,
                                            did_you_mean(signal_name->value, names)));
            continue;
        }
        override_of.code = text->value;
        override_of.signal = *signal;
        source.codes.push_back(std::move(override_of));
    }
}

void ConfigReader::people()
{
    for (const TomlTable& table : root_.tables("person")) person(table);
}

void ConfigReader::person(const TomlTable& table)
{
    Person person;
    const auto name = new_name(table, "name", person_names_, "person");
    const auto role = table.text("role");
    if (role && !is_name(role->value)) table.fail("role", "'role' is 1 to 32 of a-z 0-9 - _ .");
    std::set<std::string> channel_names;
    std::size_t index = 0;
    for (const TomlTable& one : table.tables("channels")) {
        auto made = channel(one, name.value_or(""), index++);
        if (!made) continue;
        if (!channel_names.insert(made->name).second)
            one.fail(
                fmt::format("a second channel '{}' of this person: give it a 'name'", made->name));
        person.channels.push_back(std::move(*made));
    }
    if (!name) return;
    person.name = *name;
    if (role) roles_[role->value].push_back(*name);
    config_.ward.people.push_back(std::move(person));
}

std::optional<Channel> ConfigReader::channel(const TomlTable& table, const std::string& person_name,
                                             std::size_t index)
{
    const auto kind = table.need_choice("kind", {"webhook", "smtp"});
    if (!kind) {
        for (const char* key : {"name", "url", "secret", "to"}) (void)table.has(key);
        return std::nullopt;
    }
    Channel channel;
    channel.kind = *kind == 0 ? "webhook" : "smtp";
    channel.name = index == 0 ? channel.kind : fmt::format("{}-{}", channel.kind, index + 1);
    std::set<std::string> none;
    if (table.has("name"))
        channel.name = new_name(table, "name", none, "channel name").value_or(channel.name);
    if (channel.kind == "smtp") {
        const auto to = table.need_text("to");
        if (to && !is_mail_address(to->value))
            table.fail("to", fmt::format("'{}' is not a mail address", to->value));
        if (to) channel.address = to->value;
        reaches_smtp_ = true;
        return to ? std::optional{channel} : std::nullopt;
    }
    const auto url = table.need_text("url");
    const std::string secret = secret_reference(table, "secret");
    if (!table.has("secret")) table.fail("missing 'secret': webhooks are signed");
    if (!url) return std::nullopt;
    const auto parsed = parse_url(url->value);
    if (!parsed)
        table.fail("url", "'url' must be https://host[:port]/path, without user or fragment");
    else if (!parsed->tls && !is_loopback(parsed->host))
        table.fail("url",
                   "plain http leaves the machine unencrypted: use https (http only to 127.0.0.1)");
    channel.address = url->value;
    config_.pager.secrets.push_back({person_name, channel.name, secret});
    return channel;
}

void ConfigReader::escalation()
{
    const auto table = root_.table("escalation");
    if (!table) return;
    std::optional<LadderPolicy> high;
    for (const std::string_view priority : {"high", "medium", "technical"}) {
        const auto section = table->table(priority);
        std::optional<LadderPolicy> policy = high;
        // What is not high belongs to the ward first; a person is called when nobody there has dealt with it
        // (3 min, a design value).
        if (policy) policy->first_after = Duration{180'000};
        if (section) policy = ladder(*section);
        if (priority == "high") high = policy;
        LadderPolicy& target = priority == "high"     ? config_.ward.high
                               : priority == "medium" ? config_.ward.medium
                                                      : config_.ward.technical;
        if (policy) target = *policy;
    }
    if (!table->has("high")) table->fail("missing [escalation.high]");
}

std::optional<LadderPolicy> ConfigReader::ladder(const TomlTable& table)
{
    LadderPolicy policy;
    const auto rungs = table.text_lists("rungs");
    if (!table.has("rungs"))
        table.fail("missing 'rungs', such as [[\"bedside\"], [\"charge\", \"doctor\"]]");
    policy.first_after = table.duration("first_after", 0s, 10min).value_or(policy.first_after);
    policy.wait = table.duration("wait", 5s, 30min).value_or(policy.wait);
    policy.attend = table.duration("attend", 10s, 30min).value_or(policy.attend);
    policy.acknowledged = table.duration("acknowledged", 30s, 1h).value_or(policy.acknowledged);
    if (!rungs) return std::nullopt;
    if (rungs->empty()) table.fail("rungs", "'rungs' is empty: nobody would be told");
    bool good = !rungs->empty();
    for (const auto& who : *rungs) {
        if (who.empty()) table.fail("rungs", "an empty rung tells nobody");
        auto made = rung(who);
        good = good && made && !who.empty();
        if (made) policy.rungs.push_back(std::move(*made));
    }
    if (!good) return std::nullopt;
    last_rung_reaches_somebody(table, policy);
    return policy;
}

std::optional<Rung> ConfigReader::rung(const std::vector<TomlText>& who)
{
    Rung rung;
    bool good = true;
    for (const TomlText& name : who) {
        std::vector<std::string> people;
        if (person_names_.contains(name.value))
            people = {name.value};
        else if (const auto role = roles_.find(name.value); role != roles_.end())
            people = role->second;
        if (people.empty()) {
            std::vector<std::string> known{person_names_.begin(), person_names_.end()};
            for (const auto& [role, members] : roles_) known.push_back(role);
            file_.fail(name.at, fmt::format("no person or role '{}'{}", name.value,
                                            did_you_mean(name.value, known)));
            good = false;
        }
        for (const std::string& person : people)
            if (std::find(rung.people.begin(), rung.people.end(), person) == rung.people.end())
                rung.people.push_back(person);
    }
    return good ? std::optional{rung} : std::nullopt;
}

void ConfigReader::last_rung_reaches_somebody(const TomlTable& table, const LadderPolicy& policy)
{
    for (const Person& person : config_.ward.people)
        for (const std::string& name : policy.rungs.back().people)
            if (person.name == name && !person.channels.empty()) return;
    table.fail("rungs", "nobody on the last rung has a channel: the last rung repeats until "
                        "somebody comes, so it must "
                        "reach somebody");
}

void ConfigReader::pager()
{
    const auto table = root_.table("pager");
    if (!table) return;
    if (const auto section = table->table("smtp")) smtp(*section);
    config_.pager.answer_secret = secret_reference(*table, "answer_secret");
    const auto url = table->text("answer_url");
    if (!url) return;
    const auto parsed = parse_url(url->value);
    if (!parsed)
        table->fail("answer_url",
                    "'answer_url' must be http(s)://host[:port], where phones reach magwatch");
    else if (!parsed->tls && !is_loopback(parsed->host))
        table->fail("answer_url",
                    "answers must not travel as plain http: use https, or leave it out");
    config_.pager.answer_url = url->value;
}

void ConfigReader::smtp(const TomlTable& table)
{
    SmtpConfig smtp;
    const auto server = destination(table);
    if (server) smtp.server = *server;
    smtp.starttls = table.boolean("starttls").value_or(true);
    if (smtp.server.port == 0) smtp.server.port = smtp.starttls ? 587 : 25;
    const auto from = table.need_text("from");
    if (from && !is_mail_address(from->value))
        table.fail("from", fmt::format("'{}' is not a mail address", from->value));
    if (from) smtp.from = from->value;
    if (const auto user = table.text("user")) smtp.user = user->value;
    smtp.password = secret_reference(table, "password");
    if (smtp.user.empty() != smtp.password.empty())
        table.fail("'user' and 'password' belong together");
    if (server && !smtp.starttls && !is_loopback(server->host))
        table.fail("starttls", "mail without starttls is possible to 127.0.0.1 only");
    config_.pager.smtp = std::move(smtp);
}

void ConfigReader::http()
{
    const auto table = root_.table("http");
    if (!table) return;
    if (const auto listen = listen_address(*table, "listen")) {
        if (!is_loopback(listen->host))
            table->fail("listen", "this version listens on loopback only: 127.0.0.1 or [::1]");
        config_.http.listen = *listen;
    }
    if (const auto path = table->text("socket")) {
        constexpr std::size_t longest_socket_path = 107; // sun_path
        if (!path->value.starts_with('/') || path->value.size() > longest_socket_path)
            table->fail("socket", "'socket' must be an absolute path of at most 107 characters");
        config_.http.socket_path = path->value;
    }
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
    if (const auto size = table->integer("max_mib", 16, 1'000'000))
        journal.max_bytes = static_cast<std::uint64_t>(*size) * mebibyte;
    if (const auto size = table->integer("max_history_mib", 16, 1'000'000))
        journal.max_history_bytes = static_cast<std::uint64_t>(*size) * mebibyte;
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

} // namespace

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
    return ConfigReader{file, path, read, checks}.run();
}

LoadedConfig load_config(const std::string& path, const ConfigChecks& checks)
{
    auto text = read_text_file(path);
    if (const auto* problem = std::get_if<Diagnostic>(&text)) return {std::nullopt, {*problem}, {}};
    const FileReader read = [](const std::string& file) { return read_text_file(file); };
    return parse_config(std::get<std::string>(std::move(text)), path, read, checks);
}

} // namespace magwatch
