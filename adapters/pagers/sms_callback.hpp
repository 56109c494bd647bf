// What an SMS gateway calls back with: what became of a message, and what somebody replied to one.
//
// Gateways agree on nothing here either: a site states which fields hold what, what their status words mean, and how
// the gateway proves that it is itself. Pure: bytes in, values out; wall time is handed in. Nothing of a request is
// believed before proven() said yes, the page comes from a signed address (page_token.hpp), and the person from the
// number, never from the text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/base/instant.hpp"
#include "rules/escalation/answer.hpp"
#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

enum class CallbackProof : std::uint8_t {
    hmac_sha256,       // a header holds the HMAC-SHA256 of the body, hex or base64, with or without "sha256="
    twilio,            // X-Twilio-Signature: HMAC-SHA1 of the address and the sorted fields of the form
    standard_webhooks, // id.timestamp.body, five minutes
    header,            // a header holds the secret itself: for gateways that can sign nothing, over TLS
};
inline constexpr std::size_t callback_secret_min = 16; // bytes; a shorter one could be guessed

// What a gateway's word for a message means. `under_way` changes nothing.
enum class SmsStatus : std::uint8_t { under_way, delivered, read, failed };

struct SmsCallback {
    CallbackProof proof = CallbackProof::hmac_sha256;
    std::string header;           // of `hmac_sha256` and `header`
    std::optional<Secret> secret; // shared with the gateway

    // Names of fields: of a form, or of JSON, where one that begins with "/" is a JSON pointer.
    std::string reference; // the gateway's id of the message: no two messages share one
    std::string status;    // "" = the gateway tells none
    std::map<std::string, SmsStatus, std::less<>> words;
    std::string sender, text; // "" = it takes no replies
};

// What is wrong with it; empty = nothing. A secret that is not there yet is no mistake.
[[nodiscard]] std::vector<std::string> mistakes(const SmsCallback& callback);

// One request, as far as it is judged. Header names are lower case.
struct CallbackRequest {
    std::string_view url; // as the gateway called it: what Twilio signs
    std::string_view content_type;
    std::string_view body;
    const std::vector<std::pair<std::string, std::string>>& headers;
};

// The fields of a form or the members of a JSON object; nullopt if the body is neither, or gives a field twice.
class CallbackFields {
public:
    [[nodiscard]] static std::optional<CallbackFields> from(std::string_view content_type, std::string_view body,
                                                            const SmsCallback& callback);
    [[nodiscard]] const std::string& reference() const { return reference_; }
    [[nodiscard]] const std::string& status() const { return status_; }
    [[nodiscard]] const std::string& sender() const { return sender_; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string reference_, status_, sender_, text_; // "" = not there
};

// Did the gateway send it? Constant time in what is secret. False without a secret.
[[nodiscard]] bool proven(const SmsCallback& callback, const CallbackRequest& request, WallTime now);

// "17Y", "17 y", "17N", "17H", with blanks around; nullopt for anything else.
struct ReplyCode {
    std::uint16_t code = 0;
    AnswerKind kind{};
    friend bool operator==(const ReplyCode&, const ReplyCode&) = default;
};
[[nodiscard]] std::optional<ReplyCode> reply_code(std::string_view text);

// The number in E.164, as a channel names it; a "+" that the gateway leaves away is added. nullopt if it is none.
[[nodiscard]] std::optional<std::string> sender_number(std::string_view text);

} // namespace magwatch::adapters
