#include <gtest/gtest.h>

#include "adapters/monitors/hl7/codes.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

CodeMeaning meaning(std::string_view code)
{
    return meaning_of(code, Separators{});
}

void expect_use(std::string_view code, CodeUse use, Signal signal)
{
    const CodeMeaning m = meaning(code);
    EXPECT_FALSE(m.mismatch) << code;
    EXPECT_EQ(m.use, use) << code;
    EXPECT_EQ(m.signal, signal) << code;
}
void expect_value(std::string_view code, Signal signal) { expect_use(code, CodeUse::value, signal); }
void expect_flag(std::string_view code, Signal signal) { expect_use(code, CodeUse::flag, signal); }

TEST(Codes, number_and_name_or_either_alone)
{
    expect_value("147842^MDC_ECG_HEART_RATE^MDC", Signal::hr);
    expect_value("147842^MDC_ECG_CARD_BEAT_RATE^MDC", Signal::hr);
    expect_value("147842^^MDC", Signal::hr);
    expect_value("147842", Signal::hr);
    expect_value("^MDC_ECG_HEART_RATE^MDC", Signal::hr);
    expect_value("MDC_ECG_HEART_RATE", Signal::hr);
    expect_value("151554^MDC_RESP_RATE^MDC", Signal::rr);
    expect_value("151562^MDC_RESP_RATE^MDC", Signal::rr);
    expect_value("151578^MDC_TTHOR_RESP_RATE^MDC", Signal::rr);
    expect_value("149538^MDC_PLETH_PULS_RATE^MDC", Signal::pulse);
    expect_value("150301^MDC_PRESS_CUFF_SYS^MDC", Signal::sbp);
    expect_value("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", Signal::art_sys);
}

TEST(Codes, a_local_number_before_an_mdc_name)
{
    expect_value("tt-0005-05^MDC_PRESS_BLD_NONINV_SYS^MDC", Signal::sbp);
    EXPECT_TRUE(meaning("tt-0005-05^MDC_PRESS_BLD_NONINV_SYS^MDC").renumbered);
}

TEST(Codes, a_misspelt_name_with_the_right_number)
{
    expect_value("150034^MDC_PREeSS_BLD_ART_DIA^MDC", Signal::art_dia);
    EXPECT_TRUE(meaning("150034^MDC_PREeSS_BLD_ART_DIA^MDC").misspelt);
}

TEST(Codes, two_known_codes_that_differ_are_refused_for_a_measurement)
{
    EXPECT_TRUE(meaning("147842^MDC_RESP_RATE^MDC").mismatch);
    EXPECT_TRUE(meaning("151562^MDC_PULS_OXIM_SAT_O2^MDC").mismatch);
    EXPECT_TRUE(meaning("147842^MDC_ECG_HEART_RATE^MDC^9279-1^Respiratory rate^LN").mismatch);
}

TEST(Codes, for_events_and_attributes_the_name_counts)
{
    const CodeMeaning m = meaning("196680^MDC_EVT_LEAD_OFF^MDC");
    EXPECT_FALSE(m.mismatch);
    EXPECT_EQ(m.use, CodeUse::flag);
    EXPECT_EQ(m.signal, Signal::monitor_leads_off);
    EXPECT_TRUE(m.renumbered);
    EXPECT_EQ(meaning("2327^MDC_ATTR_NU_MSMT_RES^MDC").use, CodeUse::unused);
    EXPECT_EQ(meaning("0^MDC_ATTR_SAMP_RATE^MDC").use, CodeUse::unknown);
}

TEST(Codes, the_monitors_arrest_and_heart_block)
{
    for (const char* const arrest :
         {"199684^MDC_EVT_ECG_ASYSTOLE^MDC", "199806^MDC_EVT_ECG_V_FIB^MDC", "199810^MDC_EVT_ECG_V_FLUT^MDC",
          "199830^MDC_EVT_ECG_V_STAND^MDC", "199936^MDC_EVT_ECG_RHY_AGONAL^MDC",
          "199944^MDC_EVT_ECG_V_FIB_OR_TACHY^MDC", "199946^MDC_EVT_ECG_V_FIB_TACHY^MDC"}) {
        expect_flag(arrest, Signal::monitor_arrest);
    }
    for (const char* const slow :
         {"199694^MDC_EVT_ECG_BRADY_EXTREME^MDC", "199756^MDC_EVT_ECG_AV_HEART_BLK_DEG_2^MDC",
          "199758^MDC_EVT_ECG_AV_HEART_BLK_DEG_2_TYPE_I^MDC", "199760^MDC_EVT_ECG_AV_HEART_BLK_DEG_2_TYPE_II^MDC",
          "199774^MDC_EVT_ECG_HEART_BLK^MDC", "199776^MDC_EVT_ECG_HEART_BLK_COMP^MDC",
          "199866^MDC_EVT_ECG_AV_HEART_BLK_DEG_3^MDC", "199888^MDC_EVT_ECG_AV_HEART_BLK_DEG_2_1^MDC",
          "199890^MDC_EVT_ECG_AV_HEART_BLK_DEG_3_1^MDC", "199896^MDC_EVT_ECG_AV_HEART_BLK_DEG_4_1^MDC",
          "199942^MDC_EVT_ECG_V_BRADY^MDC"}) {
        expect_flag(slow, Signal::monitor_heart_block);
    }
    for (const char* const slow : {"199692^MDC_EVT_ECG_SINUS_BRADY^MDC", "199696^MDC_EVT_ECG_BRADY_SUST^MDC",
                                   "199768^MDC_EVT_ECG_CARD_BEAT_RATE_LO^MDC", "199932^MDC_EVT_ECG_BRADY^MDC"}) {
        expect_flag(slow, Signal::monitor_bradycardia);
    }
    // The same terms in a gateway's hexadecimal: partition 3.
    expect_flag("0003-0c04^ASYSTOLE^MDIL", Signal::monitor_arrest);
    EXPECT_EQ(meaning("199754^MDC_EVT_ECG_AV_HEART_BLK_DEG_1^MDC").use, CodeUse::unknown);
}

TEST(Codes, hexadecimal_numbers_of_philips)
{
    expect_value("0002-4182^HR^MDIL", Signal::hr);
    expect_value("0002-4822^Pulse^MDIL", Signal::pulse);
    expect_value("0002-4bb8^SpO2^MDIL", Signal::spo2);
    expect_value("0002-5012^RR^MDIL", Signal::rr);
    EXPECT_EQ(meaning("0002-f09c^SpO2T^MDIL").use, CodeUse::unknown);
    EXPECT_EQ(mdc_number("0002-4182"), 147842U);
    EXPECT_FALSE(mdc_number("0002-41g2"));
    EXPECT_FALSE(mdc_number("0"));
    EXPECT_FALSE(mdc_number("99999999999"));
}

TEST(Codes, loinc)
{
    expect_value("9279-1^Respiratory rate^LN", Signal::rr);
    expect_value("59408-5", Signal::spo2);
    expect_value("2601-3^Magnesium^LN", Signal::mg);
    expect_value("19123-9^Magnesium^LN", Signal::mg);
    expect_value("9187-6^Urine^LN", Signal::urine);
    expect_value("82565^CREATININE^GH^2160-0^CREATININE:MCNC:PT:SER/PLAS:QN:^LN",
                 Signal::creatinine);
    EXPECT_EQ(meaning("67775-7^AVPU^LN").use, CodeUse::avpu);
    // A LOINC code that is not in the table is another quantity: this one is magnesium in urine.
    EXPECT_EQ(meaning("19124-7^Magnesium^LN").use, CodeUse::unknown);
    EXPECT_EQ(meaning("9192-6^Urine 24 h^LN").use, CodeUse::unused);
}

TEST(Codes, names_of_laboratories_and_wards)
{
    expect_value("82312^MAGNESIUM^GH", Signal::mg);
    expect_value("tt-0003-01^Creatinine^WinPath", Signal::creatinine);
    expect_value("82310^CALCIUM^GH", Signal::calcium);
    expect_value("X1^respiratory rate counted^L", Signal::rr_counted);
    EXPECT_EQ(meaning("tt-0005-01^AVPU^LOINC").use, CodeUse::avpu);
    EXPECT_EQ(meaning("X2^Knee reflex^L").use, CodeUse::reflex);
    EXPECT_EQ(meaning("X2^MAGNESIUM URINE^L").use, CodeUse::unknown);
    EXPECT_EQ(meaning("82310^SODIUM^GH").use, CodeUse::unknown);
    // A laboratory's number that happens to be an MDC number.
    EXPECT_EQ(meaning("147842^SODIUM^GH").use, CodeUse::unknown);
    EXPECT_EQ(meaning("").use, CodeUse::unknown);
    EXPECT_EQ(meaning("^^").use, CodeUse::unknown);
}

TEST(Codes, alarm_texts)
{
    EXPECT_EQ(flag_from_text("*** APNEA"), Signal::monitor_apnoea);
    EXPECT_EQ(flag_from_text("**SpO2 Desat 82 < 85"), Signal::monitor_desaturation);
    EXPECT_EQ(flag_from_text("*** BRADY 38 < 40"), Signal::monitor_bradycardia);
    EXPECT_EQ(flag_from_text("** xTachy"), Signal::monitor_tachycardia);
    for (const char* const arrest : {"***ASYSTOLE", "*** VENT FIB/TACH", "V-Fib", "VFIB/VTAC", "Cardiac arrest"}) {
        EXPECT_EQ(flag_from_text(arrest), Signal::monitor_arrest) << arrest;
    }
    for (const char* const slow : {"*** xBRADY 31 < 40", "Extreme Brady", "3rd degree AV block", "Heart block"}) {
        EXPECT_EQ(flag_from_text(slow), Signal::monitor_heart_block) << slow;
    }
    EXPECT_FALSE(flag_from_text("1st degree AV block"));
    EXPECT_FALSE(flag_from_text("ASYSTOLE ALARM OFF"));
    EXPECT_EQ(flag_from_text("ECG LEADS OFF"), Signal::monitor_leads_off);
    EXPECT_EQ(flag_from_text("SpO2 INOP"), Signal::monitor_inop);
    EXPECT_EQ(flag_from_text("No Data Monitor"), Signal::monitor_inop);
    EXPECT_FALSE(flag_from_text("APNEA ALARM OFF"));
    EXPECT_FALSE(flag_from_text("Apnea end"));
    EXPECT_FALSE(flag_from_text("ST-II 2.1"));
}

UnitMeaning unit(std::string_view text)
{
    return unit_of(text, Separators{});
}

TEST(Units, every_way_to_write_them)
{
    using State = UnitMeaning::State;
    for (const char* const text :
         {"264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^^UCUM",
          "{beat}/min^^UCUM^264864^MDC_DIM_BEAT_PER_MIN^MDC", "bpm", "/min", "0004-0aa0^bpm^MDIL",
          "MDC_DIM_BEAT_PER_MIN", "264864^MDC_DIM_BEAT_PER_MINN^MDC"}) {
        EXPECT_EQ(unit(text).state, State::known) << text;
        EXPECT_EQ(unit(text).unit, Unit::per_min) << text;
    }
    EXPECT_EQ(unit("mmol/L^^UCUM").unit, Unit::mmol_per_l);
    EXPECT_EQ(unit("MG/DL").unit, Unit::mg_per_dl);
    EXPECT_EQ(unit("UMOLL").unit, Unit::umol_per_l);
    EXPECT_EQ(unit("").state, State::absent);
    EXPECT_EQ(unit("\"\"").state, State::absent);
    EXPECT_EQ(unit("furlong").state, State::unknown);
    EXPECT_EQ(unit("264864^MDC_DIM_PERCENT^MDC").state, State::unknown)
        << "number and name disagree";
}

} // namespace
} // namespace magwatch::adapters::hl7
