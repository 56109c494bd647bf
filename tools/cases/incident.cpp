#include "tools/cases/incident.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "rules/language/expression.hpp"
#include "rules/language/toml_text.hpp"
#include "rules/language/words.hpp"

namespace magwatch
{
namespace
{

using language::TableReader;
using language::TomlText;
using language::number_in;
using language::words_of;

using Words = std::vector<std::string_view>;

// Takes a length of time, "20 min" or "1 h 30 min", off the front of the words.
std::optional<Duration> take_time(Words& words)
{
    std::optional<Duration> length;
    while (words.size() >= 2) {
        const auto part =
            language::parse_duration(std::string{words[0]} + " " + std::string{words[1]});
        if (!part || *part > incident_longest) break;
        length = length.value_or(Duration{}) + *part;
        words.erase(words.begin(), words.begin() + 2);
    }
    return length;
}

// Takes one word off the front, if it is this one.
bool take_word(Words& words, std::string_view word)
{
    if (words.empty() || words[0] != word) return false;
    words.erase(words.begin());
    return true;
}

// Takes a value with its unit off the front: "4 g", "avpu"'s "voice".
std::optional<double> take_value(Words& words, Signal signal)
{
    if (words.empty()) return std::nullopt;
    auto number = number_in(words[0]);
    if (!number) number = word_value(signal, words[0]);
    Unit unit = info(signal).unit;
    if (!number || (unit != Unit::none && words.size() < 2)) return std::nullopt;
    if (unit != Unit::none) {
        const auto written = unit_from(words[1]);
        if (!written) return std::nullopt;
        unit = *written;
    }
    words.erase(words.begin(), words.begin() + (info(signal).unit == Unit::none ? 1 : 2));
    const auto checked = Quantity::checked(signal, *number, unit);
    const auto* quantity = std::get_if<Quantity>(&checked);
    return quantity ? std::optional{quantity->value()} : std::nullopt;
}

// What is seen, counted or asked at the bed.
bool is_sign(Signal signal)
{
    switch (info(signal).kind) {
    case SignalKind::continuous:
    case SignalKind::cuff:
        return true;
    case SignalKind::charted:
        return signal != Signal::urine;
    default:
        return false;
    }
}

bool may_be_charted(Signal signal)
{
    const SignalKind kind = info(signal).kind;
    return signal != Signal::urine && signal != Signal::symptom && kind != SignalKind::continuous &&
           kind != SignalKind::pump && kind != SignalKind::flag && kind != SignalKind::derived;
}

// One point of a series: from here on a value, no reading, one that the device itself calls
// invalid, or no sample.
struct Point {
    enum class Kind : std::uint8_t { value, lost, invalid, off };
    Duration at{};
    Kind kind{};
    double value = 0;
};

// The value at `t`; nothing before the first point.
std::optional<Point> at(const std::vector<Point>& points, Duration t, bool interpolated)
{
    const auto after =
        std::upper_bound(points.begin(), points.end(), t,
                         [](Duration when, const Point& point) { return when < point.at; });
    if (after == points.begin()) return std::nullopt;
    Point now = *(after - 1);
    if (!interpolated || now.kind != Point::Kind::value) return now;
    if (after != points.end() && after->kind == Point::Kind::value) {
        const double part = static_cast<double>((t - now.at).count()) /
                            static_cast<double>((after->at - now.at).count());
        now.value += (after->value - now.value) * part;
    }
    now.value = std::floor(now.value + 0.5); // as a monitor shows it
    return now;
}

Observation sample(Signal signal, SourceId source, double value)
{
    Observation o;
    o.bed = BedId{0};
    o.source = source;
    o.signal = signal;
    o.validity = Validity::valid;
    o.value = value;
    return o;
}

class IncidentReader
{
public:
    IncidentReader(std::string_view text, std::string_view file) : text_{text, file}
    {
        out_.file = std::string{file};
        const std::size_t slash = out_.file.rfind('/');
        out_.name = out_.file.substr(slash == std::string::npos ? 0 : slash + 1);
        out_.name = out_.name.substr(0, out_.name.rfind(".toml"));
    }

    std::optional<Incident> run(std::vector<Diagnostic>& errors)
    {
        if (const auto document = text_.parse()) read(*document);
        const bool good = text_.good();
        const auto found = text_.take();
        errors.insert(errors.end(), found.begin(), found.end());
        if (!good) return std::nullopt;
        std::stable_sort(
            out_.events.begin(), out_.events.end(),
            [](const IncidentEvent& a, const IncidentEvent& b) { return a.at < b.at; });
        return std::move(out_);
    }

private:
    void read(const toml::table& document);
    [[nodiscard]] bool judges(Way way) const;
    void read_facts(const toml::node* node);
    void read_plan(const toml::node* node);
    void read_monitor(const toml::node* node);
    void read_pump(const toml::node* node);
    void read_entry(const toml::node& node, const std::string& text);
    bool read_what(Words words, Duration at);
    bool read_value(Words words, Duration at);
    void read_expected(const toml::table& table);
    void read_ban(const toml::table& table);
    std::vector<Way> ways(TableReader& reader, const toml::table& table);
    std::vector<Point> points(TableReader& reader, std::string_view key, Signal signal, bool units);
    std::optional<Duration> time(TableReader& reader, std::string_view key,
                                 const toml::table& table, bool required = false);
    void add_liveness(const std::vector<std::vector<Point>>& all, Duration period);
    void add_samples(const std::vector<Point>& points, Signal signal, Duration period, Feed feed,
                     bool interpolated);
    void add_entry(Duration at, Duration observed, Feed feed, const decltype(Entry::what)& what);
    void add(IncidentEvent event);
    std::optional<Duration> period(TableReader& reader, const toml::table& table);

    TomlText text_;
    Incident out_;
    bool full_ = false;
};

void IncidentReader::read(const toml::table& document)
{
    TableReader top{text_, document, "the incident"};
    out_.title = top.string("title", true).value_or("");
    out_.source = top.string("source", true).value_or("");
    out_.story = top.string("story", true).value_or("");
    out_.pack = top.string("pack", true).value_or("");
    if (const auto until = time(top, "until", document, true)) out_.until = *until;
    if (out_.until <= Duration{} || out_.until > incident_longest) {
        out_.until = std::clamp(out_.until, Duration{1}, incident_longest);
        if (document.get("until"))
            text_.fail(*document.get("until"), "'until' is longer than nothing and at most 168 h");
    }
    read_facts(top.find("patient"));
    read_plan(top.find("plan"));
    for (const auto& [text, node] : top.strings("entries")) read_entry(*node, text);
    read_monitor(top.find("monitor"));
    read_pump(top.find("pump"));
    for (const toml::table* table : top.tables("expect")) read_expected(*table);
    for (const toml::table* table : top.tables("never")) read_ban(*table);
    top.finish();
    for (const Way way : all_ways) {
        if (!judges(way))
            text_.fail_whole("nothing is expected of the run '" + std::string{name(way)} + "'");
    }
}

// Somebody must be paged in it, or something must not come.
bool IncidentReader::judges(Way way) const
{
    const auto in = [&](const std::vector<Way>& ways) {
        return std::find(ways.begin(), ways.end(), way) != ways.end();
    };
    return std::any_of(out_.expected.begin(), out_.expected.end(),
                       [&](const Expectation& one) { return one.page_by && in(one.ways); }) ||
           std::any_of(out_.banned.begin(), out_.banned.end(),
                       [&](const Ban& one) { return in(one.ways); });
}

void IncidentReader::add(IncidentEvent event)
{
    if (out_.events.size() < incident_events_max) {
        out_.events.push_back(std::move(event));
    } else if (!full_) {
        full_ = true;
        text_.fail_whole("too many events: at most " + std::to_string(incident_events_max));
    }
}

void IncidentReader::add_entry(Duration at, Duration observed, Feed feed,
                               const decltype(Entry::what)& what)
{
    Entry entry;
    entry.bed = BedId{0};
    entry.person = "midwife";
    entry.what = what;
    add({at, observed, feed, entry});
}

void IncidentReader::read_facts(const toml::node* node)
{
    if (!node) return;
    const auto* table = node->as_table();
    if (!table) return text_.fail(*node, "'patient' is a table of facts");
    for (const auto& [key, value] : *table) {
        const auto signal = signal_from(key.str());
        const auto* text = value.as_string();
        if (!signal || (info(*signal).kind != SignalKind::fact &&
                        info(*signal).kind != SignalKind::laboratory)) {
            text_.fail(key.source(), "no fact of a patient: '" + std::string{key.str()} + "'");
            continue;
        }
        std::optional<double> fact;
        if (text && (text->get() == "yes" || text->get() == "no")) {
            fact = text->get() == "yes" ? 1 : 0;
        } else if (text) {
            Words words = words_of(text->get());
            fact = take_value(words, *signal);
            if (!words.empty()) fact.reset();
        }
        if (fact)
            out_.facts.push_back({*signal, *fact});
        else
            text_.fail(value,
                       "a fact is \"yes\", \"no\" or a value with its unit, such as \"70 kg\"");
    }
}

void IncidentReader::read_plan(const toml::node* node)
{
    if (!node) return;
    const auto* table = node->as_table();
    if (!table) return text_.fail(*node, "'plan' is a table: indication, setting and components");
    TableReader reader{text_, *table, "'plan'"};
    const auto indication = reader.string("indication", true);
    const auto setting = reader.string("setting", true);
    const auto components = reader.strings("components");
    reader.finish();
    if (!indication || !setting) return;
    const auto which = indication_from(*indication);
    const auto where = std::find(setting_names.begin(), setting_names.end(), *setting);
    if (!which) text_.fail(*table->get("indication"), "no such indication");
    if (where == setting_names.end()) text_.fail(*table->get("setting"), "no such setting");
    if (!which || where == setting_names.end()) return;
    out_.plan.emplace();
    out_.plan->indication = *which;
    out_.plan->setting = static_cast<Setting>(where - setting_names.begin());
    for (const auto& [component, at] : components) out_.plan->components.push_back(component);
}

// A time since the watch began: "20 min 10 s".
std::optional<Duration> IncidentReader::time(TableReader& reader, std::string_view key,
                                             const toml::table& table, bool required)
{
    const auto text = reader.string(key, required);
    if (!text) return std::nullopt;
    Words words = words_of(*text);
    const auto length = take_time(words);
    if (length && words.empty()) return length;
    text_.fail(*table.get(key), "a time is written like \"20 min 10 s\"");
    return std::nullopt;
}

std::optional<Duration> IncidentReader::period(TableReader& reader, const toml::table& table)
{
    const auto length = reader.duration("period", true);
    if (!length) return std::nullopt;
    if (*length >= std::chrono::seconds{1}) return length;
    text_.fail(*table.get("period"), "'period' is at least 1 s");
    return std::nullopt;
}

// ["0 s 18", "15 min 14", "20 min lost"]
std::vector<Point> IncidentReader::points(TableReader& reader, std::string_view key, Signal signal,
                                          bool units)
{
    std::vector<Point> out;
    for (const auto& [text, node] : reader.strings(key)) {
        Words words = words_of(text);
        Point point;
        const auto time = take_time(words);
        bool good = time && (out.empty() || out.back().at < *time);
        if (good) point.at = *time;
        if (take_word(words, "lost")) {
            point.kind = Point::Kind::lost;
        } else if (take_word(words, "invalid")) {
            point.kind = Point::Kind::invalid;
        } else if (take_word(words, "off")) {
            point.kind = Point::Kind::off;
        } else {
            const std::string unit{name(info(signal).unit)};
            if (!units && info(signal).unit != Unit::none) words.push_back(unit);
            const auto value = take_value(words, signal);
            good = good && value;
            point.value = value.value_or(0);
            if (!words.empty()) good = false;
            words.clear();
        }
        if (!good || !words.empty()) {
            text_.fail(*node,
                       "a point is a time later than the one before and a value, 'lost', 'invalid' "
                       "or 'off': \"15 min 14" +
                           (units ? " " + std::string{name(info(signal).unit)} : std::string{}) +
                           "\"");
            continue;
        }
        out.push_back(point);
    }
    return out;
}

void IncidentReader::add_samples(const std::vector<Point>& points, Signal signal, Duration period,
                                 Feed feed, bool interpolated)
{
    if (points.empty()) return;
    for (Duration t{}; t < out_.until && !full_; t += period) {
        const auto point = at(points, t, interpolated);
        if (!point || point->kind == Point::Kind::off) continue;
        Observation o = sample(
            signal, SourceId{static_cast<std::uint16_t>(feed == Feed::dose ? 1 : 0)}, point->value);
        if (point->kind == Point::Kind::lost) o.validity = Validity::not_available;
        if (point->kind == Point::Kind::invalid) o.validity = Validity::invalid;
        add({t, t, feed, o});
    }
}

void IncidentReader::read_monitor(const toml::node* node)
{
    if (!node) return;
    const auto* table = node->as_table();
    if (!table) return text_.fail(*node, "'monitor' is a table of series");
    TableReader reader{text_, *table, "'monitor'"};
    const auto every = period(reader, *table);
    std::vector<std::vector<Point>> all;
    for (const auto& [key, value] : *table) {
        if (key.str() == "period") continue;
        const auto signal = signal_from(key.str());
        const SignalKind kind = signal ? info(*signal).kind : SignalKind::derived;
        if (!signal || (kind != SignalKind::continuous && kind != SignalKind::flag)) {
            text_.fail(key.source(),
                       "no continuous signal of a monitor: '" + std::string{key.str()} + "'");
            continue;
        }
        all.push_back(points(reader, key.str(), *signal, false));
        if (every)
            add_samples(all.back(), *signal, *every, Feed::sign, kind == SignalKind::continuous);
    }
    out_.monitor_period = every.value_or(Duration{});
    if (every) add_liveness(all, *every);
}

// A monitor's counter: its numbers may stand still for minutes, as a story tells them, and yet it
// runs.
void IncidentReader::add_liveness(const std::vector<std::vector<Point>>& all, Duration period)
{
    double ticks = 0;
    for (Duration t{}; t < out_.until && !full_; t += period) {
        const bool speaks =
            std::any_of(all.begin(), all.end(), [t](const std::vector<Point>& series) {
                const auto point = at(series, t, false);
                return point && point->kind != Point::Kind::off;
            });
        if (speaks) add({t, t, Feed::sign, sample(Signal::liveness, SourceId{0}, ++ticks)});
    }
}

void IncidentReader::read_pump(const toml::node* node)
{
    if (!node) return;
    const auto* table = node->as_table();
    if (!table)
        return text_.fail(*node, "'pump' is a table: period, and rate or flow with concentration");
    TableReader reader{text_, *table, "'pump'"};
    const auto every = period(reader, *table);
    const auto rate = points(reader, "rate", Signal::pump_rate, true);
    const auto concentration = points(reader, "concentration", Signal::pump_concentration, true);
    const auto flow = points(reader, "flow", Signal::pump_flow, true);
    reader.finish();
    if (rate.empty() == flow.empty() || flow.empty() != concentration.empty())
        return reader.fail("a pump tells 'rate', or 'flow' and 'concentration'");
    if (!every) return;
    out_.pump_period = *every;
    add_samples(rate, Signal::pump_rate, *every, Feed::dose, false);
    add_samples(concentration, Signal::pump_concentration, *every, Feed::dose, false);
    add_samples(flow, Signal::pump_flow, *every, Feed::dose, false);
}

// "20 min reflex_knee 1", "every 15 min until 2 h reflex_arm 2", "0 s bolus 4 g over 20 min"
void IncidentReader::read_entry(const toml::node& node, const std::string& text)
{
    Words words = words_of(text);
    bool good = true;
    if (take_word(words, "every")) {
        const auto step = take_time(words);
        const bool until = take_word(words, "until");
        const auto last = take_time(words);
        good =
            step && until && last && *step >= std::chrono::seconds{1} && *last <= incident_longest;
        if (good) {
            for (Duration t = *step; t <= *last && good; t += *step) good = read_what(words, t);
        }
    } else {
        const auto time = take_time(words);
        good = time && read_what(words, *time);
    }
    if (good) return;
    text_.fail(
        node,
        "an entry is a time and what is charted: 'bolus 4 g over 20 min', 'infusion 1 g/h', 'im 5 "
        "g', "
        "'stop', 'urine 50 mL since 1 h', 'symptoms flushing, warmth', 'symptoms none', 'sedation "
        "morphine', "
        "'fit', or a signal with its value and unit, at the end 'of 2 h' if it was true earlier; "
        "'every 15 min until 2 h' stands in place of the time of one that repeats");
}

bool IncidentReader::read_what(Words words, Duration at)
{
    if (words.empty()) return false;
    if (take_word(words, "bolus")) {
        const auto grams = take_value(words, Signal::bolus_dose);
        const bool over = take_word(words, "over");
        const auto length = take_time(words);
        if (!grams || !over || !length || !words.empty()) return false;
        add_entry(at, at, Feed::dose, BolusEntry{*grams, *length, {}});
    } else if (take_word(words, "infusion")) {
        const auto rate = take_value(words, Signal::infusion_rate);
        if (!rate || !words.empty()) return false;
        add_entry(at, at, Feed::dose, InfusionRateEntry{*rate, {}});
    } else if (take_word(words, "im")) {
        const auto grams = take_value(words, Signal::bolus_dose);
        if (!grams || !words.empty()) return false;
        add_entry(at, at, Feed::dose, IntramuscularEntry{*grams, {}});
    } else if (take_word(words, "stop")) {
        if (!words.empty()) return false;
        add_entry(at, at, Feed::dose, InfusionStopEntry{});
    } else if (take_word(words, "fit")) {
        if (!words.empty()) return false;
        add_entry(at, at, Feed::other, FitEntry{});
    } else if (take_word(words, "sedation")) {
        if (words.size() != 1) return false;
        add_entry(at, at, Feed::other, SedationEntry{std::string{words[0]}});
    } else if (take_word(words, "symptoms")) {
        SymptomEntry entry;
        std::string text;
        for (const auto word : words) text += (text.empty() ? "" : " ") + std::string{word};
        entry.none = text == "none";
        for (std::size_t from = 0; !entry.none && from < text.size();) {
            const std::size_t comma = std::min(text.find(", ", from), text.size());
            entry.present.push_back(text.substr(from, comma - from));
            from = comma + 2;
        }
        if (!entry.none && entry.present.empty()) return false;
        add_entry(at, at, Feed::sign, entry);
    } else {
        return read_value(std::move(words), at);
    }
    return true;
}

bool IncidentReader::read_value(Words words, Duration at)
{
    const auto signal = signal_from(words[0]);
    words.erase(words.begin());
    if (!signal) return false;
    const auto value = take_value(words, *signal);
    if (!value) return false;
    if (*signal == Signal::urine) {
        UrineEntry entry{*value, std::nullopt};
        Duration since{};
        if (take_word(words, "since")) {
            const auto from = take_time(words);
            if (!from || *from > at) return false;
            since = *from;
            entry.since = WallTime{since.count()}; // from the start of the watch; the run moves it
        }
        if (!words.empty()) return false;
        add_entry(at, at, Feed::other, entry);
        return true;
    }
    Duration observed = at;
    if (take_word(words, "of")) {
        const auto earlier = take_time(words);
        if (!earlier || *earlier > at) return false;
        observed = *earlier;
    }
    if (!words.empty() || !may_be_charted(*signal)) return false;
    add_entry(at, observed, is_sign(*signal) ? Feed::sign : Feed::other,
              ValueEntry{*signal, *value});
    return true;
}

std::vector<Way> IncidentReader::ways(TableReader& reader, const toml::table& table)
{
    std::vector<Way> out;
    for (const auto& [text, node] : reader.strings("way")) {
        const auto found = std::find_if(all_ways.begin(), all_ways.end(),
                                        [&text = text](Way way) { return name(way) == text; });
        if (found != all_ways.end())
            out.push_back(*found);
        else
            text_.fail(*node, "a way is 'whole', 'without_dose' or 'without_vitals'");
    }
    if (!table.contains("way")) out.assign(all_ways.begin(), all_ways.end());
    return out;
}

void IncidentReader::read_expected(const toml::table& table)
{
    TableReader reader{text_, table, "the expected alarm"};
    Expectation one;
    one.line = table.source().begin.line;
    one.ways = ways(reader, table);
    for (const auto& [id, node] : reader.strings("alarm", true)) one.alarms.push_back(id);
    one.not_before = time(reader, "not_before", table).value_or(Duration{});
    one.by = time(reader, "by", table, true).value_or(Duration{});
    one.page_by = time(reader, "page_by", table).value_or(one.by);
    if (!reader.boolean("page").value_or(true)) one.page_by.reset();
    one.everywhere = reader.boolean("everywhere").value_or(false);
    one.says = reader.string("says").value_or("");
    one.why = reader.string("why", true).value_or("");
    reader.finish();
    if (one.by > out_.until || one.page_by.value_or(one.by) > out_.until ||
        one.not_before > one.by || one.page_by.value_or(one.by) < one.by)
        text_.fail(table,
                   "the times must be in order: not_before, by, page_by, and the incident's until");
    out_.expected.push_back(std::move(one));
}

void IncidentReader::read_ban(const toml::table& table)
{
    TableReader reader{text_, table, "what must not come"};
    Ban one;
    one.line = table.source().begin.line;
    one.ways = ways(reader, table);
    for (const auto& [id, node] : reader.strings("alarm", true)) one.alarms.push_back(id);
    one.before = time(reader, "before", table).value_or(Duration::max());
    one.everywhere = reader.boolean("everywhere").value_or(false);
    one.why = reader.string("why", true).value_or("");
    reader.finish();
    out_.banned.push_back(std::move(one));
}

} // namespace

std::string_view name(Way way)
{
    switch (way) {
    case Way::whole:
        return "whole";
    case Way::without_dose:
        return "without_dose";
    case Way::without_vitals:
        return "without_vitals";
    }
    std::abort();
}

std::optional<Incident> read_incident(std::string_view text, std::string_view file,
                                      std::vector<Diagnostic>& errors)
{
    return IncidentReader{text, file}.run(errors);
}

} // namespace magwatch
