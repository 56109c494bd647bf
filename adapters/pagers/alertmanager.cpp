#include "adapters/pagers/alertmanager.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

std::string alerts_url(std::string_view url)
{
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string{url} + "/api/v2/alerts";
}

// The verdict that leaves most open: a page that may have arrived anywhere is not "not sent".
Verdict weaker(Verdict a, Verdict b)
{
    const auto rank = [](Verdict v) {
        switch (v) {
        case Verdict::accepted: return 3;
        case Verdict::unanswered: return 2;
        case Verdict::retry: return 1;
        case Verdict::refused: return 0;
        }
        return 0;
    };
    return rank(a) >= rank(b) ? a : b;
}

} // namespace

// One body on its way to all members. Ends with the first that takes it, else with the last word of all.
struct AlertmanagerPager::Telling {
    AttemptDone done;
    std::size_t members, answered = 0;
    AttemptEnd end{Verdict::refused, "", {}};

    void heard(std::size_t member, const TransferResult& result)
    {
        ++answered;
        if (!done) return;
        const Verdict verdict = judge_http(result);
        end.verdict = weaker(end.verdict, verdict);
        end.retry_after = std::max(end.retry_after, result.retry_after);
        if (verdict == Verdict::accepted) {
            end.detail = result.detail;
        } else {
            if (!end.detail.empty()) end.detail += "; ";
            end.detail += members == 1 ? result.detail : fmt::format("member {}: {}", member + 1, result.detail);
        }
        if (verdict == Verdict::accepted || answered == members) std::exchange(done, nullptr)(end);
    }
};

AlertmanagerPager::AlertmanagerPager(PagerParts parts, std::vector<AlertmanagerCluster> clusters,
                                     std::shared_ptr<AlertBook> book, Duration refresh)
    : QueuedPager{{parts.executor, parts.clock, std::move(parts.random), parts.policy}}, lane_{parts.lane},
      clusters_{usable(std::move(clusters))}, book_{std::move(book)}
{
    probe_every(refresh);
}

void AlertmanagerPager::tell(const AlertmanagerCluster& cluster, const std::string& body, AttemptDone done)
{
    const auto telling = std::make_shared<Telling>(Telling{std::move(done), cluster.urls.size()});
    for (std::size_t member = 0; member < cluster.urls.size(); ++member) {
        HttpPost post;
        post.url = alerts_url(cluster.urls[member]);
        post.headers = {"Content-Type: application/json"};
        if (std::string login = authorization(cluster.login); !login.empty()) post.headers.push_back(std::move(login));
        post.body = body;
        post.ca_file = cluster.ca_file;
        post.loopback_only = is_loopback_url(cluster.urls[member]);
        lane_.start(CurlRequest{std::move(post)}, executor(),
                    [telling, member](const TransferResult& result) { telling->heard(member, result); });
    }
}

std::optional<QueuedPager::Refusal> AlertmanagerPager::begin(const Job& job, WallTime now, AttemptDone done)
{
    const auto at = clusters_.find(job.page.address);
    if (at == clusters_.end()) return Refusal{"no Alertmanager of this name"};
    // An alert has no words for "somebody is coming": its end says that the call is over, and until then it stands.
    if (is_follow_up(job.page.reason)) {
        tell(at->second, alerts_body(book_->alerts(at->first, {clock().now().steady, now}), now), std::move(done));
        return std::nullopt;
    }
    const Alert alert = alert_of(job.page, job.text, at->second.ward);
    book_->ring(at->first, job.page, alert, {clock().now().steady, now});
    tell(at->second, alerts_body({alert}, now), std::move(done));
    return std::nullopt;
}

void AlertmanagerPager::probe(const std::string& name, const Moment& now, AttemptDone done)
{
    const auto at = clusters_.find(name);
    if (at == clusters_.end()) return;
    tell(at->second, alerts_body(book_->alerts(name, now), now.wall), std::move(done));
}

void AlertmanagerPager::ended(CallId call)
{
    book_->end(call, clock().now());
    probe_now();
}

} // namespace magwatch::adapters
