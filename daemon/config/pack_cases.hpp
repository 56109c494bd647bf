// Runs the cases of a pack when the pack is loaded: those beside it in NAME.test.toml, those in it, and the
// inherited ones. What is judged is the pack as it is written: a site's own limits in the configuration are
// decisions about one ward and change no case.
//
// Reads the file through the function it is given; not thread-safe, may run on a lane. Bounded by what the pack
// language allows in cases (rules/language/rule_case.hpp) and by the samples of all of them together.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config_reader.hpp"
#include "rules/language/pack.hpp"

namespace magwatch {

// Whether a rule without a case that raises it, or without a near miss, refuses the pack or is only told.
enum class Coverage { required, advised };

struct PackCases {
    std::vector<Diagnostic> errors; // a case that fails, at its line; the first few, and how many more
    std::vector<std::string> notes;
    std::size_t passed = 0;
};
// For a pack that compiles: its own mistakes are reported by whoever compiled it. An empty reader reads files.
[[nodiscard]] PackCases run_pack_cases(const ReferencedFile& pack, const PackLibrary& library,
                                       const FileReader& read, Coverage coverage);

} // namespace magwatch
