#include "daemon/app/app.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <utility>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "daemon/app/audit_events.hpp"
#include "daemon/app/backups.hpp"
#include "daemon/app/callback_settings.hpp"
#include "daemon/app/config_checks.hpp"
#include "daemon/app/contracts.hpp"
#include "daemon/app/fingerprints.hpp"
#include "daemon/app/heartbeat.hpp"
#include "daemon/app/last_good.hpp"
#include "daemon/app/pager_set.hpp"
#include "daemon/app/recorder.hpp"
#include "daemon/app/recovery.hpp"
#include "daemon/app/rescue.hpp"
#include "daemon/app/service.hpp"
#include "daemon/app/shell_faults.hpp"
#include "daemon/app/sources.hpp"
#include "daemon/app/start_notes.hpp"
#include "daemon/app/startup.hpp"
#include "daemon/audit/audit.hpp"
#include "daemon/audit/folder.hpp"
#include "daemon/commissioning/readings.hpp"
#include "daemon/commissioning/seal.hpp"
#include "daemon/config/duty_times.hpp"
#include "daemon/history/look_back.hpp"
#include "daemon/http/published.hpp"
#include "daemon/http/server.hpp"
#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/history.hpp"
#include "daemon/journal/journal.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/people/pin.hpp"
#include "daemon/ward_loop/canary.hpp"
#include "daemon/ward_loop/ward_loop.hpp"
#include "rules/ward/technical.hpp"
#include "runtime/build_info.hpp"
#include "runtime/clock_watch.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/lane.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int exit_failed = 70;        // EX_SOFTWARE
constexpr int exit_configuration = 78; // EX_CONFIG
constexpr Duration announce_max = 2s;  // for telling those elsewhere that we stop on purpose
constexpr Duration drain_max = 5s;     // for pages that are on their way when we stop
constexpr Duration rosters_looked_at = 60s;
constexpr Duration canary_longest = 60s;      // between two alarms of the bed of nobody
constexpr int canary_intervals = 6;          // of the watchdog, the same where that is shorter
constexpr Duration stamped_longest = 2s;     // a loop that turns each second has missed a turn then
constexpr Duration page_longest = 5s;        // from a value that asks for it; BEHAVIOUR.md, and so for that bed
constexpr Duration pin_longest = 60s;        // eight may wait, of some 100 ms each
constexpr Duration files_stuck = 30s;        // no reload and no look at a note takes so long
constexpr Duration listen_again = 3s;        // as HTTP and HL7 try it
constexpr Duration channel_told_every = 60s; // well within what the core waits before that alarm is over
constexpr Duration old_faults_after = 15s;   // every fault has been looked for by then; channels take longer, see above

constexpr LogEvent event_started{"daemon.started", LogLevel::notice};
constexpr LogEvent event_recovered{"journal.recovered", LogLevel::notice};
constexpr LogEvent event_journal{"journal.trouble", LogLevel::error};
constexpr LogEvent event_safe_mode{"daemon.safe_mode", LogLevel::error};
constexpr LogEvent event_journal_restored{"journal.restored", LogLevel::warning};
constexpr LogEvent event_refused{"configuration.refused", LogLevel::error};
constexpr LogEvent event_configured{"configuration.loaded", LogLevel::notice};
constexpr LogEvent event_fallback{"configuration.fallback", LogLevel::warning};
constexpr LogEvent event_note{"configuration.note", LogLevel::notice};
constexpr LogEvent event_alarm{"alarm.transition", LogLevel::notice};
constexpr LogEvent event_page{"page.sent", LogLevel::notice};
constexpr LogEvent event_outcome{"page.outcome", LogLevel::info};
constexpr LogEvent event_failed{"task.failed", LogLevel::error};
constexpr LogEvent event_commissioning{"commissioning", LogLevel::warning};
constexpr LogEvent event_stopping{"daemon.stopping", LogLevel::notice};

// Of everybody in a demo or replay, and printed there: nobody real lies in those beds.
constexpr std::string_view simulation_pin = "246810";

// Where the journal is: the configuration's word, then the command line's, then systemd's, then the default.
std::string state_directory(const AppOptions& options, const std::optional<Config>& config)
{
    if (config) return config->journal.directory;
    if (!options.state_directory.empty()) return options.state_directory;
    const char* from_service = std::getenv("STATE_DIRECTORY");
    return from_service != nullptr ? from_service : "/var/lib/magwatch";
}

// A board without its files is a page that says so; the ward is watched either way.
http::WebFiles screen_files(const std::string& root)
{
    http::WebFolder folder = http::read_web_files(root);
    if (folder.files.empty())
        log(event_note, "no screen files: the board shows open alarms alone", {{LogKey::file, root}});
    for (const auto& file : folder.left_out) log(event_note, "a screen file is not served", {{LogKey::file, file}});
    return std::move(folder.files);
}

HistoryLimits history_limits(const Config& config, bool in_memory)
{
    HistoryLimits limits;
    limits.keep = config.journal.keep_history;
    limits.max_bytes = config.journal.max_history_bytes;
    if (in_memory) limits.max_bytes = std::min(limits.max_bytes, rescued_max / 2);
    return limits;
}

// A simulation has people of its own, with a PIN that everybody may know, and keeps none. A ward begins with nobody.
http::GateOptions known_people(const std::string& directory, Mode mode)
{
    http::GateOptions out;
    if (mode != Mode::ward) {
        const std::string hash = hash_pin(simulation_pin);
        for (const Role role : {Role::midwife, Role::charge, Role::doctor, Role::biomed})
            out.people.put(std::string{name(role)} + "-1", {"SIMULATION " + std::string{name(role)}, role, hash, true});
        return out;
    }
    out.path = directory + "/" + people_file;
    auto read = People::read(out.path);
    if (auto* people = std::get_if<People>(&read)) out.people = std::move(*people);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
        out.broken = *wrong;
        log(event_refused, "the list of people cannot be read: nobody can unlock a station",
            {{LogKey::reason, *wrong}});
    }
    return out;
}

// Asked for here and not where it is shown: no other thread may read the time zone while this one reads it anew.
long utc_offset_minutes(WallTime at)
{
    const std::time_t seconds = at.ms / 1000;
    std::tm local{};
    localtime_r(&seconds, &local);
    return local.tm_gmtoff / 60;
}

MetricLabels labels_of(const Config& config)
{
    MetricLabels labels;
    for (const auto& device : config.modbus) labels.devices.push_back({device.name, "modbus", device.bed});
    for (const auto& source : config.ward.sources) labels.sources.push_back(source.name);
    std::vector<LimitOverride> limits;
    for (const auto& limit : config.ward.limits) limits.push_back({limit.name, limit.value});
    const auto compiled = compile_pack(config.ward.pack_text, config.ward.pack_name, limits);
    if (compiled.pack) {
        for (const auto& rule : compiled.pack->rules) labels.rules.push_back({rule.id, rule.priority, rule.kind});
        for (const auto& check : compiled.pack->checks) {
            labels.checks.push_back(check.id);
            labels.rules.push_back({"check." + check.id, Priority::medium, AlarmKind::technical});
        }
    }
    for (std::size_t i = 0; i < bed_fault_count; ++i) {
        const AlarmText& alarm = info(static_cast<BedFault>(i)).alarm;
        labels.rules.push_back({alarm.rule, alarm.priority, alarm.kind});
    }
    for (std::size_t i = 0; i < ward_fault_count; ++i) {
        const AlarmText& alarm = info(static_cast<WardFault>(i)).alarm;
        labels.rules.push_back({alarm.rule, alarm.priority, alarm.kind});
    }
    labels.channels = {"webhook", "sms", "snpp", "smtp", "alertmanager", "ntfy", "wctp", "pcd04"};
    return labels;
}

} // namespace

struct App::State {
    explicit State(AppOptions o)
        : options{std::move(o)}, metrics{build_info().version, build_info().commit},
          tasks{io.get_executor(), [this](const TaskFailure& f) { failed(f); }}, signals{io}
    {
    }

    // --- start ---
    int run();
    bool open_journal(StartConfig& start);
    std::string find_what_was(bool first, StartConfig& start);
    void put_journal_aside(std::string why);
    void build(StartConfig start);
    JournalLimits journal_limits() const;
    WardLoopPorts ports();
    adapters::Feedback feedback();
    void configure_shell();
    std::optional<Rosters> new_rosters();
    asio::awaitable<void> main_task();
    asio::awaitable<void> signal_task();
    asio::awaitable<void> reloads();
    asio::awaitable<void> reload();
    asio::awaitable<void> shut_down();
    asio::awaitable<void> settle(std::function<void(bool stored)> then);
    // --- while running ---
    void send_page(const SendPage& sent);
    void told(const AlarmTransition& transition);
    void publish(const Ward& ward, const Moment& now);
    void make_contracts();
    void canary_came_out(const SendPage& page);
    void turn(const Moment& now);
    void stepped(const Input& input, const Moment& now);
    void watch_clocks(const Moment& now, const ClockReading& reading);
    void watch_boards();
    void listen_for_callbacks(const Moment& now);
    void watch_server();
    [[nodiscard]] std::string links_key() const;
    [[nodiscard]] std::vector<std::string> why_not_taken(const Config& next) const;
    void take_certificate();
    void watch_certificate(WallTime now);
    void watch_rosters(const Moment& now);
    void journal_changed(const JournalStatus& status);
    void open_history();
    void ask_history(HistoryQuestion question, std::function<void(HistoryAnswer)> reply);
    void judge_channels();
    void end_old_faults(const Moment& now);
    void recall_pages();
    bool post(Input input);
    void judge_seals();
    void watch_audit();
    void audited(std::string action, const nlohmann::json& body, std::string outcome = "noted");
    void failed(const TaskFailure& failure);
    void fault(ShellFault what, bool present, std::string detail);

    AppOptions options;
    LogWriter log_writer;
    asio::io_context io{1};
    Metrics metrics;
    Board board;
    Health health;
    Config config;
    std::string directory;
    std::unique_ptr<JournalFile> file; // until the journal takes it
    std::optional<Recovered> recovered;
    std::unique_ptr<StartNotes> starts;
    std::string records_lost; // what of the records this start had to leave out, in words
    bool end_missing = false; // of the journal, records of starts too
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<History> history;
    std::unique_ptr<Recorder> recorder;
    std::optional<RestoreNote> restored; // the journal was put here by `magwatch restore`
    bool just_restored = false;          // and this is the first start since
    std::unique_ptr<Canary> canary;
    std::unique_ptr<WardLoop> loop; // steps the canary
    std::unique_ptr<PagerSet> pagers;
    std::unique_ptr<audit::Audit> audit; // its own thread; before whatever records in it
    std::unique_ptr<Heartbeat> heartbeat;
    std::string channel_mistakes; // of the configuration in force
    std::string deaf_callbacks_;  // why they cannot be heard yet
    Instant callbacks_tried_{};
    std::unique_ptr<http::Server> server;
    std::optional<WallTime> certificate_ends; // of the board's, if it is served with one
    std::unique_ptr<CallbackServer> callbacks; // null without [callbacks]
    std::unique_ptr<Sources> sources;
    std::unique_ptr<Seal> seal;
    Readings readings;
    std::shared_ptr<const RegisterForms> forms;
    Lane work{"work"};
    std::unique_ptr<Backups> backups;
    Service service;
    Contracts contracts;
    ClockWatch clock_watch;
    std::vector<SourceMetrics*> source_metrics; // by SourceId
    ShellFaults faults;
    Instant second_{}, synchronised_{}, channel_told_{};
    std::chrono::steady_clock::time_point lane_moved_ = std::chrono::steady_clock::now();
    Instant old_faults_end_{}; // {}: it has been looked at what stood before this start
    std::uint64_t lane_turns_ = 0;
    std::shared_ptr<const Rosters> shown_rosters_;
    Instant rosters_looked_{};
    bool roster_gap_ = false; // the configuration's fault is that nobody is on a roster
    std::string mistaken_;    // what is wrong with the configuration, in words
    std::set<std::string> unreadable_; // secrets that the configuration in force names and that could not be read
    std::string links_key_; // signs the links in pages and the addresses of callbacks
    std::string unheard_; // what does not listen wherever it shall: the same alarm, and neither ends the other
    bool substituted = false; // the journal is not where it belongs
    bool shutting_down = false;
    bool reloading = false, reload_again = false;
    TaskGroup tasks; // after everything its tasks use
    asio::signal_set signals;
    int status = 0;
};

App::App(AppOptions options) : state_{std::make_unique<State>(std::move(options))} {}
App::~App() = default;
int App::run() { return state_->run(); }

// --- start ---

bool App::State::open_journal(StartConfig& start)
{
    directory = state_directory(options, start.config);
    mkdir(directory.c_str(), 0700);
    const ClockReading now = read_clocks();
    JournalOpened opened = JournalFile::open(directory, now.wall);
    if (!opened.moved_aside.empty()) {
        log(event_journal, "the journal was damaged and moved aside: a new one starts",
            {{LogKey::file, opened.moved_aside}, {LogKey::reason, opened.damage}});
        records_lost = "The journal was damaged: history and open alarms are lost";
    }
    if (!opened.file) {
        const std::string reason = opened.error ? opened.error->what : "";
        log(event_journal, "the journal cannot be opened: " + reason, {{LogKey::file, directory}});
        // Another daemon's journal or a newer one is not ours to touch; a broken disk must not stop the pages.
        if (opened.newer_version) status = exit_configuration; // a start again would find the same
        if (opened.newer_version || (opened.error && opened.error->in_use)) return false;
        if (opened.error && opened.error->disk_full && unlink((directory + "/journal.reserve").c_str()) == 0)
            opened = JournalFile::open(directory, now.wall); // kept for this moment
    }
    if (!opened.file) {
        const std::string broken = std::exchange(directory, substitute_directory());
        substituted = true;
        std::string lost = rescue_journal(broken, directory);
        rescue_small_files(broken, directory);
        opened = JournalFile::open(directory, now.wall);
        if (!opened.file) return false;
        if (!opened.moved_aside.empty()) lost = "Records cannot be saved or read: start every watch again";
        if (lost.empty()) lost = "Records cannot be saved: a restart will forget them";
        fault(ShellFault::journal, true, std::move(lost));
    }
    if (!opened.end_missing.empty()) {
        end_missing = true;
        records_lost = "Records at the end of the journal may be missing: compare every bed with its paper chart";
        log(event_journal, records_lost, {{LogKey::file, directory}, {LogKey::reason, opened.end_missing}});
    }
    if (!substituted) restored = read_restore_note(directory);
    if (opened.created && restored) { // what was put here is not here any more
        unlink((directory + "/" + restore_note_name).c_str());
        restored.reset();
    }
    file = std::move(opened.file);
    fall_back(start, options.config_path, *file);
    return true;
}

void App::State::put_journal_aside(std::string why)
{
    const WallTime now = read_clocks().wall;
    file.reset();
    const std::string where = JournalFile::put_aside(directory, now);
    log(event_journal, "the journal is put aside: a new one starts", {{LogKey::file, where}, {LogKey::reason, why}});
    file = std::move(JournalFile::open(directory, now).file);
    if (!file) { // a broken disk must not stop the pages
        const std::string broken = std::exchange(directory, substitute_directory());
        substituted = true;
        rescue_small_files(broken, directory);
        file = std::move(JournalFile::open(directory, now).file);
    }
    records_lost = std::move(why);
}

// The ward as it was, without what earlier starts died of. "" or why nothing at all can be had.
std::string App::State::find_what_was(bool first, StartConfig& start)
{
    const ClockReading now = read_clocks();
    const std::string boot = read_boot_id();
    starts = std::make_unique<StartNotes>(directory, now, boot);
    starts->begin();
    Replay replay{starts->plan(), [this](const RecordPlace& place) { starts->stepping(place); }};
    const std::int64_t floor = incarnation_floor(now.wall);
    if (replay.plan.anew) {
        put_journal_aside("Ended again and again: records put aside, built-in rules run. Start every watch again");
        use_built_in_rules(start, options.config_path, "it ended again and again; the built-in minimal pack runs");
        if (!file) return "no new one can be made";
        replay.plan = {};
        replay.plan.anew = true;
    }
    if (replay.plan.built_in && !replay.plan.anew) {
        log(event_safe_mode, "starts before this one ended soon after they began to watch: the built-in rules run");
        use_built_in_rules(start, options.config_path,
                           "it ended three times within half a minute of a start; the built-in minimal pack runs");
    }
    // Where the records of later starts are not, or will not be, no number of theirs may come again.
    const bool above = first || replay.plan.anew || substituted || end_missing;
    auto found = recover(*file, now, boot, above ? floor : 0, replay);
    if (const auto* error = std::get_if<JournalError>(&found)) {
        // What is damaged is so at every start; anything else may pass, and the next start tries again.
        std::string wrong = error->what;
        if (error->newer) { // a start again would find the same, and none of them dies of it
            status = exit_configuration;
            starts->lived();
        }
        if (!error->damaged) return wrong;
        put_journal_aside("The journal was damaged: history and open alarms are lost");
        if (!file) return wrong;
        found = recover(*file, now, boot, floor);
        if (std::holds_alternative<JournalError>(found)) return wrong;
    }
    recovered = std::move(std::get<Recovered>(found));
    if (recovered->damaged > 0) {
        // What could be read goes on in a new file: one that is damaged may take nothing more.
        put_journal_aside("Some records are damaged and lost: compare every bed with its paper chart");
        if (!file) return "no new one can be made";
        const Moment at{Instant{} + now.boottime + recovered->time.offset, now.wall};
        const auto begun = file->begin_incarnation(at, now.boottime, boot, recovered->started.incarnation);
        if (const auto* error = std::get_if<JournalError>(&begun)) recovered->notes.push_back(error->what);
    }
    // What was charted after the snapshot met no rules: questions and plans of theirs were refused.
    if (recovered->refused.any())
        records_lost = recovered->refused.checklists > 0
                           ? "A checklist is of a protocol that this version refuses and is lost: follow local protocol"
                           : "This version refuses the rules that ran: compare every bed with its paper chart";
    if (recovered->left_out > 0) {
        log(event_safe_mode, "records that earlier starts ended at are left out",
            {{LogKey::count, recovered->left_out}});
        records_lost = replay.plan.snapshot_alone ? "Ended at its start three times: the last records are left out"
                                                  : "Ended at a record three times: that record is left out";
    }
    return "";
}

int App::State::run()
{
    StartConfig start = read_configuration(options.config_path);
    for (const auto& note : start.notes) log(event_note, note);
    for (const auto& error : start.errors) log(event_refused, error);
    if (!open_journal(start)) {
        log_writer.flush();
        return status != 0 ? status : exit_failed;
    }
    if (!start.config) {
        log(event_refused, "no usable configuration, and none was in force before");
        log_writer.flush();
        return exit_configuration;
    }
    const bool first = restored && restored->started.ms == 0;
    if (const std::string reason = find_what_was(first, start); !reason.empty()) {
        log(event_journal, "the journal cannot be read: " + reason);
        log_writer.flush();
        return status != 0 ? status : exit_failed;
    }
    if (first) {
        restored->started = read_clocks().wall;
        just_restored = true;
        if (const auto trouble = write_note(directory, *restored); !trouble.empty()) log(event_journal, trouble);
        log(event_journal_restored, restored_words(restored->made));
    }
    for (const auto& note : recovered->notes) log(event_journal, note);
    log(event_recovered, "the ward is as it was",
        {{LogKey::count, recovered->replayed}, {LogKey::incarnation, recovered->started.incarnation},
         {LogKey::duration_ms, recovered->time.unwatched.count()}});
    build(std::move(start));
    tasks.spawn("main", main_task());
    io.run();
    if (shutting_down) starts->lived();
    log_writer.flush();
    // A file that is not being read holds up no end: all that had to be kept is, and nothing waits for that file.
    if (work.depth() > 0) _exit(status);
    return status;
}

JournalLimits App::State::journal_limits() const
{
    const std::uint64_t most = config.journal.max_bytes;
    return {config.journal.keep, substituted ? std::min(most, rescued_max) : most};
}

void App::State::build(StartConfig start)
{
    config = std::move(*start.config);
    clock = std::make_unique<SystemClock>(recovered->time.offset);
    health.version = std::string{build_info().version};
    health.started = health.config_loaded = read_clocks().wall;
    health.config_hash = configuration_hash(config);
    health.fallback_reason = start.fallback ? start.reason : "";
    health.config_last_reload_successful = !start.fallback;
    metrics.config_last_reload_successful.Set(start.fallback ? 0 : 1);
    metrics.config_last_reload.Set(static_cast<double>(health.started.ms) / 1000);
    if (start.fallback) log(event_fallback, start.reason);
    links_key_ = links_key();
    pagers = std::make_unique<PagerSet>(io.get_executor(), *clock, links_key_, feedback());
    heartbeat = std::make_unique<Heartbeat>(io.get_executor(), pagers->lane(), metrics,
                                            recovered->started.incarnation);
    canary = std::make_unique<Canary>(std::min(canary_longest, canary_intervals * service.watchdog().value_or(10s)));
    metrics.canary_last_success.Set(static_cast<double>(health.started.ms) / 1000);
    loop = std::make_unique<WardLoop>(io.get_executor(), *clock, std::move(recovered->ward), ports());
    loop->set_canary(*canary);
    JournalOptions journal_options;
    journal_options.limits = journal_limits();
    journal = std::make_unique<Journal>(
        io.get_executor(), *clock, std::move(file), directory, journal_options,
        [this](const JournalStatus& s) { journal_changed(s); },
        [this](Duration took, std::size_t) {
            metrics.journal_commit.Observe(static_cast<double>(took.count()) / 1000);
            crash_point(CrashPoint::committed, journal->status().durable);
        });
    loop->set_journal(*journal);
    audit = std::make_unique<audit::Audit>(directory + "/" + audit::folder_name, audit_limits(config));
    open_history();
    seal = std::make_unique<Seal>(directory);
    backups = std::make_unique<Backups>(
        io.get_executor(), *clock, *journal, *history, work, directory,
        [this](ShellFault what, bool present, std::string words) { fault(what, present, std::move(words)); });
    backups->set_within(config.journal.backup_within);
    sources = std::make_unique<Sources>(io, *loop, *clock, [this](const TaskFailure& f) { failed(f); });
    http::ServerOptions http;
    http.address = config.http.listen.host;
    http.port = config.http.listen.port;
    http.tls = config.http.tls();
    http.hosts = config.http.hosts;
    http.socket_path = config.http.socket_path;
    if (!links_key_.empty()) http.answer_key.emplace(Secret{links_key_});
    http.web = screen_files(config.http.web_root);
    http.people = known_people(directory, config.ward.mode);
    http.readings = [this] { return readings.all(); };
    http.audit = [this](audit::Event event) { audit->record(std::move(event)); };
    http.ask_history = [this](HistoryQuestion question, std::function<void(HistoryAnswer)> reply) {
        ask_history(std::move(question), std::move(reply));
    };
    http.copy_store = [this](bool with_history) {
        asio::post(io, [this, with_history] { backups->request(with_history); });
    };
    server = std::make_unique<http::Server>(
        board, metrics, [this](Input input) { return post(std::move(input)); }, std::move(http));
    if (!config.callbacks) return;
    CallbackOptions called{config.callbacks->listen.host, config.callbacks->listen.port,
                           Secret{links_key_}, {}, {}};
    called.audit = [this](audit::Event event) { audit->record(std::move(event)); };
    callbacks = std::make_unique<CallbackServer>(
        metrics, [this](Input input) { return loop->try_post(std::move(input)); }, std::move(called));
}

WardLoopPorts App::State::ports()
{
    WardLoopPorts ports;
    ports.send_page = [this](const SendPage& page) { send_page(page); };
    ports.cancel_pages = [this](CallId call) { pagers->cancel(call); };
    ports.canary_page = [this](const SendPage& page) { canary_came_out(page); };
    ports.call_ended = [this](CallId call) { pagers->ended(call); };
    ports.reply = [this](const Reply& reply, bool stored) {
        server->reply(reply, stored);
        if (callbacks) callbacks->reply(reply, stored);
        if (reply.accepted && stored) crash_point(CrashPoint::said);
    };
    ports.transition = [this](const AlarmTransition& transition) { told(transition); };
    ports.publish = [this](const Ward& ward, const Moment& now) { publish(ward, now); };
    ports.turn = [this](const Moment& now) { turn(now); };
    ports.stepped = [this](const Input& input, const Moment& now) { stepped(input, now); };
    ports.decided = [this](const Input& input, const EffectBuffer& effects, const Moment& now) {
        recorder->decided(input, effects, now);
    };
    return ports;
}

// What channels say of their own: it enters the ward as any other word does.
adapters::Feedback App::State::feedback()
{
    adapters::Feedback feedback;
    feedback.receipt = [this](const PageKey& key, PageOutcome outcome, const std::string& detail) {
        if (outcome != PageOutcome::sending)
            log(event_outcome, name(outcome), {{LogKey::page, key.text()}, {LogKey::reason, detail}});
        loop->push(Input{Receipt{key, outcome, detail}});
    };
    feedback.answer = [this](const PageKey& key, AnswerKind kind) {
        audit->record(channel_answer(key, kind));
        loop->push(Input{Action{key.person, Answer{key.call, kind}, 0}});
    };
    feedback.refused = [this](std::string_view kind) {
        audit->record(channel_refused(kind));
        metrics.reply_refused(kind);
    };
    feedback.settle = [this](std::function<void(bool)> then) { tasks.spawn("settle", settle(std::move(then))); };
    return feedback;
}

asio::awaitable<void> App::State::settle(std::function<void(bool stored)> then)
{
    const bool stored = co_await loop->committed();
    then(stored);
}

// The site's own, so that it can be changed, or be the same on another PC; else one that the first start made. One that
// cannot be read is told with the other secrets.
std::string App::State::links_key() const
{
    if (config.pager.answer_secret.empty()) return answer_key(directory);
    auto own = load_secret(config.pager.answer_secret);
    if (const auto* secret = std::get_if<Secret>(&own)) return std::string{secret->reveal()};
    return answer_key(directory);
}

// Everything outside the core that follows the configuration in force.
void App::State::configure_shell()
{
    metrics.configure(labels_of(config));
    source_metrics.clear();
    for (const auto& source : config.ward.sources) {
        const auto id = loop->ward().find_source(source.name);
        if (!id) continue;
        if (source_metrics.size() <= id->value) source_metrics.resize(id->value + 1U, nullptr);
        source_metrics[id->value] = metrics.source(source.name);
    }
    readings.clear();
    forms = std::make_shared<const RegisterForms>(register_forms(config));
    std::string mistakes;
    unreadable_.clear();
    for (const auto& reference : config.secrets) {
        if (std::holds_alternative<SecretError>(load_secret(reference))) unreadable_.insert(reference);
    }
    if (unreadable_.contains(config.pager.answer_secret)) {
        mistakes = "the [pager] answer_secret cannot be read: links are signed with a key of this PC alone";
        log(event_refused, mistakes);
    }
    for (const auto& mistake : pagers->configure(config)) {
        log(event_refused, mistake);
        mistakes = mistake;
    }
    if (callbacks) {
        for (const auto& mistake : configure_callbacks(*callbacks, config)) {
            log(event_refused, mistake);
            mistakes = mistake;
        }
        listen_for_callbacks(clock->now());
    }
    for (const auto& mistake : heartbeat->configure(config)) {
        log(event_refused, mistake);
        mistakes = mistake;
    }
    channel_mistakes = std::move(mistakes);
    judge_channels();
    take_certificate();
    for (const auto& mistake : sources->start(config)) {
        log(event_refused, mistake);
        fault(ShellFault::configuration, true, mistake);
    }
}

// On the HTTP thread. A record is sealed before it is journaled, so that nobody changes it unseen.
bool App::State::post(Input input)
{
    if (auto* action = std::get_if<Action>(&input))
        if (auto* commission = std::get_if<Commission>(&action->what)) seal->put_on(commission->record);
    return loop->try_post(std::move(input));
}

// A record whose seal does not fit counts as none, and its beds rely on charted checks.
void App::State::judge_seals()
{
    for (const auto& record : loop->ward().commissioning()) {
        if (!record->revoked_by.empty() || seal->fits(*record)) continue;
        log(event_commissioning, "the record of " + record->device + " does not bear our seal: it counts as none");
        loop->apply_now(Input{Action{"magwatchd",
                                     RevokeCommission{record->device, "the record does not bear the seal of this "
                                                                      "installation: it or the key was changed"},
                                     0}});
    }
}

// A person may answer now what was sent before the start.
void App::State::recall_pages()
{
    const WardView view = loop->ward().view(clock->now());
    for (const PageView& sent : view.pages) {
        const bool open = std::any_of(view.calls.begin(), view.calls.end(), [&](const CallView& call) {
            return call.id == sent.page.key.call;
        });
        if (open) pagers->recall(sent.page);
    }
}

asio::awaitable<void> App::State::main_task()
{
    // First what was: who waits is told before anything else happens.
    loop->apply_now(Input{recovered->started});
    // Before the ladders that name them.
    if (auto rosters = new_rosters()) loop->apply_now(Input{std::move(*rosters)});
    if (!loop->ward().has_configuration(config.ward)) loop->apply_now(Input{config.ward});
    audited("daemon.started", {{"version", health.version},
                               {"config", health.config_hash},
                               {"incarnation", recovered->started.incarnation},
                               {"unwatched_ms", recovered->time.unwatched.count()},
                               {"fallback", config.ward.fallback}});
    if (just_restored)
        audited("daemon.restored", {{"records_until_ms", restored->made.ms}});
    judge_seals();
    if (!records_lost.empty()) {
        fault(ShellFault::journal, true, records_lost);
        journal->save_snapshot(loop->ward().save(), clock->now()); // the next start needs nothing of what was left out
    }
    faults.tell_to([this](ShellStatus told) { loop->push(Input{std::move(told)}); });
    configure_shell();
    recall_pages();
    if (!config.ward.fallback) journal->save_named(last_good_name, pack_last_good(config));
    if (const auto trouble = server->start()) {
        log(event_refused, "HTTP cannot listen", {{LogKey::reason, *trouble}});
    }
    watch_server();
    tasks.spawn_loop("signals", signal_task());
    tasks.spawn("pages", loop->run_pages());
    tasks.spawn("answers", loop->run_answers());
    tasks.spawn("backups", backups->run());
    health.ready = true;
    old_faults_end_ = clock->now().steady + old_faults_after;
    const WardView view = loop->ward().view(clock->now());
    make_contracts();
    service.ready(fmt::format("Watching {} of {} beds", view.beds_watched, view.beds.size()));
    log(event_started, "watching",
        {{LogKey::incarnation, recovered->started.incarnation}, {LogKey::count, view.beds_watched}});
    auto running = loop->run();
    co_await std::move(running);
}

asio::awaitable<void> App::State::signal_task()
{
    signals.add(SIGTERM);
    signals.add(SIGINT);
    signals.add(SIGHUP);
    for (;;) {
        const auto [error, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        if (signal == SIGHUP) {
            reload_again = true;
            // A task of its own: one that hangs on a file must not keep a stop from being told.
            if (!std::exchange(reloading, true)) tasks.spawn("reload", reloads());
            continue;
        }
        // A terminal and a supervisor may both ask; once is enough.
        if (!std::exchange(shutting_down, true)) tasks.spawn("shut-down", shut_down());
    }
}

// One after another; whoever asks while one runs wants the file as it is now.
asio::awaitable<void> App::State::reloads()
{
    while (std::exchange(reload_again, false) && !shutting_down) {
        auto one = reload();
        co_await std::move(one);
    }
    reloading = false;
}

// Why a configuration that was read cannot take the place of the one in force while this program runs.
std::vector<std::string> App::State::why_not_taken(const Config& next) const
{
    std::vector<std::string> reasons = loop->ward().why_refused(next.ward);
    if (next.http.listen != config.http.listen || next.http.hosts != config.http.hosts ||
        next.http.tls() != config.http.tls() || next.http.socket_path != config.http.socket_path ||
        next.http.web_root != config.http.web_root)
        reasons.emplace_back("[http] takes a restart");
    const auto& called = next.callbacks;
    if (called.has_value() != config.callbacks.has_value() || (called && called->listen != config.callbacks->listen))
        reasons.emplace_back("[callbacks] listen takes a restart");
    if (next.pager.answer_secret != config.pager.answer_secret)
        reasons.emplace_back("[pager] answer_secret takes a restart");
    if (next.journal.directory != config.journal.directory) reasons.emplace_back("[journal] directory takes a restart");
    return reasons;
}

// All or nothing: what is refused changes nothing, and says so.
asio::awaitable<void> App::State::reload()
{
    service.reloading();
    const std::string path = options.config_path;
    auto read = [path, known = unreadable_] {
        StartConfig next = read_configuration(path);
        if (next.config) {
            next.errors = unreadable_secrets(*next.config, known);
            if (!next.errors.empty()) next.config.reset();
        }
        return next;
    };
    auto reading = run_blocking(work, std::move(read));
    auto start = co_await std::move(reading);
    if (shutting_down) co_return;
    std::vector<std::string> reasons;
    if (!start || !start->config) {
        if (start) reasons = start->errors;
        if (reasons.empty()) reasons.emplace_back("the configuration cannot be read");
    } else {
        reasons = why_not_taken(*start->config);
    }
    if (start) {
        for (const auto& note : start->notes) log(event_note, note);
    }
    const bool good = reasons.empty();
    metrics.config_last_reload_successful.Set(good ? 1 : 0);
    health.config_last_reload_successful = good;
    if (good) {
        config = std::move(*start->config);
        auto stopping = sources->stop();
        co_await std::move(stopping);
        if (shutting_down) co_return;
        if (auto rosters = new_rosters()) loop->apply_now(Input{std::move(*rosters)});
        loop->apply_now(Input{config.ward});
        heartbeat->planned(loop->ward().view(clock->now()).beds_watched); // removing a watched bed was confirmed
        roster_gap_ = false;
        rosters_looked_ = Instant{};
        fault(ShellFault::configuration, false, "");
        // To the core, a configuration that it takes is its end.
        if (!unheard_.empty()) faults.say_again(ShellFault::configuration);
        configure_shell();
        server->listen_again();
        health.fallback_reason.clear();
        health.config_loaded = clock->now().wall;
        health.config_hash = configuration_hash(config);
        metrics.config_last_reload.Set(static_cast<double>(health.config_loaded.ms) / 1000);
        journal->set_limits(journal_limits());
        history->set_limits(history_limits(config, substituted));
        backups->set_within(config.journal.backup_within);
        audit->set_limits(audit_limits(config));
        audited("configuration.reload", {{"config", health.config_hash}}, "accepted");
        journal->save_named(last_good_name, pack_last_good(config));
        log(event_configured, "the new configuration is in force");
    } else {
        for (const auto& reason : reasons) log(event_refused, reason);
        audited("configuration.reload", {{"mistakes", reasons.size()}}, "refused");
        roster_gap_ = false;
        const std::string more = reasons.size() > 1 ? fmt::format(" (and {} more)", reasons.size() - 1) : "";
        fault(ShellFault::configuration, true, "New configuration refused: " + reasons.front() + more);
    }
    const WardView view = loop->ward().view(clock->now());
    service.ready(fmt::format("Watching {} of {} beds", view.beds_watched, view.beds.size()));
}

asio::awaitable<void> App::State::shut_down()
{
    service.stopping();
    log(event_stopping, "stopping: nobody watches from now on");
    const std::string by = service.supervised() ? "systemd" : "a signal";
    health.ready = false;
    health.not_ready_because = "stopping";
    health.stopping = StopView{clock->now().wall, by};
    publish(loop->ward(), clock->now()); // boards are told before they hear nothing
    server->say_farewell();
    starts->over(); // what it was asked for is no death
    auto sources_end = sources->stop();
    co_await std::move(sources_end);
    loop->stop();
    // Last, so that no later heartbeat takes it back: whoever watches from elsewhere then knows that it was wanted.
    audited("daemon.stopping", {{"by", by}});
    journal->save_named(stop_note_name, stop_note(recovered->started.incarnation, by));
    heartbeat->stopping(loop->ward().view(clock->now()), by);
    asio::steady_timer timer{io};
    const Instant now = clock->now().steady, until = now + drain_max, announced = now + announce_max;
    while (clock->now().steady < until && (!loop->idle() || pagers->pending() > 0 ||
                                           ((heartbeat->busy() || !server->farewell_said()) &&
                                            clock->now().steady < announced))) {
        timer.expires_after(20ms);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    server->stop();
    if (callbacks) callbacks->stop();
    auto history_end = history->close(clock->now());
    co_await std::move(history_end);
    const Duration limit = drain_max;
    auto closing = journal->close(limit);
    const bool durable = co_await std::move(closing);
    if (!durable) log(event_journal, "the last inputs could not be written");
    audit->stop();
    signals.cancel();
    tasks.stop();
    io.stop();
}

// --- while running ---

void App::State::send_page(const SendPage& sent)
{
    const Page& page = sent.page;
    metrics.page_handoff.Observe(static_cast<double>((clock->now().steady - sent.at.steady).count()) / 1000);
    log(event_page, "page",
        {{LogKey::page, page.key.text()}, {LogKey::bed, page.bed_alias}, {LogKey::channel, page.channel_kind},
         {LogKey::reason, name(page.reason)}});
    const Instant handed = clock->now().steady;
    const std::string kind = page.channel_kind;
    crash_point(CrashPoint::send);
    pagers->send(page, [this, handed, kind](const PageKey& key, PageOutcome outcome, const std::string& detail) {
        if (auto* channel = metrics.channel(kind)) {
            channel->paged(outcome);
            channel->delivered_in(clock->now().steady - handed);
        }
        log(event_outcome, detail, {{LogKey::page, key.text()}});
        loop->push(Input{Receipt{key, outcome, detail}});
    });
    crash_point(CrashPoint::sent);
}

void App::State::told(const AlarmTransition& transition)
{
    metrics.on(transition);
    const BedConfiguration* bed = loop->ward().bed_configuration(transition.bed);
    log(event_alarm, name(transition.event),
        {{LogKey::bed, bed != nullptr ? bed->alias : ""}, {LogKey::rule, transition.rule},
         {LogKey::episode, transition.episode.text()}, {LogKey::call, transition.number}});
}

void App::State::publish(const Ward& ward, const Moment& now)
{
    auto shown = std::make_shared<PublishedWard>();
    shown->view = ward.view(now);
    health.faults.clear();
    for (std::size_t i = 0; i < shell_fault_count; ++i) {
        const auto what = static_cast<ShellFault>(i);
        if (faults.stands(what)) health.faults.push_back({what, faults.words(what)});
    }
    health.copy = backups->copy();
    health.backup = backups->view();
    shown->health = health;
    shown->clinical_metrics = config.metrics.clinical.value_or(config.ward.mode != Mode::ward);
    shown->rosters = shown_rosters_;
    shown->forms = forms;
    shown->utc_offset_minutes = utc_offset_minutes(now.wall);
    metrics.show(shown->view);
    std::size_t stale = 0;
    for (const auto& source : shown->view.sources) stale += source.connected ? 0 : 1;
    service.status(shown->view.beds.empty()
                       ? "Watching nobody: no bed is configured"
                       : fmt::format("Watching {} of {} beds, {} alarms, {} devices silent", shown->view.beds_watched,
                                     shown->view.beds.size(), shown->view.episodes.size(), stale));
    board.publish(std::move(shown));
}

// The bounds add up with the interval of the watchdog to what a ward waits for the end of a loop that hangs.
void App::State::make_contracts()
{
    const Duration longest = std::max(service.watchdog().value_or(10s) / 2, stamped_longest);
    contracts.add("pagers", longest, [this] {
        const auto now = std::chrono::steady_clock::now();
        if (pagers->lane_turns() != std::exchange(lane_turns_, pagers->lane_turns())) lane_moved_ = now;
        return std::chrono::duration_cast<Duration>(now - lane_moved_);
    });
    contracts.add("pages and answers", longest, [this] { return loop->oldest_waiting(); });
    contracts.add("canary", std::max(longest, page_longest), [this] { return canary->late(clock->now().steady); });
    contracts.add("http", longest, [this] { return server->stands_still(); });
    contracts.add("pins", pin_longest, [this] { return server->oldest_pin(); });
    if (callbacks) contracts.add("callbacks", longest, [this] { return callbacks->stands_still(); });
}

void App::State::canary_came_out(const SendPage& page)
{
    const Moment now = clock->now();
    if (!canary->came_out(page, now)) return;
    metrics.canary_trials.Increment();
    metrics.canary_latency.Observe(static_cast<double>(canary->last()->took.count()) / 1000);
    metrics.canary_last_success.Set(static_cast<double>(now.wall.ms) / 1000);
}

void App::State::turn(const Moment& now)
{
    if (auto said = canary->device(now)) loop->push(std::move(*said));
    const ClockReading reading = read_clocks();
    board.progressed(reading.boottime);
    metrics.rule_last_evaluation.Set(static_cast<double>(now.wall.ms) / 1000);
    starts->turned(reading.boottime);
    // Progress, not pulse: this turn ended, and no other loop is behind with what it owes.
    service.alive(now.steady, contracts.broken().empty());
    watch_clocks(now, reading);
    if (now.steady - second_ < 1s) return;
    second_ = now.steady;
    watch_boards();
    watch_server();
    if (!deaf_callbacks_.empty() && now.steady - callbacks_tried_ >= listen_again) listen_for_callbacks(now);
    watch_certificate(now.wall);
    sources->count(metrics);
    metrics.show_process(read_process_use());
    const BackupView& backup = backups->view();
    metrics.backup_last_success.Set(static_cast<double>(backups->counts_from().ms) / 1000);
    metrics.backup_last_successful.Set(backup.reason.empty() ? 1 : 0);
    metrics.backup_within.Set(static_cast<double>(backup.within.count()) / 1000);
    // From here, and never from a timer of its own: it says that the loop makes progress.
    watch_audit();
    heartbeat->carried(canary->report(now.steady));
    if (heartbeat->due(now.steady)) heartbeat->beat(loop->ward().view(now));
    judge_channels();
    if (work.oldest_age() > files_stuck)
        fault(ShellFault::backup, true, "Backups and reloads stand still: a file is not being read");
    end_old_faults(now);
    history->tick(now);
    watch_rosters(now);
    if (const auto space = read_disk_space(directory)) {
        metrics.store_free_bytes.Set(static_cast<double>(space->free));
        metrics.store_size_bytes.Set(static_cast<double>(space->total));
        health.store_free_bytes = space->free;
    }
}

void App::State::audited(std::string action, const nlohmann::json& body, std::string outcome)
{
    audit->record(daemon_event(std::move(action), body.dump(), std::move(outcome)));
}

// Its head goes out with every heartbeat; a disk that does not take it is an alarm and stops nothing.
void App::State::watch_audit()
{
    audit->tick();
    const audit::Status kept = audit->status();
    heartbeat->audited(kept.head);
    metrics.audit_rows.Set(static_cast<double>(kept.head.sequence));
    metrics.audit_lost.Set(static_cast<double>(kept.lost));
    health.audit = audit_view(kept);
    metrics.audit_writing.Set(health.audit.writing ? 1 : 0);
    std::string words = audit_words(kept);
    const bool wrong = !words.empty();
    fault(ShellFault::audit, wrong, std::move(words));
}

// Who is on call for the coming weeks, when that is not what the ward knows.
std::optional<Rosters> App::State::new_rosters()
{
    Rosters rosters = duty_times(config.rosters, config.quiet, clock->now().wall);
    if (shown_rosters_ && loop->ward().has_rosters(rosters)) return std::nullopt;
    shown_rosters_ = std::make_shared<const Rosters>(rosters);
    if (loop->ward().has_rosters(rosters)) return std::nullopt;
    return rosters;
}

// The weeks move on with the days, and the clock may be set: whoever looks once a minute finds both. A gap that comes
// into sight while we run is said aloud two weeks before it.
void App::State::watch_rosters(const Moment& now)
{
    if (rosters_looked_ != Instant{} && now.steady - rosters_looked_ < rosters_looked_at) return;
    rosters_looked_ = now.steady;
    if (auto rosters = new_rosters()) loop->push(Input{std::move(*rosters)});
    std::string gap;
    for (const RosterConfig& roster : config.rosters) {
        if (roster.gaps_to_last_resort || !gap.empty()) continue;
        gap = first_gap(roster, now.wall, loop->ward().roster_changes()).value_or("");
    }
    const bool other = !mistaken_.empty() && !roster_gap_;
    if (other || (gap.empty() && !roster_gap_)) return; // why a file was refused comes first
    roster_gap_ = !gap.empty();
    fault(ShellFault::configuration, roster_gap_, "Roster " + gap);
}

// One alarm for everything that keeps pages or heartbeats from leaving: it ends when all of it has.
void App::State::judge_channels()
{
    const ChannelSilence silence = pagers->silence();
    metrics.show_certificates(silence.certificates);
    std::string words;
    for (const std::string& one : {channel_mistakes, deaf_callbacks_, silence.words, heartbeat->failing()}) {
        // Each of them: whoever shelves the alarm about one must hear of the next.
        if (!one.empty()) words += (words.empty() ? "" : "; ") + one;
    }
    // A start or a reload asks every channel anew: until they have answered, nothing says that the trouble is over.
    if (words.empty() && !(silence.settled && heartbeat->settled())) return;
    fault(ShellFault::channel, !words.empty(), words);
    // Said again: to the core, a page that another channel takes is a sign that all is well.
    const Instant now = clock->now().steady;
    if (words.empty() || now - channel_told_ < channel_told_every) return;
    channel_told_ = now;
    faults.say_again(ShellFault::channel);
}

// What stood when the program before this one ended, and was not found again, is over.
void App::State::end_old_faults(const Moment& now)
{
    if (old_faults_end_ == Instant{} || now.steady < old_faults_end_) return;
    old_faults_end_ = Instant{};
    const WardView view = loop->ward().view(now);
    const bool refused = config.ward.fallback || !loop->ward().has_configuration(config.ward);
    for (std::size_t i = 0; i < shell_fault_count; ++i) {
        const auto what = static_cast<ShellFault>(i);
        if (faults.stands(what) || (what == ShellFault::configuration && refused)) continue;
        const bool open = std::any_of(view.episodes.begin(), view.episodes.end(),
                                      [&](const EpisodeView& one) { return one.rule == name(what); });
        if (open) loop->push(Input{ShellStatus{what, false, ""}});
    }
}

void App::State::watch_clocks(const Moment& now, const ClockReading& reading)
{
    const ClockFindings found = clock_watch.check(reading);
    if (found.wall_jump) {
        fault(ShellFault::clock_jumped, true,
              "Wall clock jumped by " + std::to_string(found.wall_jump->count() / 1000) + " s");
    }
    if (found.stopped) {
        fault(ShellFault::loop_late, true,
              "Nobody was watching for " + std::to_string(found.stopped->count() / 1000) + " s");
    }
    if (!found.wall_jump) fault(ShellFault::clock_jumped, false, "");
    if (!found.stopped) fault(ShellFault::loop_late, false, "");
    if (now.steady - synchronised_ < 60s) return;
    synchronised_ = now.steady;
    fault(ShellFault::clock_unsynchronised, read_synchronisation() == Synchronisation::unsynchronised,
          "Clock not synchronised");
}

// The ward waits a minute before it rings: a board that is loaded again is away for a moment.
void App::State::watch_boards()
{
    const std::size_t expected = config.http.boards_expected, live = server ? server->boards() : 0;
    const auto shown = board.current();
    const bool needed = expected > 0 && shown && shown->view.beds_watched > 0;
    fault(ShellFault::board, needed && live < expected,
          live == 0 ? "No ward board is live"
                    : std::to_string(live) + " of " + std::to_string(expected) + " ward boards are live");
}

// A port that is taken may be free later, and an address that the machine does not have yet may come.
void App::State::listen_for_callbacks(const Moment& now)
{
    callbacks_tried_ = now.steady;
    const auto wrong = callbacks->start();
    std::string words = wrong ? "Callbacks cannot be heard: " + *wrong : "";
    if (words == deaf_callbacks_) return;
    deaf_callbacks_ = std::move(words);
    if (wrong) log(event_refused, deaf_callbacks_);
}

// It goes on trying by itself.
void App::State::watch_server()
{
    std::string unheard = server->listens() ? "" : "HTTP cannot listen";
    if (const std::string deaf = sources->why_deaf(); !deaf.empty()) unheard += (unheard.empty() ? "" : ". ") + deaf;
    if (unheard == unheard_) return;
    unheard_ = std::move(unheard);
    if (!unheard_.empty()) log(event_refused, unheard_);
    fault(ShellFault::configuration, !mistaken_.empty(), mistaken_);
}

// A reload judged it a moment ago. If it cannot be read now, the one before stays; at the start nobody is served over
// TCP.
void App::State::take_certificate()
{
    if (!config.http.tls()) return;
    const auto read = read_certificate(config.http);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
        log(event_refused, "[http]: " + *wrong);
        fault(ShellFault::configuration, true, "Certificate of the board: " + *wrong);
        return;
    }
    const auto& certificate = std::get<http::Certificate>(read);
    server->serve_with(certificate);
    certificate_ends = certificate.ends();
    metrics.http_certificate_ends.Set(static_cast<double>(certificate_ends->ms) / 1000);
}

void App::State::watch_certificate(WallTime now)
{
    std::string words = certificate_ends ? http::words_of_end(*certificate_ends, now) : "";
    const auto called = callbacks ? callbacks->certificate_ends() : std::nullopt;
    if (called && (words.empty() || *called < *certificate_ends)) {
        const std::string own = http::words_of_end(*called, now, http::CertificateOf::callbacks);
        if (!own.empty()) words = own;
    }
    const bool near = !words.empty();
    fault(ShellFault::certificate, near, std::move(words));
}

void App::State::stepped(const Input& input, const Moment& now)
{
    const Duration at = Duration{now.steady.ms} - clock->offset(); // boot time
    if (const auto* receipt = std::get_if<Receipt>(&input))
        crash_point(point_of(receipt->outcome), journal->status().appended);
    if (const auto* action = std::get_if<Action>(&input)) {
        if (std::holds_alternative<Answer>(action->what) || std::holds_alternative<AnswerCode>(action->what))
            crash_point(CrashPoint::answer, journal->status().appended);
        if (std::holds_alternative<WatchEnd>(action->what))
            heartbeat->planned(loop->ward().view(clock->now()).beds_watched);
        if (std::holds_alternative<WatchStart>(action->what))
            heartbeat->watched(loop->ward().view(clock->now()).beds_watched);
    }
    if (const auto* observation = std::get_if<Observation>(&input)) {
        const bool trusted = loop->ward().trusts(observation->bed, observation->source, observation->signal);
        readings.take(*observation, !trusted || observation->validity == Validity::questionable, at);
        if (trusted) recorder->observed(*observation, now.wall);
        const auto index = observation->source.value;
        if (index >= source_metrics.size() || source_metrics[index] == nullptr) return;
        const bool valid = observation->validity == Validity::valid;
        source_metrics[index]->observed(valid && trusted ? ObservationResult::accepted
                                        : valid || observation->validity == Validity::questionable
                                            ? ObservationResult::questionable
                                            : ObservationResult::unusable);
    } else if (const auto* refused = std::get_if<RefusedValue>(&input)) {
        readings.take(*refused, !loop->ward().trusts(refused->bed, refused->source, refused->signal), at);
        const auto index = refused->source.value;
        if (index >= source_metrics.size() || source_metrics[index] == nullptr) return;
        source_metrics[index]->refused(refused->reason);
    }
}

void App::State::open_history()
{
    HistoryOpened opened = HistoryFile::open(directory, read_clocks().wall);
    if (!opened.moved_aside.empty())
        log(event_journal, "the history was damaged and moved aside", {{LogKey::file, opened.moved_aside}});
    if (!opened.file)
        log(event_journal, "the history cannot be opened", {{LogKey::reason, opened.error ? opened.error->what : ""}});
    const auto changed = [this](const HistoryStatus& now) {
        fault(ShellFault::history, !now.writing, "Trends are not being saved");
    };
    history = std::make_unique<History>(
        io.get_executor(), std::move(opened.file),
        history_limits(config, substituted), changed);
    recorder = std::make_unique<Recorder>(*history, loop->ward());
}

// From any thread. The loop adds what is not stored yet, and the history's lane does the work.
void App::State::ask_history(HistoryQuestion question, std::function<void(HistoryAnswer)> reply)
{
    auto ask = [this, question = std::move(question), reply = std::move(reply)] {
        auto looking = [question, reply](HistoryFile* kept, const std::vector<HistoryMinute>& running) {
            reply(look_back(question, kept, running));
        };
        if (!history->ask(question.bed, std::move(looking)))
            reply({503, "too many look back at once: ask again in a moment", "", "", ""});
    };
    asio::post(io, std::move(ask));
}

void App::State::journal_changed(const JournalStatus& now)
{
    history->set_disk(now.disk);
    const bool failing = now.failing || substituted;
    // What was lost stays told until somebody starts it anew: a commit that succeeds brings nothing back.
    fault(ShellFault::journal, failing || !records_lost.empty(),
          failing ? "Records cannot be saved: " + now.reason : records_lost);
    fault(ShellFault::journal_slow, now.slow, "Slow disk");
    fault(ShellFault::disk_low, now.disk == DiskLevel::low, "Disk nearly full");
    fault(ShellFault::disk_critical, now.disk == DiskLevel::critical, "Disk full");
}

void App::State::fault(ShellFault what, bool present, std::string detail)
{
    if (what == ShellFault::configuration) {
        mistaken_ = present ? detail : "";
        if (!unheard_.empty()) detail = present ? detail + ". " + unheard_ : unheard_;
        present = present || !unheard_.empty();
    }
    faults.set(what, present, std::move(detail));
}

// A part that dies takes the process along: systemd starts it again, and the journal brings its state back.
void App::State::failed(const TaskFailure& failure)
{
    if (failure.stopping) return;
    log(event_failed, failure.what, {{LogKey::task, failure.task}});
    log_writer.flush();
    _exit(exit_failed);
}

} // namespace magwatch
