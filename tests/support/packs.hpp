// The rule packs that are shipped, as tests read them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/config/pack_library.hpp"

namespace magwatch::test {

inline std::string read_text(const std::filesystem::path& path)
{
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

// In the order of their names.
inline std::vector<std::filesystem::path> shipped_packs()
{
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator{MAGWATCH_SOURCE_DIR "/rules/packs"}) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".toml") && !name.ends_with(".test.toml")) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

inline std::filesystem::path shipped_pack(const std::string& name)
{
    return MAGWATCH_SOURCE_DIR "/rules/packs/" + name + ".toml";
}

// With all that it inherits.
inline std::string effective_pack_text(const std::filesystem::path& path)
{
    const PackFolder library{path.string()};
    return effective_text(read_text(path), path.string(), &library).text;
}

inline CompiledPack compiled_pack(const std::filesystem::path& path)
{
    const PackFolder library{path.string()};
    return compile_pack(read_text(path), path.string(), {}, &library);
}

} // namespace magwatch::test
