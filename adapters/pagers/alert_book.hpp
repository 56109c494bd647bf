// The alerts that an Alertmanager is told of: which ring, which are over, and how they stand on the wire (API v2).
// Pure.
//
// Alertmanager keeps nothing that its sender does not repeat: an alert lives until its endsAt, so what rings is sent
// again and again with an endsAt ahead, and what is over is sent as resolved for a while, since a member that missed it
// would ring on. Equal labels are one alert, and Alertmanager tells nobody twice of one: so every page rings under a
// label of its own ("ring"), and replaces the page of the same call to the same person before it. A label never holds a
// value or a text; those stand in the annotations. Source of the wire form: api/v2/openapi.yaml of Alertmanager 0.25.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rules/escalation/page.hpp"

namespace magwatch::adapters {

// How often what rings is told again.
inline constexpr Duration alert_refresh{60'000};
// How far ahead of each telling endsAt lies: three of them may be lost.
inline constexpr Duration alert_life = 4 * alert_refresh;
// How long an alert that is over is told as resolved.
inline constexpr Duration alert_farewell{300'000};

struct Alert {
    std::map<std::string, std::string> labels;
    std::string text; // annotation "summary": what the page says
    std::uint32_t number = 0;
    WallTime starts_at;
    WallTime ends_at; // of one that is over; 0 = it rings
    friend bool operator==(const Alert&, const Alert&) = default;
};

// Two wards may tell one Alertmanager: `ward` keeps their calls apart.
[[nodiscard]] Alert alert_of(const Page& page, std::string_view text, std::string_view ward);

// The body of POST /api/v2/alerts.
[[nodiscard]] std::string alerts_body(const std::vector<Alert>& alerts, WallTime now);

// Knows every alert until its farewell is over. Keyed by cluster, call and person, so that it outlives a reload.
class AlertBook {
public:
    // A page rings; the ring before it is over. A page that is older than what rings changes nothing.
    void ring(const std::string& cluster, const Page& page, Alert alert, const Moment& now);
    // The call is over for everybody.
    void end(CallId call, const Moment& now);
    // What a cluster is to be told of now, by call; forgets what was told for long enough.
    [[nodiscard]] std::vector<Alert> alerts(const std::string& cluster, const Moment& now);
    [[nodiscard]] std::size_t ringing() const { return ringing_.size(); }

private:
    struct Key {
        std::string cluster;
        CallId call;
        std::string person;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Ringing {
        std::tuple<std::uint32_t, std::uint16_t> age; // repetition, rung
        Alert alert;
    };
    struct Over {
        std::string cluster;
        Alert alert;
        Instant forget_at;
    };
    void over(const std::string& cluster, Alert alert, const Moment& now);

    std::map<Key, Ringing> ringing_;
    std::vector<Over> over_;
};

} // namespace magwatch::adapters
