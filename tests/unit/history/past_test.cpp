#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/history/csv_export.hpp"
#include "daemon/history/event_words.hpp"
#include "daemon/history/fhir_codes.hpp"
#include "daemon/history/look_back.hpp"
#include "daemon/history/text.hpp"
#include "daemon/history/trend.hpp"
#include "daemon/journal/sqlite.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch
{
namespace
{

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::int64_t minute_ms = 60'000;
constexpr WallTime noon{28'333'320LL * minute_ms}; // a full hour
constexpr std::int64_t noon_minute = noon.ms / minute_ms;

struct PastTest : testing::Test {
    PastTest()
    {
        auto opened = HistoryFile::open(directory.path(), noon);
        file = std::move(opened.file);
        question.bed = "bed-1";
        question.now = noon + 24h;
        question.version = "0.1.0";
        question.points = 1000;
        question.interval = 5min;
    }
    // One value a second, as value(second).
    template <class Value> void record(const std::string& signal, std::int64_t from_minute, int minutes, Value value)
    {
        std::vector<HistoryMinute> made;
        for (int m = 0; m < minutes; ++m) {
            HistoryMinute minute{"bed-1", noon_minute + from_minute + m, {}};
            for (int s = 0; s < 60; ++s)
                minute.of(signal).add(static_cast<std::uint16_t>(s * 1000), value(m * 60 + s), true);
            made.push_back(std::move(minute));
        }
        ASSERT_FALSE(file->write(made));
    }
    void chart(const std::string& signal, WallTime at, double value)
    {
        HistoryMinute minute{"bed-1", at.ms / minute_ms, {}};
        minute.of(signal).add(static_cast<std::uint16_t>(at.ms % minute_ms), value, true);
        ASSERT_FALSE(file->write({minute}));
    }
    void happened(WallTime at, std::string_view kind, const std::string& text = "")
    {
        ASSERT_FALSE(file->write_events({{"bed-1", at, std::string{kind}, text, "", ""}}));
    }
    HistoryAnswer ask() { return look_back(question, file.get(), running); }
    json trend()
    {
        question.form = HistoryQuestion::Form::trend;
        const HistoryAnswer answer = ask();
        EXPECT_EQ(answer.status, 200U) << answer.error;
        return json::parse(answer.body);
    }
    std::vector<std::string> csv()
    {
        question.form = HistoryQuestion::Form::csv;
        const HistoryAnswer answer = ask();
        EXPECT_EQ(answer.status, 200U) << answer.error;
        std::vector<std::string> lines;
        std::istringstream in{answer.body};
        for (std::string line; std::getline(in, line);) {
            EXPECT_EQ(line.back(), '\r');
            line.pop_back();
            lines.push_back(std::move(line));
        }
        return lines;
    }
    json fhir()
    {
        question.form = HistoryQuestion::Form::fhir;
        const HistoryAnswer answer = ask();
        EXPECT_EQ(answer.status, 200U) << answer.error;
        return json::parse(answer.body);
    }
    // What is of this type in the bundle.
    static std::vector<json> resources(const json& bundle, const std::string& type)
    {
        std::vector<json> found;
        for (const auto& entry : bundle["entry"])
            if (entry["resource"]["resourceType"] == type) found.push_back(entry["resource"]);
        return found;
    }

    // With a clock that was right from noon on.
    void maintain(WallTime until)
    {
        for (const WallTime wall : {noon, until}) {
            while (std::get<bool>(file->maintain({Instant{} + (wall - noon), wall}, {}))) {
            }
        }
    }

    test::TemporaryDirectory directory{"magwatch-past"};
    std::unique_ptr<HistoryFile> file;
    std::vector<HistoryMinute> running;
    HistoryQuestion question;
};

TEST(TrendResolution, NeverGivesMorePointsThanAskedFor)
{
    for (const std::size_t points : {2U, 3U, 100U, 1000U, 2000U}) {
        for (const Duration range : {Duration{1s}, Duration{59s}, Duration{1h}, Duration{24h}, Duration{72h}, longest_trend}) {
            for (const bool minutes : {false, true}) {
                const Duration one = trend_resolution(range, points, minutes);
                // A range that is not aligned touches one stretch more.
                EXPECT_LE((range.count() + one.count() - 1) / one.count() + 1, static_cast<std::int64_t>(points) + 1);
                EXPECT_LE(range.count() / one.count() + 1, static_cast<std::int64_t>(points));
                EXPECT_TRUE(!minutes || one.count() % minute_ms == 0);
            }
        }
    }
    EXPECT_EQ(trend_resolution(24h, 2000, false), Duration{1min});
    EXPECT_EQ(trend_resolution(30min, 2000, false), Duration{1s});
}

TEST_F(PastTest, ATrendGivesLeastAndGreatestOfEachStretchAndNothingInAGap)
{
    record("rr", 0, 1, [](int s) { return s < 10 ? 16 : 12; });
    record("rr", 5, 1, [](int) { return 9; });
    question.from = noon;
    question.to = noon + 10min;
    question.points = 100;
    const json found = trend();
    EXPECT_EQ(found["resolution_seconds"], 10);
    EXPECT_EQ(found["from"], "2023-11-14T22:00:00.000Z");
    const json points = found["signals"]["rr"]["points"];
    EXPECT_EQ(found["signals"]["rr"]["unit"], "/min");
    ASSERT_EQ(points.size(), 12U);
    EXPECT_EQ(points[0], json({0, 16, 16}));
    EXPECT_EQ(points[1], json({10, 12, 12}));
    EXPECT_EQ(points[6], json({300, 9, 9})); // nothing from 60 s on: nobody draws a line through it
    EXPECT_EQ(points[11][0], 350);
    question.points = 10;
    const json coarse = trend();
    EXPECT_EQ(coarse["resolution_seconds"], 120);
    EXPECT_EQ(coarse["signals"]["rr"]["points"][0], json({0, 12, 16}));
}

TEST_F(PastTest, ATrendKnowsTheMinuteThatIsNotStoredYet)
{
    record("rr", 0, 1, [](int) { return 16; });
    HistoryMinute now{"bed-1", noon_minute + 1, {}};
    now.of("rr").add(2000, 8, true);
    running.push_back(now);
    question.from = noon;
    question.to = noon + 2min;
    question.points = 2000;
    const json points = trend()["signals"]["rr"]["points"];
    EXPECT_EQ(points.size(), 61U);
    EXPECT_EQ(points.back(), json({62, 8, 8}));
}

TEST_F(PastTest, ATrendOfSignalsThatWereNeverSeenIsEmpty)
{
    record("rr", 0, 1, [](int) { return 16; });
    question.from = noon;
    question.signals = {"spo2"};
    const json found = trend();
    EXPECT_EQ(found["signals"].size(), 1U);
    EXPECT_THAT(found["signals"]["spo2"]["points"], IsEmpty());
    EXPECT_EQ(found["signals"]["spo2"]["unit"], "%");
}

TEST_F(PastTest, EventsOfTheTimeStandBesideATrend)
{
    ASSERT_FALSE(file->write_events({{"bed-1", noon + 1min, "alarm", "Slow \"breathing\"", "high", "1-7"},
                                     {"bed-2", noon + 1min, "alarm", "of another bed", "high", "1-8"},
                                     {"bed-1", noon + 2h, "stop", "infusion stopped", "", ""}}));
    question.from = noon;
    question.to = noon + 1h;
    const json found = trend();
    ASSERT_EQ(found["events"].size(), 1U);
    EXPECT_EQ(found["events"][0], json({{"at", "2023-11-14T22:01:00.000Z"}, {"kind", "alarm"},
                                        {"text", "Slow \"breathing\""}, {"priority", "high"}, {"ref", "1-7"}}));
}

TEST_F(PastTest, WhatAClockAheadOfOursSaidIsNotHeldBack)
{
    chart("mg", question.now + 30s, 2.9);
    happened(question.now + 30s, event_kind::stop);
    const json found = trend();
    EXPECT_EQ(found["events"].size(), 1U);
    EXPECT_EQ(found["signals"]["mg"]["points"].size(), 1U);
    question.to = question.now; // asked for, it is the end
    EXPECT_THAT(trend()["events"], IsEmpty());
}

TEST_F(PastTest, WhereOnlyMinutesAreKeptTheTrendIsOfMinutes)
{
    record("rr", 0, 60, [](int s) { return 10 + s % 60; });
    maintain(noon + 80h);
    question.from = noon;
    question.to = noon + 10min;
    const json found = trend();
    EXPECT_EQ(found["resolution_seconds"], 60);
    ASSERT_EQ(found["signals"]["rr"]["points"].size(), 10U);
    EXPECT_EQ(found["signals"]["rr"]["points"][3], json({180, 10, 69}));
}

TEST_F(PastTest, WithoutAHistoryTheAnswerSaysSo)
{
    const HistoryAnswer answer = look_back(question, nullptr, {});
    EXPECT_EQ(answer.status, 503U);
    EXPECT_THAT(answer.error, HasSubstr("no trends"));
}

TEST(Stays, BeginAndEndWithTheWatch)
{
    const auto event = [](Duration at, std::string_view kind) {
        return HistoryEvent{"bed-1", noon + at, std::string{kind}, "", "", ""};
    };
    EXPECT_THAT(stays_of({}, std::nullopt), IsEmpty());
    EXPECT_THAT(stays_of({}, noon), ElementsAre(Stay{noon, std::nullopt})); // its event was lost
    EXPECT_THAT(stays_of({event(0s, "watch_start"), event(1h, "entry"), event(2h, "watch_end"),
                          event(3h, "watch_start")}, noon + 3h),
                ElementsAre(Stay{noon, noon + 2h}, Stay{noon + 3h, std::nullopt}));
    // An end that was lost: two patients are never one stay.
    EXPECT_THAT(stays_of({event(0s, "watch_start"), event(3h, "watch_start")}, noon + 3h),
                ElementsAre(Stay{noon, noon + 3h}, Stay{noon + 3h, std::nullopt}));
}

TEST(Cut, LeavesOutWhatMayBeOfAnotherPatient)
{
    HistoryMinute minute{"bed-1", noon_minute, {}};
    for (int s = 0; s < 60; ++s) minute.of("rr").add(static_cast<std::uint16_t>(s * 1000), s < 30 ? 16 : 8, true);
    minute.of("hr").add(0, 80, false); // a summary alone: whose was it?
    const HistoryMinute part = cut(minute, noon + 30s, noon + 60s);
    ASSERT_THAT(part.signals, SizeIs(1));
    EXPECT_EQ(part.signals[0].signal, "rr");
    EXPECT_EQ(part.signals[0].max, 8);
    EXPECT_EQ(part.signals[0].count, 30U);
}

TEST_F(PastTest, CsvHasARowForEachMinuteEachSingleValueAndEachEvent)
{
    record("rr", 0, 2, [](int s) { return s % 2 == 0 ? 14 : 17; });
    chart("mg", noon + 70s, 2.9);
    chart("avpu", noon + 80s, 1);
    happened(noon, event_kind::watch_start, "watch started");
    happened(noon + 75s, event_kind::bolus, "bolus 4 g over 20 min");
    question.simulation = true;
    EXPECT_THAT(csv(), ElementsAre("time,bed,record,name,value,unit,least,greatest,count,text,priority,simulation",
                                   "2023-11-14T22:00:00.000Z,bed-1,mean,rr,15.5,/min,14,17,60,,,true",
                                   "2023-11-14T22:00:00.000Z,bed-1,event,watch_start,,,,,,watch started,,true",
                                   "2023-11-14T22:01:00.000Z,bed-1,mean,rr,15.5,/min,14,17,60,,,true",
                                   "2023-11-14T22:01:10.000Z,bed-1,value,mg,2.9,mmol/L,,,1,,,true",
                                   "2023-11-14T22:01:15.000Z,bed-1,event,bolus,,,,,,bolus 4 g over 20 min,,true",
                                   "2023-11-14T22:01:20.000Z,bed-1,value,avpu,1,1,,,1,voice,,true"));
    question.full = true;
    question.to = noon + 1h;
    EXPECT_THAT(csv(), SizeIs(1 + 120 + 2 + 2));
}

TEST_F(PastTest, CsvOfALongTimeIsRefusedWithTheReason)
{
    question.form = HistoryQuestion::Form::csv;
    question.from = noon - 24h * 8;
    EXPECT_EQ(ask().status, 400U);
    question.full = true;
    question.from = noon;
    EXPECT_THAT(ask().error, HasSubstr("2 hours"));
}

TEST(Csv, NoTextBecomesAFormulaOrBreaksItsRow)
{
    const auto field = [](std::string_view text) {
        std::string out;
        append_csv(out, text);
        return out;
    };
    EXPECT_EQ(field("Slow breathing"), "Slow breathing");
    EXPECT_EQ(field("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
    for (const char* text : {"+1", "-1", "@a", "\tx"}) EXPECT_EQ(field(text).substr(0, 2), "\"'") << text;
    EXPECT_EQ(field("a,b"), "\"a,b\"");
    EXPECT_EQ(field("a\r\nb"), "\"a\r\nb\"");
}

TEST_F(PastTest, AnExportWithoutTimesIsOfTheNewestStay)
{
    chart("mg", noon - 1h, 1.5); // of whoever lay there before
    chart("mg", noon + 1h, 2.5);
    happened(noon - 2h, event_kind::watch_start);
    happened(noon - 30min, event_kind::watch_end);
    happened(noon, event_kind::watch_start);
    EXPECT_THAT(csv(), Contains(HasSubstr(",mg,2.5,")));
    EXPECT_THAT(csv(), Not(Contains(HasSubstr(",mg,1.5,"))));
    question.to = noon - 10min;
    EXPECT_THAT(csv(), Contains(HasSubstr(",mg,1.5,")));
    question.to = noon - 10h;
    EXPECT_EQ(ask().status, 404U);
}

TEST_F(PastTest, FhirSaysMeansWithTheirLeastAndGreatestAndChartedValuesAsTheyAre)
{
    record("rr", 0, 5, [](int s) { return s % 2 == 0 ? 14 : 17; });
    chart("reflex_knee", noon + 2min, 2);
    chart("mg", noon + 3min, 2.9);
    chart("sbp", noon + 4min, 131);
    chart("dbp", noon + 4min, 82);
    chart("avpu", noon + 4min + 30s, 1);
    happened(noon, event_kind::watch_start);
    const json bundle = fhir();
    EXPECT_EQ(bundle["type"], "collection");
    const auto patients = resources(bundle, "Patient");
    ASSERT_THAT(patients, SizeIs(1));
    EXPECT_EQ(patients[0]["identifier"][0]["value"], "bed-1/2023-11-14T22:00:00.000Z");
    EXPECT_FALSE(patients[0].contains("name"));
    std::map<std::string, json> by_code;
    for (const auto& one : resources(bundle, "Observation")) {
        EXPECT_EQ(one["subject"]["reference"], "urn:uuid:" + patients[0]["id"].get<std::string>());
        by_code[one["code"]["coding"][0]["code"]] = one;
    }
    ASSERT_EQ(by_code.size(), 5U);
    const json rr = by_code["9279-1"];
    EXPECT_EQ(rr["valueQuantity"], json({{"value", 15.5}, {"unit", "/min"}, {"system", ucum_system}, {"code", "/min"}}));
    EXPECT_EQ(rr["effectivePeriod"]["end"], "2023-11-14T22:05:00.000Z");
    EXPECT_EQ(rr["component"][0]["valueQuantity"]["value"], 14);
    EXPECT_EQ(rr["component"][2]["valueInteger"], 300);
    EXPECT_EQ(by_code["2601-3"]["valueQuantity"]["code"], "mmol/L");
    EXPECT_EQ(by_code["reflex-knee"]["valueInteger"], 2);
    EXPECT_EQ(by_code["reflex-knee"]["code"]["coding"][0]["system"], local_system);
    EXPECT_EQ(by_code["67775-7"]["valueCodeableConcept"]["text"], "voice");
    ASSERT_EQ(by_code["85354-9"]["component"].size(), 2U);
    EXPECT_EQ(by_code["85354-9"]["component"][0]["code"]["coding"][0]["code"], "8480-6");
    EXPECT_FALSE(bundle.contains("meta")); // no simulation
}

// A knee reflex of 0 was struck, 2 stands in its place at the same time; a count of 40 was struck for good.
TEST_F(PastTest, WhatWasStruckIsMarkedInExportsAndInNoTrend)
{
    const auto struck = [&](WallTime at, Signal signal, double value, const ValueEntry* instead) {
        const Entry was{"", BedId{0}, "", at, ValueEntry{signal, value}, 0};
        Entry now = was;
        if (instead != nullptr) now.what = *instead;
        HistoryEvent event = correction_of(was, instead == nullptr ? nullptr : &now, at);
        event.bed = "bed-1";
        ASSERT_FALSE(file->write_events({event}));
    };
    happened(noon, event_kind::watch_start);
    const ValueEntry weak{Signal::reflex_knee, 2};
    chart("reflex_knee", noon + 2min, 0);
    chart("reflex_knee", noon + 2min, 2);
    struck(noon + 2min, Signal::reflex_knee, 0, &weak);
    chart("rr_counted", noon + 3min, 40);
    struck(noon + 3min, Signal::rr_counted, 40, nullptr);
    chart("rr_counted", noon + 5min, 16);

    const json shown = trend();
    EXPECT_EQ(shown["signals"]["reflex_knee"]["points"].size(), 1U);
    EXPECT_EQ(shown["signals"]["reflex_knee"]["points"][0][1], 2);
    EXPECT_EQ(shown["signals"]["rr_counted"]["points"].size(), 1U);
    EXPECT_EQ(shown["events"][1]["kind"], "correction");
    EXPECT_EQ(shown["events"][1]["text"], "struck: knee reflex 0; instead: knee reflex 2");
    EXPECT_EQ(shown["events"][1]["ref"], "reflex_knee=0");

    EXPECT_THAT(csv(), testing::IsSupersetOf({"2023-11-14T22:02:00.000Z,bed-1,struck,reflex_knee,0,1,,,1,,,false",
                                              "2023-11-14T22:02:00.000Z,bed-1,value,reflex_knee,2,1,,,1,,,false",
                                              "2023-11-14T22:03:00.000Z,bed-1,struck,rr_counted,40,/min,,,1,,,false",
                                              "2023-11-14T22:05:00.000Z,bed-1,value,rr_counted,16,/min,,,1,,,false"}));
    EXPECT_THAT(csv(), Not(Contains(HasSubstr("value,rr_counted,40"))));

    std::map<std::string, int> statuses;
    for (const auto& one : resources(fhir(), "Observation")) {
        const json value = one.contains("valueInteger") ? one["valueInteger"] : one["valueQuantity"]["value"];
        ++statuses[one["status"].get<std::string>() + " " + value.dump()];
    }
    EXPECT_THAT(statuses, testing::UnorderedElementsAre(testing::Pair("entered-in-error 0", 1), testing::Pair("final 2", 1),
                                                        testing::Pair("entered-in-error 40.0", 1),
                                                        testing::Pair("final 16.0", 1)));
}

// Whoever has read it as final finds it again by its id, and hears that it was wrong.
TEST_F(PastTest, FhirSaysThatAnObservationWasWrongUnderItsId)
{
    const auto observation = [&] { return resources(fhir(), "Observation").at(0); };
    happened(noon, event_kind::watch_start);
    chart("mg", noon + 3min, 4.8);
    const json before = observation();
    HistoryEvent event = correction_of(Entry{"", BedId{0}, "", noon + 3min, ValueEntry{Signal::mg, 4.8}, 0}, nullptr, noon);
    event.bed = "bed-1";
    ASSERT_FALSE(file->write_events({event}));
    EXPECT_EQ(before["status"], "final");
    EXPECT_EQ(observation()["status"], "entered-in-error");
    EXPECT_EQ(observation()["id"], before["id"]);
}

TEST_F(PastTest, FhirNeverMakesTwoPatientsOneAndLeavesOutWhatIsNobodys)
{
    for (int hour = -3; hour < 4; ++hour) chart("mg", noon + std::chrono::hours{hour} + 30min, 2 + hour * 0.1);
    happened(noon - 2h, event_kind::watch_start);
    happened(noon, event_kind::watch_end);
    happened(noon + 1h, event_kind::watch_start);
    question.from = noon - 6h;
    question.to = noon + 6h;
    question.simulation = true;
    const json bundle = fhir();
    EXPECT_THAT(resources(bundle, "Patient"), SizeIs(2));
    EXPECT_THAT(resources(bundle, "Observation"), SizeIs(5)); // two before noon, three from one o'clock on
    for (const auto& entry : bundle["entry"]) EXPECT_EQ(entry["resource"]["meta"]["tag"][0]["code"], "HTEST");
    EXPECT_EQ(fhir(), bundle); // the same again: the same ids
    question.from = noon + 10min;
    question.to = noon + 20min;
    EXPECT_EQ(ask().status, 404U);
}

TEST_F(PastTest, ThinningKeepsSummariesAndWhatComesSeldom)
{
    record("rr", 0, 3, [](int s) { return s % 2 == 0 ? 14 : 17; });
    chart("mg", noon + 70s, 2.9);
    const auto rows = [&] { return std::get<0>(file->read("bed-1", noon_minute, noon_minute + 9)); };
    maintain(noon + 72h);
    EXPECT_THAT(rows()[0].of("rr").samples, SizeIs(60)); // not older than 72 h
    maintain(noon + 72h + 2min);
    auto thinned = rows();
    ASSERT_THAT(thinned, SizeIs(3));
    EXPECT_THAT(thinned[0].of("rr").samples, IsEmpty());
    EXPECT_EQ(thinned[1].of("rr").count, 60U);
    EXPECT_EQ(thinned[1].of("rr").mean, 15.5);
    EXPECT_EQ(thinned[1].of("mg").samples.at(0).offset_ms, 10'000);
    EXPECT_THAT(thinned[2].of("rr").samples, SizeIs(60));
    EXPECT_EQ(std::get<0>(file->thinned_to()), noon_minute + 2);
}

TEST_F(PastTest, AHistoryOfTheFirstFormatIsReadAndGetsWhatItLacks)
{
    chart("mg", noon, 2.9);
    file.reset();
    {
        Database database{directory.path() / "history.db", Database::Access::read_write};
        for (const Sql sql : {Sql{"DROP TABLE events"}, Sql{"DROP TABLE marks"}, Sql{"PRAGMA user_version=1"}})
            database.run(sql);
    }
    file = std::move(HistoryFile::open(directory.path(), noon).file);
    ASSERT_TRUE(file);
    happened(noon, event_kind::stop);
    question.from = noon;
    const json found = trend();
    EXPECT_EQ(found["signals"]["mg"]["points"].size(), 1U);
    EXPECT_EQ(found["events"].size(), 1U);
    file.reset();
    EXPECT_EQ((Database{directory.path() / "history.db", Database::Access::read_closed}).integer("PRAGMA user_version"), 2);
}

TEST_F(PastTest, EventsGoWithTheirTime)
{
    happened(noon, event_kind::stop);
    happened(noon + 24h * 29, event_kind::stop);
    maintain(noon + 24h * 31);
    EXPECT_THAT(std::get<0>(file->events("bed-1", WallTime{}, noon + 24h * 40)), SizeIs(1));
}

TEST(EventWords, TellWhatWasTakenWithItsUnitAndNothingThatWasTyped)
{
    const auto said = [](auto what) {
        const HistoryEvent event = event_of(Entry{"k", BedId{0}, "Jane Doe", noon, std::move(what), 1}, noon);
        EXPECT_THAT(event.text, Not(HasSubstr("Doe")));
        return event.kind + ": " + event.text;
    };
    EXPECT_EQ(said(ValueEntry{Signal::reflex_knee, 2}), "entry: knee reflex 2");
    EXPECT_EQ(said(ValueEntry{Signal::avpu, 1}), "entry: consciousness voice");
    EXPECT_EQ(said(UrineEntry{120, std::nullopt}), "entry: urine 120 mL");
    EXPECT_EQ(said(InfusionRateEntry{1.5, Salt::sulfate_heptahydrate}), "infusion: infusion 1.5 g/h");
    EXPECT_EQ(said(InfusionRateEntry{1, Salt::chloride_hexahydrate}),
              "infusion: infusion 1 g/h of chloride_hexahydrate");
    EXPECT_EQ(said(BolusEntry{4, 20min, Salt::sulfate_heptahydrate}), "bolus: bolus 4 g over 20 min");
    EXPECT_EQ(said(InfusionStopEntry{}), "stop: infusion stopped");
    EXPECT_EQ(said(LevelEntry{2.9, false}), "entry: serum magnesium 2.9 mmol/L");
    EXPECT_EQ(said(UntestableEntry{"Mrs Doe has both legs in plaster"}), "entry: no reflex can be tested");
    EXPECT_EQ(said(DecisionEntry{"after_stop", "Dr Doe says go on"}), "entry: decision: after_stop");
}

TEST(EventWords, OnlyWhatTheWardTookForTheFirstTimeHappened)
{
    const auto reply = [](std::uint64_t request, bool accepted, const char* text) {
        return EffectBuffer{Reply{{}, request, accepted, text}};
    };
    EXPECT_TRUE(was_taken(7, reply(7, true, "recorded")));
    EXPECT_FALSE(was_taken(7, reply(7, false, "this bed is not watched")));
    EXPECT_FALSE(was_taken(7, reply(7, true, "already recorded"))); // the same key again
    EXPECT_FALSE(was_taken(7, reply(8, true, "recorded")));
    EXPECT_FALSE(was_taken(7, {}));
}

} // namespace
} // namespace magwatch
