#include "adapters/monitors/hl7/decode_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <functional>
#include <string>

#include "adapters/monitors/hl7/decode.hpp"
#include "adapters/monitors/hl7/mllp.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

// As far as people and scripts care: hides what a conversion leaves in the last binary digits.
double rounded(double value)
{
    return std::round(value * 1e6) / 1e6;
}

std::string utf8(std::string_view text)
{
    std::string storage;
    return std::string{to_utf8(text, storage)};
}

std::string reason_of(const ObxResult& row)
{
    return std::string{magwatch::name(row.reason)};
}

struct Visitor {
    std::function<void(const std::string& id, const Decoded& decoded, const ObxResult& row)> row;
    std::function<void(const std::string& id, ParseFault fault)> unreadable;
};

DecodeTotals visit(std::string_view bytes, const SourceProfile& profile, const Visitor& visitor)
{
    DecodeTotals totals;
    Decoder decoder{profile};
    Message message;
    Decoded decoded;
    Limits limits;
    limits.bytes = std::size_t{64} << 20;
    for (const std::string_view text : split_messages(bytes)) {
        ++totals.messages;
        const ParseFault fault = message.parse(text, limits);
        const std::string id = utf8(trim(message.header(10)));
        if (fault != ParseFault::none) {
            ++totals.unreadable;
            visitor.unreadable(id, fault);
            continue;
        }
        decoder.decode(message, decoded);
        for (const ObxResult& row : decoded.results) {
            ++totals.rows;
            totals.accepted += row.accepted ? 1 : 0;
            visitor.row(id, decoded, row);
        }
    }
    return totals;
}

} // namespace

DecodeTotals decode_as_json(std::ostream& out, std::string_view file, std::string_view bytes,
                            const SourceProfile& profile)
{
    using nlohmann::ordered_json;
    const auto base = [&](const std::string& id) {
        ordered_json line;
        line["file"] = utf8(file);
        line["message"] = id;
        for (const char* const key :
             {"code", "accepted", "signal", "value", "unit", "time", "reason"}) {
            line[key] = nullptr;
        }
        line["accepted"] = false;
        return line;
    };
    Visitor visitor;
    visitor.row = [&](const std::string& id, const Decoded& decoded, const ObxResult& row) {
        ordered_json line = base(id);
        line["code"] = utf8(row.code);
        line["accepted"] = row.accepted;
        if (row.has_signal) line["signal"] = magwatch::name(row.signal);
        if (row.accepted) {
            line["value"] = rounded(row.value);
            line["unit"] = magwatch::name(info(row.signal).unit);
        } else {
            line["reason"] = reason_of(row);
        }
        if (row.has_time) line["time"] = iso_time(row.time);
        if (!row.detail.empty()) line["detail"] = row.detail;
        if (!row.channel.empty()) line["channel"] = utf8(row.channel);
        if (row.corrected) line["corrected"] = true;
        line["test"] = decoded.test;
        out << line.dump() << '\n';
    };
    visitor.unreadable = [&](const std::string& id, ParseFault fault) {
        ordered_json line = base(id);
        line["reason"] = magwatch::name(Refusal::malformed);
        line["detail"] = name(fault);
        out << line.dump() << '\n';
    };
    return visit(bytes, profile, visitor);
}

DecodeTotals decode_as_table(std::ostream& out, std::string_view file, std::string_view bytes,
                             const SourceProfile& profile)
{
    out << utf8(file) << '\n';
    std::string shown;
    const auto heading = [&](const std::string& id, bool test) {
        if (id == shown) return;
        shown = id;
        out << "  message " << id << (test ? " (TEST: refused unless the bed is in test mode)" : "")
            << '\n';
    };
    Visitor visitor;
    visitor.row = [&](const std::string& id, const Decoded& decoded, const ObxResult& row) {
        heading(id, decoded.test);
        const std::string code = utf8(row.code);
        const std::string time = row.has_time ? iso_time(row.time) : "no time";
        if (row.accepted) {
            out << fmt::format("    {:<44} {:<20} {:>10.6g} {:<7} {}\n", code,
                               magwatch::name(row.signal), rounded(row.value),
                               magwatch::name(info(row.signal).unit), time);
            return;
        }
        const std::string signal{row.has_signal ? magwatch::name(row.signal)
                                                : std::string_view{"-"}};
        std::string why = reason_of(row);
        if (!row.detail.empty()) why += fmt::format(" ({})", row.detail);
        out << fmt::format("    {:<44} {:<20} refused: {}\n", code, signal, why);
    };
    visitor.unreadable = [&](const std::string& id, ParseFault fault) {
        heading(id, false);
        out << fmt::format("    unreadable: {}\n", name(fault));
    };
    return visit(bytes, profile, visitor);
}

} // namespace magwatch::adapters::hl7
