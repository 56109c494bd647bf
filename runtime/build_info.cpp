#include "runtime/build_info.hpp"

namespace magwatch {

namespace {
#ifdef __clang__
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif
} // namespace

const BuildInfo& build_info()
{
    static constexpr BuildInfo info{MAGWATCH_VERSION, MAGWATCH_COMMIT, compiler,
                                    MAGWATCH_BUILD_TYPE};
    return info;
}

std::string version_text(std::string_view program)
{
    const BuildInfo& info = build_info();
    std::string text = std::string{program} + " " + std::string{info.version} + " (";
    if (!info.commit.empty()) text += std::string{info.commit} + ", ";
    return text + std::string{info.compiler} + ", " + std::string{info.build_type} + ")";
}

std::string commit_text()
{
    const std::string_view commit = build_info().commit;
    return commit.empty() ? "commit unknown" : "commit " + std::string{commit};
}

} // namespace magwatch
