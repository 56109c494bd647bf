// Why an alarm rang: its rule as the pack words it, its limits, and what it reads.
#include <algorithm>
#include <string>

#include "daemon/http/bodies.hpp"
#include "daemon/http/render.hpp"
#include "daemon/http/times.hpp"
#include "rules/alarm/rule_words.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch::http
{
namespace
{

constexpr std::string_view check_prefix = "check.";

SignalMask mask_of(const std::vector<Signal>& signals)
{
    SignalMask all = 0;
    for (const Signal one : signals) all |= mask(one);
    return all;
}

// A sign that nobody has told yet is there, too, without a value.
Json inputs_json(SignalMask reads, const BedView& bed)
{
    Json out = Json::array();
    for (std::size_t i = 0; i < signal_count; ++i) {
        SignalView shown;
        shown.signal = static_cast<Signal>(i);
        if ((reads & mask(shown.signal)) == 0) continue;
        for (const SignalView& known : bed.signals)
            if (known.signal == shown.signal) shown = known;
        out.push_back(signal_json(shown));
    }
    return out;
}

Json fields_json(const PackItem& item)
{
    Json out = Json::array();
    for (const PackField& field : item.fields)
        out.push_back({{"key", field.key}, {"value", field.value}, {"from", field.from}});
    return out;
}

Json limits_json(const PackItem& item, const BedView& bed)
{
    Json out = Json::array();
    for (const std::string& used : item.limits) {
        const PackLimit* limit = bed.pack->outline.limit(used);
        if (limit == nullptr) continue;
        const bool own = std::any_of(bed.own_limits.begin(), bed.own_limits.end(),
                                     [&](const OwnLimitView& mine) { return mine.limit == used; });
        out.push_back({{"name", limit->name},
                       {"value", limit->value},
                       {"source", text_or_null(limit->source)},
                       {"from", limit->from},
                       {"own", own}});
    }
    return out;
}

// A rule of the pack, or a check of its schedule; what is neither rings under every pack, and has no text here.
void explain(Json& out, const std::string& id, const BedView& bed)
{
    const Pack& pack = *bed.pack;
    const auto rule = std::find_if(pack.rules.begin(), pack.rules.end(), [&](const Rule& one) { return one.id == id; });
    if (const PackItem* item = pack.outline.rule(id); item != nullptr && rule != pack.rules.end()) {
        out["text"] = rule_words(*rule, *item);
        out["source"] = text_or_null(rule->source);
        out["fields"] = fields_json(*item);
        out["limits"] = limits_json(*item, bed);
        out["inputs"] = inputs_json(rule->reads, bed);
        return;
    }
    if (!id.starts_with(check_prefix)) return;
    const std::string name = id.substr(check_prefix.size());
    const auto check = std::find_if(pack.checks.begin(), pack.checks.end(),
                                    [&](const Check& one) { return one.id == name; });
    const auto item = std::find_if(pack.outline.checks.begin(), pack.outline.checks.end(),
                                   [&](const PackItem& one) { return one.id == name; });
    if (check == pack.checks.end() || item == pack.outline.checks.end()) return;
    out["text"] = "A check of the pack's schedule is overdue: " + check->title;
    out["source"] = text_or_null(check->source);
    out["fields"] = fields_json(*item);
    out["limits"] = limits_json(*item, bed);
    out["inputs"] = inputs_json(mask_of(check->signals), bed);
}

} // namespace

Json render_alarm_rule(const WardView& view, const EpisodeView& alarm)
{
    const BedView* bed = find_bed(view, alarm.bed);
    const Pack* pack = bed != nullptr ? bed->pack.get() : nullptr;
    Json out;
    out["at"] = format_time(view.at.wall);
    out["alarm"] = alarm.id.text();
    out["bed"] = text_or_null(alarm.bed);
    out["rule"] = alarm.rule;
    out["title"] = alarm.title;
    out["since"] = format_time(alarm.since);
    out["pack"] = pack != nullptr ? pack->name : view.pack;
    out["version"] = pack != nullptr ? text_or_null(pack->version) : Json{};
    out["text"] = Json{};
    out["source"] = Json{};
    for (const char* list : {"fields", "limits", "inputs"}) out[list] = Json::array();
    if (pack != nullptr) explain(out, alarm.rule, *bed);
    return out;
}

} // namespace magwatch::http
