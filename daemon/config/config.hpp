// What magwatch.toml says, as plain values. Made by config_reader alone; immutable afterwards and
// safe to hand to another thread. Durations in milliseconds, sizes in bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/observation/signal.hpp"
#include "rules/observation/unit.hpp"
#include "rules/ward/input.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch {

// A file that the configuration names, read together with it: both are in force together or not at
// all.
struct ReferencedFile {
    std::string path;
    std::string text;
};

struct Endpoint {
    std::string host; // an address, never a name, where magwatch listens
    std::uint16_t port = 0;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
    [[nodiscard]] std::string text() const; // "127.0.0.1:8300", "[::1]:8300"
};

// A serial line with Modbus RTU units on it; each of them states it, and all state the same.
struct SerialLineConfig {
    std::string path; // "" = none: the device is asked over TCP
    std::uint32_t baud = 0;
    char parity = 'N'; // 'N', 'E' or 'O'
    std::uint8_t stop_bits = 1;
    Duration reply_timeout{}; // of this device alone; 0 = its map's
    [[nodiscard]] bool same_line(const SerialLineConfig& other) const
    {
        return baud == other.baud && parity == other.parity && stop_bits == other.stop_bits;
    }
};

struct ModbusDeviceConfig {
    std::string name; // the source's name
    Endpoint address; // unless there is a serial line
    SerialLineConfig serial;
    std::uint8_t unit = 1;
    ReferencedFile map;
    std::string bed; // alias
    SourceKind kind = SourceKind::monitor;
};

// What a source means by a code, where it differs from the standard's table.
struct CodeOverride {
    std::string code; // OBX-3 as sent: number, name or local code
    Signal signal{};
    std::optional<Unit> unit; // of values that come without one
};

struct Hl7SourceConfig {
    std::string name;        // the source's name
    std::string application; // MSH-3 must be this; "" = any
    std::string facility;    // MSH-4 must be this; "" = any
    std::string zone;        // of times without offset: "+01:00", "Z" or a POSIX TZ rule; "" = UTC
    std::string bed_pattern; // how a bed stands in PV1-3; meaning: adapters/monitors/hl7
    std::map<std::string, std::string>
        beds; // what the pattern finds -> alias; without: it finds the alias
    std::vector<CodeOverride> codes;
    Duration period{};             // how often a bed's values come; 0 = unknown
    bool accept_test_data = false; // MSH-11 T and demo values; refused in mode "ward"
    bool pumps_give_magnesium = false; // pump values count although no drug is named beside them
    bool charting = false;             // a charting system: its vital signs were written by people
    bool usable_with_status_x = false; // OBX-11 X on values that are there
};

struct Hl7Config {
    Endpoint listen;
    // Addresses that may connect; loopback always may. Not empty when `listen` is not loopback: the
    // protocol has neither encryption nor identity.
    std::vector<std::string> allow_from;
    std::vector<Hl7SourceConfig> sources;
};

struct SmtpConfig {
    Endpoint server;
    std::string from;
    bool starttls = true; // false only towards loopback
    std::string user;     // "" = no login
    std::string password; // secret reference
    std::string ca_file;  // "" = the system's authorities
};

// What an SMS gateway calls back with; what it means and which forms are good: adapters/pagers/sms_callback.hpp.
struct SmsCallbackConfig {
    std::uint8_t proof = 0; // adapters::CallbackProof
    std::string header;     // "" = the proof's own
    std::string secret;     // secret reference
    std::string reference, status, sender, text;
    std::vector<std::pair<std::string, std::uint8_t>> words; // word -> adapters::SmsStatus
};

// An SMS gateway's HTTP interface, as a template; what it means and which templates are good: adapters/pagers.
struct SmsGatewayConfig {
    std::string name, url;
    bool json = false; // else a form
    std::vector<std::pair<std::string, std::string>> fields, headers; // in the file's order
    std::string idempotency_header; // "" = none
    std::string user;               // of HTTP basic; "" = none
    std::string secret;             // secret reference; "" = none
    std::optional<SmsCallbackConfig> callback;
    std::string status_base; // of {status_url}; "" = nothing listens for a status
};

// An SNPP gateway: adapters/pagers/snpp.
struct SnppGatewayConfig {
    std::string name;
    Endpoint server;
    std::string user;     // "" = no login
    std::string password; // secret reference
    bool two_way = true;  // try level 3
};

// A server's login over HTTP: a user with a password, or a token.
struct LoginConfig {
    std::string user;   // "" = the secret is a token
    std::string secret; // secret reference; "" = no login
};

// A Prometheus Alertmanager: adapters/pagers/alertmanager.
struct AlertmanagerConfig {
    std::string name;
    std::vector<std::string> urls; // of every member
    LoginConfig login;
    std::string ca_file; // "" = the system's authorities
};

// A server of ntfy: adapters/pagers/ntfy.
struct NtfyConfig {
    std::string name, url;
    LoginConfig login;
    std::string ca_file; // "" = the system's authorities
};

// A carrier of WCTP: adapters/pagers/wctp.
struct WctpConfig {
    std::string name, url;
    std::string sender; // our id there
    std::string secret; // secret reference of the security code; "" = none
    bool replies = true;
    std::string ca_file; // "" = the system's authorities
};

// A manager of IHE PCD-04 alarm reports: adapters/pagers/pcd04.
struct PcdConfig {
    std::string name;
    Endpoint server;
    std::string application, facility; // the manager's
    std::string system_id;             // ours
    bool allow_plain = false;
};

// Where those managers tell what became of a report (PCD-05).
struct PcdStatusConfig {
    Endpoint listen;
    std::vector<std::string> allow_from; // addresses beside loopback
    friend bool operator==(const PcdStatusConfig&, const PcdStatusConfig&) = default;
};

// The secret that signs one channel's messages; the channel itself is in `ward.people`.
struct ChannelSecret {
    std::string person, channel;
    std::string reference; // "credential:NAME" or "file:/path"
};

struct PagerConfig {
    std::optional<SmtpConfig> smtp;
    std::vector<SmsGatewayConfig> sms;   // a channel of kind "sms" has the address "GATEWAY +NUMBER"
    std::vector<SnppGatewayConfig> snpp; // one of kind "snpp" the address "GATEWAY PAGER"
    std::vector<AlertmanagerConfig> alertmanager; // one of kind "alertmanager" the address "CLUSTER"
    std::vector<NtfyConfig> ntfy; // one of kind "ntfy" the address "SERVER TOPIC"
    std::vector<WctpConfig> wctp; // one of kind "wctp" the address "CARRIER RECIPIENT"
    std::optional<PcdStatusConfig> pcd05;
    std::vector<PcdConfig> pcd04; // one of kind "pcd04" the address "MANAGER"
    std::vector<ChannelSecret> secrets;
    std::string answer_url; // where the links in pages lead: "http://127.0.0.1:8300"; "" = no links
    std::string answer_secret; // secret reference that signs those links; "" = one made at start
};

// Hours of some days of the week by the ward's clocks. They belong to the day on which they begin.
struct WeeklyHours {
    std::array<bool, 7> days{true, true, true, true, true, true, true}; // from Monday
    int from = 0, to = 0; // minutes after midnight; `to` not after `from`: on the next day
};

struct ShiftConfig {
    std::string person;
    WeeklyHours hours;
};
// Replaces the shifts in its time.
struct DutyOverride {
    std::string person;
    LocalTime from, to;
};
struct RosterConfig {
    std::string name;
    std::string last_resort;
    bool gaps_to_last_resort = false; // nobody on a shift is meant to be: the last resort has the duty
    std::vector<ShiftConfig> shifts;
    std::vector<DutyOverride> overrides;
};
struct QuietConfig {
    std::string name;
    WeeklyHours hours;
};

struct HttpConfig {
    Endpoint listen{"127.0.0.1", 8300};
    std::string certificate, key; // secret references; "" = plain, on loopback alone
    std::vector<std::string> hosts; // names and addresses under which other PCs reach it; an IPv6 one in brackets
    std::string socket_path = "/run/magwatch/magwatchd.sock"; // of the CLI
    std::string web_root = "/usr/share/magwatch/web"; // files of the board
    std::uint32_t boards_expected = 0; // fewer that show watched beds are a technical alarm; 0: nobody asks
    [[nodiscard]] bool tls() const { return !certificate.empty(); }
};

// Where gateways call back: a listener of its own, TLS off loopback.
struct CallbacksConfig {
    Endpoint listen;
    std::string url; // how the gateways reach it: "https://ward.example:8443", without a path
    std::string certificate, key; // secret references; "" = plain, on loopback alone
    std::vector<std::string> allow_from; // addresses that may connect; loopback always may
};

// Who outside hears every few seconds that magwatch watches: it rings where nobody here can.
enum class HeartbeatKind : std::uint8_t {
    webhook,      // signed JSON
    healthchecks, // a plain ping
    alertmanager, // an alert that ends by itself unless it is told again
};
struct HeartbeatConfig {
    std::string name;
    HeartbeatKind kind = HeartbeatKind::webhook;
    std::string url;     // of webhook and healthchecks
    std::string ca_file; // of their server; "" = the system's authorities
    std::string secret;  // secret reference; of webhook
    std::string gateway; // of alertmanager: the name of a [[pager.alertmanager]]
    Duration every{30'000};         // design value (reliability 4.4)
    Duration planned_stop{300'000}; // how long a stop on purpose may last; of webhook (design value)
};

struct MetricsConfig {
    // Values of beds at /metrics/clinical. Not said: on in demo and replay, off in mode "ward".
    std::optional<bool> clinical;
};

struct JournalConfig {
    std::string directory = "/var/lib/magwatch";
    Duration keep{30LL * 86'400'000}; // design value (reliability 5.10)
    Duration keep_history{30LL * 86'400'000};
    std::uint64_t max_bytes = 2048ULL << 20;
    std::uint64_t max_history_bytes = 4096ULL << 20;
    Duration keep_audit{366LL * 86'400'000}; // design value: a year, for whoever asks late
    std::uint64_t max_audit_bytes = 512ULL << 20;
    Duration backup_within{0}; // the age of the last good backup that is an alarm; 0: none is expected
};

struct Config {
    std::string path;
    std::string text;
    // The core's share: beds, sources, people, ladders, pack. Periods and liveness of Modbus
    // sources come from their maps and are filled in by the caller; so are fallback and
    // fallback_reason.
    Configuration ward;
    std::string label;     // what screens call the ward
    std::string pack_path; // "" = no pack was named
    std::string protocol_path; // "" = none was named
    std::vector<ModbusDeviceConfig> modbus;
    std::optional<Hl7Config> hl7;
    // By the ward's clocks; daemon/config/duty_times makes instants of them.
    std::vector<RosterConfig> rosters;
    std::vector<QuietConfig> quiet;
    PagerConfig pager;
    HttpConfig http;
    std::optional<CallbacksConfig> callbacks;
    std::vector<HeartbeatConfig> heartbeats;
    JournalConfig journal;
    MetricsConfig metrics;
    std::vector<std::string> secrets; // every reference to one, in the order of the file
};

} // namespace magwatch
