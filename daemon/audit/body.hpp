// What of a request's body goes into the audit trail.
//
// Numbers, yes and no, and words of closed lists as they are; free text as its SHA-256, so that an auditor can hold the
// journal's text against it without a second copy of it; secrets not at all, not even their length; what nobody knows
// as a count. Pure.
#pragma once

#include <string>
#include <string_view>

namespace magwatch::audit
{

// A JSON object as text; "" of a body that is none.
[[nodiscard]] std::string canonical_body(std::string_view body);

} // namespace magwatch::audit
