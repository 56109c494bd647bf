#include "daemon/http/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/audited.hpp"
#include "daemon/http/service.hpp"
#include "daemon/people/pin.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* pin = "246810";

class GateTest : public testing::Test
{
protected:
    GateTest()
    {
        static const std::string hash = hash_pin(pin);
        for (std::size_t i = 0; i < role_names.size(); ++i)
            people.put(std::string{role_names[i]}, {std::string{role_names[i]}, static_cast<Role>(i), hash, true});
        people.put("left", {"left", Role::midwife, hash, false});
        now.boottime = Duration{1'000'000};
        now.wall = sample_now;
        board.publish(shared(sample_ward()));
        board.progressed(now.boottime);
        start();
    }
    void start()
    {
        ServiceOptions options;
        options.people.emplace(GateOptions{people, "", broken});
        service.emplace(board, std::move(options));
    }
    Request request(std::string target, const json& body)
    {
        Request out;
        out.method = Method::post;
        out.target = std::move(target);
        out.host = out.station = "127.0.0.1";
        out.client = "board";
        out.origin = tls ? "https://127.0.0.1" : "http://127.0.0.1";
        out.tls = tls;
        out.fetch_site = "same-origin";
        out.content_type = "application/json";
        out.body = body.dump();
        if (!cookie.empty()) out.headers.emplace_back("cookie", "other=1; " + cookie);
        return out;
    }
    // What became of it: the answer, or {"asked": person} if it went on to the ward. PINs are looked at on the way.
    json send(const Request& sent)
    {
        Handled handled = service->handle(sent, now);
        if (auto* job = std::get_if<PinJob>(&handled.result)) {
            const PinOutcome outcome = no_memory ? PinOutcome{PinFit::unknown, ""} : look_at(*job);
            auto looked = service->pin_looked_at(std::move(*job), outcome, now);
            std::visit([&](auto& given) { handled.result = std::move(given); }, looked);
        }
        if (const auto* ask = std::get_if<Ask>(&handled.result)) {
            const Input& input = ask->inputs.at(0);
            const auto* entry = std::get_if<Entry>(&input);
            return {{"status", 0}, {"asked", entry != nullptr ? entry->person : std::get<Action>(input).person}};
        }
        const Response& response = std::get<Response>(handled.result);
        json out = json::parse(response.body);
        out["status"] = response.status;
        for (const auto& [name, value] : response.headers)
            if (name == "Set-Cookie") cookie_header = value;
        return out;
    }
    json post(const std::string& target, const json& body) { return send(request(target, body)); }
    json get(const std::string& target)
    {
        Request out = request(target, {});
        out.method = Method::get;
        return send(out);
    }
    json unlock(const std::string& person, const std::string& with = pin)
    {
        json answer = post("/api/v1/session/unlock", {{"person", person}, {"pin", with}});
        if (answer["status"] == 200) cookie = cookie_header.substr(0, cookie_header.find(';'));
        return answer;
    }

    People people;
    bool no_memory = false; // to look at a PIN
    std::string broken, cookie, cookie_header;
    bool tls = false;
    Board board;
    ClockReading now;
    std::optional<Service> service;
};

const json urine{{"key", "k"}, {"kind", "urine"}, {"bed", "bed-3"}, {"value", 50}, {"unit", "mL"}};
const json stop{{"key", "k"}, {"kind", "stop"}, {"bed", "bed-3"}};

json with(json body, const char* name, const json& value)
{
    body[name] = value;
    return body;
}

TEST_F(GateTest, OverTlsTheSessionHasACookieThatNoOtherSiteCanSet)
{
    ASSERT_EQ(unlock("midwife")["status"], 200);
    const std::string plain = cookie;
    EXPECT_THAT(cookie_header, AllOf(testing::StartsWith("magwatch_session="), HasSubstr("; HttpOnly"),
                                     HasSubstr("; SameSite=Strict"), testing::Not(HasSubstr("Secure"))));
    tls = true;
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401) << "a cookie that went in the clear";
    cookie.clear();
    ASSERT_EQ(unlock("midwife")["status"], 200);
    EXPECT_THAT(cookie_header,
                AllOf(testing::StartsWith("__Host-magwatch_session="), HasSubstr("; Secure"), HasSubstr("; HttpOnly"),
                      HasSubstr("; SameSite=Strict"), HasSubstr("; Path=/;"), HasSubstr("; Max-Age=600"),
                      testing::Not(HasSubstr("Domain"))));
    EXPECT_EQ(post("/api/v1/entries", urine)["asked"], "midwife");
    const std::string secure = cookie, token = secure.substr(secure.find('=') + 1);
    cookie = "magwatch_session=" + token;
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401) << "set by a page without TLS";
    cookie = secure;
    tls = false;
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401);
    tls = true;
    ASSERT_EQ(post("/api/v1/session/lock", json::object())["status"], 200);
    EXPECT_THAT(cookie_header, AllOf(testing::StartsWith("__Host-magwatch_session=;"), HasSubstr("; Secure"),
                                     HasSubstr("; Max-Age=0")));
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401);
}

TEST_F(GateTest, EveryChangeStandsInTheTableAndWhatDoesNotIsRefused)
{
    for (const Route& route : routes())
        EXPECT_EQ(access_of(route.id) != nullptr, route.guard == Guard::change) << route.pattern;
    Gate gate{{people, "", ""}};
    const Route unknown{RouteId::beds, Method::post, "/api/v1/beds", "beds", Guard::change};
    EXPECT_EQ(std::get<Gate::Refusal>(gate.look(unknown, request("/api/v1/beds", {}), false, now)).status, 403U);
}

// Every route that changes anything, with every role and with none.
TEST_F(GateTest, EveryRouteTakesTheRolesOfTheTableAndNoOther)
{
    std::vector<std::string> unlocked;
    for (const std::string_view role : role_names) {
        ASSERT_EQ(unlock(std::string{role})["status"], 200);
        unlocked.push_back(cookie);
    }
    for (const Access& access : accesses()) {
        if (access.proof == Proof::none || access.proof == Proof::anybody) continue;
        const auto route = std::find_if(routes().begin(), routes().end(),
                                        [&](const Route& one) { return one.id == access.route; });
        ASSERT_NE(route, routes().end());
        cookie.clear();
        const std::string target{route->pattern};
        const json locked = post(target, {{"person", "midwife"}});
        const bool by_name = access.proof == Proof::tap;
        if (!by_name) {
            // Whose PIN would not do is not asked for it.
            const bool never = access.proof == Proof::pin && !may(access, Role::midwife);
            EXPECT_EQ(locked["status"], never || access.proof == Proof::local ? 403 : 401) << target << locked;
        }
        EXPECT_EQ(post(target, {{"person", "stranger"}})["status"], by_name || access.proof == Proof::local ? 403 : 401);
        for (std::size_t i = 0; i < role_names.size(); ++i) {
            const std::string role{role_names[i]};
            cookie = unlocked[i];
            const json answer = post(target, {{"person", role}, {"pin", pin}});
            // What passes is looked at by the reader of bodies, which misses its fields.
            const bool passed = answer["status"] != 401 && answer["status"] != 403;
            EXPECT_EQ(passed, by_name || may(access, static_cast<Role>(i))) << target << " " << role << answer;
            if (!passed && access.proof != Proof::local) {
                EXPECT_THAT(answer["error"].get<std::string>(), HasSubstr("Your role (" + role + ") cannot "));
            }
        }
    }
}

TEST_F(GateTest, AStationThatIsUnlockedChartsUnderThatNameAlone)
{
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401);
    const json unlocked = unlock("midwife");
    EXPECT_EQ(unlocked["unlocked"]["role"], "midwife");
    EXPECT_EQ(unlocked["unlocked"]["until"], "2027-01-15T08:10:00.000Z");
    EXPECT_THAT(cookie_header, AllOf(HasSubstr("magwatch_session="), HasSubstr("HttpOnly"),
                                     HasSubstr("SameSite=Strict"), HasSubstr("Path=/")));
    EXPECT_EQ(get("/api/v1/session")["unlocked"]["person"], "midwife");
    EXPECT_EQ(post("/api/v1/entries", urine)["asked"], "midwife") << "the session says who";
    EXPECT_EQ(post("/api/v1/entries", with(urine, "person", "midwife"))["asked"], "midwife");
    const json other = post("/api/v1/entries", with(urine, "person", "doctor"));
    EXPECT_EQ(other["status"], 403);
    EXPECT_EQ(other["field"], "person");
    now.boottime += unlocked_for;
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401);
    EXPECT_TRUE(get("/api/v1/session")["unlocked"].is_null());
}

// Break-glass: a locked station, no name and no PIN; and no name is taken.
TEST_F(GateTest, ThatSomebodyIsHereNeedsNobody)
{
    const json here{{"bed", "bed-3"}, {"station", "desk"}};
    EXPECT_EQ(post("/api/v1/here", here)["asked"], "");
    EXPECT_EQ(post("/api/v1/here", with(here, "person", "midwife"))["status"], 422);
    people = People{};
    start();
    EXPECT_EQ(post("/api/v1/here", here)["asked"], "") << "also before anybody is set up";
    for (const Access& access : accesses())
        EXPECT_EQ(access.proof == Proof::anybody, access.route == RouteId::here);
}

TEST_F(GateTest, WhatNeedsNobodyIsBoundedForEachAddress)
{
    Request here = request("/api/v1/here", {{"bed", "bed-3"}, {"station", "desk"}});
    for (unsigned i = 0; i < writes_at_once; ++i) EXPECT_EQ(send(here)["status"], 0) << i;
    const json refused = send(here);
    EXPECT_EQ(refused["status"], 429);
    EXPECT_EQ(refused["retry_after_seconds"], 6);
    here.body = json{{"bed", "bed-3"}, {"station", "another word"}}.dump();
    EXPECT_EQ(send(here)["status"], 429) << "what it calls itself changes nothing";
    now.boottime += write_every;
    EXPECT_EQ(send(here)["status"], 0);
    EXPECT_EQ(send(here)["status"], 429);
    here.station = "192.0.2.7";
    EXPECT_EQ(send(here)["status"], 0) << "others are not held up by it";
    here.trusted_peer = true;
    here.station = "127.0.0.1";
    EXPECT_EQ(send(here)["status"], 0) << "nor the Unix socket";
    EXPECT_EQ(post("/api/v1/calls/1207/answer", {{"person", "doctor"}, {"answer", "here"}})["status"], 0);
}

TEST(WriteLimit, RemembersABoundedNumberOfAddresses)
{
    WriteLimit limit;
    for (unsigned i = 0; i < writes_at_once; ++i) EXPECT_EQ(limit.take("busy", Duration{1}), Duration{0});
    for (std::size_t i = 0; i < 4 * write_addresses; ++i)
        EXPECT_EQ(limit.take("address " + std::to_string(i), Duration{2}), Duration{0});
    EXPECT_GT(limit.take("busy", Duration{3}), Duration{0}) << "many others do not make it forget who writes most";
}

// A dose waits for nobody; but a second check that nobody proved is none.
TEST_F(GateTest, ADoseStartsAtOnceAndItsSecondCheckIsProvenByAPin)
{
    const json start{{"key", "k"}, {"step", "calcium"}, {"act", "start"}, {"person", "midwife"}};
    const auto tapped = [&](const json& body) {
        Handled handled = service->handle(request("/api/v1/beds/bed-3/protocol/step", body), now);
        if (auto* job = std::get_if<PinJob>(&handled.result)) {
            const PinOutcome outcome = look_at(*job);
            auto looked = service->pin_looked_at(std::move(*job), outcome, now);
            std::visit([&](auto& given) { handled.result = std::move(given); }, looked);
        }
        const Ask ask = std::get<Ask>(handled.result);
        const Action action = std::get<Action>(ask.inputs.at(0));
        EXPECT_EQ(action.person, "midwife");
        return std::pair{std::get<ProtocolTap>(action.what).text, ask.warning};
    };
    const json checked = with(start, "second_person", "doctor");
    EXPECT_EQ(tapped(with(checked, "second_pin", pin)), (std::pair<std::string, std::string>{"doctor", ""}));
    EXPECT_EQ(tapped(start), (std::pair<std::string, std::string>{"", ""}));
    EXPECT_EQ(tapped(checked).first, "") << "a name alone proves nothing";
    EXPECT_THAT(tapped(checked).second, HasSubstr("without the second check"));
    EXPECT_EQ(tapped(with(checked, "second_pin", "111111")).first, "");
    EXPECT_THAT(tapped(with(checked, "second_pin", "111111")).second, HasSubstr("not the right one"));
    EXPECT_EQ(tapped(with(with(checked, "second_person", "auditor"), "second_pin", pin)).first, "");
    EXPECT_EQ(tapped(with(with(checked, "second_person", "stranger"), "second_pin", pin)).first, "");
    for (int i = 0; i < 4; ++i) (void)tapped(with(checked, "second_pin", "111111"));
    EXPECT_THAT(tapped(with(checked, "second_pin", pin)).second, HasSubstr("too many wrong PINs"))
        << "guessing waits, the dose does not";
}

TEST_F(GateTest, APinThatNobodyCouldLookAtIsNotCalledWrongAndCountsForNothing)
{
    no_memory = true;
    for (int i = 0; i < 5; ++i) {
        const json said = unlock("midwife");
        EXPECT_EQ(said["status"], 503);
        EXPECT_THAT(said["error"].get<std::string>(), HasSubstr("no memory to look at the PIN"));
    }
    no_memory = false;
    EXPECT_EQ(unlock("midwife")["status"], 200);
}

TEST_F(GateTest, AChangedRateIsChartedAtOnceAndItsSecondCheckIsProvenByAPin)
{
    ASSERT_EQ(unlock("midwife")["status"], 200);
    const json rate{{"key", "k"}, {"kind", "infusion"}, {"bed", "bed-3"}, {"value", 2}, {"unit", "g/h"}};
    const auto charted = [&](const json& body) {
        Handled handled = service->handle(request("/api/v1/entries", body), now);
        if (auto* job = std::get_if<PinJob>(&handled.result)) {
            const PinOutcome outcome = look_at(*job);
            auto looked = service->pin_looked_at(std::move(*job), outcome, now);
            std::visit([&](auto& given) { handled.result = std::move(given); }, looked);
        }
        const Ask ask = std::get<Ask>(handled.result);
        const Entry entry = std::get<Entry>(ask.inputs.at(0));
        EXPECT_EQ(entry.person, "midwife");
        return std::pair{entry.second, ask.warning};
    };
    const json checked = with(rate, "second_person", "doctor");
    EXPECT_EQ(charted(with(checked, "second_pin", pin)), (std::pair<std::string, std::string>{"doctor", ""}));
    EXPECT_EQ(charted(rate).first, "");
    EXPECT_EQ(charted(checked).first, "") << "a name alone proves nothing";
    EXPECT_THAT(charted(checked).second, HasSubstr("charted without the second check"));
    EXPECT_EQ(charted(with(checked, "second_pin", "111111")).first, "");
    EXPECT_EQ(charted(with(with(checked, "second_person", "auditor"), "second_pin", pin)).first, "");
}

TEST_F(GateTest, ASecondCheckThatComesLaterIsProvenByThatPersonsPin)
{
    const json dose{{"key", "k"}, {"step", "calcium"}, {"act", "second"}};
    for (const auto& [path, body] : {std::pair{std::string{"/api/v1/beds/bed-3/protocol/step"}, dose},
                                     std::pair{std::string{"/api/v1/beds/bed-3/second-check"}, json::object()}}) {
        const json named = with(body, "person", "doctor");
        EXPECT_EQ(post(path, named)["status"], 401) << path << ": a name tap is no check";
        EXPECT_EQ(post(path, named)["field"], "pin");
        EXPECT_EQ(post(path, with(named, "pin", pin))["asked"], "doctor") << path;
        EXPECT_EQ(post(path, with(named, "pin", "111111"))["status"], 401) << path;
        EXPECT_EQ(post(path, with(with(body, "person", "auditor"), "pin", pin))["status"], 403) << path;
    }
    const json done = with(with(dose, "act", "done"), "person", "midwife");
    EXPECT_EQ(post("/api/v1/beds/bed-3/protocol/step", done)["asked"], "midwife") << "every other step is a tap";
}

TEST_F(GateTest, ConcernNeedsANameAloneAndEndingItASession)
{
    const json concerned{{"key", "k"}, {"kind", "concerned"}, {"bed", "bed-3"}};
    EXPECT_EQ(post("/api/v1/entries", with(concerned, "person", "auditor"))["asked"], "auditor");
    EXPECT_EQ(post("/api/v1/entries", concerned)["status"], 403) << "but a name it needs";
    EXPECT_EQ(post("/api/v1/entries", with(with(concerned, "kind", "not_concerned"), "person", "midwife"))["status"],
              401);
    const json corrected = with(with(with(stop, "person", "midwife"), "corrects", "3-1"), "reason", "wrong bed");
    EXPECT_EQ(post("/api/v1/entries", corrected)["status"], 401) << "what strikes something through waits for a PIN";
}

TEST_F(GateTest, LockingEndsItAtOnce)
{
    ASSERT_EQ(unlock("midwife")["status"], 200);
    EXPECT_EQ(post("/api/v1/session/lock", json::object())["status"], 200);
    EXPECT_THAT(cookie_header, HasSubstr("Max-Age=0"));
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401) << "the old cookie opens nothing";
}

TEST_F(GateTest, AcknowledgingAsksForThePinEachTime)
{
    const std::string path = "/api/v1/alarms/3-7/acknowledge";
    ASSERT_EQ(unlock("midwife")["status"], 200);
    const json without = post(path, json::object());
    EXPECT_EQ(without["status"], 401);
    EXPECT_EQ(without["field"], "pin");
    EXPECT_EQ(post(path, {{"pin", "999999"}})["status"], 401);
    EXPECT_EQ(post(path, {{"pin", pin}})["asked"], "midwife");
    cookie.clear();
    EXPECT_EQ(post(path, {{"pin", pin}, {"person", "doctor"}})["asked"], "doctor") << "the station may be locked";
    EXPECT_EQ(post(path, {{"pin", pin}})["status"], 401) << "whose?";
    EXPECT_EQ(post(path, {{"pin", pin}, {"person", "left"}})["status"], 401);
}

TEST_F(GateTest, WhoeverIsAtTheBedNeedsANameAndNoPin)
{
    const json here{{"person", "doctor"}, {"answer", "here"}};
    EXPECT_EQ(post("/api/v1/calls/1207/answer", here)["asked"], "doctor");
    EXPECT_EQ(post("/api/v1/entries", with(stop, "person", "midwife"))["asked"], "midwife");
    for (const char* nobody : {"", "left", "stranger"})
        EXPECT_EQ(post("/api/v1/entries", with(stop, "person", nobody))["status"], 403) << nobody;
}

TEST_F(GateTest, WrongPinsWaitLongerAndSeeingTheAlarmsNeverDoes)
{
    for (int i = 0; i < 3; ++i) EXPECT_EQ(unlock("midwife", "999999")["status"], 401);
    const json waiting = unlock("midwife");
    EXPECT_EQ(waiting["status"], 401) << "the right one waits, too";
    EXPECT_EQ(waiting["retry_after_seconds"], 1);
    EXPECT_EQ(unlock("doctor")["status"], 401) << "the station waits, whoever comes";
    EXPECT_EQ(get("/api/v1/alarms")["alarms"].size(), 1U);
    EXPECT_EQ(post("/api/v1/calls/1207/answer", {{"person", "doctor"}, {"answer", "here"}})["asked"], "doctor");
    now.boottime += Duration{1000};
    EXPECT_EQ(unlock("midwife")["status"], 200);
    EXPECT_EQ(unlock("midwife", "999999")["retry_after_seconds"], 0) << "a right one forgets the wrong ones";
    // An unknown name waits as a known one does: nobody learns from it who has a PIN.
    for (int i = 0; i < 2; ++i) EXPECT_EQ(unlock("stranger", "999999")["status"], 401);
    EXPECT_EQ(unlock("stranger")["status"], 401);
}

TEST_F(GateTest, OnAWardWithNobodySetUpNothingCanBeChangedOverTheNetwork)
{
    people = {};
    start();
    const json answer = post("/api/v1/entries", with(urine, "person", "midwife"));
    EXPECT_EQ(answer["status"], 403);
    EXPECT_THAT(answer["error"].get<std::string>(), HasSubstr("magwatch user add"));
    EXPECT_EQ(get("/api/v1/session")["setup_needed"], true);
    EXPECT_EQ(get("/api/v1/alarms")["status"], 200);
    Request local = request("/api/v1/entries", with(urine, "person", "midwife"));
    local.trusted_peer = true;
    EXPECT_EQ(send(local)["asked"], "midwife") << "the Unix socket stays as it is";
}

TEST_F(GateTest, AListThatCannotBeReadLetsNobodyChangeAnything)
{
    broken = "people.json: damaged";
    start();
    EXPECT_THAT(post("/api/v1/entries", urine)["error"].get<std::string>(), HasSubstr("damaged"));
    EXPECT_EQ(get("/api/v1/beds")["status"], 200);
}

TEST_F(GateTest, ASimulationLetsItsDirectorPlayEverybodyAndAsksBrowsersAsAWardDoes)
{
    PublishedWard ward = sample_ward();
    ward.view.mode = Mode::demo;
    board.publish(shared(ward));
    Request program = request("/api/v1/entries", with(urine, "person", "anybody"));
    EXPECT_EQ(send(program)["status"], 401) << "a browser";
    program.origin = program.fetch_site = "";
    EXPECT_EQ(send(program)["asked"], "anybody");
    EXPECT_EQ(get("/api/v1/session")["setup_needed"], false);
}

TEST_F(GateTest, PeopleAreChangedByRootOnThisMachineAlone)
{
    const json fresh{{"name", "new"}, {"role", "midwife"}, {"pin", "135790"}};
    ASSERT_EQ(unlock("admin")["status"], 200);
    EXPECT_EQ(post("/api/v1/people", fresh)["status"], 403);
    Request local = request("/api/v1/people", fresh);
    local.trusted_peer = true;
    local.station = "user 54321";
    EXPECT_EQ(send(local)["status"], 403) << "a member of the group";
    local.station = "user 0";
    EXPECT_EQ(send(local)["accepted"], true);
    EXPECT_EQ(unlock("new", "135790")["status"], 200);
    EXPECT_EQ(post("/api/v1/entries", urine)["asked"], "new");
    local.body = R"({"name":"new","enabled":false})";
    EXPECT_EQ(send(local)["accepted"], true);
    EXPECT_EQ(post("/api/v1/entries", urine)["status"], 401) << "at once";
    EXPECT_EQ(unlock("new", "135790")["status"], 401);
    for (const char* bad : {R"({"name":"x"})", R"({"name":"x","role":"king"})", R"({"name":"new","pin":"123456"})",
                            R"({"name":"new","hash":"x"})"}) {
        local.body = bad;
        EXPECT_EQ(send(local)["status"], 422) << bad;
    }
    const json list = get("/api/v1/people")["people"];
    EXPECT_EQ(list.size(), role_names.size()) << "those who may act";
    EXPECT_EQ(list[0], (json{{"name", "admin"}, {"label", "admin"}, {"role", "admin"}, {"has_pin", true}}));
    EXPECT_EQ(list.dump().find("argon2"), std::string::npos);
}

// --- the first person of a ward ---

const json first{{"name", "charge-1"}, {"label", "Midwife in charge"}, {"role", "charge"}, {"pin", "135790"}};

class SetupTest : public GateTest
{
protected:
    SetupTest()
    {
        people = {};
        start();
    }
    json setup(const std::string& code) { return post("/api/v1/setup", with(first, "code", code)); }
    std::string shown()
    {
        Request local = request("/api/v1/setup/code", json::object());
        local.trusted_peer = true;
        local.station = "user 0";
        const json answer = send(local);
        return answer.value("code", "");
    }
};

TEST_F(SetupTest, TheCodeMakesTheFirstPersonWhoCanThenUnlock)
{
    const std::string code = service->make_setup_code(now);
    EXPECT_THAT(code, testing::MatchesRegex("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}"));
    EXPECT_EQ(setup(code)["accepted"], true);
    EXPECT_EQ(get("/api/v1/session")["setup_needed"], false);
    EXPECT_EQ(unlock("charge-1", "135790")["unlocked"]["role"], "charge");
}

TEST_F(SetupTest, ItIsGoodOnceAndForNobodyAfterThat)
{
    const std::string code = service->make_setup_code(now);
    ASSERT_EQ(setup(code)["accepted"], true);
    EXPECT_EQ(setup(code)["status"], 409);
    EXPECT_EQ(shown(), "");
    EXPECT_EQ(service->make_setup_code(now), "");
}

// Two who have the code at the same moment: the second one's PIN is hashed already when the first one's is kept.
TEST_F(SetupTest, OfTwoAtTheSameTimeOneIsFirst)
{
    const std::string code = service->make_setup_code(now);
    Handled one = service->handle(request("/api/v1/setup", with(first, "code", code)), now);
    Handled two = service->handle(request("/api/v1/setup", with(with(first, "code", code), "name", "other")), now);
    PinJob a = std::move(std::get<PinJob>(one.result)), b = std::move(std::get<PinJob>(two.result));
    const PinOutcome hash_a = look_at(a), hash_b = look_at(b);
    EXPECT_EQ(std::get<Response>(service->pin_looked_at(std::move(a), hash_a, now)).status, 200U);
    EXPECT_EQ(std::get<Response>(service->pin_looked_at(std::move(b), hash_b, now)).status, 409U);
    EXPECT_EQ(get("/api/v1/people")["people"].size(), 1U);
}

TEST_F(SetupTest, GuessesWaitLongerAndTheRightOneWaitsToo)
{
    const std::string code = service->make_setup_code(now);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(setup("00000-00000")["status"], 401);
    json waiting = setup(code);
    EXPECT_EQ(waiting["status"], 401);
    EXPECT_EQ(waiting["retry_after_seconds"], 1);
    for (int i = 0; i < 10; ++i) {
        now.boottime += Duration{60'000};
        EXPECT_EQ(setup("00000-00000")["status"], 401);
    }
    waiting = setup(code);
    EXPECT_EQ(waiting["retry_after_seconds"], 60);
    now.boottime += Duration{60'000};
    EXPECT_EQ(setup(code)["accepted"], true);
}

TEST_F(SetupTest, ItIsOverAfterAnHourAfterARestartAndWhenAnotherIsShown)
{
    std::string code = service->make_setup_code(now);
    now.boottime += setup_code_lasts;
    EXPECT_EQ(setup(code)["status"], 401);
    code = service->make_setup_code(now);
    const std::string another = shown();
    EXPECT_NE(another, code);
    EXPECT_EQ(setup(code)["status"], 401);
    start();
    EXPECT_EQ(setup(another)["status"], 401) << "it was in memory alone";
    EXPECT_EQ(setup(shown())["accepted"], true);
}

TEST_F(SetupTest, ItIsAChangeLikeAnyOtherAndMakesNoOtherRole)
{
    const std::string code = service->make_setup_code(now);
    Request foreign = request("/api/v1/setup", with(first, "code", code));
    foreign.origin = "http://evil.example";
    EXPECT_EQ(send(foreign)["status"], 403);
    foreign = request("/api/v1/setup", with(first, "code", code));
    foreign.client = "";
    EXPECT_EQ(send(foreign)["status"], 403);
    for (const char* role : {"midwife", "doctor", "biomed", "auditor"})
        EXPECT_EQ(post("/api/v1/setup", with(with(first, "code", code), "role", role))["status"], 422) << role;
    EXPECT_EQ(post("/api/v1/setup", with(with(first, "code", code), "pin", "123456"))["status"], 422);
    EXPECT_EQ(post("/api/v1/setup", first)["status"], 422) << "without a code";
    EXPECT_EQ(setup(code)["accepted"], true) << "none of these used it up";
}

TEST_F(SetupTest, ItIsShownToRootAlone)
{
    EXPECT_EQ(post("/api/v1/setup/code", json::object())["status"], 403);
    Request member = request("/api/v1/setup/code", json::object());
    member.trusted_peer = true;
    member.station = "user 54321";
    EXPECT_EQ(send(member)["status"], 403);
    EXPECT_NE(shown(), "");
}

TEST_F(SetupTest, AWardWhereSomebodyHasAPinAndASimulationTakeNone)
{
    people.put("one", {"one", Role::midwife, hash_pin(pin), true});
    start();
    EXPECT_EQ(service->make_setup_code(now), "");
    EXPECT_EQ(setup("00000-00000")["status"], 409);
    people = {};
    start();
    PublishedWard ward = sample_ward();
    ward.view.mode = Mode::demo;
    board.publish(shared(ward));
    EXPECT_EQ(shown(), "");
    EXPECT_EQ(setup("00000-00000")["status"], 409);
}

// --- what the audit trail says of it ---

class AuditedTest : public GateTest
{
protected:
    // The event of a request, or nothing.
    std::optional<audit::Event> event_of(const Request& sent)
    {
        Handled handled = service->handle(sent, now);
        std::optional<audit::Event> event = handled.audited;
        if (auto* job = std::get_if<PinJob>(&handled.result)) {
            const PinOutcome outcome = look_at(*job);
            auto looked = service->pin_looked_at(std::move(*job), outcome, now);
            std::visit([&](auto& given) { handled.result = std::move(given); }, looked);
        }
        const auto* response = std::get_if<Response>(&handled.result);
        if (!event || !conclude(*event, response != nullptr ? response->status : 200)) return std::nullopt;
        return event;
    }
    audit::Event must(const Request& sent)
    {
        auto event = event_of(sent);
        EXPECT_TRUE(event) << sent.target;
        return event.value_or(audit::Event{});
    }
    Request look_at_path(const std::string& target)
    {
        Request out = request(target, {});
        out.method = Method::get;
        return out;
    }
};

TEST_F(AuditedTest, EveryChangeIsAnEventWhetherItIsLetThroughOrNot)
{
    for (const Route& route : routes()) {
        if (route.guard != Guard::change) continue;
        const audit::Event refused = must(request(std::string{route.pattern}, {{"person", "stranger"}}));
        EXPECT_EQ(refused.action, route.name);
        EXPECT_EQ(refused.station, "127.0.0.1");
        EXPECT_EQ(refused.outcome, route.id == RouteId::session_lock ? "accepted" : "refused") << route.pattern;
        EXPECT_EQ(refused.actor, "") << "whoever is not in the list is nobody";
        Request foreign = request(std::string{route.pattern}, json::object());
        foreign.origin = "http://evil.example";
        EXPECT_EQ(must(foreign).status, 403U) << route.pattern;
    }
}

TEST_F(AuditedTest, SaysWhoItWasAndByWhat)
{
    audit::Event event = must(request("/api/v1/session/unlock", {{"person", "midwife"}, {"pin", "999999"}}));
    EXPECT_EQ(std::tie(event.actor, event.outcome), std::tuple("midwife", "refused"));
    EXPECT_EQ(event.status, 401U);
    EXPECT_EQ(event.body, R"({"person":"midwife"})");
    ASSERT_EQ(unlock("midwife")["status"], 200);
    event = must(request("/api/v1/entries", urine));
    EXPECT_EQ(std::tie(event.actor, event.proof, event.object, event.outcome),
              std::tuple("midwife", "session", "bed-3", "accepted"));
    event = must(request("/api/v1/entries", with(stop, "person", "doctor")));
    EXPECT_EQ(std::tie(event.actor, event.proof), std::tuple("doctor", "name"));
    event = must(request("/api/v1/alarms/3-7/acknowledge", {{"pin", pin}, {"person", "doctor"}}));
    EXPECT_EQ(std::tie(event.actor, event.proof, event.object), std::tuple("doctor", "pin", "3-7"));
    Request local = request("/api/v1/entries", with(urine, "person", "midwife-7"));
    local.trusted_peer = true;
    local.station = "user 0";
    event = must(local);
    EXPECT_EQ(std::tie(event.actor, event.proof, event.station), std::tuple("midwife-7", "socket", "user 0"));
}

TEST_F(AuditedTest, AStrangersWordsAreNotRepeated)
{
    const audit::Event event = must(request("/api/v1/entries", with(with(urine, "person", "Jane Doe"), "surname", "Doe")));
    EXPECT_EQ(event.actor, "");
    EXPECT_EQ(event.proof, "none");
    EXPECT_THAT(event.body, testing::Not(HasSubstr("surname")));
    EXPECT_THAT(event.body, testing::Not(HasSubstr("Jane Doe")));
}

TEST_F(AuditedTest, WhatWasTypedInPlaceOfANameIsNotRepeated)
{
    const std::string asked = must(request("/api/v1/session/unlock", {{"person", "246810"}, {"pin", "999999"}})).body;
    EXPECT_THAT(asked, HasSubstr(R"--("person":"(unknown)")--")) << "the hash of a PIN is soon the PIN";
    EXPECT_THAT(asked, testing::Not(HasSubstr("246810")));
    ASSERT_EQ(unlock("midwife")["status"], 200);
    const audit::Event event = must(request("/api/v1/entries", with(with(urine, "person", "Jane Doe"), "second_person", "Jane")));
    EXPECT_EQ(event.actor, "midwife");
    EXPECT_THAT(event.body, testing::Not(HasSubstr("Jane")));
}

TEST_F(AuditedTest, WhoeverLooksAtABedIsAnEventAndAHealthCheckIsNone)
{
    EXPECT_EQ(must(look_at_path("/api/v1/beds/bed-3")).object, "bed-3");
    EXPECT_EQ(must(look_at_path("/api/v1/beds/bed-3/export.csv")).outcome, "read");
    EXPECT_EQ(must(look_at_path("/api/v1/beds/bed-3/protocol")).action, "protocol");
    EXPECT_EQ(must(look_at_path("/api/v1/beds")).object, "all beds");
    EXPECT_EQ(must(look_at_path("/api/v1/stream")).object, "all beds");
    ASSERT_EQ(unlock("midwife")["status"], 200);
    EXPECT_EQ(must(look_at_path("/api/v1/beds/bed-3")).actor, "midwife");
    EXPECT_FALSE(event_of(look_at_path("/api/v1/beds/nowhere")));
    EXPECT_FALSE(event_of(look_at_path("/healthz")));
    EXPECT_FALSE(event_of(look_at_path("/")));
    EXPECT_FALSE(event_of(look_at_path("/api/v1/people")));
}

} // namespace
} // namespace magwatch::http
