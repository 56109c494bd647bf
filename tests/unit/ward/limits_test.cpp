// Limits of one patient: for her, for a while, with a reason; never for anybody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/language/limit_lines.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

// The small pack with a named limit.
struct Limited : Rig {
    Limited()
    {
        reload(named_pack());
        watch(0);
        watch(1);
        chart(BolusEntry{4, 20min, {}}, {}, 0);
        chart(BolusEntry{4, 20min, {}}, {}, 1);
    }
    static std::string named_pack()
    {
        std::string text = small_pack;
        const auto replace = [&](const std::string& from, const std::string& to) {
            text.replace(text.find(from), from.size(), to);
        };
        replace("[[rule]]", "[limits]\nrr_stop = { value = \"12 /min\", source = \"test\" }\n[[rule]]");
        replace("when = \"rr < 12 /min\"", "when = \"rr < rr_stop\"");
        replace("clear = \"rr >= 13 /min\"", "clear = \"rr >= rr_stop + 1 /min\"");
        return text;
    }
    void reload(const std::string& pack)
    {
        Configuration c = configuration();
        c.pack_text = pack;
        step(c);
    }
    void set(const std::string& value, Duration length = 4h, const std::string& reason = "breathes slowly asleep",
             const std::string& limit = "rr_stop")
    {
        SetLimit limit_of_her;
        limit_of_her.bed = BedId{0};
        limit_of_her.limit = limit;
        limit_of_her.value = value;
        limit_of_her.length = length;
        limit_of_her.reason = reason;
        act(limit_of_her);
        ASSERT_NE(reply(), nullptr);
    }
    // Both patients breathe so often, for so long; a living one never quite the same.
    void breathe(double rate, int seconds)
    {
        for (int i = 0; i < seconds; ++i) {
            observe(Signal::rr, rate + 0.1 * (i % 3), 0, 0);
            observe(Signal::rr, rate + 0.1 * (i % 3), 2, 1);
            pass(1s);
        }
    }
    [[nodiscard]] bool open(const std::string& bed, const std::string& rule = "rr-low") const
    {
        for (const auto& e : view().episodes) {
            if (e.bed == bed && e.rule == rule && e.condition) return true;
        }
        return false;
    }
};

TEST(OwnLimits, HoldForOnePatient)
{
    Limited ward;
    ward.set("10 /min");
    EXPECT_TRUE(ward.reply()->accepted) << ward.reply()->text;
    ward.breathe(11, 60);
    EXPECT_FALSE(ward.open("bed-1"));
    EXPECT_TRUE(ward.open("bed-2")) << "nobody else's limit changed";
    ward.breathe(9, 60);
    EXPECT_TRUE(ward.open("bed-1"));
}

TEST(OwnLimits, EndByThemselvesAndTheAlarmComes)
{
    Limited ward;
    ward.set("10 /min", 2h);
    ward.breathe(11, 7190);
    EXPECT_FALSE(ward.open("bed-1"));
    EXPECT_EQ(ward.view().beds[0].own_limits.size(), 1U);
    ward.breathe(11, 60);
    EXPECT_TRUE(ward.open("bed-1"));
    EXPECT_THAT(ward.view().beds[0].own_limits, IsEmpty());
}

TEST(OwnLimits, EndWhenSomebodySaysSo)
{
    Limited ward;
    ward.set("10 /min");
    ward.breathe(11, 60);
    ward.set("");
    EXPECT_TRUE(ward.reply()->accepted);
    ward.breathe(11, 60);
    EXPECT_TRUE(ward.open("bed-1"));
}

TEST(OwnLimits, AStricterOneRaisesAtOnceAndAnOpenAlarmIsKept)
{
    Limited ward;
    ward.breathe(14, 60);
    ward.set("15 /min");
    ward.breathe(14, 40);
    EXPECT_TRUE(ward.open("bed-1"));
    // What was raised under it stays until somebody has seen it.
    ward.set("10 /min");
    ward.breathe(14, 120);
    EXPECT_FALSE(ward.open("bed-1"));
    bool latched = false;
    for (const auto& e : ward.view().episodes) latched = latched || (e.rule == "rr-low" && e.latched);
    EXPECT_TRUE(latched);
}

TEST(OwnLimits, AreRefusedWithTheReason)
{
    Limited ward;
    const auto refused = [&](const std::string& why) {
        EXPECT_FALSE(ward.reply()->accepted);
        EXPECT_THAT(ward.reply()->text, HasSubstr(why));
        EXPECT_THAT(ward.view().beds[0].own_limits, IsEmpty());
    };
    ward.set("10 /min", 4h, "");
    refused("a reason is needed");
    ward.set("10 /min", 25h);
    refused("24 h at most");
    ward.set("10 /min", 0s);
    refused("24 h at most");
    ward.set("10", 4h);
    refused("does not fit");
    ward.set("10 mmHg", 4h);
    refused("does not fit");
    ward.set("10 /min", 4h, "a reason", "rr_stopp");
    refused("no limit 'rr_stopp'");
}

TEST(OwnLimits, AreShownWithWhatHoldsForTheOthers)
{
    Limited ward;
    ward.set("10 /min", 4h, "asleep");
    const auto own = ward.view().beds[0].own_limits.at(0);
    EXPECT_EQ(own.limit, "rr_stop");
    EXPECT_EQ(own.value, "10 /min");
    EXPECT_EQ(own.ward_value, "12 /min");
    EXPECT_EQ(own.reason, "asleep");
    EXPECT_EQ(own.by, "midwife");
    EXPECT_EQ(own.until, ward.now().wall + 4h);
}

TEST(OwnLimits, MoveTheLineThatHerPlotDrawsAndNobodyElses)
{
    Limited ward;
    ward.set("10 /min");
    const auto line = [view = ward.view()](std::size_t bed) {
        for (const LimitLine& one : limit_lines(*view.beds[bed].pack)) {
            if (one.limit == "rr_stop" && one.signal == Signal::rr) return one.value;
        }
        return 0.0;
    };
    EXPECT_EQ(line(0), 10);
    EXPECT_EQ(line(1), 12);
}

TEST(OwnLimits, SurviveARestartAndGoWithHer)
{
    Limited ward;
    ward.set("10 /min");
    ward.breathe(11, 60);
    auto restored = Ward::load(as_text(ward.ward.save()));
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->save(), ward.ward.save());
    ward.ward = std::move(*restored);
    ward.breathe(11, 60);
    EXPECT_FALSE(ward.open("bed-1"));
    WatchTransfer transfer;
    transfer.from = BedId{0};
    transfer.to = BedId{1};
    ward.act(transfer);
    EXPECT_FALSE(ward.reply()->accepted) << "the other bed is taken";
    EXPECT_EQ(ward.view().beds[0].own_limits.size(), 1U);
}

TEST(OwnLimits, AReloadKeepsThemOrIsRefused)
{
    Limited ward;
    ward.set("10 /min");
    ward.reload(Limited::named_pack() + "# another\n");
    ward.breathe(11, 60);
    EXPECT_FALSE(ward.open("bed-1"));
    Configuration without = Rig::configuration(); // the small pack has no such limit
    EXPECT_THAT(ward.ward.why_refused(without), testing::Contains(HasSubstr("bed-1 has a limit of its own (rr_stop)")));
    ward.set("");
    EXPECT_THAT(ward.ward.why_refused(without), IsEmpty());
}

// The built-in rules of a safe mode know fewer: nobody asked before.
TEST(OwnLimits, OneThatAPackDoesNotKnowTakesTheOthersNotAlong)
{
    std::string two = Limited::named_pack();
    two.replace(two.find("[limits]\n"), 9, "[limits]\nrate_most = { value = \"3 g/h\", source = \"test\" }\n");
    const std::string rate = "infusion_rate > 3 g/h";
    two.replace(two.find(rate), rate.size(), "infusion_rate > rate_most");
    Limited ward;
    ward.reload(two);
    ward.act(SetLimit{BedId{0}, "rate_most", "2 g/h", 1h, "kidneys"});
    ASSERT_TRUE(ward.reply()->accepted) << ward.reply()->text;
    ward.set("10 /min");
    ASSERT_EQ(ward.view().beds[0].own_limits.size(), 2U);
    ward.reload(Limited::named_pack());
    ASSERT_EQ(ward.view().beds[0].own_limits.size(), 1U);
    ward.breathe(11, 60);
    EXPECT_FALSE(ward.open("bed-1")) << "hers is 10";
}

TEST(Reload, ASlowMonitorStaysFreshForAsLongAsItDid)
{
    Rig ward;
    Configuration slow = Rig::configuration();
    slow.sources[0].period = 60s;
    ward.step(slow);
    ward.watch();
    ward.observe(Signal::rr, 15);
    ward.pass(60s);
    ward.observe(Signal::rr, 15);
    ward.step(slow);
    ward.pass(50s);
    const WardView view = ward.view(); // lives as long as what it is asked for
    for (const auto& s : view.beds[0].signals) {
        if (s.signal == Signal::rr) {
            EXPECT_TRUE(s.value) << "it has 4 min from its last sample, whatever was reloaded";
        }
    }
}

} // namespace
} // namespace magwatch::test
