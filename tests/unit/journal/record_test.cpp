#include "daemon/ward_loop/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "daemon/journal/journal_format.hpp"

namespace magwatch
{
namespace
{

const Moment start{Instant{1'000'000}, WallTime{1'767'225'600'000}};

// What records say, as the bytes of each input and effect.
std::vector<Bytes> contents(const std::vector<Bytes>& records)
{
    std::vector<Bytes> out;
    RecordReader reader;
    for (const Bytes& record : records) {
        EXPECT_TRUE(reader.read(
            as_text(record),
            [&](const Moment& at, const Input& input) { out.push_back(encode_record(at, input)); },
            [&](const Effect& effect) { out.push_back(encode_record(effect)); }));
    }
    return out;
}

bool is_readable(std::string_view bytes)
{
    RecordReader reader;
    int calls = 0;
    const bool good = reader.read(
        bytes, [&](const Moment&, const Input&) { ++calls; }, [&](const Effect&) { ++calls; });
    EXPECT_TRUE(good || calls == 0) << "a part of a damaged record was believed";
    return good;
}

Observation observation(std::uint16_t bed, Signal signal, double value)
{
    Observation o;
    o.bed = BedId{bed};
    o.source = SourceId{bed};
    o.signal = signal;
    o.value = value;
    return o;
}

Observation any_observation(std::mt19937_64& random)
{
    constexpr double values[] = {0,    -0.0, 84,   36.8, 0.35, 1.234, -7,        -0.5,  97.125,
                                 1e-9, 1e12, 1e9, 0.1,  2.5e8, 1e300, 5e-324, 1.0 / 3, 20.000000000000004};
    Observation o = observation(static_cast<std::uint16_t>(random() % 3),
                                static_cast<Signal>(random() % signal_count), values[random() % std::size(values)]);
    if (random() % 4 == 0) o.source = no_source;
    if (random() % 8 == 0) o.bed = no_bed;
    if (random() % 3 == 0) o.validity = static_cast<Validity>(random() % 4);
    if (random() % 3 == 0) o.origin = static_cast<Origin>(random() % 3);
    if (random() % 4 == 0) o.observed = start.wall - Duration{static_cast<std::int64_t>(random() % 100'000) - 20'000};
    o.corrected = random() % 9 == 0;
    return o;
}

// A batch as the first format of the journal stored it: a start, twelve observations, one effect between them.
constexpr std::string_view batch_of_format_1 =
    "0128b52ffd609500cd0700020c2b2f706bd201fc524c788dd409ec4e68d1322751f8877c98d0086e2cbe7e7c"
    "2a30fbc2886ba8a02dd15b76e0be904424a5edf3701dc7bfcaebf54a857f1655bd3620a8a710e494c0be68f8"
    "2769b541052499f04f62ea6582e15f84295c22147c6e28f5621b0a9f19aa5e0176ec0187846a227c62220463"
    "8e4fcb19244992226aa9f089513d169c734ea315b0331a3e27ad5eed7350c705984cf8a498eae53e40200d68"
    "439a0c4763f88c585d102320c0020bc4cc0345094022613bd602810035850db8f4053bc4a16086b36b162eae"
    "a184336760487a4a9bc0061882491cd49d0f965d62618deb5ca6edbdaebb304d127a152b75d4824f";

Bytes from_hexadecimal(std::string_view text)
{
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    Bytes out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4U | digit(text[i + 1])));
    }
    return out;
}

TEST(Record, BatchesOfTheFirstFormatAreRead)
{
    std::vector<Bytes> expected;
    Moment now{Instant{604'800'000}, start.wall};
    Started started;
    started.incarnation = 1;
    started.boot_id = "boot";
    expected.push_back(encode_record(now, started));
    for (int i = 0; i < 12; ++i) {
        now = now.at(now.steady + Duration{1000});
        Observation o = observation(static_cast<std::uint16_t>(i % 2), i % 3 != 0 ? Signal::temp : Signal::rr,
                                    i % 3 != 0 ? 36.5 + i / 10.0 : 14 + i);
        o.source = SourceId{1};
        if (i == 7) o.validity = Validity::invalid, o.value = 0;
        if (i == 9) {
            o.origin = Origin::laboratory;
            o.signal = Signal::mg;
            o.value = 2.05;
            o.observed = now.wall - Duration{60'000};
            o.corrected = true;
        }
        expected.push_back(encode_record(now, o));
        if (i == 4) expected.push_back(encode_record(Effect{CancelPages{now, CallId{1, 7}}}));
    }
    const Bytes stored = from_hexadecimal(batch_of_format_1);
    const auto records = unpack_records(as_text(stored), 14);
    ASSERT_TRUE(records);
    std::vector<Bytes> each;
    for (const std::string_view record : *records) each.emplace_back(record.begin(), record.end());
    EXPECT_EQ(contents(each), expected);
}

// What is written without a copy is what the whole record would be.
TEST(Record, IsTheSameBytesHoweverItIsWritten)
{
    const Observation rr = observation(3, Signal::rr, 14);
    for (const Input& input : {Input{Tick{}}, Input{rr}, Input{Started{}}}) {
        const Bytes bytes = encode_record(start, input);
        Bytes whole;
        Writer writer{whole};
        writer(record_version, newest_format, Record{InputRecord{start, input}});
        EXPECT_EQ(bytes, whole);
        const auto back = decode_record(as_text(bytes));
        ASSERT_TRUE(back);
        EXPECT_EQ(std::get<InputRecord>(*back).input.index(), input.index());
    }
    const Effect effect{CancelPages{start, CallId{3, 7}}};
    Bytes whole;
    Writer writer{whole};
    writer(record_version, newest_format, Record{effect});
    EXPECT_EQ(encode_record(effect), whole);
    EXPECT_FALSE(decode_record("\x02"));
}

// Before format 12 a confirmation said nothing of what is at the bed, and stood for all of it.
TEST(Record, AConfirmationSaysWhatItSaidWhenItWasWritten)
{
    const auto read = [](const Bytes& bytes) {
        const auto record = decode_record(as_text(bytes));
        return std::get<WatchConfirm>(std::get<Action>(std::get<InputRecord>(record.value()).input).what);
    };
    const WatchConfirm said = read(encode_record(start, Action{"midwife", WatchConfirm{BedId{3}, true, false, {}}, 0}));
    EXPECT_EQ(said.calcium_at_bed, true);
    EXPECT_EQ(said.hammer_at_bed, false);
    EXPECT_EQ(said.oxygen_at_bed, std::nullopt);
    Bytes older = encode_record(start, Action{"midwife", WatchConfirm{BedId{3}, {}, {}, {}}, 0});
    ASSERT_EQ(older.at(1), newest_format);
    older.at(1) = 11;
    older.erase(older.end() - 4, older.end() - 1); // three answers that were not given, before the request's number
    const WatchConfirm then = read(older);
    EXPECT_EQ(then.bed, BedId{3});
    EXPECT_EQ(then.calcium_at_bed, true);
    EXPECT_EQ(then.hammer_at_bed, true);
    EXPECT_EQ(then.oxygen_at_bed, true);
}

TEST(Record, RunsGiveBackEveryObservationBitForBitAndInOrder)
{
    std::mt19937_64 random{3};
    for (int round = 0; round < 300; ++round) {
        RecordWriter writer;
        std::vector<Bytes> expected;
        Moment now = start;
        const auto length = 1 + random() % 200;
        for (std::size_t i = 0; i < length; ++i) {
            if (random() % 6 == 0) now = {now.steady + Duration{static_cast<std::int64_t>(random() % 2000)},
                                          now.wall + Duration{static_cast<std::int64_t>(random() % 4000) - 2000}};
            const auto dice = random() % 40;
            if (dice == 0) {
                const Effect effect{CancelPages{now, CallId{3, 7}}};
                writer.add(effect);
                expected.push_back(encode_record(effect));
                continue;
            }
            const Input input = dice == 1 ? Input{Tick{}} : Input{any_observation(random)};
            writer.add(now, input);
            expected.push_back(encode_record(now, input));
        }
        EXPECT_FALSE(writer.empty());
        const std::vector<Bytes> records = writer.take();
        EXPECT_TRUE(writer.empty());
        EXPECT_LT(records.size(), expected.size() / 4 + 4);
        ASSERT_EQ(contents(records), expected);
    }
}

// A poll of eight vital signs; the reason for the form.
TEST(Record, AnObservationOfARunTakesAFewBytes)
{
    RecordWriter writer;
    for (const auto& [signal, value] : {std::pair{Signal::hr, 84.0}, {Signal::rr, 17.0}, {Signal::spo2, 97.0},
                                        {Signal::temp, 36.8}, {Signal::sbp, 132.0}, {Signal::pump_rate, 1.0}}) {
        writer.add(start, observation(2, signal, value));
    }
    const std::vector<Bytes> records = writer.take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_LE(records.front().size(), 6 * 4 + 16U);
}

TEST(Record, ALongRunGoesOnInAnotherRecord)
{
    RecordWriter writer;
    std::vector<Bytes> expected;
    for (std::size_t i = 0; i < run_longest + 1; ++i) {
        const Observation o = observation(1, Signal::hr, static_cast<double>(i));
        writer.add(start, o);
        expected.push_back(encode_record(start, Input{o}));
    }
    const std::vector<Bytes> records = writer.take();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(contents(records), expected);
    Bytes longer = records.front();
    const Bytes more = records.front();
    longer.insert(longer.end(), more.end() - 4, more.end());
    EXPECT_FALSE(is_readable(as_text(longer)));
}

TEST(Record, DamagedRunsAreRefusedWhole)
{
    std::mt19937_64 random{7};
    RecordWriter writer;
    for (int i = 0; i < 40; ++i) writer.add(start, any_observation(random));
    const std::vector<Bytes> records = writer.take();
    ASSERT_EQ(records.size(), 1U);
    const Bytes& good = records.front();
    ASSERT_TRUE(is_readable(as_text(good)));
    for (std::size_t length = 0; length < good.size(); ++length) {
        (void)is_readable(as_text(good).substr(0, length)); // between two observations it may end
    }
    for (int i = 0; i < 20'000; ++i) {
        Bytes broken = good;
        for (auto flips = 1 + random() % 3; flips > 0; --flips) {
            broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
        }
        (void)is_readable(as_text(broken));
    }
    const auto run = [](std::initializer_list<int> bytes) {
        Bytes out{run_version, 0, 0}; // at 0
        for (const int byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
        return out;
    };
    EXPECT_TRUE(is_readable(as_text(run({0x00, 2, 28})))); // rr 14
    EXPECT_FALSE(is_readable(as_text(run({}))));
    EXPECT_FALSE(is_readable(as_text(run({0x80, 2, 28})))) << "an unknown bit";
    EXPECT_FALSE(is_readable(as_text(run({0x05, 2, 28})))) << "an unknown form of value";
    EXPECT_FALSE(is_readable(as_text(run({0x00, static_cast<int>(signal_count), 28})))) << "an unknown signal";
    EXPECT_FALSE(is_readable(as_text(run({0x10, 0x0C, 2, 28})))) << "an unknown origin";
    EXPECT_FALSE(is_readable(as_text(run({0x10, 0x20, 2, 28})))) << "an unknown quality";
    EXPECT_FALSE(is_readable("\x03")) << "an unknown form of record";
    EXPECT_FALSE(is_readable(""));
}

} // namespace
} // namespace magwatch
