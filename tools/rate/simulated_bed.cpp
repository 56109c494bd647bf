#include "tools/rate/simulated_bed.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "rules/ward/wake.hpp"

namespace magwatch::rate {
namespace {

using namespace std::chrono_literals;

constexpr Moment beginning{Instant{7LL * 24 * 3600 * 1000}, WallTime{1'767'225'600'000}};
constexpr BedId bed{0};
constexpr SourceId monitor{0};

Configuration configuration_of(const std::string& pack_text, const std::string& pack_name, int period_s)
{
    Configuration c;
    c.name = "rate";
    c.mode = Mode::replay;
    c.beds = {{"bed-1", "Bed 1"}};
    c.sources = {{"monitor", SourceKind::monitor, "bed-1", std::chrono::seconds{period_s}, false},
                 {"staff", SourceKind::staff, "", {}, false}};
    c.people = {{"midwife", {{"rate", "rate", ""}}}, {"doctor", {{"rate", "rate", ""}}}};
    c.high.rungs = {{{"midwife"}}, {{"doctor"}}};
    c.medium.rungs = c.high.rungs;
    c.medium.first_after = 180s;
    c.technical = c.medium;
    c.pack_name = pack_name;
    c.pack_text = pack_text;
    return c;
}

} // namespace

SimulatedBed::SimulatedBed(const std::string& pack_text, const std::string& pack_name,
                           const simulator::PatientParameters& woman, const BedOptions& options, std::uint64_t seed)
    : body_{woman}, monitor_{{.cuff_on_oximeter_arm = options.cuff_on_oximeter_arm}, seed, 7}, random_{seed, 11},
      options_{options}, now_{beginning}
{
    Started started;
    started.incarnation = 1;
    step(started);
    step(configuration_of(pack_text, pack_name, options.period_s));
}

void SimulatedBed::start(const BedFacts& facts)
{
    WatchStart watch;
    watch.bed = bed;
    watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
    watch.facts.push_back({Signal::epidural, facts.epidural ? 1.0 : 0.0});
    step(Action{"midwife", watch, 0});
    step(Entry{std::to_string(++keys_), bed, "midwife", now_.wall, ScreeningEntry{{}, ScreeningReply::no}, 0});
}

void SimulatedBed::set_charting(const Charting& charting)
{
    charting_ = charting;
    next_round_s_ = charting.every_s > 0 ? 60 : -1;
}

void SimulatedBed::chart_bolus(double grams, int minutes)
{
    step(Entry{std::to_string(++keys_), bed, "midwife", now_.wall,
               BolusEntry{grams, std::chrono::minutes{minutes}, {}}, 0});
}

void SimulatedBed::chart_rate(double grams_per_hour)
{
    step(Entry{std::to_string(++keys_), bed, "midwife", now_.wall, InfusionRateEntry{grams_per_hour, {}}, 0});
}

void SimulatedBed::set_kidneys(double share)
{
    kidneys_ = share;
    body_.set_kidneys(share);
}

void SimulatedBed::second(double grams_per_hour)
{
    ++second_;
    body_.advance(1000, grams_per_hour);
    if (!ward_asked_) return;
    (void)monitor_.second(body_.truth(), second_ * 1000);
    wake();
    if (second_ % options_.period_s == 0) send_monitor();
    if (second_ == next_round_s_) chart_round();
    answer_due();
}

void SimulatedBed::wake()
{
    const Instant until = beginning.steady + std::chrono::seconds{second_};
    wake_until(ward_, now_, until, [this] { step(Tick{}); });
}

void SimulatedBed::step(const Input& input)
{
    effects_.clear();
    ward_.step(now_, input, effects_);
    for (const Effect& effect : effects_) look(effect);
}

void SimulatedBed::look(const Effect& effect)
{
    if (const auto* t = std::get_if<AlarmTransition>(&effect); t && t->event == AlarmEvent::raised) {
        const bool high = t->kind == AlarmKind::physiological && t->priority == Priority::high;
        ++(high ? seen_.raised_high : seen_.raised_other)[t->rule];
        if (high && seen_.first_rule.empty()) seen_.first_rule = t->rule;
    }
    const auto* sent = std::get_if<SendPage>(&effect);
    if (!sent) return;
    const bool high = sent->page.kind == AlarmKind::physiological && sent->page.priority == Priority::high;
    // A call that began with something less counts again when it becomes high.
    if (!(high ? high_calls_ : other_calls_).insert(sent->page.key.call).second) return;
    ++(high ? seen_.calls_high : seen_.calls_other);
    if (!answers_) return;
    const auto coming = second_ + 15 + static_cast<std::int64_t>(random_.uniform(0, 15));
    const auto here = second_ + 40 + static_cast<std::int64_t>(random_.uniform(0, 30));
    due_.push_back({coming, sent->page.key.call, AnswerKind::coming});
    due_.push_back({here, sent->page.key.call, AnswerKind::here});
}

void SimulatedBed::send(Signal signal, std::optional<double> value)
{
    if (!value && !options_.says_not_available) return;
    Observation observation;
    observation.bed = bed;
    observation.source = monitor;
    observation.signal = signal;
    observation.validity = value ? Validity::valid : Validity::not_available;
    observation.value = value.value_or(0);
    step(observation);
    ++seen_.observations;
}

void SimulatedBed::send_monitor()
{
    const simulator::MonitorReading& r = monitor_.reading();
    send(Signal::hr, r.hr);
    send(Signal::rr, r.rr && *r.rr > 0 ? std::optional<double>{*r.rr} : std::nullopt);
    send(Signal::spo2, r.spo2);
    send(Signal::pulse, r.pulse);
    if (!r.cuff || r.cuff->at_ms == last_cuff_ms_) return;
    last_cuff_ms_ = r.cuff->at_ms;
    send(Signal::sbp, r.cuff->sbp);
    send(Signal::dbp, r.cuff->dbp);
}

void SimulatedBed::chart(Signal signal, double value)
{
    step(Entry{std::to_string(++keys_), bed, "midwife", now_.wall, ValueEntry{signal, value}, 0});
}

// Reflexes, breathing counted over a minute, consciousness; urine once an hour.
void SimulatedBed::chart_round()
{
    const simulator::PatientTruth& t = body_.truth();
    chart(Signal::reflex_knee, t.reflex_knee);
    if (body_.parameters().epidural) chart(Signal::reflex_arm, t.reflex_arm);
    chart(Signal::rr_counted, std::max(0.0, std::floor(t.rr + random_.uniform(0, 1))));
    chart(Signal::avpu, static_cast<double>(t.avpu));
    chart(Signal::sbp, std::floor(t.sbp));
    if (second_ >= 3600) {
        const double urine = std::floor(t.urine - urine_charted_);
        urine_charted_ += urine;
        step(Entry{std::to_string(++keys_), bed, "midwife", now_.wall, UrineEntry{urine, std::nullopt}, 0});
    }
    // The laboratory sees the kidneys twice a day, as creatinine rises: 60 umol/L at full clearance.
    if (kidneys_ < 1 && second_ % (6 * 3600) < 3600) {
        chart(Signal::creatinine, std::min(1000.0, 60 / std::max(0.05, kidneys_)));
    }
    const std::int64_t every = second_ < 7200 ? charting_.first_every_s : charting_.every_s;
    const auto late = random_.chance(charting_.late) ? static_cast<std::int64_t>(random_.uniform(1200, 2400)) : 0;
    next_round_s_ = second_ + every + late;
}

void SimulatedBed::answer_due()
{
    for (std::size_t i = 0; i < due_.size();) {
        if (due_[i].at_s > second_) {
            ++i;
            continue;
        }
        const Due due = due_[i];
        due_.erase(due_.begin() + static_cast<std::ptrdiff_t>(i));
        step(Action{"midwife", Answer{due.call, due.kind}, 0});
        if (due.kind == AnswerKind::here) chart_round();
    }
}

} // namespace magwatch::rate
