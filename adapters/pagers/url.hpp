// Where pages may go over HTTP: to any https:// address, and to this machine without encryption. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace magwatch::adapters {

// What is wrong with the address of a channel; empty = nothing.
[[nodiscard]] std::vector<std::string> url_mistakes(std::string_view url);

// True for a URL whose host can only be this machine: 127.0.0.0/8, [::1] or localhost.
[[nodiscard]] bool is_loopback_url(std::string_view url);

} // namespace magwatch::adapters
