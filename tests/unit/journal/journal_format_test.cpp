#include "daemon/journal/journal_format.hpp"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace magwatch {
namespace {

Bytes bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

TEST(JournalFormat, RecordsComeBackAsTheyWere)
{
    std::mt19937 random{7};
    for (const std::size_t count : {0U, 1U, 3U, 500U}) {
        Records records;
        std::vector<Bytes> each(count);
        for (Bytes& record : each) {
            record.resize(random() % 300);
            for (auto& byte : record) byte = static_cast<std::uint8_t>(random() % 4);
            records.push_back(record);
        }
        const Bytes packed = pack_records(records);
        const auto back = unpack_records(as_text(packed), count);
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, records);
        std::size_t at = 0;
        for (const std::string_view record : *back) EXPECT_EQ(record, as_text(each.at(at++)));
        EXPECT_EQ(at, count);
        EXPECT_FALSE(unpack_records(as_text(packed), count + 1));
        if (count > 0) {
            EXPECT_FALSE(unpack_records(as_text(packed), count - 1));
        }
    }
}

TEST(JournalFormat, CompressesWhatIsWorthIt)
{
    const Bytes small = bytes_of("hr=80");
    EXPECT_EQ(pack_bytes(as_text(small)).size(), small.size() + 1);
    const Bytes large(100'000, 'x');
    EXPECT_LT(pack_bytes(as_text(large)).size(), 200U);
    EXPECT_EQ(unpack_bytes(as_text(pack_bytes(as_text(large)))), large);
}

TEST(JournalFormat, DamagedBytesGiveNothingAndNeverCrash)
{
    Records records;
    for (int i = 0; i < 40; ++i)
        records.push_back(bytes_of("observation number " + std::to_string(i)));
    const Bytes packed = pack_records(records);
    std::mt19937 random{11};
    for (int round = 0; round < 5000; ++round) {
        Bytes broken = packed;
        for (unsigned i = 0; i <= random() % 4; ++i)
            broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        if (random() % 3 == 0) broken.resize(random() % (broken.size() + 1));
        (void)unpack_records(as_text(broken), records.size());
    }
    EXPECT_FALSE(unpack_bytes(""));
    EXPECT_FALSE(unpack_bytes("\x07payload"));
    EXPECT_FALSE(unpack_records(std::string_view{"\0\xff\xff\xff\xff\x0f", 6}, 1)); // says 4 GiB
}

TEST(JournalFormat, AFrameThatClaimsTooMuchIsRefusedBeforeItIsAllocated)
{
    // A zstd frame header that announces 2^40 bytes of content.
    const std::string_view frame{"\x01\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0", 14};
    EXPECT_FALSE(unpack_bytes(frame));
}

TEST(JournalFormat, ChecksumsAreCrc32c)
{
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U); // the check value of CRC-32C's catalogue entry
    EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xE3069283U);
    std::string bytes(41, '\0');
    std::iota(bytes.begin(), bytes.end(), '\xE0');
    const std::string_view all = bytes;
    for (std::size_t first = 0; first <= all.size(); ++first) // whatever stands in one step of eight bytes
        EXPECT_EQ(crc32c(all.substr(first), crc32c(all.substr(0, first))), crc32c(all)) << first;
    EXPECT_NE(row_crc({1, 2}, "x"), row_crc({2, 1}, "x"));
    EXPECT_NE(row_crc({1, 2}, "x"), row_crc({1, 2}, "y"));
}

TEST(JournalFormat, ABlobIsNamedByBlake2b)
{
    // BLAKE2b with 32 bytes of output, of nothing (the algorithm's published value).
    EXPECT_EQ(blob_hash(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

} // namespace
} // namespace magwatch
