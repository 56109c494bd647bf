#include "adapters/monitors/hl7/mllp.hpp"

#include <algorithm>
#include <cstring>

#include "rules/base/assert.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

constexpr char start_mark = 0x0B;
constexpr char end_mark = 0x1C;
constexpr std::size_t keep_bytes = std::size_t{128} << 10; // a larger idle buffer is given back

const char* find(const char* begin, const char* end, char mark)
{
    if (begin == end) return nullptr;
    const auto size = static_cast<std::size_t>(end - begin);
    return static_cast<const char*>(std::memchr(begin, mark, size));
}

bool is_filler(char c)
{
    return c == '\0' || c == '\r' || c == '\n';
}

} // namespace

std::span<char> MllpDecoder::prepare(std::size_t bytes)
{
    if (begin_ == end_) {
        begin_ = scan_ = end_ = 0;
        if (buffer_.size() > keep_bytes && bytes < keep_bytes)
            buffer_ = std::vector<char>(keep_bytes);
    }
    if (buffer_.size() - end_ < bytes) {
        if (begin_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            scan_ -= begin_;
            end_ -= begin_;
            begin_ = 0;
        }
        if (buffer_.size() - end_ < bytes)
            buffer_.resize(std::max(end_ + bytes, buffer_.size() * 2));
    }
    return {buffer_.data() + end_, buffer_.size() - end_};
}

void MllpDecoder::commit(std::size_t bytes)
{
    MAGWATCH_ASSERT(bytes <= buffer_.size() - end_);
    end_ += bytes;
}

bool MllpDecoder::find_start()
{
    if (end_expected_ && begin_ < end_) {
        end_expected_ = false;
        if (buffer_[begin_] == '\r') {
            ++begin_;
        } else {
            ++counts_.missing_end;
        }
    }
    const char* const base = buffer_.data();
    const char* const mark = find(base + begin_, base + end_, start_mark);
    const char* const stop = mark != nullptr ? mark : base + end_;
    counts_.noise += static_cast<std::uint64_t>(
        std::count_if(base + begin_, stop, [](char c) { return !is_filler(c); }));
    begin_ = static_cast<std::size_t>(stop - base) + (mark != nullptr ? 1 : 0);
    scan_ = begin_;
    return mark != nullptr;
}

std::optional<Frame> MllpDecoder::find_end()
{
    const char* const base = buffer_.data();
    const char* const stop = find(base + scan_, base + end_, end_mark);
    const char* const limit = stop != nullptr ? stop : base + end_;
    for (const char* again = find(base + scan_, limit, start_mark); again != nullptr;
         again = find(base + begin_, limit, start_mark)) {
        if (state_ == State::inside) ++counts_.restarted;
        state_ = State::inside;
        begin_ = static_cast<std::size_t>(again - base) + 1;
    }
    const char* const payload = base + begin_;
    const std::size_t size = static_cast<std::size_t>(limit - payload);
    const bool skipping = state_ == State::skipping;
    scan_ = static_cast<std::size_t>(limit - base);
    if (stop != nullptr) {
        begin_ = scan_ = scan_ + 1;
        state_ = State::outside;
        end_expected_ = true;
        if (skipping) return std::nullopt;
        if (size <= max_bytes_) {
            ++counts_.frames;
            return Frame{{payload, size}, false};
        }
    } else if (skipping || size <= max_bytes_) {
        if (skipping) begin_ = scan_;
        return std::nullopt;
    } else {
        begin_ = scan_;
        state_ = State::skipping;
    }
    ++counts_.oversized;
    return Frame{{payload, max_bytes_}, true};
}

std::optional<Frame> MllpDecoder::next()
{
    while (begin_ < end_) {
        if (state_ == State::outside) {
            if (!find_start()) return std::nullopt;
            state_ = State::inside;
        }
        if (auto frame = find_end()) return frame;
        if (state_ != State::outside) return std::nullopt;
    }
    return std::nullopt;
}

namespace
{

// Where the line after `at` begins.
std::size_t next_line(std::string_view text, std::size_t at)
{
    const std::size_t stop = text.find_first_of("\r\n", at);
    return stop == std::string_view::npos ? text.size() : stop + 1;
}

bool line_is(std::string_view text, std::size_t at, std::string_view name)
{
    if (text.substr(at, 3) != name || at + 3 >= text.size()) return false;
    const char c = text[at + 3];
    return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             c == ' ');
}

bool is_envelope(std::string_view text, std::size_t at)
{
    for (const std::string_view name : {"FHS", "BHS", "BTS", "FTS"}) {
        if (line_is(text, at, name)) return true;
    }
    return false;
}

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(std::string_view{"\0\r\n\t \x0B\x1C", 7}) ==
           std::string_view::npos;
}

} // namespace

std::vector<std::string_view> split_messages(std::string_view text)
{
    std::vector<std::string_view> messages;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::size_t begin = 0;
    const auto close = [&](std::size_t end) {
        std::string_view piece = text.substr(begin, end - begin);
        while (!piece.empty() && (piece.back() == start_mark || piece.back() == end_mark ||
                                  is_filler(piece.back()))) {
            piece.remove_suffix(1);
        }
        if (!is_blank(piece)) messages.push_back(piece);
    };
    std::size_t at = 0;
    while (at < text.size()) {
        // Marks of a captured stream stand before the first segment's name.
        const std::size_t line = at;
        while (at < text.size() &&
               (text[at] == start_mark || text[at] == end_mark || text[at] == '\0'))
            ++at;
        if (line_is(text, at, "MSH")) {
            close(line);
            begin = at;
        } else if (is_envelope(text, at)) {
            close(line);
            begin = next_line(text, at);
        }
        at = next_line(text, at);
    }
    close(text.size());
    return messages;
}

} // namespace magwatch::adapters::hl7
