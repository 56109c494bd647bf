#include "rules/patient/score.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace magwatch {
namespace {

using testing::ElementsAre;

// A healthy set: 0 points, no colour.
VitalSet well()
{
    VitalSet v;
    v.breathing = {16};
    v.systolic = {120};
    v.diastolic = {75};
    v.pulse = {80};
    v.oxygen = 98;
    v.temperature = 37;
    v.consciousness = 0;
    return v;
}

using Put = std::function<void(VitalSet&, double)>;
const Put breathing = [](VitalSet& v, double x) { v.breathing = {x}; };
const Put oxygen = [](VitalSet& v, double x) { v.oxygen = x; };
const Put systolic = [](VitalSet& v, double x) { v.systolic = {x}; };
const Put diastolic = [](VitalSet& v, double x) { v.diastolic = {x}; };
const Put pulse = [](VitalSet& v, double x) { v.pulse = {x}; };
const Put temperature = [](VitalSet& v, double x) { v.temperature = x; };
const Put consciousness = [](VitalSet& v, double x) { v.consciousness = x; };

struct Row {
    Put put;
    double value;
    int points;
};

TEST(News2, EveryEdgeOfItsTable)
{
    const Row rows[] = {
        {breathing, 8, 3},      {breathing, 9, 1},      {breathing, 11, 1},     {breathing, 12, 0},
        {breathing, 20, 0},     {breathing, 21, 2},     {breathing, 24, 2},     {breathing, 25, 3},
        {oxygen, 91, 3},        {oxygen, 92, 2},        {oxygen, 93, 2},        {oxygen, 94, 1},
        {oxygen, 95, 1},        {oxygen, 96, 0},        {systolic, 90, 3},      {systolic, 91, 2},
        {systolic, 100, 2},     {systolic, 101, 1},     {systolic, 110, 1},     {systolic, 111, 0},
        {systolic, 219, 0},     {systolic, 220, 3},     {pulse, 40, 3},         {pulse, 41, 1},
        {pulse, 50, 1},         {pulse, 51, 0},         {pulse, 90, 0},         {pulse, 91, 1},
        {pulse, 110, 1},        {pulse, 111, 2},        {pulse, 130, 2},        {pulse, 131, 3},
        {temperature, 35.0, 3}, {temperature, 35.1, 1}, {temperature, 36.0, 1}, {temperature, 36.1, 0},
        {temperature, 38.0, 0}, {temperature, 38.1, 1}, {temperature, 39.0, 1}, {temperature, 39.1, 2},
        {consciousness, 0, 0},  {consciousness, 1, 3},  {consciousness, 2, 3},  {consciousness, 3, 3},
        {diastolic, 120, 0}};
    for (const Row& row : rows) {
        VitalSet v = well();
        row.put(v, row.value);
        EXPECT_EQ(news2(v).total, row.points) << row.value;
        EXPECT_EQ(news2(v).single_three, row.points == 3) << row.value;
    }
}

TEST(News2, ItsResponse)
{
    VitalSet v = well();
    EXPECT_EQ(news2(v).response, "routine");
    v.pulse = {91};
    EXPECT_EQ(news2(v).response, "ward");
    v.breathing = {21};
    v.temperature = 38.1;
    EXPECT_EQ(news2(v).total, 4);
    EXPECT_EQ(news2(v).response, "ward");
    v.oxygen = 95;
    EXPECT_EQ(news2(v).total, 5);
    EXPECT_EQ(news2(v).response, "urgent");
    v.oxygen = 93;
    EXPECT_EQ(news2(v).response, "urgent");
    v.pulse = {111};
    EXPECT_EQ(news2(v).total, 7);
    EXPECT_EQ(news2(v).response, "emergency");
    v = well();
    v.oxygen = 91;
    EXPECT_EQ(news2(v).response, "urgent") << "a single 3";
}

TEST(Meows, EveryEdgeOfItsTable)
{
    const Row rows[] = {
        {breathing, 9, 2},      {breathing, 10, 0},     {breathing, 20, 0},     {breathing, 21, 1},
        {breathing, 30, 1},     {breathing, 31, 2},     {oxygen, 94, 2},        {oxygen, 95, 0},
        {temperature, 34.9, 2}, {temperature, 35, 1},   {temperature, 35.9, 1}, {temperature, 36, 0},
        {temperature, 38, 0},   {temperature, 38.1, 2}, {systolic, 89, 2},      {systolic, 90, 1},
        {systolic, 100, 1},     {systolic, 101, 0},     {systolic, 149, 0},     {systolic, 150, 1},
        {systolic, 160, 1},     {systolic, 161, 2},     {diastolic, 89, 0},     {diastolic, 90, 1},
        {diastolic, 100, 1},    {diastolic, 101, 2},    {pulse, 39, 2},         {pulse, 40, 1},
        {pulse, 50, 1},         {pulse, 51, 0},         {pulse, 99, 0},         {pulse, 100, 1},
        {pulse, 120, 1},        {pulse, 121, 2},        {consciousness, 0, 0},  {consciousness, 1, 1},
        {consciousness, 2, 2},  {consciousness, 3, 2}};
    for (const Row& row : rows) {
        VitalSet v = well();
        row.put(v, row.value);
        const Meows score = meows(v);
        EXPECT_EQ(score.red, row.points == 2 ? 1 : 0) << row.value;
        EXPECT_EQ(score.yellow, row.points == 1 ? 1 : 0) << row.value;
        EXPECT_EQ(score.triggered, row.points == 2) << row.value;
    }
    VitalSet two = well();
    two.pulse = {100};
    two.diastolic = {90};
    EXPECT_TRUE(meows(two).triggered) << "two yellow";
}

TEST(Scores, OfTwoSourcesTheGraverCountsAndBetweenTwoBandsTheGraver)
{
    VitalSet v = well();
    v.breathing = {16, 8};
    EXPECT_EQ(news2(v).total, 3);
    EXPECT_EQ(news2(v).items.at(0).value, 8);
    v.breathing = {26, 16};
    EXPECT_EQ(news2(v).total, 3);
    v = well();
    v.breathing = {8.5};
    EXPECT_EQ(news2(v).total, 3);
    v = well();
    v.temperature = 35.95;
    EXPECT_EQ(meows(v).yellow, 1);
}

TEST(Scores, WhatIsMissingIsNamedAndNewConfusionCounts)
{
    const VitalSet nothing;
    EXPECT_TRUE(news2(nothing).items.empty());
    EXPECT_THAT(news2(nothing).missing, ElementsAre("breathing", "oxygen", "systolic", "pulse", "consciousness",
                                                    "temperature", "oxygen_given"));
    EXPECT_THAT(meows(nothing).missing, ElementsAre("breathing", "oxygen", "temperature", "systolic", "diastolic",
                                                    "pulse", "consciousness", "pain"));
    VitalSet v = well();
    EXPECT_THAT(news2(v).missing, ElementsAre("oxygen_given"));
    EXPECT_THAT(meows(v).missing, ElementsAre("pain"));
    v.confused = true;
    EXPECT_EQ(news2(v).total, 3);
    EXPECT_EQ(meows(v).yellow, 1);
    v.consciousness = 2;
    EXPECT_EQ(meows(v).red, 1);
}

TEST(Scores, OnlyFreshValuesCount)
{
    PatientState patient;
    const Instant at{1'000'000};
    patient.accept(Signal::rr, 26, at, at, no_source);
    patient.accept(Signal::temp, 39.5, at, at, no_source);
    const auto soon = news2(vital_set(patient, at, false));
    EXPECT_EQ(soon.total, 5);
    const auto later = news2(vital_set(patient, at + std::chrono::minutes{1}, false));
    EXPECT_EQ(later.total, 2) << "the breathing rate is stale";
    EXPECT_THAT(later.missing, testing::Contains("breathing"));
}

} // namespace
} // namespace magwatch
