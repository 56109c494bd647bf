#include "rules/observation/symptom.hpp"

#include <algorithm>
#include <iterator>

#include "rules/base/assert.hpp"

namespace magwatch {
namespace {

using G = SymptomGroup;

constexpr SymptomInfo table[] = {
    {"breathing trouble", G::grave},
    {"hives", G::grave},
    {"swelling", G::grave},
    {"irregular heartbeat", G::grave},
    {"severe drowsiness", G::grave},
    {"confusion", G::examine},
    {"drowsiness", G::examine},
    {"muscle weakness", G::examine},
    {"slurred speech", G::examine},
    {"double vision", G::examine},
    {"blurred vision", G::examine},
    {"chest pain", G::examine},
    {"rash", G::examine},
    {"itch", G::examine},
    {"faintness", G::examine},
    {"dizziness", G::examine},
    {"pain at the site", G::examine},
    {"redness at the site", G::examine},
    {"fast heartbeat", G::examine},
    {"sweating", G::examine},
    {"flushing", G::expected},
    {"warmth", G::expected},
    {"headache", G::expected},
    {"nausea", G::expected},
};

static_assert(std::size(table) == symptom_count);

struct Alias {
    std::string_view said, name;
};
constexpr Alias aliases[] = {
    {"trouble breathing", "breathing trouble"}, {"shortness of breath", "breathing trouble"},
    {"swelling of the face", "swelling"},       {"palpitations", "irregular heartbeat"},
    {"very drowsy", "severe drowsiness"},       {"confused", "confusion"},
    {"drowsy", "drowsiness"},                   {"weakness", "muscle weakness"},
    {"itching", "itch"},                        {"faint", "faintness"},
    {"dizzy", "dizziness"},                     {"site pain", "pain at the site"},
    {"site redness", "redness at the site"},    {"facial flushing", "flushing"},
};

} // namespace

std::string_view name(SymptomGroup group)
{
    switch (group) {
    case G::none: return "none";
    case G::expected: return "expected";
    case G::examine: return "examine";
    case G::grave: return "grave";
    }
    std::abort();
}

std::span<const SymptomInfo> symptoms() { return table; }

std::string symptom_word(const SymptomInfo& symptom)
{
    std::string word{symptom.name};
    std::replace(word.begin(), word.end(), ' ', '_');
    return word;
}

std::optional<std::uint8_t> symptom_bit(std::string_view word)
{
    for (std::uint8_t i = 0; i < symptom_count; ++i) {
        if (symptom_word(table[i]) == word) return i;
    }
    return std::nullopt;
}

SymptomGroup gravest(std::uint32_t set)
{
    SymptomGroup found = G::none;
    for (std::size_t i = 0; i < symptom_count; ++i) {
        if (((set >> i) & 1U) != 0) found = std::max(found, table[i].group);
    }
    return found;
}

const SymptomInfo* find_symptom(std::string_view text)
{
    for (const Alias& alias : aliases) {
        if (alias.said == text) text = alias.name;
    }
    const auto* found = std::find_if(std::begin(table), std::end(table),
                                     [&](const SymptomInfo& one) { return one.name == text; });
    return found == std::end(table) ? nullptr : found;
}

} // namespace magwatch
