#include "adapters/pagers/sms_gateway.hpp"

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {

SmsPager::SmsPager(PagerParts parts, std::vector<SmsGateway> gateways, Duration probe)
    : CurlPager{std::move(parts), &judge_http}, gateways_{usable(std::move(gateways))}
{
    probe_every(probe);
}

void SmsPager::probe(const std::string& name, const Moment&, AttemptDone done)
{
    const auto at = gateways_.find(name);
    if (at != gateways_.end()) reach(silent_post(at->second.url, at->second.ca_file), std::move(done));
}

std::string SmsPager::channel_of(const Page& page) const
{
    const auto address = sms_address(page.address);
    return address ? address->gateway : page.channel_kind;
}

std::variant<CurlRequest, CurlPager::Refusal> SmsPager::request(const Job& job, WallTime) const
{
    const auto address = sms_address(job.page.address);
    if (!address) return Refusal{"not a telephone number"};
    const auto at = gateways_.find(address->gateway);
    if (at == gateways_.end()) return Refusal{"no SMS gateway of this name"};
    const SmsGateway& gateway = at->second;
    SmsRequest made = sms_request(gateway, job.page, address->to, job.text);
    HttpPost post;
    post.url = gateway.url;
    post.headers = std::move(made.headers);
    post.body = std::move(made.body);
    post.ca_file = gateway.ca_file;
    post.loopback_only = is_loopback_url(gateway.url);
    return CurlRequest{std::move(post)};
}

} // namespace magwatch::adapters
