#include "adapters/pagers/sms_callback.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/sms_template.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::adapters {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr int json_depth_max = 8;
constexpr std::size_t fields_max = 256;

// The value of a header that is there exactly once.
const std::string* header_of(const CallbackRequest& request, std::string_view name)
{
    const std::string* found = nullptr;
    for (const auto& [one, value] : request.headers) {
        if (one != name) continue;
        if (found != nullptr) return nullptr;
        found = &value;
    }
    return found;
}

bool is_form(std::string_view content_type)
{
    return lower(content_type.substr(0, content_type.find(';'))) == "application/x-www-form-urlencoded";
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> form_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<Fields> form_fields(std::string_view body)
{
    Fields fields;
    while (!body.empty()) {
        const std::string_view one = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(one.size() + 1, body.size()));
        if (one.empty()) continue;
        const std::size_t equals = one.find('=');
        auto name = form_decoded(one.substr(0, equals));
        auto value = form_decoded(equals == std::string_view::npos ? "" : one.substr(equals + 1));
        if (!name || !value || fields.size() == fields_max) return std::nullopt;
        fields.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

// The value of a field that is there once; "" if it is not; nullopt if it is there twice.
std::optional<std::string> only(const Fields& fields, std::string_view name)
{
    const std::string* found = nullptr;
    for (const auto& [one, value] : fields) {
        if (one != name) continue;
        if (found != nullptr) return std::nullopt;
        found = &value;
    }
    return found == nullptr || name.empty() ? "" : *found;
}

// An object without a name given twice, not deeper than our limit; a discarded value otherwise.
nlohmann::json json_object(std::string_view body)
{
    bool good = true;
    std::vector<std::vector<std::string>> open;
    const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using Event = nlohmann::json::parse_event_t;
        if (depth > json_depth_max) good = false;
        if (event == Event::object_start) open.emplace_back();
        if (event == Event::object_end) open.pop_back();
        if (event == Event::key) {
            const auto& name = parsed.get_ref<const std::string&>();
            good = good && std::find(open.back().begin(), open.back().end(), name) == open.back().end() &&
                   open.back().size() < fields_max;
            if (good) open.back().push_back(name);
        }
        return good;
    };
    auto parsed = nlohmann::json::parse(body, look, false);
    return good && parsed.is_object() ? parsed : nlohmann::json(nlohmann::json::value_t::discarded);
}

std::string json_text(const nlohmann::json& object, const std::string& field)
{
    const nlohmann::json* value = nullptr;
    if (field.starts_with('/')) {
        const nlohmann::json::json_pointer pointer{field}; // checked by mistakes()
        if (object.contains(pointer)) value = &object.at(pointer);
    } else if (const auto at = object.find(field); !field.empty() && at != object.end()) {
        value = &*at;
    }
    if (value == nullptr) return "";
    if (value->is_string()) return value->get<std::string>();
    return value->is_number_integer() ? value->dump() : "";
}

bool hmac_fits(std::string_view given, std::string_view secret, std::string_view body)
{
    if (given.starts_with("sha256=")) given.remove_prefix(7);
    const std::string mac = hmac_sha256(secret, body);
    return given.size() == 2 * mac.size() ? equal_in_constant_time(lower(given), hex(mac))
                                          : equal_in_constant_time(given, base64(mac));
}

// Twilio: the address as it was called, then each field's name and value in the order of the names.
bool twilio_fits(std::string_view given, std::string_view secret, const CallbackRequest& request)
{
    if (!is_form(request.content_type)) return false;
    auto fields = form_fields(request.body);
    if (!fields) return false;
    std::sort(fields->begin(), fields->end());
    std::string data{request.url};
    for (const auto& [name, value] : *fields) data += name + value;
    return equal_in_constant_time(given, base64(hmac_sha1(secret, data)));
}

bool webhook_fits(const CallbackRequest& request, std::string_view secret, WallTime now)
{
    const auto* id = header_of(request, "webhook-id");
    const auto* timestamp = header_of(request, "webhook-timestamp");
    const auto* signature = header_of(request, "webhook-signature");
    const auto key = webhook_key(secret);
    if (id == nullptr || timestamp == nullptr || signature == nullptr || !key) return false;
    return verify_webhook({*id, *timestamp, *signature}, request.body, {*key}, now) == WebhookCheck::good;
}

bool is_pointer(const std::string& field)
{
    try {
        (void)nlohmann::json::json_pointer{field};
        return true;
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

} // namespace

std::vector<std::string> mistakes(const SmsCallback& callback)
{
    std::vector<std::string> found;
    const bool named = callback.proof == CallbackProof::hmac_sha256 || callback.proof == CallbackProof::header;
    if (named && callback.header.empty()) found.emplace_back("the proof needs the name of its header");
    if (!named && !callback.header.empty()) found.emplace_back("this proof has headers of its own: leave 'header' out");
    if (lower(callback.header) != callback.header) found.emplace_back("header names are compared in lower case");
    if (callback.sender.empty() != callback.text.empty()) found.emplace_back("'sender' and 'text' go together");
    if (callback.status.empty() && callback.sender.empty())
        found.emplace_back("it tells neither a status nor a reply");
    if (callback.status.empty() != callback.words.empty())
        found.emplace_back("'status' and the meaning of its words, 'words', go together");
    // Without it, the same short text sent again would look like a request that was repeated.
    if (!callback.sender.empty() && callback.reference.empty())
        found.emplace_back("replies need 'reference', the field of the gateway's message id");
    for (const std::string* field : {&callback.reference, &callback.status, &callback.sender, &callback.text})
        if (field->starts_with('/') && !is_pointer(*field))
            found.push_back(fmt::format("'{}' is no JSON pointer", *field));
    if (!callback.secret || callback.secret->reveal().empty()) return found;
    if (callback.secret->reveal().size() < callback_secret_min)
        found.push_back(fmt::format("the secret has fewer than {} bytes", callback_secret_min));
    if (callback.proof == CallbackProof::standard_webhooks && !webhook_key(callback.secret->reveal()))
        found.emplace_back("the secret is no signing key (whsec_ and base64)");
    return found;
}

std::optional<CallbackFields> CallbackFields::from(std::string_view content_type, std::string_view body,
                                                   const SmsCallback& callback)
{
    CallbackFields out;
    const std::pair<const std::string*, std::string*> wanted[] = {{&callback.reference, &out.reference_},
                                                                  {&callback.status, &out.status_},
                                                                  {&callback.sender, &out.sender_},
                                                                  {&callback.text, &out.text_}};
    if (is_form(content_type)) {
        const auto fields = form_fields(body);
        if (!fields) return std::nullopt;
        for (const auto& [name, value] : wanted) {
            auto text = only(*fields, *name);
            if (!text) return std::nullopt;
            *value = std::move(*text);
        }
        return out;
    }
    if (lower(content_type.substr(0, content_type.find(';'))) != "application/json") return std::nullopt;
    const nlohmann::json object = json_object(body);
    if (object.is_discarded()) return std::nullopt;
    for (const auto& [name, value] : wanted) *value = json_text(object, *name);
    return out;
}

bool proven(const SmsCallback& callback, const CallbackRequest& request, WallTime now)
{
    if (!callback.secret || callback.secret->reveal().size() < callback_secret_min) return false;
    const std::string_view secret = callback.secret->reveal();
    if (callback.proof == CallbackProof::standard_webhooks) return webhook_fits(request, secret, now);
    const bool twilio = callback.proof == CallbackProof::twilio;
    const std::string* given = header_of(request, twilio ? "x-twilio-signature" : callback.header);
    if (given == nullptr) return false;
    if (twilio) return twilio_fits(*given, secret, request);
    if (callback.proof == CallbackProof::hmac_sha256) return hmac_fits(*given, secret, request.body);
    // The digests have one length: not even that of the secret can be measured.
    return equal_in_constant_time(sha256(*given), sha256(secret));
}

std::optional<ReplyCode> reply_code(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
    ReplyCode reply;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, reply.code);
    // "017" is nobody's way of writing 17.
    if (error != std::errc{} || reply.code == 0 || text.front() == '0') return std::nullopt;
    std::string_view letter{rest, static_cast<std::size_t>(end - rest)};
    letter.remove_prefix(std::min(letter.find_first_not_of(' '), letter.size()));
    if (letter == "Y" || letter == "y") reply.kind = AnswerKind::coming;
    else if (letter == "N" || letter == "n") reply.kind = AnswerKind::cannot;
    else if (letter == "H" || letter == "h") reply.kind = AnswerKind::here;
    else return std::nullopt;
    return reply;
}

std::optional<std::string> sender_number(std::string_view text)
{
    std::string number{text};
    if (!number.starts_with('+')) number.insert(0, 1, '+');
    return is_phone_number(number) ? std::optional{number} : std::nullopt;
}

} // namespace magwatch::adapters
