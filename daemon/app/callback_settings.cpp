#include "daemon/app/callback_settings.hpp"

#include <set>

#include "adapters/pagers/sms_template.hpp"
#include "daemon/app/config_checks.hpp"

namespace magwatch
{

namespace
{

std::optional<Secret> load(const std::string& reference, const std::string& whose, std::vector<std::string>& mistakes)
{
    auto loaded = load_secret(reference);
    if (auto* error = std::get_if<SecretError>(&loaded)) {
        mistakes.push_back(whose + ": " + error->reason);
        return std::nullopt;
    }
    return std::get<Secret>(std::move(loaded));
}

} // namespace

std::map<std::string, std::string, std::less<>> people_by_number(const std::vector<Person>& people)
{
    std::map<std::string, std::string, std::less<>> found;
    std::set<std::string, std::less<>> shared;
    for (const Person& person : people) {
        for (const Channel& channel : person.channels) {
            if (channel.kind != "sms") continue;
            const auto address = adapters::sms_address(channel.address);
            if (!address) continue;
            const auto [known, is_new] = found.try_emplace(address->to, person.name);
            if (!is_new && known->second != person.name) shared.insert(address->to);
        }
    }
    for (const std::string& number : shared) found.erase(number);
    return found;
}

std::vector<std::string> configure_callbacks(CallbackServer& server, const Config& config)
{
    std::vector<std::string> mistakes;
    if (!config.callbacks) return mistakes;
    CallbackSettings settings;
    settings.directory.url = config.callbacks->url;
    settings.directory.people = people_by_number(config.ward.people);
    for (const SmsGatewayConfig& gateway : config.pager.sms) {
        if (!gateway.callback) continue;
        adapters::SmsCallback callback = sms_callback(*gateway.callback);
        callback.secret = load(gateway.callback->secret, "callbacks of " + gateway.name, mistakes);
        if (!callback.secret) continue;
        const auto wrong = adapters::mistakes(callback);
        for (const auto& one : wrong) mistakes.push_back("callbacks of " + gateway.name + ": " + one);
        if (wrong.empty()) settings.directory.gateways.emplace(gateway.name, std::move(callback));
    }
    settings.allow_from = config.callbacks->allow_from;
    if (!config.callbacks->certificate.empty()) {
        settings.certificate = load(config.callbacks->certificate, "[callbacks]", mistakes);
        settings.key = load(config.callbacks->key, "[callbacks]", mistakes);
        // Never in the clear because a file is missing: then what was in force stays, at first nothing.
        if (!settings.certificate || !settings.key) return mistakes;
    }
    if (auto wrong = server.configure(std::move(settings))) mistakes.push_back(std::move(*wrong));
    return mistakes;
}

} // namespace magwatch
