#include "daemon/journal/journal_format.hpp"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <sodium.h>
#include <zstd.h>

namespace magwatch {

namespace {

enum class Method : std::uint8_t { stored = 0, zstd = 1 };
constexpr std::size_t worth_compressing =
    200; // bytes; below, zstd's frame costs more than it saves
constexpr int level = 3;

// Tables of CRC-32C, polynomial 0x1EDC6F41 reflected. The first moves one byte; the k-th moves a byte that k more bytes
// follow, so that eight bytes take eight independent looks instead of a chain of eight (Intel's "slicing by 8").
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_crc_tables()
{
    CrcTables tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? (c >> 1) ^ 0x82F63B78U : c >> 1;
        tables[0][i] = c;
    }
    for (std::size_t k = 1; k < tables.size(); ++k) {
        for (std::size_t i = 0; i < 256; ++i) {
            const std::uint32_t before = tables[k - 1][i];
            tables[k][i] = tables[0][before & 0xFF] ^ (before >> 8);
        }
    }
    return tables;
}
constexpr CrcTables crc_tables = make_crc_tables();

// Making a context costs more than packing or unpacking a batch with it.
struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

} // namespace

Bytes pack_bytes(std::string_view bytes)
{
    Bytes packed;
    if (bytes.size() >= worth_compressing) {
        thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
        packed.resize(1 + ZSTD_compressBound(bytes.size()));
        const std::size_t size = ZSTD_compressCCtx(
            context.get(), packed.data() + 1, packed.size() - 1, bytes.data(), bytes.size(), level);
        if (ZSTD_isError(size) == 0 && size < bytes.size()) {
            packed[0] = static_cast<std::uint8_t>(Method::zstd);
            packed.resize(1 + size);
            return packed;
        }
        packed.clear();
    }
    packed.reserve(1 + bytes.size());
    packed.push_back(static_cast<std::uint8_t>(Method::stored));
    packed.insert(packed.end(), bytes.begin(), bytes.end());
    return packed;
}

std::optional<Bytes> unpack_bytes(std::string_view packed)
{
    if (packed.empty()) return std::nullopt;
    const auto method = static_cast<Method>(static_cast<std::uint8_t>(packed.front()));
    packed.remove_prefix(1);
    if (method == Method::stored) return Bytes{packed.begin(), packed.end()};
    if (method != Method::zstd) return std::nullopt;
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size > largest_payload)
        return std::nullopt;
    Bytes bytes(size);
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
    if (ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), packed.data(), packed.size()) !=
        bytes.size())
        return std::nullopt;
    return bytes;
}

Records::Iterator& Records::Iterator::operator++()
{
    if (next_ == end_) {
        record_ = {};
        return *this;
    }
    Reader reader{{reinterpret_cast<const char*>(next_), static_cast<std::size_t>(end_ - next_)}};
    const std::size_t size = reader.count();
    next_ = end_ - reader.left();
    record_ = {reinterpret_cast<const char*>(next_), size};
    next_ += size;
    return *this;
}

void Records::push_back(std::string_view record)
{
    Writer writer{framed_};
    writer.varint(record.size());
    writer.raw(record.data(), record.size());
    ++count_;
}

std::optional<Records> Records::from(Bytes framed, std::size_t count)
{
    std::size_t found = 0;
    for (std::string_view rest = as_text(framed); !rest.empty(); ++found) {
        Reader reader{rest};
        const std::size_t size = reader.count();
        if (!reader.ok()) return std::nullopt;
        rest = rest.substr(rest.size() - reader.left() + size);
    }
    if (found != count) return std::nullopt;
    Records records;
    records.framed_ = std::move(framed);
    records.count_ = count;
    return records;
}

Bytes pack_records(const Records& records)
{
    return pack_bytes(as_text(records.framed()));
}

std::optional<Records> unpack_records(std::string_view packed, std::size_t count)
{
    std::optional<Bytes> framed = unpack_bytes(packed);
    if (!framed) return std::nullopt;
    return Records::from(std::move(*framed), count);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before)
{
    const auto at = [&bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    std::uint32_t c = ~before;
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            const std::uint32_t mixed = i < 4 ? at(i) ^ ((c >> (8 * i)) & 0xFF) : at(i);
            next ^= crc_tables[7 - i][mixed];
        }
        c = next;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) c = crc_tables[0][(c ^ at(i)) & 0xFF] ^ (c >> 8);
    return ~c;
}

std::uint32_t row_crc(std::initializer_list<std::int64_t> columns, std::string_view bytes)
{
    std::uint32_t crc = 0;
    for (const std::int64_t column : columns) {
        std::array<char, 8> little{};
        for (std::size_t i = 0; i < little.size(); ++i)
            little[i] = static_cast<char>(static_cast<std::uint64_t>(column) >> (8 * i));
        crc = crc32c({little.data(), little.size()}, crc);
    }
    return crc32c(bytes, crc);
}

std::string blob_hash(std::string_view bytes)
{
    std::array<unsigned char, crypto_generichash_BYTES> digest{};
    crypto_generichash(digest.data(), digest.size(),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                       0);
    std::string text;
    for (const unsigned char byte : digest)
        text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

} // namespace magwatch
