// A message from a hostile sender: parsed, decoded, applied, answered. Nothing crashes, every
// accepted value is in its range, and an answer is whole lines of its own whatever stood in the
// message.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/monitors/hl7/decode_json.hpp"
#include "adapters/monitors/hl7/ingest.hpp"

namespace
{

using namespace magwatch;
using namespace magwatch::adapters;
using namespace magwatch::adapters::hl7;

struct CheckingSink : ObservationSink {
    void push(const Observation& o) override
    {
        const SignalInfo& about = info(o.signal);
        if (o.validity != Validity::valid) return;
        if (!std::isfinite(o.value) || o.value < about.min || o.value > about.max) std::abort();
        if (o.bed != BedId{1} && o.bed != BedId{2}) std::abort();
    }
    void push(const RefusedValue&) override {}
    void push(const DeviceStatus&) override {}
    boost::asio::awaitable<bool> committed() override { co_return true; }
};

Hl7Config config()
{
    Hl7Config c;
    SourceProfile any;
    any.source = SourceId{1};
    any.pumps_give_magnesium = true;
    c.sources.push_back(any);
    c.beds.push_back({BedId{1}, {"bed4", "A"}, false});
    c.beds.push_back({BedId{2}, {"bed5"}, false});
    return c;
}

void check_answer(std::string_view out)
{
    while (!out.empty()) {
        if (out.front() != '\x0B') std::abort();
        const std::size_t end = out.find("\x1C\r");
        if (end == std::string_view::npos) std::abort();
        const std::string_view frame = out.substr(1, end - 1);
        if (frame.substr(0, 3) != "MSH" || frame.find('\x0B') != std::string_view::npos)
            std::abort();
        std::size_t lines = 0;
        for (const char c : frame) lines += c == '\r' ? 1 : 0;
        if (frame.back() != '\r' || lines < 2 || lines > 3) std::abort();
        out.remove_prefix(end + 2);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    CheckingSink sink;
    Ingest ingest{config(), sink};
    std::vector<Taken> taken;
    const WallTime now{1'767'000'000'000};
    ingest.take(text, "127.0.0.1", now, taken);
    ingest.take_oversized(text.substr(0, 100), taken);
    for (const bool stored : {true, false}) {
        std::string out;
        ingest.answer(taken, stored, now, out);
        check_answer(out);
    }
    std::ostringstream lines;
    decode_as_json(lines, "file", text, SourceProfile{});
    decode_as_table(lines, "file", text, SourceProfile{});
    return 0;
}
