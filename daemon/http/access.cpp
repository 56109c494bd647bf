#include "daemon/http/access.hpp"

#include <algorithm>
#include <array>

namespace magwatch::http
{
namespace
{

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }

constexpr unsigned everybody = (1U << role_names.size()) - 1;
constexpr unsigned clinical = bit(Role::midwife) | bit(Role::charge) | bit(Role::doctor);
constexpr unsigned seniors = bit(Role::charge) | bit(Role::doctor);
constexpr unsigned rosters = seniors | bit(Role::admin);
constexpr unsigned devices = bit(Role::biomed);
constexpr std::string_view a_midwife = "a midwife or a doctor";

constexpr std::array table = {
    Access{RouteId::entries, Proof::session, clinical, "chart", a_midwife},
    Access{RouteId::watch_start, Proof::session, clinical, "start a watch", a_midwife},
    Access{RouteId::watch_end, Proof::session, clinical, "end a watch", a_midwife},
    Access{RouteId::watch_transfer, Proof::pin, clinical, "move a patient", a_midwife},
    Access{RouteId::watch_confirm, Proof::pin, clinical, "confirm who lies in a bed", a_midwife},
    Access{RouteId::acknowledge, Proof::pin, clinical, "acknowledge an alarm", a_midwife},
    Access{RouteId::shelve, Proof::pin, clinical, "shelve an alarm", a_midwife},
    Access{RouteId::unshelve, Proof::tap, everybody, "take an alarm off the shelf", a_midwife},
    Access{RouteId::pause, Proof::pin, clinical, "pause the sound", a_midwife},
    Access{RouteId::check_rate, Proof::pin, clinical, "check a rate", a_midwife},
    Access{RouteId::limits, Proof::session, seniors, "change a limit", "the midwife in charge or a doctor"},
    Access{RouteId::answer_call, Proof::tap, everybody, "answer a call", a_midwife},
    Access{RouteId::call_again, Proof::tap, everybody, "page again", a_midwife},
    Access{RouteId::call_phoned, Proof::tap, everybody, "record a telephone call", a_midwife},
    Access{RouteId::here, Proof::anybody, everybody, "say that somebody is here", a_midwife},
    Access{RouteId::protocol_step, Proof::tap, everybody, "tap a step", a_midwife},
    Access{RouteId::protocol_open, Proof::session, clinical, "open a checklist", a_midwife},
    Access{RouteId::protocol_close, Proof::session, clinical, "close a checklist", a_midwife},
    Access{RouteId::oncall_set, Proof::session, rosters, "change who is on call", "the midwife in charge"},
    Access{RouteId::oncall_take_back, Proof::session, rosters, "change who is on call", "the midwife in charge"},
    Access{RouteId::test_page, Proof::session, rosters | devices, "send a test page", "the midwife in charge"},
    Access{RouteId::commission, Proof::pin, devices, "commission a device", "a biomedical engineer"},
    Access{RouteId::commission_revoke, Proof::pin, devices, "take a device out of use", "a biomedical engineer"},
    Access{RouteId::session_unlock, Proof::none, everybody, "unlock a station", a_midwife},
    Access{RouteId::session_lock, Proof::none, everybody, "lock a station", a_midwife},
    Access{RouteId::setup, Proof::none, everybody, "set up the first person", "whoever is root on this PC"},
    Access{RouteId::setup_code, Proof::local, 0, "ask for a set-up code", "whoever is root on this PC"},
    Access{RouteId::board_sound, Proof::none, everybody, "tell of its sound", a_midwife},
    Access{RouteId::people_set, Proof::local, 0, "change people", "whoever is root on this PC"},
    Access{RouteId::store_copy, Proof::local, 0, "copy the store", "whoever is root on this PC"},
};

} // namespace

std::span<const Access> accesses()
{
    return table;
}

const Access* access_of(RouteId route)
{
    const auto found = std::find_if(table.begin(), table.end(), [&](const Access& a) { return a.route == route; });
    return found == table.end() ? nullptr : &*found;
}

} // namespace magwatch::http
