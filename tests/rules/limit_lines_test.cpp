// The lines that plots draw, of every shipped pack, against what its rules do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rules/evaluation/evaluation.hpp"
#include "rules/language/limit_lines.hpp"
#include "tests/support/packs.hpp"

namespace magwatch::test {
namespace {

// Whether the rule's condition holds for a patient of whom one value is known. Conditions that must last are asked
// after they did.
Truth condition(const Pack& pack, const LimitLine& line, double value)
{
    PatientState patient;
    patient.set_windows(pack.windows);
    Evaluation evaluation{pack};
    Instant now{0};
    for (int i = 0; i < 40; ++i) {
        patient.accept(line.signal, value, now, now, no_source);
        evaluation.evaluate(pack, patient, now, ~SignalMask{0}, [](std::size_t, const RuleTruth&) {});
        now = now + std::chrono::seconds{30};
    }
    const auto rule = std::find_if(pack.rules.begin(), pack.rules.end(),
                                   [&](const Rule& one) { return one.id == line.rule; });
    return evaluation.ask(rule->when);
}

TEST(ShippedLimitLines, CrossingALineThatStandsAloneRaisesItsRule)
{
    std::size_t judged = 0;
    for (const auto& path : shipped_packs()) {
        const auto pack = compiled_pack(path).pack;
        ASSERT_TRUE(pack) << path;
        for (const LimitLine& line : limit_lines(*pack)) {
            if (!line.alone) continue;
            SCOPED_TRACE(path.filename().string() + " " + line.rule + " " + std::string{name(line.signal)});
            const double step = (line.below ? -1 : 1) * std::max(1e-6, std::abs(line.value) * 1e-6);
            EXPECT_EQ(condition(*pack, line, line.value + step), Truth::yes);
            EXPECT_NE(condition(*pack, line, line.value - step), Truth::yes);
            EXPECT_EQ(condition(*pack, line, line.value) == Truth::yes, line.inclusive);
            ++judged;
        }
    }
    EXPECT_GT(judged, 100U);
}

TEST(ShippedLimitLines, EveryNamedLimitOfOneSignalIsALine)
{
    const auto pack = compiled_pack(shipped_pack("minimal")).pack;
    ASSERT_TRUE(pack);
    const auto lines = limit_lines(*pack);
    for (const char* limit : {"rr_stop", "rr_critical", "spo2_stop", "spo2_critical", "hr_stop", "sbp_stop", "map_stop",
                              "level_medium", "level_high", "level_calcium", "level_unlikely", "rate_alarm", "rate_warn"}) {
        EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const LimitLine& one) { return one.limit == limit; }))
            << limit;
    }
    for (const LimitLine& line : lines) EXPECT_FALSE(line.signal == Signal::mg && line.below) << line.rule;
}

TEST(ShippedLimitLines, AnotherNumberMovesTheLineOfEveryRuleThatUsesIt)
{
    const PackFolder library{shipped_pack("ggc").string()};
    const std::string text = read_text(shipped_pack("ggc"));
    const auto ward = compile_pack(text, "ggc.toml", {}, &library).pack;
    const auto own = compile_pack(text, "ggc.toml", {{"spo2_stop", "91 %"}}, &library).pack;
    ASSERT_TRUE(ward && own);
    const auto before = limit_lines(*ward), after = limit_lines(*own);
    ASSERT_EQ(before.size(), after.size());
    std::size_t moved = 0;
    for (const LimitLine& line : after) {
        if (line.limit != "spo2_stop") continue;
        EXPECT_EQ(line.value, 91) << line.rule;
        ++moved;
    }
    EXPECT_EQ(moved, static_cast<std::size_t>(std::count_if(
                         before.begin(), before.end(), [](const LimitLine& one) { return one.limit == "spo2_stop"; })));
    EXPECT_GT(moved, 0U);
}

} // namespace
} // namespace magwatch::test
