// Whose values may be used: those of devices that were compared with their own screen. Everybody else's are heard,
// shown and used by nothing; their beds rely on charted checks.
#include <algorithm>

#include "rules/commissioning/compare.hpp"
#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

constexpr std::size_t pairs_most = 500; // far above what a map holds

std::string list_of(const std::vector<std::string>& words)
{
    std::string out;
    for (const std::string& one : words) out += (out.empty() ? "" : "; ") + one;
    return out;
}

bool was_measured(Signal signal)
{
    const SignalKind kind = info(signal).kind;
    return kind == SignalKind::continuous || kind == SignalKind::flag || kind == SignalKind::pump ||
           kind == SignalKind::cuff;
}

} // namespace

// A record holds for the map, the place and the mode that it was made under, and for what was compared alone.
Trust Ward::State::trust_of(const SourceConfiguration& source) const
{
    Trust found_out;
    if (configuration.mode != Mode::ward || source.fingerprint.empty() || source.kind == SourceKind::staff)
        return found_out;
    const auto found = records.find(source.name);
    if (found == records.end()) {
        found_out.state = CommissionState::missing;
        return found_out;
    }
    const CommissionRecord& record = *found->second;
    if (!record.revoked_by.empty()) {
        found_out.state = CommissionState::revoked;
    } else if (record.simulation || record.fingerprint != source.fingerprint || record.place != source.place) {
        found_out.state = CommissionState::changed;
    } else {
        found_out.state = CommissionState::holds;
        found_out.signals = covered(record);
        for (const auto& bed : bed_names) found_out.beds.push_back(covers_bed(record, bed.alias));
    }
    return found_out;
}

void Ward::State::find_trust()
{
    trust.clear();
    for (const auto& source : source_names) trust.push_back(trust_of(source));
}

void Ward::State::judge_commissioning(const Moment& now)
{
    find_trust();
    for (std::size_t i = 0; i < beds.size(); ++i) {
        const BedId id{static_cast<std::uint16_t>(i)};
        if (!beds[i].watch) continue;
        forget_untrusted(now, id);
        review_checks(now, id);
        review(now, id);
        refresh_next(beds[i], now.steady);
        publish(id);
    }
}

// What was measured by a device that is not trusted any more is not known any more.
void Ward::State::forget_untrusted(const Moment& now, BedId id)
{
    Watch& watch = *beds[id.value].watch;
    watch.pumps.lose(now.steady, [&](SourceId pump, Signal signal) { return !trusted(id, pump, signal); });
    SignalMask changed = 0;
    for (std::size_t s = 0; s < signal_count; ++s) {
        const auto signal = static_cast<Signal>(s);
        const SignalState& latest = watch.patient.latest(signal);
        if (!was_measured(signal) || !latest.seen || trusted(id, latest.source, signal)) continue;
        const SignalKind kind = info(signal).kind;
        watch.patient.forget(signal);
        watch.expected &= ~mask(signal);
        watch.trouble[s] = {};
        changed |= mask(signal);
        if (kind != SignalKind::pump || !watch.infusion.pump_heard()) continue;
        lose_pump(watch, now.steady);
        changed |= derive_infusion(watch, now.steady);
    }
    if (changed == 0) return;
    evaluate(now, id, changed);
    review_session(now, id);
}

void Ward::State::hear_untrusted(const Moment& now, BedId id, SourceId source, Signal signal, double value,
                                 bool device)
{
    Bed& bed = beds[id.value];
    if (!bed.watch) return;
    const std::size_t known = bed.links.size();
    SourceLink& from = link(bed, source);
    if (!device) { // a laboratory's result or an entry: nobody need send the next one
        if (bed.links.size() != known) review(now, id);
        refresh_next(bed, now.steady);
        return;
    }
    const bool was_quiet = from.silent || !from.expected;
    const bool counts = signal == Signal::liveness && (!from.has_liveness || from.liveness != value);
    if (was_quiet) doubt_after_hearing(now.steady, *bed.watch, from, nullptr);
    from.expected = true;
    from.sampled = from.changed = now.steady;
    if (was_quiet) from.back = now.steady;
    if (was_quiet || counts) from.counted = now.steady;
    if (signal == Signal::liveness) {
        from.has_liveness = true;
        from.liveness = value;
    }
    if (was_quiet || (from.frozen && counts)) review(now, id);
    refresh_next(bed, now.steady);
}

std::vector<std::string> Ward::State::untrusted(BedId id, bool lost) const
{
    std::vector<std::string> names;
    const Bed& bed = beds[id.value];
    for (const SourceLink& one : bed.links) {
        if (one.source.value >= trust.size() || trust[one.source.value].of(id)) continue;
        const Source& source = sources[one.source.value];
        if (!source.configured) continue;
        const CommissionState state = trust[one.source.value].state;
        const bool was = state == CommissionState::changed || state == CommissionState::revoked ||
                         (state == CommissionState::missing && source.believed);
        if (was == lost) names.push_back(source_names[one.source.value].name);
    }
    return names;
}

void Ward::State::review_commissioning(const Moment& now, BedId id, Instant& next)
{
    set_fault(now, id, BedFault::uncommissioned, !untrusted(id, false).empty(), next);
    set_fault(now, id, BedFault::commission_lost, !untrusted(id, true).empty(), next);
}

void Ward::State::do_action(const Moment& now, const Action& action, const Commission& commission)
{
    const CommissionRecord& record = commission.record;
    const auto found = std::find_if(source_names.begin(), source_names.end(),
                                    [&](const auto& source) { return source.name == record.device; });
    const auto index = static_cast<std::size_t>(found - source_names.begin());
    const auto refuse = [&](std::string why) { reply(now, action.request, false, std::move(why)); };
    if (found == source_names.end() || !sources[index].configured)
        return refuse("no such device: '" + record.device + "'");
    if (found->fingerprint.empty()) return refuse(record.device + " has nothing that could be commissioned");
    if (record.by != action.person || record.role.empty() || record.remark.empty())
        return refuse("who signs gives a name, a role and a remark");
    if (record.fingerprint != found->fingerprint || record.place != found->place)
        return refuse("the map or the place of " + record.device + " changed meanwhile: compare anew");
    if (record.simulation != (configuration.mode != Mode::ward)) return refuse("the mode changed: compare anew");
    if (record.pairs.size() > pairs_most) return refuse("more comparisons than a record holds");
    for (const ScreenPair& pair : record.pairs) {
        if (!found->bed.empty() && pair.bed != found->bed)
            return refuse(record.device + " belongs to " + found->bed + ", not to '" + pair.bed + "'");
        if (std::none_of(bed_names.begin(), bed_names.end(), [&](const auto& bed) { return bed.alias == pair.bed; }))
            return refuse("no such bed: '" + pair.bed + "'");
    }
    if (const auto wrong = mistakes(record, found->signals); !wrong.empty())
        return refuse("NOT commissioned. " + list_of(wrong));
    records.insert_or_assign(record.device, std::make_shared<const CommissionRecord>(record));
    judge_commissioning(now);
    publish(no_bed);
    std::string said = record.device + " is commissioned by " + record.by + ", " + record.role + ": " +
                       std::to_string(record.pairs.size()) + " comparisons";
    if (!record.left_out.empty()) said += ", " + std::to_string(record.left_out.size()) + " left out and unverified";
    reply(now, action.request, true, std::move(said));
}

void Ward::State::do_action(const Moment& now, const Action& action, const RevokeCommission& revoke)
{
    const auto found = records.find(revoke.device);
    if (found == records.end()) return reply(now, action.request, false, revoke.device + " has no record");
    if (revoke.reason.empty()) return reply(now, action.request, false, "a reason is needed");
    if (!found->second->revoked_by.empty())
        return reply(now, action.request, true, "the record of " + revoke.device + " was revoked before");
    CommissionRecord record = *found->second;
    record.revoked_by = action.person;
    record.revoked_reason = revoke.reason;
    record.revoked_at = now.wall;
    found->second = std::make_shared<const CommissionRecord>(std::move(record));
    judge_commissioning(now);
    publish(no_bed);
    reply(now, action.request, true, revoke.device + " is no longer commissioned: its beds rely on charted checks");
}

CommissionView Ward::State::commission_view(std::size_t index) const
{
    CommissionView view;
    const SourceConfiguration& source = source_names[index];
    const auto found = records.find(source.name);
    if (found != records.end()) view.record = found->second;
    view.state = trust[index].state;
    if (view.state == CommissionState::missing) view.why = "it was never compared with its own screen";
    if (view.state == CommissionState::revoked)
        view.why = "revoked by " + view.record->revoked_by + ": " + view.record->revoked_reason;
    if (view.state != CommissionState::changed) return view;
    if (view.record->simulation) view.why = "the record was made in a simulation";
    else if (view.record->fingerprint != source.fingerprint) view.why = "its map or profile changed since the record";
    else view.why = "it is asked at another place than the record says";
    return view;
}

bool Ward::trusts(BedId bed, SourceId source, Signal signal) const { return state_->trusted(bed, source, signal); }

std::vector<std::shared_ptr<const CommissionRecord>> Ward::commissioning() const
{
    std::vector<std::shared_ptr<const CommissionRecord>> out;
    for (const auto& [device, record] : state_->records) out.push_back(record);
    return out;
}

} // namespace magwatch
