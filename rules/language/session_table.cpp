#include "rules/language/session_table.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "rules/base/assert.hpp"
#include "rules/language/expression.hpp"
#include "rules/language/session_reader.hpp"
#include "rules/observation/quantity.hpp"

namespace magwatch {

std::string_view builtin_sessions_text(); // sessions_text.cpp, made from sessions.toml

std::string_view name(Indication indication)
{
    return value_word(Signal::indication, static_cast<double>(indication));
}

std::optional<Indication> indication_from(std::string_view text)
{
    const auto value = word_value(Signal::indication, text);
    if (!value) return std::nullopt;
    return static_cast<Indication>(static_cast<int>(*value));
}

std::string_view name(Concern concern)
{
    switch (concern) {
    case Concern::block: return "block";
    case Concern::warn: return "warn";
    case Concern::inform: return "inform";
    case Concern::ask: return "ask";
    }
    std::abort();
}

bool IndicationRow::fits(Setting setting) const
{
    return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

const Question* SessionTable::question(std::string_view id) const
{
    const auto found = std::find_if(questions.begin(), questions.end(), [&](const Question& q) { return q.id == id; });
    return found == questions.end() ? nullptr : &*found;
}

const IndicationRow& SessionTable::row(Indication indication) const
{
    const auto found = std::find_if(indications.begin(), indications.end(),
                                    [&](const IndicationRow& r) { return r.indication == indication; });
    MAGWATCH_ASSERT(found != indications.end());
    return *found;
}

namespace language {
namespace {

constexpr std::size_t questions_max = 48;
constexpr std::size_t components_max = 24;

class SessionReader {
public:
    SessionReader(TomlText& text, SessionTable& table) : text_{text}, table_{table} {}

    void question(const toml::table& from)
    {
        TableReader reader{text_, from, "the question"};
        const auto id = reader.string("id", true);
        Question* into = row_of(table_.questions, id.value_or(""), questions_max, from);
        if (into == nullptr) return;
        const bool fresh = into->ask.empty();
        into->ask = text(reader, from, "ask", into->ask, 100);
        if (const auto word = reader.string("concern", fresh)) {
            const auto all = {Concern::block, Concern::warn, Concern::inform, Concern::ask};
            const auto found = one_of(all, *word, from, "concern");
            into->concern = found.value_or(into->concern);
        }
        if (const auto word = reader.string("signal")) {
            into->signal = signal_from(*word);
            if (!into->signal || info(*into->signal).kind != SignalKind::fact || info(*into->signal).max != 1)
                text_.fail(*from.get("signal"), "'" + *word + "' is no fact that is yes or no");
        }
        words(reader, from, *into, into->concern == Concern::block || into->concern == Concern::warn);
    }

    void component(const toml::table& from)
    {
        TableReader reader{text_, from, "the component"};
        const auto id = reader.string("id", true);
        Component* into = row_of(table_.components, id.value_or(""), components_max, from);
        if (into == nullptr) return;
        const auto named = reader.strings("words", into->words.empty());
        if (!named.empty()) into->words.clear();
        for (const auto& [word, node] : named) {
            const bool small = !word.empty() && std::none_of(word.begin(), word.end(),
                                                             [](char c) { return c >= 'A' && c <= 'Z'; });
            if (!small) text_.fail(*node, "a word is written in small letters");
            into->words.push_back(word);
        }
        words(reader, from, *into, true);
    }

    void indication(const toml::table& from)
    {
        TableReader reader{text_, from, "the indication"};
        const auto id = reader.string("id", true);
        const auto known = indication_from(id.value_or(""));
        if (!known) {
            std::vector<std::string_view> names;
            for (const auto& one : signal_words())
                if (one.signal == Signal::indication) names.push_back(one.word);
            if (id) text_.fail(*from.get("id"), "no such indication '" + *id + "'" + did_you_mean(*id, names));
            return;
        }
        IndicationRow& row = indication_row(*known);
        row.title = text(reader, from, "title", row.title, 80);
        settings(reader, row);
        unset(reader, row);
        grams(reader, from, row, "bolus_max", row.bolus_max);
        length(reader, from, row, "bolus_min_duration", row.bolus_min_duration);
        rate(reader, from, row, "bolus_rate_max", row.bolus_rate_max);
        rate(reader, from, row, "rate_warn", row.rate_warn);
        rate(reader, from, row, "rate_alarm", row.rate_alarm);
        grams(reader, from, row, "session_cap", row.session_cap);
        grams(reader, from, row, "hour_cap", row.hour_cap);
        grams(reader, from, row, "day_cap", row.day_cap);
        grams(reader, from, row, "two_day_cap_renal", row.two_day_cap_renal);
        length(reader, from, row, "duration_max", row.duration_max);
        length(reader, from, row, "check_every", row.check_every);
        length(reader, from, row, "after_watch", row.after_watch);
        reader.finish();
        if (row.rate_warn && row.rate_alarm && *row.rate_warn > *row.rate_alarm)
            text_.fail(from, "rate_warn lies above rate_alarm: it would never warn");
    }

private:
    template <class Row>
    Row* row_of(std::vector<Row>& rows, const std::string& id, std::size_t most, const toml::table& from)
    {
        const bool good = !id.empty() && id.size() <= 40 && std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
        if (!good) {
            if (from.get("id")) text_.fail(*from.get("id"), "an id is made of small letters, digits and '_'");
            return nullptr;
        }
        const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.id == id; });
        if (found != rows.end()) return &*found;
        if (rows.size() >= most) {
            text_.fail(from, "too many of these: at most " + std::to_string(most));
            return nullptr;
        }
        rows.emplace_back();
        rows.back().id = id;
        return &rows.back();
    }

    IndicationRow& indication_row(Indication indication)
    {
        for (auto& row : table_.indications)
            if (row.indication == indication) return row;
        table_.indications.emplace_back();
        table_.indications.back().indication = indication;
        return table_.indications.back();
    }

    template <class E>
    std::optional<E> one_of(std::initializer_list<E> all, const std::string& word, const toml::table& from,
                            const char* key)
    {
        std::string list;
        for (const E one : all) {
            if (name(one) == word) return one;
            list += (list.empty() ? "" : ", ") + std::string{name(one)};
        }
        text_.fail(*from.get(key), "'" + std::string{key} + "' is one of: " + list);
        return std::nullopt;
    }

    // The text under a key, or what stood before; a new row must have it.
    std::string text(TableReader& reader, const toml::table& from, const char* key, const std::string& before,
                     std::size_t longest)
    {
        const auto found = reader.string(key, before.empty());
        if (!found) return before;
        if (found->empty() || found->size() > longest)
            text_.fail(*from.get(key), "'" + std::string{key} + "' must have 1 to " + std::to_string(longest) +
                                           " characters");
        if (holds_dose(*found) && std::string_view{key} != "source")
            text_.fail(*from.get(key), "a dose has no place here: it comes from the site's approved protocol");
        return *found;
    }

    template <class Row> void words(TableReader& reader, const toml::table& from, Row& row, bool alarms)
    {
        row.title = text(reader, from, "title", row.title, 80);
        row.source = text(reader, from, "source", row.source, 400);
        if (alarms) {
            const bool fresh = row.message.empty();
            row.message = text(reader, from, "message", row.message, 40);
            row.prompt = text(reader, from, "prompt", row.prompt, 400);
            const bool plain = std::all_of(row.message.begin(), row.message.end(),
                                           [](char c) { return c >= ' ' && c <= '~'; });
            if (!plain) text_.fail(*from.get("message"), "a message is plain letters, digits and signs only");
            if (const auto word = reader.string("priority", fresh)) {
                const auto found = one_of({Priority::low, Priority::medium, Priority::high}, *word, from, "priority");
                row.priority = found.value_or(row.priority);
            }
        }
        reader.finish();
    }

    // Cells that are left to the pack's own rules.
    void unset(TableReader& reader, IndicationRow& row)
    {
        const auto clear = [&](std::string_view key) {
            if (key == "bolus_max") row.bolus_max.reset();
            else if (key == "bolus_min_duration") row.bolus_min_duration.reset();
            else if (key == "bolus_rate_max") row.bolus_rate_max.reset();
            else if (key == "rate_warn") row.rate_warn.reset();
            else if (key == "rate_alarm") row.rate_alarm.reset();
            else if (key == "session_cap") row.session_cap.reset();
            else if (key == "hour_cap") row.hour_cap.reset();
            else if (key == "day_cap") row.day_cap.reset();
            else if (key == "two_day_cap_renal") row.two_day_cap_renal.reset();
            else return false;
            return true;
        };
        for (const auto& [key, node] : reader.strings("unset")) {
            const auto is = [&key = key](const auto& one) { return one.first == key; };
            const bool filled = std::any_of(row.sources.begin(), row.sources.end(), is);
            if (!filled || !clear(key)) text_.fail(*node, "'unset' lists caps that the indication has");
            std::erase_if(row.sources, is);
        }
    }

    // A number is never without its source.
    std::optional<std::string> cell(TableReader& reader, IndicationRow& row, const char* key)
    {
        const toml::node* node = reader.find(key);
        if (node == nullptr) return std::nullopt;
        const auto* table = node->as_table();
        if (table == nullptr) {
            text_.fail(*node, "write { value = \"...\", source = \"...\" }");
            return std::nullopt;
        }
        TableReader inner{text_, *table, "'" + std::string{key} + "'"};
        auto value = inner.string("value", true);
        const std::string source = text(inner, *table, "source", "", 400);
        inner.finish();
        std::erase_if(row.sources, [&](const auto& one) { return one.first == key; });
        row.sources.emplace_back(key, source);
        return value;
    }
    void quantity(TableReader& reader, const toml::table& from, IndicationRow& row, const char* key,
                  std::optional<double>& into, Signal signal, std::string_view example)
    {
        const auto value = cell(reader, row, key);
        if (!value) return;
        const auto literal = parse_literal(*value);
        const auto unit = literal && literal->per.empty() ? unit_from(literal->unit) : std::nullopt;
        const auto checked = unit ? Quantity::checked(signal, literal->number, *unit)
                                  : std::variant<Quantity, Refusal>{Refusal::unknown_unit};
        const auto* good = std::get_if<Quantity>(&checked);
        if (good == nullptr || good->value() <= 0) {
            text_.fail(*from.get(key), "'" + *value + "' is no such quantity: write \"" + std::string{example} + "\"");
            return;
        }
        into = good->value();
    }
    void grams(TableReader& reader, const toml::table& from, IndicationRow& row, const char* key,
               std::optional<double>& into)
    {
        quantity(reader, from, row, key, into, Signal::bolus_dose, "4 g");
    }
    void rate(TableReader& reader, const toml::table& from, IndicationRow& row, const char* key,
              std::optional<double>& into)
    {
        quantity(reader, from, row, key, into, Signal::pump_rate, "2 g/h");
    }
    void length(TableReader& reader, const toml::table& from, IndicationRow& row, const char* key,
                std::optional<Duration>& into)
    {
        const auto value = cell(reader, row, key);
        if (!value) return;
        const auto parsed = parse_duration(*value);
        if (!parsed || *parsed <= Duration::zero()) {
            text_.fail(*from.get(key), "'" + *value + "' is no length of time: write \"20 min\"");
            return;
        }
        into = parsed;
    }

    void settings(TableReader& reader, IndicationRow& row)
    {
        const auto named = reader.strings("settings", row.settings.empty());
        const auto source = reader.string("settings_source", row.settings.empty());
        if (named.empty()) return;
        row.settings.clear();
        for (const auto& [word, node] : named) {
            const auto found = std::find(setting_names.begin(), setting_names.end(), word);
            if (found == setting_names.end())
                text_.fail(*node, "no such setting '" + word + "'" +
                                      did_you_mean(word, std::vector<std::string_view>{setting_names.begin(),
                                                                                       setting_names.end()}));
            else
                row.settings.push_back(static_cast<Setting>(found - setting_names.begin()));
        }
        std::erase_if(row.sources, [](const auto& one) { return one.first == "settings"; });
        row.sources.emplace_back("settings", source.value_or("the site"));
    }

    TomlText& text_;
    SessionTable& table_;
};

} // namespace

// "4 g", "10 mL", "4 grams": what only the site's approved protocol file may say. "mmol/L" and "g/h" are not doses.
bool holds_dose(std::string_view text)
{
    constexpr std::string_view units[] = {"g",          "mg",          "ml",         "mL",          "mmol",
                                          "mEq",        "gram",        "grams",      "milligram",   "milligrams",
                                          "millilitre", "millilitres", "milliliter", "milliliters"};
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
        const std::string_view rest = text.substr(std::min(text.find_first_not_of(' ', i + 1), text.size()));
        const auto* end = std::find_if_not(rest.begin(), rest.end(), word);
        const std::string_view unit = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
        const bool known = std::find(std::begin(units), std::end(units), unit) != std::end(units);
        if (known && !rest.substr(unit.size()).starts_with('/')) return true;
    }
    return false;
}

std::string sessions_text(const toml::table& document)
{
    std::ostringstream out;
    for (const char* key : {"question", "component", "indication"}) {
        const auto* rows = document.get_as<toml::array>(key);
        if (rows == nullptr) continue;
        for (const toml::node& row : *rows) {
            if (!row.is_table()) continue;
            out << "[[" << key << "]]\n";
            for (const auto& [name, value] : *row.as_table()) {
                toml::table one;
                one.insert(name, value);
                out << toml::toml_formatter{one} << '\n';
            }
            out << '\n';
        }
    }
    return out.str();
}

void read_sessions(TomlText& text, TableReader& top, SessionTable& table)
{
    SessionReader reader{text, table};
    for (const auto* one : top.tables("question")) reader.question(*one);
    for (const auto* one : top.tables("component")) reader.component(*one);
    for (const auto* one : top.tables("indication")) reader.indication(*one);
    table.required.clear();
    for (const Question& question : table.questions) {
        if (question.concern != Concern::inform) table.required.push_back(question.id);
    }
    std::sort(table.required.begin(), table.required.end());
}

} // namespace language

const SessionTable& builtin_sessions()
{
    static const SessionTable table = [] {
        SessionTable out;
        language::TomlText text{builtin_sessions_text(), "sessions.toml"};
        const auto document = text.parse();
        MAGWATCH_ASSERT(document);
        language::TableReader top{text, *document, "the table"};
        language::read_sessions(text, top, out);
        MAGWATCH_ASSERT(text.good());
        return out;
    }();
    return table;
}

} // namespace magwatch
