#include "adapters/monitors/modbus/reply.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace magwatch::adapters::modbus
{
namespace
{

using Bytes = std::vector<std::uint8_t>;

Request request_of(std::uint16_t transaction, std::uint8_t unit, Table table, std::uint16_t address,
                   std::uint16_t count)
{
    Request r;
    r.transaction = transaction;
    r.unit = unit;
    r.place = {table, address, count};
    return r;
}

Bytes answer_to(const Request& r)
{
    Bytes out{static_cast<std::uint8_t>(r.transaction >> 8),
              static_cast<std::uint8_t>(r.transaction),
              0,
              0,
              0,
              static_cast<std::uint8_t>(3 + r.data_bytes()),
              r.unit,
              static_cast<std::uint8_t>(r.place.table),
              static_cast<std::uint8_t>(r.data_bytes())};
    for (std::size_t i = 0; i < r.data_bytes(); ++i)
        out.push_back(static_cast<std::uint8_t>(i * 7 + 1));
    return out;
}

TEST(Request, IsFramedAsTheStandardSays)
{
    const auto bytes = request_of(0x1234, 17, Table::input_registers, 0x006B, 3).bytes();
    EXPECT_EQ(Bytes(bytes.begin(), bytes.end()),
              (Bytes{0x12, 0x34, 0, 0, 0, 6, 17, 4, 0x00, 0x6B, 0, 3}));
}

TEST(CheckReply, TakesTheAnswerAndOnlyWhenItIsWhole)
{
    const Request r = request_of(9, 2, Table::holding_registers, 4, 3);
    const Bytes whole = answer_to(r);
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto check = check_reply(r, {whole.data(), n});
        EXPECT_EQ(check.kind, ReplyKind::incomplete) << n;
        EXPECT_EQ(check.size, n < 6 ? shortest_reply : whole.size());
    }
    const auto check = check_reply(r, whole);
    ASSERT_EQ(check.kind, ReplyKind::data);
    EXPECT_EQ(check.size, whole.size());
    EXPECT_EQ(Bytes(check.data.begin(), check.data.end()), Bytes(whole.begin() + 9, whole.end()));
}

TEST(CheckReply, AnyDisagreementIsBad)
{
    const Request r = request_of(0x0109, 2, Table::holding_registers, 4, 3);
    const auto broken = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = answer_to(r);
        bytes[at] = value;
        return check_reply(r, bytes).kind;
    };
    EXPECT_EQ(broken(0, 2), ReplyKind::bad); // transaction
    EXPECT_EQ(broken(1, 8), ReplyKind::bad);
    EXPECT_EQ(broken(2, 1), ReplyKind::bad); // protocol: libmodbus 3.1.6 accepts either half wrong
    EXPECT_EQ(broken(3, 1), ReplyKind::bad);
    EXPECT_EQ(broken(4, 1), ReplyKind::bad); // length 265
    EXPECT_EQ(broken(5, 8), ReplyKind::bad); // shorter than what came
    EXPECT_EQ(broken(5, 10), ReplyKind::incomplete);
    EXPECT_EQ(broken(6, 3), ReplyKind::bad); // unit
    EXPECT_EQ(broken(7, 4), ReplyKind::bad); // function
    EXPECT_EQ(broken(8, 4), ReplyKind::bad); // byte count
    Bytes surplus = answer_to(r);
    surplus.push_back(0);
    EXPECT_EQ(check_reply(r, surplus).kind, ReplyKind::bad);
    // A foreign transaction is bad from its second byte on: nobody waits for the rest.
    EXPECT_EQ(check_reply(r, Bytes{1, 8}).kind, ReplyKind::bad);
}

TEST(CheckReply, Exceptions)
{
    const Request r = request_of(1, 1, Table::input_registers, 0, 10);
    for (const std::uint8_t code : Bytes{1, 2, 3, 4, 5, 6, 8, 10, 11, 99}) {
        const auto check = check_reply(r, Bytes{0, 1, 0, 0, 0, 3, 1, 0x84, code});
        EXPECT_EQ(check.kind, ReplyKind::exception);
        EXPECT_EQ(static_cast<int>(check.exception), code);
    }
    EXPECT_EQ(check_reply(r, Bytes{0, 1, 0, 0, 0, 3, 1, 0x83, 2}).kind,
              ReplyKind::bad); // of another function
    EXPECT_EQ(check_reply(r, Bytes{0, 1, 0, 0, 0, 3, 1, 0x84, 0}).kind, ReplyKind::bad);
    EXPECT_EQ(check_reply(r, Bytes{0, 1, 0, 0, 0, 4, 1, 0x84, 2, 0}).kind, ReplyKind::bad);
}

// No change of one bit of a right answer gives an answer with other meaning than its data.
TEST(CheckReply, FlippedBits)
{
    rc::check("a flipped bit in the head is never taken", [] {
        const auto r = request_of(
            *rc::gen::arbitrary<std::uint16_t>(), *rc::gen::arbitrary<std::uint8_t>(),
            *rc::gen::element(Table::coils, Table::discrete_inputs, Table::holding_registers,
                              Table::input_registers),
            *rc::gen::inRange<std::uint16_t>(0, 60000), *rc::gen::inRange<std::uint16_t>(1, 126));
        Bytes bytes = answer_to(r);
        RC_ASSERT(check_reply(r, bytes).kind == ReplyKind::data);
        const auto bit = *rc::gen::inRange<std::size_t>(0, 72);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
        const auto kind = check_reply(r, bytes).kind;
        RC_ASSERT(kind == ReplyKind::bad || kind == ReplyKind::incomplete);
    });
}

Bytes from_hex(const std::string& hex)
{
    Bytes out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(
            static_cast<std::uint8_t>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16)));
    return out;
}

// Captured traffic of another client and server: every read they made is understood as they meant
// it.
TEST(CheckReply, CapturedTraffic)
{
    std::ifstream in{std::string{MAGWATCH_SOURCE_DIR} + "/tests/data/modbus/icsnpp_example.jsonl"};
    ASSERT_TRUE(in);
    std::vector<std::pair<nlohmann::json, Bytes>> asked;
    std::size_t data = 0, exceptions = 0, others = 0, foreign = 0;
    for (std::string line; std::getline(in, line);) {
        const auto entry = nlohmann::json::parse(line);
        const Bytes bytes = from_hex(entry.at("hex").get<std::string>());
        if (entry.at("dir") == "req") {
            asked.emplace_back(entry, bytes);
            continue;
        }
        for (const auto& [question, q] : asked) {
            if (question.at("conn") != entry.at("conn") || q.size() != 12 || q[7] < 1 || q[7] > 4)
                continue;
            const auto word = [&q = q](std::size_t at) {
                return static_cast<std::uint16_t>(q[at] << 8 | q[at + 1]);
            };
            const Request r =
                request_of(word(0), q[6], static_cast<Table>(q[7]), word(8), word(10));
            const auto ours = r.bytes();
            ASSERT_EQ(Bytes(ours.begin(), ours.end()), q);
            const auto check = check_reply(r, bytes);
            if (question.at("tid") != entry.at("tid")) {
                EXPECT_EQ(check.kind, ReplyKind::bad) << line;
                ++foreign;
            } else if ((bytes[7] & 0x80) != 0) {
                EXPECT_EQ(check.kind, ReplyKind::exception) << line;
                ++exceptions;
            } else {
                EXPECT_EQ(check.kind, ReplyKind::data) << line << " " << check.reason;
                EXPECT_EQ(check.data.size(), bytes.size() - 9);
                ++data;
            }
        }
        others += bytes.size() > 7 && (bytes[7] & 0x7F) > 4;
    }
    EXPECT_EQ(data, 8U);
    EXPECT_EQ(exceptions, 1U);
    EXPECT_GT(foreign, 100U);
    EXPECT_GT(others, 5U);
}

} // namespace
} // namespace magwatch::adapters::modbus
