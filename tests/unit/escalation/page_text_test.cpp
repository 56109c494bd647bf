#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>

#include "rules/escalation/gsm7.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch {
namespace {

// The shortening has many steps; the default of 100 cases hardly meets the last ones.
const bool many_cases = ::setenv("RC_PARAMS", "max_success=3000", 0) == 0;

Page toxicity_page(std::uint8_t grade = 2)
{
    Page page;
    page.key = {{1, 7}, 0, 0, "midwife-1", "webhook"};
    page.number = 1207;
    page.bed = BedId{2};
    page.bed_alias = "bed-3";
    page.place = "Ward L4 Bed 3";
    page.grade = grade;
    page.words = {"Slow breathing", "No reflexes"};
    page.callback = "4471";
    return page;
}

TEST(PageText, GradeTwoIsTheExampleOfTheBehaviourPage)
{
    EXPECT_EQ(page_text(toxicity_page(), "02:14"),
              "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing, no reflexes. STOP magnesium at pump. "
              "Bring calcium gluconate. Ring 4471. #1207");
}

TEST(PageText, GradeOneAsksToHaveTheAntidoteReady)
{
    Page page = toxicity_page(1);
    page.words = {"No reflexes"};
    EXPECT_EQ(page_text(page, "02:14"),
              "MAG HIGH Ward L4 Bed 3 02:14. No reflexes. STOP magnesium at pump. "
              "Have calcium gluconate ready. Ring 4471. #1207");
}

TEST(PageText, WithoutAGradeNobodyIsToldToStopMagnesium)
{
    Page page = toxicity_page(0);
    page.words = {"CHECK BREATHING NOW"};
    EXPECT_EQ(page_text(page, "02:14"),
              "MAG HIGH Ward L4 Bed 3 02:14. CHECK BREATHING NOW. Go to the bed now. Ring 4471. #1207");
    page.priority = Priority::medium;
    page.words = {"Low urine output"};
    EXPECT_EQ(page_text(page, "03:40"),
              "MAG MEDIUM Ward L4 Bed 3 03:40. Low urine output. Review at the bed. Ring 4471. #1207");
}

TEST(PageText, OneSignOfMediumPriorityAsksForTheOthers)
{
    Page page = toxicity_page(1);
    page.priority = Priority::medium;
    page.words = {"Drowsy or confused"};
    EXPECT_EQ(page_text(page, "03:40"), "MAG MEDIUM Ward L4 Bed 3 03:40. Drowsy or confused. "
                                        "Examine reflexes and breathing. Ring 4471. #1207");
}

TEST(PageText, TechnicalPagesSayThatSomebodyMustLook)
{
    Page page = toxicity_page(0);
    page.kind = AlarmKind::technical;
    page.words = {"No monitor data 6 min"};
    EXPECT_EQ(page_text(page, "02:20"),
              "MAG TECHNICAL Ward L4 Bed 3 02:20. No monitor data 6 min. Check the patient. Ring 4471. #1207");
    page.bed = no_bed;
    page.bed_alias.clear();
    page.place = "Ward L4";
    page.words = {"Journal cannot be written"};
    EXPECT_EQ(page_text(page, "02:20"),
              "MAG TECHNICAL Ward L4 02:20. Journal cannot be written. Ring 4471. #1207");
}

TEST(PageText, EveryRepeatSaysWhyItRings)
{
    Page page = toxicity_page();
    page.words = {"Slow breathing"};
    const auto sentence = [&](PageReason reason) {
        page.reason = reason;
        const std::string text = page_text(page, "02:14");
        const std::size_t from = text.find("02:14.") + 6, to = text.find(" Slow breathing");
        return text.substr(from, to - from);
    };
    EXPECT_EQ(sentence(PageReason::first), "");
    EXPECT_EQ(sentence(PageReason::next_rung), " No answer yet.");
    EXPECT_EQ(sentence(PageReason::repeat), " Still no answer.");
    EXPECT_EQ(sentence(PageReason::new_sign), " New sign or worse.");
    EXPECT_EQ(sentence(PageReason::not_attended), " Nobody at the bed yet.");
    EXPECT_EQ(sentence(PageReason::declined), " Colleague cannot come.");
    EXPECT_EQ(sentence(PageReason::persists), " Still present.");
    EXPECT_EQ(sentence(PageReason::moved), " Moved here.");
    EXPECT_EQ(sentence(PageReason::restart), " Watching was interrupted.");
    page.unwatched = std::chrono::seconds{12};
    EXPECT_EQ(sentence(PageReason::restart), " Not watched for 12 s.");
    page.unwatched = std::chrono::minutes{7};
    EXPECT_EQ(sentence(PageReason::restart), " Not watched for 7 min.");
    page.unwatched = Duration{119'001};
    EXPECT_EQ(sentence(PageReason::restart), " Not watched for 2 min.");
    page.unwatched = Duration{1};
    EXPECT_EQ(sentence(PageReason::restart), " Not watched for 1 s.");
    page.unwatched = std::chrono::hours{9};
    EXPECT_EQ(sentence(PageReason::restart), " Not watched for 9 h.");
}

TEST(PageText, SimulationAndTheEmergencyNumberAreStamped)
{
    Page page = toxicity_page();
    page.simulation = true;
    page.emergency = "2222";
    EXPECT_EQ(page_text(page, "02:14"),
              "SIMULATION MAG HIGH Ward L4 Bed 3 02:14. Slow breathing, no reflexes. STOP magnesium at pump. "
              "Bring calcium gluconate. Emergency 2222. Ring 4471. #1207");
    page.kind = AlarmKind::technical;
    EXPECT_EQ(page_text(page, "02:14").rfind("SIMULATION MAG TECHNICAL ", 0), 0U);
}

TEST(PageText, FindingsAreDroppedFromTheLast)
{
    Page page = toxicity_page();
    page.words = {"Slow breathing", "No reflexes", "Low oxygen saturation", "SpO2 falling", "Urine low",
                  "Drowsy"};
    const std::string text = page_text(page, "02:14");
    EXPECT_LE(gsm7_length(text), gsm7_message_max);
    EXPECT_NE(text.find("Slow breathing, no reflexes, low oxygen saturation"), std::string::npos) << text;
    EXPECT_EQ(text.find("Drowsy"), std::string::npos);
    EXPECT_NE(text.find("STOP magnesium at pump. Bring calcium gluconate. Ring 4471. #1207"), std::string::npos);
}

TEST(PageText, WordsKeepTheirCapitalsWhereTheyMean)
{
    Page page = toxicity_page();
    page.words = {"Slow breathing.", "SpO2 low", "ECG leads off"};
    EXPECT_NE(page_text(page, "02:14").find("Slow breathing, SpO2 low, ECG leads off."), std::string::npos);
}

TEST(PageText, AnOverlongPlaceLosesItsWardButNeverItsBed)
{
    Page page = toxicity_page();
    page.place = "The Royal Maternity Hospital Second Floor High Dependency Obstetric Unit East Wing Bed 3 window";
    const std::string text = page_text(page, "02:14");
    EXPECT_LE(gsm7_length(text), gsm7_message_max);
    EXPECT_NE(text.find(" Bed 3 window 02:14."), std::string::npos) << text;
    EXPECT_NE(text.find("STOP magnesium"), std::string::npos) << text;
    EXPECT_NE(text.find("calcium gluconate"), std::string::npos) << text;
}

// Random ward names, findings and numbers, long and strange ones among them.
Page random_page()
{
    const auto text = [](std::size_t max) {
        return rc::gen::container<std::string>(
            *rc::gen::inRange<std::size_t>(0, max),
            rc::gen::oneOf(rc::gen::inRange<char>('a', 'z'), rc::gen::element(' ', '\n', '\r', 'B', '[', '.'),
                           rc::gen::arbitrary<char>()));
    };
    Page page = toxicity_page(*rc::gen::inRange<std::uint8_t>(0, 3));
    page.number = *rc::gen::arbitrary<std::uint32_t>();
    page.place = *text(200) + " Bed " + std::to_string(*rc::gen::inRange(1, 9999));
    page.words.clear();
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) page.words.push_back(*text(80));
    page.priority = *rc::gen::element(Priority::low, Priority::medium, Priority::high);
    page.kind = *rc::gen::element(AlarmKind::physiological, AlarmKind::technical);
    page.reason = static_cast<PageReason>(*rc::gen::inRange(0, 8));
    page.unwatched = Duration{*rc::gen::arbitrary<std::int64_t>()};
    page.simulation = *rc::gen::arbitrary<bool>();
    page.callback = std::to_string(*rc::gen::arbitrary<std::uint32_t>());
    page.emergency = *text(20);
    return page;
}

TEST(PageText, AlwaysOneMessageThatNamesTheBedAndWhatToDo)
{
    ASSERT_TRUE(many_cases);
    const bool ok = rc::check("page_text", [] {
        const Page page = random_page();
        const std::string text = page_text(page, "02:14");
        RC_LOG() << text << "\n";
        RC_ASSERT(gsm7_length(text) <= gsm7_message_max);
        RC_ASSERT(is_gsm7(text));
        RC_ASSERT(text.rfind(page.simulation ? "SIMULATION MAG " : "MAG ", 0) == 0);
        const std::string bed = page.place.substr(page.place.rfind("Bed "));
        RC_ASSERT(text.find(bed + " 02:14.") != std::string::npos);
        RC_ASSERT(text.find(" Ring " + page.callback + ".") != std::string::npos);
        RC_ASSERT(text.substr(text.rfind('#')) == "#" + std::to_string(page.number));
        const bool toxicity =
            page.kind == AlarmKind::physiological && page.priority == Priority::high && page.grade >= 1;
        if (toxicity) {
            RC_ASSERT(text.find("STOP magnesium") != std::string::npos);
            RC_ASSERT(text.find("calcium gluconate") != std::string::npos);
        }
        const bool restart = page.reason == PageReason::restart && page.place.size() < 30;
        RC_ASSERT(!restart || text.find("atch") != std::string::npos);
    });
    EXPECT_TRUE(ok);
}

// The longest names and numbers that a configuration may have (page.hpp): on a ward nothing of what must be
// read is ever cut, and of a toxicity page not the longest built-in finding either.
TEST(PageText, TheLongestThatAConfigurationAllowsStaysWhole)
{
    Page page;
    page.number = 9999; // the core counts to it and begins again
    page.bed = BedId{2};
    page.bed_alias = "bed-3";
    page.place = std::string(place_max - 6, 'W') + " Bed 3";
    page.callback = std::string(callback_max, '4');
    page.emergency = std::string(emergency_max, '2');
    page.words = {"CHECK BREATHING NOW", "No reflexes"};
    page.unwatched = Duration{119'000};
    for (const auto kind : {AlarmKind::physiological, AlarmKind::technical})
        for (const auto priority : {Priority::low, Priority::medium, Priority::high})
            for (std::uint8_t grade = 0; grade <= 2; ++grade)
                for (int reason = 0; reason <= static_cast<int>(PageReason::restart); ++reason)
                    for (const bool simulation : {false, true}) {
                        page.kind = kind;
                        page.priority = priority;
                        page.grade = grade;
                        page.reason = static_cast<PageReason>(reason);
                        page.simulation = simulation;
                        const std::string text = page_text(page, "02:14");
                        SCOPED_TRACE(text);
                        const auto has = [&](const std::string& part) {
                            return text.find(part) != std::string::npos;
                        };
                        EXPECT_LE(gsm7_length(text), gsm7_message_max);
                        EXPECT_TRUE(has(" " + page.place + " 02:14."));
                        EXPECT_TRUE(has(" Ring " + page.callback + ". #9999"));
                        const bool high = kind == AlarmKind::physiological && priority == Priority::high;
                        if (high && grade >= 1) {
                            EXPECT_TRUE(has("STOP magnesium"));
                            EXPECT_TRUE(has("calcium gluconate"));
                        }
                        if (simulation) continue; // the stamp takes 11 characters
                        EXPECT_TRUE(has("CHECK BREATHING NOW"));
                        if (page.reason == PageReason::restart) {
                            EXPECT_TRUE(has("atched"));
                        } else if (high) {
                            EXPECT_TRUE(has(" Emergency " + page.emergency + "."));
                        }
                    }
}

TEST(PageText, SaysWhatToTypeAndNeverGivesThatUp)
{
    Page page = toxicity_page();
    page.code = 17;
    EXPECT_NE(page_text(page, "02:14").find("Reply 17Y coming, 17N cannot. #1207"), std::string::npos)
        << page_text(page, "02:14");
    page.code = 99;
    page.place = std::string(place_max - 6, 'W') + " Bed 3";
    page.callback = std::string(callback_max, '4');
    page.emergency = std::string(emergency_max, '2');
    page.words = {"CHECK BREATHING NOW", "No reflexes"};
    page.unwatched = Duration{119'000};
    for (int reason = 0; reason <= static_cast<int>(PageReason::restart); ++reason) {
        page.reason = static_cast<PageReason>(reason);
        const std::string text = page_text(page, "02:14");
        SCOPED_TRACE(text);
        EXPECT_LE(gsm7_length(text), gsm7_message_max);
        for (const std::string& part : {" " + page.place + " 02:14.", std::string{"CHECK BREATHING NOW"},
                                        std::string{"STOP magnesium"}, std::string{"calcium gluconate"},
                                        " Ring " + page.callback + ".", std::string{"Reply 99Y/99N."}})
            EXPECT_NE(text.find(part), std::string::npos) << part;
    }
}

TEST(PageText, ValuesGoFirstWhereRoomIsShort)
{
    Page page = toxicity_page();
    page.words = {"Slow breathing"};
    page.values = {"RR 9", "SpO2 91%"};
    EXPECT_NE(page_text(page, "02:14").find("Slow breathing. RR 9, SpO2 91%. STOP magnesium at pump."), std::string::npos)
        << page_text(page, "02:14");
    page.values.assign(8, "magnesium 1.2 g/h");
    EXPECT_EQ(page_text(page, "02:14").find("g/h"), std::string::npos);
    EXPECT_NE(page_text(page, "02:14").find("STOP magnesium at pump."), std::string::npos);
}

TEST(PageText, AFollowUpAsksForNothing)
{
    Page page = toxicity_page();
    page.code = 17;
    page.reason = PageReason::taken;
    page.words = {"dr-1 is coming"};
    const std::string text = page_text(page, "02:15");
    EXPECT_EQ(text.rfind("MAG TAKEN ", 0), 0U) << text;
    EXPECT_NE(text.find(" dr-1 is coming. No reply needed."), std::string::npos) << text;
    EXPECT_EQ(text.find("STOP"), std::string::npos);
    EXPECT_EQ(text.find("17Y"), std::string::npos);
}

TEST(PageText, EvenAnAbsurdConfigurationGivesOneMessageWithItsNumber)
{
    Page page = toxicity_page();
    page.simulation = true;
    page.place = std::string(500, 'x');
    page.callback = std::string(500, '4');
    page.emergency = std::string(500, '2');
    const std::string text = page_text(page, std::string(500, '0'));
    EXPECT_LE(gsm7_length(text), gsm7_message_max);
    EXPECT_NE(text.find("STOP magnesium."), std::string::npos) << text;
    EXPECT_NE(text.find("#1207"), std::string::npos) << text;
}

TEST(PageReasonName, EveryReasonHasAStableWord)
{
    EXPECT_EQ(name(PageReason::first), "first");
    EXPECT_EQ(name(PageReason::restart), "restart");
    EXPECT_EQ(name(PageReason::not_attended), "not_attended");
}

TEST(PageText, ATestSaysThatItIsOneAndNothingElse)
{
    Page page;
    page.place = "Ward L4";
    page.number = 1042;
    page.callback = "4471";
    page.reason = PageReason::test;
    page.kind = AlarmKind::technical;
    page.priority = Priority::low;
    EXPECT_EQ(page_text(page, "02:14"), "MAG TEST Ward L4 02:14. Pager test, no patient. Ring 4471. #T1042");
    page.simulation = true;
    EXPECT_EQ(page_text(page, "02:14"),
              "SIMULATION MAG TEST Ward L4 02:14. Pager test, no patient. Ring 4471. #T1042");
}

TEST(PageText, WhatIsNotConfiguredIsNotNamed)
{
    Page page = toxicity_page();
    page.place.clear();
    page.callback.clear();
    EXPECT_EQ(page_text(page, "02:14"),
              "MAG HIGH Ward 02:14. Slow breathing, no reflexes. STOP magnesium at pump. Bring calcium gluconate. #1207");
    page.kind = AlarmKind::technical;
    page.bed = no_bed; // known by its name alone
    EXPECT_EQ(page_text(page, "02:14"), "MAG TECHNICAL Ward 02:14. Slow breathing, no reflexes. Check the patient. #1207");
}

TEST(PageText, OthersThatArePagedAreToldOfAndACallAgainSaysSo)
{
    Page page = toxicity_page();
    page.reason = PageReason::escalated;
    EXPECT_EQ(page_text(page, "02:14").substr(0, 38), "MAG ESCALATED Ward L4 Bed 3 02:14. Slo");
    page.reason = PageReason::again;
    EXPECT_EQ(page_text(page, "02:14").substr(0, 54), "MAG HIGH Ward L4 Bed 3 02:14. Called again. Slow breat");
}

// Places that no configuration lets through any more, and that a page of an older one may hold.
TEST(PageText, OfAnEndlessPlaceTheBedIsFoundWhereverItStands)
{
    const auto start = [](const std::string& place) {
        Page page = toxicity_page();
        page.place = place;
        const std::string text = page_text(page, "02:14");
        EXPECT_LE(gsm7_length(text), 160U) << place;
        EXPECT_NE(text.find("STOP magnesium"), std::string::npos) << text;
        EXPECT_NE(text.find("#1207"), std::string::npos) << text;
        return text.substr(9, text.find(" 02:14.") - 9);
    };
    const std::string x(100, 'x'), y(45, 'y');
    EXPECT_EQ(start("Bed 3 " + x).substr(0, 8), "Bed 3 xx") << "a bed that is named first stays first";
    EXPECT_TRUE(start(x + " Embed-3").ends_with("x Embed-3")) << "no bed, and no word Bed: the last word";
    EXPECT_TRUE(start(x + " Bed 3 at the window").ends_with("x Bed 3 at the window"));
    EXPECT_TRUE(start(x + " Bed 12 Bedside").ends_with("x Bedside"));
    EXPECT_EQ(start(x).find_first_not_of('x'), std::string::npos) << "one word";
    EXPECT_EQ(start("Ab Bed " + x).substr(0, 6), "Bed xx") << "the ward goes first";
    EXPECT_EQ(start("Ab " + y + " " + y + " Bed 3").substr(0, 6), "Ab yyy");
}

} // namespace
} // namespace magwatch
