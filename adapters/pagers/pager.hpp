// The pager seam: what every channel that reaches people does, and all that it does.
//
// A pager hands one text to one channel and reports what became of it. It decides nothing: who is paged,
// when, and how often is the escalation's; `accepted` is the transport's word and never a person's.
// Every call comes from, and every callback runs on, the io_context thread that the pager was made with;
// no call blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/escalation/answer.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch::adapters {

// One-time signed addresses for the three answers; "" = this channel carries none.
struct AnswerLinks {
    std::string coming, cannot, here;
};

// What a channel says when it is asked whether it is there; `silent` after two questions in a row without a yes.
enum class ChannelProbe : std::uint8_t { none, waiting, answers, silent };

// How a channel does, judged by its attempts and, where it can be asked, by its probes.
struct ChannelHealth {
    std::string name;    // of the webhook or mail server, from the configuration
    bool working = true; // false after two failed attempts in a row, until one is accepted
    std::uint32_t failed_in_a_row = 0;
    ChannelProbe probe = ChannelProbe::none; // by probes alone: a page that it refuses may be the page's fault
    std::uint32_t probes_failed_in_a_row = 0;
    std::string detail; // of the last failure: "connection refused"; no identity
    std::uint64_t accepted = 0, failed = 0, unknown = 0; // pages by outcome; withdrawn in none
    std::uint64_t attempts = 0;
    std::uint64_t retries = 0; // attempts beyond the first of a page
};

// What a channel says of a page besides its hand-over. Empty functions where nobody listens.
struct Feedback {
    // `sending` at its first attempt and at one after an attempt that may have arrived; then `delivered`, `read`,
    // `no_answer`, or a late `failed`. `detail` as in Pager::Done.
    std::function<void(const PageKey& key, PageOutcome outcome, const std::string& detail)> receipt;
    // The person's own word.
    std::function<void(const PageKey& key, AnswerKind kind)> answer;
    // Something came in by this kind of channel that is about no page of ours, or cannot be understood.
    std::function<void(std::string_view kind)> refused;
    // Runs `then` once all that was said until now is on disk (true), or was not in time (false); not inside this call.
    std::function<void(std::function<void(bool)> then)> settle;
};

class Pager {
public:
    // `detail` are our own words ("HTTP 503", "connection refused"): no identity, no address, no secret.
    using Done = std::function<void(const PageKey& key, PageOutcome outcome, const std::string& detail)>;

    virtual ~Pager() = default;

    // Hands `text` to the channel that `page` names. `done` runs exactly once, never inside this call;
    // not at all if the pager is destroyed first: such a page has no outcome and is sent again at the
    // next start. Retries keep the page's key as their identity on the wire.
    virtual void send(const Page& page, std::string text, AnswerLinks links, Done done) = 0;

    // The call is over: what is not on the wire yet is not sent, and ends as withdrawn, "cancelled".
    virtual void cancel(CallId call) = 0;

    // A page that an earlier run of the program handed over: a channel that knows pages by their keys goes on hearing
    // of it.
    virtual void recall(const Page&) {}

    // What the call rang for is over, for everybody: a channel that keeps an alarm standing takes it down. An answer is
    // no end. May come more than once.
    virtual void ended(CallId) {}

    [[nodiscard]] virtual std::vector<ChannelHealth> health() const = 0;

    // Pages without an outcome; a drain at shutdown waits for 0.
    [[nodiscard]] virtual std::size_t pending() const = 0;

    // True while the channel may still say something by Feedback: a pager of an earlier configuration lives on for it.
    [[nodiscard]] virtual bool listening() const { return false; }
};

} // namespace magwatch::adapters
