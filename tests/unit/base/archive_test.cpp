// Bytes that nobody wrote give no value and no crash.
#include "rules/base/archive.hpp"

#include <gtest/gtest.h>

namespace magwatch {
namespace {

template <class T> std::optional<T> read(const Bytes& bytes) { return from_bytes<T>(as_text(bytes)); }
Bytes varint(std::uint64_t value)
{
    Bytes out;
    Writer{out}.varint(value);
    return out;
}

TEST(Archive, ANumberThatDoesNotFitIsRefused)
{
    EXPECT_EQ(read<std::int32_t>(to_bytes(std::int64_t{INT32_MAX})), INT32_MAX);
    EXPECT_EQ(read<std::int32_t>(to_bytes(std::int64_t{INT32_MAX} + 1)), std::nullopt);
    EXPECT_EQ(read<std::int32_t>(to_bytes(std::int64_t{INT32_MIN})), INT32_MIN);
    EXPECT_EQ(read<std::int32_t>(to_bytes(std::int64_t{INT32_MIN} - 1)), std::nullopt);
    EXPECT_EQ(read<std::uint16_t>(varint(0xFFFF)), 0xFFFF);
    EXPECT_EQ(read<std::uint16_t>(varint(0x10000)), std::nullopt);
    EXPECT_EQ(read<std::uint64_t>(Bytes(11, 0x80)), std::nullopt) << "a number without an end";
}

TEST(Archive, WhatIsCutOffIsRefused)
{
    EXPECT_EQ(read<std::uint64_t>({}), std::nullopt);
    EXPECT_EQ(read<std::uint8_t>({}), std::nullopt);
    EXPECT_EQ(read<double>(Bytes(7, 0)), std::nullopt);
    EXPECT_EQ(read<std::string>(varint(5)), std::nullopt);
    EXPECT_EQ(read<std::vector<std::uint8_t>>(varint(1'000'000)), std::nullopt) << "and nothing is reserved for it";
    EXPECT_EQ(read<std::optional<double>>({1, 0}), std::nullopt);
    EXPECT_EQ(read<std::optional<double>>({}), std::nullopt);
}

TEST(Archive, WhatIsNeitherYesNorNoAndWhatIsNoAlternativeIsRefused)
{
    EXPECT_EQ(read<bool>({1}), true);
    EXPECT_EQ(read<bool>({2}), std::nullopt);
    using Either = std::variant<std::uint8_t, std::string>;
    EXPECT_EQ(read<Either>({0, 7}), Either{std::uint8_t{7}});
    EXPECT_EQ(read<Either>({2, 7}), std::nullopt);
    EXPECT_EQ(read<std::uint8_t>({1, 2}), std::nullopt) << "something is left";
}

TEST(Archive, OfAnArrayThatGrewTheFirstItemsAreReadAndNeverMoreThanItHas)
{
    Bytes bytes;
    const std::array<std::uint8_t, 4> wrote{1, 2, 3, 4};
    Writer{bytes}(wrote);
    std::array<std::uint8_t, 3> known{9, 9, 9};
    Reader two{bytes};
    archive_first(two, known, 2);
    EXPECT_EQ(known, (std::array<std::uint8_t, 3>{1, 2, 9}));
    Reader many{bytes};
    archive_first(many, known, 4);
    EXPECT_EQ(known, (std::array<std::uint8_t, 3>{1, 2, 3}));
    EXPECT_EQ(many.left(), 1U);
}

} // namespace
} // namespace magwatch
