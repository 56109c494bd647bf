// The bytes inside the journal's rows: records framed, compressed, and guarded by a checksum.
// docs/JOURNAL_FORMAT.md describes them; a change here is a new journal_version there.
//
// Pure. Damaged bytes give nullopt, never a crash and never more memory than they say they need
// (bounded).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/archive.hpp"

namespace magwatch {

inline constexpr std::int64_t journal_application_id = 0x6D61676A; // "magj"
inline constexpr std::int64_t history_application_id = 0x6D616768; // "magh"
inline constexpr std::int64_t journal_version = 3;                 // PRAGMA user_version
inline constexpr std::int64_t history_version = 2;

// Nothing larger is written or believed when read: a day's worth of one ward's inputs.
inline constexpr std::size_t largest_payload = 64U << 20;

// One byte of method (0 stored, 1 zstd) and the bytes. Short ones are stored: compressing would not
// pay.
[[nodiscard]] Bytes pack_bytes(std::string_view bytes);
[[nodiscard]] std::optional<Bytes> unpack_bytes(std::string_view packed);

// Records one after another in one piece of memory, each behind its length (LEB128): what is packed, and what
// is read without copying a single one.
class Records {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = const std::string_view*;
        using reference = std::string_view;
        Iterator(const std::uint8_t* at, const std::uint8_t* end) : next_{at}, end_{end} { ++*this; }
        [[nodiscard]] std::string_view operator*() const { return record_; }
        Iterator& operator++();
        Iterator operator++(int)
        {
            const Iterator before = *this;
            ++*this;
            return before;
        }
        [[nodiscard]] bool operator==(const Iterator& other) const { return record_.data() == other.record_.data(); }

    private:
        const std::uint8_t* next_;
        const std::uint8_t* end_;
        std::string_view record_; // of no data at the end
    };

    void push_back(std::string_view record);
    void push_back(const Bytes& record) { push_back(as_text(record)); }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] const Bytes& framed() const { return framed_; }
    [[nodiscard]] Iterator begin() const { return {framed_.data(), framed_.data() + framed_.size()}; }
    [[nodiscard]] Iterator end() const { return {nullptr, nullptr}; }
    // The first; there must be one.
    [[nodiscard]] std::string_view front() const { return *begin(); }
    // Nothing if these bytes are not exactly so many records.
    [[nodiscard]] static std::optional<Records> from(Bytes framed, std::size_t count);
    friend bool operator==(const Records&, const Records&) = default;

private:
    Bytes framed_;
    std::size_t count_ = 0;
};

[[nodiscard]] Bytes pack_records(const Records& records);
[[nodiscard]] std::optional<Records> unpack_records(std::string_view packed, std::size_t count);

// CRC-32C (Castagnoli), chained by passing the previous result.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
// A row's checksum: its integer columns in order, little-endian, then its bytes.
[[nodiscard]] std::uint32_t row_crc(std::initializer_list<std::int64_t> columns,
                                    std::string_view bytes);

// BLAKE2b-256 as 64 hexadecimal digits: the name of a blob.
[[nodiscard]] std::string blob_hash(std::string_view bytes);

} // namespace magwatch
