// A number with a unit, checked on the way in: the only door through which a value reaches the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rules/observation/signal.hpp"

namespace magwatch {

// Why a value did not become an observation. Counted and visible per source; never dropped in silence.
enum class Refusal : std::uint8_t {
    unknown_code,   // no signal of ours: also everything that is simply not for us
    code_mismatch,  // number and name of a code disagree
    missing_unit,   // a quantity that has several units came with none
    unknown_unit,   // a unit we do not know, or one that does not fit the signal
    no_value,       // empty, blank, "no reading"
    not_a_number,   // text where a number belongs
    sentinel,       // a number by which this device says "no reading"
    implausible,    // outside the range a living patient can have
    not_usable,     // sent as invalid, questionable, calibrating, not available
    test_data,      // demo or test data
    setting,        // a setting or limit, not a measurement
    wrong_patient,  // withdrawn by the sender, or for another patient
    unknown_bed,    // no bed of this ward
    bad_time,       // a time that cannot be read
    too_late,       // older than its limit: kept as history only
    duplicate,      // seen before
    malformed,      // the message around it is damaged
    quality,        // a quality bit of the device says "do not use"
};
[[nodiscard]] std::string_view name(Refusal reason);

// A value in a unit. Outside of tests it is made by `checked` alone.
class Quantity {
public:
    // The value in the signal's canonical unit, or why not. NaN and infinities are `not_a_number`, a unit
    // that does not convert to the signal's is `unknown_unit`, a value outside the signal's range is
    // `implausible`; nothing is clamped or rounded.
    [[nodiscard]] static std::variant<Quantity, Refusal> checked(Signal signal, double value, Unit unit);

    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] Unit unit() const { return unit_; }
    friend bool operator==(const Quantity&, const Quantity&) = default;

private:
    Quantity(double value, Unit unit) : value_{value}, unit_{unit} {}
    double value_;
    Unit unit_;
};

// A value of `signal` from one unit to another by the exact tables of clinical.md 0 (1 mmol/L magnesium
// = 2 mEq/L = 2.4305 mg/dL; creatinine 1 mg/dL = 88.4 umol/L; 1 kPa = 7.50062 mmHg), or nullopt where the
// units do not belong together for that signal.
[[nodiscard]] std::optional<double> convert(Signal signal, double value, Unit from, Unit to);

} // namespace magwatch
