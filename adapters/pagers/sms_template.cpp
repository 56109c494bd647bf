#include "adapters/pagers/sms_template.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/page_token.hpp"
#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/url.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::adapters {
namespace {

// What a template can name.
struct Values {
    std::string_view to, text, key, number, secret, status_url;
    [[nodiscard]] const std::string_view* find(std::string_view name) const
    {
        if (name == "to") return &to;
        if (name == "text") return &text;
        if (name == "key") return &key;
        if (name == "number") return &number;
        if (name == "secret") return &secret;
        if (name == "status_url") return &status_url;
        return nullptr;
    }
};

// The {names} of a template, and whether every brace belongs to one.
struct Names {
    std::set<std::string, std::less<>> found;
    bool good = true;
};

Names names_in(std::string_view text)
{
    Names names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = text.find_first_of("{}", at);
        if (open == std::string_view::npos) break;
        const std::size_t close = text.find('}', open);
        if (text[open] == '}' || close == std::string_view::npos) {
            names.good = false;
            break;
        }
        names.found.emplace(text.substr(open + 1, close - open - 1));
        at = close + 1;
    }
    return names;
}

// A value is put in as it is and never read as a template again.
std::string filled(std::string_view text, const Values& values)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = text.find('{', at);
        out += text.substr(at, open - at);
        if (open == std::string_view::npos) break;
        const std::size_t close = text.find('}', open);
        const auto* value = close == std::string_view::npos ? nullptr
                                                            : values.find(text.substr(open + 1, close - open - 1));
        if (value != nullptr) out += *value;
        at = close == std::string_view::npos ? text.size() : close + 1;
    }
    return out;
}

std::string form_escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        out += plain ? std::string{c} : fmt::format("%{:02X}", byte);
    }
    return out;
}

bool is_header_name(std::string_view name)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

// Headers that are ours to say: a second one would make two gateways read one request differently.
bool is_our_header(std::string_view name)
{
    constexpr std::array ours{"content-type", "content-length", "host", "expect", "transfer-encoding", "connection"};
    return std::find(ours.begin(), ours.end(), lower(name)) != ours.end();
}

// The fields as JSON, or nothing if two of them contradict each other or a pointer is none.
std::optional<nlohmann::ordered_json> json_of(const SmsGateway& gateway, const Values& values)
{
    nlohmann::ordered_json body = nlohmann::ordered_json::object();
    try {
        for (const auto& [field, value] : gateway.fields) {
            auto& place = field.starts_with('/') ? body[nlohmann::ordered_json::json_pointer{field}] : body[field];
            if (!place.is_null()) return std::nullopt;
            place = filled(value, values);
        }
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
    return body;
}

void find_template_mistakes(const SmsGateway& gateway, std::vector<std::string>& found)
{
    std::set<std::string, std::less<>> used;
    const auto read = [&](std::string_view what, const SmsGateway::Fields& fields) {
        for (const auto& [name, value] : fields) {
            const Names names = names_in(value);
            if (!names.good) found.push_back(fmt::format("a brace of {} '{}' belongs to no name", what, name));
            for (const auto& one : names.found) {
                if (Values{}.find(one) == nullptr)
                    found.push_back(fmt::format("{} '{}' names {{{}}}: there are {{to}}, {{text}}, {{key}}, "
                                                "{{number}}, {{secret}} and {{status_url}}",
                                                what, name, one));
                used.insert(one);
            }
        }
    };
    read("field", gateway.fields);
    const bool to = used.contains("to"), text = used.contains("text");
    if (!to) found.emplace_back("no field holds the number, {to}");
    if (!text) found.emplace_back("no field holds the text, {text}");
    read("header", gateway.headers);
    if (used.contains("status_url") && gateway.status_base.empty())
        found.emplace_back("{status_url} is used, but nothing listens there: it needs [callbacks] with a 'url' and "
                           "this gateway's 'callback' with a 'status'");
    if (used.contains("secret") && !gateway.secret) found.emplace_back("{secret} is used, but there is no secret");
    if (gateway.secret && !used.contains("secret") && gateway.user.empty())
        found.emplace_back("the secret is used nowhere: name a user, or {secret} in a field or header");
}

} // namespace

bool is_phone_number(std::string_view text)
{
    if (text.size() < 8 || text.size() > 16 || text[0] != '+' || text[1] == '0') return false;
    return std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<GatewayAddress> sms_address(std::string_view address)
{
    auto out = gateway_address(address);
    return out && is_phone_number(out->to) ? out : std::nullopt;
}

std::vector<std::string> mistakes(const SmsGateway& gateway)
{
    std::vector<std::string> found = url_mistakes(gateway.url);
    find_template_mistakes(gateway, found);
    for (const auto& [name, value] : gateway.headers) {
        if (!is_header_name(name) || is_our_header(name))
            found.push_back(fmt::format("'{}' is no header that can be set", name));
        if (!is_printable(value)) found.push_back(fmt::format("the value of header '{}' is not plain text", name));
    }
    if (!gateway.idempotency.empty() && (!is_header_name(gateway.idempotency) || is_our_header(gateway.idempotency)))
        found.push_back(fmt::format("'{}' is no header that can be set", gateway.idempotency));
    if (!gateway.user.empty() && !gateway.secret) found.emplace_back("user needs a secret");
    if (!is_printable(gateway.user) || gateway.user.find(':') != std::string::npos)
        found.emplace_back("user must be plain text without ':'");
    if (gateway.secret && !is_printable(gateway.secret->reveal())) found.emplace_back("the secret is not plain text");
    if (gateway.format == SmsGateway::Format::json && found.empty() && !json_of(gateway, Values{}))
        found.emplace_back("two fields contradict each other, or one is no JSON pointer");
    return found;
}

SmsRequest sms_request(const SmsGateway& gateway, const Page& page, std::string_view to, std::string_view text)
{
    const std::string key = page.key.text(), number = std::to_string(page.number);
    const std::string_view secret = gateway.secret ? gateway.secret->reveal() : "";
    const std::string status_url =
        gateway.status_key ? gateway.status_base + make_page_token(page.key, gateway.status_key->reveal()) : "";
    const Values values{to, text, key, number, secret, status_url};
    SmsRequest request;
    if (gateway.format == SmsGateway::Format::json) {
        request.headers.emplace_back("Content-Type: application/json");
        const auto body = json_of(gateway, values);
        if (body) request.body = body->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    } else {
        request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
        for (const auto& [field, value] : gateway.fields) {
            if (!request.body.empty()) request.body += '&';
            request.body += form_escaped(field) + '=' + form_escaped(filled(value, values));
        }
    }
    for (const auto& [name, value] : gateway.headers) request.headers.push_back(name + ": " + filled(value, values));
    if (!gateway.idempotency.empty()) request.headers.push_back(gateway.idempotency + ": " + wire_id(key));
    if (!gateway.user.empty())
        request.headers.push_back("Authorization: Basic " + base64(fmt::format("{}:{}", gateway.user, secret)));
    return request;
}

} // namespace magwatch::adapters
