// The frame decoder: however a stream is cut into reads, the same frames come out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/monitors/hl7/mllp.hpp"

namespace
{

using namespace magwatch::adapters::hl7;

std::vector<std::string> frames_of(std::string_view stream, std::size_t step, std::size_t limit)
{
    MllpDecoder decoder{limit};
    std::vector<std::string> frames;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        const std::string_view piece = stream.substr(at, step);
        const auto room = decoder.prepare(piece.size());
        piece.copy(room.data(), piece.size());
        decoder.commit(piece.size());
        while (const auto frame = decoder.next()) {
            if (frame->payload.size() > limit) std::abort();
            // What is oversized is told as soon as it is, so its first bytes do not depend on the
            // cuts.
            frames.push_back((frame->oversized ? "!" : "=") + std::string{frame->payload});
        }
    }
    return frames;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const std::size_t step = 1 + data[0] % 64;
    const std::size_t limit = 1 + data[1];
    const std::string_view stream{reinterpret_cast<const char*>(data) + 2, size - 2};
    const auto at_once = frames_of(stream, std::max<std::size_t>(stream.size(), 1), limit);
    auto in_pieces = frames_of(stream, step, limit);
    // A frame that is restarted after it grew too long was already told when it came in pieces.
    if (stream.find('\x0B', stream.find('\x0B') + 1) == std::string_view::npos &&
        at_once != in_pieces) {
        std::abort();
    }
    std::erase_if(in_pieces, [](const std::string& f) { return f[0] == '!'; });
    auto whole = at_once;
    std::erase_if(whole, [](const std::string& f) { return f[0] == '!'; });
    if (whole != in_pieces) std::abort();
    for (const std::string_view message : split_messages(stream)) {
        if (message.empty()) std::abort();
    }
    return 0;
}
