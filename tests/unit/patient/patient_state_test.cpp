// What is known of a patient, and for how long.
#include "rules/patient/patient_state.hpp"

#include <gtest/gtest.h>

#include "rules/base/archive.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr SourceId monitor{1};
Instant at(Duration d) { return Instant{0} + d; }

TEST(PatientState, NothingIsKnownBeforeTheFirstSample)
{
    const PatientState patient;
    EXPECT_EQ(patient.value(Signal::rr, at(0s)), std::nullopt);
    EXPECT_EQ(patient.stale_at(Signal::rr, at(0s)), std::nullopt);
    EXPECT_EQ(patient.without_value_since(Signal::rr), std::nullopt);
    EXPECT_FALSE(patient.latest(Signal::rr).seen);
}

TEST(PatientState, AValueIsNotCarriedPastItsLimit)
{
    PatientState patient;
    patient.accept(Signal::rr, 14, at(10s), at(10s), monitor);
    EXPECT_EQ(patient.value(Signal::rr, at(10s)), 14);
    EXPECT_EQ(patient.value(Signal::rr, at(39s + 999ms)), 14);
    EXPECT_EQ(patient.value(Signal::rr, at(40s)), std::nullopt);
    EXPECT_EQ(patient.stale_at(Signal::rr, at(10s)), at(40s));
    EXPECT_EQ(patient.stale_at(Signal::rr, at(40s)), std::nullopt);
    EXPECT_EQ(patient.latest(Signal::rr).value, 14); // still there to be shown as "was"
}

TEST(PatientState, WhatIsChartedLateIsAsOldAsTheEvent)
{
    PatientState patient;
    patient.accept(Signal::reflex, 2, at(0s), at(0s), monitor);
    patient.accept(Signal::reflex_knee, 1, at(0s), at(90min), monitor);
    EXPECT_EQ(patient.value(Signal::reflex_knee, at(90min)), 1);
    EXPECT_EQ(patient.value(Signal::reflex_knee, at(2h)), std::nullopt);
    patient.accept(Signal::mg, 3, at(1h), at(2h), monitor);
    EXPECT_EQ(patient.stale_at(Signal::mg, at(2h)), at(13h));
    // A device's value counts from its arrival.
    patient.accept(Signal::rr, 14, at(2h - 10s), at(2h), monitor);
    EXPECT_EQ(patient.stale_at(Signal::rr, at(2h)), at(2h + 30s));
}

TEST(PatientState, ASlowerSourceHasALongerLimit)
{
    PatientState patient;
    patient.accept(Signal::rr, 14, at(0s), at(0s), monitor);
    patient.set_fresh_for(Signal::rr, 4min);
    EXPECT_EQ(patient.value(Signal::rr, at(239s)), 14);
    EXPECT_EQ(patient.value(Signal::rr, at(4min)), std::nullopt);
    EXPECT_EQ(patient.lost_after(Signal::rr), Duration{4min});
    EXPECT_EQ(patient.lost_after(Signal::spo2), Duration{20s});
}

TEST(PatientState, AnInvalidSampleMakesTheValueUnknownAtOnce)
{
    PatientState patient;
    patient.accept(Signal::rr, 14, at(0s), at(0s), monitor);
    patient.reject(Signal::rr, Validity::not_available, at(1s));
    EXPECT_EQ(patient.value(Signal::rr, at(1s)), 14); // one missing reading is not yet a loss of the value
    patient.reject(Signal::rr, Validity::invalid, at(2s));
    EXPECT_EQ(patient.value(Signal::rr, at(2s)), std::nullopt);
    patient.set_fresh_for(Signal::rr, 1h); // no way back by configuration
    EXPECT_EQ(patient.value(Signal::rr, at(2s)), std::nullopt);
    EXPECT_EQ(patient.latest(Signal::rr).validity, Validity::invalid);
    EXPECT_EQ(patient.latest(Signal::rr).sampled, at(2s));
    EXPECT_EQ(patient.without_value_since(Signal::rr), at(0s));
    patient.accept(Signal::rr, 15, at(3s), at(3s), monitor);
    EXPECT_EQ(patient.value(Signal::rr, at(3s)), 15);
    EXPECT_EQ(patient.latest(Signal::rr).previous, 14);
}

TEST(PatientState, ASignalThatNeverGaveAValueIsWithoutOneSinceItsFirstSample)
{
    PatientState patient;
    patient.reject(Signal::spo2, Validity::not_available, at(5s));
    patient.reject(Signal::spo2, Validity::not_available, at(6s));
    EXPECT_TRUE(patient.latest(Signal::spo2).seen);
    EXPECT_EQ(patient.without_value_since(Signal::spo2), at(5s));
}

TEST(PatientState, NewWindowsKeepTheSamplesOfOldOnes)
{
    const WindowSpec kept{Signal::rr, 5min, WindowKind::mean};
    const WindowSpec gone{Signal::rr, 1min, WindowKind::min};
    const WindowSpec fresh{Signal::spo2, 5min, WindowKind::mean};
    PatientState patient;
    patient.set_windows(std::vector{gone, kept});
    patient.accept(Signal::rr, 10, at(0s), at(0s), monitor);
    patient.accept(Signal::rr, 20, at(1s), at(1s), monitor);
    patient.set_windows(std::vector{kept, fresh});
    ASSERT_EQ(patient.window_count(), 2U);
    EXPECT_EQ(patient.window(0).value(), 15);
    EXPECT_EQ(patient.window(1).value(), std::nullopt);
    patient.accept(Signal::spo2, 97, at(2s), at(2s), monitor);
    EXPECT_EQ(patient.window(0).value(), 15);
    EXPECT_EQ(patient.window(1).value(), 97);
}

TEST(PatientState, UrineCountsFromTheStartOfTheWatchTheEntryBeforeOrItsOwnStart)
{
    PatientState patient;
    patient.set_windows(std::vector{WindowSpec{Signal::urine, 4h, WindowKind::covered}});
    patient.set_watch_start(at(0s));
    patient.accept(Signal::urine, 60, at(3h), at(3h), monitor);
    EXPECT_EQ(patient.window(0).value(), std::nullopt);
    patient.accept(Signal::urine, 40, at(4h), at(4h + 10min), monitor);
    EXPECT_EQ(patient.window(0).value(), 100);
    patient.accept_volume(Signal::urine, 40, at(7h), at(7h), monitor, at(6h)); // catheter changed: 4 to 6 is lost
    EXPECT_EQ(patient.window(0).value(), std::nullopt);
}

TEST(PatientState, ForgettingRemovesValueAndWindows)
{
    PatientState patient;
    patient.set_windows(std::vector{WindowSpec{Signal::rr, 5min, WindowKind::mean}});
    patient.accept(Signal::rr, 10, at(0s), at(0s), monitor);
    patient.forget(Signal::rr);
    EXPECT_EQ(patient.value(Signal::rr, at(0s)), std::nullopt);
    EXPECT_EQ(patient.window(0).value(), std::nullopt);
    EXPECT_FALSE(patient.latest(Signal::rr).seen);
}

TEST(PatientState, ALimitLongerThanTheTimeLineNeverEnds)
{
    PatientState patient;
    patient.set_fresh_for(Signal::rr, Duration::max());
    patient.accept(Signal::rr, 14, at(10s), at(10s), monitor);
    EXPECT_EQ(patient.stale_at(Signal::rr, at(24h * 3650)), Instant::never());
}

TEST(PatientState, AVolumeIsASampleOfWindowsThatCount)
{
    PatientState patient;
    const WindowSpec specs[] = {{Signal::urine, 4h, WindowKind::covered}, {Signal::urine, 4h, WindowKind::count}};
    patient.set_windows(specs);
    patient.accept_volume(Signal::urine, 100, at(4h), at(4h), monitor, at(0s));
    patient.accept_volume(Signal::urine, 40, at(5h), at(5h), monitor, std::nullopt);
    EXPECT_EQ(patient.window(0).value(), 115) << "three quarters of the first";
    EXPECT_EQ(patient.window(1).value(), 2);
}

TEST(PatientState, TakesASignalOfAnotherWithTheWindowsThatBothHave)
{
    PatientState from, to;
    const WindowSpec both{Signal::rr, 5min, WindowKind::mean}, only{Signal::rr, 1min, WindowKind::max};
    from.set_windows(std::vector{both});
    to.set_windows(std::vector{both, only});
    to.set_fresh_for(Signal::rr, 1min);
    for (int i = 0; i < 10; ++i) from.accept(Signal::rr, 10 + i, at(1s * i), at(1s * i), monitor);
    to.accept(Signal::rr, 30, at(0s), at(0s), monitor);
    to.take(from, Signal::rr);
    EXPECT_EQ(to.value(Signal::rr, at(9s)), 19);
    EXPECT_EQ(to.stale_at(Signal::rr, at(9s)), at(69s)) << "its own limit";
    EXPECT_EQ(to.window(0).value(), 14.5);
    EXPECT_EQ(to.window(1).value(), std::nullopt) << "of what the other did not keep nothing is known";
    from.accept(Signal::rr, 99, at(10s), at(10s), monitor);
    EXPECT_EQ(to.window(0).value(), 14.5) << "a copy";
}

TEST(PatientState, BytesWithMoreWindowsThanAPackCanHaveAreRefused)
{
    const auto with = [](std::uint64_t windows) {
        Bytes bytes = to_bytes(PatientState{});
        bytes.resize(bytes.size() - 2); // no window, and no start of the watch
        Writer writer{bytes};
        writer.varint(windows);
        for (std::uint64_t i = 0; i < windows; ++i) writer(Window{{Signal::rr, 1min, WindowKind::mean}});
        writer(std::optional<Instant>{});
        return from_bytes<PatientState>(as_text(bytes)).has_value();
    };
    EXPECT_TRUE(with(0));
    EXPECT_TRUE(with(255));
    EXPECT_FALSE(with(256));
}

TEST(PatientState, ContinuesByteForByteAcrossASave)
{
    const std::vector<WindowSpec> specs{{Signal::rr, 5min, WindowKind::slope}, {Signal::spo2, 1min, WindowKind::drop}};
    PatientState lived;
    lived.set_windows(specs);
    lived.set_watch_start(at(0s));
    lived.set_fresh_for(Signal::rr, 2min);
    for (int i = 0; i < 300; ++i) {
        lived.accept(Signal::rr, 10 + i % 7, at(i * 1s), at(i * 1s), monitor);
        lived.accept(Signal::spo2, 90 + i % 5, at(i * 1s), at(i * 1s), monitor);
    }
    const Bytes bytes = to_bytes(lived);
    auto restored = from_bytes<PatientState>(as_text(bytes));
    ASSERT_TRUE(restored);
    EXPECT_EQ(to_bytes(*restored), bytes);
    for (int i = 300; i < 400; ++i) {
        for (PatientState* one : {&lived, &*restored}) {
            one->accept(Signal::rr, 10 + i % 7, at(i * 1s), at(i * 1s), monitor);
            one->reject(Signal::spo2, Validity::invalid, at(i * 1s));
        }
    }
    EXPECT_EQ(to_bytes(*restored), to_bytes(lived));
    EXPECT_EQ(restored->window(0).value(), lived.window(0).value());
}

} // namespace
} // namespace magwatch
