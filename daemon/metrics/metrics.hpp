// Everything that magwatchd counts about itself. Each family is declared once: Metrics::Families.
//
// Label values come from the configuration (bed, device, source, rule, check, channel) or from the
// enums below, never from a device, a message or a person; every label set exists from the start at
// 0, so that a rate or an alert over it works from the first scrape. No clinical value is here: those of
// beds are text of their own, where a site wants them (daemon/http/clinical_metrics.hpp).
//
// Threads: text(), http_request(), http_refused(), called_back(), hl7_acked() and the metrics without labels may
// be used from any thread at once. configure(), on(), show() and what device(), source() and
// channel() give belong to one thread, the loop's. What they give stays good as long as Metrics
// lives, across reloads too: what a reload removed takes updates and shows nothing.
//
// Units: seconds and bytes. Names follow Prometheus' conventions (`promtool check metrics` is a
// test).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/metrics/process_use.hpp"
#include "rules/base/priority.hpp"
#include "rules/observation/quantity.hpp"
#include "rules/ward/view.hpp"

namespace magwatch
{

// How one poll of a device ended.
enum class PollResult : std::uint8_t {
    ok,
    partial,     // some blocks were answered by an exception
    timeout,     // no whole reply in time
    exception,   // answered, and nothing could be read
    malformed,   // a reply that is none, or another's
    unreachable, // no connection
};
inline constexpr std::size_t poll_result_count = 6;
[[nodiscard]] std::string_view name(PollResult result);

// What became of one value of a source.
enum class ObservationResult : std::uint8_t { accepted, questionable, unusable, refused, dropped };
inline constexpr std::size_t observation_result_count = 5;
[[nodiscard]] std::string_view name(ObservationResult result);

inline constexpr std::size_t refusal_count = static_cast<std::size_t>(Refusal::quality) + 1;

enum class Hl7Ack : std::uint8_t { accepted, error, rejected }; // AA, AE, AR
// Why an HL7 connection was turned away or closed.
enum class Hl7Refusal : std::uint8_t {
    address,     // it may not connect
    connections, // too many at once, in all or from there
    evicted,     // silent for longer than a message may take, it made room for another
    timeout,     // a message that did not end, an answer that was not taken
};
inline constexpr std::size_t hl7_refusal_count = static_cast<std::size_t>(Hl7Refusal::timeout) + 1;
[[nodiscard]] std::string_view name(Hl7Refusal refusal);
// Why a connection or request was turned away before any route saw it.
enum class HttpRefusal : std::uint8_t {
    peer,        // Unix socket: neither root, the daemon's user nor its group
    connections, // too many at once
    evicted,     // made room for a newer one while it had not yet sent a request
    timeout,     // header or body did not arrive in time
    header_size,
    body_size,
    malformed,
    host,   // Host names somebody else
    origin, // a page of another site
    client, // a state change without X-Magwatch-Client
    reader, // of the live stream: it fell behind
    tls,    // no handshake: plain HTTP, an old version, no common suite, broken off
};
inline constexpr std::size_t http_refusal_count = static_cast<std::size_t>(HttpRefusal::tls) + 1;
[[nodiscard]] std::string_view name(HttpRefusal refusal);

// What a gateway called back with, and why it changed nothing.
enum class CallbackResult : std::uint8_t {
    status,     // passed on: what became of a page
    answer,     // passed on: a person's answer, and the ward took it
    under_way,  // a status that says nothing yet
    repeated,   // seen before
    peer,       // from an address that is not listed
    connection, // turned away before there was a request: too many, too slow, too large, no HTTP
    address,    // no such path or gateway, or not a page of ours
    proof,      // not proven to be the gateway's
    form,       // neither a form nor JSON, or without what the configuration names
    word,       // a status that the configuration does not know
    sender,     // not the number of exactly one person
    text,       // not an answer
    not_told,   // the ward refused it: no open call of this code was told to this person
    busy,       // could not be passed on or stored: the gateway is asked to come again
};
inline constexpr std::size_t callback_result_count = static_cast<std::size_t>(CallbackResult::busy) + 1;
[[nodiscard]] std::string_view name(CallbackResult result);

// Where label values come from.
struct MetricLabels {
    struct Device {
        std::string name, driver, bed; // driver: "modbus", "hl7", ...; bed: alias
    };
    struct Rule {
        std::string id;
        Priority priority{};
        AlarmKind kind{};
    };
    std::vector<Device> devices;       // what is polled
    std::vector<std::string> sources;  // everything that gives values
    std::vector<Rule> rules;           // of the pack, and technical ones
    std::vector<std::string> checks;   // ids
    std::vector<std::string> channels; // pager channels: "webhook", "smtp"
};

// Counters of one polled device.
class DeviceMetrics
{
public:
    void polled(PollResult result)
    {
        if (polls_[index(result)]) polls_[index(result)]->Increment();
    }
    // Unix time of its newest sample.
    void sampled(WallTime at)
    {
        if (last_sample_) last_sample_->Set(static_cast<double>(at.ms) / 1000);
    }

private:
    friend class Metrics;
    static std::size_t index(PollResult r) { return static_cast<std::size_t>(r); }
    std::string driver_, bed_;
    prometheus::Gauge* info_ = nullptr;
    std::array<prometheus::Counter*, poll_result_count> polls_{};
    prometheus::Gauge* last_sample_ = nullptr;
};

// Counters of one source of values.
class SourceMetrics
{
public:
    void observed(ObservationResult result)
    {
        if (auto* c = observations_[static_cast<std::size_t>(result)]) c->Increment();
    }
    // Counts the value as refused, too.
    void refused(Refusal reason)
    {
        observed(ObservationResult::refused);
        if (auto* c = refused_[static_cast<std::size_t>(reason)]) c->Increment();
    }

private:
    friend class Metrics;
    std::array<prometheus::Counter*, observation_result_count> observations_{};
    std::array<prometheus::Counter*, refusal_count> refused_{};
    prometheus::Gauge* commissioned_ = nullptr;
};

// Counters of one kind of pager channel.
class ChannelMetrics
{
public:
    void paged(PageOutcome outcome)
    {
        if (auto* c = pages_[static_cast<std::size_t>(outcome)]) c->Increment();
    }
    void delivered_in(Duration time)
    {
        if (delivery_) delivery_->Observe(static_cast<double>(time.count()) / 1000);
    }

private:
    friend class Metrics;
    std::array<prometheus::Counter*, 8> pages_{}; // by outcome; null for what ends no page
    prometheus::Histogram* delivery_ = nullptr;
};

class Metrics
{
public:
    explicit Metrics(std::string_view version, std::string_view commit = {});
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // Adds every label set of a new configuration and removes those of the old one that vanished.
    void configure(const MetricLabels& labels);

    // Null for a name that no configuration had.
    [[nodiscard]] DeviceMetrics* device(std::string_view name);
    [[nodiscard]] SourceMetrics* source(std::string_view name);
    [[nodiscard]] ChannelMetrics* channel(std::string_view kind);

    // Counts a raised alarm, and how long an acknowledgement took. Others change nothing.
    void on(const AlarmTransition& transition);
    // Sets every gauge that tells what the ward is now: alarms, calls, checks, beds. Counts steps of checklists
    // that have ended since the last call.
    void show(const WardView& view);

    // When the certificates of the peers that pages and heartbeats go to end, by host; those that are not named vanish.
    void show_certificates(const std::map<std::string, WallTime>& until);

    // What the operating system says of this process; cheap enough for every second.
    void show_process(const ProcessUse& use);

    void http_request(std::string_view route, unsigned code);
    void http_refused(HttpRefusal refusal)
    {
        http_refused_[static_cast<std::size_t>(refusal)]->Increment();
    }
    void called_back(CallbackResult result) { callbacks_[static_cast<std::size_t>(result)]->Increment(); }
    // Of the main loop alone; a kind on which nobody can speak first is not counted.
    void reply_refused(std::string_view channel);
    // Of the main loop alone.
    void hl7_refused(Hl7Refusal refusal, std::uint64_t times)
    {
        hl7_refused_[static_cast<std::size_t>(refusal)]->Increment(static_cast<double>(times));
    }
    void hl7_acked(Hl7Ack ack) { hl7_acks_[static_cast<std::size_t>(ack)]->Increment(); }
    // Routes of the HTTP server with the codes each can give; any other code is counted as "other".
    // Before the first request.
    void declare_route(std::string_view route, const std::vector<unsigned>& codes);

    // The scrape: Prometheus' text format.
    [[nodiscard]] std::string text() const;
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    using RuleKey = std::pair<Priority, AlarmKind>;
    struct Families;
    void count_steps(const WardView& view);
    void configure_rules(const std::vector<MetricLabels::Rule>& rules);
    void configure_devices(const std::vector<MetricLabels::Device>& devices);
    void configure_sources(const std::vector<std::string>& sources);

    prometheus::Registry registry_;
    std::unique_ptr<Families> families_;

    std::array<prometheus::Counter*, http_refusal_count> http_refused_{};
    std::array<prometheus::Counter*, callback_result_count> callbacks_{};
    std::array<prometheus::Counter*, 3> hl7_acks_{};
    std::array<prometheus::Counter*, hl7_refusal_count> hl7_refused_{};
    std::map<std::string, prometheus::Counter*, std::less<>> replies_refused_;

public:
    // Label-free metrics, to be updated in place.
    prometheus::Gauge& rule_last_evaluation; // Unix time
    prometheus::Histogram& rule_evaluation;  // one step of the ward
    prometheus::Histogram& journal_commit;
    prometheus::Histogram& page_handoff; // register read or message received -> page at the socket
    prometheus::Histogram& loop_lag;     // a turn of the loop later than it was due
    prometheus::Gauge& config_last_reload_successful; // 1 or 0
    prometheus::Gauge& config_last_reload;            // Unix time of the configuration in force
    prometheus::Gauge& backup_last_success;    // Unix time; before the first, of the first look for one
    prometheus::Gauge& backup_last_successful; // 1 or 0
    prometheus::Gauge& backup_within;          // seconds; 0 = none is expected
    prometheus::Gauge& store_free_bytes;
    prometheus::Gauge& store_size_bytes;
    prometheus::Counter& inbox_dropped;
    prometheus::Counter& hl7_messages;
    prometheus::Counter& hl7_duplicates;
    prometheus::Gauge& hl7_connections;
    prometheus::Gauge& http_connections;
    prometheus::Gauge& displays_connected; // boards that read the live stream
    prometheus::Gauge& boards_sounding;    // of those that said so in the last 90 s
    prometheus::Gauge& boards_silent;
    prometheus::Gauge& callback_connections;
    prometheus::Counter& heartbeats_taken;
    prometheus::Counter& heartbeats_failed;
    prometheus::Gauge& heartbeat_receivers_failing;
    prometheus::Gauge& audit_rows;    // the number of the newest row of the audit trail on the disk
    prometheus::Gauge& audit_writing; // 1 or 0
    prometheus::Counter& canary_trials;      // that came out
    prometheus::Histogram& canary_latency;   // from the moment its rule must raise to its page in the queue of pages
    prometheus::Gauge& canary_last_success;  // Unix time; before the first, of the start
    prometheus::Gauge& http_certificate_ends; // Unix time; 0 = no TLS
    prometheus::Gauge& audit_lost;    // rows, since the start
    prometheus::Counter& log_dropped;
};

} // namespace magwatch
