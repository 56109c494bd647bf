// Any bytes as what a damaged disk returns of a packed row: a minute of the history or records of the journal. Refused, or
// values that pack to themselves again; never more memory than a row may need.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/journal/history_file.hpp"
#include "daemon/journal/journal_format.hpp"
#include "rules/base/archive.hpp"

using namespace magwatch;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

void check_minute(std::string_view bytes)
{
    const auto minute = unpack_minute(bytes);
    if (!minute) return;
    const Bytes packed = pack_minute(*minute);
    const auto again = unpack_minute(as_text(packed));
    require(again && pack_minute(*again) == packed);
}

// The first byte: how many records the row's head promised.
void check_records(std::string_view bytes)
{
    if (bytes.empty()) return;
    const auto promised = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]));
    const auto records = unpack_records(bytes.substr(1), promised);
    if (!records) return;
    require(records->size() == promised);
    const Bytes packed = pack_records(*records);
    const auto again = unpack_records(as_text(packed), promised);
    require(again && *again == *records);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_minute(bytes);
    check_records(bytes);
    // Without compression, so that what stands behind it is reached.
    check_minute(as_text(pack_bytes(bytes)));
    if (const auto framed = Records::from(Bytes{data, data + size}, size % 7)) require(framed->size() == size % 7);
    return 0;
}
