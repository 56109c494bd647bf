// The address of a channel that goes through a gateway: the gateway's name, a blank, whom it is to reach. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace magwatch::adapters {

struct GatewayAddress {
    std::string gateway, to;
};

// nullopt without a name before the first blank; what follows it is for the channel to judge.
[[nodiscard]] inline std::optional<GatewayAddress> gateway_address(std::string_view address)
{
    const std::size_t blank = address.find(' ');
    if (blank == std::string_view::npos || blank == 0) return std::nullopt;
    return GatewayAddress{std::string{address.substr(0, blank)}, std::string{address.substr(blank + 1)}};
}

} // namespace magwatch::adapters
