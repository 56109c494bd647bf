// What conditions may say, and how a mistake in one is shown: at its own column, with what was meant.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "rules/language/expression.hpp"
#include "rules/language/pack.hpp"
#include "rules/observation/usual_name.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr const char* head = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\nrr_stop = \"12 /min\"\n"
                             "[[rule]]\nid = \"used\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n"
                             "priority = \"low\"\nwhen = \"rr < rr_stop\"\n"
                             "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\nkind = \"technical\"\n"
                             "priority = \"low\"\n";
constexpr std::uint32_t when_line = 20;

CompiledPack compile(const std::string& when) { return compile_pack(head + ("when = \"" + when + "\"\n"), "p.toml"); }

class Accepted : public testing::TestWithParam<const char*> {};
TEST_P(Accepted, Compiles)
{
    const CompiledPack compiled = compile(GetParam());
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    EXPECT_TRUE(compiled.pack);
}
INSTANTIATE_TEST_SUITE_P(
    Expressions, Accepted,
    testing::Values("rr < 12 /min", "rr<12/min", "(rr < 12 /min)", "12 /min > rr", "mg > 9.6 mg/dL", "mg > 8 mEq/L",
                    "spo2 <= 93.5 %", "not (rr < 12 /min or spo2 < 94 %) and hr > 50 /min", "avpu >= pain", "avpu == voice",
                    "reflex == 0", "mg_on_board", "not bolus_running", "sum(urine, 4 h) < 100 mL", "sum(urine, 4 h) < 0.1 L",
                    "at_least(2, reflex == 0, rr < rr_stop, avpu >= voice)", "mean(spo2, 90 s) < 94 %",
                    "slope(mg, 2 h) > 0.01 mmol/L per min", "slope(mg, 2 h) > 1 mg/dL per h", "delta(rr, 15 min) <= -4 /min",
                    "count(rr, 1 min) < 10", "age(rr) > 1500 ms", "1 min <= age(rr)", "mg >= 1.8 * previous(mg)",
                    "mg - previous(mg) > 1 mmol/L", "sustained(rr < 12 /min, 30 s)", "armed(urine, 4 h)", "lost(rr)",
                    "falling(spo2)", "after(reflex, mg)", "known(sum(urine, 4 h))", "rr ≤ 12 /min", "rr < rr_stop - 2 /min",
                    "hr > 2 * rr", "pulse - hr > 10 /min or hr - pulse > 10 /min", "rr >= 12 /min and rr < 14 /min",
                    "symptom(slurred_speech)",
                    "not symptom(nausea) and symptom >= expected", "im_dose > 5 g and age(im_dose) < 4 h", "im_dose >= 5000 mg",
                    "salt == chloride_hexahydrate and infusing", "monitor_arrest or monitor_heart_block",
                    "rr <\\t12 /min", "rr >= 12 /min or rr <= 4 /min", "avpu != alert", "age(rr) >= 20 s", "20 s >= age(rr)",
                    "known(mg)", "known(mg_on_board)", "after(reflex_knee, mg)", "armed(mg, 12 h)", "fall(hr, 10 min) > 20 /min",
                    "at_least(1, epidural, digoxin)", "at_least(2, epidural, digoxin)", "mean(rr, 24 h) < 12 /min",
                    "rr - hr < -50 /min", "hr < 200 /min - rr",
                    // conditions as wholes
                    "not not rr < 12 /min", "not at_least(2, epidural, digoxin)", "voice == avpu", "alert != avpu",
                    "epidural and (rr > 14 /min or hr > 50 /min)", "sustained(not epidural, 1 h)",
                    // arithmetic
                    "-rr > -12 /min", "-rr < hr", "-(rr + hr) < -50 /min", "rr < 2 * 6 /min", "rr < 6 /min * 2", "rr * 2 > 3 /min",
                    "avpu - 1 >= voice", "hr - rr + rr > 50 /min", "delta(rr, 5 min) - delta(rr, 1 h) > 2 /min",
                    "rr > delta(rr, 1 h)",
                    "slope(mg, 1 h) > 0.01 mmol/L per min + 0.01 mmol/L per min", "hr > 2 * rr or hr > 2 * rr",
                    "hr > rr or (hr > rr and epidural)",
                    // windows
                    "count(urine, 4 h) < 1", "sum(rr, 1 min) > 300 /min", "slope(gcs, 1 h) < -1 per h", "slope(gcs, 1 h) < -0.5 per min",
                    "max(avpu, 1 h) == voice", "max(avpu, 1 h) != alert", "drop(gcs, 1 h) > 2",
                    "known(sum(urine, 4 h)) and not known(sum(urine, 8 h))",
                    "sustained(rr < 12 /min, 30 s) or sustained(rr < 12 /min, 60 s)",
                    "sustained(rr < 12 /min, 30 s) and hr > 50 /min or sustained(rr < 12 /min, 30 s)",
                    // spellings
                    "rr <\\r12 /min", "rr < 12 {beat}/min", "creatinine > 100 µmol/L", "temp > 38 °C", "age(rr) > 0 s"));

struct Bad {
    const char* when;
    std::uint32_t column; // within the expression, from 1
    const char* says;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.when; }
class Refused : public testing::TestWithParam<Bad> {};
TEST_P(Refused, AtItsPlace)
{
    const CompiledPack compiled = compile(GetParam().when);
    ASSERT_FALSE(compiled.pack) << GetParam().when;
    ASSERT_EQ(compiled.errors.size(), 1U) << compiled.errors[1].text();
    const Diagnostic& error = compiled.errors[0];
    EXPECT_EQ(error.line, when_line);
    EXPECT_EQ(error.column, GetParam().column + 8) << error.text(); // after: when = "
    EXPECT_NE(error.message.find(GetParam().says), std::string::npos) << error.text();
}
INSTANTIATE_TEST_SUITE_P(
    Expressions, Refused,
    testing::Values(
        Bad{"rr < 12", 6, "needs a unit: write 12 /min"}, Bad{"rr < 12 mmHg", 9, "does not fit 'rr'"},
        Bad{"rr < 12 bmp", 9, "unknown unit 'bmp'"}, Bad{"mg > 9.6 g/dL", 10, "unknown unit"},
        Bad{"mg > 100 g", 10, "mmol/L, mEq/L, mg/dL"}, Bad{"reflex < 1 g", 12, "pure number"},
        Bad{"spo < 94 %", 1, "did you mean 'spo2'"}, Bad{"rr < rr_stp", 6, "did you mean 'rr_stop'"},
        Bad{"rr < 12 /min an hr < 50 /min", 14, "'and' or 'or'"}, Bad{"rr < 12 /min and", 17, "something is missing"},
        Bad{"rr < 12 /min && hr < 50 /min", 14, "write 'and'"}, Bad{"rr = 12 /min", 4, "to compare"},
        Bad{"10 /min < rr < 12 /min", 14, "one comparison at a time"}, Bad{"(rr < 12 /min", 14, "')' is missing"},
        Bad{"rr", 1, "is a number, not a yes or no"}, Bad{"rr_stop", 1, "is a number"}, Bad{"5", 1, "a number is not a condition"},
        Bad{"", 1, "something is missing"}, Bad{"and", 1, "needs a condition on both sides"},
        Bad{"summ(urine, 4 h) < 100 mL", 1, "did you mean 'sum'"}, Bad{"sum(urine) < 100 mL", 1, "is written sum(urine, 4 h)"},
        Bad{"sum(urin, 4 h) < 100 mL", 5, "did you mean 'urine'"}, Bad{"sum(urine, 4) < 100 mL", 12, "a length of time"},
        Bad{"mean(rr, 25 h) < 12 /min", 10, "at most 24 h"}, Bad{"mean(urine, 4 h) < 25 mL", 1, "only its sum"},
        Bad{"mean(liveness, 4 h) < 25", 6, "has no windows"}, Bad{"sum(urine, 4 h)", 1, "gives a number"},
        Bad{"rr < lost(rr)", 6, "is a condition, not a number"}, Bad{"age(rr) > 20", 11, "a length of time"},
        Bad{"age(rr) > 20 mmHg", 11, "a length of time"}, Bad{"age(rr) + age(hr) > 20 s", 9, "without arithmetic"},
        Bad{"falling(hr)", 9, "defined for rr and spo2"}, Bad{"slope(rr, 5 min) < -2 /min", 23, "needs its time"},
        Bad{"rr < 12 /min per h", 9, "belongs to a slope"}, Bad{"rr == 12 /min", 4, "measured"},
        Bad{"rr < voice", 6, "values of avpu"}, Bad{"rr < spo2", 4, "different units"}, Bad{"12 /min < 14 /min", 9, "two constants"},
        Bad{"at_least(4, epidural, digoxin)", 10, "from 1 to 2"}, Bad{"at_least(epidural, digoxin)", 1, "is written at_least(2"},
        Bad{"rr * hr > 3 /min", 4, "must be a pure number"}, Bad{"rr / 2 > 3 /min", 4, "no division"},
        Bad{"rr < 0.5 /min", 6, "can never be true"}, Bad{"spo2 <= 100 %", 9, "always true"},
        Bad{"spo2 > 101 %", 8, "can never be true"}, Bad{"1.2.3 /min > rr", 1, "is not a number"},
        Bad{"rr < 12 /min µ", 14, "'µ' is not expected here"}, Bad{"rr # 3", 4, "'#' is not expected here"},
        Bad{"slope(rr, 5 min) < -2 /min per s", 32, "min or h"},
        Bad{"symptom(slurred_speach)", 9, "did you mean 'slurred_speech'"}, Bad{"symptom(rash, itch)", 1, "is written symptom("},
        Bad{"symptom(3)", 9, "a symptom's name is expected"}, Bad{"symptom(rash) > 1", 1, "is a condition, not a number"},
        Bad{"symptoms > 3", 1, "is a set"}, Bad{"known(symptoms)", 7, "is a set"}, Bad{"im_dose > 5 mL", 13, "does not fit 'im_dose'"},
        Bad{"im_dose > 5", 11, "needs a unit: write 5 g"}, Bad{"salt == oral", 9, "unknown signal or limit"},
        Bad{"salt == grave", 9, "'salt' knows sulfate_heptahydrate"},
        // Functions with too few, too many or the wrong things between their brackets.
        Bad{"lost()", 1, "is written lost(rr)"}, Bad{"lost(rr, hr)", 1, "is written lost(rr)"},
        Bad{"lost(3)", 6, "a signal's name is expected"}, Bad{"lost(rrr)", 6, "unknown signal 'rrr'"},
        Bad{"falling()", 1, "is written falling(rr)"}, Bad{"falling(spo)", 9, "unknown signal 'spo'"},
        Bad{"armed(urine)", 1, "is written armed(urine, 4 h)"}, Bad{"armed(urin, 4 h)", 7, "unknown signal"},
        Bad{"armed(urine, rr)", 14, "a length of time"}, Bad{"armed(urine, 0 h)", 14, "a length of time"},
        Bad{"armed(urine, rr_stop)", 14, "a length of time"}, Bad{"armed(urine, -4 h)", 14, "a length of time"},
        Bad{"after(reflex)", 1, "is written after(reflex, mg)"}, Bad{"after(reflx, mg)", 7, "unknown signal 'reflx'"},
        Bad{"after(reflex, mgg)", 15, "unknown signal 'mgg'"}, Bad{"known()", 1, "is written known("},
        Bad{"known(age(mg))", 7, "asks for a signal or a window"}, Bad{"known(mg + mg)", 10, "asks for a signal or a window"},
        Bad{"known(mgg)", 7, "unknown"}, Bad{"sustained(rr < 12 /min)", 1, "is written sustained("},
        Bad{"sustained(rr, 30 s)", 11, "is a number, not a yes or no"}, Bad{"sustained(rr < 12 /min, 30)", 25, "a length of time"},
        Bad{"at_least(1)", 1, "is written at_least(2"}, Bad{"at_least()", 1, "is written at_least(2"},
        Bad{"at_least(0, epidural, digoxin)", 10, "from 1 to 2"}, Bad{"at_least(1.5, epidural, digoxin)", 10, "a whole number"},
        Bad{"at_least(2 s, epidural, digoxin)", 1, "is written at_least(2"}, Bad{"at_least(2, epidural, rr)", 23, "is a number"},
        Bad{"age(rr, hr) > 20 s", 1, "is written age("}, Bad{"previous(mg, rr) > 1 mmol/L", 1, "is written previous("},
        Bad{"somewhat(rr)", 1, "unknown function 'somewhat'"}, Bad{"mean(rr 4 h) < 12 /min", 9, "',' or ')' is expected"},
        Bad{"rr < 12 /min || hr < 50 /min", 14, "'or'"}, Bad{"not", 4, "something is missing"},
        Bad{"age(rr) == 20 s", 9, "for example age(rr) > 20 min"},
        Bad{"age(rr) != 20 s", 9, "for example age(rr) > 20 min"}, Bad{"age(rr) < age(hr)", 9, "a length of time"},
        Bad{"rr < 12 /min }", 14, "is not expected here"}, Bad{"rr < 123456789012345678901 /min", 6, "is not a number"},
        // What people usually call it.
        Bad{"resp < 12 /min", 1, "did you mean 'rr'"}, Bad{"age(heart_rate) > 1 min", 5, "did you mean 'hr'"},
        Bad{"creat > 100 umol/L", 1, "did you mean 'creatinine'"}, Bad{"slurred_speech", 1, "did you mean 'symptom(slurred_speech)'"},
        Bad{"mean(o2, 1 h) < 94 %", 6, "did you mean 'spo2'"},
        // Arithmetic with what cannot be reckoned with.
        Bad{"avpu >= -voice", 10, "'voice' is a value to compare with, not a number to reckon with"},
        Bad{"avpu >= 2 * voice", 13, "'voice' is a value to compare with"},
        Bad{"avpu >= voice * 2", 9, "'voice' is a value to compare with"},
        Bad{"avpu >= voice + 1", 15, "write both in the same unit"}, Bad{"avpu >= 1 + voice", 11, "write both in the same unit"},
        Bad{"slope(mg, 1 h) > 0.1 mmol/L per min + 0.1 mmol/L per h", 37, "write both in the same unit"},
        Bad{"rr + 5 mmHg > 12 /min", 8, "'mmHg' does not fit 'rr', which is written in /min"},
        Bad{"rr + spo2 > 12 /min", 4, "'rr' and 'spo2' have different units"},
        Bad{"slope(rr, 1 h) + rr > 12 /min", 16, "have different units"}, Bad{"slope(rr, 1 h) > rr", 16, "have different units"},
        Bad{"rr * 2 /min > 3 /min", 4, "must be a pure number"}, Bad{"rr * voice > 3 /min", 4, "must be a pure number"},
        Bad{"rr < spoo + 1 /min", 6, "did you mean 'spo2'"}, Bad{"rr < 1 /min + spoo", 15, "did you mean 'spo2'"},
        Bad{"2 /min + age(rr) > 30 s", 8, "without arithmetic"}, Bad{"rr < age(hr)", 4, "an age is compared with a length of time"},
        Bad{"age(rr) > 3 s per min", 11, "an age is compared with a length of time"},
        Bad{"mean(rr, 1 h per min) < 12 /min", 10, "a length of time is expected"},
        // Numbers where a condition belongs, and conditions where a number does.
        Bad{"-rr", 1, "a number is not a condition"}, Bad{"rr + hr", 4, "a number is not a condition"},
        Bad{"hr - rr", 4, "a number is not a condition"}, Bad{"2 * rr", 3, "a number is not a condition"},
        Bad{"rr < (hr > 50 /min)", 10, "a condition is not a number"},
        Bad{"rr < (epidural and digoxin)", 16, "a condition is not a number"},
        Bad{"rr < (epidural or digoxin)", 16, "a condition is not a number"}, Bad{"rr < (not epidural)", 7, "a condition is not a number"},
        Bad{"avpu", 1, "'avpu' is a number, not a yes or no: compare it with one"}, Bad{"gcs", 1, "is a number, not a yes or no"},
        Bad{"rr < not epidural", 6, "'not' needs a condition on both sides"}, Bad{"rr < 5 not", 8, "'not' is not expected here"},
        // Words of another signal; an interval and a slope have none.
        Bad{"rr < none", 6, "'none' is one of the values of symptom, level_doubt"},
        Bad{"slope(avpu, 1 h) > voice", 20, "'voice' is one of the values of avpu"},
        Bad{"delta(avpu, 1 h) >= voice", 21, "'voice' is one of the values of avpu"},
        Bad{"avpu - previous(avpu) >= voice", 26, "'voice' is one of the values of avpu"},
        Bad{"slope(gcs, 1 h) < -1", 19, "a slope needs its time: write -1 per min"},
        Bad{"slope(gcs, 1 h) < -1 /min per h", 22, "here is a pure number, without a unit"},
        Bad{"gcs < 9 per h", 7, "'per h' belongs to a slope"}, Bad{"gcs < 9 per", 12, "'per' is followed by min or h"},
        // A limit that says whether it counts itself.
        Bad{"rr below 12 /min", 4,
            "'below' compares with one named limit, which says whether it counts itself; with a number write < or <="},
        Bad{"rr above 12 /min", 4, "with a number write > or >="},
        Bad{"rr below rr_stop + rr_stop", 4, "compares with one named limit"},
        Bad{"rr above hr", 4, "compares with one named limit"},
        // What an age cannot be.
        Bad{"age(rr) < 0 s", 11, "this can never be true: an age is never below 0 s"},
        Bad{"age(rr) >= 0 min", 12, "this is always true: an age is never below 0 s"}, Bad{"0 s > age(rr)", 1, "can never be true"},
        // Slips of writing: one is told, the first.
        Bad{"rr < .", 6, "'.' is not a number"}, Bad{"rr < 12/", 8, "there is no division"}, Bad{"rr < 12 /3", 9, "there is no division"},
        Bad{"rr < 12 {", 9, "unknown unit '{'"}, Bad{"rr < 12 }", 9, "'}' is not expected here"},
        Bad{"rr < 12 µx", 9, "unknown unit 'µx'"}, Bad{"mean(rr", 8, "')' is missing"}, Bad{"mean(rr,", 9, "something is missing"},
        Bad{"mean(#, 1 h) < 12 /min", 6, "'#' is not expected here"}));

// No word of the table of usual names is a signal itself, or says one that is none.
TEST(UsualNames, AreOtherWordsForSignals)
{
    std::set<std::string_view> seen;
    for (const auto& one : usual_names) {
        EXPECT_FALSE(signal_from(one.said)) << one.said;
        EXPECT_TRUE(signal_from(one.signal)) << one.signal;
        EXPECT_TRUE(seen.insert(one.said).second) << one.said << " stands there twice";
    }
}

TEST(Refused, ThatCanNeverBeTrueAsAWhole)
{
    for (const char* when : {"rr < 10 /min and rr > 12 /min", "epidural and not epidural",
                             "rr < 10 /min and (spo2 > 90 % and rr >= 10 /min)", "not (rr < 12 /min or rr >= 12 /min)",
                             "at_least(2, epidural, rr < 10 /min and rr > 12 /min)",
                             "mean(rr, 5 min) < 10 /min and mean(rr, 5 min) > 10 /min",
                             "min(rr, 5 min) > 12 /min and max(rr, 5 min) < 10 /min",
                             "min(rr, 5 min) >= 12 /min and mean(rr, 5 min) < 12 /min",
                             "max(rr, 10 min) < 10 /min and mean(rr, 1 min) > 10 /min",
                             "min(rr, 10 min) > 12 /min and min(rr, 1 min) <= 12 /min",
                             "age(rr) > 40 min and age(rr) < 10 min",
                             // a value that is known is not older than any configuration lets it be: 24 h
                             "known(rr) and age(rr) >= 24 h", "rr < 12 /min and age(rr) > 25 h",
                             "not (rr < 12 /min) and age(rr) > 25 h", "rr > hr and age(hr) > 25 h",
                             "mean(rr, 1 h) < 12 /min and age(rr) > 24 h", "symptom(rash) and age(symptoms) > 24 h",
                             // the group follows from the name
                             "symptom(hives) and symptom < grave", "symptom(nausea) and symptom == none",
                             // inequalities between several
                             "rr > hr and rr < hr - 5 /min", "rr > hr and hr > rr", "rr > hr and hr >= rr",
                             "rr > 2 * hr and hr > 60 /min", "rr > hr and hr > pulse and pulse > rr",
                             "not (rr <= hr or rr >= hr - 5 /min)", "hr - pulse > 10 /min and pulse - hr > -10 /min",
                             "sbp - dbp < 20 mmHg and sbp - dbp > 30 mmHg", "rr > hr + 110 /min", "-1 * hr > rr",
                             "mg >= 1.8 * previous(mg) and mg < previous(mg)", "max(rr, 5 min) - min(rr, 5 min) < 0 /min",
                             "mean(rr, 5 min) > hr and max(rr, 5 min) < hr", "rr > hr and epidural and rr < 16 /min and hr > 20 /min",
                             "0.9 * hr < rr and 0.9 * hr > rr and spo2 < 90 %", "-hr > rr", "rr + hr - rr < hr",
                             "epidural and (rr < 10 /min and rr > 12 /min or hr < 50 /min and hr > 60 /min)",
                             // grades, which may be compared with one alone
                             
                             "max(gcs, 1 h) == 9 and min(gcs, 1 h) > 9", "max(gcs, 1 h) < 9 and min(gcs, 1 h) == 9",
                             "min(gcs, 1 h) == 9 and max(gcs, 1 h) < 9",
                             "max(rr, 5 min) > hr and age(rr) > 25 h"}) {
        const CompiledPack compiled = compile(when);
        ASSERT_EQ(compiled.errors.size(), 1U) << when;
        EXPECT_NE(compiled.errors[0].message.find("can never be true"), std::string::npos) << when;
    }
    for (const char* when : {"rr < 12 /min and rr > 10 /min", "rr < 10 /min or rr > 12 /min",
                             "mean(rr, 5 min) < 10 /min and mean(rr, 1 min) > 10 /min", "rr <= 12 /min and rr >= 12 /min",
                             "min(rr, 5 min) < 10 /min and max(rr, 5 min) > 12 /min",
                             "max(rr, 1 min) < 10 /min and mean(rr, 10 min) > 10 /min",
                             "min(rr, 1 min) > 12 /min and min(rr, 10 min) < 12 /min",
                             "age(rr) > 10 min and age(rr) < 40 min",
                             // a slow source or a configuration may let a value hold so long
                             "known(rr) and age(rr) > 2 min", "rr < 12 /min and age(rr) < 24 h", "not known(rr) and age(rr) > 25 h",
                             "known(hr) and age(rr) > 25 h", "mg >= 1.8 * previous(mg) and age(mg) > 1 h",
                             "known(im_dose) and age(im_dose) > 25 h", "symptom(nausea) and symptom >= examine",
                             "not symptom(hives) and symptom < grave",
                             "rr > hr and rr < hr + 5 /min", "rr >= hr and hr >= rr", "rr > hr or hr > rr",
                             "rr > hr and hr > pulse and pulse < rr", "rr > 2 * hr and hr > 20 /min",
                             "mg >= 1.8 * previous(mg) and mg > previous(mg)", "rr > previous(rr) and previous(rr) > 20 /min",
                             "max(rr, 5 min) - min(rr, 5 min) < 1 /min", "mean(rr, 5 min) > hr and max(rr, 1 min) < hr",
                             "rr >= 0.9 * hr and rr <= 1.1 * hr", "0.1 * hr + 0.2 * hr >= rr and 0.3 * hr <= rr",
                             "sustained(rr > hr, 1 min) and rr < hr",
                             "age(rr) > 1 min and after(rr, hr)", "age(rr) > 1 min and armed(rr, 1 min)",
                             "age(rr) > 1 min and not falling(rr)", "age(rr) > 1 min and lost(rr)",
                             "age(rr) > 1 min and sustained(rr < 12 /min, 1 min)",
                             "max(gcs, 1 h) == 9 and min(gcs, 1 h) < 9", "mean(gcs, 1 h) != 10 and max(gcs, 1 h) < 9",
                             "min(rr, 5 min) > 12 /min and drop(rr, 5 min) > 3 /min",
                             "drop(rr, 5 min) > 3 /min and max(rr, 5 min) < 10 /min"}) {
        EXPECT_TRUE(compile(when).pack) << when;
    }
}

TEST(Expressions, ALimitMayBeALengthOfTimeAndOnlyThenStandsForOne)
{
    const auto with = [](const std::string& limit, const std::string& when) {
        const CompiledPack compiled =
            compile_pack("name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\nlong = \"" + limit +
                             "\"\n[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n"
                             "kind = \"technical\"\npriority = \"low\"\nwhen = \"" + when + "\"\n",
                         "p.toml");
        return compiled.errors.empty() ? std::string{} : compiled.errors[0].message;
    };
    for (const char* when : {"age(rr) > long", "sustained(rr < 12 /min, long)", "armed(urine, long)", "mean(rr, long) < 12 /min"})
        EXPECT_EQ(with("20 min", when), "") << when;
    for (const char* when : {"sustained(rr < 12 /min, long)", "armed(urine, long)", "mean(rr, long) < 12 /min"})
        EXPECT_NE(with("20 /min", when).find("a length of time"), std::string::npos) << when << with("20 /min", when);
    EXPECT_NE(with("25 h", "mean(rr, long) < 12 /min").find("at most 24 h"), std::string::npos);
    EXPECT_NE(with("twenty", "mean(rr, long) < 12 /min"), "") << "a broken limit is told once, where it stands";
    EXPECT_NE(with("twenty", "rr < long"), "");
}

TEST(Expressions, AllMistakesOfOneAreShown)
{
    const CompiledPack compiled = compile("rr < 12 and spo < 94 % or hr > 50 mL or summ(rr, 1 h) > 3 /min");
    ASSERT_EQ(compiled.errors.size(), 4U);
    EXPECT_EQ(compiled.errors[0].column, 14U);
    EXPECT_EQ(compiled.errors[3].column, 49U);
}

TEST(Expressions, AreBounded)
{
    std::string deep, longest = "rr < 12 /min";
    for (int i = 0; i < 40; ++i) deep += "(";
    const CompiledPack too_deep = compile(deep + "rr < 12 /min" + std::string(40, ')'));
    ASSERT_EQ(too_deep.errors.size(), 1U);
    EXPECT_NE(too_deep.errors[0].message.find("nested too deeply: at most 32"), std::string::npos);
    for (int i = 0; i < 300; ++i) longest += " or rr < 12 /min";
    const CompiledPack too_long = compile(longest);
    ASSERT_EQ(too_long.errors.size(), 1U);
    EXPECT_NE(too_long.errors[0].message.find("too long: at most 256"), std::string::npos);
    std::string windows = "rr < 12 /min";
    for (int i = 1; i <= 30; ++i) windows += " or mean(rr, " + std::to_string(i) + " s) < 3 /min";
    EXPECT_TRUE(compile(windows).pack);
}

// `depth` times the same before a condition.
std::string nested(std::size_t depth, const std::string& before, const std::string& condition)
{
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += before;
    return out + condition;
}

TEST(Expressions, NegationsAndSignsAreNestingToo)
{
    EXPECT_TRUE(compile(nested(31, "not ", "epidural")).pack);
    EXPECT_TRUE(compile(nested(31, "-", "rr < 12 /min")).pack);
    for (const std::string& deep : {nested(32, "not ", "epidural"), nested(32, "- ", "rr < 12 /min")}) {
        const CompiledPack compiled = compile(deep);
        ASSERT_EQ(compiled.errors.size(), 1U) << deep;
        EXPECT_EQ(compiled.errors[0].message, "nested too deeply: at most 32 levels") << deep;
    }
}

TEST(Expressions, OfALongOneThatIsBrokenTooOnlyTheFirstMistakeIsTold)
{
    std::string longest = "epidural";
    for (int i = 0; i < 254; ++i) longest += " or epidural"; // 255 words and their `or`: 256 parts
    EXPECT_TRUE(compile(longest).pack);
    const std::string too_long = "the expression is too long: at most 256 parts";
    const auto told = [](const std::string& when) {
        const CompiledPack compiled = compile(when);
        EXPECT_EQ(compiled.errors.size(), 1U) << when;
        return compiled.errors.at(0).message;
    };
    for (const char* slip : {" or rr <", " or rr < 1.2.3 /min"}) {
        EXPECT_EQ(told(longest + slip), too_long) << slip; // at `rr`
        EXPECT_EQ(told(longest.substr(std::string{"epidural or "}.size()) + slip), too_long) << slip; // at `<`
    }
    EXPECT_EQ(told(longest + " or #"), "'#' is not expected here");
}

TEST(Expressions, TheSameQuestionIsAskedOnce)
{
    const CompiledPack once = compile("rr < 12 /min");
    const CompiledPack twice = compile("rr < 12 /min or (hr < 50 /min and 12 /min > rr)");
    ASSERT_TRUE(once.pack && twice.pack);
    EXPECT_EQ(once.pack->plan.atoms.size(), 1U); // rr < rr_stop is the same
    EXPECT_EQ(twice.pack->plan.atoms.size(), 2U);
    const CompiledPack sums = compile("hr > 2 * rr or (hr > 2 * rr and epidural) or hr > rr or (hr > rr and epidural) or "
                                      "hr - rr > 90 /min or (hr - rr > 90 /min and epidural)");
    ASSERT_TRUE(sums.pack);
    EXPECT_EQ(sums.pack->plan.comparisons.size(), 3U);
    const CompiledPack held = compile("sustained(rr < 12 /min, 30 s) or (sustained(rr < 12 /min, 30 s) and epidural) or "
                                      "sustained(rr < 12 /min, 31 s) or sustained(rr < 10 /min, 30 s)");
    ASSERT_TRUE(held.pack);
    EXPECT_EQ(held.pack->plan.sustained.size(), 3U) << "another time and another condition are other questions";
}

// 37 Cel are 98.6 degF, but a rise by 1 Cel is one by 1.8 degF: of a difference the zero does not count.
TEST(Expressions, ADifferenceIsConvertedWithoutTheZeroOfItsScale)
{
    const auto limit = [](const std::string& when) {
        const CompiledPack compiled = compile(when);
        for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
        return compiled.pack ? compiled.pack->plan.comparisons.at(0).right.at(0).constant : 0;
    };
    EXPECT_NEAR(limit("temp - previous(temp) > 1.8 [degF]"), 1, 1e-9);
    EXPECT_NEAR(limit("delta(temp, 1 h) - delta(temp, 4 h) > 1.8 [degF]"), 1, 1e-9);
    EXPECT_NEAR(limit("previous(temp) > 100.4 [degF]"), 38, 1e-9);
    EXPECT_NEAR(limit("temp - delta(temp, 1 h) > 100.4 [degF]"), 38, 1e-9) << "what it was an hour ago";
    EXPECT_NEAR(limit("temp + delta(temp, 1 h) > 100.4 [degF]"), 38, 1e-9) << "what it will be in an hour";
}

TEST(Expressions, ASlopeOfAPureNumberHasItsTime)
{
    const auto limit = [](const std::string& when) {
        const CompiledPack compiled = compile(when);
        for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
        double found = 0;
        if (!compiled.pack) return found;
        for (const Atom& atom : compiled.pack->plan.atoms) {
            if (atom.kind == AtomKind::window) found = atom.limit;
        }
        return found;
    };
    EXPECT_EQ(limit("slope(gcs, 2 h) < -3 per h"), -3.0 / 60);
    EXPECT_EQ(limit("slope(gcs, 2 h) < -3 per min"), -3);
}

TEST(Durations, AreANumberAndAUnitOfTime)
{
    using language::parse_duration;
    EXPECT_EQ(parse_duration("30 s"), Duration{30s});
    EXPECT_EQ(parse_duration("4 h"), Duration{4h});
    EXPECT_EQ(parse_duration("1500 ms"), Duration{1500ms});
    EXPECT_EQ(parse_duration("20min"), Duration{20min});
    EXPECT_EQ(parse_duration("0.5 h"), Duration{30min});
    for (const char* bad : {"", "30", "s", "30 x", "-3 s", "1e3 s", "9999999 h", "0.1 ms", "3 s s", "1 h 30 min"}) {
        EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
    }
}

} // namespace
} // namespace magwatch
