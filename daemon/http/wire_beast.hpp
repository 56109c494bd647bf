// The Beast side of wire.hpp, for the session alone.
#pragma once

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/http/wire.hpp"

namespace magwatch::http
{

using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

void set_limits(Parser& parser);
// The message's parts move out of the parser. An error for a message that gives one of the headers
// we judge by twice.
[[nodiscard]] std::variant<Request, WireError> to_request(Parser& parser);
[[nodiscard]] WireError wire_error(const boost::system::error_code& error);
// Of errors that are the request's and not the connection's.
[[nodiscard]] const boost::system::error_category& wire_category();

} // namespace magwatch::http
