// Any bytes where somebody must prove something: links, page tokens, signatures and keys, codes of replies. Without the key
// nothing is proven, and both verifiers of Standard Webhooks, ours of the pagers and that of the dead man's switch, say the
// same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/pagers/answer_link.hpp"
#include "adapters/pagers/page_token.hpp"
#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/sms_callback.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "tools/deadman/signature.hpp"

using namespace magwatch;
using namespace magwatch::adapters;

namespace {

const std::string key(32, 'k');
constexpr std::int64_t now_s = 1'767'225'600;

void require(bool promise)
{
    if (!promise) std::abort();
}

void check_tokens(std::string_view bytes)
{
    const WallTime now{now_s * 1000};
    require(check_answer_token(bytes, key, now).check == AnswerTokenCheck::forged);
    require(!check_page_token(bytes, key));
    if (const auto code = reply_code(bytes)) require(code->code > 0);
    if (const auto number = sender_number(bytes)) require(!number->empty() && number->size() <= 17);
    if (const auto raw = from_base64(bytes)) require(raw->size() <= bytes.size());
    if (const auto raw = from_base64url(bytes)) require(raw->size() <= bytes.size());
    const auto ours = webhook_key(bytes);
    const auto theirs = deadman::signing_key(bytes);
    require(ours.has_value() == theirs.has_value() && (!ours || *ours == *theirs));
}

// Four parts with a NUL between; the first bit of the first byte: rightly signed, so that what is behind is reached.
void check_webhook(std::string_view bytes)
{
    if (bytes.empty()) return;
    const bool right = (bytes[0] & 1) != 0;
    std::string part[4];
    std::size_t n = 0;
    for (const char c : bytes.substr(1)) {
        if (c == '\0' && n < 3) ++n;
        else part[n] += c;
    }
    WebhookHeaders headers{part[0], part[1], part[2]};
    if (right) {
        const WebhookHeaders good = sign_webhook(wire_id(part[0]), WallTime{now_s * 1000}, part[3], {key});
        headers = {good.id, good.timestamp, good.signature + " " + part[2]};
    }
    const WebhookCheck check = verify_webhook(headers, part[3], {key}, WallTime{now_s * 1000});
    const deadman::Proof proof =
        deadman::verify(key, {headers.id, headers.timestamp, headers.signature, part[3]}, now_s);
    require((check == WebhookCheck::good) == (proof == deadman::Proof::good));
    require(right || check != WebhookCheck::good);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_tokens(bytes);
    check_webhook(bytes);
    return 0;
}
