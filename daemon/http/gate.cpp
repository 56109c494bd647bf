#include "daemon/http/gate.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/http/times.hpp"
#include "daemon/http/utf8.hpp"
#include "daemon/people/pin.hpp"
#include "rules/protocol/checklist.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

constexpr std::size_t name_longest = 64;
// Over TLS under a name that no other site, and no page without TLS, can set. One is no session of the other.
constexpr std::string_view plain_cookie = "magwatch_session";
constexpr std::string_view tls_cookie = "__Host-magwatch_session";
constexpr std::string_view cookie_rules = "; Path=/; HttpOnly; SameSite=Strict; Max-Age=";

std::string cookie_of(bool tls, std::string_view token, Duration for_so_long)
{
    return fmt::format("{}={}{}{}{}", tls ? tls_cookie : plain_cookie, token, tls ? "; Secure" : "", cookie_rules,
                       for_so_long.count() / 1000);
}

constexpr std::string_view setup_text =
    "nobody is set up to change anything here: as root on the ward PC, run 'magwatch user setup-code' for a code to "
    "set up the first person with at the board, or 'magwatch user add NAME --role charge'";
constexpr std::string_view set_up_text = "somebody has a PIN already: people are added by root on the ward PC";

std::string token_of(const Request& request)
{
    const std::string_view cookie = request.tls ? tls_cookie : plain_cookie;
    for (const auto& [name, value] : request.headers) {
        if (name != "cookie") continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            std::string_view one = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            while (one.starts_with(' ')) one.remove_prefix(1);
            if (one.starts_with(cookie) && one.substr(cookie.size()).starts_with('='))
                return std::string{one.substr(cookie.size() + 1)};
        }
    }
    return "";
}

// Browsers always say where a change comes from; the director of the demo, curl and tests say nothing.
bool from_browser(const Request& request)
{
    return !request.origin.empty() || !request.fetch_site.empty();
}

std::string text_at(const json& body, const char* name)
{
    if (!body.is_object()) return "";
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : "";
}

// A second check that comes later holds nothing up: whoever made it proves it.
bool needs_a_pin(RouteId route, const json& body)
{
    return route == RouteId::protocol_step && text_at(body, "act") == name(StepAct::second);
}

// What must not wait for a PIN. A correction can wait.
bool needs_a_tap(const json& entry)
{
    const std::string kind = text_at(entry, "kind");
    return (kind == "stop" || kind == "concerned") && !entry.contains("corrects");
}

std::string person_key(const std::string& person) { return "person " + person; }
std::string setup_key(const std::string& station) { return "setup " + station; }
std::string station_key(const std::string& station) { return "station " + station; }

} // namespace

PinOutcome look_at(const PinJob& job)
{
    const bool fresh = job.then == PinJob::Then::set || job.then == PinJob::Then::setup;
    if (fresh) return {PinFit::right, hash_pin(job.pin.reveal())};
    return {fit_of(job.hash, job.pin.reveal()), ""};
}

std::optional<Sessions::Session> Gate::session(const Request& request, const ClockReading& now) const
{
    const std::string token = token_of(request);
    auto found = token.empty() ? std::nullopt : sessions_.find(token, request.station, now.boottime);
    if (found && options_.people.enabled(found->person) == nullptr) return std::nullopt;
    return found;
}

Gate::Looked Gate::look(const Route& route, const Request& request, bool simulation, const ClockReading& now)
{
    const Access* access = access_of(route.id);
    if (access == nullptr || access->proof == Proof::local)
        return Refusal{403, "this is done by the Unix socket alone", "", {}};
    if (access->proof == Proof::none || access->proof == Proof::anybody) return Pass{request.body};
    if (!options_.broken.empty())
        return Refusal{403, "the list of people cannot be read: " + options_.broken + ". Use magwatch on the ward PC",
                       "", {}};
    if (!simulation && !options_.people.anybody()) return Refusal{403, std::string{setup_text}, "", {}};
    // No patient, and no person who could be misled: the director of the demo charts for the people that it plays.
    if (simulation && !from_browser(request) && !session(request, now)) return Pass{request.body};
    auto parsed = parse_object(request.body);
    if (std::holds_alternative<Mistake>(parsed)) return Pass{request.body}; // the reader of bodies says what is wrong
    json body = std::move(std::get<json>(parsed));
    if (needs_a_pin(route.id, body)) {
        Access checked = *access_of(RouteId::check_rate);
        checked.route = route.id;
        return proven(checked, request, std::move(body), now);
    }
    if (access->proof == Proof::tap || (access->route == RouteId::entries && needs_a_tap(body)))
        return tapped(*access, request, std::move(body), now);
    return proven(*access, request, std::move(body), now);
}

Gate::Pass Gate::without_second(const std::string& body, std::string_view why)
{
    json left = json::parse(body);
    left.erase("second_person");
    left.erase("second_pin");
    return {left.dump(-1, ' ', false, json::error_handler_t::replace),
            (left.contains("kind") ? "charted" : "begun") + std::string{" without the second check: "} +
                std::string{why}};
}

// Whoever checks a dose proves it with a PIN; whoever begins it taps a name, and waits for nobody.
Gate::Looked Gate::tapped(const Access& access, const Request& request, json body, const ClockReading& now)
{
    const std::string person = text_at(body, "person");
    if (options_.people.enabled(person) == nullptr)
        return Refusal{403, "nobody of this name may act here: tap a name of the list", "person", {}};
    if (access.route == RouteId::protocol_step && body.contains("second_person"))
        return with_second(access, request, std::move(body), now);
    return Pass{body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Gate::Looked Gate::with_second(const Access& access, const Request& request, json body, const ClockReading& now)
{
    const std::string text = body.dump(-1, ' ', false, json::error_handler_t::replace);
    const std::string second = text_at(body, "second_person");
    std::string pin = text_at(body, "second_pin");
    if (pin.empty()) return without_second(text, "the PIN of the second person is missing");
    const StaffMember* known = options_.people.enabled(second); // a stranger fails by the PIN
    if (known != nullptr && !may(*access_of(RouteId::protocol_open), known->role))
        return without_second(text, "this role cannot check it");
    if (delayed(second, request.station, now)) return without_second(text, "too many wrong PINs");
    body.erase("second_pin");
    PinJob job = begin(second, request, std::move(pin), now);
    job.then = PinJob::Then::second;
    job.route = access.route;
    job.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return job;
}

Gate::Looked Gate::proven(const Access& access, const Request& request, json body, const ClockReading& now)
{
    // Whoever gives a PIN with the request itself needs no unlocked station, and may stand at one that is another's.
    const auto unlocked = session(request, now);
    std::string person = access.proof == Proof::pin ? text_at(body, "person") : "";
    if (person.empty() && unlocked) person = unlocked->person;
    if (person.empty()) return Refusal{401, "this station is locked: unlock it with your PIN", "", {}};
    if (access.proof == Proof::session && body.contains("person") && text_at(body, "person") != person)
        return Refusal{403, "this station is unlocked by " + person + ": lock it, and unlock it as yourself", "person",
                       {}};
    body["person"] = person;
    const StaffMember* known = options_.people.enabled(person); // a stranger fails by the PIN
    if (known != nullptr && !may(access, known->role))
        return Refusal{403,
                       "Your role (" + std::string{name(known->role)} + ") cannot " + std::string{access.act} +
                           ": ask " + std::string{access.ask},
                       "person",
                       {}};
    std::string pin;
    if (access.proof == Proof::pin) {
        pin = text_at(body, "pin");
        body.erase("pin");
        if (pin.empty()) return Refusal{401, "this asks for your PIN, each time", "pin", {}};
        if (auto wait = delayed(person, request.station, now)) return *std::move(wait);
    }
    // A change of the rate waits for nobody either.
    const bool rate = access.route == RouteId::entries && text_at(body, "kind") == "infusion";
    if (rate && body.contains("second_person")) return with_second(access, request, std::move(body), now);
    std::string text = body.dump(-1, ' ', false, json::error_handler_t::replace);
    if (access.proof != Proof::pin) return Pass{std::move(text)};
    PinJob job = begin(person, request, std::move(pin), now);
    job.then = PinJob::Then::change;
    job.route = access.route;
    job.body = std::move(text);
    return job;
}

std::optional<Gate::Refusal> Gate::delayed(const std::string& person, const std::string& station,
                                           const ClockReading& now) const
{
    const Duration wait = std::max(attempts_.wait(person_key(person), now.boottime),
                                   attempts_.wait(station_key(station), now.boottime));
    if (wait <= Duration{0}) return std::nullopt;
    return Refusal{401, "too many wrong PINs: wait " + std::to_string((wait.count() + 999) / 1000) + " s", "pin", wait};
}

// Counted as a wrong one until it is known to be right.
PinJob Gate::begin(const std::string& person, const Request& request, std::string pin, const ClockReading& now)
{
    PinJob job;
    job.person = person;
    job.station = request.station;
    job.tls = request.tls;
    job.pin = Secret{std::move(pin)};
    if (const StaffMember* known = options_.people.enabled(person)) {
        job.hash = known->pin_hash;
        attempts_.begin(person_key(person), now.boottime);
    }
    attempts_.begin(station_key(request.station), now.boottime);
    return job;
}

std::optional<Gate::Refusal> Gate::judge(const PinJob& job, PinFit fit, const ClockReading& now)
{
    if (fit == PinFit::unknown) {
        attempts_.unknown(person_key(job.person));
        attempts_.unknown(station_key(job.station));
        return Refusal{503, "no memory to look at the PIN: it may be right, try again", "pin", Duration{0}};
    }
    if (fit == PinFit::wrong) {
        const auto wait = delayed(job.person, job.station, now);
        return Refusal{401, "this PIN is not the right one", "pin", wait ? wait->retry : Duration{0}};
    }
    attempts_.right(person_key(job.person));
    attempts_.right(station_key(job.station));
    return std::nullopt;
}

std::variant<PinJob, Mistake, Gate::Refusal> Gate::unlock(const Request& request, const ClockReading& now)
{
    auto parsed = parse_object(request.body);
    if (auto* bad = std::get_if<Mistake>(&parsed)) return std::move(*bad);
    std::optional<Mistake> mistake;
    Fields fields{std::get<json>(parsed), mistake};
    const std::string person = fields.text("person", name_longest);
    std::string pin = fields.text("pin", name_longest);
    fields.finish();
    if (mistake) return *std::move(mistake);
    if (auto wait = delayed(person, request.station, now)) return *std::move(wait);
    PinJob job = begin(person, request, std::move(pin), now);
    job.then = PinJob::Then::unlock;
    return job;
}

std::variant<PinJob, Mistake, StaffMember> Gate::read_person(const Request& request, std::string& name) const
{
    auto parsed = parse_object(request.body);
    if (auto* bad = std::get_if<Mistake>(&parsed)) return std::move(*bad);
    std::optional<Mistake> mistake;
    Fields fields{std::get<json>(parsed), mistake};
    name = fields.text("name", name_longest);
    const StaffMember* known = options_.people.find(name);
    StaffMember person = known != nullptr ? *known : StaffMember{name, {}, "", true};
    if (fields.has("label")) person.label = fields.text("label", name_longest);
    if (known == nullptr || fields.has("role"))
        person.role = static_cast<Role>(fields.choice("role", {role_names.begin(), role_names.end()}));
    person.enabled = fields.optional_flag("enabled").value_or(person.enabled);
    const bool with_pin = fields.has("pin");
    std::string pin = with_pin ? fields.text("pin", name_longest) : "";
    if (with_pin && fields.ok() && !pin_mistake(pin).empty()) fields.refuse("pin", pin_mistake(pin));
    fields.finish();
    if (mistake) return *std::move(mistake);
    if (!with_pin) return person;
    PinJob job;
    job.then = PinJob::Then::set;
    job.person = name;
    job.pin = Secret{std::move(pin)};
    job.fresh = std::move(person);
    return job;
}

bool Gate::setup_needed(bool simulation) const
{
    return !simulation && options_.broken.empty() && !options_.people.anybody();
}

std::variant<PinJob, Mistake, Gate::Refusal> Gate::set_up(const Request& request, bool simulation,
                                                          const ClockReading& now)
{
    if (!options_.broken.empty()) return Refusal{403, "the list of people cannot be read: " + options_.broken, "", {}};
    if (!setup_needed(simulation)) return Refusal{409, std::string{set_up_text}, "", {}};
    auto parsed = parse_object(request.body);
    if (auto* bad = std::get_if<Mistake>(&parsed)) return std::move(*bad);
    std::optional<Mistake> mistake;
    Fields fields{std::get<json>(parsed), mistake};
    const std::string code = fields.text("code", name_longest);
    PinJob job;
    job.then = PinJob::Then::setup;
    job.person = fields.text("name", name_longest);
    job.fresh.label = fields.has("label") ? fields.text("label", name_longest) : job.person;
    job.fresh.role = fields.choice("role", {"charge", "admin"}) == 0 ? Role::charge : Role::admin;
    std::string pin = fields.text("pin", name_longest);
    if (fields.ok() && !pin_mistake(pin).empty()) fields.refuse("pin", pin_mistake(pin));
    fields.finish();
    if (mistake) return *std::move(mistake); // whoever knows no code learns nothing by it
    const std::string station = setup_key(request.station);
    const auto retry = [&] { return attempts_.wait(station, now.boottime); };
    if (const Duration wait = retry(); wait > Duration{0})
        return Refusal{401, "too many wrong codes: wait " + std::to_string((wait.count() + 999) / 1000) + " s", "code",
                       wait};
    attempts_.begin(station, now.boottime);
    if (!setup_code_.fits(code, now.boottime))
        return Refusal{401,
                       "this is not the code, or it is too old: as root on the ward PC, 'magwatch user setup-code' "
                       "shows a new one",
                       "code", retry()};
    attempts_.right(station);
    job.pin = Secret{std::move(pin)};
    return job;
}

std::string Gate::set_person(const std::string& name, StaffMember person)
{
    if (!options_.broken.empty()) return options_.broken;
    People changed = options_.people;
    changed.put(name, std::move(person));
    if (!options_.path.empty())
        if (std::string wrong = changed.write(options_.path); !wrong.empty()) return wrong;
    options_.people = std::move(changed);
    if (options_.people.anybody()) setup_code_.forget();
    sessions_.close_of(name); // what was unlocked under the old PIN or role
    return "";
}

std::string Gate::open(const PinJob& job, const ClockReading& now)
{
    const std::string token = sessions_.open(job.person, job.station, now.boottime);
    return token.empty() ? "" : cookie_of(job.tls, token, unlocked_for);
}

std::string Gate::close(const Request& request)
{
    sessions_.close(token_of(request));
    return cookie_of(request.tls, "", Duration{0});
}

void Gate::name_actor(const Request& request, const Route& route, bool simulation, const ClockReading& now,
                      audit::Event& event) const
{
    if (request.trusted_peer) return; // as whoever has the socket says
    const std::string claimed = std::exchange(event.actor, "");
    event.proof = "none";
    const auto unlocked = session(request, now);
    const Access* access = access_of(route.id);
    // As look() takes it: a STOP is a name tap whatever the station is.
    json body = json::parse(event.body, nullptr, false);
    const auto is_known = [&](const std::string& name) { return simulation || options_.people.find(name) != nullptr; };
    for (const char* field : {"person", "second_person"}) {
        // A field for a name, in which anything may have been typed: the name of a patient, or a PIN, which its hash
        // would tell to whoever tries all of them.
        if (const std::string name = text_at(body, field); !name.empty() && !is_known(name)) {
            body[field] = "(unknown)";
            event.body = body.dump();
        }
    }
    const bool stop = route.id == RouteId::entries && text_at(body, "kind") == "stop";
    const bool second = needs_a_pin(route.id, body);
    const bool tap = stop || (access != nullptr && access->proof == Proof::tap && !second);
    const bool by_claim = access != nullptr && (tap || access->proof != Proof::session) && !claimed.empty();
    const std::string& person = unlocked && !by_claim ? unlocked->person : claimed;
    if (!is_known(person)) return;
    event.actor = person;
    if (unlocked && !by_claim) event.proof = "session";
    else if (access != nullptr && (access->proof == Proof::pin || second || route.id == RouteId::session_unlock))
        event.proof = "pin";
    else if (tap) event.proof = "name";
}

Json Gate::render_people() const
{
    Json out;
    out["people"] = Json::array();
    for (const auto& [who, person] : options_.people.all())
        if (person.enabled)
            out["people"].push_back({{"name", who},
                                     {"label", person.label},
                                     {"role", name(person.role)},
                                     {"has_pin", !person.pin_hash.empty()}});
    return out;
}

Json Gate::render_unlocked(const std::string& person, Duration until, const ClockReading& now) const
{
    const StaffMember* known = options_.people.enabled(person);
    if (known == nullptr) return Json{};
    return {{"person", person},
            {"label", known->label},
            {"role", name(known->role)},
            {"until", format_time(now.wall + (until - now.boottime))}};
}

Json Gate::render_session(const Request& request, bool simulation, const ClockReading& now) const
{
    const auto unlocked = session(request, now);
    Json out;
    out["setup_needed"] = !simulation && !options_.people.anybody();
    out["unlocked"] = unlocked ? render_unlocked(unlocked->person, unlocked->until, now) : Json{};
    return out;
}

} // namespace magwatch::http
