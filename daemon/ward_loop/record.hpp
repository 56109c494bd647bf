// What stands in the journal: an input with its moment, or an effect that it caused.
//
// Bytes by rules/base/archive.hpp: first the version of the format, then the variant.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "rules/base/archive.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"

namespace magwatch {

inline constexpr std::uint8_t record_version = 1;

struct InputRecord {
    Moment at;
    Input input;
    template <class Archive> void archive(Archive& a) { a(at, input); }
};

using Record = std::variant<InputRecord, Effect>;

inline constexpr std::size_t usual_record_bytes = 64; // an observation's; what is longer grows

// The bytes of Record{InputRecord{at, input}}, without the copy.
[[nodiscard]] inline Bytes encode_record(const Moment& at, const Input& input)
{
    static_assert(std::is_same_v<std::variant_alternative_t<0, Record>, InputRecord>);
    Bytes out;
    out.reserve(usual_record_bytes);
    Writer writer{out};
    writer(record_version);
    writer.varint(0);
    writer(at, input);
    return out;
}
// The bytes of Record{effect}.
[[nodiscard]] inline Bytes encode_record(const Effect& effect)
{
    static_assert(std::is_same_v<std::variant_alternative_t<1, Record>, Effect>);
    Bytes out;
    out.reserve(usual_record_bytes);
    Writer writer{out};
    writer(record_version);
    writer.varint(1);
    writer(effect);
    return out;
}

// Nothing if the bytes are damaged or of a version that this program does not know.
[[nodiscard]] inline std::optional<Record> decode_record(std::string_view bytes)
{
    Reader reader{bytes};
    std::uint8_t version = 0;
    std::optional<Record> record{std::in_place};
    reader(version);
    if (version != record_version) {
        record.reset();
        return record;
    }
    reader(*record);
    if (!reader.done()) record.reset();
    return record;
}

} // namespace magwatch
