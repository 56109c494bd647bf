// A person's channels in order, what follows a page, and many beds with one cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/support/ward_rig.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* text_channel = "text";
constexpr const char* mail_channel = "mail";
constexpr const char* bell_channel = "bell";

struct Channels : ::testing::Test {
    Channels()
    {
        Configuration c = Rig::configuration();
        c.people = {{"midwife",
                     {{"sms", text_channel, "a", false, true}, {"smtp", mail_channel, "b"}, {"webhook", bell_channel, "c"}}},
                    {"charge", {{"webhook", "web", "d"}}},
                    {"doctor", {{"smtp", "mail", "e"}}}};
        c.high.rungs = {{{"midwife"}}, {{"charge", "doctor"}}};
        c.high.follow_ups = true;
        rig.step(c);
        rig.watch();
        rig.effects.clear();
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        first = about_her().front();
    }

    // Pages about the patient since the last clear, without those about the ward's own troubles.
    std::vector<Page> about_her() const
    {
        std::vector<Page> found = rig.pages();
        std::erase_if(found, [](const Page& page) { return page.bed != BedId{0} || page.words == no_record; });
        std::erase_if(found, [this](const Page& page) { return number != 0 && page.number != number; });
        return found;
    }
    std::vector<std::string> channels_of(const std::string& person) const
    {
        std::vector<std::string> names;
        for (const Page& page : about_her())
            if (page.key.person == person) names.push_back(page.key.channel);
        return names;
    }
    void receipt(const Page& page, PageOutcome outcome) { rig.step(Receipt{page.key, outcome, ""}); }
    void TestBody() override {} // one more ward within a test

    static inline const std::vector<std::string> no_record{"Infusion record missing"};
    Rig rig;
    Page first;
    std::uint32_t number = 0;
};

TEST_F(Channels, TheFirstAloneIsUsedAtOnce) { EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel)); }

TEST_F(Channels, WithoutAHandOverTheNextStartsAfterFiveSeconds)
{
    rig.pass(hand_over_within - 1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel));
    rig.pass(1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
    rig.pass(hand_over_within);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel, bell_channel));
}

TEST_F(Channels, AScreenHearsThatTheNextHasStarted)
{
    receipt(first, PageOutcome::sending);
    rig.effects.clear();
    rig.jump(rig.now().at(rig.now().steady + hand_over_within));
    rig.step(Tick{});
    ASSERT_THAT(channels_of("midwife"), ElementsAre(mail_channel));
    EXPECT_TRUE(std::any_of(rig.latest.begin(), rig.latest.end(), [](const Effect& effect) {
        const auto* screens = std::get_if<Publish>(&effect);
        return screens != nullptr && screens->bed == BedId{0};
    }));
}

TEST_F(Channels, AfterAFailureTheNextStartsAtOnce)
{
    rig.pass(1s);
    receipt(first, PageOutcome::failed);
    rig.pass(1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
}

TEST_F(Channels, AHandOverWithoutAReceiptIsNotReliedOnForLongerThanTwentySeconds)
{
    receipt(first, PageOutcome::accepted);
    rig.pass(receipt_within - 1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel));
    rig.pass(1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
}

TEST_F(Channels, WhatWasDeliveredNeedsNoOtherChannelAndStillEscalates)
{
    receipt(first, PageOutcome::accepted);
    receipt(first, PageOutcome::delivered);
    rig.pass(59s);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel));
    rig.pass(2s);
    EXPECT_THAT(channels_of("charge"), ElementsAre("web")) << "a receipt is nobody's answer";
}

TEST_F(Channels, ALateFailureStartsTheNext)
{
    receipt(first, PageOutcome::accepted);
    rig.pass(2s);
    receipt(first, PageOutcome::failed);
    rig.pass(1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
}

TEST_F(Channels, AWordThatComesTooLateTakesNothingBack)
{
    const auto outcome = [&] {
        for (const PageView& page : rig.view().pages)
            if (page.page.key == first.key) return page.outcome;
        return std::optional<PageOutcome>{};
    };
    receipt(first, PageOutcome::accepted);
    receipt(first, PageOutcome::read);
    for (const auto late : {PageOutcome::delivered, PageOutcome::failed, PageOutcome::accepted, PageOutcome::unknown}) {
        receipt(first, late);
        EXPECT_EQ(outcome(), PageOutcome::read);
    }
}

// However many pages nobody heard of: those of the newest ring are remembered.
TEST(ManyPages, WithoutAnOutcomeMakeNobodyOfAnotherCallUnreached)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.wait = Duration{10'000};
    c.medium.rungs = {{{"midwife", "charge"}}, {{"doctor"}}};
    c.medium.first_after = {};
    c.medium.wait = Duration{7'200'000};
    rig.step(c);
    rig.watch();
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    rig.pass(1h); // two pages each 10 s, and no word of any
    const auto of_the_other = [&] {
        std::vector<Page> found = rig.pages();
        std::erase_if(found, [](const Page& page) {
            return page.bed != BedId{1} || page.words != std::vector<std::string>{"Low blood pressure"};
        });
        return found;
    };
    rig.observe(Signal::sbp, 85, 2, 1);
    ASSERT_EQ(of_the_other().size(), 2U);
    rig.step(Receipt{of_the_other()[0].key, PageOutcome::delivered, ""});
    rig.pass(10min);
    rig.step(Receipt{of_the_other()[1].key, PageOutcome::failed, ""});
    rig.pass(1min);
    EXPECT_EQ(of_the_other().size(), 2U) << "one of them has it, and has two hours";
}

TEST_F(Channels, AnAnswerStopsThem)
{
    rig.act(Answer{first.key.call, AnswerKind::coming}, "midwife");
    rig.pass(10s);
    const auto names = channels_of("midwife");
    EXPECT_EQ(std::count(names.begin(), names.end(), mail_channel), 0);
}

TEST_F(Channels, ThatRingsAgainAndAgainDoesNotPutTheNextOffForEver)
{
    for (int i = 0; i < 4; ++i) {
        rig.pass(1s);
        rig.chart(ValueEntry{Signal::reflex_knee, 2});
        rig.chart(ValueEntry{Signal::reflex_knee, 0}); // a new true start rings the same call anew
    }
    auto names = channels_of("midwife");
    ASSERT_EQ(std::count(names.begin(), names.end(), text_channel), 5);
    rig.pass(1s);
    names = channels_of("midwife");
    EXPECT_EQ(std::count(names.begin(), names.end(), mail_channel), 1);
}

TEST_F(Channels, ThatTakesEachRingDoesNotPutTheNextOffForEver)
{
    receipt(first, PageOutcome::accepted);
    for (int i = 0; i < 4; ++i) {
        rig.pass(4s);
        rig.chart(ValueEntry{Signal::reflex_knee, 2});
        rig.chart(ValueEntry{Signal::reflex_knee, 0}); // a new true start rings the same call anew
        for (const Page& page : about_her()) receipt(page, PageOutcome::accepted);
    }
    rig.pass(receipt_within - 4 * 4s - 1ms);
    auto names = channels_of("midwife");
    ASSERT_GE(std::count(names.begin(), names.end(), text_channel), 5);
    EXPECT_EQ(std::count(names.begin(), names.end(), mail_channel), 0);
    rig.pass(1ms);
    names = channels_of("midwife");
    EXPECT_EQ(std::count(names.begin(), names.end(), mail_channel), 1) << "20 s after the first ring";
}

TEST_F(Channels, ThatHasComeIsNotLeftAgainForTheFirst)
{
    Configuration c = Rig::configuration();
    c.people = {{"midwife", {{"sms", text_channel, "a"}, {"smtp", mail_channel, "b"}, {"webhook", bell_channel, "c"}}}};
    c.high.rungs = {{{"midwife"}}};
    c.high.wait = 30s;
    Rig ward;
    ward.step(c);
    ward.watch();
    ward.effects.clear();
    ward.chart(ValueEntry{Signal::reflex_knee, 0});
    const auto channels = [&ward] {
        std::vector<std::string> names;
        for (const Page& page : ward.pages())
            if (page.kind == AlarmKind::physiological) names.push_back(page.key.channel);
        return names;
    };
    std::size_t taken = 0;
    const auto pass = [&](Duration length) { // every page is taken, none is delivered
        for (Duration left = length; left > Duration{}; left -= 100ms) {
            ward.pass(100ms);
            for (const auto pages = ward.pages(); taken < pages.size(); ++taken)
                ward.step(Receipt{pages[taken].key, PageOutcome::accepted, ""});
        }
    };
    pass(29s);
    EXPECT_THAT(channels(), ElementsAre(text_channel, mail_channel));
    pass(1s); // rings again
    EXPECT_THAT(channels(), ElementsAre(text_channel, mail_channel, text_channel, mail_channel))
        << "where she was told already she is told again";
    pass(11s);
    EXPECT_THAT(channels(), testing::SizeIs(5));
    EXPECT_EQ(channels().back(), bell_channel) << "20 s after the second, whatever rang meanwhile";
}

TEST_F(Channels, SurviveARestart)
{
    auto loaded = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(loaded);
    rig.ward = std::move(*loaded);
    rig.pass(hand_over_within);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
}

TEST_F(Channels, WithoutOneKeyTwice)
{
    rig.pass(10min);
    std::vector<std::string> keys;
    for (const Page& page : rig.pages()) keys.push_back(page.key.text());
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST_F(Channels, OnlyThoseThatHearRepliesCarryTheCode)
{
    EXPECT_GE(first.code, 10);
    rig.pass(hand_over_within);
    EXPECT_EQ(about_her().back().code, 0);
}

// --- the code of a page ---

TEST(ChannelValues, AreToldWhereTheyMayBeAndOnlyTheNewest)
{
    const auto values = [](const std::function<void(Rig&)>& before, bool may) {
        Rig rig;
        Configuration c = Rig::configuration();
        c.people[0].channels[0].values = may;
        rig.step(c);
        rig.watch();
        before(rig);
        rig.chart(ValueEntry{Signal::reflex_knee, 0});
        return rig.pages().back().values;
    };
    const auto full = [](Rig& rig) {
        rig.chart(InfusionRateEntry{0.96, {}});
        rig.observe(Signal::rr, 14.04);
        rig.observe(Signal::spo2, 96.5);
    };
    EXPECT_THAT(values(full, false), IsEmpty());
    EXPECT_THAT(values(full, true), ElementsAre("RR 14", "SpO2 96.5%", "reflexes 0", "magnesium 1 g/h"));
    EXPECT_THAT(values([](Rig&) {}, true), ElementsAre("reflexes 0")) << "what is not known is not told";
    const auto old = [&](Rig& rig) {
        full(rig);
        rig.pass(31s);
    };
    EXPECT_THAT(values(old, true), ElementsAre("reflexes 0", "magnesium 1 g/h")) << "what is stale neither";
}

TEST_F(Channels, ACodeAnswersTheCallOfThoseWhoWereTold)
{
    rig.act(AnswerCode{first.code, AnswerKind::coming, ""}, "midwife");
    EXPECT_TRUE(rig.reply()->accepted);
    ASSERT_FALSE(rig.view().calls.empty());
    const auto calls = rig.view().calls;
    const auto call = std::find_if(calls.begin(), calls.end(), [&](const CallView& c) { return c.id == first.key.call; });
    EXPECT_EQ(call->state, CallState::accepted);
    ASSERT_EQ(call->told.size(), 1U);
    EXPECT_EQ(call->told[0].answer, Responsibility::accepted);
}

// Whoever is told that an answer was recorded finds it recorded.
TEST_F(Channels, ComingIsKeptAlsoWhileSomebodyElseIsAtTheBed)
{
    rig.act(Answer{first.key.call, AnswerKind::here}, "charge");
    rig.act(AnswerCode{first.code, AnswerKind::coming, ""}, "midwife");
    const auto calls = rig.view().calls;
    const auto call = std::find_if(calls.begin(), calls.end(), [&](const CallView& c) { return c.id == first.key.call; });
    ASSERT_NE(call, calls.end());
    EXPECT_EQ(call->state, CallState::attended);
    EXPECT_EQ(call->person, "charge");
    ASSERT_FALSE(call->told.empty());
    EXPECT_EQ(call->told[0].answer, Responsibility::accepted);
}

TEST_F(Channels, ACodeOfSomebodyWhoWasNotToldOrOfNoCallChangesNothing)
{
    for (const auto& [person, code] : {std::pair{"doctor", first.code}, {"midwife", std::uint16_t(first.code + 1)},
                                       {"midwife", std::uint16_t{0}}}) {
        rig.act(AnswerCode{code, AnswerKind::coming, ""}, person);
        EXPECT_FALSE(rig.reply()->accepted);
        EXPECT_THAT(rig.reply()->text, HasSubstr("no open call with the code"));
    }
}

// A reply that was captured, or that a gateway brings again after a restart, must not answer for a later page.
TEST_F(Channels, AReplyThatComesAgainSaysNothingMore)
{
    rig.act(AnswerCode{first.code, AnswerKind::coming, "sms/city/reply/1"}, "midwife");
    EXPECT_TRUE(rig.reply()->accepted);
    rig.act(AnswerCode{first.code, AnswerKind::cannot, "sms/city/reply/2"}, "midwife");
    const auto answered = [&] {
        for (const CallView& call : rig.view().calls)
            if (call.id == first.key.call) return call.told.at(0).answer;
        return Responsibility::undefined;
    };
    EXPECT_EQ(answered(), Responsibility::declined);
    auto loaded = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(loaded);
    rig.ward = std::move(*loaded);
    rig.act(AnswerCode{first.code, AnswerKind::coming, "sms/city/reply/1"}, "midwife");
    EXPECT_EQ(rig.reply()->text, "already recorded");
    EXPECT_EQ(answered(), Responsibility::declined);
}

// --- a page on its way ---

TEST_F(Channels, APageThatLeftItsQueueIsNotHandedOverYet)
{
    const auto shown = [&] {
        for (const PageView& page : rig.view().pages)
            if (page.page.key == first.key) return page.outcome;
        return std::optional<PageOutcome>{};
    };
    EXPECT_EQ(shown(), std::nullopt);
    rig.step(Receipt{first.key, PageOutcome::sending, ""});
    EXPECT_EQ(shown(), PageOutcome::sending);
    Started started;
    started.incarnation = 2;
    rig.step(started);
    EXPECT_EQ(shown(), std::nullopt) << "nobody knows what became of it: it waits to be sent again";
    EXPECT_EQ(std::count_if(rig.latest.begin(), rig.latest.end(), [&](const Effect& effect) {
        const auto* sent = std::get_if<SendPage>(&effect);
        return sent != nullptr && sent->page.key == first.key && sent->page.attempt == 2;
    }), 1);
    rig.step(Receipt{first.key, PageOutcome::accepted, ""});
    rig.step(Receipt{first.key, PageOutcome::sending, ""});
    EXPECT_EQ(shown(), PageOutcome::accepted) << "told late";
    // It is no hand-over: the next channel does not wait for its sake.
    rig.pass(receipt_within);
    EXPECT_THAT(channels_of("midwife"), testing::Contains(mail_channel));
}

// The channel tried a second time because the first may have arrived: a third time, after a restart, is too many.
TEST_F(Channels, APageThatLeftTwiceIsNotSentAgainAfterARestart)
{
    rig.step(Receipt{first.key, PageOutcome::sending, ""});
    rig.step(Receipt{first.key, PageOutcome::sending, ""});
    Started started;
    started.incarnation = 2;
    rig.step(started);
    std::size_t to_her = 0;
    for (const Effect& effect : rig.latest) {
        const auto* sent = std::get_if<SendPage>(&effect);
        if (sent == nullptr) continue;
        EXPECT_NE(sent->page.key, first.key);
        to_her += sent->page.key.person == first.key.person && sent->page.bed == first.bed ? 1 : 0;
    }
    EXPECT_EQ(to_her, 1U) << "the call rings anew, under a key of its own";
}

// --- follow-ups ---

std::vector<std::string> told(const std::vector<Page>& pages, PageReason reason)
{
    std::vector<std::string> people;
    for (const Page& page : pages)
        if (page.reason == reason) people.push_back(page.key.person);
    return people;
}

TEST_F(Channels, WhoWasToldHearsWhoTakesItAndNobodyElseDoes)
{
    rig.pass(61s); // charge and doctor are told
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::coming}, "charge");
    const auto pages = rig.pages();
    EXPECT_THAT(told(pages, PageReason::taken), testing::Each(testing::AnyOf("midwife", "doctor")));
    EXPECT_THAT(told(pages, PageReason::taken), testing::Contains("doctor"));
    EXPECT_THAT(told(pages, PageReason::taken), testing::Contains("midwife"));
    EXPECT_THAT(page_text(pages.front(), "02:15"), HasSubstr("charge is coming"));
    rig.act(Answer{first.key.call, AnswerKind::coming}, "charge");
    EXPECT_EQ(rig.pages().size(), pages.size()) << "said twice, told once";
}

TEST_F(Channels, WhoDidNotComeHearsThatOthersArePaged)
{
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::cannot}, "midwife");
    EXPECT_THAT(told(rig.pages(), PageReason::escalated), ElementsAre("midwife"));
    EXPECT_THAT(told(rig.pages(), PageReason::declined), UnorderedElementsAre("charge", "doctor"));
}

TEST_F(Channels, TheEndIsToldToThoseWhoWereTold)
{
    rig.pass(61s);
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::here}, "charge");
    const auto pages = rig.pages();
    EXPECT_THAT(told(pages, PageReason::ended), testing::IsSupersetOf({"midwife", "doctor"}));
    EXPECT_THAT(told(pages, PageReason::ended), testing::Not(testing::Contains("charge")));
    for (const Page& page : pages) {
        if (page.reason != PageReason::ended) continue;
        const std::string text = page_text(page, "02:41");
        EXPECT_THAT(text, HasSubstr("ENDED Ward L4 Bed 1 02:41. Alarm over, closed by charge. No reply needed."));
    }
}

TEST_F(Channels, AFollowUpIsNotRepeatedAndHasNoSecondChannel)
{
    rig.act(Answer{first.key.call, AnswerKind::cannot}, "midwife");
    const auto before = told(rig.pages(), PageReason::escalated).size();
    rig.pass(30s);
    EXPECT_EQ(told(rig.pages(), PageReason::escalated).size(), before);
}

// --- policies ---

TEST(Policies, TheFirstThatFitsIsTaken)
{
    Rig rig;
    Configuration c = Rig::configuration();
    SpecialPolicy grave{"grave", AlarmKind::physiological, Priority::high, std::uint8_t{1}, c.high};
    grave.ladder.rungs = {{{"doctor"}}};
    SpecialPolicy other = grave;
    other.grade = 2;
    other.ladder.rungs = {{{"charge"}}};
    c.policies = {other, grave};
    rig.step(c);
    rig.watch();
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}); // grade 1
    EXPECT_THAT(rig.pages().front().key.person, "doctor");
}

TEST(Policies, FitByWhatTheySayAndByNothingElse)
{
    const auto with = [](std::optional<AlarmKind> kind, std::optional<Priority> priority, std::optional<std::uint8_t> grade) {
        return SpecialPolicy{"p", kind, priority, grade, {}};
    };
    constexpr auto hers = AlarmKind::physiological, technical = AlarmKind::technical;
    EXPECT_TRUE(with({}, {}, {}).fits(technical, Priority::low, 0)) << "who asks for nothing takes all";
    EXPECT_TRUE(with(hers, {}, {}).fits(hers, Priority::medium, 0));
    EXPECT_FALSE(with(hers, {}, {}).fits(technical, Priority::medium, 0));
    EXPECT_TRUE(with({}, Priority::high, {}).fits(technical, Priority::high, 0));
    EXPECT_FALSE(with({}, Priority::high, {}).fits(hers, Priority::medium, 0));
    EXPECT_TRUE(with({}, {}, std::uint8_t{2}).fits(hers, Priority::high, 2));
    EXPECT_FALSE(with({}, {}, std::uint8_t{2}).fits(hers, Priority::high, 1));
    EXPECT_FALSE(with(hers, Priority::high, std::uint8_t{2}).fits(hers, Priority::medium, 2));
}

TEST(Policies, ALadderWithoutRungsIsTheOneOfHighAlarms)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.medium.rungs.clear();
    rig.step(c);
    rig.watch();
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::sbp, 80});
    rig.pass(3min);
    std::vector<std::string> people;
    for (const Page& page : rig.pages())
        if (page.kind == AlarmKind::physiological) people.push_back(page.key.person);
    EXPECT_THAT(people, ::testing::Contains("midwife")) << "a medium alarm is nobody's otherwise";
}

TEST(Policies, RungsMayRingTogetherAndWaitOnTheirOwn)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"midwife"}}, {{"charge"}, 10s, true}, {{"doctor"}}};
    rig.step(c);
    rig.watch();
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const auto people = [&] {
        std::vector<std::string> names;
        for (const Page& page : rig.pages())
            if (page.kind == AlarmKind::physiological) names.push_back(page.key.person);
        return names;
    };
    EXPECT_THAT(people(), ElementsAre("midwife", "charge"));
    rig.pass(10s - 1ms);
    EXPECT_THAT(people(), ElementsAre("midwife", "charge"));
    rig.pass(1ms);
    EXPECT_THAT(people(), ElementsAre("midwife", "charge", "doctor"));
}

TEST(Codes, AreOnceAmongOpenCallsAndLaterCallsHaveNone)
{
    constexpr std::uint16_t wards = 95; // of two digits there are 90
    Rig rig;
    Configuration c = Rig::configuration();
    c.beds.clear();
    c.people[0].channels[0].replies = true;
    for (std::uint16_t i = 0; i < wards; ++i) {
        const std::string number = std::to_string(i + 1);
        c.beds.push_back({"bed-" + number, "Ward L4 Bed " + number});
    }
    rig.step(c);
    std::set<std::uint16_t> codes;
    std::size_t without = 0;
    for (std::uint16_t bed = 0; bed < wards; ++bed) {
        rig.watch(bed);
        rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, bed);
        const std::uint16_t code = rig.pages().back().code;
        if (code == 0) {
            ++without;
        } else {
            EXPECT_TRUE(codes.insert(code).second) << code << " is of two calls";
        }
    }
    EXPECT_EQ(codes.size(), 90U);
    EXPECT_EQ(*codes.begin(), 10U);
    EXPECT_EQ(*codes.rbegin(), 99U);
    EXPECT_EQ(without, wards - 90U) << "these are answered in the other ways";
    rig.act(AnswerCode{0, AnswerKind::here, ""});
    EXPECT_FALSE(rig.reply()->accepted) << "no code answers none of those that have none";
}

TEST(PageNumbers, HaveFourDigitsAndComeAgainOnlyAfterAllOthers)
{
    Rig rig;
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 9'000; ++i) {
        rig.effects.clear();
        rig.act(TestPage{"midwife"});
        const std::uint32_t number = rig.pages().back().number;
        ASSERT_GE(number, 1'001U);
        ASSERT_LE(number, 9'999U);
        if (seen.insert(number).second) continue;
        EXPECT_EQ(seen.size(), 8'999U);
        return;
    }
    ADD_FAILURE() << "it never came again";
}

struct Quiet : ::testing::Test {
    Quiet()
    {
        Configuration c = Rig::configuration();
        c.high.quiet = c.medium.quiet = "night";
        c.medium.first_after = {};
        c.medium.quiet_hold = 10min;
        rig.step(Rosters{{}, {{"night", {{rig.now().wall - 1h, rig.now().wall + 1h}}}}});
        rig.step(c);
        rig.watch();
        rig.effects.clear();
    }
    std::size_t pages_of(Priority priority) const
    {
        const auto all = rig.pages();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Page& page) {
            return page.kind == AlarmKind::physiological && page.priority == priority;
        }));
    }
    Rig rig;
};

TEST_F(Quiet, HoursHoldAMediumCallForAWhile)
{
    rig.chart(ValueEntry{Signal::sbp, 80});
    rig.pass(10min - 1ms);
    EXPECT_EQ(pages_of(Priority::medium), 0U);
    rig.pass(1ms);
    EXPECT_EQ(pages_of(Priority::medium), 1U);
}

TEST_F(Quiet, HoursThatAreOverHoldNothingAndThoseThatEndSoonHoldUntilThen)
{
    rig.step(Rosters{{}, {{"day", {{rig.now().wall - 1h, rig.now().wall + 1h}}},
                          {"night", {{rig.now().wall - 2h, rig.now().wall - 1h},
                                     {rig.now().wall - 1min, rig.now().wall + 5s},
                                     {rig.now().wall + 1h, rig.now().wall + 2h}}}}});
    rig.chart(ValueEntry{Signal::sbp, 80});
    rig.pass(5s - 1ms);
    EXPECT_EQ(pages_of(Priority::medium), 0U);
    rig.pass(1ms);
    EXPECT_EQ(pages_of(Priority::medium), 1U) << "the hours are over, and with them the hold";
}

TEST_F(Quiet, HoursOfAnotherTimeHoldNothing)
{
    rig.step(Rosters{{}, {{"night", {{rig.now().wall - 2h, rig.now().wall - 1h}, {rig.now().wall + 1h, rig.now().wall + 2h}}}}});
    rig.chart(ValueEntry{Signal::sbp, 80});
    EXPECT_EQ(pages_of(Priority::medium), 1U);
}

TEST_F(Quiet, OtherHoursThanTheLaddersHoldNothing)
{
    rig.step(Rosters{{}, {{"day", {{rig.now().wall - 1h, rig.now().wall + 1h}}}}});
    rig.chart(ValueEntry{Signal::sbp, 80});
    EXPECT_EQ(pages_of(Priority::medium), 1U);
}

TEST_F(Quiet, HoursNeverHoldTheFirstPageOfAHighCall)
{
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_EQ(pages_of(Priority::high), 1U);
}

TEST_F(Quiet, HoursEndForACallThatBecomesHigh)
{
    rig.chart(ValueEntry{Signal::sbp, 80});
    rig.pass(1min);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    EXPECT_EQ(pages_of(Priority::high), 1U);
}

// --- many beds, one cause ---

struct Flood : ::testing::Test {
    static constexpr std::uint16_t beds = 64;
    Flood()
    {
        Configuration c = Rig::configuration();
        c.beds.clear();
        c.sources.clear();
        for (int i = 1; i <= beds; ++i) {
            const std::string n = std::to_string(i);
            c.beds.push_back({"bed-" + n, "Ward L4 Bed " + n});
            c.sources.push_back({"monitor-" + n, SourceKind::monitor, "bed-" + n, Duration{1000}, false});
        }
        c.technical.first_after = {};
        rig.step(c);
        ladder = c;
        for (std::uint16_t bed = 0; bed < beds; ++bed) {
            rig.watch(bed);
            rig.chart(InfusionRateEntry{1, Salt{}}, {}, bed);
        }
        for (int second = 0; second < 5; ++second) everybody();
        rig.effects.clear();
    }
    // One second of all monitors.
    void everybody(std::uint16_t but = 1000)
    {
        for (std::uint16_t bed = 0; bed < beds; ++bed)
            if (bed != but) observe(bed, rig.now().steady.ms / 1000);
        rig.pass(1s);
    }
    void observe(std::uint16_t bed, std::int64_t second)
    {
        rig.observe(Signal::rr, 14 + static_cast<double>(second % 2), source(bed), bed);
    }
    void use_slow_ladder()
    {
        ladder.technical.first_after = 3min;
        rig.step(ladder);
    }
    std::uint16_t source(std::uint16_t bed) const
    {
        return rig.ward.find_source("monitor-" + std::to_string(bed + 1))->value;
    }
    std::vector<Page> technical() const
    {
        auto found = rig.pages();
        std::erase_if(found, [](const Page& page) { return page.kind != AlarmKind::technical; });
        return found;
    }
    void TestBody() override {} // one more ward within a test
    Rig rig;
    Configuration ladder;
};

TEST_F(Flood, OneSwitchThatFailsIsOnePageAMinute)
{
    rig.pass(5min);
    const auto pages = technical();
    ASSERT_FALSE(pages.empty());
    EXPECT_EQ(pages[0].bed, no_bed);
    EXPECT_THAT(page_text(pages[0], "02:14"), HasSubstr("Ward L4 02:14. 64 beds: No data from the monitor"));
    for (std::size_t i = 1; i < pages.size(); ++i) {
        if (pages[i].key.rung == pages[i - 1].key.rung && pages[i].key.repetition == pages[i - 1].key.repetition) continue;
        EXPECT_GE(pages[i].at - pages[i - 1].at, 55s) << page_text(pages[i], "02:14");
    }
    EXPECT_LE(pages.size(), 10U);
    EXPECT_THAT(page_text(pages.back(), "02:14"), HasSubstr("64 beds: No monitor data, magnesium on board"));
}

TEST_F(Flood, APageAboutAPatientLeavesInTheSameSecond)
{
    rig.pass(29s);
    for (int i = 0; i < 6; ++i) {
        rig.effects.clear();
        rig.chart(ValueEntry{Signal::reflex_knee, i % 2 == 0 ? 0.0 : 2.0}, {}, static_cast<std::uint16_t>(40 + i / 2));
        if (i % 2 == 0) {
            const auto pages = rig.pages();
            EXPECT_EQ(std::count_if(pages.begin(), pages.end(), [](const Page& page) {
                return page.kind == AlarmKind::physiological && page.priority == Priority::high;
            }), 1);
        }
        rig.pass(1s);
    }
}

TEST_F(Flood, ACountAtOneBedDoesNotAnswerForTheOthers)
{
    rig.pass(60s);
    const auto state = [&](CallId id) {
        const auto calls = rig.view().calls;
        return the(calls, [&](const CallView& call) { return call.id == id; }).state;
    };
    const CallId flood = technical().at(0).key.call;
    rig.act(Answer{flood, AnswerKind::coming});
    ASSERT_EQ(state(flood), CallState::accepted);
    rig.chart(ValueEntry{Signal::rr_counted, 16});
    EXPECT_EQ(state(flood), CallState::accepted);
    rig.act(Answer{flood, AnswerKind::here});
    EXPECT_EQ(state(flood), CallState::attended) << "whoever says it of all is believed";
}

TEST_F(Flood, OneBedKeepsItsOwnPage)
{
    for (int second = 0; second < 40; ++second) everybody(7);
    const auto pages = technical();
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].bed_alias, "bed-8");
}

TEST_F(Flood, ABedThatFollowsJoinsThePageThatIsOut)
{
    for (int second = 0; second < 40; ++second) {
        rig.observe(Signal::rr, 14 + second % 2, source(9), 9);
        rig.pass(1s);
    }
    const std::size_t before = technical().size();
    rig.pass(35s);
    const auto pages = technical();
    ASSERT_GT(pages.size(), before);
    for (const Page& page : pages) EXPECT_EQ(page.bed, no_bed);
    EXPECT_THAT(page_text(pages.back(), "02:14"), HasSubstr("64 beds"));
}

TEST_F(Flood, TechnicalCallsWaitTwoSecondsForOneAnother)
{
    while (rig.view().calls.empty()) rig.pass(1ms);
    rig.pass(2s - 1ms);
    EXPECT_THAT(technical(), IsEmpty());
    rig.pass(1ms);
    EXPECT_EQ(technical().size(), 1U);
}

// One bed, and two more a while later, while none is paged yet: technical calls wait 3 min for the ward.
TEST_F(Flood, WhatBeganAMinuteApartHasTwoCauses)
{
    for (const int apart : {60, 61}) {
        Flood ward;
        ward.use_slow_ladder();
        for (int second = 0; second < 260; ++second) {
            for (std::uint16_t bed = 0; bed < beds; ++bed) {
                if (bed == 0 || (bed <= 2 && second >= apart)) continue;
                ward.observe(bed, second);
            }
            ward.rig.pass(1s);
        }
        const auto pages = ward.technical();
        ASSERT_FALSE(pages.empty());
        EXPECT_EQ(pages.front().bed == no_bed, apart == 60) << apart;
    }
}

TEST_F(Flood, EndsWhenEveryBedIsBack)
{
    rig.pass(40s);
    ASSERT_EQ(rig.view().calls.size(), 1U);
    for (int second = 0; second < 90; ++second) everybody();
    EXPECT_THAT(rig.view().calls, IsEmpty());
    rig.effects.clear();
    for (int second = 0; second < 40; ++second) everybody(7);
    EXPECT_EQ(technical().size(), 1U) << "a bed that fails later is called for again";
}

TEST_F(Flood, SurvivesARestart)
{
    rig.pass(33s);
    auto loaded = Ward::load(as_text(rig.ward.save()));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->save(), rig.ward.save());
}

TEST_F(Flood, ATroubleOfTheWardItselfHasItsOwnPage)
{
    rig.pass(40s);
    ASSERT_EQ(rig.view().calls.size(), 1U);
    rig.step(ShellStatus{ShellFault::journal, true, "Records cannot be saved"});
    rig.pass(5s);
    const auto calls = rig.view().calls;
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_THAT(technical().back().words, ElementsAre("Records cannot be saved"));
}

TEST_F(Flood, OnceSomebodyIsComingABedThatFollowsIsCalledForOnItsOwn)
{
    for (int second = 0; second < 40; ++second) {
        rig.observe(Signal::rr, 14 + second % 2, source(9), 9);
        rig.pass(1s);
    }
    ASSERT_EQ(rig.view().calls.size(), 1U);
    rig.act(Answer{rig.view().calls[0].id, AnswerKind::coming}, "midwife");
    rig.effects.clear();
    rig.pass(35s);
    const auto calls = rig.view().calls;
    EXPECT_EQ(std::count_if(calls.begin(), calls.end(), [](const CallView& call) { return call.bed == "bed-10"; }), 1);
}

// The last of many beds is spoken of as itself again, and an alarm of a patient is none of the flood.
TEST_F(Flood, WhenAllButOneAreBackItsPageCountsNoBeds)
{
    rig.pass(40s);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 20);
    for (int second = 0; second < 90; ++second) everybody(7);
    const auto last = technical().back();
    EXPECT_EQ(last.words.front().find("beds"), std::string::npos) << last.words.front();
    EXPECT_THAT(page_text(last, "02:14"), testing::Not(HasSubstr("reflex")));
}

// --- who is left when a configuration changes under a page that is on its way ---

TEST_F(Channels, ThatTheNewConfigurationNoLongerHasStartNoMore)
{
    const auto after = [](const std::function<void(Configuration&)>& change, Duration wait) {
        Channels ward;
        Configuration c = Rig::configuration();
        c.high.rungs = {{{"midwife"}}, {{"charge", "doctor"}}};
        change(c);
        ward.rig.step(c);
        ward.rig.pass(wait);
        return ward.channels_of("midwife");
    };
    const Channel text{"sms", text_channel, "a", false, true}, mail{"smtp", mail_channel, "b"};
    EXPECT_THAT(after([&](Configuration& c) { c.people[0].channels = {text, mail}; }, 20s),
                ElementsAre(text_channel, mail_channel));
    EXPECT_THAT(after([&](Configuration& c) { c.people[0].channels = {text}; }, 20s), ElementsAre(text_channel));
    EXPECT_THAT(after([&](Configuration& c) { c.people[0].channels = {mail}; }, 20s), ElementsAre(text_channel))
        << "the one that was used is not there any more: nobody knows which would be the next";
    EXPECT_THAT(after([&](Configuration& c) { c.people.erase(c.people.begin()); }, 20s), ElementsAre(text_channel));
}

TEST_F(Channels, OfTwoCallsAndTwoPeopleEachKeepTheirTime)
{
    Configuration c = Rig::configuration();
    const Channel text{"sms", text_channel, "a", false, true}, mail{"smtp", mail_channel, "b"};
    c.people = {{"midwife", {text, mail}}, {"charge", {text, mail}}, {"doctor", {text, mail}}};
    c.high.rungs = {{{"midwife", "charge"}}};
    rig.step(c);
    rig.watch(1);
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.pass(3s);
    rig.chart(InfusionRateEntry{4, {}}, {}, 1); // 5 s later a new sign rings the same people again
    rig.pass(6s);
    std::vector<std::string> mailed;
    for (const Page& page : rig.pages())
        if (page.bed == BedId{1} && page.key.channel == mail_channel) mailed.push_back(page.key.person);
    EXPECT_THAT(mailed, testing::IsSupersetOf({"midwife", "charge"})) << "5 s after the first page, not after the last";
}

TEST_F(Channels, OfAWomanWhoIsMovedTheNextChannelLeadsToHerAndNobodyElses)
{
    Configuration c = Rig::configuration();
    c.beds.push_back({"bed-3", "Ward L4 Bed 3"});
    c.people = {{"midwife", {{"sms", text_channel, "a", false, true}, {"smtp", mail_channel, "b"}}}};
    c.high.rungs = {{{"midwife"}}};
    rig.step(c);
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    receipt(first, PageOutcome::sending);
    rig.effects.clear();
    rig.act(WatchTransfer{BedId{0}, BedId{2}});
    rig.pass(hand_over_within);
    std::vector<std::string> mailed;
    for (const Page& page : rig.pages())
        if (page.key.channel == mail_channel && page.kind == AlarmKind::physiological) mailed.push_back(page.place);
    EXPECT_THAT(mailed, UnorderedElementsAre("Ward L4 Bed 2", "Ward L4 Bed 3"));
    const WardView view = rig.view();
    const auto left = std::find_if(view.pages.begin(), view.pages.end(),
                                   [this](const PageView& page) { return page.page.key == first.key; });
    ASSERT_NE(left, view.pages.end());
    EXPECT_EQ(left->page.place, "Ward L4 Bed 1") << "what left says what it says";
}

TEST_F(Channels, AHandOverThatNobodyCanTellOfStartsTheNextAtOnce)
{
    receipt(first, PageOutcome::unknown);
    rig.pass(1ms);
    EXPECT_THAT(channels_of("midwife"), ElementsAre(text_channel, mail_channel));
}

TEST_F(Channels, WhatWasDeliveredMayBeReadAndAWordAboutNoPageChangesNothing)
{
    const auto outcome = [&] {
        for (const PageView& page : rig.view().pages)
            if (page.page.key == first.key) return page.outcome;
        return std::optional<PageOutcome>{};
    };
    receipt(first, PageOutcome::accepted);
    receipt(first, PageOutcome::delivered);
    receipt(first, PageOutcome::failed);
    EXPECT_EQ(outcome(), PageOutcome::delivered) << "a failure after it is none";
    receipt(first, PageOutcome::read);
    EXPECT_EQ(outcome(), PageOutcome::read);
    const Bytes before = rig.ward.save();
    Page none = first;
    none.key.person = "stranger";
    receipt(none, PageOutcome::failed);
    EXPECT_EQ(rig.ward.save(), before);
}

TEST_F(Channels, ALateFailureOfAnEarlierRungMovesNothing)
{
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"charge"}}, {{"midwife"}}, {{"doctor"}}};
    rig.step(c);
    rig.watch(1);
    rig.effects.clear();
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    const Page to_charge = rig.pages().at(0);
    ASSERT_EQ(to_charge.key.person, "charge");
    rig.pass(61s);
    ASSERT_EQ(rig.pages().back().key.person, "midwife");
    const std::size_t before = rig.pages().size();
    receipt(to_charge, PageOutcome::failed);
    rig.pass(1s);
    const auto pages = rig.pages();
    EXPECT_EQ(std::count_if(pages.begin() + static_cast<std::ptrdiff_t>(before), pages.end(),
                            [](const Page& page) { return page.key.person == "doctor"; }), 0)
        << "the midwife has her minute";
    rig.chart(InfusionRateEntry{4, {}}, {}, 1);
    rig.pass(5s); // a new sign: everybody who was told, under a new repetition
    const std::size_t again = rig.pages().size();
    for (const Page& page : pages)
        if (page.bed == BedId{1} && page.key.person == "midwife") receipt(page, PageOutcome::failed);
    rig.pass(1s);
    const auto all = rig.pages();
    EXPECT_EQ(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(again), all.end(),
                            [](const Page& page) { return page.key.person == "doctor"; }), 0)
        << "nor does one of an earlier ring";
}

// --- whom a follow-up reaches ---

TEST_F(Channels, WhoWasOnlyRungUpHearsTheEndOnTheirFirstChannel)
{
    Configuration c = Rig::configuration();
    c.high.follow_ups = true;
    c.people.push_back({"runner", {}});
    rig.step(c);
    rig.act(CallPhoned{first.key.call, "doctor", {}}, "midwife");
    rig.act(CallPhoned{first.key.call, "runner", {}}, "midwife");
    rig.act(CallPhoned{first.key.call, "somebody", {}}, "midwife");
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::coming}, "charge");
    EXPECT_THAT(told(rig.pages(), PageReason::taken), testing::IsSupersetOf({"midwife", "doctor"}));
    EXPECT_THAT(told(rig.pages(), PageReason::taken), testing::Not(testing::Contains("runner")));
    rig.pass(1s);
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::here}, "charge");
    rig.chart(ValueEntry{Signal::reflex_knee, 2});
    rig.act(Answer{first.key.call, AnswerKind::here}, "charge");
    EXPECT_THAT(told(rig.pages(), PageReason::ended), testing::Contains("doctor")) << "there again";
}

TEST_F(Channels, AFollowUpGoesWhereAPageArrivedAndNotWhereItFailed)
{
    receipt(first, PageOutcome::failed);
    rig.pass(1s); // by mail now
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::coming}, "charge");
    std::vector<std::string> channels;
    for (const Page& page : rig.pages())
        if (page.reason == PageReason::taken && page.key.person == "midwife") channels.push_back(page.key.channel);
    EXPECT_THAT(channels, ElementsAre(mail_channel));
}

TEST_F(Channels, TwoWordsOfOneMillisecondAreTwoFollowUps)
{
    rig.watch(1);
    rig.chart(ValueEntry{Signal::reflex_knee, 0}, {}, 1);
    rig.effects.clear();
    rig.act(Answer{first.key.call, AnswerKind::coming}, "charge");
    rig.act(Answer{first.key.call, AnswerKind::coming}, "doctor"); // says it too, in the same instant
    std::set<std::string> keys;
    std::size_t pages = 0;
    for (const Page& page : rig.pages()) {
        if (page.reason != PageReason::taken) continue;
        keys.insert(page.key.text());
        ++pages;
    }
    EXPECT_GE(pages, 2U);
    EXPECT_EQ(keys.size(), pages);
    const auto calls = rig.view().calls;
    EXPECT_EQ(the(calls, [&](const CallView& call) { return call.id == first.key.call; }).person, "doctor")
        << "the last who said it";
}

// --- encrypted channels ---

TEST(ChannelValues, APageOfTheWardOrOfAnUnwatchedBedHasNone)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.people[0].channels = {{"matrix", "room", "a", true}};
    c.technical.first_after = {};
    rig.step(c);
    rig.step(ShellStatus{ShellFault::journal, true, "Records cannot be saved"});
    rig.stream(Signal::hr, 80, 130);
    ASSERT_GE(rig.pages().size(), 2U);
    std::set<std::string> beds;
    for (const Page& page : rig.pages()) {
        EXPECT_THAT(page.values, IsEmpty());
        beds.insert(page.bed_alias);
    }
    EXPECT_THAT(beds, ElementsAre("", "bed-1"));
    rig.watch();
    rig.effects.clear();
    rig.observe(Signal::rr, 9);
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    ASSERT_FALSE(rig.pages().empty());
    EXPECT_THAT(rig.pages().back().values, testing::Contains("RR 9"));
    c.high.follow_ups = true;
    rig.step(c);
    rig.effects.clear();
    const auto calls = rig.view().calls;
    rig.act(Answer{the(calls, [](const CallView& call) { return call.bed == "bed-1"; }).id, AnswerKind::coming}, "charge");
    const auto pages = rig.pages();
    EXPECT_THAT(the(pages, [](const Page& page) { return page.reason == PageReason::taken; }).values, IsEmpty())
        << "nobody is to come for it";
}

TEST(PageMemory, OfManyPagesTheOldestWhoseFateIsKnownGo)
{
    Rig rig;
    Configuration c = Rig::configuration();
    c.high.rungs = {{{"midwife"}}};
    c.high.wait = 1s;
    rig.step(c);
    rig.watch();
    rig.chart(ValueEntry{Signal::reflex_knee, 0});
    const PageKey first = rig.pages().at(0).key;
    std::size_t answered = 1;
    for (int i = 0; i < 400; ++i) {
        rig.pass(1s);
        for (const auto pages = rig.pages(); answered < pages.size(); ++answered)
            rig.step(Receipt{pages[answered].key, PageOutcome::accepted, ""});
        ASSERT_LE(rig.view().pages.size(), 251U);
    }
    const WardView view = rig.view();
    EXPECT_EQ(view.pages.front().page.key, first) << "of the first nobody knows anything yet";
}

} // namespace
} // namespace magwatch::test
