// Any bytes as a record of the journal and as a snapshot of a ward: no crash, and what was taken means itself: written
// again and read again it gives the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/ward_loop/record.hpp"
#include "rules/ward/ward.hpp"

using namespace magwatch;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

// What a record says, as records of form 3.
struct Said {
    std::vector<Bytes> records;
    void operator()(const Moment& at, const Input& input) { records.push_back(encode_record(at, input)); }
    void operator()(const Effect& effect) { records.push_back(encode_record(effect)); }
};

void check_record(std::string_view bytes)
{
    static RecordReader reader; // keeps its memory, and nothing of what it read before
    Said said;
    const bool whole = reader.read(bytes, said, said);
    require(whole || said.records.empty());
    require(said.records.size() <= run_longest);
    for (const Bytes& record : said.records) {
        Said again;
        require(reader.read(as_text(record), again, again));
        require(again.records.size() == 1 && again.records[0] == record);
    }
}

void check_snapshot(std::string_view bytes)
{
    const auto ward = Ward::load(bytes);
    if (!ward) return;
    const Bytes saved = ward->save();
    const auto again = Ward::load(as_text(saved));
    require(again && again->save() == saved);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_record(bytes);
    check_snapshot(bytes);
    return 0;
}
