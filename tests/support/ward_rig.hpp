// A ward under virtual time for tests: a small pack, one bed with a monitor and a pump, three people.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "rules/ward/wake.hpp"

namespace magwatch::test {

inline constexpr const char* small_pack = R"(
name = "small"
title = "Rules for tests of the ward"
version = "1"
example = true

[[rule]]
id = "rr-low"
title = "Respiratory rate low"
message = "Slow breathing"
prompt = "Examine."
source = "test"
priority = "high"
grade = 2
latching = true
needs = "mg_on_board"
when = "rr < 12 /min"
for = "30 s"
clear = "rr >= 13 /min"
clear_for = "60 s"

[[rule]]
id = "reflex-absent"
title = "Reflex absent"
message = "No reflexes"
prompt = "Examine."
source = "test"
priority = "high"
grade = 1
latching = true
when = "reflex < 1"

[[rule]]
id = "rate-high"
title = "Infusion too fast"
message = "Magnesium too fast"
prompt = "Check the pump."
source = "test"
priority = "high"
grade = 1
latching = true
when = "infusion_rate > 3 g/h and not bolus_running"
for = "5 s"

[[rule]]
id = "systolic"
title = "Systolic pressure low"
message = "Low blood pressure"
prompt = "Repeat."
source = "test"
priority = "medium"
when = "sbp < 90 mmHg"

[[check]]
id = "reflex"
title = "Reflex check"
signals = ["reflex_knee", "reflex_arm"]
every = "1 h"
overdue_after = "15 min"
needs = "mg_on_board"
source = "test"
)";

// The one of a list that is meant; a test without it fails. Of a list that is kept: it is a reference.
template <class List, class Which> const auto& the(const List& list, Which which)
{
    const auto found = std::find_if(list.begin(), list.end(), which);
    if (found == list.end()) throw std::runtime_error("there is none in the list");
    return *found;
}
inline const SignalView& the(const BedView& bed, Signal signal)
{
    return the(bed.signals, [&](const SignalView& one) { return one.signal == signal; });
}

// Steps a ward at chosen times and keeps every effect.
class Rig {
public:
    Rig()
    {
        now_ = {Instant{1'000'000}, WallTime{1'767'225'600'000}};
        Started started;
        started.incarnation = 1;
        step(started);
        step(configuration());
    }

    static Configuration configuration()
    {
        Configuration c;
        c.name = "Ward L4";
        c.mode = Mode::demo;
        c.beds = {{"bed-1", "Ward L4 Bed 1"}, {"bed-2", "Ward L4 Bed 2"}};
        // Bound to no bed: a source counts for a bed once it was heard there.
        c.sources = {{"monitor-1", SourceKind::monitor, "", Duration{1000}, false},
                     {"pump-1", SourceKind::pump, "", Duration{1000}, false},
                     {"monitor-2", SourceKind::monitor, "", Duration{1000}, false}};
        c.people = {{"midwife", {{"webhook", "web", "a"}}},
                    {"charge", {{"webhook", "web", "b"}}},
                    {"doctor", {{"smtp", "mail", "c"}}}};
        c.high.rungs = {{{"midwife"}}, {{"charge", "doctor"}}};
        c.medium.rungs = {{{"midwife"}}, {{"charge"}}};
        c.medium.first_after = Duration{180'000};
        c.technical = c.medium;
        c.callback = "4471";
        c.pack_name = "small.toml";
        c.pack_text = small_pack;
        return c;
    }

    // The same ward under another pack.
    void use_pack(std::string name, std::string text)
    {
        Configuration c = configuration();
        c.pack_name = std::move(name);
        c.pack_text = std::move(text);
        step(c);
    }
    void step(const Input& input)
    {
        const std::size_t before = effects.size();
        ward.step(now_, input, effects);
        latest.assign(effects.begin() + static_cast<std::ptrdiff_t>(before), effects.end());
        inputs.emplace_back(now_, input);
    }
    // Goes on by `d`, waking exactly when the ward wants to.
    void pass(Duration d)
    {
        wake_until(ward, now_, now_.steady + d, [this] { step(Tick{}); });
        step(Tick{});
    }
    void observe(Signal signal, double value, std::uint16_t source = 0, std::uint16_t bed = 0)
    {
        Observation o;
        o.bed = BedId{bed};
        o.source = SourceId{source};
        o.signal = signal;
        o.value = value;
        step(o);
    }
    // One value a second, for so many seconds.
    void stream(Signal signal, double value, int seconds, std::uint16_t source = 0, std::uint16_t bed = 0)
    {
        for (int i = 0; i < seconds; ++i) {
            observe(signal, value, source, bed);
            pass(Duration{1000});
        }
    }
    template <class What> void chart(What what, Duration ago = {}, std::uint16_t bed = 0)
    {
        Entry entry;
        entry.bed = BedId{bed};
        entry.person = "midwife";
        entry.at = now_.wall - ago;
        entry.what = what;
        entry.request = ++request_;
        step(entry);
    }
    // The newest entry of the first bed's chart was of another bed.
    void strike_newest()
    {
        Entry entry;
        entry.bed = BedId{0};
        entry.person = "charge";
        entry.what = StrikeEntry{};
        entry.corrects = view().beds[0].chart->back().id;
        entry.reason = "other bed";
        entry.request = ++request_;
        step(entry);
    }
    template <class What> void act(What what, const std::string& person = "midwife")
    {
        Action action;
        action.person = person;
        action.what = what;
        action.request = ++request_;
        step(action);
    }
    void watch(std::uint16_t bed = 0)
    {
        WatchStart start;
        start.bed = BedId{bed};
        start.calcium_at_bed = start.hammer_at_bed = start.oxygen_at_bed = true;
        act(start);
        chart(ScreeningEntry{{}, ScreeningReply::no}, {}, bed);
    }

    [[nodiscard]] const Reply* reply() const
    {
        for (const auto& effect : latest) {
            if (const auto* r = std::get_if<Reply>(&effect)) return r;
        }
        return nullptr;
    }
    [[nodiscard]] std::vector<std::string> events(const std::string& rule) const
    {
        std::vector<std::string> found;
        for (const auto& effect : effects) {
            const auto* t = std::get_if<AlarmTransition>(&effect);
            if (t != nullptr && t->rule == rule) found.emplace_back(name(t->event));
        }
        return found;
    }
    [[nodiscard]] std::vector<Page> pages() const
    {
        std::vector<Page> found;
        for (const auto& effect : effects) {
            if (const auto* sent = std::get_if<SendPage>(&effect)) found.push_back(sent->page);
        }
        return found;
    }
    [[nodiscard]] WardView view() const { return ward.view(now_); }
    [[nodiscard]] const Moment& now() const { return now_; }
    void jump(const Moment& to) { now_ = to; }

    Ward ward;
    EffectBuffer effects; // all
    EffectBuffer latest;  // of the last step
    std::vector<std::pair<Moment, Input>> inputs;

private:
    Moment now_;
    std::uint64_t request_ = 0;
};

} // namespace magwatch::test
