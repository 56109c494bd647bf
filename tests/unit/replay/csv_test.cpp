#include "adapters/monitors/replay/csv.hpp"

#include <gtest/gtest.h>

using namespace magwatch;
using namespace magwatch::adapters;
using namespace std::chrono_literals;

namespace {

const ReplayOptions options{BedId{3}, SourceId{1}, SourceId{2}, WallTime{1'000'000}};

Recording read(std::string_view text)
{
    auto result = read_csv("a.csv", text, options);
    if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&result)) {
        ADD_FAILURE() << mistakes->front().text();
        return {};
    }
    return std::get<Recording>(std::move(result));
}

// "line:column: message" of each mistake.
std::vector<std::string> mistakes(std::string_view text)
{
    const auto result = read_csv("a.csv", text, options);
    std::vector<std::string> out;
    if (const auto* found = std::get_if<std::vector<Diagnostic>>(&result)) {
        for (const Diagnostic& mistake : *found) {
            EXPECT_EQ(mistake.file, "a.csv");
            out.push_back(std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " +
                          mistake.message);
        }
    }
    return out;
}

using Texts = std::vector<std::string>;

} // namespace

TEST(ReplayCsv, EveryColumnBecomesItsSignalInTheCanonicalUnit)
{
    const Recording recording =
        read("time_s,hr_bpm,rr_bpm,spo2_pct,sbp_mmhg,dbp_mmhg,map_mmhg,temp_c,mg_mmol_l,urine_ml,pulse_bpm,"
             "art_sys_mmhg,art_dia_mmhg,art_mean_mmhg,sao2_pct,gcs,creat_mg_dl\n"
             "60,80,16,98,120,70,87,36.6,2.8,50,81,121,71,88,97,15,2\n");
    ASSERT_EQ(recording.rows.size(), 1U);
    struct Expected {
        Signal signal;
        double value;
        Origin origin;
    };
    const Expected expected[] = {
        {Signal::hr, 80, Origin::device},       {Signal::rr, 16, Origin::device},
        {Signal::spo2, 98, Origin::device},     {Signal::sbp, 120, Origin::device},
        {Signal::dbp, 70, Origin::device},      {Signal::map, 87, Origin::device},
        {Signal::temp, 36.6, Origin::device},   {Signal::mg, 2.8, Origin::laboratory},
        {Signal::urine, 50, Origin::charted},   {Signal::pulse, 81, Origin::device},
        {Signal::art_sys, 121, Origin::device}, {Signal::art_dia, 71, Origin::device},
        {Signal::art_mean, 88, Origin::device}, {Signal::sao2, 97, Origin::laboratory},
        {Signal::gcs, 15, Origin::charted},     {Signal::creatinine, 176.8, Origin::laboratory},
    };
    const auto& got = recording.rows[0].observations;
    ASSERT_EQ(got.size(), std::size(expected));
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].signal, expected[i].signal) << i;
        EXPECT_DOUBLE_EQ(got[i].value, expected[i].value) << name(got[i].signal);
        EXPECT_EQ(got[i].origin, expected[i].origin) << name(got[i].signal);
        EXPECT_EQ(got[i].validity, Validity::valid);
        EXPECT_EQ(got[i].bed, BedId{3});
        EXPECT_EQ(got[i].source, got[i].origin == Origin::device ? SourceId{1} : SourceId{2});
        EXPECT_EQ(got[i].observed, WallTime{1'060'000});
    }
    EXPECT_EQ(recording.observations, 16U);
    EXPECT_EQ(recording.refused, 0U);
}

TEST(ReplayCsv, ABlankIsNoValue)
{
    const Recording recording = read("time_s,hr_bpm,rr_bpm\n0,,12\n1, ,\n");
    ASSERT_EQ(recording.rows.size(), 2U);
    EXPECT_EQ(recording.rows[0].observations.size(), 1U);
    EXPECT_TRUE(recording.rows[1].observations.empty());
    EXPECT_EQ(recording.refused, 0U);
    ASSERT_EQ(recording.columns.size(), 1U) << "a column without any value is no column";
    EXPECT_EQ(recording.columns[0].name, "rr_bpm");
}

TEST(ReplayCsv, WhatNoPatientShowsIsRefusedWhereItStands)
{
    const Recording recording = read("time_s,hr_bpm,rr_bpm,spo2_pct,temp_c\n0,0,0,0,0\n"
                                     "1,80,x,nan,1e9\n2,80,-12,98,36\n");
    ASSERT_EQ(recording.rows.size(), 3U);
    ASSERT_EQ(recording.rows[0].refused.size(), 4U);
    for (const RefusedValue& refused : recording.rows[0].refused) {
        EXPECT_EQ(refused.reason, Refusal::implausible);
        EXPECT_TRUE(refused.has_signal);
        EXPECT_EQ(refused.bed, BedId{3});
        EXPECT_EQ(refused.source, SourceId{1});
    }
    EXPECT_EQ(recording.rows[0].refused[1].signal, Signal::rr);
    ASSERT_EQ(recording.rows[1].refused.size(), 3U);
    EXPECT_EQ(recording.rows[1].refused[0].reason, Refusal::not_a_number);
    EXPECT_EQ(recording.rows[1].refused[1].reason, Refusal::not_a_number);
    EXPECT_EQ(recording.rows[1].refused[2].reason, Refusal::implausible);
    EXPECT_EQ(recording.rows[2].refused.size(), 1U);
    EXPECT_EQ(recording.observations, 4U);
    EXPECT_EQ(recording.refused, 8U);
    EXPECT_EQ(recording.columns[1].refused, 3U);
}

TEST(ReplayCsv, MinusZeroIsTheStart)
{
    const Recording recording = read("time_s,hr_bpm\n-0,80\n0.5,81\n1,82\n");
    ASSERT_EQ(recording.rows.size(), 3U);
    EXPECT_EQ(recording.rows[0].at, 0ms);
    EXPECT_EQ(recording.rows[1].at, 500ms);
    EXPECT_EQ(recording.rows[0].observations[0].observed, WallTime{1'000'000});
}

TEST(ReplayCsv, RowsOfOneTimeAreOneAndASecondValueIsADuplicate)
{
    const Recording recording = read("time_s,hr_bpm,rr_bpm\n5,80,\n5,81,12\n");
    ASSERT_EQ(recording.rows.size(), 1U);
    ASSERT_EQ(recording.rows[0].observations.size(), 2U);
    EXPECT_EQ(recording.rows[0].observations[0].value, 80) << "the first stands";
    EXPECT_EQ(recording.rows[0].observations[1].signal, Signal::rr);
    ASSERT_EQ(recording.rows[0].refused.size(), 1U);
    EXPECT_EQ(recording.rows[0].refused[0].reason, Refusal::duplicate);
}

TEST(ReplayCsv, AFileOfTheWrongShapeIsRefusedWithEveryMistake)
{
    EXPECT_EQ(mistakes("time_s,hr_bpm\n1,80\n3,80\n2,80\n4\nx,80\n-1,80\n"),
              (Texts{"4:1: time 2 s goes back: rows must be in time order",
                     "5:1: a row of 1 cells; the header has 2", "6:1: 'x' is no time in seconds since the start",
                     "7:1: '-1' is no time in seconds since the start"}));
    EXPECT_EQ(mistakes("hr_bpm,time_s\n80,nan\n80,\n80,1e300\n").size(), 3U);
    EXPECT_EQ(mistakes("time_s,hr_bmp,rr_bpm,rr_bpm\n1,2,3,4\n"),
              (Texts{"1:8: unknown column 'hr_bmp'; did you mean 'hr_bpm'?",
                     "1:22: column 'rr_bpm' stands here twice"}));
    EXPECT_EQ(mistakes("time_s" + std::string(100'000, ',') + "\n"),
              (Texts{"1:1: a header of 100001 columns; the format has 17"}));
    EXPECT_EQ(mistakes("hr_bpm\n80\n"), (Texts{"1:1: no column 'time_s'"}));
    EXPECT_EQ(mistakes(""), (Texts{"0:0: no header line"}));
    EXPECT_EQ(mistakes("\n\n"), (Texts{"1:1: no header line"}));
}

TEST(ReplayCsv, ADamagedFileGivesABoundedNumberOfMistakes)
{
    std::string text = "time_s,hr_bpm\n";
    for (int i = 0; i < 10000; ++i) text += "x,80\n";
    EXPECT_EQ(mistakes(text).size(), 50U);
}

TEST(ReplayCsv, LineEndsAndByteOrderMarkDoNotMatter)
{
    const Recording plain = read("time_s,hr_bpm\n1,80\n2,81\n");
    const Recording dos = read("\xEF\xBB\xBFtime_s,hr_bpm\r\n1,80\r\n\r\n2,81");
    ASSERT_EQ(dos.rows.size(), plain.rows.size());
    EXPECT_EQ(dos.rows[1].observations[0].value, 81);
    EXPECT_EQ(dos.observations, plain.observations);
}

TEST(ReplayCsv, FreshnessFollowsTheSpacingOfTheColumn)
{
    // Spacings of RR: 10, 10, 100: the median is 10. Of SpO2: 60, 60. Of magnesium: one value.
    const Recording recording = read("time_s,rr_bpm,spo2_pct,mg_mmol_l,hr_bpm\n0,12,98,2,80\n10,12,,,\n20,12,,,\n"
                                     "60,,98,,0\n120,12,98,,\n200,,,,90\n");
    ASSERT_EQ(recording.columns.size(), 4U);
    EXPECT_EQ(recording.columns[0].median_spacing, Duration{10s});
    EXPECT_EQ(recording.columns[0].fresh_for, 30s) << "never shorter than the signal's own limit";
    EXPECT_FALSE(recording.columns[0].sparse());
    EXPECT_EQ(recording.columns[1].median_spacing, Duration{60s});
    EXPECT_EQ(recording.columns[1].fresh_for, 150s);
    EXPECT_TRUE(recording.columns[1].sparse());
    EXPECT_EQ(recording.columns[2].median_spacing, std::nullopt);
    EXPECT_EQ(recording.columns[2].fresh_for, 12h);
    EXPECT_EQ(recording.columns[3].median_spacing, Duration{200s}) << "a refused value is no value";
    EXPECT_EQ(recording.columns[3].fresh_for, 500s);
}

TEST(ReplayCsv, TheMedianOfAnEvenNumberIsTheMiddle)
{
    const Recording recording = read("time_s,rr_bpm\n0,12\n20,12\n60,12\n");
    EXPECT_EQ(recording.columns[0].median_spacing, Duration{30s});
    EXPECT_EQ(recording.columns[0].fresh_for, 75s);
}
