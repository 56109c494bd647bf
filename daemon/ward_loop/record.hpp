// What stands in the journal: an input with its moment, an effect that it caused, or a run of observations.
//
// Pure. The first byte of a record tells its form. 1: an input or an effect, by rules/base/archive.hpp in format 8.
// 2: observations that followed one another, a few bytes each (docs/JOURNAL_FORMAT.md), for they are nearly all that a
// ward's journal holds. 3: as 1, in the format that stands before it. Damaged bytes give nothing, never a part of what
// they say, and never more memory than so many observations.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rules/base/archive.hpp"
#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"

namespace magwatch {

inline constexpr std::uint8_t record_version = 3;
inline constexpr std::uint8_t old_record_version = 1; // of archive format 8
inline constexpr std::uint8_t run_version = 2;
inline constexpr std::size_t run_longest = 4096; // observations

struct InputRecord {
    Moment at;
    Input input;
    template <class Archive> void archive(Archive& a) { a(at, input); }
};

using Record = std::variant<InputRecord, Effect>;

inline constexpr std::size_t usual_record_bytes = 64; // an observation's; what is longer grows

// The bytes of Record{InputRecord{at, input}}, without the copy.
[[nodiscard]] inline Bytes encode_record(const Moment& at, const Input& input)
{
    static_assert(std::is_same_v<std::variant_alternative_t<0, Record>, InputRecord>);
    Bytes out;
    out.reserve(usual_record_bytes);
    Writer writer{out};
    writer(record_version, newest_format);
    writer.varint(0);
    writer(at, input);
    return out;
}
// The bytes of Record{effect}.
[[nodiscard]] inline Bytes encode_record(const Effect& effect)
{
    static_assert(std::is_same_v<std::variant_alternative_t<1, Record>, Effect>);
    Bytes out;
    out.reserve(usual_record_bytes);
    Writer writer{out};
    writer(record_version, newest_format);
    writer.varint(1);
    writer(effect);
    return out;
}

// Of one input or effect. Nothing if the bytes are damaged or of another form.
[[nodiscard]] inline std::optional<Record> decode_record(std::string_view bytes)
{
    Reader reader{bytes};
    std::uint8_t version = 0;
    std::optional<Record> record{std::in_place};
    std::uint32_t format = 8;
    reader(version);
    if (version == record_version) reader(format);
    else if (version != old_record_version) reader.fail();
    if (format < 8 || format > newest_format) reader.fail();
    reader.set_format(format);
    reader(*record);
    if (!reader.done()) record.reset();
    return record;
}

// Makes records of what a turn of the ward took in and decided, in that order.
class RecordWriter {
public:
    void add(const Moment& at, const Input& input);
    void add(const Effect& effect);
    [[nodiscard]] bool empty() const { return records_.empty(); }
    // All of it; the writer is empty again.
    [[nodiscard]] std::vector<Bytes> take();

private:
    void go_on(const Moment& at, const Observation& observation);

    std::vector<Bytes> records_;
    std::size_t run_ = 0;   // observations in the last record, if it is a run that can go on
    Moment at_;             // of the last of them
    BedId bed_ = no_bed;    // where it came from
    SourceId source_ = no_source;
};

// Reads records one after another; keeps its memory between them.
class RecordReader {
public:
    // Calls on_input(const Moment&, const Input&) and on_effect(const Effect&) with what the record holds, in order.
    // False, and no call, if the bytes are damaged or of a form that this program does not know.
    template <class OnInput, class OnEffect>
    [[nodiscard]] bool read(std::string_view bytes, OnInput&& on_input, OnEffect&& on_effect)
    {
        if (!bytes.empty() && static_cast<std::uint8_t>(bytes.front()) == run_version) {
            if (!read_run(bytes.substr(1))) return false;
            for (const auto& [at, observation] : run_) {
                input_ = observation;
                on_input(at, std::as_const(input_));
            }
            return true;
        }
        const auto record = decode_record(bytes);
        if (!record) return false;
        if (const auto* input = std::get_if<InputRecord>(&*record)) {
            on_input(input->at, input->input);
        } else {
            on_effect(std::get<Effect>(*record));
        }
        return true;
    }

private:
    [[nodiscard]] bool read_run(std::string_view bytes);

    std::vector<std::pair<Moment, Observation>> run_;
    Input input_;
};

} // namespace magwatch
