// An entry whose commit failed, and its repetition under the same key: nothing is lost, nothing counts twice,
// and "recorded" is said only of what is on disk.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "daemon/app/recovery.hpp"
#include "daemon/ward_loop/ward_loop.hpp"
#include "tests/integration/journal/fault_vfs.hpp"
#include "tests/integration/journal/scratch.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Told {
    bool accepted = false, stored = false;
    std::string text;
};

// The ward loop over a real journal, as the daemon has it.
struct RetryTest : ::testing::Test {
    RetryTest() { start(); }
    ~RetryTest() override
    {
        faults.heal();
        stop();
    }
    void start(std::size_t memory = std::size_t{32} << 20)
    {
        auto opened = JournalFile::open(scratch.path(), test_wall);
        ASSERT_TRUE(opened.file) << opened.error->what;
        auto found = recover(*opened.file, read_clocks(), "boot");
        auto& recovered = std::get<Recovered>(found);
        clock = std::make_unique<SystemClock>(recovered.time.offset);
        JournalOptions options;
        options.retry = Duration{20};
        options.memory = memory;
        journal = std::make_unique<Journal>(io.get_executor(), *clock, std::move(opened.file), scratch.path(), options);
        WardLoopPorts ports;
        ports.send_page = [this](const SendPage& page) { pages.push_back(page); };
        ports.cancel_pages = [](CallId) {};
        ports.call_ended = [this](CallId call) { over.push_back(call); };
        ports.reply = [this](const Reply& reply, bool stored) {
            told[reply.request] = {reply.accepted, stored, reply.text};
        };
        ports.transition = [](const AlarmTransition&) {};
        ports.publish = [](const Ward&, const Moment&) {};
        ports.turn = [](const Moment&) {};
        ports.stepped = [this](const Input& input, const Moment&) {
            const auto* status = std::get_if<ShellStatus>(&input);
            if (status != nullptr && status->fault == ShellFault::inbox_overflow) overflow.push_back(status->present);
        };
        loop = std::make_unique<WardLoop>(io.get_executor(), *clock, std::move(recovered.ward), std::move(ports), limits);
        loop->set_journal(*journal);
        if (slow_start) faults.stall_syncs();
        loop->apply_now(Input{recovered.started});
        const Configuration configuration = test::Rig::configuration();
        if (!loop->ward().has_configuration(configuration)) loop->apply_now(Input{configuration});
        running = 3;
        const auto ended = [this](const std::exception_ptr& error) {
            EXPECT_FALSE(error);
            --running;
        };
        asio::co_spawn(io, loop->run(), ended);
        asio::co_spawn(io, loop->run_pages(), ended);
        asio::co_spawn(io, loop->run_answers(), ended);
    }
    // Ends without a word to the disk, as a kill does: what was not committed is gone.
    void stop()
    {
        if (!loop) return;
        faults_at_end();
        loop->stop();
        EXPECT_TRUE(until([this] { return running == 0; }));
        journal.reset();
        loop.reset();
    }
    void faults_at_end()
    {
        if (killed) faults.fail_writes(FaultVfs::io_error);
    }
    void kill_and_start()
    {
        killed = true;
        stop();
        killed = false;
        faults.heal();
        start();
    }
    template <class Condition> bool until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_for(10ms);
        }
        return condition();
    }
    Told post(Input input)
    {
        const std::uint64_t request = ++requests;
        if (auto* entry = std::get_if<Entry>(&input)) entry->request = request;
        if (auto* action = std::get_if<Action>(&input)) action->request = request;
        loop->push(std::move(input));
        EXPECT_TRUE(until([&] { return told.contains(request); }));
        return told[request];
    }
    // What pages at once.
    [[nodiscard]] Entry absent_reflex() const
    {
        Entry entry;
        entry.key = "r1";
        entry.bed = BedId{0};
        entry.person = "midwife";
        entry.at = at;
        entry.what = ValueEntry{Signal::reflex_knee, 0};
        return entry;
    }
    Told urine(const std::string& key)
    {
        Entry entry;
        entry.key = key;
        entry.bed = BedId{0};
        entry.person = "midwife";
        entry.at = at;
        entry.what = UrineEntry{40, at - Duration{1h}};
        return post(entry);
    }
    void watch()
    {
        WatchStart start;
        start.bed = BedId{0};
        start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
        Action action;
        action.person = "midwife";
        action.what = start;
        const Told said = post(action);
        ASSERT_TRUE(said.accepted && said.stored) << said.text;
    }
    // A start whose disk hangs, after a kill that left a page without an outcome: the page's key.
    PageKey start_slowly_with_a_page_unresolved()
    {
        watch();
        pages.clear();
        (void)post(absent_reflex());
        EXPECT_TRUE(until([this] { return !pages.empty(); }));
        const PageKey key = pages.empty() ? PageKey{} : pages.front().page.key;
        pages.clear();
        slow_start = true;
        kill_and_start();
        return key;
    }
    [[nodiscard]] bool left_again(const PageKey& key) const
    {
        return std::any_of(pages.begin(), pages.end(), [&](const SendPage& sent) { return sent.page.key == key; });
    }
    // How often the entry is on disk, and how often the ward took it.
    std::pair<int, int> recorded(const std::string& key)
    {
        std::pair<int, int> count;
        auto opened = JournalFile::open(scratch.path(), test_wall);
        EXPECT_TRUE(opened.file);
        Ward ward;
        EffectBuffer effects;
        const auto step = [&](const Moment& moment, const Input& input) {
            effects.clear();
            ward.step(moment, input, effects);
            const auto* entry = std::get_if<Entry>(&input);
            if (entry == nullptr || entry->key != key) return;
            ++count.first;
            for (const auto& effect : effects) {
                const auto* reply = std::get_if<Reply>(&effect);
                count.second += reply != nullptr && reply->accepted && reply->text == "recorded" ? 1 : 0;
            }
        };
        RecordReader reader;
        for (const JournalBatch& batch : value_of(opened.file->batches_after(0, 100'000))) {
            for (const std::string_view bytes : batch.records) {
                EXPECT_TRUE(reader.read(bytes, step, [](const Effect&) {}));
            }
        }
        return count;
    }

    FaultVfs faults;
    Scratch scratch;
    boost::asio::io_context io;
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<WardLoop> loop;
    std::map<std::uint64_t, Told> told;
    std::vector<SendPage> pages;
    std::vector<CallId> over;
    std::vector<bool> overflow; // as told to the ward
    std::uint64_t requests = 0;
    WardLoopLimits limits{.page = 200ms, .answer = 60s}; // no slow machine may take for a disk that hangs
    int running = 0;
    bool killed = false;
    bool slow_start = false; // the disk hangs from the start on
    const WallTime at = read_clocks().wall - Duration{1min};
};

TEST_F(RetryTest, ARepetitionIsConfirmedOnlyWhenTheFirstIsOnDisk)
{
    watch();
    faults.fail_writes(FaultVfs::disk_full);
    Told said = urine("u1");
    EXPECT_TRUE(said.accepted);
    EXPECT_FALSE(said.stored);
    for (int i = 0; i < 3; ++i) {
        said = urine("u1"); // the disk still takes nothing
        EXPECT_FALSE(said.stored) << said.text;
    }
    faults.heal();
    ASSERT_TRUE(until([this] { return !journal->status().failing; }));
    said = urine("u1");
    EXPECT_TRUE(said.accepted && said.stored) << said.text;
    EXPECT_EQ(said.text, "already recorded");
    killed = true;
    stop();
    faults.heal();
    EXPECT_EQ(recorded("u1").second, 1) << "counted once";
}

// What the watchdog is told: decisions that nobody acts on.
TEST_F(RetryTest, ADecisionThatIsNotActedOnGrowsOld)
{
    stop();
    limits.page = 1h;
    start();
    watch();
    EXPECT_EQ(loop->oldest_waiting(), 0ms);
    faults.stall_syncs();
    loop->push(Input{absent_reflex()});
    EXPECT_TRUE(until([this] { return loop->oldest_waiting() > 20ms; }));
    EXPECT_TRUE(pages.empty());
    faults.heal();
    EXPECT_TRUE(until([this] { return !pages.empty() && loop->oldest_waiting() == 0ms; }));
}

TEST_F(RetryTest, AnOverflowIsOverWhenNothingIsDroppedAnyMore)
{
    Observation flood;
    flood.bed = BedId{0};
    flood.source = SourceId{0};
    flood.signal = Signal::rr;
    flood.value = 16;
    for (std::size_t i = 0; i < InboxBounds{}.state + 10; ++i) loop->push(Input{flood});
    ASSERT_TRUE(until([this] { return overflow.size() >= 2; }));
    EXPECT_EQ(overflow, (std::vector<bool>{true, false}));
}

TEST_F(RetryTest, ACallThatIsOverIsToldAndAnAnsweredOneIsNot)
{
    watch();
    post(absent_reflex());
    ASSERT_TRUE(until([this] { return !pages.empty(); }));
    const CallId call = pages[0].page.key.call;
    const auto answer = [&](AnswerKind kind) {
        Action action;
        action.person = "midwife";
        action.what = Answer{call, kind};
        EXPECT_TRUE(post(action).accepted);
    };
    answer(AnswerKind::coming);
    answer(AnswerKind::here);
    EXPECT_TRUE(over.empty());
    Entry present = absent_reflex();
    present.key = "r2";
    present.at = clock->now().wall;
    present.what = ValueEntry{Signal::reflex_knee, 2};
    EXPECT_TRUE(post(present).accepted);
    answer(AnswerKind::here); // what is over latches until somebody has seen it
    EXPECT_TRUE(until([&] { return !over.empty() && over.back() == call; }));
}

TEST_F(RetryTest, ARepetitionAfterARestartIsStoredAnew)
{
    watch();
    faults.fail_writes(FaultVfs::disk_full);
    EXPECT_FALSE(urine("u1").stored);
    kill_and_start(); // and with it what waited in memory
    const Told said = urine("u1");
    EXPECT_TRUE(said.accepted && said.stored) << said.text;
    EXPECT_EQ(said.text, "recorded");
    killed = true;
    stop();
    faults.heal();
    EXPECT_EQ(recorded("u1"), (std::pair{1, 1}));
}

TEST_F(RetryTest, WhatFoundNoRoomInMemoryIsConfirmedOnlyByASnapshot)
{
    stop();
    start(64 << 10);
    watch();
    faults.fail_writes(FaultVfs::disk_full);
    EXPECT_FALSE(urine("u1").stored);
    // A long time of numbers: the oldest inputs, the entry among them, are given up.
    ASSERT_TRUE(until([this] {
        for (int i = 0; i < 500; ++i) {
            Observation o;
            o.bed = BedId{0};
            o.source = SourceId{static_cast<std::uint16_t>(i % 3)};
            o.signal = static_cast<Signal>(i % 4);
            o.value = 60 + i % 20;
            loop->push(o);
        }
        return journal->status().lost > 1000;
    }));
    faults.heal();
    // It must not be said to be stored while a kill would lose it.
    Told said;
    for (int i = 0; i < 200 && !said.stored; ++i) {
        said = urine("u1");
        if (said.stored) {
            EXPECT_FALSE(journal->status().snapshot_wanted);
        }
        io.restart();
        io.run_for(50ms);
    }
    EXPECT_TRUE(said.stored);
    kill_and_start();
    EXPECT_EQ(urine("u1").text, "already recorded");
}

TEST_F(RetryTest, AnAnswerAndAnAcknowledgementAreConfirmedOnlyWhenOnDisk)
{
    watch();
    ASSERT_TRUE(post(absent_reflex()).stored);
    const WardView view = loop->ward().view(clock->now());
    ASSERT_FALSE(view.calls.empty());
    Action coming;
    coming.person = "midwife";
    coming.what = Answer{view.calls[0].id, AnswerKind::coming};
    Action acknowledge = coming;
    acknowledge.what = Acknowledge{view.calls[0].episodes.at(0)};
    faults.fail_writes(FaultVfs::io_error);
    EXPECT_FALSE(post(coming).stored);
    EXPECT_FALSE(post(acknowledge).stored);
    EXPECT_FALSE(post(coming).stored); // again: not yet
    faults.heal();
    ASSERT_TRUE(until([this] { return !journal->status().failing; }));
    EXPECT_TRUE(post(coming).stored);
    EXPECT_TRUE(post(acknowledge).stored);
    kill_and_start();
    const WardView after = loop->ward().view(clock->now());
    ASSERT_FALSE(after.calls.empty());
    EXPECT_EQ(after.calls[0].state, CallState::accepted);
    EXPECT_TRUE(after.episodes.at(0).acknowledged);
}

// A disk that hangs for a moment holds back the word "recorded", never a page.
TEST_F(RetryTest, APageGoesOutBeforeASlowDiskAndTheAnswerComesWhenItIsStored)
{
    watch();
    pages.clear();
    faults.stall_syncs();
    Entry reflex = absent_reflex();
    reflex.request = ++requests;
    loop->push(Input{reflex});
    ASSERT_TRUE(until([this] { return !pages.empty(); }));
    EXPECT_FALSE(told.contains(reflex.request));
    faults.heal();
    ASSERT_TRUE(until([&] { return told.contains(reflex.request); }));
    EXPECT_TRUE(told[reflex.request].stored);
}

// Whoever is to be rung after a restart is rung anew; the same page a second time must be on the disk as that.
TEST_F(RetryTest, WhatIsSentAgainWaitsForTheDiskAndWhatRingsAnewDoesNot)
{
    const PageKey key = start_slowly_with_a_page_unresolved();
    ASSERT_TRUE(until([this] { return !pages.empty(); }));
    EXPECT_FALSE(left_again(key));
    faults.heal();
    EXPECT_TRUE(until([&] { return left_again(key); }));
}

// Its end left before it: a channel that keeps an alarm standing would keep this one.
TEST_F(RetryTest, WhatIsSentAgainDoesNotLeaveOnceItsCallIsOver)
{
    limits.answer = 30s;
    const PageKey key = start_slowly_with_a_page_unresolved();
    ASSERT_TRUE(until([this] { return !pages.empty(); }));
    Entry present = absent_reflex();
    present.key = "r2";
    present.at = clock->now().wall;
    present.what = ValueEntry{Signal::reflex_knee, 2};
    loop->push(Input{present});
    loop->push(Input{Action{"midwife", Answer{key.call, AnswerKind::here}, 0}});
    ASSERT_TRUE(until([&] { return std::find(over.begin(), over.end(), key.call) != over.end(); }));
    EXPECT_FALSE(left_again(key));
    faults.heal();
    EXPECT_TRUE(urine("u1").stored) << "whose turn comes after it";
    EXPECT_FALSE(left_again(key));
    const auto shown = [&] {
        for (const PageView& page : loop->ward().view(clock->now()).pages)
            if (page.page.key == key) return page.outcome;
        return std::optional<PageOutcome>{};
    };
    EXPECT_TRUE(until([&] { return shown() == PageOutcome::withdrawn; }));
}

// Sent a second time without a word on the disk, its key could leave a third time after the next kill.
TEST_F(RetryTest, WhatTheDiskDoesNotTakeIsNotSentAgain)
{
    limits.answer = 200ms;
    const PageKey key = start_slowly_with_a_page_unresolved();
    const Told later = post(Action{"charge", TestPage{"midwife"}, 0});
    EXPECT_FALSE(later.stored) << "the turn of what was decided before it has come and gone";
    EXPECT_FALSE(left_again(key));
}

TEST_F(RetryTest, ACommitThatFailedIsNeverAYes)
{
    watch();
    limits.answer = 200ms;
    kill_and_start();
    const auto committed = [this] {
        std::optional<bool> durable;
        asio::co_spawn(io, loop->committed(), [&](const std::exception_ptr&, bool yes) { durable = yes; });
        EXPECT_TRUE(until([&] { return durable.has_value(); }));
        return durable.value_or(false);
    };
    EXPECT_TRUE(until(committed));
    faults.stall_syncs();
    loop->push(Input{Observation{}});
    EXPECT_FALSE(committed());
    faults.heal();
    EXPECT_TRUE(until(committed));
}

// Behind a disk that hangs, what was decided in many turns waits from its own decision on, not one after another.
TEST_F(RetryTest, WaitsForASlowDiskDoNotAddUp)
{
    watch();
    limits.answer = 200ms;
    kill_and_start();
    faults.stall_syncs();
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 300; ++i) {
        Entry entry;
        entry.key = "w" + std::to_string(i);
        entry.bed = BedId{0};
        entry.person = "midwife";
        entry.at = at + Duration{i};
        entry.what = ValueEntry{Signal::rr_counted, 16};
        entry.request = ++requests;
        numbers.push_back(entry.request);
        loop->push(Input{entry});
        io.restart();
        io.run_for(5ms);
    }
    EXPECT_TRUE(until([&] { return told.contains(numbers.back()); }));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 30s) << "300 times 200 ms are 60 s";
    EXPECT_FALSE(told[numbers.back()].stored);
    faults.heal();
}

} // namespace
} // namespace magwatch
