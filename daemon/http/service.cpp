#include "daemon/http/service.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "daemon/http/audited.hpp"
#include "daemon/http/chart.hpp"
#include "daemon/http/checklist.hpp"
#include "daemon/http/clinical_metrics.hpp"
#include "daemon/http/commissioning.hpp"
#include "daemon/http/fields.hpp"
#include "daemon/http/past.hpp"
#include "daemon/http/render.hpp"
#include "daemon/http/times.hpp"
#include "daemon/http/words.hpp"

namespace magwatch::http
{
namespace
{

using adapters::AnswerPage;
using adapters::AnswerPageState;
using adapters::AnswerTokens;

// The stamp comes first, where a reader of raw JSON sees it.
Response json_response(unsigned status, bool simulation, const Json& content)
{
    Json out;
    out["simulation"] = simulation;
    for (const auto& [name, value] : content.items()) out[name] = value;
    Response response;
    response.status = status;
    response.body = text_of(out);
    return response;
}

Response mistake_response(const Mistake& mistake, bool simulation)
{
    const std::string text = mistake.field.empty() || mistake.status == 400
                                 ? mistake.error
                                 : mistake.field + " " + mistake.error;
    return json_response(mistake.status, simulation, {{"error", text}, {"field", mistake.field}});
}

// What the page behind a link says about the bed: from the newest page of the call, which the
// person got.
void describe(AnswerPage& page, CallId call, const WardView& view)
{
    page.simulation = view.mode != Mode::ward;
    page.phone = view.callback;
    const auto sent = std::find_if(view.pages.rbegin(), view.pages.rend(),
                                   [&](const PageView& p) { return p.page.key.call == call; });
    if (sent == view.pages.rend()) {
        const CallView* open = find_call(view, call.text());
        const BedView* bed = open != nullptr ? find_bed(view, open->bed) : nullptr;
        page.number = open != nullptr ? open->number : 0;
        page.place = bed != nullptr ? bed->place : "The ward";
        return;
    }
    page.number = sent->page.number;
    page.place = sent->page.place;
    page.words = sent->page.words;
    if (sent->page.kind == AlarmKind::physiological && sent->page.grade >= 1)
        page.advice = sent->page.grade >= 2
                          ? "STOP magnesium at pump. Bring calcium gluconate."
                          : "STOP magnesium at pump. Have calcium gluconate ready.";
}

// Whether the call still has what a link said when it was used before. Whoever has said something else since, was at a
// bed where nobody is now, or was coming to a call that rings again because nobody came, says it anew by the same link.
bool still_says(const CallView& call, const adapters::AnswerToken& token)
{
    if (token.kind == AnswerKind::here) return call.state == CallState::attended;
    if (token.kind == AnswerKind::coming && call.state == CallState::calling) return false;
    const auto told = std::find_if(call.told.begin(), call.told.end(),
                                   [&](const ToldView& one) { return one.person == token.person; });
    if (told == call.told.end()) return false;
    const auto said = token.kind == AnswerKind::coming ? Responsibility::accepted : Responsibility::declined;
    return told->answer == said;
}

// Root, or the daemon's own user, by the Unix socket.
bool is_owner(const Request& request)
{
    const bool owner = request.station == "user 0" || request.station == "user " + std::to_string(geteuid());
    return request.trusted_peer && owner;
}

constexpr std::string_view unconfirmed_text =
    "not confirmed: the ward did not answer in time. Send it again with the same key, and look at "
    "the list";
constexpr std::string_view unstored_text =
    "NOT CONFIRMED: the disk does not take it. Write it on the paper chart, and send it again with the "
    "same key until it is confirmed";
constexpr std::string_view overloaded_text =
    "not accepted: too much is waiting. Nothing was recorded";

} // namespace

Service::Service(const Board& board, ServiceOptions options)
    : board_{board}, options_{std::move(options)}
{
    if (options_.answer_key) tokens_.emplace(options_.answer_key->copy());
    if (options_.people) gate_.emplace(*std::move(options_.people));
}

bool Service::simulation() const
{
    const auto ward = board_.current();
    return ward && ward->view.mode != Mode::ward;
}

Response Service::error(unsigned status, std::string_view text, std::string_view field) const
{
    return json_response(status, simulation(), {{"error", text}, {"field", field}});
}

Handled Service::handle(const Request& request, const ClockReading& now)
{
    Handled handled;
    const auto turn_away = [&](unsigned status, std::string_view text, std::string_view field,
                               std::optional<HttpRefusal> why) {
        handled.turned_away = why;
        handled.result = error(status, text, field);
        return std::move(handled);
    };
    if (!request.trusted_peer && !is_our_host(request.host, options_.hosts))
        return turn_away(421, "Host must name this machine", "Host", HttpRefusal::host);
    Match found = match(request.method, request.target);
    if (found.bad_target)
        return turn_away(400, "the path cannot be read", "", HttpRefusal::malformed);
    if (found.route == nullptr && found.allowed.empty())
        return turn_away(404, "no such path", "", std::nullopt);
    if (found.route == nullptr) {
        Response response = error(405, "this path takes " + found.allowed);
        response.headers.emplace_back("Allow", found.allowed);
        handled.result = std::move(response);
        return handled;
    }
    handled.route = found.route->name;
    handled.audited = audited(request, *found.route, found.parameter, now);
    const std::string_view pattern = found.route->pattern;
    if (found.query && pattern.starts_with("/api/") && !looks_back(found.route->id)) {
        handled.result = error(400, "this path takes no parameters");
        return handled;
    }
    if (const auto refused = guard(request, *found.route)) {
        if (refused->status == 403)
            handled.turned_away =
                refused->field == "Origin" ? HttpRefusal::origin : HttpRefusal::client;
        handled.result = error(refused->status, refused->error, refused->field);
        return handled;
    }
    const Found asked{found.route, std::move(found.parameter), board_.current()};
    if (looks_back(found.route->id)) {
        look_back(request, asked, now.wall, handled);
        return handled;
    }
    if (asked.route->id == RouteId::board_sound) {
        bool news = false;
        handled.result = hear_sound(request, now, news);
        if (!news) handled.audited.reset(); // it says so twice a minute, and nothing changed
        return handled;
    }
    auto result = dispatch(request, asked, now);
    std::visit([&](auto& given) { handled.result = std::move(given); }, result);
    if (const auto* ask = std::get_if<Ask>(&handled.result); ask != nullptr && handled.audited)
        told_by(*ask, *handled.audited);
    return handled;
}

std::optional<audit::Event> Service::audited(const Request& request, const Route& route, const std::string& parameter,
                                             const ClockReading& now) const
{
    auto event = audit_event(request, route, parameter);
    if (event && gate_) gate_->name_actor(request, route, simulation(), now, *event);
    return event;
}

void Service::look_back(const Request& request, const Found& found, WallTime now, Handled& handled) const
{
    if (!found.ward) {
        handled.result = error(503, "starting: nothing is known of the ward yet");
        return;
    }
    auto question = read_question(found.route->id, found.parameter, request.target, found.ward->view, now);
    if (const auto* bad = std::get_if<Mistake>(&question)) {
        handled.result = mistake_response(*bad, simulation());
        return;
    }
    auto& good = std::get<HistoryQuestion>(question);
    good.version = found.ward->health.version;
    handled.result = std::move(good);
}

Response Service::looked_back(HistoryAnswer answer) const
{
    if (answer.status != 200) return error(answer.status, answer.error);
    return response_of(std::move(answer));
}

Service::Result Service::dispatch(const Request& request, const Found& found, const ClockReading& now)
{
    const RouteId id = found.route->id;
    if (id == RouteId::metrics) {
        if (options_.sounds) options_.sounds(sounds_.count(now.boottime));
        Response response;
        response.content_type = Metrics::content_type;
        response.body = options_.metrics_text ? options_.metrics_text() : std::string{};
        return response;
    }
    if (id == RouteId::clinical_metrics) return clinical(found.ward.get(), now);
    if (id == RouteId::healthz || id == RouteId::readyz) return health(id, found.ward.get(), now);
    if (id == RouteId::answer_page || id == RouteId::answer_link)
        return link(found, id == RouteId::answer_link, now.wall);
    if (id == RouteId::screen || id == RouteId::screen_asset) return screen(request, found);
    if (!found.ward) return error(503, "starting: nothing is known of the ward yet");
    if (id == RouteId::stream) {
        Response response;
        response.content_type = "text/event-stream";
        response.stream = true;
        // A page of ours says so by what its browser adds; a screen that is no browser, by its name.
        response.board = request.fetch_site == "same-origin" || request.client == "board";
        return response;
    }
    if (auto answer = people(request, id, now)) return *std::move(answer);
    if (found.route->guard == Guard::read) return read(found, now);
    if (id == RouteId::store_copy) return copy_store(request, *found.ward);

    return change(request, found, now);
}

// The Unix socket is not asked who it is: the kernel said so.
Service::Result Service::change(const Request& request, const Found& found, const ClockReading& now)
{
    const RouteId id = found.route->id;
    const WardView& view = found.ward->view;
    if (!gate_ || request.trusted_peer) return pass_on(id, found.parameter, request.body, view, now.wall);
    // It asks for no PIN and no name, so anybody on the network can send it.
    if (access_of(id) != nullptr && access_of(id)->proof == Proof::anybody)
        if (const Duration wait = unasked_.take(request.station, now.boottime); wait > Duration{0})
            return json_response(429, simulation(),
                                 {{"error", "too many of these from one place: wait a moment"},
                                  {"field", ""},
                                  {"retry_after_seconds", (wait.count() + 999) / 1000}});
    auto looked = gate_->look(*found.route, request, simulation(), now);
    if (const auto* refusal = std::get_if<Gate::Refusal>(&looked)) return refused(*refusal);
    if (const auto* pass = std::get_if<Gate::Pass>(&looked))
        return pass_on(id, found.parameter, pass->body, view, now.wall, pass->warning);
    PinJob job = std::get<PinJob>(std::move(looked));
    job.parameter = found.parameter;
    return job;
}

Service::Result Service::pass_on(RouteId route, std::string_view parameter, std::string_view body,
                                 const WardView& view, WallTime now, std::string warning) const
{
    auto change = read_change(route, parameter, body, view, now);
    if (const auto* bad = std::get_if<Mistake>(&change))
        return mistake_response(*bad, simulation());
    auto& good = std::get<Change>(change);
    Ask ask;
    ask.inputs = std::move(good.inputs);
    ask.warning = good.warning.empty() ? std::move(warning) : std::move(good.warning);
    return ask;
}

Response Service::refused(const Gate::Refusal& refusal) const
{
    Json out = {{"error", refusal.error}, {"field", refusal.field}};
    if (refusal.status == 401) out["retry_after_seconds"] = (refusal.retry.count() + 999) / 1000;
    return json_response(refusal.status, simulation(), out);
}

// Who may act here, and who does. Nothing if the route is another.
std::optional<Service::Result> Service::people(const Request& request, RouteId route, const ClockReading& now)
{
    const bool ours = route == RouteId::people || route == RouteId::people_set || route == RouteId::session_view ||
                      route == RouteId::session_unlock || route == RouteId::session_lock || route == RouteId::setup ||
                      route == RouteId::setup_code;
    if (!ours) return std::nullopt;
    if (!gate_) return error(503, "no people are kept here");
    if (route == RouteId::people) return json_response(200, simulation(), gate_->render_people());
    if (route == RouteId::session_view)
        return json_response(200, simulation(), gate_->render_session(request, simulation(), now));
    if (route == RouteId::people_set) return set_person(request);
    if (route == RouteId::setup) return set_up(request, now);
    if (route == RouteId::setup_code) return show_setup_code(request, now);
    if (route == RouteId::session_lock) {
        Response response = json_response(200, simulation(), {{"unlocked", Json{}}});
        response.headers.emplace_back("Set-Cookie", gate_->close(request));
        return response;
    }
    auto asked = gate_->unlock(request, now);
    if (const auto* bad = std::get_if<Mistake>(&asked)) return mistake_response(*bad, simulation());
    if (const auto* refusal = std::get_if<Gate::Refusal>(&asked)) return refused(*refusal);
    return std::get<PinJob>(std::move(asked));
}

// Only for root and the daemon's own user: whoever sets a PIN can act as that person.
Service::Result Service::set_person(const Request& request)
{
    if (!is_owner(request)) return error(403, "people are changed by root on the ward PC alone");
    std::string who;
    auto read = gate_->read_person(request, who);
    if (const auto* bad = std::get_if<Mistake>(&read)) return mistake_response(*bad, simulation());
    if (auto* job = std::get_if<PinJob>(&read)) return std::move(*job);
    if (const std::string wrong = gate_->set_person(who, std::get<StaffMember>(read)); !wrong.empty())
        return error(503, "not kept: " + wrong);
    return json_response(200, simulation(), {{"accepted", true}, {"text", "stored"}});
}

Response Service::keep_person(PinJob job, PinOutcome outcome)
{
    if (outcome.hash.empty()) return error(503, "not kept: no memory for the hash of the PIN");
    job.fresh.pin_hash = std::move(outcome.hash);
    if (const std::string wrong = gate_->set_person(job.person, std::move(job.fresh)); !wrong.empty())
        return error(503, "not kept: " + wrong);
    return json_response(200, simulation(), {{"accepted", true}, {"text", "stored"}});
}

Service::Result Service::set_up(const Request& request, const ClockReading& now)
{
    auto asked = gate_->set_up(request, simulation(), now);
    if (const auto* bad = std::get_if<Mistake>(&asked)) return mistake_response(*bad, simulation());
    if (const auto* refusal = std::get_if<Gate::Refusal>(&asked)) return refused(*refusal);
    return std::get<PinJob>(std::move(asked));
}

// Whoever has the code can make a person of their own: it is shown where people can be made anyway.
Service::Result Service::show_setup_code(const Request& request, const ClockReading& now)
{
    if (!is_owner(request)) return error(403, "a set-up code is shown to root on the ward PC alone");
    const auto body = parse_object(request.body);
    if (const auto* bad = std::get_if<Mistake>(&body)) return mistake_response(*bad, simulation());
    std::optional<Mistake> mistake;
    Fields fields{std::get<nlohmann::json>(body), mistake};
    fields.finish();
    if (mistake) return mistake_response(*mistake, simulation());
    if (!gate_->setup_needed(simulation()))
        return error(409, "no code is needed: somebody has a PIN, or nobody needs one");
    const std::string code = gate_->make_setup_code(now);
    if (code.empty()) return error(503, "no randomness for a code");
    return json_response(200, simulation(), {{"code", code}, {"until", format_time(now.wall + setup_code_lasts)}});
}

std::string Service::make_setup_code(const ClockReading& now)
{
    return gate_ && gate_->setup_needed(simulation()) ? gate_->make_setup_code(now) : std::string{};
}

Service::Result Service::pin_looked_at(PinJob job, PinOutcome outcome, const ClockReading& now)
{
    const bool first = job.then == PinJob::Then::setup;
    if (first && !gate_->setup_needed(simulation())) return error(409, "somebody was faster: this ward is set up");
    if (first || job.then == PinJob::Then::set) return keep_person(std::move(job), std::move(outcome));
    const auto refusal = gate_->judge(job, outcome.fit, now);
    const bool second = job.then == PinJob::Then::second;
    if (refusal && !second) return refused(*refusal);
    if (job.then == PinJob::Then::unlock) {
        const Json unlocked = gate_->render_unlocked(job.person, now.boottime + unlocked_for, now);
        std::string cookie = gate_->open(job, now);
        if (unlocked.is_null() || cookie.empty()) return error(503, "this station cannot be unlocked");
        Response response = json_response(200, simulation(), {{"unlocked", unlocked}});
        response.headers.emplace_back("Set-Cookie", std::move(cookie));
        return response;
    }
    const auto ward = board_.current();
    if (!ward) return error(503, "starting: nothing is known of the ward yet");
    const Gate::Pass pass = refusal ? Gate::without_second(job.body, refusal->error) : Gate::Pass{job.body};
    return pass_on(job.route, job.parameter, pass.body, ward->view, now.wall, pass.warning);
}

std::vector<Reading> Service::readings() const
{
    return options_.readings ? options_.readings() : std::vector<Reading>{};
}

Response Service::read(const Found& found, const ClockReading& now) const
{
    const PublishedWard& ward = *found.ward;
    const bool simulated = ward.view.mode != Mode::ward;
    switch (found.route->id) {
    case RouteId::status:
        return json_response(200, simulated, render_status(ward, liveness_of(board_, now)));
    case RouteId::beds:
        return json_response(200, simulated, render_beds(ward.view, readings(), now.boottime));
    case RouteId::alarms:
        return json_response(200, simulated, render_alarms(ward.view));
    case RouteId::alarm_rule:
        for (const EpisodeView& alarm : ward.view.episodes)
            if (alarm.id.text() == found.parameter)
                return json_response(200, simulated, render_alarm_rule(ward.view, alarm));
        return error(404, "no open alarm '" + found.parameter.substr(0, 64) + "'");
    case RouteId::calls:
        return json_response(200, simulated, render_calls(ward.view));
    case RouteId::pages:
        return json_response(200, simulated, render_pages(ward.view));
    case RouteId::oncall:
        return json_response(200, simulated, render_oncall(ward.view));
    case RouteId::oncall_at: {
        constexpr Duration behind = std::chrono::hours{24}, ahead = std::chrono::hours{24 * 35};
        const auto at = parse_time(found.parameter);
        if (!at) return error(404, "no time such as 2026-03-01T02:14:00Z");
        if (*at < ward.view.at.wall - behind || *at > ward.view.at.wall + ahead)
            return error(404, "who is on call is known from yesterday to 35 days ahead");
        const Rosters none;
        return json_response(200, simulated,
                             render_oncall_at(ward.view, ward.rosters ? *ward.rosters : none, *at));
    }
    case RouteId::sources:
        return json_response(200, simulated, render_sources(ward.view));
    case RouteId::commissioning:
        return json_response(200, simulated, render_commissioning(ward));
    case RouteId::commissioning_of:
        if (const SourceView* source = find_source(ward.view, found.parameter))
            return json_response(200, simulated, render_commissioning(ward, *source, readings(), now.boottime));
        return error(404, "no device '" + found.parameter.substr(0, 64) + "'");
    case RouteId::store_copy_view:
        return json_response(200, simulated, render_backup(ward.health));
    case RouteId::bed:
        if (const BedView* bed = find_bed(ward.view, found.parameter))
            return json_response(200, simulated, render_bed(ward.view, *bed, readings(), now.boottime));
        return error(404, "no bed '" + found.parameter.substr(0, 64) + "'");
    case RouteId::chart:
        if (const BedView* bed = find_bed(ward.view, found.parameter))
            return json_response(200, simulated, render_chart(*bed));
        return error(404, "no bed '" + found.parameter.substr(0, 64) + "'");
    case RouteId::prediction:
        if (const BedView* bed = find_bed(ward.view, found.parameter))
            return json_response(200, simulated, render_prediction(ward.view, *bed));
        return error(404, "no bed '" + found.parameter.substr(0, 64) + "'");
    case RouteId::limits_view:
        if (const BedView* bed = find_bed(ward.view, found.parameter))
            return json_response(200, simulated, render_limits(ward.view, *bed));
        return error(404, "no bed '" + found.parameter.substr(0, 64) + "'");
    case RouteId::protocol:
        if (const BedView* bed = find_bed(ward.view, found.parameter))
            return json_response(200, simulated, render_protocol(ward.view, *bed));
        return error(404, "no bed '" + found.parameter.substr(0, 64) + "'");
    default:
        return error(404, "no such path");
    }
}

// Without files the first page says so, and which alarms are open: whoever opens it must not see nothing.
Response Service::screen(const Request& request, const Found& found) const
{
    const bool first = found.route->id == RouteId::screen;
    if (const WebFile* file = options_.web.find(first ? "index.html" : "assets/" + found.parameter))
        return web_response(*file, first, accepts_gzip(request));
    if (!first) return error(404, "no such file");
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = page_without_files(found.ward ? &found.ward->view : nullptr);
    return response;
}

// A screen speaks for itself: it names nobody, and the ward does not hear of it. `news`: it is not what it said before;
// a refusal is.
Response Service::hear_sound(const Request& request, const ClockReading& now, bool& news)
{
    news = true;
    const auto body = parse_object(request.body);
    if (const auto* bad = std::get_if<Mistake>(&body)) return mistake_response(*bad, simulation());
    std::optional<Mistake> mistake;
    Fields fields{std::get<nlohmann::json>(body), mistake};
    constexpr std::size_t longest = 64;
    const std::string board = fields.text("board", longest);
    const bool on = fields.choice("sound", {"on", "off"}) == 0;
    fields.finish();
    if (mistake) return mistake_response(*mistake, simulation());
    news = sounds_.told(request.station + " " + board, on, now.boottime);
    return json_response(200, simulation(), {{"accepted", true}, {"text", "heard"}});
}

// Only over the Unix socket: whoever may ask could fill the disk, and can read the copies anyway.
Response Service::copy_store(const Request& request, const PublishedWard& ward) const
{
    if (!request.trusted_peer) return error(403, "copies are made for the Unix socket alone");
    const auto body = parse_object(request.body);
    if (const auto* bad = std::get_if<Mistake>(&body)) return mistake_response(*bad, simulation());
    std::optional<Mistake> mistake;
    Fields fields{std::get<nlohmann::json>(body), mistake};
    const bool history = fields.optional_flag("history").value_or(true);
    fields.finish();
    if (mistake) return mistake_response(*mistake, simulation());
    if (!options_.copy_store) return error(503, "no copies can be made");
    if (ward.health.copy.state == CopyView::State::copying)
        return error(409, "a copy is being made for somebody else");
    options_.copy_store(history);
    return json_response(200, simulation(), {{"asked", true}, {"after", ward.health.copy.number}});
}

// Off is "no such thing", in words. A loop that stands still gives nothing at all: its last values would look
// like present ones, and a failed scrape makes Prometheus end every series at once.
Response Service::clinical(const PublishedWard* ward, const ClockReading& now) const
{
    if (ward == nullptr) return error(503, "starting: nothing is known of the ward yet");
    if (!ward->clinical_metrics)
        return error(404, "clinical metrics are off: '[metrics] clinical = true' in magwatch.toml switches them on");
    if (!liveness_of(board_, now).alive) return error(503, "the main loop stands still: no value is a present one");
    Response response;
    response.content_type = Metrics::content_type;
    response.body = render_clinical_metrics(ward->view);
    return response;
}

Response Service::health(RouteId route, const PublishedWard* ward, const ClockReading& now) const
{
    const Liveness live = liveness_of(board_, now);
    Json out;
    if (route == RouteId::healthz) {
        out["alive"] = live.alive;
        if (board_.last_progress().count() > 0)
            out["since_progress_seconds"] = static_cast<double>(live.since_progress.count()) / 1000;
        return json_response(live.alive ? 200 : 503, simulation(), out);
    }
    const bool ready = live.alive && ward != nullptr && ward->health.ready;
    out["ready"] = ready;
    if (!ready) {
        std::string why = "starting";
        if (ward != nullptr)
            why = live.alive ? ward->health.not_ready_because : "the main loop stands still";
        out["because"] = why;
    }
    out["faults"] = Json::array();
    if (ward != nullptr)
        for (const auto& fault : ward->health.faults) out["faults"].push_back(word(fault.fault));
    return json_response(ready ? 200 : 503, simulation(), out);
}

Response Service::page(unsigned status, const AnswerPage& page) const
{
    Response response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.body = adapters::render_answer_page(page);
    response.headers.emplace_back("Content-Security-Policy", adapters::answer_page_policy());
    return response;
}

Service::Result Service::link(const Found& found, bool post, WallTime now)
{
    AnswerPage shown;
    shown.simulation = simulation();
    if (!tokens_) return page(404, shown);
    const AnswerTokens::Result link = tokens_->look(found.parameter, now);
    if (link.use == AnswerTokens::Use::forged) return page(404, shown);
    if (link.use == AnswerTokens::Use::expired) {
        shown.state = AnswerPageState::expired;
        return page(410, shown);
    }
    if (!found.ward) {
        shown.state = AnswerPageState::failed;
        shown.place = "The ward";
        return page(503, shown);
    }
    const auto& token = link.token;
    describe(shown, token.call, found.ward->view);
    shown.kind = token.kind;
    shown.action = "/answer/" + found.parameter;
    if (token.kind == AnswerKind::coming) {
        const std::string here =
            adapters::make_answer_token({token.call, token.person, AnswerKind::here, token.expires},
                                        options_.answer_key->reveal());
        if (!here.empty()) shown.here_action = "/answer/" + here;
    }
    const WardView& view = found.ward->view;
    const CallView* call = find_call(view, token.call.text());
    if (call == nullptr) {
        const bool known = std::any_of(view.pages.begin(), view.pages.end(),
                                       [&](const PageView& p) { return p.page.key.call == token.call; });
        shown.state = known ? AnswerPageState::over : AnswerPageState::unknown;
        return page(known ? 200 : 404, shown);
    }
    if (link.use == AnswerTokens::Use::repeated && still_says(*call, token)) {
        shown.state = AnswerPageState::again;
        return page(200, shown);
    }
    if (!post) {
        shown.state = AnswerPageState::ask;
        return page(200, shown);
    }
    Ask ask;
    Action action;
    action.person = token.person;
    action.what = Answer{token.call, token.kind};
    ask.inputs.emplace_back(std::move(action));
    ask.page = std::move(shown);
    ask.token = found.parameter;
    return ask;
}

Response Service::answered(const Ask& ask, const std::vector<Reply>& replies, WallTime now)
{
    const auto refused =
        std::find_if(replies.begin(), replies.end(), [](const Reply& r) { return !r.accepted; });
    const bool accepted = refused == replies.end();
    if (ask.page) {
        AnswerPage shown = *ask.page;
        // Used only now: an answer that was not stored can be tried again by the same link.
        if (accepted && tokens_) (void)tokens_->redeem(ask.token, now);
        shown.state = accepted ? AnswerPageState::taken : AnswerPageState::unknown;
        return page(accepted ? 200 : 409, shown);
    }
    Json out;
    if (!accepted) {
        out["error"] = refused->text;
        out["field"] = "";
    }
    out["accepted"] = accepted;
    if (accepted) out["text"] = replies.empty() ? std::string{} : replies.front().text;
    if (!ask.warning.empty()) out["warning"] = ask.warning;
    if (replies.size() > 1) {
        out["results"] = Json::array();
        for (const Reply& reply : replies)
            out["results"].push_back({{"accepted", reply.accepted}, {"text", reply.text}});
    }
    return json_response(accepted ? 200 : 409, simulation(), out);
}

Response Service::not_confirmed(const Ask& ask, std::string_view why) const
{
    if (ask.page) {
        AnswerPage shown = *ask.page;
        shown.state = AnswerPageState::failed;
        return page(503, shown);
    }
    return json_response(503, simulation(), {{"error", why}, {"field", ""}, {"confirmed", false}});
}

Response Service::unconfirmed(const Ask& ask) const
{
    return not_confirmed(ask, unconfirmed_text);
}

Response Service::unstored(const Ask& ask) const
{
    return not_confirmed(ask, unstored_text);
}

Response Service::overloaded(const Ask& ask) const
{
    if (ask.page) {
        AnswerPage shown = *ask.page;
        shown.state = AnswerPageState::failed;
        return page(503, shown);
    }
    return json_response(503, simulation(),
                         {{"error", overloaded_text}, {"field", ""}, {"accepted", false}});
}

} // namespace magwatch::http
