// Where a gateway is, for those that speak plain TCP. An address is no name: Asio looks names up one after another, on
// one thread for a whole io_context, and a name server that is dead must not keep those waiting who ask it nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace magwatch::adapters {

using Endpoints = boost::asio::ip::tcp::resolver::results_type;

// The endpoint of an address ("192.0.2.7", "2001:db8::7"); nothing of a name. Pure.
[[nodiscard]] std::optional<Endpoints> numeric_endpoint(const std::string& host, std::uint16_t port);

// Calls `found` with an error or endpoints, later and on the resolver's executor. Asks `resolver` for names alone.
template <class Resolver, class Found>
void look_up(Resolver& resolver, const std::string& host, std::uint16_t port, Found found)
{
    if (auto known = numeric_endpoint(host, port)) {
        auto tell = [found = std::move(found), known = std::move(*known)]() mutable {
            found(boost::system::error_code{}, known);
        };
        boost::asio::post(resolver.get_executor(), std::move(tell));
        return;
    }
    resolver.async_resolve(host, std::to_string(port), std::move(found));
}

} // namespace magwatch::adapters
