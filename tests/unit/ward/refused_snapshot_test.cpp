// A new version may refuse what an older one took: nobody loses her watch or her alarm by that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/protocol.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// A ward whose snapshot is read by a program that refuses some of its words.
struct Upgraded : Rig {
    // As if `word`, which stands in the snapshot, were refused.
    LoadRefused upgrade(const std::string& word)
    {
        std::string bytes{as_text(ward.save())};
        const std::size_t at = bytes.find(word);
        EXPECT_NE(at, std::string::npos) << word;
        bytes[at] = '?';
        LoadRefused refused;
        auto loaded = Ward::load(bytes, &refused);
        EXPECT_TRUE(loaded) << word;
        if (loaded) ward = std::move(*loaded);
        effects.clear();
        return refused;
    }
    void start()
    {
        Started started;
        started.incarnation = 2;
        started.unwatched = 1s;
        step(started);
    }
    [[nodiscard]] std::vector<std::string> open() const
    {
        std::vector<std::string> rules;
        for (const EpisodeView& episode : view().episodes)
            if (episode.bed == "bed-1") rules.push_back(episode.rule);
        return rules;
    }
};

TEST(RefusedSnapshot, EachKindOfWhatWasRefusedIsToldAlone)
{
    EXPECT_FALSE(LoadRefused{}.any());
    EXPECT_TRUE((LoadRefused{true, 0, 0, false}.any()));
    EXPECT_TRUE((LoadRefused{false, 1, 0, false}.any()));
    EXPECT_TRUE((LoadRefused{false, 0, 1, false}.any()));
    EXPECT_TRUE((LoadRefused{false, 0, 0, true}.any()));
}

TEST(RefusedSnapshot, OfARefusedPackKeepsWatchAndAlarmsAndTheNextPackGoesOnWithThem)
{
    Upgraded rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const EpisodeView before = rig.view().episodes.at(0);
    const LoadRefused refused = rig.upgrade("reflex < 1");
    EXPECT_TRUE(refused.rules);
    EXPECT_FALSE(refused.protocol);
    EXPECT_EQ(refused.own_limits + refused.checklists, 0U);
    EXPECT_EQ(rig.view().beds_watched, 1U);
    rig.start();
    EXPECT_FALSE(rig.pages().empty()) << "whoever was called is called on";
    rig.step(Rig::configuration());
    ASSERT_THAT(rig.open(), Contains("reflex-absent"));
    const auto episodes = rig.view().episodes;
    const auto same = std::find_if(episodes.begin(), episodes.end(), [&](const EpisodeView& e) { return e.id == before.id; });
    ASSERT_NE(same, episodes.end());
    EXPECT_TRUE(same->condition);
    EXPECT_THAT(rig.events("reflex-absent"), Not(Contains("raised"))) << "one alarm, and not a second beside it";
    EXPECT_EQ(rig.view().beds[0].infusion_rate, 1);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Acknowledge{before.id});
    EXPECT_THAT(rig.open(), Not(Contains("reflex-absent"))) << "and it ends as it would have";
}

TEST(RefusedSnapshot, ARuleOfARefusedPackThatTheNextHasNotRingsUntilAPersonEndsIt)
{
    Upgraded rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const EpisodeId id = rig.view().episodes.at(0).id;
    (void)rig.upgrade("reflex < 1");
    rig.start();
    Configuration c = Rig::configuration();
    const std::string rule = "id = \"reflex-absent\"";
    c.pack_text.replace(c.pack_text.find(rule), rule.size(), "id = \"another\"");
    rig.step(c);
    EXPECT_THAT(rig.open(), Contains("reflex-absent"));
    EXPECT_THAT(rig.open(), Contains("another"));
    rig.step(Rig::configuration());
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(rig.open(), Contains("reflex-absent")) << "what came later does not take it over";
    rig.act(Acknowledge{id});
    for (const EpisodeView& episode : rig.view().episodes) EXPECT_NE(episode.id, id);
}

// What is found before a pack is there again is judged when it is.
TEST(RefusedSnapshot, WhatIsChartedBeforeTheNextPackIsJudgedByIt)
{
    Upgraded rig;
    rig.watch();
    (void)rig.upgrade("reflex < 1");
    rig.start();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_THAT(rig.open(), Not(Contains("reflex-absent")));
    rig.step(Rig::configuration());
    EXPECT_THAT(rig.open(), Contains("reflex-absent"));
    EXPECT_FALSE(rig.pages().empty());
}

TEST(RefusedSnapshot, AnOverdueCheckStaysOverdue)
{
    Upgraded rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    rig.pass(76min);
    ASSERT_THAT(rig.open(), Contains("check.reflex"));
    (void)rig.upgrade("reflex < 1");
    rig.start();
    rig.step(Rig::configuration());
    EXPECT_THAT(rig.open(), Contains("check.reflex"));
    EXPECT_THAT(rig.events("check.reflex"), IsEmpty()) << "it neither ended nor began";
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    EXPECT_THAT(rig.events("check.reflex"), ElementsAre("cleared"));
}

TEST(RefusedSnapshot, ItsOwnSnapshotIsReadAgain)
{
    Upgraded rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    (void)rig.upgrade("reflex < 1");
    const Bytes saved = rig.ward.save();
    LoadRefused refused;
    const auto again = Ward::load(as_text(saved), &refused);
    ASSERT_TRUE(again);
    EXPECT_FALSE(refused.any());
    EXPECT_EQ(again->save(), saved);
}

TEST(RefusedSnapshot, OwnLimitsThatDoNotFitAreLeftOutAndTheWardsHold)
{
    Upgraded rig;
    Configuration c = Rig::configuration();
    const std::string rule = "when = \"reflex < 1\"";
    c.pack_text.replace(c.pack_text.find(rule), rule.size(), "when = \"reflex < 1 or rr < rr_stop\"");
    const std::string first = "[[rule]]";
    c.pack_text.replace(c.pack_text.find(first), first.size(),
                        "[limits]\nrr_stop = { value = \"12 /min\", source = \"test\" }\n[[rule]]");
    rig.step(c);
    rig.watch();
    rig.act(SetLimit{BedId{0}, "rr_stop", "8.125 /min", 4h, "breathes slowly asleep"});
    ASSERT_TRUE(rig.reply()->accepted) << rig.reply()->text;
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const EpisodeId id = rig.view().episodes.at(0).id;
    const LoadRefused refused = rig.upgrade("8.125 /min");
    EXPECT_FALSE(refused.rules);
    EXPECT_EQ(refused.own_limits, 1U);
    (void)rig.view();
    rig.start();
    EXPECT_THAT(rig.view().beds[0].own_limits, IsEmpty());
    rig.observe(Signal::rr, 16);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Acknowledge{id});
    EXPECT_THAT(rig.open(), Not(Contains("reflex-absent")));
    rig.observe(Signal::rr, 10);
    EXPECT_THAT(rig.open(), Contains("reflex-absent")) << "the ward's own limit";
}

TEST(RefusedSnapshot, ARefusedProtocolCostsTheChecklistAndNothingElse)
{
    Upgraded rig;
    Configuration c = Rig::configuration();
    c.protocol_name = "example.protocol.toml";
    c.protocol_text = example_protocol();
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_TRUE(rig.view().beds[0].checklist);
    // The text stands twice: the ward's, and that of the open list.
    std::string bytes{as_text(rig.ward.save())};
    std::size_t found = 0;
    for (std::size_t at = bytes.find("[[step]]"); at != std::string::npos; at = bytes.find("[[step]]", at + 1)) {
        bytes[at] = '?';
        ++found;
    }
    ASSERT_GT(found, 1U);
    LoadRefused refused;
    auto loaded = Ward::load(bytes, &refused);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(refused.protocol);
    EXPECT_EQ(refused.checklists, 1U);
    EXPECT_FALSE(refused.rules);
    rig.ward = std::move(*loaded);
    rig.effects.clear();
    EXPECT_FALSE(rig.view().beds[0].checklist);
    EXPECT_THAT(rig.open(), Contains("reflex-absent"));
    rig.start();
    EXPECT_FALSE(rig.pages().empty());
    rig.step(c);
    rig.act(ProtocolOpen{BedId{0}, ProtocolBranch::grade1, "", ""});
    EXPECT_TRUE(rig.reply()->accepted);
    EXPECT_TRUE(rig.view().beds[0].checklist);
}

} // namespace
} // namespace magwatch::test
