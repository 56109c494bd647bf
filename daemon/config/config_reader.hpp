// magwatch.toml -> Config, or every mistake in it and in the files it names, at file:line:col.
//
// The same code serves the daemon at start, reload and `magwatch config check`; it reads files and
// touches no state, opens no socket and looks up no name. Not thread-safe, may run on a lane.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/config/config.hpp"
#include "rules/base/diagnostic.hpp"

namespace magwatch {

using FileReader = std::function<std::variant<std::string, Diagnostic>(const std::string& path)>;

// What a rule pack comes to: the text that runs, or why it does not.
struct PackVerdict {
    std::string text; // stands alone: what it extends has been merged into it
    std::vector<Diagnostic> errors;
    std::vector<std::string> notes{}; // allowed, and worth saying
};

// What is wrong with the certificate and key of a board with TLS, and what could not be judged.
struct CertificateVerdict {
    std::vector<std::string> mistakes, notes;
};

// Checks that belong to other parts, run on what the configuration names; mistakes are reported
// with the configuration's own. An empty function checks nothing.
struct ConfigChecks {
    std::function<std::vector<Diagnostic>(const ReferencedFile& map, Mode mode)> register_map;
    // `read`: for the packs that it extends.
    std::function<PackVerdict(const ReferencedFile& pack, Mode mode,
                              const std::vector<LimitSetting>& limits, const FileReader& read)>
        pack;
    // The calcium gluconate checklist's file; null: the configuration has beds and names none.
    std::function<std::vector<Diagnostic>(const ReferencedFile* protocol, Mode mode)> protocol;
    std::function<CertificateVerdict(const HttpConfig& http)> certificate; // asked if there is one
    std::function<bool(std::string_view zone)> zone;
    // nullopt: fine; else what is wrong with the pattern.
    std::function<std::optional<std::string>(std::string_view pattern)> bed_pattern;
    std::function<std::vector<std::string>(const SmsGatewayConfig& gateway)> sms_gateway; // its mistakes
    // The first time of the next 14 days at which nobody has the duty, in words.
    std::function<std::optional<std::string>(const RosterConfig& roster)> roster;
};

struct LoadedConfig {
    std::optional<Config> config;   // nullopt if there is any error
    std::vector<Diagnostic> errors; // in the order of the files
    std::vector<std::string> notes; // what is allowed and worth saying: "no bed is configured: ..."
    // What this reader understands of each table that the file has, by its dotted path; for the manual's test.
    std::map<std::string, std::set<std::string>> understood = {};
};

// Reads the file and what it names (relative to its folder).
[[nodiscard]] LoadedConfig load_config(const std::string& path, const ConfigChecks& checks = {});
// The same on a text, with another way to read the named files.
[[nodiscard]] LoadedConfig parse_config(std::string text, const std::string& path,
                                        const FileReader& read, const ConfigChecks& checks = {});

// "127.0.0.1:8300" or "[::1]:8300"; nullopt if it is neither. Only addresses, no names.
[[nodiscard]] std::optional<Endpoint> parse_listen_address(std::string_view text);
// A name or an address as a browser writes it into Host: in lower case, IPv6 in brackets; nullopt if it is neither.
[[nodiscard]] std::optional<std::string> own_name(std::string_view text);
// 127.0.0.0/8, ::1 and (for destinations) "localhost".
[[nodiscard]] bool is_loopback(std::string_view host);

} // namespace magwatch
