#include "daemon/app/heartbeat.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/ascii.hpp"
#include "adapters/pagers/signing.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/url.hpp"
#include "adapters/pagers/webhook.hpp"
#include "runtime/log.hpp"

namespace magwatch {
namespace {

constexpr LogEvent event_failing{"heartbeat.failing", LogLevel::warning};

constexpr unsigned failing_after = 3; // design value, as the misses that a receiver waits for
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
    receivers_.clear();
    content_.config_hash = adapters::hex(adapters::sha256(config.text));
    content_.pack_hash = adapters::hex(adapters::sha256(config.ward.pack_text));
    for (const HeartbeatConfig& one : config.heartbeats) {
        auto receiver = std::make_shared<Receiver>();
        receiver->name = one.name;
        receiver->url = one.url;
        receiver->signed_json = one.signed_json;
        receiver->every = one.every;
        std::string wrong;
        if (one.signed_json) {
            auto loaded = load_secret(one.secret);
            if (const auto* error = std::get_if<SecretError>(&loaded)) {
                wrong = error->reason;
            } else if (auto key = adapters::webhook_key(std::get<Secret>(loaded).reveal())) {
                receiver->keys.emplace_back(std::move(*key));
            } else {
                wrong = "the secret is no signing key (whsec_ and base64)";
            }
        }
        if (wrong.empty()) receivers_.push_back(std::move(receiver));
        else mistakes.push_back("heartbeat " + one.name + ": " + wrong);
    }
    judge();
    return mistakes;
}

bool Heartbeat::due(Instant now) const
{
    return std::any_of(receivers_.begin(), receivers_.end(), [&](const auto& one) { return now >= one->next; });
}

void Heartbeat::planned(std::uint32_t beds)
{
    if (beds < beds_) content_.planned_ends += beds_ - beds;
    beds_ = beds;
}

void Heartbeat::beat(const WardView& view)
{
    beds_ = view.beds_watched;
    ++content_.sequence;
    for (const auto& receiver : receivers_) {
        if (view.at.steady < receiver->next) continue;
        receiver->next = view.at.steady + receiver->every;
        if (receiver->running < running_max) send(receiver, view);
    }
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
    out["at"] = adapters::iso_8601(view.at.wall);
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Heartbeat::send(const std::shared_ptr<Receiver>& receiver, const WardView& view)
{
    adapters::HttpPost post;
    post.url = receiver->url;
    post.loopback_only = adapters::is_loopback_url(receiver->url);
    if (receiver->signed_json) {
        content_.every = receiver->every;
        post.body = body(view, content_);
        std::vector<std::string_view> keys;
        for (const Secret& key : receiver->keys) keys.push_back(key.reveal());
        const auto id = fmt::format("heartbeat-{}-{}", content_.incarnation, content_.sequence);
        const auto made = adapters::sign_webhook(id, view.at.wall, post.body, keys);
        post.headers = {"Content-Type: application/json", "webhook-id: " + made.id,
                        "webhook-timestamp: " + made.timestamp, "webhook-signature: " + made.signature};
    }
    ++receiver->running;
    auto done = [weak = std::weak_ptr{self_}, receiver](const adapters::TransferResult& result) {
        if (const auto self = weak.lock()) (*self)->ended(*receiver, result);
    };
    lane_.start(adapters::CurlRequest{std::move(post)}, executor_, std::move(done));
}

void Heartbeat::ended(Receiver& receiver, const adapters::TransferResult& result)
{
    --receiver.running;
    const bool taken =
        result.end == adapters::TransferEnd::answered && result.status >= 200 && result.status < 300;
    if (taken) metrics_.heartbeats_taken.Increment();
    else metrics_.heartbeats_failed.Increment();
    receiver.failed_in_a_row = taken ? 0 : receiver.failed_in_a_row + 1;
    if (receiver.failed_in_a_row == failing_after)
        log(event_failing, result.detail, {{LogKey::channel, receiver.name}});
    judge();
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
