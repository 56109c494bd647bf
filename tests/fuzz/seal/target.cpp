// Any bytes as a commissioning record that somebody hands over: only what a key really sealed counts as sealed, and a time
// that is read is written as the same moment again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/commissioning/seal.hpp"
#include "daemon/http/times.hpp"

using namespace magwatch;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    if (const auto key = sealed_by(bytes)) require(key->size() == 64);
    if (const auto time = http::parse_time(bytes)) require(http::parse_time(http::format_time(*time)) == time);
    return 0;
}
