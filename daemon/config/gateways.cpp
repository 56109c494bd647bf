// The sections of gateways to people over HTTP: [[pager.alertmanager]] and its like. What is wrong with a gateway is
// for
// its adapter to say.
#include "daemon/config/gateways.hpp"

#include "daemon/config/reading.hpp"

namespace magwatch {
namespace {

adapters::HttpLogin login_of(const LoginConfig& config)
{
    adapters::HttpLogin login;
    login.user = config.user;
    if (!config.secret.empty()) login.secret.emplace("");
    return login;
}

} // namespace

adapters::AlertmanagerCluster alertmanager_cluster(const AlertmanagerConfig& config, const std::string& ward)
{
    return {config.name, config.urls, ward, login_of(config.login), config.ca_file};
}

adapters::NtfyServer ntfy_server(const NtfyConfig& config)
{
    return {config.name, config.url, login_of(config.login), config.ca_file};
}

adapters::WctpCarrier wctp_carrier(const WctpConfig& config)
{
    adapters::WctpCarrier carrier{config.name, config.url, config.sender, std::nullopt, config.replies, config.ca_file};
    if (!config.secret.empty()) carrier.security_code.emplace("");
    return carrier;
}

adapters::PcdManager pcd_manager(const PcdConfig& config, const std::string& ward)
{
    return {config.name,     config.server.host, config.server.port, config.application,
            config.facility, config.system_id,   ward,               config.allow_plain};
}

namespace config_reading {

LoginConfig ConfigReader::login(const TomlTable& table)
{
    LoginConfig login;
    if (const auto user = table.text("user")) login.user = user->value;
    login.secret = secret_reference(table, "secret");
    return login;
}

std::optional<Channel> ConfigReader::gateway_channel(const TomlTable& table, Channel channel)
{
    const auto gateway = known_gateway(table, channel.kind);
    if (!gateway) return std::nullopt;
    channel.address = gateway->value;
    return channel;
}

void ConfigReader::alertmanager_cluster(const TomlTable& table)
{
    AlertmanagerConfig cluster;
    cluster.name = new_name(table, "name", gateways_["alertmanager"], "Alertmanager").value_or("");
    if (!table.has("urls")) table.fail("missing 'urls', one for every member of the cluster");
    const auto urls = table.texts("urls");
    cluster.login = login(table);
    if (const auto file = table.text("ca_file")) cluster.ca_file = file->value;
    if (!urls) return;
    for (const TomlText& url : *urls) cluster.urls.push_back(url.value);
    for (const std::string& mistake : adapters::mistakes(magwatch::alertmanager_cluster(cluster, "")))
        table.fail(mistake);
    config_.pager.alertmanager.push_back(std::move(cluster));
}

std::optional<Channel> ConfigReader::ntfy_channel(const TomlTable& table, Channel channel)
{
    const auto gateway = known_gateway(table, channel.kind);
    const auto topic = table.need_text("topic");
    if (topic && !adapters::is_ntfy_topic(topic->value))
        table.fail("topic", "'topic' is 1 to 64 of A-Z a-z 0-9 - _");
    if (!gateway || !topic) return std::nullopt;
    channel.address = gateway->value + " " + topic->value;
    return channel;
}

void ConfigReader::ntfy_server(const TomlTable& table)
{
    NtfyConfig server;
    server.name = new_name(table, "name", gateways_["ntfy"], "ntfy server").value_or("");
    const auto url = table.need_text("url");
    server.login = login(table);
    if (const auto file = table.text("ca_file")) server.ca_file = file->value;
    if (!url) return;
    server.url = url->value;
    for (const std::string& mistake : adapters::mistakes(magwatch::ntfy_server(server))) table.fail(mistake);
    config_.pager.ntfy.push_back(std::move(server));
}

std::optional<Channel> ConfigReader::wctp_channel(const TomlTable& table, Channel channel)
{
    const auto gateway = known_gateway(table, channel.kind);
    const auto recipient = table.need_text("recipient");
    if (recipient && !adapters::is_wctp_recipient(recipient->value))
        table.fail("recipient", "'recipient' is one word, as the carrier knows the pager");
    if (!gateway || !recipient) return std::nullopt;
    channel.address = gateway->value + " " + recipient->value;
    return channel;
}

void ConfigReader::wctp_carrier(const TomlTable& table)
{
    WctpConfig carrier;
    carrier.name = new_name(table, "name", gateways_["wctp"], "WCTP carrier").value_or("");
    const auto url = table.need_text("url");
    const auto sender = table.need_text("sender");
    carrier.secret = secret_reference(table, "secret");
    carrier.replies = table.boolean("replies").value_or(true);
    if (const auto file = table.text("ca_file")) carrier.ca_file = file->value;
    if (!url || !sender) return;
    carrier.url = url->value;
    carrier.sender = sender->value;
    for (const std::string& mistake : adapters::mistakes(magwatch::wctp_carrier(carrier))) table.fail(mistake);
    config_.pager.wctp.push_back(std::move(carrier));
}

void ConfigReader::pcd_manager(const TomlTable& table)
{
    PcdConfig manager;
    manager.name = new_name(table, "name", gateways_["pcd04"], "alarm manager").value_or("");
    const auto server = destination(table);
    const auto id = table.need_text("system_id");
    if (const auto text = table.text("application")) manager.application = text->value;
    if (const auto text = table.text("facility")) manager.facility = text->value;
    manager.allow_plain = table.boolean("allow_plain").value_or(false);
    if (!server || !id) return;
    manager.server = *server;
    manager.system_id = id->value;
    for (const std::string& mistake : adapters::mistakes(magwatch::pcd_manager(manager, ""))) table.fail(mistake);
    config_.pager.pcd04.push_back(std::move(manager));
}

void ConfigReader::pcd_statuses(const TomlTable& table)
{
    PcdStatusConfig statuses;
    const auto listen = listen_address(table, "listen");
    statuses.allow_from = peer_addresses(table, "allow_from");
    if (!table.has("listen")) table.fail("missing 'listen', such as \"127.0.0.1:2576\"");
    if (!listen) return;
    statuses.listen = *listen;
    if (!is_loopback(listen->host) && statuses.allow_from.empty())
        table.fail("listen", "MLLP has neither encryption nor identity: list in 'allow_from' who may connect");
    config_.pager.pcd05 = std::move(statuses);
}

} // namespace config_reading
} // namespace magwatch
