#include "daemon/callbacks/callback_service.hpp"

#include "adapters/pagers/page_token.hpp"

namespace magwatch
{

using adapters::CallbackFields;
using adapters::SmsCallback;
using adapters::SmsStatus;

namespace
{

constexpr std::size_t reference_max = 200; // bytes of a gateway's message id

// "/sms/GATEWAY/status/TOKEN" or "/sms/GATEWAY/reply". Names and tokens need no escapes; a query is not ours.
struct Path {
    std::string_view gateway, token;
    bool good = false, status = false;
};
Path path_of(std::string_view target)
{
    constexpr std::string_view start = "/sms/";
    Path path;
    if (!target.starts_with(start)) return path;
    target.remove_prefix(start.size());
    const std::size_t end = target.find('/');
    if (end == std::string_view::npos || end == 0) return path;
    path.gateway = target.substr(0, end);
    const std::string_view rest = target.substr(end);
    constexpr std::string_view status = "/status/";
    path.status = rest.starts_with(status);
    if (path.status) path.token = rest.substr(status.size());
    path.good = path.status ? !path.token.empty() : rest == "/reply";
    return path;
}

PageOutcome outcome_of(SmsStatus status)
{
    if (status == SmsStatus::delivered) return PageOutcome::delivered;
    return status == SmsStatus::read ? PageOutcome::read : PageOutcome::failed;
}

} // namespace

std::variant<CallbackService::Pass, CallbackService::Turned> CallbackService::judge(const http::Request& request,
                                                                                    WallTime now) const
{
    const Path path = path_of(request.target);
    const bool reply_path = path.good && !path.status;
    const auto found = path.good ? directory_.gateways.find(path.gateway) : directory_.gateways.end();
    if (found == directory_.gateways.end()) return Turned{CallbackResult::address, 404, false, reply_path};
    if (request.method != http::Method::post) return Turned{CallbackResult::address, 405, false, reply_path};
    const SmsCallback& gateway = found->second;
    const std::string url = directory_.url + request.target;
    // Before anything of it is read.
    if (!adapters::proven(gateway, {url, request.content_type, request.body, request.headers}, now))
        return Turned{CallbackResult::proof, 401, false, reply_path, found->first};
    const auto fields = CallbackFields::from(request.content_type, request.body, gateway);
    std::variant<Pass, Turned> result = Turned{CallbackResult::form};
    if (fields) result = path.status ? status(gateway, *fields, path.token) : reply(gateway, *fields);
    const bool twilio = gateway.proof == adapters::CallbackProof::twilio;
    if (auto* pass = std::get_if<Pass>(&result)) {
        pass->mark.insert(0, found->first + "/");
        pass->twilio = twilio;
        // The ward remembers it as well, over restarts: a code comes again, and a captured reply must not answer it.
        if (auto* action = std::get_if<Action>(&pass->input))
            std::get<AnswerCode>(action->what).key = "sms/" + pass->mark;
        pass->gateway = found->first;
        const auto* action = std::get_if<Action>(&pass->input);
        std::string person = action != nullptr ? action->person : std::string{};
        if (seen(pass->mark)) result = Turned{CallbackResult::repeated, 200, twilio, false, "", std::move(person)};
    }
    if (auto* turned = std::get_if<Turned>(&result)) {
        turned->twilio = twilio;
        turned->reply = reply_path;
        turned->gateway = found->first;
    }
    return result;
}

std::variant<CallbackService::Pass, CallbackService::Turned>
CallbackService::status(const SmsCallback& gateway, const CallbackFields& fields, std::string_view token) const
{
    auto page = adapters::check_page_token(token, page_key_.reveal());
    if (!page) return Turned{CallbackResult::address, 404};
    if (fields.status().empty()) return Turned{CallbackResult::form};
    const auto word = gateway.words.find(fields.status());
    if (word == gateway.words.end()) return Turned{CallbackResult::word};
    if (word->second == SmsStatus::under_way) return Turned{CallbackResult::under_way};
    const PageOutcome outcome = outcome_of(word->second);
    Receipt receipt{std::move(*page), outcome, "the gateway's callback"};
    // The same of one page changes nothing, whatever the rest of the body.
    std::string mark = "status/" + receipt.key.text() + "/" + std::to_string(static_cast<int>(outcome));
    return Pass{Input{std::move(receipt)}, std::move(mark)};
}

std::variant<CallbackService::Pass, CallbackService::Turned>
CallbackService::reply(const SmsCallback& gateway, const CallbackFields& fields) const
{
    const bool whole = !gateway.sender.empty() && !fields.sender().empty() && !fields.reference().empty() &&
                       fields.reference().size() <= reference_max;
    if (!whole) return Turned{CallbackResult::form};
    const auto number = adapters::sender_number(fields.sender());
    const auto person = number ? directory_.people.find(*number) : directory_.people.end();
    if (person == directory_.people.end()) return Turned{CallbackResult::sender};
    const auto code = adapters::reply_code(fields.text());
    if (!code) return Turned{CallbackResult::text, 200, false, true, "", person->second};
    Action action;
    action.person = person->second;
    action.what = AnswerCode{code->code, code->kind, ""};
    // With what it says: a gateway may give two replies of one conversation the same reference.
    std::string mark = "reply/" + fields.reference() + "/" + std::to_string(code->code) + "/" +
                       std::string{name(code->kind)} + "/" + person->second;
    return Pass{Input{std::move(action)}, std::move(mark)};
}

void CallbackService::remember(std::string mark)
{
    if (!seen_.insert(mark).second) return;
    order_.push_back(std::move(mark));
    while (order_.size() > bound_) {
        seen_.erase(order_.front());
        order_.pop_front();
    }
}

http::Response CallbackService::response(CallbackResult result, unsigned status, bool twilio)
{
    http::Response response;
    response.status = status;
    if (twilio) { // it takes a text for one to send to the person
        response.content_type = "text/xml";
        response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";
    } else {
        response.body = "{\"result\":\"" + std::string{name(result)} + "\"}";
    }
    return response;
}

} // namespace magwatch
