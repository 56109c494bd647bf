// The sections of whom to tell and how: [[person]], [escalation] and [pager].
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "adapters/pagers/sms_template.hpp"
#include "adapters/pagers/snpp_dialogue.hpp"
#include "daemon/config/reading.hpp"

namespace magwatch::config_reading {
namespace {

using namespace std::chrono_literals;

bool is_mail_address(std::string_view text)
{
    const std::size_t at = text.find('@');
    return is_printable(text) && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos &&
           text.find_first_of(" <>,;:\"()[]\\") == std::string_view::npos;
}

// Whether what people type in answer to this channel's pages is heard: "17Y".
bool hears_typed_codes(const Config& config, const Channel& channel)
{
    if (channel.kind != "sms") return false; // other two-way kinds offer their answers to choose from
    const std::string gateway = channel.address.substr(0, channel.address.find(' '));
    for (const SmsGatewayConfig& one : config.pager.sms)
        if (one.name == gateway) return config.callbacks && one.callback && !one.callback->text.empty();
    return false;
}

} // namespace

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
    person.together = table.boolean("channels_together").value_or(false);
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
    static const std::vector<std::string_view> kinds{"webhook", "sms", "snpp", "smtp", "alertmanager", "ntfy", "wctp",
        "pcd04"};
    const auto kind = table.need_choice("kind", kinds);
    if (!kind) {
        for (const char* key : {"name", "url", "secret", "to", "gateway", "pager", "topic", "recipient", "detail",
                                "encrypted"})
            (void)table.has(key);
        return std::nullopt;
    }
    Channel channel;
    channel.kind = kinds[*kind];
    channel.name = index == 0 ? channel.kind : fmt::format("{}-{}", channel.kind, index + 1);
    std::set<std::string> none;
    if (table.has("name"))
        channel.name = new_name(table, "name", none, "channel name").value_or(channel.name);
    auto made = channel_of_kind(table, std::move(channel), person_name);
    if (!made) {
        (void)table.has("detail");
        (void)table.has("encrypted");
        return std::nullopt;
    }
    values_of(table, *made);
    made->replies = hears_typed_codes(config_, *made);
    return made;
}

std::optional<Channel> ConfigReader::channel_of_kind(const TomlTable& table, Channel channel,
                                                     const std::string& person_name)
{
    if (channel.kind == "sms") return sms_channel(table, std::move(channel));
    if (channel.kind == "snpp") return snpp_channel(table, std::move(channel));
    if (channel.kind == "alertmanager" || channel.kind == "pcd04") return gateway_channel(table, std::move(channel));
    if (channel.kind == "ntfy") return ntfy_channel(table, std::move(channel));
    if (channel.kind == "wctp") return wctp_channel(table, std::move(channel));
    if (channel.kind == "webhook") return webhook_channel(table, std::move(channel), person_name);
    const auto to = table.need_text("to");
    if (to && !is_mail_address(to->value))
        table.fail("to", fmt::format("'{}' is not a mail address", to->value));
    if (to) channel.address = to->value;
    reaches_smtp_ = true;
    return to ? std::optional{channel} : std::nullopt;
}

std::optional<TomlText> ConfigReader::known_gateway(const TomlTable& table, const std::string& kind)
{
    auto gateway = table.need_text("gateway");
    if (gateway && !gateways_[kind].contains(gateway->value))
        table.fail("gateway", fmt::format("there is no [[pager.{}]] named '{}'", kind, gateway->value));
    return gateway;
}

std::optional<Channel> ConfigReader::snpp_channel(const TomlTable& table, Channel channel)
{
    const auto gateway = known_gateway(table, channel.kind);
    const auto pager = table.need_text("pager");
    if (pager && !adapters::is_snpp_word(pager->value))
        table.fail("pager", fmt::format("'{}' is not the id of a pager: one word of at most 64 characters",
                                        pager->value));
    if (!gateway || !pager) return std::nullopt;
    channel.address = gateway->value + " " + pager->value;
    return channel;
}

std::optional<Channel> ConfigReader::sms_channel(const TomlTable& table, Channel channel)
{
    const auto gateway = known_gateway(table, channel.kind);
    const auto to = table.need_text("to");
    if (to && !adapters::is_phone_number(to->value))
        table.fail("to", fmt::format("'{}' is not a telephone number with its country: \"+447700900123\"",
                                     to->value));
    if (!gateway || !to) return std::nullopt;
    channel.address = gateway->value + " " + to->value;
    return channel;
}

std::optional<Channel> ConfigReader::webhook_channel(const TomlTable& table, Channel channel,
                                                     const std::string& person_name)
{
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

// Values travel only where the site has said that everything on the way is encrypted, and where what we see of it is.
void ConfigReader::values_of(const TomlTable& table, Channel& channel)
{
    const auto detail = table.choice("detail", {"words", "values"});
    const bool encrypted = table.boolean("encrypted").value_or(false);
    if (!detail || *detail == 0) return;
    const auto refuse = [&](std::string_view why) {
        table.fail("detail", fmt::format("a page of this channel cannot carry values: {}", why));
    };
    std::string url = channel.address;
    if (channel.kind == "ntfy") {
        const std::string server = channel.address.substr(0, channel.address.find(' '));
        for (const NtfyConfig& one : config_.pager.ntfy)
            if (one.name == server) url = one.url;
    } else if (channel.kind == "smtp") {
        return refuse("mail is encrypted to the next server only, and kept in the clear after it");
    } else if (channel.kind != "webhook") {
        return refuse(fmt::format("'{}' does not encrypt messages up to the person", channel.kind));
    }
    if (!url.starts_with("https://")) return refuse("plain http is not encrypted");
    if (!encrypted)
        return refuse("say 'encrypted = true' if everything behind this address is encrypted too, up to the person");
    channel.values = true;
}

void ConfigReader::escalation()
{
    const auto table = root_.table("escalation");
    if (!table) return;
    special_policies(*table);
    std::optional<LadderPolicy> high;
    for (const std::string_view priority : {"high", "medium", "technical"}) {
        const auto section = table->table(priority);
        std::optional<LadderPolicy> policy = high;
        // What is not high belongs to the ward first; a person is called when nobody there has dealt with it
        // (3 min, a design value).
        if (policy) policy->first_after = Duration{180'000};
        if (section) policy = ladder(*section, priority == "high");
        if (priority == "high") high = policy;
        LadderPolicy& target = priority == "high"     ? config_.ward.high
                               : priority == "medium" ? config_.ward.medium
                                                      : config_.ward.technical;
        if (policy) target = *policy;
    }
    if (!table->has("high")) table->fail("missing [escalation.high]");
}

void ConfigReader::special_policies(const TomlTable& table)
{
    std::set<std::string> names;
    for (const TomlTable& one : table.tables("policy")) {
        SpecialPolicy policy;
        policy.name = new_name(one, "name", names, "policy").value_or("");
        if (const auto kind = one.choice("kind", {"physiological", "technical"}))
            policy.kind = *kind == 0 ? AlarmKind::physiological : AlarmKind::technical;
        if (const auto priority = one.choice("priority", {"high", "medium", "low"}))
            policy.priority = *priority == 0   ? Priority::high
                              : *priority == 1 ? Priority::medium
                                               : Priority::low;
        if (const auto grade = one.integer("grade", 0, 2)) policy.grade = static_cast<std::uint8_t>(*grade);
        for (const SpecialPolicy& before : config_.ward.policies) {
            const bool hidden = (!before.kind || before.kind == policy.kind) &&
                                (!before.priority || before.priority == policy.priority) &&
                                (!before.grade || before.grade == policy.grade);
            if (!hidden) continue;
            one.fail(fmt::format("never used: '{}' stands before it and fits every call that this one fits",
                                 before.name));
            break;
        }
        auto made = ladder(one, policy.priority.value_or(Priority::high) == Priority::high);
        if (!made) continue;
        policy.ladder = std::move(*made);
        config_.ward.policies.push_back(std::move(policy));
    }
}

std::optional<LadderPolicy> ConfigReader::ladder(const TomlTable& table, bool may_be_high)
{
    LadderPolicy policy;
    policy.first_after = table.duration("first_after", 0s, 10min).value_or(policy.first_after);
    policy.wait = table.duration("wait", 5s, 30min).value_or(policy.wait);
    policy.attend = table.duration("attend", 10s, 30min).value_or(policy.attend);
    policy.acknowledged = table.duration("acknowledged", 30s, 1h).value_or(policy.acknowledged);
    policy.follow_ups = table.boolean("follow_ups").value_or(true);
    quiet_of(table, policy, may_be_high);
    if (!rungs(table, policy)) return std::nullopt;
    last_rung_reaches_somebody(table, policy);
    return policy;
}

void ConfigReader::quiet_of(const TomlTable& table, LadderPolicy& policy, bool may_be_high)
{
    const auto quiet = table.text("quiet");
    const auto hold = table.duration("quiet_hold", 1min, 4h);
    if (hold) policy.quiet_hold = *hold;
    if (hold && !quiet) table.fail("quiet_hold", "'quiet_hold' belongs to a 'quiet'");
    if (!quiet) return;
    policy.quiet = quiet->value;
    if (may_be_high)
        table.fail("quiet", "quiet hours hold pages back, and nothing may hold the first page of a high call: only a "
                            "policy that no high call fits can have them");
    else if (!quiet_names_.contains(quiet->value))
        table.fail("quiet", fmt::format("there is no [[quiet]] named '{}'{}", quiet->value,
                                        did_you_mean(quiet->value, quiet_names_)));
}

bool ConfigReader::rungs(const TomlTable& table, LadderPolicy& policy)
{
    const auto rungs = table.texts_or_tables("rungs");
    if (!table.has("rungs"))
        table.fail("missing 'rungs', such as [[\"bedside\"], [\"charge\", \"doctor\"]]");
    if (!rungs) return false;
    if (rungs->empty()) table.fail("rungs", "'rungs' is empty: nobody would be told");
    bool good = !rungs->empty();
    for (const auto& item : *rungs) {
        const bool empty = !item.table && item.texts.empty();
        if (empty) table.fail("rungs", "an empty rung tells nobody");
        auto made = item.table ? rung_table(*item.table, policy.rungs.empty()) : rung(item.texts);
        good = good && made && !empty;
        if (made) policy.rungs.push_back(std::move(*made));
    }
    return good;
}

std::optional<Rung> ConfigReader::rung_table(const TomlTable& table, bool first)
{
    const auto who = table.texts("who");
    const auto wait = table.duration("wait", 5s, 30min);
    const bool together = table.boolean("together").value_or(false);
    if (together && first) table.fail("together", "the first rung has none before it to ring together with");
    if (!table.has("who") || (who && who->empty())) table.fail("missing 'who': an empty rung tells nobody");
    if (!who || who->empty()) return std::nullopt;
    auto made = rung(*who);
    if (!made) return std::nullopt;
    made->wait = wait.value_or(Duration{});
    made->together = together;
    return made;
}

std::optional<Rung> ConfigReader::rung(const std::vector<TomlText>& who)
{
    Rung rung;
    bool good = true;
    for (const TomlText& name : who) {
        std::vector<std::string> people;
        if (person_names_.contains(name.value) || roster_names_.contains(name.value))
            people = {name.value};
        else if (const auto role = roles_.find(name.value); role != roles_.end())
            people = role->second;
        if (people.empty()) {
            std::vector<std::string> known{person_names_.begin(), person_names_.end()};
            known.insert(known.end(), roster_names_.begin(), roster_names_.end());
            for (const auto& [role, members] : roles_) known.push_back(role);
            file_.fail(name.at, fmt::format("no person, role or roster '{}'{}", name.value,
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
    const std::vector<std::string>& last = policy.rungs.back().people;
    // A roster always answers: its last resort has a channel.
    for (const std::string& name : last)
        if (roster_names_.contains(name)) return;
    for (const Person& person : config_.ward.people)
        for (const std::string& name : last)
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

void ConfigReader::gateways()
{
    const auto pager = root_.table("pager");
    if (!pager) return;
    for (const TomlTable& table : pager->tables("sms")) sms_gateway(table);
    for (const TomlTable& table : pager->tables("snpp")) snpp_gateway(table);
    for (const TomlTable& table : pager->tables("alertmanager")) alertmanager_cluster(table);
    for (const TomlTable& table : pager->tables("ntfy")) ntfy_server(table);
    for (const TomlTable& table : pager->tables("wctp")) wctp_carrier(table);
    for (const TomlTable& table : pager->tables("pcd04")) pcd_manager(table);
    if (const auto table = pager->table("pcd05")) pcd_statuses(*table);
}

void ConfigReader::snpp_gateway(const TomlTable& table)
{
    SnppGatewayConfig gateway;
    gateway.name = new_name(table, "name", gateways_["snpp"], "SNPP gateway").value_or("");
    const auto server = destination(table);
    if (const auto user = table.text("user")) gateway.user = user->value;
    gateway.password = secret_reference(table, "password");
    gateway.two_way = table.boolean("two_way").value_or(true);
    if (gateway.user.empty() != gateway.password.empty())
        table.fail("'user' and 'password' belong together");
    if (!server) return;
    gateway.server = *server;
    if (gateway.server.port == 0) gateway.server.port = 444; // RFC 1861
    if (!gateway.user.empty() && !is_loopback(gateway.server.host))
        table.fail("user", "SNPP is not encrypted: a login is possible to 127.0.0.1 only");
    config_.pager.snpp.push_back(std::move(gateway));
}

// What the templates mean is for the channel to say.
void ConfigReader::sms_gateway(const TomlTable& table)
{
    SmsGatewayConfig gateway;
    gateway.name = new_name(table, "name", gateways_["sms"], "SMS gateway").value_or("");
    const auto url = table.need_text("url");
    const auto format = table.need_choice("format", {"form", "json"});
    const auto take = [&](const char* key, auto& into) {
        const auto texts = table.table(key);
        if (!texts) return;
        for (const TomlText& name : texts->keys())
            if (const auto value = texts->text(name.value)) into.emplace_back(name.value, value->value);
    };
    if (!table.has("fields")) table.fail("missing 'fields', such as { To = \"{to}\", Body = \"{text}\" }");
    take("fields", gateway.fields);
    take("headers", gateway.headers);
    if (const auto header = table.text("idempotency_header")) gateway.idempotency_header = header->value;
    if (const auto user = table.text("user")) gateway.user = user->value;
    gateway.secret = secret_reference(table, "secret");
    if (const auto callback = table.table("callback")) gateway.callback = sms_callback(*callback);
    const bool listens = config_.callbacks && !config_.callbacks->url.empty() && gateway.callback &&
                         !gateway.callback->status.empty();
    if (listens) gateway.status_base = config_.callbacks->url + "/sms/" + gateway.name + "/status/";
    if (!url || !format) return;
    gateway.url = url->value;
    gateway.json = *format == 1;
    if (checks_.sms_gateway)
        for (const std::string& mistake : checks_.sms_gateway(gateway)) table.fail(mistake);
    config_.pager.sms.push_back(std::move(gateway));
}

std::optional<SmsCallbackConfig> ConfigReader::sms_callback(const TomlTable& table)
{
    SmsCallbackConfig callback;
    // In the order of adapters::CallbackProof and adapters::SmsStatus.
    const auto proof = table.need_choice("proof", {"hmac-sha256", "twilio", "standard-webhooks", "header"});
    static const std::vector<std::string_view> meanings{"under_way", "delivered", "read", "failed"};
    const auto take = [&](const char* key, std::string& into) {
        if (const auto text = table.text(key)) into = text->value;
    };
    take("header", callback.header);
    for (char& c : callback.header)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    take("reference", callback.reference);
    take("status", callback.status);
    take("sender", callback.sender);
    take("text", callback.text);
    if (const auto words = table.table("words"))
        for (const TomlText& word : words->keys())
            if (const auto meaning = words->choice(word.value, meanings))
                callback.words.emplace_back(word.value, static_cast<std::uint8_t>(*meaning));
    callback.secret = secret_reference(table, "secret");
    if (!table.has("secret")) table.fail("missing 'secret': a callback that nobody can prove is not heard");
    if (!config_.callbacks && !root_.has("callbacks"))
        table.fail("nothing listens for callbacks: there is no [callbacks]");
    if (!proof) return std::nullopt;
    callback.proof = static_cast<std::uint8_t>(*proof);
    return callback;
}

void ConfigReader::callbacks()
{
    const auto table = root_.table("callbacks");
    if (!table) return;
    CallbacksConfig callbacks;
    if (!table->has("listen")) table->fail("missing 'listen', such as \"0.0.0.0:8443\"");
    const auto listen = listen_address(*table, "listen");
    if (listen) callbacks.listen = *listen;
    callbacks.certificate = secret_reference(*table, "certificate");
    callbacks.key = secret_reference(*table, "key");
    callbacks.allow_from = peer_addresses(*table, "allow_from");
    const bool outside = listen && !is_loopback(listen->host);
    if (table->has("certificate") != table->has("key")) table->fail("'certificate' and 'key' belong together");
    if (outside && !table->has("certificate"))
        table->fail("listen", "off this machine callbacks need TLS: give 'certificate' and 'key', or listen on "
                              "127.0.0.1 behind a proxy");
    if (outside && callbacks.allow_from.empty())
        table->fail("listen", "list the gateways' addresses in 'allow_from': nobody else may connect");
    // Each of these has its own share of the connections: with more of them, one could take another's.
    constexpr std::size_t most_peers = 15;
    if (callbacks.allow_from.size() > most_peers)
        table->fail("allow_from", fmt::format("at most {} addresses are possible", most_peers));
    if (const auto url = table->text("url")) {
        const auto parsed = parse_url(url->value);
        const std::size_t path = url->value.find('/', url->value.find("//") + 2);
        if (!parsed || path != std::string::npos || url->value.find('?') != std::string::npos)
            table->fail("url", "'url' must be http(s)://host[:port] as the gateways reach it, without a path");
        else if (!parsed->tls && !is_loopback(parsed->host))
            table->fail("url", "callbacks must not travel as plain http: use https");
        callbacks.url = url->value;
    }
    config_.callbacks = std::move(callbacks);
}

void ConfigReader::heartbeat(const TomlTable& table)
{
    HeartbeatConfig heartbeat;
    heartbeat.name = new_name(table, "name", heartbeat_names_, "heartbeat").value_or("");
    const auto kind = table.need_choice("kind", {"webhook", "healthchecks", "alertmanager"});
    heartbeat.kind = static_cast<HeartbeatKind>(kind.value_or(0));
    heartbeat.every = table.duration("every", 1s, 5min).value_or(heartbeat.every);
    if (heartbeat.kind == HeartbeatKind::alertmanager) {
        if (const auto gateway = known_gateway(table, "alertmanager")) heartbeat.gateway = gateway->value;
        config_.heartbeats.push_back(std::move(heartbeat));
        return;
    }
    heartbeat.secret = secret_reference(table, "secret");
    if (const auto file = table.text("ca_file")) heartbeat.ca_file = file->value;
    const bool is_signed = heartbeat.kind == HeartbeatKind::webhook;
    if (is_signed && !table.has("secret")) table.fail("missing 'secret': a webhook's heartbeat is signed");
    if (!is_signed && table.has("secret"))
        table.fail("secret", "a plain ping is not signed: its address is the secret");
    if (is_signed)
        heartbeat.planned_stop = table.duration("planned_stop", 1min, 1h).value_or(heartbeat.planned_stop);
    const auto url = table.need_text("url");
    if (!url) return;
    const auto parsed = parse_url(url->value);
    if (!parsed)
        table.fail("url", "'url' must be https://host[:port]/path, without user or fragment");
    else if (!parsed->tls && !is_loopback(parsed->host))
        table.fail("url", "plain http leaves the machine unencrypted: use https (http only to 127.0.0.1)");
    heartbeat.url = url->value;
    config_.heartbeats.push_back(std::move(heartbeat));
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
    if (const auto file = table.text("ca_file")) smtp.ca_file = file->value;
    if (smtp.user.empty() != smtp.password.empty())
        table.fail("'user' and 'password' belong together");
    if (server && !smtp.starttls && !is_loopback(server->host))
        table.fail("starttls", "mail without starttls is possible to 127.0.0.1 only");
    config_.pager.smtp = std::move(smtp);
}

} // namespace magwatch::config_reading
