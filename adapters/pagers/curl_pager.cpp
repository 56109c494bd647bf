#include "adapters/pagers/curl_pager.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

namespace magwatch::adapters {
namespace {

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

DeliveryQueue::Random random_jitter()
{
    return [engine = std::mt19937_64{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
    };
}

Verdict judge_http(const TransferResult& result)
{
    if (result.end != TransferEnd::answered) return judge_unanswered(result.end);
    const long status = result.status;
    if (status >= 200 && status < 300) return Verdict::accepted;
    // 408 and 425 ask for another attempt in so many words.
    if (status == 429 || status == 408 || status == 425 || status >= 500) return Verdict::retry;
    return Verdict::refused;
}

Verdict judge_smtp(const TransferResult& result)
{
    if (result.end != TransferEnd::answered) return judge_unanswered(result.end);
    if (result.status >= 200 && result.status < 300) return Verdict::accepted;
    if (result.status >= 400 && result.status < 500) return Verdict::retry;
    return Verdict::refused;
}

CurlPager::CurlPager(PagerParts parts)
    : parts_{std::move(parts)}, queue_{parts_.policy, parts_.random}, timer_{parts_.executor},
      self_{std::make_shared<CurlPager*>(this)}
{
}

CurlPager::~CurlPager() = default;

void CurlPager::know_channel(const std::string& name) { health_[name].name = name; }

void CurlPager::send(const Page& page, std::string text, AnswerLinks links, Done done)
{
    know_channel(channel_of(page));
    const DeliveryQueue::Ticket ticket = queue_.add(page, parts_.clock.now().steady);
    pages_.emplace(ticket, Pending{{page, std::move(text), std::move(links)}, std::move(done)});
    pump();
}

void CurlPager::cancel(CallId call)
{
    queue_.cancel(call);
    pump();
}

std::vector<ChannelHealth> CurlPager::health() const
{
    std::vector<ChannelHealth> all;
    for (const auto& [name, one] : health_) all.push_back(one);
    return all;
}

std::size_t CurlPager::pending() const { return pages_.size(); }

void CurlPager::pump()
{
    // An attempt that cannot be built ends at once and may set free the next one.
    for (;;) {
        const DeliveryQueue::Actions actions = queue_.poll(parts_.clock.now().steady);
        for (const DeliveryQueue::Ended& ended : actions.ended) report(ended);
        for (const DeliveryQueue::Ticket ticket : actions.start) attempt(ticket);
        if (actions.ended.empty() && actions.start.empty()) break;
    }
    const auto next = queue_.next_deadline();
    if (!next) {
        timer_.cancel();
        return;
    }
    // Steady timers stand still in suspend: after it we are at most a second late.
    timer_.expires_after(std::clamp(*next - parts_.clock.now().steady, Duration{0}, Duration{1000}));
    timer_.async_wait([weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self && !error) (*self)->pump();
    });
}

void CurlPager::attempt(DeliveryQueue::Ticket ticket)
{
    const Job& job = pages_.at(ticket).job;
    ChannelHealth& health = health_[channel_of(job.page)];
    auto made = request(job, parts_.clock.now().wall);
    if (const auto* refusal = std::get_if<Refusal>(&made)) {
        TransferResult result;
        result.end = TransferEnd::impossible;
        result.detail = refusal->detail;
        attempt_ended(ticket, Verdict::refused, result);
        return;
    }
    ++health.attempts;
    if (queue_.attempts(ticket) > 1) ++health.retries;
    parts_.lane.start(std::get<CurlRequest>(std::move(made)), parts_.executor,
                      [weak = std::weak_ptr{self_}, ticket](const TransferResult& result) {
                          const auto self = weak.lock();
                          if (!self) return;
                          (*self)->attempt_ended(ticket, (*self)->judge(result), result);
                          (*self)->pump();
                      });
}

void CurlPager::attempt_ended(DeliveryQueue::Ticket ticket, Verdict verdict, const TransferResult& result)
{
    ChannelHealth& health = health_[channel_of(pages_.at(ticket).job.page)];
    if (verdict == Verdict::accepted) {
        health.failed_in_a_row = 0;
        health.working = true;
    } else {
        ++health.failed_in_a_row;
        health.detail = result.detail;
        if (health.failed_in_a_row >= 2) health.working = false;
    }
    queue_.attempt_ended(ticket, verdict, result.detail, result.retry_after, parts_.clock.now().steady);
}

void CurlPager::report(const DeliveryQueue::Ended& ended)
{
    const auto at = pages_.find(ended.ticket);
    ChannelHealth& health = health_[channel_of(at->second.job.page)];
    switch (ended.outcome) {
    case PageOutcome::accepted: ++health.accepted; break;
    case PageOutcome::failed: ++health.failed; break;
    case PageOutcome::unknown: ++health.unknown; break;
    }
    // Posted: the owner may call send() or cancel() from `done`.
    boost::asio::post(parts_.executor,
                      [weak = std::weak_ptr{self_}, done = std::move(at->second.done),
                       key = at->second.job.page.key, outcome = ended.outcome, detail = ended.detail] {
                          if (!weak.expired()) done(key, outcome, detail);
                      });
    pages_.erase(at);
}

} // namespace magwatch::adapters
