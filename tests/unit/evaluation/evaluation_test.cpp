// What holds of a patient, when it becomes known, and when time alone changes it.
#include "rules/evaluation/evaluation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/base/archive.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

std::string rule(const std::string& id, const std::string& body)
{
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\nkind = \"technical\"\n"
           "priority = \"medium\"\n" + body + "\n";
}

std::shared_ptr<const Pack> pack_of(const std::vector<std::string>& bodies)
{
    std::string text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\nbenchmark = true\n";
    for (std::size_t i = 0; i < bodies.size(); ++i) text += rule("r" + std::to_string(i), bodies[i]);
    const CompiledPack compiled = compile_pack(text, "p.toml");
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    return compiled.pack;
}

// One bed under a pack, with a clock of its own.
struct Bed {
    std::shared_ptr<const Pack> pack;
    PatientState patient;
    Evaluation evaluation;
    Instant now{1'000'000};
    std::vector<std::pair<std::size_t, Truth>> changes; // (rule, raise)

    explicit Bed(std::shared_ptr<const Pack> p) : pack{std::move(p)}, evaluation{*pack}
    {
        patient.set_windows(pack->windows);
        evaluate(~SignalMask{0});
    }
    explicit Bed(const std::string& when) : Bed{pack_of({"when = \"" + when + "\""})} {}

    void evaluate(SignalMask changed)
    {
        evaluation.evaluate(*pack, patient, now, changed,
                            [this](std::size_t r, const RuleTruth& t) { changes.emplace_back(r, t.raise); });
    }
    void give(Signal signal, double value)
    {
        patient.accept(signal, value, now, now, no_source);
        evaluate(mask(signal));
    }
    void give_late(Signal signal, double value, Duration ago)
    {
        patient.accept(signal, value, now - ago, now, no_source);
        evaluate(mask(signal));
    }
    void lose(Signal signal, Validity validity = Validity::invalid)
    {
        patient.reject(signal, validity, now);
        evaluate(mask(signal));
    }
    // Time goes by: the evaluation is only asked when it said so.
    void wait(Duration d)
    {
        const Instant until = now + d;
        while (evaluation.next_due() <= until) {
            const Instant due = evaluation.next_due();
            EXPECT_GT(due, now - Duration{1});
            now = std::max(now, due);
            evaluation.evaluate_due(*pack, patient, now,
                                    [this](std::size_t r, const RuleTruth& t) { changes.emplace_back(r, t.raise); });
            EXPECT_GT(evaluation.next_due(), now);
        }
        now = until;
    }
    [[nodiscard]] Truth raise(std::size_t r = 0) const { return evaluation.truth(r).raise; }
    [[nodiscard]] Truth clear(std::size_t r = 0) const { return evaluation.truth(r).clear; }
};

TEST(Evaluation, AComparisonIsUnknownUntilItsValueIs)
{
    Bed bed{"rr < 12 /min"};
    EXPECT_EQ(bed.raise(), Truth::unknown);
    EXPECT_EQ(bed.clear(), Truth::unknown);
    bed.give(Signal::rr, 12);
    EXPECT_EQ(bed.raise(), Truth::no);
    EXPECT_EQ(bed.clear(), Truth::yes);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::yes);
    EXPECT_EQ(bed.clear(), Truth::no);
}

TEST(Evaluation, AStaleValueIsUnknownExactlyAtItsLimit)
{
    Bed bed{"rr < 12 /min"};
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.evaluation.next_due(), bed.now + 30s);
    bed.wait(29'999ms);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(), Truth::unknown);
    EXPECT_EQ(bed.clear(), Truth::unknown) << "missing data ends nothing";
    EXPECT_EQ(bed.evaluation.next_due(), Instant::never());
}

TEST(Evaluation, LimitsAreInclusiveOrNotAsWritten)
{
    const auto pack = pack_of({"when = \"rr < 12 /min\"", "when = \"rr <= 12 /min\"", "when = \"rr > 12 /min\"",
                               "when = \"rr >= 12 /min\"", "when = \"12 /min > rr\"", "when = \"reflex == 1\"",
                               "when = \"reflex != 1\""});
    Bed bed{pack};
    const auto check = [&](double value, std::vector<bool> expected) {
        bed.give(Signal::rr, value);
        for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(bed.raise(i), truth_of(expected[i])) << value << " " << i;
    };
    check(11.999, {true, true, false, false, true});
    check(12, {false, true, false, true, false});
    check(12.001, {false, false, true, true, false});
    bed.give(Signal::reflex, 1);
    EXPECT_EQ(bed.raise(5), Truth::yes);
    EXPECT_EQ(bed.raise(6), Truth::no);
}

TEST(Evaluation, UnitsAreConvertedExactly)
{
    const auto pack = pack_of({"when = \"mg > 9.6 mg/dL\"", "when = \"mg >= 8 mEq/L\"", "when = \"mg >= 4 mmol/L\"",
                               "when = \"infusion_rate > 50 mg/min\"", "when = \"sbp < 12 kPa\""});
    Bed bed{pack};
    const auto level = [&](double value, Unit unit) {
        bed.give(Signal::mg, std::get<Quantity>(Quantity::checked(Signal::mg, value, unit)).value());
    };
    level(9.6, Unit::mg_per_dl);
    EXPECT_EQ(bed.raise(0), Truth::no) << "9.6 is not above 9.6, whatever the unit";
    level(9.7, Unit::mg_per_dl);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    level(8, Unit::meq_per_l);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    EXPECT_EQ(bed.raise(2), Truth::yes);
    bed.give(Signal::infusion_rate, 3.0);
    EXPECT_EQ(bed.raise(3), Truth::no);
    bed.give(Signal::infusion_rate, 3.1);
    EXPECT_EQ(bed.raise(3), Truth::yes);
    bed.give(Signal::sbp, 90);
    EXPECT_EQ(bed.raise(4), Truth::yes); // 12 kPa is 90.007 mmHg
}

TEST(Evaluation, LogicIsKleenes)
{
    const auto pack = pack_of({"when = \"epidural and digoxin\"", "when = \"epidural or digoxin\"", "when = \"not epidural\"",
                               "when = \"at_least(2, epidural, digoxin, heart_block)\""});
    Bed bed{pack};
    const auto expect = [&](Truth all, Truth any, Truth no, Truth two) {
        EXPECT_EQ(bed.raise(0), all);
        EXPECT_EQ(bed.raise(1), any);
        EXPECT_EQ(bed.raise(2), no);
        EXPECT_EQ(bed.raise(3), two);
    };
    expect(Truth::unknown, Truth::unknown, Truth::unknown, Truth::unknown);
    bed.give(Signal::epidural, 1);
    expect(Truth::unknown, Truth::yes, Truth::no, Truth::unknown);
    bed.give(Signal::epidural, 0);
    expect(Truth::no, Truth::unknown, Truth::yes, Truth::unknown);
    bed.give(Signal::digoxin, 0);
    expect(Truth::no, Truth::no, Truth::yes, Truth::no); // one is left: it cannot become two
    bed.give(Signal::digoxin, 1);
    bed.give(Signal::heart_block, 1);
    expect(Truth::no, Truth::yes, Truth::yes, Truth::yes);
}

TEST(Evaluation, AnUnknownGateIsOpenAndAClosedOneHoldsBack)
{
    Bed bed{pack_of({"when = \"monitor_apnoea\"\nneeds = \"mg_on_board\""})};
    bed.give(Signal::monitor_apnoea, 1);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::mg_on_board, 0);
    EXPECT_EQ(bed.raise(), Truth::no);
    EXPECT_EQ(bed.clear(), Truth::no) << "a closing gate does not end what is there";
    bed.give(Signal::mg_on_board, 1);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::mg_on_board, 0);
    bed.lose(Signal::mg_on_board);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, AnExplicitClearIsAskedAndNeverMeansNever)
{
    Bed bed{pack_of({"when = \"rr < 12 /min\"\nclear = \"rr >= 14 /min\"", "when = \"rr < 12 /min\"\nclear = \"never\""})};
    EXPECT_EQ(bed.clear(1), Truth::no);
    bed.give(Signal::rr, 13);
    EXPECT_EQ(bed.raise(0), Truth::no);
    EXPECT_EQ(bed.clear(0), Truth::no);
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.clear(0), Truth::yes);
    EXPECT_EQ(bed.clear(1), Truth::no);
}

TEST(Evaluation, OnlyRulesThatReadTheSignalAreAskedAndInTheirOrder)
{
    Bed bed{pack_of({"when = \"rr < 12 /min\"", "when = \"hr < 50 /min\"", "when = \"rr < 20 /min\"",
                     "when = \"spo2 < 94 %\"", "when = \"rr < 16 /min\""})};
    bed.changes.clear();
    bed.give(Signal::rr, 11);
    const std::vector<std::pair<std::size_t, Truth>> expected{{0, Truth::yes}, {2, Truth::yes}, {4, Truth::yes}};
    EXPECT_EQ(bed.changes, expected);
    bed.changes.clear();
    bed.give(Signal::rr, 11);
    EXPECT_TRUE(bed.changes.empty()) << "nothing changed, nothing is said";
}

TEST(Evaluation, AgeCountsWithoutFreshnessAndToTheMillisecond)
{
    Bed bed{pack_of({"when = \"age(rr) > 3 min\"", "when = \"age(rr) >= 3 min\"", "when = \"age(rr) < 3 min\""})};
    EXPECT_EQ(bed.raise(0), Truth::unknown);
    bed.give(Signal::rr, 14);
    bed.wait(3min - 1ms);
    EXPECT_EQ(bed.raise(1), Truth::no);
    EXPECT_EQ(bed.raise(2), Truth::yes);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(0), Truth::no);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    EXPECT_EQ(bed.raise(2), Truth::no);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(0), Truth::no);
    bed.lose(Signal::rr);
    bed.wait(3min + 1ms);
    EXPECT_EQ(bed.raise(0), Truth::yes) << "an invalid sample is no newer value";
}

TEST(Evaluation, AgeOfWhatNeverHadAValueCountsFromTheFirstSample)
{
    Bed bed{"age(spo2) >= 1 min"};
    bed.lose(Signal::spo2, Validity::not_available);
    bed.wait(30s);
    bed.lose(Signal::spo2, Validity::not_available);
    bed.wait(30s);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, ArmedWaitsFromTheFirstSample)
{
    Bed bed{"armed(rr, 1 h)"};
    bed.wait(2h);
    EXPECT_EQ(bed.raise(), Truth::unknown);
    bed.give(Signal::rr, 14);
    bed.wait(1h - 1ms);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, LostIsExplicitOrTwentySecondsOrTheLimitOfASlowSource)
{
    Bed bed{"lost(rr)"};
    bed.wait(1h);
    EXPECT_EQ(bed.raise(), Truth::unknown) << "never seen is not lost";
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(20s - 1ms);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.lose(Signal::rr, Validity::invalid);
    EXPECT_EQ(bed.raise(), Truth::yes);
    for (const Validity validity : {Validity::not_available, Validity::questionable}) {
        bed.give(Signal::rr, 14);
        bed.lose(Signal::rr, validity);
        EXPECT_EQ(bed.raise(), Truth::no) << "neither \"no reading\" nor doubt is a loss at once";
        bed.wait(10s);
        bed.lose(Signal::rr, validity);
        bed.wait(10s);
        EXPECT_EQ(bed.raise(), Truth::yes) << "20 s after the last valid value";
    }

    bed.patient.set_fresh_for(Signal::rr, 4min); // a reading a minute
    bed.give(Signal::rr, 14);
    bed.wait(4min - 1ms);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, FallingAnswersFromTheLastValuesAfterTheLossForTenMinutes)
{
    Bed bed{pack_of({"when = \"falling(rr)\"", "when = \"falling(spo2)\""})};
    EXPECT_EQ(bed.raise(0), Truth::unknown);
    bed.give(Signal::rr, 16);
    bed.give(Signal::spo2, 97);
    bed.wait(4min);
    bed.give(Signal::rr, 13.25);
    bed.give(Signal::spo2, 94.25);
    EXPECT_NE(bed.raise(0), Truth::yes) << "by less than three";
    EXPECT_NE(bed.raise(1), Truth::yes);
    bed.wait(10s);
    bed.give(Signal::rr, 10);
    bed.give(Signal::spo2, 93);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    bed.lose(Signal::rr);
    bed.wait(10min - 1ms);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(0), Truth::unknown);
}

TEST(Evaluation, FallingIsTheFallOfAFittedLineAndNotOfSingleValues)
{
    Bed bed{"falling(rr)"};
    // Calm breathing as a monitor counts it, between 13 and 19.
    constexpr double scatter[] = {16, 18, 13, 17, 15, 19, 14, 16, 17, 13, 19, 15};
    for (int i = 0; i < 240; ++i) {
        bed.give(Signal::rr, scatter[(i * 7) % 12]);
        bed.wait(5s);
        ASSERT_NE(bed.raise(), Truth::yes) << "second " << 5 * i;
    }
    // The pace of a load bag left running: 4 /min in 15 min.
    int until = 0;
    for (; until < 180 && bed.raise() != Truth::yes; ++until) {
        bed.give(Signal::rr, scatter[(until * 7) % 12] - until * 4.0 / 180);
        bed.wait(5s);
    }
    EXPECT_LT(until, 180);
}

TEST(Evaluation, SustainedIsJudgedAtSamples)
{
    Bed bed{"sustained(rr < 12 /min, 30 s)"};
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(29s);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(5s);
    EXPECT_EQ(bed.raise(), Truth::no) << "no sample has shown it yet";
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::rr, 12);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::no) << "the run begins anew";
}

TEST(Evaluation, AGapPastTheLimitBreaksASustainedRun)
{
    Bed bed{"sustained(rr < 12 /min, 1 min)"};
    bed.give(Signal::rr, 11);
    bed.wait(29s);
    bed.give(Signal::rr, 11);
    bed.wait(31s); // stale for a second
    EXPECT_EQ(bed.raise(), Truth::unknown);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(20s);
    bed.give(Signal::rr, 11);
    bed.wait(20s);
    bed.give(Signal::rr, 11);
    bed.wait(20s);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, ASustainedQuestionOfTimeNeedsNoSample)
{
    Bed bed{"sustained(lost(rr), 10 s)"};
    bed.give(Signal::rr, 14);
    bed.wait(30s - 1ms);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(), Truth::no);
}

TEST(Evaluation, PreviousComparesWithTheValueBefore)
{
    Bed bed{"mg >= 1.8 * previous(mg)"};
    bed.give(Signal::mg, 2);
    EXPECT_EQ(bed.raise(), Truth::unknown);
    bed.give(Signal::mg, 3.6);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.give(Signal::mg, 3.6);
    EXPECT_EQ(bed.raise(), Truth::no);
}

TEST(Evaluation, ArithmeticKeepsUnits)
{
    Bed bed{pack_of({"when = \"art_sys - sbp > 20 mmHg\"", "when = \"hr - 4.5 /min > 2 * rr\"",
                     "when = \"-1 * delta(rr, 5 min) >= 4 /min\"", "when = \"slope(rr, 5 min) <= -2 /min per min\"",
                     "when = \"slope(rr, 5 min) <= -120 /min per h\"", "when = \"drop(temp, 1 h) > 1.8 [degF]\""})};
    bed.give(Signal::sbp, 100);
    bed.give(Signal::art_sys, 120);
    EXPECT_EQ(bed.raise(0), Truth::no);
    bed.give(Signal::art_sys, 121);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    bed.give(Signal::rr, 20);
    bed.give(Signal::hr, 44.5);
    EXPECT_EQ(bed.raise(1), Truth::no);
    bed.give(Signal::hr, 44.6);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    bed.wait(1min);
    bed.give(Signal::rr, 18);
    EXPECT_EQ(bed.raise(3), Truth::yes);
    EXPECT_EQ(bed.raise(4), Truth::yes);
    EXPECT_EQ(bed.raise(2), Truth::no);
    bed.wait(1min);
    bed.give(Signal::rr, 16);
    EXPECT_EQ(bed.raise(2), Truth::yes);
    bed.give(Signal::temp, 38);
    bed.give(Signal::temp, 37.01);
    EXPECT_EQ(bed.raise(5), Truth::no); // 1.8 F is 1 C
    bed.give(Signal::temp, 36.9);
    EXPECT_EQ(bed.raise(5), Truth::yes);
}

TEST(Evaluation, AfterAsksForAnExaminationLaterThanTheArrivalOfTheLevel)
{
    Bed bed{"after(reflex, mg)"};
    bed.give(Signal::reflex, 2);
    EXPECT_EQ(bed.raise(), Truth::unknown);
    bed.wait(10min);
    bed.give_late(Signal::mg, 4, 30min);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.wait(10min);
    bed.give_late(Signal::reflex, 2, 15min); // seen before the level came
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.give(Signal::reflex, 2);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.wait(1min);
    bed.give(Signal::mg, 1);
    EXPECT_EQ(bed.raise(), Truth::no);
}

TEST(Evaluation, KnownIsNeverUnknown)
{
    Bed bed{pack_of({"when = \"known(rr)\"", "when = \"known(sum(urine, 4 h))\""})};
    EXPECT_EQ(bed.raise(0), Truth::no);
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    bed.wait(30s);
    EXPECT_EQ(bed.raise(0), Truth::no);
    bed.give(Signal::urine, 100);
    EXPECT_EQ(bed.raise(1), Truth::no);
    bed.wait(239min);
    bed.give(Signal::urine, 100);
    EXPECT_EQ(bed.raise(1), Truth::no) << "not yet covered";
    bed.wait(1min);
    bed.give(Signal::urine, 1);
    EXPECT_EQ(bed.raise(1), Truth::yes);
}

TEST(Evaluation, AWindowIsKnownWhileItsSignalIs)
{
    Bed bed{"mean(spo2, 10 min) < 94 %"};
    bed.give(Signal::spo2, 90);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.wait(30s);
    EXPECT_EQ(bed.raise(), Truth::unknown);
    bed.give(Signal::spo2, 98);
    EXPECT_EQ(bed.raise(), Truth::no); // 94 is not below
}

// Every kind of question about time, together, against a bed that is asked afresh each second.
std::shared_ptr<const Pack> timed_pack()
{
    return pack_of({"when = \"rr < 12 /min and not lost(spo2)\"", "when = \"age(rr) > 45 s or age(spo2) >= 1 min\"",
                    "when = \"lost(rr) and (falling(rr) or falling(spo2) or lost(spo2))\"", "when = \"armed(hr, 2 min)\"",
                    "when = \"at_least(2, rr < 12 /min, spo2 < 94 %, hr < 50 /min, age(hr) > 90 s)\"",
                    "when = \"mean(spo2, 1 min) < 94 % or drop(rr, 2 min) >= 4 /min\"",
                    "when = \"not known(rr) and (known(hr) or known(spo2))\"", "when = \"hr > 2 * previous(hr)\""});
}

TEST(Evaluation, WhatIsAskedOnlyWhenDueEqualsWhatIsAskedAfresh)
{
    const auto pack = timed_pack();
    std::mt19937_64 random{5};
    for (int round = 0; round < 30; ++round) {
        Bed bed{pack};
        for (int second = 0; second < 600; ++second) {
            for (const Signal signal : {Signal::rr, Signal::spo2, Signal::hr}) {
                const auto dice = random() % 40;
                const double low = signal == Signal::rr ? 8 : signal == Signal::spo2 ? 90 : 40;
                if (dice < 3) bed.give(signal, low + static_cast<double>(random() % 10));
                if (dice == 3) bed.lose(signal, static_cast<Validity>(1 + random() % 3));
            }
            Evaluation afresh{*pack};
            afresh.evaluate(*pack, bed.patient, bed.now, ~SignalMask{0}, [](std::size_t, const RuleTruth&) {});
            for (std::size_t r = 0; r < pack->rules.size(); ++r) {
                ASSERT_EQ(bed.evaluation.truth(r), afresh.truth(r)) << "rule " << r << ", second " << second;
            }
            bed.wait(1s);
        }
    }
}

TEST(Evaluation, ContinuesByteForByteAcrossASave)
{
    const auto pack = pack_of({"when = \"sustained(rr < 12 /min, 20 s)\"", "when = \"lost(rr) and age(rr) > 40 s\"",
                               "when = \"mean(spo2, 1 min) < 94 %\"\nclear = \"spo2 >= 96 %\""});
    Bed lived{pack};
    std::mt19937_64 random{9};
    for (int i = 0; i < 300; ++i) {
        Bed restored{pack};
        restored.now = lived.now;
        restored.changes = lived.changes;
        const Bytes patient = to_bytes(lived.patient), evaluation = to_bytes(lived.evaluation);
        Reader of_patient{patient}, of_evaluation{evaluation};
        of_patient(restored.patient);
        of_evaluation(restored.evaluation);
        ASSERT_TRUE(of_patient.done() && of_evaluation.done());
        const double rr = 9 + static_cast<double>(random() % 5);
        const bool gap = random() % 10 == 0;
        for (Bed* bed : {&lived, &restored}) {
            bed->give(Signal::rr, rr);
            bed->give(Signal::spo2, 90 + rr / 2);
            bed->wait(gap ? Duration{50s} : Duration{5s});
        }
        ASSERT_EQ(to_bytes(restored.evaluation), to_bytes(lived.evaluation));
        ASSERT_EQ(restored.changes, lived.changes);
    }
}

// A sample inside all ranges is not looked at closely. One that was read from bytes has no ranges and asks everything.
TEST(Evaluation, WhatStandsIsWhatAskingAgainSays)
{
    const auto pack = pack_of({"when = \"rr < 12 /min or avpu == voice\"", "when = \"rr >= 0.5 * hr\"",
                               "when = \"hr - pulse > 10 /min\"", "when = \"hr > 1.5 * previous(hr)\"",
                               "when = \"sustained(hr < 60 /min, 10 s) and armed(rr, 1 min)\"",
                               "when = \"lost(rr) and age(rr) > 25 s\"", "when = \"known(rr) and not known(pulse)\"",
                               "when = \"mean(spo2, 20 s) < 94 % or falling(spo2)\"", "when = \"age(hr) < 10 s\"",
                               "when = \"min(sbp, 1 min) < 85 mmHg\"\nclear = \"sbp >= 91 mmHg\""});
    const std::vector<std::pair<Signal, double>> signals = {
        {Signal::rr, 9},    {Signal::hr, 24},  {Signal::pulse, 24},
        {Signal::spo2, 90}, {Signal::sbp, 82}, {Signal::avpu, 0}};
    std::mt19937_64 random{11};
    Bed bed{pack};
    std::vector<std::pair<std::size_t, Truth>> asked;
    for (int step = 0; step < 20'000; ++step) {
        const auto& [signal, low] = signals[random() % signals.size()];
        const auto dice = random() % 100;
        // Mostly what it was: that is what stands.
        const double before = bed.patient.latest(signal).value;
        const double other = low + static_cast<double>(random() % (low == 0 ? 4 : 12)) * (low > 60 ? 1 : low == 0 ? 1 : 4);
        const double value = dice < 70 && before != 0 ? before : other;
        if (dice < 94) bed.patient.accept(signal, value, bed.now, bed.now, no_source);
        else if (dice < 99) bed.patient.reject(signal, static_cast<Validity>(1 + random() % 3), bed.now);
        else bed.patient.forget(signal);
        Evaluation cold;
        const Bytes bytes = to_bytes(bed.evaluation);
        Reader reader{bytes};
        reader(cold);
        asked.clear();
        cold.evaluate(*pack, bed.patient, bed.now, mask(signal),
                      [&](std::size_t r, const RuleTruth& t) { asked.emplace_back(r, t.raise); });
        bed.changes.clear();
        bed.evaluate(mask(signal));
        ASSERT_EQ(to_bytes(bed.evaluation), to_bytes(cold)) << "step " << step;
        ASSERT_EQ(bed.changes, asked) << "step " << step;
        bed.wait(Duration{random() % 30 == 0 ? 40'000 : random() % 3 * 500});
    }
}

TEST(Evaluation, StateOfAnotherPackStartsAfresh)
{
    const auto before = pack_of({"when = \"rr < 12 /min\"", "when = \"hr < 50 /min\""});
    const auto after = pack_of({"when = \"rr < 14 /min\""});
    Bed bed{before};
    bed.give(Signal::rr, 13);
    bed.pack = after;
    bed.evaluate(~SignalMask{0});
    ASSERT_EQ(bed.evaluation.size(), 1U);
    EXPECT_EQ(bed.raise(0), Truth::yes);
}

TEST(Evaluation, StateOfAPackWithOtherRunsOfAsManyRulesStartsAfreshToo)
{
    const auto before = pack_of({"when = \"sustained(rr < 12 /min, 20 s)\""});
    const auto after = pack_of({"when = \"rr < 14 /min\""});
    Bed bed{before};
    for (int i = 0; i < 5; ++i) {
        bed.give(Signal::rr, 11); // settled: one more of its kind asks nothing
        bed.wait(1s);
    }
    bed.pack = after;
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.pack = before;
    bed.give(Signal::rr, 11);
    bed.wait(20s);
    bed.give(Signal::rr, 11);
    EXPECT_EQ(bed.raise(), Truth::yes);
}

TEST(Evaluation, AWindowInASumIsUnknownWhileItTellsNothing)
{
    Bed bed{"max(rr, 15 min) - fall(rr, 15 min) > 10 /min"};
    bed.give(Signal::rr, 14);
    EXPECT_EQ(bed.raise(), Truth::unknown) << "one sample is no line";
    for (int i = 0; i < 60; ++i) {
        bed.wait(10s);
        bed.give(Signal::rr, 14);
    }
    EXPECT_EQ(bed.raise(), Truth::yes);
    bed.wait(40s);
    EXPECT_EQ(bed.raise(), Truth::unknown) << "stale";
}

TEST(Evaluation, SignsAndSumsAreReckonedAsWritten)
{
    const auto pack = pack_of({"when = \"-rr > -12 /min\"", "when = \"rr + hr < 100 /min\"", "when = \"2 * rr - -hr >= 110 /min\""});
    Bed bed{pack};
    bed.give(Signal::hr, 90);
    bed.give(Signal::rr, 10);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    EXPECT_EQ(bed.raise(1), Truth::no);
    EXPECT_EQ(bed.raise(2), Truth::yes);
    bed.give(Signal::rr, 12);
    EXPECT_EQ(bed.raise(0), Truth::no);
    bed.give(Signal::hr, 80);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    EXPECT_EQ(bed.raise(2), Truth::no);
}

// Scores may be asked for one value, of windows too; beside them their age is looked at when time goes by.
TEST(Evaluation, ScoresAreComparedWithOneValueAndTheirAgeRunsBesideIt)
{
    const auto pack = pack_of({"when = \"max(gcs, 1 h) == 14\"", "when = \"slope(gcs, 1 h) == 0 per min\"", "when = \"gcs == 14\"",
                               "when = \"age(gcs) <= 5 min\"", "when = \"age(gcs) > 10 min\"", "when = \"symptom(rash)\"",
                               "when = \"age(symptoms) < 1 min\""});
    Bed bed{pack};
    EXPECT_EQ(bed.raise(0), Truth::unknown);
    bed.give(Signal::gcs, 14);
    bed.give(Signal::symptoms, 1U << 12);
    EXPECT_EQ(bed.raise(0), Truth::yes);
    EXPECT_EQ(bed.raise(1), Truth::unknown) << "one score has no slope";
    EXPECT_EQ(bed.raise(2), Truth::yes);
    EXPECT_EQ(bed.raise(5), Truth::yes);
    bed.wait(1min);
    EXPECT_EQ(bed.raise(6), Truth::no);
    bed.give(Signal::gcs, 14);
    EXPECT_EQ(bed.raise(1), Truth::yes);
    bed.wait(5min);
    EXPECT_EQ(bed.raise(3), Truth::yes) << "of 5 min it is still one";
    bed.wait(1ms);
    EXPECT_EQ(bed.raise(3), Truth::no);
    bed.wait(5min);
    EXPECT_EQ(bed.raise(4), Truth::yes);
    bed.wait(4h);
    EXPECT_EQ(bed.raise(0), Truth::unknown) << "stale";
}

// More than one word of bits: then none of them is put to sleep.
TEST(Evaluation, AsManyRunsAsAPackMayHaveAreEachTheirOwn)
{
    std::vector<std::string> rules;
    for (int i = 0; i < 70; ++i) {
        rules.push_back("when = \"sustained(rr < " + std::to_string(10 + i) + " /min, " + std::to_string(10 + i) + " s)\"");
    }
    Bed bed{pack_of(rules)};
    for (int second = 0; second <= 85; ++second) {
        bed.give(Signal::rr, 30);
        for (int i = 0; i < 70; ++i) {
            const bool expected = 30 < 10 + i && second >= 10 + i;
            ASSERT_EQ(bed.raise(static_cast<std::size_t>(i)), truth_of(expected)) << second << " s, " << i;
        }
        bed.wait(1s);
    }
    bed.give(Signal::rr, 60);
    EXPECT_EQ(bed.raise(40), Truth::no);
    EXPECT_EQ(bed.raise(65), Truth::yes);
}

// Two signals whose comparisons do not fit one word of bits.
TEST(Evaluation, ComparisonsOfTwoSignalsThatFillMoreThanAWord)
{
    std::vector<std::string> rules;
    for (int i = 0; i < 40; ++i) {
        rules.push_back("when = \"hr < " + std::to_string(40 + i) + " /min\"");
        rules.push_back("when = \"rr < " + std::to_string(10 + i) + " /min\"");
    }
    Bed bed{pack_of(rules)};
    for (const int value : {5, 20, 35, 60}) {
        bed.give(Signal::hr, 30 + value);
        bed.give(Signal::rr, value);
        for (int i = 0; i < 40; ++i) {
            ASSERT_EQ(bed.raise(static_cast<std::size_t>(2 * i)), truth_of(30 + value < 40 + i)) << value << " " << i;
            ASSERT_EQ(bed.raise(static_cast<std::size_t>(2 * i + 1)), truth_of(value < 10 + i)) << value << " " << i;
        }
    }
}

// No plan that was compiled does: runs are sampled after all else. One that did must neither raise nor end anything by it.
TEST(Evaluation, ARunThatIsAskedAsIfItWereAComparisonStillRunsItsTime)
{
    auto pack = std::make_shared<Pack>(*pack_of({"when = \"sustained(rr < 12 /min, 10 s)\""}));
    Plan& plan = pack->plan;
    const auto run = std::find_if(plan.atoms.begin(), plan.atoms.end(),
                                  [](const Atom& a) { return a.kind == AtomKind::sustained; });
    ASSERT_NE(run, plan.atoms.end());
    ASSERT_TRUE(plan.others.empty());
    plan.others.push_back(static_cast<std::uint16_t>(run - plan.atoms.begin()));
    SignalPlan& rr = plan.signals[static_cast<std::size_t>(Signal::rr)];
    rr.first_other = rr.first_calm = 0;
    rr.last_other = 1;
    rr.soonest_ms = 0;
    Bed bed{pack};
    for (int second = 0; second <= 15; ++second) {
        bed.give(Signal::rr, 11);
        ASSERT_EQ(bed.raise(), truth_of(second >= 10)) << second << " s";
        bed.wait(1s);
    }
    bed.give(Signal::rr, 12);
    EXPECT_EQ(bed.raise(), Truth::no);
    bed.evaluation.evaluate_due(*pack, bed.patient, bed.now, [](std::size_t, const RuleTruth&) {});
    EXPECT_EQ(bed.raise(), Truth::no) << "asked when it changes, it knows of no time";
}

} // namespace
} // namespace magwatch
