// The routes as data: what exists, what may change state, and which answers each can give. The
// table is also the table of the security tests and of the request metrics. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/request.hpp"

namespace magwatch::http
{

enum class RouteId : std::uint8_t {
    metrics,
    clinical_metrics,
    healthz,
    readyz,
    status,
    beds,
    bed,
    prediction,
    trend,
    export_csv,
    export_fhir,
    alarms,
    alarm_rule,
    calls,
    pages,
    sources,
    commissioning,
    commissioning_of,
    commission,
    commission_revoke,
    oncall,
    oncall_at,
    oncall_set,
    oncall_take_back,
    watch_start,
    watch_transfer,
    watch_confirm,
    watch_end,
    entries,
    acknowledge,
    shelve,
    unshelve,
    answer_call,
    call_again,
    call_phoned,
    here,
    chart,
    pause,
    check_rate,
    limits,
    limits_view,
    protocol,
    protocol_open,
    protocol_step,
    protocol_close,
    test_page,
    store_copy_view,
    store_copy,
    answer_page,
    answer_link,
    stream,
    screen,
    screen_asset,
    people,
    people_set,
    session_view,
    session_unlock,
    session_lock,
    setup,
    setup_code,
    board_sound,
};

// What a request must bring before its body is looked at.
enum class Guard : std::uint8_t {
    read,   // nothing changes
    live,   // nothing changes, but it lasts: no page of another site may hold one open
    change, // JSON; over TCP the X-Magwatch-Client header, which no foreign page can send (CSRF)
    link,   // the signed token in the path is the authority; the form of our own page brings it
};

struct Route {
    RouteId id;
    Method method;
    std::string_view pattern; // "/api/v1/beds/{alias}"; {..} is one segment
    std::string_view name;    // label of the request metrics
    Guard guard;
};

[[nodiscard]] std::span<const Route> routes();

// Status codes that a route can give. For everything that is no route: name "none".
[[nodiscard]] std::vector<unsigned> codes_of(const Route& route);
[[nodiscard]] std::vector<unsigned> codes_of_none();

struct Match {
    const Route* route = nullptr; // null: no such path, or not with this method
    std::string parameter;        // what stands for {..}, percent-decoded
    std::string allowed;          // methods of the path, for a 405; "" = no such path
    bool bad_target = false;      // not a path that could be read
    bool query = false;           // the target had a query
};
[[nodiscard]] Match match(Method method, std::string_view target);

// "%2F" decoded; nullopt for a bad escape, a control character, or text that is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// True for localhost, 127.0.0.1 and [::1], with or without a port, and for the names in `also`: any
// other name means that a foreign site's name was made to point here (DNS rebinding).
[[nodiscard]] bool is_our_host(std::string_view host, std::span<const std::string> also);

// Why a request may not be let through to its route, or nothing.
struct Refused {
    unsigned status;
    std::string error;
    std::string field; // the header that is wrong
};
[[nodiscard]] std::optional<Refused> guard(const Request& request, const Route& route);

} // namespace magwatch::http
