#include "tests/simulation/kills/night.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <queue>

#include <boost/asio/io_context.hpp>

#include "daemon/app/recovery.hpp"
#include "daemon/ward_loop/ward_loop.hpp"
#include "rules/base/assert.hpp"
#include "rules/base/fnv.hpp"
#include "runtime/task_group.hpp"
#include "tests/simulation/kills/disk.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::kills {
namespace {

using namespace std::chrono_literals;
using simulator::Random;

constexpr Duration paged_within = 5s;
constexpr Duration says_again = 3s;    // who was not told "taken"
constexpr Duration page_waits = 200ms; // WardLoopLimits
constexpr Duration lasts = 6min;       // after the last death
constexpr std::uint16_t beds = 2;

class VirtualClock final : public Clock {
public:
    [[nodiscard]] Moment now() override { return {Instant{} + up + offset, wall + up}; }
    [[nodiscard]] ClockReading reading() const { return {up, up, wall + up}; }
    Duration up{}, offset{};

private:
    WallTime wall{1'767'225'600'000};
};

// What somebody says until it is confirmed.
struct Saying {
    Input input;
    bool is_answer = false;
    bool said = false; // while the daemon lived
    bool confirmed = false;
    bool refused = false;
    unsigned tries = 0;
    std::string rule; // of an entry: what it raises
    CallId call;      // of an answer
    Responsibility answer{};
};

class World {
public:
    World(const test::KillPoint& point, std::uint64_t seed, double slow);
    Night run();
    void passed(CrashPoint point, std::uint64_t records);

private:
    using Act = std::function<void()>;
    struct Plan {
        Duration at;
        std::uint64_t order;
        unsigned life; // 0: whatever happens to the daemon
        Act act;
        friend bool operator<(const Plan& a, const Plan& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
    };
    struct Answered {
        std::set<Responsibility> possible; // what the ward may know of this person's answer
        bool confirmed = false;
        unsigned pending = 0; // words that were said and not answered yet
    };

    void plan(Duration in, Act act, bool of_this_life = false);
    void begin_life();
    WardLoopPorts ports();
    void end_life();
    void settle();
    [[nodiscard]] bool goes_on();
    void step(const Input& input);
    void say(const std::shared_ptr<Saying>& saying);
    void took(const Reply& reply, bool stored);
    void plan_findings();
    void send(const SendPage& sent);
    void arrive(const Page& page);
    void answer(const Page& page);
    void check_recovered(const WardView& before, const WardView& after, Duration gap);
    void check_soon(std::function<bool()> good, const char* rule, std::string words);
    void fail(const char* rule, const std::string& words);
    void note(const Effect& effect);
    [[nodiscard]] Duration up() const { return clock_.up; }
    Duration anywhere(Duration within)
    {
        return Duration{static_cast<std::int64_t>(random_.uniform(0, static_cast<double>(within.count())))};
    }

    Random random_;
    Disk disk_;
    VirtualClock clock_;
    const test::KillPoint& point_;
    test::KillPlan kill_;
    unsigned lives_ = 0;
    bool dead_ = false;
    Duration died_{}, began_{}, ends_ = 30min;
    Duration fine_from_ = 30min; // from here on all channels work
    std::unique_ptr<boost::asio::io_context> io_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<WardLoop> loop_;
    std::unique_ptr<TaskGroup> tasks_;
    std::priority_queue<Plan> plans_;
    std::uint64_t order_ = 0, requests_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Saying>> waiting_;
    std::vector<std::shared_ptr<Saying>> entries_;
    std::map<std::pair<CallId, std::string>, Answered> answered_;
    std::map<std::string, unsigned> handed_;              // by key
    std::map<std::string, bool> in_time_;                 // keys that left within the time a page waits
    std::map<std::string, Duration> last_handed_;         // by key: in this life
    std::map<CallId, Duration> last_ring_;                // in this life
    std::map<CallId, Duration> gaps_;                     // that nobody was told yet
    Fnv1a trace_;
    Night night_;
};

World* world = nullptr;

World::World(const test::KillPoint& point, std::uint64_t seed, double slow)
    : random_{seed, 5}, disk_{seed, slow}, point_{point}
{
    night_.seed = seed;
}

void World::fail(const char* rule, const std::string& words)
{
    night_.broken.insert(rule);
    if (night_.what.size() < 5) night_.what.push_back(std::string{rule} + ": " + words);
}

// When it came out is told by the clock of the night: a page may wait.
void World::note(const Effect& effect)
{
    trace_.add(as_text(to_bytes(effect)));
    trace_.add(std::to_string(up().count()));
}

void World::plan(Duration in, Act act, bool of_this_life)
{
    plans_.push({up() + std::max(in, Duration{1}), order_++, of_this_life ? lives_ : 0, std::move(act)});
}

// --- life and death ---

void World::passed(CrashPoint point, std::uint64_t records)
{
    if (dead_ || !kill_.passed(point, records)) return;
    dead_ = true;
    died_ = up();
    ++night_.deaths;
    disk_.user->die();
}

Configuration configuration()
{
    Configuration c = test::Rig::configuration();
    c.people = {{"midwife", {{"sms", "text", "1", false, true}, {"smtp", "mail", "2"}}},
                {"charge", {{"webhook", "web", "3"}}},
                {"doctor", {{"sms", "text", "4", false, true}}, true}};
    c.high.rungs = {{{"midwife"}}, {{"charge"}, Duration{}, true}, {{"doctor"}}};
    c.high.wait = Duration{20'000};
    c.high.attend = Duration{30'000};
    c.medium = c.technical = c.high;
    return c;
}

WardLoopPorts World::ports()
{
    WardLoopPorts ports;
    ports.send_page = [this](const SendPage& page) {
        note(page);
        send(page);
    };
    ports.cancel_pages = [](CallId) {};
    ports.call_ended = [](CallId) {};
    ports.reply = [this](const Reply& reply, bool stored) {
        note(reply);
        took(reply, stored);
    };
    ports.transition = [this](const AlarmTransition& transition) { note(transition); };
    ports.publish = [](const Ward&, const Moment&) {};
    ports.turn = [](const Moment&) {};
    // As the daemon's own: before it is appended.
    ports.stepped = [this](const Input& input, const Moment&) {
        const std::uint64_t appended = journal_->status().appended;
        if (const auto* receipt = std::get_if<Receipt>(&input)) passed(point_of(receipt->outcome), appended);
        const auto* action = std::get_if<Action>(&input);
        const bool answers = action != nullptr && (std::holds_alternative<Answer>(action->what) ||
                                                   std::holds_alternative<AnswerCode>(action->what));
        if (answers) passed(CrashPoint::answer, appended);
    };
    return ports;
}

void World::begin_life()
{
    ++lives_;
    dead_ = false;
    began_ = up();
    // The first life ends at the point of this night, the second now and then at any.
    if (lives_ == 1) kill_ = {point_, 1 + random_.next() % 8};
    else if (lives_ == 2 && random_.chance(0.4))
        kill_ = {test::kill_points[random_.next() % test::kill_points.size()], 1 + random_.next() % 3};
    else kill_ = {};
    disk_in_use = &disk_;
    auto opened = JournalFile::open("", clock_.now().wall, {});
    auto found = recover(*opened.file, clock_.reading(), "boot");
    MAGWATCH_ASSERT(std::holds_alternative<Recovered>(found));
    auto recovered = std::get<Recovered>(std::move(found));
    MAGWATCH_ASSERT(recovered.notes.empty());
    clock_.offset = recovered.time.offset;
    io_ = std::make_unique<boost::asio::io_context>(1);
    journal_ = std::make_unique<Journal>(io_->get_executor(), clock_, std::move(opened.file), "", JournalOptions{},
                                         Journal::OnChange{}, [this](Duration, std::size_t) {
                                             passed(CrashPoint::committed, journal_->status().durable);
                                         });
    const WardView before = recovered.ward.view(clock_.now());
    loop_ = std::make_unique<WardLoop>(io_->get_executor(), clock_, std::move(recovered.ward), ports());
    loop_->set_journal(*journal_);
    tasks_ = std::make_unique<TaskGroup>(io_->get_executor(), [](const TaskFailure& failure) {
        MAGWATCH_ASSERT(failure.stopping);
    });
    last_ring_.clear();
    last_handed_.clear();
    step(Input{recovered.started});
    if (dead_) return;
    if (!loop_->ward().has_configuration(configuration())) step(Input{configuration()});
    if (dead_) return;
    if (lives_ > 1) check_recovered(before, loop_->ward().view(clock_.now()), up() - died_);
    tasks_->spawn("pages", loop_->run_pages());
    tasks_->spawn("answers", loop_->run_answers());
}

void World::end_life()
{
    waiting_.clear();
    tasks_.reset();
    loop_.reset();
    journal_.reset();
    io_.reset();
}

void World::step(const Input& input)
{
    if (!dead_) loop_->apply_now(input);
}

// Everything that is to happen at this moment.
void World::settle()
{
    for (;;) {
        io_->restart();
        if (io_->poll() > 0) continue;
        if (dead_ || disk_.user == nullptr) return;
        const auto next = disk_.user->next();
        if (!next || *next > clock_.now().steady) return;
        disk_.user->run(clock_.now().steady);
    }
}

// To the next thing that happens, or the end.
bool World::goes_on()
{
    Duration next = plans_.empty() ? ends_ : std::min(plans_.top().at, ends_);
    const auto consider = [&](std::optional<Instant> at) {
        if (at) next = std::min(next, std::max(*at - Instant{} - clock_.offset, up()));
    };
    consider(loop_->ward().next_deadline());
    if (disk_.user != nullptr) consider(disk_.user->next());
    if (next >= ends_) return false;
    clock_.up = std::max(next, up()); // what was to happen while nobody lived happens now
    const auto due = loop_->ward().next_deadline();
    if (due && *due <= clock_.now().steady) step(Input{Tick{}});
    settle();
    if (dead_ || plans_.empty() || plans_.top().at > up()) return true;
    const Plan plan = plans_.top();
    plans_.pop();
    if (plan.life == 0 || plan.life == lives_) plan.act();
    settle();
    return true;
}

Night World::run()
{
    world = this;
    plan_findings();
    begin_life();
    for (;;) {
        if (!dead_) settle();
        if (dead_) {
            end_life();
            clock_.up += random_.chance(0.5) ? 1ms + anywhere(3s) : 1s + anywhere(4min);
            ends_ = up() + lasts;
            fine_from_ = up() + 2min;
            begin_life();
            continue;
        }
        if (!goes_on()) break;
    }
    for (const auto& entry : entries_)
        if (!entry->confirmed) fail("alarm", "an entry of " + entry->rule + " was never taken");
    end_life();
    world = nullptr;
    night_.trace = trace_.value();
    return night_;
}

// --- people ---

void World::plan_findings()
{
    const auto enter = [this](Duration in, std::string key, std::uint16_t bed, auto what, std::string rule) {
        auto saying = std::make_shared<Saying>();
        Entry entry;
        entry.key = std::move(key);
        entry.bed = BedId{bed};
        entry.person = "midwife";
        entry.at = clock_.now().wall + in;
        entry.what = std::move(what);
        saying->input = std::move(entry);
        saying->rule = std::move(rule);
        entries_.push_back(saying);
        plan(in, [this, saying] { say(saying); });
    };
    for (std::uint16_t bed = 0; bed < beds; ++bed) {
        auto watch = std::make_shared<Saying>();
        WatchStart start;
        start.bed = BedId{bed};
        start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
        watch->input = Action{"midwife", start, 0};
        plan(1ms, [this, watch] { say(watch); });
        const std::string name = "bed " + std::to_string(bed);
        enter(2s, name + " asked", bed, ScreeningEntry{{}, ScreeningReply::no}, "");
        const Duration first = 5s + anywhere(1min);
        enter(first, name + " reflex", bed, ValueEntry{Signal::reflex_knee, 0}, "reflex-absent");
        if (random_.chance(0.7))
            enter(first + anywhere(2min), name + " rate", bed, InfusionRateEntry{4, {}}, "rate-high");
    }
}

void World::say(const std::shared_ptr<Saying>& saying)
{
    if (saying->confirmed || saying->refused || ++saying->tries > 40) return;
    plan(says_again, [this, saying] { say(saying); });
    if (dead_) return;
    const std::uint64_t request = ++requests_;
    waiting_[request] = saying;
    Input input = saying->input;
    if (auto* entry = std::get_if<Entry>(&input)) entry->request = request;
    auto* action = std::get_if<Action>(&input);
    if (action != nullptr) action->request = request;
    if (saying->is_answer) {
        Answered& known = answered_[{saying->call, action->person}];
        known.possible.insert(saying->answer);
        if (!saying->said) ++known.pending;
        saying->said = true;
    }
    step(input);
}

void World::took(const Reply& reply, bool stored)
{
    if (dead_) return;
    const auto found = waiting_.find(reply.request);
    if (found == waiting_.end()) return;
    Saying& saying = *found->second;
    // The reply to a word that was said again says nothing new, and another word may stand by then.
    const bool first = !saying.confirmed && !saying.refused;
    if (first && reply.accepted && stored && reply.text != "this call is over") {
        saying.confirmed = true;
        if (saying.is_answer) {
            ++night_.answers;
            auto& known = answered_[{saying.call, std::get<Action>(saying.input).person}];
            known.confirmed = true;
            --known.pending;
            // Who is at the bed and says "coming" is still at the bed.
            const bool here = saying.answer == Responsibility::accepted &&
                              known.possible.contains(Responsibility::attended);
            known.possible = {saying.answer};
            if (here) known.possible.insert(Responsibility::attended);
        }
    }
    // Also of a call that left before it was on the disk: it rings under another number since.
    if (!reply.accepted || reply.text == "this call is over") {
        if (saying.is_answer && first) {
            saying.refused = true;
            --answered_[{saying.call, std::get<Action>(saying.input).person}].pending;
        }
        if (!saying.is_answer) fail("alarm", "an entry was refused: " + reply.text);
    }
    const bool is_answer = saying.is_answer;
    waiting_.erase(found);
    if (is_answer && reply.accepted && stored) passed(CrashPoint::said, 0);
}

void World::answer(const Page& page)
{
    if (is_follow_up(page.reason) || page.kind != AlarmKind::physiological || random_.chance(0.5)) return;
    auto saying = std::make_shared<Saying>();
    saying->is_answer = true;
    saying->call = page.key.call;
    const double dice = random_.uniform();
    const AnswerKind kind = dice < 0.4 ? AnswerKind::coming : dice < 0.6 ? AnswerKind::cannot : AnswerKind::here;
    saying->answer = kind == AnswerKind::coming   ? Responsibility::accepted
                     : kind == AnswerKind::cannot ? Responsibility::declined
                                                  : Responsibility::attended;
    Action action;
    action.person = page.key.person;
    // A reply is a message of its own, also to a page that arrived a second time.
    const std::string reply = page.key.text() + " " + std::to_string(handed_[page.key.text()]);
    if (page.code != 0) action.what = AnswerCode{page.code, kind, reply};
    else action.what = Answer{page.key.call, kind};
    saying->input = std::move(action);
    plan(2s + anywhere(40s), [this, saying] {
        // One word at a time: what was said before and not confirmed may still come.
        const auto known = answered_.find({saying->call, std::get<Action>(saying->input).person});
        if (known != answered_.end() && known->second.pending > 0) return;
        say(saying);
    });
}

// --- channels ---

void World::send(const SendPage& sent)
{
    if (dead_) return;
    passed(CrashPoint::send, 0);
    if (dead_) return;
    const Page& page = sent.page;
    const std::string key = page.key.text();
    ++night_.pages;
    const bool in_time = clock_.now().steady - sent.at.steady < page_waits;
    in_time_.try_emplace(key, in_time).first->second &= in_time;
    last_handed_[key] = up();
    if (!is_follow_up(page.reason)) {
        last_ring_[page.key.call] = up();
        if (const auto gap = gaps_.find(page.key.call); gap != gaps_.end()) {
            if (page.unwatched < gap->second)
                fail("gap", key + " (" + std::string{name(page.reason)} + ") says " +
                                std::to_string(page.unwatched.count()) + " of " + std::to_string(gap->second.count()) +
                                " ms");
            gaps_.erase(gap);
        }
    }
    passed(CrashPoint::sent, 0);
    if (dead_ && random_.chance(0.5)) return; // it was not on the wire yet
    if (++handed_[key] > 2) fail("twice", key + " left " + std::to_string(handed_[key]) + " times");
    arrive(page);
}

void World::arrive(const Page& page)
{
    const bool fine = up() >= fine_from_;
    const double mood = fine ? 0 : random_.uniform();
    const auto receipt = [&](Duration in, PageOutcome outcome) {
        plan(in, [this, key = page.key, outcome] { step(Input{Receipt{key, outcome, ""}}); }, true);
    };
    receipt(1ms, PageOutcome::sending);
    if (mood > 0.9) return; // nobody hears of it, and it never says so
    if (mood > 0.75) return receipt(2ms + anywhere(3s), PageOutcome::failed);
    const Duration handed = 2ms + anywhere(mood > 0.6 ? 8s : 400ms);
    receipt(handed, PageOutcome::accepted);
    if (random_.chance(0.7)) receipt(handed + anywhere(4s), PageOutcome::delivered);
    answer(page);
}

// --- what must hold ---

void World::check_soon(std::function<bool()> good, const char* rule, std::string words)
{
    // What dies before is checked after the next start.
    plan(paged_within, [this, good = std::move(good), rule, words = std::move(words)] {
        if (!good()) fail(rule, words);
    }, true);
}

void World::check_recovered(const WardView& before, const WardView& after, Duration gap)
{
    for (const auto& entry : entries_) {
        if (!entry->confirmed || entry->rule.empty()) continue;
        const std::string bed = "bed-" + std::to_string(std::get<Entry>(entry->input).bed.value + 1);
        const bool there = std::any_of(after.episodes.begin(), after.episodes.end(), [&](const EpisodeView& episode) {
            return episode.bed == bed && episode.rule == entry->rule;
        });
        if (!there && entry->rule == "reflex-absent") fail("alarm", bed + " has lost its " + entry->rule);
    }
    for (const auto& [key, in_time] : in_time_) {
        const bool known = std::any_of(before.pages.begin(), before.pages.end(),
                                       [&key = key](const PageView& page) { return page.page.key.text() == key; });
        if (in_time && !known) fail("order", key + " had left and is not on the disk");
    }
    std::erase_if(in_time_, [](const auto& item) { return !item.second; });
    for (const CallView& call : before.calls) {
        for (const ToldView& told : call.told) {
            const auto said = answered_.find({call.id, told.person});
            if (said != answered_.end() && said->second.confirmed && !said->second.possible.contains(told.answer))
                fail("answer", told.person + " said something else to " + call.id.text() + " than " +
                                   std::string{name(told.answer)});
        }
        if (call.kind != AlarmKind::physiological) continue;
        if (call.state != CallState::calling) { // somebody answered: the gap is an alarm of the ward, and no page of this call
            gaps_.erase(call.id);
            continue;
        }
        gaps_[call.id] = std::max(gaps_[call.id], gap);
        check_soon([this, id = call.id] { return last_ring_.contains(id); }, "paged",
                   call.id.text() + " was not paged after the start");
        for (const PageView& page : before.pages) {
            const bool waits = !page.outcome || *page.outcome == PageOutcome::sending;
            const bool promised = page.page.key.call == call.id && waits && page.page.attempt < 2 &&
                                  !is_follow_up(page.page.reason);
            if (!promised) continue;
            const std::string key = page.page.key.text();
            check_soon([this, key] { return last_handed_.contains(key); }, "promise", key + " never left again");
        }
    }
    for (const auto& [whom, said] : answered_) {
        const bool open = std::any_of(before.calls.begin(), before.calls.end(),
                                      [&id = whom.first](const CallView& call) { return call.id == id; });
        if (said.confirmed && !open) fail("answer", "a call that was answered is gone");
    }
}

} // namespace

Night run_night(const test::KillPoint& point, std::uint64_t seed, double slow)
{
    return World{point, seed, slow}.run();
}

} // namespace magwatch::kills

namespace magwatch {

void crash_point(CrashPoint point, std::uint64_t records) noexcept
{
    kills::world->passed(point, records);
}

} // namespace magwatch
