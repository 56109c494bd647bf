// The bytes inside the journal's rows: records framed, compressed, and guarded by a checksum.
// docs/JOURNAL_FORMAT.md describes them; a change here is a new journal_version there.
//
// Pure. Damaged bytes give nullopt, never a crash and never more memory than they say they need
// (bounded).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/archive.hpp"

namespace magwatch {

inline constexpr std::int64_t journal_application_id = 0x6D61676A; // "magj"
inline constexpr std::int64_t history_application_id = 0x6D616768; // "magh"
inline constexpr std::int64_t journal_version = 1;                 // PRAGMA user_version
inline constexpr std::int64_t history_version = 1;

// Nothing larger is written or believed when read: a day's worth of one ward's inputs.
inline constexpr std::size_t largest_payload = 64U << 20;

// One byte of method (0 stored, 1 zstd) and the bytes. Short ones are stored: compressing would not
// pay.
[[nodiscard]] Bytes pack_bytes(std::string_view bytes);
[[nodiscard]] std::optional<Bytes> unpack_bytes(std::string_view packed);

// Records, each behind its length (LEB128), one after another; then packed.
[[nodiscard]] Bytes pack_records(const std::vector<Bytes>& records);
[[nodiscard]] std::optional<std::vector<Bytes>> unpack_records(std::string_view packed,
                                                               std::size_t count);

// CRC-32C (Castagnoli), chained by passing the previous result.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
// A row's checksum: its integer columns in order, little-endian, then its bytes.
[[nodiscard]] std::uint32_t row_crc(std::initializer_list<std::int64_t> columns,
                                    std::string_view bytes);

// BLAKE2b-256 as 64 hexadecimal digits: the name of a blob.
[[nodiscard]] std::string blob_hash(std::string_view bytes);

} // namespace magwatch
