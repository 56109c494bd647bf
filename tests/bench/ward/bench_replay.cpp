// bench_replay [BEDS [MINUTES [ROUNDS]]]: a recorded ward through Ward::step, its journal's codec included.
//
// Every bed sends seven vital signs and its pump's rate each second, and checks are charted on time, so the
// ward is as quiet as most are. The inputs are recorded as the ward's loop does, one monitor's in one turn, and packed
// as the journal packs its batches; what is timed is unpacking, checksum, decoding and stepping, and the encoding of
// what has to be recorded again. CPU time of the one thread: what others do on the machine is not counted.
// Build it optimised (cmake --preset release -DMAGWATCH_TESTS=ON). Prints one JSON line for each pack.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "daemon/journal/journal_format.hpp"
#include "daemon/ward_loop/record.hpp"
#include "rules/ward/ward.hpp"
#include "tests/bench/rules/trace.hpp"
#include "tests/support/packs.hpp"

using namespace magwatch;

namespace {

struct Block {
    Bytes packed;
    std::size_t count = 0;
    std::uint32_t crc = 0;
};

// Writes a ward's inputs as the daemon would.
class Recorder {
public:
    Recorder(int beds, const std::string& pack) : beds_{beds}
    {
        now_ = {Instant{1'000'000}, WallTime{1'767'225'600'000}};
        Started started;
        started.incarnation = 1;
        add(started);
        add(configuration(pack));
        for (int bed = 0; bed < beds; ++bed) {
            WatchStart start;
            start.bed = BedId{static_cast<std::uint16_t>(bed)};
            start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
            Action action;
            action.person = "midwife";
            action.what = start;
            add(action);
        }
    }
    // One second of the ward.
    void second(int at)
    {
        now_ = now_.at(now_.steady + Duration{1000});
        for (int bed = 0; bed < beds_; ++bed) {
            if (at % 900 == bed % 900) chart(bed);
            const double breath = std::sin((at + 37 * bed) * 0.011);
            observe(bed, Signal::hr, 84 + std::round(6 * breath));
            observe(bed, Signal::pulse, 84 + std::round(6 * breath));
            observe(bed, Signal::rr, 17 + std::round(2 * breath));
            observe(bed, Signal::spo2, 97 + std::round(breath));
            observe(bed, Signal::sbp, 132 + std::round(5 * breath));
            observe(bed, Signal::dbp, 84 + std::round(4 * breath));
            observe(bed, Signal::temp, 36.8);
            observe(bed, Signal::pump_rate, 1);
            end_turn();
        }
        flush();
    }
    std::vector<Block> blocks;
    std::uint64_t observations = 0;

private:
    Configuration configuration(const std::string& pack) const
    {
        Configuration c;
        c.name = "Ward L4";
        c.mode = Mode::replay;
        for (int bed = 0; bed < beds_; ++bed) {
            const std::string number = std::to_string(bed + 1);
            c.beds.push_back({"bed-" + number, "Ward L4 Bed " + number});
            c.sources.push_back({"monitor-" + number, SourceKind::monitor, "bed-" + number, Duration{1000}, false});
        }
        c.people = {{"midwife", {{"webhook", "web", "a"}}}};
        c.high.rungs = c.medium.rungs = c.technical.rungs = {{{"midwife"}}};
        c.callback = "4471";
        c.pack_name = pack + ".toml";
        c.pack_text = test::effective_pack_text(test::shipped_pack(pack));
        return c;
    }
    void observe(int bed, Signal signal, double value)
    {
        Observation o;
        o.bed = BedId{static_cast<std::uint16_t>(bed)};
        o.source = SourceId{static_cast<std::uint16_t>(bed)};
        o.signal = signal;
        o.value = value;
        add(o);
        ++observations;
    }
    void chart(int bed)
    {
        for (const auto& [signal, value] : {std::pair{Signal::reflex_knee, 2.0}, {Signal::rr_counted, 17.0}}) {
            Observation o;
            o.bed = BedId{static_cast<std::uint16_t>(bed)};
            o.signal = signal;
            o.origin = Origin::charted;
            o.value = value;
            add(o);
            ++observations;
        }
    }
    void add(const Input& input) { turn_.add(now_, input); }
    // The ward's loop steps what one monitor says in one turn, and hands the records to the journal.
    void end_turn()
    {
        for (const Bytes& record : turn_.take()) records_.push_back(record);
    }
    void flush()
    {
        end_turn();
        Block block;
        block.count = records_.size();
        block.packed = pack_records(records_);
        block.crc = crc32c(as_text(block.packed));
        blocks.push_back(std::move(block));
        records_ = {};
    }

    int beds_;
    Moment now_;
    RecordWriter turn_;
    Records records_;
};

struct Outcome {
    double seconds = 0;
    std::uint64_t transitions = 0;
};

Outcome replay(const Recorder& recorder)
{
    Outcome out;
    Ward ward;
    EffectBuffer effects;
    RecordWriter again;
    const auto step = [&](const Moment& at, const Input& input) {
        ward.step(at, input, effects);
        for (const Effect& effect : effects) {
            if (!std::holds_alternative<Publish>(effect)) again.add(effect);
            out.transitions += std::holds_alternative<AlarmTransition>(effect) ? 1U : 0U;
        }
        effects.clear();
    };
    RecordReader reader;
    const double began = bench::cpu_seconds();
    for (const Block& block : recorder.blocks) {
        if (crc32c(as_text(block.packed)) != block.crc) std::abort();
        const auto records = unpack_records(as_text(block.packed), block.count);
        if (!records) std::abort();
        for (const std::string_view bytes : *records) {
            if (!reader.read(bytes, step, [](const Effect&) {})) std::abort();
        }
        (void)again.take();
    }
    out.seconds = bench::cpu_seconds() - began;
    return out;
}

void measure(const std::string& pack, int beds, int minutes, int rounds)
{
    Recorder recorder{beds, pack};
    for (int at = 0; at < minutes * 60; ++at) recorder.second(at);
    Outcome best;
    for (int round = 0; round < rounds; ++round) {
        const Outcome outcome = replay(recorder);
        if (round == 0 || outcome.seconds < best.seconds) best = outcome;
    }
    std::printf("{\"bench\":\"replay\",\"pack\":\"%s\",\"beds\":%d,\"observations\":%llu,\"transitions\":%llu,"
                "\"observations_per_s\":%.0f,\"ns_per_observation\":%.1f,\"bar\":5000000}\n",
                pack.c_str(), beds, static_cast<unsigned long long>(recorder.observations),
                static_cast<unsigned long long>(best.transitions),
                static_cast<double>(recorder.observations) / best.seconds,
                best.seconds * 1e9 / static_cast<double>(recorder.observations));
}

} // namespace

int main(int argc, char** argv)
{
    const int beds = argc > 1 ? std::atoi(argv[1]) : 20;
    const int minutes = argc > 2 ? std::atoi(argv[2]) : 60;
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
    if (beds < 1 || beds > 1000 || minutes < 1 || minutes > 24 * 60 || rounds < 1) {
        std::fprintf(stderr, "usage: bench_replay [BEDS [MINUTES [ROUNDS]]]\n");
        return 2;
    }
    for (const char* pack : {"ggc", "example"}) measure(pack, beds, minutes, rounds);
    return 0;
}
