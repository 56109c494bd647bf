#include "daemon/http/render.hpp"

#include <algorithm>
#include <array>

#include "daemon/http/checklist.hpp"
#include "daemon/http/times.hpp"
#include "daemon/http/words.hpp"
#include "rules/language/limit_lines.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch::http
{

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json{} : Json(text);
}

namespace
{

Json time_or_null(WallTime time)
{
    return time.ms == 0 ? Json{} : Json(format_time(time));
}
double seconds(Duration d)
{
    return static_cast<double>(d.count()) / 1000;
}

Json quantity(double value, Unit unit)
{
    return {{"value", value}, {"unit", name(unit)}};
}

Json episode_json(const EpisodeView& episode)
{
    Json out;
    out["id"] = episode.id.text();
    out["bed"] = text_or_null(episode.bed);
    out["rule"] = episode.rule;
    out["title"] = episode.title;
    out["message"] = episode.message;
    out["prompt"] = text_or_null(episode.prompt);
    out["kind"] = word(episode.kind);
    out["priority"] = word(episode.priority);
    out["grade"] = episode.grade;
    out["condition"] = episode.condition;
    out["latched"] = episode.latched;
    out["acknowledged"] = episode.acknowledged;
    out["acknowledged_by"] = text_or_null(episode.acknowledged_by);
    out["acknowledged_until"] =
        episode.acknowledged ? time_or_null(episode.acknowledged_until) : Json{};
    out["since"] = time_or_null(episode.since);
    out["call"] = episode.call.counter == 0 ? Json{} : Json(episode.call.text());
    out["shelved"] = !episode.shelved ? Json{}
                                      : Json{{"by", episode.shelved->by},
                                             {"reason", episode.shelved->reason},
                                             {"note", text_or_null(episode.shelved->note)},
                                             {"until", time_or_null(episode.shelved->until)}};
    return out;
}

Json call_json(const CallView& call)
{
    Json out;
    out["id"] = call.id.text();
    out["number"] = call.number;
    out["bed"] = text_or_null(call.bed);
    out["kind"] = word(call.kind);
    out["priority"] = word(call.priority);
    out["grade"] = call.grade;
    out["state"] = word(call.state);
    out["sounding"] = call.sounding;
    out["rung"] = call.rung;
    out["repetition"] = call.repetition;
    out["person"] = text_or_null(call.person);
    out["since"] = time_or_null(call.since);
    out["next_page"] = time_or_null(call.next_page);
    out["alarms"] = Json::array();
    for (const EpisodeId& id : call.episodes) out["alarms"].push_back(id.text());
    out["code"] = call.code == 0 ? Json{} : Json(call.code);
    out["told"] = Json::array();
    for (const ToldView& told : call.told)
        out["told"].push_back({{"person", told.person},
                               {"rung", told.rung},
                               {"at", time_or_null(told.first)},
                               {"answer", name(told.answer)},
                               {"answered", told.answered ? time_or_null(*told.answered) : Json{}},
                               {"by_phone", told.by_phone}});
    return out;
}

// How far a page got: with its channel, and with the person, who may have answered the call by any way.
std::string_view page_state(const WardView& ward, const PageView& view)
{
    const PageReason reason = view.page.reason;
    const bool asks = reason != PageReason::test && reason != PageReason::taken &&
                      reason != PageReason::escalated && reason != PageReason::ended;
    for (const CallView& call : ward.calls) {
        if (!asks || call.id != view.page.key.call) continue;
        for (const ToldView& told : call.told)
            if (told.person == view.page.key.person && told.answer != Responsibility::undefined)
                return name(told.answer);
    }
    if (!view.outcome) return "queued";
    return *view.outcome == PageOutcome::accepted ? "sent" : word(*view.outcome);
}

Json duty_json(const DutyView& duty)
{
    Json out;
    out["roster"] = duty.roster;
    out["people"] = duty.duty.people;
    out["source"] = name(duty.duty.source);
    out["until"] = duty.until ? Json(format_time(*duty.until)) : Json{};
    out["last_resort"] = duty.last_resort;
    return out;
}

Json oncall_json(const WardView& view, WallTime at, const std::vector<DutyView>& duties)
{
    Json out;
    out["at"] = time_or_null(at);
    out["duties"] = Json::array();
    for (const DutyView& duty : duties) out["duties"].push_back(duty_json(duty));
    out["changes"] = Json::array();
    for (const RosterChange& change : view.roster_changes)
        out["changes"].push_back({{"roster", change.roster},
                                  {"to", change.person},
                                  {"from", format_time(change.when.from)},
                                  {"until", format_time(change.when.to)},
                                  {"reason", text_or_null(change.reason)},
                                  {"by", change.by}});
    return out;
}

// Without the address: a webhook's name or a mail address is nobody's business here.
Json page_json(const WardView& ward, const PageView& view)
{
    const Page& page = view.page;
    Json out;
    out["key"] = page.key.text();
    out["number"] = page.number;
    out["call"] = page.key.call.text();
    out["bed"] = text_or_null(page.bed_alias);
    out["place"] = page.place;
    out["priority"] = word(page.priority);
    out["kind"] = word(page.kind);
    out["grade"] = page.grade;
    out["words"] = page.words;
    out["reason"] = word(page.reason);
    out["person"] = page.key.person;
    out["channel"] = page.key.channel;
    out["channel_kind"] = page.channel_kind;
    out["rung"] = page.key.rung;
    out["repetition"] = page.key.repetition;
    out["attempt"] = page.attempt;
    out["at"] = time_or_null(page.at);
    out["unwatched_seconds"] = seconds(page.unwatched);
    out["state"] = page_state(ward, view);
    const bool ended = view.outcome && *view.outcome != PageOutcome::sending;
    out["outcome"] = ended ? Json(word(*view.outcome)) : Json{};
    out["detail"] = text_or_null(view.detail);
    return out;
}

Json source_json(const SourceView& source)
{
    Json out;
    out["name"] = source.name;
    out["bed"] = text_or_null(source.bed);
    out["kind"] = word(source.kind);
    out["connected"] = source.connected;
    out["frozen"] = source.frozen;
    out["age_seconds"] = source.age ? Json(seconds(*source.age)) : Json{};
    out["observations"] = source.observations;
    out["refused"] = source.refused;
    out["commissioning"] = word(source.commissioning.state);
    return out;
}

Json session_json(const SessionView& session)
{
    constexpr const char* salts[] = {"sulfate_heptahydrate", "sulfate_anhydrous",
                                     "chloride_hexahydrate"};
    const auto optional_time = [](const std::optional<WallTime>& t) {
        return t ? Json(format_time(*t)) : Json{};
    };
    Json out;
    out["indication"] = session.indication;
    out["title"] = session.title;
    out["setting"] = session.setting;
    out["salt"] = salts[static_cast<std::size_t>(session.salt)];
    out["dose"] = session.grams > 0 ? quantity(session.grams, Unit::gram) : Json{};
    out["rate"] =
        session.grams_per_hour > 0 ? quantity(session.grams_per_hour, Unit::gram_per_hour) : Json{};
    out["since"] = format_time(session.since);
    out["expected_end"] = optional_time(session.expected_end);
    out["watch_until"] = optional_time(session.watch_until);
    out["components"] = session.components;
    out["by"] = session.by;
    return out;
}

Json items_json(const std::vector<ScoredItem>& items)
{
    Json out = Json::array();
    for (const auto& item : items)
        out.push_back(
            {{"parameter", item.parameter}, {"value", item.value}, {"points", item.points}});
    return out;
}

// Context beside the alarms; null until anything of a score is known.
Json scores_json(const std::optional<ScoresView>& scores)
{
    Json out{{"news2", Json{}}, {"meows", Json{}}};
    if (!scores) return out;
    if (const News2& news = scores->news2; !news.items.empty())
        out["news2"] = {{"total_at_least", news.total},
                        {"single_three", news.single_three},
                        {"response", news.response},
                        {"validated_in_pregnancy", false},
                        {"items", items_json(news.items)},
                        {"missing", news.missing}};
    if (const Meows& meows = scores->meows; !meows.items.empty())
        out["meows"] = {{"red", meows.red},
                        {"yellow", meows.yellow},
                        {"triggered", meows.triggered},
                        {"items", items_json(meows.items)},
                        {"missing", meows.missing}};
    return out;
}

// What was asked before the infusion, decided in spite of an answer, planned, and measured.
void session_into(Json& out, const BedView& bed)
{
    out["screening"] = Json::array();
    for (const auto& a : bed.screening)
        out["screening"].push_back({{"question", a.question},
                                    {"ask", a.ask},
                                    {"concern", a.concern},
                                    {"answer", text_or_null(a.answer)},
                                    {"at", time_or_null(a.at)},
                                    {"by", text_or_null(a.by)}});
    out["screened"] = bed.screened;
    out["decisions"] = Json::array();
    for (const auto& d : bed.decisions)
        out["decisions"].push_back({{"about", d.about},
                                    {"reason", d.reason},
                                    {"at", format_time(d.at)},
                                    {"by", d.by}});
    out["session"] = bed.session ? session_json(*bed.session) : Json{};
    out["after_stop"] = !bed.after_stop ? Json{}
                                        : Json{{"stopped", format_time(bed.after_stop->stopped)},
                                               {"watch_until", format_time(bed.after_stop->watch_until)},
                                               {"decision_due", format_time(bed.after_stop->decision_due)},
                                               {"decided", bed.after_stop->decided}};
    out["levels"] = Json::array();
    for (const auto& l : bed.levels)
        out["levels"].push_back(
            {{"value", l.mmol_per_l},
             {"unit", name(Unit::mmol_per_l)},
             {"drawn_at", format_time(l.at)},
             {"near_bolus", l.near_bolus},
             {"from_infusion_arm", l.from_infusion_arm ? Json(*l.from_infusion_arm) : Json{}},
             {"repeat", l.near_bolus || l.spike || l.from_infusion_arm.value_or(false)}});
}

// What devices of this bed say and nothing uses.
Json unverified_json(const WardView& view, const BedView& bed, const std::vector<Reading>& readings, Duration now)
{
    Json out = Json::array();
    for (const Reading& one : readings) {
        if (one.bed != bed.id || !one.unverified || one.signal == Signal::liveness) continue;
        const SignalInfo& about = info(one.signal);
        const bool fresh = one.value && now - one.at <= about.fresh_for;
        Json item = {{"signal", about.name}, {"title", about.title}};
        item["value"] = fresh ? Json(*one.value) : Json{};
        item["unit"] = name(about.unit);
        item["age_seconds"] = seconds(now - one.at);
        for (const SourceView& source : view.sources)
            if (source.id == one.source) item["source"] = source.name;
        out.push_back(std::move(item));
    }
    return out;
}

Json infusion_json(const BedView& bed)
{
    Json infusion;
    infusion["running"] = bed.infusing;
    infusion["rate"] =
        bed.infusion_rate ? quantity(*bed.infusion_rate, Unit::gram_per_hour) : Json{};
    infusion["rate_unknown_since"] =
        bed.rate_unknown_since ? Json(format_time(*bed.rate_unknown_since)) : Json{};
    infusion["dose_total"] = quantity(bed.dose_total, Unit::gram);
    infusion["magnesium_on_board"] = text_or_null(bed.mg_on_board);
    infusion["rate_change"] = !bed.rate_change
                                  ? Json{}
                                  : Json{{"at", format_time(bed.rate_change->at)},
                                         {"by", bed.rate_change->by},
                                         {"second_person", text_or_null(bed.rate_change->second)},
                                         {"second_check_missing", bed.rate_change->second.empty()}};
    return infusion;
}

Json bed_json(const WardView& view, const BedView& bed, const std::vector<Reading>& readings, Duration now)
{
    Json out;
    out["alias"] = bed.alias;
    out["place"] = bed.place;
    out["watched"] = bed.watched;
    out["watched_by"] = text_or_null(bed.watched_by);
    out["watched_since"] = bed.watched ? time_or_null(bed.watched_since) : Json{};
    out["association_confirmed"] = bed.association_confirmed;
    out["signals"] = Json::array();
    for (const auto& signal : bed.signals) out["signals"].push_back(signal_json(signal));
    out["uncommissioned"] = bed.uncommissioned;
    out["unverified"] = unverified_json(view, bed, readings, now);
    out["scores"] = scores_json(bed.scores);
    out["checks"] = Json::array();
    for (const auto& check : bed.checks)
        out["checks"].push_back({{"id", check.id},
                                 {"title", check.title},
                                 {"due", time_or_null(check.due)},
                                 {"overdue", check.overdue}});
    out["symptoms"] = Json::array();
    for (const auto& c : bed.symptoms)
        out["symptoms"].push_back({{"symptom", c.symptom},
                                   {"group", c.group},
                                   {"at", format_time(c.at)},
                                   {"by", c.by}});
    out["no_symptoms_at"] = bed.no_symptoms_at ? Json(format_time(*bed.no_symptoms_at)) : Json{};
    session_into(out, bed);
    out["checklist"] = checklist_json(bed.checklist);
    out["events"] = Json::array();
    for (const auto& e : bed.events)
        out["events"].push_back({{"event", e.kind},
                                 {"drug", text_or_null(e.what)},
                                 {"at", format_time(e.at)},
                                 {"by", e.by}});
    out["own_limits"] = Json::array();
    for (const auto& own : bed.own_limits)
        out["own_limits"].push_back({{"limit", own.limit},
                                     {"value", own.value},
                                     {"ward_value", own.ward_value},
                                     {"until", format_time(own.until)},
                                     {"reason", own.reason},
                                     {"by", own.by}});
    out["inhibited"] = Json::array();
    for (const auto& held : bed.inhibited)
        out["inhibited"].push_back(
            {{"rule", held.rule}, {"title", held.title}, {"reason", held.reason}});
    out["infusion"] = infusion_json(bed);
    out["audio_paused"] = bed.audio_paused;
    out["audio_paused_until"] = bed.audio_paused ? time_or_null(bed.audio_paused_until) : Json{};
    out["chart_count"] = bed.chart_count;
    out["somebody_here"] = !bed.somebody_here ? Json{}
                                              : Json{{"at", format_time(bed.somebody_here->at)},
                                                     {"station", text_or_null(bed.somebody_here->station)}};
    out["concerned"] = !bed.concerned ? Json{}
                                      : Json{{"at", format_time(bed.concerned->at)},
                                             {"by", bed.concerned->by},
                                             {"note", text_or_null(bed.concerned->reason)}};
    out["alarms"] = Json::array();
    for (const auto& episode : view.episodes)
        if (episode.bed == bed.alias) out["alarms"].push_back(episode_json(episode));
    return out;
}

template <class Items, class One>
Json list(const WardView& view, const char* name, const Items& items, One one)
{
    Json out;
    out["at"] = time_or_null(view.at.wall);
    out[name] = Json::array();
    for (const auto& item : items) out[name].push_back(one(item));
    return out;
}

Json alarm_counts(const WardView& view)
{
    std::uint32_t counts[2][3] = {};
    for (const auto& e : view.episodes)
        ++counts[static_cast<int>(e.kind)][static_cast<int>(e.priority)];
    Json out;
    for (const AlarmKind kind : {AlarmKind::physiological, AlarmKind::technical})
        for (const Priority p : {Priority::high, Priority::medium, Priority::low})
            out[std::string{word(kind)}][std::string{word(p)}] =
                counts[static_cast<int>(kind)][static_cast<int>(p)];
    return out;
}

} // namespace

Json signal_json(const SignalView& signal)
{
    const SignalInfo& about = info(signal.signal);
    Json out;
    out["signal"] = about.name;
    out["title"] = about.title;
    out["value"] = signal.value ? Json(*signal.value) : Json{};
    out["unit"] = name(about.unit);
    if (signal.value && !value_word(signal.signal, *signal.value).empty())
        out["word"] = value_word(signal.signal, *signal.value);
    out["last"] = signal.last_at.ms == 0
                      ? Json{}
                      : Json{{"value", signal.last}, {"at", format_time(signal.last_at)}};
    out["source"] = text_or_null(signal.source);
    return out;
}

Liveness liveness_of(const Board& board, const ClockReading& now)
{
    const Duration last = board.last_progress();
    const Duration since = now.boottime - last;
    return {last.count() > 0 && since <= alive_limit, since};
}

Json render_status(const PublishedWard& ward, const Liveness& liveness)
{
    const WardView& view = ward.view;
    const Health& health = ward.health;
    Json out;
    out["at"] = time_or_null(view.at.wall);
    out["name"] = view.name;
    out["mode"] = word(view.mode);
    out["version"] = health.version;
    out["incarnation"] = view.incarnation;
    out["started"] = time_or_null(health.started);
    out["alive"] = liveness.alive;
    out["ready"] = health.ready;
    out["not_ready_because"] = health.ready ? Json{} : text_or_null(health.not_ready_because);
    out["stopping"] = Json{};
    if (const auto& stop = health.stopping) out["stopping"] = {{"at", format_time(stop->at)}, {"by", stop->by}};
    out["pack"] = view.pack;
    out["protocol"] = text_or_null(view.protocol);
    out["protocol_example"] = view.protocol_example;
    out["config_loaded"] = time_or_null(health.config_loaded);
    out["config_hash"] = text_or_null(health.config_hash);
    out["config_last_reload_successful"] = health.config_last_reload_successful;
    out["fallback"] = view.fallback;
    out["fallback_reason"] = text_or_null(health.fallback_reason);
    out["beds"] = view.beds.size();
    out["beds_watched"] = view.beds_watched;
    out["alarms"] = alarm_counts(view);
    out["calls_open"] = view.calls.size();
    std::size_t connected = 0;
    for (const auto& source : view.sources) connected += source.connected ? 1 : 0;
    out["sources"] = view.sources.size();
    out["sources_connected"] = connected;
    out["observations"] = view.observations;
    out["refused"] = view.refused;
    out["raised"] = view.raised;
    out["pages_sent"] = view.pages_sent;
    out["store_free_bytes"] = health.store_free_bytes;
    out["audit"] = {{"writing", health.audit.writing},
                    {"sequence", health.audit.sequence},
                    {"hash", text_or_null(health.audit.hash)},
                    {"lost", health.audit.lost}};
    out["relies_on_charted_checks"] = Json::array();
    for (const auto& bed : view.beds)
        for (const auto& device : bed.uncommissioned)
            out["relies_on_charted_checks"].push_back(
                {{"bed", bed.alias},
                 {"device", device},
                 {"text", bed.alias + ": " + device + " not commissioned, relies on charted checks"}});
    out["faults"] = Json::array();
    for (const auto& fault : health.faults)
        out["faults"].push_back({{"fault", word(fault.fault)}, {"detail", fault.detail}});
    return out;
}

Json render_backup(const Health& health)
{
    constexpr std::array<std::string_view, 4> states{"none", "copying", "ready", "failed"};
    const CopyView& copy = health.copy;
    const BackupView& known = health.backup;
    Json out;
    out["copy"] = {{"state", states[static_cast<std::size_t>(copy.state)]},
                   {"number", copy.number},
                   {"folder", text_or_null(copy.folder)},
                   {"bytes", copy.bytes},
                   {"bytes_left", copy.bytes_left},
                   {"reason", text_or_null(copy.reason)}};
    out["within_seconds"] = known.within.count() / 1000;
    out["last_good"] = known.good.ms == 0 ? Json{} : time_or_null(known.good);
    out["last_attempt"] = known.tried.ms == 0 ? Json{} : time_or_null(known.tried);
    out["failed_because"] = text_or_null(known.reason);
    return out;
}

Json render_beds(const WardView& view, const std::vector<Reading>& readings, Duration now)
{
    return list(view, "beds", view.beds, [&](const BedView& bed) { return bed_json(view, bed, readings, now); });
}
Json render_bed(const WardView& view, const BedView& bed, const std::vector<Reading>& readings, Duration now)
{
    Json out;
    out["at"] = time_or_null(view.at.wall);
    out["bed"] = bed_json(view, bed, readings, now);
    return out;
}
Json render_limits(const WardView& view, const BedView& bed)
{
    Json out;
    out["at"] = time_or_null(view.at.wall);
    out["bed"] = bed.alias;
    out["pack"] = bed.pack ? Json(bed.pack->name) : Json{};
    out["limits"] = Json::array();
    if (!bed.pack) return out;
    for (const LimitLine& line : limit_lines(*bed.pack)) {
        const bool own = std::any_of(bed.own_limits.begin(), bed.own_limits.end(),
                                     [&](const OwnLimitView& mine) { return mine.limit == line.limit; });
        const SignalInfo& about = info(line.signal);
        out["limits"].push_back({{"signal", about.name},
                                 {"title", about.title},
                                 {"side", line.below ? "below" : "above"},
                                 {"value", line.value},
                                 {"unit", name(about.unit)},
                                 {"inclusive", line.inclusive},
                                 {"priority", word(line.priority)},
                                 {"rule", line.rule},
                                 {"limit", text_or_null(line.limit)},
                                 {"alone", line.alone},
                                 {"own", own}});
    }
    return out;
}
Json render_alarms(const WardView& view)
{
    return list(view, "alarms", view.episodes, episode_json);
}
Json render_calls(const WardView& view)
{
    return list(view, "calls", view.calls, call_json);
}
Json render_pages(const WardView& view)
{
    return list(view, "pages", view.pages, [&](const PageView& page) { return page_json(view, page); });
}
Json render_oncall(const WardView& view)
{
    return oncall_json(view, view.at.wall, view.duties);
}
Json render_oncall_at(const WardView& view, const Rosters& rosters, WallTime at)
{
    std::vector<DutyView> duties;
    for (const Roster& roster : rosters.rosters)
        duties.push_back({roster.name, on_duty(roster, view.roster_changes, at), roster.last_resort,
                          next_handover(roster, view.roster_changes, at)});
    return oncall_json(view, at, duties);
}
Json render_sources(const WardView& view)
{
    return list(view, "sources", view.sources, source_json);
}

std::string text_of(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace magwatch::http
