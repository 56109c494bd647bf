#include "adapters/pagers/curl_pager.hpp"

#include <algorithm>
#include <utility>

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

// The second attempt is the last where the first may have arrived: it must outlast a gateway's restart (design value).
constexpr Duration last_attempt_after{5'000};

Verdict judge_unanswered(TransferEnd end)
{
    switch (end) {
    case TransferEnd::answered: break; // judged by its status
    case TransferEnd::not_sent: return Verdict::retry;
    case TransferEnd::unanswered: return Verdict::unanswered;
    // A wrong certificate does not become right within a minute, and each try would be one more chance for
    // whoever stands in the middle: the other channels must ring.
    case TransferEnd::untrusted:
    case TransferEnd::unencrypted:
    case TransferEnd::impossible: return Verdict::refused;
    }
    return Verdict::retry;
}

} // namespace

Verdict judge_http(const TransferResult& result)
{
    if (result.end != TransferEnd::answered) return judge_unanswered(result.end);
    const long status = result.status;
    if (status >= 200 && status < 300) return Verdict::accepted;
    // These say in so many words that it was not taken, and may be tried again.
    if (status == 429 || status == 408 || status == 425 || status == 503) return Verdict::retry;
    // Who failed at it may have done it before: the gateway behind the proxy, the message before the bookkeeping.
    if (status >= 500) return Verdict::unanswered;
    return Verdict::refused;
}

Verdict judge_smtp(const TransferResult& result)
{
    if (result.end != TransferEnd::answered) return judge_unanswered(result.end);
    if (result.status >= 200 && result.status < 300) return Verdict::accepted;
    if (result.status >= 400 && result.status < 500) return Verdict::retry;
    return Verdict::refused;
}

CurlRequest silent_post(const std::string& url, const std::string& ca_file)
{
    HttpPost post;
    post.url = url;
    post.ca_file = ca_file;
    post.loopback_only = is_loopback_url(url);
    post.connect_only = true;
    return CurlRequest{std::move(post)};
}

CurlPager::CurlPager(PagerParts parts, Judge judge)
    : QueuedPager{{parts.executor, parts.clock, std::move(parts.random), parts.policy, parts.feedback}},
      lane_{parts.lane}, judge_{judge}
{
}

void CurlPager::reach(CurlRequest request, AttemptDone done)
{
    lane_.start(std::move(request), executor(), [done = std::move(done)](const TransferResult& result) {
        const bool there = result.end == TransferEnd::answered && result.status < 400;
        done({there ? Verdict::accepted : Verdict::retry, result.detail, {}});
    });
}

std::optional<QueuedPager::Refusal> CurlPager::begin(const Job& job, WallTime now, AttemptDone done)
{
    auto made = request(job, now);
    if (auto* refusal = std::get_if<Refusal>(&made)) return std::move(*refusal);
    lane_.start(std::get<CurlRequest>(std::move(made)), executor(),
                [judge = judge_, done = std::move(done)](const TransferResult& result) {
                    const Verdict verdict = judge(result);
                    const bool failed_at_it = verdict == Verdict::unanswered && result.end == TransferEnd::answered;
                    done({verdict, result.detail,
                          failed_at_it ? std::max(result.retry_after, last_attempt_after) : result.retry_after});
                });
    return std::nullopt;
}

} // namespace magwatch::adapters
