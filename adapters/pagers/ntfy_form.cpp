#include "adapters/pagers/ntfy_form.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

bool is_public(std::string_view url)
{
    std::string host = url_host(url);
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    while (host.ends_with('.')) host.pop_back(); // a name may end at the root
    return host == "ntfy.sh" || host.ends_with(".ntfy.sh");
}

// 5 is what breaks through "do not disturb" where the phone lets it.
int priority_of(const Page& page)
{
    if (page.reason == PageReason::test || is_follow_up(page.reason)) return 3;
    switch (page.priority) {
    case Priority::low: return 2;
    case Priority::medium: return 4;
    case Priority::high: return page.kind == AlarmKind::technical ? 4 : 5;
    }
    return 5;
}

std::string_view word_of(Priority priority)
{
    switch (priority) {
    case Priority::low: return "LOW";
    case Priority::medium: return "MEDIUM";
    case Priority::high: return "HIGH";
    }
    return "HIGH";
}

} // namespace

std::vector<std::string> mistakes(const NtfyServer& server)
{
    std::vector<std::string> found = url_mistakes(server.url);
    for (std::string& wrong : mistakes(server.login)) found.push_back(std::move(wrong));
    if (is_public(server.url))
        found.emplace_back("ntfy.sh is public: whoever guesses a topic reads a ward's alarms; "
                           "run a server of your own");
    if (server.url.find('?') != std::string::npos) found.emplace_back("url must be the server's address alone");
    if (!is_loopback_url(server.url) && !server.login.secret)
        found.emplace_back("a secret is needed: a topic without login can be read and written by anybody");
    return found;
}

bool is_ntfy_topic(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::optional<GatewayAddress> ntfy_address(std::string_view address)
{
    auto out = gateway_address(address);
    return out && is_ntfy_topic(out->to) ? out : std::nullopt;
}

std::string ntfy_url(const NtfyServer& server, std::string_view path)
{
    std::string_view base = server.url;
    while (base.ends_with('/')) base.remove_suffix(1);
    return fmt::format("{}/{}", base, path);
}

std::vector<std::string> ntfy_headers(const Page& page, const AnswerLinks& links)
{
    nlohmann::ordered_json actions = nlohmann::ordered_json::array();
    const auto add = [&](const char* label, const std::string& url) {
        if (url.empty() || is_follow_up(page.reason)) return;
        actions.push_back({{"action", "http"}, {"label", label}, {"url", url}, {"method", "POST"}, {"clear", true}});
    };
    add("Coming", links.coming);
    add("Cannot", links.cannot);
    add("I am here", links.here);
    std::vector<std::string> headers{
        fmt::format("Title: magwatch {}{} #{}", page.simulation ? "SIMULATION " : "",
                    page.reason == PageReason::test ? "TEST" : word_of(page.priority), page.number),
        fmt::format("Priority: {}", priority_of(page)),
        page.kind == AlarmKind::technical ? "Tags: wrench" : "Tags: rotating_light",
        "Content-Type: text/plain; charset=utf-8"};
    // As JSON of ASCII: nothing of an address can end the header or begin another action.
    if (!actions.empty())
        headers.push_back("Actions: " + actions.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    return headers;
}

bool ntfy_is_healthy(std::string_view reply)
{
    const auto json = nlohmann::json::parse(reply, nullptr, false);
    if (!json.is_object()) return false;
    const auto healthy = json.find("healthy");
    return healthy != json.end() && *healthy == true;
}

} // namespace magwatch::adapters
