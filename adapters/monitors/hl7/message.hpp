// An HL7 v2 message as views into its bytes: separators from the message itself, segments, fields.
//
// Pure, no copies: every view lives as long as the text that was parsed. A Message is meant to be
// used again; its storage is kept. Segments end with CR, LF or CRLF; a line that does not begin
// like a segment belongs to the field before it (senders break a control id over two lines).
// Nothing here knows codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch::adapters::hl7
{

struct Separators {
    char field = '|';
    char component = '^';
    char repetition = '~';
    char escape = '\\'; // '\0': the message declares none
    char subcomponent = '&';
    char truncation = '\0'; // from version 2.7
};

// Bounds of one message; beyond them it is refused as a whole (design values).
struct Limits {
    std::size_t bytes = std::size_t{1} << 20;
    std::size_t segments = 5'000;
    std::size_t fields = 200'000; // of the whole message
    std::size_t fields_of_segment = 2'000;
    bool header_only = false; // stop after MSH
};

enum class ParseFault : std::uint8_t {
    none,
    no_header,  // does not begin with MSH
    bad_header, // separators missing, or not separators
    too_long,
    too_many_segments,
    too_many_fields,
};
[[nodiscard]] std::string_view name(ParseFault fault);

// The n-th part (from 1) of a text cut at `separator`; empty if there are fewer. With separator
// '\0' the whole is part 1.
[[nodiscard]] std::string_view part(std::string_view text, std::size_t n, char separator);
[[nodiscard]] std::size_t count_parts(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);

class Segment
{
public:
    Segment() = default;
    Segment(const char* base, const std::uint32_t* cuts, std::uint32_t count)
        : base_{base}, cuts_{cuts}, count_{count}
    {
    }
    // "OBX". Three letters always.
    [[nodiscard]] std::string_view name() const { return {base_ + cuts_[0] - 3, 3}; }
    [[nodiscard]] bool is(const char (&text)[4]) const
    {
        const char* const p = base_ + cuts_[0] - 3;
        return p[0] == text[0] && p[1] == text[1] && p[2] == text[2];
    }
    // Field n (from 1), as the standard counts: of MSH, field 1 is the separator. Empty if absent.
    [[nodiscard]] std::string_view field(std::size_t n) const
    {
        const std::size_t first = is("MSH") ? n - 1 : n;
        if (first == 0 || n == 0)
            return n == 1 ? std::string_view{base_ + cuts_[0], 1} : std::string_view{};
        if (first >= count_) return {};
        return {base_ + cuts_[first - 1] + 1, cuts_[first] - cuts_[first - 1] - 1};
    }

private:
    const char* base_ = nullptr;
    // cuts_[i] is where field i ends (i = 0: the name); the last is the end of the segment.
    const std::uint32_t* cuts_ = nullptr;
    std::uint32_t count_ = 0;
};

class Message
{
public:
    // Parses the first message of the text. A second MSH, or a batch trailer, ends it: see
    // consumed().
    ParseFault parse(std::string_view text, const Limits& limits = {});

    [[nodiscard]] const Separators& separators() const { return separators_; }
    [[nodiscard]] std::size_t size() const { return segments_.size(); }
    [[nodiscard]] Segment operator[](std::size_t i) const
    {
        const Row& row = segments_[i];
        return {text_.data(), cuts_.data() + row.first, row.count};
    }
    // Field n of MSH; empty views when parsing failed before it was read.
    [[nodiscard]] std::string_view header(std::size_t n) const
    {
        return segments_.empty() ? std::string_view{} : (*this)[0].field(n);
    }
    [[nodiscard]] std::string_view text() const { return text_; }
    // Everything after MSH: what stays the same when a message is sent again with a new time or id.
    [[nodiscard]] std::string_view body() const
    {
        if (segments_.size() < 2) return {};
        return text_.substr(static_cast<std::size_t>((*this)[1].name().data() - text_.data()));
    }
    // Where the next message of the same text begins; its size when there is none.
    [[nodiscard]] std::size_t consumed() const { return consumed_; }
    // Lines that were put back to the field before them.
    [[nodiscard]] std::uint32_t continued_lines() const { return continued_; }

    // Escapes replaced; `storage` is used only when there is one. Unknown escapes stay as text.
    [[nodiscard]] std::string_view unescape(std::string_view text, std::string& storage) const;

private:
    struct Row {
        std::uint32_t first;
        std::uint32_t count;
    };
    ParseFault read_header();
    ParseFault scan(const Limits& limits);
    ParseFault close_segment(std::size_t end, const Limits& limits);

    std::string_view text_;
    Separators separators_;
    std::vector<Row> segments_;
    std::vector<std::uint32_t> cuts_;
    std::uint32_t open_ = 0; // first cut of the segment being read
    std::size_t consumed_ = 0;
    std::uint32_t continued_ = 0;
};

// Text for a field we send: separators, CR and LF escaped, so that it can never become a segment.
void append_escaped(std::string& out, std::string_view text, const Separators& separators);
// The bytes as UTF-8: unchanged if they are, else read as Latin-1. `storage` is used only then.
[[nodiscard]] std::string_view to_utf8(std::string_view text, std::string& storage);
[[nodiscard]] bool is_utf8(std::string_view text);

} // namespace magwatch::adapters::hl7
