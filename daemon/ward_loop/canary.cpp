#include "daemon/ward_loop/canary.hpp"

#include <algorithm>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr BedId canary_bed{0xFFFE};
constexpr BedId own_bed{0}; // the same in its ward
constexpr Duration says_every = 1s;
constexpr Duration well_for = 2s, held_for = 2s; // before it fails; what the rule below waits for
constexpr Duration slack = 2s;                   // the loop turns, and so asks the device, once a second
constexpr Duration gap = 5s;                     // nobody asked: the machine slept or stood still
constexpr double well = 16, failing = 4;         // breaths a minute

constexpr const char* pack = R"(
name = "canary"
title = "Canary"
version = "1"
example = true

[[rule]]
id = "canary"
title = "Canary"
message = "Canary"
prompt = "None."
source = "magwatch"
priority = "high"
when = "rr < 8 /min"
for = "2 s"
)";

Configuration configuration()
{
    Configuration c;
    c.name = "canary";
    c.mode = Mode::demo; // its device is not commissioned
    c.beds = {{"canary", "canary"}};
    c.sources = {{"canary", SourceKind::monitor, "canary", says_every, false}};
    c.people = {{"canary", {{"canary", "canary", ""}}}};
    c.high.rungs = {{{"canary"}}};
    c.medium = c.technical = c.high;
    c.callback = "0";
    c.pack_name = "canary.toml";
    c.pack_text = pack;
    return c;
}

} // namespace

bool Canary::owns(const Input& input)
{
    const auto* observation = std::get_if<Observation>(&input);
    return observation != nullptr && observation->bed == canary_bed;
}

void Canary::begin(const Moment& now)
{
    ++number_;
    running_ = true;
    began_ = now.steady;
    raises_.reset();
    due_ = now.steady + well_for + held_for + slack;
    ward_ = Ward{};
    Started started;
    started.incarnation = 1;
    WatchStart watch;
    watch.bed = own_bed;
    watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
    for (const Input& input : {Input{started}, Input{configuration()}, Input{Action{"canary", watch, 0}}}) {
        effects_.clear();
        ward_.step(now, input, effects_);
    }
}

std::optional<Input> Canary::device(const Moment& now)
{
    const bool slept = due_ && now.steady - asked_ > gap;
    asked_ = now.steady;
    if (!since_) since_ = now.steady;
    if (slept || (!running_ && now.steady >= next_)) begin(now);
    if (!running_ || (now.steady > began_ && now.steady - said_ < says_every)) return std::nullopt;
    said_ = now.steady;
    Observation o;
    o.bed = canary_bed;
    o.source = SourceId{0};
    o.signal = Signal::rr;
    o.value = now.steady - began_ < well_for ? well : failing;
    if (o.value == failing && !raises_) raises_ = now.steady + held_for;
    return Input{o};
}

void Canary::step(const Moment& now, const Input& input, std::vector<SendPage>& pages)
{
    if (!running_) return;
    effects_.clear();
    if (const auto* said = std::get_if<Observation>(&input)) {
        Observation own = *said;
        own.bed = own_bed;
        ward_.step(now, Input{own}, effects_);
    } else {
        ward_.step(now, input, effects_);
    }
    for (auto& effect : effects_)
        if (auto* page = std::get_if<SendPage>(&effect)) pages.push_back(std::move(*page));
}

std::optional<Instant> Canary::next_deadline() const
{
    return running_ ? ward_.next_deadline() : std::nullopt;
}

bool Canary::came_out(const SendPage& page, const Moment& now)
{
    // One that left before the trial began anew, or for another reason than the failure, proves nothing.
    if (!running_ || !raises_ || page.page.kind != AlarmKind::physiological || page.at.steady < *raises_) return false;
    last_ = Trial{number_, now, now.steady - *raises_};
    running_ = false;
    next_ = std::max(began_ + every_, now.steady);
    due_ = next_ + well_for + held_for + slack;
    return true;
}

Canary::Report Canary::report(Instant now) const
{
    const Instant from = last_ ? last_->at.steady : since_.value_or(now);
    return {last_ ? last_->number : 0, now - from, every_, last_ ? last_->took : Duration{}};
}

Duration Canary::late(Instant now) const { return due_ && now > *due_ ? now - *due_ : Duration{}; }

} // namespace magwatch
