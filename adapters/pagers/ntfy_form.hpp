// What a server of ntfy is sent (docs.ntfy.sh, "Publishing"), and where one may be. Pure.
//
// A topic of a public server can be read by whoever guesses its name, so ntfy.sh is refused: a ward runs its own, with
// a login. The answers are http actions whose addresses are the page's signed links.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagers/gateway_address.hpp"
#include "adapters/pagers/http_login.hpp"
#include "adapters/pagers/pager.hpp"

namespace magwatch::adapters {

struct NtfyServer {
    std::string name; // what a channel's address says
    std::string url;  // without topic: "https://ntfy.ward.example"
    HttpLogin login;
    std::string ca_file; // "" = the system's authorities
};

// Beyond it ntfy makes an attachment of a message, which no phone shows by itself.
inline constexpr std::size_t ntfy_body_max = 4096;

// What is wrong with a server; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const NtfyServer& server);

// 1 to 64 of A-Z a-z 0-9 - _
[[nodiscard]] bool is_ntfy_topic(std::string_view text);

// A channel's address, if what follows the server's name can be a topic.
[[nodiscard]] std::optional<GatewayAddress> ntfy_address(std::string_view address);

[[nodiscard]] std::string ntfy_url(const NtfyServer& server, std::string_view path);

// Title, Priority, Tags, Actions, each "name: value". The title says no bed and no finding: a locked screen shows it.
[[nodiscard]] std::vector<std::string> ntfy_headers(const Page& page, const AnswerLinks& links);

// The reply of GET /v1/health: {"healthy":true}; false for anything else.
[[nodiscard]] bool ntfy_is_healthy(std::string_view reply);

} // namespace magwatch::adapters
