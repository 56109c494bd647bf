#include "rules/protocol/checklist.hpp"

#include <algorithm>

#include "rules/base/diagnostic.hpp"

namespace magwatch {
namespace {

constexpr std::size_t taps_max = 96;   // of one step: a recheck every 5 min for 8 h
constexpr std::size_t reasons_max = 12;
constexpr std::size_t text_longest = 200;

// Of a step of the list's own protocol: both have the same ones, in one order (`sound`).
template <class List> auto& progress_of(List& list, const Protocol& protocol, const ProtocolStep& step)
{
    return list.steps[static_cast<std::size_t>(&step - protocol.steps.data())];
}

void note(StepProgress& progress, StepAct act, const std::string& by, const std::string& text, Instant now)
{
    if (progress.taps.size() >= taps_max) progress.taps.erase(progress.taps.begin() + 1);
    progress.taps.push_back({act, by, text, now});
}

void run(StepProgress& progress, StepTimer timer, Instant due)
{
    progress.timer = timer;
    progress.due = due;
}

void rest(StepProgress& progress) { progress.timer = StepTimer::none; }

const StepTap* last_start(const StepProgress& progress)
{
    const auto found = std::find_if(progress.taps.rbegin(), progress.taps.rend(),
                                    [](const StepTap& one) { return one.act == StepAct::start; });
    return found == progress.taps.rend() ? nullptr : &*found;
}

TapAnswer refused(std::string text) { return {false, std::move(text)}; }
TapAnswer taken(std::string text) { return {true, std::move(text)}; }

// Starts the timers of the checks that the branch asks for and that do not run yet.
void start_checks(Checklist& list, const Protocol& protocol, Instant now)
{
    for (const ProtocolStep& step : protocol.steps) {
        if (step.kind != StepKind::check || !step.in(list.branch)) continue;
        StepProgress& progress = progress_of(list, protocol, step);
        if (progress.timer == StepTimer::none) run(progress, StepTimer::recheck, now + step.every);
    }
}

struct Tap {
    StepAct act;
    const std::string& by;
    const std::string& text;
    Instant now;
};

TapAnswer start_dose(const ProtocolStep& step, StepProgress& progress, const Tap& t)
{
    if (step.kind != StepKind::give) return refused("this step is not a dose: it is done, or not done");
    if (progress.timer == StepTimer::giving) return refused("a dose is being given: first say that it was given");
    if (progress.doses >= step.most)
        return refused("the site's protocol allows " + std::to_string(step.most) +
                       (step.most == 1 ? " dose: the doctor decides" : " doses in all: the doctor decides"));
    const bool checked = !t.text.empty();
    if (checked && same_person(t.text, t.by)) return refused("the second check is another person");
    const bool early = progress.timer == StepTimer::repeat && t.now < progress.due;
    note(progress, StepAct::start, t.by, t.text, t.now);
    ++progress.doses;
    progress.state = StepState::running;
    progress.second_missing = step.second_check && !checked;
    run(progress, StepTimer::giving, t.now + step.over);
    const std::string most = std::to_string(step.most);
    std::string text = "dose " + std::to_string(progress.doses) + " of at most " + most + " started";
    if (progress.second_missing) text += "; the second check is missing";
    if (early) text += "; sooner after the last dose than the protocol asks";
    return taken(std::move(text));
}

TapAnswer second_check(StepProgress& progress, const Tap& t)
{
    const StepTap* start = last_start(progress);
    if (start == nullptr || !progress.second_missing) return refused("no dose waits for a second check");
    if (same_person(start->by, t.by)) return refused("the second check is another person");
    note(progress, StepAct::second, t.by, "", t.now);
    progress.second_missing = false;
    return taken("second check recorded");
}

TapAnswer dose_given(const ProtocolStep& step, StepProgress& progress, const Tap& t)
{
    if (progress.timer != StepTimer::giving) return refused("no dose is being given: first start it");
    const bool early = t.now < progress.due;
    note(progress, StepAct::done, t.by, t.text, t.now);
    progress.state = StepState::done;
    rest(progress);
    std::string text = early ? "recorded; faster than the protocol asks" : "recorded";
    if (progress.doses < step.most) { // of more than one dose the protocol says when the next is thought of
        run(progress, StepTimer::repeat, t.now + step.repeat_after);
        text += "; look whether she is better when the timer ends";
    } else if (step.most > 1) {
        text += "; that was the last dose of the protocol: the doctor decides";
    }
    return taken(std::move(text));
}

TapAnswer done(const ProtocolStep& step, StepProgress& progress, const Tap& t)
{
    if (step.kind == StepKind::give) return dose_given(step, progress, t);
    if (step.kind == StepKind::decide && t.text.empty()) return refused("say what was decided");
    note(progress, StepAct::done, t.by, t.text, t.now);
    progress.state = StepState::done;
    rest(progress);
    if (step.kind == StepKind::stop) {
        const bool looked_again = progress.doubt == StopDoubt::unseen;
        progress.doubt = StopDoubt::none;
        if (!looked_again) run(progress, StepTimer::stop, t.now + step.recheck);
    }
    if (step.kind == StepKind::check) run(progress, StepTimer::recheck, t.now + step.every);
    if (step.kind == StepKind::sample) run(progress, StepTimer::result, t.now + step.result_after);
    return taken("recorded");
}

TapAnswer not_done(const ProtocolStep& step, StepProgress& progress, const Tap& t)
{
    if (t.text.empty()) return refused("a step that is not done needs the reason");
    note(progress, StepAct::not_done, t.by, t.text, t.now);
    progress.state = StepState::not_done;
    progress.doubt = StopDoubt::none;
    rest(progress);
    // What repeats is asked again: one check that was left out does not end them.
    if (step.kind == StepKind::check) run(progress, StepTimer::recheck, t.now + step.every);
    return taken("recorded as not done");
}

} // namespace

bool same_person(std::string_view a, std::string_view b)
{
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto next = [](std::string_view text, std::size_t& i) {
        while (i < text.size() && text[i] == ' ') ++i;
        return i < text.size() ? text[i++] : '\0';
    };
    std::size_t i = 0, j = 0;
    for (;;) {
        const char x = small(next(a, i)), y = small(next(b, j));
        if (x != y) return false;
        if (x == '\0') return true;
    }
}

const StepProgress* Checklist::progress(std::string_view step) const
{
    const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& one) { return one.step == step; });
    return found == steps.end() ? nullptr : &*found;
}

Checklist open_checklist(const Protocol& protocol, ProtocolBranch branch, std::string by, Instant now)
{
    Checklist list;
    list.opened_by = std::move(by);
    list.opened = now;
    list.branch = branch;
    for (const ProtocolStep& step : protocol.steps) {
        list.steps.emplace_back();
        list.steps.back().step = step.id;
    }
    start_checks(list, protocol, now);
    return list;
}

bool raise_checklist(Checklist& list, const Protocol& protocol, ProtocolBranch branch, Instant now)
{
    if (!list.open() || branch <= list.branch) return false;
    list.branch = branch;
    start_checks(list, protocol, now);
    return true;
}

void add_reason(Checklist& list, std::string what, Instant now)
{
    // The first says why it was opened and stays.
    if (list.why.size() >= reasons_max) list.why.erase(list.why.begin() + 1);
    list.why.push_back({std::move(what), now});
}

TapAnswer tap(Checklist& list, const Protocol& protocol, std::string_view id, StepAct act, const std::string& by,
              const std::string& text, Instant now)
{
    if (!list.open()) return refused("this checklist is closed");
    if (by.empty()) return refused("who does this?");
    if (text.size() > text_longest) return refused("the words are too long");
    const ProtocolStep* step = protocol.step(id);
    StepProgress* progress = step == nullptr ? nullptr : &progress_of(list, protocol, *step);
    if (step == nullptr || !shown(*step, *progress, list.branch)) {
        std::vector<std::string_view> known;
        for (const auto& one : protocol.steps)
            if (shown(one, progress_of(list, protocol, one), list.branch)) known.push_back(one.id);
        return refused("no such step '" + std::string{id.substr(0, 64)} + "'" + did_you_mean(id, known));
    }
    const Tap t{act, by, text, now};
    switch (act) {
    case StepAct::done: return done(*step, *progress, t);
    case StepAct::start: return start_dose(*step, *progress, t);
    case StepAct::second: return second_check(*progress, t);
    case StepAct::better:
        if (progress->timer != StepTimer::repeat) return refused("no further dose is being thought of");
        note(*progress, act, by, text, now);
        rest(*progress);
        return taken("no further dose");
    case StepAct::result:
        if (progress->timer != StepTimer::result) return refused("no result is waited for");
        note(*progress, act, by, text, now);
        rest(*progress);
        return taken("result recorded as seen; chart its value too");
    case StepAct::not_done: return not_done(*step, *progress, t);
    case StepAct::taken_back: break;
    }
    return refused("nothing that can be done to a step");
}

bool take_back(Checklist& list, const Protocol& protocol, StepKind kind, const std::string& by,
               const std::string& reason, Instant now)
{
    if (!list.open()) return false;
    for (const ProtocolStep& step : protocol.steps) {
        StepProgress& progress = progress_of(list, protocol, step);
        if (step.kind != kind || progress.state != StepState::done) continue;
        note(progress, StepAct::taken_back, by, reason, now);
        progress.state = StepState::open;
        progress.doubt = StopDoubt::none;
        rest(progress);
        return true;
    }
    return false;
}

TapAnswer close_checklist(Checklist& list, const std::string& reason, const std::string& doctor, const std::string& by,
                          Instant now)
{
    if (!list.open()) return refused("this checklist is closed");
    if (by.empty()) return refused("who does this?");
    if (reason.empty()) return refused("closing needs a reason");
    if (doctor.empty()) return refused("closing needs the doctor's name");
    if (reason.size() > text_longest || doctor.size() > text_longest) return refused("the words are too long");
    list.closed = ChecklistClosed{reason, doctor, by, now};
    for (StepProgress& one : list.steps) rest(one);
    return taken("checklist closed");
}

bool review_checklist(Checklist& list, PumpSeen pump, Instant now)
{
    bool changed = false;
    if (!list.open()) return changed;
    for (StepProgress& one : list.steps) {
        if (one.timer != StepTimer::stop) continue;
        if (pump == PumpSeen::stopped) { // the pump's own word
            rest(one);
            one.state = StepState::done;
            one.doubt = StopDoubt::none;
            changed = true;
        } else if (now >= one.due) {
            const StopDoubt doubt = pump == PumpSeen::running ? StopDoubt::runs : StopDoubt::unseen;
            changed |= one.doubt != doubt;
            one.state = StepState::open;
            one.doubt = doubt;
        }
    }
    return changed;
}

bool sound(const Checklist& list, const Protocol& protocol)
{
    if (list.branch > ProtocolBranch::arrest || list.steps.size() != protocol.steps.size()) return false;
    for (std::size_t i = 0; i < list.steps.size(); ++i) {
        const StepProgress& one = list.steps[i];
        const bool known = one.state <= StepState::not_done && one.timer <= StepTimer::result &&
                           one.doubt <= StopDoubt::runs;
        const bool acts = std::all_of(one.taps.begin(), one.taps.end(),
                                      [](const StepTap& t) { return t.act <= StepAct::taken_back; });
        if (!known || !acts || one.step != protocol.steps[i].id) return false;
    }
    return true;
}

bool shown(const ProtocolStep& step, const StepProgress& progress, ProtocolBranch branch)
{
    return step.in(branch) || !progress.taps.empty();
}

const ProtocolStep* on_top(const Checklist& list, const Protocol& protocol)
{
    if (!list.open()) return nullptr;
    for (const ProtocolStep& step : protocol.steps) {
        const StepProgress& progress = progress_of(list, protocol, step);
        if (progress.state == StepState::open && shown(step, progress, list.branch)) return &step;
    }
    return nullptr;
}

std::optional<Instant> next_timer(const Checklist& list, Instant now)
{
    std::optional<Instant> next;
    if (!list.open()) return next;
    for (const StepProgress& one : list.steps) {
        if (one.timer == StepTimer::none || one.due <= now) continue;
        if (!next || one.due < *next) next = one.due;
    }
    return next;
}

bool applies(const Precaution& precaution, const RecordedFacts& recorded)
{
    const auto holds = [&](const PrecautionFact& fact) {
        const auto in = [&](const std::vector<std::string>& all) {
            return std::find(all.begin(), all.end(), fact.word) != all.end();
        };
        switch (fact.kind) {
        case PrecautionFact::Kind::fact: return (recorded.facts & mask(fact.signal)) != 0;
        case PrecautionFact::Kind::screening: return in(recorded.screening);
        case PrecautionFact::Kind::symptom: return ((recorded.symptoms >> fact.bit) & 1U) != 0;
        case PrecautionFact::Kind::bag:
            return std::any_of(recorded.bag.begin(), recorded.bag.end(), [&](const std::string& one) {
                return one.find(fact.word) != std::string::npos;
            });
        case PrecautionFact::Kind::by_vein: return recorded.by_vein;
        }
        return false;
    };
    return std::any_of(precaution.when.begin(), precaution.when.end(), holds);
}

} // namespace magwatch
