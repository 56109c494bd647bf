#include "daemon/config/pack_library.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace magwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".toml", test_ending = ".test.toml";
constexpr std::string_view built_in = "minimal";

} // namespace

std::variant<std::string, Diagnostic> read_pack_file(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) return Diagnostic{path, 0, 0, "cannot be read", ""};
    return std::string{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

std::string test_file_of(const std::string& pack_path)
{
    return fs::path{pack_path}.replace_extension().string() + std::string{test_ending};
}

PackFolder::PackFolder(std::string_view pack_path, FileReader read)
    : folder_{fs::path{pack_path}.parent_path().string()}, read_{read ? std::move(read) : FileReader{read_pack_file}}
{
}

std::optional<PackSource> PackFolder::find(std::string_view name) const
{
    // A name is no path: nothing outside of the folder is read.
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (name.empty() || !plain) return std::nullopt;
    const std::string path = (fs::path{folder_} / (std::string{name} + std::string{ending})).string();
    auto text = read_(path);
    if (auto* found = std::get_if<std::string>(&text)) {
        const std::string beside = test_file_of(path);
        auto cases = read_(beside);
        auto* tests = std::get_if<std::string>(&cases);
        return PackSource{std::move(*found), path, tests ? std::move(*tests) : std::string{}, beside};
    }
    if (name == built_in) {
        return PackSource{std::string{minimal_pack()}, "built-in minimal.toml", std::string{minimal_pack_tests()},
                          "built-in minimal.test.toml"};
    }
    return std::nullopt;
}

std::vector<std::string> PackFolder::names() const
{
    std::vector<std::string> out{std::string{built_in}};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{folder_.empty() ? "." : folder_, ignored}) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(ending) && !name.ends_with(test_ending)) {
            out.push_back(name.substr(0, name.size() - ending.size()));
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

} // namespace magwatch
