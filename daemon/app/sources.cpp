#include "daemon/app/sources.hpp"

#include <algorithm>
#include <utility>

#include "adapters/monitors/hl7/zone.hpp"
#include "daemon/app/fingerprints.hpp"

namespace magwatch {
namespace {

using adapters::modbus::LinkResult;

std::optional<adapters::modbus::SerialSettings> serial_line(const SerialLineConfig& config)
{
    if (config.path.empty()) return std::nullopt;
    return adapters::modbus::SerialSettings{config.path, config.baud, adapters::modbus::Parity{config.parity},
                                            config.stop_bits};
}

PollResult poll_result(LinkResult result)
{
    switch (result) {
    case LinkResult::ok: return PollResult::ok;
    case LinkResult::exception: return PollResult::exception;
    case LinkResult::timeout: return PollResult::timeout;
    case LinkResult::bad_reply:
    case LinkResult::closed: return PollResult::malformed;
    case LinkResult::connect_failed: return PollResult::unreachable;
    }
    std::abort();
}

// AA and CA, AE and CE, AR and CR are one for people who watch a gateway.
Hl7Ack ack_of(adapters::hl7::AckCode code)
{
    using adapters::hl7::AckCode;
    switch (code) {
    case AckCode::aa:
    case AckCode::ca: return Hl7Ack::accepted;
    case AckCode::ae:
    case AckCode::ce: return Hl7Ack::error;
    case AckCode::ar:
    case AckCode::cr: return Hl7Ack::rejected;
    }
    std::abort();
}

adapters::hl7::SourceProfile profile_of(const Hl7SourceConfig& config, const Ward& ward)
{
    adapters::hl7::SourceProfile profile;
    profile.name = config.name;
    profile.source = ward.find_source(config.name).value_or(no_source);
    profile.application = config.application;
    profile.facility = config.facility;
    profile.bed_pattern = config.bed_pattern;
    profile.accept_test_data = config.accept_test_data;
    profile.pumps_give_magnesium = config.pumps_give_magnesium;
    profile.charting = config.charting;
    profile.usable_with_status_x = config.usable_with_status_x;
    if (const auto zone = adapters::hl7::Zone::from(config.zone.empty() ? "Z" : config.zone)) profile.zone = *zone;
    for (const auto& code : config.codes) {
        adapters::hl7::CodeOverride override_;
        override_.code = code.code;
        override_.signal = code.signal;
        override_.unit = code.unit;
        profile.codes.push_back(std::move(override_));
    }
    for (const auto& [found, alias] : config.beds) {
        const auto bed = ward.find_bed(alias);
        if (bed) profile.beds.push_back({*bed, {found}, config.accept_test_data});
    }
    return profile;
}

} // namespace

Sources::Sources(boost::asio::io_context& io, WardLoop& loop, Clock& clock, TaskGroup::OnFailure on_failure)
    : io_{io}, loop_{loop}, clock_{clock}, on_failure_{std::move(on_failure)}
{
}

Sources::~Sources() = default;

std::vector<std::string> Sources::start(const Config& config)
{
    std::vector<std::string> mistakes;
    tasks_ = std::make_unique<TaskGroup>(io_.get_executor(), on_failure_);
    start_modbus(config, mistakes);
    start_hl7(config, mistakes);
    return mistakes;
}

void Sources::start_modbus(const Config& config, std::vector<std::string>& mistakes)
{
    const Ward& ward = loop_.ward();
    std::vector<adapters::modbus::Device> devices;
    const auto known = std::exchange(charted_, {});
    for (const auto& device : config.modbus) {
        const std::string key = device.name + '\n' + place_of(device) + '\n' + fingerprint_of(device.map.text);
        const auto before = known.find(key);
        auto& charted = charted_[key];
        charted = before != known.end() ? before->second : std::make_shared<adapters::modbus::ChartedMemory>();
        auto loaded = adapters::modbus::parse_register_map(device.map.text, device.map.path);
        const bool serial = !device.serial.path.empty();
        const auto address = adapters::modbus::address_from(serial ? "localhost" : device.address.text());
        const auto source = ward.find_source(device.name);
        const auto bed = ward.find_bed(device.bed);
        if (!loaded.map || !address || !source || !bed) {
            mistakes.push_back(device.name + ": cannot be polled (map, address or bed)");
            continue;
        }
        devices.push_back({*source, *bed, device.name, *address, device.unit,
                           std::make_shared<const adapters::modbus::RegisterMap>(std::move(*loaded.map)),
                           serial_line(device.serial), device.serial.reply_timeout, charted});
    }
    counted_polls_.assign(devices.size(), {});
    modbus_ = std::make_unique<adapters::modbus::Adapter>(io_, loop_, std::move(devices));
    modbus_->start([this](std::string task, boost::asio::awaitable<void> body) {
        tasks_->spawn_loop(std::move(task), std::move(body));
    });
}

void Sources::start_hl7(const Config& config, std::vector<std::string>& mistakes)
{
    counted_messages_ = counted_duplicates_ = 0;
    counted_acks_ = {};
    counted_refusals_ = {};
    if (!config.hl7) return;
    const Ward& ward = loop_.ward();
    adapters::hl7::Hl7Config server;
    server.address = config.hl7->listen.host;
    server.port = config.hl7->listen.port;
    server.allow_from = config.hl7->allow_from;
    for (const auto& source : config.hl7->sources) server.sources.push_back(profile_of(source, ward));
    for (const auto& bed : config.ward.beds) {
        if (const auto id = ward.find_bed(bed.alias)) server.beds.push_back({*id, {bed.alias, bed.place}, false});
    }
    for (const auto& wrong : adapters::hl7::mistakes(server)) mistakes.push_back("hl7: " + wrong);
    hl7_ = std::make_unique<adapters::hl7::Hl7Server>(io_.get_executor(), *tasks_, std::move(server), loop_,
                                                      [this] { return clock_.now().wall; });
    for (const auto& source : config.hl7->sources) {
        const auto id = ward.find_source(source.name);
        if (!id) continue;
        for (const MessageSeen& message : ward.messages_seen(*id)) hl7_->remember(message);
    }
    hl7_->start();
    hl7_listen_ = config.hl7->listen.text();
}

std::string Sources::why_deaf() const
{
    if (!hl7_ || hl7_->why_deaf().empty()) return "";
    return "HL7 cannot listen on " + hl7_listen_ + ": " + hl7_->why_deaf();
}

boost::asio::awaitable<void> Sources::stop()
{
    if (hl7_) hl7_->stop();
    if (tasks_) {
        tasks_->stop();
        const Duration limit{3'000};
        co_await tasks_->wait_empty(limit);
    }
    hl7_.reset();
    tasks_.reset();
    modbus_.reset();
}

void Sources::count(Metrics& metrics)
{
    for (std::size_t i = 0; modbus_ && i < modbus_->size(); ++i) {
        auto* device = metrics.device(modbus_->device(i).name);
        if (device == nullptr) continue;
        const auto& polls = modbus_->state(i).polls;
        for (std::size_t r = 0; r < polls.size(); ++r) {
            for (; counted_polls_[i][r] < polls[r]; ++counted_polls_[i][r]) {
                device->polled(poll_result(static_cast<LinkResult>(r)));
                if (static_cast<LinkResult>(r) == LinkResult::ok) device->sampled(clock_.now().wall);
            }
        }
    }
    if (!hl7_) return;
    const auto& counters = hl7_->counters();
    metrics.hl7_messages.Increment(static_cast<double>(counters.messages - counted_messages_));
    counted_messages_ = counters.messages;
    metrics.hl7_duplicates.Increment(static_cast<double>(counters.duplicates - counted_duplicates_));
    counted_duplicates_ = counters.duplicates;
    metrics.hl7_connections.Set(static_cast<double>(counters.open_connections));
    const std::array<std::uint64_t, hl7_refusal_count> turned_away{counters.connections_not_allowed,
                                                                   counters.connections_refused,
                                                                   counters.connections_evicted, counters.timeouts};
    for (std::size_t i = 0; i < turned_away.size(); ++i) {
        metrics.hl7_refused(static_cast<Hl7Refusal>(i), turned_away[i] - counted_refusals_[i]);
    }
    counted_refusals_ = turned_away;
    std::array<std::uint64_t, 3> acks{};
    for (std::size_t i = 0; i < counters.acks.size(); ++i) {
        acks[static_cast<std::size_t>(ack_of(static_cast<adapters::hl7::AckCode>(i)))] += counters.acks[i];
    }
    for (std::size_t i = 0; i < acks.size(); ++i) {
        for (; counted_acks_[i] < acks[i]; ++counted_acks_[i]) metrics.hl7_acked(static_cast<Hl7Ack>(i));
    }
}

} // namespace magwatch
