// What stands in the journal: an input with its moment, or an effect that it caused.
//
// Bytes by rules/base/archive.hpp: first the version of the format, then the variant.
#pragma once

#include <optional>
#include <string_view>
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

template <class T> [[nodiscard]] Bytes encode_record(const T& what)
{
    Bytes out;
    Writer writer{out};
    writer(record_version, Record{what});
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
