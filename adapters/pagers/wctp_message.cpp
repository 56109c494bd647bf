#include "adapters/pagers/wctp_message.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "adapters/pagers/iso_time.hpp"
#include "adapters/pagers/markup.hpp"
#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/url.hpp"
#include "adapters/pagers/xml_tree.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::adapters {
namespace {

constexpr std::string_view coming = "Coming", cannot = "Cannot", here = "I am here";
constexpr std::size_t batch = 20;                // messages of one poll
constexpr Duration poll_wait_max{3'600'000};     // what a carrier may ask for
constexpr std::size_t id_max = 255, text_max = 1'000; // of what comes in

// WCTP times are UTC to the second, without a zone: "2026-11-21T02:14:05".
std::string wctp_time(WallTime time) { return iso_8601(time).substr(0, 19); }

std::string operation(std::string_view inside)
{
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                       "<wctp-Operation wctpVersion=\"wctp-dtd-v1r3\">{}</wctp-Operation>",
                       inside);
}

std::string security(const WctpCarrier& carrier)
{
    if (!carrier.security_code) return "";
    return fmt::format(" securityCode=\"{}\"", escape_markup(carrier.security_code->reveal()));
}

// The content of wctp-Operation, whichever it is.
std::optional<XmlElement> content(std::string_view bytes, const XmlLimits& limits = {})
{
    auto root = parse_xml(bytes, limits);
    if (!root || root->name != "wctp-Operation" || root->children.size() != 1) return std::nullopt;
    XmlElement inside = std::move(root->children.front());
    return inside;
}

// A code of three digits; 0 for anything else.
int code_of(const XmlElement& element, std::string_view attribute)
{
    const std::string text = element.attribute(attribute);
    int code = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), code);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() && code >= 100 && code <= 999 ? code : 0;
}

std::string trimmed(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return std::string{text};
}

// The messageID of ours that a response speaks of; "" if it names none.
std::string responds_to(const XmlElement& message)
{
    const XmlElement* header = message.child("wctp-ResponseHeader");
    const std::string id = header == nullptr ? "" : header->attribute("responseToMessageID");
    return id.size() <= id_max ? id : "";
}

WctpNotification status_of(const XmlElement& message)
{
    WctpStatus status{responds_to(message), WctpEvent::queued, 0};
    if (status.message_id.empty()) return WctpMistake{"a status of no message"};
    if (const XmlElement* failure = message.child("wctp-Failure")) {
        status.event = WctpEvent::failed;
        status.code = code_of(*failure, "errorCode");
        return status;
    }
    const XmlElement* notification = message.child("wctp-Notification");
    const std::string type = notification == nullptr ? "" : notification->attribute("type");
    if (type == "QUEUED") status.event = WctpEvent::queued;
    else if (type == "DELIVERED") status.event = WctpEvent::delivered;
    else if (type == "READ") status.event = WctpEvent::read;
    else return WctpMistake{"a status that WCTP does not know"};
    return status;
}

WctpNotification reply_of(const XmlElement& message)
{
    WctpReply reply{responds_to(message), ""};
    if (reply.message_id.empty()) return WctpMistake{"a reply to no message"};
    const XmlElement* payload = message.child("wctp-Payload");
    const XmlElement* words = payload == nullptr ? nullptr : payload->child("wctp-Alphanumeric");
    if (payload != nullptr && words == nullptr) {
        // A chosen answer may come back in the form in which it was offered.
        const XmlElement* choice = payload->child("wctp-MCR");
        if (choice != nullptr) words = choice->child("wctp-MessageText");
    }
    if (words == nullptr || words->text.size() > text_max) return WctpMistake{"a reply without words"};
    reply.text = trimmed(words->text);
    return reply;
}

WctpNotification notification_of(const XmlElement& message)
{
    if (message.name == "wctp-StatusInfo") return status_of(message);
    if (message.name == "wctp-MessageReply") return reply_of(message);
    return WctpMistake{"neither a status nor a reply"};
}

} // namespace

std::vector<std::string> mistakes(const WctpCarrier& carrier)
{
    std::vector<std::string> found = url_mistakes(carrier.url);
    if (carrier.sender_id.empty() || carrier.sender_id.size() > id_max || !is_printable(carrier.sender_id))
        found.emplace_back("sender must be the id that the carrier knows you by");
    if (carrier.security_code && !is_printable(carrier.security_code->reveal()))
        found.emplace_back("the secret is not plain text");
    return found;
}

bool is_wctp_recipient(std::string_view text)
{
    return !text.empty() && text.size() <= id_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::optional<GatewayAddress> wctp_address(std::string_view address)
{
    auto out = gateway_address(address);
    return out && is_wctp_recipient(out->to) ? out : std::nullopt;
}

std::string wctp_message_id(const PageKey& key) { return base64url(sha256(key.text()).substr(0, 16)); }

std::string wctp_submit(const WctpCarrier& carrier, const Page& page, std::string_view recipient,
                        std::string_view text, WallTime now)
{
    const bool asks = carrier.replies && page.reason != PageReason::test && !is_follow_up(page.reason);
    const std::string_view urgency = page.priority == Priority::high ? "HIGH" : "NORMAL";
    // Not to be shortened: what says STOP must not lose its end. A pager that is too short refuses, and others ring.
    const std::string header = fmt::format(
        "<wctp-SubmitHeader submitTimestamp=\"{0}\"><wctp-Originator senderID=\"{1}\"{2}/>"
        "<wctp-MessageControl messageID=\"{3}\" transactionID=\"{4}\" sendResponsesToID=\"{1}\" allowResponse=\"{5}\" "
        "notifyWhenQueued=\"true\" notifyWhenDelivered=\"true\" notifyWhenRead=\"true\" deliveryPriority=\"{6}\" "
        "allowTruncation=\"false\"/><wctp-Recipient recipientID=\"{7}\"/></wctp-SubmitHeader>",
        wctp_time(now), escape_markup(carrier.sender_id), security(carrier), wctp_message_id(page.key),
        escape_markup(page.key.text()), asks, urgency, escape_markup(recipient));
    const std::string words = escape_markup(text);
    const std::string payload =
        asks ? fmt::format("<wctp-MCR><wctp-MessageText>{}</wctp-MessageText><wctp-Choice>{}</wctp-Choice>"
                           "<wctp-Choice>{}</wctp-Choice><wctp-Choice>{}</wctp-Choice></wctp-MCR>",
                           words, coming, cannot, here)
             : fmt::format("<wctp-Alphanumeric>{}</wctp-Alphanumeric>", words);
    return operation(
        fmt::format("<wctp-SubmitRequest>{}<wctp-Payload>{}</wctp-Payload></wctp-SubmitRequest>", header, payload));
}

std::string wctp_poll(const WctpCarrier& carrier, const std::vector<std::string>& received)
{
    std::string taken;
    for (const std::string& sequence : received)
        taken += fmt::format("<wctp-MessageReceived sequenceNo=\"{}\"><wctp-Success successCode=\"200\"/>"
                             "</wctp-MessageReceived>",
                             escape_markup(sequence));
    return operation(fmt::format("<wctp-PollForMessages pollerID=\"{}\"{} maxMessagesInBatch=\"{}\">{}"
                                 "</wctp-PollForMessages>",
                                 escape_markup(carrier.sender_id), security(carrier), batch, taken));
}

std::string wctp_version_query(const WctpCarrier& carrier, WallTime now)
{
    return operation(fmt::format("<wctp-VersionQuery inquirer=\"{}\" dateTime=\"{}\"/>",
                                 escape_markup(carrier.sender_id), wctp_time(now)));
}

std::string wctp_confirmation(bool taken)
{
    return operation(taken ? "<wctp-Confirmation><wctp-Success successCode=\"200\"/></wctp-Confirmation>"
                           : "<wctp-Confirmation><wctp-Failure errorCode=\"302\"/></wctp-Confirmation>");
}

std::variant<WctpConfirmed, WctpMistake> parse_wctp_confirmation(std::string_view bytes)
{
    const auto inside = content(bytes);
    if (!inside) return WctpMistake{"no WCTP"};
    const XmlElement* failure = inside->name == "wctp-Failure" ? &*inside : inside->child("wctp-Failure");
    if (failure != nullptr) {
        const int code = code_of(*failure, "errorCode");
        if (code == 0) return WctpMistake{"a failure without its code"};
        return WctpConfirmed{code / 100 == 6 ? Verdict::retry : Verdict::refused, code};
    }
    if (inside->name != "wctp-Confirmation") return WctpMistake{"another operation"};
    const XmlElement* success = inside->child("wctp-Success");
    const int code = success == nullptr ? 0 : code_of(*success, "successCode");
    if (code / 100 != 2) return WctpMistake{"a success without its code"};
    return WctpConfirmed{Verdict::accepted, code};
}

bool is_wctp(std::string_view bytes)
{
    const auto inside = content(bytes);
    return inside && inside->name != "wctp-Failure" && inside->child("wctp-Failure") == nullptr;
}

WctpNotification parse_wctp_notification(std::string_view bytes)
{
    const auto inside = content(bytes);
    if (!inside) return WctpMistake{"no WCTP"};
    return notification_of(*inside);
}

std::variant<WctpPolled, WctpMistake> parse_wctp_poll(std::string_view bytes)
{
    // A carrier may bring more messages than it was asked for.
    const auto inside = content(bytes, {wctp_poll_max, 20'000});
    if (!inside) return WctpMistake{"no WCTP"};
    WctpPolled polled;
    const XmlElement* failure = inside->name == "wctp-Failure" ? &*inside : inside->child("wctp-Failure");
    if (failure != nullptr) {
        polled.code = code_of(*failure, "errorCode");
        if (polled.code == 0) return WctpMistake{"a failure without its code"};
        return polled;
    }
    if (inside->name != "wctp-PollResponse") return WctpMistake{"another operation"};
    if (const std::string text = inside->attribute("minNextPollInterval"); !text.empty()) {
        std::int64_t seconds = -1;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && seconds >= 0)
            polled.wait = Duration{std::min<std::int64_t>(seconds, poll_wait_max.count() / 1000) * 1000};
    }
    for (const XmlElement& one : inside->children) {
        if (one.name != "wctp-Message") continue;
        const std::string sequence = one.attribute("sequenceNo");
        if (sequence.empty() || sequence.size() > id_max) return WctpMistake{"a message without its number"};
        if (one.children.size() == 1) polled.messages.emplace_back(sequence, notification_of(one.children.front()));
        else polled.messages.emplace_back(sequence, WctpMistake{"an empty message"});
    }
    return polled;
}

std::optional<AnswerKind> wctp_answer(std::string_view text)
{
    const auto same = [&](std::string_view word) {
        return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
            const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
            return lower(a) == lower(b);
        });
    };
    if (same(coming)) return AnswerKind::coming;
    if (same(cannot)) return AnswerKind::cannot;
    if (same(here)) return AnswerKind::here;
    return std::nullopt;
}

} // namespace magwatch::adapters
