#include "tools/cases/incident_run.hpp"

#include <algorithm>
#include <cctype>

#include "rules/ward/wake.hpp"

namespace magwatch
{
namespace
{

using namespace std::chrono_literals;

constexpr Moment watch_start{Instant{7LL * 24 * 3600 * 1000}, WallTime{1'767'225'600'000}};
constexpr BedId bed{0};

// A bed with a monitor and a pump, and the ladder that the daemon has by default.
Configuration configuration_for(const Incident& incident, const Pack& pack)
{
    Configuration c;
    c.name = "incident";
    c.mode = pack.example ? Mode::demo : Mode::ward;
    c.beds = {{"bed-1", "Bed 1"}};
    c.sources = {{"monitor", SourceKind::monitor, "", incident.monitor_period, true},
                 {"pump", SourceKind::pump, "", incident.pump_period, false}};
    c.people = {{"midwife", {{"webhook", "case", "midwife"}}},
                {"charge", {{"webhook", "case", "charge"}}},
                {"doctor", {{"webhook", "case", "doctor"}}}};
    c.high.rungs = {{{"midwife"}}, {{"charge", "doctor"}}};
    c.medium.rungs = c.high.rungs;
    c.medium.first_after = 180s; // the daemon's default (BEHAVIOUR, a design value)
    c.technical = c.medium;
    c.pack_name = pack.name;
    c.pack_text = effective_text(pack);
    return c;
}

class Runner
{
public:
    explicit Runner(IncidentRun& out) : out_{out} {}

    void step(const Input& input)
    {
        effects_.clear();
        ward_.step(now_, input, effects_);
        for (const auto& effect : effects_) take(effect);
    }
    void go_to(Instant end)
    {
        wake_until(ward_, now_, end, [this] { step(Tick{}); });
    }
    [[nodiscard]] const Moment& now() const { return now_; }
    [[nodiscard]] bool has(const Configuration& c) const { return ward_.has_configuration(c); }

private:
    void take(const Effect& effect)
    {
        Writer writer{out_.effects};
        writer(effect);
        const auto since = [](const Moment& at) { return at.steady - watch_start.steady; };
        if (const auto* t = std::get_if<AlarmTransition>(&effect)) {
            if (t->event == AlarmEvent::raised)
                out_.alarms.push_back({since(t->at), t->rule, t->message, t->kind, t->priority});
        } else if (const auto* page = std::get_if<SendPage>(&effect)) {
            out_.pages.push_back({since(page->at), page->page.priority, page->page.words});
        } else if (const auto* reply = std::get_if<Reply>(&effect)) {
            if (!reply->accepted) out_.refused.push_back(reply->text);
        }
    }

    IncidentRun& out_;
    Moment now_ = watch_start;
    Ward ward_;
    EffectBuffer effects_;
};

bool left_out(Feed feed, Way way)
{
    return (way == Way::without_dose && feed == Feed::dose) ||
           (way == Way::without_vitals && feed == Feed::sign);
}

Entry entry_at(Entry entry, Duration observed, std::uint64_t request)
{
    entry.at = watch_start.wall + observed;
    entry.request = request;
    auto* urine = std::get_if<UrineEntry>(&entry.what);
    if (urine != nullptr && urine->since)
        urine->since = watch_start.wall + Duration{urine->since->ms};
    return entry;
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts) out += (out.empty() ? "" : "|") + text;
    return out;
}

bool among(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool banned(const Ban& ban, const RaisedAlarm& alarm)
{
    if (alarm.at >= ban.before) return false;
    const bool loud = alarm.priority != Priority::low;
    const bool sign = alarm.kind == AlarmKind::physiological;
    return among(ban.alarms, alarm.rule) || (loud && among(ban.alarms, "any")) ||
           (loud && sign && among(ban.alarms, "physiological")) ||
           (sign && alarm.priority == Priority::high && among(ban.alarms, "high"));
}

std::string small(std::string text)
{
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

bool says(const Pack& pack, const RaisedAlarm& alarm, const std::string& words)
{
    std::string text = alarm.message;
    for (const Rule& rule : pack.rules) {
        if (rule.id == alarm.rule) text += " " + rule.prompt;
    }
    return small(text).find(small(words)) != std::string::npos;
}

std::string seconds(Duration d)
{
    return std::to_string(d.count() / 1000) + " s";
}

// Whether this pack and run are judged by it.
template <class One>
bool wanted(const One& one, const Incident& incident, Way way, const Pack& pack)
{
    const bool here = std::find(one.ways.begin(), one.ways.end(), way) != one.ways.end();
    return here && (one.everywhere || pack.name == incident.pack);
}

CaseFinding judge_expected(const Expectation& expected, Way way, const Pack& pack,
                       const IncidentRun& run)
{
    CaseFinding out;
    out.way = way;
    out.alarm = joined(expected.alarms);
    out.line = expected.line;
    out.by = expected.by;
    out.page_by = expected.page_by;
    const RaisedAlarm* found = nullptr;
    for (const RaisedAlarm& alarm : run.alarms) {
        if (!among(expected.alarms, alarm.rule)) continue;
        if (alarm.at < expected.not_before) {
            out.at = alarm.at;
            out.problem =
                "came at " + seconds(alarm.at) + ", before " + seconds(expected.not_before);
            return out;
        }
        if (found == nullptr) found = &alarm;
    }
    if (found == nullptr) {
        out.problem = "did not come";
        return out;
    }
    out.at = found->at;
    if (found->at > expected.by)
        out.problem = "came at " + seconds(found->at) + ", after " + seconds(expected.by);
    if (!expected.says.empty() && !says(pack, *found, expected.says))
        out.problem = found->rule + " does not say '" + expected.says + "'";
    if (!expected.page_by) return out;
    out.page_at = page_for(run, *found);
    if (!out.page_at)
        out.problem = "nobody was paged for " + found->rule;
    else if (*out.page_at > *expected.page_by && out.problem.empty())
        out.problem = "paged at " + seconds(*out.page_at) + ", after " + seconds(*expected.page_by);
    return out;
}

CaseFinding judge_ban(const Ban& ban, Way way, const IncidentRun& run)
{
    CaseFinding out;
    out.way = way;
    out.alarm = "no " + joined(ban.alarms);
    out.line = ban.line;
    for (const RaisedAlarm& alarm : run.alarms) {
        if (!banned(ban, alarm)) continue;
        out.at = alarm.at;
        out.problem = alarm.rule + " came at " + seconds(alarm.at);
        break;
    }
    return out;
}

} // namespace

std::optional<Duration> page_for(const IncidentRun& run, const RaisedAlarm& alarm)
{
    for (const SentPage& page : run.pages) {
        if (page.at >= alarm.at && among(page.words, alarm.message)) return page.at;
    }
    return std::nullopt;
}

IncidentRun run_incident(const Incident& incident, Way way, const Pack& pack)
{
    IncidentRun out;
    Runner runner{out};
    Started started;
    started.incarnation = 1;
    runner.step(started);
    const Configuration configuration = configuration_for(incident, pack);
    runner.step(configuration);
    if (!runner.has(configuration)) {
        out.refused.push_back("the ward refused the pack " + pack.name);
        return out;
    }
    WatchStart watch;
    watch.bed = bed;
    watch.facts = incident.facts;
    watch.calcium_at_bed = watch.hammer_at_bed = watch.oxygen_at_bed = true;
    std::uint64_t request = 1;
    runner.step(Action{"midwife", watch, request});
    const auto chart = [&](const decltype(Entry::what)& what) {
        Entry entry;
        entry.bed = bed;
        entry.person = "midwife";
        entry.what = what;
        runner.step(entry_at(entry, Duration{}, ++request));
    };
    chart(ScreeningEntry{{}, ScreeningReply::no}); // asked before; nothing speaks against it
    if (incident.plan) chart(*incident.plan);
    for (const IncidentEvent& event : incident.events) {
        if (left_out(event.feed, way)) continue;
        runner.go_to(watch_start.steady + event.at);
        if (const auto* entry = std::get_if<Entry>(&event.what))
            runner.step(entry_at(*entry, event.observed, ++request));
        else
            runner.step(event.what);
    }
    runner.go_to(watch_start.steady + incident.until);
    return out;
}

std::vector<CaseFinding> judge(const Incident& incident, Way way, const Pack& pack,
                           const IncidentRun& run)
{
    std::vector<CaseFinding> out;
    for (const Expectation& one : incident.expected) {
        if (wanted(one, incident, way, pack)) out.push_back(judge_expected(one, way, pack, run));
    }
    for (const Ban& one : incident.banned) {
        if (wanted(one, incident, way, pack)) out.push_back(judge_ban(one, way, run));
    }
    for (const auto& text : run.refused) {
        CaseFinding refused;
        refused.way = way;
        refused.alarm = "everything is taken";
        refused.problem = "refused: " + text;
        out.push_back(refused);
    }
    return out;
}

std::vector<CaseFinding> try_incident(const Incident& incident, Way way, const Pack& pack)
{
    const auto here = [&](const auto& one) { return wanted(one, incident, way, pack); };
    if (std::none_of(incident.expected.begin(), incident.expected.end(), here) &&
        std::none_of(incident.banned.begin(), incident.banned.end(), here))
        return {};
    const IncidentRun run = run_incident(incident, way, pack);
    std::vector<CaseFinding> out = judge(incident, way, pack, run);
    // Once is enough: it is the ward that could differ, not the pack.
    if (pack.name != incident.pack || run_incident(incident, way, pack).effects == run.effects)
        return out;
    CaseFinding differs;
    differs.way = way;
    differs.alarm = "the same bytes twice";
    differs.problem = "two runs gave different effects";
    out.push_back(differs);
    return out;
}

} // namespace magwatch
