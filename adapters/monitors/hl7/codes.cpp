#include "adapters/monitors/hl7/codes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace magwatch::adapters::hl7
{
namespace
{

using U = CodeUse;
using S = Signal;

struct Term {
    std::uint32_t number;
    std::string_view name; // without MDC_
    CodeUse use;
    Signal signal{};
    bool of_pump = false;
};

// By number. The monitor's arrest and heart block alarms as in the NIST table of January 2025 (mdccodes.csv); a block
// of the first degree is no alarm of ours: a long PR is what magnesium does below the levels that endanger.
constexpr Term terms[] = {
    {67860, "ATTR_CONFIRM_TIMEOUT", U::unused},
    {67880, "ATTR_ID_MODEL", U::unused},
    {67917, "ATTR_NU_MSMT_RES", U::unused},
    {67972, "ATTR_SYS_ID", U::unused},
    {67975, "ATTR_TIME_ABS", U::unused},
    {67996, "ATTR_VAL_BATT_CHARGE", U::unused},
    {68012, "ATTR_AL_COND", U::alarm_text},
    {68323, "ATTR_DATA_RANGE", U::unused},
    {68480, "ATTR_ALERT_SOURCE", U::unused},
    {68481, "ATTR_EVENT_PHASE", U::unused},
    {68482, "ATTR_ALARM_STATE", U::unused},
    {68483, "ATTR_ALARM_INACTIVATION_STATE", U::unused},
    {68484, "ATTR_ALARM_PRIORITY", U::unused},
    {68485, "ATTR_ALERT_TYPE", U::unused},
    {68487, "ATTR_EVT_COND", U::unused},
    {68546, "ATTR_ALERT_TEXT", U::unused}, // repeats in words what facet .1 says in code
    {69837, "DEV_METER_PHYSIO_MULTI_PARAM_MDS", U::unused},
    {69854, "DEV_METER_PRESS_BLD_VMD", U::unused},
    {69855, "DEV_METER_PRESS_BLD_CHAN", U::unused},
    {69953, "DEV_MON_PT_PHYSIO_MULTI_PARAM_MDS", U::unused},
    {69965, "DEV_MON_PHYSIO_MULTI_PARAM_MDS", U::unused},
    {70049, "DEV_PUMP_INFUS_LVP_MDS", U::unused},
    {70050, "DEV_PUMP_INFUS_LVP_VMD", U::unused},
    {70053, "DEV_PUMP_INFUS_SYRINGE_MDS", U::unused},
    {70054, "DEV_PUMP_INFUS_SYRINGE_VMD", U::unused},
    {70067, "DEV_PUMP_DELIVERY_INFO", U::unused},
    {138240, "ECG_TIME_PD_PR", U::unused},
    {147232, "ECG_TIME_PD_QT_GL", U::unused},
    {147842, "ECG_HEART_RATE", U::value, S::hr},
    {149514, "PULS_RATE", U::value, S::pulse},
    {149522, "BLD_PULS_RATE_INV", U::value, S::pulse},
    {149530, "PULS_OXIM_PULS_RATE", U::value, S::pulse},
    {149538, "PLETH_PULS_RATE", U::value, S::pulse},
    {149546, "PULS_RATE_NON_INV", U::value, S::pulse},
    {150017, "PRESS_BLD_SYS", U::value, S::art_sys},
    {150018, "PRESS_BLD_DIA", U::value, S::art_dia},
    {150019, "PRESS_BLD_MEAN", U::value, S::art_mean},
    {150020, "PRESS_BLD_NONINV",
     U::unused}, // the triple as one: its parts come as 150021 to 150023
    {150021, "PRESS_BLD_NONINV_SYS", U::value, S::sbp},
    {150022, "PRESS_BLD_NONINV_DIA", U::value, S::dbp},
    {150023, "PRESS_BLD_NONINV_MEAN", U::value, S::map},
    {150032, "PRESS_BLD_ART", U::unused},
    {150033, "PRESS_BLD_ART_SYS", U::value, S::art_sys},
    {150034, "PRESS_BLD_ART_DIA", U::value, S::art_dia},
    {150035, "PRESS_BLD_ART_MEAN", U::value, S::art_mean},
    {150037, "PRESS_BLD_ART_ABP_SYS", U::value, S::art_sys},
    {150038, "PRESS_BLD_ART_ABP_DIA", U::value, S::art_dia},
    {150039, "PRESS_BLD_ART_ABP_MEAN", U::value, S::art_mean},
    {150301, "PRESS_CUFF_SYS", U::value, S::sbp},
    {150302, "PRESS_CUFF_DIA", U::value, S::dbp},
    {150303, "PRESS_CUFF_MEAN", U::value, S::map},
    {150316, "SAT_O2", U::value, S::spo2},
    {150344, "TEMP", U::value, S::temp},
    {150364, "TEMP_BODY", U::value, S::temp},
    {150368, "TEMP_CORE", U::value, S::temp},
    {150372, "TEMP_ESOPH", U::value, S::temp},
    {150380, "TEMP_NASOPH", U::value, S::temp},
    {150388, "TEMP_SKIN", U::unused}, // degrees below the body's own
    {150392, "TEMP_TYMP", U::value, S::temp},
    {150456, "PULS_OXIM_SAT_O2", U::value, S::spo2},
    {150488, "BLD_PERF_INDEX", U::unused},
    {151554, "RESP_RATE", U::value, S::rr},
    {151562, "RESP_RATE", U::value, S::rr},
    {151570, "AWAY_RESP_RATE", U::value, S::rr},
    {151578, "TTHOR_RESP_RATE", U::value, S::rr},
    {151586, "VENT_RESP_RATE", U::value, S::rr},
    {151594, "CO2_RESP_RATE", U::value, S::rr},
    {151650, "ACOUSTIC_RESP_RATE", U::value, S::rr},
    {151658, "PULS_OXIM_PLETH_RESP_RATE", U::value, S::rr},
    {151708, "CONC_AWAY_CO2_ET", U::value, S::etco2},
    {151712, "CONC_AWAY_CO2_EXP", U::unused},
    {151716, "CONC_AWAY_CO2_INSP", U::unused},
    {152196, "CONC_AWAY_O2_INSP", U::unused},
    {153728, "SCORE_GLAS_COMA", U::value, S::gcs},
    {153730, "SCORE_EYE_SUBSC_GLAS_COMA", U::unused},
    {153731, "SCORE_MOTOR_SUBSC_GLAS_COMA", U::unused},
    {153732, "SCORE_SUBSC_VERBAL_GLAS_COMA", U::unused},
    {153740, "SCORE_AVPU", U::avpu, S::avpu},
    {157708, "FLOW_URINE_INSTANT", U::unused},
    {157716, "FLOW_URINE_PREV_HR", U::unused},
    {157732, "VOL_URINE_BAL_PD", U::unused},
    {157744, "VOL_URINE_COL", U::unused}, // since when it was collected is the device's secret
    {157760, "CONC_DRUG", U::value, S::pump_concentration, true},
    {157784, "FLOW_FLUID_PUMP", U::value, S::pump_flow, true},
    {157860, "VOL_FLUID_BOLUS", U::unused},
    {157864, "VOL_FLUID_DELIV", U::unused},
    {157872, "VOL_FLUID_TBI_REMAIN", U::unused},
    {157884, "VOL_FLUID_TBI", U::unused},
    {157888, "VOL_FLUID_DELIV_TOTAL_SET", U::unused},
    {157916, "TIME_PD_REMAIN", U::unused},
    {157924, "RATE_DOSE", U::value, S::pump_rate, true},
    {157992, "VOL_FLUID_DELIV_SEGMENT", U::unused},
    {157993, "VOL_FLUID_DELIV_TOTAL", U::unused},
    {158014, "FLOW_FLUID_PUMP_CURRENT", U::value, S::pump_flow, true},
    {160024, "CONC_CA_GEN", U::unused}, // does not say whether total or ionised
    {160244, "CONC_PROTEIN_URINE", U::unused},
    {184330, "DRUG_NAME_TYPE", U::unused},
    {184504, "PUMP_MODE", U::unused},
    {184514, "DRUG_NAME_LABEL", U::unused},
    {184516, "PUMP_DRUG_LIBRARY_CARE_AREA", U::unused},
    {184519, "PUMP_INFUSING_STATUS", U::unused},
    {184520, "PUMP_DRUG_LIBRARY_NAME", U::unused},
    {188420, "TEMP_RECT", U::value, S::temp},
    {188424, "TEMP_ORAL", U::value, S::temp},
    {188436, "TEMP_BLD", U::value, S::temp},
    {188736, "MASS_BODY_ACTUAL", U::value, S::weight},
    {196614, "EVT_ACTIVE", U::unused},
    {196616, "EVT_ALARM", U::alarm},
    {196648, "EVT_HI", U::limit_alarm},
    {196652, "EVT_HI_VAL_GT_LIM", U::limit_alarm},
    {196660, "EVT_INOP", U::flag, S::monitor_inop},
    {196670, "EVT_LO", U::limit_alarm},
    {196674, "EVT_LO_VAL_LT_LIM", U::limit_alarm},
    {196680, "EVT_MODE", U::unused},
    {196880, "EVT_LEAD_OFF", U::flag, S::monitor_leads_off},
    {196916, "EVT_SENSOR_DISCONN", U::flag, S::monitor_inop},
    {197108, "EVT_SIG_ARTIFACT", U::unused},
    {198006, "EVT_PROBE_OFF", U::flag, S::monitor_inop},
    {198200, "EVT_WATCHDOG", U::unused},
    {199680, "EVT_APNEA", U::flag, S::monitor_apnoea},
    {199684, "EVT_ECG_ASYSTOLE", U::flag, S::monitor_arrest},
    {199692, "EVT_ECG_SINUS_BRADY", U::flag, S::monitor_bradycardia},
    {199694, "EVT_ECG_BRADY_EXTREME", U::flag, S::monitor_heart_block},
    {199696, "EVT_ECG_BRADY_SUST", U::flag, S::monitor_bradycardia},
    {199728, "EVT_ECG_TACHY", U::flag, S::monitor_tachycardia},
    {199756, "EVT_ECG_AV_HEART_BLK_DEG_2", U::flag, S::monitor_heart_block},
    {199758, "EVT_ECG_AV_HEART_BLK_DEG_2_TYPE_I", U::flag, S::monitor_heart_block},
    {199760, "EVT_ECG_AV_HEART_BLK_DEG_2_TYPE_II", U::flag, S::monitor_heart_block},
    {199768, "EVT_ECG_CARD_BEAT_RATE_LO", U::flag, S::monitor_bradycardia},
    {199774, "EVT_ECG_HEART_BLK", U::flag, S::monitor_heart_block},
    {199776, "EVT_ECG_HEART_BLK_COMP", U::flag, S::monitor_heart_block},
    {199806, "EVT_ECG_V_FIB", U::flag, S::monitor_arrest},
    {199810, "EVT_ECG_V_FLUT", U::flag, S::monitor_arrest},
    {199830, "EVT_ECG_V_STAND", U::flag, S::monitor_arrest},
    {199854, "EVT_DESAT", U::flag, S::monitor_desaturation},
    {199866, "EVT_ECG_AV_HEART_BLK_DEG_3", U::flag, S::monitor_heart_block},
    {199888, "EVT_ECG_AV_HEART_BLK_DEG_2_1", U::flag, S::monitor_heart_block},
    {199890, "EVT_ECG_AV_HEART_BLK_DEG_3_1", U::flag, S::monitor_heart_block},
    {199896, "EVT_ECG_AV_HEART_BLK_DEG_4_1", U::flag, S::monitor_heart_block},
    {199932, "EVT_ECG_BRADY", U::flag, S::monitor_bradycardia},
    {199936, "EVT_ECG_RHY_AGONAL", U::flag, S::monitor_arrest},
    {199942, "EVT_ECG_V_BRADY", U::flag, S::monitor_heart_block},
    {199944, "EVT_ECG_V_FIB_OR_TACHY", U::flag, S::monitor_arrest},
    {199946, "EVT_ECG_V_FIB_TACHY", U::flag, S::monitor_arrest},
};

// Second names of a number.
struct Alias {
    std::string_view name;
    std::uint32_t number;
};
constexpr Alias aliases[] = {{"ECG_CARD_BEAT_RATE", 147842}, {"RATE_INFUS", 157784}};

struct Loinc {
    std::string_view code;
    CodeUse use;
    Signal signal{};
};
constexpr Loinc loincs[] = {
    {"8867-4", U::value, S::hr},
    {"8889-8", U::value, S::pulse},
    {"9279-1", U::value, S::rr},
    {"59408-5", U::value, S::spo2},
    {"2708-6", U::value, S::sao2},
    {"8480-6", U::value, S::sbp},
    {"8462-4", U::value, S::dbp},
    {"8478-0", U::value, S::map},
    {"85354-9", U::unused},
    {"8310-5", U::value, S::temp},
    {"29463-7", U::value, S::weight},
    {"9269-2", U::value, S::gcs},
    {"9267-6", U::unused},
    {"9268-4", U::unused},
    {"9270-0", U::unused},
    {"67775-7", U::avpu, S::avpu},
    {"80288-4", U::avpu, S::avpu},
    {"9187-6", U::value, S::urine},
    {"9192-6", U::unused}, // 24 h total: would be counted twice
    {"2160-0", U::value, S::creatinine},
    {"14682-9", U::value, S::creatinine},
    {"19123-9", U::value, S::mg},
    {"2601-3", U::value, S::mg},
    {"17861-6", U::value, S::calcium},
    {"2000-8", U::value, S::calcium},
};

// Names under local codes, whole and without regard to case. Only serum or plasma goes by these
// bare names.
constexpr Loinc local_names[] = {
    {"MAGNESIUM", U::value, S::mg},
    {"SERUM MAGNESIUM", U::value, S::mg},
    {"MAGNESIUM SERUM", U::value, S::mg},
    {"PLASMA MAGNESIUM", U::value, S::mg},
    {"CREATININE", U::value, S::creatinine},
    {"SERUM CREATININE", U::value, S::creatinine},
    {"CALCIUM", U::value, S::calcium},
    {"SERUM CALCIUM", U::value, S::calcium},
    {"AVPU", U::avpu, S::avpu},
    {"ACVPU", U::avpu, S::avpu},
    {"REFLEX", U::reflex, S::reflex_knee},
    {"TENDON REFLEX", U::reflex, S::reflex_knee},
    {"DEEP TENDON REFLEX", U::reflex, S::reflex_knee},
    {"KNEE REFLEX", U::reflex, S::reflex_knee},
    {"PATELLAR REFLEX", U::reflex, S::reflex_knee},
    {"ARM REFLEX", U::reflex, S::reflex_arm},
    {"BICEPS REFLEX", U::reflex, S::reflex_arm},
    {"RESPIRATORY RATE COUNTED", U::value, S::rr_counted},
    {"COUNTED RESPIRATORY RATE", U::value, S::rr_counted},
    {"URINE OUTPUT", U::value, S::urine},
    {"URINEOUTPUT", U::value, S::urine},
    {"URINE VOLUME", U::value, S::urine},
};

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool same_word(std::string_view a, std::string_view upper_b)
{
    return a.size() == upper_b.size() && std::equal(a.begin(), a.end(), upper_b.begin(),
                                                    [](char x, char y) { return upper(x) == y; });
}

const Term* term_by_number(std::uint32_t number)
{
    const auto* const found =
        std::lower_bound(std::begin(terms), std::end(terms), number,
                         [](const Term& t, std::uint32_t n) { return t.number < n; });
    return found != std::end(terms) && found->number == number ? found : nullptr;
}

const Term* term_by_name(std::string_view name)
{
    if (!name.starts_with("MDC_")) return nullptr;
    name.remove_prefix(4);
    for (const Alias& alias : aliases) {
        if (alias.name == name) return term_by_number(alias.number);
    }
    // Later rows first: of the two numbers of RESP_RATE the one in use is 151562.
    for (auto row = std::rbegin(terms); row != std::rend(terms); ++row) {
        if (row->name == name) return &*row;
    }
    return nullptr;
}

LimitSide side_of(const Term& term)
{
    if (term.use != U::limit_alarm) return LimitSide::none;
    return term.name.starts_with("EVT_LO") ? LimitSide::low : LimitSide::high;
}

CodeMeaning meaning_of_term(const Term& term)
{
    CodeMeaning m;
    m.use = term.use;
    m.signal = term.signal;
    m.side = side_of(term);
    m.of_pump = term.of_pump;
    m.mdc = term.number;
    return m;
}

bool is_event_or_attribute(std::string_view name)
{
    return name.starts_with("MDC_EVT_") || name.starts_with("MDC_ATTR_");
}

bool is_mdc_system(std::string_view system)
{
    for (const std::string_view known :
         {"MDC", "MDIL", "MDIL-ALERT", "ISO11073", "ISO/IEEE 11073"}) {
        if (same_word(system, known)) return true;
    }
    return false;
}

bool is_loinc_system(std::string_view system)
{
    return same_word(system, "LN") || same_word(system, "LOINC");
}

bool is_loinc_shape(std::string_view code)
{
    if (code.size() < 3 || code.size() > 8 || code[code.size() - 2] != '-') return false;
    code.remove_suffix(2);
    return std::all_of(code.begin(), code.end(), is_digit);
}

struct Coding {
    std::string_view number, name, system;
};

CodeMeaning mdc_meaning(const Coding& coding)
{
    const auto number = mdc_number(coding.number);
    const Term* const by_number = number ? term_by_number(*number) : nullptr;
    const Term* const by_name = term_by_name(coding.name);
    if (by_number != nullptr && by_name != nullptr && by_number->name != by_name->name) {
        CodeMeaning m = meaning_of_term(*by_name);
        if (is_event_or_attribute(coding.name)) {
            m.renumbered = true;
        } else {
            m.mismatch = true;
        }
        return m;
    }
    if (by_number != nullptr) {
        CodeMeaning m = meaning_of_term(*by_number);
        m.misspelt = by_name == nullptr && coding.name.starts_with("MDC_");
        return m;
    }
    if (by_name == nullptr) return {};
    CodeMeaning m = meaning_of_term(*by_name);
    m.renumbered = !coding.number.empty();
    return m;
}

CodeMeaning name_meaning(std::string_view name)
{
    for (const Loinc& row : local_names) {
        if (!same_word(name, row.code)) continue;
        CodeMeaning m;
        m.use = row.use;
        m.signal = row.signal;
        m.by_name = true;
        return m;
    }
    return {};
}

CodeMeaning coding_meaning(const Coding& coding)
{
    if (coding.number.empty() && coding.name.empty()) return {};
    if (coding.number.starts_with("MDC_") && !coding.name.starts_with("MDC_")) {
        return mdc_meaning({{}, coding.number, coding.system});
    }
    if (coding.name.empty() && coding.system.empty() && mdc_number(coding.number))
        return mdc_meaning(coding);
    if (is_mdc_system(coding.system) || coding.name.starts_with("MDC_")) return mdc_meaning(coding);
    if (is_loinc_shape(coding.number) &&
        (coding.system.empty() || is_loinc_system(coding.system))) {
        for (const Loinc& row : loincs) {
            if (row.code != coding.number) continue;
            CodeMeaning m;
            m.use = row.use;
            m.signal = row.signal;
            return m;
        }
        return {}; // a LOINC code that we do not know is another quantity, whatever its name
    }
    const CodeMeaning by_name = name_meaning(coding.name);
    return by_name.use != U::unknown ? by_name : name_meaning(coding.number);
}

} // namespace

std::optional<std::uint32_t> mdc_number(std::string_view text)
{
    std::uint32_t number = 0;
    if (text.size() == 9 && text[4] == '-') {
        std::uint32_t partition = 0;
        const auto head = std::from_chars(text.data(), text.data() + 4, partition, 16);
        const auto tail = std::from_chars(text.data() + 5, text.data() + 9, number, 16);
        if (head.ptr != text.data() + 4 || tail.ptr != text.data() + 9) return std::nullopt;
        if (number >= 0xF000) return std::nullopt; // private to the vendor
        return (partition << 16) + number;
    }
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || number == 0)
        return std::nullopt;
    return number;
}

CodeMeaning meaning_of(std::string_view code, const Separators& separators)
{
    const auto at = [&](std::size_t n) { return trim(part(code, n, separators.component)); };
    const CodeMeaning first = coding_meaning({at(1), at(2), at(3)});
    if (first.mismatch) return first;
    const CodeMeaning second = coding_meaning({at(4), at(5), at(6)});
    if (first.use == U::unknown) return second;
    const bool both_measure = first.use == U::value && second.use == U::value;
    if (second.mismatch || (both_measure && first.signal != second.signal)) {
        CodeMeaning m = first;
        m.mismatch = true;
        return m;
    }
    return first;
}

std::optional<Signal> flag_from_text(std::string_view text)
{
    char buffer[128];
    const std::size_t size = std::min(text.size(), sizeof buffer);
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), buffer, upper);
    const std::string_view words{buffer, size};
    const auto has = [&](std::string_view word) {
        return words.find(word) != std::string_view::npos;
    };
    if (has("LEADS OFF") || has("LEAD OFF") || has("LEADSOFF")) return Signal::monitor_leads_off;
    if (has("PROBE OFF") || has("SENSOR OFF") || has("INOP") || has("NO DATA"))
        return Signal::monitor_inop;
    for (const std::string_view over :
         {" OFF", " END", "ENDED", "CLEARED", "RESOLVED", "NO APN", "PAUSED"}) {
        if (has(over)) return std::nullopt;
    }
    for (const std::string_view arrest :
         {"ASYSTOL", "V-FIB", "VFIB", "V FIB", "VENT FIB", "VENTRICULAR FIB", "CARDIAC ARREST"}) {
        if (has(arrest)) return Signal::monitor_arrest;
    }
    if (has("APNEA") || has("APNOEA")) return Signal::monitor_apnoea;
    const bool block = has("AV BLOCK") || has("HEART BLOCK") || has("HEARTBLOCK");
    if (block && !has("1ST") && !has("FIRST")) return Signal::monitor_heart_block;
    if (has("XBRADY") || (has("EXTREME") && has("BRADY"))) return Signal::monitor_heart_block;
    if (has("DESAT")) return Signal::monitor_desaturation;
    if (has("BRADY")) return Signal::monitor_bradycardia;
    if (has("TACHY")) return Signal::monitor_tachycardia;
    return std::nullopt;
}

UnitMeaning unit_of(std::string_view units, const Separators& separators)
{
    UnitMeaning meaning;
    if (trim(units).empty() || trim(units) == "\"\"") return meaning;
    meaning.state = UnitMeaning::State::unknown;
    bool found = false;
    for (const std::size_t n : {1U, 2U, 4U, 5U}) {
        const std::string_view text = trim(part(units, n, separators.component));
        if (text.empty()) continue;
        std::optional<Unit> unit = unit_from(text);
        if (!unit && text.size() == 9 && text[4] == '-') {
            if (const auto number = mdc_number(text)) unit = unit_from(std::to_string(*number));
        }
        if (!unit) continue;
        if (found && *unit != meaning.unit) {
            meaning.state = UnitMeaning::State::unknown;
            return meaning;
        }
        found = true;
        meaning.unit = *unit;
        meaning.state = UnitMeaning::State::known;
    }
    return meaning;
}

} // namespace magwatch::adapters::hl7
