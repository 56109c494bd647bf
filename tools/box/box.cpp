#include "tools/box/box.hpp"

#include <algorithm>
#include <map>

#include "daemon/config/pack_library.hpp"
#include "rules/base/assert.hpp"
#include "tools/box/ledger.hpp"
#include "tools/box/machine.hpp"
#include "tools/box/pagers.hpp"
#include "tools/box/staff.hpp"
#include "tools/box/tell.hpp"

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;
using simulator::Random;

constexpr Duration says_again = 5s;      // who was not told "stored"
constexpr Duration old_faults_after = 15s; // as the daemon looks for what stood when it died
constexpr Duration look_every = 1min;    // at the screen, when nothing was decided
constexpr Duration look_again = 5s;      // when something was: no limit that is judged there is shorter than this
constexpr std::size_t state_most = 2U << 20; // bytes; three times what a ward of five beds came to: design value
constexpr std::size_t waiting_most = 4096;   // decisions that wait for the disk: design value
constexpr unsigned turns_at_once = 20'000;   // at one instant: more is a loop that goes nowhere

class Box final : public World {
public:
    explicit Box(const Request& request);
    Outcome go();

    [[nodiscard]] const Moment& now() const override { return now_; }
    [[nodiscard]] Random& dice() override { return dice_; }
    void plan(Duration in, Act act) override;
    void tell(const Input& input) override;
    void say(Input input) override;
    [[nodiscard]] bool calm() const override { return now_.steady - start_.steady >= request_.troubles; }

private:
    struct Plan {
        Instant at;
        std::uint64_t order; // of planning: ties are decided by it
        Act act;
        friend bool operator<(const Plan& a, const Plan& b)
        {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };

    [[nodiscard]] Configuration configuration();
    [[nodiscard]] Rosters rosters();
    [[nodiscard]] MachinePorts ports();
    void begin();
    void plan_machine();
    void again(double per_hour, Act act);
    void wake();
    void die_for(Duration length, bool power);
    void suspend();
    void jump();
    void stepped(const Moment& at, const Input& input, const EffectBuffer& effects);
    void look();
    void sample_due();
    bool go_on(Instant end);
    void repeat(Input input);
    void say_again(Input input);
    void wait_for_move(Input said, std::uint64_t inputs, std::uint64_t start);
    [[nodiscard]] bool still_said(const Input& input) const;
    void trace(const std::string& line);
    void fail(const char* invariant, std::string what);
    void finish();

    Request request_;
    Random dice_;
    Swarm swarm_;
    Moment start_{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    Moment now_ = start_;
    std::vector<Plan> plans_; // a heap
    std::uint64_t order_ = 0, requests_ = 0;
    Machine machine_;
    Configuration configuration_;
    CompiledPack pack_;
    PagingOracle paging_;
    Ledger ledger_;
    std::vector<Bedside> beds_;
    std::vector<Instant> next_sample_;
    Staff staff_;
    Pagers pagers_;
    std::map<std::pair<CallId, std::string>, AnswerKind> answers_; // each person's newest to each call
    std::map<std::uint64_t, Input> waiting_; // what was said, by its request
    Instant looked_{};
    bool look_wanted_ = false; // something was decided at this instant
    bool mended_ = false;
    unsigned at_once_ = 0;
    Outcome outcome_;
};

Swarm swarm_of(const Request& request, Random& dice)
{
    Random more{request.seed, 31};
    Swarm swarm = draw_swarm(dice, more);
    for (const Trouble& trouble : troubles()) {
        if (std::find(request.without.begin(), request.without.end(), trouble.name) != request.without.end())
            swarm.*trouble.often = 0;
    }
    return swarm;
}

Box::Box(const Request& request)
    : request_{request}, dice_{request.seed, 9}, swarm_{swarm_of(request, dice_)},
      machine_{request.seed, swarm_.slow_commits, ports()}, configuration_{configuration()},
      pack_{compile_pack(configuration_.pack_text, configuration_.pack_name)}, paging_{configuration_},
      ledger_{*pack_.pack, beds_, request.beds}, staff_{*this, swarm_, beds_, request.seed},
      pagers_{*this, swarm_, [this](const Page& page) { staff_.rings(page); }}
{
    outcome_.seed = request.seed;
    const auto last = static_cast<std::uint16_t>(request.beds - 1);
    for (std::uint16_t bed = 0; bed < request.beds; ++bed) {
        beds_.emplace_back(*this, swarm_, bed, bed + 1 != last);
        if (bed != last) {
            beds_.back().body = std::make_unique<Body>(bed, dice_, request.seed);
            beds_.back().body->at = now_.steady;
        }
        next_sample_.push_back(now_.steady + Duration{1000 + 200 * bed});
    }
}

Configuration Box::configuration()
{
    Configuration c;
    c.name = "Ward L4";
    c.mode = Mode::ward;
    for (std::uint16_t bed = 0; bed < request_.beds; ++bed) {
        const std::string number = std::to_string(bed + 1);
        c.beds.push_back({"bed-" + number, "Ward L4 Bed " + number});
        c.sources.push_back({"monitor-" + number, SourceKind::monitor, "", sample_every, bed % 2 == 0});
        c.sources.push_back({"pump-" + number, SourceKind::pump, "", sample_every, false});
    }
    const auto between = [this](std::uint32_t low, std::uint32_t high) {
        return Duration{1000LL * (low + dice_.next() % (high - low))};
    };
    c.people = {{"midwife", {{"sms", "text", "1", false, true}, {"smtp", "mail", "2"}}},
                {"charge", {{"sms", "text", "3", false, true}, {"webhook", "web", "4"}}, dice_.chance(0.3)},
                {"doctor", {{"smtp", "mail", "5"}, {"webhook", "web", "6"}, {"sms", "text", "7", false, true}}},
                {"switchboard", {{"smtp", "mail", "8"}, {"sms", "text", "9", false, true}}}};
    c.high.rungs = {{{"midwife"}}, {{"charge"}, Duration{}, dice_.chance(0.3)}, {{"doctors"}}, {{"switchboard"}}};
    c.high.wait = between(20, 90);
    c.high.attend = between(30, 180);
    c.high.acknowledged = between(60, 300);
    c.high.follow_ups = dice_.chance(0.7);
    c.medium = c.high;
    c.medium.first_after = between(0, 240);
    c.technical = c.medium;
    c.callback = "4471";
    c.pack_name = "minimal";
    c.pack_text = std::string{minimal_pack()};
    return c;
}

Rosters Box::rosters()
{
    Rosters r;
    Roster doctors{"doctors", {}, "switchboard"};
    WallTime at = start_.wall;
    while (at < start_.wall + request_.troubles + request_.calm) { // with gaps
        const WallTime to = at + Duration{3'600'000LL * (1 + dice_.next() % 12)};
        if (!dice_.chance(0.2)) doctors.shifts.push_back({{at, to}, dice_.chance(0.5) ? "doctor" : "charge"});
        at = to;
    }
    r.rosters = {doctors};
    return r;
}

MachinePorts Box::ports()
{
    MachinePorts ports;
    ports.stepped = [this](const Moment& at, const Input& input, const EffectBuffer& effects) {
        stepped(at, input, effects);
    };
    ports.page = [this](const Moment&, const SendPage& sent) {
        ++outcome_.pages;
        trace("page " + sent.page.key.text() + " " + sent.page.place);
        pagers_.send(sent.page);
    };
    ports.reply = [this](const Reply& reply, bool stored) {
        const auto found = waiting_.find(reply.request);
        if (found == waiting_.end()) return;
        Input said = std::move(found->second);
        waiting_.erase(found);
        const auto* action = std::get_if<Action>(&said);
        const bool move = action != nullptr && std::holds_alternative<WatchTransfer>(action->what);
        if (reply.accepted && !stored) return say_again(std::move(said));
        if (move && !reply.accepted) return wait_for_move(std::move(said), machine_.taken(), machine_.starts());
        if (move) staff_.moved();
    };
    ports.broken = [this](const Moment&, const char* invariant, std::string what) { fail(invariant, std::move(what)); };
    return ports;
}

void Box::fail(const char* invariant, std::string what)
{
    if (outcome_.violations.size() < 20) outcome_.violations.push_back({invariant, std::move(what), now_.steady});
}

void Box::trace(const std::string& line)
{
    if (!request_.trace) return;
    request_.trace(time_text(now_.steady - start_.steady) + " " + line);
}

void Box::plan(Duration in, Act act)
{
    plans_.push_back({now_.steady + std::max(in, Duration{1}), order_++, std::move(act)});
    std::push_heap(plans_.begin(), plans_.end());
}

void Box::tell(const Input& input)
{
    if (machine_.alive()) machine_.take(now_, input);
}

void Box::say(Input input)
{
    if (const auto* action = std::get_if<Action>(&input)) {
        if (const auto* answer = std::get_if<Answer>(&action->what))
            answers_[{answer->call, action->person}] = answer->kind;
    }
    repeat(std::move(input));
}

// Who has said something else meanwhile does not say again what she said before.
bool Box::still_said(const Input& input) const
{
    const auto* action = std::get_if<Action>(&input);
    const auto* answer = action != nullptr ? std::get_if<Answer>(&action->what) : nullptr;
    return answer == nullptr || answers_.at({answer->call, action->person}) == answer->kind;
}

void Box::say_again(Input input)
{
    plan(says_again, [this, said = std::move(input)] {
        if (still_said(said)) repeat(said);
    });
}

// Who says it again and hears that nobody is there any more knows that the ward has it, and not that its disk has:
// until it does, a death may take it back, and then it is said again.
void Box::wait_for_move(Input said, std::uint64_t inputs, std::uint64_t start)
{
    plan(says_again, [this, said = std::move(said), inputs, start] {
        if (!machine_.alive() || machine_.starts() != start) return repeat(said);
        if (!machine_.stored(inputs)) return wait_for_move(said, inputs, start);
        staff_.moved();
    });
}

void Box::repeat(Input input)
{
    if (!machine_.alive()) return say_again(std::move(input));
    const std::uint64_t request = ++requests_;
    if (auto* entry = std::get_if<Entry>(&input)) entry->request = request;
    if (auto* action = std::get_if<Action>(&input)) action->request = request;
    waiting_[request] = input;
    machine_.take(now_, input);
}

// --- the machine ---

void Box::again(double per_hour, Act act)
{
    if (per_hour <= 0) return;
    plan(until_next(per_hour), [this, per_hour, act] {
        if (calm()) return;
        again(per_hour, act);
        if (machine_.alive()) act();
    });
}

void Box::plan_machine()
{
    again(swarm_.kills, [this] { die_for(dice_.chance(0.7) ? 1s + anywhere(5s) : anywhere(5min), false); });
    again(swarm_.power_cuts, [this] { die_for(10s + anywhere(10min), true); });
    again(swarm_.suspends, [this] { suspend(); });
    again(swarm_.clock_steps, [this] { jump(); });
    again(swarm_.full_disks, [this] { machine_.fill_disk(now_.steady + anywhere(10min)); });
    again(swarm_.reloads, [this] { machine_.take(now_, configuration_); });
}

void Box::wake()
{
    trace("the machine starts");
    machine_.start(now_);
    if (!machine_.ward().has_configuration(configuration_)) {
        machine_.take(now_, rosters());
        machine_.take(now_, configuration_);
    }
    paging_.restarted(now_, machine_.lost_after(), machine_.ward());
    ledger_.restarted(now_, machine_.ward());
    for (Bedside& bed : beds_)
        if (bed.monitored()) bed.announce();
    // As the daemon does: what stood when it died, and was not found again, is over.
    plan(old_faults_after, [this] {
        for (const ShellFault old : {ShellFault::loop_late, ShellFault::clock_jumped})
            tell(ShellStatus{old, false, ""});
    });
}

void Box::die_for(Duration length, bool power)
{
    trace(power ? "the power fails" : "the machine dies");
    ++outcome_.deaths;
    machine_.die(now_, power);
    for (auto& [request, said] : waiting_) say_again(std::move(said));
    waiting_.clear();
    plan(length, [this] { wake(); });
}

// Time goes on and nothing runs; then the shell says for how long.
void Box::suspend()
{
    const Duration wanted = dice_.chance(0.8) ? 6s + anywhere(2min) : anywhere(8h);
    // It wakes in time for the half hour in which all is mended.
    const Duration length = std::min(wanted, start_.steady + request_.troubles - now_.steady);
    trace("the machine sleeps for " + std::to_string(length.count() / 1000) + " s");
    now_ = now_.at(now_.steady + length);
    ++outcome_.jumps;
    ledger_.woke(now_);
    machine_.take(now_, ShellStatus{ShellFault::loop_late, true, "Nobody was watching"});
    plan(2s, [this] { tell(ShellStatus{ShellFault::loop_late, false, ""}); });
    ledger_.restarted(now_, machine_.ward());
    for (auto& at : next_sample_) at = std::max(at, now_.steady + Duration{1});
}

// The wall clock goes wrong: by half a second to three years, both ways.
void Box::jump()
{
    std::int64_t by = 500;
    for (auto n = dice_.next() % 9; n > 0; --n) by *= 10;
    const Duration step{dice_.chance(0.5) ? by : -by};
    trace("the wall clock steps by " + std::to_string(step.count()) + " ms");
    now_.wall = now_.wall + step;
    ++outcome_.jumps;
    machine_.take(now_, ShellStatus{ShellFault::clock_jumped, true, ""});
    plan(2s, [this] { tell(ShellStatus{ShellFault::clock_jumped, false, ""}); });
}

// --- one step ---

void Box::stepped(const Moment& at, const Input& input, const EffectBuffer& effects)
{
    ++outcome_.steps;
    if (std::holds_alternative<Observation>(input)) ++outcome_.observations;
    bool decided = false;
    for (const Effect& effect : effects) {
        if (std::holds_alternative<Publish>(effect)) continue;
        decided = decided || !std::holds_alternative<Reply>(effect);
        outcome_.trace = (outcome_.trace ^ hash_of(effect)) * 0x100000001B3ULL;
        const auto* t = std::get_if<AlarmTransition>(&effect);
        if (t == nullptr) continue;
        if (t->event == AlarmEvent::raised && t->kind == AlarmKind::physiological && t->priority == Priority::high)
            ++outcome_.high;
        trace("alarm " + t->episode.text() + " " + t->rule + " " + std::string{name(t->event)} + " of " +
              (t->bed == no_bed ? "the ward" : "bed-" + std::to_string(t->bed.value + 1)));
    }
    if (request_.trace) trace_input(input, [this](const std::string& line) { trace(line); });
    if (std::holds_alternative<Started>(input)) {
        // A start sends again at once what the journal does not know the outcome of.
        paging_.lost_since(machine_.lost_after());
        ledger_.recovered(at, machine_.taken(), machine_.lost_after());
    }
    paging_.took(at, input, effects, machine_.ward(), false);
    look_wanted_ = look_wanted_ || decided;
    ledger_.took(at, input, effects, machine_.taken() + 1, machine_.durable());
}

void Box::look()
{
    looked_ = now_.steady;
    look_wanted_ = false;
    if (!machine_.alive()) return;
    const WardView view = machine_.ward().view(now_, Ward::Shown::alarms);
    staff_.see(view);
    paging_.look(now_, view);
    ledger_.look(now_, view, staff_.moving());
    if (machine_.waiting() > waiting_most) fail("I10", "too much waits for the disk");
}

void Box::sample_due()
{
    for (std::size_t bed = 0; bed < beds_.size(); ++bed) {
        if (next_sample_[bed] > now_.steady) continue;
        next_sample_[bed] = now_.steady + sample_every;
        beds_[bed].sample();
        ledger_.truth(now_, static_cast<std::uint16_t>(bed));
        if (beds_[bed].body && beds_[bed].monitored() && machine_.alive())
            outcome_.patient_days += static_cast<double>(sample_every.count()) / 86'400'000.0;
    }
}

// To the next thing that happens; false at the end.
bool Box::go_on(Instant end)
{
    Instant next = end;
    if (!plans_.empty()) next = std::min(next, plans_.front().at);
    for (const Instant at : next_sample_) next = std::min(next, at);
    if (machine_.alive()) next = std::min(next, machine_.next());
    next = std::min(next, looked_ + look_every);
    if (next >= end) return false;
    if (next > now_.steady) {
        if (look_wanted_ && now_.steady - looked_ >= look_again) look();
        now_ = now_.at(next);
        at_once_ = 0;
    }
    if (++at_once_ > turns_at_once) {
        fail("I10", "time stands still");
        return false;
    }
    if (machine_.alive()) machine_.run(now_);
    if (calm() && !mended_) {
        mended_ = true;
        ledger_.mended();
        for (Bedside& bed : beds_) bed.mend();
        machine_.fill_disk({});
    }
    sample_due();
    while (!plans_.empty() && plans_.front().at <= now_.steady) {
        std::pop_heap(plans_.begin(), plans_.end());
        const Act act = std::move(plans_.back().act);
        plans_.pop_back();
        act();
    }
    if (now_.steady - looked_ >= look_every) look();
    return true;
}

void Box::begin()
{
    wake();
    staff_.begin();
    pagers_.plan_moods();
    for (Bedside& bed : beds_) bed.plan_troubles();
    plan_machine();
}

void Box::finish()
{
    look();
    if (machine_.alive()) {
        if (request_.until == Duration{}) ledger_.converged(now_, machine_.ward().view(now_));
        outcome_.state_bytes = machine_.ward().save().size();
        if (outcome_.state_bytes > state_most) fail("I10", "the ward's state grows beyond 2 MiB");
        machine_.close(now_);
    }
    for (const auto* list : {&paging_.violations(), &ledger_.violations()})
        outcome_.violations.insert(outcome_.violations.end(), list->begin(), list->end());
    std::stable_sort(outcome_.violations.begin(), outcome_.violations.end(),
                     [](const Violation& a, const Violation& b) { return a.at < b.at; });
    for (Violation& violation : outcome_.violations) violation.at = Instant{} + (violation.at - start_.steady);
    outcome_.answers = staff_.answers();
    outcome_.longest_freeze = ledger_.longest_freeze();
}

Outcome Box::go()
{
    begin();
    const Duration length = request_.until > Duration{} ? request_.until : request_.troubles + request_.calm;
    const Instant end = start_.steady + length;
    while (go_on(end)) {}
    finish();
    return outcome_;
}

} // namespace

Outcome run(const Request& request)
{
    Box box{request};
    return box.go();
}

Request shrink(const Request& request, const Outcome& broken)
{
    MAGWATCH_ASSERT(!broken.violations.empty());
    const std::string wanted = broken.violations.front().invariant;
    Request least = request;
    least.trace = {};
    const auto first = [&](const Request& tried) -> std::optional<Instant> {
        const Outcome outcome = run(tried);
        for (const Violation& violation : outcome.violations) {
            if (violation.invariant == wanted) return violation.at;
        }
        return std::nullopt;
    };
    for (const Trouble& trouble : troubles()) {
        Request tried = least;
        tried.without.emplace_back(trouble.name);
        if (first(tried)) least = std::move(tried);
    }
    if (const auto at = first(least)) least.until = *at - Instant{} + 10s;
    return least;
}

} // namespace magwatch::box
