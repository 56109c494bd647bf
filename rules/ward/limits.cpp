// Limits of one patient: the pack's rules with another number, for a while, with a reason and a name.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {

void Ward::State::do_action(const Moment& now, const Action& action, const SetLimit& set)
{
    Bed* bed = find(set.bed);
    if (bed == nullptr || !bed->watch) return reply(now, action.request, false, "this bed is not watched");
    const PackLimit* of_ward = pack ? pack->outline.limit(set.limit) : nullptr;
    if (of_ward == nullptr) return reply(now, action.request, false, "the rule pack has no limit '" + set.limit + "'");
    Watch& watch = *bed->watch;
    std::vector<OwnLimit> own = watch.own_limits;
    const auto gone = std::erase_if(own, [&](const OwnLimit& other) { return other.limit == set.limit; });
    std::string said;
    if (set.value.empty()) {
        if (gone == 0) return reply(now, action.request, true, "she has no limit of her own for " + set.limit);
        said = set.limit + " is the ward's again: " + of_ward->value;
    } else {
        if (set.reason.empty()) return reply(now, action.request, false, "a reason is needed");
        if (set.length <= Duration{} || set.length > own_limit_longest) {
            return reply(now, action.request, false, "a limit of one patient ends by itself, after 24 h at most");
        }
        own.push_back({set.limit, set.value, now.steady + set.length, set.reason, action.person});
        said = set.limit + " is " + set.value + " for her; for all others " + of_ward->value;
    }
    std::string why_not;
    const std::shared_ptr<const Pack> fits = pack_for(own, why_not);
    if (!fits) return reply(now, action.request, false, "this value does not fit: " + why_not);
    const std::shared_ptr<const Pack> before = watch.pack;
    watch.own_limits = std::move(own);
    watch.pack = fits;
    carry_over(now, set.bed, before.get());
    publish(set.bed);
    reply(now, action.request, true, std::move(said));
}

void Ward::State::end_own_limits(const Moment& now, BedId id)
{
    Watch& watch = *beds[id.value].watch;
    const auto over = std::erase_if(watch.own_limits, [&](const OwnLimit& own) { return own.until <= now.steady; });
    if (over == 0) return;
    repack(now, id);
    publish(id);
}

void Ward::State::repack(const Moment& now, BedId id)
{
    Watch& watch = *beds[id.value].watch;
    const std::shared_ptr<const Pack> before = watch.pack;
    std::string why_not;
    watch.pack = pack_for(watch.own_limits, why_not);
    // Not after a change that was checked before; but a patient is never left without rules, nor by one limit that this
    // pack does not know without her others.
    if (!watch.pack) {
        std::vector<OwnLimit> fitting;
        watch.pack = pack;
        for (OwnLimit& own : watch.own_limits) {
            fitting.push_back(std::move(own));
            if (auto fits = pack_for(fitting, why_not)) watch.pack = std::move(fits);
            else fitting.pop_back();
        }
        watch.own_limits = std::move(fitting);
    }
    carry_over(now, id, before.get());
}

} // namespace magwatch
