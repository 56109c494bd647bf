#include "tools/magwatch/session_fields.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "rules/alarm/rule_tests.hpp"

namespace magwatch::cli
{
namespace
{

std::string number(double value, const char* unit)
{
    char out[40];
    std::snprintf(out, sizeof out, "%.10g %s", value, unit);
    return out;
}

void add_text(SessionPart& part, const char* key, std::string value)
{
    if (!value.empty()) part.fields.push_back({key, std::move(value), ""});
}

template <class Row> void add_words(SessionPart& part, const Row& row, bool alarms)
{
    if (alarms) add_text(part, "priority", std::string{name(row.priority)});
    add_text(part, "title", row.title);
    add_text(part, "message", row.message);
    add_text(part, "prompt", row.prompt);
    add_text(part, "source", row.source);
}

SessionPart part_of(const Question& row)
{
    SessionPart part{"question", row.id, {}};
    add_text(part, "ask", row.ask);
    add_text(part, "concern", std::string{name(row.concern)});
    if (row.signal) add_text(part, "signal", std::string{name(*row.signal)});
    add_words(part, row, row.concern == Concern::block || row.concern == Concern::warn);
    return part;
}

SessionPart part_of(const Component& row)
{
    SessionPart part{"component", row.id, {}};
    std::string words;
    for (const auto& word : row.words) words += (words.empty() ? "" : ", ") + word;
    add_text(part, "words", words);
    add_words(part, row, true);
    return part;
}

SessionPart part_of(const IndicationRow& row)
{
    SessionPart part{"indication", std::string{name(row.indication)}, {}};
    const auto add = [&](const char* key, std::string value) {
        const auto source = std::find_if(row.sources.begin(), row.sources.end(),
                                         [&](const auto& one) { return one.first == key; });
        part.fields.push_back({key, std::move(value), source == row.sources.end() ? "" : source->second});
    };
    const auto amount = [&](const char* key, const std::optional<double>& value, const char* unit) {
        if (value) add(key, number(*value, unit));
    };
    const auto length = [&](const char* key, const std::optional<Duration>& value) {
        if (value) add(key, length_text(*value));
    };
    add_text(part, "title", row.title);
    std::string settings;
    for (const Setting setting : row.settings) settings += (settings.empty() ? "" : ", ") + std::string{name(setting)};
    add("settings", settings);
    amount("bolus_max", row.bolus_max, "g");
    length("bolus_min_duration", row.bolus_min_duration);
    amount("bolus_rate_max", row.bolus_rate_max, "g/h");
    amount("rate_warn", row.rate_warn, "g/h");
    amount("rate_alarm", row.rate_alarm, "g/h");
    amount("session_cap", row.session_cap, "g");
    amount("hour_cap", row.hour_cap, "g");
    amount("day_cap", row.day_cap, "g");
    amount("two_day_cap_renal", row.two_day_cap_renal, "g");
    length("duration_max", row.duration_max);
    length("check_every", row.check_every);
    length("after_watch", row.after_watch);
    return part;
}

} // namespace

const SessionField* SessionPart::field(const std::string& key) const
{
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

std::vector<SessionPart> session_parts(const SessionTable& table)
{
    std::vector<SessionPart> out;
    for (const IndicationRow& row : table.indications) out.push_back(part_of(row));
    for (const Question& row : table.questions) out.push_back(part_of(row));
    for (const Component& row : table.components) out.push_back(part_of(row));
    return out;
}

SessionOrigins::SessionOrigins(const Pack& pack, const PackLibrary& library)
{
    chain_.push_back({pack.name, session_parts(pack.sessions)});
    for (std::size_t i = 1; i < pack.outline.lineage.size(); ++i) {
        const auto source = library.find(pack.outline.lineage[i]);
        if (!source) continue;
        const CompiledPack parent = compile_pack(source->text, source->file, {}, &library);
        if (parent.pack) chain_.push_back({parent.pack->name, session_parts(parent.pack->sessions)});
    }
    chain_.push_back({builtin_sessions_name, session_parts(builtin_sessions())});
}

const SessionPart* SessionOrigins::Generation::part(const SessionPart& like) const
{
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const SessionPart& one) {
        return one.kind == like.kind && one.id == like.id;
    });
    return found == parts.end() ? nullptr : &*found;
}

std::vector<SessionOrigin> SessionOrigins::of(const SessionPart& part) const
{
    std::vector<SessionOrigin> out;
    const auto in = [&](const Generation& generation, const std::string& key) -> const SessionField* {
        const SessionPart* there = generation.part(part);
        return there == nullptr ? nullptr : there->field(key);
    };
    const auto same = [](const SessionField* a, const SessionField* b) {
        if (a == nullptr || b == nullptr) return a == b;
        return a->value == b->value && a->source == b->source;
    };
    const auto add = [&](const std::string& key) {
        const SessionField* field = in(chain_.front(), key);
        std::size_t i = 0;
        while (i + 1 < chain_.size() && same(field, in(chain_[i + 1], key))) ++i;
        SessionOrigin origin{key, field, "", chain_[i].name};
        if (field == nullptr && i + 1 < chain_.size()) origin.was = in(chain_[i + 1], key)->value;
        out.push_back(std::move(origin));
    };
    for (const SessionField& field : part.fields) add(field.key);
    for (std::size_t i = 1; i < chain_.size(); ++i) {
        const SessionPart* there = chain_[i].part(part);
        if (there == nullptr) continue;
        for (const SessionField& field : there->fields) {
            const auto is = [&](const SessionOrigin& one) { return one.key == field.key; };
            if (std::none_of(out.begin(), out.end(), is)) add(field.key);
        }
    }
    return out;
}

} // namespace magwatch::cli
