// What each OBX of HL7 files became, for people and scripts: the body of `magwatch hl7 decode`.
//
// Pure: files come in as bytes, text goes out. Lateness, beds and duplicates are not judged: they
// need a ward. JSON: one object per OBX, keys as pinned by the CLI, absent things null; `test` is
// true for messages marked T or D in MSH-11, which a ward refuses unless the bed is in test mode.
#pragma once

#include <cstddef>
#include <ostream>
#include <string_view>

#include "adapters/monitors/hl7/profile.hpp"

namespace magwatch::adapters::hl7
{

struct DecodeTotals {
    std::size_t messages = 0;
    std::size_t rows = 0;
    std::size_t accepted = 0;
    std::size_t unreadable = 0; // messages that could not be parsed
};

// One line of JSON per OBX of the file's messages; for an unreadable message one line with its
// reason.
DecodeTotals decode_as_json(std::ostream& out, std::string_view file, std::string_view bytes,
                            const SourceProfile& profile);
// The same as a table.
DecodeTotals decode_as_table(std::ostream& out, std::string_view file, std::string_view bytes,
                             const SourceProfile& profile);

} // namespace magwatch::adapters::hl7
