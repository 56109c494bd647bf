// The signed key of one page: what a gateway's status callback is addressed to, so that the page it speaks of comes
// from us and never from the body of a request.
//
// Pure. A token bears no secret of a patient: call number, rung, repetition, person and channel. It does not expire:
// what is said of a page that is long over changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/escalation/page.hpp"

namespace magwatch::adapters {

// URL-safe text of at most 640 characters; "" for a key of fewer than 16 bytes or names of more than 200.
[[nodiscard]] std::string make_page_token(const PageKey& page, std::string_view key);

// nullopt: not made with this key, or not a token at all.
[[nodiscard]] std::optional<PageKey> check_page_token(std::string_view text, std::string_view key);

} // namespace magwatch::adapters
