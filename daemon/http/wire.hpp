// Between Beast's messages and ours. The only header through which the rest sees bytes of HTTP.
//
// Pure. request_parser and this file's .cpp are all of Beast that requests meet before the service;
// the fuzzer enters here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/http/request.hpp"
#include "daemon/metrics/metrics.hpp"

namespace magwatch::http
{

// Bytes that are no request we take, and what to say.
struct WireError {
    unsigned status;
    HttpRefusal why;
    std::string_view text;
};

// The first request in `bytes`, read with the server's limits; nullopt if more bytes are needed.
[[nodiscard]] std::optional<std::variant<Request, WireError>> parse_bytes(std::string_view bytes);

// Status line, headers of every answer, and body.
[[nodiscard]] std::string serialise(const Response& response, bool keep_alive, bool simulation,
                                    bool with_body = true);

} // namespace magwatch::http
