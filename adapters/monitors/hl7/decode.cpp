#include "adapters/monitors/hl7/decode.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace magwatch::adapters::hl7
{
namespace
{

constexpr std::string_view null_value = "\"\"";

bool is_empty(std::string_view text)
{
    return text.empty() || text == null_value;
}

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper_text(std::string_view text)
{
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), upper);
    return result;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<double> number_from(std::string_view text)
{
    text = trim(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

// OBX-4 without its last part: rows of one alarm, facets of one metric.
std::string_view head_of(std::string_view channel)
{
    const std::size_t dot = channel.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : channel.substr(0, dot);
}

// The first two parts of OBX-4: one device of several behind a gateway.
std::string_view device_of(std::string_view channel)
{
    const std::size_t first = channel.find('.');
    if (first == std::string_view::npos) return {};
    return channel.substr(0, channel.find('.', first + 1));
}

// Rows that belong together stand together; the bound keeps a hostile message from costing rows x
// rows.
constexpr std::size_t related_rows = 256;

// MDC_DRUG_NAME_TYPE or _LABEL. By the text: this is asked of every row beside a pump's rate.
bool names_drug(std::string_view code)
{
    return code.starts_with("184330") || code.starts_with("184514") ||
           code.find("MDC_DRUG_NAME_") != std::string_view::npos;
}

// Calls visit(obx) for the rows of the group, until it says stop.
template <class Group, class Visit>
void for_each_row(const Message& message, const Group& group, Visit&& visit)
{
    const std::size_t end = std::min(group.end, group.begin + related_rows);
    for (std::size_t i = group.begin; i < end; ++i) {
        const Segment segment = message[i];
        if (i > group.begin && segment.is("OBR")) return;
        if (segment.is("OBX") && visit(segment)) return;
    }
}

std::string_view trim_code(std::string_view code, char component)
{
    code = trim(code);
    while (!code.empty() && code.back() == component) code.remove_suffix(1);
    return code;
}

// Whether a refused value says something of the sensor, and not only of how the message was
// written.
bool tells_state(Refusal reason)
{
    return reason == Refusal::not_a_number || reason == Refusal::sentinel ||
           reason == Refusal::implausible;
}

// The words of a coded or free text value.
std::string value_words(const Message& message, std::string_view value)
{
    std::string storage;
    std::string utf8;
    return upper_text(to_utf8(message.unescape(value, storage), utf8));
}

} // namespace

void Decoded::clear()
{
    patients.clear();
    results.clear();
    test = false;
    has_sent = false;
    sent = {};
    misspelt = renumbered = 0;
}

Decoder::Decoder(SourceProfile profile) : profile_{std::move(profile)}
{
    by_channel_ = std::any_of(profile_.codes.begin(), profile_.codes.end(),
                              [](const CodeOverride& o) { return !o.channel.empty(); });
}

Decoder::Resolution Decoder::resolve_slowly(std::string_view code, std::string_view units,
                                            std::string_view channel,
                                            const Separators& separators) const
{
    Resolution r;
    std::string utf8;
    r.unit = unit_of(to_utf8(units, utf8), separators);
    const std::string_view first = trim(part(code, 1, separators.component));
    const std::string_view second = trim(part(code, 2, separators.component));
    for (const CodeOverride& o : profile_.codes) {
        if (o.code.empty() || (o.code != first && o.code != second)) continue;
        if (!o.channel.empty() && !channel.starts_with(o.channel)) continue;
        r.scale = o.scale;
        if (r.unit.state == UnitMeaning::State::absent && o.unit) {
            r.unit = {UnitMeaning::State::known, *o.unit};
        }
        r.meaning.use = CodeUse::unused;
        if (!o.signal) return r;
        r.meaning.signal = *o.signal;
        r.meaning.use = CodeUse::value;
        if (info(*o.signal).kind == SignalKind::flag) r.meaning.use = CodeUse::flag;
        if (*o.signal == Signal::avpu) r.meaning.use = CodeUse::avpu;
        if (*o.signal == Signal::reflex_knee || *o.signal == Signal::reflex_arm) {
            r.meaning.use = CodeUse::reflex;
        }
        return r;
    }
    r.meaning = meaning_of(code, separators);
    return r;
}

const Decoder::Resolution& Decoder::resolve(std::string_view code, std::string_view units,
                                            std::string_view channel, const Separators& separators)
{
    key_.assign(code);
    key_.push_back('\n');
    key_.append(units);
    key_.push_back('\n');
    key_.push_back(separators.component);
    if (by_channel_) key_.append(channel);
    auto& slot = cache_[std::hash<std::string_view>{}(key_) % cache_.size()];
    if (!slot) slot = std::make_unique<Cached>();
    if (slot->key != key_) {
        slot->resolution = resolve_slowly(code, units, channel, separators);
        slot->key = key_;
    }
    return slot->resolution;
}

std::optional<Stamp> Decoder::stamp(std::string_view text)
{
    if (text != last_time_) {
        last_time_.assign(text);
        last_stamp_ = time_from(text, profile_.zone);
    }
    return last_stamp_;
}

// Alarm rows: which flag it is may stand in the value, or in what is alarming.
bool Decoder::resolve_alarm(Row& row) const
{
    CodeMeaning& m = row.resolution.meaning;
    const Separators& s = row.message.separators();
    const std::string_view value = trim(row.obx.field(5));
    if (m.use == CodeUse::alarm) {
        const CodeMeaning inner = meaning_of(value, s);
        if (inner.use == CodeUse::flag || inner.use == CodeUse::limit_alarm) {
            m = inner;
        } else {
            m.use = CodeUse::alarm_text;
        }
    }
    if (m.use == CodeUse::alarm_text) {
        std::string storage;
        const auto flag = flag_from_text(row.message.unescape(value, storage));
        if (!flag) return false;
        m.use = CodeUse::flag;
        m.signal = *flag;
        return true;
    }
    if (m.use != CodeUse::limit_alarm) return m.use == CodeUse::flag;
    // What is alarming: facet .2 of the same alarm, else the metric named in OBX-4.
    const std::string_view head = head_of(row.result.channel);
    CodeMeaning source;
    for_each_row(row.message, row.group, [&](const Segment& other) {
        if (head_of(trim(other.field(4))) != head) return false;
        const CodeMeaning found = meaning_of(other.field(3), s);
        if (found.use == CodeUse::value && !found.mismatch) source = found;
        return source.use == CodeUse::value;
    });
    if (source.use != CodeUse::value) source = meaning_of(part(row.result.channel, 4, '.'), s);
    if (source.use != CodeUse::value) return false;
    const bool beat = source.signal == Signal::hr || source.signal == Signal::pulse;
    const bool low = m.side == LimitSide::low;
    m.use = CodeUse::flag;
    if (source.signal == Signal::spo2 && low) {
        m.signal = Signal::monitor_desaturation;
    } else if (beat) {
        m.signal = low ? Signal::monitor_bradycardia : Signal::monitor_tachycardia;
    } else {
        return false;
    }
    return true;
}

// A bare name such as CREATININE means blood, unless the order or the specimen says otherwise.
bool Decoder::is_blood(const Row& row) const
{
    const auto other = [&](std::string_view text) {
        const std::string words = value_words(row.message, text);
        for (const std::string_view word : {"URINE", "DIALYS", "CEREBROSPINAL", "FLUID", "STOOL"}) {
            if (words.find(word) != std::string::npos) return true;
        }
        const std::string_view code = part(words, 1, row.message.separators().component);
        return one_of(part(code, 1, row.message.separators().subcomponent),
                      {"UR", "U", "URN", "CSF"});
    };
    if (other(row.group.specimen)) return false;
    for (std::size_t i = row.group.begin + 1; i < row.group.end; ++i) {
        const Segment segment = row.message[i];
        if (segment.is("OBR")) break;
        if (segment.is("SPM") && other(segment.field(4))) return false;
    }
    return true;
}

// What a pump gives stands beside the rate, under the same device.
bool Decoder::is_magnesium_pump(const Row& row) const
{
    const std::string_view device = device_of(row.result.channel);
    bool named = false;
    bool magnesium = false;
    for_each_row(row.message, row.group, [&](const Segment& other) {
        if (!names_drug(other.field(3))) return false;
        if (device_of(trim(other.field(4))) != device || is_empty(trim(other.field(5))))
            return false;
        named = true;
        const std::string words = value_words(row.message, other.field(5));
        magnesium =
            words.find("MAGNES") != std::string::npos || words.find("MGSO4") != std::string::npos;
        return magnesium;
    });
    return named ? magnesium : profile_.pumps_give_magnesium;
}

// The signal of a row, or none.
void Decoder::read_signal(Row& row) const
{
    CodeMeaning& m = row.resolution.meaning;
    ObxResult& r = row.result;
    r.reason = Refusal::unknown_code;
    switch (m.use) {
    case CodeUse::unknown:
        return;
    case CodeUse::unused:
        r.detail = "known, and nothing that magwatch looks at";
        return;
    case CodeUse::alarm:
    case CodeUse::alarm_text:
    case CodeUse::limit_alarm:
    case CodeUse::flag:
        if (!resolve_alarm(row)) {
            r.detail = "an alarm of a kind that magwatch does not use";
            return;
        }
        break;
    case CodeUse::value:
    case CodeUse::avpu:
    case CodeUse::reflex:
        break;
    }
    if (m.of_pump && !is_magnesium_pump(row)) {
        r.detail = "a pump that is not known to give magnesium";
        return;
    }
    if (m.by_name && info(m.signal).kind == SignalKind::laboratory && !is_blood(row)) {
        r.detail = "not measured in blood";
        return;
    }
    r.has_signal = true;
    r.signal = m.signal;
    const std::string_view method = part(row.obx.field(17), 1, row.message.separators().component);
    const bool by_hand = profile_.charting || trim(method) == "MMEAS";
    if (r.signal == Signal::rr && by_hand) r.signal = Signal::rr_counted;
    if (m.use == CodeUse::reflex && r.signal == Signal::reflex_knee) {
        const std::string site = value_words(row.message, row.obx.field(20));
        for (const std::string_view word : {"ARM", "BICEPS", "TRICEPS", "RADIAL"}) {
            if (site.find(word) != std::string::npos) r.signal = Signal::reflex_arm;
        }
    }
    switch (info(r.signal).kind) {
    case SignalKind::laboratory:
        r.origin = Origin::laboratory;
        break;
    case SignalKind::charted:
    case SignalKind::fact:
        r.origin = Origin::charted;
        break;
    default:
        r.origin = by_hand ? Origin::charted : Origin::device;
        break;
    }
}

std::optional<Refusal> Decoder::gate_flags(Row& row) const
{
    const Separators& s = row.message.separators();
    std::string_view flags = row.obx.field(8);
    if (flags.empty()) return std::nullopt;
    std::optional<Refusal> refusal;
    while (!flags.empty()) {
        const std::size_t at = flags.find(s.repetition);
        const std::string_view flag = trim(part(flags.substr(0, at), 1, s.component));
        flags = at == std::string_view::npos ? std::string_view{} : flags.substr(at + 1);
        if (one_of(flag, {"TEST", "DEMO"}) && !profile_.accept_test_data) return Refusal::test_data;
        if (flag == "QUES") {
            row.result.state = Validity::questionable;
            refusal = refusal ? refusal : Refusal::not_usable;
        } else if (flag == "NAV") {
            row.result.state = Validity::not_available;
            refusal = Refusal::not_usable;
        } else if (one_of(flag, {"INV", "CALIB"})) {
            row.result.state = Validity::invalid;
            refusal = Refusal::not_usable;
        }
    }
    return refusal;
}

// What the row says about itself, before its value is read.
std::optional<Refusal> Decoder::gate(Row& row) const
{
    const std::string_view status = trim(row.obx.field(11));
    ObxResult& r = row.result;
    r.corrected = status == "C";
    if (status == "D" || status == "W") {
        r.withdrawn = true;
        r.detail = status == "D" ? "withdrawn by the sender" : "sent for the wrong patient";
        return Refusal::wrong_patient;
    }
    r.state = Validity::invalid;
    const auto flagged = gate_flags(row);
    if (flagged == Refusal::test_data) return flagged;
    const std::string_view method =
        trim(part(row.obx.field(17), 1, row.message.separators().component));
    if (one_of(method, {"ASET", "MSET", "RSET"})) return Refusal::setting;
    const bool flag = row.resolution.meaning.use == CodeUse::flag;
    if (is_empty(trim(row.obx.field(5))) && (!flag || status == "X")) {
        r.state = Validity::not_available;
        r.has_state = true;
        return Refusal::no_value;
    }
    if (flagged) {
        r.has_state = true;
        return flagged;
    }
    const bool unusable = status == "X" && !profile_.usable_with_status_x;
    if (unusable || one_of(status, {"I", "O", "N", "S"})) {
        r.has_state = true;
        r.detail =
            unusable ? "status X: cannot be obtained" : "status says that there is no result yet";
        return Refusal::not_usable;
    }
    return std::nullopt;
}

std::optional<Refusal> Decoder::read_time(Row& row)
{
    for (const std::string_view candidate :
         {trim(row.obx.field(14)), row.group.time, trim(row.message.header(7))}) {
        if (is_empty(candidate)) continue;
        const auto found = stamp(part(candidate, 1, row.message.separators().component));
        if (!found || !found->to_the_minute) {
            row.result.detail = found ? "a day or an hour is too coarse" : "";
            return Refusal::bad_time;
        }
        row.result.has_time = true;
        row.result.time = found->time;
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Refusal> Decoder::read_number(Row& row) const
{
    ObxResult& r = row.result;
    const Separators& s = row.message.separators();
    const std::string_view type = trim(row.obx.field(2));
    std::string_view text = trim(row.obx.field(5));
    if (text.find(s.repetition) != std::string_view::npos) {
        r.detail = "several values in one";
        return Refusal::not_a_number;
    }
    if (type == "SN") {
        const std::string_view comparator = trim(part(text, 1, s.component));
        if (!comparator.empty() && comparator != "=") {
            r.detail = "a comparison, not a value";
            return Refusal::not_a_number;
        }
        if (!trim(part(text, 3, s.component)).empty()) {
            r.detail = "a range or a ratio, not a value";
            return Refusal::not_a_number;
        }
        text = part(text, 2, s.component);
    } else if (one_of(type, {"CWE", "CE", "CNE"})) {
        text = part(text, 1, s.component);
    } else if (!one_of(type, {"NM", "ST", "TX", "FT", ""})) {
        r.detail = "not a type that holds a number";
        return Refusal::not_a_number;
    }
    const auto number = number_from(text);
    if (!number) return Refusal::not_a_number;
    const auto& sentinels = profile_.sentinels;
    if (std::find(sentinels.begin(), sentinels.end(), *number) != sentinels.end()) {
        r.state = Validity::not_available;
        return Refusal::sentinel;
    }
    Unit unit = row.resolution.unit.unit;
    switch (row.resolution.unit.state) {
    case UnitMeaning::State::known:
        break;
    case UnitMeaning::State::unknown:
        return Refusal::unknown_unit;
    case UnitMeaning::State::absent:
        unit = info(r.signal).unit;
        // These come in one unit only.
        if (unit != Unit::none && unit != Unit::per_min && unit != Unit::percent)
            return Refusal::missing_unit;
    }
    const auto checked = Quantity::checked(r.signal, *number * row.resolution.scale, unit);
    if (const auto* const refusal = std::get_if<Refusal>(&checked)) return *refusal;
    r.value = std::get<Quantity>(checked).value();
    return std::nullopt;
}

std::optional<Refusal> Decoder::read_avpu(Row& row) const
{
    const std::string_view value = trim(row.obx.field(5));
    const char component = row.message.separators().component;
    for (const std::size_t n : {1U, 2U, 4U, 5U}) {
        const std::string words = value_words(row.message, trim(part(value, n, component)));
        if (words.empty()) continue;
        // LOINC answer codes of 67775-7; "new confusion" counts as voice (NEWS2).
        if (one_of(words, {"A", "ALERT", "LA9340-6"})) {
            row.result.value = 0;
        } else if (one_of(words, {"V", "VOICE", "VERBAL", "RESPONDS TO VOICE", "C", "CONFUSED",
                                  "CONFUSION", "NEW CONFUSION", "LA17108-4"})) {
            row.result.value = 1;
        } else if (one_of(words, {"P", "PAIN", "RESPONDS TO PAIN", "LA17107-6"})) {
            row.result.value = 2;
        } else if (one_of(words, {"U", "UNRESPONSIVE", "UNCONSCIOUS", "LA9343-0"})) {
            row.result.value = 3;
        } else {
            continue;
        }
        return std::nullopt;
    }
    row.result.detail = "not one of alert, voice, confused, pain, unresponsive";
    return Refusal::not_a_number;
}

std::optional<Refusal> Decoder::read_reflex(Row& row) const
{
    const std::string_view value = trim(row.obx.field(5));
    const std::string words =
        value_words(row.message, trim(part(value, 1, row.message.separators().component)));
    std::string_view text = words;
    if (one_of(text, {"ABSENT", "NONE", "NIL"})) {
        row.result.value = 0;
        return std::nullopt;
    }
    const bool pluses = !text.empty() && text.find_first_not_of('+') == std::string_view::npos;
    if (pluses && text.size() <= 4) { // "++"
        row.result.value = static_cast<double>(text.size());
        return std::nullopt;
    }
    if (text.ends_with('+')) text.remove_suffix(1); // "2+"
    const auto grade = number_from(text);
    if (!grade) {
        row.result.detail = "not a grade from 0 to 4+";
        return Refusal::not_a_number;
    }
    const auto checked = Quantity::checked(row.result.signal, *grade, Unit::none);
    if (const auto* const refusal = std::get_if<Refusal>(&checked)) return *refusal;
    row.result.value = *grade;
    return std::nullopt;
}

// 1 while the alarm holds. PCD-04 says in other rows of the same alarm that it is over.
std::optional<Refusal> Decoder::read_flag(Row& row) const
{
    const std::string own = value_words(row.message, trim(row.obx.field(5)));
    bool over = one_of(own, {"0", "INACTIVE", "OFF", "END", "FALSE", "NO", "N"});
    const std::string_view head = head_of(row.result.channel);
    for_each_row(row.message, row.group, [&](const Segment& other) {
        if (head_of(trim(other.field(4))) != head) return false;
        const CodeMeaning m = meaning_of(other.field(3), row.message.separators());
        const std::string_view value = trim(other.field(5));
        if (m.mdc == 68481 && value == "end") over = true;
        if (m.mdc == 68482 && value == "inactive") over = true;
        return over;
    });
    row.result.value = over ? 0 : 1;
    return std::nullopt;
}

std::optional<Refusal> Decoder::read_value(Row& row) const
{
    switch (row.resolution.meaning.use) {
    case CodeUse::avpu:
        return read_avpu(row);
    case CodeUse::reflex:
        return read_reflex(row);
    case CodeUse::flag:
        return read_flag(row);
    default:
        return read_number(row);
    }
}

void Decoder::decode_row(Row& row, Decoded& out)
{
    ObxResult& r = row.result;
    const CodeMeaning& m = row.resolution.meaning;
    out.misspelt += m.misspelt ? 1 : 0;
    out.renumbered += m.renumbered ? 1 : 0;
    if (m.mismatch) {
        r.has_signal = m.use == CodeUse::value;
        r.signal = m.signal;
        r.reason = Refusal::code_mismatch;
        return;
    }
    read_signal(row);
    const auto bad_time = read_time(row);
    if (!r.has_signal) return;
    std::string_view detail = bad_time ? r.detail : std::string_view{};
    r.detail = {};
    auto refusal = gate(row);
    if (!refusal || r.state == Validity::questionable) {
        const auto bad_value = read_value(row);
        if (!refusal && bad_value) r.has_state = tells_state(*bad_value);
        if (bad_value && r.state == Validity::questionable) r.state = Validity::invalid;
        if (!refusal) refusal = bad_value;
    }
    if (!refusal && bad_time) {
        refusal = bad_time;
        r.detail = detail;
    }
    r.accepted = !refusal;
    if (refusal) r.reason = *refusal;
    if (r.accepted || r.origin != Origin::device) r.has_state = false;
}

void Decoder::decode(const Message& message, Decoded& out)
{
    out.clear();
    const Separators& s = message.separators();
    const std::string_view processing = trim(part(message.header(11), 1, s.component));
    out.test = processing == "T" || processing == "D";
    if (const auto sent = stamp(part(trim(message.header(7)), 1, s.component));
        sent && sent->to_the_minute) {
        out.has_sent = true;
        out.sent = sent->time;
    }
    find_patients(message, out.patients);
    std::size_t patient = 0;
    Group group{0, out.patients.front().end, {}, {}};
    const bool by_group = !out.has_sent; // a sender without MSH-7 (Philips Information Center)
    for (std::size_t i = 1; i < message.size(); ++i) {
        const Segment segment = message[i];
        if (i == out.patients[patient].end) {
            ++patient;
            group = {i, out.patients[patient].end, {}, {}};
        }
        if (segment.is("OBR")) {
            group = {i, out.patients[patient].end, trim(segment.field(7)), segment.field(15)};
            if (!by_group) continue;
            const auto at = stamp(part(group.time, 1, s.component));
            if (at && at->to_the_minute && (!out.has_sent || out.sent < at->time)) {
                out.has_sent = true;
                out.sent = at->time;
            }
        } else if (segment.is("OBX")) {
            ObxResult& result = out.results.emplace_back();
            result.code = trim_code(segment.field(3), s.component);
            result.channel = trim(segment.field(4));
            result.patient = patient;
            Row row{message, group, segment, result,
                    resolve(result.code, trim(segment.field(6)), result.channel, s)};
            decode_row(row, out);
        }
    }
    // The time of a draw is no clock.
    const auto is_device = [](const ObxResult& r) {
        return r.has_signal && r.origin == Origin::device;
    };
    if (by_group && std::none_of(out.results.begin(), out.results.end(), is_device))
        out.has_sent = false;
}

} // namespace magwatch::adapters::hl7
