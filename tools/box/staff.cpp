#include "tools/box/staff.hpp"

#include <algorithm>
#include <cmath>

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration round_every = 15min;
constexpr Duration urine_every = 45min; // there is little: the check is due after an hour
constexpr double load_grams = 4;
constexpr double maintenance = 1; // g/h

} // namespace

std::optional<std::uint16_t> Staff::bed_of(std::uint16_t number) const
{
    for (std::size_t i = 0; i < beds_.size(); ++i) {
        if (beds_[i].body && beds_[i].body->number == number) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
}

template <class What> void Staff::chart(std::uint16_t bed, const Body&, What what)
{
    Entry entry;
    entry.key = "box-" + std::to_string(++keys_);
    entry.bed = BedId{bed};
    entry.person = "midwife";
    entry.at = world_.now().wall;
    entry.what = std::move(what);
    world_.say(std::move(entry));
}

template <class What> void Staff::act(const std::string& person, What what)
{
    world_.say(Action{person, std::move(what), 0});
}

void Staff::begin()
{
    for (std::uint16_t bed = 0; bed < beds_.size(); ++bed) {
        if (beds_[bed].body) admit(bed);
        const Duration first = beds_[bed].body ? world_.anywhere(10min) : Duration{};
        world_.plan(1min + first, [this, bed] { round(bed); });
    }
    plan_bodies();
    plan_transfers();
    plan_pauses();
    plan_swaps();
    plan_shelves();
}

void Staff::admit(std::uint16_t bed)
{
    Body& body = *beds_[bed].body;
    WatchStart watch;
    watch.bed = BedId{bed};
    watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
    watch.facts = {{Signal::weight, body.weight}};
    act("midwife", watch);
    const std::uint16_t number = body.number;
    world_.plan(10s, [this, number] {
        const auto at = bed_of(number);
        if (!at) return;
        Body& woman = *beds_[*at].body;
        chart(*at, woman, ScreeningEntry{{}, ScreeningReply::no});
        chart(*at, woman, BolusEntry{load_grams, 20min, Salt{}});
        chart(*at, woman, InfusionRateEntry{maintenance, Salt{}});
        woman.advance(world_.now().steady);
        woman.ordered = maintenance;
        woman.rate = load_grams * 3;
        world_.plan(20min, [&woman, this] {
            woman.advance(world_.now().steady);
            woman.rate = woman.ordered;
        });
    });
}

// Each bed is passed four times an hour, with whoever lies there.
void Staff::round(std::uint16_t bed)
{
    world_.plan(round_every, [this, bed] { round(bed); });
    if (beds_[bed].body && !lazy()) look(bed);
}

void Staff::look(std::uint16_t bed)
{
    Body& body = *beds_[bed].body;
    body.advance(world_.now().steady);
    const simulator::PatientTruth& truth = body.model.truth();
    chart(bed, body, ValueEntry{Signal::reflex_knee, static_cast<double>(truth.reflex_knee)});
    chart(bed, body, ValueEntry{Signal::avpu, static_cast<double>(truth.avpu)});
    chart(bed, body, ValueEntry{Signal::rr_counted, std::round(truth.rr)});
    chart(bed, body, ValueEntry{Signal::sbp, static_cast<double>(static_cast<int>(truth.sbp))});
    if (truth.urine - body.urine_charted >= 20 || world_.now().steady - body.urine_charted_at >= urine_every) {
        chart(bed, body, UrineEntry{truth.urine - body.urine_charted, std::nullopt});
        body.urine_charted = truth.urine;
        body.urine_charted_at = world_.now().steady;
    }
}

// Whoever is at the bed examines, and treats what she finds.
void Staff::treat(std::uint16_t bed)
{
    if (!beds_[bed].body) return;
    Body& body = *beds_[bed].body;
    look(bed);
    tell_rate(bed);
    const simulator::PatientTruth& truth = body.model.truth();
    if (truth.rr >= 14 && truth.reflex_knee > 0) {
        body.rate = body.ordered; // a pump that runs too fast is seen
        return;
    }
    if (body.rate > 0) {
        body.rate = body.ordered = 0;
        chart(bed, body, InfusionStopEntry{});
        restart_later(body);
    }
    body.model.give_calcium(1);
    body.model.set_opioid(0);
    chart(bed, body, DecisionEntry{"after_stop", "watch"});
}

// "Look at the pump. Chart its rate, or the stop."
void Staff::tell_rate(std::uint16_t bed)
{
    if (rate_asked_.erase(bed) != 0 && beds_[bed].body)
        chart(bed, *beds_[bed].body, InfusionRateEntry{beds_[bed].body->rate, Salt{}});
}

void Staff::restart_later(const Body& body)
{
    const std::uint16_t number = body.number;
    world_.plan(4h + world_.anywhere(4h), [this, number] {
        const auto at = bed_of(number);
        if (!at || world_.calm()) return;
        Body& woman = *beds_[*at].body;
        woman.advance(world_.now().steady);
        woman.model.set_kidneys(1);
        woman.rate = woman.ordered = maintenance;
        chart(*at, woman, InfusionRateEntry{maintenance, Salt{}});
    });
}

void Staff::rings(const Page& page)
{
    if (is_follow_up(page.reason) || page.reason == PageReason::test) return;
    // The same ring on her other channels is no news.
    const auto noticed = rung_.try_emplace({page.key.call, page.key.person}, page.key.repetition);
    if (!noticed.second && noticed.first->second == page.key.repetition) return;
    noticed.first->second = page.key.repetition;
    if (!world_.calm() && world_.dice().chance(swarm_.asleep)) return;
    ++answers_;
    const std::string person = page.key.person;
    const CallId call = page.key.call;
    const BedId bed = page.bed;
    const Duration reads = 2s + world_.anywhere(60s);
    if (!world_.calm() && world_.dice().chance(0.2)) {
        world_.plan(reads, [this, person, call] { act(person, Answer{call, AnswerKind::cannot}); });
        return;
    }
    world_.plan(reads, [this, person, call] { act(person, Answer{call, AnswerKind::coming}); });
    if (!world_.calm() && world_.dice().chance(0.3)) return; // and does not come
    world_.plan(reads + 5s + world_.anywhere(60s), [this, person, call, bed] {
        act(person, Answer{call, AnswerKind::here});
        if (bed.value < beds_.size()) return treat(bed.value);
        // Of several beds: the board names them.
        for (const std::uint16_t asked : std::set{rate_asked_}) tell_rate(asked);
    });
}

// Kidneys fail, a pump runs wild, an opioid is given: to whoever lies there.
void Staff::plan_bodies()
{
    const auto beds = static_cast<std::uint16_t>(beds_.size());
    for (std::uint16_t number = 0; number < beds; ++number) {
        const auto often = [this, number](double per_hour, auto what) {
            if (per_hour <= 0) return;
            const auto again = std::make_shared<std::function<void()>>();
            *again = [this, number, per_hour, what, weak = std::weak_ptr(again)] {
                const auto self = weak.lock();
                if (world_.calm()) return;
                if (const auto bed = bed_of(number)) {
                    beds_[*bed].body->advance(world_.now().steady);
                    what(*beds_[*bed].body);
                }
                world_.plan(world_.until_next(per_hour), [self] { (*self)(); });
            };
            world_.plan(world_.until_next(per_hour), [again] { (*again)(); });
        };
        often(swarm_.kidneys, [](Body& body) { body.model.set_kidneys(0.1); });
        often(swarm_.opioids, [](Body& body) { body.model.set_opioid(0.5); });
        often(swarm_.overdoses, [this](Body& body) {
            if (body.rate > 0) body.rate = world_.dice().uniform(4, 30);
        });
    }
}

void Staff::plan_transfers()
{
    if (swarm_.transfers <= 0) return;
    world_.plan(world_.until_next(swarm_.transfers), [this] {
        if (world_.calm()) return;
        plan_transfers();
        std::vector<std::uint16_t> taken, empty;
        const auto beds = static_cast<std::uint16_t>(beds_.size());
        for (std::uint16_t bed = 0; bed < beds; ++bed) (beds_[bed].body ? taken : empty).push_back(bed);
        if (taken.empty() || empty.empty() || moving_) return;
        const std::uint16_t from = taken[world_.dice().next() % taken.size()];
        const std::uint16_t to = empty[world_.dice().next() % empty.size()];
        moving_ = true;
        beds_[from].body->advance(world_.now().steady);
        beds_[to].body = std::move(beds_[from].body);
        act("midwife", WatchTransfer{BedId{from}, BedId{to}});
    });
}

void Staff::see(const WardView& view)
{
    rate_asked_.clear();
    technical_.clear();
    for (const EpisodeView& episode : view.episodes) {
        if (episode.kind == AlarmKind::technical && !episode.shelved) technical_.push_back(episode.id);
        if (episode.rule != "technical.infusion_record") continue;
        for (const BedView& bed : view.beds)
            if (bed.alias == episode.bed) rate_asked_.insert(bed.id.value);
    }
    for (const BedView& bed : view.beds) {
        const std::uint16_t number = bed.id.value;
        if (!bed.watched || bed.association_confirmed || !going_.insert(number).second) continue;
        world_.plan(30s + world_.anywhere(20min), [this, number] {
            going_.erase(number);
            act("midwife", WatchConfirm{BedId{number}, true, true, true});
        });
    }
}

void Staff::plan_pauses()
{
    if (swarm_.pauses <= 0) return;
    world_.plan(world_.until_next(swarm_.pauses), [this] {
        if (world_.calm()) return;
        plan_pauses();
        const auto bed = static_cast<std::uint16_t>(world_.dice().next() % beds_.size());
        act("charge", PauseAudio{BedId{bed}, world_.anywhere(10min)});
    });
}

void Staff::plan_swaps()
{
    if (swarm_.swaps <= 0) return;
    world_.plan(world_.until_next(swarm_.swaps), [this] {
        if (world_.calm()) return;
        plan_swaps();
        const WallTime from = world_.now().wall;
        const char* to = world_.dice().chance(0.5) ? "doctor" : "charge";
        act("charge", ChangeRoster{"doctors", to, {from, from + world_.anywhere(30min) + 1s}, "swapped"});
    });
}

// Somebody has heard enough of it; the ward may say that it is none to be shelved.
void Staff::plan_shelves()
{
    if (swarm_.shelves <= 0) return;
    world_.plan(World::until_next(shelf_dice_, swarm_.shelves), [this] {
        if (world_.calm()) return;
        plan_shelves();
        if (technical_.empty()) return;
        const EpisodeId episode = technical_[shelf_dice_.next() % technical_.size()];
        act("charge", Shelve{episode, ShelveReason::known_fault, "", 5min + World::anywhere(shelf_dice_, 25min)});
    });
}

} // namespace magwatch::box
