#include "runtime/crash_point.hpp"

namespace magwatch {

void crash_point(CrashPoint, std::uint64_t) noexcept {}

} // namespace magwatch
