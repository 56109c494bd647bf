// Tells others that magwatch watches, and whom: they ring when it stops telling.
//
// Lives on the io_context thread and is asked by the ward loop, so that it says that the loop makes progress and not
// merely that a process is there. Heartbeats go out on the curl lane, one a receiver and period, never repeated: the
// next one is newer. A receiver that fails delays nothing and is a technical alarm after three (design value).
//
// A signed heartbeat is JSON under a Standard Webhooks signature: type "magwatch.heartbeat", ward, incarnation,
// sequence, every_seconds, beds_watched, planned_ends (watches that people ended, since the start: a number of beds
// that falls by more is a fault), oldest_data_seconds, config and pack (SHA-256), simulation, stopping, at: no name.
// `audit` is null, or sequence and hash of the newest row of the audit trail: whoever cuts its end cannot cut it here.
// `canary` is of the newest alarm of the bed of nobody that came out where pages leave: its number, how long ago that
// was, how long it took and how often one should. Number 0: none has, for as long as it says.
// `stopping` is null, or says of the last one before a stop on purpose who stops us and when we are expected back.
//
// An Alertmanager is told of an alert "Watchdog" that always rings. Each telling gives it an end four periods ahead, so
// that it resolves by itself when nobody tells it any more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "adapters/pagers/curl_lane.hpp"
#include "adapters/pagers/http_login.hpp"
#include "daemon/audit/row.hpp"
#include "daemon/config/config.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/ward_loop/canary.hpp"
#include "rules/ward/view.hpp"
#include "runtime/secret.hpp"

namespace magwatch {

class Heartbeat {
public:
    // Lane and metrics must outlive it.
    Heartbeat(boost::asio::any_io_executor executor, adapters::CurlLane& lane, Metrics& metrics,
              std::uint32_t incarnation);

    // Mistakes in words: a receiver whose secret cannot be read hears nothing.
    [[nodiscard]] std::vector<std::string> configure(const Config& config);

    [[nodiscard]] bool due(Instant now) const;
    // To every receiver whose time has come.
    void beat(const WardView& view);

    // Nobody watches from now on, because `by` wants it: said to every receiver that is signed for. Nothing is due
    // after that.
    void stopping(const WardView& view, const std::string& by);
    // Something is on its way.
    [[nodiscard]] bool busy() const;

    // So many beds are watched now. `planned`: if there are fewer, a person wanted it.
    void watched(std::uint32_t beds) { beds_ = beds; }
    void planned(std::uint32_t beds);

    // The newest row of the audit trail, for the next beats.
    void audited(audit::Head head) { content_.audit = std::move(head); }

    // What the bed of nobody showed, for the next beats.
    void carried(const Canary::Report& report) { content_.canary = report; }

    // The receivers that took none of the last three, in words; "" = all hear.
    [[nodiscard]] const std::string& failing() const { return failing_; }

    // Each of them took its last heartbeat: nothing but that says that an outside watch is reached again.
    [[nodiscard]] bool settled() const;

    // The body of a signed heartbeat. Pure.
    struct Content {
        std::uint32_t incarnation = 0;
        std::uint64_t sequence = 0;
        std::uint64_t planned_ends = 0;
        Duration every{};
        std::string config_hash, pack_hash;
        audit::Head audit; // 0 = there is no row yet
        Canary::Report canary;
        std::string stopped_by; // "" = it goes on
        Duration back_in{};
    };
    [[nodiscard]] static std::string body(const WardView& view, const Content& content);
    // The body of POST /api/v2/alerts. Pure.
    [[nodiscard]] static std::string watchdog(const WardView& view, const std::string& ward, Duration every,
                                              WallTime since);

private:
    struct Receiver {
        std::string name;
        HeartbeatKind kind = HeartbeatKind::webhook;
        std::vector<std::string> urls; // of an Alertmanager every member; one that takes it is enough
        std::string ca_file;
        std::vector<Secret> keys;
        adapters::HttpLogin login;
        Duration every{}, planned_stop{};
        Instant next{};
        unsigned failed_in_a_row = 0;
        bool answered = false; // took one since this start
        unsigned running = 0;
    };
    // One heartbeat on its way to all addresses of a receiver.
    struct Round {
        std::size_t left = 0;
        bool taken = false;
        std::string detail; // of the last that did not take it
    };
    [[nodiscard]] static std::string secrets_of(Receiver& receiver, const HeartbeatConfig& one, const Config& config);
    void send(const std::shared_ptr<Receiver>& receiver, const WardView& view);
    [[nodiscard]] adapters::HttpPost post(const Receiver& receiver, const WardView& view);
    void heard(Receiver& receiver, Round& round, const adapters::TransferResult& result);
    void judge();

    boost::asio::any_io_executor executor_;
    adapters::CurlLane& lane_;
    Metrics& metrics_;
    std::vector<std::shared_ptr<Receiver>> receivers_;
    Content content_;
    std::uint32_t beds_ = 0;
    std::string label_;
    std::optional<WallTime> since_; // the first beat
    bool stopping_ = false;
    std::string failing_;
    std::shared_ptr<Heartbeat*> self_; // gone with it; late results find nothing
};

} // namespace magwatch
