#include "daemon/ward_loop/ward_loop.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/crash_point.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr Duration idle_max = 1s;          // steady timers stop in suspend: never sleep longer
constexpr Duration publish_every = 250ms;  // of screens, when nothing important happened
constexpr Duration snapshot_every = 180s;  // bounds recovery
constexpr Duration snapshot_again = 5s;    // while inputs are lost: only a snapshot makes it good
constexpr std::size_t snapshot_records = 200'000;

bool is_urgent(const Input& input)
{
    return !(std::holds_alternative<Tick>(input) || std::holds_alternative<Observation>(input) ||
             std::holds_alternative<RefusedValue>(input) || std::holds_alternative<DeviceStatus>(input) ||
             std::holds_alternative<MessageSeen>(input));
}

// Effects that the journal keeps: what was decided. Screens and replies are not history.
bool is_recorded(const Effect& effect)
{
    return !std::holds_alternative<Publish>(effect) && !std::holds_alternative<Reply>(effect);
}

// A key leaves twice at most: what leaves a second time is on disk first, or a third could follow a kill. Nobody waits
// for it alone, since a restart also rings anew.
bool is_sent_again(const Effect& effect)
{
    const auto* sent = std::get_if<SendPage>(&effect);
    return sent != nullptr && sent->page.attempt > 1;
}

} // namespace

std::optional<std::uint64_t> InputKey::operator()(const Input& input) const
{
    const auto* observation = std::get_if<Observation>(&input);
    if (observation == nullptr || observation->origin != Origin::device) return std::nullopt;
    return (std::uint64_t{observation->bed.value} << 32U) | (std::uint64_t{observation->source.value} << 8U) |
           static_cast<std::uint64_t>(observation->signal);
}

WardLoop::WardLoop(asio::any_io_executor executor, Clock& clock, Ward ward, WardLoopPorts ports, WardLoopLimits limits)
    : executor_{executor}, clock_{clock}, ward_{std::move(ward)}, ports_{std::move(ports)}, inbox_{executor},
      limits_{limits}, pages_{executor}, answers_{executor}
{
    snapshot_ = clock_.now().steady;
}

void WardLoop::push(const Observation& observation) { inbox_.push(Input{observation}); }
void WardLoop::push(const RefusedValue& refused) { inbox_.push(Input{refused}); }
void WardLoop::push(const DeviceStatus& status) { inbox_.push(Input{status}); }
void WardLoop::seen(const MessageSeen& message) { inbox_.push(Input{message}); }

bool WardLoop::try_post(Input input)
{
    const auto* action = std::get_if<Action>(&input);
    const bool answer = action != nullptr && (std::holds_alternative<Answer>(action->what) ||
                                              std::holds_alternative<AnswerCode>(action->what) ||
                                              std::holds_alternative<Acknowledge>(action->what));
    return answer ? inbox_.try_post_urgent(std::move(input)) : inbox_.try_post(std::move(input));
}

// Everything pushed before is in the inbox, and the next turn takes all of it: its append is the one to
// wait for.
asio::awaitable<bool> WardLoop::committed()
{
    const auto waiter = std::make_shared<Waiter>(executor_);
    waiter->timer.expires_at(asio::steady_timer::time_point::max());
    waiting_.push_back(waiter);
    inbox_.wake();
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return waiter->durable;
}

asio::awaitable<void> WardLoop::run()
{
    while (!stopping_) {
        turn();
        const Moment now = clock_.now();
        Instant until = now.steady + idle_max;
        if (const auto due = ward_.next_deadline()) until = std::min(until, *due);
        if (const auto due = canary_ ? canary_->next_deadline() : std::nullopt) until = std::min(until, *due);
        if (dirty_) until = std::min(until, published_ + publish_every);
        const Duration limit = std::max(until - now.steady, Duration{});
        co_await inbox_.wait(limit);
    }
    turn(); // what the drain brought
    const Moment now = clock_.now();
    Bytes last = ward_.save();
    journal_->save_snapshot(std::move(last), now);
    stopped_ = true;
    pages_.wake.cancel();
    answers_.wake.cancel();
}

void WardLoop::apply_now(const Input& input)
{
    const Moment now = clock_.now();
    step(now, input);
    append(now);
}

void WardLoop::stop()
{
    stopping_ = true;
    inbox_.wake();
}

Duration WardLoop::oldest_waiting() const
{
    Duration oldest{};
    for (const Pending* pending : {&pages_, &answers_}) {
        if (!pending->groups.empty())
            oldest = std::max(oldest, clock_.now().steady - pending->groups.front().decided);
    }
    return oldest;
}

void WardLoop::turn()
{
    const Moment now = clock_.now();
    inputs_.clear();
    inbox_.take(inputs_);
    for (const auto& input : inputs_) take(now, input);
    step(now, Tick{});
    if (canary_) canary_->step(now, Tick{}, canary_pages_);
    const bool dropping = inbox_.dropped() != dropped_told_;
    if (dropping || overflow_told_) inbox_.push(Input{ShellStatus{ShellFault::inbox_overflow, dropping, ""}});
    dropped_told_ = inbox_.dropped();
    overflow_told_ = dropping;
    append(now);
    const Duration shown = now.steady - published_;
    if (dirty_now_ || (dirty_ && shown >= publish_every) || shown >= idle_max) {
        dirty_ = dirty_now_ = false;
        published_ = now.steady;
        ports_.publish(ward_, now);
    }
    ports_.turn(now);
}

void WardLoop::take(const Moment& now, const Input& input)
{
    if (canary_ && Canary::owns(input)) canary_->step(now, input, canary_pages_);
    else step(now, input);
}

void WardLoop::step(const Moment& now, const Input& input)
{
    effects_.clear();
    ward_.step(now, input, effects_);
    ports_.stepped(input, now);
    if (ports_.decided) ports_.decided(input, effects_, now);
    keep(now, input);
    for (auto& effect : effects_) {
        if (std::holds_alternative<Publish>(effect)) {
            dirty_ = true;
            continue;
        }
        dirty_now_ = true;
        if (const auto* transition = std::get_if<AlarmTransition>(&effect)) {
            ports_.transition(*transition);
        } else if (std::holds_alternative<Reply>(effect) || is_sent_again(effect)) {
            answers_due_.push_back(std::move(effect));
        } else {
            page_acts_.push_back(std::move(effect));
        }
    }
}

void WardLoop::keep(const Moment& now, const Input& input)
{
    const bool decided = std::any_of(effects_.begin(), effects_.end(), is_recorded);
    // A tick that decided nothing happens again by itself whenever the next input is stepped.
    if (std::holds_alternative<Tick>(input) && !decided) return;
    urgent_ = urgent_ || decided || is_urgent(input);
    records_.add(now, input);
    for (const auto& effect : effects_) {
        if (is_recorded(effect)) records_.add(effect);
    }
    ++since_snapshot_;
}

void WardLoop::append(const Moment& now)
{
    const bool pages = std::any_of(page_acts_.begin(), page_acts_.end(),
                                   [](const Effect& effect) { return std::holds_alternative<SendPage>(effect); });
    if (pages) crash_point(CrashPoint::intent, journal_->status().appended);
    if (!records_.empty()) {
        sequence_ = journal_->append(records_.take(), now, urgent_ || !waiting_.empty());
        appended_ = now.steady;
    } else if (now.steady - appended_ >= idle_max) {
        journal_->alive(now);
        appended_ = now.steady;
    }
    urgent_ = false;
    const bool lost = journal_->status().snapshot_wanted;
    const bool due = now.steady - snapshot_ >= (lost ? snapshot_again : snapshot_every);
    if (due || since_snapshot_ >= snapshot_records) {
        journal_->save_snapshot(ward_.save(), now);
        snapshot_ = now.steady;
        since_snapshot_ = 0;
    }
    if (!page_acts_.empty() || !canary_pages_.empty()) {
        pages_.groups.push_back({sequence_, now.steady, std::move(page_acts_), {}, std::move(canary_pages_)});
        page_acts_.clear();
        canary_pages_.clear();
        pages_.wake.cancel();
    }
    if (!answers_due_.empty() || !waiting_.empty()) {
        answers_.groups.push_back({sequence_, now.steady, std::move(answers_due_), std::move(waiting_), {}});
        answers_due_.clear();
        waiting_.clear();
        answers_.wake.cancel();
    }
}

asio::awaitable<void> WardLoop::run_pages() { return act_on(pages_, limits_.page); }
asio::awaitable<void> WardLoop::run_answers() { return act_on(answers_, limits_.answer); }

asio::awaitable<void> WardLoop::act_on(Pending& pending, Duration limit)
{
    for (;;) {
        if (pending.groups.empty()) {
            if (stopped_) co_return;
            pending.wake.expires_at(asio::steady_timer::time_point::max());
            co_await pending.wake.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        // From the decision on: behind a slow disk the waits of many turns must not add up.
        const Duration waited = clock_.now().steady - pending.groups.front().decided;
        const Duration left = std::max(limit - waited, Duration{});
        const CommitOutcome outcome = co_await journal_->wait_durable(pending.groups.front().sequence, left);
        const Group group = std::move(pending.groups.front());
        pending.groups.pop_front();
        const bool durable = outcome == CommitOutcome::durable;
        for (const auto& effect : group.effects) act(effect, durable);
        for (const auto& page : group.canary)
            if (ports_.canary_page) ports_.canary_page(page);
        for (const auto& waiter : group.waiters) {
            waiter->durable = durable;
            waiter->timer.cancel();
        }
    }
}

void WardLoop::act(const Effect& effect, bool durable)
{
    if (const auto* page = std::get_if<SendPage>(&effect)) {
        if (is_sent_again(effect) && !ward_.is_open(page->page.key.call)) {
            // Its end was told before it: a channel that keeps an alarm standing would keep this one for ever.
            inbox_.push(Input{Receipt{page->page.key, PageOutcome::withdrawn, "its call is over"}});
        } else if (durable || !is_sent_again(effect)) {
            ports_.send_page(*page);
        }
    } else if (const auto* cancel = std::get_if<CancelPages>(&effect)) {
        ports_.cancel_pages(cancel->call);
        // The ward may be ahead of what is acted on, and a call that is over stays over.
        if (!ward_.is_open(cancel->call)) ports_.call_ended(cancel->call);
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
        ports_.reply(*reply, durable || !reply->accepted);
    }
}

} // namespace magwatch
