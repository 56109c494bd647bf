// What the audit trail says of a request: every change, whether it is let through or not, and every look at a bed.
//
// Pure. Who it was is the gate's to say; what became of it, the server's.
#pragma once

#include <optional>
#include <string>

#include "daemon/audit/row.hpp"
#include "daemon/http/request.hpp"
#include "daemon/http/routes.hpp"

namespace magwatch::http
{

struct Ask;

// Nothing: nothing changes, and it tells of no bed (a health check, the files of the board). `parameter`: what stood in
// the path. The actor is whom the body names.
[[nodiscard]] std::optional<audit::Event> audit_event(const Request& request, const Route& route,
                                                      const std::string& parameter);
// An answer link says who answers.
void told_by(const Ask& ask, audit::Event& event);
// What became of it, by the answer's status. False: there is nothing to be said, such as of a look at no bed.
[[nodiscard]] bool conclude(audit::Event& event, unsigned status);

} // namespace magwatch::http
