// What tells the compiled form of one pack from that of another, or from that of another program's compiler.
#pragma once

#include <cstdint>

#include "rules/language/pack.hpp"

namespace magwatch::language {

// Of the plan, windows and rules of a pack: equal if answers kept under the one mean the same under the other. Never 0.
[[nodiscard]] std::uint64_t fingerprint(const Pack& pack);

} // namespace magwatch::language
