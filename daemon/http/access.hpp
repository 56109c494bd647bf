// Who may do what over the network, as data: what each change needs, and which roles may make it. What is not in the
// table is refused. Pure.
//
// The Unix socket is not asked: there the kernel says who the peer is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/http/routes.hpp"
#include "daemon/people/people.hpp"

namespace magwatch::http
{

enum class Proof : std::uint8_t {
    none,    // it proves itself, or says nothing of anybody
    tap,     // the name of somebody who is enabled, no PIN: whoever is at a bed must not be held up
    session, // a station that a PIN has unlocked
    pin,     // the PIN of the person with this very request; the station may be locked
    local,   // never over the network
    anybody, // no name at all, and none is taken: it says nothing of anybody and moves nothing
};

struct Access {
    RouteId route;
    Proof proof;
    unsigned roles;       // bits by Role
    std::string_view act; // "Your role (auditor) cannot ACT: ask ASK"
    std::string_view ask;
};

[[nodiscard]] std::span<const Access> accesses();
[[nodiscard]] const Access* access_of(RouteId route);
[[nodiscard]] constexpr bool may(const Access& access, Role role)
{
    return (access.roles >> static_cast<unsigned>(role) & 1U) != 0;
}

} // namespace magwatch::http
