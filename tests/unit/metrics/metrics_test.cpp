#include "daemon/metrics/metrics.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace magwatch
{
namespace
{

using testing::HasSubstr;
using testing::Not;

MetricLabels small_ward()
{
    MetricLabels labels;
    labels.devices = {{"monitor-3", "modbus", "bed-3"}, {"pump-3", "modbus", "bed-3"}};
    labels.sources = {"monitor-3", "pump-3", "gateway"};
    labels.rules = {{"rr_low", Priority::high, AlarmKind::physiological},
                    {"technical.silent", Priority::medium, AlarmKind::technical}};
    labels.checks = {"reflex"};
    labels.channels = {"webhook", "smtp"};
    return labels;
}

std::size_t series(const std::string& text)
{
    std::istringstream in{text};
    std::size_t n = 0;
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && line[0] != '#') ++n;
    return n;
}

AlarmTransition transition(std::uint32_t counter, AlarmEvent event, std::int64_t wall_ms)
{
    AlarmTransition t;
    t.at.wall.ms = wall_ms;
    t.episode = {1, counter};
    t.rule = "rr_low";
    t.priority = Priority::high;
    t.event = event;
    return t;
}

TEST(Metrics, EveryLabelSetIsThereAtZeroFromTheStart)
{
    Metrics metrics{"0.1.0", "abc"};
    metrics.configure(small_ward());
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("magwatch_alarms_raised_total"
                                "{kind=\"physiological\",priority=\"high\",rule=\"rr_low\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_alarms_active{kind=\"technical\",priority=\"low\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_pages_total{channel=\"smtp\",result=\"failed\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_device_commissioned{device=\"gateway\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_device_polls_total"
                                "{device=\"pump-3\",driver=\"modbus\",result=\"timeout\"} 0\n"));
    EXPECT_THAT(
        text, HasSubstr("magwatch_observations_total{result=\"accepted\",source=\"gateway\"} 0\n"));
    EXPECT_THAT(
        text, HasSubstr("magwatch_refused_total{reason=\"unknown_unit\",source=\"gateway\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_checks_overdue{check=\"reflex\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_pages_unanswered 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_journal_commit_duration_seconds_count 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_page_handoff_duration_seconds_count 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_loop_lag_seconds_count 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_rule_last_evaluation_timestamp_seconds 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_config_last_reload_successful 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_store_free_bytes 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_http_refused_total{reason=\"host\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_hl7_acks_total{code=\"AE\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_hl7_refused_total{reason=\"evicted\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_build_info{commit=\"abc\",version=\"0.1.0\"} 1\n"));
}

TEST(Metrics, ADeviceIsJoinedToItsBedAndMovesWithIt)
{
    Metrics metrics{"0.1.0"};
    MetricLabels labels = small_ward();
    metrics.configure(labels);
    EXPECT_THAT(metrics.text(),
                HasSubstr("magwatch_device_info{bed=\"bed-3\",device=\"pump-3\",driver=\"modbus\"} 1\n"));
    labels.devices[1].bed = "bed-4";
    metrics.configure(labels);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("magwatch_device_info{bed=\"bed-4\",device=\"pump-3\",driver=\"modbus\"} 1\n"));
    EXPECT_THAT(text, Not(HasSubstr("magwatch_device_info{bed=\"bed-3\",device=\"pump-3\"")));
}

WardView with_checklist(const std::string& id, const std::vector<std::pair<std::string, std::string>>& steps)
{
    WardView view;
    BedView bed;
    bed.alias = "bed-3";
    bed.checklist.emplace();
    bed.checklist->id = id;
    for (const auto& [step, state] : steps) {
        bed.checklist->steps.emplace_back();
        bed.checklist->steps.back().id = step;
        bed.checklist->steps.back().state = state;
    }
    view.beds.push_back(std::move(bed));
    return view;
}

TEST(Metrics, CountsEachEndedStepOfAChecklistOnce)
{
    const auto counted = [](const Metrics& metrics, int done, int not_done) {
        const std::string text = metrics.text(), family = "magwatch_prompt_steps_total{outcome=\"";
        EXPECT_THAT(text, HasSubstr(family + "done\",prompt=\"calcium_gluconate\"} " + std::to_string(done) + "\n"));
        EXPECT_THAT(text, HasSubstr(family + "not_done\",prompt=\"calcium_gluconate\"} " +
                                    std::to_string(not_done) + "\n"));
    };
    Metrics metrics{"0.1.0"};
    counted(metrics, 0, 0);
    // What had ended when the daemon started was counted in its earlier life.
    metrics.show(with_checklist("3-1", {{"stop", "done"}, {"calcium", "running"}}));
    counted(metrics, 0, 0);
    for (int i = 0; i < 2; ++i) metrics.show(with_checklist("3-1", {{"stop", "done"}, {"calcium", "done"}}));
    counted(metrics, 1, 0);
    // The same steps of another checklist are others.
    metrics.show(with_checklist("3-2", {{"stop", "done"}, {"calcium", "not-done"}}));
    counted(metrics, 2, 1);
}

TEST(Metrics, SaysWhatTheProcessTakes)
{
    Metrics metrics{"0.1.0"};
    EXPECT_THAT(metrics.text(), HasSubstr("process_open_fds 0\n"));
    const ProcessUse use = read_process_use();
    EXPECT_GT(use.resident_bytes, 1e6);
    EXPECT_GE(use.open_files, 3);
    EXPECT_GE(use.most_files, use.open_files);
    EXPECT_GT(use.started, 1.6e9);
    metrics.show_process({2.5, 1e7, 12, 1024, 1.7e9});
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("process_cpu_seconds_total 2.5\n"));
    EXPECT_THAT(text, HasSubstr("process_open_fds 12\n"));
    EXPECT_THAT(text, HasSubstr("process_start_time_seconds 1700000000\n"));
}

TEST(Metrics, CountsWhatTheLoopReports)
{
    Metrics metrics{"0.1.0"};
    metrics.configure(small_ward());
    metrics.device("monitor-3")->polled(PollResult::timeout);
    metrics.device("monitor-3")->sampled({1'700'000'000'000});
    metrics.source("gateway")->observed(ObservationResult::accepted);
    metrics.source("gateway")->refused(Refusal::missing_unit);
    metrics.channel("webhook")->paged(PageOutcome::accepted);
    metrics.channel("webhook")->delivered_in(Duration{1500});
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("{device=\"monitor-3\",driver=\"modbus\",result=\"timeout\"} 1\n"));
    EXPECT_THAT(
        text,
        HasSubstr(
            "magwatch_device_last_sample_timestamp_seconds{device=\"monitor-3\"} 1700000000\n"));
    EXPECT_THAT(
        text, HasSubstr("magwatch_observations_total{result=\"refused\",source=\"gateway\"} 1\n"));
    EXPECT_THAT(
        text, HasSubstr("magwatch_refused_total{reason=\"unit_missing\",source=\"gateway\"} 1\n"));
    EXPECT_THAT(text,
                HasSubstr("magwatch_pages_total{channel=\"webhook\",result=\"accepted\"} 1\n"));
    EXPECT_THAT(
        text, HasSubstr("magwatch_page_delivery_duration_seconds_sum{channel=\"webhook\"} 1.5\n"));
    EXPECT_EQ(metrics.device("nobody"), nullptr);
    EXPECT_EQ(metrics.source("nobody"), nullptr);
    EXPECT_EQ(metrics.channel("nobody"), nullptr);
}

TEST(Metrics, CountsAlarmsAndTheTimeToTheFirstAcknowledgement)
{
    Metrics metrics{"0.1.0"};
    metrics.configure(small_ward());
    metrics.on(transition(1, AlarmEvent::raised, 0));
    metrics.on(transition(1, AlarmEvent::acknowledged, 20'000));
    metrics.on(transition(1, AlarmEvent::acknowledged, 90'000)); // again: not the first
    metrics.on(transition(2, AlarmEvent::raised, 0));
    metrics.on(transition(2, AlarmEvent::cleared, 1000));
    metrics.on(transition(2, AlarmEvent::acknowledged, 2000));
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("rule=\"rr_low\"} 2\n"));
    EXPECT_THAT(text,
                HasSubstr("magwatch_alarm_acknowledge_delay_seconds_count{priority=\"high\"} 1\n"));
    EXPECT_THAT(text,
                HasSubstr("magwatch_alarm_acknowledge_delay_seconds_sum{priority=\"high\"} 20\n"));
}

TEST(Metrics, ShowsTheWardAsItIsAndGoesBackToZero)
{
    Metrics metrics{"0.1.0"};
    metrics.configure(small_ward());
    WardView view;
    view.mode = Mode::demo;
    view.beds_watched = 2;
    view.beds.resize(6);
    view.beds[0].checks = {{"reflex", "Reflexes", {}, true}, {"urine", "Urine", {}, true}};
    view.beds[1].checks = {{"reflex", "Reflexes", {}, true}};
    view.episodes.resize(2);
    view.episodes[0].priority = view.episodes[1].priority = Priority::high;
    view.calls.resize(2);
    view.calls[0].state = CallState::calling;
    view.calls[1].state = CallState::attended;
    metrics.show(view);
    std::string text = metrics.text();
    EXPECT_THAT(text,
                HasSubstr("magwatch_alarms_active{kind=\"physiological\",priority=\"high\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_pages_unanswered 1\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_checks_overdue{check=\"reflex\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_beds_watched 2\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_beds 6\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_simulation 1\n"));
    metrics.show(WardView{});
    text = metrics.text();
    EXPECT_THAT(text,
                HasSubstr("magwatch_alarms_active{kind=\"physiological\",priority=\"high\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_pages_unanswered 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_checks_overdue{check=\"reflex\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_simulation 0\n"));
}

// A vanished device must not go on as "silent for hours"; what still holds a pointer must not fall.
TEST(Metrics, ReloadRemovesWhatVanishedAndKeepsTheRest)
{
    Metrics metrics{"0.1.0"};
    MetricLabels labels = small_ward();
    metrics.configure(labels);
    DeviceMetrics* pump = metrics.device("pump-3");
    DeviceMetrics* monitor = metrics.device("monitor-3");
    SourceMetrics* source = metrics.source("pump-3");
    monitor->polled(PollResult::ok);
    labels.devices.pop_back();
    labels.sources = {"monitor-3", "gateway"};
    labels.rules[0].priority = Priority::medium;
    metrics.configure(labels);
    pump->polled(PollResult::ok);
    pump->sampled({1});
    source->refused(Refusal::sentinel);
    std::string text = metrics.text();
    EXPECT_THAT(text, Not(HasSubstr("pump-3")));
    EXPECT_THAT(text, HasSubstr("{device=\"monitor-3\",driver=\"modbus\",result=\"ok\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("priority=\"medium\",rule=\"rr_low\"} 0\n"));
    EXPECT_THAT(text, Not(HasSubstr("priority=\"high\",rule=\"rr_low\"")));
    metrics.configure(small_ward());
    EXPECT_EQ(metrics.device("pump-3"), pump);
    pump->polled(PollResult::ok);
    EXPECT_THAT(metrics.text(),
                HasSubstr("{device=\"pump-3\",driver=\"modbus\",result=\"ok\"} 1\n"));
}

TEST(Metrics, IsWrittenByTheLoopWhileTheServerReads)
{
    Metrics metrics{"0.1.0"};
    metrics.configure(small_ward());
    metrics.declare_route("status", {200});
    std::thread loop{[&] {
        for (int i = 0; i < 200; ++i) {
            metrics.source("gateway")->observed(ObservationResult::accepted);
            metrics.loop_lag.Observe(0.001);
            metrics.configure(small_ward());
        }
    }};
    std::string text;
    for (int i = 0; i < 50; ++i) {
        metrics.http_request("status", 200);
        text = metrics.text();
    }
    loop.join();
    text = metrics.text();
    EXPECT_THAT(
        text,
        HasSubstr("magwatch_observations_total{result=\"accepted\",source=\"gateway\"} 200\n"));
    EXPECT_THAT(text,
                HasSubstr("magwatch_http_requests_total{code=\"200\",route=\"status\"} 50\n"));
    EXPECT_THAT(text, HasSubstr("magwatch_loop_lag_seconds_count 200\n"));
}

TEST(MetricsScrape, WritesAWardOfThirtyBeds)
{
    Metrics metrics{"0.1.0"};
    MetricLabels labels = small_ward();
    for (int i = 0; i < 30; ++i) {
        labels.devices.push_back({"bed-" + std::to_string(i), "modbus", "bed-0"});
        labels.sources.push_back("bed-" + std::to_string(i));
        labels.rules.push_back(
            {"rule" + std::to_string(i), Priority::high, AlarmKind::physiological});
    }
    metrics.configure(labels);
    metrics.declare_route("status", {200, 503});
    const std::string text = metrics.text();
    EXPECT_LE(series(text), 2000U); // the budget of a small Prometheus for one ward
    // For another program to read, where one asks for it.
    if (const char* file = std::getenv("MAGWATCH_SCRAPE_FILE")) std::ofstream{file} << text;
}

} // namespace
} // namespace magwatch
