// Snapshots that no ward wrote: what cannot be is refused, and what is taken all the same ends no program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/base/archive.hpp"
#include "tests/support/protocol.hpp"
#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;

std::string saved(const Rig& rig) { return std::string{as_text(rig.ward.save())}; }

// Where `what` stands last; a failure if it does not.
std::size_t last_of(const std::string& bytes, const std::string& what)
{
    const std::size_t at = bytes.rfind(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? 0 : at;
}

std::string number(std::uint64_t value)
{
    Bytes out;
    Writer{out}.varint(value);
    return std::string{as_text(out)};
}

std::string serial(const Serial& id) { return number(id.incarnation) + number(id.counter); }

const Entry strike_of(EntryId id)
{
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "charge";
    entry.what = StrikeEntry{};
    entry.corrects = id;
    entry.reason = "other bed";
    entry.request = 7;
    return entry;
}

TEST(DamagedSnapshot, OfAFormatThatIsNotReadIsRefused)
{
    Rig rig;
    std::string bytes = saved(rig);
    ASSERT_EQ(bytes[0], static_cast<char>(newest_format));
    for (const std::uint32_t format : {0U, 1U, newest_format + 1}) {
        bytes[0] = static_cast<char>(format);
        EXPECT_FALSE(Ward::load(bytes)) << format;
    }
}

TEST(DamagedSnapshot, AChecklistOfOtherStepsThanItsProtocolIsRefused)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.protocol_name = "example.protocol.toml";
    c.protocol_text = example_protocol();
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_TRUE(rig.view().beds[0].checklist);
    std::string bytes = saved(rig);
    ASSERT_TRUE(Ward::load(bytes));
    bytes[last_of(bytes, "recurrence")] = 'R';
    EXPECT_FALSE(Ward::load(bytes));
}

TEST(DamagedSnapshot, ASymptomThatNobodyKnowsIsRefused)
{
    Rig rig;
    rig.watch();
    rig.chart(SymptomEntry{{"slurred speech"}, {}, false});
    std::string bytes = saved(rig);
    const std::size_t at = bytes.find(rig.view().beds[0].symptoms.at(0).symptom);
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'x';
    EXPECT_FALSE(Ward::load(bytes));
}

TEST(DamagedSnapshot, AMemoryOfMessagesThatBeginsBehindItsEndIsRefused)
{
    Rig rig;
    rig.step(MessageSeen{SourceId{0}, 0x123456789ABCULL, 0x7654321ULL});
    std::string bytes = saved(rig);
    ASSERT_TRUE(Ward::load(bytes));
    const std::string message = number(0x123456789ABCULL) + number(0x7654321ULL);
    const std::size_t oldest = last_of(bytes, message) + message.size();
    ASSERT_EQ(bytes[oldest], 0);
    bytes[oldest] = 1;
    EXPECT_FALSE(Ward::load(bytes));
}

// Struck entries are marked; a strike itself is no entry. One that stands in the list charts nothing, and stops no
// infusion.
TEST(DamagedSnapshot, AStrikeInTheChartChartsNothing)
{
    Rig rig;
    rig.watch();
    rig.chart(InfusionRateEntry{1, {}});
    Entry fit;
    fit.bed = BedId{0};
    fit.person = "midwife";
    fit.key = "the-key-of-the-fit";
    fit.what = FitEntry{};
    rig.step(fit);
    rig.chart(IntramuscularEntry{5, {}});
    const EntryId dose = rig.view().beds[0].chart->back().id;
    std::string bytes = saved(rig);
    const std::size_t at = last_of(bytes, fit.key) + fit.key.size();
    ASSERT_EQ(bytes[at], 8);
    bytes[at] = 15; // a FitEntry becomes a StrikeEntry
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    EffectBuffer effects;
    ward->step(rig.now(), strike_of(dose), effects);
    EXPECT_EQ(ward->view(rig.now()).beds[0].infusion_rate, 1);
    EXPECT_THAT(ward->view(rig.now()).beds[0].events, IsEmpty());
}

// What a device says is a value or urine.
TEST(DamagedSnapshot, AnEntryOfADeviceThatIsNoValueIsChartedAsWhatItIs)
{
    Rig rig;
    rig.watch();
    Observation urea;
    urea.bed = BedId{0};
    urea.source = SourceId{0};
    urea.origin = Origin::laboratory;
    urea.signal = Signal::avpu;
    urea.value = 0;
    rig.step(urea);
    const EntryId id = rig.view().beds[0].chart->back().id;
    rig.chart(ValueEntry{Signal::gcs, 3});
    const EntryId wrong = rig.view().beds[0].chart->back().id;
    std::string bytes = saved(rig);
    std::string entry = serial(id);
    entry += '\0'; // no key
    entry += '\0'; // a ValueEntry
    entry += static_cast<char>(Signal::avpu);
    const std::size_t at = bytes.find(entry);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at + entry.size() - 2, 2, std::string(1, '\x0c')); // a LevelEntry, of 8 bytes and a bool
    bytes.insert(at + entry.size() - 1, 1, '\0');
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    EffectBuffer effects;
    ward->step(rig.now(), strike_of(wrong), effects);
    EXPECT_EQ(std::get<Reply>(*std::find_if(effects.begin(), effects.end(), [](const Effect& effect) {
                  return std::holds_alternative<Reply>(effect);
              })).text,
              "struck through");
    EXPECT_EQ(ward->view(rig.now()).beds[0].levels.size(), 1U);
}

TEST(DamagedSnapshot, AnAlarmWithoutItsCallAndACallWithoutAnAlarmGoOn)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels.push_back({"smtp", "mail", "m"});
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const CallId call = rig.view().calls.at(0).id;
    std::string bytes = saved(rig);
    const std::string named = serial(call) + serial(call) + number(rig.view().calls[0].number);
    const CallId other{call.incarnation, 120};
    const std::size_t at = bytes.find(named);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, named.size(), serial(other) + serial(other) + number(rig.view().calls[0].number));
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    rig.ward = std::move(*ward);
    rig.effects.clear();
    rig.pass(2min);
    std::size_t rung = 0;
    for (const Page& page : rig.pages()) rung += page.key.call == other ? 1 : 0;
    EXPECT_GT(rung, 0U) << "the call goes on";
    for (const Page& page : rig.pages())
        if (page.key.person == "midwife") {
            EXPECT_EQ(page.key.channel, "web") << "no next channel for the call that is not there";
        }
    const EpisodeId episode = rig.view().episodes.at(0).id;
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Acknowledge{episode});
    EXPECT_EQ(rig.events("reflex-absent").back(), "cleared");
    rig.act(Answer{other, AnswerKind::here});
    EXPECT_TRUE(rig.reply()->accepted);
}

TEST(DamagedSnapshot, AnAlarmUnderAnotherNumberRingsOnAndIsEndedByNoSign)
{
    Rig rig;
    rig.watch();
    rig.chart(ValueEntry{Signal::sbp, 80});
    const EpisodeId id = rig.view().episodes.at(0).id;
    std::string bytes = saved(rig);
    const std::size_t at = bytes.find(serial(id) + serial(id) + std::string("\0\x08systolic", 10));
    ASSERT_NE(at, std::string::npos);
    ASSERT_EQ(serial(id).size(), 2U);
    bytes[at + 1] = 120;
    auto ward = Ward::load(bytes);
    ASSERT_TRUE(ward);
    rig.ward = std::move(*ward);
    rig.chart(ValueEntry{Signal::sbp, 120});
    ASSERT_EQ(rig.view().episodes.size(), 1U);
    EXPECT_TRUE(rig.view().episodes[0].condition);
    EXPECT_FALSE(rig.view().calls.empty());
}

} // namespace
} // namespace magwatch::test
