// The reader of a configuration file from inside: one class, its sections spread over files by what they speak of.
// Internal to daemon/config.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config_reader.hpp"
#include "runtime/ascii.hpp"
#include "runtime/toml_reader.hpp"

namespace magwatch::config_reading {

[[nodiscard]] bool is_name(std::string_view text);

struct Url {
    bool tls = false;
    std::string host;
};
// Only what a webhook needs: http(s)://host[:port]/path, no user part, no fragment.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

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

    [[nodiscard]] LoadedConfig run();

private:
    void ward();
    void beds();
    void modbus();
    void modbus_device(const TomlTable& table);
    bool modbus_place(const TomlTable& table, ModbusDeviceConfig& device);
    bool serial_line(const TomlTable& table, ModbusDeviceConfig& device);
    void one_unit_once(const TomlTable& table, const ModbusDeviceConfig& device,
                       const std::string& name);
    void hl7();
    void hl7_source(const TomlTable& table, Hl7Config& hl7);
    void hl7_source_codes(const TomlTable& table, Hl7SourceConfig& source);
    void hl7_source_beds(const TomlTable& table, Hl7SourceConfig& source);
    void gateways();
    void people();
    void person(const TomlTable& table);
    std::optional<Channel> channel(const TomlTable& table, const std::string& person_name,
                                   std::size_t index);
    void rosters();
    void roster(const TomlTable& table);
    void shift(const TomlTable& table, RosterConfig& roster);
    void duty_override(const TomlTable& table, RosterConfig& roster);
    void quiet_hours(const TomlTable& table);
    std::optional<WeeklyHours> weekly_hours(const TomlTable& table);
    std::optional<int> minute_of_day(const TomlTable& table, std::string_view key);
    std::string reachable_person(const TomlTable& table, std::string_view key);
    void new_duty_name(const TomlTable& table, const std::string& name);
    void escalation();
    void special_policies(const TomlTable& table);
    std::optional<LadderPolicy> ladder(const TomlTable& table, bool may_be_high);
    bool rungs(const TomlTable& table, LadderPolicy& policy);
    std::optional<Rung> rung(const std::vector<TomlText>& who);
    std::optional<Rung> rung_table(const TomlTable& table, bool first);
    void quiet_of(const TomlTable& table, LadderPolicy& policy, bool may_be_high);
    std::optional<Channel> channel_of_kind(const TomlTable& table, Channel channel, const std::string& person_name);
    void values_of(const TomlTable& table, Channel& channel);
    void last_rung_reaches_somebody(const TomlTable& table, const LadderPolicy& policy);
    void pager();
    void smtp(const TomlTable& table);
    void sms_gateway(const TomlTable& table);
    std::optional<SmsCallbackConfig> sms_callback(const TomlTable& table);
    void callbacks();
    void heartbeat(const TomlTable& table);
    void snpp_gateway(const TomlTable& table);
    void alertmanager_cluster(const TomlTable& table);
    void ntfy_server(const TomlTable& table);
    std::optional<Channel> ntfy_channel(const TomlTable& table, Channel channel);
    void wctp_carrier(const TomlTable& table);
    std::optional<Channel> wctp_channel(const TomlTable& table, Channel channel);
    void pcd_manager(const TomlTable& table);
    void pcd_statuses(const TomlTable& table);
    LoginConfig login(const TomlTable& table);
    std::optional<Channel> gateway_channel(const TomlTable& table, Channel channel);
    std::optional<TomlText> known_gateway(const TomlTable& table, const std::string& kind);
    std::optional<Channel> sms_channel(const TomlTable& table, Channel channel);
    std::optional<Channel> snpp_channel(const TomlTable& table, Channel channel);
    std::optional<Channel> webhook_channel(const TomlTable& table, Channel channel, const std::string& person_name);
    void http();
    void http_tls(const TomlTable& table);
    void journal();
    void metrics();
    void rules();
    void protocol();
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
    std::vector<std::string> peer_addresses(const TomlTable& table, std::string_view key);
    std::optional<Endpoint> destination(const TomlTable& table);

    TomlFile& file_;
    TomlTable root_;
    std::filesystem::path folder_;
    const FileReader& read_;
    const ConfigChecks& checks_;
    Config config_;
    std::vector<Diagnostic> elsewhere_; // mistakes in the files it names
    std::vector<std::string> notes_;
    std::set<std::string> aliases_, sources_, person_names_, heartbeat_names_, roster_names_, quiet_names_;
    std::map<std::string, std::set<std::string>> gateways_; // kind -> names
    std::map<std::string, std::vector<std::string>> roles_; // role -> people
    std::set<std::string> maps_checked_;
    bool reaches_smtp_ = false;
};

} // namespace magwatch::config_reading
