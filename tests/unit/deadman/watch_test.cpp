#include "tools/deadman/watch.hpp"

#include <gtest/gtest.h>

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t night = 1'790'000'000'000;

class DeadmanWatch : public ::testing::Test {
protected:
    void start(const std::optional<Saved>& saved = std::nullopt) { watch_.emplace(rules_, now(), saved); }
    Now now() const { return {5h + time_, night + time_.count(), "02:14"}; }
    // What a sender in order says next.
    bool beat(std::uint32_t beds = 5, std::uint64_t planned = 0)
    {
        ++next_.sequence;
        next_.beds_watched = beds;
        next_.planned_ends = planned;
        next_.stamp = now().wall_ms / 1000;
        return watch_->heard(next_, now(), pages_);
    }
    void tick() { watch_->tick(now(), pages_); }
    void pass(Milliseconds time)
    {
        time_ += time;
        tick();
    }
    std::vector<Page> taken() { return std::exchange(pages_, {}); }
    Page only()
    {
        const auto pages = taken();
        EXPECT_EQ(pages.size(), 1U);
        return pages.empty() ? Page{} : pages.front();
    }

    Rules rules_{"l4", "Ward L4"};
    Milliseconds time_{0};
    std::optional<Watch> watch_;
    std::vector<Page> pages_;
    // The last one before a stop on purpose.
    bool stop(Milliseconds back_in, const std::string& by = "systemd")
    {
        next_.stop = Stop{by, (now().wall_ms + back_in.count()), "02:24"};
        const bool taken = beat();
        next_.stop.reset();
        return taken;
    }
    Heartbeat next_{3, 0, 0, 5, 0, 4.0, false, std::nullopt};
};

TEST_F(DeadmanWatch, KeepsTheHeadOfTheAuditTrailAndTheOneBeforeItWentBack)
{
    start();
    next_.audit = AuditHead{100, std::string(64, 'a')};
    ASSERT_TRUE(beat());
    next_.audit = AuditHead{120, std::string(64, 'b')};
    ASSERT_TRUE(beat());
    EXPECT_FALSE(watch_->audit_went_back());
    next_.audit.reset(); // it has not been read yet after a start
    ASSERT_TRUE(beat());
    next_.audit = AuditHead{4, std::string(64, 'c')};
    ASSERT_TRUE(beat());
    EXPECT_TRUE(watch_->audit_went_back());
    EXPECT_FALSE(watch_->audit_went_back()) << "told once";
    ASSERT_TRUE(watch_->saved().audit && watch_->saved().audit_before);
    EXPECT_EQ(watch_->saved().audit->sequence, 4U);
    EXPECT_EQ(watch_->saved().audit_before->sequence, 120U) << "what an auditor asks for";
    EXPECT_EQ(watch_->saved().audit_before->hash, std::string(64, 'b'));
}

TEST_F(DeadmanWatch, RingsAtTheThirdMissAndNotBefore)
{
    start();
    ASSERT_TRUE(beat());
    pass(90s - 1ms);
    EXPECT_TRUE(taken().empty());
    pass(1ms);
    const Page page = only();
    EXPECT_EQ(page.kind, PageKind::alarm);
    EXPECT_EQ(page.text, "MAG DEADMAN Ward L4 02:14. No heartbeat for 90 s: magwatch may be dead. "
                         "Look at the patients and the ward PC.");
}

TEST_F(DeadmanWatch, AStopOnPurposeIsToldAsSuchOnceAndRingsWhenItIsOverdue)
{
    start();
    ASSERT_TRUE(stop(10min));
    EXPECT_TRUE(taken().empty()) << "it may be back before anybody must know";
    pass(90s);
    const Page planned = only();
    EXPECT_EQ(planned.kind, PageKind::planned);
    EXPECT_EQ(planned.text, "MAG DEADMAN Ward L4 02:14. Stopped on purpose by systemd, back by 02:24. "
                            "Nobody watches until then.");
    pass(8min);
    EXPECT_TRUE(taken().empty()) << "told once";
    pass(30s);
    const Page overdue = only();
    EXPECT_EQ(overdue.kind, PageKind::alarm);
    EXPECT_EQ(overdue.text, "MAG DEADMAN Ward L4 02:14. Stopped on purpose by systemd, not back by 02:24. "
                            "Look at the patients and the ward PC.");
    pass(5min);
    EXPECT_EQ(only().kind, PageKind::repeat) << "and on, until it is back";
    pass(5min);
    EXPECT_EQ(only().kind, PageKind::repeat);
    ASSERT_TRUE(beat());
    EXPECT_EQ(only().kind, PageKind::back);
    pass(90s);
    EXPECT_NE(only().text.find("No heartbeat for 90 s: magwatch may be dead"), std::string::npos)
        << "what was said before it came back counts no more";
}

TEST_F(DeadmanWatch, NoStopOnPurposeIsBelievedToLastLongerThanItsLimit)
{
    start();
    ASSERT_TRUE(stop(20h));
    pass(90s);
    EXPECT_EQ(only().kind, PageKind::planned);
    pass(13min + 29s);
    EXPECT_TRUE(taken().empty());
    pass(1s);
    EXPECT_EQ(only().kind, PageKind::alarm) << "15 min";
}

TEST_F(DeadmanWatch, AStopThatIsOverdueBeforeTheThirdMissRingsAsAnAlarmAtOnce)
{
    start();
    ASSERT_TRUE(stop(1min));
    pass(90s);
    const Page page = only();
    EXPECT_EQ(page.kind, PageKind::alarm);
    EXPECT_NE(page.text.find("not back by 02:24"), std::string::npos);
    pass(4min);
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, ARestartOfOursForgetsNoStopOnPurpose)
{
    start();
    ASSERT_TRUE(stop(10min));
    pass(90s);
    EXPECT_EQ(only().kind, PageKind::planned);
    const Saved saved = watch_->saved();
    time_ += 5min;
    start(saved);
    tick();
    EXPECT_TRUE(taken().empty());
    time_ += 30min;
    start(saved);
    tick();
    EXPECT_EQ(only().kind, PageKind::alarm) << "it ran out while we did not run";
}

TEST_F(DeadmanWatch, AReloadChangesItsRulesAndForgetsNothing)
{
    start();
    ASSERT_TRUE(beat());
    pass(60s);
    Rules quicker = rules_;
    quicker.misses = 2;
    watch_->use(quicker);
    tick();
    EXPECT_EQ(only().kind, PageKind::alarm);
}

TEST_F(DeadmanWatch, HeartbeatsInTimeAreQuiet)
{
    start();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(beat());
        pass(30s);
    }
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, NeverHeardSinceTheStartIsSilence)
{
    start();
    pass(90s - 1ms);
    EXPECT_TRUE(taken().empty());
    pass(1ms);
    EXPECT_NE(only().text.find("No heartbeat since start, for 90 s"), std::string::npos);
}

TEST_F(DeadmanWatch, RepeatsUntilItIsBackAndSaysHowLongItWasAway)
{
    start();
    ASSERT_TRUE(beat());
    pass(90s);
    EXPECT_EQ(only().kind, PageKind::alarm);
    pass(5min - 1ms);
    EXPECT_TRUE(taken().empty());
    pass(1ms);
    EXPECT_EQ(only().kind, PageKind::repeat);
    pass(5min);
    const Page again = only();
    EXPECT_NE(again.text.find("No heartbeat for 11 min"), std::string::npos) << again.text;
    time_ += 30s;
    ASSERT_TRUE(beat());
    const Page back = only();
    EXPECT_EQ(back.kind, PageKind::back);
    EXPECT_NE(back.text.find("Heartbeat is back, away for 12 min"), std::string::npos) << back.text;
    pass(80s);
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, ARepeatedHeartbeatIsNoSignOfLife)
{
    start();
    ASSERT_TRUE(beat());
    for (int i = 0; i < 3; ++i) {
        pass(29s);
        EXPECT_FALSE(watch_->heard(next_, now(), pages_));
        Heartbeat older = next_;
        older.sequence = 0;
        EXPECT_FALSE(watch_->heard(older, now(), pages_));
    }
    EXPECT_TRUE(taken().empty());
    pass(3s);
    const Page page = only();
    EXPECT_NE(page.text.find("No new heartbeat for 90 s: magwatch may hang"), std::string::npos) << page.text;
}

TEST_F(DeadmanWatch, AnOldIncarnationIsRefusedUnlessItsSignedTimeIsNewer)
{
    start();
    ASSERT_TRUE(beat());
    const Heartbeat old = next_;
    time_ += 30s;
    next_.incarnation = 4;
    next_.sequence = 0;
    ASSERT_TRUE(beat()) << "a restart counts from 1";
    EXPECT_FALSE(watch_->heard(old, now(), pages_)) << "a recording of the incarnation before";
    time_ += 30s;
    next_.incarnation = 1;
    next_.sequence = 0;
    EXPECT_TRUE(beat()) << "a ward PC set up anew";
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, FewerBedsRingUnlessPeopleEndedThem)
{
    start();
    ASSERT_TRUE(beat(5));
    ASSERT_TRUE(beat(4, 1));
    EXPECT_TRUE(taken().empty()) << "one watch was ended";
    ASSERT_TRUE(beat(2, 2));
    const Page page = only();
    EXPECT_EQ(page.fault, Fault::beds);
    EXPECT_NE(page.text.find("1 of 3 beds not watched any more"), std::string::npos) << page.text;
    ASSERT_TRUE(beat(3, 2));
    const Page back = only();
    EXPECT_EQ(back.kind, PageKind::back);
    ASSERT_TRUE(beat(6, 2));
    ASSERT_TRUE(beat(5, 2));
    EXPECT_NE(only().text.find("1 of 6 beds"), std::string::npos);
}

TEST_F(DeadmanWatch, AnEndOfTheIncarnationBeforeDoesNotExcuseADrop)
{
    start();
    ASSERT_TRUE(beat(5, 2));
    next_.incarnation = 4;
    next_.sequence = 0;
    ASSERT_TRUE(beat(3, 0));
    EXPECT_NE(only().text.find("2 of 5 beds"), std::string::npos);
}

TEST_F(DeadmanWatch, FewerBedsAreTakenAsWantedAfterTheirTime)
{
    rules_.repeat = 30min;
    start();
    ASSERT_TRUE(beat(5));
    ASSERT_TRUE(beat(4));
    EXPECT_EQ(only().kind, PageKind::alarm);
    for (int i = 0; i < 119; ++i) {
        time_ += 30s;
        ASSERT_TRUE(beat(4));
    }
    EXPECT_EQ(only().kind, PageKind::repeat);
    time_ += 30s;
    ASSERT_TRUE(beat(4));
    const Page page = only();
    EXPECT_EQ(page.kind, PageKind::back);
    EXPECT_NE(page.text.find("4 now taken as wanted"), std::string::npos) << page.text;
    ASSERT_TRUE(beat(4));
    EXPECT_TRUE(taken().empty());
    ASSERT_TRUE(beat(3));
    EXPECT_EQ(only().kind, PageKind::alarm) << "the next one rings again";
}

TEST_F(DeadmanWatch, DataOlderThanItsLimitRings)
{
    start();
    next_.oldest_data_seconds = 300.0;
    ASSERT_TRUE(beat());
    EXPECT_TRUE(taken().empty());
    next_.oldest_data_seconds = 300.5;
    ASSERT_TRUE(beat());
    EXPECT_NE(only().text.find("Oldest data 5 min old"), std::string::npos);
    next_.oldest_data_seconds = 2.0;
    ASSERT_TRUE(beat());
    EXPECT_EQ(only().kind, PageKind::back);
}

TEST_F(DeadmanWatch, ThreeTrialAlarmsThatDidNotComeThroughRing)
{
    start();
    next_.canary = Canary{180.0, 60.0};
    ASSERT_TRUE(beat());
    EXPECT_TRUE(taken().empty());
    next_.canary = Canary{200.0, 60.0};
    ASSERT_TRUE(beat());
    const Page page = only();
    EXPECT_EQ(page.fault, Fault::canary);
    EXPECT_NE(page.text.find("No trial alarm came through for 3 min: magwatch may not page."), std::string::npos)
        << page.text;
    EXPECT_LE(page.text.size(), 160U);
    EXPECT_TRUE(is_plain(page.text));
    // The ward goes on without them; a restart of the dead-man knows.
    start(watch_->saved());
    pass(rules_.repeat);
    next_.canary = Canary{500.0, 60.0};
    EXPECT_FALSE(taken().empty());
    next_.canary = Canary{1.0, 60.0};
    ASSERT_TRUE(beat());
    EXPECT_EQ(taken().back().kind, PageKind::back);
    // An older ward sends none, and nothing is missed.
    next_.canary.reset();
    ASSERT_TRUE(beat());
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, ASimulationIsNoWatchedWardUnlessItMayBe)
{
    start();
    next_.simulation = true;
    ASSERT_TRUE(beat());
    EXPECT_EQ(only().fault, Fault::simulation);
    rules_.simulation = true;
    start();
    ASSERT_TRUE(beat());
    EXPECT_TRUE(taken().empty());
}

TEST_F(DeadmanWatch, ARestartInTheMiddleGoesOnRingingAndKnowsHowLong)
{
    start();
    ASSERT_TRUE(beat());
    pass(90s);
    EXPECT_EQ(only().kind, PageKind::alarm);
    time_ += 2min;
    start(watch_->saved());
    tick();
    EXPECT_TRUE(taken().empty()) << "told 2 min ago";
    pass(3min);
    EXPECT_EQ(only().kind, PageKind::repeat);
    EXPECT_FALSE(watch_->heard(next_, now(), pages_)) << "a restart must not forget what was heard";
    ASSERT_TRUE(beat());
    EXPECT_NE(only().text.find("away for 6 min"), std::string::npos);
}

TEST_F(DeadmanWatch, OurOwnPauseIsNotTheWardsSilence)
{
    start();
    ASSERT_TRUE(beat());
    const Saved saved = watch_->saved();
    time_ += 1h;
    start(saved);
    pass(90s - 1ms);
    EXPECT_TRUE(taken().empty());
    pass(1ms);
    EXPECT_EQ(only().kind, PageKind::alarm);
}

TEST_F(DeadmanWatch, AWallClockSetBackDelaysNothing)
{
    start();
    ASSERT_TRUE(beat());
    const Now later{5h + 90s, night - 3'600'000, "01:14"};
    watch_->tick(later, pages_);
    EXPECT_EQ(only().kind, PageKind::alarm);
}

TEST_F(DeadmanWatch, EveryPageIsOneTextMessage)
{
    rules_.label = std::string(label_max, 'W');
    rules_.accept_fewer = 24h;
    start();
    pass(200h);
    next_.oldest_data_seconds = 1e300;
    next_.simulation = true;
    ASSERT_TRUE(beat(10'000));
    ASSERT_TRUE(beat(0));
    pass(5min);
    static_cast<void>(watch_->heard(next_, now(), pages_));
    pass(9999h);
    next_.simulation = false;
    next_.oldest_data_seconds.reset();
    ASSERT_TRUE(beat(10'000));
    const auto pages = taken();
    EXPECT_GT(pages.size(), 9U);
    for (const Page& page : pages) {
        EXPECT_LE(page.text.size(), 160U) << page.text;
        EXPECT_TRUE(is_plain(page.text)) << page.text;
    }
}

} // namespace
} // namespace magwatch::deadman
