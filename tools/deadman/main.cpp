// magwatch-deadman: rings by a way of its own when a ward's heartbeats stop, stand still or tell of a fault.
//
//   magwatch-deadman --config FILE            watch; SIGHUP reads the file again, all or nothing
//   magwatch-deadman --config FILE --check    read the file and its secrets, and end
//
// Exit codes: 0 ended when asked to or the file is good, 1 failed or cannot read a file, 2 usage, 78 mistakes.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <systemd/sd-daemon.h>

#include "runtime/build_info.hpp"
#include "runtime/log.hpp"
#include "tools/deadman/channel.hpp"
#include "tools/deadman/config.hpp"
#include "tools/deadman/listener.hpp"
#include "tools/deadman/own_disk.hpp"
#include "tools/deadman/state_writer.hpp"

namespace magwatch::deadman {
namespace {

using namespace std::chrono_literals;

constexpr LogEvent event_started{"deadman.started", LogLevel::notice};
constexpr LogEvent event_page{"deadman.page", LogLevel::warning};
constexpr LogEvent event_refused{"deadman.refused", LogLevel::warning};
constexpr LogEvent event_reloaded{"deadman.reloaded", LogLevel::notice};
constexpr LogEvent event_refused_file{"deadman.config_refused", LogLevel::error};
constexpr LogEvent event_audit{"deadman.audit_went_back", LogLevel::warning};
constexpr LogEvent event_state{"deadman.state", LogLevel::error};
constexpr LogEvent event_stored{"deadman.state_written", LogLevel::notice};

constexpr int exit_failed = 1, exit_usage = 2, exit_config = 78; // EX_CONFIG
constexpr auto tick_every = 250ms;
// For a disk at the start, and between tries of one that fails: design values. Twice the first is within the unit's
// TimeoutStartSec.
constexpr auto disk_answers_within = 5s, store_again_after = 5s;

std::string local_clock(std::time_t at)
{
    std::tm local{};
    localtime_r(&at, &local);
    return fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min);
}

Now read_now()
{
    std::timespec boot{}, wall{};
    clock_gettime(CLOCK_BOOTTIME, &boot);
    clock_gettime(CLOCK_REALTIME, &wall);
    Now now;
    now.steady = Milliseconds{boot.tv_sec * 1000 + boot.tv_nsec / 1'000'000};
    now.wall_ms = wall.tv_sec * 1000 + wall.tv_nsec / 1'000'000;
    now.clock = local_clock(wall.tv_sec);
    return now;
}

// A ward of before there was an audit trail tells of none.
std::optional<AuditHead> read_head(const nlohmann::json& in)
{
    if (!in.is_object() || !in.contains("sequence") || !in["sequence"].is_number_unsigned() || !in.contains("hash") ||
        !in["hash"].is_string())
        return std::nullopt;
    AuditHead head{in["sequence"].get<std::uint64_t>(), in["hash"].get<std::string>()};
    const bool good = head.hash.size() == 64 && head.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    return good ? std::optional{std::move(head)} : std::nullopt;
}

// A stop on purpose, no longer than we believe one.
std::optional<Stop> read_stop(const nlohmann::json& in, const Rules& rules, const Now& now)
{
    if (!in.is_object()) return std::nullopt;
    const auto by = in.find("by"), back = in.find("back_in_seconds");
    if (by == in.end() || !by->is_string() || back == in.end() || !back->is_number_unsigned()) return std::nullopt;
    Stop out;
    out.by = by->get<std::string>();
    if (out.by.empty() || out.by.size() > by_max || !is_plain(out.by)) return std::nullopt;
    const auto wanted = Milliseconds{static_cast<std::int64_t>(std::min<std::uint64_t>(back->get<std::uint64_t>(),
                                                                                       86'400)) * 1000};
    out.back_by_ms = now.wall_ms + std::min(wanted, rules.planned_stop).count();
    out.clock = local_clock(out.back_by_ms / 1000);
    return out;
}

std::optional<Canary> read_canary(const nlohmann::json& in)
{
    if (!in.is_object()) return std::nullopt;
    const auto ago = in.find("ago_seconds"), every = in.find("every_seconds");
    if (ago == in.end() || !ago->is_number() || every == in.end() || !every->is_number()) return std::nullopt;
    const Canary out{ago->get<double>(), every->get<double>()};
    return out.ago_seconds >= 0 && out.every_seconds > 0 ? std::optional{out} : std::nullopt;
}

// Every field as docs/API.md says, or nothing: a heartbeat is never guessed.
std::optional<Heartbeat> read_heartbeat(const Signed& message, const Rules& rules, const Now& now)
{
    const std::string& ward = rules.name;
    const auto in = nlohmann::json::parse(message.body, nullptr, false);
    const auto stamp = stamp_of(message);
    if (!in.is_object() || !stamp) return std::nullopt;
    const auto whole = [&](const char* key, std::uint64_t max) -> std::optional<std::uint64_t> {
        const auto found = in.find(key);
        if (found == in.end() || !found->is_number_unsigned()) return std::nullopt;
        const auto value = found->get<std::uint64_t>();
        return value <= max ? std::optional{value} : std::nullopt;
    };
    const auto text = [&](const char* key, const std::string& value) {
        const auto found = in.find(key);
        return found != in.end() && found->is_string() && found->get<std::string>() == value;
    };
    const auto incarnation = whole("incarnation", UINT32_MAX), sequence = whole("sequence", UINT64_MAX);
    const auto beds = whole("beds_watched", 10'000), ended = whole("planned_ends", UINT64_MAX);
    const auto oldest = in.find("oldest_data_seconds"), simulation = in.find("simulation");
    if (!text("type", "magwatch.heartbeat") || !text("ward", ward) || !incarnation || !sequence || !beds || !ended ||
        oldest == in.end() || !(oldest->is_null() || oldest->is_number()) || simulation == in.end() ||
        !simulation->is_boolean())
        return std::nullopt;
    Heartbeat out;
    out.incarnation = static_cast<std::uint32_t>(*incarnation);
    out.sequence = *sequence;
    out.stamp = *stamp;
    out.beds_watched = static_cast<std::uint32_t>(*beds);
    out.planned_ends = *ended;
    if (oldest->is_number()) out.oldest_data_seconds = oldest->get<double>();
    out.simulation = simulation->get<bool>();
    if (const auto canary = in.find("canary"); canary != in.end()) { // an older ward sends none
        out.canary = read_canary(*canary);
        if (!out.canary) return std::nullopt;
    }
    if (const auto head = in.find("audit"); head != in.end() && !head->is_null()) {
        out.audit = read_head(*head);
        if (!out.audit) return std::nullopt;
    }
    if (const auto stopping = in.find("stopping"); stopping != in.end() && !stopping->is_null()) {
        out.stop = read_stop(*stopping, rules, now);
        if (!out.stop) return std::nullopt;
    }
    return out;
}

class Program {
public:
    Program(std::string path, DeadmanConfig config);
    int run();

private:
    void hear_signals();
    void reload();
    void take(DeadmanConfig config);
    void open_channels();
    unsigned judge(const Signed& message);
    void tick();
    void tell(const Watch& watch, const std::vector<Page>& pages, const Now& now);
    void send(const std::string& ward, std::string_view fault, PageKind kind, const std::string& text, const Now& now);
    void store();
    void look_at_disk(const Now& now);
    unsigned refuse(unsigned status, std::string_view why, const std::string& ward);

    const std::string path_;
    DeadmanConfig config_;
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
    std::optional<Listener> listener_;
    boost::asio::steady_timer timer_{io_};
    std::vector<Watch> watches_; // as config_.wards
    std::vector<std::unique_ptr<Channel>> channels_;
    std::vector<std::unique_ptr<Channel>> old_; // of the configuration before, with what they still have to say
    StateWriter state_;
    OwnDisk disk_;
    std::string disk_wrong_; // what is wrong with the disk, as it was logged
    Milliseconds stored_{};  // when it was last tried
    std::uint64_t pages_ = 0;
};

Program::Program(std::string path, DeadmanConfig config)
    : path_{std::move(path)}, config_{std::move(config)}, state_{config_.state}
{
    const Now now = read_now();
    const ReadState read = state_.read(disk_answers_within)
                               .value_or(ReadState{{}, "the disk does not answer: what was heard before is forgotten"});
    if (!read.wrong.empty()) log(event_state, read.wrong);
    for (const WardConfig& ward : config_.wards) {
        const auto saved = read.states.find(ward.rules.name);
        watches_.emplace_back(ward.rules, now,
                              saved == read.states.end() ? std::nullopt : std::optional{saved->second});
    }
    open_channels();
}

void Program::open_channels()
{
    for (WebhookConfig& one : config_.webhooks) channels_.push_back(std::make_unique<Channel>(std::move(one)));
    for (MailConfig& one : config_.mails) channels_.push_back(std::make_unique<Channel>(std::move(one)));
}

int Program::run()
{
    listener_.emplace(io_, config_.listen, [this](const Signed& message) { return judge(message); });
    hear_signals();
    store();
    // A folder that is not there: say so now. A disk that fails keeps nobody from watching.
    if (const auto first = state_.wait(disk_answers_within); first && first->misplaced)
        throw std::runtime_error{"[state] " + first->wrong};
    log(event_started, fmt::format("Watches {} wards, listens on {}:{}", watches_.size(), config_.listen.host,
                                   listener_->port()));
    std::fputs(fmt::format("READY port={}\n", listener_->port()).c_str(), stdout);
    (void)std::fflush(stdout); // whoever waits for it notices
    sd_notify(0, "READY=1");
    tick();
    io_.run();
    sd_notify(0, "STOPPING=1");
    store();
    return 0;
}

void Program::hear_signals()
{
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal != SIGHUP) return io_.stop();
        reload();
        hear_signals();
    });
}

// All or nothing: a file with a mistake changes nothing, and is said.
void Program::reload()
{
    sd_notify(0, "RELOADING=1");
    LoadedConfig loaded = load_config(path_);
    std::vector<std::string>& mistakes = loaded.mistakes;
    if (mistakes.empty()) {
        const ListenConfig& listen = loaded.config.listen;
        if (listen.host != config_.listen.host || listen.port != config_.listen.port)
            mistakes.emplace_back("[listen] address takes a restart");
        if (loaded.config.state != config_.state) mistakes.emplace_back("'state' takes a restart");
    }
    if (mistakes.empty()) {
        try {
            listener_->use(loaded.config.listen);
        } catch (const std::exception& error) {
            mistakes.push_back(std::string{"[listen] certificate or key: "} + error.what());
        }
    }
    if (mistakes.empty()) take(std::move(loaded.config));
    for (const std::string& mistake : mistakes) log(event_refused_file, mistake);
    const std::string more = mistakes.size() > 1 ? fmt::format(" (and {} more)", mistakes.size() - 1) : "";
    sd_notify(0, mistakes.empty()
                     ? "READY=1\nSTATUS="
                     : ("READY=1\nSTATUS=New configuration refused, the old one stays: " + mistakes[0] + more).c_str());
}

// A ward that stays is watched on as if nothing had happened; a channel says what it still has to say.
void Program::take(DeadmanConfig config)
{
    const Now now = read_now();
    std::vector<Watch> watches;
    for (const WardConfig& ward : config.wards) {
        const auto before = std::find_if(watches_.begin(), watches_.end(), [&](const Watch& one) {
            return one.rules().name == ward.rules.name;
        });
        if (before == watches_.end()) {
            watches.emplace_back(ward.rules, now);
        } else {
            watches.push_back(std::move(*before));
            watches.back().use(ward.rules);
        }
    }
    watches_ = std::move(watches);
    config_ = std::move(config);
    for (auto& channel : channels_) old_.push_back(std::move(channel));
    channels_.clear();
    open_channels();
    store();
    log(event_reloaded, fmt::format("The new configuration is in force: {} wards, {} channels", watches_.size(),
                                    channels_.size()));
}

unsigned Program::refuse(unsigned status, std::string_view why, const std::string& ward)
{
    log(event_refused, fmt::format("A heartbeat of {} was refused: {}", ward, why), {{LogKey::status, status}});
    return status;
}

unsigned Program::judge(const Signed& message)
{
    const Now now = read_now();
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        const Proof proof = verify(config_.wards[i].key.reveal(), message, now.wall_ms / 1000);
        if (proof == Proof::wrong) continue;
        Watch& watch = watches_[i];
        const std::string& ward = watch.rules().name;
        if (proof == Proof::malformed) return refuse(400, "not signed", "somebody");
        if (proof == Proof::stale) return refuse(401, "its time is more than 5 min from ours", ward);
        const auto heartbeat = read_heartbeat(message, watch.rules(), now);
        if (!heartbeat) return refuse(422, "no heartbeat of this ward", ward);
        std::vector<Page> pages;
        const bool newer = watch.heard(*heartbeat, now, pages);
        tell(watch, pages, now);
        if (watch.audit_went_back())
            log(event_audit, fmt::format("The audit trail of {} went back: its end was cut, or another began", ward));
        if (!newer) return refuse(409, "not newer than the last", ward);
        store();
        return 204;
    }
    return refuse(401, "signed with no ward's secret", "somebody");
}

void Program::tick()
{
    const Now now = read_now();
    bool told = false;
    for (Watch& watch : watches_) {
        std::vector<Page> pages;
        watch.tick(now, pages);
        tell(watch, pages, now);
        told = told || !pages.empty();
    }
    if (told) store();
    look_at_disk(now);
    std::erase_if(old_, [](const auto& channel) { return channel->idle(); });
    sd_notify(0, "WATCHDOG=1");
    timer_.expires_after(tick_every);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tick();
    });
}

void Program::tell(const Watch& watch, const std::vector<Page>& pages, const Now& now)
{
    for (const Page& page : pages) send(watch.rules().name, name(page.fault), page.kind, page.text, now);
}

void Program::send(const std::string& ward, std::string_view fault, PageKind kind, const std::string& text,
                   const Now& now)
{
    log(event_page, text);
    nlohmann::ordered_json body;
    body["type"] = "magwatch.deadman";
    body["ward"] = ward;
    body["fault"] = fault;
    body["kind"] = name(kind);
    body["text"] = text;
    body["at_ms"] = now.wall_ms;
    const Message message{fmt::format("deadman-{}-{}", now.wall_ms, ++pages_), body.dump(), text};
    for (const auto& channel : channels_) channel->push(message);
}

void Program::store()
{
    States states;
    for (const Watch& watch : watches_) states.emplace(watch.rules().name, watch.saved());
    state_.write(std::move(states));
    stored_ = read_now().steady;
}

// It is no ward's: "disk" of the ward "".
void Program::look_at_disk(const Now& now)
{
    const std::string wrong = state_.trouble();
    if (wrong != disk_wrong_ && wrong.empty()) log(event_stored, "the disk takes the state again");
    else if (wrong != disk_wrong_) log(event_state, wrong);
    disk_wrong_ = wrong;
    if (!wrong.empty() && now.steady - stored_ >= store_again_after) store();
    if (const auto page = disk_.tick(!wrong.empty(), now)) send("", "disk", page->kind, page->text, now);
}

int start(const std::string& path, bool check)
{
    LoadedConfig loaded = load_config(path);
    for (const std::string& mistake : loaded.mistakes) std::fputs((mistake + "\n").c_str(), stderr);
    // Started again it may read what it could not: a disk that failed once must not end the watch for good.
    if (!loaded.mistakes.empty()) return loaded.unread && !check ? exit_failed : exit_config;
    if (check) {
        std::fputs(fmt::format("{}: good, {} wards, {} channels\n", path, loaded.config.wards.size(),
                               loaded.config.webhooks.size() + loaded.config.mails.size())
                       .c_str(),
                   stdout);
        return 0;
    }
    const LogWriter writer;
    return Program{path, std::move(loaded.config)}.run();
}

} // namespace
} // namespace magwatch::deadman

int main(int argc, char** argv)
{
    using namespace magwatch::deadman;
    CLI::App app{"Rings by a way of its own when magwatch's heartbeats stop (docs/OPERATIONS.md, outside watch)."};
    app.footer("Exit codes: 0 ended when asked to, or the file is good; 1 failed; 2 usage; 78 configuration.");
    app.set_version_flag("--version", magwatch::version_text("magwatch-deadman"));
    std::string config;
    bool check = false;
    app.add_option("--config", config, "its TOML file")->required();
    app.add_flag("--check", check, "read the file and the secrets it names, say every mistake, and end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    std::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = exit_failed;
    try {
        status = start(config, check);
    } catch (const std::exception& error) {
        std::fputs(fmt::format("magwatch-deadman: {}\n", error.what()).c_str(), stderr);
    }
    curl_global_cleanup();
    return status;
}
