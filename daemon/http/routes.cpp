#include "daemon/http/routes.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/http/utf8.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::http
{
namespace
{

constexpr Method G = Method::get;
constexpr Method P = Method::post;

constexpr std::array table = {
    Route{RouteId::metrics, G, "/metrics", "metrics", Guard::read},
    Route{RouteId::clinical_metrics, G, "/metrics/clinical", "clinical_metrics", Guard::read},
    Route{RouteId::healthz, G, "/healthz", "healthz", Guard::read},
    Route{RouteId::readyz, G, "/readyz", "readyz", Guard::read},
    Route{RouteId::status, G, "/api/v1/status", "status", Guard::read},
    Route{RouteId::beds, G, "/api/v1/beds", "beds", Guard::read},
    Route{RouteId::bed, G, "/api/v1/beds/{alias}", "bed", Guard::read},
    Route{RouteId::prediction, G, "/api/v1/beds/{alias}/prediction", "prediction", Guard::read},
    Route{RouteId::trend, G, "/api/v1/beds/{alias}/trend", "trend", Guard::read},
    Route{RouteId::export_csv, G, "/api/v1/beds/{alias}/export.csv", "export_csv", Guard::read},
    Route{RouteId::export_fhir, G, "/api/v1/beds/{alias}/export.fhir.json", "export_fhir", Guard::read},
    Route{RouteId::chart, G, "/api/v1/beds/{alias}/chart", "chart", Guard::read},
    Route{RouteId::alarms, G, "/api/v1/alarms", "alarms", Guard::read},
    Route{RouteId::alarm_rule, G, "/api/v1/alarms/{id}/rule", "alarm_rule", Guard::read},
    Route{RouteId::calls, G, "/api/v1/calls", "calls", Guard::read},
    Route{RouteId::pages, G, "/api/v1/pages", "pages", Guard::read},
    Route{RouteId::sources, G, "/api/v1/sources", "sources", Guard::read},
    Route{RouteId::commissioning, G, "/api/v1/commissioning", "commissioning", Guard::read},
    Route{RouteId::commissioning_of, G, "/api/v1/commissioning/{device}", "commissioning_of", Guard::read},
    Route{RouteId::commission, P, "/api/v1/commissioning/{device}", "commission", Guard::change},
    Route{RouteId::commission_revoke, P, "/api/v1/commissioning/{device}/revoke", "commission_revoke", Guard::change},
    Route{RouteId::oncall, G, "/api/v1/oncall", "oncall", Guard::read},
    Route{RouteId::oncall_at, G, "/api/v1/oncall/{at}", "oncall_at", Guard::read},
    Route{RouteId::oncall_set, P, "/api/v1/oncall", "oncall_set", Guard::change},
    Route{RouteId::oncall_take_back, P, "/api/v1/oncall/take-back", "oncall_take_back", Guard::change},
    Route{RouteId::watch_start, P, "/api/v1/watch/start", "watch_start", Guard::change},
    Route{RouteId::watch_transfer, P, "/api/v1/watch/transfer", "watch_transfer", Guard::change},
    Route{RouteId::watch_confirm, P, "/api/v1/watch/confirm", "watch_confirm", Guard::change},
    Route{RouteId::watch_end, P, "/api/v1/watch/end", "watch_end", Guard::change},
    Route{RouteId::entries, P, "/api/v1/entries", "entries", Guard::change},
    Route{RouteId::acknowledge, P, "/api/v1/alarms/{id}/acknowledge", "acknowledge", Guard::change},
    Route{RouteId::shelve, P, "/api/v1/alarms/{id}/shelve", "shelve", Guard::change},
    Route{RouteId::unshelve, P, "/api/v1/alarms/{id}/unshelve", "unshelve", Guard::change},
    Route{RouteId::answer_call, P, "/api/v1/calls/{id}/answer", "answer_call", Guard::change},
    Route{RouteId::call_again, P, "/api/v1/calls/{id}/again", "call_again", Guard::change},
    Route{RouteId::call_phoned, P, "/api/v1/calls/{id}/phoned", "call_phoned", Guard::change},
    Route{RouteId::here, P, "/api/v1/here", "here", Guard::change},
    Route{RouteId::pause, P, "/api/v1/beds/{alias}/pause", "pause", Guard::change},
    Route{RouteId::check_rate, P, "/api/v1/beds/{alias}/second-check", "check_rate", Guard::change},
    Route{RouteId::test_page, P, "/api/v1/pages/test", "test_page", Guard::change},
    Route{RouteId::limits, P, "/api/v1/beds/{alias}/limits", "limits", Guard::change},
    Route{RouteId::limits_view, G, "/api/v1/beds/{alias}/limits", "limits_view", Guard::read},
    Route{RouteId::protocol, G, "/api/v1/beds/{alias}/protocol", "protocol", Guard::read},
    Route{RouteId::protocol_open, P, "/api/v1/beds/{alias}/protocol/open", "protocol_open", Guard::change},
    Route{RouteId::protocol_step, P, "/api/v1/beds/{alias}/protocol/step", "protocol_step", Guard::change},
    Route{RouteId::protocol_close, P, "/api/v1/beds/{alias}/protocol/close", "protocol_close", Guard::change},
    Route{RouteId::store_copy_view, G, "/api/v1/backup", "backup", Guard::read},
    Route{RouteId::store_copy, P, "/api/v1/backup", "backup_copy", Guard::change},
    Route{RouteId::answer_page, G, "/answer/{token}", "answer_page", Guard::read},
    Route{RouteId::stream, G, "/api/v1/stream", "stream", Guard::live},
    Route{RouteId::people, G, "/api/v1/people", "people", Guard::read},
    Route{RouteId::people_set, P, "/api/v1/people", "people_set", Guard::change},
    Route{RouteId::session_view, G, "/api/v1/session", "session", Guard::read},
    Route{RouteId::session_unlock, P, "/api/v1/session/unlock", "session_unlock", Guard::change},
    Route{RouteId::session_lock, P, "/api/v1/session/lock", "session_lock", Guard::change},
    Route{RouteId::setup, P, "/api/v1/setup", "setup", Guard::change},
    Route{RouteId::setup_code, P, "/api/v1/setup/code", "setup_code", Guard::change},
    Route{RouteId::board_sound, P, "/api/v1/boards/sound", "board_sound", Guard::change},
    Route{RouteId::screen, G, "/", "screen", Guard::read},
    Route{RouteId::screen_asset, G, "/assets/{name}", "screen_asset", Guard::read},
    Route{RouteId::answer_link, P, "/answer/{token}", "answer_link", Guard::link},
};

// The next segment of a path that starts with '/', taken off it.
std::string_view next_segment(std::string_view& path)
{
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool path_matches(std::string_view pattern, std::string_view path, std::string_view& parameter)
{
    while (!pattern.empty() && !path.empty()) {
        const auto wanted = next_segment(pattern), got = next_segment(path);
        if (wanted.starts_with('{')) {
            if (got.empty()) return false;
            parameter = got;
        } else if (wanted != got) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The media type of a Content-Type, without parameters.
std::string media_type(std::string_view content_type)
{
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
    return lower(type);
}

// A page of another site sent it. Browsers always say so; programs say nothing.
bool is_foreign(const Request& request, const Route& route)
{
    if (!request.fetch_site.empty() && request.fetch_site != "same-origin" &&
        request.fetch_site != "none")
        return true;
    // Our own answer page says "null", because its address is a token that no Referer may carry.
    if (request.origin.empty() || (route.guard == Guard::link && request.origin == "null"))
        return false;
    const std::string origin = lower(request.origin), host = lower(request.host);
    return origin != (request.tls ? "https://" : "http://") + host;
}

} // namespace

std::span<const Route> routes()
{
    return table;
}

std::vector<unsigned> codes_of(const Route& route)
{
    if (route.id == RouteId::answer_page) return {200, 404, 410, 503};
    if (route.id == RouteId::here) return {200, 400, 401, 403, 404, 409, 415, 422, 429, 503};
    switch (route.guard) {
    case Guard::read:
        return {200, 400, 404, 503};
    case Guard::live:
        return {200, 400, 403, 503};
    case Guard::change:
        return {200, 400, 401, 403, 404, 409, 415, 422, 503};
    case Guard::link:
        return {200, 403, 404, 409, 410, 415, 503};
    }
    return {};
}

std::vector<unsigned> codes_of_none()
{
    return {400, 403, 404, 405, 408, 413, 421, 431, 503};
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex(text[i + 1]), low = hex(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        out += c;
    }
    if (!is_plain_text(out)) return std::nullopt;
    return out;
}

Match match(Method method, std::string_view target)
{
    Match result;
    const auto question = target.find('?');
    result.query = question != std::string_view::npos;
    const auto path = target.substr(0, question);
    if (path.empty() || path.front() != '/' || target.find('#') != std::string_view::npos) {
        result.bad_target = true;
        return result;
    }
    for (const Route& route : table) {
        std::string_view parameter;
        if (!path_matches(route.pattern, path, parameter)) continue;
        if (!result.allowed.empty()) result.allowed += ", ";
        result.allowed += route.method == Method::get ? "GET" : "POST";
        if (route.method != method) continue;
        const auto decoded = percent_decoded(parameter);
        result.bad_target = !decoded;
        if (!decoded) return result;
        result.parameter = *decoded;
        result.route = &route;
    }
    return result;
}

bool is_our_host(std::string_view host, std::span<const std::string> also)
{
    std::string name = lower(host);
    const auto colon = name.starts_with('[') ? name.find(':', std::min(name.find(']'), name.size()))
                                             : name.find(':');
    if (colon != std::string::npos) {
        const auto port = name.substr(colon + 1);
        if (port.empty() || port.size() > 5 ||
            !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return false;
        name.resize(colon);
    }
    if (name == "localhost" || name == "127.0.0.1" || name == "[::1]") return true;
    return std::any_of(also.begin(), also.end(),
                       [&](const std::string& n) { return lower(n) == name; });
}

std::optional<Refused> guard(const Request& request, const Route& route)
{
    if (route.guard == Guard::read) return std::nullopt;
    if (is_foreign(request, route))
        return Refused{403, "a page of another site may not do this", "Origin"};
    if (route.guard == Guard::live) return std::nullopt;
    const std::string type = media_type(request.content_type);
    if (route.guard == Guard::link) {
        if (type != "application/x-www-form-urlencoded")
            return Refused{415, "Content-Type must be application/x-www-form-urlencoded",
                           "Content-Type"};
        return std::nullopt;
    }
    if (type != "application/json")
        return Refused{415, "Content-Type must be application/json", "Content-Type"};
    if (!request.trusted_peer && request.client.empty())
        return Refused{403,
                       "a change needs the header X-Magwatch-Client with the name of the program",
                       "X-Magwatch-Client"};
    return std::nullopt;
}

} // namespace magwatch::http
