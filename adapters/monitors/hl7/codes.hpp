// What the code of an OBX means: MDC, LOINC, local names, and the rule for codes that contradict
// themselves.
//
// Pure tables. MDC numbers and names: NIST January-2025 tables (protocols:
// usnistgov/hit-pcd-message- validation, mdccodes.csv); LOINC: loinc.org; local names: what
// laboratories and charting systems send. The rule: number and name agree, or one is absent or
// unknown: use what is known. Both known and different: for events and attributes the name counts
// (gateways reuse numbers there); for a measurement the value is refused unless the site's profile
// says what the code means. A code is never guessed from likeness.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/monitors/hl7/message.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch::adapters::hl7
{

enum class CodeUse : std::uint8_t {
    unknown,     // no code of ours
    unused,      // known to us, and nothing that magwatch looks at
    value,       // a number of `signal`
    avpu,        // consciousness as text
    reflex,      // a tendon reflex as grade or text
    flag,        // an alarm of the monitor itself
    alarm,       // an alarm event whose kind stands in OBX-5
    alarm_text,  // an alarm as free text
    limit_alarm, // above or below the monitor's own limit: what is alarming decides which flag it
                 // is
};

enum class LimitSide : std::uint8_t { none, low, high };

struct CodeMeaning {
    CodeUse use = CodeUse::unknown;
    Signal signal{};
    LimitSide side = LimitSide::none;
    bool of_pump = false;  // means magnesium only if the pump gives magnesium
    bool by_name = false;  // found by a laboratory's or ward's own name: the specimen must be blood
    std::uint32_t mdc = 0; // its number where it is an MDC term
    bool mismatch = false; // number and name are both known and different: refuse
    bool misspelt = false; // the name is unknown, the number is not
    bool renumbered = false; // the number is unknown or another event's, the name counted
};

// Of OBX-3, all its alternatives; of OBX-5 where that holds an event code.
[[nodiscard]] CodeMeaning meaning_of(std::string_view code, const Separators& separators);

// A flag by the words of an alarm text ("*** BRADY 38 < 40", "ECG LEADS OFF"). nullopt: no alarm we
// know, or the text says that it is over.
[[nodiscard]] std::optional<Signal> flag_from_text(std::string_view text);

struct UnitMeaning {
    enum class State : std::uint8_t { absent, known, unknown } state = State::absent;
    Unit unit = Unit::none;
};
// Of OBX-6: MDC or UCUM triple first, or a bare label. Known alternatives that disagree are
// unknown.
[[nodiscard]] UnitMeaning unit_of(std::string_view units, const Separators& separators);

// The number of MDC term: decimal, or the hexadecimal "partition-code" of Philips MDIL gateways.
[[nodiscard]] std::optional<std::uint32_t> mdc_number(std::string_view text);

} // namespace magwatch::adapters::hl7
