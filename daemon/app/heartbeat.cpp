#include "daemon/app/heartbeat.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/url.hpp"
#include "adapters/pagers/webhook.hpp"
#include "runtime/ascii.hpp"
#include "runtime/log.hpp"

namespace magwatch {
namespace {

constexpr LogEvent event_failing{"heartbeat.failing", LogLevel::warning};

constexpr unsigned failing_after = 3; // design value, as the misses that a receiver waits for
constexpr int alert_periods = 4;      // of a Watchdog: three tellings of it may be lost (design value)
constexpr unsigned running_max = 2;   // at once to one receiver: one that hangs is not given more

// The age of the oldest data that a watched bed relies on; nothing: no device speaks for any.
std::optional<Duration> oldest_data(const WardView& view)
{
    std::optional<Duration> oldest;
    for (const SourceView& source : view.sources) {
        if (source.kind == SourceKind::staff || !source.age) continue;
        const auto bed = std::find_if(view.beds.begin(), view.beds.end(),
                                      [&](const BedView& one) { return one.alias == source.bed; });
        if (!source.bed.empty() && (bed == view.beds.end() || !bed->watched)) continue;
        if (!oldest || *source.age > *oldest) oldest = source.age;
    }
    return oldest;
}

} // namespace

Heartbeat::Heartbeat(boost::asio::any_io_executor executor, adapters::CurlLane& lane, Metrics& metrics,
                     std::uint32_t incarnation)
    : executor_{std::move(executor)}, lane_{lane}, metrics_{metrics}, self_{std::make_shared<Heartbeat*>(this)}
{
    content_.incarnation = incarnation;
}

std::vector<std::string> Heartbeat::configure(const Config& config)
{
    std::vector<std::string> mistakes;
    const auto before = std::exchange(receivers_, {});
    content_.config_hash = hex(adapters::sha256(config.text));
    content_.pack_hash = hex(adapters::sha256(config.ward.pack_text));
    label_ = config.label;
    for (const HeartbeatConfig& one : config.heartbeats) {
        auto receiver = std::make_shared<Receiver>();
        receiver->name = one.name;
        receiver->kind = one.kind;
        receiver->urls = {one.url};
        receiver->ca_file = one.ca_file;
        receiver->every = one.every;
        receiver->planned_stop = one.planned_stop;
        const std::string wrong = secrets_of(*receiver, one, config);
        const auto known = std::find_if(before.begin(), before.end(), [&](const auto& other) {
            return other->name == receiver->name && other->kind == receiver->kind && other->urls == receiver->urls;
        });
        if (known != before.end()) { // what it missed before the reload counts
            receiver->failed_in_a_row = (*known)->failed_in_a_row;
            receiver->answered = (*known)->answered;
        }
        if (wrong.empty()) receivers_.push_back(std::move(receiver));
        else mistakes.push_back("heartbeat " + one.name + ": " + wrong);
    }
    judge();
    return mistakes;
}

// What is wrong with what the receiver needs to prove who we are; "" = nothing.
std::string Heartbeat::secrets_of(Receiver& receiver, const HeartbeatConfig& one, const Config& config)
{
    std::string reference = one.secret;
    if (one.kind == HeartbeatKind::alertmanager) {
        const auto& all = config.pager.alertmanager;
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.name == one.gateway; });
        if (at == all.end()) return "no Alertmanager of this name";
        receiver.urls.clear();
        for (std::string url : at->urls) {
            while (url.ends_with('/')) url.pop_back();
            receiver.urls.push_back(url + "/api/v2/alerts");
        }
        receiver.ca_file = at->ca_file;
        receiver.login.user = at->login.user;
        reference = at->login.secret;
    }
    if (reference.empty()) return "";
    auto loaded = load_secret(reference);
    if (const auto* error = std::get_if<SecretError>(&loaded)) return error->reason;
    if (one.kind == HeartbeatKind::alertmanager) {
        receiver.login.secret = std::move(std::get<Secret>(loaded));
        return "";
    }
    auto key = adapters::webhook_key(std::get<Secret>(loaded).reveal());
    if (!key) return "the secret is no signing key (whsec_ and base64)";
    receiver.keys.emplace_back(std::move(*key));
    return "";
}

bool Heartbeat::due(Instant now) const
{
    const auto has_come = [&](const auto& one) { return now >= one->next; };
    return !stopping_ && std::any_of(receivers_.begin(), receivers_.end(), has_come);
}

void Heartbeat::planned(std::uint32_t beds)
{
    if (beds < beds_) content_.planned_ends += beds_ - beds;
    beds_ = beds;
}

void Heartbeat::beat(const WardView& view)
{
    beds_ = view.beds_watched;
    if (!since_) since_ = view.at.wall;
    ++content_.sequence;
    for (const auto& receiver : receivers_) {
        if (view.at.steady < receiver->next) continue;
        receiver->next = view.at.steady + receiver->every;
        if (receiver->running < running_max) send(receiver, view);
    }
}

void Heartbeat::stopping(const WardView& view, const std::string& by)
{
    stopping_ = true;
    ++content_.sequence;
    content_.stopped_by = by;
    for (const auto& receiver : receivers_)
        if (receiver->kind == HeartbeatKind::webhook) send(receiver, view);
}

bool Heartbeat::busy() const
{
    return std::any_of(receivers_.begin(), receivers_.end(), [](const auto& one) { return one->running > 0; });
}

std::string Heartbeat::body(const WardView& view, const Content& content)
{
    const auto oldest = oldest_data(view);
    nlohmann::ordered_json out;
    out["type"] = "magwatch.heartbeat";
    out["ward"] = view.name;
    out["incarnation"] = content.incarnation;
    out["sequence"] = content.sequence;
    out["every_seconds"] = static_cast<double>(content.every.count()) / 1000;
    out["beds_watched"] = view.beds_watched;
    out["planned_ends"] = content.planned_ends;
    out["oldest_data_seconds"] =
        oldest ? nlohmann::ordered_json(static_cast<double>(oldest->count()) / 1000) : nlohmann::ordered_json{};
    out["config"] = content.config_hash;
    out["pack"] = content.pack_hash;
    out["simulation"] = view.mode != Mode::ward;
    nlohmann::ordered_json head;
    if (content.audit.sequence > 0) head = {{"sequence", content.audit.sequence}, {"hash", content.audit.hash}};
    out["audit"] = std::move(head);
    const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1000; };
    out["canary"] = {{"number", content.canary.number},
                     {"ago_seconds", seconds(content.canary.ago)},
                     {"took_seconds", seconds(content.canary.took)},
                     {"every_seconds", seconds(content.canary.every)}};
    nlohmann::ordered_json stopping;
    if (!content.stopped_by.empty()) {
        stopping["by"] = content.stopped_by;
        stopping["back_in_seconds"] = content.back_in.count() / 1000;
    }
    out["stopping"] = std::move(stopping);
    out["at"] = adapters::iso_8601(view.at.wall);
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Heartbeat::watchdog(const WardView& view, const std::string& ward, Duration every, WallTime since)
{
    nlohmann::ordered_json alert;
    alert["labels"] = {{"alertname", "Watchdog"}, {"job", "magwatch"}, {"ward", ward}};
    if (view.mode != Mode::ward) alert["labels"]["simulation"] = "true";
    alert["annotations"] = {
        {"summary", fmt::format("magwatch watches {} beds of {}. When this ends, nobody watches.", view.beds_watched,
                                ward)}};
    const WallTime ends = view.at.wall + alert_periods * every;
    // Refused if it ends before it starts: our clock may have been set back in between.
    alert["startsAt"] = adapters::iso_8601(since < ends ? since : view.at.wall);
    alert["endsAt"] = adapters::iso_8601(ends);
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    all.push_back(std::move(alert));
    return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

adapters::HttpPost Heartbeat::post(const Receiver& receiver, const WardView& view)
{
    adapters::HttpPost post;
    post.ca_file = receiver.ca_file;
    if (receiver.kind == HeartbeatKind::alertmanager) {
        post.body = watchdog(view, label_, receiver.every, since_.value_or(view.at.wall));
        post.headers = {"Content-Type: application/json"};
        if (std::string login = adapters::authorization(receiver.login); !login.empty())
            post.headers.push_back(std::move(login));
    } else if (receiver.kind == HeartbeatKind::webhook) {
        content_.every = receiver.every;
        content_.back_in = receiver.planned_stop;
        post.body = body(view, content_);
        std::vector<std::string_view> keys;
        for (const Secret& key : receiver.keys) keys.push_back(key.reveal());
        const auto id = fmt::format("heartbeat-{}-{}", content_.incarnation, content_.sequence);
        const auto made = adapters::sign_webhook(id, view.at.wall, post.body, keys);
        post.headers = {"Content-Type: application/json", "webhook-id: " + made.id,
                        "webhook-timestamp: " + made.timestamp, "webhook-signature: " + made.signature};
    }
    return post;
}

void Heartbeat::send(const std::shared_ptr<Receiver>& receiver, const WardView& view)
{
    const adapters::HttpPost made = post(*receiver, view);
    const auto round = std::make_shared<Round>();
    round->left = receiver->urls.size();
    ++receiver->running;
    for (const std::string& url : receiver->urls) {
        adapters::HttpPost one = made;
        one.url = url;
        one.loopback_only = adapters::is_loopback_url(url);
        auto done = [weak = std::weak_ptr{self_}, receiver, round](const adapters::TransferResult& result) {
            if (const auto self = weak.lock()) (*self)->heard(*receiver, *round, result);
        };
        lane_.start(adapters::CurlRequest{std::move(one)}, executor_, std::move(done));
    }
}

void Heartbeat::heard(Receiver& receiver, Round& round, const adapters::TransferResult& result)
{
    const bool taken =
        result.end == adapters::TransferEnd::answered && result.status >= 200 && result.status < 300;
    round.taken = round.taken || taken;
    if (!taken) round.detail = result.detail;
    if (--round.left > 0) return;
    --receiver.running;
    if (round.taken) metrics_.heartbeats_taken.Increment();
    else metrics_.heartbeats_failed.Increment();
    receiver.failed_in_a_row = round.taken ? 0 : receiver.failed_in_a_row + 1;
    receiver.answered = receiver.answered || round.taken;
    if (receiver.failed_in_a_row == failing_after)
        log(event_failing, round.detail, {{LogKey::channel, receiver.name}});
    judge();
}

bool Heartbeat::settled() const
{
    return std::all_of(receivers_.begin(), receivers_.end(),
                       [](const auto& one) { return one->answered && one->failed_in_a_row == 0; });
}

void Heartbeat::judge()
{
    failing_.clear();
    unsigned count = 0;
    for (const auto& receiver : receivers_) {
        if (receiver->failed_in_a_row < failing_after) continue;
        ++count;
        failing_ += (failing_.empty() ? "Outside watch not reached: " : ", ") + receiver->name;
    }
    metrics_.heartbeat_receivers_failing.Set(count);
}

} // namespace magwatch
