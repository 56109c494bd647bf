#include "tools/box/ledger.hpp"

#include <algorithm>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration fresh_for = 30s; // BEHAVIOUR "Freshness", of a source that speaks every 5 s
constexpr Duration tolerance = 1s;
constexpr Duration held = 10s; // rr-critical and spo2-critical
constexpr Duration between_samples = sample_every;
constexpr Duration frozen_without = 300s; // goal G4
constexpr Duration frozen_counted = 60s;
constexpr Duration rate_held = 60s; // technical.infusion_record
constexpr Duration phase_slack = 1min; // of the first hours with denser checks, which begin with the first magnesium
constexpr double breathing_fails = 6; // /min; below the 8 of the pack by more than a monitor's noise

Duration frozen_limit(bool counts) { return counts ? frozen_counted : frozen_without; }

std::string of_bed(const std::string& what, std::size_t bed) { return what + " of bed " + std::to_string(bed); }

std::string seconds(Duration d) { return std::to_string(d.count() / 1000) + " s"; }

// A level is drawn for a laboratory, which is not in the box.
bool is_of_laboratory(const Check& check)
{
    return std::all_of(check.signals.begin(), check.signals.end(),
                       [](Signal signal) { return info(signal).kind == SignalKind::laboratory; });
}

} // namespace

Ledger::Ledger(const Pack& pack, const std::vector<Bedside>& bedsides, std::size_t beds)
    : pack_{pack}, bedsides_{bedsides}, books_{pack, beds}, beds_(beds)
{
}

void Ledger::fail(const Moment& now, const char* invariant, std::string what)
{
    // One finding is enough: it repeats at every look.
    const std::string about = std::string{invariant} + what.substr(0, what.find(" for "));
    if (violations_.size() < 20 && said_.insert(about).second)
        violations_.push_back({invariant, std::move(what), now.steady});
}

void Ledger::took(const Moment& now, const Input& input, const EffectBuffer& effects, std::uint64_t number,
                  std::uint64_t durable)
{
    books_.took(now, input, effects, number, durable);
    for (const Effect& effect : effects) {
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) raised(now, *t);
        const auto* sent = std::get_if<SendPage>(&effect);
        if (sent != nullptr && mended_) used_.try_emplace(sent->page.channel_kind, now.steady);
    }
    check(now);
}

void Ledger::raised(const Moment& now, const AlarmTransition& t)
{
    if (t.event != AlarmEvent::raised || t.bed.value >= beds_.size()) return;
    const BedBook& book = books_.beds()[t.bed.value];
    if (!book.watched) return;
    if (t.rule == "technical.frozen") {
        Duration& longest = bedsides_[t.bed.value].counts() ? longest_.with_counter : longest_.without;
        longest = std::max(longest, still(t.at, t.bed.value));
    }
    // What is about the absence of data comes from none.
    if (t.kind == AlarmKind::physiological && !t.rule.starts_with("breathing-lost")) judge_age(now, t, book);
}

// How long the newest value of the signal is over its limit; below zero: it is not. Nothing: it is none that the books
// know.
std::optional<Duration> Ledger::over_age(Signal signal, const BedBook& book, Instant at) const
{
    const auto of = [&](Signal one, Instant newest) { return at - newest - info(one).fresh_for; };
    for (std::size_t i = 0; i < judged.size(); ++i)
        if (judged[i] == signal) return at - book.vitals[i].fresh - fresh_for;
    if (signal == Signal::reflex) signal = Signal::reflex_knee;
    for (std::size_t i = 0; i < charted_signals.size(); ++i)
        if (charted_signals[i] == signal) return of(signal, book.charted[i].any ? book.charted[i].at : Instant{});
    return std::nullopt;
}

// Of all that the rule reads something must be fresh when it fires. When it was decided: what fell due while the
// machine slept is told when it wakes.
void Ledger::judge_age(const Moment& now, const AlarmTransition& t, const BedBook& book)
{
    const auto rule = std::find_if(pack_.rules.begin(), pack_.rules.end(),
                                   [&](const Rule& r) { return r.id == t.rule; });
    if (rule == pack_.rules.end()) return;
    std::optional<Duration> least;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        if ((rule->reads & mask(signal)) == 0 || signal == Signal::mg_on_board) continue;
        const auto over = over_age(signal, book, t.at.steady);
        if (!over) return;
        least = std::min(least.value_or(*over), *over);
    }
    if (least && *least > tolerance)
        fail(now, "I5", of_bed(t.rule, t.bed.value) + " comes from data that are " + seconds(*least) + " too old");
}

void Ledger::check(const Moment& now)
{
    if (now.steady - checked_ < 1s) return;
    checked_ = now.steady;
    for (std::size_t b = 0; b < beds_.size(); ++b) {
        if (!books_.beds()[b].watched) continue;
        const Tells told = books_.beds()[b].tells();
        check_vitals(now, b, told);
        check_charts(now, b, told);
        check_devices(now, b, told);
    }
}

void Ledger::check_vitals(const Moment& now, std::size_t b, Tells told)
{
    const BedBook& book = books_.beds()[b];
    // What stands still, and is told as such, is no sample: the time that a value must hold for begins after it.
    if ((told & tells_frozen) != 0) beds_[b].frozen_told = now.steady;
    const Instant since = std::max(book.since, beds_[b].frozen_told);
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const Vital& vital = book.vitals[i];
        const std::string_view signal = name(judged[i]);
        const Duration missing = now.steady - book.newest(i);
        if (vital.expected && missing > fresh_for + 2 * tolerance && (told & tells_vital(i)) == 0)
            fail(now, "I2",
                 of_bed("no " + std::string{signal}, b) + " for " + seconds(missing) + " and nobody is told");
        const Duration low = vital.low ? vital.fresh - std::max(*vital.low, since) : Duration{};
        const Tells alarm = judged[i] == Signal::rr ? tells_rr_critical : tells_spo2_critical;
        // Of values that come no more somebody who was at the bed knows better.
        const bool comes = now.steady - vital.fresh <= between_samples;
        if (comes && low > held + between_samples + tolerance && (told & alarm) == 0)
            fail(now, "I1", of_bed(std::string{signal}, b) + " is critically low, and no alarm");
    }
    Bed& bed = beds_[b];
    if ((told & tells_breathing) != 0) bed.breathing_told = now.steady;
    if (!bed.failing || !book.vitals[1].expected) return;
    const Instant from = std::max({*bed.failing, book.since, bed.breathing_told});
    if (now.steady - from > frozen_limit(bedsides_[b].counts()) + fresh_for + 2 * between_samples)
        fail(now, "I1", of_bed("the breathing", b) + " fails in truth, and nobody is told anything");
}

// When a check that nobody charted must be told; never: it is not asked for.
Instant Ledger::overdue_at(const BedBook& book, const Check& check) const
{
    if (is_of_laboratory(check)) return Instant::never();
    Instant from = book.magnesium.first;
    for (const Signal signal : check.signals) {
        if (signal == Signal::rr) from = std::max(from, book.counted);
        for (std::size_t i = 0; i < charted_signals.size(); ++i)
            if (charted_signals[i] == signal && book.charted[i].any) from = std::max(from, book.charted[i].at);
    }
    Duration every = check.every, end{};
    for (const CheckPhase& phase : check.phases) {
        end += phase.length;
        if (from - book.magnesium.first >= end - phase_slack) continue;
        every = phase.every;
        break;
    }
    return std::max(from + every + check.overdue_after, book.since);
}

void Ledger::check_charts(const Moment& now, std::size_t b, Tells told)
{
    const BedBook& book = books_.beds()[b];
    if (book.no_reflex && now.steady - *book.no_reflex > tolerance && (told & tells_no_reflex) == 0)
        fail(now, "I1", of_bed("no reflex was charted", b) + ", and no alarm");
    if (!book.on_board(now.steady)) return;
    for (std::size_t i = 0; i < pack_.checks.size(); ++i) {
        if ((told & tells_check(i)) != 0) continue;
        const Instant due = overdue_at(book, pack_.checks[i]);
        if (now.steady > due && now.steady - due > 2 * tolerance)
            fail(now, "I2", of_bed("the check " + pack_.checks[i].id, b) + " is overdue for " +
                                seconds(now.steady - due) + " and nobody is told");
    }
}

Duration Ledger::still(const Moment& now, std::size_t b) const
{
    const Bedside& bedside = bedsides_[b];
    if (!bedside.body || !bedside.monitored()) return {};
    return now.steady - std::max(bedside.moved(), books_.beds()[b].since);
}

void Ledger::check_devices(const Moment& now, std::size_t b, Tells told)
{
    const BedBook& book = books_.beds()[b];
    if (const auto unknown = book.rate_unknown(now.steady)) {
        const Duration since = now.steady - std::max(*unknown, book.since);
        if (since > rate_held + 2 * tolerance && (told & tells_rate) == 0)
            fail(now, "I2", of_bed("the rate of magnesium", b) + " is not known for " + seconds(since) +
                                " and nobody is told");
    }
    const Duration stands = still(now, b);
    if (stands > frozen_limit(bedsides_[b].counts()) + between_samples + tolerance && (told & tells_frozen) == 0)
        fail(now, "G4", of_bed("the monitor", b) + " stands still for " + seconds(stands) + " and nobody is told");
}

void Ledger::truth(const Moment& now, std::uint16_t at)
{
    Bed& bed = beds_[at];
    const Body* body = bedsides_[at].body.get();
    bed.no_pulse = body != nullptr && body->model.truth().hr < info(Signal::hr).min;
    if (body == nullptr || body->model.truth().rr >= breathing_fails) bed.failing.reset();
    else if (!bed.failing) bed.failing = now.steady;
}

void Ledger::recovered(const Moment& now, std::uint64_t durable, Instant last)
{
    books_.recovered(durable, last);
    woke(now);
}

void Ledger::woke(const Moment& now)
{
    for (BedBook& book : books_.beds()) {
        book.since = now.steady;
        for (Vital& vital : book.vitals) vital.low.reset();
    }
}

// The ward against the books: what it was told and did not forget with its disk, it knows.
void Ledger::agree(const Moment& now, const WardView& view)
{
    std::vector<std::size_t> shown(beds_.size());
    for (const EpisodeView& episode : view.episodes) {
        if (episode.bed.empty()) continue;
        std::size_t b = 0;
        while (b < beds_.size() && view.beds[b].alias != episode.bed) ++b;
        if (b < beds_.size() && books_.beds()[b].open.contains(episode.id)) ++shown[b];
        else fail(now, "I8", episode.rule + " of " + episode.bed + " is open, and nobody was told that it began");
    }
    for (std::size_t b = 0; b < beds_.size(); ++b) {
        const BedBook& book = books_.beds()[b];
        if (view.beds[b].watched != book.watched)
            fail(now, "I2", of_bed("the watch", b) + (book.watched ? " is lost" : " was begun by nobody"));
        if (shown[b] < book.open.size()) fail(now, "I8", of_bed("an open alarm", b) + " is lost");
        if (book.watched && view.beds[b].watched) agree_charts(now, view.beds[b], book);
    }
}

void Ledger::agree_charts(const Moment& now, const BedView& shown, const BedBook& book)
{
    for (std::size_t i = 0; i < charted_signals.size(); ++i) {
        const auto found = std::find_if(shown.signals.begin(), shown.signals.end(), [&](const SignalView& one) {
            return one.signal == charted_signals[i] && one.last_at.ms != 0;
        });
        const bool known = found != shown.signals.end();
        if (known != book.charted[i].any || (known && found->last != book.charted[i].value))
            fail(now, "I4", "of " + std::string{name(charted_signals[i])} + " in " + shown.alias +
                                " the ward knows another thing than was charted");
    }
}

void Ledger::look(const Moment& now, const WardView& view, bool moving)
{
    agree(now, view);
    std::vector<Tells> told(beds_.size());
    for (const EpisodeView& episode : view.episodes) {
        for (std::size_t b = 0; b < beds_.size(); ++b)
            if (view.beds[b].alias == episode.bed) told[b] |= tells_of(pack_, episode.rule, episode.message);
    }
    for (std::size_t b = 0; b < beds_.size(); ++b)
        if (view.beds[b].watched) look_at(now, view.beds[b], moving, told[b]);
}

void Ledger::look_at(const Moment& now, const BedView& shown, bool moving, Tells told)
{
    const std::size_t b = shown.id.value;
    const BedBook& book = books_.beds()[b];
    const Bedside& bedside = bedsides_[b];
    const bool stands = still(now, b) > frozen_limit(bedside.counts()) + between_samples + fresh_for + tolerance;
    std::optional<double> weight;
    for (const SignalView& signal : shown.signals) {
        if (signal.signal == Signal::weight) weight = signal.last;
        for (std::size_t i = 0; i < judged.size(); ++i) {
            if (judged[i] != signal.signal) continue;
            const bool old = now.steady - book.vitals[i].fresh > fresh_for + tolerance;
            if (signal.value && (old || stands))
                fail(now, "I9", shown.alias + " shows an old " + std::string{name(signal.signal)} + " as a value");
            if (book.vitals[i].expected && now.steady - book.newest(i) > fresh_for + 2 * tolerance &&
                (told & tells_vital(i)) == 0)
                fail(now, "I9", shown.alias + " looks calm without " + std::string{name(signal.signal)});
        }
    }
    const Body* body = bedside.body.get();
    if (!moving && (body == nullptr || weight != body->weight))
        fail(now, "I4", "the ward takes somebody else for the woman in " + shown.alias);
}

// That a channel works again is known once a page of its kind was taken, and 5 min after that the alarm is over.
bool Ledger::had_to_take_pages(const Moment& now, const std::string& message) const
{
    return std::any_of(used_.begin(), used_.end(), [&](const auto& one) {
        return message.find(one.first) != std::string::npos && now.steady - one.second > 6min;
    });
}

bool Ledger::may_stay(const Moment& now, const WardView& view, const EpisodeView& episode) const
{
    if (episode.rule == "technical.channel") return !had_to_take_pages(now, episode.message);
    const auto bed = std::find_if(view.beds.begin(), view.beds.end(),
                                  [&](const BedView& one) { return one.alias == episode.bed; });
    // Of a heart that stands still, or nearly, no sensor has a plausible number, and the ward says so.
    if (episode.rule == "technical.signals_lost" && bed != view.beds.end()) return beds_[bed->id.value].no_pulse;
    return false;
}

void Ledger::converged(const Moment& now, const WardView& view)
{
    // A good monitor loses its reading now and then as well, for half a minute: what began just now is no
    // trouble that was left.
    constexpr Duration passing = 2min;
    for (const EpisodeView& episode : view.episodes) {
        if (episode.kind != AlarmKind::technical || !episode.condition || now.wall - episode.since < passing) continue;
        if (may_stay(now, view, episode)) continue;
        fail(now, "liveness", episode.rule + " (" + episode.message + ") of " +
                                  (episode.bed.empty() ? "the ward" : episode.bed) +
                                  " is still open although all is mended");
    }
}

} // namespace magwatch::box
