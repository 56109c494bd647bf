#include "daemon/callbacks/callback_server.hpp"

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <nlohmann/json.hpp>

#include "daemon/http/certificate.hpp"
#include "daemon/http/connections.hpp"
#include "daemon/http/questions.hpp"
#include "rules/base/assert.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/pulse.hpp"
#include "runtime/task_group.hpp"

namespace magwatch
{

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace
{

constexpr LogEvent listening{"callbacks.listening", LogLevel::info};
constexpr LogEvent task_failed{"callbacks.task_failed", LogLevel::error};
constexpr LogEvent turned_away{"callbacks.turned_away", LogLevel::warning};
constexpr LogEvent answered{"callbacks.answered", LogLevel::notice};

constexpr std::string_view session_task = "callback session";
// Numbers of our questions; those of the HTTP server are far below.
constexpr std::uint64_t number_range = std::uint64_t{1} << 62U;

// Who answered, as far as the gateway and the number that it told prove it. Neither number nor text stands in it.
audit::Event event_of(const std::string& gateway, const std::string& person, const std::string& station)
{
    audit::Event event;
    event.actor = person;
    event.proof = person.empty() ? "none" : "number";
    event.station = station;
    event.action = "reply";
    event.body = nlohmann::json{{"gateway", gateway}}.dump();
    return event;
}

// Which page it answers, by the code that was typed, and what it says.
void tell_answer(const AnswerCode& answer, audit::Event& event)
{
    nlohmann::json body = nlohmann::json::parse(event.body);
    body["answer"] = name(answer.kind);
    body["code"] = answer.code;
    event.object = "code " + std::to_string(answer.code);
    event.body = body.dump();
}

} // namespace

struct CallbackServer::State final : http::Host {
    State(Metrics& m, Post p, CallbackOptions o)
        : options{std::move(o)}, metrics{m},
          questions{io.get_executor(), std::move(p),
                    number_range + static_cast<std::uint64_t>(read_clocks().wall.ms) * 1000},
          service{options.page_key.copy()}, acceptor{io},
          connections_{*this, options.limits, std::string{session_task}}
    {
        options.limits.one_request = true;
    }

    [[nodiscard]] std::optional<http::Peer> who(http::Socket& socket);
    void close_all();

    // --- http::Host ---
    asio::awaitable<http::Response> answer(http::Request request) override;
    asio::awaitable<http::Response> pass(CallbackService::Pass pass, std::string station);
    // A row of the audit trail: what became of an answer.
    void keep(audit::Event event, CallbackResult result, unsigned status) const;
    http::Response refuse(unsigned status, std::string_view, std::optional<HttpRefusal>) override
    {
        return finished(CallbackResult::connection, status, false);
    }
    void turned_away(HttpRefusal) override { metrics.called_back(CallbackResult::connection); }
    void connections(std::size_t count) override { metrics.callback_connections.Set(static_cast<double>(count)); }
    [[nodiscard]] bool simulation() const override { return false; }

    http::Response finished(CallbackResult result, unsigned status, bool twilio)
    {
        metrics.called_back(result);
        return CallbackService::response(result, status, twilio);
    }

    CallbackOptions options;
    Metrics& metrics;
    asio::io_context io{1};
    http::Questions questions;
    CallbackService service;
    tcp::acceptor acceptor;
    std::unique_ptr<TaskGroup> tasks;
    http::Connections connections_;
    std::vector<std::string> allow_from;
    std::shared_ptr<http::TlsContext> tls;
    std::uint16_t bound_port = 0;
    std::thread thread;
    Pulse pulse;
    bool configured = false;                  // the owner's
    std::optional<WallTime> certificate_ends; // the owner's
};

std::optional<http::Peer> CallbackServer::State::who(http::Socket& socket)
{
    http::Peer peer;
    peer.key = http::address_of(socket);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(peer.key, error);
    if (error) return std::nullopt;
    const bool listed = address.is_loopback() ||
                        std::any_of(allow_from.begin(), allow_from.end(), [&](const std::string& one) {
                            boost::system::error_code wrong;
                            const auto allowed = asio::ip::make_address(one, wrong);
                            return !wrong && allowed == address;
                        });
    if (!listed) {
        metrics.called_back(CallbackResult::peer);
        log(magwatch::turned_away, "a callback from an address that is not listed", {{LogKey::peer, peer.key}});
        return std::nullopt;
    }
    (void)socket.set_option(tcp::no_delay{true}, error);
    return peer;
}

void CallbackServer::State::keep(audit::Event event, CallbackResult result, unsigned status) const
{
    if (!options.audit) return;
    nlohmann::json body = nlohmann::json::parse(event.body, nullptr, false);
    body["result"] = name(result);
    event.body = body.dump();
    event.status = status;
    event.outcome = result == CallbackResult::answer ? "accepted"
                    : result == CallbackResult::busy ? "unconfirmed"
                                                     : "refused";
    options.audit(std::move(event));
}

asio::awaitable<http::Response> CallbackServer::State::answer(http::Request request)
{
    const std::string station = request.station;
    auto judged = service.judge(request, read_clocks().wall);
    if (const auto* turned = std::get_if<CallbackService::Turned>(&judged)) {
        if (turned->result != CallbackResult::under_way && turned->result != CallbackResult::repeated)
            log(magwatch::turned_away, "a callback changed nothing", {{LogKey::reason, name(turned->result)}});
        if (turned->reply) {
            audit::Event event = event_of(turned->gateway, turned->person, station);
            keep(std::move(event), turned->result, turned->status);
        }
        co_return finished(turned->result, turned->status, turned->twilio);
    }
    CallbackService::Pass passed = std::get<CallbackService::Pass>(std::move(judged));
    http::Response response = co_await pass(std::move(passed), station);
    co_return response;
}

asio::awaitable<http::Response> CallbackServer::State::pass(CallbackService::Pass pass, std::string station)
{
    if (std::holds_alternative<Receipt>(pass.input)) {
        const bool posted = questions.tell(std::move(pass.input));
        if (!posted) co_return finished(CallbackResult::busy, 503, pass.twilio);
        service.remember(std::move(pass.mark));
        co_return finished(CallbackResult::status, 200, pass.twilio);
    }
    const Action& action = std::get<Action>(pass.input);
    audit::Event event = event_of(pass.gateway, action.person, station);
    tell_answer(std::get<AnswerCode>(action.what), event);
    std::vector<Input> inputs;
    inputs.push_back(std::move(pass.input));
    const Duration limit = options.limits.ward;
    const http::Heard heard = co_await questions.ask(std::move(inputs), limit);
    // Until it is on disk the gateway keeps it for us: the same answer again does no harm.
    if (heard.state != http::Heard::State::said || !heard.stored) {
        keep(std::move(event), CallbackResult::busy, 503);
        co_return finished(CallbackResult::busy, 503, pass.twilio);
    }
    service.remember(std::move(pass.mark));
    const bool taken = heard.replies.front().accepted;
    log(answered, heard.replies.front().text, {{LogKey::reason, name(taken ? CallbackResult::answer
                                                                           : CallbackResult::not_told)}});
    const CallbackResult result = taken ? CallbackResult::answer : CallbackResult::not_told;
    keep(std::move(event), result, 200);
    co_return finished(result, 200, pass.twilio);
}

void CallbackServer::State::close_all()
{
    boost::system::error_code ignored;
    (void)acceptor.close(ignored);
    questions.stop();
    connections_.close_all();
    tasks->stop();
}

CallbackServer::CallbackServer(Metrics& metrics, Post post, CallbackOptions options)
    : state_{std::make_unique<State>(metrics, std::move(post), std::move(options))}
{
}

CallbackServer::~CallbackServer() { stop(); }

std::optional<std::string> CallbackServer::configure(CallbackSettings settings)
{
    State& s = *state_;
    std::shared_ptr<http::TlsContext> tls;
    std::optional<WallTime> ends;
    if (settings.certificate && settings.key) {
        const auto read = http::Certificate::read(*settings.certificate, *settings.key);
        if (const auto* wrong = std::get_if<std::string>(&read)) return "[callbacks]: " + *wrong;
        tls = std::make_shared<http::TlsContext>(std::get<http::Certificate>(read).context());
        ends = std::get<http::Certificate>(read).ends();
    }
    s.certificate_ends = ends;
    auto shared = std::make_shared<CallbackSettings>(std::move(settings));
    auto take = [&s, shared, tls] {
        s.service.configure(std::move(shared->directory));
        s.allow_from = std::move(shared->allow_from);
        s.tls = tls;
    };
    asio::post(s.io, std::move(take));
    s.configured = true;
    return std::nullopt;
}

std::optional<std::string> CallbackServer::start()
{
    State& s = *state_;
    if (s.thread.joinable()) return std::nullopt;
    if (!s.configured) return "nothing usable is configured";
    if (auto error = http::listen_on(s.acceptor, s.options.address, s.options.port)) return error;
    s.bound_port = s.acceptor.local_endpoint().port();
    const auto on_failure = [](const TaskFailure& failure) {
        if (failure.stopping) return;
        log(task_failed, "a task of the callbacks ended by an error",
            {{LogKey::task, failure.task}, {LogKey::reason, failure.what}});
        // One connection is one gateway's loss; without its listener no answer could come. A restart helps.
        MAGWATCH_ASSERT(failure.task == session_task);
    };
    s.tasks = std::make_unique<TaskGroup>(s.io.get_executor(), on_failure);
    http::Connections::Who who = [&s](http::Socket& socket) { return s.who(socket); };
    http::Connections::Tls tls = [&s] { return s.tls; };
    s.tasks->spawn_loop("callbacks", s.connections_.accept_loop(s.acceptor, *s.tasks, std::move(who), std::move(tls)));
    s.tasks->spawn_loop("callbacks pulse", s.pulse.run());
    s.thread = std::thread{[&s] {
        pthread_setname_np(pthread_self(), "magwatch-call");
        sigset_t all;
        sigfillset(&all); // signals are the main thread's
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        s.io.run();
    }};
    log(listening, "listening for callbacks",
        {{LogKey::peer, s.options.address + ":" + std::to_string(s.bound_port)}});
    return std::nullopt;
}

void CallbackServer::stop()
{
    State& s = *state_;
    if (!s.thread.joinable()) return;
    auto close = [&s] { s.close_all(); };
    asio::post(s.io, std::move(close));
    s.thread.join();
    s.pulse.stop();
}

void CallbackServer::reply(const Reply& reply, bool stored)
{
    State& s = *state_;
    auto take = [&s, reply, stored] { s.questions.take(reply, stored); };
    asio::post(s.io, std::move(take));
}

Duration CallbackServer::stands_still() const { return state_->pulse.age(); }
std::uint16_t CallbackServer::port() const { return state_->bound_port; }

std::optional<WallTime> CallbackServer::certificate_ends() const
{
    return state_->certificate_ends;
}

} // namespace magwatch
