// Where the packs that others extend are found: beside the pack, as NAME.toml, then built in.
//
// Reads files through the function it is given; not thread-safe, may run on a lane.
#pragma once

#include <string>
#include <string_view>

#include "daemon/config/config_reader.hpp"
#include "rules/language/pack.hpp"

namespace magwatch {

// The pack for the worst weather: the strictest limits of the read guidelines, no dose.
[[nodiscard]] std::string_view minimal_pack();
// Its cases.
[[nodiscard]] std::string_view minimal_pack_tests();

class PackFolder : public PackLibrary {
public:
    // For a pack at this path. An empty reader reads files.
    explicit PackFolder(std::string_view pack_path, FileReader read = {});
    [[nodiscard]] std::optional<PackSource> find(std::string_view name) const override;
    [[nodiscard]] std::vector<std::string> names() const override;

private:
    std::string folder_;
    FileReader read_;
};

// What an empty FileReader stands for.
[[nodiscard]] std::variant<std::string, Diagnostic> read_pack_file(const std::string& path);

// NAME.test.toml for NAME.toml.
[[nodiscard]] std::string test_file_of(const std::string& pack_path);

} // namespace magwatch
