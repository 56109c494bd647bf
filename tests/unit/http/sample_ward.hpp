// A small ward as a snapshot, for tests of what is read from it and asked of it.
#pragma once

#include <memory>

#include "daemon/http/published.hpp"

namespace magwatch::http
{

inline constexpr WallTime sample_now{1'800'000'000'000}; // 2027-01-15T08:00:00Z

// A dose of calcium gluconate that runs, and that nobody checked.
inline ChecklistView sample_checklist(const std::string& stamp)
{
    ChecklistView list;
    list.stamp = stamp;
    list.title = "POSSIBLE MAGNESIUM TOXICITY";
    list.notice = "The team decides.";
    list.branch = "grade2";
    list.opened = sample_now - Duration{70'000};
    list.why = {{sample_now - Duration{70'000}, "Respiratory rate low"}};
    list.precautions = {{"digoxin", "DIGOXIN: ask the doctor."}};
    StepView give;
    give.id = "calcium";
    give.kind = "give";
    give.words = "GIVE calcium gluconate.";
    give.drug = "calcium gluconate";
    give.concentration = "10 %";
    give.dose = "1 g";
    give.volume = "10 mL";
    give.over = "10 min";
    give.state = "running";
    give.timer = "giving";
    give.due = sample_now - Duration{30'000};
    give.over_due = give.second_check = give.second_missing = true;
    give.doses = 1;
    give.most = 3;
    give.taps = {{"start", "midwife-1", "", sample_now - Duration{630'000}}};
    list.steps = {give};
    return list;
}

inline PublishedWard sample_ward()
{
    PublishedWard ward;
    WardView& view = ward.view;
    view.at.wall = sample_now;
    view.name = "Ward L4";
    view.mode = Mode::ward;
    view.incarnation = 3;
    view.pack = "site.toml";
    view.beds_watched = 1;
    view.beds.resize(2);
    view.beds[0].id = BedId{0};
    view.beds[0].alias = "bed-3";
    view.beds[0].place = "Ward L4 Bed 3";
    view.beds[0].watched = true;
    view.beds[0].watched_by = "midwife-1";
    view.beds[0].watched_since = sample_now - Duration{3'600'000};
    SignalView rr;
    rr.signal = Signal::rr;
    rr.last = 14;
    rr.last_at = sample_now - Duration{60'000};
    rr.source = "monitor-3";
    view.beds[0].signals = {rr};
    rr.signal = Signal::spo2;
    rr.value = rr.last = 97;
    view.beds[0].signals.push_back(rr);
    VitalSet vitals;
    vitals.oxygen = 97;
    vitals.pulse = {104};
    view.beds[0].scores = ScoresView{news2(vitals), meows(vitals)};
    view.beds[0].checks = {{"reflex", "Tendon reflexes", sample_now, true}};
    view.beds[0].infusing = true;
    view.beds[0].infusion_rate = 1;
    view.beds[0].dose_total = 5;
    view.beds[0].mg_on_board = "yes";
    view.at.steady = Instant{7'200'000};
    (void)view.beds[0].prediction.course.bolus(Instant{3'600'000}, 4, Duration{1'200'000});
    (void)view.beds[0].prediction.course.rate(Instant{4'800'000}, 1);
    view.beds[0].prediction.weight_kg = 70;
    view.beds[0].levels = {{1.9, sample_now - Duration{600'000}, false, false, std::nullopt},
                           {5.5, sample_now - Duration{300'000}, false, false, true}};
    view.protocol = "MG-7 v3, approved 2026-05-01 by Dr A. Lead";
    view.beds[0].checklist = sample_checklist(view.protocol);
    view.beds[1].id = BedId{1};
    view.beds[1].alias = "bed-4";
    view.beds[1].place = "Ward L4 Bed 4";

    EpisodeView episode;
    episode.id = {3, 7};
    episode.bed = "bed-3";
    episode.rule = "rr_low";
    episode.title = "Respiratory rate low";
    episode.message = "Slow breathing";
    episode.priority = Priority::high;
    episode.grade = 2;
    episode.condition = true;
    episode.since = sample_now;
    episode.call = {3, 8};
    view.episodes = {episode};

    CallView call;
    call.id = {3, 8};
    call.number = 1207;
    call.bed = "bed-3";
    call.priority = Priority::high;
    call.grade = 2;
    call.state = CallState::calling;
    call.sounding = true;
    call.since = sample_now;
    call.next_page = sample_now + Duration{60'000};
    call.episodes = {episode.id};
    view.calls = {call};

    PageView page;
    page.page.key = {call.id, 0, 1, "midwife-1", "phone"};
    page.page.number = 1207;
    page.page.bed = BedId{0};
    page.page.bed_alias = "bed-3";
    page.page.place = "Ward L4 Bed 3";
    page.page.words = {"Slow breathing", "No <reflexes>"};
    page.page.grade = 2;
    page.page.at = sample_now;
    page.page.channel_kind = "webhook";
    page.page.address = "https://secret.example/hook";
    page.outcome = PageOutcome::accepted;
    view.pages = {page};

    SourceView source;
    source.name = "monitor-3";
    source.bed = "bed-3";
    source.connected = true;
    source.age = Duration{800};
    view.sources = {source};

    ward.health.version = "0.1.0";
    ward.health.ready = true;
    return ward;
}

inline std::shared_ptr<const PublishedWard> shared(PublishedWard ward)
{
    return std::make_shared<const PublishedWard>(std::move(ward));
}

} // namespace magwatch::http
