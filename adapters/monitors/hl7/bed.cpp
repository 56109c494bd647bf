#include "adapters/monitors/hl7/bed.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace magwatch::adapters::hl7
{
namespace
{

std::string_view text_in(const Message& message, const Segment& segment, unsigned field,
                         unsigned component, unsigned subcomponent)
{
    const Separators& s = message.separators();
    std::string_view text = segment.field(field);
    if (component == 0) return trim(text);
    text = part(part(text, 1, s.repetition), component, s.component);
    if (subcomponent != 0) text = part(text, subcomponent, s.subcomponent);
    return trim(text);
}

// The first in the patient's group counts. Visits or orders of it that name two places name none.
std::string_view place_text(const Message& message, const SegmentRange& patient,
                            std::string_view segment, unsigned field, unsigned component,
                            unsigned subcomponent)
{
    if (segment == "MSH") return text_in(message, message[0], field, component, subcomponent);
    const bool must_agree = segment == "PV1" || segment == "OBR";
    std::optional<std::string_view> first;
    for (std::size_t i = patient.begin; i < patient.end; ++i) {
        if (message[i].name() != segment) continue;
        const std::string_view text = text_in(message, message[i], field, component, subcomponent);
        if (!first) first = text;
        if (!must_agree) break;
        if (!text.empty() && text != *first) return {};
    }
    return first.value_or(std::string_view{});
}

bool take_number(std::string_view& text, unsigned& number)
{
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || number == 0 || number > 200) return false;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    return true;
}

} // namespace

std::string normal_name(std::string_view name)
{
    std::string storage;
    std::string normal{to_utf8(trim(name), storage)};
    for (char& c : normal) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return normal;
}

std::optional<BedPattern::Place> BedPattern::place_from(std::string_view text)
{
    if (text.size() < 5 || text[3] != '-') return std::nullopt;
    Place place;
    place.segment = std::string{text.substr(0, 3)};
    if (!std::all_of(place.segment.begin(), place.segment.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); })) {
        return std::nullopt;
    }
    text.remove_prefix(4);
    if (!take_number(text, place.field)) return std::nullopt;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!take_number(text, place.component)) return std::nullopt;
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!take_number(text, place.subcomponent)) return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
    return place;
}

std::optional<BedPattern> BedPattern::from(std::string_view text)
{
    BedPattern pattern;
    if (auto place = place_from(text)) {
        pattern.pieces_.emplace_back(*std::move(place));
        return pattern;
    }
    bool names_field = false;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        if (open != 0) pattern.pieces_.emplace_back(std::string{text.substr(0, open)});
        if (open == std::string_view::npos) break;
        const std::size_t close = text.find('}', open);
        if (close == std::string_view::npos) return std::nullopt;
        auto place = place_from(text.substr(open + 1, close - open - 1));
        if (!place) return std::nullopt;
        pattern.pieces_.emplace_back(*std::move(place));
        names_field = true;
        text.remove_prefix(close + 1);
    }
    if (!names_field) return std::nullopt;
    return pattern;
}

std::string BedPattern::apply(const Message& message, const SegmentRange& patient) const
{
    std::string result;
    std::string storage;
    for (const Piece& piece : pieces_) {
        if (const auto* const text = std::get_if<std::string>(&piece)) {
            result += *text;
            continue;
        }
        const Place& place = std::get<Place>(piece);
        const std::string_view found =
            place_text(message, patient, place.segment, place.field, place.component, place.subcomponent);
        if (found.empty() || found == "\"\"") return {};
        result += message.unescape(found, storage);
    }
    return result;
}

BedTable::BedTable(const std::vector<BedNames>& beds)
{
    for (const BedNames& bed : beds) {
        for (const std::string& name : bed.names) {
            const auto [at, fresh] =
                names_.try_emplace(normal_name(name), Found{bed.bed, bed.test_mode});
            if (!fresh && at->second.bed != bed.bed) at->second.bed = no_bed; // ambiguous
        }
    }
}

std::optional<BedTable::Found> BedTable::find(std::string_view name) const
{
    const auto at = names_.find(normal_name(name));
    if (at == names_.end() || at->second.bed == no_bed) return std::nullopt;
    return at->second;
}

// One location: the bed if there is one, else the room, else any part. The whole, as written, comes
// first: it lets a site name "LD^^BED4" where BED4 alone exists on two wards.
std::optional<BedTable::Found> BedTable::find_location(const Message& message,
                                                       std::string_view location) const
{
    const Separators& s = message.separators();
    std::string storage;
    const auto look = [&](std::string_view text) { return find(message.unescape(text, storage)); };
    if (const auto whole = find(location)) return whole;
    const auto piece = [&](std::size_t n) {
        return trim(part(part(location, n, s.component), 1, s.subcomponent));
    };
    for (const std::size_t n : {3U, 2U}) {
        if (!piece(n).empty()) return look(piece(n));
    }
    for (std::size_t n = 1; n <= 11; ++n) {
        if (piece(n).empty()) continue;
        if (const auto found = look(piece(n))) return found;
    }
    return std::nullopt;
}

std::optional<BedTable::Found> BedTable::find(const Message& message, const SegmentRange& patient,
                                              const BedPattern* pattern) const
{
    if (pattern != nullptr) {
        const std::string name = pattern->apply(message, patient);
        return name.empty() ? std::nullopt : find(name);
    }
    const std::string_view locations = place_text(message, patient, "PV1", 3, 0, 0);
    std::optional<Found> found;
    const std::size_t count =
        std::min<std::size_t>(count_parts(locations, message.separators().repetition), 32);
    for (std::size_t n = 1; n <= count; ++n) {
        const std::string_view location = trim(part(locations, n, message.separators().repetition));
        if (location.empty()) continue;
        const auto here = find_location(message, location);
        if (!here) continue;
        if (found && found->bed != here->bed) return std::nullopt;
        found = here;
    }
    return found;
}

} // namespace magwatch::adapters::hl7
