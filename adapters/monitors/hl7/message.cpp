#include "adapters/monitors/hl7/message.hpp"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace magwatch::adapters::hl7
{
namespace
{

bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}
bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_alnum(char c)
{
    return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z');
}

// A segment begins with three capitals or digits, the first a capital, and then a field or its end.
bool begins_segment(std::string_view text, std::size_t at, char field)
{
    if (text.size() - at < 3) return false;
    if (!is_upper(text[at])) return false;
    for (std::size_t i = at + 1; i < at + 3; ++i) {
        if (!is_upper(text[i]) && !is_digit(text[i])) return false;
    }
    return at + 3 == text.size() || text[at + 3] == field || is_line_end(text[at + 3]);
}

bool begins_message(std::string_view text, std::size_t at)
{
    const std::string_view name = text.substr(at, 3);
    return name == "MSH" || name == "BTS" || name == "FTS" || name == "BHS" || name == "FHS";
}

// Calls visit(position) for every field separator, CR and LF from `at` on, in order, while it is
// true. 16 bytes at a time where the processor can: the scan is most of what parsing costs.
template <class Visit>
void for_each_mark(std::string_view text, std::size_t at, char field, Visit&& visit)
{
#if defined(__SSE2__)
    const __m128i fields = _mm_set1_epi8(field);
    const __m128i returns = _mm_set1_epi8('\r');
    const __m128i feeds = _mm_set1_epi8('\n');
    for (; at + 16 <= text.size(); at += 16) {
        __m128i block;
        std::memcpy(&block, text.data() + at, sizeof block);
        const __m128i hit =
            _mm_or_si128(_mm_cmpeq_epi8(block, fields), _mm_or_si128(_mm_cmpeq_epi8(block, returns),
                                                                     _mm_cmpeq_epi8(block, feeds)));
        auto bits = static_cast<unsigned>(_mm_movemask_epi8(hit));
        while (bits != 0) {
            if (!visit(at + static_cast<std::size_t>(std::countr_zero(bits)))) return;
            bits &= bits - 1;
        }
    }
#endif
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if ((c == field || is_line_end(c)) && !visit(at)) return;
    }
}

} // namespace

std::string_view name(ParseFault fault)
{
    switch (fault) {
    case ParseFault::none:
        return "none";
    case ParseFault::no_header:
        return "no MSH segment";
    case ParseFault::bad_header:
        return "MSH-1 or MSH-2 unusable";
    case ParseFault::too_long:
        return "message too long";
    case ParseFault::too_many_segments:
        return "too many segments";
    case ParseFault::too_many_fields:
        return "too many fields";
    }
    return "";
}

std::string_view part(std::string_view text, std::size_t n, char separator)
{
    if (separator == '\0') return n == 1 ? text : std::string_view{};
    for (; n > 1; --n) {
        const std::size_t at = text.find(separator);
        if (at == std::string_view::npos) return {};
        text.remove_prefix(at + 1);
    }
    return text.substr(0, text.find(separator));
}

std::size_t count_parts(std::string_view text, char separator)
{
    std::size_t count = 1;
    if (separator == '\0') return count;
    for (const char c : text) count += c == separator ? 1 : 0;
    return count;
}

std::string_view trim(std::string_view text)
{
    const auto is_space = [](char c) {
        return c == ' ' || c == '\t' || is_line_end(c) || c == '\0';
    };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

ParseFault Message::read_header()
{
    std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (at < text_.size() && (is_line_end(text_[at]) || text_[at] == '\0' || text_[at] == ' '))
        ++at;
    // The envelope of a batch stands before its first message.
    while (at < text_.size() && begins_message(text_, at) && text_.substr(at, 3) != "MSH") {
        const std::size_t stop = text_.find_first_of("\r\n", at);
        if (stop == std::string_view::npos) return ParseFault::no_header;
        at = text_.find_first_not_of("\r\n", stop);
        if (at == std::string_view::npos) return ParseFault::no_header;
    }
    if (text_.substr(at, 3) != "MSH") return ParseFault::no_header;
    text_.remove_prefix(at);
    consumed_ += at;
    if (text_.size() < 5) return ParseFault::bad_header;
    Separators s;
    s.field = text_[3];
    std::string_view codes = text_.substr(4, 16);
    codes = codes.substr(0, codes.find_first_of(std::string{s.field, '\r', '\n'}));
    if (codes.size() < 2 || codes.size() > 5) return ParseFault::bad_header;
    s.component = codes[0];
    s.repetition = codes[1];
    s.escape = codes.size() > 2 ? codes[2] : '\0';
    s.subcomponent = codes.size() > 3 ? codes[3] : '\0';
    s.truncation = codes.size() > 4 ? codes[4] : '\0';
    // Seen: "^~&", the escape character left out.
    if (codes.size() == 3 && s.escape == '&') std::swap(s.escape, s.subcomponent);
    const char all[] = {s.field, s.component, s.repetition, s.escape, s.subcomponent, s.truncation};
    for (std::size_t i = 0; i < sizeof all; ++i) {
        if (all[i] == '\0' && i >= 3) continue;
        if (all[i] <= ' ' || all[i] == 0x7F || is_alnum(all[i])) return ParseFault::bad_header;
        for (std::size_t k = 0; k < i; ++k) {
            if (all[k] == all[i]) return ParseFault::bad_header;
        }
    }
    separators_ = s;
    return ParseFault::none;
}

ParseFault Message::close_segment(std::size_t end, const Limits& limits)
{
    const auto count = static_cast<std::uint32_t>(cuts_.size()) - open_ + 1;
    cuts_.push_back(static_cast<std::uint32_t>(end));
    segments_.push_back({open_, count});
    open_ = static_cast<std::uint32_t>(cuts_.size());
    if (segments_.size() > limits.segments) return ParseFault::too_many_segments;
    if (count > limits.fields_of_segment || cuts_.size() > limits.fields)
        return ParseFault::too_many_fields;
    return ParseFault::none;
}

ParseFault Message::scan(const Limits& limits)
{
    ParseFault fault = ParseFault::none;
    std::size_t end = text_.size(); // of the message
    std::size_t skip_to = 0;        // line ends before it were already taken
    bool open = true;
    for_each_mark(text_, 3, separators_.field, [&](std::size_t at) {
        if (at < skip_to) return true;
        if (!is_line_end(text_[at])) {
            cuts_.push_back(static_cast<std::uint32_t>(at));
            if (cuts_.size() <= limits.fields) return true;
            fault = ParseFault::too_many_fields;
            return false;
        }
        std::size_t next = at + 1;
        while (next < text_.size() && (is_line_end(text_[next]) || text_[next] == '\0')) ++next;
        skip_to = next;
        if (next < text_.size() && !begins_segment(text_, next, separators_.field)) {
            ++continued_;
            return true;
        }
        fault = close_segment(at, limits);
        open = false;
        if (fault != ParseFault::none || next == text_.size() || limits.header_only) return false;
        if (begins_message(text_, next)) {
            end = next;
            return false;
        }
        open = true;
        return true;
    });
    if (open && fault == ParseFault::none) fault = close_segment(text_.size(), limits);
    consumed_ += end;
    return fault;
}

ParseFault Message::parse(std::string_view text, const Limits& limits)
{
    text_ = text;
    segments_.clear();
    cuts_.clear();
    open_ = 0;
    consumed_ = 0;
    continued_ = 0;
    separators_ = {};
    if (text.size() > limits.bytes) {
        consumed_ = text.size();
        return ParseFault::too_long;
    }
    if (const ParseFault fault = read_header(); fault != ParseFault::none) {
        consumed_ = text.size();
        return fault;
    }
    return scan(limits);
}

namespace
{

int hex_value(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// \Xhh..\ : the bytes. False if it is no such escape.
bool append_hex(std::string& out, std::string_view digits)
{
    if (digits.empty() || digits.size() % 2 != 0) return false;
    const std::size_t before = out.size();
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_value(digits[i]);
        const int low = hex_value(digits[i + 1]);
        if (high < 0 || low < 0) {
            out.resize(before);
            return false;
        }
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return true;
}

bool append_sequence(std::string& out, std::string_view body, const Separators& s)
{
    if (body.size() == 1) {
        switch (body[0]) {
        case 'F':
            out.push_back(s.field);
            return true;
        case 'S':
            out.push_back(s.component);
            return true;
        case 'T':
            out.push_back(s.subcomponent != '\0' ? s.subcomponent : '&');
            return true;
        case 'R':
            out.push_back(s.repetition);
            return true;
        case 'E':
            out.push_back(s.escape);
            return true;
        case 'P':
            out.push_back(s.truncation != '\0' ? s.truncation : '#');
            return true;
        case 'H': // highlighting carries no text
        case 'N':
            return true;
        default:
            return false;
        }
    }
    if (body == ".br") {
        out.push_back('\n');
        return true;
    }
    return body.starts_with('X') && append_hex(out, body.substr(1));
}

} // namespace

std::string_view Message::unescape(std::string_view text, std::string& storage) const
{
    const char mark = separators_.escape;
    if (mark == '\0' || text.find(mark) == std::string_view::npos) return text;
    storage.clear();
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = text.find(mark, at);
        storage.append(text.substr(at, open - at));
        if (open == std::string_view::npos) break;
        const std::size_t close = text.find(mark, open + 1);
        if (close == std::string_view::npos) {
            storage.append(text.substr(open));
            break;
        }
        if (append_sequence(storage, text.substr(open + 1, close - open - 1), separators_)) {
            at = close + 1;
        } else {
            storage.append(
                text.substr(open, close - open)); // the closing mark may open the next one
            at = close;
            if (close + 1 == text.size() || text.find(mark, close + 1) == std::string_view::npos) {
                storage.push_back(mark);
                at = close + 1;
            }
        }
    }
    return storage;
}

void append_escaped(std::string& out, std::string_view text, const Separators& s)
{
    const char mark = s.escape;
    const auto escape = [&](char c) {
        if (mark == '\0') {
            out.push_back(' ');
            return;
        }
        out.push_back(mark);
        out.push_back(c);
        out.push_back(mark);
    };
    for (const char c : text) {
        if (c == s.field) {
            escape('F');
        } else if (c == s.component) {
            escape('S');
        } else if (c == s.repetition) {
            escape('R');
        } else if (s.subcomponent != '\0' && c == s.subcomponent) {
            escape('T');
        } else if (mark != '\0' && c == mark) {
            escape('E');
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out.push_back(' ');
        } else {
            out.push_back(c);
        }
    }
}

bool is_utf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        // Nearly all of nearly every message is ASCII.
        std::uint64_t word = 0;
        while (text.size() - i >= sizeof word) {
            std::memcpy(&word, text.data() + i, sizeof word);
            if ((word & 0x8080808080808080ULL) != 0) break;
            i += sizeof word;
        }
        if (i == text.size()) break;
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        if (lead < 0x80) {
            ++i;
            continue;
        }
        if (lead >= 0xC2 && lead <= 0xDF) more = 1;
        if (lead >= 0xE0 && lead <= 0xEF) more = 2;
        if (lead >= 0xF0 && lead <= 0xF4) more = 3;
        if (more == 0 || text.size() - i <= more) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
        }
        const auto second = static_cast<unsigned char>(text[i + 1]);
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

std::string_view to_utf8(std::string_view text, std::string& storage)
{
    if (is_utf8(text)) return text;
    storage.clear();
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            storage.push_back(c);
        } else {
            storage.push_back(static_cast<char>(0xC0 | (byte >> 6)));
            storage.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
        }
    }
    return storage;
}

} // namespace magwatch::adapters::hl7
