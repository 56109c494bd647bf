// The files of the board: read once at start into a fixed list. What a request asks for is looked up in it, so no name
// from a request ever reaches the file system.
//
// read_web_files() blocks; the rest is pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/request.hpp"
#include "rules/ward/view.hpp"

namespace magwatch::http
{

struct WebFile {
    std::string content_type;
    std::string bytes;
    std::string gzipped; // "" = there is no compressed one
};

class WebFiles
{
public:
    using Files = std::map<std::string, WebFile, std::less<>>; // by "index.html", "assets/NAME"

    WebFiles() = default;
    explicit WebFiles(Files files) : files_{std::move(files)} {}
    // "index.html", "assets/board-1a2b3c.js"; null: no such file.
    [[nodiscard]] const WebFile* find(std::string_view name) const;
    [[nodiscard]] bool empty() const { return files_.empty(); }

private:
    Files files_;
};

// What stands in `root`: index.html, and the files directly in assets/. Files end in a known type, are no links, and
// are neither many nor large; the others are named in `left_out`. `a.js.gz` beside `a.js` is a.js as it is sent.
struct WebFolder {
    WebFiles files;
    std::vector<std::string> left_out; // "assets/x.exe: not a type that is served"
};
[[nodiscard]] WebFolder read_web_files(const std::string& root);

// `first`: the page itself, which is never cached; everything else is named by its content and kept for good.
[[nodiscard]] Response web_response(const WebFile& file, bool first, bool gzip);
[[nodiscard]] bool accepts_gzip(const Request& request);

// The page without the files: says so, and lists the open alarms. Null: nothing is known of the ward yet.
[[nodiscard]] std::string page_without_files(const WardView* view);

} // namespace magwatch::http
