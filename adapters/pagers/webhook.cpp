#include "adapters/pagers/webhook.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/standard_webhooks.hpp"

namespace magwatch::adapters {
namespace {

// Words of the wire format; never renamed.
std::string_view wire_name(Priority priority)
{
    switch (priority) {
    case Priority::low: return "low";
    case Priority::medium: return "medium";
    case Priority::high: return "high";
    }
    return "high";
}
std::string_view wire_name(AlarmKind kind)
{
    return kind == AlarmKind::technical ? "technical" : "physiological";
}

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

bool is_loopback_host(std::string_view host)
{
    if (host == "localhost" || host == "[::1]") return true;
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

} // namespace

bool is_loopback_url(std::string_view url)
{
    const auto parts = url_parts(url);
    return parts && is_loopback_host(parts->host);
}

std::vector<std::string> mistakes(const WebhookEndpoint& endpoint)
{
    std::vector<std::string> found;
    const auto parts = url_parts(endpoint.url);
    const bool printable = std::all_of(endpoint.url.begin(), endpoint.url.end(),
                                       [](char c) { return c > 0x20 && c < 0x7F; });
    if (!parts || !printable || parts->host.empty() || (parts->scheme != "https" && parts->scheme != "http")) {
        found.emplace_back("url must be an https:// address");
    } else {
        if (parts->scheme == "http" && !is_loopback_host(parts->host))
            found.emplace_back("plain http:// is for this machine alone (127.0.0.1, [::1], localhost): use https://");
        if (parts->user) found.emplace_back("url must not carry a user or a password");
        if (parts->fragment) found.emplace_back("url must not have a #fragment");
    }
    if (endpoint.keys.empty()) found.emplace_back("a signing key is needed (whsec_ and base64)");
    for (const Secret& key : endpoint.keys)
        if (key.reveal().size() < webhook_key_min || key.reveal().size() > webhook_key_max)
            found.emplace_back(fmt::format("a signing key has {} to {} bytes", webhook_key_min, webhook_key_max));
    return found;
}

std::string iso_8601(WallTime time)
{
    using namespace std::chrono;
    const sys_time<milliseconds> point{milliseconds{time.ms}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{point - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string webhook_body(const Page& page, std::string_view text, const AnswerLinks& links)
{
    nlohmann::ordered_json answers = nlohmann::ordered_json::object();
    if (!links.coming.empty()) answers["coming"] = links.coming;
    if (!links.cannot.empty()) answers["cannot"] = links.cannot;
    if (!links.here.empty()) answers["here"] = links.here;
    nlohmann::ordered_json body;
    body["type"] = "magwatch.page";
    body["key"] = page.key.text();
    body["number"] = page.number;
    body["text"] = text;
    body["place"] = page.place;
    body["bed"] = page.bed_alias;
    body["priority"] = wire_name(page.priority);
    body["kind"] = wire_name(page.kind);
    body["grade"] = page.grade;
    body["reason"] = name(page.reason);
    body["simulation"] = page.simulation;
    body["at"] = iso_8601(page.at);
    body["answers"] = std::move(answers);
    return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

WebhookPager::WebhookPager(PagerParts parts, std::vector<WebhookEndpoint> endpoints)
    : CurlPager{std::move(parts)}
{
    for (WebhookEndpoint& endpoint : endpoints) {
        if (!mistakes(endpoint).empty()) continue;
        know_channel(endpoint.name);
        std::string key = endpoint.name;
        endpoints_.insert_or_assign(std::move(key), std::move(endpoint));
    }
}

std::string WebhookPager::channel_of(const Page& page) const { return page.address; }

std::variant<CurlRequest, CurlPager::Refusal> WebhookPager::request(const Job& job, WallTime now) const
{
    const auto at = endpoints_.find(job.page.address);
    if (at == endpoints_.end()) return Refusal{"no webhook of this name"};
    const WebhookEndpoint& endpoint = at->second;
    std::vector<std::string_view> keys;
    for (const Secret& key : endpoint.keys) keys.push_back(key.reveal());

    HttpPost post;
    post.url = endpoint.url;
    post.body = webhook_body(job.page, job.text, job.links);
    const WebhookHeaders signed_as = sign_webhook(wire_id(job.page.key.text()), now, post.body, keys);
    post.headers = {"Content-Type: application/json", "webhook-id: " + signed_as.id,
                    "webhook-timestamp: " + signed_as.timestamp, "webhook-signature: " + signed_as.signature};
    post.ca_file = endpoint.ca_file;
    post.loopback_only = is_loopback_url(endpoint.url);
    return CurlRequest{std::move(post)};
}

} // namespace magwatch::adapters
