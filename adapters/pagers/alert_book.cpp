#include "adapters/pagers/alert_book.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/pagers/iso_time.hpp"

namespace magwatch::adapters {
namespace {

// Words of the wire format; never renamed.
std::string word_of(Priority priority)
{
    switch (priority) {
    case Priority::low: return "low";
    case Priority::medium: return "medium";
    case Priority::high: return "high";
    }
    return "high";
}

} // namespace

Alert alert_of(const Page& page, std::string_view text, std::string_view ward)
{
    Alert alert;
    alert.labels = {{"alertname", "magwatch"},
                    {"ward", std::string{ward}},
                    {"call", page.key.call.text()},
                    {"ring", std::to_string(page.key.repetition) + "/" + std::to_string(page.key.rung)},
                    {"person", page.key.person},
                    {"channel", page.key.channel},
                    {"priority", word_of(page.priority)},
                    {"kind", page.kind == AlarmKind::technical ? "technical" : "physiological"}};
    if (!page.bed_alias.empty()) alert.labels["bed"] = page.bed_alias;
    if (page.simulation) alert.labels["simulation"] = "true";
    if (page.reason == PageReason::test) alert.labels["test"] = "true";
    alert.text = text;
    alert.number = page.number;
    alert.starts_at = page.at;
    return alert;
}

std::string alerts_body(const std::vector<Alert>& alerts, WallTime now)
{
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Alert& alert : alerts) {
        const bool rings = alert.ends_at.ms == 0;
        const WallTime ends = rings ? now + alert_life : alert.ends_at;
        nlohmann::ordered_json one;
        one["labels"] = alert.labels;
        one["annotations"] = {{"summary", alert.text}, {"number", std::to_string(alert.number)}};
        // Alertmanager refuses an alert that ends before it starts: our clock may have been set back in between.
        one["startsAt"] = iso_8601(alert.starts_at < ends ? alert.starts_at : ends);
        one["endsAt"] = iso_8601(ends);
        all.push_back(std::move(one));
    }
    return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AlertBook::ring(const std::string& cluster, const Page& page, Alert alert, const Moment& now)
{
    // Nobody ends a test: it is told once and ends by itself. What merely tells how a call goes on rings nowhere.
    if (page.reason == PageReason::test || is_follow_up(page.reason)) return;
    const std::tuple age{page.key.repetition, page.key.rung};
    const auto [at, fresh] = ringing_.try_emplace({cluster, page.key.call, page.key.person}, Ringing{age, alert});
    if (fresh || age <= at->second.age) return;
    over(cluster, std::move(at->second.alert), now);
    at->second = {age, std::move(alert)};
}

void AlertBook::over(const std::string& cluster, Alert alert, const Moment& now)
{
    alert.ends_at = now.wall;
    over_.push_back({cluster, std::move(alert), now.steady + alert_farewell});
}

void AlertBook::end(CallId call, const Moment& now)
{
    for (auto at = ringing_.begin(); at != ringing_.end();) {
        if (at->first.call != call) {
            ++at;
            continue;
        }
        over(at->first.cluster, std::move(at->second.alert), now);
        at = ringing_.erase(at);
    }
}

std::vector<Alert> AlertBook::alerts(const std::string& cluster, const Moment& now)
{
    std::erase_if(over_, [&](const Over& one) { return one.forget_at < now.steady; });
    std::vector<Alert> found;
    for (const auto& [key, one] : ringing_)
        if (key.cluster == cluster) found.push_back(one.alert);
    for (const Over& one : over_)
        if (one.cluster == cluster) found.push_back(one.alert);
    return found;
}

} // namespace magwatch::adapters
