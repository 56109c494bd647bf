#include "rules/language/protocol_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/protocol.hpp"

namespace magwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> mistakes(const std::string& text)
{
    std::vector<std::string> all;
    const ReadProtocol read = read_protocol(text, "site.protocol.toml");
    for (const auto& one : read.errors)
        all.push_back(std::to_string(one.line) + ":" + std::to_string(one.column) + " " + one.message);
    EXPECT_EQ(all.empty(), read.protocol != nullptr);
    return all;
}

std::string changed(std::string_view from, std::string_view to)
{
    std::string text = example_protocol();
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(ProtocolFile, TheShippedExampleIsReadWhole)
{
    const ReadProtocol read = read_protocol(example_protocol(), "example.protocol.toml");
    ASSERT_TRUE(read.protocol) << (read.errors.empty() ? "" : read.errors[0].text());
    const Protocol& p = *read.protocol;
    EXPECT_TRUE(p.example);
    EXPECT_EQ(p.stamp(), "MG-EXAMPLE v1, EXAMPLE: not approved");
    EXPECT_THAT(why_not_on_a_ward(p), HasSubstr("demo"));
    ASSERT_FALSE(p.steps.empty());
    EXPECT_EQ(p.steps[0].kind, StepKind::stop);
    EXPECT_EQ(p.steps[0].recheck, 60s);
    EXPECT_EQ(p.steps[0].button, "I HAVE STOPPED THE PUMP");
    const ProtocolStep* give = p.step("calcium");
    ASSERT_NE(give, nullptr);
    EXPECT_EQ(give->dose, "1 g");
    EXPECT_EQ(give->volume, "10 mL");
    EXPECT_EQ(give->over, 10min);
    EXPECT_EQ(give->over_text, "10 min");
    EXPECT_EQ(give->repeat_after, 5min);
    EXPECT_EQ(give->most, 3);
    EXPECT_TRUE(give->second_check);
    EXPECT_TRUE(give->in(ProtocolBranch::grade2));
    EXPECT_FALSE(give->in(ProtocolBranch::grade1));
    EXPECT_EQ(p.step("bloods")->result_after, 30min);
    EXPECT_EQ(p.step("recheck")->every, 5min);
    std::vector<std::string> precautions;
    for (const auto& one : p.precautions) precautions.push_back(one.id);
    EXPECT_THAT(precautions, ElementsAre("digoxin", "ceftriaxone", "line", "extravasation"));
}

TEST(ProtocolFile, AnApprovedOneRunsOnAWardAndAnExampleDoesNot)
{
    const ReadProtocol read = read_protocol(approved_protocol(), "site.protocol.toml");
    ASSERT_TRUE(read.protocol);
    EXPECT_EQ(read.protocol->stamp(), "MG-7 v1, approved 2026-05-01 by Dr A. Lead");
    EXPECT_EQ(why_not_on_a_ward(*read.protocol), "");
    EXPECT_THAT(mistakes(changed("example = true\n", "")),
                testing::AllOf(Contains(HasSubstr("no 'approver'")), Contains(HasSubstr("no 'approved'"))));
    EXPECT_THAT(mistakes(changed("example = true\n", "example = true\napprover = \"Dr A. Lead\"\n")),
                ElementsAre(HasSubstr("approved by nobody")));
    std::string recalled = approved_protocol();
    recalled.replace(recalled.find("AHA [S]"), 7, "AHA [R]");
    EXPECT_THAT(mistakes(recalled), ElementsAre(HasSubstr("recalled figure [R]")));
}

TEST(ProtocolFile, TheDayOfApprovalIsADay)
{
    for (const char* bad : {"2026-02-30", "2026-13-01", "01.05.2026", "2026-5-1", "2025-02-29", "2026-05-00", "2100-02-29",
                            "2026-00-01", "1999-12-31", "2026-04-31", "2026-05-32", "2026/05-01", "2026-05/01", "2o26-05-01",
                            "2026-05-0x", "2026-05- 1", "2026-0:-01", "2026-05-1"}) {
        std::string text = approved_protocol();
        text.replace(text.rfind("2026-05-01"), 10, bad);
        EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("day of the approval"))) << bad;
    }
    for (const char* good : {"2028-02-29", "2400-02-29", "2000-01-01", "2026-12-31", "2026-02-28"}) {
        std::string text = approved_protocol();
        text.replace(text.rfind("2026-05-01"), 10, good);
        EXPECT_THAT(mistakes(text), IsEmpty()) << good;
    }
}

TEST(ProtocolFile, AnExampleIsApprovedByNobody)
{
    for (const char* line : {"approver = \"Dr A. Lead\"\n", "approved = \"2026-05-01\"\n"})
        EXPECT_THAT(mistakes(changed("example = true\n", "example = true\n" + std::string{line})),
                    ElementsAre(HasSubstr("an example is approved by nobody"))) << line;
    EXPECT_THAT(mistakes(changed("example = true\n", "")),
                testing::AllOf(Contains(HasSubstr("has no 'approver'")), Contains(HasSubstr("has no 'approved'"))));
}

TEST(ProtocolFile, ARecalledFigureIsNoneToApprove)
{
    std::string text = approved_protocol();
    text.replace(text.find("KEMH, GGC [V]"), 13, "KEMH, GGC [R]");
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("a recalled figure [R] is none to approve")));
    EXPECT_THAT(mistakes(changed("KEMH, GGC [V]", "KEMH, GGC [R]")), IsEmpty()) << "an example may have one";
}

TEST(ProtocolFile, WordsAreOneLineThatFits)
{
    const std::string title = "title = \"POSSIBLE MAGNESIUM TOXICITY\"";
    const auto titled = [&](const std::string& words) { return mistakes(changed(title, "title = \"" + words + "\"")); };
    EXPECT_THAT(titled(""), ElementsAre(HasSubstr("'title' must have 1 to 80 characters")));
    EXPECT_THAT(titled(std::string(81, 'x')), ElementsAre(HasSubstr("'title' must have 1 to 80 characters")));
    EXPECT_THAT(titled(std::string(80, 'x')), IsEmpty());
    for (const char* control : {"\\n", "\\t", "\\u0001", "\\u007F"})
        EXPECT_THAT(titled("a" + std::string{control} + "b"), ElementsAre(HasSubstr("must be one line"))) << control;
    EXPECT_THAT(mistakes(changed(title, "title = 5")), ElementsAre(HasSubstr("must be a text in quotes")));
    EXPECT_THAT(mistakes(changed(title, "")), ElementsAre(HasSubstr("has no 'title'")));
}

TEST(ProtocolFile, AnIdIsASmallWordOfItsOwn)
{
    for (const std::string& bad : {std::string{}, std::string(33, 'a'), std::string{"a b"}, std::string{"a.b"},
                                   std::string{"aB"}, std::string{"a{"}, std::string{"a/"}})
        EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"" + bad + "\"")), ElementsAre(HasSubstr("small letters"))) << bad;
    for (const std::string& good : {std::string(32, 'a'), std::string{"a_1-9z"}, std::string{"0"}})
        EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"" + good + "\"")), IsEmpty()) << good;
    EXPECT_THAT(mistakes(changed("id = \"tilt\"\n", "")), ElementsAre(HasSubstr("has no 'id'")));
    EXPECT_THAT(mistakes(changed("id = \"ceftriaxone\"", "id = \"digoxin\"")),
                ElementsAre(HasSubstr("a second precaution 'digoxin'")));
}

TEST(ProtocolFile, AStepStandsInBranchesThatAreThere)
{
    const std::string call = "kind = \"done\"\nbranches = [\"grade1\", \"grade2\"]\nwords = \"CALL senior";
    const auto in = [&](const std::string& branches) {
        return mistakes(changed(call, "kind = \"done\"\nbranches = " + branches + "\nwords = \"CALL senior"));
    };
    EXPECT_THAT(in("[\"grade1\", \"grade3\"]"), ElementsAre(HasSubstr("no such branch 'grade3'; did you mean 'grade")));
    EXPECT_THAT(in("[]"), ElementsAre(HasSubstr("stands in no branch")));
    EXPECT_THAT(in("\"grade1\""), IsEmpty()) << "one alone needs no list";
    EXPECT_THAT(in("[1]"), Contains(HasSubstr("must hold texts in quotes")));
}

TEST(ProtocolFile, IsShortEnoughForACrisis)
{
    const auto with = [](const char* table, int count) {
        std::string text = example_protocol();
        for (int i = 0; i < count; ++i)
            text += std::string{"[["} + table + "]]\nid = \"more-" + std::to_string(i) + "\"\nwords = \"w\"\n" +
                    (table[0] == 's' ? "kind = \"done\"\nbranches = \"grade1\"\nbutton = \"b\"\n"
                                     : "source = \"s\"\nwhen = \"digoxin\"\n");
        return mistakes(text);
    };
    EXPECT_THAT(with("step", 100), ElementsAre(HasSubstr("a crisis checklist is short")));
    EXPECT_THAT(with("precaution", 100), ElementsAre(HasSubstr("precautions")));
    EXPECT_THAT(with("step", 1), IsEmpty());
    EXPECT_THAT(with("precaution", 1), IsEmpty());
}

TEST(ProtocolFile, APrecautionAppliesToFactsThatAreKnown)
{
    const auto when = [](const std::string& words) {
        return mistakes(changed("when = \"digoxin\"", "when = " + words));
    };
    EXPECT_THAT(when("\"screening.ceftriaxon\""), ElementsAre(HasSubstr("no such question 'ceftriaxon'; did you mean 'ceftriaxone'?")));
    EXPECT_THAT(when("\"symptom.pain_at_the_sight\""), ElementsAre(HasSubstr("did you mean 'pain_at_the_site'?")));
    for (const char* bag : {"\"bag.\"", "\"bag.Ceftriaxone\"", "\"bag.ceftriaxonE\"", "\"bag.Z\""})
        EXPECT_THAT(when(bag), ElementsAre(HasSubstr("written in small letters"))) << bag;
    for (const char* none : {"\"rr\"", "\"weight\"", "\"reflex\"", "\"\""}) // no yes or no of hers
        EXPECT_THAT(when(none), ElementsAre(HasSubstr("no such fact"))) << none;
    EXPECT_THAT(when("[]"), ElementsAre(HasSubstr("names the facts that make it apply")));
    EXPECT_THAT(mistakes(changed("when = \"digoxin\"\n", "")), ElementsAre(HasSubstr("has no 'when'")));
    for (const char* good : {"\"epidural\"", "\"magnesium_by_vein\"", "\"bag.phosphate-2\"", "[\"digoxin\", \"renal_impairment\"]"})
        EXPECT_THAT(when(good), IsEmpty()) << good;
}

TEST(ProtocolFile, ThePumpIsStoppedOnce)
{
    EXPECT_THAT(mistakes(changed("id = \"tilt\"\nkind = \"done\"",
                                 "id = \"tilt\"\nkind = \"stop\"\nagain = \"again\"\nrecheck = \"60 s\"\nsource = \"s\"")),
                ElementsAre(HasSubstr("a second stop in branch grade1"), HasSubstr("a second stop in branch grade2"),
                            HasSubstr("a second stop in branch arrest")));
}

TEST(ProtocolFile, EveryMistakeIsToldAtOnceWithItsPlace)
{
    std::string text = changed("version = \"1\"\n", "version = \"1\"\nverison = \"2\"\n");
    text.replace(text.find("kind = \"check\""), 14, "kind = \"chekc\"");
    text.replace(text.find("when = \"digoxin\""), 16, "when = \"digoxim\"");
    const auto all = mistakes(text);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_THAT(all[0], HasSubstr("unknown key 'verison' in the protocol; did you mean 'version'?"));
    EXPECT_THAT(all[1], HasSubstr("no such kind of step 'chekc'; did you mean 'check'?"));
    EXPECT_THAT(all[2], HasSubstr("did you mean 'digoxin'?"));
    for (const auto& one : all) EXPECT_THAT(one, testing::Not(testing::StartsWith("0:")));
}

TEST(ProtocolFile, DosesAreWrittenSoThatNobodyMisreadsThem)
{
    for (const char* bad : {"1g", ".5 g", "1.0 g", "1 mg", "01 g", "0 g", "-1 g", "1. g", "1 g/h", "one g", "1  g", "1 g per h",
                            "1\\tg", "\\t1 g", "00.5 g", "0.50 g", "1e0 g", "+1 g"})
        EXPECT_THAT(mistakes(changed("dose = \"1 g\"", "dose = \"" + std::string{bad} + "\"")),
                    Contains(HasSubstr("is misread too easily"))) << bad;
    EXPECT_THAT(mistakes(changed("dose = \"1 g\"\nvolume = \"10 mL\"", "dose = \"0.5 g\"\nvolume = \"5 mL\"")), IsEmpty());
}

TEST(ProtocolFile, DoseAndVolumeMustBeTheSameAmount)
{
    EXPECT_THAT(mistakes(changed("volume = \"10 mL\"", "volume = \"100 mL\"")),
                ElementsAre(HasSubstr("100 mL of 10 % do not hold 1 g")));
    EXPECT_THAT(mistakes(changed("concentration = \"10 %\"\ndose = \"3 g\"", "concentration = \"1 %\"\ndose = \"3 g\"")),
                ElementsAre(HasSubstr("30 mL of 1 % do not hold 3 g")));
}

TEST(ProtocolFile, ADoseStandsOnlyWhereItIsChecked)
{
    EXPECT_THAT(mistakes(changed("GIVE calcium gluconate into", "GIVE calcium gluconate 1 g into")),
                ElementsAre(HasSubstr("'dose' and 'volume'")));
    EXPECT_THAT(mistakes(changed("drug = \"calcium gluconate\"", "drug = \"magnesium sulfate\"")),
                ElementsAre(HasSubstr("\"calcium gluconate\" or \"calcium chloride\"")));
    EXPECT_THAT(mistakes(changed("drug = \"calcium gluconate\"", "drug = \"calcium chloride\"")), IsEmpty());
    EXPECT_THAT(mistakes(changed("drug = \"calcium gluconate\"\n", "")), ElementsAre(HasSubstr("has no 'drug'")));
    EXPECT_THAT(mistakes(changed("concentration = \"10 %\"\ndose = \"1 g\"", "dose = \"1 g\"")),
                ElementsAre(HasSubstr("has no 'concentration'")));
    EXPECT_THAT(mistakes(changed("dose = \"1 g\"\nvolume = \"10 mL\"\n", "dose = \"1 g\"\n")),
                ElementsAre(HasSubstr("has no 'volume'")));
    EXPECT_THAT(mistakes(changed("dose = \"1 g\"\n", "")), ElementsAre(HasSubstr("has no 'dose'")));
}

TEST(ProtocolFile, TheMisreadAbbreviationIsRefusedAtItsPlace)
{
    EXPECT_THAT(mistakes(changed("STOP the magnesium infusion", "STOP the Mg\x53O4 infusion")),
                ElementsAre(HasSubstr(":19 write \"magnesium\"")));
}

TEST(ProtocolFile, EveryFigureHasItsSource)
{
    for (const char* source : {"source = \"send a level", "source = \"looked at again at 5", "source = \"stop first",
                               "source = \"1 g over 3"}) {
        std::string text = example_protocol();
        const std::size_t at = text.find(source);
        ASSERT_NE(at, std::string::npos);
        text.erase(at, text.find('\n', at) - at);
        EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("has no 'source'"))) << source;
    }
}

TEST(ProtocolFile, StopStandsFirstInEveryBranch)
{
    EXPECT_THAT(mistakes(changed("branches = [\"grade1\", \"grade2\", \"arrest\"]\nwords = \"STOP",
                                 "branches = [\"grade1\", \"grade2\"]\nwords = \"STOP")),
                ElementsAre(HasSubstr("the first step in branch arrest is the one that stops the pump")));
}

TEST(ProtocolFile, AnArrestWaitsForNoEcg)
{
    // Calcium that comes behind the ECG in an arrest.
    EXPECT_THAT(mistakes(changed("words = \"OPEN airway", "ecg = true\nwords = \"OPEN airway")),
                ElementsAre(HasSubstr("an arrest waits for no ECG")));
}

TEST(ProtocolFile, EachBranchHasWhatItNeeds)
{
    EXPECT_THAT(mistakes(changed("kind = \"give\"\nbranches = [\"grade2\"]", "kind = \"give\"\nbranches = [\"grade1\"]")),
                ElementsAre(HasSubstr("no step gives calcium in branch grade2")));
    EXPECT_THAT(mistakes("id = \"a\"\ntitle = \"b\"\nversion = \"1\"\nnotice = \"n\"\nexample = true\n"),
                ElementsAre(HasSubstr("no step in branch grade1"), HasSubstr("grade2"), HasSubstr("arrest")));
    std::string undecided = changed("kind = \"decide\"", "kind = \"done\"");
    EXPECT_THAT(mistakes(undecided), Contains(HasSubstr("senior decision")));
}

TEST(ProtocolFile, ThePumpIsLookedAtAgainAfterAMinuteAtMost)
{
    EXPECT_THAT(mistakes(changed("recheck = \"60 s\"", "recheck = \"61 s\"")), ElementsAre(HasSubstr("10 s to 60 s")));
    EXPECT_THAT(mistakes(changed("recheck = \"60 s\"", "recheck = \"9 s\"")), ElementsAre(HasSubstr("10 s to 60 s")));
    EXPECT_THAT(mistakes(changed("recheck = \"60 s\"", "recheck = \"10 s\"")), IsEmpty());
    EXPECT_THAT(mistakes(changed("every = \"5 min\"", "every = \"5 h\"")), ElementsAre(HasSubstr("30 s to 14400 s")));
}

TEST(ProtocolFile, EachBranchLooksAgain)
{
    std::string text = changed("kind = \"check\"", "kind = \"done\"");
    text.replace(text.find("every = \"5 min\"\n"), 16, "");
    EXPECT_THAT(mistakes(text), Contains(HasSubstr("no step of kind \"check\" in branch grade1")));
}

TEST(ProtocolFile, AStepSaysOfWhatKindItIsAndMaySayWhereItComesFrom)
{
    EXPECT_THAT(mistakes(changed("id = \"tilt\"\nkind = \"done\"", "id = \"tilt\"")), ElementsAre(HasSubstr("the step has no 'kind'")));
    EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"tilt\"\nsource = \"KEMH\"")), IsEmpty());
    EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"tilt\"\nsource = \"\"")), ElementsAre(HasSubstr("'source' must have 1 to")));
}

TEST(ProtocolFile, ARepeatHasAMaximumAndATime)
{
    EXPECT_THAT(mistakes(changed("repeat_after = \"5 min\"", "repeat_after = \"1 s\"")), ElementsAre(HasSubstr("30 s to 14400 s")))
        << "told once";
    EXPECT_THAT(mistakes(changed("most = 3\n", "")), ElementsAre(HasSubstr("needs 'most'")));
    EXPECT_THAT(mistakes(changed("repeat_after = \"5 min\"\n", "")), ElementsAre(HasSubstr("needs 'repeat_after'")));
    EXPECT_THAT(mistakes(changed("most = 3", "most = 11")), Contains(HasSubstr("from 1 to 10")));
}

TEST(ProtocolFile, NoTwoStepsAreTheSame)
{
    EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"airway\"")), ElementsAre(HasSubstr("a second step 'airway'")));
    EXPECT_THAT(mistakes(changed("id = \"tilt\"", "id = \"Tilt left\"")), ElementsAre(HasSubstr("small letters")));
}

} // namespace
} // namespace magwatch::test
