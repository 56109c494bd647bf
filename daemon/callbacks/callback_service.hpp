// What a gateway's request means: a status of a page, a person's answer, or nothing that is believed.
//
// Routes, both POST: /sms/GATEWAY/status/TOKEN, where TOKEN is a page's key under our signature, and
// /sms/GATEWAY/reply. No socket, no clock, no thread: `now` is handed in. Used on one thread, the listener's.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/pagers/sms_callback.hpp"
#include "daemon/http/request.hpp"
#include "daemon/metrics/metrics.hpp"
#include "rules/ward/input.hpp"

namespace magwatch
{

// Whom callbacks are believed from, and whom they speak of. Made from one configuration.
struct CallbackDirectory {
    std::string url;                                                    // of [callbacks]
    std::map<std::string, adapters::SmsCallback, std::less<>> gateways; // by name
    std::map<std::string, std::string, std::less<>> people;             // number -> its one person
};

class CallbackService
{
public:
    // `page_key` signs the addresses of statuses. At most `bound` callbacks are remembered.
    explicit CallbackService(Secret page_key, std::size_t bound = 4096)
        : page_key_{std::move(page_key)}, bound_{bound}
    {
    }
    void configure(CallbackDirectory directory) { directory_ = std::move(directory); }

    // What is to be passed on; `mark` is remembered once that has happened.
    struct Pass {
        Input input; // Receipt, or Action with an AnswerCode
        std::string mark;
        bool twilio = false;
        std::string gateway{};
    };
    // Why nothing is: with 200 where the gateway did its part, so that it does not come again.
    struct Turned {
        CallbackResult result;
        unsigned status = 200;
        bool twilio = false;
        bool reply = false; // it was to be somebody's answer
        std::string gateway{}, person{}; // as far as they are known
    };
    [[nodiscard]] std::variant<Pass, Turned> judge(const http::Request& request, WallTime now) const;
    void remember(std::string mark);

    // The answer to a gateway; nothing of the request is in it.
    [[nodiscard]] static http::Response response(CallbackResult result, unsigned status, bool twilio);

private:
    [[nodiscard]] std::variant<Pass, Turned> status(const adapters::SmsCallback& gateway,
                                                    const adapters::CallbackFields& fields,
                                                    std::string_view token) const;
    [[nodiscard]] std::variant<Pass, Turned> reply(const adapters::SmsCallback& gateway,
                                                   const adapters::CallbackFields& fields) const;
    [[nodiscard]] bool seen(const std::string& mark) const { return seen_.contains(mark); }

    Secret page_key_;
    std::size_t bound_;
    CallbackDirectory directory_;
    std::set<std::string, std::less<>> seen_;
    std::deque<std::string> order_; // oldest first
};

} // namespace magwatch
