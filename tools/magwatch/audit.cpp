#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <variant>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "daemon/audit/folder.hpp"
#include "daemon/audit/verify.hpp"
#include "daemon/config/config_reader.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

constexpr int look_again_ms = 500;

struct Options {
    std::string config = "/etc/magwatch/magwatch.toml", folder;
    std::size_t rows = 20;
    bool follow = false;
    std::string key, head;
};

// What was said, else below the state directory that the configuration names.
std::string folder_of(const Options& options)
{
    if (!options.folder.empty()) return options.folder;
    std::string state = JournalConfig{}.directory;
    if (const LoadedConfig loaded = load_config(options.config); loaded.config)
        state = loaded.config->journal.directory;
    return state + "/" + audit::folder_name;
}

void print_row(const Shell& shell, const std::string& line)
{
    const Json row = Json::parse(line, nullptr, false);
    if (row.is_discarded() || !audit::read_row(line)) {
        shell.complain("a line that is no row: 'magwatch audit verify' says more");
        return;
    }
    if (shell.json) {
        std::printf("%s\n", line.c_str()); // to the byte, so that it can be hashed
        return;
    }
    const auto times = row.value("times", std::uint64_t{1});
    std::printf("%s  %s  %s  %s  %s  %s  %s%s\n", cell(row["seq"]).c_str(), cell(row["wall"]).c_str(),
                cell(row["actor"]).c_str(), cell(row["station"]).c_str(), cell(row["action"]).c_str(),
                cell(row["object"]).c_str(), cell(row["outcome"]).c_str(),
                times > 1 ? fmt::format(", {} times", times).c_str() : "");
}

// Rows after `seen`, whole ones. Throws nothing; the reason if a file cannot be read.
std::string rows_after(const std::string& folder, std::uint64_t seen,
                       const std::function<void(const std::string&)>& take)
{
    const auto all = audit::segments_of(folder);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i + 1 < all.size() && all[i + 1].first <= seen + 1) continue;
        std::string wrong = audit::each_line(all[i].path, [&](std::string_view line, bool whole) {
            const auto row = audit::read_row(line);
            if (whole && (!row || row->sequence > seen)) take(std::string{line});
            return true;
        });
        if (!wrong.empty()) return wrong;
    }
    return "";
}

int tail(const Shell& shell, const Options& options)
{
    const std::string folder = folder_of(options);
    std::deque<std::string> newest;
    std::uint64_t seen = 0;
    if (audit::segments_of(folder).empty()) {
        shell.complain("there is no audit trail in " + folder + ", or this user may not read it");
        return failed;
    }
    std::string wrong = rows_after(folder, 0, [&](const std::string& line) {
        newest.push_back(line);
        if (newest.size() > options.rows) newest.pop_front();
        if (const auto row = audit::read_row(line)) seen = row->sequence;
    });
    for (const std::string& line : newest) print_row(shell, line);
    while (wrong.empty() && options.follow) {
        if (std::fflush(stdout) != 0) return ok; // whoever read it went away
        (void)::poll(nullptr, 0, look_again_ms);
        wrong = rows_after(folder, seen, [&](const std::string& line) {
            const auto row = audit::read_row(line);
            if (!row) return; // told with the next start, or by verify
            seen = row->sequence;
            print_row(shell, line);
        });
    }
    if (!wrong.empty()) shell.complain(wrong);
    return wrong.empty() ? ok : failed;
}

std::variant<std::optional<audit::KeyFile>, std::string> key_of(const Options& options)
{
    if (options.key.empty()) return std::optional<audit::KeyFile>{};
    auto read = audit::read_key_file(options.key);
    if (!read) return options.key + ": there is no such file";
    if (auto* wrong = std::get_if<std::string>(&*read)) return std::move(*wrong);
    return std::optional{std::get<audit::KeyFile>(*std::move(read))};
}

// "1234:5f70..."
std::optional<audit::Head> read_head(const std::string& text)
{
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon > 18) return std::nullopt;
    audit::Head head;
    head.hash = text.substr(colon + 1);
    for (const char c : text.substr(0, colon)) {
        if (c < '0' || c > '9') return std::nullopt;
        head.sequence = head.sequence * 10 + static_cast<std::uint64_t>(c - '0');
    }
    const bool good = head.hash.size() == 64 && head.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    return good && head.sequence > 0 ? std::optional{head} : std::nullopt;
}

Json json_of(const audit::Verified& found, bool head_checked)
{
    Json out{{"good", found.good()},
             {"checked", found.by_key ? "signatures" : "hashes"},
             {"head_checked", head_checked},
             {"rows", found.rows},
             {"first", found.first},
             {"head", {{"sequence", found.head.sequence}, {"hash", found.head.hash}}},
             {"from", found.from},
             {"until", found.until},
             {"notes", found.notes}};
    if (!found.good())
        out["wrong"] = {{"row", found.row}, {"file", found.file}, {"line", found.line}, {"why", found.wrong}};
    return out;
}

int verify(const Shell& shell, const Options& options)
{
    const auto key = key_of(options);
    if (const auto* wrong = std::get_if<std::string>(&key)) {
        shell.complain(*wrong);
        return failed;
    }
    std::optional<audit::Head> head;
    if (!options.head.empty()) {
        head = read_head(options.head);
        if (!head) {
            shell.complain("--head is SEQUENCE:HASH, the hash of 64 hexadecimal digits");
            return usage;
        }
    }
    const std::string folder = folder_of(options);
    const audit::Verified found = audit::verify(folder, std::get<std::optional<audit::KeyFile>>(key), head);
    if (shell.json) {
        shell.print(json_of(found, head.has_value()));
        return found.good() ? ok : failed;
    }
    for (const std::string& note : found.notes) shell.complain("note: " + note);
    if (!found.good()) {
        shell.complain(fmt::format("WRONG at row {}, {} line {}: {}", found.row, found.file, found.line, found.wrong));
        return failed;
    }
    std::printf("sound: rows %llu to %llu, %s to %s\n", static_cast<unsigned long long>(found.first),
                static_cast<unsigned long long>(found.head.sequence), found.from.c_str(), found.until.c_str());
    const char* checked = found.by_key ? "hashes, and the signature of every row" : "the chain of hashes alone";
    std::printf("checked: %s%s\n", checked,
                head ? ", and the head that was seen elsewhere" : "");
    std::printf("head: %llu:%s\n", static_cast<unsigned long long>(found.head.sequence), found.head.hash.c_str());
    if (!found.by_key) shell.complain("whoever can write the files can make hashes anew: --key checks signatures");
    if (!head) shell.complain("rows that were cut off the end since the last hour are seen with --head alone");
    return ok;
}

// Printed once: what was handed out is erased here.
int take_key(const Shell& shell, const Options& options)
{
    const std::string path = folder_of(options) + "/" + audit::verify_key_name;
    const auto read = audit::read_key_file(path);
    if (!read || std::holds_alternative<std::string>(*read)) {
        shell.complain(!read ? "the verify key was taken before, or this user may not see it: " + path
                             : std::get<std::string>(*read));
        return failed;
    }
    const auto& key = std::get<audit::KeyFile>(*read);
    const std::string text = audit::key_text(key.key, key.trail);
    const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    if (!written) {
        shell.complain("the key could not be written: it stays where it is");
        return failed;
    }
    if (const std::string wrong = audit::erase_file(path); !wrong.empty()) {
        shell.complain("the key is still there: " + wrong);
        return failed;
    }
    shell.complain("keep this off this machine: it is not kept here any more");
    return ok;
}

void add_place(CLI::App& command, Options& options)
{
    command.add_option("--config", options.config, "the configuration, which says where the records are");
    command.add_option("--folder", options.folder, "the trail itself, such as one out of a backup");
}

} // namespace

void add_audit(CLI::App& app, Shell& shell)
{
    CLI::App& audit = *group(app, "audit", "who did, tried or read what; files alone, no daemon is asked");
    const auto options = std::make_shared<Options>();
    CLI::App* tailing = leaf(audit, shell, "tail", "the newest rows", Talks::no,
                             [options, &shell] { return tail(shell, *options); });
    tailing->add_option("-n,--rows", options->rows, "so many")->capture_default_str();
    tailing->add_flag("--follow", options->follow, "and what comes, until it is ended");
    add_place(*tailing, *options);
    tailing->footer("As root or the daemon's user. With --json each row is its line in the file, to the byte.");

    CLI::App* verifying = leaf(audit, shell, "verify", "whether it is what was written; names the first bad row",
                               Talks::no, [options, &shell] { return verify(shell, *options); });
    verifying->add_option("--key", options->key, "file with the verify key, which is kept off this machine");
    verifying->add_option("--head", options->head, "SEQUENCE:HASH of a row that was seen elsewhere, as in a heartbeat");
    add_place(*verifying, *options);
    verifying->footer("Exit codes: 0 it is, 1 it is not or cannot be read, 2 wrong usage.");

    CLI::App* taking = leaf(audit, shell, "key", "prints the verify key, once, and erases it here", Talks::no,
                            [options, &shell] { return take_key(shell, *options); });
    add_place(*taking, *options);
    taking->footer("As root, soon after the first start: magwatch audit key > /media/usb/audit.key");
}

} // namespace magwatch::cli
