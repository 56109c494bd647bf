// Windows against the definition, sample by sample, and across a save.
#include "rules/patient/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "rules/base/archive.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

struct Sample {
    std::int64_t at;
    double value;
};

// W(s, D) by its definition: samples with t > newest - D.
std::optional<double> by_definition(WindowKind kind, Duration length, const std::vector<Sample>& all)
{
    if (all.empty()) return std::nullopt;
    std::vector<Sample> in;
    for (const Sample& s : all) {
        if (s.at > all.back().at - length.count()) in.push_back(s);
    }
    double sum = 0, low = in[0].value, high = in[0].value;
    for (const Sample& s : in) {
        sum += s.value;
        low = std::min(low, s.value);
        high = std::max(high, s.value);
    }
    const auto n = static_cast<double>(in.size());
    switch (kind) {
    case WindowKind::mean: return sum / n;
    case WindowKind::min: return low;
    case WindowKind::max: return high;
    case WindowKind::sum: return sum;
    case WindowKind::drop: return high - in.back().value;
    case WindowKind::delta: return in.back().value - in.front().value;
    case WindowKind::count: return n;
    case WindowKind::slope:
    case WindowKind::fall: {
        long double t_mean = 0, v_mean = 0, top = 0, bottom = 0;
        for (const Sample& s : in) t_mean += static_cast<long double>(s.at) / n, v_mean += s.value / n;
        for (const Sample& s : in) {
            top += (static_cast<long double>(s.at) - t_mean) * (s.value - v_mean);
            bottom += (static_cast<long double>(s.at) - t_mean) * (static_cast<long double>(s.at) - t_mean);
        }
        if (bottom < 0.5L) return std::nullopt;
        const auto span = static_cast<long double>(in.front().at - in.back().at);
        if (kind == WindowKind::fall && -3 * span < length.count()) return std::nullopt;
        return static_cast<double>(top / bottom * (kind == WindowKind::fall ? span : 60000.0L));
    }
    case WindowKind::covered: break;
    }
    return std::nullopt;
}

constexpr WindowKind sampled_kinds[] = {WindowKind::mean, WindowKind::min,   WindowKind::max,   WindowKind::sum,
                                        WindowKind::slope, WindowKind::fall, WindowKind::drop, WindowKind::delta, WindowKind::count};

class WindowByKind : public testing::TestWithParam<WindowKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, WindowByKind, testing::ValuesIn(sampled_kinds));

TEST_P(WindowByKind, AgreesWithItsDefinitionAndContinuesAcrossASave)
{
    std::mt19937_64 random{7};
    for (int round = 0; round < 20; ++round) {
        const Duration length{1000 * (1 + static_cast<std::int64_t>(random() % 120))};
        Window window{{Signal::rr, length, GetParam()}};
        std::vector<Sample> all;
        std::int64_t now = 1'700'000'000'000;
        for (int i = 0; i < 400; ++i) {
            now += static_cast<std::int64_t>(random() % 9000);
            const double value = static_cast<double>(random() % 400) / 10;
            all.push_back({now, value});
            window.push({now}, value);
            const auto expected = by_definition(GetParam(), length, all);
            ASSERT_EQ(window.value().has_value(), expected.has_value()) << "sample " << i;
            if (expected) {
                ASSERT_NEAR(*window.value(), *expected, 1e-5 * std::max(1.0, std::abs(*expected))) << "sample " << i;
            }
            if (random() % 50 == 0) {
                const Bytes bytes = to_bytes(window);
                auto again = from_bytes<Window>(as_text(bytes));
                ASSERT_TRUE(again);
                ASSERT_EQ(again->value(), window.value());
                window = std::move(*again);
                ASSERT_EQ(to_bytes(window), bytes);
            }
        }
    }
}

TEST_P(WindowByKind, ASavedTwinStaysByteIdentical)
{
    std::mt19937_64 random{11};
    Window lived{{Signal::spo2, 60s, GetParam()}};
    Window restored{lived.spec()};
    for (int i = 0; i < 500; ++i) {
        const Instant at{i * 700};
        const double value = 90 + static_cast<double>(random() % 100) / 7;
        lived.push(at, value);
        restored.push(at, value);
        ASSERT_EQ(to_bytes(lived), to_bytes(restored));
        ASSERT_EQ(lived.value(), restored.value()); // to the last bit: sums do not drift
        if (i % 37 == 0) restored = *from_bytes<Window>(as_text(to_bytes(lived)));
    }
}

TEST(Window, TheOldestSampleLeavesExactlyAtItsAge)
{
    Window window{{Signal::rr, 10s, WindowKind::count}};
    window.push({0}, 1);
    window.push({9'999}, 1);
    EXPECT_EQ(window.value(), 2);
    window.push({10'000}, 1); // t > newest - D: the one at 0 is out
    EXPECT_EQ(window.value(), 2);
}

TEST(Window, AnOlderSampleIsIgnored)
{
    Window window{{Signal::rr, 10s, WindowKind::mean}};
    window.push({5'000}, 10);
    window.push({4'000}, 99);
    EXPECT_EQ(window.value(), 10);
}

TEST(Window, ASumOfTenthsIsExactAfterAMillionSamples)
{
    Window window{{Signal::rr, 100s, WindowKind::sum}};
    for (std::int64_t i = 0; i < 1'000'000; ++i) window.push({i * 1000}, 0.1);
    EXPECT_NEAR(*window.value(), 10.0, 1e-4);
    for (std::int64_t i = 1'000'000; i < 1'000'100; ++i) window.push({i * 1000}, 25);
    EXPECT_EQ(window.value(), 2500); // nothing of the past is left in it
}

TEST(Window, AWindowThatOverflowsIsUnknownAndNotWrong)
{
    Window window{{Signal::rr, 24h, WindowKind::sum}};
    for (std::size_t i = 0; i < Window::capacity_max; ++i) window.push({static_cast<std::int64_t>(i) * 10}, 1);
    EXPECT_EQ(window.value(), static_cast<double>(Window::capacity_max));
    window.push({static_cast<std::int64_t>(Window::capacity_max) * 10}, 1);
    EXPECT_EQ(window.value(), std::nullopt);
    EXPECT_EQ(window.held(), Window::capacity_max);
    window.push({Duration{25h}.count()}, 3); // a day on, what was dropped would have left anyway
    EXPECT_EQ(window.value(), 3);
}

TEST(Window, OfEveryKindOneThatOverflowsIsUnknownUntilWhatWasDroppedWouldHaveLeft)
{
    for (const WindowKind kind : {WindowKind::mean, WindowKind::slope, WindowKind::fall, WindowKind::min, WindowKind::delta,
                                  WindowKind::count, WindowKind::covered}) {
        Window window{{Signal::urine, 24h, kind}};
        for (std::size_t i = 0; i <= Window::capacity_max; ++i) {
            window.push({static_cast<std::int64_t>(i) * 4000}, 1 + static_cast<double>(i) / 1000);
        }
        EXPECT_EQ(window.value(), std::nullopt) << static_cast<int>(kind);
        EXPECT_EQ(window.held(), Window::capacity_max) << static_cast<int>(kind);
        window.push({static_cast<std::int64_t>(Window::capacity_max) * 4000 + Duration{23h}.count()}, 20);
        EXPECT_TRUE(window.value()) << static_cast<int>(kind);
    }
}

// As bytes: what a window says of itself, and its samples.
Bytes written(Signal signal, std::int64_t length, WindowKind kind, const std::vector<std::pair<std::int64_t, double>>& samples,
              std::int64_t covered_from = INT64_MIN, std::int64_t left = INT64_MIN, std::int64_t truncated_at = INT64_MIN)
{
    Bytes bytes;
    Writer{bytes}(signal, length, kind, samples, covered_from, left, false, truncated_at);
    return bytes;
}

TEST(Window, BytesThatNoWindowWroteAreRefused)
{
    const auto read = [](const Bytes& bytes) { return from_bytes<Window>(as_text(bytes)).has_value(); };
    const std::int64_t far = (std::int64_t{1} << 45) + 1;
    EXPECT_TRUE(read(written(Signal::rr, 60'000, WindowKind::mean, {{0, 12}, {1000, 13}})));
    EXPECT_FALSE(read(written(Signal::rr, std::int64_t{1} << 40, WindowKind::mean, {})));
    EXPECT_FALSE(read(written(Signal::rr, 0, WindowKind::mean, {})));
    EXPECT_FALSE(read(written(static_cast<Signal>(signal_count), 60'000, WindowKind::mean, {})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, static_cast<WindowKind>(10), {})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, {{far, 12}})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, {{-far, 12}})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, {{1000, 12}, {0, 13}})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, {{0, 1e7}})));
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, {{0, -1e7}})));
    EXPECT_FALSE(read(written(Signal::urine, 60'000, WindowKind::covered, {}, far)));
    EXPECT_FALSE(read(written(Signal::urine, 60'000, WindowKind::covered, {}, 0, -far)));
    EXPECT_FALSE(read(written(Signal::urine, 60'000, WindowKind::covered, {}, 0, 0, far)));
    std::vector<std::pair<std::int64_t, double>> many(40'000, {0, 12});
    EXPECT_FALSE(read(written(Signal::rr, 60'000, WindowKind::mean, many)));
    // Entries of which nobody knows what they cover tell no sum.
    const auto uncovered = from_bytes<Window>(as_text(written(Signal::urine, 60'000, WindowKind::covered, {{0, 12}, {90'000, 30}})));
    ASSERT_TRUE(uncovered);
    EXPECT_EQ(uncovered->value(), std::nullopt);
}

TEST(Window, DamagedBytesAreRefused)
{
    Window window{{Signal::rr, 10s, WindowKind::slope}};
    for (int i = 0; i < 5; ++i) window.push({i * 1000}, i);
    const Bytes good = to_bytes(window);
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        EXPECT_FALSE(from_bytes<Window>(as_text(good).substr(0, cut)));
    }
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {1, 16, 128, 255}) {
            Bytes bad = good;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ flip);
            if (auto window_read = from_bytes<Window>(as_text(bad))) (void)window_read->value(); // no crash, no UB
        }
    }
}

// --- urine ---

WindowSpec urine_4h() { return {Signal::urine, 4h, WindowKind::covered}; }
Instant hours(double h) { return {static_cast<std::int64_t>(h * 3'600'000)}; }

TEST(CoveredWindow, IsUnknownUntilEntriesCoverIt)
{
    Window window{urine_4h()};
    window.push_covering(hours(0), hours(1), 50);
    window.push_covering(hours(1), hours(3.9), 50);
    EXPECT_EQ(window.value(), std::nullopt);
    window.push_covering(hours(3.9), hours(4), 7);
    EXPECT_EQ(window.value(), 107);
}

TEST(CoveredWindow, AFirstEntryWithoutAStartCoversNothing)
{
    Window window{urine_4h()};
    window.push(hours(1), 500);
    window.push(hours(5), 80);
    EXPECT_EQ(window.value(), 80); // the first entry only marks when counting began
}

TEST(CoveredWindow, CountsAnEntryAtTheEdgeInPart)
{
    Window window{urine_4h()};
    window.push_covering(hours(0), hours(1), 200);
    window.push_covering(hours(1), hours(2.5), 90); // 60 mL an hour
    window.push_covering(hours(2.5), hours(6), 35);
    EXPECT_NEAR(*window.value(), 30 + 35, 1e-9); // of the 90 mL half an hour lies within the last four
}

TEST(CoveredWindow, AGapIsNotZero)
{
    Window window{urine_4h()};
    for (int h = 0; h < 6; ++h) window.push_covering(hours(h), hours(h + 1), 40);
    EXPECT_EQ(window.value(), 160);
    window.push_covering(hours(8), hours(9), 40); // nobody measured from 6 to 8
    EXPECT_EQ(window.value(), std::nullopt);
    for (int h = 9; h < 12; ++h) window.push_covering(hours(h), hours(h + 1), 40);
    EXPECT_EQ(window.value(), 160); // the gap has left the window
}

TEST(CoveredWindow, AStartBeforeThePreviousEntryIsThatEntry)
{
    Window window{urine_4h()};
    window.push_covering(hours(0), hours(4), 100);
    window.push_covering(hours(1), hours(6), 10);
    EXPECT_NEAR(*window.value(), 60, 1e-9); // 2 of the first 4 hours, and the new entry whole
}

TEST(CoveredWindow, AnOlderEntryIsIgnored)
{
    Window urine{{Signal::urine, 4h, WindowKind::covered}};
    urine.push_covering(Instant{0}, Instant{0} + 4h, 100);
    urine.push_covering(Instant{0} + 1h, Instant{0} + 3h, 50);
    EXPECT_EQ(urine.value(), 100);
    EXPECT_EQ(urine.held(), 1U);
}

TEST(CoveredWindow, ContinuesAcrossASave)
{
    Window lived{urine_4h()};
    Window restored{lived.spec()};
    std::mt19937_64 random{3};
    std::int64_t at = 0;
    for (int i = 0; i < 300; ++i) {
        const std::int64_t from = random() % 10 == 0 ? at + 60'000 : at;
        at = from + static_cast<std::int64_t>(random() % 7'200'000);
        const auto volume = static_cast<double>(random() % 300);
        lived.push_covering({from}, {at}, volume);
        restored.push_covering({from}, {at}, volume);
        ASSERT_EQ(lived.value(), restored.value()) << i;
        restored = *from_bytes<Window>(as_text(to_bytes(restored)));
        ASSERT_EQ(to_bytes(lived), to_bytes(restored));
    }
}

} // namespace
} // namespace magwatch
