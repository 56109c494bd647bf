// Every message of every shipped pack fits into a page, whole, with all that must stand beside it.

#include <gtest/gtest.h>

#include "rules/escalation/gsm7.hpp"
#include "rules/escalation/page.hpp"
#include "rules/language/pack.hpp"
#include "tests/support/packs.hpp"

namespace magwatch {
namespace {

Page page_of(const Rule& rule)
{
    Page page;
    page.number = 9999;
    page.bed = BedId{2};
    page.bed_alias = "bed-3";
    page.place = "Ward L4 Bed 3";
    page.priority = rule.priority;
    page.kind = rule.kind;
    page.grade = rule.grade;
    page.words = {rule.message};
    page.callback = "4471";
    page.emergency = "2222";
    return page;
}

void expect_whole(const Page& page, const Rule& rule, bool with_emergency)
{
    const std::string text = page_text(page, "02:14");
    EXPECT_LE(gsm7_length(text), gsm7_message_max) << text;
    EXPECT_TRUE(is_gsm7(text)) << text;
    EXPECT_NE(text.find(rule.message + "."), std::string::npos) << rule.id << " is cut in: " << text;
    EXPECT_NE(text.find("Ward L4 Bed 3 02:14."), std::string::npos) << text;
    EXPECT_NE(text.find(" Ring 4471. #9999"), std::string::npos) << text;
    if (rule.kind != AlarmKind::physiological || rule.priority != Priority::high) return;
    if (with_emergency) {
        EXPECT_NE(text.find(" Emergency 2222."), std::string::npos) << text;
    }
    if (rule.grade == 0) return;
    EXPECT_NE(text.find(" STOP magnesium"), std::string::npos) << text;
    EXPECT_NE(text.find("calcium gluconate"), std::string::npos) << text;
}

TEST(PackText, EveryMessageFitsWithAllThatMustStandBesideIt)
{
    ASSERT_FALSE(test::shipped_packs().empty());
    for (const auto& path : test::shipped_packs()) {
        const auto pack = test::compiled_pack(path).pack;
        ASSERT_TRUE(pack) << path;
        for (const Rule& rule : pack->rules) {
            Page page = page_of(rule);
            expect_whole(page, rule, true);
            page.reason = PageReason::not_attended;
            expect_whole(page, rule, true);
            page.simulation = true;
            expect_whole(page, rule, false);
            page.reason = PageReason::restart;
            page.unwatched = std::chrono::minutes{99};
            expect_whole(page, rule, false);
            EXPECT_NE(page_text(page, "02:14").find("atched"), std::string::npos);
        }
    }
}

// With a code to type, also where every other sentence wants its room.
TEST(PackText, EveryMessageThatAsksForAReplySaysHow)
{
    for (const auto& path : test::shipped_packs()) {
        const auto pack = test::compiled_pack(path).pack;
        ASSERT_TRUE(pack) << path;
        for (const Rule& rule : pack->rules) {
            Page page = page_of(rule);
            page.code = 99;
            for (const PageReason reason : {PageReason::first, PageReason::next_rung, PageReason::repeat,
                                            PageReason::new_sign, PageReason::not_attended, PageReason::declined,
                                            PageReason::persists, PageReason::restart, PageReason::again, PageReason::moved}) {
                page.reason = reason;
                page.unwatched = std::chrono::minutes{99};
                page.words = {rule.message, "Slow breathing", "No reflexes"};
                const std::string text = page_text(page, "02:14");
                EXPECT_LE(gsm7_length(text), gsm7_message_max) << text;
                EXPECT_NE(text.find(" 99Y"), std::string::npos) << text;
                EXPECT_NE(text.find("99N"), std::string::npos) << text;
                EXPECT_EQ(text.find("mL"), std::string::npos) << "a dose is never in a page: " << text;
                if (rule.grade == 0 || rule.priority != Priority::high) continue;
                EXPECT_NE(text.find(" STOP magnesium"), std::string::npos) << text;
                EXPECT_NE(text.find("calcium gluconate"), std::string::npos) << text;
            }
        }
    }
}

// What follows a page wants nobody to come: no code, no order to act.
TEST(PackText, WhatFollowsAPageAsksForNothing)
{
    for (const auto& path : test::shipped_packs()) {
        const auto pack = test::compiled_pack(path).pack;
        ASSERT_TRUE(pack) << path;
        for (const Rule& rule : pack->rules) {
            Page page = page_of(rule);
            page.words = {"Midwife in charge is at the bed"};
            for (const PageReason reason : {PageReason::taken, PageReason::escalated, PageReason::ended}) {
                page.reason = reason;
                const std::string text = page_text(page, "02:14");
                EXPECT_LE(gsm7_length(text), gsm7_message_max) << text;
                EXPECT_TRUE(is_gsm7(text)) << text;
                EXPECT_EQ(text.find("STOP"), std::string::npos) << text;
                EXPECT_EQ(text.find("Reply 99"), std::string::npos) << text;
                EXPECT_NE(text.find("Midwife in charge is at the bed."), std::string::npos) << text;
            }
        }
    }
}

} // namespace
} // namespace magwatch
