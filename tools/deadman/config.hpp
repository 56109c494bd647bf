// The file of magwatch-deadman: TOML, unknown keys are mistakes, all mistakes at once as file:line:col.
//
// Reads the file and the secrets it names; touches nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/secret.hpp"
#include "tools/deadman/watch.hpp"

namespace magwatch::deadman {

struct ListenConfig {
    std::string host = "127.0.0.1"; // an address, never a name
    std::uint16_t port = 8600;
    std::string certificate, key; // PEM; both empty: plain HTTP, which is for loopback alone
};

struct WardConfig {
    Rules rules;
    Secret key; // the bytes that sign its heartbeats
};

struct WebhookConfig {
    std::string name, url;
    Secret key;
    std::string ca_file; // "" = the system's authorities
};

struct MailConfig {
    std::string name, host;
    std::uint16_t port = 25;
    bool starttls = true; // without it: loopback alone
    std::string from;
    std::vector<std::string> to;
    std::string user; // "" = no login
    Secret password{""};
    std::string ca_file; // "" = the system's authorities
};

struct DeadmanConfig {
    ListenConfig listen;
    std::string state; // folder
    std::vector<WardConfig> wards;
    std::vector<WebhookConfig> webhooks;
    std::vector<MailConfig> mails;
};

struct LoadedConfig {
    DeadmanConfig config;
    std::vector<std::string> mistakes; // in words; the configuration counts only without any
    bool unread = false; // one of them is a file that could not be read: another try may end otherwise
};
[[nodiscard]] LoadedConfig load_config(const std::string& path);
// The same of a text; `name` stands in the mistakes.
[[nodiscard]] LoadedConfig read_config(const std::string& name, std::string text);

} // namespace magwatch::deadman
