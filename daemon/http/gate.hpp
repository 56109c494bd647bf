// Who a change over the network comes from, and whether that person may make it. Hashes are not made here: what a PIN
// decides comes back as a PinJob, for a lane.
//
// No socket, no clock, no thread: used on the HTTP server's. set_person() writes a small file.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

#include "daemon/audit/row.hpp"
#include "daemon/http/access.hpp"
#include "daemon/http/fields.hpp"
#include "daemon/http/render.hpp"
#include "daemon/http/request.hpp"
#include "daemon/people/people.hpp"
#include "daemon/people/pin.hpp"
#include "daemon/people/sessions.hpp"
#include "daemon/people/setup_code.hpp"
#include "runtime/clock.hpp"
#include "runtime/secret.hpp"

namespace magwatch::http
{

struct GateOptions {
    People people;
    std::string path;   // where people are kept; "" = in memory alone
    std::string broken; // why they could not be read: nobody may change anything
};

// A PIN to be looked at, or a new one to be hashed, and what follows.
struct PinJob {
    // second: the PIN is another person's than who acts
    enum class Then : std::uint8_t { change, second, unlock, set, setup };
    Then then{};
    std::string person, station;
    bool tls = false; // it came encrypted
    Secret pin{""};
    std::string hash; // to compare with; a new one is made for `set`
    // of a change:
    RouteId route{};
    std::string parameter, body;
    // of `set` and `setup`:
    StaffMember fresh;
};
struct PinOutcome {
    PinFit fit = PinFit::wrong; // where there is one to compare with
    std::string hash; // of `set` and `setup`; "" = there was no memory
};
// On a lane: 80 ms.
[[nodiscard]] PinOutcome look_at(const PinJob& job);

class Gate
{
public:
    explicit Gate(GateOptions options) : options_{std::move(options)} {}

    // 401 with `retry` or 403: why not.
    struct Refusal {
        unsigned status;
        std::string error, field;
        Duration retry{};
    };
    struct Pass {
        std::string body; // with the person whom the session proves
        std::string warning{}; // "" = none; shown with the answer
    };
    using Looked = std::variant<Pass, Refusal, PinJob>;
    // A change that came over the network; `simulation`: there are no patients.
    [[nodiscard]] Looked look(const Route& route, const Request& request, bool simulation, const ClockReading& now);
    // POST /session/unlock and /people: what is to be hashed, or what is wrong. A change of a person without a PIN is
    // done at once.
    [[nodiscard]] std::variant<PinJob, Mistake, Refusal> unlock(const Request& request, const ClockReading& now);
    [[nodiscard]] std::variant<PinJob, Mistake, StaffMember> read_person(const Request& sent, std::string& name) const;
    // Nobody has a PIN yet on a ward, and nothing keeps somebody from having one.
    [[nodiscard]] bool setup_needed(bool simulation) const;
    // A new code for the first person; "" if there is no randomness.
    [[nodiscard]] std::string make_setup_code(const ClockReading& now) { return setup_code_.make(now.boottime); }
    // POST /setup: the PIN to be hashed, or what is wrong. The code is good until somebody has been set up by it.
    [[nodiscard]] std::variant<PinJob, Mistake, Refusal> set_up(const Request& request, bool simulation,
                                                                const ClockReading& now);
    // "" or why it was not kept; then nothing changed.
    [[nodiscard]] std::string set_person(const std::string& name, StaffMember person);

    // The body of a change whose second person is not proven: it goes on without one, since nothing may hold it up.
    [[nodiscard]] static Pass without_second(const std::string& body, std::string_view why);
    // After the lane: nothing, if it fitted.
    [[nodiscard]] std::optional<Refusal> judge(const PinJob& job, PinFit fit, const ClockReading& now);
    // The Set-Cookie of a new session, as the job came; "" if there is no randomness.
    [[nodiscard]] std::string open(const PinJob& job, const ClockReading& now);
    [[nodiscard]] std::string close(const Request& request);

    // Who the audit trail says it was, and by what that is known. Over TCP nobody is named who is not in the list.
    void name_actor(const Request& request, const Route& route, bool simulation, const ClockReading& now,
                    audit::Event& event) const;

    [[nodiscard]] Json render_people() const;
    [[nodiscard]] Json render_session(const Request& request, bool simulation, const ClockReading& now) const;
    [[nodiscard]] Json render_unlocked(const std::string& person, Duration until, const ClockReading& now) const;

private:
    [[nodiscard]] std::optional<Sessions::Session> session(const Request& request, const ClockReading& now) const;
    [[nodiscard]] std::optional<Refusal> delayed(const std::string& person, const std::string& station,
                                                 const ClockReading& now) const;
    [[nodiscard]] PinJob begin(const std::string& person, const Request& request, std::string pin,
                               const ClockReading& now);
    [[nodiscard]] Looked tapped(const Access& access, const Request& request, nlohmann::json body,
                                const ClockReading& now);
    // The PIN of who checked it too; without it the change is made all the same.
    [[nodiscard]] Looked with_second(const Access& access, const Request& request, nlohmann::json body,
                                     const ClockReading& now);
    [[nodiscard]] Looked proven(const Access& access, const Request& request, nlohmann::json body,
                                const ClockReading& now);

    GateOptions options_;
    Sessions sessions_;
    Attempts attempts_;
    SetupCode setup_code_;
};

} // namespace magwatch::http
