#include "daemon/metrics/metrics.hpp"

#include <optional>
#include <set>
#include <utility>

#include <prometheus/text_serializer.h>

namespace magwatch
{
namespace
{

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;
using Labels = prometheus::Labels;

// Buckets stand where the goals of the design are: a commit may take 200 ms before a page goes
// first, a register's way to a page 1.5 ms at the median, a page's delivery seconds to a minute.
const Buckets step_seconds{1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2, 0.1};
const Buckets commit_seconds{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5};
const Buckets handoff_seconds{0.0005, 0.001, 0.0015, 0.002, 0.005, 0.01, 0.02,
                              0.05,   0.1,   0.2,    0.5,   1,     5};
const Buckets lag_seconds{0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10};
const Buckets delivery_seconds{0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60};
const Buckets answer_seconds{5, 15, 30, 60, 120, 180, 300, 600, 1800};

constexpr std::array priorities{Priority::low, Priority::medium, Priority::high};
constexpr std::array kinds{AlarmKind::physiological, AlarmKind::technical};

// The same words as everywhere in the API; kept here so that metrics need no part of the ward's
// code.
std::string word(Priority p)
{
    switch (p) {
    case Priority::low:
        return "low";
    case Priority::medium:
        return "medium";
    case Priority::high:
        return "high";
    }
    return "unknown";
}
std::string word(AlarmKind k)
{
    return k == AlarmKind::technical ? "technical" : "physiological";
}
std::string word(PageOutcome o) { return std::string{name(o)}; }

// "quality bit" -> "quality_bit": label values are one word.
std::string one_word(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == ',') continue;
        out += c == ' ' ? '_' : c;
    }
    return out;
}

Family<Counter>& counter(prometheus::Registry& r, const char* n, const char* help,
                         const Labels& labels = {})
{
    return prometheus::BuildCounter().Name(n).Help(help).Labels(labels).Register(r);
}
Family<Gauge>& gauge(prometheus::Registry& r, const char* n, const char* help)
{
    return prometheus::BuildGauge().Name(n).Help(help).Register(r);
}
Gauge& boards_sound(prometheus::Registry& r, const char* state)
{
    return gauge(r, "magwatch_boards_sound",
                 "Boards by whether their browser plays sound, of those that said so in the last 90 s.")
        .Add({{"sound", state}});
}
Family<Histogram>& histogram(prometheus::Registry& r, const char* n, const char* help)
{
    return prometheus::BuildHistogram().Name(n).Help(help).Register(r);
}

template <class Set, class Map> void drop_vanished(const Set& wanted, Map& have, auto&& remove)
{
    for (auto it = have.begin(); it != have.end();) {
        if (wanted.contains(it->first)) {
            ++it;
            continue;
        }
        remove(it->second);
        it = have.erase(it);
    }
}

} // namespace

std::string_view name(PollResult result)
{
    switch (result) {
    case PollResult::ok:
        return "ok";
    case PollResult::partial:
        return "partial";
    case PollResult::timeout:
        return "timeout";
    case PollResult::exception:
        return "exception";
    case PollResult::malformed:
        return "malformed";
    case PollResult::unreachable:
        return "unreachable";
    }
    return "unknown";
}

std::string_view name(ObservationResult result)
{
    switch (result) {
    case ObservationResult::accepted:
        return "accepted";
    case ObservationResult::questionable:
        return "questionable";
    case ObservationResult::unusable:
        return "unusable";
    case ObservationResult::refused:
        return "refused";
    case ObservationResult::dropped:
        return "dropped";
    }
    return "unknown";
}

std::string_view name(Hl7Refusal refusal)
{
    switch (refusal) {
    case Hl7Refusal::address: return "address";
    case Hl7Refusal::connections: return "connections";
    case Hl7Refusal::evicted: return "evicted";
    case Hl7Refusal::timeout: return "timeout";
    }
    return "";
}

std::string_view name(HttpRefusal refusal)
{
    switch (refusal) {
    case HttpRefusal::peer:
        return "peer";
    case HttpRefusal::connections:
        return "connections";
    case HttpRefusal::evicted:
        return "evicted";
    case HttpRefusal::timeout:
        return "timeout";
    case HttpRefusal::header_size:
        return "header_size";
    case HttpRefusal::body_size:
        return "body_size";
    case HttpRefusal::malformed:
        return "malformed";
    case HttpRefusal::host:
        return "host";
    case HttpRefusal::origin:
        return "origin";
    case HttpRefusal::client:
        return "client";
    case HttpRefusal::reader:
        return "reader";
    case HttpRefusal::tls:
        return "tls";
    }
    return "unknown";
}

std::string_view name(CallbackResult result)
{
    constexpr std::array<std::string_view, callback_result_count> names{
        "status",  "answer", "under_way", "repeated", "peer", "connection", "address",
        "proof",   "form",   "word",      "sender",   "text", "not_told",   "busy"};
    return names[static_cast<std::size_t>(result)];
}

struct Metrics::Families {
    explicit Families(prometheus::Registry& r)
        : alarms_active{gauge(r, "magwatch_alarms_active", "Open alarms of the ward.")},
          alarms_raised{counter(r, "magwatch_alarms_raised_total", "Alarms raised, by rule.")},
          acknowledge_delay{histogram(r, "magwatch_alarm_acknowledge_delay_seconds",
                                      "From an alarm raised to its first acknowledgement.")},
          pages{counter(r, "magwatch_pages_total",
                        "Pages handed to a channel, by what became of them.")},
          delivery{histogram(r, "magwatch_page_delivery_duration_seconds",
                             "From a page decided to the channel's word that it took it.")},
          unanswered{gauge(r, "magwatch_pages_unanswered", "Open calls that nobody has answered.")},
          certificates{gauge(r, "magwatch_certificate_expiry_timestamp_seconds",
                             "Unix time at which the certificate of a peer of pages or heartbeats ends, by host.")},
          checks_overdue{gauge(r, "magwatch_checks_overdue",
                               "Charted checks overdue, over all watched beds.")},
          beds_watched{gauge(r, "magwatch_beds_watched", "Beds being watched.")},
          beds{gauge(r, "magwatch_beds", "Beds of the configuration.")},
          simulation{
              gauge(r, "magwatch_simulation", "1 in demo and replay, 0 where patients are.")},
          fallback{gauge(
              r, "magwatch_config_fallback",
              "1 while the last good or built-in configuration runs instead of the present one.")},
          sample{gauge(r, "magwatch_device_last_sample_timestamp_seconds",
                       "Unix time of the newest sample of a device; 0 = none yet.")},
          device_info{gauge(r, "magwatch_device_info",
                            "Which bed a device belongs to; always 1.")},
          commissioned{gauge(r, "magwatch_device_commissioned",
                             "1 where a device's values are used: its commissioning record holds, or a simulation "
                             "needs none; 0 where they are unverified.")},
          prompt_steps{counter(r, "magwatch_prompt_steps_total",
                               "Steps of checklists that ended, by how.")},
          cpu{counter(r, "process_cpu_seconds_total", "Processor time of this process.").Add({})},
          memory{gauge(r, "process_resident_memory_bytes", "Memory of this process.").Add({})},
          open_files{gauge(r, "process_open_fds", "Open file descriptors.").Add({})},
          most_files{gauge(r, "process_max_fds", "Limit of open file descriptors.").Add({})},
          started{gauge(r, "process_start_time_seconds", "Unix time at which this process started.").Add({})},
          polls{counter(r, "magwatch_device_polls_total", "Polls of a device, by how they ended.")},
          observations{counter(r, "magwatch_observations_total",
                               "Values of a source, by what became of them.")},
          refused{
              counter(r, "magwatch_refused_total", "Values not accepted, by source and reason.")},
          hl7_acks{counter(r, "magwatch_hl7_acks_total", "HL7 acknowledgements sent, by code.")},
          hl7_turned_away{
              counter(r, "magwatch_hl7_refused_total", "HL7 connections turned away or closed, by reason.")},
          requests{counter(r, "magwatch_http_requests_total",
                           "HTTP requests answered, by route and status.")},
          turned_away{counter(r, "magwatch_http_refused_total",
                              "HTTP connections and requests turned away before any route.")},
          callbacks{counter(r, "magwatch_callbacks_total",
                            "Callbacks of gateways, by what became of them.")},
          replies_refused{counter(r, "magwatch_replies_refused_total",
                                  "Statuses and answers of a channel that are about no page of ours or cannot be "
                                  "understood.")},
          registry{r}
    {
    }

    Family<Gauge>& alarms_active;
    Family<Counter>& alarms_raised;
    Family<Histogram>& acknowledge_delay;
    Family<Counter>& pages;
    Family<Histogram>& delivery;
    Family<Gauge>&unanswered, &certificates, &checks_overdue, &beds_watched, &beds, &simulation, &fallback,
        &sample, &device_info, &commissioned;
    Family<Counter>& prompt_steps;
    Counter& cpu;
    Gauge &memory, &open_files, &most_files, &started;
    Family<Counter>&polls, &observations, &refused, &hl7_acks, &hl7_turned_away, &requests, &turned_away,
        &callbacks, &replies_refused;
    prometheus::Registry& registry;

    // Ended steps of each bed's checklist when last looked: "" where there is none. Null: never looked, so what has
    // ended by then was counted in an earlier life.
    std::optional<std::map<std::string, std::pair<std::string, std::set<std::string>>, std::less<>>> ended_steps;
    Counter *steps_done = nullptr, *steps_not_done = nullptr;

    // Cached children. Ordered maps: nothing depends on hashing.
    std::map<std::pair<Priority, AlarmKind>, Gauge*> active;
    std::map<std::string, std::pair<Metrics::RuleKey, Counter*>, std::less<>> raised;
    std::map<Priority, Histogram*> acknowledged_after;
    std::map<EpisodeId, WallTime> raised_at; // open and not yet acknowledged
    std::map<std::string, Gauge*, std::less<>> overdue, certificate_ends;
    std::map<std::string, std::unique_ptr<DeviceMetrics>, std::less<>> devices;
    std::map<std::string, std::unique_ptr<SourceMetrics>, std::less<>> sources;
    std::map<std::string, std::unique_ptr<ChannelMetrics>, std::less<>> channels;
    std::map<std::pair<std::string, unsigned>, Counter*, std::less<>>
        by_route; // fixed once declared
    Gauge *unanswered_calls = nullptr, *watched = nullptr, *all_beds = nullptr,
          *is_simulation = nullptr, *is_fallback = nullptr;
};

Metrics::Metrics(std::string_view version, std::string_view commit)
    : families_{std::make_unique<Families>(registry_)},
      rule_last_evaluation{gauge(registry_, "magwatch_rule_last_evaluation_timestamp_seconds",
                                 "Unix time at which rules were last evaluated.")
                               .Add({})},
      rule_evaluation{histogram(registry_, "magwatch_rule_evaluation_duration_seconds",
                                "Time the ward took for one input.")
                          .Add({}, step_seconds)},
      journal_commit{histogram(registry_, "magwatch_journal_commit_duration_seconds",
                               "Time of one commit of the journal.")
                         .Add({}, commit_seconds)},
      page_handoff{
          histogram(registry_, "magwatch_page_handoff_duration_seconds",
                    "From a value read or received to the page it caused handed to its channel.")
              .Add({}, handoff_seconds)},
      loop_lag{
          histogram(registry_, "magwatch_loop_lag_seconds", "How late turns of the main loop came.")
              .Add({}, lag_seconds)},
      config_last_reload_successful{gauge(registry_, "magwatch_config_last_reload_successful",
                                          "1 if the last reload was accepted, 0 if it was refused.")
                                        .Add({})},
      config_last_reload{gauge(registry_, "magwatch_config_last_reload_success_timestamp_seconds",
                               "Unix time at which the configuration in force was loaded.")
                             .Add({})},
      backup_last_success{gauge(registry_, "magwatch_backup_last_success_timestamp_seconds",
                                "Unix time of the last good backup; before the first, of the first look for one.")
                              .Add({})},
      backup_last_successful{gauge(registry_, "magwatch_backup_last_successful",
                                   "0 if the last attempt at a backup failed, else 1.")
                                 .Add({})},
      backup_within{gauge(registry_, "magwatch_backup_within_seconds",
                          "How old the last good backup may be; 0 = no backups are expected.")
                        .Add({})},
      store_free_bytes{gauge(registry_, "magwatch_store_free_bytes",
                             "Free space of the file system that holds the journal.")
                           .Add({})},
      store_size_bytes{gauge(registry_, "magwatch_store_size_bytes",
                             "Size of the file system that holds the journal.")
                           .Add({})},
      inbox_dropped{counter(registry_, "magwatch_inbox_dropped_total",
                            "Values that a newer one of the same bed and signal replaced unseen.")
                        .Add({})},
      hl7_messages{
          counter(registry_, "magwatch_hl7_messages_total", "HL7 messages received.").Add({})},
      hl7_duplicates{counter(registry_, "magwatch_hl7_duplicates_total",
                             "HL7 messages answered as seen before and not applied again.")
                         .Add({})},
      hl7_connections{
          gauge(registry_, "magwatch_hl7_connections", "Open MLLP connections.").Add({})},
      http_connections{
          gauge(registry_, "magwatch_http_connections", "Open HTTP connections.").Add({})},
      displays_connected{gauge(registry_, "magwatch_displays_connected", "Boards that read the live stream.").Add({})},
      boards_sounding{boards_sound(registry_, "on")},
      boards_silent{boards_sound(registry_, "off")},
      callback_connections{gauge(registry_, "magwatch_callback_connections",
                                 "Open connections of gateways that call back.")
                               .Add({})},
      heartbeats_taken{counter(registry_, "magwatch_heartbeats_taken_total",
                               "Heartbeats that an outside receiver took.")
                           .Add({})},
      heartbeats_failed{counter(registry_, "magwatch_heartbeats_failed_total",
                                "Heartbeats that did not reach an outside receiver.")
                            .Add({})},
      heartbeat_receivers_failing{gauge(registry_, "magwatch_heartbeat_receivers_failing",
                                        "Outside receivers that took none of the last three heartbeats.")
                                      .Add({})},
      audit_rows{gauge(registry_, "magwatch_audit_rows", "Number of the newest row of the audit trail.").Add({})},
      audit_writing{gauge(registry_, "magwatch_audit_writing", "1 while the audit trail is being written.").Add({})},
      canary_trials{counter(registry_, "magwatch_canary_trials_total",
                            "Alarms of the bed of nobody that came out where pages leave.")
                        .Add({})},
      canary_latency{histogram(registry_, "magwatch_canary_latency_seconds",
                               "From the moment at which an alarm of the bed of nobody must be raised to its page.")
                         .Add({}, handoff_seconds)},
      canary_last_success{gauge(registry_, "magwatch_canary_last_success_timestamp_seconds",
                                "Unix time at which the last of them came out; before the first, of the start.")
                              .Add({})},
      http_certificate_ends{gauge(registry_, "magwatch_http_certificate_expiry_timestamp_seconds",
                                  "Unix time at which the board's certificate ends; 0 without TLS.")
                                .Add({})},
      audit_lost{gauge(registry_, "magwatch_audit_lost_rows",
                       "Rows of the audit trail that could not be kept since the start.")
                     .Add({})},
      log_dropped{counter(registry_, "magwatch_log_dropped_total",
                          "Log entries that did not fit or came too often.")
                      .Add({})}
{
    Families& f = *families_;
    gauge(registry_, "magwatch_build_info", "What this program was built from; always 1.")
        .Add({{"version", std::string{version}}, {"commit", std::string{commit}}})
        .Set(1);
    for (const Priority p : priorities) {
        for (const AlarmKind k : kinds)
            f.active[{p, k}] = &f.alarms_active.Add({{"priority", word(p)}, {"kind", word(k)}});
        f.acknowledged_after[p] = &f.acknowledge_delay.Add({{"priority", word(p)}}, answer_seconds);
    }
    f.steps_done = &f.prompt_steps.Add({{"prompt", "calcium_gluconate"}, {"outcome", "done"}});
    f.steps_not_done = &f.prompt_steps.Add({{"prompt", "calcium_gluconate"}, {"outcome", "not_done"}});
    f.unanswered_calls = &f.unanswered.Add({});
    f.watched = &f.beds_watched.Add({});
    f.all_beds = &f.beds.Add({});
    f.is_simulation = &f.simulation.Add({});
    f.is_fallback = &f.fallback.Add({});
    for (std::size_t i = 0; i < http_refusal_count; ++i)
        http_refused_[i] =
            &f.turned_away.Add({{"reason", std::string{name(static_cast<HttpRefusal>(i))}}});
    for (std::size_t i = 0; i < callback_result_count; ++i)
        callbacks_[i] = &f.callbacks.Add({{"result", std::string{name(static_cast<CallbackResult>(i))}}});
    // The kinds on which somebody else speaks first.
    for (const char* kind : {"wctp", "pcd04"})
        replies_refused_.emplace(kind, &f.replies_refused.Add({{"channel", kind}}));
    constexpr std::array codes{"AA", "AE", "AR"};
    for (std::size_t i = 0; i < codes.size(); ++i)
        hl7_acks_[i] = &f.hl7_acks.Add({{"code", codes[i]}});
    for (std::size_t i = 0; i < hl7_refusal_count; ++i)
        hl7_refused_[i] = &f.hl7_turned_away.Add({{"reason", std::string{name(static_cast<Hl7Refusal>(i))}}});
}

Metrics::~Metrics() = default;

void Metrics::reply_refused(std::string_view channel)
{
    const auto at = replies_refused_.find(channel);
    if (at != replies_refused_.end()) at->second->Increment();
}

void Metrics::configure_rules(const std::vector<MetricLabels::Rule>& rules)
{
    Families& f = *families_;
    std::map<std::string, RuleKey> wanted;
    for (const auto& rule : rules) wanted[rule.id] = {rule.priority, rule.kind};
    drop_vanished(wanted, f.raised, [&](auto& old) { f.alarms_raised.Remove(old.second); });
    for (const auto& [id, key] : wanted) {
        auto& [have_key, have] = f.raised[id];
        if (have && have_key == key) continue;
        if (have) f.alarms_raised.Remove(have);
        have_key = key;
        have = &f.alarms_raised.Add(
            {{"rule", id}, {"priority", word(key.first)}, {"kind", word(key.second)}});
    }
}

void Metrics::configure_devices(const std::vector<MetricLabels::Device>& devices)
{
    Families& f = *families_;
    std::map<std::string, std::pair<std::string, std::string>> wanted;
    for (const auto& device : devices) wanted[device.name] = {device.driver, device.bed};
    const auto forget = [&](DeviceMetrics& device) {
        for (auto*& c : device.polls_) {
            if (c) f.polls.Remove(c);
            c = nullptr;
        }
        if (device.last_sample_) f.sample.Remove(device.last_sample_);
        device.last_sample_ = nullptr;
        if (device.info_) f.device_info.Remove(device.info_);
        device.info_ = nullptr;
    };
    for (auto& [id, device] : f.devices) {
        const auto found = wanted.find(id);
        if (found == wanted.end() || found->second != std::pair{device->driver_, device->bed_}) forget(*device);
    }
    for (const auto& [id, about] : wanted) {
        const auto& [driver, bed] = about;
        auto& device = f.devices[id];
        if (!device) device = std::make_unique<DeviceMetrics>();
        if (device->last_sample_) continue;
        device->driver_ = driver;
        device->bed_ = bed;
        device->info_ = &f.device_info.Add({{"device", id}, {"driver", driver}, {"bed", bed}});
        device->info_->Set(1);
        for (std::size_t i = 0; i < poll_result_count; ++i)
            device->polls_[i] =
                &f.polls.Add({{"device", id},
                              {"driver", driver},
                              {"result", std::string{name(static_cast<PollResult>(i))}}});
        device->last_sample_ = &f.sample.Add({{"device", id}});
    }
}

void Metrics::configure_sources(const std::vector<std::string>& sources)
{
    Families& f = *families_;
    const std::set<std::string> wanted{sources.begin(), sources.end()};
    for (auto& [id, source] : f.sources) {
        if (wanted.contains(id)) continue;
        for (auto*& c : source->observations_) {
            if (c) f.observations.Remove(c);
            c = nullptr;
        }
        for (auto*& c : source->refused_) {
            if (c) f.refused.Remove(c);
            c = nullptr;
        }
        if (source->commissioned_) f.commissioned.Remove(source->commissioned_);
        source->commissioned_ = nullptr;
    }
    for (const auto& id : wanted) {
        auto& source = f.sources[id];
        if (!source) source = std::make_unique<SourceMetrics>();
        if (source->refused_[0]) continue;
        source->commissioned_ = &f.commissioned.Add({{"device", id}});
        for (std::size_t i = 0; i < observation_result_count; ++i)
            source->observations_[i] = &f.observations.Add(
                {{"source", id}, {"result", std::string{name(static_cast<ObservationResult>(i))}}});
        for (std::size_t i = 0; i < refusal_count; ++i)
            source->refused_[i] = &f.refused.Add(
                {{"source", id}, {"reason", one_word(name(static_cast<Refusal>(i)))}});
    }
}

void Metrics::configure(const MetricLabels& labels)
{
    Families& f = *families_;
    configure_rules(labels.rules);
    configure_devices(labels.devices);
    configure_sources(labels.sources);

    const std::set<std::string> checks{labels.checks.begin(), labels.checks.end()};
    drop_vanished(checks, f.overdue, [&](Gauge* old) { f.checks_overdue.Remove(old); });
    for (const auto& id : checks)
        if (auto& check = f.overdue[id]; !check) check = &f.checks_overdue.Add({{"check", id}});

    // A channel's counters stay when it vanishes: its pages did happen, and channels are few.
    for (const auto& id : labels.channels) {
        auto& channel = f.channels[id];
        if (channel) continue;
        channel = std::make_unique<ChannelMetrics>();
        constexpr std::array outcomes{PageOutcome::accepted,  PageOutcome::failed, PageOutcome::unknown,
                                      PageOutcome::delivered, PageOutcome::read,   PageOutcome::withdrawn,
                                      PageOutcome::no_answer};
        for (const PageOutcome o : outcomes)
            channel->pages_[static_cast<std::size_t>(o)] =
                &f.pages.Add({{"channel", id}, {"result", word(o)}});
        channel->delivery_ = &f.delivery.Add({{"channel", id}}, delivery_seconds);
    }
}

void Metrics::show_certificates(const std::map<std::string, WallTime>& until)
{
    Families& f = *families_;
    drop_vanished(until, f.certificate_ends, [&](Gauge* old) { f.certificates.Remove(old); });
    for (const auto& [host, end] : until) {
        Gauge*& shown = f.certificate_ends[host];
        if (shown == nullptr) shown = &f.certificates.Add({{"host", host}});
        shown->Set(static_cast<double>(end.ms) / 1000);
    }
}

DeviceMetrics* Metrics::device(std::string_view id)
{
    const auto found = families_->devices.find(id);
    return found == families_->devices.end() ? nullptr : found->second.get();
}

SourceMetrics* Metrics::source(std::string_view id)
{
    const auto found = families_->sources.find(id);
    return found == families_->sources.end() ? nullptr : found->second.get();
}

ChannelMetrics* Metrics::channel(std::string_view id)
{
    const auto found = families_->channels.find(id);
    return found == families_->channels.end() ? nullptr : found->second.get();
}

void Metrics::on(const AlarmTransition& transition)
{
    Families& f = *families_;
    switch (transition.event) {
    case AlarmEvent::raised: {
        if (const auto found = f.raised.find(transition.rule); found != f.raised.end())
            found->second.second->Increment();
        f.raised_at[transition.episode] = transition.at.wall;
        break;
    }
    case AlarmEvent::acknowledged: {
        const auto found = f.raised_at.find(transition.episode);
        if (found == f.raised_at.end()) break;
        const Duration took = transition.at.wall - found->second;
        f.acknowledged_after[transition.priority]->Observe(static_cast<double>(took.count()) /
                                                           1000);
        f.raised_at.erase(found);
        break;
    }
    case AlarmEvent::cleared:
        f.raised_at.erase(transition.episode);
        break;
    case AlarmEvent::latched:
    case AlarmEvent::expired:
    case AlarmEvent::escalated:
    case AlarmEvent::attended:
    case AlarmEvent::shelved:
    case AlarmEvent::unshelved:
        break;
    }
}

void Metrics::show(const WardView& view)
{
    Families& f = *families_;
    std::map<std::pair<Priority, AlarmKind>, int> active;
    for (const auto& episode : view.episodes) ++active[{episode.priority, episode.kind}];
    for (auto& [key, shown] : f.active) shown->Set(active[key]);

    int unanswered = 0;
    for (const auto& call : view.calls)
        if (call.state == CallState::calling) ++unanswered;
    f.unanswered_calls->Set(unanswered);

    std::map<std::string_view, int> overdue;
    for (const auto& bed : view.beds)
        for (const auto& check : bed.checks)
            if (check.overdue) ++overdue[check.id];
    for (auto& [id, shown] : f.overdue) shown->Set(overdue[id]);

    for (const auto& source : view.sources) {
        const auto found = f.sources.find(source.name);
        if (found == f.sources.end() || found->second->commissioned_ == nullptr) continue;
        const CommissionState state = source.commissioning.state;
        found->second->commissioned_->Set(state == CommissionState::holds || state == CommissionState::not_needed);
    }

    f.watched->Set(view.beds_watched);
    f.all_beds->Set(static_cast<double>(view.beds.size()));
    f.is_simulation->Set(view.mode == Mode::ward ? 0 : 1);
    f.is_fallback->Set(view.fallback ? 1 : 0);
    count_steps(view);
}

void Metrics::count_steps(const WardView& view)
{
    Families& f = *families_;
    const bool first = !f.ended_steps;
    std::map<std::string, std::pair<std::string, std::set<std::string>>, std::less<>> ended;
    for (const auto& bed : view.beds) {
        if (!bed.checklist) continue;
        auto& [list, steps] = ended[bed.alias];
        list = bed.checklist->id;
        std::set<std::string> known; // ended before, in this very checklist
        if (!first) {
            const auto before = f.ended_steps->find(bed.alias);
            if (before != f.ended_steps->end() && before->second.first == list) known = before->second.second;
        }
        for (const auto& step : bed.checklist->steps) {
            const bool done = step.state == "done";
            if (!done && step.state != "not-done") continue;
            steps.insert(step.id);
            if (first || known.contains(step.id)) continue;
            (done ? f.steps_done : f.steps_not_done)->Increment();
        }
    }
    f.ended_steps = std::move(ended);
}

void Metrics::show_process(const ProcessUse& use)
{
    Families& f = *families_;
    if (use.cpu_seconds > f.cpu.Value()) f.cpu.Increment(use.cpu_seconds - f.cpu.Value());
    f.memory.Set(use.resident_bytes);
    f.open_files.Set(use.open_files);
    f.most_files.Set(use.most_files);
    f.started.Set(use.started);
}

void Metrics::declare_route(std::string_view route, const std::vector<unsigned>& codes)
{
    const auto declare = [&](unsigned code, const std::string& label) {
        auto& cell = families_->by_route[{std::string{route}, code}];
        if (!cell)
            cell = &families_->requests.Add({{"route", std::string{route}}, {"code", label}});
    };
    for (const unsigned code : codes) declare(code, std::to_string(code));
    declare(0, "other");
}

void Metrics::http_request(std::string_view route, unsigned code)
{
    auto found = families_->by_route.find(std::pair{std::string{route}, code});
    if (found == families_->by_route.end())
        found = families_->by_route.find(std::pair{std::string{route}, 0U});
    if (found != families_->by_route.end()) found->second->Increment();
}

std::string Metrics::text() const
{
    return prometheus::TextSerializer{}.Serialize(registry_.Collect());
}

} // namespace magwatch
