#include "daemon/audit/folder.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/audit/row.hpp"

namespace magwatch::audit
{
namespace
{

namespace fs = std::filesystem;

constexpr std::string_view ending = ".jsonl";
constexpr std::size_t name_digits = 12;

} // namespace

std::string segment_name(std::uint64_t first)
{
    return fmt::format("{:0{}}{}", first, name_digits, ending);
}

std::vector<Segment> segments_of(const std::string& folder)
{
    std::vector<Segment> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(ending)) continue;
        Segment one;
        const char* end = name.data() + (name.size() - ending.size());
        const auto [stopped, wrong] = std::from_chars(name.data(), end, one.first);
        if (wrong != std::errc{} || stopped != end) continue;
        one.path = entry.path().string();
        std::error_code ignored;
        one.bytes = entry.file_size(ignored);
        found.push_back(std::move(one));
    }
    std::sort(found.begin(), found.end(), [](const Segment& a, const Segment& b) { return a.first < b.first; });
    return found;
}

bool copy_segments(const std::string& folder, const std::string& to)
{
    const auto all = segments_of(folder);
    if (!all.empty()) fs::create_directory(to);
    for (const Segment& one : all) {
        const fs::path fresh = fs::path{to} / fs::path{one.path}.filename();
        std::error_code error;
        fs::copy_file(one.path, fresh, error);
        if (error == std::errc::no_such_file_or_directory) continue; // retention took it meanwhile
        if (error) throw fs::filesystem_error{"audit trail", one.path, error};
        std::uintmax_t whole = 0, at = 0;
        const std::string wrong = each_line(fresh.string(), [&](std::string_view line, bool ended) {
            at += line.size() + 1;
            if (ended) whole = at;
            return true;
        });
        if (!wrong.empty()) throw fs::filesystem_error{wrong, std::make_error_code(std::errc::io_error)};
        fs::resize_file(fresh, whole);
    }
    return !all.empty();
}

std::string each_line(const std::string& path, const std::function<bool(std::string_view line, bool whole)>& take)
{
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) return path + ": " + std::generic_category().message(errno);
    std::string held, buffer(std::size_t{1} << 16, '\0');
    ssize_t got = 0;
    bool more = true;
    while (more && (got = ::read(in, buffer.data(), buffer.size())) > 0) {
        std::string_view rest{buffer.data(), static_cast<std::size_t>(got)};
        for (auto end = rest.find('\n'); more && end != std::string_view::npos; end = rest.find('\n')) {
            held.append(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            more = take(held, true);
            held.clear();
        }
        held.append(rest);
    }
    std::string wrong = got < 0 ? path + ": " + std::generic_category().message(errno) : std::string{};
    ::close(in);
    if (wrong.empty() && more && !held.empty()) (void)take(held, false);
    return wrong;
}

} // namespace magwatch::audit
