// What the server makes of messages: beds, test data, lateness, duplicates, withdrawn results,
// answers.
#include <gtest/gtest.h>

#include <string>

#include "adapters/monitors/hl7/ingest.hpp"
#include "adapters/monitors/hl7/time.hpp"
#include "tests/unit/hl7/recording_sink.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono_literals;

constexpr SourceId gateway{3};
constexpr BedId bed3{2};
constexpr BedId bed4{7};

Hl7Config config()
{
    Hl7Config c;
    SourceProfile source;
    source.name = "gateway";
    source.source = gateway;
    source.application = "GW";
    c.sources.push_back(source);
    c.beds.push_back({bed3, {"bed-3", "BED3"}, false});
    c.beds.push_back({bed4, {"bed-4", "BED4", "LD^^4"}, true});
    return c;
}

class IngestTest : public ::testing::Test
{
protected:
    void use(Hl7Config c) { ingest = std::make_unique<Ingest>(std::move(c), sink); }

    // One message with these rows; gives the answer's frames.
    std::string send(const std::string& rows, bool stored = true)
    {
        const std::string text =
            "MSH|^~\\&|" + application + "|WARD|||" + hl7_time(sent.ms != 0 ? sent : now) + "||" +
            type + "|" + id + "|" + processing + "|" + version + "|||" + acks + "\rPV1||I|" +
            location + "\rOBR|1||||||" + hl7_time(observed.ms != 0 ? observed : now) + "\r" + rows;
        return send_raw(text, stored);
    }
    std::string send_raw(const std::string& text, bool stored = true)
    {
        sink.clear();
        taken.clear();
        ingest->take(text, "10.0.0.1", now, taken);
        std::string out;
        ingest->answer(taken, stored, now, out);
        return out;
    }
    [[nodiscard]] static std::string code(const std::string& answer)
    {
        const std::size_t at = answer.find("\rMSA|");
        return at == std::string::npos ? "" : answer.substr(at + 5, 2);
    }
    void expect_refused(Refusal reason)
    {
        EXPECT_TRUE(sink.observations.empty());
        ASSERT_EQ(sink.refused.size(), 1U);
        EXPECT_EQ(magwatch::name(sink.refused[0].reason), magwatch::name(reason));
    }
    void next_id() { id = std::to_string(++last_id); }

    RecordingSink sink;
    int last_id = 1;
    std::unique_ptr<Ingest> ingest = std::make_unique<Ingest>(config(), sink);
    std::vector<Taken> taken;
    WallTime now{1'767'000'000'000};
    WallTime sent, observed; // {0}: now
    std::string application = "GW", type = "ORU^R01^ORU_R01", id = "1", processing = "P",
                version = "2.6", acks = "AL|NE", location = "LD^^BED3";
};

const std::string rr =
    "OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|17|264928^MDC_DIM_RESP_PER_MIN^MDC|||||R\r";
const std::string mg = "OBX|1|NM|2601-3^Magnesium^LN||2.4|mmol/L|||||F\r";

TEST_F(IngestTest, a_value_of_a_known_bed)
{
    EXPECT_EQ(code(send(rr)), "CA");
    ASSERT_EQ(sink.observations.size(), 1U);
    const Observation& o = sink.observations[0];
    EXPECT_EQ(o.bed, bed3);
    EXPECT_EQ(o.source, gateway);
    EXPECT_EQ(o.signal, Signal::rr);
    EXPECT_EQ(o.value, 17);
    EXPECT_EQ(o.validity, Validity::valid);
    EXPECT_EQ(o.origin, Origin::device);
    EXPECT_EQ(o.observed, now);
    ASSERT_EQ(sink.statuses.size(), 1U);
    EXPECT_TRUE(sink.statuses[0].connected);
    next_id();
    send(rr);
    EXPECT_TRUE(sink.statuses.empty()); // told once
}

TEST_F(IngestTest, beds_by_location)
{
    const auto bed_of = [&](const char* text) {
        next_id();
        location = text;
        send(rr);
        return sink.observations.empty() ? no_bed : sink.observations[0].bed;
    };
    EXPECT_EQ(bed_of("LD^^bed3"), bed3);
    EXPECT_EQ(bed_of("ICU/PCU^^ Bed4&0&0"), bed4);
    EXPECT_EQ(bed_of("~~~Ward~~~~BED4"), bed4);
    EXPECT_EQ(bed_of("BED3"), bed3);
    EXPECT_EQ(bed_of("LD^^4"), bed4);   // the whole, as the site named it
    EXPECT_EQ(bed_of("XX^^4"), no_bed); // not the 4 of that ward
    EXPECT_EQ(bed_of("LD^BED3^9"), no_bed) << "a bed is named, so rooms are not looked at";
    EXPECT_EQ(bed_of("LD^^BED3~LD^^BED4"), no_bed) << "two beds are none";
    EXPECT_EQ(bed_of(""), no_bed);
    EXPECT_EQ(bed_of("\"\""), no_bed);
    EXPECT_EQ(sink.refused.at(0).reason, Refusal::unknown_bed);
    next_id();
    send(rr + rr + mg);
    EXPECT_EQ(sink.refused.size(), 1U); // told once a message, counted for each value
    EXPECT_EQ(ingest->counters().refused[static_cast<std::size_t>(Refusal::unknown_bed)], 8U);
}

TEST_F(IngestTest, beds_by_pattern)
{
    Hl7Config c = config();
    c.sources[0].bed_pattern = "bed-{PV1-3.2}";
    use(c);
    location = "LD^4^1^HOSP";
    send(rr);
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].bed, bed4);
    c.sources[0].bed_pattern = "PV1-3.4";
    use(c);
    send(rr);
    expect_refused(Refusal::unknown_bed);
}

TEST_F(IngestTest, test_data_reaches_only_a_bed_in_test_mode)
{
    processing = "T";
    EXPECT_EQ(code(send(rr)), "CA");
    expect_refused(Refusal::test_data);
    EXPECT_EQ(sink.refused[0].bed, bed3);
    next_id();
    location = "LD^^BED4";
    send(rr);
    EXPECT_EQ(sink.observations.size(), 1U);
    next_id();
    processing = "P";
    send("OBX|1|NM|151562^MDC_RESP_RATE^MDC|1|17|/min||DEMO|||R\r"); // test mode or not
    expect_refused(Refusal::test_data);
}

TEST_F(IngestTest, a_duplicate_is_answered_and_not_applied_twice)
{
    const std::string first = send(rr);
    EXPECT_EQ(sink.observations.size(), 1U);
    const std::string second = send(rr);
    expect_refused(Refusal::duplicate);
    EXPECT_EQ(code(second), code(first));
    EXPECT_EQ(ingest->counters().duplicates, 1U);
    // The same id and body under a new MSH-7 is the same message still (IHE CP-157).
    sent = now + Duration{30s};
    observed = now;
    send(rr);
    expect_refused(Refusal::duplicate);
    // The same id with another content is a sender that counts badly: applied.
    send("OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|9|/min|||||R\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].value, 9);
    EXPECT_EQ(ingest->counters().control_ids_reused, 1U);
}

// What was pushed waits for the disk: its repetition waits for the same, and is not applied a second time.
TEST_F(IngestTest, what_could_not_be_stored_is_acknowledged_once_it_is_and_never_applied_twice)
{
    EXPECT_EQ(code(send(rr, false)), "CE");
    EXPECT_EQ(sink.observations.size(), 1U);
    acks = "|";
    EXPECT_EQ(code(send(rr, false)), "AE");
    expect_refused(Refusal::duplicate);
    EXPECT_EQ(code(send(rr, true)), "AA");
    expect_refused(Refusal::duplicate);
    EXPECT_EQ(ingest->counters().commit_failures, 2U);
}

TEST_F(IngestTest, a_message_of_an_earlier_life_is_answered_and_not_applied)
{
    EXPECT_EQ(code(send(rr)), "CA");
    ASSERT_EQ(sink.messages.size(), 1U);
    const MessageSeen seen = sink.messages[0];
    EXPECT_EQ(seen.source, gateway);
    send(rr);
    EXPECT_TRUE(sink.messages.empty()); // told once
    use(config()); // a restart
    ingest->remember(seen, now);
    EXPECT_EQ(code(send(rr)), "CA");
    expect_refused(Refusal::duplicate);
    next_id();
    EXPECT_EQ(code(send(rr)), "CA");
    EXPECT_EQ(sink.observations.size(), 1U);
    use(config());
    send(rr);
    EXPECT_EQ(sink.observations.size(), 1U); // without the memory it would count again
}

TEST_F(IngestTest, late_vital_signs_are_history_and_late_results_are_not)
{
    for (int i = 0; i < 4; ++i) { // the clock is known
        send(rr);
        next_id();
        now = now + Duration{5s};
    }
    observed = now - Duration{31s};
    sent = now;
    send(rr);
    expect_refused(Refusal::too_late);
    next_id();
    observed = now - Duration{29s};
    send(rr);
    EXPECT_EQ(sink.observations.size(), 1U);
    next_id();
    observed = now - Duration{3h};
    send(mg);
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].origin, Origin::laboratory);
    EXPECT_EQ(sink.observations[0].observed, observed);
    next_id();
    send("OBX|1|TX|67775-7^AVPU^LN||P||||||F\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].origin, Origin::charted);
    EXPECT_EQ(sink.observations[0].observed, observed);
    // A cuff's value is minutes old by nature.
    next_id();
    observed = now - Duration{15min};
    send("OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC||120|mmHg|||||R\r");
    EXPECT_EQ(sink.observations.size(), 1U);
}

TEST_F(IngestTest, an_old_row_in_a_fresh_message_is_late_before_the_clock_is_known)
{
    const WallTime device = now - Duration{24h * 365};
    sent = device;
    observed = device - Duration{6h};
    send(rr);
    expect_refused(Refusal::too_late);
    next_id();
    observed = device;
    send(rr);
    EXPECT_EQ(sink.observations.size(), 1U); // a clock that is a year off alone makes nothing late
}

TEST_F(IngestTest, times_are_corrected_by_the_clock_of_the_source)
{
    const Duration skew = -Duration{24h * 365 * 10};
    for (int i = 0; i < 4; ++i) {
        sent = observed = now + skew;
        send(rr);
        next_id();
        now = now + Duration{5s};
    }
    ASSERT_EQ(sink.statuses.size(), 1U); // with the fourth
    EXPECT_EQ(sink.statuses[0].clock_offset, skew);
    sent = observed = now + skew;
    send(rr);
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].observed, now);
    EXPECT_TRUE(sink.statuses.empty());
}

TEST_F(IngestTest, no_value_now_is_told_to_the_rules)
{
    send("OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1||/min|||||X\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].validity, Validity::not_available);
    ASSERT_EQ(sink.refused.size(), 1U);
    EXPECT_EQ(sink.refused[0].reason, Refusal::no_value);
    EXPECT_TRUE(sink.refused[0].has_signal);
    next_id();
    send("OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|17|/min||QUES|||R\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].validity, Validity::questionable);
    EXPECT_EQ(sink.observations[0].value, 17);
    // A second sensor without a reading takes nothing from the first.
    next_id();
    send("OBX|1|NM|151578^MDC_TTHOR_RESP_RATE^MDC|1.1|17|/min|||||R\r"
         "OBX|2|NM|151594^MDC_CO2_RESP_RATE^MDC|1.2||/min|||||X\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(sink.observations[0].validity, Validity::valid);
    EXPECT_EQ(sink.refused.size(), 1U);
}

TEST_F(IngestTest, an_unreadable_laboratory_result_says_nothing_of_the_level)
{
    send("OBX|1|NM|2601-3^Magnesium^LN||haemolysed|mmol/L|||||F\r");
    expect_refused(Refusal::not_a_number);
}

// A queue may turn them round: what was sent first is not believed after what corrected or withdrew it.
TEST_F(IngestTest, a_result_that_its_correction_overtook_is_refused)
{
    const auto with_status = [](const std::string& value, const std::string& status) {
        return "OBX|1|NM|2601-3^Magnesium^LN||" + value + "|mmol/L|||||" + status + "\r";
    };
    observed = now - Duration{1h};
    for (const char* status : {"C", "D"}) {
        observed = observed + Duration{1min};
        sent = now;
        next_id();
        send(with_status("2.4", status));
        ASSERT_EQ(sink.observations.size(), 1U) << status;
        sent = now - Duration{1min};
        next_id();
        send(with_status("8", "F"));
        expect_refused(Refusal::too_late);
        sent = now + Duration{1s}; // reported anew
        next_id();
        send(with_status("2.6", "F"));
        ASSERT_EQ(sink.observations.size(), 1U) << status;
        EXPECT_EQ(sink.observations[0].value, 2.6);
    }
}

TEST_F(IngestTest, a_withdrawn_result_is_refused_and_forgotten)
{
    send("OBX|1|NM|2601-3^Magnesium^LN||2.4|mmol/L|||||W\r");
    ASSERT_EQ(sink.refused.size(), 1U);
    EXPECT_EQ(sink.refused[0].reason, Refusal::wrong_patient);
    ASSERT_EQ(sink.observations.size(), 1U);
    const Observation& o = sink.observations[0];
    EXPECT_EQ(o.validity, Validity::invalid);
    EXPECT_TRUE(o.corrected);
    EXPECT_EQ(o.signal, Signal::mg);
    EXPECT_EQ(o.observed, now);
    next_id();
    send("OBX|1|NM|2601-3^Magnesium^LN||2.1|mmol/L|||||C\r");
    ASSERT_EQ(sink.observations.size(), 1U);
    EXPECT_TRUE(sink.observations[0].corrected);
    EXPECT_EQ(sink.observations[0].validity, Validity::valid);
}

TEST_F(IngestTest, one_urine_entry_counts_once_whatever_its_message)
{
    const std::string urine = "OBX|1|NM|9187-6^Urine^LN||50|mL|||||F\r";
    observed = now - Duration{10min};
    send(urine);
    EXPECT_EQ(sink.observations.size(), 1U);
    next_id();
    send(urine);
    expect_refused(Refusal::duplicate);
    next_id();
    observed = now;
    send(urine);
    EXPECT_EQ(sink.observations.size(), 1U);
}

TEST_F(IngestTest, unknown_codes_are_counted_always_and_told_once)
{
    const std::string row = "OBX|1|NM|1234^SODIUM^GH||140|mmol/L|||||F\r";
    send(row);
    expect_refused(Refusal::unknown_code);
    next_id();
    send(row);
    EXPECT_TRUE(sink.refused.empty());
    EXPECT_EQ(ingest->counters().refused[static_cast<std::size_t>(Refusal::unknown_code)], 2U);
}

TEST_F(IngestTest, headers_that_are_turned_away)
{
    acks = "|";
    const auto answer = [&] {
        const std::string text = send(rr);
        const std::size_t error = text.find("\rERR|||");
        EXPECT_TRUE(sink.observations.empty());
        return code(text) + (error == std::string::npos ? "" : " " + text.substr(error + 7, 3));
    };
    type = "ADT^A01";
    EXPECT_EQ(answer(), "AR 200");
    type = "ORU^Z99";
    EXPECT_EQ(answer(), "AR 201");
    type = "ORU";
    version = "3.0";
    EXPECT_EQ(answer(), "AR 203");
    version = "2.3";
    processing = "X";
    EXPECT_EQ(answer(), "AR 202");
    processing = "P";
    id = "";
    EXPECT_EQ(answer(), "AE 101");
    id = "5";
    application = "STRANGER";
    EXPECT_EQ(answer(), "AR 204");
    EXPECT_EQ(ingest->counters().unknown_senders, 1U);
    application = "GW^0009FBFFFF112233^EUI-64";
    EXPECT_EQ(code(send(rr)), "AA");
    EXPECT_EQ(sink.observations.size(), 1U);
    EXPECT_EQ(code(send_raw("hello")), "AR");
    EXPECT_EQ(code(send_raw("MSH|^~\\&|GW|W|||||ORU^R01|9|P|2.6\rOBX" + std::string(9000, '|'))),
              "AE");
    EXPECT_EQ(sink.refused.at(0).reason, Refusal::malformed);
    EXPECT_EQ(send_raw("MSH|^~\\&|GW|W|||||ACK|9|P|2.6\rMSA|AA|1"), ""); // never an ack for an ack
}

TEST_F(IngestTest, a_source_is_heard_only_from_its_addresses)
{
    Hl7Config c = config();
    c.sources[0].addresses = {"10.0.0.2"};
    use(c);
    acks = "|";
    EXPECT_EQ(code(send(rr)), "AR");
    c.sources[0].addresses = {"10.0.0.2", "10.0.0.1"};
    use(c);
    EXPECT_EQ(code(send(rr)), "AA");
}

TEST_F(IngestTest, several_messages_in_one_frame_get_an_answer_each)
{
    const std::string one = "MSH|^~\\&|GW|W|||||ORU^R01|a|P|2.6\rPV1||I|^^BED3\r" + rr;
    const std::string two = "MSH|^~\\&|GW|W|||||ORU^R01|b|P|2.6\rPV1||I|^^BED4\r" + rr;
    const std::string out = send_raw("FHS|^~\\&\rBHS|^~\\&\r" + one + two + "BTS|2\rFTS|1\r");
    EXPECT_NE(out.find("MSA|AA|a"), std::string::npos);
    EXPECT_NE(out.find("MSA|AA|b"), std::string::npos);
    ASSERT_EQ(sink.observations.size(), 2U);
    EXPECT_EQ(sink.observations[1].bed, bed4);
    EXPECT_EQ(taken.size(), 2U);
}

TEST_F(IngestTest, an_oversized_frame_is_answered_by_its_header)
{
    const std::string text =
        "MSH|^~\\&|GW|W|||||ORU^R01|big|P|2.6\rOBX|1|" + std::string(1000, 'x');
    taken.clear();
    ingest->take_oversized(text, taken);
    std::string out;
    ingest->answer(taken, true, now, out);
    EXPECT_NE(out.find("MSA|AE|big|message too long"), std::string::npos) << out;
}

TEST_F(IngestTest, a_new_configuration_keeps_what_was_answered)
{
    send(rr);
    Hl7Config c = config();
    c.beds[0].names = {"NEW"};
    ingest->reconfigure(c);
    send(rr);
    expect_refused(Refusal::duplicate);
    next_id();
    location = "^^new";
    send(rr);
    EXPECT_EQ(sink.observations.size(), 1U);
}

TEST_F(IngestTest, sources_are_announced_and_given_up_after_a_minute)
{
    sink.clear();
    ingest->announce();
    ASSERT_EQ(sink.statuses.size(), 1U);
    EXPECT_FALSE(sink.statuses[0].connected);
    send(rr);
    sink.clear();
    const auto closed = [](SourceId) { return false; };
    const auto clock = std::chrono::steady_clock::now();
    ingest->look_for_silence(clock + 59s, closed);
    EXPECT_TRUE(sink.statuses.empty());
    ingest->look_for_silence(clock + 61s, [](SourceId) { return true; });
    EXPECT_TRUE(sink.statuses.empty()); // an open connection may be silent
    ingest->look_for_silence(clock + 61s, closed);
    ASSERT_EQ(sink.statuses.size(), 1U);
    EXPECT_FALSE(sink.statuses[0].connected);
}

// A gateway may speak of several beds in one message: PATIENT_RESULT of ORU^R01 repeats.
class Patients : public IngestTest
{
protected:
    static std::string rate(int value)
    {
        return "OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|" + std::to_string(value) + "|/min|||||R\r";
    }
    std::string send_patients(const std::string& body, const std::string& time = "")
    {
        return send_raw("MSH|^~\\&|GW|WARD|||" + (time.empty() ? hl7_time(now) : time) +
                        "||ORU^R01^ORU_R01|" + id + "|P|2.6\r" + body);
    }
    // "bed 2: 6, bed 7: 16; 1 refused" of the last message, and how many rows were refused for their bed.
    std::string told()
    {
        std::string text;
        for (const Observation& o : sink.observations) {
            text += (text.empty() ? "bed " : ", bed ") + std::to_string(o.bed.value) + ": ";
            text += o.validity == Validity::valid ? std::to_string(static_cast<int>(o.value)) : "unknown";
        }
        const std::uint64_t unknown = ingest->counters().refused[static_cast<std::size_t>(Refusal::unknown_bed)];
        text += "; " + std::to_string(unknown - unknown_before) + " of no bed";
        unknown_before = unknown;
        next_id();
        return text;
    }
    std::uint64_t unknown_before = 0;
    const std::string order = "OBR|1||||||20251229092000Z\r";
    const std::string a = "PID|||A\r", b = "PID|||B\r", in3 = "PV1||I|LD^^BED3\r", in4 = "PV1||I|LD^^BED4\r";
};

TEST_F(Patients, values_go_to_the_bed_of_their_own_patient)
{
    const std::string both = a + in3 + order + rate(6) + b + in4 + order + rate(16);
    EXPECT_EQ(code(send_patients(both)), "AA");
    EXPECT_EQ(sink.messages.size(), 1U);
    EXPECT_EQ(told(), "bed 2: 6, bed 7: 16; 0 of no bed");
    send_patients(in3 + order + rate(6) + in4 + order + rate(16)); // the gateway knows no names
    EXPECT_EQ(told(), "bed 2: 6, bed 7: 16; 0 of no bed");
    send_patients(a + in3 + order + rate(6) + in4 + order + rate(16));
    EXPECT_EQ(told(), "bed 2: 6, bed 7: 16; 0 of no bed");
    send_patients(a + in4 + b + in3 + order + rate(6)); // the first has no results
    EXPECT_EQ(told(), "bed 2: 6; 0 of no bed");
    id = "1";
    EXPECT_EQ(code(send_patients(both)), "AA") << "sent again as a whole";
    expect_refused(Refusal::duplicate);
}

TEST_F(Patients, who_has_no_bed_never_gets_a_neighbours)
{
    send_patients(a + in3 + order + rate(6) + b + order + rate(16) + rate(17));
    EXPECT_EQ(sink.refused.size(), 1U);
    EXPECT_EQ(told(), "bed 2: 6; 2 of no bed");
    send_patients(a + order + rate(6) + b + in4 + order + rate(16));
    EXPECT_EQ(told(), "bed 7: 16; 1 of no bed");
    send_patients(a + order + rate(6) + in4 + order + rate(16));
    EXPECT_EQ(told(), "bed 7: 16; 1 of no bed");
    send_patients(a + in3 + order + rate(6) + b + "PV1||I|LD^^BED9\r" + order + rate(16));
    EXPECT_EQ(told(), "bed 2: 6; 1 of no bed");
    send_patients(in3 + a + order + rate(6) + in4 + b + order + rate(16)); // whose is which?
    EXPECT_EQ(told(), "; 2 of no bed");
    send_patients(a + in3 + in4 + order + rate(6)); // two beds are none
    EXPECT_EQ(told(), "; 1 of no bed");
}

TEST_F(Patients, of_one_patient_the_order_of_segments_does_not_matter)
{
    const std::string expected = "bed 2: 6; 0 of no bed";
    for (const std::string& text :
         {a + in3 + order + rate(6), in3 + a + order + rate(6), a + order + rate(6) + in3, order + rate(6) + a + in3,
          rate(6) + a + in3 + order, a + in3 + in3 + order + rate(6)}) {
        send_patients(text);
        EXPECT_EQ(told(), expected) << text;
    }
    // From version 2.7 on, results about the patient stand before the visit.
    send_patients(a + rate(6) + in3 + order + rate(7) + order + rate(8));
    EXPECT_EQ(told(), "bed 2: 6, bed 2: 7, bed 2: 8; 0 of no bed");
}

TEST_F(Patients, what_is_said_of_one_is_not_said_of_another)
{
    const std::string unplugged = "OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|||||||X\r";
    send_patients(a + in3 + order + unplugged + b + in4 + order + rate(16));
    EXPECT_EQ(told(), "bed 2: unknown, bed 7: 16; 0 of no bed") << "a neighbour's good value excuses no sensor";
    // Without an order of her own her results are of the message's time, not of another's order.
    send_patients(a + in3 + "OBR|1||||||20251229091930Z\r" + rate(6) + b + in4 + rate(16));
    ASSERT_EQ(sink.observations.size(), 2U);
    EXPECT_EQ(sink.observations[0].observed, now - Duration{30s});
    EXPECT_EQ(sink.observations[1].observed, now);
}

TEST_F(Patients, a_withdrawn_result_is_withdrawn_where_it_was)
{
    const std::string wrong = "OBX|1|NM|2601-3^Magnesium^LN||2.4|mmol/L|||||W\r";
    send_patients(a + in3 + order + wrong + b + in4 + order + mg);
    ASSERT_EQ(sink.observations.size(), 2U);
    EXPECT_TRUE(sink.observations[0].corrected);
    EXPECT_EQ(told(), "bed 2: unknown, bed 7: 2; 0 of no bed");
    // What was said later of a result of bed 3 overtakes none of bed 4.
    const std::string again = "OBX|1|NM|2601-3^Magnesium^LN||2.5|mmol/L|||||F\r";
    send_patients(a + in3 + order + again + b + in4 + order + again, hl7_time(now - Duration{1s}));
    EXPECT_TRUE(sink.observations.empty()) << "sent before what was said of both";
}

TEST_F(Patients, a_pattern_looks_at_its_own_patient)
{
    Hl7Config c = config();
    c.sources[0].bed_pattern = "{OBR-3}";
    use(c);
    const auto at = [](const std::string& bed) { return "OBR|1||" + bed + "\r"; };
    send_patients(a + at("BED3") + rate(6) + b + at("BED4") + rate(16));
    EXPECT_EQ(told(), "bed 2: 6, bed 7: 16; 0 of no bed");
    send_patients(a + at("BED3") + rate(6) + at("") + rate(7) + b + rate(16));
    EXPECT_EQ(told(), "bed 2: 6, bed 2: 7; 1 of no bed");
    send_patients(a + at("BED3") + rate(6) + at("BED4") + rate(16)); // one patient in two beds
    EXPECT_EQ(told(), "; 2 of no bed");
    c.beds[0].names = {"WARD^^BED3"};
    c.sources[0].bed_pattern = "{MSH-4}^^{PV1-3.3}";
    use(c);
    unknown_before = 0;
    send_patients(a + in3 + order + rate(6) + b + order + rate(16));
    EXPECT_EQ(told(), "bed 2: 6; 1 of no bed") << "who sent it stands once, for all";
}

TEST(Hl7Config, mistakes_are_found)
{
    EXPECT_TRUE(mistakes(config()).empty());
    Hl7Config c = config();
    c.beds[1].names.emplace_back(" bed3 ");
    c.sources[0].bed_pattern = "the bed";
    SourceProfile hidden = c.sources[0];
    hidden.name = "second";
    hidden.source = SourceId{9};
    hidden.bed_pattern = "";
    c.sources.push_back(hidden);
    EXPECT_EQ(mistakes(c).size(), 3U);
}

} // namespace
} // namespace magwatch::adapters::hl7
