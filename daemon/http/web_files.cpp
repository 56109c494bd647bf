#include "daemon/http/web_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "adapters/pagers/markup.hpp"
#include "daemon/http/times.hpp"
#include "daemon/http/words.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::http
{
namespace
{

namespace fs = std::filesystem;
using adapters::escape_markup;

// A board is some ten files and less than 1 MiB: more than this is another folder.
constexpr std::size_t most_files = 200;
constexpr std::uintmax_t largest_file = 4 * 1024 * 1024;

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
}};

// The page may load its own scripts, styles, pictures and data, and nothing from elsewhere.
constexpr std::string_view screen_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view type_of(std::string_view name)
{
    for (const auto& [end, type] : types)
        if (name.ends_with(end)) return type;
    return "";
}

struct Found {
    std::string name; // "assets/board.js"
    fs::path path;
};

// Regular files of one folder, in the order of their names.
std::vector<Found> files_in(const fs::path& folder, const std::string& prefix)
{
    std::vector<Found> found;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
        std::error_code unknown;
        if (entry->symlink_status(unknown).type() != fs::file_type::regular || unknown) continue;
        found.push_back({prefix + entry->path().filename().string(), entry->path()});
    }
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.name < b.name; });
    return found;
}

} // namespace

const WebFile* WebFiles::find(std::string_view name) const
{
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
}

WebFolder read_web_files(const std::string& root)
{
    WebFolder out;
    auto found = files_in(fs::path{root} / "assets", "assets/");
    std::error_code error;
    const fs::path first = fs::path{root} / "index.html";
    if (fs::symlink_status(first, error).type() != fs::file_type::regular) return out;
    found.push_back({"index.html", first});
    if (fs::symlink_status(first.string() + ".gz", error).type() == fs::file_type::regular)
        found.push_back({"index.html.gz", first.string() + ".gz"});
    WebFiles::Files files;
    for (const Found& one : found) {
        const bool compressed = one.name.ends_with(".gz");
        const std::string name = compressed ? one.name.substr(0, one.name.size() - 3) : one.name;
        const auto refuse = [&](std::string_view why) { out.left_out.push_back(one.name + ": " + std::string{why}); };
        if (type_of(name).empty()) {
            refuse("not a type that is served");
            continue;
        }
        const auto size = fs::file_size(one.path, error);
        if (error || size > largest_file || files.size() >= most_files) {
            refuse(error ? "cannot be read" : "too large, or too many files");
            continue;
        }
        std::ifstream in{one.path, std::ios::binary};
        std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        if (in.bad() || bytes.size() != size) {
            refuse("cannot be read");
            continue;
        }
        WebFile& file = files[name];
        file.content_type = type_of(name);
        (compressed ? file.gzipped : file.bytes) = std::move(bytes);
    }
    // A compressed file without the plain one cannot be given to everybody.
    std::erase_if(files, [](const auto& file) { return file.second.bytes.empty(); });
    out.files = WebFiles{std::move(files)};
    return out;
}

Response web_response(const WebFile& file, bool first, bool gzip)
{
    Response response;
    response.content_type = file.content_type;
    const bool compressed = gzip && !file.gzipped.empty();
    response.body = compressed ? file.gzipped : file.bytes;
    if (compressed) response.headers.emplace_back("Content-Encoding", "gzip");
    if (!file.gzipped.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
    if (!first) response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
    response.headers.emplace_back("Content-Security-Policy", std::string{screen_policy});
    return response;
}

bool accepts_gzip(const Request& request)
{
    for (const auto& [name, value] : request.headers) {
        if (name != "accept-encoding") continue;
        const std::string wanted = lower(value);
        const auto at = wanted.find("gzip");
        if (at == std::string::npos) continue;
        const std::string part = wanted.substr(at, wanted.find(',', at) - at);
        const auto quality = part.find("q=0"); // 0 says that it is not wanted; 0.5 does not
        return quality == std::string::npos || part.find_first_of("123456789", quality) != std::string::npos;
    }
    return false;
}

std::string page_without_files(const WardView* view)
{
    std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta http-equiv=\"refresh\" content=\"5\"><title>magwatch: screen files missing</title></head>"
                      "<body>\n";
    if (view != nullptr && view->mode != Mode::ward) out += "<h1>SIMULATION: no patient</h1>\n";
    out += "<h1>Screen files missing</h1>\n<p>magwatch runs and pages, but its board is not installed: install the "
           "package magwatch-web, or set <code>[http] web_root</code>, and restart magwatchd. The bedside "
           "monitor's own alarms stay primary.</p>\n";
    if (view == nullptr) return out + "<p>Starting: nothing is known of the ward yet.</p>\n</body></html>\n";
    out += "<p>Open alarms at " + format_time(view->at.wall) + ":</p>\n<ul>\n";
    for (const EpisodeView& episode : view->episodes) {
        const std::string where = episode.bed.empty() ? "the ward" : episode.bed;
        out += "<li><b>" + std::string{word(episode.priority)} + "</b>, " + escape_markup(where) + ": " +
               escape_markup(episode.message) + "</li>\n";
    }
    if (view->episodes.empty()) out += "<li>none</li>\n";
    return out + "</ul>\n</body></html>\n";
}

} // namespace magwatch::http
