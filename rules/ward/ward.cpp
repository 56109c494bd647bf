#include "rules/ward/ward.hpp"

#include <algorithm>

#include "rules/observation/symptom.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {

Ward::Ward() : state_{std::make_unique<State>()} {}
Ward::~Ward() = default;
Ward::Ward(Ward&&) noexcept = default;
Ward& Ward::operator=(Ward&&) noexcept = default;

void Ward::step(const Moment& now, const Input& input, EffectBuffer& effects)
{
    state_->effects = &effects;
    state_->step(now, input);
    state_->effects = nullptr;
}

std::optional<Instant> Ward::next_deadline() const
{
    const Instant next = state_->next_due();
    if (next == Instant::never()) return std::nullopt;
    return next;
}

Instant Ward::last_instant() const { return state_->last.steady; }

bool Ward::is_open(CallId call) const { return state_->calls.contains(call); }

const Configuration& Ward::configuration() const { return state_->configuration; }

bool Ward::has_configuration(const Configuration& configuration) const
{
    return to_bytes(configuration) == to_bytes(state_->configuration);
}

bool Ward::has_rosters(const Rosters& rosters) const
{
    return to_bytes(rosters) == to_bytes(Rosters{state_->rosters, state_->quiet});
}

const std::vector<RosterChange>& Ward::roster_changes() const
{
    return state_->roster_changes;
}

std::optional<BedId> Ward::find_bed(std::string_view alias) const { return state_->bed_named(alias); }

std::optional<BedId> Ward::State::bed_named(std::string_view alias) const
{
    for (std::size_t i = 0; i < bed_names.size(); ++i) {
        if (bed_names[i].alias == alias) return BedId{static_cast<std::uint16_t>(i)};
    }
    return std::nullopt;
}

std::optional<SourceId> Ward::find_source(std::string_view source) const
{
    for (std::size_t i = 0; i < state_->source_names.size(); ++i) {
        if (state_->source_names[i].name == source) return SourceId{static_cast<std::uint16_t>(i)};
    }
    return std::nullopt;
}

const BedConfiguration* Ward::bed_configuration(BedId bed) const
{
    return bed.value < state_->bed_names.size() ? &state_->bed_names[bed.value] : nullptr;
}

// --- the reducer ---

void Ward::State::step(const Moment& now, const Input& input)
{
    MAGWATCH_ASSERT(now.steady >= last.steady);
    leaves = now.steady;
    if (reask) [[unlikely]] reask_rules(now);
    // While nobody watched no device could be heard: what its silence would have meant is not decided
    // from the silence of our own (apply(Started) says what became of the time).
    if (!std::holds_alternative<Started>(input)) fire_due(now);
    last = now;
    const std::size_t decided = effects->size();
    std::visit([&](const auto& what) { apply(now, what); }, input);
    // Time alone is judged at deadlines: a tick that comes early changes nothing.
    if (!shelves.empty() && !std::holds_alternative<Tick>(input)) judge_shelves(now);
    // An observation that decided nothing moved no deadline but its own bed's.
    if (!std::holds_alternative<Observation>(input) || effects->size() != decided) soonest = Instant{};
}

// What was answered under another program's plan of the same pack is asked again; alarms keep their state.
void Ward::State::reask_rules(const Moment& now)
{
    reask = false;
    for (std::size_t i = 0; i < beds.size(); ++i) {
        if (beds[i].watch) repack(now, BedId{static_cast<std::uint16_t>(i)});
    }
}

// This program refuses what they were judged by. Nobody loses an alarm by that: until a pack has their rules again they
// are open without one.
void Ward::State::set_rules_aside(Watch& watch)
{
    if (pack) ++not_taken.own_limits;
    const auto keep = [&](const CheckState& state) {
        const auto episode = episodes.find(state.slot.episode);
        if (episode == episodes.end()) return;
        episode->second.orphan = true;
        watch.aside.insert_or_assign(episode->second.alarm.rule, state);
    };
    for (const Slot& rule : watch.rules) keep({Instant::never(), rule});
    for (const CheckState& check : watch.checks) keep(check);
    watch.rules.assign(pack ? pack->rules.size() : 0, {});
    watch.checks.assign(pack ? pack->checks.size() : 0, {});
    watch.delays = 0;
    watch.pack = pack;
    if (!pack) return;
    watch.evaluation.emplace(*pack);
    reask = true;
}

void Ward::State::apply(const Moment&, const Tick&) {}

Serial Ward::State::new_serial() { return {incarnation, ++counter}; }

std::string Ward::State::place(BedId bed) const
{
    return bed.value < bed_names.size() ? bed_names[bed.value].place : configuration.name;
}

Instant Ward::State::next_due() const
{
    Instant next = gap_ends == Instant{} ? Instant::never() : gap_ends;
    for (const auto& bed : beds) next = std::min(next, bed.next);
    for (const auto& [id, call] : calls) next = std::min(next, call.next);
    for (const auto& relay : relays) next = std::min(next, relay.at);
    for (const auto& [id, episode] : episodes) {
        if (episode.acknowledged) next = std::min(next, episode.acknowledged_until);
    }
    for (const auto& [id, shelf] : shelves) next = std::min(next, shelf.until);
    for (std::size_t i = 0; i < faults.size(); ++i) {
        if (!faults[i].condition.delayed()) continue; // asked after every input, and nearly always so
        const ConditionPolicy& policy = info(static_cast<WardFault>(i)).policy;
        next = std::min(next, deadline(policy, faults[i].condition).value_or(next));
    }
    return next;
}

// Fires every deadline that is due, each at its own instant; at one instant beds first, then the ward's faults, then
// what was shelved, then acknowledgements, then channels that take over, then calls, each in the order of their ids.
void Ward::State::fire_due(const Moment& now)
{
#ifndef NDEBUG
    MAGWATCH_ASSERT(soonest <= next_due());
#endif
    if (soonest > now.steady) return;
    for (;;) {
        const Instant due = next_due();
        if (due > now.steady) {
            soonest = due;
            return;
        }
        // A deadline never runs before the last input: a lower bound may lie in the past.
        const Moment at = now.at(std::max(due, last.steady));
        last = {at.steady, at.wall};
        for (std::size_t i = 0; i < beds.size(); ++i) {
            if (beds[i].next <= at.steady) bed_due(BedId{static_cast<std::uint16_t>(i)}, at);
        }
        if (gap_ends != Instant{} && gap_ends <= at.steady) {
            gap_ends = Instant{};
            set_fault(at, WardFault::gap, false, fault_details[static_cast<std::size_t>(WardFault::gap)]);
        }
        for (std::size_t i = 0; i < faults.size(); ++i) {
            if (!faults[i].condition.delayed()) continue; // only a delay that runs can come to its end
            const auto fault = static_cast<WardFault>(i);
            advance_slot(at, no_bed, faults[i], info(fault).policy, alarm_told(fault));
        }
        judge_shelves(at);
        std::vector<EpisodeId> expired;
        for (const auto& [id, episode] : episodes) {
            if (episode.acknowledged && episode.acknowledged_until <= at.steady) expired.push_back(id);
        }
        for (const auto id : expired) acknowledgement_over(at, id);
        relay_due(at);
        std::vector<CallId> moving;
        for (const auto& [id, call] : calls) {
            if (call.next <= at.steady) moving.push_back(id);
        }
        for (const auto id : moving) call_moves(at, id);
    }
}

void Ward::State::bed_due(BedId id, const Moment& now)
{
    Bed& bed = beds[id.value];
    if (bed.watch) {
        end_own_limits(now, id);
        Watch& watch = *bed.watch;
        if (watch.infusion_next <= now.steady) {
            const SignalMask changed = derive_infusion(watch, now.steady);
            if (changed != 0) evaluate(now, id, changed);
            review_session(now, id);
            if ((changed & mask(Signal::infusion_rate)) != 0) bed.review = now.steady; // known, or not any more
        }
        if (watch.session_next <= now.steady) review_session(now, id);
        if (watch.events_next <= now.steady) evaluate(now, id, derive_events(watch, now.steady));
        if (watch.evaluation && watch.evaluation->next_due() <= now.steady) {
            watch.evaluation->evaluate_due(*watch.pack, watch.patient, now.steady,
                                           [&](std::size_t rule, const RuleTruth&) { advance_rule(now, id, rule); });
        }
        if (watch.delays > 0) {
            for (std::size_t rule = 0; rule < watch.rules.size(); ++rule) {
                const auto phase = watch.rules[rule].condition.phase;
                if (phase == ConditionPhase::pending || phase == ConditionPhase::clearing) {
                    advance_rule(now, id, rule);
                }
            }
        }
        review_checks(now, id);
    }
    if (bed.review <= now.steady) review(now, id);
    if (bed.paused_until != Instant{} && bed.paused_until <= now.steady) {
        bed.paused_until = Instant{};
        publish(id);
    }
    refresh_next(bed, now.steady);
    bed.next = std::max(bed.next, now.steady + Duration{1}); // what could be done at `now` is done
}

// When the next check is overdue that is not already.
Instant Ward::State::next_overdue(const Watch& watch)
{
    Instant next = Instant::never();
    for (std::size_t i = 0; i < watch.checks.size(); ++i) {
        const CheckState& check = watch.checks[i];
        if (check.due == Instant::never() || check.slot.condition.present()) continue;
        next = std::min(next, check.due + watch.pack->checks[i].overdue_after);
    }
    return next;
}

// The next instant at which this bed must be looked at; nothing earlier can change by itself.
void Ward::State::refresh_next(Bed& bed, Instant now)
{
    Instant next = bed.review;
    if (bed.paused_until != Instant{}) next = std::min(next, bed.paused_until);
    if (bed.watch) {
        Watch& watch = *bed.watch;
        next = std::min({next, watch.infusion_next, watch.events_next, watch.session_next});
        if (watch.evaluation) next = std::min(next, watch.evaluation->next_due());
        if (watch.delays > 0) {
            for (std::size_t rule = 0; rule < watch.rules.size(); ++rule) {
                const Rule& about = watch.pack->rules[rule];
                const auto at = deadline({about.hold, about.clear_hold}, watch.rules[rule].condition);
                // A delay that is over but waits for a known truth is not a deadline.
                if (at && *at > now) next = std::min(next, *at);
            }
        }
        for (const auto& own : watch.own_limits) next = std::min(next, own.until);
        if (watch.checks_next == Instant{}) watch.checks_next = next_overdue(watch);
#ifndef NDEBUG
        MAGWATCH_ASSERT(watch.checks_next == next_overdue(watch));
#endif
        next = std::min(next, watch.checks_next);
    }
    bed.next = std::max(next, now);
    soonest = std::min(soonest, bed.next);
}

// --- bytes ---

namespace {

// Of bytes that hold no course: as much magnesium as was counted, evenly, and marked as incomplete.
Course course_like(const Infusion& infusion)
{
    Course course;
    const Instant first = infusion.first_dose().value_or(Instant::never()), last = infusion.last_dose().value_or(first);
    if (last <= first) return course;
    const double hours = static_cast<double>((last - first).count()) / 3'600'000.0;
    if (!course.rate(first, infusion.dose_total() / hours)) return Course{};
    course.unknown_since(first + Duration{1});
    if (infusion.stop_declared()) course.stop(last);
    return course;
}

// What a format without their signals knew of symptoms and the salt. The last injection it told to the doses alone.
void tell_new_signals(Watch& watch)
{
    const SignalState& told = watch.patient.latest(Signal::symptom);
    if (told.has_value) {
        const double set = complaint_set(watch.bedside);
        watch.patient.accept(Signal::symptoms, set, told.value_at, told.received, no_source);
    }
    if (!watch.bedside.salt) return;
    const auto salt = static_cast<double>(*watch.bedside.salt);
    watch.patient.accept(Signal::salt, salt, watch.since.steady, watch.since.steady, no_source);
}

} // namespace

// Of a program without a chart: what it knew is what the chart to come rests on.
template <class Archive> void Ward::State::archive_chart(Archive& a, Watch& w, const WardShape& shape)
{
    Chart& chart = w.chart;
    if (a.format() >= 12) {
        a(chart.entries, chart.measured, chart.pump, chart.changes);
        chart.base.patient.archive(a, shape.signals);
        chart.base.archive_rest(a);
    } else if constexpr (Archive::reading) {
        if (!a.ok()) return; // what it would rest on is not whole
        std::vector<WindowSpec> windows;
        for (std::size_t i = 0; i < w.patient.window_count(); ++i) windows.push_back(w.patient.window(i).spec());
        chart.base.patient.set_windows(windows);
        for (std::size_t s = 0; s < signal_count; ++s) chart.base.patient.take(w.patient, static_cast<Signal>(s));
        chart.base.bedside = w.bedside;
        chart.base.infusion = w.infusion;
        chart.base.course = w.course;
    }
}

template <class Archive>
void Ward::State::archive_bed(Archive& a, Bed& bed, std::uint32_t format, const WardShape& shape)
{
    bool watched = bed.watch != nullptr;
    a(bed.configured, watched, bed.links);
    archive_first(a, bed.faults, shape.bed_faults);
    a(bed.lost_signals, bed.live_flow, bed.live_at,
      bed.paused_until, bed.physiological, bed.technical, bed.next, bed.review);
    if (format >= 12) a(bed.somebody, bed.live_pump);
    if (!watched) return;
    if constexpr (Archive::reading) bed.watch = std::make_unique<Watch>();
    Watch& w = *bed.watch;
    Bedside& b = w.bedside;
    a(w.by, w.since, w.calcium, w.hammer, w.oxygen, w.associated, w.confirmed);
    w.patient.archive(a, shape.signals);
    a(w.infusion, b.complaints, b.none_at, b.events, w.rules, w.checks, w.expected);
    archive_first(a, w.trouble, shape.signals);
    a(w.infusion_next, w.events_next, w.delays);
    if (format >= 4) a(b.answers, b.decisions, b.session, b.salt, b.boluses, b.levels, w.session_slots, w.session_next);
    if (format >= 5) a(w.course);
    else if constexpr (Archive::reading) w.course = course_like(w.infusion);
    if (format >= 6) a(b.ran, b.stopped, b.toxic, b.recurrence);
    if (format >= 7) a(w.own_limits);
    if (format >= 8) a(w.cuff_arm);
    if (format >= 9) a(w.antidote);
    if (format >= 12) a(b.concern, w.pumps);
    if constexpr (Archive::reading) {
        const bool known = std::all_of(b.complaints.begin(), b.complaints.end(), [](const Complaint& complaint) {
            return find_symptom(complaint.symptom) != nullptr;
        });
        if (!known) return a.fail();
        if (shape.signals <= static_cast<std::size_t>(Signal::symptoms)) tell_new_signals(w);
    }
    archive_chart(a, w, shape);
    archive_answers(a, w);
    if constexpr (Archive::reading) {
        if (w.antidote && !w.antidote->protocol) {
            w.antidote.reset();
            ++not_taken.checklists;
        }
    }
}

// What the rules answered, and under which plan.
template <class Archive> void Ward::State::archive_answers(Archive& a, Watch& w)
{
    bool were_there = false;
    if constexpr (Archive::reading) were_there = not_taken.rules;
    if (!pack && !were_there) return;
    std::uint64_t plan = 0;
    if constexpr (Archive::reading) {
        if (a.format() >= 8) a(plan);
        std::string why_not;
        if (pack) w.pack = pack_for(w.own_limits, why_not);
        const bool fits = w.pack && w.rules.size() == w.pack->rules.size() && w.checks.size() == w.pack->checks.size();
        if (fits) w.evaluation.emplace(*w.pack);
        Evaluation unused;
        (fits ? *w.evaluation : unused).archive(a);
        if (!a.ok()) return;
        if (!fits) set_rules_aside(w);
        else reask = reask || plan != w.pack->plan.shape;
    } else {
        plan = w.pack->plan.shape;
        a(plan);
        w.evaluation->archive(a);
    }
}

template <class Archive> void Ward::State::archive(Archive& a)
{
    std::uint32_t format = ward_format;
    a(format);
    if constexpr (Archive::reading) {
        if (format < 2 || format > ward_format) {
            a.fail();
            return;
        }
        a.set_format(format);
    }
    WardShape shape;
    if constexpr (!Archive::reading) shape = WardShape::ours();
    if (format >= 8) a(shape);
    if constexpr (Archive::reading) {
        if (!shape.fits()) {
            a.fail();
            return;
        }
    }
    a(last, incarnation, counter, next_number, configuration, bed_names, source_names, sources, episodes, calls);
    archive_first(a, faults, shape.ward_faults);
    archive_first(a, fault_details, shape.ward_faults);
    a(ward_call, pages, keys, gap_ends, observations, refused, raised, pages_sent);
    if constexpr (Archive::reading) {
        if (!a.ok()) return;
        std::vector<LimitOverride> limits;
        for (const auto& limit : configuration.limits) limits.push_back({limit.name, limit.value});
        if (!configuration.pack_text.empty()) {
            pack = compile_pack(configuration.pack_text, configuration.pack_name, limits).pack;
            not_taken.rules = !pack;
            if (!pack) configuration.pack_text.clear(); // the same pack again is another configuration
        }
        if (!configuration.protocol_text.empty()) {
            protocol = read_protocol(configuration.protocol_text, configuration.protocol_name).protocol;
            not_taken.protocol = !protocol;
            if (!protocol) configuration.protocol_text.clear();
        }
        beds.resize(bed_names.size());
    }
    for (auto& bed : beds) archive_bed(a, bed, format, shape);
    if (format >= 3) a(messages);
    if (format >= 9) a(relays, rosters, quiet, roster_changes, next_code);
    if (format >= 11) archive_records(a);
    if (format >= 12) a(charted, shelves, unreached);
    if constexpr (Archive::reading) find_trust();
    if constexpr (Archive::reading) {
        for (const auto& memory : messages) {
            if (memory.oldest != 0 && memory.oldest >= memory.ring.size()) a.fail();
        }
    }
}

template <class Archive> void Ward::State::archive_records(Archive& a)
{
    std::vector<CommissionRecord> list;
    if constexpr (!Archive::reading) {
        for (const auto& [device, record] : records) list.push_back(*record);
    }
    a(list);
    if constexpr (Archive::reading) {
        for (auto& record : list) {
            std::string device = record.device;
            records.insert_or_assign(std::move(device), std::make_shared<const CommissionRecord>(std::move(record)));
        }
    }
}

Bytes Ward::save() const
{
    Bytes out;
    out.reserve(state_->saved_size + state_->saved_size / 8); // the last was nearly as long
    Writer writer{out};
    state_->archive(writer);
    state_->saved_size = out.size();
    return out;
}

std::optional<Ward> Ward::load(std::string_view bytes, LoadRefused* refused)
{
    Ward ward;
    Reader reader{bytes};
    ward.state_->archive(reader);
    if (!reader.done()) return std::nullopt;
    if (refused != nullptr) *refused = ward.state_->not_taken;
    return ward;
}

} // namespace magwatch
