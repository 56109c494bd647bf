#include "tools/box/paging_oracle.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration page_within = 5s;
constexpr Duration tolerance = 1s;
constexpr Duration gathering = 2s; // technical calls of several beds become one
constexpr Duration pause_longest = 2min;

std::uint16_t last_rung(const LadderPolicy& ladder)
{
    return static_cast<std::uint16_t>(ladder.rungs.size() - 1);
}

// The last of the rungs that ring at once with this one.
std::uint16_t together_with(const LadderPolicy& ladder, std::uint16_t rung)
{
    while (rung < last_rung(ladder) && ladder.rungs[rung + 1U].together) ++rung;
    return rung;
}

Duration wait_of(const LadderPolicy& ladder, std::uint16_t rung)
{
    const Duration own = rung < ladder.rungs.size() ? ladder.rungs[rung].wait : Duration{};
    return own > Duration{} ? own : ladder.wait;
}

std::string late_text(Duration by) { return std::to_string(by.count()) + " ms"; }

} // namespace

PagingOracle::PagingOracle(const Configuration& configuration) { configured(configuration); }

void PagingOracle::configured(const Configuration& configuration) { configuration_ = configuration; }

const LadderPolicy& PagingOracle::ladder(AlarmKind kind, Priority priority, std::uint8_t grade) const
{
    for (const SpecialPolicy& special : configuration_.policies)
        if (special.fits(kind, priority, grade)) return special.ladder;
    if (kind == AlarmKind::technical) return configuration_.technical;
    return priority == Priority::high ? configuration_.high : configuration_.medium;
}

const LadderPolicy& PagingOracle::ladder(const Course& call) const
{
    return ladder(call.kind, call.priority, call.grade);
}

// How long the first page waits.
Duration PagingOracle::hold(const Moment& now, const Course& call) const
{
    const bool high = call.priority == Priority::high;
    if (high && call.kind == AlarmKind::physiological) return {};
    const LadderPolicy& policy = ladder(call);
    Duration longest = high ? Duration{} : policy.first_after;
    if (call.kind == AlarmKind::technical && call.bed != no_bed) longest = std::max(longest, gathering);
    for (const QuietHours& one : quiet_) {
        if (one.name != policy.quiet) continue;
        for (const Interval& hours : one.hours)
            if (hours.holds(now.wall)) longest = std::max(longest, std::min(hours.to - now.wall, policy.quiet_hold));
    }
    return longest;
}

void PagingOracle::fail(const Moment& now, const char* invariant, std::string what)
{
    if (violations_.size() < 20) violations_.push_back({invariant, std::move(what), now.steady});
}

void PagingOracle::took(const Moment& now, const Input& input, const EffectBuffer& effects, const Ward& ward,
                        bool look)
{
    const auto* action = std::get_if<Action>(&input);
    const auto* pause = action == nullptr ? nullptr : std::get_if<PauseAudio>(&action->what);
    if (pause != nullptr) raised_now_.erase(pause->bed); // whoever pauses has heard what there is
    const auto* shell = std::get_if<ShellStatus>(&input);
    if (shell != nullptr && shell->fault == ShellFault::loop_late && shell->present) awake_ = now.steady;
    const auto* started = std::get_if<Started>(&input);
    if (started != nullptr) {
        awake_ = now.steady;
        incarnation_ = started->incarnation;
    }
    if (const auto* duties = std::get_if<Rosters>(&input)) quiet_ = duties->quiet;
    const auto* receipt = std::get_if<Receipt>(&input);
    if (receipt != nullptr && receipt->outcome != PageOutcome::sending) heard_.try_emplace(receipt->key, now.steady);
    if (receipt != nullptr && receipt->outcome == PageOutcome::failed) {
        const auto call = calls_.find(receipt->key.call);
        if (call != calls_.end()) call->second.failed.insert(receipt->key);
    }
    check_due(now);
    attended_.clear();
    bool answered = started != nullptr;
    for (const Effect& effect : effects) {
        answered = answered || std::holds_alternative<CancelPages>(effect);
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) transition(now, *t);
        if (const auto* sent = std::get_if<SendPage>(&effect)) page(now, *sent);
    }
    if (answered) follow(now, ward.view(now, Ward::Shown::calls), started != nullptr);
    if (answered || !effects.empty()) {
        soonest_ = Instant::never();
        for (const auto& [id, call] : calls_) soonest_ = std::min(soonest_, call.due);
    }
    if (!look || (std::holds_alternative<Receipt>(input) && effects.empty())) return;
    this->look(now, ward.view(now, Ward::Shown::alarms));
}

void PagingOracle::look(const Moment& now, const WardView& view)
{
    check_calls(now, view);
    check_pauses(now, view);
    raised_now_.clear();
}

void PagingOracle::lost_since(Instant durable)
{
    std::erase_if(heard_, [&](const auto& item) { return item.second >= durable; });
    // What is sent again leaves when it is on the disk and not before: this never left.
    for (auto& [key, times] : sent_)
        std::erase_if(times, [durable](const Sent& one) { return one.again && one.at >= durable; });
}

void PagingOracle::restarted(const Moment& now, Instant durable, const Ward& ward)
{
    const WardView view = ward.view(now, Ward::Shown::alarms);
    std::erase_if(open_high_, [&](const auto& item) {
        const auto& [id, episode] = item;
        const bool there = std::any_of(view.episodes.begin(), view.episodes.end(),
                                       [&wanted = id](const EpisodeView& e) { return e.id == wanted; });
        if (!there && episode.raised < durable) fail(now, "I8", "the alarm " + id.text() + " is lost by a restart");
        return !there;
    });
    // An end that was not written is not known any more, and told again.
    for (const EpisodeView& episode : view.episodes) {
        if (episode.kind != AlarmKind::physiological || episode.priority != Priority::high) continue;
        const auto bed = ward.find_bed(episode.bed);
        const auto before = ended_high_.find(episode.id);
        const HighEpisode anew{bed.value_or(no_bed), now.steady, false};
        open_high_.try_emplace(episode.id, before == ended_high_.end() ? anew : before->second);
    }
    ended_high_.clear();
}

void PagingOracle::transition(const Moment& now, const AlarmTransition& t)
{
    const bool high = t.kind == AlarmKind::physiological && t.priority == Priority::high;
    if (t.event == AlarmEvent::raised && high) {
        open_high_[t.episode] = {t.bed, now.steady, false};
        raised_now_.insert(t.bed);
    }
    if (t.event == AlarmEvent::cleared) {
        if (auto ended = open_high_.extract(t.episode)) ended_high_.insert(std::move(ended));
    }
    if (t.call.counter == 0) return;
    if (t.event == AlarmEvent::raised || t.event == AlarmEvent::unshelved) begins(now, t);
    if (t.event == AlarmEvent::attended) attended_.insert(t.call);
    if (t.event == AlarmEvent::attended || t.event == AlarmEvent::acknowledged)
        calls_[t.call].acknowledged.push_back(now.steady);
}

// An alarm opens a call, or joins one: what is graver rings at once, and so does each new sign of a patient.
void PagingOracle::begins(const Moment& now, const AlarmTransition& t)
{
    const auto [found, fresh] = calls_.try_emplace(t.call);
    Course& call = found->second;
    const bool worse = t.priority > call.priority || t.grade > call.grade;
    call.raised = now.steady;
    if (fresh) {
        call.kind = t.kind;
        call.bed = t.bed;
    }
    call.priority = fresh ? t.priority : std::max(call.priority, t.priority);
    call.grade = fresh ? t.grade : std::max(call.grade, t.grade);
    const bool sign = t.kind == AlarmKind::physiological && t.priority == Priority::high;
    const bool gathers = t.kind == AlarmKind::technical && t.bed != no_bed && call.state == CallState::waiting;
    // It was wrong while the machine slept as well, and the ward's own signal had its time.
    if (fresh) call.due = t.at.steady + hold(t.at, call);
    else if (sign || worse) call.due = std::min(call.due, now.steady + (gathers ? gathering : Duration{}));
    // Whoever has answered the call hears that what was shelved is there again.
    const bool answered = call.state == CallState::accepted || call.state == CallState::attended;
    if (t.event == AlarmEvent::unshelved && answered) call.due = std::min(call.due, now.steady);
}

// A key leaves once, and once more after a restart; never after its outcome was heard.
void PagingOracle::count(const Moment& now, const Page& page)
{
    const std::string key = page.key.text();
    if (heard_.contains(page.key)) fail(now, "I6", key + " was sent although its outcome was known");
    std::vector<Sent>& times = sent_[key];
    if (std::any_of(times.begin(), times.end(), [&](const Sent& one) { return one.incarnation == incarnation_; }))
        fail(now, "I6", key + " was sent twice without a restart between");
    times.push_back({incarnation_, now.steady, page.attempt > 1});
    if (times.size() > 2) fail(now, "I6", key + " was sent " + std::to_string(times.size()) + " times");
}

void PagingOracle::page(const Moment& now, const SendPage& sent)
{
    const Page& page = sent.page;
    count(now, page);
    if (is_follow_up(page.reason) || page.reason == PageReason::test) return;
    if (page.kind == AlarmKind::physiological && page.priority == Priority::high) {
        for (auto& [id, episode] : open_high_)
            if (episode.bed == page.bed) episode.paged = true;
    }
    Course& call = calls_[page.key.call];
    const bool fresh = told_.insert({page.key.call, page.key.rung, page.key.repetition, page.key.person, ""}).second;
    const bool same = call.rang && page.key.rung == call.rung && page.key.repetition == call.repetition;
    // On the person's next channel, or to the next person, it is no new ring.
    if (fresh && !same) rings(now, sent.at, page, call);
    if (page.key.rung == call.rung && page.key.repetition == call.repetition) call.sent.insert(page.key);
}

// `decided`: while the machine slept, perhaps. What is left of the rung's time then is what the people of it have, and
// the whole of it where nothing is left.
void PagingOracle::rings(const Moment& now, const Moment& decided, const Page& page, Course& call)
{
    judge_time(now, decided, page, call);
    judge_rung(now, page, call);
    call.rung = page.key.rung;
    call.repetition = page.key.repetition;
    call.rang = true;
    call.sent.clear();
    call.failed.clear();
    call.kind = page.kind;
    call.priority = page.priority;
    call.grade = page.grade;
    call.bed = page.bed;
    // She lies elsewhere, and whoever is with her knows.
    if (page.reason == PageReason::moved && call.state == CallState::attended) return;
    const Duration wait = wait_of(ladder(call), call.rung);
    const Instant due = (decided.steady + wait > now.steady ? decided : now).steady + wait;
    const bool beside = page.reason == PageReason::moved || page.reason == PageReason::again;
    call.due = beside ? std::min(call.due, due) : due;
    call.state = CallState::calling;
    call.sure = true;
}

// None before its time: whoever is called has it to answer. What comes late is judged in check_due().
void PagingOracle::judge_time(const Moment& now, const Moment& decided, const Page& page, const Course& call)
{
    if (!call.sure || call.due - now.steady <= tolerance) return;
    const auto early = [&] {
        fail(now, "I3", page.key.text() + " (" + std::string{name(page.reason)} + ") rings " +
                            late_text(call.due - now.steady) + " before its time");
    };
    switch (page.reason) {
    case PageReason::first:
        // With a new sign at once; where it is graver, with those of other beds.
        if (now.steady - call.raised > (call.kind == AlarmKind::technical ? gathering + tolerance : Duration{}))
            early();
        return;
    case PageReason::next_rung:
        // Nobody of this rung could be reached.
        if (!std::includes(call.failed.begin(), call.failed.end(), call.sent.begin(), call.sent.end())) early();
        return;
    case PageReason::repeat:
    case PageReason::not_attended: return early();
    case PageReason::persists: {
        const Duration lasts = ladder(call).acknowledged;
        const bool ran_out = std::any_of(call.acknowledged.begin(), call.acknowledged.end(), [&](Instant at) {
            const Duration apart = decided.steady - (at + lasts); // it may have run out while the machine slept
            return apart >= -tolerance && apart <= tolerance;
        });
        if (!ran_out) early();
        return;
    }
    default: return; // somebody asked for it, or something happened
    }
}

// The next rung and no other, and after the last one that again.
void PagingOracle::judge_rung(const Moment& now, const Page& page, const Course& call)
{
    const PageReason reason = page.reason;
    if (reason != PageReason::next_rung && reason != PageReason::repeat && reason != PageReason::not_attended) return;
    const LadderPolicy& policy = ladder(page.kind, page.priority, page.grade);
    const bool end = call.rung >= last_rung(policy);
    const auto next = static_cast<std::uint16_t>(call.rung + 1);
    const std::uint16_t rung = end ? last_rung(policy) : together_with(policy, next);
    if (call.sure && (page.key.rung != rung || (page.key.repetition != call.repetition) != end))
        fail(now, "I3", page.key.text() + " follows rung " + std::to_string(call.rung) + " of repetition " +
                            std::to_string(call.repetition));
}

void PagingOracle::follow(const Moment& now, const WardView& view, bool started)
{
    std::map<CallId, Course> open;
    for (const CallView& shown : view.calls) {
        auto known = calls_.extract(shown.id);
        Course call = known ? std::move(known.mapped()) : Course{};
        call.kind = shown.kind;
        call.priority = shown.priority;
        call.grade = shown.grade;
        const LadderPolicy& policy = ladder(call);
        const bool again = shown.state == CallState::attended && attended_.contains(shown.id);
        if (shown.state != call.state || again || !known) {
            const Duration time = shown.state == CallState::waiting    ? hold(now, call)
                                  : shown.state == CallState::accepted ? policy.attend
                                  : shown.state == CallState::attended ? policy.acknowledged
                                                                       : wait_of(policy, shown.rung);
            call.due = now.steady + time;
            call.state = shown.state;
            call.sure = true;
        }
        // What was said last may be lost, and the time of what was said before it runs on.
        if (started && call.state != CallState::calling) {
            call.sure = false;
            call.due = std::max(call.due, now.steady);
        }
        open.emplace(shown.id, std::move(call));
    }
    calls_ = std::move(open);
}

void PagingOracle::check_due(const Moment& now)
{
    if (now.steady - soonest_ <= tolerance) return;
    // What fell due while nothing ran is due within 5 s after it runs again.
    if (now.steady - awake_ <= page_within) return;
    for (auto& [id, call] : calls_) {
        if (now.steady - call.due <= tolerance) continue;
        const bool first = call.state == CallState::waiting;
        const bool high = call.kind == AlarmKind::physiological && call.priority == Priority::high;
        fail(now, first && high ? "I1" : "I3", "call " + id.text() + " (" + std::string{name(call.state)} +
                                                   ") should have rung " + late_text(now.steady - call.due) + " ago");
        call.due = Instant::never(); // told once
    }
}

void PagingOracle::check_calls(const Moment& now, const WardView& view)
{
    for (const auto& [id, episode] : open_high_) {
        const bool late = now.steady - episode.raised > page_within && now.steady - awake_ > page_within;
        if (!episode.paged && late)
            fail(now, "I1", "no page for " + id.text() + " after " + late_text(now.steady - episode.raised));
        const bool shown = std::any_of(view.episodes.begin(), view.episodes.end(),
                                       [&wanted = id](const EpisodeView& e) { return e.id == wanted; });
        if (!shown) fail(now, "I3", "nobody is called for the open episode " + id.text());
    }
    // An alarm of low priority calls nobody, and one that somebody shelved nobody for a while.
    for (const EpisodeView& episode : view.episodes) {
        if (episode.priority == Priority::low || episode.shelved) continue;
        const bool called = std::any_of(view.calls.begin(), view.calls.end(),
                                        [&](const CallView& call) { return call.id == episode.call; });
        if (!called) fail(now, "I3", "nobody is called for " + episode.id.text() + ", " + episode.rule);
    }
}

void PagingOracle::check_pauses(const Moment& now, const WardView& view)
{
    for (const BedView& bed : view.beds) {
        if (!bed.audio_paused) continue;
        if (raised_now_.contains(bed.id))
            fail(now, "I7", bed.alias + " is silent although a new high alarm was raised");
        if (bed.audio_paused_until - now.wall > pause_longest) fail(now, "I7", bed.alias + " is paused for too long");
        if (bed.audio_paused_until <= now.wall) fail(now, "I7", "the pause of " + bed.alias + " does not end");
    }
}

} // namespace magwatch::box
