// Where pages may go over HTTP: to any https:// address, and to this machine without encryption. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace magwatch::adapters {

// What is wrong with the address of a channel; empty = nothing.
[[nodiscard]] std::vector<std::string> url_mistakes(std::string_view url);

// 127.0.0.0/8, localhost, and ::1 with or without brackets: a name that merely begins so is somebody else's.
[[nodiscard]] bool is_loopback_host(std::string_view host);

// The host as it stands in a URL; "" if it is none.
[[nodiscard]] std::string url_host(std::string_view url);

// True for a URL whose host can only be this machine: 127.0.0.0/8, [::1] or localhost.
[[nodiscard]] bool is_loopback_url(std::string_view url);

} // namespace magwatch::adapters
