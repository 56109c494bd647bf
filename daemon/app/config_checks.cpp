#include "daemon/app/config_checks.hpp"

#include <algorithm>
#include <cstdlib>

#include "adapters/monitors/hl7/bed.hpp"
#include "adapters/monitors/hl7/zone.hpp"
#include "adapters/monitors/modbus/register_map.hpp"
#include "daemon/app/fingerprints.hpp"
#include "daemon/config/duty_times.hpp"
#include "daemon/config/pack_cases.hpp"
#include "daemon/config/pack_library.hpp"
#include "rules/language/pack.hpp"
#include "rules/language/protocol_file.hpp"
#include "runtime/clock.hpp"

namespace magwatch {

namespace {

std::vector<Diagnostic> check_map(const ReferencedFile& map, Mode mode, PackTests tests)
{
    auto loaded = adapters::modbus::parse_register_map(map.text, map.path);
    // One that was in force before watches on: a ward that nobody watches is worse, and the fallback rings.
    if (loaded.map && loaded.map->simulation && mode == Mode::ward && tests == PackTests::run)
        loaded.errors.push_back(
            {map.path, 0, 0, "of a simulated device: mode \"ward\" takes no simulated patient for a real one", ""});
    return std::move(loaded.errors);
}

// systemd gives a credential to the service alone: elsewhere it cannot be looked at.
bool is_elsewhere(const std::string& reference)
{
    return reference.starts_with("credential:") && std::getenv("CREDENTIALS_DIRECTORY") == nullptr;
}

CertificateVerdict check_certificate(const HttpConfig& http)
{
    CertificateVerdict verdict;
    if (is_elsewhere(http.certificate) || is_elsewhere(http.key)) {
        verdict.notes.push_back(
            "certificate and key of [http] are credentials, which the service alone is given: it judges them");
        return verdict;
    }
    const auto read = read_certificate(http);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
        verdict.mistakes.push_back(*wrong);
        return verdict;
    }
    verdict.mistakes = std::get<http::Certificate>(read).mistakes(http.hosts, read_clocks().wall);
    return verdict;
}

} // namespace

std::variant<http::Certificate, std::string> read_certificate(const HttpConfig& http)
{
    const auto chain = load_secret(http.certificate);
    if (const auto* wrong = std::get_if<SecretError>(&chain)) return wrong->reason;
    const auto key = load_secret(http.key);
    if (const auto* wrong = std::get_if<SecretError>(&key)) return wrong->reason;
    return http::Certificate::read(std::get<Secret>(chain), std::get<Secret>(key));
}

ConfigChecks config_checks(PackTests tests)
{
    ConfigChecks checks;
    checks.register_map = [tests](const ReferencedFile& map, Mode mode) { return check_map(map, mode, tests); };
    checks.pack = [tests](const ReferencedFile& pack, Mode mode, const std::vector<LimitSetting>& limits,
                     const FileReader& read) {
        std::vector<LimitOverride> overrides;
        overrides.reserve(limits.size());
        for (const auto& limit : limits) overrides.push_back({limit.name, limit.value});
        const PackFolder library{pack.path, read};
        PackVerdict verdict;
        const CompiledPack compiled = compile_pack(pack.text, pack.path, overrides, &library);
        verdict.errors = compiled.errors;
        if (!compiled.pack) return verdict;
        if (compiled.pack->example && mode == Mode::ward) {
            verdict.errors.push_back(
                {pack.path, 0, 0, "an example pack runs in demo and replay only: name your site's profile", ""});
        }
        if (compiled.pack->benchmark) {
            verdict.errors.push_back(
                {pack.path, 0, 0, "a benchmark pack measures the engine: name your site's profile", ""});
        }
        // The site's own limits stand in the configuration and are applied whenever the text is compiled.
        EffectiveText effective = effective_text(pack.text, pack.path, &library);
        verdict.text = std::move(effective.text);
        verdict.errors.insert(verdict.errors.end(), effective.errors.begin(), effective.errors.end());
        if (tests == PackTests::run && verdict.errors.empty()) {
            // Nobody is treated by a demonstration: there a rule without cases is only told.
            PackCases cases = run_pack_cases(pack, library, read,
                                             mode == Mode::ward ? Coverage::required : Coverage::advised);
            verdict.errors = std::move(cases.errors);
            verdict.notes = std::move(cases.notes);
        }
        return verdict;
    };
    checks.protocol = [](const ReferencedFile* protocol, Mode mode) -> std::vector<Diagnostic> {
        if (protocol == nullptr) {
            if (mode != Mode::ward) return {};
            return {{"", 0, 0,
                     "there are beds, but no [protocol] with a 'file': a ward needs its own calcium gluconate "
                     "protocol, approved by its clinical safety lead",
                     ""}};
        }
        ReadProtocol read = read_protocol(protocol->text, protocol->path);
        if (!read.protocol || mode != Mode::ward) return read.errors;
        const std::string why = why_not_on_a_ward(*read.protocol);
        if (!why.empty()) read.errors.push_back({protocol->path, 0, 0, why, ""});
        return read.errors;
    };
    // One that has ended since it came into force is served, and rings: the ward is watched all the same.
    if (tests == PackTests::run) checks.certificate = check_certificate;
    checks.zone = [](std::string_view zone) { return adapters::hl7::Zone::from(zone).has_value(); };
    checks.bed_pattern = [](std::string_view pattern) -> std::optional<std::string> {
        if (adapters::hl7::BedPattern::from(pattern)) return std::nullopt;
        return "no bed pattern: fields in braces and text, such as \"{PV1-3.3}\"";
    };
    // What was good when it came into force may have no shift any more: then its last resort answers, and the ward is
    // watched.
    if (tests == PackTests::run)
        checks.roster = [](const RosterConfig& roster) { return first_gap(roster, read_clocks().wall); };
    checks.sms_gateway = [](const SmsGatewayConfig& gateway) {
        auto found = adapters::mistakes(sms_gateway(gateway));
        if (!gateway.callback) return found;
        for (auto& wrong : adapters::mistakes(sms_callback(*gateway.callback)))
            found.push_back("callback: " + std::move(wrong));
        return found;
    };
    return checks;
}

adapters::SmsGateway sms_gateway(const SmsGatewayConfig& config)
{
    adapters::SmsGateway gateway;
    gateway.name = config.name;
    gateway.url = config.url;
    gateway.format = config.json ? adapters::SmsGateway::Format::json : adapters::SmsGateway::Format::form;
    gateway.fields = config.fields;
    gateway.headers = config.headers;
    gateway.idempotency = config.idempotency_header;
    gateway.user = config.user;
    if (!config.secret.empty()) gateway.secret.emplace("");
    gateway.status_base = config.status_base;
    return gateway;
}

adapters::SmsCallback sms_callback(const SmsCallbackConfig& config)
{
    adapters::SmsCallback callback;
    callback.proof = static_cast<adapters::CallbackProof>(config.proof);
    callback.header = config.header;
    callback.reference = config.reference;
    callback.status = config.status;
    callback.sender = config.sender;
    callback.text = config.text;
    for (const auto& [word, meaning] : config.words)
        callback.words[word] = static_cast<adapters::SmsStatus>(meaning);
    return callback;
}

void complete_sources(Config& config)
{
    for (const auto& device : config.modbus) {
        const auto loaded = adapters::modbus::parse_register_map(device.map.text, device.map.path);
        if (!loaded.map) continue;
        const auto source = std::find_if(config.ward.sources.begin(), config.ward.sources.end(),
                                         [&](const auto& s) { return s.name == device.name; });
        if (source == config.ward.sources.end()) continue;
        source->period = adapters::modbus::period(*loaded.map);
        source->liveness = adapters::modbus::has_liveness(*loaded.map);
        source->map = loaded.map->name;
        source->fingerprint = fingerprint_of(device.map.text);
        source->place = place_of(device);
        source->signals = signals_of(*loaded.map);
    }
    if (!config.hl7) return;
    for (const auto& gateway : config.hl7->sources) {
        const auto source = std::find_if(config.ward.sources.begin(), config.ward.sources.end(),
                                         [&](const auto& s) { return s.name == gateway.name; });
        if (source == config.ward.sources.end()) continue;
        source->map = "HL7 profile " + gateway.name;
        source->fingerprint = fingerprint_of(profile_text(gateway));
        source->place = "HL7 on " + config.hl7->listen.text();
    }
}

} // namespace magwatch
