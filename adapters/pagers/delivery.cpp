#include "adapters/pagers/delivery.hpp"

#include <algorithm>

namespace magwatch::adapters {

DeliveryQueue::DeliveryQueue(DeliveryPolicy policy, Random random)
    : policy_{policy}, random_{std::move(random)}
{
}

DeliveryQueue::Ticket DeliveryQueue::add(const Page& page, Instant now)
{
    Entry entry;
    entry.line = {Urgency::other, page.key.person, page.key.channel};
    if (page.kind == AlarmKind::technical)
        entry.line.urgency = Urgency::technical;
    else if (page.priority == Priority::high)
        entry.line.urgency = Urgency::high;
    entry.call = page.key.call;
    entry.follows = is_follow_up(page.reason);
    entry.deadline = now + policy_.deadline;
    if (page.attempt > 1) entry.unanswered = 1; // that of the run before may have arrived

    const Ticket ticket = next_++;
    const bool full = entry.line.urgency == Urgency::technical && entries_.size() >= policy_.technical_max;
    lines_[entry.line].waiting.push_back(ticket);
    entries_.emplace(ticket, std::move(entry));
    if (full) finish(ticket, PageOutcome::failed, "too many pages are waiting");
    return ticket;
}

// Ends a page that is not running.
void DeliveryQueue::finish(Ticket ticket, PageOutcome outcome, std::string detail)
{
    const auto at = entries_.find(ticket);
    const auto line = lines_.find(at->second.line);
    std::erase(line->second.waiting, ticket);
    entries_.erase(at);
    const bool used = std::any_of(entries_.begin(), entries_.end(),
                                  [&](const auto& e) { return e.second.line == line->first; });
    if (!used) lines_.erase(line);
    ended_.push_back({ticket, outcome, std::move(detail)});
}

void DeliveryQueue::give_up(Ticket ticket, const Entry& entry, std::string detail)
{
    const PageOutcome outcome = entry.unanswered > 0 ? PageOutcome::unknown : PageOutcome::failed;
    finish(ticket, outcome, std::move(detail));
}

// Nobody wants it any more. If an attempt of it was refused the channel failed all the same.
void DeliveryQueue::withdraw(Ticket ticket, const Entry& entry, std::string detail)
{
    if (entry.attempts > 0 || entry.unanswered > 0) give_up(ticket, entry, std::move(detail));
    else finish(ticket, PageOutcome::withdrawn, std::move(detail));
}

void DeliveryQueue::release(Ticket ticket, Entry& entry)
{
    Line& line = lines_.at(entry.line);
    for (Slot* slot : {&line.first, &line.retry})
        if (slot->newest == ticket) slot->newest = 0;
    entry.state = State::backoff;
}

void DeliveryQueue::plan_retry(Ticket ticket, Entry& entry, Duration wait_at_least, Instant now)
{
    const std::size_t step = std::min<std::size_t>(entry.attempts - 1, policy_.backoff.size() - 1);
    const double factor = 1.0 + policy_.jitter * (2.0 * random_() - 1.0);
    const Duration jittered{static_cast<std::int64_t>(static_cast<double>(policy_.backoff[step].count()) * factor)};
    entry.due = now + std::max(jittered, std::min(wait_at_least, policy_.wait_max));
    if (entry.due >= entry.deadline) give_up(ticket, entry, std::string{entry.last_detail});
}

void DeliveryQueue::attempt_ended(Ticket ticket, Verdict verdict, const std::string& detail,
                                  Duration wait_at_least, Instant now)
{
    const auto at = entries_.find(ticket);
    if (at == entries_.end()) return;
    Entry& entry = at->second;
    release(ticket, entry);
    entry.last_detail = detail;
    if (verdict == Verdict::unanswered) ++entry.unanswered;
    switch (verdict) {
    case Verdict::accepted:
        overtake(ticket);
        finish(ticket, PageOutcome::accepted, detail);
        return;
    case Verdict::refused:
        give_up(ticket, entry, detail);
        return;
    case Verdict::unanswered:
    case Verdict::retry:
        if (!entry.stop_reason.empty())
            give_up(ticket, entry, std::string{entry.stop_reason});
        else if (entry.unanswered >= policy_.unanswered_max)
            give_up(ticket, entry, detail);
        else
            plan_retry(ticket, entry, wait_at_least, now);
        return;
    }
}

// Older pages of the same call and line have nothing new to say. But what asks for somebody is not answered by a word
// about how the call goes on: of a technical call both are in one line.
void DeliveryQueue::overtake(Ticket by)
{
    const Entry& newer = entries_.at(by);
    if (newer.follows) return;
    std::vector<Ticket> quiet;
    for (auto& [ticket, entry] : entries_) {
        if (ticket >= by) break;
        if (entry.call != newer.call || entry.line != newer.line) continue;
        if (is_running(entry.state))
            entry.stop_reason = "overtaken by a later page";
        else
            quiet.push_back(ticket);
    }
    for (const Ticket ticket : quiet) withdraw(ticket, entries_.at(ticket), "overtaken by a later page");
}

void DeliveryQueue::cancel(CallId call)
{
    std::vector<Ticket> quiet;
    for (auto& [ticket, entry] : entries_) {
        if (entry.call != call) continue;
        if (is_running(entry.state))
            entry.stop_reason = "cancelled";
        else
            quiet.push_back(ticket);
    }
    for (const Ticket ticket : quiet) withdraw(ticket, entries_.at(ticket), "cancelled");
}

void DeliveryQueue::begin(Ticket ticket, Slot& slot, State state, Instant now, Actions& actions)
{
    slot.newest = ticket;
    slot.free_at = now + policy_.patience;
    Entry& entry = entries_.at(ticket);
    entry.state = state;
    ++entry.attempts;
    actions.start.push_back(ticket);
}

void DeliveryQueue::start_first(Instant now, Actions& actions)
{
    for (auto& [key, line] : lines_) {
        if (line.waiting.empty() || !line.first.free(now)) continue;
        const Ticket ticket = line.waiting.front();
        line.waiting.pop_front();
        begin(ticket, line.first, State::first_running, now, actions);
    }
}

void DeliveryQueue::start_retries(Instant now, Actions& actions)
{
    // Earliest first; of two that are due together, the older page.
    std::vector<std::pair<Instant, Ticket>> due;
    for (const auto& [ticket, entry] : entries_)
        if (entry.state == State::backoff && entry.due <= now) due.emplace_back(entry.due, ticket);
    std::sort(due.begin(), due.end());
    for (const auto& [when, ticket] : due) {
        Slot& slot = lines_.at(entries_.at(ticket).line).retry;
        if (slot.free(now)) begin(ticket, slot, State::retry_running, now, actions);
    }
}

DeliveryQueue::Actions DeliveryQueue::poll(Instant now)
{
    std::vector<Ticket> late;
    for (const auto& [ticket, entry] : entries_) {
        if (!is_running(entry.state) && now >= entry.deadline) late.push_back(ticket);
    }
    for (const Ticket ticket : late) {
        const Entry& entry = entries_.at(ticket);
        give_up(ticket, entry, entry.attempts == 0 ? "no turn before its deadline" : std::string{entry.last_detail});
    }
    Actions actions;
    start_first(now, actions);
    start_retries(now, actions);
    actions.ended = std::move(ended_);
    ended_.clear();
    return actions;
}

std::optional<Instant> DeliveryQueue::next_deadline() const
{
    std::optional<Instant> next;
    const auto consider = [&next](Instant t) { next = next ? std::min(*next, t) : t; };
    // When this entry may begin if nothing else happens; the end of an attempt wakes us besides.
    const auto may_begin = [](const Slot& slot, Instant due) {
        return slot.newest == 0 ? due : std::max(due, slot.free_at);
    };
    for (const auto& [ticket, entry] : entries_) {
        const Line& line = lines_.at(entry.line);
        switch (entry.state) {
        case State::first_waiting:
            // Only the first of a line can be waiting for its slot alone; an empty slot has been filled.
            consider(std::min(line.first.newest == 0 ? entry.deadline : line.first.free_at, entry.deadline));
            break;
        case State::backoff: consider(std::min(may_begin(line.retry, entry.due), entry.deadline)); break;
        case State::first_running:
        case State::retry_running: break; // the attempt's end wakes us
        }
    }
    return next;
}

bool DeliveryQueue::may_have_arrived(Ticket ticket) const
{
    const auto at = entries_.find(ticket);
    return at != entries_.end() && at->second.unanswered > 0;
}

unsigned DeliveryQueue::attempts(Ticket ticket) const
{
    const auto at = entries_.find(ticket);
    return at == entries_.end() ? 0 : at->second.attempts;
}

} // namespace magwatch::adapters
