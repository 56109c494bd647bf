#include "adapters/monitors/modbus/rtu.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace magwatch::adapters::modbus
{
namespace
{

using Bytes = std::vector<std::uint8_t>;

Request request_of(std::uint8_t unit, Table table, std::uint16_t address, std::uint16_t count)
{
    Request r;
    r.unit = unit;
    r.place = {table, address, count};
    return r;
}

Bytes with_crc(Bytes frame)
{
    const std::uint16_t crc = crc16(frame);
    frame.push_back(static_cast<std::uint8_t>(crc));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8));
    return frame;
}

Bytes answer_to(const Request& r)
{
    Bytes out{r.unit, static_cast<std::uint8_t>(r.place.table),
              static_cast<std::uint8_t>(r.data_bytes())};
    for (std::size_t i = 0; i < r.data_bytes(); ++i)
        out.push_back(static_cast<std::uint8_t>(i * 7 + 1));
    return with_crc(out);
}

Bytes joined(Bytes first, const Bytes& second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Bytes echo_of(const Request& r)
{
    const auto bytes = rtu_request(r);
    return {bytes.begin(), bytes.end()};
}

ReplyKind kind(const Request& r, const Bytes& bytes, const Debts& debts = {})
{
    return check_rtu(r, bytes, debts).kind;
}

struct Frame {
    Bytes bytes;
    std::string direction;
};

// Frames of real devices, decoded from the captures of a logic analyser (tests/data/README.md).
std::vector<Frame> recorded(const std::string& name)
{
    std::ifstream file{std::string{MAGWATCH_SOURCE_DIR} + "/tests/data/modbus/" + name};
    std::vector<Frame> out;
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        const auto hex = json.at("hex").get<std::string>();
        Frame frame{{}, json.at("dir").get<std::string>()};
        for (std::size_t i = 0; i < hex.size(); i += 2)
            frame.bytes.push_back(
                static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
        out.push_back(std::move(frame));
    }
    return out;
}

Request request_in(const Bytes& frame)
{
    return request_of(frame[0], static_cast<Table>(frame[1]),
                      static_cast<std::uint16_t>(frame[2] << 8 | frame[3]),
                      static_cast<std::uint16_t>(frame[4] << 8 | frame[5]));
}

TEST(Rtu, RealDevicesAreFramedAndAnsweredAsHere)
{
    std::size_t reads = 0;
    for (const char* name : {"rtu_brainchild_io16do.jsonl", "rtu_flowmeter_tool.jsonl"}) {
        const auto frames = recorded(name);
        ASSERT_GE(frames.size(), 18U) << name;
        for (std::size_t i = 0; i + 1 < frames.size(); i += 2) {
            const Bytes& asked = frames[i].bytes;
            ASSERT_TRUE(crc_agrees(asked)) << name << i;
            ASSERT_TRUE(crc_agrees(frames[i + 1].bytes)) << name << i;
            if (asked[1] < 1 || asked[1] > 4) continue;
            const Request r = request_in(asked);
            EXPECT_EQ(echo_of(r), asked);
            EXPECT_EQ(kind(r, frames[i + 1].bytes), ReplyKind::data) << name << i;
            // Both directions on one line: our own request comes back before the answer.
            EXPECT_EQ(kind(r, joined(asked, frames[i + 1].bytes)), ReplyKind::data) << name << i;
            reads += 1;
        }
    }
    EXPECT_GE(reads, 12U);
}

TEST(Rtu, SomebodyElsesDialogueIsNoticedAndNeverBelieved)
{
    const auto frames = recorded("rtu_flowmeter_tool.jsonl");
    const Debts none;
    const Request ours = request_of(0xF7, Table::holding_registers, 20, 2);
    for (const Frame& frame : frames) {
        EXPECT_TRUE(holds_stranger(frame.bytes, none, Answers::counted));
        Bytes noisy{0x00, 0xFF};
        noisy.insert(noisy.end(), frame.bytes.begin(), frame.bytes.end());
        EXPECT_TRUE(holds_stranger(noisy, none, Answers::counted));
    }
    for (std::size_t i = 0; i + 1 < frames.size(); i += 2) {
        EXPECT_TRUE(holds_stranger(frames[i].bytes, none, Answers::ignored));
        EXPECT_FALSE(holds_stranger(frames[i + 1].bytes, none, Answers::ignored));
        EXPECT_EQ(kind(ours, joined(frames[i].bytes, frames[i + 1].bytes)), ReplyKind::bad);
    }
    EXPECT_FALSE(holds_stranger(Bytes{0x00, 0xFF, 0x13, 0x37, 0x00, 0x00}, none, Answers::counted));
}

TEST(Rtu, ALateAnswerIsNoStrangerIfItIsOwed)
{
    const Request late = request_of(3, Table::input_registers, 0, 4);
    Debts debts;
    EXPECT_TRUE(holds_stranger(answer_to(late), debts, Answers::counted));
    debts.add(late, false);
    EXPECT_FALSE(holds_stranger(answer_to(late), debts, Answers::counted));
    const Request other = request_of(4, Table::input_registers, 0, 4);
    EXPECT_TRUE(holds_stranger(answer_to(other), debts, Answers::counted));
    EXPECT_EQ(kind(other, joined(answer_to(late), answer_to(other)), debts), ReplyKind::data);
    debts.settle(3);
    EXPECT_EQ(kind(other, joined(answer_to(late), answer_to(other)), debts), ReplyKind::bad);
}

TEST(Rtu, OnlyTheWholeAnswerCounts)
{
    const Request r = request_of(2, Table::holding_registers, 4, 3);
    const Bytes whole = answer_to(r);
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_EQ(check_rtu(r, {whole.data(), n}, {}).kind, ReplyKind::incomplete) << n;
    const auto check = check_rtu(r, whole, {});
    ASSERT_EQ(check.kind, ReplyKind::data);
    EXPECT_EQ(Bytes(check.data.begin(), check.data.end()), (Bytes{1, 8, 15, 22, 29, 36}));
    EXPECT_EQ(kind(r, joined(whole, {0})), ReplyKind::bad) << "more than one answer";
    EXPECT_EQ(kind(r, joined(whole, whole)), ReplyKind::bad);
    EXPECT_EQ(kind(r, answer_to(request_of(2, Table::input_registers, 4, 3))), ReplyKind::bad);
    EXPECT_EQ(kind(r, answer_to(request_of(2, Table::holding_registers, 4, 2))), ReplyKind::bad);
    EXPECT_EQ(kind(r, answer_to(request_of(5, Table::holding_registers, 4, 3))), ReplyKind::bad);
    const auto exception = check_rtu(r, with_crc({2, 0x83, 2}), {});
    ASSERT_EQ(exception.kind, ReplyKind::exception);
    EXPECT_EQ(exception.exception, ExceptionCode::illegal_address);
    EXPECT_EQ(kind(r, with_crc({2, 0x83, 0})), ReplyKind::bad) << "an exception without a code";
}

// One or two wrong bits anywhere: the checksum finds all of them.
TEST(Rtu, NoiseIsFound)
{
    const Request r = request_of(2, Table::holding_registers, 4, 8);
    const Bytes whole = answer_to(r);
    for (std::size_t a = 0; a < whole.size() * 8; ++a) {
        for (std::size_t b = a; b < whole.size() * 8; ++b) {
            Bytes noisy = whole;
            noisy[a / 8] = static_cast<std::uint8_t>(noisy[a / 8] ^ (1U << (a % 8)));
            if (b != a) noisy[b / 8] = static_cast<std::uint8_t>(noisy[b / 8] ^ (1U << (b % 8)));
            const auto found = kind(r, noisy);
            ASSERT_NE(found, ReplyKind::data) << a << " " << b;
            ASSERT_NE(found, ReplyKind::exception) << a << " " << b;
        }
    }
}

TEST(Rtu, WhateverIsHeardOnlyTheRightAnswerIsData)
{
    rc::check([](const Bytes& bytes, std::uint8_t unit) {
        const Request r = request_of(unit, Table::input_registers, 0, 2);
        const auto check = check_rtu(r, bytes, {});
        if (check.kind != ReplyKind::data) return;
        RC_ASSERT(bytes.size() >= 9U && bytes[bytes.size() - 9] == unit);
        RC_ASSERT(crc_agrees(std::span{bytes}.last(9)));
    });
}

// What proves that nothing older is on its way must be unlike everything that is.
TEST(Debts, TheAnswerThatSettlesIsLikeNoAnswerThatIsOwed)
{
    Debts debts;
    EXPECT_FALSE(debts.any(2));
    const Request block = request_of(2, Table::input_registers, 0, 4);
    const Request one = request_of(2, Table::input_registers, 100, 1);
    debts.add(block, false);
    debts.add(one, false);
    EXPECT_TRUE(debts.any(2));
    EXPECT_FALSE(debts.any(3));
    for (const Request& next : {block, one}) {
        const auto other = debts.settling(next);
        ASSERT_TRUE(other);
        EXPECT_EQ(other->place.address, next.place.address);
        EXPECT_NE(other->data_bytes(), block.data_bytes());
        EXPECT_NE(other->data_bytes(), one.data_bytes());
        debts.add(*other, true);
        EXPECT_EQ(debts.settling(next)->place, other->place) << "it may be asked again";
    }
    const Request bit = request_of(2, Table::coils, 65535, 1);
    EXPECT_FALSE(debts.settling(bit)) << "nothing else can be asked there";
    debts.settle(2);
    EXPECT_FALSE(debts.any(2));
}

TEST(Rtu, HowLongACharacterTakes)
{
    SerialSettings line{"", 9600, Parity::none, 1};
    EXPECT_NEAR(static_cast<double>(on_the_line(line, 8).count()), 8 * 10 / 9600.0 * 1e6, 2);
    line = {"", 19200, Parity::even, 1};
    EXPECT_NEAR(static_cast<double>(on_the_line(line, 8).count()), 8 * 11 / 19200.0 * 1e6, 2);
}

} // namespace
} // namespace magwatch::adapters::modbus
