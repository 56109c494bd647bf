// Whatever a carrier of WCTP says, or whoever calls in its place: parsed or refused, and nothing of it is executed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/pagers/wctp_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch;
    using namespace magwatch::adapters;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const WctpNotification said = parse_wctp_notification(bytes);
    if (const auto* reply = std::get_if<WctpReply>(&said)) {
        if (reply->message_id.empty()) std::abort();
        (void)wctp_answer(reply->text);
    }
    (void)parse_wctp_confirmation(bytes);
    const auto polled = parse_wctp_poll(bytes);
    // What is confirmed stays one well-formed operation, whatever the numbers are.
    if (const auto* good = std::get_if<WctpPolled>(&polled)) {
        WctpCarrier carrier;
        carrier.sender_id = "ward";
        std::vector<std::string> numbers;
        for (const auto& [number, message] : good->messages) numbers.push_back(number);
        if (!is_wctp(wctp_poll(carrier, numbers))) std::abort();
    }
    return 0;
}
