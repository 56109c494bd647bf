#include "tools/box/paging_oracle.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration page_within = 5s;
constexpr Duration tolerance = 1s;
constexpr Duration gathering = 3s; // technical calls of several beds become one
constexpr Duration pause_longest = 2min;

} // namespace

PagingOracle::PagingOracle(const Configuration& configuration) { configured(configuration); }

void PagingOracle::configured(const Configuration& configuration)
{
    const auto take = [this](const LadderPolicy& policy) {
        wait_ = std::max(wait_, policy.wait);
        for (const Rung& rung : policy.rungs) wait_ = std::max(wait_, rung.wait);
        attend_ = std::max(attend_, policy.attend);
        acknowledged_ = std::max(acknowledged_, policy.acknowledged);
        first_after_ = std::max({first_after_, policy.first_after, policy.quiet_hold});
    };
    for (const LadderPolicy* policy : {&configuration.high, &configuration.medium, &configuration.technical})
        take(*policy);
    for (const SpecialPolicy& special : configuration.policies) take(special.ladder);
}

void PagingOracle::fail(const Moment& now, const char* invariant, std::string what)
{
    violations_.push_back({invariant, std::move(what), now.steady});
}

void PagingOracle::took(const Moment& now, const Input& input, const EffectBuffer& effects, const Ward& ward,
                        bool look)
{
    const auto* action = std::get_if<Action>(&input);
    const auto* pause = action == nullptr ? nullptr : std::get_if<PauseAudio>(&action->what);
    if (pause != nullptr) raised_now_.erase(pause->bed); // whoever pauses has heard what there is
    const auto* shell = std::get_if<ShellStatus>(&input);
    if (shell != nullptr && shell->fault == ShellFault::loop_late && shell->present) awake_ = now.steady;
    if (std::holds_alternative<Started>(input)) {
        awake_ = now.steady;
        restarted_ = true;
        for (auto& [id, times] : calls_) times.attended = times.accepted = std::max(times.accepted, now.steady);
    }
    const auto* receipt = std::get_if<Receipt>(&input);
    if (receipt != nullptr && receipt->outcome != PageOutcome::sending) heard_.try_emplace(receipt->key, now.steady);
    for (const Effect& effect : effects) {
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) transition(now, *t);
        if (const auto* sent = std::get_if<SendPage>(&effect)) page(now, *sent);
    }
    if (!look || (std::holds_alternative<Receipt>(input) && effects.empty())) return;
    this->look(now, ward.view(now, Ward::Shown::alarms));
}

void PagingOracle::look(const Moment& now, const WardView& view)
{
    check_times(now, view);
    check_pauses(now, view);
    raised_now_.clear();
}

void PagingOracle::lost_since(Instant durable)
{
    std::erase_if(heard_, [&](const auto& item) { return item.second >= durable; });
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
    if (t.call.counter != 0 && !calls_.contains(t.call)) calls_[t.call].opened = now.steady;
    if (t.event == AlarmEvent::raised && high) {
        open_high_[t.episode] = {t.bed, now.steady, false};
        raised_now_.insert(t.bed);
    }
    if (t.event == AlarmEvent::cleared) {
        if (auto ended = open_high_.extract(t.episode)) ended_high_.insert(std::move(ended));
    }
    if (t.event == AlarmEvent::attended) calls_[t.call].attended = now.steady;
}

void PagingOracle::page(const Moment& now, const SendPage& sent)
{
    const Page& page = sent.page;
    if (heard_.contains(page.key)) fail(now, "I6", page.key.text() + " was sent although its outcome was known");
    const unsigned times = ++sent_[page.key.text()];
    if (times > (restarted_ ? 2U : 1U))
        fail(now, "I6", page.key.text() + " was sent " + std::to_string(times) + " times");
    if (is_follow_up(page.reason) || page.reason == PageReason::test) return;
    if (page.kind == AlarmKind::physiological && page.priority == Priority::high) {
        for (auto& [id, episode] : open_high_)
            if (episode.bed == page.bed) episode.paged = true;
    }
    CallTimes& call = calls_[page.key.call];
    // On the person's next channel it is no new ring.
    if (!told_.insert({page.key.call, page.key.rung, page.key.repetition, page.key.person, ""}).second) return;
    call.paged = now.steady;
    if (page.reason == PageReason::next_rung && page.key.rung < call.rung && page.key.repetition == call.repetition)
        fail(now, "I3", "the ladder of " + page.key.call.text() + " went down");
    call.rung = page.key.rung;
    call.repetition = page.key.repetition;
}

void PagingOracle::check_times(const Moment& now, const WardView& view)
{
    // What fell due while nothing ran is due within the same 5 s after it runs again.
    const auto overdue = [&](Instant since, Duration limit) {
        return now.steady - since > limit && now.steady - awake_ > page_within;
    };
    for (const auto& [id, episode] : open_high_) {
        if (!episode.paged && overdue(episode.raised, page_within))
            fail(now, "I1", "no page for " + id.text() + " after " +
                                std::to_string((now.steady - episode.raised).count()) + " ms");
        const auto shown = std::find_if(view.episodes.begin(), view.episodes.end(),
                                        [&wanted = id](const EpisodeView& e) { return e.id == wanted; });
        const bool called = shown != view.episodes.end() &&
                            std::any_of(view.calls.begin(), view.calls.end(),
                                        [&](const CallView& call) { return call.id == shown->call; });
        if (!called) fail(now, "I3", "nobody is called for the open episode " + id.text());
    }
    for (const CallView& call : view.calls) {
        CallTimes& times = calls_[call.id];
        const auto late = [&](Instant since, Duration limit, const char* what) {
            if (overdue(since, limit + tolerance))
                fail(now, "I3", "call " + call.id.text() + ": " + what + " for " +
                                    std::to_string((now.steady - since).count() / 1000) + " s");
        };
        switch (call.state) {
        case CallState::waiting: {
            if (call.kind == AlarmKind::physiological && call.priority == Priority::high)
                late(times.opened, page_within, "a high call waits");
            late(times.opened, first_after_ + gathering, "waits for its first page");
            break;
        }
        case CallState::calling: late(times.paged, wait_, "no page and no answer"); break;
        case CallState::accepted:
            if (times.accepted <= times.paged) times.accepted = now.steady;
            late(times.accepted, attend_, "accepted, not attended and not paged again");
            break;
        case CallState::attended:
            late(times.attended, acknowledged_, "attended, still wrong and not paged again");
            break;
        }
        if (call.state != CallState::accepted) times.accepted = {};
    }
    // One finding is enough: it repeats at every look.
    if (violations_.size() > 20) violations_.resize(20);
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
