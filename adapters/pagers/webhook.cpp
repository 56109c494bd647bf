#include "adapters/pagers/webhook.hpp"


#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/url.hpp"

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

} // namespace

std::vector<std::string> mistakes(const WebhookEndpoint& endpoint)
{
    std::vector<std::string> found = url_mistakes(endpoint.url);
    if (endpoint.keys.empty()) found.emplace_back("a signing key is needed (whsec_ and base64)");
    for (const Secret& key : endpoint.keys)
        if (key.reveal().size() < webhook_key_min || key.reveal().size() > webhook_key_max)
            found.emplace_back(fmt::format("a signing key has {} to {} bytes", webhook_key_min, webhook_key_max));
    return found;
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

WebhookPager::WebhookPager(PagerParts parts, std::vector<WebhookEndpoint> endpoints, Duration probe)
    : CurlPager{std::move(parts), &judge_http}, endpoints_{usable(std::move(endpoints))}
{
    probe_every(probe);
}

void WebhookPager::probe(const std::string& name, const Moment&, AttemptDone done)
{
    const auto at = endpoints_.find(name);
    if (at != endpoints_.end()) reach(silent_post(at->second.url, at->second.ca_file), std::move(done));
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
