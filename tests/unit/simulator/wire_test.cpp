#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "adapters/monitors/hl7/decode_json.hpp"
#include "tools/simulator/hl7_message.hpp"
#include "tools/simulator/mllp_sender.hpp"
#include "tools/simulator/modbus_reply.hpp"

namespace magwatch::simulator {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

const std::vector<std::uint16_t> input = {10, 20, 30};
const std::vector<std::uint16_t> holding = {1, 2};

RegisterTables tables() { return {.input = input, .holding = holding, .holding_base = 100, .unit = 1}; }

std::string request(int function, int address, int count, int unit = 1)
{
    const auto byte = [](int value) { return static_cast<char>(value & 0xFF); };
    return std::string{'\x12', '\x34', 0, 0, 0, 6, byte(unit), byte(function), byte(address >> 8), byte(address),
                       byte(count >> 8), byte(count)};
}

TEST(ModbusReply, AnswersWithTheRegistersAskedFor)
{
    EXPECT_EQ(reply_to(request(4, 1, 2), tables()), "\x12\x34\x00\x00\x00\x07\x01\x04\x04\x00\x14\x00\x1e"s);
    EXPECT_EQ(reply_to(request(3, 100, 2), tables()), "\x12\x34\x00\x00\x00\x07\x01\x03\x04\x00\x01\x00\x02"s);
}

TEST(ModbusReply, RefusesWithTheRightException)
{
    const auto exception = [](const std::string& q) { return static_cast<int>(reply_to(q, tables()).at(8)); };
    EXPECT_EQ(exception(request(4, 2, 2)), 2);
    EXPECT_EQ(exception(request(3, 0, 1)), 2);
    EXPECT_EQ(exception(request(3, 99, 1)), 2);
    EXPECT_EQ(exception(request(4, 65535, 2)), 2);
    EXPECT_EQ(exception(request(4, 0, 0)), 3);
    EXPECT_EQ(exception(request(4, 0, 126)), 3);
    EXPECT_EQ(exception(request(6, 0, 1)), 1) << "nobody writes to a device";
    EXPECT_EQ(exception(request(4, 0, 1, 7)), 11);
    EXPECT_EQ(reply_to(request(4, 2, 2), tables()), "\x12\x34\x00\x00\x00\x03\x01\x84\x02"s);
}

TEST(ModbusReply, CutsRequestsOutOfTheStream)
{
    std::size_t length = 0;
    const std::string whole = request(4, 0, 1);
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_EQ(request_state(std::string_view{whole}.substr(0, n), length), FrameState::incomplete);
    EXPECT_EQ(request_state(whole + "more", length), FrameState::complete);
    EXPECT_EQ(length, whole.size());
    EXPECT_EQ(request_state("GET / HTTP/1.1", length), FrameState::damaged);
    EXPECT_EQ(request_state("\x00\x01\x00\x00\x00\x01"s, length), FrameState::damaged);
}

MonitorDevice monitor()
{
    MonitorReading r;
    r.hr = 86;
    r.rr = 17;
    r.spo2 = 98;
    r.temp = 36.8;
    r.cuff = CuffReading{140, 90, 106, 30'000};
    MonitorDevice device;
    device.second(r, {});
    return device;
}

TEST(Hl7Message, IsAPcd01ObservationReport)
{
    const MessageHead head{"M1", "LD^^BED5", 1'767'262'499'123, 90'000};
    const std::string text = observation_report(head, monitor());
    EXPECT_TRUE(text.starts_with("MSH|^~\\&|"));
    EXPECT_THAT(text, HasSubstr("|20260101101459.123+0000||ORU^R01^ORU_R01|M1|P|2.6|||AL|NE||UNICODE UTF-8|"));
    EXPECT_THAT(text, HasSubstr("\rPV1||I|LD^^BED5\r"));
    EXPECT_THAT(text, HasSubstr("|NM|147842^MDC_ECG_HEART_RATE^MDC|1.6.1.1|86|264864^MDC_DIM_BEAT_PER_MIN^MDC"));
    EXPECT_THAT(text, HasSubstr("|NM|151578^MDC_TTHOR_RESP_RATE^MDC|1.7.1.1|17|264928^"));
    EXPECT_THAT(text, HasSubstr("|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.8.1.1|98|262688^"));
    EXPECT_THAT(text, HasSubstr("|NM|150344^MDC_TEMP^MDC|1.10.1.1|36.8|268192^MDC_DIM_DEGC"));
    EXPECT_THAT(text, HasSubstr("150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.9.1.1|140|266016^MDC_DIM_MMHG^MDC^mm[Hg]^^UCUM"
                                "|||||R|||20260101101359.123+0000|"))
        << "the cuff's own time";
    EXPECT_THAT(text, HasSubstr("149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.8.1.2||264864"))
        << "no reading is an empty value";
    EXPECT_THAT(text, Not(HasSubstr("\n")));
    EXPECT_TRUE(text.ends_with("\r"));
}

TEST(Hl7Message, IsUnderstoodRowByRow)
{
    const MessageHead head{"M1", "LD^^BED5", 1'767'262'499'123, 90'000};
    std::ostringstream out;
    const auto totals = adapters::hl7::decode_as_json(out, "m", observation_report(head, monitor()), {});
    EXPECT_EQ(totals.messages, 1U);
    EXPECT_EQ(totals.unreadable, 0U);
    EXPECT_EQ(totals.rows, 9U);
    // Not the device's own row, and not the pulse, which has no reading.
    EXPECT_EQ(totals.accepted, 7U) << out.str();
    for (const char* signal : {"hr", "rr", "spo2", "sbp", "dbp", "map", "temp"})
        EXPECT_THAT(out.str(), HasSubstr("\"signal\":\"" + std::string{signal} + "\""));
}

std::string acknowledge(std::string_view code, std::string_view id)
{
    return "\x0BMSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.6\rMSA|" +
           std::string{code} + "|" + std::string{id} + "|ok\r\x1C\r";
}

TEST(MllpSender, SendsOneAtATimeAndGoesOnWhenAcknowledged)
{
    MllpSender sender;
    sender.enqueue("A", "MSH|A");
    sender.enqueue("B", "MSH|B");
    EXPECT_EQ(sender.to_send(0), "\x0BMSH|A\x1C\r");
    EXPECT_EQ(sender.to_send(0), std::nullopt);
    const std::string ack = acknowledge("CA", "A");
    EXPECT_TRUE(sender.received(ack.substr(0, 9), 5)); // in two pieces
    EXPECT_EQ(sender.to_send(5), std::nullopt);
    EXPECT_TRUE(sender.received(ack.substr(9), 6));
    EXPECT_EQ(sender.to_send(6), "\x0BMSH|B\x1C\r");
    EXPECT_EQ(sender.acknowledged(), 1U);
}

TEST(MllpSender, SendsTheSameMessageAgainAfterALostConnection)
{
    MllpSender sender;
    sender.enqueue("A", "MSH|A");
    const auto first = sender.to_send(0);
    EXPECT_FALSE(sender.reply_overdue(MllpSender::reply_limit_ms));
    EXPECT_TRUE(sender.reply_overdue(MllpSender::reply_limit_ms + 1));
    sender.disconnected(20'000);
    EXPECT_EQ(sender.connect_after_ms(), 21'000);
    EXPECT_EQ(sender.to_send(20'999), std::nullopt);
    EXPECT_EQ(sender.to_send(21'000), first);
    EXPECT_EQ(sender.resent(), 1U);
    std::int64_t now = 21'000;
    for (int i = 0; i < 20; ++i) {
        sender.disconnected(now);
        EXPECT_LE(sender.connect_after_ms() - now, 60'000);
        now = sender.connect_after_ms();
    }
    EXPECT_EQ(sender.to_send(now), first);
    EXPECT_TRUE(sender.received(acknowledge("CA", "A"), now));
    EXPECT_EQ(sender.waiting(), 0U);
}

TEST(MllpSender, GivesUpWhatIsRefusedAndLeavesWhoIsOutOfStep)
{
    MllpSender sender;
    sender.enqueue("A", "MSH|A");
    sender.enqueue("B", "MSH|B");
    std::int64_t now = 0;
    for (int i = 0; i < 4; ++i) { // the first try and three more
        ASSERT_TRUE(sender.to_send(now)) << i;
        EXPECT_TRUE(sender.received(acknowledge("CE", "A"), now));
        now += 60'000;
    }
    EXPECT_EQ(sender.given_up(), 1U);
    ASSERT_TRUE(sender.to_send(now));
    EXPECT_FALSE(sender.received(acknowledge("CA", "A"), now)) << "an old reply must not acknowledge a new message";
    EXPECT_EQ(sender.waiting(), 1U);
}

TEST(MllpSender, AFullQueueDropsTheOldestThatIsNotOnItsWay)
{
    MllpSender sender;
    sender.enqueue("first", "MSH|first");
    ASSERT_TRUE(sender.to_send(0));
    for (std::size_t i = 0; i < MllpSender::most_waiting + 5; ++i) sender.enqueue("x", "MSH|x");
    EXPECT_EQ(sender.waiting(), MllpSender::most_waiting);
    EXPECT_EQ(sender.dropped(), 6U);
    EXPECT_TRUE(sender.received(acknowledge("CA", "first"), 1));
}

} // namespace
} // namespace magwatch::simulator
