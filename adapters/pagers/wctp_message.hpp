// The messages of WCTP 1.3 that a ward's pager needs, as bytes and back. Pure; the source is wctp-dtd-v1r3.dtd.
//
// A carrier takes a message by Confirmation; later it tells what became of it (StatusInfo) and what the person chose or
// typed (MessageReply), each naming our messageID: in answer to a poll, or by calling us. Nothing of the carrier's
// words
// is passed on, only codes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/pagers/delivery.hpp"
#include "adapters/pagers/gateway_address.hpp"
#include "rules/escalation/answer.hpp"
#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct WctpCarrier {
    std::string name;      // what a channel's address says
    std::string url;       // where operations are POSTed
    std::string sender_id; // ours, as the carrier knows it; also what we poll under
    std::optional<Secret> security_code;
    bool replies = true; // offer "Coming" and "Cannot", and poll for what people chose
    std::string ca_file; // "" = the system's authorities
};

// What is wrong with a carrier; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const WctpCarrier& carrier);

// One word of at most 255 printable characters: a recipientID.
[[nodiscard]] bool is_wctp_recipient(std::string_view text);
[[nodiscard]] std::optional<GatewayAddress> wctp_address(std::string_view address);

// Stable for a page, so that a carrier may drop the second copy; 22 characters, where the standard's systems take 32.
[[nodiscard]] std::string wctp_message_id(const PageKey& key);

[[nodiscard]] std::string wctp_submit(const WctpCarrier& carrier, const Page& page, std::string_view recipient,
                                      std::string_view text, WallTime now);
// `received`: the numbers of what earlier polls brought.
[[nodiscard]] std::string wctp_poll(const WctpCarrier& carrier, const std::vector<std::string>& received);
// Asks only which versions there are: changes nothing anywhere.
[[nodiscard]] std::string wctp_version_query(const WctpCarrier& carrier, WallTime now);
// What a carrier that calls us is answered: 200 taken, 302 not understood.
[[nodiscard]] std::string wctp_confirmation(bool taken);

struct WctpMistake {
    std::string what; // our words
};

// What a carrier says to a submission.
struct WctpConfirmed {
    Verdict verdict = Verdict::refused;
    int code = 0;
};
[[nodiscard]] std::variant<WctpConfirmed, WctpMistake> parse_wctp_confirmation(std::string_view bytes);

// Any WCTP operation at all, a failure apart: something that speaks WCTP is there.
[[nodiscard]] bool is_wctp(std::string_view bytes);

enum class WctpEvent : std::uint8_t { queued, delivered, read, failed };
struct WctpStatus {
    std::string message_id; // ours
    WctpEvent event{};
    int code = 0; // of a failure
};
struct WctpReply {
    std::string message_id; // ours
    std::string text;       // what the person chose or typed: never shown, only compared
};
using WctpNotification = std::variant<WctpStatus, WctpReply, WctpMistake>;

// What a carrier POSTs to us: one StatusInfo or MessageReply.
[[nodiscard]] WctpNotification parse_wctp_notification(std::string_view bytes);

struct WctpPolled {
    std::optional<Duration> wait; // no next poll before
    std::vector<std::pair<std::string, WctpNotification>> messages; // sequence number, what it says
    int code = 0; // of a refused poll; 0 = it was answered
};
inline constexpr std::size_t wctp_poll_max = std::size_t{1} << 20; // bytes of an answer
[[nodiscard]] std::variant<WctpPolled, WctpMistake> parse_wctp_poll(std::string_view bytes);

// "Coming", "cannot", "I am here"; nullopt for anything else.
[[nodiscard]] std::optional<AnswerKind> wctp_answer(std::string_view text);

} // namespace magwatch::adapters
