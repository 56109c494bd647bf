#include "daemon/http/wire_beast.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>

namespace magwatch::http
{

namespace beast_http = boost::beast::http;

namespace
{

std::string_view reason_of(unsigned status)
{
    switch (status) {
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    default: {
        const auto text = beast_http::obsolete_reason(static_cast<beast_http::status>(status));
        return {text.data(), text.size()};
    }
    }
}

Method method_of(beast_http::verb verb)
{
    if (verb == beast_http::verb::get) return Method::get;
    return verb == beast_http::verb::post ? Method::post : Method::other;
}

bool safe_header_value(std::string_view value)
{
    return value.find_first_of("\r\n") == std::string_view::npos;
}

} // namespace

void set_limits(Parser& parser)
{
    parser.header_limit(header_limit);
    parser.body_limit(body_limit);
}

WireError wire_error(const boost::system::error_code& error)
{
    if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow)
        return {431, HttpRefusal::header_size, "the header is larger than 8 KiB"};
    if (error == beast_http::error::body_limit)
        return {413, HttpRefusal::body_size, "the body is larger than 64 KiB"};
    return {400, HttpRefusal::malformed, "this is not an HTTP request"};
}

const boost::system::error_category& wire_category()
{
    static const boost::system::error_code any = beast_http::error::bad_method;
    return any.category();
}

std::variant<Request, WireError> to_request(Parser& parser)
{
    auto& message = parser.get();
    for (const auto field :
         {beast_http::field::host, beast_http::field::origin, beast_http::field::content_type})
        if (message.count(field) > 1)
            return WireError{400, HttpRefusal::malformed, "a header is given twice"};
    // Beast takes a coding that it does not know for no body, and the body for the next request (smuggling).
    const auto coding = message[beast_http::field::transfer_encoding];
    const bool coded = message.count(beast_http::field::transfer_encoding) > 0;
    if (coded && (message.count(beast_http::field::transfer_encoding) > 1 || !boost::beast::iequals(coding, "chunked")))
        return WireError{400, HttpRefusal::malformed, "this transfer coding is not known here"};
    const auto text = [&](auto field) {
        const auto value = message[field];
        return std::string{value.data(), value.size()};
    };
    Request request;
    request.method = method_of(message.method());
    request.target = std::string{message.target().data(), message.target().size()};
    request.host = text(beast_http::field::host);
    request.origin = text(beast_http::field::origin);
    request.content_type = text(beast_http::field::content_type);
    request.fetch_site = text("Sec-Fetch-Site");
    request.client = text("X-Magwatch-Client");
    for (const auto& field : message) {
        std::string name{field.name_string().data(), field.name_string().size()};
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        request.headers.emplace_back(std::move(name), std::string{field.value().data(), field.value().size()});
    }
    request.body = std::move(message.body());
    return request;
}

std::optional<std::variant<Request, WireError>> parse_bytes(std::string_view bytes)
{
    Parser parser;
    set_limits(parser);
    parser.eager(true);
    boost::system::error_code error;
    while (!parser.is_done() && !bytes.empty()) {
        const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
        bytes.remove_prefix(used);
        if (error == beast_http::error::need_more && used > 0 && !bytes.empty()) continue;
        if (error || used == 0) break;
    }
    if (error && error != beast_http::error::need_more) return wire_error(error);
    if (!parser.is_done()) return std::nullopt;
    return to_request(parser);
}

std::string serialise(const Response& response, bool keep_alive, bool simulation, bool with_body)
{
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string{reason_of(response.status)} + "\r\n";
    const auto header = [&](std::string_view name, std::string_view value) {
        if (!safe_header_value(value)) return;
        out.append(name).append(": ").append(value).append("\r\n");
    };
    header("Content-Type", response.content_type);
    if (!response.stream) header("Content-Length", std::to_string(response.body.size()));
    header("Connection", keep_alive ? "keep-alive" : "close");
    header("X-Content-Type-Options", "nosniff");
    header("Referrer-Policy", "no-referrer");
    bool own_policy = false, own_caching = false;
    for (const auto& [name, value] : response.headers) {
        header(name, value);
        own_policy = own_policy || name == "Content-Security-Policy";
        own_caching = own_caching || name == "Cache-Control";
    }
    if (!own_caching) header("Cache-Control", "no-store");
    if (!own_policy) header("Content-Security-Policy", content_security_policy);
    if (simulation) header("X-Magwatch-Simulation", "true");
    out += "\r\n";
    if (with_body) out += response.body;
    return out;
}

} // namespace magwatch::http
