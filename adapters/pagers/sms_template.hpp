// What an SMS gateway is sent over HTTP, whatever it is called: the request is a template. Pure.
//
// Gateways agree on nothing but that a POST with a number and a text sends a message. So a site states the fields of
// the request (form or JSON), and this fills them in: {to} the telephone number, {text} the page, {key} the page's
// identity, {number} what people call it ("1207"), {secret} the gateway's token, {status_url} where the gateway is to
// say what became of the message. Each value is escaped for its place.
// Plain http is for loopback alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/pagers/gateway_address.hpp"
#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct SmsGateway {
    enum class Format : std::uint8_t {
        form, // application/x-www-form-urlencoded: fields in their order
        json, // application/json: a field that begins with "/" is a JSON pointer, "/messages/0/to"
    };
    using Fields = std::vector<std::pair<std::string, std::string>>;

    std::string name; // what a channel's address says
    std::string url;
    Format format = Format::form;
    Fields fields;
    Fields headers;               // further ones: {"Authorization", "Bearer {secret}"}
    std::string idempotency;      // a header that carries the page's key; "" = the gateway knows none
    std::string user;             // HTTP basic, with the secret as password; "" = none
    std::optional<Secret> secret; // of `user`, or for {secret}
    std::string ca_file;          // "" = the system's authorities
    std::string status_base;      // {status_url} is this and the page's signed key; "" = nothing listens
    std::optional<Secret> status_key;
};

// What is wrong with a gateway; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const SmsGateway& gateway);

// E.164: "+" and 7 to 15 digits, the first not 0.
[[nodiscard]] bool is_phone_number(std::string_view text);

// A channel's address, if what follows the gateway's name can be a telephone number.
[[nodiscard]] std::optional<GatewayAddress> sms_address(std::string_view address);

// The request of one page. A gateway with mistakes gives an empty body.
struct SmsRequest {
    std::vector<std::string> headers; // "name: value"
    std::string body;
};
[[nodiscard]] SmsRequest sms_request(const SmsGateway& gateway, const Page& page, std::string_view to,
                                     std::string_view text);

} // namespace magwatch::adapters
