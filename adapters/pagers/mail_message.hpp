// The mail of one page: headers, body and the checks that keep anything else out of them.
//
// Pure. Every header value is ours or passed a check; no name, bed or finding stands in the subject, which
// mail servers log.
#pragma once

#include <string>
#include <string_view>

#include "adapters/pagers/pager.hpp"

namespace magwatch::adapters {

// True for a plain local@domain: ASCII, no quoting, no blank, no control character, at most 254 bytes.
[[nodiscard]] bool is_mailbox(std::string_view text);

// True for a host name or an address literal without brackets: letters, digits, "-", "." and ":".
[[nodiscard]] bool is_host_name(std::string_view text);

// RFC 5322 with CRLF: Message-ID stable per page key (a gateway may drop the second copy),
// Auto-Submitted so that no holiday notice answers. `from` and `to` are mailboxes.
[[nodiscard]] std::string mail_message(const Page& page, std::string_view text, const AnswerLinks& links,
                                       std::string_view from, std::string_view to, WallTime now);

// "Sat, 21 Nov 2026 02:14:05 +0000"
[[nodiscard]] std::string mail_date(WallTime time);

} // namespace magwatch::adapters
