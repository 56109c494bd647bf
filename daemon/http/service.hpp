// Request -> answer, or -> inputs for the ward whose answers make the answer. Everything between
// the bytes of a connection and the inbox of the loop.
//
// No socket, no clock, no thread: `now` is handed in. Used on one thread, the HTTP server's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/pagers/answer_link.hpp"
#include "adapters/pagers/answer_page.hpp"
#include "daemon/audit/row.hpp"
#include "daemon/history/question.hpp"
#include "daemon/http/board_sounds.hpp"
#include "daemon/http/bodies.hpp"
#include "daemon/http/gate.hpp"
#include "daemon/http/published.hpp"
#include "daemon/http/request.hpp"
#include "daemon/http/routes.hpp"
#include "daemon/http/web_files.hpp"
#include "daemon/http/write_limit.hpp"
#include "daemon/metrics/metrics.hpp"
#include "runtime/clock.hpp"
#include "runtime/secret.hpp"

namespace magwatch::http
{

struct ServiceOptions {
    std::vector<std::string> hosts;   // names that Host may carry besides the loopback ones
    std::optional<Secret> answer_key; // signs the links in pages; without one no link is good
    std::function<std::string()> metrics_text;
    std::function<void(const SoundCount&)> sounds; // how many boards can sound, before each metrics_text
    std::function<std::vector<Reading>()> readings; // what devices last said; empty: not told
    std::optional<GateOptions> people; // nothing: nobody is asked who they are
    WebFiles web; // of the board; none: a page that says so
    std::function<void(bool history)> copy_store; // asks the loop for copies of journal and history
};

// What the ward must say before a request can be answered.
struct Ask {
    std::vector<Input> inputs; // Entry or Action; the server numbers them
    std::string warning;
    // Of an answer link: its page, shown with what became of it.
    std::optional<adapters::AnswerPage> page;
    std::string token;
};

struct Handled {
    std::string_view route = "none";        // label of the metrics
    std::optional<HttpRefusal> turned_away; // counted, besides
    std::optional<audit::Event> audited;    // what the audit trail says of it, but for what became of it
    std::variant<Response, Ask, HistoryQuestion, PinJob> result;
};

class Service
{
public:
    Service(const Board& board, ServiceOptions options);

    [[nodiscard]] Handled handle(const Request& request, const ClockReading& now);

    // A code for the first person of a ward; "" if none is needed.
    [[nodiscard]] std::string make_setup_code(const ClockReading& now);

    // What follows a PIN that was looked at.
    [[nodiscard]] std::variant<Response, Ask, PinJob> pin_looked_at(PinJob job, PinOutcome outcome,
                                                                    const ClockReading& now);
    // The answer to an Ask: the ward's replies, in the order of the inputs.
    [[nodiscard]] Response answered(const Ask& ask, const std::vector<Reply>& replies,
                                    WallTime now);
    // The ward did not say in time: it may or may not have been stored.
    [[nodiscard]] Response unconfirmed(const Ask& ask) const;
    // The ward took it, but the disk did not: kept in memory and tried again, lost if the daemon dies first.
    [[nodiscard]] Response unstored(const Ask& ask) const;
    // Nothing was passed on.
    [[nodiscard]] Response overloaded(const Ask& ask) const;

    // What the history said to a HistoryQuestion.
    [[nodiscard]] Response looked_back(HistoryAnswer answer) const;

    // A request that was no request, or came from a peer that may not ask.
    [[nodiscard]] Response error(unsigned status, std::string_view text,
                                 std::string_view field = {}) const;
    [[nodiscard]] bool simulation() const;

private:
    struct Found {
        const Route* route;
        std::string parameter;
        std::shared_ptr<const PublishedWard> ward; // null before the first one
    };
    [[nodiscard]] std::optional<audit::Event> audited(const Request& request, const Route& route,
                                                      const std::string& parameter, const ClockReading& now) const;
    void look_back(const Request& request, const Found& found, WallTime now, Handled& handled) const;
    using Result = std::variant<Response, Ask, PinJob>;
    [[nodiscard]] Result dispatch(const Request& request, const Found& found, const ClockReading& now);
    [[nodiscard]] Result change(const Request& request, const Found& found, const ClockReading& now);
    [[nodiscard]] Result pass_on(RouteId route, std::string_view parameter, std::string_view body,
                                 const WardView& view, WallTime now, std::string warning = {}) const;
    [[nodiscard]] std::optional<Result> people(const Request& request, RouteId route, const ClockReading& now);
    [[nodiscard]] Result set_person(const Request& request);
    [[nodiscard]] Result set_up(const Request& request, const ClockReading& now);
    [[nodiscard]] Result show_setup_code(const Request& request, const ClockReading& now);
    [[nodiscard]] Response keep_person(PinJob job, PinOutcome outcome);
    [[nodiscard]] Response refused(const Gate::Refusal& refusal) const;
    [[nodiscard]] std::vector<Reading> readings() const;
    [[nodiscard]] Response read(const Found& found, const ClockReading& now) const;
    [[nodiscard]] Response clinical(const PublishedWard* ward, const ClockReading& now) const;
    [[nodiscard]] Response screen(const Request& request, const Found& found) const;
    [[nodiscard]] Response hear_sound(const Request& request, const ClockReading& now, bool& news);
    [[nodiscard]] Response copy_store(const Request& request, const PublishedWard& ward) const;
    [[nodiscard]] Response health(RouteId route, const PublishedWard* ward,
                                  const ClockReading& now) const;
    [[nodiscard]] Result link(const Found& found, bool post, WallTime now);
    [[nodiscard]] Response not_confirmed(const Ask& ask, std::string_view why) const;
    [[nodiscard]] Response page(unsigned status, const adapters::AnswerPage& page) const;

    const Board& board_;
    ServiceOptions options_;
    std::optional<adapters::AnswerTokens> tokens_;
    std::optional<Gate> gate_;
    BoardSounds sounds_;
    WriteLimit unasked_; // of what needs nobody
};

} // namespace magwatch::http
