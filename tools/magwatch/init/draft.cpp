#include "tools/magwatch/init/draft.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "daemon/app/config_checks.hpp"
#include "daemon/config/config_reader.hpp"
#include "runtime/secret.hpp"
#include "tools/magwatch/init/text.hpp"
#include "tools/magwatch/installation.hpp"

namespace magwatch::cli::init
{
namespace
{

std::string line_of(const std::string& text, std::uint32_t number)
{
    std::istringstream lines{text};
    std::string line;
    for (std::uint32_t i = 0; i < number; ++i)
        if (!std::getline(lines, line)) return {};
    return line;
}

// The text alone: files that are not there yet are no mistake of whoever answered.
std::vector<std::string> mistakes_of(const std::string& text, const std::string& path)
{
    ConfigChecks checks = config_checks();
    checks.pack = nullptr;
    checks.protocol = nullptr;
    checks.register_map = nullptr;
    const FileReader read = [](const std::string&) -> std::variant<std::string, Diagnostic> { return std::string{}; };
    std::vector<std::string> mistakes;
    for (const Diagnostic& error : parse_config(text, path, read, checks).errors) {
        const std::string line = line_of(text, error.line);
        mistakes.push_back(line.empty() ? error.message : error.message + ", in: " + line);
    }
    return mistakes;
}

// Secrets are not the reader's: it never sees them.
void secrets(const std::string& text, Draft& draft)
{
    std::set<std::string> seen;
    for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos;) {
        const std::size_t end = text.find('"', at + 1);
        if (end == std::string::npos) return;
        const std::string word = text.substr(at + 1, end - at - 1);
        at = end + 1;
        if (!is_secret_reference(word) || !seen.insert(word).second) continue;
        const std::string name = word.substr(word.find(':') + 1);
        if (word.starts_with("credential:")) {
            draft.credentials.push_back(name);
            draft.supply.push_back(
                fmt::format("the secret \"{0}\": write it into /etc/magwatch/secrets/{0}, mode 0600, and "
                            "give it to the service (below)",
                            name));
            continue;
        }
        const auto loaded = load_secret(word);
        if (const auto* error = std::get_if<SecretError>(&loaded))
            draft.supply.push_back(fmt::format("a secret: {}; the file {} needs mode 0600", error->reason, name));
    }
}

// What a site begins with, where it has none of its own yet.
std::string where_from(const Plan& plan, const std::string& message)
{
    if (message.find("No such file") == std::string::npos) return {};
    if (message.find(plan.said.pack) != std::string::npos)
        return fmt::format(
            ": copy {} to the folder of this file, write the site's profile there, and have the clinical safety "
            "lead sign it off (man magwatch-rules)",
            installed_packs().string());
    if (message.find(plan.said.protocol) != std::string::npos)
        return fmt::format(": write the site's own from {}, and have it approved (docs/PROTOCOL.md)",
                           (installed_protocols() / "example.protocol.toml").string());
    return ": write the device's register map (docs/devices)";
}

bool uses_serial_line(const DevicePlan& device)
{
    return std::any_of(device.begin(), device.end(), [](const auto& pair) { return pair.first == "serial"; });
}

// Lines that are comments name secrets as examples.
std::string without_comments(const std::string& text)
{
    std::istringstream lines{text};
    std::string out;
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("#")) out += line + "\n";
    return out;
}

} // namespace

Draft draft(const Plan& plan, const std::string& path)
{
    Draft draft;
    draft.text = config_text(plan);
    draft.beds = plan.beds;
    draft.mistakes = mistakes_of(draft.text, path);
    if (!draft.mistakes.empty()) return draft;
    const FileReader read = [](const std::string& file) { return read_text_file(file); };
    const LoadedConfig loaded = parse_config(draft.text, path, read, config_checks());
    draft.valid = loaded.config.has_value();
    draft.notes = loaded.notes;
    for (const Diagnostic& error : loaded.errors) {
        const bool elsewhere = error.file != path && !error.file.empty();
        draft.supply.push_back((elsewhere ? error.text() : error.message) + where_from(plan, error.message));
    }
    secrets(without_comments(draft.text), draft);
    if (std::any_of(plan.devices.begin(), plan.devices.end(), uses_serial_line))
        draft.supply.emplace_back(
            "the drop-in for serial lines: install -D -m 644 /usr/share/magwatch/systemd/serial.conf "
            "/etc/systemd/system/magwatchd.service.d/serial.conf; systemctl daemon-reload");
    return draft;
}

} // namespace magwatch::cli::init
