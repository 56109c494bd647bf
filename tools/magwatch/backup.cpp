#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/app/backup_notes.hpp"
#include "daemon/audit/folder.hpp"
#include "daemon/config/config_reader.hpp"
#include "daemon/http/times.hpp"
#include "daemon/journal/sqlite.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "tools/backup/backup.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;
using backup::BackupError;

struct Options {
    std::string output = backup::default_folder, config = "/etc/magwatch/magwatch.toml", state;
    int keep = 14;
    bool no_history = false;
    std::string file; // of verify
    backup::RestoreRequest restore;
};

// "copying 42 %" on a terminal, nothing elsewhere.
class Meter
{
public:
    explicit Meter(std::string what) : what_{std::move(what)}, shown_{isatty(STDERR_FILENO) == 1} {}
    ~Meter()
    {
        if (shown_) std::fprintf(stderr, "\r\x1b[K");
    }
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    void operator()(int percent) const
    {
        if (shown_) std::fprintf(stderr, "\r%s %d %%\x1b[K", what_.c_str(), percent);
    }

private:
    std::string what_;
    bool shown_;
};

// What was made for this backup alone, and goes with it.
class Leftover
{
public:
    explicit Leftover(std::string path) : path_{std::move(path)} {}
    ~Leftover()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Leftover(const Leftover&) = delete;
    Leftover& operator=(const Leftover&) = delete;

private:
    std::string path_;
};

std::string mebibytes(std::uint64_t bytes)
{
    constexpr double mebibyte = 1U << 20;
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / mebibyte);
}

// Where the records of the ward are, and where its daemon listens: what was said, else as the configuration says.
struct Place {
    std::string state, socket;
};
Place place_of(const Shell& shell, const Options& options)
{
    Place place{options.state.empty() ? JournalConfig{}.directory
                                      : fs::absolute(options.state).lexically_normal().string(),
                shell.socket};
    const LoadedConfig loaded = load_config(options.config);
    if (!loaded.config) return place;
    if (options.state.empty()) place.state = loaded.config->journal.directory;
    if (shell.socket == Shell{}.socket && !loaded.config->http.socket_path.empty())
        place.socket = loaded.config->http.socket_path;
    return place;
}

Json json_of(const backup::Manifest& manifest)
{
    Json parts = Json::array();
    for (const auto& part : manifest.parts)
        parts.push_back({{"name", part.name}, {"bytes", part.bytes}, {"sha256", part.sha256}});
    return {{"ward", manifest.ward},
            {"made", http::format_time(manifest.made)},
            {"records_until", http::format_time(manifest.records_until)},
            {"version", manifest.version},
            {"journal_format", manifest.journal_format},
            {"history", manifest.history_format != 0},
            {"running", manifest.running},
            {"configuration", manifest.configuration},
            {"parts", std::move(parts)}};
}

// Waits until the daemon's copies are ready; their folder.
std::string copies_of_daemon(const Shell& shell, bool history, int& code)
{
    Shell quiet = shell; // a demo's stamp, once for each question, would hide the rest
    quiet.json = true;
    const Client client{quiet};
    const auto asked = client.change("/api/v1/backup", {{"history", history}}, code);
    if (!asked) return {};
    const auto after = (*asked)["after"].get<std::uint64_t>();
    const Meter meter{"copying"};
    for (;;) {
        (void)::poll(nullptr, 0, 200); // the next look; a command has nothing else to do
        const auto told = client.get("/api/v1/backup", code);
        if (!told) return {};
        const Json& copy = (*told)["copy"];
        if (copy["number"].get<std::uint64_t>() <= after) continue;
        const auto all = std::max<std::uint64_t>(copy["bytes"].get<std::uint64_t>(), 1);
        const auto left = std::min(copy["bytes_left"].get<std::uint64_t>(), all);
        meter(static_cast<int>((all - left) * 100 / all));
        const std::string state = copy["state"];
        if (state == "failed") throw BackupError{"the daemon cannot copy its records: " + cell(copy["reason"])};
        if (state == "ready") return copy["folder"];
    }
}

void print_created(const Shell& shell, const backup::Created& created)
{
    for (const auto& note : created.notes) std::fprintf(stderr, "magwatch: note: %s\n", note.c_str());
    if (shell.json) {
        Json out = {{"file", created.file}, {"bytes", created.bytes}, {"pruned", created.pruned}};
        out.update(json_of(created.manifest));
        shell.print(out);
        return;
    }
    std::printf("%s: %s, ward %s, records until %s, read back and good\n", created.file.c_str(),
                mebibytes(created.bytes).c_str(), created.manifest.ward.c_str(),
                http::format_time(created.manifest.records_until).c_str());
    for (const auto& gone : created.pruned) std::printf("%s: removed, older than those to keep\n", gone.c_str());
}

struct Made {
    std::optional<backup::Created> created;
    int code = ok;
};

Made make(const Shell& shell, const Options& options, const std::string& state)
{
    Made made;
    std::error_code error;
    fs::create_directories(options.output, error);
    if (error) throw BackupError{options.output + ": " + error.message()};
    const backup::FolderLock lock{options.output};
    if (::access(state.c_str(), R_OK | X_OK) != 0)
        throw BackupError{state + " cannot be read: back up as root or as the user of magwatchd"};
    const std::string journal = state + "/journal.db";
    backup::CreateRequest request;
    request.configuration = options.config;
    request.output = options.output;
    request.keep = options.keep;
    request.running = locked_by(journal).has_value();
    if (request.running) {
        request.copies = copies_of_daemon(shell, !options.no_history, made.code);
        if (made.code != ok) return made;
    } else {
        request.copies = options.output + "/.magwatch-copies";
        fs::remove_all(request.copies, error); // of a run that was killed
        if (::mkdir(request.copies.c_str(), 0700) != 0) throw BackupError{request.copies + " cannot be made"};
    }
    const Leftover copies{request.copies};
    if (!request.running) {
        const Meter meter{"copying"};
        if (!backup::copy_closed_store(state, request.copies, !options.no_history, [&meter](int p) { meter(p); }))
            throw BackupError{"there is no journal in " + state};
    }
    (void)audit::copy_segments(state + "/" + audit::folder_name, request.copies + "/" + audit::folder_name);
    const Meter meter{"packing"};
    request.now = read_clocks().wall;
    made.created = backup::create(request, [&meter](int percent) { meter(percent); });
    return made;
}

// The daemon watches over how old the last good backup is.
void leave_word(const Shell& shell, const std::string& state, const std::optional<backup::Created>& created,
                const std::string& reason)
{
    std::error_code none;
    if (!fs::is_directory(state, none)) return;
    BackupNote note = read_backup_note(state).value_or(BackupNote{});
    note.tried = read_clocks().wall;
    note.reason = reason;
    if (created) {
        note.good = created->manifest.made;
        note.file = created->file;
        note.bytes = created->bytes;
    }
    if (note.since.ms == 0) note.since = note.tried;
    if (const auto wrong = write_note(state, note); !wrong.empty()) shell.complain("magwatchd is not told: " + wrong);
}

int run_backup(const Shell& given, const Options& options)
{
    const auto [state, socket] = place_of(given, options);
    Shell shell = given;
    shell.socket = socket;
    std::string reason;
    Made made;
    try {
        made = make(shell, options, state);
        if (made.code != ok) reason = "magwatchd has the records open and did not make copies";
    } catch (const BackupError& error) {
        reason = error.what();
    } catch (const fs::filesystem_error& error) {
        reason = error.what();
    }
    leave_word(shell, state, made.created, reason);
    if (made.created) {
        print_created(shell, *made.created);
        return ok;
    }
    shell.complain("no backup was made: " + reason);
    return made.code != ok ? made.code : int{failed};
}

int run_verify(const Shell& shell, const std::string& file)
{
    try {
        const backup::Manifest manifest = backup::verify(file, [](std::uint64_t) {});
        if (shell.json) {
            Json out = {{"file", file}, {"ok", true}};
            out.update(json_of(manifest));
            shell.print(out);
        } else {
            std::printf("%s: good: ward %s, records until %s, %zu parts, made by magwatch %s\n", file.c_str(),
                        manifest.ward.c_str(), http::format_time(manifest.records_until).c_str(), manifest.parts.size(),
                        manifest.version.c_str());
        }
        return ok;
    } catch (const BackupError& error) {
        if (shell.json) shell.print({{"file", file}, {"ok", false}, {"error", error.what()}});
        else shell.complain(error.what());
        return failed;
    }
}

int run_list(const Shell& shell, const std::string& folder)
{
    std::vector<backup::Listed> found;
    try {
        found = backup::list(folder);
    } catch (const BackupError& error) {
        shell.complain(error.what());
        return failed;
    }
    if (shell.json) {
        Json all = Json::array();
        for (const auto& one : found) {
            Json out = {{"file", one.file}, {"bytes", one.bytes}};
            if (one.manifest) out.update(json_of(*one.manifest));
            else out["error"] = one.reason;
            all.push_back(std::move(out));
        }
        shell.print({{"backups", std::move(all)}});
        return ok;
    }
    Table table{{"FILE", "WARD", "MADE", "RECORDS UNTIL", "SIZE", "VERSION"}};
    for (const auto& one : found) {
        if (one.manifest)
            table.row({one.file, one.manifest->ward, http::format_time(one.manifest->made),
                       http::format_time(one.manifest->records_until), mebibytes(one.bytes), one.manifest->version});
        else
            table.row({one.file, "-", "-", "cannot be read", mebibytes(one.bytes), "-"});
    }
    table.print();
    return ok;
}

void print_restored(const Shell& shell, const backup::RestoreRequest& request, const backup::Restored& done)
{
    if (shell.json) {
        Json out = {{"restored", !request.dry_run}, {"placed", done.placed}, {"aside", done.aside}};
        out["stood_until"] = done.stood_until.ms == 0 ? Json{} : Json(http::format_time(done.stood_until));
        out.update(json_of(done.manifest));
        shell.print(out);
        return;
    }
    std::printf("Backup of ward %s, records until %s, made by magwatch %s.\n", done.manifest.ward.c_str(),
                http::format_time(done.manifest.records_until).c_str(), done.manifest.version.c_str());
    for (const auto& path : done.placed)
        std::printf("%s %s\n", request.dry_run ? "would be written:" : "restored:", path.c_str());
    if (!done.aside.empty()) std::printf("what stood there is in %s\n", done.aside.c_str());
    if (request.dry_run) return;
    std::printf("Now: magwatch config check, then systemctl start magwatchd. It says for how long nobody was\n"
                "watching, and rings what was open when the backup was made. What was charted after that is on\n"
                "paper alone: compare every bed with its chart.\n");
}

int run_restore(const Shell& shell, const Options& options)
{
    backup::RestoreRequest request = options.restore;
    if (request.to.empty()) request.to = place_of(shell, options).state;
    request.to = fs::absolute(request.to).lexically_normal().string();
    request.now = read_clocks().wall;
    try {
        std::optional<backup::Restored> done;
        {
            const Meter meter{"unpacking"};
            done = backup::restore(request, [&meter](int percent) { meter(percent); });
        }
        print_restored(shell, request, *done);
        return ok;
    } catch (const BackupError& error) {
        shell.complain(std::string{"nothing was restored: "} + error.what());
        return failed;
    }
}

void add_store_options(CLI::App& command, Options& options)
{
    command.add_option("--config", options.config, "the ward's configuration file")->capture_default_str();
    command.add_option("--state-directory", options.state,
                       "folder of the records; else as the configuration says ([journal] directory)");
}

} // namespace

void add_backup(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* create = leaf(app, shell, "backup",
                            "a backup of the ward's records: journal, history and configuration",
                            Talks::yes, {});
    create->require_subcommand(0, 1);
    create->callback([=, &shell] {
        if (create->get_subcommands().empty()) shell.exit_code = run_backup(shell, *options);
    });
    create->add_option("--output", options->output, "folder of the backups")->capture_default_str();
    create->add_option("--keep", options->keep, "how many of this ward stay; 0: all")
        ->check(CLI::Range(0, 100'000))
        ->capture_default_str();
    create->add_flag("--no-history", options->no_history, "without the trends of vital signs");
    add_store_options(*create, *options);
    create->footer("A running magwatchd copies its records when it is asked, so slowly that no alarm waits; the\n"
                   "files of a stopped one are read. A backup is read back before it counts. No secret is in it, but\n"
                   "all that is known of patients is: keep it as you keep the records.");
    leaf(*create, shell, "verify", "read every byte of a backup", Talks::no, [=, &shell] {
        return run_verify(shell, options->file);
    })->add_option("file", options->file, "the backup")->required();
    leaf(*create, shell, "list", "the backups of a folder, the newest first", Talks::no, [=, &shell] {
        return run_list(shell, options->output);
    })->add_option("--output", options->output, "folder of the backups")->capture_default_str();

    CLI::App* restore = leaf(app, shell, "restore", "put the records of a backup back, while magwatchd is stopped",
                             Talks::no, [=, &shell] { return run_restore(shell, *options); });
    restore->add_option("file", options->restore.file, "the backup")->required();
    restore->add_option("--to", options->restore.to, "folder for the records; else that of the configuration");
    restore->add_option("--configuration-to", options->restore.configuration_to,
                        "folder for the configuration's files, such as /etc/magwatch; else they stay in the backup");
    restore->add_flag("--dry-run", options->restore.dry_run, "read the backup and say what would be done");
    restore->add_flag("--force", options->restore.force, "put aside sound records that are newer than the backup's");
    add_store_options(*restore, *options);
    restore->footer("What stands there is moved aside, never deleted.");
}

} // namespace magwatch::cli
