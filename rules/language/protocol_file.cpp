#include "rules/language/protocol_file.hpp"

#include <algorithm>
#include <cmath>

#include "rules/language/expression.hpp"
#include "rules/language/session_reader.hpp"
#include "rules/language/toml_text.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch {
namespace language {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t steps_max = 24, precautions_max = 16;
constexpr std::size_t words_longest = 200, title_longest = 80, button_longest = 32, source_longest = 400;
constexpr std::size_t id_longest = 32, drug_longest = 40, person_longest = 80;
// BEHAVIOUR "Grades and the antidote": the pump is looked at again after 60 s, and never later.
constexpr Duration recheck_max = 60s, recheck_min = 10s;
constexpr Duration timer_min = 30s, timer_max = 4h;
constexpr std::int64_t doses_max = 10;
constexpr std::string_view misread = "mgso"; // read as morphine sulfate
constexpr double dose_tolerance = 0.05; // a dose and its volume may be rounded

bool small_word(std::string_view text)
{
    const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= id_longest && std::all_of(text.begin(), text.end(), good);
}

// "1 g", "0.5 g", "10 mL": a space before the unit, a digit before the point, no zero at the end.
std::optional<double> amount(std::string_view text, std::string_view unit)
{
    const auto literal = parse_literal(text);
    if (!literal || literal->unit != unit || !literal->per.empty() || literal->number <= 0) return std::nullopt;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || text.substr(space + 1) != unit) return std::nullopt;
    const std::string_view number = text.substr(0, space);
    if (number.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
    if (number.front() == '.' || number.back() == '.') return std::nullopt;
    if (number.find('.') != std::string_view::npos && number.back() == '0') return std::nullopt;
    if (number.size() > 1 && number.front() == '0' && number[1] != '.') return std::nullopt;
    return literal->number;
}

bool is_date(std::string_view text)
{
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U})
        if (!digit(i)) return false;
    const auto two = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
    const int year = two(0) * 100 + two(2), month = two(5), day = two(8);
    constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || year < 2000) return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day >= 1 && day <= lengths[month - 1] + (leap && month == 2 ? 1 : 0);
}

class ProtocolReader {
public:
    ProtocolReader(TomlText& text, const toml::table& document) : text_{text}, document_{document} {}

    Protocol run()
    {
        TableReader top{text_, document_, "the protocol"};
        head(top);
        for (const toml::table* one : top.tables("step")) {
            if (protocol_.steps.size() >= steps_max) {
                text_.fail(*one, "at most " + std::to_string(steps_max) + " steps: a crisis checklist is short");
                break;
            }
            step(*one);
        }
        for (const toml::table* one : top.tables("precaution")) {
            if (protocol_.precautions.size() >= precautions_max) {
                text_.fail(*one, "at most " + std::to_string(precautions_max) + " precautions");
                break;
            }
            precaution(*one);
        }
        top.finish();
        if (text_.good()) whole();
        return std::move(protocol_);
    }

private:
    void head(TableReader& top)
    {
        protocol_.example = top.boolean("example").value_or(false);
        protocol_.id = words(top, document_, "id", true, id_longest);
        protocol_.title = words(top, document_, "title", true, title_longest);
        protocol_.version = words(top, document_, "version", true, id_longest);
        protocol_.notice = words(top, document_, "notice", true, words_longest);
        protocol_.approver = words(top, document_, "approver", !protocol_.example, person_longest);
        protocol_.approved = words(top, document_, "approved", !protocol_.example, 10);
        if (!protocol_.approved.empty() && !is_date(protocol_.approved))
            text_.fail(*document_.get("approved"), "'approved' is the day of the approval: \"2026-05-01\"");
        const bool signed_too = !protocol_.approver.empty() || !protocol_.approved.empty();
        if (protocol_.example && signed_too)
            text_.fail(document_, "an example is approved by nobody: remove 'example', or 'approver' and 'approved'");
    }

    // A text for people: there if it is needed, not too long, and without the abbreviation that was misread before.
    std::string words(TableReader& reader, const toml::table& from, const char* key, bool required,
                      std::size_t longest)
    {
        const auto found = reader.string(key, required);
        if (!found) return {};
        const toml::node& node = *from.get(key);
        if (found->empty() || found->size() > longest)
            text_.fail(node, "'" + std::string{key} + "' must have 1 to " + std::to_string(longest) + " characters");
        const bool control = std::any_of(found->begin(), found->end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
        if (control) text_.fail(node, "'" + std::string{key} + "' must be one line");
        std::string small = *found;
        for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (const auto at = small.find(misread); at != std::string::npos)
            text_.fail_inside(node, at, "write \"magnesium\": this abbreviation is misread");
        return *found;
    }

    std::string source(TableReader& reader, const toml::table& from)
    {
        std::string found = words(reader, from, "source", true, source_longest);
        const std::size_t recalled = found.find("[R]");
        if (recalled != std::string::npos && !protocol_.example)
            text_.fail_inside(*from.get("source"), recalled, "a recalled figure [R] is none to approve: cite a source");
        return found;
    }

    std::string id(TableReader& reader, const toml::table& from, std::vector<std::string>& taken, const char* what)
    {
        const auto found = reader.string("id", true);
        if (!found) return {};
        if (!small_word(*found)) {
            text_.fail(*from.get("id"), "an id is 1 to 32 small letters, digits, '_' and '-'");
        } else if (std::find(taken.begin(), taken.end(), *found) != taken.end()) {
            text_.fail(*from.get("id"), "a second " + std::string{what} + " '" + *found + "'");
        }
        taken.push_back(*found);
        return *found;
    }

    Duration timer(TableReader& reader, const toml::table& from, const char* key, bool required,
                   Duration low = timer_min, Duration high = timer_max)
    {
        const auto found = reader.duration(key, required);
        if (!found) return {};
        if (*found < low || *found > high) {
            text_.fail(*from.get(key), "'" + std::string{key} + "' must be from " + std::to_string(low / 1s) +
                                           " s to " + std::to_string(high / 1s) + " s");
            return {};
        }
        return *found;
    }

    void branches(TableReader& reader, ProtocolStep& step)
    {
        for (const auto& [word, node] : reader.strings("branches", true)) {
            const auto found = std::find(protocol_branch_names.begin(), protocol_branch_names.end(), word);
            if (found == protocol_branch_names.end()) {
                text_.fail(*node, "no such branch '" + word + "'" + did_you_mean(word, protocol_branch_names) +
                                      " (grade1, grade2, arrest)");
                continue;
            }
            step.branches[static_cast<std::size_t>(found - protocol_branch_names.begin())] = true;
        }
        const bool none = std::none_of(step.branches.begin(), step.branches.end(), [](bool b) { return b; });
        if (none) reader.fail("the step stands in no branch: it would never be shown");
    }

    void step(const toml::table& from)
    {
        ProtocolStep made;
        TableReader reader{text_, from, "the step"};
        made.id = id(reader, from, step_ids_, "step");
        made.words = words(reader, from, "words", true, words_longest);
        made.button = words(reader, from, "button", true, button_longest);
        branches(reader, made);
        made.ecg = reader.boolean("ecg").value_or(false);
        const auto kind = reader.string("kind", true);
        if (!kind) return; // which other keys belong to it is not known
        const auto found = std::find(step_kind_names.begin(), step_kind_names.end(), *kind);
        if (found == step_kind_names.end()) {
            text_.fail(*from.get("kind"), "no such kind of step '" + *kind + "'" +
                                              did_you_mean(*kind, step_kind_names) +
                                              " (stop, done, give, check, sample, decide)");
            return;
        }
        made.kind = static_cast<StepKind>(found - step_kind_names.begin());
        const bool figures = figures_of(reader, from, made);
        if (figures) made.source = source(reader, from);
        else made.source = from.contains("source") ? source(reader, from) : std::string{};
        reader.finish();
        places_.push_back(&from);
        protocol_.steps.push_back(std::move(made));
    }

    // What a kind of step has beside its words; whether those are figures that need a source.
    bool figures_of(TableReader& reader, const toml::table& from, ProtocolStep& made)
    {
        switch (made.kind) {
        case StepKind::stop:
            made.recheck = timer(reader, from, "recheck", true, recheck_min, recheck_max);
            made.again = words(reader, from, "again", true, words_longest);
            return true;
        case StepKind::give: give(reader, from, made); return true;
        case StepKind::check: made.every = timer(reader, from, "every", true); return true;
        case StepKind::sample: made.result_after = timer(reader, from, "result_after", true); return true;
        case StepKind::done:
        case StepKind::decide: return false;
        }
        return false;
    }

    void give(TableReader& reader, const toml::table& from, ProtocolStep& made)
    {
        if (holds_dose(made.words))
            text_.fail(*from.get("words"), "the dose stands in 'dose' and 'volume', where it is checked and shown");
        made.drug = words(reader, from, "drug", true, drug_longest);
        if (!made.drug.empty() && made.drug != "calcium gluconate" && made.drug != "calcium chloride")
            text_.fail(*from.get("drug"), "'drug' is \"calcium gluconate\" or \"calcium chloride\"");
        made.concentration = words(reader, from, "concentration", true, 16);
        made.dose = words(reader, from, "dose", true, 16);
        made.volume = words(reader, from, "volume", true, 16);
        const auto percent = quantity(from, "concentration", made.concentration, "%", "10 %");
        const auto grams = quantity(from, "dose", made.dose, "g", "1 g");
        const auto millilitres = quantity(from, "volume", made.volume, "mL", "10 mL");
        if (percent && grams && millilitres) {
            const double held = *percent / 100 * *millilitres;
            if (std::abs(held - *grams) > dose_tolerance * held)
                text_.fail(*from.get("volume"),
                           made.volume + " of " + made.concentration + " do not hold " + made.dose);
        }
        made.over_text = words(reader, from, "over", true, 16);
        made.over = timer(reader, from, "over", false);
        made.second_check = reader.boolean("second_check").value_or(false);
        made.repeat_after = timer(reader, from, "repeat_after", false);
        made.most = static_cast<std::uint8_t>(reader.integer("most", 1, doses_max).value_or(1));
        if (made.repeat_after > Duration{} && made.most < 2)
            text_.fail(*from.get("repeat_after"), "a dose that is repeated needs 'most', how many in all (2 or more)");
        if (made.most > 1 && made.repeat_after <= Duration{} && !from.contains("repeat_after"))
            text_.fail(*from.get("most"), "more than one dose needs 'repeat_after', when the next is thought of");
    }

    std::optional<double> quantity(const toml::table& from, const char* key, const std::string& written,
                                   std::string_view unit, const char* example)
    {
        if (written.empty()) return std::nullopt;
        auto found = amount(written, unit);
        if (!found)
            text_.fail(*from.get(key), "'" + written + "' is misread too easily, or none: write \"" + example +
                                           "\", as in \"0.5 g\" and never \"1.0 g\"");
        return found;
    }

    void precaution(const toml::table& from)
    {
        Precaution made;
        TableReader reader{text_, from, "the precaution"};
        made.id = id(reader, from, precaution_ids_, "precaution");
        made.words = words(reader, from, "words", true, words_longest);
        made.source = source(reader, from);
        for (const auto& [word, node] : reader.strings("when", true)) {
            if (auto found = fact(word, *node)) made.when.push_back(std::move(*found));
        }
        if (from.contains("when") && made.when.empty() && text_.good())
            text_.fail(*from.get("when"), "'when' names the facts that make it apply");
        reader.finish();
        protocol_.precautions.push_back(std::move(made));
    }

    std::optional<PrecautionFact> fact(const std::string& word, const toml::node& node)
    {
        using Kind = PrecautionFact::Kind;
        const auto after = [&](std::string_view prefix) { return word.substr(prefix.size()); };
        PrecautionFact made;
        if (word == "magnesium_by_vein") {
            made.kind = Kind::by_vein;
            return made;
        }
        if (word.starts_with("screening.")) {
            made.kind = Kind::screening;
            made.word = after("screening.");
            if (builtin_sessions().question(made.word) != nullptr) return made;
            std::vector<std::string> known;
            for (const auto& question : builtin_sessions().questions) known.push_back(question.id);
            text_.fail(node, "no such question '" + made.word + "'" + did_you_mean(made.word, known));
            return std::nullopt;
        }
        if (word.starts_with("symptom.")) {
            made.kind = Kind::symptom;
            made.word = after("symptom.");
            const auto bit = symptom_bit(made.word);
            made.bit = bit.value_or(0);
            if (bit) return made;
            std::vector<std::string> known;
            for (const auto& one : symptoms()) known.push_back(symptom_word(one));
            text_.fail(node, "no such symptom '" + made.word + "'" + did_you_mean(made.word, known));
            return std::nullopt;
        }
        if (word.starts_with("bag.")) {
            made.kind = Kind::bag;
            made.word = after("bag.");
            const bool small = !made.word.empty() && std::none_of(made.word.begin(), made.word.end(), [](char c) {
                return c >= 'A' && c <= 'Z';
            });
            if (small) return made;
            text_.fail(node, "what a bag holds is written in small letters: \"bag.ceftriaxone\"");
            return std::nullopt;
        }
        const auto signal = signal_from(word);
        if (signal && info(*signal).kind == SignalKind::fact && info(*signal).max == 1) {
            made.kind = Kind::fact;
            made.signal = *signal;
            made.word = word;
            return made;
        }
        std::vector<std::string> known{"magnesium_by_vein"};
        for (std::size_t s = 0; s < signal_count; ++s) {
            const auto& about = info(static_cast<Signal>(s));
            if (about.kind == SignalKind::fact && about.max == 1) known.emplace_back(about.name);
        }
        text_.fail(node, "no such fact '" + word + "'" + did_you_mean(word, known) +
                             " (a fact such as digoxin, screening.ID, symptom.NAME, bag.WORD or magnesium_by_vein)");
        return std::nullopt;
    }

    // What makes the steps a protocol.
    void whole()
    {
        for (const ProtocolBranch branch : {ProtocolBranch::grade1, ProtocolBranch::grade2, ProtocolBranch::arrest})
            whole(branch);
    }
    void whole(ProtocolBranch branch)
    {
        const std::string where = " in branch " + std::string{name(branch)};
        std::size_t stops = 0;
        bool first = true, given = false, checked = false, decided = false;
        for (std::size_t i = 0; i < protocol_.steps.size(); ++i) {
            const ProtocolStep& one = protocol_.steps[i];
            if (!one.in(branch)) continue;
            if (first && one.kind != StepKind::stop)
                text_.fail(*places_[i], "the first step" + where + " is the one that stops the pump");
            first = false;
            if (one.kind == StepKind::stop && ++stops > 1) text_.fail(*places_[i], "a second stop" + where);
            if (branch == ProtocolBranch::arrest && one.ecg && !given)
                text_.fail(*places_[i], "an arrest waits for no ECG: this step stands behind the calcium" + where);
            given = given || one.kind == StepKind::give;
            checked = checked || one.kind == StepKind::check;
            decided = decided || one.kind == StepKind::decide;
        }
        if (first) return text_.fail_whole("there is no step" + where);
        if (!given && branch != ProtocolBranch::grade1) text_.fail_whole("no step gives calcium" + where);
        if (!checked) text_.fail_whole("no step of kind \"check\"" + where);
        if (!decided) text_.fail_whole("no step of kind \"decide\", for the senior decision," + where);
    }

    TomlText& text_;
    const toml::table& document_;
    Protocol protocol_;
    std::vector<std::string> step_ids_, precaution_ids_;
    std::vector<const toml::table*> places_; // of the steps
};

} // namespace
} // namespace language

const ProtocolStep* Protocol::step(std::string_view wanted) const
{
    const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& one) { return one.id == wanted; });
    return found == steps.end() ? nullptr : &*found;
}

std::string Protocol::stamp() const
{
    const std::string named = id + " v" + version;
    return example ? named + ", EXAMPLE: not approved" : named + ", approved " + approved + " by " + approver;
}

ReadProtocol read_protocol(std::string_view text, std::string_view file)
{
    ReadProtocol read;
    language::TomlText toml{text, file};
    if (const auto document = toml.parse()) {
        Protocol protocol = language::ProtocolReader{toml, *document}.run();
        if (toml.good()) read.protocol = std::make_shared<const Protocol>(std::move(protocol));
    }
    read.errors = toml.take();
    return read;
}

std::string why_not_on_a_ward(const Protocol& protocol)
{
    if (!protocol.example) return "";
    return "an example protocol runs in mode \"demo\" or \"replay\" only: a ward needs its own, approved by its "
           "clinical safety lead";
}

} // namespace magwatch
