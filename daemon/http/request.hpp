// One HTTP request and its answer as plain values: what routes, bodies and pages are made from. No
// socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace magwatch::http
{

enum class Method : std::uint8_t { get, post, other };

struct Request {
    Method method = Method::other;
    std::string target;     // as sent: path and query
    std::string host;       // "" = none
    std::string origin;     // "" = none
    std::string fetch_site; // Sec-Fetch-Site
    std::string content_type;
    std::string client;        // X-Magwatch-Client
    std::string station;       // whose connection: an address, or "user 0" of the Unix socket
    bool tls = false;          // came encrypted
    bool trusted_peer = false; // came over the Unix socket from a peer that was checked
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // all, as sent, names in lower case
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // beyond those that every answer has
    bool board = false;  // of a stream: a ward board reads it
    bool stream = false; // after the headers comes what happens, for as long as both ends want
};

// Limits of one request (reliability.md S8) and of what stands in it.
inline constexpr std::size_t header_limit = 8 * 1024;
inline constexpr std::size_t body_limit = 64 * 1024;
inline constexpr std::size_t json_depth_limit = 8;

// Unless an answer brings its own: nothing is cached, sniffed, framed or loaded from elsewhere.
inline constexpr std::string_view content_security_policy =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

} // namespace magwatch::http
