#include "daemon/http/clinical_metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/http/estimate.hpp"

namespace magwatch::http
{
namespace
{

struct Family {
    std::string_view name, help;
};

// One signal of a bed as one series. Rows of one family stand together.
struct Row {
    Family family;
    Signal signal;
    std::string_view labels; // besides the bed
};

constexpr Family pressure{"magwatch_clinical_blood_pressure_mmhg", "Blood pressure, by cuff or arterial line."};
constexpr Family breathing{"magwatch_clinical_respiratory_rate_per_minute",
                           "Breaths per minute, by monitor or counted by hand."};
constexpr Family reflex{"magwatch_clinical_reflex_grade", "Tendon reflex as charted, 0 (absent) to 4."};

constexpr std::array rows = {
    Row{{"magwatch_clinical_heart_rate_per_minute", "Heart rate."}, Signal::hr, ""},
    Row{{"magwatch_clinical_pulse_rate_per_minute", "Pulse rate of the oximeter."}, Signal::pulse, ""},
    Row{breathing, Signal::rr, R"(,by="monitor")"},
    Row{breathing, Signal::rr_counted, R"(,by="hand")"},
    Row{{"magwatch_clinical_oxygen_saturation_percent", "Oxygen saturation of the oximeter."}, Signal::spo2, ""},
    Row{{"magwatch_clinical_end_tidal_carbon_dioxide_mmhg", "End-tidal carbon dioxide."}, Signal::etco2, ""},
    Row{pressure, Signal::sbp, R"(,by="cuff",part="systolic")"},
    Row{pressure, Signal::dbp, R"(,by="cuff",part="diastolic")"},
    Row{pressure, Signal::map, R"(,by="cuff",part="mean")"},
    Row{pressure, Signal::art_sys, R"(,by="arterial",part="systolic")"},
    Row{pressure, Signal::art_dia, R"(,by="arterial",part="diastolic")"},
    Row{pressure, Signal::art_mean, R"(,by="arterial",part="mean")"},
    Row{{"magwatch_clinical_temperature_celsius", "Temperature."}, Signal::temp, ""},
    Row{reflex, Signal::reflex_knee, R"(,site="knee")"},
    Row{reflex, Signal::reflex_arm, R"(,site="arm")"},
    Row{{"magwatch_clinical_consciousness_avpu", "Consciousness: 0 alert, 1 voice, 2 pain, 3 unresponsive."},
        Signal::avpu, ""},
    Row{{"magwatch_clinical_magnesium_level_mmol_per_liter", "Serum magnesium as last measured by a laboratory."},
        Signal::mg, ""},
};

constexpr Family age{"magwatch_clinical_signal_age_seconds",
                     "Time since the last valid value of a signal, fresh or not."};
constexpr Family watched{"magwatch_clinical_bed_watched", "1 for a bed that is watched."};
constexpr Family alarms{"magwatch_clinical_alarms_active", "Open alarms of a bed."};
constexpr Family calls{"magwatch_clinical_calls_unanswered", "Open calls of a bed that nobody has answered."};
constexpr Family overdue{"magwatch_clinical_checks_overdue", "Charted checks of a bed that are overdue."};
constexpr Family rate{"magwatch_clinical_infusion_rate_grams_per_hour",
                      "Magnesium sulfate running, from pump or chart; no sample while it is unknown."};
constexpr Family dose{"magwatch_clinical_magnesium_dose_grams",
                      "Magnesium sulfate given since the watch started, all routes."};
constexpr Family estimate{"magwatch_clinical_magnesium_estimate_mmol_per_liter",
                          "Serum magnesium estimated by a model, with its 90 % band. An estimate, not a lab result; "
                          "no number here is an all-clear."};
constexpr Family doubtful{"magwatch_clinical_magnesium_estimate_doubtful",
                          "1 while the estimate lies outside of what the model was made from, or the record of the "
                          "infusion has gaps."};

class Text
{
public:
    // The head of a family, once.
    void open(const Family& family)
    {
        if (family.name == open_) return;
        open_ = family.name;
        for (const std::string_view part : {std::string_view{"# HELP "}, family.name, std::string_view{" "},
                                            family.help, std::string_view{"\n# TYPE "}, family.name,
                                            std::string_view{" gauge\n"}})
            out_ += part;
    }
    // Aliases are names of the configuration: letters, digits, - _ . : alone.
    void sample(std::string_view bed, std::string_view labels, double value)
    {
        for (const std::string_view part : {open_, std::string_view{"{bed=\""}, bed, std::string_view{"\""}, labels,
                                            std::string_view{"} "}})
            out_ += part;
        number(value);
    }
    void ward_sample(double value)
    {
        (out_ += open_) += ' ';
        number(value);
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void number(double value)
    {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        out_.append(digits.data(), end);
        out_ += '\n';
    }
    std::string out_;
    std::string_view open_;
};

const SignalView* find(const BedView& bed, Signal signal)
{
    const auto found = std::find_if(bed.signals.begin(), bed.signals.end(),
                                    [&](const SignalView& seen) { return seen.signal == signal; });
    return found == bed.signals.end() ? nullptr : &*found;
}

void signals(Text& text, const WardView& view)
{
    for (const Row& row : rows) {
        text.open(row.family);
        for (const BedView& bed : view.beds) {
            const SignalView* seen = bed.watched ? find(bed, row.signal) : nullptr;
            if (seen != nullptr && seen->value) text.sample(bed.alias, row.labels, *seen->value);
        }
    }
    text.open(age);
    for (const BedView& bed : view.beds) {
        for (const Row& row : rows) {
            const SignalView* seen = bed.watched ? find(bed, row.signal) : nullptr;
            if (seen == nullptr || seen->last_at.ms == 0) continue;
            const std::string label = ",signal=\"" + std::string{name(row.signal)} + '"';
            text.sample(bed.alias, label, static_cast<double>((view.at.wall - seen->last_at).count()) / 1000);
        }
    }
}

void counts(Text& text, const WardView& view)
{
    constexpr std::array kinds{std::pair{AlarmKind::physiological, "physiological"},
                               std::pair{AlarmKind::technical, "technical"}};
    constexpr std::array priorities{std::pair{Priority::low, "low"}, std::pair{Priority::medium, "medium"},
                                    std::pair{Priority::high, "high"}};
    text.open(alarms);
    for (const BedView& bed : view.beds) {
        for (const auto& [kind, kind_word] : kinds) {
            for (const auto& [priority, priority_word] : priorities) {
                const auto count = std::count_if(
                    view.episodes.begin(), view.episodes.end(), [&, k = kind, p = priority](const EpisodeView& open) {
                        return open.bed == bed.alias && open.kind == k && open.priority == p;
                    });
                text.sample(bed.alias,
                            std::string{",kind=\""} + kind_word + "\",priority=\"" + priority_word + '"',
                            static_cast<double>(count));
            }
        }
    }
    text.open(calls);
    for (const BedView& bed : view.beds) {
        const auto count = std::count_if(view.calls.begin(), view.calls.end(), [&](const CallView& call) {
            return call.bed == bed.alias && call.state == CallState::calling;
        });
        text.sample(bed.alias, "", static_cast<double>(count));
    }
    text.open(overdue);
    for (const BedView& bed : view.beds) {
        const auto count = std::count_if(bed.checks.begin(), bed.checks.end(),
                                         [](const CheckView& check) { return check.overdue; });
        text.sample(bed.alias, "", static_cast<double>(count));
    }
}

void magnesium(Text& text, const WardView& view)
{
    std::map<std::string_view, Estimate> estimates;
    for (const BedView& bed : view.beds)
        if (const auto made = estimate_now(view, bed)) estimates.emplace(bed.alias, *made);
    text.open(rate);
    for (const BedView& bed : view.beds)
        if (bed.watched && bed.infusion_rate && !bed.rate_unknown_since)
            text.sample(bed.alias, "", *bed.infusion_rate);
    text.open(dose);
    for (const BedView& bed : view.beds)
        if (bed.watched) text.sample(bed.alias, "", bed.dose_total);
    text.open(estimate);
    for (const auto& [bed, made] : estimates) {
        text.sample(bed, R"(,band="p5")", made.p5_mmol_l);
        text.sample(bed, R"(,band="p50")", made.p50_mmol_l);
        text.sample(bed, R"(,band="p95")", made.p95_mmol_l);
    }
    text.open(doubtful);
    for (const auto& [bed, made] : estimates)
        text.sample(bed, "", made.extrapolated || made.record_incomplete ? 1 : 0);
}

} // namespace

std::string render_clinical_metrics(const WardView& view)
{
    Text text;
    text.open({"magwatch_clinical_simulation", "1 in demo and replay, 0 where patients are."});
    text.ward_sample(view.mode == Mode::ward ? 0 : 1);
    text.open(watched);
    for (const BedView& bed : view.beds) text.sample(bed.alias, "", bed.watched ? 1 : 0);
    signals(text, view);
    counts(text, view);
    magnesium(text, view);
    return text.take();
}

} // namespace magwatch::http
