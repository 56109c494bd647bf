#include "tests/simulation/nights/night.hpp"

#include <algorithm>
#include <queue>

#include "rules/base/assert.hpp"
#include "rules/base/fnv.hpp"
#include "tests/support/ward_rig.hpp"
#include "tools/simulator/random.hpp"

namespace magwatch::nights {
namespace {

using namespace std::chrono_literals;
using simulator::Random;

constexpr Duration faults_for = 30min;  // then everything works and everybody comes
constexpr Duration converge_for = 20min;
constexpr std::uint16_t beds = 3;

enum class ChannelMood : std::uint8_t { works, slow, silent, refuses, lies }; // lies: accepted, never delivered

struct Plan { // something that is to happen
    Instant at;
    std::uint64_t order; // of planning: ties are decided by it
    Input input;
    bool lost_by_restart = false;
    friend bool operator<(const Plan& a, const Plan& b)
    {
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
};

class Night {
public:
    explicit Night(std::uint64_t seed);
    NightResult run();

private:
    Configuration configuration();
    Rosters rosters();
    void plan(Duration in, Input input, bool lost_by_restart = false);
    template <class What> void act(Duration in, const std::string& person, What what)
    {
        plan(in, Action{person, std::move(what), 0});
    }
    template <class What> void chart(Duration in, std::uint16_t bed, What what);
    void plan_findings();
    void plan_people();
    void plan_restarts();
    void step(const Input& input);
    void heard(const Page& page);
    void answer(const Page& page);
    void restart();
    [[nodiscard]] bool calm() const { return now_.steady - start_.steady >= faults_for; }

    Random random_;
    Moment start_{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    Moment now_ = start_;
    Ward ward_;
    Configuration configuration_;
    box::PagingOracle oracle_;
    std::map<std::string, ChannelMood> moods_; // by kind
    std::map<std::string, double> sleepy_;     // by person: how likely they do nothing
    std::priority_queue<Plan> plans_;
    std::uint64_t order_ = 0, entry_ = 0;
    std::uint32_t incarnation_ = 1;
    Fnv1a trace_;
    NightResult result_;
};

Night::Night(std::uint64_t seed) : random_{seed, 4}, configuration_{configuration()}, oracle_{configuration_}
{
    result_.seed = seed;
    for (const char* kind : {"sms", "smtp", "webhook"})
        moods_[kind] = static_cast<ChannelMood>(random_.chance(0.5) ? 0 : random_.next() % 5);
    for (const Person& person : configuration_.people) sleepy_[person.name] = random_.uniform(0, 0.9);
}

Configuration Night::configuration()
{
    Configuration c = test::Rig::configuration();
    c.beds.push_back({"bed-3", "Ward L4 Bed 3"});
    const auto between = [this](std::uint32_t low, std::uint32_t high) {
        return Duration{1000LL * (low + random_.next() % (high - low))};
    };
    c.people = {{"midwife", {{"sms", "text", "1", false, true}, {"smtp", "mail", "2"}}},
                {"charge", {{"sms", "text", "3", false, true}, {"webhook", "web", "4"}}, random_.chance(0.3)},
                {"doctor", {{"smtp", "mail", "5"}, {"webhook", "web", "6"}, {"sms", "text", "7", false, true}}},
                {"consultant", {{"webhook", "web", "8"}}},
                {"switchboard", {{"smtp", "mail", "9"}, {"sms", "text", "10", false, true}}}};
    c.high.rungs = {{{"midwife"}},
                    {{"charge"}, random_.chance(0.5) ? between(5, 90) : Duration{}, random_.chance(0.3)},
                    {{"doctors"}},
                    {{"consultant", "switchboard"}}};
    c.high.wait = between(5, 90);
    c.high.attend = between(10, 180);
    c.high.acknowledged = between(30, 300);
    c.high.follow_ups = random_.chance(0.7);
    c.high.quiet = "night"; // which it must not heed
    c.medium = c.high;
    c.medium.first_after = between(0, 240);
    c.medium.quiet_hold = between(0, 600);
    c.technical = c.medium;
    if (random_.chance(0.3)) {
        SpecialPolicy special{"grave", AlarmKind::physiological, Priority::high, std::uint8_t{2}, c.high};
        special.ladder.rungs = {{{"midwife", "doctors"}}, {{"switchboard"}}};
        c.policies = {special};
    }
    return c;
}

Rosters Night::rosters()
{
    Rosters r;
    Roster doctors{"doctors", {}, "switchboard"};
    WallTime at = start_.wall;
    while (at < start_.wall + faults_for + converge_for) { // with gaps
        const WallTime to = at + Duration{60'000LL * (1 + random_.next() % 15)};
        if (!random_.chance(0.2)) doctors.shifts.push_back({{at, to}, random_.chance(0.5) ? "doctor" : "consultant"});
        at = to;
    }
    r.rosters = {doctors};
    const WallTime quiet_from = start_.wall + Duration{60'000LL * (random_.next() % 20)};
    r.quiet = {{"night", {{quiet_from, quiet_from + 20min}}}};
    return r;
}

void Night::plan(Duration in, Input input, bool lost_by_restart)
{
    plans_.push({now_.steady + std::max(in, Duration{1}), order_++, std::move(input), lost_by_restart});
}

template <class What> void Night::chart(Duration in, std::uint16_t bed, What what)
{
    Entry entry;
    entry.key = "e" + std::to_string(++entry_);
    entry.bed = BedId{bed};
    entry.person = "midwife";
    entry.at = now_.wall + in;
    entry.what = std::move(what);
    plan(in, std::move(entry));
}

Duration anywhere(Random& random, Duration within)
{
    return Duration{static_cast<std::int64_t>(random.uniform(0, static_cast<double>(within.count())))};
}

void Night::plan_findings()
{
    const int findings = 1 + static_cast<int>(random_.next() % 6);
    for (int i = 0; i < findings; ++i) {
        const auto bed = static_cast<std::uint16_t>(random_.next() % beds);
        const Duration at = anywhere(random_, faults_for);
        const Duration length = anywhere(random_, 15min);
        switch (random_.next() % 4) {
        case 0:
        case 1:
            chart(at, bed, ValueEntry{Signal::reflex_knee, 0});
            chart(at + length, bed, ValueEntry{Signal::reflex_knee, 2});
            break;
        case 2:
            chart(at, bed, ValueEntry{Signal::sbp, 80});
            chart(at + length, bed, ValueEntry{Signal::sbp, 120});
            break;
        default:
            plan(at, ShellStatus{ShellFault::history, true, ""});
            plan(at + length, ShellStatus{ShellFault::history, false, ""});
        }
    }
    // At the latest when all is calm nothing is wrong any more.
    for (std::uint16_t bed = 0; bed < beds; ++bed) {
        chart(faults_for + 16min, bed, ValueEntry{Signal::reflex_knee, 2});
        chart(faults_for + 16min, bed, ValueEntry{Signal::sbp, 120});
    }
}

void Night::plan_people()
{
    for (int i = 0; i < 3; ++i) {
        if (random_.chance(0.4))
            act(anywhere(random_, faults_for), "charge",
                PauseAudio{BedId{static_cast<std::uint16_t>(random_.next() % beds)}, anywhere(random_, 10min)});
        if (random_.chance(0.3)) {
            const Duration at = anywhere(random_, faults_for);
            const WallTime from = now_.wall + at;
            act(at, "charge",
                ChangeRoster{"doctors", random_.chance(0.5) ? "doctor" : "charge",
                             {from, from + anywhere(random_, 30min) + 1s}, "swapped"});
        }
    }
    if (random_.chance(0.2)) plan(anywhere(random_, faults_for), configuration_);
}

void Night::plan_restarts()
{
    while (random_.chance(0.3)) {
        Started started;
        started.incarnation = 0; // stamped when it happens
        started.unwatched = anywhere(random_, random_.chance(0.8) ? Duration{3s} : Duration{2min});
        plan(anywhere(random_, faults_for), started);
    }
}

void Night::step(const Input& input)
{
    EffectBuffer effects;
    ward_.step(now_, input, effects);
    ++result_.steps;
    if (const auto* next = std::get_if<Configuration>(&input)) oracle_.configured(*next);
    oracle_.took(now_, input, effects, ward_);
    for (const Effect& effect : effects) {
        trace_.add(as_text(to_bytes(effect)));
        if (const auto* sent = std::get_if<SendPage>(&effect)) heard(sent->page);
        const auto* t = std::get_if<AlarmTransition>(&effect);
        if (t != nullptr && t->event == AlarmEvent::raised && t->kind == AlarmKind::physiological &&
            t->priority == Priority::high)
            ++result_.high;
    }
}

// What a channel makes of a page, and whether anybody sees it.
void Night::heard(const Page& page)
{
    ++result_.pages;
    const ChannelMood mood = calm() ? ChannelMood::works : moods_.at(page.channel_kind);
    const auto receipt = [&](Duration in, PageOutcome outcome) { plan(in, Receipt{page.key, outcome, ""}, true); };
    switch (mood) {
    case ChannelMood::silent: return;
    case ChannelMood::refuses: return receipt(anywhere(random_, 3s), PageOutcome::failed);
    case ChannelMood::lies: return receipt(anywhere(random_, 1s), PageOutcome::accepted);
    case ChannelMood::slow: receipt(4s + anywhere(random_, 20s), PageOutcome::accepted); break;
    case ChannelMood::works: {
        const Duration handed = anywhere(random_, 1s);
        receipt(anywhere(random_, 2s), PageOutcome::sending); // perhaps overtaken by the hand-over
        receipt(handed, PageOutcome::accepted);
        if (random_.chance(0.7)) receipt(handed + anywhere(random_, 5s), PageOutcome::delivered);
        if (random_.chance(0.1)) receipt(handed + anywhere(random_, 9s), PageOutcome::delivered); // twice
    }
    }
    if (!is_follow_up(page.reason)) answer(page);
}

void Night::answer(const Page& page)
{
    const std::string& person = page.key.person;
    const CallId call = page.key.call;
    if (!calm() && random_.chance(sleepy_.at(person))) return;
    ++result_.answers;
    const Duration reads = 2s + anywhere(random_, 60s);
    if (!calm() && random_.chance(0.2)) return act(reads, person, Answer{call, AnswerKind::cannot});
    if (page.code != 0 && random_.chance(0.5)) act(reads, person, AnswerCode{page.code, AnswerKind::coming, ""});
    else act(reads, person, Answer{call, AnswerKind::coming});
    if (!calm() && random_.chance(0.3)) return; // and does not come
    act(reads + 5s + anywhere(random_, 60s), person, Answer{call, AnswerKind::here});
}

void Night::restart()
{
    ++result_.restarts;
    auto loaded = Ward::load(as_text(ward_.save()));
    MAGWATCH_ASSERT(loaded);
    ward_ = std::move(*loaded);
    std::priority_queue<Plan> kept; // words of channels that nobody was there to hear
    for (; !plans_.empty(); plans_.pop())
        if (!plans_.top().lost_by_restart) kept.push(plans_.top());
    plans_ = std::move(kept);
}

NightResult Night::run()
{
    Started started;
    started.incarnation = incarnation_;
    step(started);
    step(rosters());
    step(configuration_);
    for (std::uint16_t bed = 0; bed < beds; ++bed) {
        WatchStart watch;
        watch.bed = BedId{bed};
        watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
        watch.facts = {};
        step(Action{"midwife", watch, 0});
        chart(1ms, bed, ScreeningEntry{{}, ScreeningReply::no});
        chart(2ms, bed, InfusionStopEntry{});
    }
    plan_findings();
    plan_people();
    plan_restarts();
    const Instant end = start_.steady + faults_for + converge_for;
    for (;;) {
        // What a wake plans may be due before what was planned already.
        const Instant planned = plans_.empty() ? end : std::min(plans_.top().at, end);
        const Instant deadline = ward_.next_deadline().value_or(end);
        now_ = now_.at(std::max(std::min(planned, deadline), now_.steady));
        if (deadline <= planned && deadline < end) {
            step(Tick{});
            continue;
        }
        if (planned >= end) break;
        Plan due = plans_.top();
        plans_.pop();
        if (auto* again = std::get_if<Started>(&due.input)) {
            now_ = now_.at(now_.steady + again->unwatched);
            again->incarnation = ++incarnation_;
            restart();
        }
        step(due.input);
    }
    result_.converged = oracle_.open() == 0;
    result_.violations = oracle_.violations();
    result_.trace = trace_.value();
    return result_;
}

} // namespace

NightResult run_night(std::uint64_t seed) { return Night{seed}.run(); }

} // namespace magwatch::nights
