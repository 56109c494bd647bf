#include "rules/language/rule_case.hpp"

#include <algorithm>
#include <cmath>

#include "rules/language/expression.hpp"
#include "rules/language/toml_text.hpp"
#include "rules/language/words.hpp"
#include "rules/observation/quantity.hpp"
#include "rules/observation/symptom.hpp"
#include "rules/observation/usual_name.hpp"

namespace magwatch {
namespace language {
namespace {

// "90", "s" and "90s" begin a time; tells how many words it took.
std::optional<std::pair<Duration, std::size_t>> time_at(const std::vector<std::string_view>& words, std::size_t first)
{
    if (first >= words.size()) return std::nullopt;
    if (const auto one = parse_duration(words[first])) return std::pair{*one, std::size_t{1}};
    if (first + 1 >= words.size()) return std::nullopt;
    const auto two = parse_duration(std::string{words[first]} + " " + std::string{words[first + 1]});
    if (!two) return std::nullopt;
    return std::pair{*two, std::size_t{2}};
}

// "slurred_speech+flushing", "none": a value of the signal `symptoms`.
std::optional<double> symptom_set(std::string_view text)
{
    std::uint32_t set = 0;
    while (text != "none" && !text.empty()) {
        const std::size_t end = std::min(text.find('+'), text.size());
        const auto bit = symptom_bit(text.substr(0, end));
        if (!bit) return std::nullopt;
        set |= 1U << *bit;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return set;
}

class CaseReader {
public:
    CaseReader(std::string_view text, std::string_view file, const Pack& pack, bool of_any_pack)
        : text_{text, file}, file_{file}, pack_{pack}, of_any_pack_{of_any_pack}
    {
    }

    std::vector<RuleCase> run(std::vector<Diagnostic>& errors)
    {
        std::vector<RuleCase> cases;
        if (const auto document = text_.parse()) {
            const bool pack_itself = document->contains("rule") || document->contains("name");
            TableReader top{text_, *document, "the test file"};
            const auto tables = top.tables("case");
            if (!pack_itself) {
                if (const auto name = top.string("pack"); name && *name != pack_.name && !of_any_pack_) {
                    text_.fail(*document->get("pack"), "these cases are for the pack '" + *name + "', not for '" +
                                                           pack_.name + "'");
                }
                top.finish();
            }
            for (const toml::table* table : tables) {
                if (cases.size() == cases_max) {
                    text_.fail(*table, "too many cases: at most " + std::to_string(cases_max));
                    break;
                }
                cases.push_back(read(*table));
            }
        }
        const auto found = text_.take();
        errors.insert(errors.end(), found.begin(), found.end());
        return cases;
    }

private:
    RuleCase read(const toml::table& table);
    void read_series(const toml::table& table, TableReader& reader, RuleCase& out);
    void read_runs(const toml::node& node, Signal signal, Duration step, RuleCase& out);
    void read_entry(const toml::node& node, const std::string& text, RuleCase& out);
    void read_expected(const toml::node& node, const std::string& text, RuleCase& out);
    void read_fresh(const toml::table& table, TableReader& reader, RuleCase& out);
    void add(const toml::node& node, CaseEvent event, RuleCase& out);
    std::optional<Signal> signal(const toml::source_region& at, std::string_view word);

    TomlText text_;
    std::string file_;
    const Pack& pack_;
    bool of_any_pack_ = false;
};

std::optional<Signal> CaseReader::signal(const toml::source_region& at, std::string_view word)
{
    const auto found = signal_from(word);
    if (!found) {
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < signal_count; ++i) names.push_back(name(static_cast<Signal>(i)));
        text_.fail(at, "unknown signal '" + std::string{word} + "'" + meant_signal(word, names));
    }
    return found;
}

void CaseReader::add(const toml::node& node, CaseEvent event, RuleCase& out)
{
    if (out.events.size() == case_events_max) {
        text_.fail(node, "too many samples: at most " + std::to_string(case_events_max) + " in a case");
    }
    if (out.events.size() <= case_events_max) out.events.push_back(event);
}

// "16x60 11x40 _x5 !x3"
void CaseReader::read_runs(const toml::node& node, Signal signal, Duration step, RuleCase& out)
{
    const auto* series = node.as_string();
    if (!series) {
        text_.fail(node, "a series is a text such as \"16x60 11x40\"");
        return;
    }
    const std::string& text = series->get();
    std::int64_t index = 0;
    for (const std::string_view word : words_of(text)) {
        const auto bad = [&](std::string message) {
            text_.fail_inside(node, static_cast<std::size_t>(word.data() - text.data()), std::move(message));
        };
        const std::size_t cross = word.find('x');
        std::string_view what = word.substr(0, cross);
        std::int64_t times = 1;
        if (cross != std::string_view::npos) {
            const std::string_view digits = word.substr(cross + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), times);
            if (error != std::errc{} || end != digits.data() + digits.size() || times < 1 ||
                times > static_cast<std::int64_t>(case_events_max)) {
                bad("how often the value is repeated: a whole number after the x");
                return;
            }
        }
        CaseEvent event;
        event.signal = signal;
        bool sample = true;
        if (what == "_") {
            sample = false;
        } else if (what == "!") {
            event.validity = Validity::invalid;
        } else if (what == "?") {
            event.validity = Validity::not_available;
        } else {
            const auto value = number_in(what);
            if (!value || !std::holds_alternative<Quantity>(Quantity::checked(signal, *value, info(signal).unit))) {
                bad("'" + std::string{what} + "' is no value of " + std::string{name(signal)});
                return;
            }
            event.value = *value;
        }
        for (std::int64_t i = 0; i < times; ++i, ++index) {
            event.at = event.observed = step * index;
            if (sample) add(node, event, out);
            if (out.events.size() > case_events_max) return;
        }
    }
    out.until = std::max(out.until, step * index);
}

void CaseReader::read_series(const toml::table& table, TableReader& reader, RuleCase& out)
{
    const Duration step = reader.duration("step").value_or(std::chrono::seconds{1});
    if (step <= Duration::zero()) text_.fail(*table.get("step"), "'step' must be longer than nothing");
    const toml::node* node = reader.find("series");
    if (!node || step <= Duration::zero()) return;
    const auto* series = node->as_table();
    if (!series) {
        text_.fail(*node, "'series' is written { rr = \"16x60 11x40\" }");
        return;
    }
    for (const auto& [key, value] : *series) {
        if (const auto found = signal(key.source(), key.str())) read_runs(value, *found, step, out);
    }
}

// "2 h mg 4.2 mmol/L of 90 min"
void CaseReader::read_entry(const toml::node& node, const std::string& text, RuleCase& out)
{
    const auto usage = [&] {
        text_.fail(node, "an entry is written \"2 h urine 20 mL\": time, signal, value, or invalid, missing, "
                         "questionable; at the end 'of 90 min' if it was true earlier");
    };
    const auto words = words_of(text);
    const auto time = time_at(words, 0);
    if (!time || words.size() < time->second + 2) return usage();
    std::size_t next = time->second;
    const auto found = signal(node.source(), words[next]);
    if (!found) return;
    ++next;
    CaseEvent event{time->first, time->first, *found, Validity::valid, 0};
    const std::string_view word = words[next];
    if (word == "invalid") {
        event.validity = Validity::invalid;
    } else if (word == "missing") {
        event.validity = Validity::not_available;
    } else if (word == "questionable") {
        event.validity = Validity::questionable;
    } else {
        auto value = number_in(word);
        if (!value) value = word_value(*found, word);
        if (*found == Signal::symptoms) value = symptom_set(word);
        if (!value) return usage();
        Unit unit = info(*found).unit;
        if (next + 1 < words.size() && words[next + 1] != "of") {
            const auto written = unit_from(words[next + 1]);
            if (!written) return usage();
            unit = *written;
            ++next;
        } else if (unit != Unit::none) {
            text_.fail(node, "the value needs its unit, for example " + std::string{name(unit)});
            return;
        }
        const auto checked = Quantity::checked(*found, *value, unit);
        if (!std::holds_alternative<Quantity>(checked)) {
            text_.fail(node, "this is no value of " + std::string{name(*found)} + ": " +
                                 std::string{name(std::get<Refusal>(checked))});
            return;
        }
        event.value = std::get<Quantity>(checked).value();
    }
    ++next;
    if (next < words.size()) {
        const auto earlier = words[next] == "of" ? time_at(words, next + 1) : std::nullopt;
        if (!earlier || earlier->first > event.at || next + 1 + earlier->second != words.size()) return usage();
        event.observed = earlier->first;
    }
    add(node, event, out);
    out.until = std::max(out.until, event.at);
}

// "raised 90 s" or, where several rules are judged, "rr-low raised 90 s"
void CaseReader::read_expected(const toml::node& node, const std::string& text, RuleCase& out)
{
    auto words = words_of(text);
    CaseTransition transition;
    if (!words.empty() && words[0] != "raised" && words[0] != "cleared") {
        transition.rule = std::string{words[0]};
        words.erase(words.begin());
    } else if (out.rules.size() == 1) {
        transition.rule = out.rules[0];
    }
    const auto time = time_at(words, 1);
    const bool verb = !words.empty() && (words[0] == "raised" || words[0] == "cleared");
    if (!verb || !time || words.size() != 1 + time->second || transition.rule.empty()) {
        text_.fail(node, "an expected event is written \"raised 90 s\" or \"cleared 3 min\"; with several rules the "
                         "rule's id comes first");
        return;
    }
    if (std::find(out.rules.begin(), out.rules.end(), transition.rule) == out.rules.end()) {
        text_.fail(node, "the case does not judge the rule '" + transition.rule + "'" +
                             did_you_mean(transition.rule, out.rules));
        return;
    }
    transition.raised = words[0] == "raised";
    transition.at = time->first;
    out.until = std::max(out.until, transition.at);
    out.expected.push_back(std::move(transition));
}

void CaseReader::read_fresh(const toml::table&, TableReader& reader, RuleCase& out)
{
    const toml::node* node = reader.find("fresh");
    if (!node) return;
    const auto* table = node->as_table();
    if (!table) {
        text_.fail(*node, "'fresh' is written { rr = \"5 min\" }: how long a value of the signal holds");
        return;
    }
    TableReader inner{text_, *table, "'fresh'"};
    for (const auto& [key, value] : *table) {
        const auto found = signal(key.source(), key.str());
        const auto length = inner.duration(key.str());
        if (found && length) out.fresh_for.emplace_back(*found, *length);
    }
}

RuleCase CaseReader::read(const toml::table& table)
{
    TableReader reader{text_, table, "the case"};
    RuleCase out;
    out.file = file_;
    out.line = table.source().begin.line;
    out.title = reader.string("title", true).value_or("");
    std::vector<std::string> ids;
    for (const Rule& rule : pack_.rules) ids.push_back(rule.id);
    for (const auto& [id, node] : reader.strings("rule", true)) {
        if (std::find(ids.begin(), ids.end(), id) == ids.end() && !of_any_pack_) {
            text_.fail(*node, "the pack has no rule '" + id + "'" + did_you_mean(id, ids));
        }
        out.rules.push_back(id);
    }
    if (const toml::node* node = reader.find("limits")) {
        if (const auto* limits = node->as_table()) {
            for (const auto& [key, value] : *limits) {
                const auto* text = value.as_string();
                if (text) {
                    out.limits.push_back({std::string{key.str()}, text->get()});
                } else {
                    text_.fail(value, "a limit is a text such as \"92 %\"");
                }
            }
        } else {
            text_.fail(*node, "'limits' is written { spo2_stop = \"92 %\" }");
        }
    }
    read_fresh(table, reader, out);
    read_series(table, reader, out);
    for (const auto& [text, node] : reader.strings("entries")) read_entry(*node, text, out);
    for (const auto& [text, node] : reader.strings("expect", true)) read_expected(*node, text, out);
    if (const auto until = reader.duration("until")) out.until = std::max(out.until, *until);
    reader.finish();
    std::stable_sort(out.events.begin(), out.events.end(),
                     [](const CaseEvent& a, const CaseEvent& b) { return a.at < b.at; });
    std::stable_sort(out.expected.begin(), out.expected.end(),
                     [](const CaseTransition& a, const CaseTransition& b) { return a.at < b.at; });
    return out;
}

} // namespace
} // namespace language

std::vector<RuleCase> read_cases(std::string_view text, std::string_view file, const Pack& pack,
                                 std::vector<Diagnostic>& errors, bool of_any_pack)
{
    return language::CaseReader{text, file, pack, of_any_pack}.run(errors);
}

} // namespace magwatch
