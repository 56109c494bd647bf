#include "adapters/monitors/modbus/probe.hpp"

#include <cmath>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/monitors/modbus/decode.hpp"
#include "adapters/monitors/modbus/link.hpp"
#include "adapters/monitors/modbus/read_plan.hpp"
#include "adapters/monitors/modbus/serial_link.hpp"

namespace asio = boost::asio;

namespace magwatch::adapters::modbus
{
namespace
{

std::string exception_text(ExceptionCode code)
{
    const auto number = static_cast<unsigned>(code);
    switch (code) {
    case ExceptionCode::none:
        break;
    case ExceptionCode::illegal_function:
        return "exception 1: the device does not know the function";
    case ExceptionCode::illegal_address:
        return "exception 2: the device has no such register";
    case ExceptionCode::illegal_value:
        return "exception 3: the device does not accept the request";
    case ExceptionCode::failure:
        return "exception 4: the device failed";
    case ExceptionCode::acknowledge:
        return "exception 5: the device needs more time";
    case ExceptionCode::busy:
        return "exception 6: the device is busy";
    case ExceptionCode::gateway_path:
        return "exception 10: the gateway has no path to the unit";
    case ExceptionCode::gateway_target:
        return "exception 11: the unit behind the gateway is silent";
    }
    return "exception " + std::to_string(number);
}

// A read of the whole map in progress.
struct Session {
    const RegisterMap& map;
    std::uint8_t unit;
    Transport& link;
    ProbeReport& report;

    asio::awaitable<LinkReply> ask(Place place)
    {
        if (!link.is_open()) {
            const auto connected =
                co_await link.connect(std::chrono::steady_clock::now() + map.timeout);
            if (connected.result != LinkResult::ok) co_return connected;
        }
        Request request;
        request.unit = unit;
        request.place = place;
        const auto reply =
            co_await link.exchange(request, std::chrono::steady_clock::now() + map.timeout);
        co_return reply;
    }

    asio::awaitable<void> read_group(Group& group)
    {
        Image image;
        image.reset(group);
        std::vector<std::string> reasons(group.blocks.size());
        for (std::size_t i = 0; i < group.blocks.size();) {
            const Place place = group.blocks[i].place;
            const LinkReply reply = co_await ask(place);
            if (reply.result == LinkResult::ok || reply.result == LinkResult::exception)
                report.answered = true;
            if (reply.result == LinkResult::ok) store(image, group.blocks[i], i, reply.data);
            const bool wrong_address = reply.result == LinkResult::exception &&
                                       (reply.exception == ExceptionCode::illegal_address ||
                                        reply.exception == ExceptionCode::illegal_value);
            if (wrong_address && split_block(map, group, i)) {
                // The words moved: what was read before is read again, in the smaller blocks.
                image.reset(group);
                reasons.assign(group.blocks.size(), "");
                i = 0;
                continue;
            }
            if (reply.result != LinkResult::ok) {
                reasons[i] = reply.result == LinkResult::exception ? exception_text(reply.exception)
                                                                   : std::string{reply.reason};
                if (report.reason.empty()) report.reason = reasons[i];
            }
            ++i;
            if (reply.result == LinkResult::connect_failed || !report.answered) break;
        }
        take(group, image, reasons);
    }

    void take(const Group& group, const Image& image, const std::vector<std::string>& reasons)
    {
        for (const Item& item : group.items) {
            const Reading reading = read_item(map, group, item, image);
            ProbedRegister& out = report.registers[item.index];
            out.read = reading.read;
            out.raw = reading.raw;
            out.number = reading.number;
            if (reading.read && !reading.refusal)
                out.value = reading.value;
            else if (out.entry.origin == Origin::charted && reading.refusal == Refusal::sentinel) {
                out.empty = true;
                out.reason = "nothing charted";
            } else if (reading.read)
                out.reason = name(*reading.refusal);
            else
                out.reason = "not read";
            for (std::size_t b = 0; b < group.blocks.size() && !reading.read; ++b) {
                const Block& block = group.blocks[b];
                const bool inside = item.word >= block.first_word &&
                                    item.word < block.first_word + block.place.count;
                if (inside && !reasons[b].empty()) out.reason = reasons[b];
            }
        }
    }
};

// What a value of several registers would be in the other orders: the usual mistake in a map.
std::string order_hint(const ProbedRegister& probed)
{
    if (!probed.read || probed.value || probed.entry.place.count < 2) return "";
    std::string hint;
    for (const auto order : {WordOrder::abcd, WordOrder::cdab, WordOrder::badc, WordOrder::dcba}) {
        if (order == probed.entry.order) continue;
        RegisterMap map;
        map.registers.push_back(probed.entry);
        map.registers[0].quality.reset();
        Group group = make_read_plan(map).at(0);
        Image image;
        image.reset(group);
        // The raw number in its own order again, then read in the other.
        const auto n = probed.entry.place.count;
        const bool swap_words =
            probed.entry.order == WordOrder::cdab || probed.entry.order == WordOrder::dcba;
        const bool swap_bytes =
            probed.entry.order == WordOrder::badc || probed.entry.order == WordOrder::dcba;
        for (std::uint16_t i = 0; i < n; ++i) {
            auto word = static_cast<std::uint16_t>(probed.raw >> (16 * (n - 1 - i)));
            if (swap_bytes) word = static_cast<std::uint16_t>(word << 8 | word >> 8);
            image.words[swap_words ? n - 1U - i : i] = word;
        }
        image.blocks.assign(group.blocks.size(), BlockState::read);
        map.registers[0].order = order;
        const Reading reading = read_item(map, group, group.items[0], image);
        if (reading.refusal) continue;
        hint += fmt::format("{}{:.6g} in order {}", hint.empty() ? "would be " : ", ",
                            reading.value, name(order));
    }
    return hint;
}

asio::awaitable<void> read_all(Session& session)
{
    std::vector<Group> plan = make_read_plan(session.map);
    for (Group& group : plan) {
        co_await session.read_group(group);
        if (!session.report.answered) co_return;
    }
}

ProbeReport empty_report(const RegisterMap& map, std::string address, std::uint8_t unit)
{
    ProbeReport report;
    report.map = map.name;
    report.model = map.model;
    report.commissioned = map.commissioned;
    report.address = std::move(address);
    report.unit = unit;
    for (const Register& r : map.registers) {
        ProbedRegister probed;
        probed.entry = r;
        probed.reason = "not read";
        report.registers.push_back(std::move(probed));
    }
    return report;
}

void run_probe(asio::io_context& io, Deadlines& deadlines, Transport& link, const RegisterMap& map,
               ProbeReport& report)
{
    Session session{map, report.unit, link, report};
    std::exception_ptr failure;
    const auto done = [&](const std::exception_ptr& error) {
        failure = error;
        io.stop();
    };
    asio::co_spawn(io, deadlines.run(), done);
    asio::co_spawn(io, read_all(session), done);
    io.run();
    if (failure) std::rethrow_exception(failure);
}

ProbeReport finished(ProbeReport report)
{
    for (ProbedRegister& probed : report.registers) probed.hint = order_hint(probed);
    if (report.answered) report.reason.clear();
    return report;
}

std::string raw_text(const ProbedRegister& probed)
{
    if (!probed.read) return "-";
    if (probed.entry.type == RawType::bit) return std::to_string(probed.raw);
    return fmt::format("0x{:0{}X}", probed.raw, 4 * probed.entry.place.count);
}

} // namespace

bool ProbeReport::all_good() const
{
    if (!answered) return false;
    for (const ProbedRegister& r : registers)
        if (!r.value && !r.empty) return false;
    return true;
}

ProbeReport probe(const RegisterMap& map, const asio::ip::tcp::endpoint& address, std::uint8_t unit)
{
    ProbeReport report =
        empty_report(map, address.address().to_string() + ":" + std::to_string(address.port()), unit);
    asio::io_context io;
    Deadlines deadlines{io};
    {
        Link link{io, address, deadlines};
        run_probe(io, deadlines, link, map, report);
    }
    return finished(std::move(report));
}

ProbeReport probe(const RegisterMap& map, const SerialSettings& line, std::uint8_t unit)
{
    ProbeReport report = empty_report(map, line.path, unit);
    asio::io_context io;
    Deadlines deadlines{io};
    {
        SerialLink link{line};
        run_probe(io, deadlines, link, map, report);
    }
    return finished(std::move(report));
}

std::string table_text(const ProbeReport& report)
{
    std::string out =
        fmt::format("{} ({}) at {}, unit {}{}\n", report.map, report.model, report.address,
                    report.unit, report.commissioned ? "" : ": NOT COMMISSIONED");
    if (!report.answered) return out + "no answer: " + report.reason + "\n";
    out += fmt::format("{:<21} {:<17} {:>7} {:<4} {:<4} {:<18} {}\n", "signal", "table", "address",
                       "type", "ord", "raw", "value");
    for (const ProbedRegister& r : report.registers) {
        const std::string value =
            r.value ? fmt::format("{:.6g} {}", *r.value,
                                  r.entry.unit == Unit::none ? "" : name(info(r.entry.signal).unit))
                    : fmt::format("{}{}{}{}", r.empty ? "" : "refused: ", r.reason,
                                  r.hint.empty() ? "" : "; ", r.hint);
        out += fmt::format("{:<21} {:<17} {:>7} {:<4} {:<4} {:<18} {}\n", name(r.entry.signal),
                           name(r.entry.place.table), r.entry.place.address, name(r.entry.type),
                           r.entry.place.count > 1 ? name(r.entry.order) : "", raw_text(r), value);
    }
    return out;
}

std::string json_text(const ProbeReport& report)
{
    using Json = nlohmann::ordered_json;
    Json registers = Json::array();
    for (const ProbedRegister& r : report.registers) {
        Json entry;
        entry["signal"] = name(r.entry.signal);
        entry["function"] = static_cast<int>(r.entry.place.table);
        entry["address"] = r.entry.place.address;
        entry["type"] = name(r.entry.type);
        if (r.entry.place.count > 1) entry["order"] = name(r.entry.order);
        if (r.read) entry["raw"] = raw_text(r);
        if (r.read && std::isfinite(r.number)) entry["number"] = r.number;
        if (r.value) {
            entry["value"] = *r.value;
            entry["unit"] = name(info(r.entry.signal).unit);
        } else {
            entry["reason"] = r.reason;
        }
        if (!r.hint.empty()) entry["hint"] = r.hint;
        registers.push_back(std::move(entry));
    }
    Json out;
    out["map"] = report.map;
    out["model"] = report.model;
    out["address"] = report.address;
    out["unit"] = report.unit;
    out["commissioned"] = report.commissioned;
    out["answered"] = report.answered;
    if (!report.reason.empty()) out["reason"] = report.reason;
    out["registers"] = std::move(registers);
    return out.dump();
}

} // namespace magwatch::adapters::modbus
