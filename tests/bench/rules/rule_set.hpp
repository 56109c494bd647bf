// The 25 rules of the benchmark as a pack.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "rules/language/pack.hpp"

namespace magwatch::bench {

// Ends the program where they do not compile.
inline std::shared_ptr<const Pack> load_rules()
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/tests/bench/rules/mgtox25.toml"};
    std::stringstream text;
    text << in.rdbuf();
    const CompiledPack compiled = compile_pack(text.str(), "mgtox25.toml");
    for (const Diagnostic& error : compiled.errors) std::fprintf(stderr, "%s\n", error.text().c_str());
    if (!compiled.pack) std::exit(1);
    return compiled.pack;
}

} // namespace magwatch::bench
