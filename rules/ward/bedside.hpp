// What is known of one patient beside the signals: symptoms by name, sedatives and fits. Internal to rules/ward.
//
// Pure. Times are the ward's. Lists are bounded: the oldest goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch {

struct Complaint {
    std::string symptom; // a name of rules/observation/symptom.hpp
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(symptom, at, by); }
};

struct BedsideEvent {
    enum class Kind : std::uint8_t { sedation, fit };
    Kind kind{};
    std::string what; // the drug; "" for a fit
    Instant at{};
    std::string by;
    template <class Archive> void archive(Archive& a) { a(kind, what, at, by); }
};

struct Bedside {
    std::vector<Complaint> complaints; // those not said to be gone, in the order of their charting
    std::optional<Instant> none_at;    // last time she was asked and had none
    std::vector<BedsideEvent> events;  // the newest last
    template <class Archive> void archive(Archive& a) { a(complaints, none_at, events); }
};

} // namespace magwatch
