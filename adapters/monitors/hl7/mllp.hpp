// MLLP framing (HL7 v2 minimal lower layer protocol): bytes in, messages out.
//
// Pure: no sockets, no clock. One decoder belongs to one connection. It reads in place: the caller
// receives into prepare(), says how much came with commit(), and takes frames until next() is
// empty. A frame is 0x0B payload 0x1C 0x0D. What real senders do (protocols.md 1) is borne and
// counted: bytes between frames, 0x0B inside a frame (a new frame begins), 0x1C without 0x0D (taken
// as the end). Bound: a payload of more than max_bytes is reported once, with its first bytes, and
// skipped to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace magwatch::adapters::hl7
{

inline constexpr std::size_t default_max_message_bytes = std::size_t{1}
                                                         << 20; // generous for numerics

struct Frame {
    std::string_view payload;
    bool oversized = false; // payload holds the first bytes only
};

class MllpDecoder
{
public:
    struct Counts {
        std::uint64_t frames = 0;
        std::uint64_t oversized = 0;
        std::uint64_t restarted = 0;   // 0x0B inside a frame: what stood before it is lost
        std::uint64_t missing_end = 0; // 0x1C without 0x0D
        std::uint64_t noise = 0;       // bytes between frames other than NUL, CR, LF
    };

    explicit MllpDecoder(std::size_t max_bytes = default_max_message_bytes) : max_bytes_{max_bytes}
    {
    }

    // Room for at least `bytes` more; invalidates frames handed out before.
    [[nodiscard]] std::span<char> prepare(std::size_t bytes);
    void commit(std::size_t bytes);
    // The next whole frame, valid until prepare(); nullopt: more bytes are needed.
    [[nodiscard]] std::optional<Frame> next();

    // Part of a frame is here: the time limit inside a frame runs.
    [[nodiscard]] bool inside_frame() const { return state_ != State::outside; }
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    enum class State : std::uint8_t { outside, inside, skipping };
    bool find_start();
    std::optional<Frame> find_end();

    std::size_t max_bytes_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0; // first byte not consumed; inside a frame the first byte of its payload
    std::size_t scan_ = 0;  // bytes before it hold no mark
    std::size_t end_ = 0;
    State state_ = State::outside;
    bool end_expected_ = false; // a 0x0D should follow
    Counts counts_;
};

// Cuts a file or frame into messages: a byte order mark, MLLP marks and batch envelopes (FHS, BHS,
// BTS, FTS) are left out; each message starts at a line that begins with MSH. Bytes before the
// first MSH that are none of these make one message of their own, so that it is refused and not
// lost.
[[nodiscard]] std::vector<std::string_view> split_messages(std::string_view text);

} // namespace magwatch::adapters::hl7
