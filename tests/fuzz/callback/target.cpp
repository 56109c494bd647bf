// What a gateway calls back with, from bytes to its fields: whatever it sends, nothing is made up.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/pagers/page_token.hpp"
#include "adapters/pagers/sms_callback.hpp"
#include "adapters/pagers/sms_template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch::adapters;
    const std::string_view in{reinterpret_cast<const char*>(data), size};
    const std::string_view body = in.substr(in.empty() ? 0 : 1);
    SmsCallback callback;
    callback.proof = static_cast<CallbackProof>(in.empty() ? 0 : in[0] & 3);
    callback.header = "x-signature";
    callback.secret.emplace("0123456789abcdef");
    callback.reference = "id";
    callback.status = "/s/0";
    callback.sender = "from";
    callback.text = "text";
    for (const std::string_view type : {"application/json", "application/x-www-form-urlencoded; charset=utf-8"}) {
        const auto fields = CallbackFields::from(type, body, callback);
        const std::vector<std::pair<std::string, std::string>> headers{
            {"x-signature", std::string{body.substr(0, 44)}}, {"x-twilio-signature", std::string{body.substr(0, 28)}},
            {"webhook-id", "1"}, {"webhook-timestamp", "0"}, {"webhook-signature", std::string{body.substr(0, 47)}}};
        if (proven(callback, {"https://ward.example/sms/a/reply", type, body, headers}, {})) std::abort();
        if (!fields) continue;
        if (const auto number = sender_number(fields->sender()); number && !is_phone_number(*number)) std::abort();
        if (const auto code = reply_code(fields->text()); code && code->code == 0) std::abort();
    }
    if (const auto page = check_page_token(body, "0123456789abcdef")) std::abort();
    if (const auto code = reply_code(body)) {
        constexpr std::string_view letters = "YNH";
        const std::string again = std::to_string(code->code) + letters[static_cast<std::size_t>(code->kind)];
        if (reply_code(again) != code) std::abort();
    }
    return 0;
}
