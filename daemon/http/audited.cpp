#include "daemon/http/audited.hpp"

#include <nlohmann/json.hpp>

#include "daemon/audit/body.hpp"
#include "daemon/http/service.hpp"
#include "daemon/http/utf8.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

constexpr std::size_t longest_name = 64;
constexpr std::string_view beds_path = "/api/v1/beds";

bool tells_of_beds(const Route& route)
{
    return route.pattern.starts_with(beds_path) || route.id == RouteId::stream || route.id == RouteId::clinical_metrics;
}

std::string name_at(const json& body, const char* field)
{
    const auto found = body.find(field);
    if (found == body.end() || !found->is_string()) return "";
    const auto& text = found->get_ref<const std::string&>();
    return text.size() <= longest_name && is_plain_text(text) ? text : "";
}

// What a change is about, where its path does not say.
std::string object_of(const json& body)
{
    for (const char* field : {"bed", "name", "roster"})
        if (std::string found = name_at(body, field); !found.empty()) return found;
    return "";
}

} // namespace

std::optional<audit::Event> audit_event(const Request& request, const Route& route, const std::string& parameter)
{
    const bool link = route.guard == Guard::link, change = route.guard == Guard::change || link;
    if (!change && !tells_of_beds(route)) return std::nullopt;
    audit::Event event;
    event.station = request.station;
    event.action = route.name;
    event.proof = request.trusted_peer ? "socket" : link ? "link" : "none";
    if (!change) {
        event.outcome = "read";
        event.object = parameter.empty() ? "all beds" : parameter.substr(0, longest_name);
        return event;
    }
    if (link) return event; // its parameter is a secret
    const json body = json::parse(request.body, nullptr, false);
    event.object = parameter.substr(0, longest_name);
    if (!body.is_object()) return event;
    event.body = audit::canonical_body(request.body);
    event.actor = name_at(body, "person");
    if (event.object.empty()) event.object = object_of(body);
    return event;
}

void told_by(const Ask& ask, audit::Event& event)
{
    if (event.proof != "link" || ask.inputs.empty()) return;
    const auto* action = std::get_if<Action>(&ask.inputs.front());
    if (action == nullptr) return;
    event.actor = action->person;
    if (const auto* answer = std::get_if<Answer>(&action->what)) event.object = answer->call.text();
}

bool conclude(audit::Event& event, unsigned status)
{
    event.status = status;
    const bool good = status >= 200 && status < 300, read = event.outcome == "read";
    if (read && status == 403) event.outcome = "refused";
    else if (read) return good;
    else if (good) event.outcome = "accepted";
    else event.outcome = status == 503 ? "unconfirmed" : "refused";
    return true;
}

} // namespace magwatch::http
