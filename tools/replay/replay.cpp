#include "tools/replay/replay.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <ostream>

#include <fmt/format.h>

#include "adapters/monitors/replay/csv.hpp"
#include "adapters/monitors/replay/infusion_plan.hpp"
#include "daemon/config/pack_library.hpp"
#include "daemon/journal/journal_reader.hpp"
#include "daemon/ward_loop/record.hpp"
#include "rules/language/pack.hpp"
#include "rules/ward/wake.hpp"
#include "tools/replay/journal_start.hpp"
#include "tools/replay/timeline.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr Moment recording_start{Instant{7LL * 24 * 3600 * 1000}, WallTime{1'767'225'600'000}};
constexpr BedId bed{0};
constexpr SourceId monitor{0}, staff{1};

std::optional<std::string> read_file(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    if (!in) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

// The pack's text, or nothing after saying why.
std::optional<std::string> usable_pack(const ReplayRequest& request, std::ostream& errors)
{
    const auto text = read_file(request.pack);
    if (!text) {
        errors << request.pack << ": error: cannot be read\n";
        return std::nullopt;
    }
    std::vector<LimitOverride> limits;
    for (const auto& limit : request.limits) limits.push_back({limit.name, limit.value});
    const PackFolder library{request.pack};
    const CompiledPack compiled = compile_pack(*text, request.pack, limits, &library);
    for (const auto& error : compiled.errors) errors << error.text() << '\n';
    if (!compiled.pack) return std::nullopt;
    EffectiveText effective = effective_text(*text, request.pack, &library);
    for (const auto& error : effective.errors) errors << error.text() << '\n';
    if (!effective.errors.empty()) return std::nullopt;
    return std::move(effective.text);
}

// One bed, one monitor, and a ladder on which nobody answers.
Configuration configuration_for(const adapters::Recording& recording, const ReplayRequest& request,
                                std::string pack_text)
{
    Configuration c;
    c.name = "replay";
    c.mode = Mode::replay;
    c.beds = {{"bed-1", "Bed 1"}};
    // A recording is silent after 2.5 times its densest column's spacing, the same rule as for freshness.
    Duration spacing{1000};
    bool first = true;
    for (const auto& column : recording.columns) {
        if (info(column.signal).kind != SignalKind::continuous || !column.median_spacing) continue;
        spacing = first ? *column.median_spacing : std::min(spacing, *column.median_spacing);
        first = false;
    }
    const Duration period = spacing > 5s ? spacing * 5 / 8 : spacing; // 4 periods are 2.5 spacings
    c.sources = {{"monitor", SourceKind::monitor, "", period, false}, {"staff", SourceKind::staff, "", {}, false}};
    for (const auto& column : recording.columns) {
        if (column.sparse()) c.freshness.push_back({column.signal, column.fresh_for});
    }
    c.people = {{"midwife", {{"replay", "replay", ""}}},
                {"charge", {{"replay", "replay", ""}}},
                {"doctor", {{"replay", "replay", ""}}}};
    c.high.rungs = {{{"midwife"}}, {{"charge", "doctor"}}};
    c.medium.rungs = c.high.rungs;
    c.medium.first_after = 180s;
    c.technical = c.medium;
    c.pack_name = request.pack;
    c.pack_text = std::move(pack_text);
    c.limits = request.limits;
    return c;
}

Entry entry_of(const adapters::InfusionStep& step, const Moment& at)
{
    Entry entry;
    entry.bed = bed;
    entry.person = "replay";
    entry.at = at.wall;
    struct Visitor {
        Entry& entry;
        void operator()(const adapters::PlannedBolus& b) const { entry.what = BolusEntry{b.grams, b.over, {}}; }
        void operator()(const adapters::PlannedRate& r) const
        {
            entry.what = InfusionRateEntry{r.grams_per_hour, {}};
        }
        void operator()(const adapters::PlannedStop&) const { entry.what = InfusionStopEntry{}; }
        void operator()(const adapters::PlannedIntramuscular& d) const
        {
            entry.what = IntramuscularEntry{d.grams, {}};
        }
    };
    std::visit(Visitor{entry}, step.what);
    return entry;
}

// Steps a ward and prints what it decides; wakes exactly when the ward wants to.
class Runner {
public:
    Runner(Timeline& timeline, const Moment& start) : timeline_{timeline}, now_{start} {}

    void step(const Input& input)
    {
        effects_.clear();
        ward_.step(now_, input, effects_);
        timeline_.add(ward_, effects_);
    }
    void go_to(Instant end)
    {
        wake_until(ward_, now_, end, [this] { step(Tick{}); });
    }
    void set_now(const Moment& at) { now_ = at; }
    void set_ward(Ward ward) { ward_ = std::move(ward); }
    [[nodiscard]] const Ward& ward() const { return ward_; }
    [[nodiscard]] const Moment& now() const { return now_; }

private:
    Timeline& timeline_;
    Moment now_;
    Ward ward_;
    EffectBuffer effects_;
};

int replay_csv(const ReplayRequest& request, const std::string& text, std::ostream& out, std::ostream& errors,
               ReplayTally* tally)
{
    const auto plan = adapters::parse_infusion_plan(request.infusion);
    if (!request.infusion.empty()) {
        if (const auto* mistake = std::get_if<std::string>(&plan)) {
            errors << "--infusion: error: " << *mistake << '\n';
            return 2;
        }
    }
    if (request.pack.empty()) {
        errors << "--pack: error: a recording needs a rule pack\n";
        return 2;
    }
    const auto pack = usable_pack(request, errors);
    if (!pack) return 1;
    const auto read = adapters::read_csv(request.file, text, {bed, monitor, staff, recording_start.wall});
    if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&read)) {
        for (const auto& mistake : *mistakes) errors << mistake.text() << '\n';
        return 1;
    }
    const auto& recording = std::get<adapters::Recording>(read);
    for (const auto& column : recording.columns) {
        if (!column.sparse()) continue;
        errors << request.file << ": note: " << column.name << " stays fresh for " << column.fresh_for.count() / 1000
               << " s (2.5 x its median spacing)\n";
    }
    Timeline timeline{out, request.json, tally};
    timeline.start(recording_start.steady);
    Runner runner{timeline, recording_start};
    Started started;
    started.incarnation = 1;
    runner.step(started);
    runner.step(configuration_for(recording, request, *pack));
    WatchStart watch;
    watch.bed = bed;
    watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
    runner.step(Action{"replay", watch, 0});
    // A recording does not say what was asked before it: that is no finding of the replay.
    runner.step(Entry{"", bed, "replay", runner.now().wall, ScreeningEntry{{}, ScreeningReply::unknown}, 0});
    std::vector<adapters::InfusionStep> steps;
    if (!request.infusion.empty()) steps = std::get<std::vector<adapters::InfusionStep>>(plan);
    auto next = steps.begin();
    const auto chart_until = [&](Duration at) {
        for (; next != steps.end() && next->at <= at; ++next) {
            runner.go_to(recording_start.steady + next->at);
            runner.step(entry_of(*next, runner.now()));
        }
    };
    for (const auto& row : recording.rows) {
        chart_until(row.at);
        runner.go_to(recording_start.steady + row.at);
        for (const auto& observation : row.observations) runner.step(observation);
        for (const auto& refused : row.refused) runner.step(refused);
    }
    timeline.finish(runner.ward(), runner.now());
    return 0;
}

// Steps the records of a journal.
class JournalSteps {
public:
    JournalSteps(const std::optional<std::string>& pack, const ReplayRequest& request, Runner& runner,
                 Timeline& timeline)
        : pack_{pack}, request_{request}, runner_{runner}, timeline_{timeline}
    {
    }
    // Begins with this state, under the pack that was asked for; what it holds already is not stepped again.
    void begin(Ward ward, const Moment& at)
    {
        begin_ = ward.last_instant();
        runner_.set_now({std::max(at.steady, begin_), at.wall});
        const Configuration in_force = ward.configuration();
        runner_.set_ward(std::move(ward));
        if (pack_ && !in_force.pack_text.empty()) runner_.step(with_pack(in_force));
    }
    // False if the bytes are not ours.
    bool step(std::string_view bytes)
    {
        const auto on_input = [this](const Moment& at, const Input& input) {
            held_ = at.steady < begin_;
            if (!held_) take(at, input);
        };
        const auto on_effect = [this](const Effect& effect) {
            const auto* page = std::get_if<SendPage>(&effect);
            if (page != nullptr && !held_) timeline_.recorded(page->page);
        };
        return reader_.read(bytes, on_input, on_effect);
    }

private:
    [[nodiscard]] Configuration with_pack(Configuration configuration) const
    {
        configuration.pack_name = request_.pack;
        configuration.pack_text = *pack_;
        configuration.limits = request_.limits;
        return configuration;
    }
    void take(const Moment& at, const Input& input)
    {
        runner_.set_now(at);
        const auto* recorded = std::get_if<Configuration>(&input);
        if (recorded == nullptr || !pack_) return runner_.step(input);
        runner_.step(with_pack(*recorded));
    }

    const std::optional<std::string>& pack_;
    const ReplayRequest& request_;
    Runner& runner_;
    Timeline& timeline_;
    RecordReader reader_;
    Instant begin_{std::numeric_limits<std::int64_t>::min()};
    bool held_ = false; // by the state that it began with
};

// A journal from its first record on, or from the oldest state that it still holds. Every way out is an exit status.
class JournalReplay {
public:
    JournalReplay(JournalReader& reader, const std::string& file, JournalSteps& steps, Timeline& timeline,
                  std::ostream& errors)
        : reader_{reader}, file_{file}, steps_{steps}, timeline_{timeline}, errors_{errors}
    {
    }
    int run()
    {
        if (const int status = begin(); status != 0) return status;
        while (true) {
            const auto read = reader_.batches_after(after_);
            if (const auto* error = std::get_if<JournalError>(&read)) return fail(*error);
            const auto& batches = std::get<std::vector<JournalBatch>>(read);
            if (batches.empty()) break;
            for (const auto& batch : batches) take(batch);
        }
        if (damaged_ > 0) note(fmt::format("{} records are damaged and were left out", damaged_));
        return 0;
    }

private:
    void note(const std::string& what) { errors_ << file_ << ": note: " << what << '\n'; }
    int fail(const JournalError& error)
    {
        errors_ << file_ << ": error: " << error.what << '\n';
        return 1;
    }
    void start(Instant at)
    {
        if (!started_) timeline_.start(at);
        started_ = true;
    }
    int begin()
    {
        auto found = find_start(reader_, file_, errors_);
        if (const int* status = std::get_if<int>(&found)) return *status;
        auto& from = std::get<JournalStart>(found);
        if (!from.ward) return 0;
        start(from.at.steady);
        after_ = from.after;
        steps_.begin(std::move(*from.ward), from.at);
        return 0;
    }
    void take(const JournalBatch& batch)
    {
        if (batch.id != after_ + 1)
            note(fmt::format("batches {} to {} are missing: alarms may be, too", after_ + 1, batch.id - 1));
        if (batch.lost_before > 0)
            note(fmt::format("{} records before batch {} were lost while the disk failed", batch.lost_before,
                             batch.id));
        after_ = batch.id;
        start(batch.first);
        damaged_ += batch.damaged ? 1 : 0;
        for (const std::string_view bytes : batch.records) {
            if (!steps_.step(bytes)) ++damaged_;
        }
    }

    JournalReader& reader_;
    const std::string& file_;
    JournalSteps& steps_;
    Timeline& timeline_;
    std::ostream& errors_;
    std::int64_t after_ = 0;
    std::size_t damaged_ = 0;
    bool started_ = false;
};

int replay_journal(const ReplayRequest& request, std::ostream& out, std::ostream& errors, ReplayTally* tally)
{
    std::optional<std::string> pack;
    if (!request.pack.empty()) {
        pack = usable_pack(request, errors);
        if (!pack) return 1;
    }
    auto opened = JournalReader::open(request.file);
    if (const auto* error = std::get_if<JournalError>(&opened)) {
        errors << request.file << ": error: " << error->what << '\n';
        return 1;
    }
    Timeline timeline{out, request.json, tally};
    if (!pack) timeline.compare_pages();
    Runner runner{timeline, recording_start};
    JournalSteps steps{pack, request, runner, timeline};
    JournalReplay journal{std::get<JournalReader>(opened), request.file, steps, timeline, errors};
    if (const int status = journal.run(); status != 0) return status;
    timeline.finish(runner.ward(), runner.now());
    return pack || timeline.same_pages() ? 0 : 1;
}

} // namespace

int replay(const ReplayRequest& request, std::ostream& out, std::ostream& errors, ReplayTally* tally)
{
    const bool csv = request.file.size() > 4 && request.file.ends_with(".csv");
    if (!csv) return replay_journal(request, out, errors, tally);
    const auto text = read_file(request.file);
    if (!text) {
        errors << request.file << ": error: cannot be read\n";
        return 1;
    }
    return replay_csv(request, *text, out, errors, tally);
}

} // namespace magwatch
