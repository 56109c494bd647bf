#include "daemon/http/commissioning.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/commissioning/seal.hpp"
#include "daemon/http/times.hpp"
#include "daemon/http/words.hpp"
#include "rules/commissioning/compare.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

constexpr std::size_t name_longest = 64;
constexpr std::size_t text_longest = 200;
constexpr std::size_t pairs_most = 500;

Json device_json(const SourceView& source)
{
    const CommissionView& state = source.commissioning;
    Json out;
    out["device"] = source.name;
    out["bed"] = text_or_null(source.bed);
    out["kind"] = word(source.kind);
    out["connected"] = source.connected;
    out["map"] = text_or_null(source.map);
    out["fingerprint"] = text_or_null(source.fingerprint);
    out["place"] = text_or_null(source.place);
    out["state"] = word(state.state);
    out["verified"] = state.state == CommissionState::holds || state.state == CommissionState::not_needed;
    out["why"] = text_or_null(state.why);
    Json record;
    if (state.record) {
        const CommissionRecord& r = *state.record;
        record = {{"by", r.by}, {"role", r.role}, {"remark", r.remark}, {"at", format_time(r.at)}, {"map", r.map},
                  {"fingerprint", r.fingerprint}, {"place", r.place}, {"simulation", r.simulation},
                  {"firmware", r.firmware}, {"serial", r.serial}, {"comparisons", r.pairs.size()}};
        record["left_out"] = Json::array();
        for (const LeftOut& left : r.left_out)
            record["left_out"].push_back({{"signal", name(left.signal)}, {"reason", left.reason}});
        record["revoked_by"] = text_or_null(r.revoked_by);
        record["revoked_reason"] = text_or_null(r.revoked_reason);
    }
    out["record"] = record;
    return out;
}

std::string alias_of(const WardView& view, BedId bed)
{
    for (const BedView& one : view.beds)
        if (one.id == bed) return one.alias;
    return "";
}

// What a device's screen may be asked about, whether it said anything yet or not.
std::vector<Reading> asked_about(const WardView& view, const SourceView& source, const std::vector<Reading>& readings)
{
    std::vector<Reading> out;
    for (const Reading& one : readings)
        if (one.source == source.id && is_compared(one.signal)) out.push_back(one);
    const auto bed = std::find_if(view.beds.begin(), view.beds.end(),
                                  [&](const BedView& one) { return one.alias == source.bed; });
    for (const SourceSignal& wanted : source.signals) {
        if (!is_compared(wanted.signal) || bed == view.beds.end()) continue;
        if (std::any_of(out.begin(), out.end(), [&](const Reading& r) { return r.signal == wanted.signal; })) continue;
        Reading silent;
        silent.source = source.id;
        silent.bed = bed->id;
        silent.signal = wanted.signal;
        silent.why = "silent";
        out.push_back(silent);
    }
    std::sort(out.begin(), out.end(), [](const Reading& a, const Reading& b) {
        return std::pair{a.bed, a.signal} < std::pair{b.bed, b.signal};
    });
    return out;
}

Json reading_json(const WardView& view, const SourceView& source, const Reading& one, Duration now)
{
    const SignalInfo& about = info(one.signal);
    const bool old = one.value && now - one.at > about.fresh_for;
    const auto step = std::find_if(source.signals.begin(), source.signals.end(),
                                   [&](const auto& s) { return s.signal == one.signal; });
    Json out;
    out["bed"] = alias_of(view, one.bed);
    out["signal"] = about.name;
    out["title"] = about.title;
    out["unit"] = name(about.unit);
    out["value"] = one.value && !old ? Json(*one.value) : Json{};
    out["why"] = old ? Json("silent") : text_or_null(one.why);
    out["age_seconds"] = one.at.count() == 0 ? Json{} : Json(static_cast<double>((now - one.at).count()) / 1000);
    out["step"] = step == source.signals.end() ? 0.0 : step->step;
    out["lead_off"] = needs_lead_off(one.signal);
    return out;
}

std::optional<double> optional_number(Fields& f, std::string_view field)
{
    if (!f.has(field)) return std::nullopt;
    return f.number(field);
}

Signal signal_of(Fields& f)
{
    const std::string text = f.text("signal", name_longest);
    const auto signal = signal_from(text);
    if (f.ok() && !signal) f.refuse("signal", "is no signal: '" + text + "'");
    return signal.value_or(Signal{});
}

void read_pairs(Fields& f, WallTime now, CommissionRecord& record)
{
    std::optional<Mistake> wrong;
    for (const json* item : f.optional_objects("pairs", pairs_most)) {
        Fields one{*item, wrong, "pairs."};
        ScreenPair pair;
        pair.bed = one.text("bed", name_longest);
        pair.signal = signal_of(one);
        pair.screen = one.text("screen", name_longest);
        pair.read = optional_number(one, "read");
        pair.at = one.optional_time("at", now).value_or(now);
        const double looks = optional_number(one, "looks").value_or(1);
        if (!(looks >= 1 && looks <= 100) || looks != std::floor(looks)) one.refuse("looks", "must be 1 to 100");
        pair.looks = one.ok() ? static_cast<std::uint8_t>(looks) : 1;
        one.finish();
        record.pairs.push_back(std::move(pair));
    }
    for (const json* item : f.optional_objects("left_out", signal_count)) {
        Fields one{*item, wrong, "left_out."};
        LeftOut left;
        left.signal = signal_of(one);
        left.reason = one.text("reason", text_longest);
        one.finish();
        record.left_out.push_back(std::move(left));
    }
    if (wrong) f.refuse(wrong->field, wrong->error, wrong->status);
}

const SourceView* device_of(Fields& f, const WardView& view, std::string_view device)
{
    const SourceView* source = find_source(view, device);
    if (source == nullptr) f.refuse("", "no device '" + std::string{device.substr(0, name_longest)} + "'", 404);
    return source;
}

} // namespace

const SourceView* find_source(const WardView& view, std::string_view name)
{
    const auto found = std::find_if(view.sources.begin(), view.sources.end(),
                                    [&](const SourceView& source) { return source.name == name; });
    return found == view.sources.end() ? nullptr : &*found;
}

Json render_commissioning(const PublishedWard& ward)
{
    Json out;
    out["at"] = format_time(ward.view.at.wall);
    out["mode"] = word(ward.view.mode);
    out["devices"] = Json::array();
    for (const SourceView& source : ward.view.sources)
        if (source.kind != SourceKind::staff) out["devices"].push_back(device_json(source));
    return out;
}

Json render_commissioning(const PublishedWard& ward, const SourceView& source, const std::vector<Reading>& readings,
                          Duration now)
{
    const WardView& view = ward.view;
    Json out;
    out["at"] = format_time(view.at.wall);
    out["device"] = device_json(source);
    out["readings"] = Json::array();
    for (const Reading& one : asked_about(view, source, readings))
        out["readings"].push_back(reading_json(view, source, one, now));
    out["registers"] = Json::array();
    if (ward.forms) {
        for (const RegisterForm& form : *ward.forms) {
            if (form.device != source.name) continue;
            out["registers"].push_back({{"signal", name(form.signal)}, {"place", form.place},
                                        {"type", form.form.type}, {"order", form.form.order},
                                        {"scale", form.form.scale}, {"offset", form.form.offset},
                                        {"unit", name(form.form.unit)}});
        }
    }
    out["others"] = Json::array();
    for (const Reading& one : readings) {
        if (one.source == source.id || !is_compared(one.signal) || !one.value) continue;
        if (now - one.at > info(one.signal).fresh_for || out["others"].size() >= pairs_most) continue;
        for (const SourceView& other : view.sources)
            if (other.id == one.source)
                out["others"].push_back({{"device", other.name}, {"bed", alias_of(view, one.bed)},
                                         {"signal", name(one.signal)}, {"value", *one.value}});
    }
    const auto& record = source.commissioning.record;
    out["sealed"] = record ? Json(sealed_text(*record)) : Json{};
    return out;
}

void read_commission(Fields& f, const WardView& view, WallTime now, std::string_view device, Action& action)
{
    Commission commission;
    CommissionRecord& record = commission.record;
    const SourceView* source = device_of(f, view, device);
    if (source != nullptr) {
        record.device = source->name;
        record.map = source->map;
        record.place = source->place;
    }
    record.simulation = view.mode != Mode::ward;
    record.fingerprint = f.text("fingerprint", text_longest);
    const std::string place = f.text("place", text_longest * 2);
    if (f.ok() && place != record.place) f.refuse("place", "changed meanwhile: compare anew", 409);
    record.firmware = f.text("firmware", text_longest);
    record.serial = f.text("serial", text_longest);
    record.by = action.person;
    record.role = f.text("role", name_longest);
    record.remark = f.text("remark", text_longest);
    record.at = now;
    read_pairs(f, now, record);
    action.what = std::move(commission);
}

void read_revoke(Fields& f, const WardView& view, std::string_view device, Action& action)
{
    (void)device_of(f, view, device);
    action.what = RevokeCommission{std::string{device}, f.text("reason", text_longest)};
}

} // namespace magwatch::http
