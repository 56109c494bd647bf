#include "adapters/pagers/ntfy.hpp"

#include <utility>

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {

NtfyPager::NtfyPager(PagerParts parts, std::vector<NtfyServer> servers, Duration probe)
    : CurlPager{std::move(parts), &judge_http}, servers_{usable(std::move(servers))}
{
    probe_every(probe);
}

std::string NtfyPager::channel_of(const Page& page) const
{
    const auto address = ntfy_address(page.address);
    return address ? address->gateway : page.channel_kind;
}

HttpPost NtfyPager::post_to(const NtfyServer& server, std::string_view path)
{
    HttpPost post;
    post.url = ntfy_url(server, path);
    if (std::string login = authorization(server.login); !login.empty()) post.headers.push_back(std::move(login));
    post.ca_file = server.ca_file;
    post.loopback_only = is_loopback_url(server.url);
    return post;
}

std::variant<CurlRequest, CurlPager::Refusal> NtfyPager::request(const Job& job, WallTime) const
{
    const auto address = ntfy_address(job.page.address);
    if (!address) return Refusal{"no topic of this form"};
    const auto at = servers_.find(address->gateway);
    if (at == servers_.end()) return Refusal{"no ntfy server of this name"};
    if (job.text.size() > ntfy_body_max) return Refusal{"longer than ntfy shows"};
    HttpPost post = post_to(at->second, address->to);
    for (std::string& header : ntfy_headers(job.page, job.links)) post.headers.push_back(std::move(header));
    post.body = job.text;
    return CurlRequest{std::move(post)};
}

void NtfyPager::probe(const std::string& name, const Moment&, AttemptDone done)
{
    const auto at = servers_.find(name);
    if (at == servers_.end()) return;
    HttpPost ask = post_to(at->second, "v1/health");
    ask.get = ask.keep_reply = true;
    lane().start(CurlRequest{std::move(ask)}, executor(), [done = std::move(done)](const TransferResult& result) {
        const Verdict verdict = judge_http(result);
        if (verdict == Verdict::accepted && !ntfy_is_healthy(result.reply))
            return done({Verdict::retry, "says that it is not well", {}});
        done({verdict, result.detail, {}});
    });
}

} // namespace magwatch::adapters
