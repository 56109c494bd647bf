// Any bytes as magwatch.toml: a configuration or mistakes with places inside the text, never a crash.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/config/config_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text{reinterpret_cast<const char*>(data), size};
    const magwatch::FileReader read = [](const std::string& path) -> std::variant<std::string, magwatch::Diagnostic> {
        if (path.size() % 5 == 0) return magwatch::Diagnostic{path, 0, 0, "cannot be read", ""};
        return "text of " + path;
    };
    magwatch::ConfigChecks checks;
    checks.protocol = [](const magwatch::ReferencedFile* file, magwatch::Mode mode) -> std::vector<magwatch::Diagnostic> {
        if (file != nullptr || mode != magwatch::Mode::ward) return {};
        return {{"", 0, 0, "no protocol", ""}};
    };
    const auto loaded = magwatch::parse_config(text, "/etc/magwatch/magwatch.toml", read, checks);
    // Either it is whole, or there is a reason; a refused file is never half in force.
    if (loaded.config.has_value() != loaded.errors.empty()) std::abort();
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const magwatch::Diagnostic& mistake : loaded.errors) {
        if (mistake.message.empty() || mistake.line > lines) std::abort();
        (void)mistake.text();
    }
    return 0;
}
