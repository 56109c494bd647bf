// What is heard on a serial line: whatever arrives, nothing is read out of bounds, and data is only
// what ends in a right checksum of the unit that was asked.
//
// Input: one control byte, then the bytes heard. Bit 0 puts a right checksum behind them, bit 1 our
// own request before them, bit 2 lets another unit owe an answer.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "adapters/monitors/modbus/rtu.hpp"

using namespace magwatch::adapters::modbus;

namespace
{

void require(bool holds)
{
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::uint8_t control = data[0];
    Request request;
    request.unit = 3;
    request.place = {Table::holding_registers, 4, 2};
    std::vector<std::uint8_t> heard(data + 1, data + size);
    if ((control & 1U) != 0) {
        const std::uint16_t crc = crc16(heard);
        heard.push_back(static_cast<std::uint8_t>(crc));
        heard.push_back(static_cast<std::uint8_t>(crc >> 8));
    }
    if ((control & 2U) != 0) {
        const auto own = rtu_request(request);
        heard.insert(heard.begin(), own.begin(), own.end());
    }
    Debts debts;
    if ((control & 4U) != 0) {
        Request other = request;
        other.unit = 9;
        debts.add(other, false);
    }
    // A heap copy of the exact size: reading past it is seen.
    const std::vector<std::uint8_t> exact(heard.begin(), heard.end());
    const RtuCheck check = check_rtu(request, exact, debts);
    require(check.passed_over <= exact.size());
    if (check.kind == ReplyKind::data) {
        require(check.data.size() == request.data_bytes());
        const auto frame = std::span{exact}.subspan(check.passed_over);
        require(frame.size() == rtu_shortest_reply + request.data_bytes());
        require(frame[0] == 3 && frame[1] == 3 && crc_agrees(frame));
    }
    if (check.kind == ReplyKind::bad) require(!check.reason.empty());
    [[maybe_unused]] const bool a = holds_stranger(exact, debts, Answers::counted);
    [[maybe_unused]] const bool b = holds_stranger(exact, debts, Answers::ignored);
    require(a || !b);
    const auto other = debts.settling(request);
    require(!other || other->data_bytes() != request.data_bytes());
    return 0;
}
