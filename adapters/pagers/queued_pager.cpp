#include "adapters/pagers/queued_pager.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

namespace magwatch::adapters {

DeliveryQueue::Random random_jitter()
{
    return [engine = std::mt19937_64{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
    };
}

QueuedPager::QueuedPager(QueueParts parts)
    : parts_{std::move(parts)}, queue_{parts_.policy, parts_.random}, timer_{parts_.executor},
      probe_timer_{parts_.executor},
      self_{std::make_shared<QueuedPager*>(this)}
{
}

QueuedPager::~QueuedPager() = default;

void QueuedPager::know_channel(const std::string& name) { health_[name].name = name; }

void QueuedPager::send(const Page& page, std::string text, AnswerLinks links, Done done)
{
    know_channel(channel_of(page));
    const DeliveryQueue::Ticket ticket = queue_.add(page, parts_.clock.now().steady);
    pages_.emplace(ticket, Pending{{page, std::move(text), std::move(links)}, std::move(done)});
    pump();
}

void QueuedPager::cancel(CallId call)
{
    queue_.cancel(call);
    pump();
}

std::vector<ChannelHealth> QueuedPager::health() const
{
    std::vector<ChannelHealth> all;
    for (const auto& [name, one] : health_) all.push_back(one);
    return all;
}

std::size_t QueuedPager::pending() const { return pages_.size(); }

void QueuedPager::pump()
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

void QueuedPager::attempt(DeliveryQueue::Ticket ticket)
{
    const Job& job = pages_.at(ticket).job;
    ChannelHealth& health = health_[channel_of(job.page)];
    auto refusal = begin(job, parts_.clock.now().wall,
                         [weak = std::weak_ptr{self_}, ticket](const AttemptEnd& end) {
                             const auto self = weak.lock();
                             if (!self) return;
                             (*self)->attempt_ended(ticket, end);
                             (*self)->pump();
                         });
    if (refusal) {
        attempt_ended(ticket, {Verdict::refused, std::move(refusal->detail), {}});
        return;
    }
    ++health.attempts;
    const bool first = queue_.attempts(ticket) == 1;
    if (!first) ++health.retries;
    // Also when it leaves for the second time that may arrive: a restart must not add a third.
    if ((first || queue_.may_have_arrived(ticket)) && parts_.feedback.receipt) {
        // Posted: it comes before the hand-over, and the owner may call send() or cancel() from it.
        boost::asio::post(parts_.executor, [weak = std::weak_ptr{self_}, key = job.page.key] {
            if (const auto self = weak.lock()) (*self)->parts_.feedback.receipt(key, PageOutcome::sending, "");
        });
    }
}

void QueuedPager::attempt_ended(DeliveryQueue::Ticket ticket, const AttemptEnd& end)
{
    const auto at = pages_.find(ticket);
    if (at == pages_.end()) return; // a late echo
    count_health(health_[channel_of(at->second.job.page)], end);
    queue_.attempt_ended(ticket, end.verdict, end.detail, end.retry_after, parts_.clock.now().steady);
}

void QueuedPager::note_health(const std::string& name, const AttemptEnd& end)
{
    ChannelHealth& health = health_[name];
    count_health(health, end);
    const bool yes = end.verdict == Verdict::accepted;
    health.probes_failed_in_a_row = yes ? 0 : health.probes_failed_in_a_row + 1;
    if (yes) health.probe = ChannelProbe::answers;
    else if (health.probes_failed_in_a_row >= 2) health.probe = ChannelProbe::silent;
    else if (health.probe == ChannelProbe::none) health.probe = ChannelProbe::waiting;
}

void QueuedPager::count_health(ChannelHealth& health, const AttemptEnd& end)
{
    if (end.verdict == Verdict::accepted) {
        health.failed_in_a_row = 0;
        health.working = true;
        return;
    }
    ++health.failed_in_a_row;
    health.detail = end.detail;
    if (health.failed_in_a_row >= 2) health.working = false;
}

void QueuedPager::probe(const std::string&, const Moment&, AttemptDone) {}

void QueuedPager::probe_every(Duration every)
{
    if (every <= Duration{0}) return;
    probe_every_ = every;
    for (auto& [name, health] : health_) health.probe = ChannelProbe::waiting;
    probe_in(Duration{0});
}

void QueuedPager::probe_in(Duration wait)
{
    probe_timer_.expires_after(wait);
    probe_timer_.async_wait([weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self && !error) (*self)->probe_now();
    });
}

void QueuedPager::probe_now()
{
    for (const auto& [name, health] : health_) {
        const auto done = [weak = std::weak_ptr{self_}, name = name](const AttemptEnd& end) {
            const auto self = weak.lock();
            if (!self) return;
            (*self)->note_health(name, end);
        };
        probe(name, parts_.clock.now(), done);
    }
    if (probe_every_ > Duration{0}) probe_in(probe_every_);
}

void QueuedPager::report(const DeliveryQueue::Ended& ended)
{
    const auto at = pages_.find(ended.ticket);
    ChannelHealth& health = health_[channel_of(at->second.job.page)];
    switch (ended.outcome) {
    case PageOutcome::accepted: ++health.accepted; break;
    case PageOutcome::failed: ++health.failed; break;
    case PageOutcome::unknown: ++health.unknown; break;
    case PageOutcome::withdrawn: break; // the channel had no part in it
    case PageOutcome::sending:
    case PageOutcome::delivered:
    case PageOutcome::read:
    case PageOutcome::no_answer: break; // never the end of an attempt: they come by Feedback
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
