// A directory of its own for a test, removed with all that is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace magwatch::test {

class TemporaryDirectory {
public:
    // Its name begins with `name`, its place is `below`.
    explicit TemporaryDirectory(std::string_view name,
                                const std::filesystem::path& below = std::filesystem::temp_directory_path())
    {
        std::string pattern = (below / name).string() + "-" + std::string(6, 'X');
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary directory below " + below.string()};
        path_ = pattern;
    }
    ~TemporaryDirectory()
    {
        std::error_code none; // what a failed test left locked stays
        std::filesystem::remove_all(path_, none);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

} // namespace magwatch::test
