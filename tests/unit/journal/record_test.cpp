#include "daemon/ward_loop/record.hpp"

#include <gtest/gtest.h>

namespace magwatch
{
namespace
{

// What is written without a copy is what the whole record would be.
TEST(Record, IsTheSameBytesHoweverItIsWritten)
{
    const Moment now{Instant{1'000'000}, WallTime{1'767'225'600'000}};
    Observation rr;
    rr.bed = BedId{3};
    rr.signal = Signal::rr;
    rr.value = 14;
    for (const Input& input : {Input{Tick{}}, Input{rr}, Input{Started{}}}) {
        const Bytes bytes = encode_record(now, input);
        Bytes whole;
        Writer writer{whole};
        writer(record_version, Record{InputRecord{now, input}});
        EXPECT_EQ(bytes, whole);
        const auto back = decode_record(as_text(bytes));
        ASSERT_TRUE(back);
        EXPECT_EQ(std::get<InputRecord>(*back).input.index(), input.index());
    }
    const Effect effect{CancelPages{now, CallId{3, 7}}};
    Bytes whole;
    Writer writer{whole};
    writer(record_version, Record{effect});
    EXPECT_EQ(encode_record(effect), whole);
    EXPECT_FALSE(decode_record("\x02"));
}

} // namespace
} // namespace magwatch
