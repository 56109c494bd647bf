// What a laboratory, a charting system and a monitor send of one bed, in order, and again shuffled, doubled and late by up
// to a day: both end in the same state, and nothing that is stale rings.
//
//   streams [--count N] [--seed N] [--twice N]
//
// Each message goes through the server's own reading of HL7 (all of it but the sockets) into a ward under virtual time.
// The state is what is known of each charted signal, the levels, and the chart without what was struck; where nothing is
// later than its limit also what is wrong now. Of a monitor's late values there is no state: they are refused. What may
// ring at an instant is judged here from the messages that had come by then.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "adapters/monitors/hl7/ingest.hpp"
#include "adapters/monitors/hl7/time.hpp"
#include "rules/base/fnv.hpp"
#include "tests/support/tested_commit.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
namespace hl7 = adapters::hl7;

constexpr Duration shift = 6h;       // what is sent is of so long
constexpr Duration longest_delay = 24h;
constexpr Duration short_delay = 20min; // within every limit
constexpr Duration slowest = 30min;  // from the event to the sender

// Beside those of the small pack; none latches, so that what is wrong at the end is what was sent.
constexpr const char* rules = R"(
name = "streams"
title = "Rules for HL7 streams"
version = "1"
example = true
)";

std::string rule(const std::string& id, const std::string& when)
{
    return fmt::format("[[rule]]\nid = \"{}\"\ntitle = \"{}\"\nmessage = \"{}\"\nprompt = \"Examine.\"\nsource = \"test\"\n"
                       "priority = \"high\"\ngrade = 1\nwhen = \"{}\"\n",
                       id, id, id, when);
}

// One kind of result: its rule, and when that is true of one value.
struct Kind {
    Signal signal;
    std::string code, unit, rule, when;
    double low, high; // values
    double limit;
    bool below; // wrong below the limit, else above
    Duration fresh;
    bool device = false;
    [[nodiscard]] bool wrong(double value) const { return below ? value < limit : value > limit; }
};

const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> all = {
        {Signal::reflex_knee, "REFLEX^REFLEX^L", "", "reflex", "reflex < 1", 0, 3, 1, true, 2h},
        {Signal::mg, "2601-3^Magnesium^LN", "mmol/L", "level", "mg > 3 mmol/L", 1, 5, 3, false, 12h},
        {Signal::rr, "9279-1^Respiratory rate^LN", "/min", "breathing", "rr < 8 /min", 5, 20, 8, true, 30s, true},
        {Signal::urine, "9187-6^Urine output^LN", "mL", "urine", "sum(urine, 4h) < 100 mL", 10, 80, 0, true, 4h},
    };
    return all;
}

struct Sent {
    std::size_t kind = 0;
    WallTime at, sent; // event, and MSH-7
    double value = 0;
    char status = 'F'; // C corrects, D withdraws
    std::string text;
};

// When each copy of a message comes.
using Arrivals = std::vector<std::pair<WallTime, std::size_t>>;

class Stream {
public:
    Stream(std::uint64_t seed, WallTime begin) : chance_{seed}, begin_{begin}
    {
        for (std::size_t kind = 0; kind < kinds().size(); ++kind) {
            const Duration every = kinds()[kind].device ? Duration{5min} : Duration{40min};
            for (Duration t{1min}; t < shift; t = t + every) add(kind, begin + t + up_to(every / 2));
        }
        std::sort(sent.begin(), sent.end(), [](const Sent& a, const Sent& b) { return a.sent < b.sent; });
        for (std::size_t i = 0; i < sent.size(); ++i) sent[i].text = text_of(sent[i], i);
    }
    [[nodiscard]] Arrivals in_order() const
    {
        Arrivals all;
        for (std::size_t i = 0; i < sent.size(); ++i) all.emplace_back(sent[i].sent, i);
        return all;
    }
    [[nodiscard]] Arrivals shuffled(Duration latest)
    {
        Arrivals all;
        const auto arrive = [&](std::size_t i) {
            const int fate = number(0, 9);
            const Duration delay = fate < 5 ? up_to(2s) : up_to(fate < 8 ? std::min(latest, Duration{30min}) : latest);
            all.emplace_back(sent[i].sent + delay, i);
        };
        for (std::size_t i = 0; i < sent.size(); ++i)
            for (int copies = number(0, 9) < 3 ? 2 : 1; copies > 0; --copies) arrive(i);
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        return all;
    }

    std::vector<Sent> sent;

private:
    int number(int least, int most) { return std::uniform_int_distribution<int>{least, most}(chance_); }
    Duration up_to(Duration most) { return Duration{std::uniform_int_distribution<std::int64_t>{0, most.count()}(chance_)}; }
    double value_of(const Kind& kind)
    {
        if (number(0, 9) == 0) return kind.below ? kind.low : kind.high; // a bad one in ten
        switch (kind.signal) {
        case Signal::mg: return number(10, 29) / 10.0;
        case Signal::reflex_knee: return number(0, 3);
        default: return number(9, 25);
        }
    }
    void add(std::size_t kind, WallTime event)
    {
        const WallTime at{event.ms / 1000 * 1000}; // as HL7 writes it
        const Kind& about = kinds()[kind];
        const Duration until_sent = about.device ? Duration{} : up_to(slowest);
        Sent one{kind, at, at + until_sent, value_of(about), 'F', {}};
        sent.push_back(one);
        if (about.device || number(0, 9) > 2) return;
        one.sent = one.sent + Duration{1s} + up_to(slowest);
        one.status = number(0, 2) == 0 ? 'D' : 'C';
        one.value = value_of(about);
        sent.push_back(one);
    }
    [[nodiscard]] static std::string text_of(const Sent& one, std::size_t id)
    {
        const Kind& kind = kinds()[one.kind];
        return fmt::format("MSH|^~\\&|GW|L4|||{}||ORU^R01^ORU_R01|{}|P|2.6\rPV1||I|^^bed-1\rOBR|1|||V|||{}\r"
                           "OBX|1|NM|{}||{}|{}|||||{}|||{}\r",
                           hl7::hl7_time(one.sent), id, hl7::hl7_time(one.at), kind.code, one.value, kind.unit,
                           one.status, hl7::hl7_time(one.at));
    }

    std::mt19937_64 chance_;
    WallTime begin_;
};

// A ward that hears one sender.
class Heard final : public adapters::ObservationSink {
public:
    Heard()
    {
        std::string pack = rules;
        for (const Kind& kind : kinds()) pack += rule(kind.rule, kind.when);
        rig.use_pack("streams.toml", pack);
        rig.watch();
        hl7::Hl7Config config;
        hl7::SourceProfile source;
        source.name = "monitor-1";
        source.source = SourceId{0};
        source.application = "GW";
        config.sources.push_back(source);
        config.beds.push_back({BedId{0}, {"bed-1"}, false});
        ingest = std::make_unique<hl7::Ingest>(std::move(config), *this);
    }
    void push(const Observation& observation) override { rig.step(observation); }
    void push(const RefusedValue& refused) override { rig.step(refused); }
    void push(const DeviceStatus& status) override { rig.step(status); }
    void seen(const MessageSeen& message) override { rig.step(message); }
    boost::asio::awaitable<bool> committed() override { co_return true; }

    void until(WallTime at)
    {
        if (at > rig.now().wall) rig.pass(at - rig.now().wall);
    }
    void take(const std::string& text)
    {
        std::vector<hl7::Taken> taken;
        ingest->take(text, "10.0.0.1", rig.now().wall, taken);
    }

    test::Rig rig;
    std::unique_ptr<hl7::Ingest> ingest;
};

// What is known at the end, in words that can be compared.
std::set<std::string> state_of(const test::Rig& rig, bool now)
{
    std::set<std::string> out;
    const WardView view = rig.view();
    const BedView& bed = view.beds.at(0);
    for (const Kind& kind : kinds()) {
        if (kind.device) continue;
        for (const SignalView& one : bed.signals)
            if (one.signal == kind.signal)
                out.insert(fmt::format("{} last {} at {}", kind.rule, one.last, one.last_at.ms));
    }
    for (const LevelView& one : bed.levels) out.insert(fmt::format("a level {} at {}", one.mmol_per_l, one.at.ms));
    if (bed.chart) {
        for (const ChartEntry& one : *bed.chart) {
            if (one.struck || !one.by_device) continue;
            const auto* value = std::get_if<ValueEntry>(&one.what);
            const auto* urine = std::get_if<UrineEntry>(&one.what);
            out.insert(fmt::format("charted {} {} at {}", value != nullptr ? name(value->signal) : "urine",
                                   value != nullptr ? value->value : urine != nullptr ? urine->millilitres : -1, one.at.ms));
        }
    }
    if (!now) return out;
    for (const EpisodeView& one : view.episodes)
        if (one.condition && std::any_of(kinds().begin(), kinds().end(), [&](const Kind& kind) {
                return kind.rule == one.rule && !kind.device;
            }))
            out.insert("wrong: " + one.rule);
    return out;
}

// Whether the newest that had come by then is wrong and within its limit. A sum is not judged here.
bool may_ring(const Stream& stream, const Arrivals& arrivals, const std::string& id, WallTime now)
{
    const auto kind = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& one) { return one.rule == id; });
    if (kind == kinds().end() || kind->signal == Signal::urine) return true;
    std::map<std::int64_t, const Sent*> newest; // of each event what was sent last
    for (const auto& [at, index] : arrivals) {
        const Sent& one = stream.sent[index];
        if (at > now || &kinds()[one.kind] != &*kind) continue;
        if (kind->device && at - one.at > kind->fresh) continue; // late: history
        const Sent*& known = newest[one.at.ms];
        if (known == nullptr || known->sent < one.sent) known = &one;
    }
    std::erase_if(newest, [](const auto& one) { return one.second->status == 'D'; });
    if (newest.empty()) return false;
    const Sent& last = *newest.rbegin()->second;
    return kind->wrong(last.value) && now - last.at <= kind->fresh + (kind->device ? kind->fresh : Duration{});
}

// What does not hold; nothing is good. `trace`: every effect of both wards.
std::vector<std::string> run(std::uint64_t seed, std::uint64_t& messages, std::uint64_t& rang, Fnv1a& trace)
{
    std::vector<std::string> wrong;
    const Duration latest = seed % 2 == 0 ? longest_delay : short_delay;
    Heard ordered, other;
    Stream stream{seed, ordered.rig.now().wall};
    const Arrivals in_order = stream.in_order(), shuffled = stream.shuffled(latest);
    const WallTime end = stream.sent.back().sent + latest + Duration{1min};
    for (const auto& [heard, arrivals] : {std::pair{&ordered, &in_order}, std::pair{&other, &shuffled}}) {
        for (const auto& [at, index] : *arrivals) {
            heard->until(at);
            heard->take(stream.sent[index].text);
            ++messages;
        }
        heard->until(end);
        for (const Effect& effect : heard->rig.effects) {
            trace.add(as_text(to_bytes(effect)));
            const auto* transition = std::get_if<AlarmTransition>(&effect);
            if (transition == nullptr || transition->event != AlarmEvent::raised ||
                transition->kind != AlarmKind::physiological)
                continue;
            ++rang;
            if (!may_ring(stream, *arrivals, transition->rule, transition->at.wall))
                wrong.push_back(fmt::format("{} rings at {} {}, and nothing is wrong", transition->rule,
                                            transition->at.wall.ms, heard == &ordered ? "in order" : "shuffled"));
        }
    }
    const auto good = state_of(ordered.rig, latest == short_delay), found = state_of(other.rig, latest == short_delay);
    for (const auto& one : good)
        if (!found.contains(one)) wrong.push_back("is missing: " + one);
    for (const auto& one : found)
        if (!good.contains(one)) wrong.push_back("is too much: " + one);
    return wrong;
}

} // namespace
} // namespace magwatch

int main(int argc, char** argv)
{
    CLI::App app{"HL7 streams that are shuffled, doubled and late"};
    std::uint64_t count = 200, seed = 1, twice = 20;
    app.add_option("--count", count, "streams")->capture_default_str();
    app.add_option("--seed", seed, "the first")->capture_default_str();
    app.add_option("--twice", twice, "every so many streams are done twice and must be the same; 0: none")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::uint64_t messages = 0, rang = 0, broken = 0;
    for (const std::uint64_t end = seed + count; seed < end; ++seed) {
        magwatch::Fnv1a trace;
        auto wrong = magwatch::run(seed, messages, rang, trace);
        if (twice != 0 && (end - seed) % twice == 0) {
            magwatch::Fnv1a again;
            std::uint64_t nothing = 0;
            (void)magwatch::run(seed, nothing, nothing, again);
            if (again.value() != trace.value()) wrong.emplace_back("not the same twice");
        }
        for (const auto& one : wrong) fmt::print("seed {} of {}: {}\n", seed, magwatch::test::tested_commit(), one);
        broken += wrong.empty() ? 0 : 1;
    }
    fmt::print("{} streams, {} messages, {} alarms: {} streams in which something did not hold\n", count, messages, rang, broken);
    return broken == 0 && messages > 0 && rang > 0 ? 0 : 1;
}
