// Each row of the quirk matrix: what real devices send, and what it must become.
#include <gtest/gtest.h>

#include <string>

#include "adapters/monitors/hl7/decode.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

constexpr std::string_view header =
    "MSH|^~\\&|GW|WARD|||20260101101500+0100||ORU^R01^ORU_R01|M1|P|2.6\r"
    "PV1||I|LD^^BED4\rOBR|1|||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||"
    "20260101101500+0100\r";

class Decode : public ::testing::Test
{
protected:
    const Decoded& decode(const std::string& body, SourceProfile profile = {})
    {
        return decode_all(std::string{header} + body, std::move(profile));
    }
    const Decoded& decode_all(const std::string& text, SourceProfile profile = {})
    {
        text_ = text;
        EXPECT_EQ(message_.parse(text_), ParseFault::none);
        Decoder decoder{std::move(profile)};
        decoder.decode(message_, decoded_);
        return decoded_;
    }
    // The only row.
    const ObxResult& row(const std::string& obx, SourceProfile profile = {})
    {
        const Decoded& all = decode(obx, std::move(profile));
        EXPECT_EQ(all.results.size(), 1U);
        return all.results.at(0);
    }
    void expect_value(const ObxResult& r, Signal signal, double value,
                      Origin origin = Origin::device)
    {
        EXPECT_TRUE(r.accepted) << r.code << ": " << magwatch::name(r.reason) << " " << r.detail;
        EXPECT_EQ(r.signal, signal) << r.code;
        EXPECT_NEAR(r.value, value, 1e-6) << r.code;
        EXPECT_EQ(r.origin, origin) << r.code;
    }
    void expect_refused(const ObxResult& r, Refusal reason)
    {
        EXPECT_FALSE(r.accepted) << r.code;
        EXPECT_EQ(magwatch::name(r.reason), magwatch::name(reason)) << r.code;
    }

    std::string text_;
    Message message_;
    Decoded decoded_;
};

const std::string hr =
    "OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1.6.1.1|82|264864^MDC_DIM_BEAT_PER_MIN^MDC";

TEST_F(Decode, a_heart_rate_of_the_profile)
{
    const ObxResult& r =
        row(hr + "|50-120||||R|||20260101101459+0100|||AMEAS^auto-measurement^MDC\r");
    expect_value(r, Signal::hr, 82);
    EXPECT_EQ(iso_time(r.time), "2026-01-01T09:14:59Z");
    EXPECT_EQ(r.channel, "1.6.1.1");
}

TEST_F(Decode, time_is_of_the_row_else_of_its_own_order_else_of_the_message)
{
    const Decoded& all = decode_all("MSH|^~\\&|GW|W|||20260101120000||ORU^R01|1|P|2.6\r" + hr +
                                    "|||||R\r"
                                    "OBR|1||||||20260101110000\r" +
                                    hr +
                                    "|||||R\r"
                                    "OBR|2||||||20260101113000\r" +
                                    hr + "|||||R\r" + hr + "|||||R|||20260101112900\r");
    ASSERT_EQ(all.results.size(), 4U);
    EXPECT_EQ(iso_time(all.results[0].time), "2026-01-01T12:00:00Z");
    EXPECT_EQ(iso_time(all.results[1].time), "2026-01-01T11:00:00Z");
    EXPECT_EQ(iso_time(all.results[2].time), "2026-01-01T11:30:00Z");
    EXPECT_EQ(iso_time(all.results[3].time), "2026-01-01T11:29:00Z");
}

TEST_F(Decode, an_unreadable_or_too_coarse_time_is_not_guessed)
{
    expect_refused(row(hr + "|||||R|||yesterday\r"), Refusal::bad_time);
    expect_refused(row(hr + "|||||R|||20260101\r"), Refusal::bad_time);
}

TEST_F(Decode, no_time_at_all_means_at_arrival)
{
    const Decoded& all =
        decode_all("MSH|^~\\&|GW|W|||||ORU^R01|1|P|2.6\rOBR|1\r" + hr + "|||||R\r");
    EXPECT_TRUE(all.results[0].accepted);
    EXPECT_FALSE(all.results[0].has_time);
    EXPECT_FALSE(all.has_sent);
}

TEST_F(Decode, a_sender_without_msh7_is_timed_by_its_newest_order)
{
    const Decoded& all =
        decode_all("MSH|^~\\&|PIC||||||ORU^R01|1|P|2.3\rOBR|1||||||20260101110000\r" + hr +
                   "|||||F\rOBR|2||||||20260101110005\r" + hr + "|||||F\r");
    ASSERT_TRUE(all.has_sent);
    EXPECT_EQ(iso_time(all.sent), "2026-01-01T11:00:05Z");
    // A laboratory's draw time is no clock.
    EXPECT_FALSE(decode_all("MSH|^~\\&|LIS||||||ORU^R01|1|P|2.3\rOBR|1||||||20260101080000\r"
                            "OBX|1|NM|2601-3^Magnesium^LN||1.9|mmol/L|||||F\r")
                     .has_sent);
}

TEST_F(Decode, empty_with_status_x_is_no_value)
{
    const ObxResult& r =
        row("OBX|2|NM|151562^MDC_RESP_RATE^MDC|1.1||264928^MDC_DIM_RESP_PER_MIN^MDC|||||X\r");
    expect_refused(r, Refusal::no_value);
    EXPECT_TRUE(r.has_state);
    EXPECT_EQ(r.state, Validity::not_available);
    expect_refused(row("OBX|2|NM|151562^MDC_RESP_RATE^MDC|1.1|\"\"|/min|||||F\r"),
                   Refusal::no_value);
}

TEST_F(Decode, status_x_on_a_value_is_refused_unless_the_profile_knows_better)
{
    expect_refused(row(hr + "|||||X\r"), Refusal::not_usable);
    SourceProfile profile;
    profile.usable_with_status_x = true;
    expect_value(row(hr + "|||||X\r", profile), Signal::hr, 82);
}

TEST_F(Decode, text_in_a_number_is_invalid_and_not_zero)
{
    for (const char* const text :
         {"oopsnotanumber", "---", "***", "<15", "82 bpm", "8,2", "0x52", "1e2", "nan", "inf"}) {
        const ObxResult& r =
            row("OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1|" + std::string{text} + "|/min|||||R\r");
        expect_refused(r, Refusal::not_a_number);
        EXPECT_TRUE(r.has_state);
        EXPECT_EQ(r.state, Validity::invalid);
    }
}

TEST_F(Decode, numbers_that_mean_no_reading)
{
    for (const char* const text :
         {"32767", "-100", "-1", "65535", "-32768", "8388607", "-999", "-10000"}) {
        expect_refused(
            row("OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1|" + std::string{text} + "|/min|||||R\r"),
            Refusal::sentinel);
    }
    expect_refused(row("OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1|0|/min|||||R\r"),
                   Refusal::implausible);
}

TEST_F(Decode, integers_scaled_by_a_hundred_need_the_profile)
{
    const std::string obx = "OBX|2|NM|150344^MDC_TEMP^MDC|1|3670|268192^MDC_DIM_DEGC^MDC|||||R\r";
    expect_refused(row(obx), Refusal::implausible);
    SourceProfile profile;
    profile.codes.push_back({"150344", "", Signal::temp, std::nullopt, 0.01});
    expect_value(row(obx, profile), Signal::temp, 36.7);
}

TEST_F(Decode, units_decide_and_are_never_guessed)
{
    const auto mg = [&](const char* code, const char* value, const char* unit) -> const ObxResult& {
        return row("OBX|1|NM|" + std::string{code} + "||" + value + "|" + unit + "|||||F\r");
    };
    expect_value(mg("2601-3^Mg^LN", "2.1", "mmol/L^^UCUM"), Signal::mg, 2.1, Origin::laboratory);
    expect_value(mg("2601-3^Mg^LN", "4.2", "mEq/L"), Signal::mg, 2.1, Origin::laboratory);
    // The code of a mass concentration with a molar unit: the unit counts.
    expect_value(mg("19123-9^Mg^LN", "0.9", "mmol/L"), Signal::mg, 0.9, Origin::laboratory);
    expect_value(mg("82312^MAGNESIUM^GH", "2.2", "MG/DL"), Signal::mg, 2.2 / 2.4305,
                 Origin::laboratory);
    expect_refused(mg("2601-3^Mg^LN", "2.1", ""), Refusal::missing_unit);
    expect_refused(mg("2601-3^Mg^LN", "2.1", "furlong"), Refusal::unknown_unit);
    expect_refused(mg("2601-3^Mg^LN", "2.1", "%"), Refusal::unknown_unit);
    expect_value(row("OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC||16|kPa|||||R\r"), Signal::sbp,
                 16 * 7.50062);
    expect_value(row("OBX|1|NM|150344^MDC_TEMP^MDC||98.6|[degF]|||||R\r"), Signal::temp, 37);
    expect_refused(row("OBX|1|NM|151708^MDC_CONC_AWAY_CO2_ET^MDC||38||||||R\r"),
                   Refusal::missing_unit);
    expect_value(row("OBX|1|NM|151708^MDC_CONC_AWAY_CO2_ET^MDC||38|mm[Hg]|||||R\r"), Signal::etco2,
                 38);
    // A rate comes in one unit only.
    expect_value(row("OBX|1|NM|151562^MDC_RESP_RATE^MDC||17||||||R\r"), Signal::rr, 17);
    expect_value(row("OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC||82|{beat}/"
                     "min^^UCUM^264864^MDC_DIM_BEAT_PER_MIN^MDC"
                     "|||||R\r"),
                 Signal::hr, 82);
}

TEST_F(Decode, a_unit_in_latin1)
{
    expect_value(row("OBX|1|NM|2160-0^Creatinine^LN||98|\xB5mol/L|||||F\r"), Signal::creatinine, 98,
                 Origin::laboratory);
}

TEST_F(Decode, flags_that_say_do_not_use)
{
    expect_refused(row(hr + "||DEMO|||R\r"), Refusal::test_data);
    expect_refused(row(hr + "||H~TEST|||R\r"), Refusal::test_data);
    for (const char* const flag : {"INV", "NAV", "CALIB", "L~INV", "QUES"}) {
        const ObxResult& r = row(hr + "||" + std::string{flag} + "|||R\r");
        expect_refused(r, Refusal::not_usable);
        EXPECT_TRUE(r.has_state);
    }
    EXPECT_EQ(row(hr + "||NAV|||R\r").state, Validity::not_available);
    const ObxResult& doubtful = row(hr + "||QUES|||R\r");
    EXPECT_EQ(doubtful.state, Validity::questionable);
    EXPECT_EQ(doubtful.value, 82);
    expect_value(row(hr + "||H~PM~SP|||R\r"), Signal::hr,
                 82); // an alarm on it makes it no less true
}

TEST_F(Decode, test_messages_tell_what_they_would_be)
{
    const Decoded& all =
        decode_all("MSH|^~\\&|GW|W|||20260101101500||ORU^R01|1|T|2.6\rOBR|1\r" + hr + "|||||R\r");
    EXPECT_TRUE(all.test);
    EXPECT_TRUE(all.results[0].accepted);
    EXPECT_TRUE(decode_all("MSH|^~\\&|GW|W|||20260101101500||ORU^R01|1|D^T|2.6\r").test);
    EXPECT_FALSE(decode_all("MSH|^~\\&|GW|W|||20260101101500||ORU^R01|1|P^T|2.6\r").test);
}

TEST_F(Decode, settings_beside_measurements)
{
    expect_refused(row(hr + "|||||R|||||| ASET^auto-setting^MDC\r"), Refusal::setting);
    expect_refused(row(hr + "|||||R||||||MSET\r"), Refusal::setting);
}

TEST_F(Decode, a_rate_measured_by_hand_is_a_counted_one)
{
    const ObxResult& r =
        row("OBX|1|NM|151562^MDC_RESP_RATE^MDC||9|/min|||||F||||||MMEAS^manual^MDC\r");
    expect_value(r, Signal::rr_counted, 9, Origin::charted);
    SourceProfile charting;
    charting.charting = true;
    expect_value(row("OBX|1|NM|9279-1^RR^LN||9|/min|||||F\r", charting), Signal::rr_counted, 9,
                 Origin::charted);
    expect_value(row("OBX|1|NM|8480-6^SBP^LN||120|mmHg|||||F\r", charting), Signal::sbp, 120,
                 Origin::charted);
}

TEST_F(Decode, codes_that_contradict_themselves)
{
    const ObxResult& r = row("OBX|1|NM|147842^MDC_RESP_RATE^MDC||17|/min|||||R\r");
    expect_refused(r, Refusal::code_mismatch);
    SourceProfile profile;
    profile.codes.push_back({"147842", "", Signal::rr, std::nullopt, 1});
    expect_value(row("OBX|1|NM|147842^MDC_RESP_RATE^MDC||17|/min|||||R\r", profile), Signal::rr,
                 17);
}

TEST_F(Decode, one_code_at_two_channels_is_told_apart_by_the_profile)
{
    const std::string two = "OBX|1|NM|150033^MDC_PRESS_BLD_ART_SYS^MDC|1.6.1.1|120|mmHg|||||R\r"
                            "OBX|2|NM|150033^MDC_PRESS_BLD_ART_SYS^MDC|1.6.2.1|31|mmHg|||||R\r";
    SourceProfile profile;
    profile.codes.push_back({"150033", "1.6.2.", std::nullopt, std::nullopt, 1});
    const Decoded& all = decode(two, profile);
    expect_value(all.results[0], Signal::art_sys, 120);
    expect_refused(all.results[1], Refusal::unknown_code);
    const Decoded& both = decode(two);
    EXPECT_TRUE(both.results[0].accepted && both.results[1].accepted);
    EXPECT_NE(both.results[0].channel, both.results[1].channel);
}

TEST_F(Decode, private_codes_are_unknown)
{
    expect_refused(row("OBX|1|NM|0^MDC_ATTR_SAMP_RATE^MDC||250|264640^MDC_DIM_HZ^MDC|||||R\r"),
                   Refusal::unknown_code);
    expect_refused(row("OBX|1|NM|0002-f09c^SpO2T^MDIL||97|%|||||R\r"), Refusal::unknown_code);
}

TEST_F(Decode, structured_numerics)
{
    const auto sn = [&](const char* value) -> const ObxResult& {
        return row("OBX|1|SN|2601-3^Mg^LN||" + std::string{value} + "|mmol/L|||||F\r");
    };
    expect_value(sn("^2.5"), Signal::mg, 2.5, Origin::laboratory);
    expect_value(sn("=^2.5"), Signal::mg, 2.5, Origin::laboratory);
    expect_refused(sn(">^5"), Refusal::not_a_number);
    EXPECT_EQ(sn(">^5").detail, "a comparison, not a value");
    expect_refused(sn("^1^-^2"), Refusal::not_a_number);
    expect_refused(sn("^1^:^128"), Refusal::not_a_number);
}

TEST_F(Decode, repetitions_and_other_types_are_no_number)
{
    expect_refused(row("OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC||82~83|/min|||||R\r"),
                   Refusal::not_a_number);
    expect_refused(row("OBX|1|NA|147842^MDC_ECG_HEART_RATE^MDC||82^83^84|/min|||||R\r"),
                   Refusal::not_a_number);
    expect_refused(row("OBX|1|RP|8867-4^hr^LN||https://x^^a^b|/min|||||F\r"),
                   Refusal::not_a_number);
    expect_value(row("OBX|1|ST|147842^MDC_ECG_HEART_RATE^MDC||82|/min|||||R\r"), Signal::hr, 82);
}

TEST_F(Decode, corrected_and_withdrawn_results)
{
    const ObxResult& corrected = row("OBX|1|NM|2601-3^Mg^LN||2.5|mmol/L|||||C\r");
    expect_value(corrected, Signal::mg, 2.5, Origin::laboratory);
    EXPECT_TRUE(corrected.corrected);
    for (const char* const status : {"D", "W"}) {
        const ObxResult& r =
            row("OBX|1|NM|2601-3^Mg^LN||2.5|mmol/L|||||" + std::string{status} + "\r");
        expect_refused(r, Refusal::wrong_patient);
        EXPECT_TRUE(r.withdrawn);
        EXPECT_EQ(r.signal, Signal::mg);
        EXPECT_TRUE(r.has_time);
    }
    for (const char* const status : {"I", "O", "N", "S"}) {
        expect_refused(row("OBX|1|NM|2601-3^Mg^LN||2.5|mmol/L|||||" + std::string{status} + "\r"),
                       Refusal::not_usable);
    }
}

TEST_F(Decode, a_bare_name_means_blood)
{
    const std::string obx = "OBX|1|NM|1^MAGNESIUM^GH||2.2|mmol/L|||||F\r";
    const std::string msh = "MSH|^~\\&|LIS|W|||20260101101500||ORU^R01|1|P|2.4\r";
    EXPECT_TRUE(decode_all(msh + "OBR|1\r" + obx).results[0].accepted);
    expect_refused(decode_all(msh + "OBR|1||||||||||||||UR^Urine\r" + obx).results[0],
                   Refusal::unknown_code);
    expect_refused(decode_all(msh + "OBR|1\r" + obx + "SPM|1|||UR^Urine^HL70487\r").results[0],
                   Refusal::unknown_code);
    // The specimen of the next order is not this one's.
    EXPECT_TRUE(decode_all(msh + "OBR|1\r" + obx + "SPM|1|||SER^Serum\rOBR|2\rSPM|1|||UR\r")
                    .results[0]
                    .accepted);
}

TEST_F(Decode, consciousness_as_text)
{
    const auto avpu = [&](const char* value) -> const ObxResult& {
        return row("OBX|1|TX|67775-7^AVPU^LN||" + std::string{value} + "||||||F\r");
    };
    expect_value(avpu("Alert"), Signal::avpu, 0, Origin::charted);
    expect_value(avpu("V"), Signal::avpu, 1, Origin::charted);
    expect_value(avpu("new confusion"), Signal::avpu, 1, Origin::charted);
    expect_value(avpu("LA17107-6^Responds to pain^LN"), Signal::avpu, 2, Origin::charted);
    expect_value(avpu("Unresponsive"), Signal::avpu, 3, Origin::charted);
    expect_refused(avpu("fine"), Refusal::not_a_number);
    expect_refused(avpu("1"), Refusal::not_a_number); // scales differ: a number is not guessed
}

TEST_F(Decode, reflexes_with_their_site)
{
    const auto reflex = [&](const char* code, const char* value,
                            const char* site = "") -> const ObxResult& {
        return row("OBX|1|ST|" + std::string{code} + "||" + value + "||||||F|||||||||" + site +
                   "\r");
    };
    expect_value(reflex("R1^KNEE REFLEX^L", "0"), Signal::reflex_knee, 0, Origin::charted);
    expect_value(reflex("R1^Knee reflex^L", "absent"), Signal::reflex_knee, 0, Origin::charted);
    expect_value(reflex("R1^Biceps reflex^L", "1+"), Signal::reflex_arm, 1, Origin::charted);
    expect_value(reflex("R1^Reflex^L", "++"), Signal::reflex_knee, 2, Origin::charted);
    expect_value(reflex("R1^Reflex^L", "2", "BIC^Right biceps^L"), Signal::reflex_arm, 2,
                 Origin::charted);
    expect_refused(reflex("R1^Reflex^L", "brisk"), Refusal::not_a_number);
    expect_refused(reflex("R1^Reflex^L", "7"), Refusal::implausible);
    SourceProfile profile;
    profile.codes.push_back({"LOC7", "", Signal::reflex_arm, std::nullopt, 1});
    expect_value(row("OBX|1|ST|LOC7^whatever^99X||0||||||F\r", profile), Signal::reflex_arm, 0,
                 Origin::charted);
}

TEST_F(Decode, urine_is_a_volume)
{
    expect_value(row("OBX|1|NM|9187-6^Urine^LN||12.5|mL^^UCUM|||||F\r"), Signal::urine, 12.5,
                 Origin::charted);
    expect_value(row("OBX|1|NM|U1^URINE OUTPUT^L||0.2|L|||||F\r"), Signal::urine, 200,
                 Origin::charted);
    expect_refused(row("OBX|1|TX|tt-0005-14^UrineOutput^WelchAllyn||Yes||||||F\r"),
                   Refusal::not_a_number);
}

TEST_F(Decode, pumps_count_when_they_give_magnesium)
{
    const std::string rate =
        "OBX|2|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.2|25|265266^MDC_DIM_MILLI_L_PER_HR^MDC"
        "|||||R\r";
    const auto drug = [](const char* name, const char* channel = "1.1.1.1") {
        return "OBX|1|ST|184514^MDC_DRUG_NAME_LABEL^MDC|" + std::string{channel} + "|" + name +
               "||||||R\r";
    };
    expect_refused(row(rate), Refusal::unknown_code);
    expect_value(decode(drug("Magnesium sulfate 20 g/500 mL") + rate).results[1], Signal::pump_flow,
                 25);
    expect_refused(decode(drug("Oxytocin") + rate).results[1], Refusal::unknown_code);
    // Two pumps behind one gateway: each has its own drug.
    const Decoded& two = decode(drug("Oxytocin") + rate + drug("MgSO4", "1.2.1.1") +
                                "OBX|4|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.2.1.2|50|mL/h|||||R\r");
    expect_refused(two.results[1], Refusal::unknown_code);
    expect_value(two.results[3], Signal::pump_flow, 50);
    SourceProfile profile;
    profile.pumps_give_magnesium = true;
    expect_value(row(rate, profile), Signal::pump_flow, 25);
    expect_refused(decode(drug("Oxytocin") + rate, profile).results[1], Refusal::unknown_code);
}

TEST_F(Decode, alarms_of_the_monitor)
{
    expect_value(row("OBX|1|ST|199680^MDC_EVT_APNEA^MDC|1.1.1.1.1|Apnea|||H~PH~SP|||R\r"),
                 Signal::monitor_apnoea, 1);
    expect_value(row("OBX|1|ST|196880^MDC_EVT_LEAD_OFF^MDC|1.1.1.1.1|||||||R\r"),
                 Signal::monitor_leads_off, 1);
    expect_value(row("OBX|1|ST|199854^MDC_EVT_DESAT^MDC||0||||||R\r"), Signal::monitor_desaturation,
                 0);
    expect_refused(row("OBX|1|ST|199854^MDC_EVT_DESAT^MDC||||||||X\r"), Refusal::no_value);
    expect_value(
        row("OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.0.0.0.1|199932^MDC_EVT_ECG_BRADY^MDC||||||R\r"),
        Signal::monitor_bradycardia, 1);
    expect_value(row("OBX|1|ST|199684^MDC_EVT_ECG_ASYSTOLE^MDC|1.6.1.1.1|Asystole|||H~PH~SP|||R\r"),
                 Signal::monitor_arrest, 1);
    expect_value(
        row("OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.0.0.0.1|199866^MDC_EVT_ECG_AV_HEART_BLK_DEG_3^MDC||||||R\r"),
        Signal::monitor_heart_block, 1);
    expect_value(row("OBX|1|TX|196616^MDC_EVT_ALARM^MDC|1.0.0.0.1|*** APNEA||||||R\r"),
                 Signal::monitor_apnoea, 1);
    expect_refused(row("OBX|1|TX|196616^MDC_EVT_ALARM^MDC|1.0.0.0.1|ST elevation||||||R\r"),
                   Refusal::unknown_code);
    SourceProfile profile;
    profile.codes.push_back({"A77", "", Signal::monitor_inop, std::nullopt, 1});
    expect_value(row("OBX|1|TX|A77^alarm^99X||No Data Monitor||||||R\r", profile),
                 Signal::monitor_inop, 1);
}

TEST_F(Decode, an_alarm_report_with_its_facets)
{
    const auto alarm = [&](const char* phase, const char* state) -> const Decoded& {
        return decode(
            "OBX|1|ST|196674^MDC_EVT_LO_VAL_LT_LIM^MDC|1.3.1.150456.1|Low SpO2|||L~PM~SP|||R\r"
            "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456.2|86|262688^MDC_DIM_PERCENT^MDC|"
            "90-96||||R\r"
            "OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.3.1.150456.3|" +
            std::string{phase} +
            "||||||R\r"
            "OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.3.1.150456.4|" +
            state + "||||||R\r");
    };
    expect_value(alarm("start", "active").results[0], Signal::monitor_desaturation, 1);
    expect_value(alarm("start", "active").results[1], Signal::spo2, 86);
    expect_value(alarm("end", "active").results[0], Signal::monitor_desaturation, 0);
    expect_value(alarm("continue", "inactive").results[0], Signal::monitor_desaturation, 0);
    expect_refused(alarm("start", "active").results[2], Refusal::unknown_code);
    // By the metric in OBX-4 alone; a high limit of the heart rate; a limit that is no flag of
    // ours.
    expect_value(row("OBX|1|ST|196652^MDC_EVT_HI_VAL_GT_LIM^MDC|1.6.1.147842.1|High HR||||||R\r"),
                 Signal::monitor_tachycardia, 1);
    expect_value(row("OBX|1|ST|196670^MDC_EVT_LO^MDC|1.6.1.147842.1|Low HR||||||R\r"),
                 Signal::monitor_bradycardia, 1);
    expect_refused(
        row("OBX|1|ST|196652^MDC_EVT_HI_VAL_GT_LIM^MDC|1.6.1.150021.1|High NBP||||||R\r"),
        Refusal::unknown_code);
}

TEST_F(Decode, other_separators)
{
    const Decoded& all =
        decode_all("MSH@~&#\\@GW@W@@@20260101101500@@ORU~R01@1@P@2.5\rOBR@1@@@@@@20260101101500\r"
                   "OBX@1@NM@147842~MDC_ECG_HEART_RATE~MDC@@82@bpm~~UCUM@@@@@R\r");
    expect_value(all.results[0], Signal::hr, 82);
}

TEST_F(Decode, empty_set_ids_and_line_feeds)
{
    const Decoded& all =
        decode_all("MSH|^~\\&|GW|W|||20260101101500||ORU^R01|1|P|2.3\nOBR|||||||20260101101500\n"
                   "OBX||NM|8867-4^HR^LN||82|bpm|||||F\nOBX||NM|9279-1^RR^LN||17|rpm|||||F\n");
    expect_value(all.results[0], Signal::hr, 82);
    expect_value(all.results[1], Signal::rr, 17);
}

TEST_F(Decode, a_code_seen_before_with_another_unit_is_looked_up_again)
{
    const Decoded& all =
        decode("OBX|1|NM|2601-3^Mg^LN||2|mmol/L|||||F\rOBX|2|NM|2601-3^Mg^LN||2|mEq/L|||||F\r"
               "OBX|3|NM|2601-3^Mg^LN||2|mmol/L|||||F\r");
    expect_value(all.results[0], Signal::mg, 2, Origin::laboratory);
    expect_value(all.results[1], Signal::mg, 1, Origin::laboratory);
    expect_value(all.results[2], Signal::mg, 2, Origin::laboratory);
}

TEST_F(Decode, ten_thousand_rows_of_alarms_cost_no_square)
{
    std::string body;
    for (int i = 0; i < 4000; ++i) body += "OBX|1|ST|196670^MDC_EVT_LO^MDC|1.1.1.1.1|x||||||R\r";
    EXPECT_EQ(decode(body).results.size(), 4000U); // ends, under CTest's time limit
}

} // namespace
} // namespace magwatch::adapters::hl7
