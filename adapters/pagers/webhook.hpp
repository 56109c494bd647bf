// Pages as signed webhooks: one JSON object to the address that the configuration names.
//
// 2xx is accepted; 408, 425, 429, 503 and network errors are tried again with the same webhook-id, another 5xx once:
// it may have arrived; anything else, redirects included, is final. Plain http is for loopback alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagers/curl_pager.hpp"
#include "adapters/pagers/iso_time.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct WebhookEndpoint {
    std::string name; // what a channel's address says
    std::string url;
    std::vector<Secret> keys; // bytes (webhook_key); the first signs, more while keys change
    std::string ca_file;      // "" = the system's authorities
};

// What is wrong with an endpoint; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const WebhookEndpoint& endpoint);

// {"type":"magwatch.page","key":...,"number":...,"text":...,"place":...,"bed":...,"priority":"high",
//  "kind":"physiological","grade":2,"reason":"first","simulation":false,"at":"2026-11-21T02:14:05.123Z",
//  "answers":{"coming":url,"cannot":url,"here":url}}; an answer without a link is left out. UTF-8.
[[nodiscard]] std::string webhook_body(const Page& page, std::string_view text, const AnswerLinks& links);

class WebhookPager final : public CurlPager {
public:
    // Endpoints with mistakes must not come here: their pages are refused.
    // `probe`: how often an endpoint is connected to, without a word; 0 = never.
    WebhookPager(PagerParts parts, std::vector<WebhookEndpoint> endpoints, Duration probe = Duration{0});

private:
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    [[nodiscard]] std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;

    ByName<WebhookEndpoint> endpoints_;
};

} // namespace magwatch::adapters
