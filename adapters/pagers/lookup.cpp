#include "adapters/pagers/lookup.hpp"

#include <boost/asio/ip/address.hpp>

namespace magwatch::adapters {

namespace asio = boost::asio;

std::optional<Endpoints> numeric_endpoint(const std::string& host, std::uint16_t port)
{
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return std::nullopt;
    return Endpoints::create(asio::ip::tcp::endpoint{address, port}, host, std::to_string(port));
}

} // namespace magwatch::adapters
