#include "rules/language/pack.hpp"

#include <toml++/toml.h>

namespace magwatch {

CompiledPack compile_pack(std::string_view text, std::string_view file_name,
                          const std::vector<LimitOverride>&)
{
    CompiledPack result;
    try {
        (void)toml::parse(text, file_name);
        result.pack = std::make_shared<const Pack>();
    } catch (const toml::parse_error& error) {
        const auto begin = error.source().begin;
        result.errors.push_back({std::string{file_name}, begin.line, begin.column, std::string{error.description()}, {}});
    }
    return result;
}

} // namespace magwatch
