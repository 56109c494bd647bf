#include "adapters/pagers/url.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include <curl/curl.h>

namespace magwatch::adapters {
namespace {

struct UrlParts {
    std::string scheme, host;
    bool user = false, fragment = false;
};

std::optional<UrlParts> url_parts(std::string_view url)
{
    const auto close = [](CURLU* u) { curl_url_cleanup(u); };
    const std::unique_ptr<CURLU, decltype(close)> handle{curl_url(), close};
    const std::string text{url};
    if (!handle || curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
    const auto part = [&](CURLUPart which) -> std::optional<std::string> {
        char* value = nullptr;
        if (curl_url_get(handle.get(), which, &value, 0) != CURLUE_OK) return std::nullopt;
        std::string copy{value};
        curl_free(value);
        return copy;
    };
    UrlParts parts;
    parts.scheme = part(CURLUPART_SCHEME).value_or("");
    parts.host = part(CURLUPART_HOST).value_or("");
    parts.user = part(CURLUPART_USER).has_value() || part(CURLUPART_PASSWORD).has_value();
    parts.fragment = part(CURLUPART_FRAGMENT).has_value();
    return parts;
}

} // namespace

bool is_loopback_host(std::string_view host)
{
    if (host == "localhost" || host == "[::1]" || host == "::1") return true;
    int numbers = 0;
    for (std::string_view rest = host; ; ++numbers) {
        const std::size_t dot = std::min(rest.find('.'), rest.size());
        unsigned value = 256;
        const auto parsed = std::from_chars(rest.data(), rest.data() + dot, value);
        if (parsed.ec != std::errc{} || parsed.ptr != rest.data() + dot || value > 255) return false;
        if (numbers == 0 && value != 127) return false;
        if (dot == rest.size()) return numbers == 3;
        rest.remove_prefix(dot + 1);
    }
}

std::vector<std::string> url_mistakes(std::string_view url)
{
    std::vector<std::string> found;
    const auto parts = url_parts(url);
    const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!parts || !printable || parts->host.empty() || (parts->scheme != "https" && parts->scheme != "http")) {
        found.emplace_back("url must be an https:// address");
        return found;
    }
    if (parts->scheme == "http" && !is_loopback_host(parts->host))
        found.emplace_back("plain http:// is for this machine alone (127.0.0.1, [::1], localhost): use https://");
    if (parts->user) found.emplace_back("url must not carry a user or a password");
    if (parts->fragment) found.emplace_back("url must not have a #fragment");
    return found;
}

std::string url_host(std::string_view url)
{
    const auto parts = url_parts(url);
    return parts ? parts->host : "";
}

bool is_loopback_url(std::string_view url)
{
    const auto parts = url_parts(url);
    return parts && is_loopback_host(parts->host);
}

} // namespace magwatch::adapters
