#include "tools/replay/hl7_recording.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <ostream>
#include <utility>

#include "adapters/monitors/hl7/message.hpp"
#include "adapters/monitors/hl7/mllp.hpp"
#include "adapters/monitors/hl7/time.hpp"

namespace magwatch
{
namespace
{

namespace hl7 = adapters::hl7;

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t last_header_field = 25; // of HL7 2.8

struct TimeField {
    std::string_view segment;
    std::size_t field;
};
// Times of what happened; a date of birth, an admission and the like are none of them.
constexpr std::array<TimeField, 9> times{{{"EVN", 2},
                                          {"ORC", 9},
                                          {"OBR", 6},
                                          {"OBR", 7},
                                          {"OBR", 8},
                                          {"OBR", 14},
                                          {"OBR", 22},
                                          {"OBX", 14},
                                          {"OBX", 19}}};
constexpr std::array<std::string_view, 5> of_persons{"NK1", "GT1", "IN1", "IN2", "IN3"};

bool is_one_of_persons(std::string_view segment)
{
    return std::find(of_persons.begin(), of_persons.end(), segment) != of_persons.end();
}

// A day alone tells no moment.
std::optional<WallTime> moment_of(std::string_view field)
{
    const auto stamp = hl7::time_from(hl7::trim(field), hl7::Zone{});
    if (!stamp || !stamp->to_the_minute) return std::nullopt;
    return stamp->time;
}

// The moment from which the times of a message are counted: when it was sent, else its newest time.
std::optional<WallTime> anchor_of(const hl7::Message& message)
{
    if (const auto sent = moment_of(message.header(7))) return sent;
    std::optional<WallTime> newest;
    for (std::size_t i = 0; i < message.size(); ++i) {
        for (const TimeField& time : times) {
            if (message[i].name() != time.segment) continue;
            const auto at = moment_of(message[i].field(time.field));
            if (at && (!newest || at->ms > newest->ms)) newest = at;
        }
    }
    return newest;
}

std::string first_component(const hl7::Message& message, std::size_t field)
{
    std::string storage;
    const auto text = hl7::part(message.header(field), 1, message.separators().component);
    return std::string{hl7::to_utf8(hl7::trim(text), storage)};
}

std::string location_of(const hl7::Message& message)
{
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (!message[i].is("PV1")) continue;
        const auto first = hl7::part(message[i].field(3), 1, message.separators().repetition);
        std::string storage;
        return std::string{hl7::to_utf8(hl7::trim(first), storage)};
    }
    return {};
}

// A segment as it stands, without its end.
std::string_view bytes_of(const hl7::Message& message, std::size_t i)
{
    const char* const begin = message[i].name().data();
    const char* const end = i + 1 < message.size() ? message[i + 1].name().data()
                                                   : message.text().data() + message.text().size();
    std::string_view bytes{begin, static_cast<std::size_t>(end - begin)};
    while (!bytes.empty() && (bytes.back() == '\r' || bytes.back() == '\n'))
        bytes.remove_suffix(1);
    return bytes;
}

// Gathers who sent from where, and how often.
class Senders
{
public:
    void take(const hl7::Message& message, Duration at)
    {
        const std::pair key{first_component(message, 3), first_component(message, 4)};
        auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
            return row.sender.application == key.first && row.sender.facility == key.second;
        });
        if (found == rows_.end())
            found = rows_.insert(rows_.end(), Row{{key.first, key.second, {}, {}}, at, {}});
        else if (at > found->last)
            found->spacings.push_back(at - std::exchange(found->last, at));
        const std::string location = location_of(message);
        auto& known = found->sender.locations;
        if (!location.empty() && std::find(known.begin(), known.end(), location) == known.end())
            known.push_back(location);
    }
    [[nodiscard]] std::vector<RecordedSender> finish()
    {
        std::vector<RecordedSender> out;
        for (Row& row : rows_) {
            if (!row.spacings.empty()) {
                const auto middle =
                    row.spacings.begin() + static_cast<std::ptrdiff_t>(row.spacings.size() / 2);
                std::nth_element(row.spacings.begin(), middle, row.spacings.end());
                row.sender.period = *middle;
            }
            out.push_back(std::move(row.sender));
        }
        return out;
    }

private:
    struct Row {
        RecordedSender sender;
        Duration last{};
        std::vector<Duration> spacings;
    };
    std::vector<Row> rows_;
};

// Writes one message as of another time.
class Retold
{
public:
    Retold(const hl7::Message& message, WallTime now, std::string_view control_id)
        : message_{message}, now_{now}, control_id_{control_id}, anchor_{anchor_of(message)}
    {
    }
    std::string write()
    {
        header();
        for (std::size_t i = 1; i < message_.size(); ++i) {
            const hl7::Segment segment = message_[i];
            if (is_one_of_persons(segment.name())) continue;
            if (segment.is("PID")) out_ += std::string{"PID"} + message_.separators().field;
            else body(segment, bytes_of(message_, i));
            out_ += '\r';
        }
        // What frames it on the wire cannot stand within it.
        std::erase_if(out_, [](char c) { return c == '\x0B' || c == '\x1C'; });
        return std::move(out_);
    }

private:
    void header()
    {
        const bool wants =
            !hl7::trim(message_.header(15)).empty() || !hl7::trim(message_.header(16)).empty();
        std::size_t last = 12;
        for (std::size_t n = last + 1; n <= last_header_field; ++n) {
            if (!message_.header(n).empty()) last = n;
        }
        out_ += "MSH";
        for (std::size_t n = 2; n <= last; ++n) {
            out_ += message_.separators().field;
            switch (n) {
            case 7: out_ += hl7::hl7_time(now_); break;
            case 10: out_ += control_id_; break;
            case 11: out_ += 'T'; break;
            // One answer to each message: without it nobody knows that it arrived.
            case 15: out_ += wants ? "AL" : ""; break;
            case 16: out_ += wants ? "NE" : ""; break;
            default: out_ += message_.header(n);
            }
        }
        out_ += '\r';
    }
    void body(const hl7::Segment& segment, std::string_view bytes)
    {
        const char* written = bytes.data();
        for (const TimeField& time : times) { // in the order of their fields
            if (segment.name() != time.segment || !anchor_) continue;
            const std::string_view field = segment.field(time.field);
            const auto at = moment_of(field);
            if (!at) continue;
            out_.append(written, field.data());
            out_ += hl7::hl7_time(WallTime{now_.ms + (at->ms - anchor_->ms)});
            written = field.data() + field.size();
        }
        out_.append(written, bytes.data() + bytes.size());
    }

    const hl7::Message& message_;
    WallTime now_;
    std::string_view control_id_;
    std::optional<WallTime> anchor_;
    std::string out_;
};

} // namespace

void Hl7Recording::join(Hl7Recording other)
{
    std::move(other.messages.begin(), other.messages.end(), std::back_inserter(messages));
    std::stable_sort(messages.begin(), messages.end(),
                     [](const RecordedMessage& a, const RecordedMessage& b) { return a.at < b.at; });
    for (RecordedSender& sender : other.senders) {
        const auto same = std::find_if(senders.begin(), senders.end(), [&](const auto& known) {
            return known.application == sender.application && known.facility == sender.facility;
        });
        if (same == senders.end()) {
            senders.push_back(std::move(sender));
            continue;
        }
        for (std::string& location : sender.locations) {
            if (std::find(same->locations.begin(), same->locations.end(), location) ==
                same->locations.end())
                same->locations.push_back(std::move(location));
        }
        same->period = std::max(same->period, sender.period);
    }
    for (const auto& [why, count] : other.left_out) left_out[why] += count;
    without_bed += other.without_bed;
}

Hl7Recording hl7_recording_of(std::string_view bytes)
{
    Hl7Recording out;
    Senders senders;
    hl7::Message message;
    std::optional<WallTime> first;
    Duration last{};
    for (const std::string_view text : hl7::split_messages(bytes)) {
        const hl7::ParseFault fault = message.parse(text);
        if (fault != hl7::ParseFault::none) {
            ++out.left_out[std::string{hl7::name(fault)}];
            continue;
        }
        if (first_component(message, 9) == "ACK") {
            ++out.left_out["an acknowledgement"];
            continue;
        }
        if (const auto at = anchor_of(message)) {
            if (!first) first = at;
            last = std::max(last, Duration{at->ms - first->ms});
        }
        senders.take(message, last);
        out.without_bed += location_of(message).empty() ? 1 : 0;
        out.messages.push_back({last, std::string{text}});
    }
    out.senders = senders.finish();
    return out;
}

std::optional<Hl7Recording> read_hl7_recording(const std::string& file, std::ostream& errors)
{
    std::ifstream in{file, std::ios::binary | std::ios::ate};
    if (!in || in.tellg() < 0) {
        errors << file << ": error: cannot be read\n";
        return std::nullopt;
    }
    if (static_cast<std::size_t>(in.tellg()) > most_bytes) {
        errors << file << ": error: longer than 64 MiB\n";
        return std::nullopt;
    }
    in.seekg(0);
    const std::string bytes{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    auto recording = hl7_recording_of(bytes);
    for (const auto& [why, count] : recording.left_out)
        errors << file << ": note: left out, " << why << ": " << count << '\n';
    if (recording.without_bed > 0)
        errors << file << ": note: without a bed in PV1-3, so that a receiver takes nothing of it: "
               << recording.without_bed << " of " << recording.messages.size() << " messages\n";
    if (!recording.messages.empty()) return recording;
    errors << file << ": error: holds no HL7 message that could be sent\n";
    return std::nullopt;
}

std::string told_as_of(std::string_view recorded, WallTime now, std::string_view control_id)
{
    hl7::Message message;
    if (message.parse(recorded) != hl7::ParseFault::none) return {};
    return Retold{message, now, control_id}.write();
}

} // namespace magwatch
