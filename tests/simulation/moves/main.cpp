// Women are admitted, moved, discharged and charted, their monitors are exchanged, the program dies and goes on: nothing of
// one of them ever stands under another. A reference model says who lies where and what is hers.
//
//   moves [--steps N | --count N] [--seed N] [--twice N] [--expect WHAT]
//
// Every value that is charted or measured is a number that is given once, so that it tells whose it is. After each step the
// whole view and every alarm and page that came out are held against the model: chart, values, alarms, calls, pages.
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "rules/base/fnv.hpp"
#include "tests/support/tested_commit.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t beds = 5;
constexpr int steps_of_a_run = 2000;
constexpr std::size_t compared = 200; // of a chart's newest entries; the oldest make room

struct Woman {
    int number = 0;
    std::vector<double> urine;          // charted and not struck, the oldest first
    // Of those signals that she keeps or that a monitor at her bed sent, the newest last: of two monitors one is heard.
    std::map<Signal, std::vector<double>> measured;
    std::optional<double> reflex;
    bool unconfirmed = false;
};

class Run {
public:
    explicit Run(std::uint64_t seed) : chance_{seed}
    {
        configuration_.beds.clear();
        configuration_.sources.clear();
        for (int i = 0; i < beds; ++i) {
            const std::string bed = fmt::format("bed-{}", i + 1);
            configuration_.beds.push_back({bed, "Ward L4 " + bed});
            configuration_.sources.push_back({fmt::format("monitor-{}", i), SourceKind::monitor, bed, 1s, false});
        }
        configuration_.people[0].channels.push_back({"smtp", "mail", "a"}); // a page that nobody takes goes on to it
        for (std::uint16_t i = 0; i < beds; ++i) stands_[i] = i;
        rig_.step(configuration_);
    }

    void go()
    {
        for (steps = 0; steps < steps_of_a_run && broken.empty(); ++steps) {
            something();
            judge_view();
        }
    }

    // Hash of every effect: equal seeds give equal runs.
    [[nodiscard]] std::uint64_t trace() const
    {
        Fnv1a hash;
        for (const Effect& effect : rig_.effects) hash.add(as_text(to_bytes(effect)));
        return hash.value();
    }

    std::set<std::string> broken; // chart, values, alarms, calls, pages, beds
    std::vector<std::string> told;
    int steps = 0;
    std::uint64_t moves = 0, alarms = 0, pages = 0;

private:
    int number(int least, int most) { return std::uniform_int_distribution<int>{least, most}(chance_); }
    std::uint16_t any_bed() { return static_cast<std::uint16_t>(number(0, beds - 1)); }
    double unique() { return 0.001 * ++given_; }
    void fail(const char* what, std::string why)
    {
        broken.insert(what);
        told.push_back(fmt::format("{}: {}", what, std::move(why)));
    }
    [[nodiscard]] bool taken() const { return rig_.reply() != nullptr && rig_.reply()->accepted; }
    // `expected` is what the model says; the words of a refusal are not judged.
    void must_be(bool expected, const char* what)
    {
        if (taken() != expected) fail("beds", fmt::format("{} was {}", what, expected ? "refused" : "taken"));
    }

    void something()
    {
        judged_ = rig_.effects.size();
        const int act = number(0, 99);
        if (act < 5) admit(any_bed());
        else if (act < 16) move(any_bed(), any_bed());
        else if (act < 21) discharge(any_bed());
        else if (act < 24) exchange_monitors();
        else if (act < 26) die();
        else if (act < 30) rig_.act(WatchConfirm{BedId{confirmed(any_bed())}});
        else if (act < 45) chart_urine(any_bed());
        else if (act < 52) chart_reflex(any_bed());
        else if (act < 56) strike(any_bed());
        else if (act < 76) measure(any_bed());
        else if (act < 88) answer();
        else rig_.pass(number(0, 9) == 0 ? Duration{20min} : Duration{std::chrono::seconds{number(1, 180)}});
        judge_effects();
    }

    // --- what happens ---

    void admit(std::uint16_t bed)
    {
        const bool free = !lies_[bed];
        rig_.act(WatchStart{BedId{bed}, {}, true, true, true});
        must_be(free, "an admission");
        if (!free) return;
        lies_[bed] = Woman{};
        lies_[bed]->number = ++women_;
    }
    void move(std::uint16_t from, std::uint16_t to)
    {
        const bool can = lies_[from] && !lies_[to];
        rig_.act(WatchTransfer{BedId{from}, BedId{to}});
        must_be(can, "a transfer");
        if (!can) return;
        lies_[to] = std::move(lies_[from]);
        lies_[from].reset();
        lies_[to]->unconfirmed = true;
        std::erase_if(lies_[to]->measured, [](const auto& one) { return info(one.first).kind == SignalKind::continuous; });
        ++moves;
    }
    void discharge(std::uint16_t bed)
    {
        if (lies_[bed] && number(0, 3) > 0) settle(bed);
        rig_.act(WatchEnd{BedId{bed}, "delivered", "charge"});
        if (taken() && !lies_[bed]) fail("beds", "a watch of nobody ended");
        judge_effects(); // what is said of the end is still about her
        if (taken()) lies_[bed].reset();
    }
    // Her high alarms end, or her watch would not.
    void settle(std::uint16_t bed)
    {
        rig_.chart(ValueEntry{Signal::reflex_knee, 2}, {}, bed);
        lies_[bed]->reflex = 2;
        const WardView view = rig_.view();
        for (const EpisodeView& one : view.episodes)
            if (one.bed == configuration_.beds[bed].alias) rig_.act(Acknowledge{one.id}, "charge");
    }
    void exchange_monitors()
    {
        const auto one = static_cast<std::size_t>(number(0, beds - 1)), other = static_cast<std::size_t>(number(0, beds - 1));
        if (one == other) return;
        std::swap(configuration_.sources[one].bed, configuration_.sources[other].bed);
        std::swap(stands_[one], stands_[other]);
        rig_.step(configuration_);
        for (const std::size_t monitor : {one, other})
            if (lies_[stands_[monitor]]) lies_[stands_[monitor]]->unconfirmed = true;
    }
    void die()
    {
        auto loaded = Ward::load(as_text(rig_.ward.save()));
        if (!loaded) return fail("beds", "what was saved cannot be read");
        rig_.ward = std::move(*loaded);
        Started started;
        started.incarnation = ++incarnation_;
        started.unwatched = std::chrono::seconds{number(1, 20)};
        rig_.pass(started.unwatched);
        rig_.step(started);
    }
    std::uint16_t confirmed(std::uint16_t bed)
    {
        if (lies_[bed]) lies_[bed]->unconfirmed = false;
        return bed;
    }
    void chart_urine(std::uint16_t bed)
    {
        const double value = 10 + unique();
        rig_.chart(UrineEntry{value, std::nullopt}, {}, bed);
        must_be(lies_[bed].has_value(), "an entry");
        if (lies_[bed]) lies_[bed]->urine.push_back(value);
    }
    void chart_reflex(std::uint16_t bed)
    {
        const double value = number(0, 4) == 0 ? 0 : 2;
        rig_.chart(ValueEntry{Signal::reflex_knee, value}, {}, bed);
        must_be(lies_[bed].has_value(), "an entry");
        if (lies_[bed]) lies_[bed]->reflex = value;
    }
    // One of the newest ten entries of urine.
    void strike(std::uint16_t bed)
    {
        if (!lies_[bed] || lies_[bed]->urine.empty()) return;
        auto& urine = lies_[bed]->urine;
        const auto which = urine.end() - number(1, static_cast<int>(std::min<std::size_t>(10, urine.size())));
        const WardView view = rig_.view();
        for (const ChartEntry& entry : *view.beds[bed].chart) {
            const auto* what = std::get_if<UrineEntry>(&entry.what);
            if (what == nullptr || what->millilitres != *which || entry.struck) continue;
            Entry correction;
            correction.bed = BedId{bed};
            correction.person = "midwife";
            correction.what = StrikeEntry{};
            correction.corrects = entry.id;
            correction.reason = "wrong patient";
            correction.request = 1'000'000 + ++given_;
            rig_.step(correction);
            must_be(true, "a correction");
            urine.erase(which);
            return;
        }
        fail("chart", fmt::format("woman {} has no entry of {} mL", lies_[bed]->number, *which));
    }
    void measure(std::uint16_t monitor)
    {
        const std::uint16_t bed = stands_[monitor];
        const int which = number(0, 2);
        const Signal signal = which == 0 ? Signal::rr : which == 1 ? Signal::hr : Signal::sbp;
        const double value = (signal == Signal::rr ? 15 : signal == Signal::sbp && number(0, 5) == 0 ? 50 : 100) + unique();
        if (value > 280) return;
        rig_.observe(signal, value, monitor, bed);
        if (lies_[bed]) lies_[bed]->measured[signal].push_back(value);
    }
    void answer()
    {
        const WardView view = rig_.view();
        if (!view.calls.empty()) {
            const CallView& call = view.calls[static_cast<std::size_t>(number(0, static_cast<int>(view.calls.size()) - 1))];
            rig_.act(Answer{call.id, number(0, 1) == 0 ? AnswerKind::coming : AnswerKind::here});
        }
        if (!view.episodes.empty()) {
            const auto which = static_cast<std::size_t>(number(0, static_cast<int>(view.episodes.size()) - 1));
            rig_.act(Acknowledge{view.episodes[which].id}, "charge");
        }
    }

    // --- what must hold ---

    // Whose alarm or call it is: of the woman who lay there when it was first heard of.
    void is_of(std::map<Serial, int>& whose, Serial id, BedId bed, const char* what, const std::string& about)
    {
        if (bed == no_bed) return;
        if (bed.value >= beds || !lies_[bed.value]) return fail(what, fmt::format("{} at an empty bed", about));
        const int woman = lies_[bed.value]->number;
        const auto [known, is_new] = whose.try_emplace(id, woman);
        if (!is_new && known->second != woman)
            fail(what, fmt::format("{} of woman {} stands under woman {}", about, known->second, woman));
    }
    void judge_effects()
    {
        for (; judged_ < rig_.effects.size(); ++judged_) {
            if (const auto* alarm = std::get_if<AlarmTransition>(&rig_.effects[judged_])) judge(*alarm);
            if (const auto* sent = std::get_if<SendPage>(&rig_.effects[judged_])) judge(sent->page);
        }
    }
    void judge(const AlarmTransition& alarm)
    {
        if (alarm.kind != AlarmKind::physiological) return;
        ++alarms;
        is_of(episode_of_, alarm.episode, alarm.bed, "alarms", "an alarm " + alarm.rule);
        if (alarm.event != AlarmEvent::raised || alarm.bed.value >= beds || !lies_[alarm.bed.value]) return;
        const Woman& woman = *lies_[alarm.bed.value];
        const auto pressure = woman.measured.find(Signal::sbp);
        if (alarm.rule == "reflex-absent" && woman.reflex.value_or(2) >= 1)
            fail("alarms", fmt::format("woman {} has her reflex", woman.number));
        if (alarm.rule == "systolic" && (pressure == woman.measured.end() || pressure->second.back() >= 90))
            fail("alarms", fmt::format("woman {} has her pressure", woman.number));
    }
    void judge(const Page& page)
    {
        if (page.kind != AlarmKind::physiological) return;
        ++pages;
        is_of(call_of_, page.key.call, page.bed, "pages", "a page");
        if (page.place != configuration_.beds[page.bed.value].place)
            fail("pages", fmt::format("bed {} is called {}", page.bed.value, page.place));
    }

    void judge_view()
    {
        const WardView view = rig_.view();
        for (const BedView& bed : view.beds) judge(bed);
        const auto bed_of = [&](const std::string& alias) {
            for (const BedView& bed : view.beds)
                if (bed.alias == alias) return bed.id;
            return no_bed;
        };
        for (const EpisodeView& one : view.episodes)
            if (one.kind == AlarmKind::physiological) is_of(episode_of_, one.id, bed_of(one.bed), "alarms", "the alarm " + one.rule);
        for (const CallView& one : view.calls)
            if (one.kind == AlarmKind::physiological) is_of(call_of_, one.id, bed_of(one.bed), "calls", "a call");
    }
    void judge(const BedView& bed)
    {
        const auto& woman = lies_[bed.id.value];
        if (bed.watched != woman.has_value()) return fail("beds", bed.alias + (bed.watched ? " is empty" : " is not watched"));
        if (!woman) {
            if (!bed.signals.empty() || (bed.chart && !bed.chart->empty())) fail("values", bed.alias + " is empty and has values");
            return;
        }
        if (woman->unconfirmed && bed.association_confirmed) fail("beds", bed.alias + " was confirmed by nobody");
        for (const SignalView& one : bed.signals) judge(*woman, one);
        std::vector<double> urine;
        if (bed.chart) {
            for (const ChartEntry& entry : *bed.chart) {
                const auto* what = std::get_if<UrineEntry>(&entry.what);
                if (what != nullptr && !entry.struck) urine.push_back(what->millilitres);
            }
        }
        const auto tail = [](const std::vector<double>& all, std::size_t most) {
            return std::vector<double>(all.end() - static_cast<std::ptrdiff_t>(std::min(most, all.size())), all.end());
        };
        const std::size_t most = std::min(compared, urine.size() < woman->urine.size() ? urine.size() : woman->urine.size());
        if (tail(urine, most) != tail(woman->urine, most) || (woman->urine.size() < compared / 2 && urine.size() != woman->urine.size()))
            fail("chart", fmt::format("{} does not have what was charted for woman {}", bed.alias, woman->number));
    }
    void judge(const Woman& woman, const SignalView& shown)
    {
        if (shown.last_at.ms == 0 && !shown.value) return; // there was none
        if (shown.signal == Signal::reflex_knee) {
            if (shown.last != woman.reflex) fail("values", fmt::format("the reflex of woman {} is another's", woman.number));
            return;
        }
        if (shown.signal != Signal::rr && shown.signal != Signal::hr && shown.signal != Signal::sbp) return;
        const auto known = woman.measured.find(shown.signal);
        const bool hers = known != woman.measured.end() &&
                          std::find(known->second.begin(), known->second.end(), shown.last) != known->second.end();
        if (known == woman.measured.end() ? shown.value.has_value() : !hers)
            fail("values", fmt::format("{} {} of woman {} is another's", name(shown.signal), shown.last, woman.number));
    }

    test::Rig rig_;
    Configuration configuration_ = test::Rig::configuration();
    std::mt19937_64 chance_;
    std::array<std::optional<Woman>, beds> lies_;
    std::array<std::uint16_t, beds> stands_{}; // the bed of each monitor
    std::map<Serial, int> episode_of_, call_of_;
    std::size_t judged_ = 0;
    std::uint32_t incarnation_ = 1;
    std::uint32_t given_ = 0;
    int women_ = 0;
};

} // namespace
} // namespace magwatch

int main(int argc, char** argv)
{
    CLI::App app{"Women who are moved, and nothing of one of them under another"};
    std::uint64_t steps = 100'000, count = 0, seed = 1, twice = 10;
    std::string expect;
    app.add_option("--steps", steps, "random steps")->capture_default_str();
    app.add_option("--count", count, "so many runs instead, however many steps they are");
    app.add_option("--seed", seed, "the first")->capture_default_str();
    app.add_option("--twice", twice, "every so many runs are done twice and must be the same; 0: none")->capture_default_str();
    app.add_option("--expect", expect, "what must be found broken: beds, chart, values, alarms, calls or pages");
    CLI11_PARSE(app, argc, argv);
    std::uint64_t runs = 0, done = 0, moves = 0, alarms = 0, pages = 0, broken = 0;
    bool seen = false;
    for (; !seen && (count > 0 ? runs < count : done < steps); ++runs, ++seed) {
        magwatch::Run run{seed};
        run.go();
        done += static_cast<std::uint64_t>(run.steps);
        moves += run.moves;
        alarms += run.alarms;
        pages += run.pages;
        seen = !expect.empty() && run.broken.contains(expect);
        if (twice != 0 && runs % twice == 0) {
            magwatch::Run again{seed};
            again.go();
            if (again.trace() != run.trace()) {
                run.broken.insert("twice");
                run.told.emplace_back("not the same twice");
            }
        }
        if (run.broken.empty()) continue;
        ++broken;
        if (!expect.empty()) continue;
        for (const std::string& one : run.told)
            fmt::print("seed {} of {}, step {}: {}\n", seed, magwatch::test::tested_commit(), run.steps, one);
    }
    fmt::print("{} steps in {} runs, {} moves, {} alarms, {} pages: {} runs in which something was another's\n", done, runs, moves,
               alarms, pages, broken);
    if (!expect.empty()) return seen ? 0 : 1;
    return broken == 0 && moves > 0 && alarms > 0 && pages > 0 ? 0 : 1;
}
