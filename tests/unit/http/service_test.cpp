#include "daemon/http/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* key = "0123456789abcdef0123456789abcdef";

class ServiceTest : public testing::Test
{
protected:
    ServiceTest()
    {
        ServiceOptions options;
        options.answer_key.emplace(Secret{key});
        options.metrics_text = [] { return std::string{"magwatch_build_info 1\n"}; };
        service.emplace(board, std::move(options));
        board.publish(shared(sample_ward()));
        board.progressed(Duration{1000});
        now.boottime = Duration{1500};
        now.wall = sample_now;
    }

    Handled handle(Method method, std::string target, std::string body = {})
    {
        Request request;
        request.method = method;
        request.target = std::move(target);
        request.host = "localhost";
        request.client = "test";
        request.content_type = request.target.starts_with("/answer/")
                                   ? "application/x-www-form-urlencoded"
                                   : "application/json";
        request.body = std::move(body);
        return service->handle(request, now);
    }
    Response response(Method method, std::string target, std::string body = {})
    {
        Handled handled = handle(method, std::move(target), std::move(body));
        return std::get<Response>(handled.result);
    }
    json get(const std::string& target, unsigned status = 200)
    {
        const Response r = response(Method::get, target);
        EXPECT_EQ(r.status, status) << target << " " << r.body;
        return json::parse(r.body);
    }
    std::string token(AnswerKind kind, Duration life = Duration{60'000})
    {
        return adapters::make_answer_token({CallId{3, 8}, "midwife-1", kind, sample_now + life},
                                           key);
    }

    // What midwife-1 said to the call, as the ward shows it.
    void tell(Responsibility answer, CallState state)
    {
        PublishedWard ward = sample_ward();
        ToldView told;
        told.person = "midwife-1";
        told.answer = answer;
        ward.view.calls.at(0).told = {told};
        ward.view.calls.at(0).state = state;
        board.publish(shared(ward));
    }

    Board board;
    ClockReading now;
    std::optional<Service> service;
};

TEST_F(ServiceTest, TellsTheLinesThatThePlotsOfABedDraw)
{
    EXPECT_EQ(get("/api/v1/beds/bed-4/limits")["limits"], json::array()) << "no rules run for it";
    EXPECT_EQ(get("/api/v1/beds/bed-4/limits")["pack"], nullptr);
    PublishedWard ward = sample_ward();
    ward.view.beds[0].pack = compile_pack("name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n[limits]\n"
                                          "rr_stop = { value = \"12 /min\", inclusive = true, source = \"s\" }\n"
                                          "[[rule]]\nid = \"rr-low\"\ntitle = \"t\"\nmessage = \"m\"\nprompt = \"p\"\n"
                                          "source = \"s\"\npriority = \"high\"\nwhen = \"rr below rr_stop\"\n",
                                          "p.toml").pack;
    ASSERT_TRUE(ward.view.beds[0].pack);
    board.publish(shared(ward));
    json told = get("/api/v1/beds/bed-3/limits");
    EXPECT_EQ(told["bed"], "bed-3");
    EXPECT_EQ(told["pack"], "p");
    json line = {{"signal", "rr"}, {"title", "respiratory rate"}, {"side", "below"},   {"value", 12},
                 {"unit", "/min"}, {"inclusive", true},           {"priority", "high"}, {"rule", "rr-low"},
                 {"limit", "rr_stop"}, {"alone", true},           {"own", false}};
    EXPECT_EQ(told["limits"], json::array({line}));
    ward.view.beds[0].own_limits = {{"rr_stop", "12 /min", "16 /min", sample_now, "asleep", "doctor-1"}};
    board.publish(shared(ward));
    line["own"] = true;
    EXPECT_EQ(get("/api/v1/beds/bed-3/limits")["limits"], json::array({line}));
    EXPECT_EQ(get("/api/v1/beds/bed-9/limits", 404)["field"], "");
}

TEST_F(ServiceTest, SaysWhyAnAlarmRang)
{
    const json unknown = get("/api/v1/alarms/3-7/rule");
    EXPECT_TRUE(unknown["text"].is_null()) << "no pack of this bed has the rule: it is not made up";
    EXPECT_EQ(unknown["inputs"], json::array());
    PublishedWard ward = sample_ward();
    BedView& bed = ward.view.beds[0];
    bed.pack = compile_pack("name = \"p\"\ntitle = \"t\"\nversion = \"1.2\"\n[limits]\n"
                            "rr_stop = { value = \"12 /min\", inclusive = true, source = \"A guideline\" }\n"
                            "[[rule]]\nid = \"rr-low\"\ntitle = \"t\"\nmessage = \"m\"\nprompt = \"p\"\n"
                            "source = \"the unit\"\npriority = \"high\"\nfor = \"30 s\"\n"
                            "when = \"rr below rr_stop and hr < 60 /min\"\n"
                            "[[check]]\nid = \"reflex\"\ntitle = \"Tendon reflexes\"\nsignals = [\"reflex_knee\"]\n"
                            "every = \"1 h\"\noverdue_after = \"15 min\"\nsource = \"s\"\n",
                            "p.toml").pack;
    ASSERT_TRUE(bed.pack);
    bed.own_limits = {{"rr_stop", "12 /min", "16 /min", sample_now, "asleep", "doctor-1"}};
    ward.view.episodes[0].rule = "rr-low";
    board.publish(shared(ward));
    const json told = get("/api/v1/alarms/3-7/rule");
    EXPECT_EQ(told["pack"], "p");
    EXPECT_EQ(told["version"], "1.2");
    EXPECT_EQ(told["text"], "A high physiological alarm, raised when rr below rr_stop and hr < 60 /min has held for 30 s. "
                            "It ends when that is known to be over, and stays until somebody has seen it.");
    EXPECT_EQ(told["source"], "the unit");
    EXPECT_EQ(told["limits"], json::array({{{"name", "rr_stop"}, {"value", "12 /min"}, {"source", "A guideline"},
                                            {"from", "p"}, {"own", true}}}));
    ASSERT_EQ(told["inputs"].size(), 2U);
    EXPECT_EQ(told["inputs"][0]["signal"], "hr");
    EXPECT_EQ(told["inputs"][1]["signal"], "rr");
    EXPECT_TRUE(told["inputs"][0]["value"].is_null()) << "nobody ever told it";
    ward.view.episodes[0].rule = "check.reflex";
    board.publish(shared(ward));
    EXPECT_EQ(get("/api/v1/alarms/3-7/rule")["text"], "A check of the pack's schedule is overdue: Tendon reflexes");
    EXPECT_EQ(get("/api/v1/alarms/3-9/rule", 404)["field"], "");
}

TEST_F(ServiceTest, HearsWhichBoardsAreSilentAndForgetsThemWithTheirWords)
{
    SoundCount counted;
    ServiceOptions options;
    options.metrics_text = [] { return std::string{"x 1\n"}; };
    options.sounds = [&](const SoundCount& boards) { counted = boards; };
    service.emplace(board, std::move(options));
    const auto say = [&](const char* who, const char* sound) {
        Handled handled = handle(Method::post, "/api/v1/boards/sound", json{{"board", who}, {"sound", sound}}.dump());
        EXPECT_EQ(std::get<Response>(handled.result).status, 200U);
        return handled.audited.has_value();
    };
    const auto scraped = [&] { return response(Method::get, "/metrics").status == 200 ? counted : SoundCount{9, 9}; };
    EXPECT_EQ(scraped(), (SoundCount{0, 0}));
    EXPECT_TRUE(say("a", "off"));
    EXPECT_FALSE(say("a", "off")) << "said twice a minute: no row of the trail for that";
    EXPECT_TRUE(say("b", "on"));
    EXPECT_EQ(scraped(), (SoundCount{1, 1}));
    EXPECT_TRUE(say("a", "on"));
    EXPECT_EQ(scraped(), (SoundCount{2, 0}));
    now.boottime += Duration{91'000};
    EXPECT_EQ(scraped(), (SoundCount{0, 0})) << "a board that is silent itself says nothing of its sound";
    EXPECT_EQ(response(Method::post, "/api/v1/boards/sound", R"({"board":"a","sound":"loud"})").status, 422U);
    for (int i = 0; i < 200; ++i) (void)say(std::to_string(i).c_str(), "off");
    EXPECT_EQ(scraped(), (SoundCount{0, 64})) << "no crowd of boards makes it grow";
}

TEST_F(ServiceTest, PredictsFromWhatIsRecorded)
{
    const json made = get("/api/v1/beds/bed-3/prediction");
    EXPECT_EQ(made["model"], "typical");
    EXPECT_EQ(made["creatinine_assumed"], true);
    // From the first dose, an hour ago, to six hours ahead, every 10 min.
    ASSERT_EQ(made["points"].size(), 43U);
    EXPECT_EQ(made["points"][0]["at"], "2027-01-15T07:00:00.000Z");
    EXPECT_EQ(made["points"][42]["at"], "2027-01-15T14:00:00.000Z");
    for (const json& point : made["points"]) {
        EXPECT_LT(point["p5_mmol_l"], point["p25_mmol_l"]);
        EXPECT_LT(point["p25_mmol_l"], point["p50_mmol_l"]);
        EXPECT_LT(point["p50_mmol_l"], point["p75_mmol_l"]);
        EXPECT_LT(point["p75_mmol_l"], point["p95_mmol_l"]);
        EXPECT_EQ(point["record_incomplete"], false);
    }
    EXPECT_GT(made["points"][2]["p50_mmol_l"], made["points"][0]["p50_mmol_l"]);
    EXPECT_THAT(made["levels"][1]["use"], HasSubstr("arm")) << "from the infusion arm: not fitted";
    EXPECT_TRUE(made["take_level_before"].is_null());
    EXPECT_THAT(made["what"], HasSubstr("no number here is an all-clear"));
}

TEST_F(ServiceTest, ShowsTheChecklistOfABedWithTheSitesWordsAlone)
{
    const json answer = get("/api/v1/beds/bed-3/protocol");
    EXPECT_EQ(answer["example"], false);
    EXPECT_EQ(answer["file"], "MG-7 v3, approved 2026-05-01 by Dr A. Lead");
    const json& list = answer["checklist"];
    EXPECT_EQ(list["branch"], "grade2");
    EXPECT_TRUE(list["opened_by"].is_null()) << "by rule";
    EXPECT_EQ(list["precautions"][0]["id"], "digoxin");
    const json& step = list["steps"][0];
    EXPECT_EQ(step["give"]["dose"], "1 g");
    EXPECT_EQ(step["give"]["second_check_missing"], true);
    EXPECT_EQ(step["timer"]["over"], true);
    EXPECT_EQ(step["timer"]["due"], "2027-01-15T07:59:30.000Z");
    EXPECT_EQ(step["taps"][0]["by"], "midwife-1");
    EXPECT_EQ(get("/api/v1/beds/bed-3")["bed"]["checklist"], list);
    EXPECT_TRUE(get("/api/v1/beds/bed-4/protocol")["checklist"].is_null());
    get("/api/v1/beds/bed-9/protocol", 404);
    EXPECT_EQ(get("/api/v1/status")["protocol_example"], false);
}

TEST_F(ServiceTest, ShowsTheChartInPlainWordsTheNewestFirst)
{
    PublishedWard ward = sample_ward();
    ChartEntry wrong;
    wrong.id = {3, 17};
    wrong.what = ValueEntry{Signal::reflex_knee, 0};
    wrong.by = "midwife-1";
    wrong.at = wrong.entered.wall = sample_now - Duration{600'000};
    wrong.struck = ChartStrike{"charge-1", sample_now, "typed wrong", {3, 18}};
    ChartEntry right = wrong;
    right.id = {3, 18};
    right.what = ValueEntry{Signal::reflex_knee, 2};
    right.corrects = wrong.id;
    right.struck.reset();
    ChartEntry result = right;
    result.id = {3, 19};
    result.what = LevelEntry{2.1, true};
    result.corrects = {};
    result.by = "laboratory";
    result.by_device = true;
    ChartEntry concern = right;
    concern.what = ConcernedEntry{"grey", false};
    ward.view.beds[0].chart =
        std::make_shared<const std::vector<ChartEntry>>(std::vector{wrong, right, result, concern});
    ward.view.beds[0].chart_count = 5;
    board.publish(shared(ward));
    const json chart = get("/api/v1/beds/bed-3/chart");
    EXPECT_EQ(chart["bed"], "bed-3");
    EXPECT_EQ(chart["count"], 5);
    ASSERT_EQ(chart["entries"].size(), 4U);
    EXPECT_EQ(chart["entries"][0]["kind"], "concerned");
    EXPECT_EQ(chart["entries"][0]["note"], "grey");
    EXPECT_EQ(chart["entries"][1]["text"], "serum magnesium 2.1 mmol/L");
    EXPECT_TRUE(chart["entries"][1]["by"].is_null());
    EXPECT_EQ(chart["entries"][1]["source"], "laboratory");
    EXPECT_EQ(chart["entries"][2]["corrects"], "3-17");
    EXPECT_TRUE(chart["entries"][2]["struck"].is_null());
    EXPECT_EQ(chart["entries"][3]["text"], "knee reflex 0");
    EXPECT_EQ(chart["entries"][3]["struck"], json({{"by", "charge-1"},
                                                   {"at", "2027-01-15T08:00:00.000Z"},
                                                   {"reason", "typed wrong"},
                                                   {"instead", "3-18"}}));
    EXPECT_EQ(get("/api/v1/beds/bed-3")["bed"]["chart_count"], 5);
    EXPECT_TRUE(get("/api/v1/beds/bed-4/chart")["entries"].empty());
    (void)get("/api/v1/beds/bed-9/chart", 404);
}

TEST_F(ServiceTest, ShowsTheScoresAsContext)
{
    const json scores = get("/api/v1/beds/bed-3")["bed"]["scores"];
    EXPECT_EQ(scores["news2"]["total_at_least"], 1);
    EXPECT_EQ(scores["news2"]["response"], "ward");
    EXPECT_EQ(scores["news2"]["validated_in_pregnancy"], false);
    EXPECT_THAT(scores["news2"]["missing"], testing::Contains("oxygen_given"));
    EXPECT_EQ(scores["meows"]["yellow"], 1);
    EXPECT_EQ(scores["meows"]["triggered"], false);
    EXPECT_EQ(scores["meows"]["items"][1], (json{{"parameter", "pulse"}, {"value", 104}, {"points", 1}}));
    EXPECT_TRUE(get("/api/v1/beds/bed-4")["bed"]["scores"]["meows"].is_null());
}

TEST_F(ServiceTest, SaysWhyItCannotPredict)
{
    EXPECT_EQ(get("/api/v1/beds/bed-4/prediction")["because"], "this bed is not watched");
    get("/api/v1/beds/bed-9/prediction", 404);
    PublishedWard ward = sample_ward();
    ward.view.beds[0].prediction.weight_kg.reset();
    board.publish(shared(ward));
    EXPECT_EQ(get("/api/v1/beds/bed-3/prediction")["because"], "her weight is not recorded");
    ward.view.beds[0].prediction.course = {};
    board.publish(shared(ward));
    EXPECT_EQ(get("/api/v1/beds/bed-3/prediction")["because"], "no magnesium is recorded");
}

TEST_F(ServiceTest, ALevelIsAskedForBeforeTheBandLeavesTheTarget)
{
    PublishedWard ward = sample_ward();
    (void)ward.view.beds[0].prediction.course.rate(Instant{6'000'000}, 4);
    board.publish(shared(ward));
    const json made = get("/api/v1/beds/bed-3/prediction");
    ASSERT_TRUE(made["take_level_before"].is_string()) << made;
    EXPECT_GE(made["take_level_before"], made["at"]) << "what lies behind us needs no level";
}

TEST_F(ServiceTest, SaysWhetherTheLoopMovesAndWhetherTheWardIsReady)
{
    EXPECT_EQ(get("/healthz")["alive"], true);
    EXPECT_EQ(get("/readyz")["ready"], true);
    now.boottime = Duration{1000} + alive_limit + Duration{1};
    EXPECT_EQ(get("/healthz", 503)["alive"], false);
    EXPECT_EQ(get("/readyz", 503)["because"], "the main loop stands still");
    EXPECT_EQ(get("/api/v1/status")["alive"], false);
    board.progressed(now.boottime);
    PublishedWard ward = sample_ward();
    ward.health.ready = false;
    ward.health.not_ready_because = "reading the journal";
    ward.health.faults = {{ShellFault::disk_low, "7 % free"}};
    board.publish(shared(ward));
    const json ready = get("/readyz", 503);
    EXPECT_EQ(ready["because"], "reading the journal");
    EXPECT_EQ(ready["faults"], json::array({"disk_low"}));
    EXPECT_EQ(get("/healthz")["alive"], true);
}

TEST_F(ServiceTest, SaysThatItStopsAndWhoWantedIt)
{
    EXPECT_EQ(get("/api/v1/status")["stopping"], json{});
    PublishedWard ward = sample_ward();
    ward.health.stopping = StopView{WallTime{1'767'225'600'000}, "systemd"};
    board.publish(shared(ward));
    EXPECT_EQ(get("/api/v1/status")["stopping"], (json{{"at", "2026-01-01T00:00:00.000Z"}, {"by", "systemd"}}));
}

TEST_F(ServiceTest, KnowsNothingBeforeTheFirstSnapshot)
{
    Board empty;
    Service early{empty, {}};
    Request request;
    request.method = Method::get;
    request.host = "localhost";
    for (const auto& [target, status] : {std::pair{"/healthz", 503U},
                                         {"/readyz", 503U},
                                         {"/api/v1/status", 503U},
                                         {"/metrics/clinical", 503U},
                                         {"/metrics", 200U}}) {
        request.target = target;
        EXPECT_EQ(std::get<Response>(early.handle(request, now).result).status, status) << target;
    }
}

TEST_F(ServiceTest, ClinicalMetricsAreOffUntilTheSiteSwitchesThemOn)
{
    EXPECT_THAT(get("/metrics/clinical", 404)["error"],
                AllOf(HasSubstr("off"), HasSubstr("[metrics] clinical = true")));
    PublishedWard ward = sample_ward();
    ward.clinical_metrics = true;
    board.publish(shared(ward));
    const Response on = response(Method::get, "/metrics/clinical");
    EXPECT_EQ(on.status, 200U);
    EXPECT_EQ(on.content_type, Metrics::content_type);
    // A loop that stands still would give old values as new ones.
    now.boottime = Duration{60'000};
    get("/metrics/clinical", 503);
}

TEST_F(ServiceTest, ClinicalMetricsHoldWhatIsKnownNowAndNoIdentity)
{
    PublishedWard ward = sample_ward();
    ward.clinical_metrics = true;
    ward.view.beds[0].watched_by = "midwife-1";
    board.publish(shared(ward));
    const std::string text = response(Method::get, "/metrics/clinical").body;
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_simulation 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_bed_watched{bed=\"bed-4\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_oxygen_saturation_percent{bed=\"bed-3\"} 97\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_infusion_rate_grams_per_hour{bed=\"bed-3\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_magnesium_dose_grams{bed=\"bed-3\"} 5\n"));
    for (const char* band : {"p5", "p50", "p95"})
        EXPECT_THAT(text, HasSubstr(std::string{"magwatch_clinical_magnesium_estimate_mmol_per_liter{bed=\"bed-3\","
                                                "band=\""} + band + "\"} "));
    // Stale: its family is there, its age is, a value is not.
    EXPECT_THAT(text, HasSubstr("# TYPE magwatch_clinical_respiratory_rate_per_minute gauge\n"));
    EXPECT_THAT(text, Not(HasSubstr("magwatch_clinical_respiratory_rate_per_minute{")));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_signal_age_seconds{bed=\"bed-3\",signal=\"rr\"} 60\n"));
    // Counts are there at 0 for every bed.
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_alarms_active{bed=\"bed-3\",kind=\"physiological\","
                                "priority=\"high\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_alarms_active{bed=\"bed-4\",kind=\"technical\","
                                "priority=\"low\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_calls_unanswered{bed=\"bed-3\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_clinical_checks_overdue{bed=\"bed-4\"} 0\n"));
    for (const char* never : {"midwife", "monitor-3", "Ward L4", "1207", "secret.example"})
        EXPECT_THAT(text, Not(HasSubstr(never)));
    // Not watched: no value, whatever is known.
    ward.view.beds[0].watched = false;
    board.publish(shared(ward));
    const std::string unwatched = response(Method::get, "/metrics/clinical").body;
    for (const char* gone : {"oxygen_saturation_percent{", "estimate_mmol_per_liter{", "infusion_rate_grams_per_hour{"})
        EXPECT_THAT(unwatched, Not(HasSubstr(gone)));
}

TEST_F(ServiceTest, AnUnknownRateOfTheInfusionIsNoSample)
{
    PublishedWard ward = sample_ward();
    ward.clinical_metrics = true;
    ward.view.beds[0].rate_unknown_since = sample_now;
    board.publish(shared(ward));
    EXPECT_THAT(response(Method::get, "/metrics/clinical").body,
                Not(HasSubstr("magwatch_clinical_infusion_rate_grams_per_hour{")));
}

TEST_F(ServiceTest, ShowsTheWard)
{
    const json status = get("/api/v1/status");
    EXPECT_EQ(status["simulation"], false);
    EXPECT_EQ(status["beds_watched"], 1);
    EXPECT_EQ(status["alarms"]["physiological"]["high"], 1);
    const json bed = get("/api/v1/beds")["beds"][0];
    EXPECT_EQ(bed["alias"], "bed-3");
    // A stale value is no value; what it was stands beside it with its time.
    EXPECT_EQ(bed["signals"][0]["value"], nullptr);
    EXPECT_EQ(bed["signals"][0]["last"]["value"], 14);
    EXPECT_EQ(bed["signals"][0]["last"]["at"], "2027-01-15T07:59:00.000Z");
    EXPECT_EQ(bed["signals"][1]["value"], 97);
    EXPECT_EQ(bed["signals"][1]["unit"], "%");
    EXPECT_EQ(bed["infusion"]["rate"]["unit"], "g/h");
    EXPECT_EQ(bed["checks"][0]["overdue"], true);
    EXPECT_EQ(bed["alarms"][0]["id"], "3-7");
    EXPECT_EQ(get("/api/v1/beds/bed-4")["bed"]["watched"], false);
    EXPECT_EQ(get("/api/v1/beds/bed-9", 404)["error"], "no bed 'bed-9'");
    EXPECT_EQ(get("/api/v1/alarms")["alarms"][0]["message"], "Slow breathing");
    EXPECT_EQ(get("/api/v1/calls")["calls"][0]["state"], "calling");
    EXPECT_EQ(get("/api/v1/sources")["sources"][0]["age_seconds"], 0.8);
    const Response pages = response(Method::get, "/api/v1/pages");
    EXPECT_EQ(json::parse(pages.body)["pages"][0]["outcome"], "accepted");
    EXPECT_THAT(pages.body, Not(HasSubstr("secret.example"))); // addresses stay inside
}

TEST_F(ServiceTest, EveryJsonAnswerSaysSimulationInADemo)
{
    PublishedWard ward = sample_ward();
    ward.view.mode = Mode::demo;
    board.publish(shared(ward));
    for (const Route& route : routes()) {
        if (route.id == RouteId::metrics || route.id == RouteId::stream || route.pattern.starts_with("/answer/") ||
            route.id == RouteId::screen)
            continue;
        Handled handled = handle(route.method, std::string{route.pattern});
        EXPECT_EQ(json::parse(std::get<Response>(handled.result).body)["simulation"], true)
            << route.pattern;
    }
    EXPECT_EQ(get("/nowhere", 404)["simulation"], true);
    EXPECT_THAT(response(Method::get, "/answer/" + token(AnswerKind::coming)).body,
                HasSubstr("SIMULATION"));
}

TEST_F(ServiceTest, TurnsAwayWhatIsNotForThisMachine)
{
    Request request;
    request.method = Method::get;
    request.target = "/api/v1/status";
    request.host = "evil.example";
    const Handled handled = service->handle(request, now);
    EXPECT_EQ(std::get<Response>(handled.result).status, 421U);
    EXPECT_EQ(handled.turned_away, HttpRefusal::host);
    EXPECT_EQ(handled.route, "none");
    request.trusted_peer = true; // on the Unix socket the name says nothing
    EXPECT_EQ(std::get<Response>(service->handle(request, now).result).status, 200U);
}

TEST_F(ServiceTest, NamesTheRightMethodForAWrongOne)
{
    const Response r = response(Method::get, "/api/v1/entries");
    EXPECT_EQ(r.status, 405U);
    ASSERT_EQ(r.headers.size(), 1U);
    EXPECT_EQ(r.headers[0].second, "POST");
    EXPECT_EQ(response(Method::other, "/answer/x").headers.at(0).second, "GET, POST");
    EXPECT_EQ(response(Method::get, "/api/v1/beds?all=1").status, 400U);
}

TEST_F(ServiceTest, AsksTheWardAndSaysWhatItSaid)
{
    Handled handled =
        handle(Method::post, "/api/v1/calls/1207/answer", R"({"person":"m","answer":"coming"})");
    EXPECT_EQ(handled.route, "answer_call");
    const Ask ask = std::get<Ask>(handled.result);
    ASSERT_EQ(ask.inputs.size(), 1U);
    Reply reply;
    reply.accepted = true;
    reply.text = "coming";
    Response r = service->answered(ask, {reply}, sample_now);
    EXPECT_EQ(r.status, 200U);
    EXPECT_EQ(json::parse(r.body)["accepted"], true);
    reply.accepted = false;
    reply.text = "the call is over";
    r = service->answered(ask, {reply}, sample_now);
    EXPECT_EQ(r.status, 409U);
    EXPECT_EQ(json::parse(r.body)["error"], "the call is over");
    r = service->unconfirmed(ask);
    EXPECT_EQ(r.status, 503U);
    EXPECT_THAT(r.body, HasSubstr("not confirmed"));
    r = service->unstored(ask); // the ward took it, the disk did not: nobody may read a refusal or a success
    EXPECT_EQ(r.status, 503U);
    EXPECT_EQ(json::parse(r.body)["confirmed"], false);
    EXPECT_THAT(r.body, AllOf(HasSubstr("NOT CONFIRMED"), HasSubstr("same key")));
    EXPECT_THAT(service->overloaded(ask).body, HasSubstr("Nothing was recorded"));
}

TEST_F(ServiceTest, ALinkShowsThePageOnGetAndAsksTheWardOnPostOnly)
{
    const std::string path = "/answer/" + token(AnswerKind::coming);
    for (int i = 0; i < 2; ++i) { // opening it again and again uses nothing up
        const Response page = response(Method::get, path);
        EXPECT_EQ(page.status, 200U);
        EXPECT_THAT(page.body, HasSubstr("Ward L4 Bed 3"));
        EXPECT_THAT(page.body, HasSubstr("I am coming"));
        EXPECT_THAT(page.body, HasSubstr("STOP magnesium at pump. Bring calcium gluconate."));
        EXPECT_THAT(page.body, HasSubstr("No &lt;reflexes&gt;"));
        EXPECT_EQ(page.headers.at(0).first, "Content-Security-Policy");
    }
    Handled handled = handle(Method::post, path);
    const Ask ask = std::get<Ask>(handled.result);
    const auto& action = std::get<Action>(ask.inputs.at(0));
    EXPECT_EQ(action.person, "midwife-1");
    EXPECT_EQ(std::get<Answer>(action.what).call, (CallId{3, 8}));
    EXPECT_EQ(std::get<Answer>(action.what).kind, AnswerKind::coming);

    EXPECT_THAT(service->unconfirmed(ask).body, HasSubstr("could NOT be stored"));
    EXPECT_THAT(service->unstored(ask).body, HasSubstr("could NOT be stored"));
    // What was not stored can be tried again by the same link.
    EXPECT_TRUE(std::holds_alternative<Ask>(handle(Method::post, path).result));
    Reply reply;
    reply.accepted = true;
    const Response taken = service->answered(ask, {reply}, sample_now);
    EXPECT_EQ(taken.status, 200U);
    EXPECT_THAT(taken.body, HasSubstr("Stored: you are coming."));
    EXPECT_THAT(taken.body, HasSubstr("I am at the bed")); // the next step, one tap away
    tell(Responsibility::accepted, CallState::accepted);
    const Response again = response(Method::post, path);
    EXPECT_EQ(again.status, 200U);
    EXPECT_THAT(again.body, HasSubstr("Stored: you are coming."));
}

TEST_F(ServiceTest, ALinkIsAnAnswerAgainOnceTheCallHasItOtherwise)
{
    const auto use = [this](AnswerKind kind) {
        Handled handled = handle(Method::post, "/answer/" + token(kind));
        const Ask* ask = std::get_if<Ask>(&handled.result);
        if (ask == nullptr) return false;
        Reply reply;
        reply.accepted = true;
        (void)service->answered(*ask, {reply}, sample_now);
        return true;
    };
    EXPECT_TRUE(use(AnswerKind::coming));
    tell(Responsibility::accepted, CallState::accepted);
    EXPECT_FALSE(use(AnswerKind::coming)) << "said again";
    EXPECT_TRUE(use(AnswerKind::cannot));
    tell(Responsibility::declined, CallState::calling);
    EXPECT_FALSE(use(AnswerKind::cannot));
    EXPECT_TRUE(use(AnswerKind::coming)) << "and now she can";
    tell(Responsibility::accepted, CallState::calling);
    EXPECT_TRUE(use(AnswerKind::coming)) << "nobody came, and it rang again";
    EXPECT_TRUE(use(AnswerKind::here));
    tell(Responsibility::attended, CallState::attended);
    EXPECT_FALSE(use(AnswerKind::here));
    tell(Responsibility::attended, CallState::calling);
    EXPECT_TRUE(use(AnswerKind::here)) << "she left, it rang again, and she is back";
}

TEST_F(ServiceTest, ALinkThatIsForgedOldOrOverChangesNothing)
{
    for (const Method method : {Method::get, Method::post}) {
        std::string forged = token(AnswerKind::coming);
        forged[10] = forged[10] == 'A' ? 'B' : 'A';
        EXPECT_EQ(response(method, "/answer/" + forged).status, 404U);
        EXPECT_EQ(response(method, "/answer/x").status, 404U);
        EXPECT_EQ(
            response(method, "/answer/" + token(AnswerKind::coming, Duration{-60'000})).status,
            410U);
    }
    PublishedWard ward = sample_ward();
    ward.view.calls.clear();
    board.publish(shared(ward));
    const Response over = response(Method::post, "/answer/" + token(AnswerKind::here));
    EXPECT_EQ(over.status, 200U);
    EXPECT_THAT(over.body, HasSubstr("This alarm has ended"));
}

TEST_F(ServiceTest, ALinkOfACallThatIsNotKnownSaysWhomToRing)
{
    PublishedWard ward = sample_ward();
    ward.view.calls.clear();
    ward.view.pages.clear();
    ward.view.callback = "4471";
    board.publish(shared(ward));
    for (const Method method : {Method::get, Method::post}) {
        const Response lost = response(method, "/answer/" + token(AnswerKind::coming));
        EXPECT_EQ(lost.status, 404U);
        EXPECT_THAT(lost.body, AllOf(HasSubstr("NOT stored"), HasSubstr("Ring 4471."), Not(HasSubstr("has ended"))));
    }
}

TEST_F(ServiceTest, EveryAnswerOfARouteIsDeclaredForTheMetrics)
{
    for (const Route& route : routes()) {
        const auto codes = codes_of(route);
        for (const char* body : {"", "{}", "[]", R"({"person":"m"})"}) {
            Handled handled = handle(route.method, std::string{route.pattern}, body);
            const auto* r = std::get_if<Response>(&handled.result);
            if (r == nullptr) continue;
            EXPECT_NE(std::find(codes.begin(), codes.end(), r->status), codes.end())
                << route.pattern << " " << r->status;
        }
    }
}

} // namespace
} // namespace magwatch::http
