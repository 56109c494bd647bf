// `magwatch config init`: a ward's configuration by flags, a file of answers, or questions.
#include "tools/magwatch/init/init.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/config/config_reader.hpp"
#include "tools/magwatch/init/answers.hpp"
#include "tools/magwatch/init/draft.hpp"
#include "tools/magwatch/init/questions.hpp"

namespace magwatch::cli
{
namespace
{

namespace fs = std::filesystem;

struct Request {
    init::Answers answers;
    std::string file; // of answers
    std::string output = "/etc/magwatch/magwatch.toml";
    bool force = false, dry_run = false;
};

bool is_there(const std::string& path)
{
    std::error_code error;
    return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// As a package ships it: a good file that watches nobody.
bool watches_nobody(const std::string& path)
{
    const LoadedConfig loaded = load_config(path);
    return loaded.config && loaded.config->ward.beds.empty();
}

// The whole file or none of it; what was there is kept beside it. "" or what went wrong.
std::string put(const std::string& path, const std::string& text)
{
    const std::string fresh = path + ".new";
    const auto failed = [&](const char* doing) {
        return fmt::format("{} {}: {}", doing, fresh, std::generic_category().message(errno));
    };
    const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return failed("cannot write");
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t n = write(file, text.data() + written, text.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        written += static_cast<std::size_t>(n);
    }
    // The daemon reads it as another user; it holds no secret.
    const bool good = written == text.size() && fchmod(file, 0644) == 0 && fsync(file) == 0;
    std::string problem = good ? "" : failed("cannot write");
    close(file);
    if (good && is_there(path) && rename(path.c_str(), (path + ".old").c_str()) != 0)
        problem = failed("cannot put aside for");
    if (problem.empty() && rename(fresh.c_str(), path.c_str()) != 0) problem = failed("cannot put in place");
    if (!problem.empty()) unlink(fresh.c_str());
    return problem;
}

void tell_next(const init::Draft& draft, const Request& request)
{
    for (const auto& note : draft.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
    if (!draft.supply.empty()) std::fprintf(stderr, "Still to supply:\n");
    for (const auto& item : draft.supply) std::fprintf(stderr, "  - %s\n", item.c_str());
    std::fprintf(stderr, "Next:\n");
    if (!draft.credentials.empty()) {
        std::fprintf(stderr, "  systemctl edit magwatchd      # put there:\n    [Service]\n");
        for (const auto& name : draft.credentials)
            std::fprintf(stderr, "    LoadCredential=%s:/etc/magwatch/secrets/%s\n", name.c_str(), name.c_str());
    }
    std::fprintf(stderr, "  magwatch config check %s\n", request.output.c_str());
    std::fprintf(stderr, "  systemctl %s magwatchd\n", draft.credentials.empty() ? "reload" : "restart");
    std::fprintf(stderr, "  magwatch watch start %s --person WHO\n", draft.beds.front().alias.c_str());
}

Json to_json(const init::Draft& draft, const Request& request, bool written)
{
    Json out{{"file", request.output},      {"written", written}, {"valid", draft.valid},
             {"mistakes", draft.mistakes},  {"supply", draft.supply},
             {"credentials", draft.credentials}, {"notes", draft.notes}};
    if (request.dry_run) out["text"] = draft.text;
    return out;
}

int refuse(const Shell& shell, const std::vector<std::string>& mistakes)
{
    for (const auto& mistake : mistakes) shell.complain(mistake);
    shell.complain("nothing was written");
    return usage;
}

// False: the exit code is set, and why has been said.
bool complete(const Shell& shell, Request& request, int& code)
{
    std::vector<std::string> mistakes;
    if (!request.file.empty()) {
        std::string text, error;
        if (read_file(request.file, text, error))
            init::read_answers(request.file, std::move(text), request.answers, mistakes);
        else mistakes.push_back(error);
    }
    auto gone = mistakes.empty() ? init::missing(request.answers) : std::vector<std::string>{};
    const bool asks = !gone.empty() && !shell.json && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (asks) {
        const init::ReadLine read = []() -> std::optional<std::string> {
            std::string line;
            return std::getline(std::cin, line) ? std::optional{line} : std::nullopt;
        };
        if (!init::ask(request.answers, read)) {
            std::fprintf(stderr, "\n");
            shell.complain("nothing was written");
            code = failed;
            return false;
        }
        gone = init::missing(request.answers);
    }
    if (!gone.empty()) (void)init::plan_of(request.answers, mistakes); // whatever else is wrong is told at once
    for (const auto& flag : gone) mistakes.push_back("missing: " + flag);
    if (mistakes.empty()) return true;
    code = refuse(shell, mistakes);
    return false;
}

int run_init(Shell& shell, Request request)
{
    const bool there = !request.dry_run && is_there(request.output);
    if (there && !request.force && !watches_nobody(request.output)) {
        shell.complain(request.output +
                       " is there and watches beds, or cannot be read: --force replaces it, and keeps it as " +
                       request.output + ".old; --output writes elsewhere");
        return failed;
    }
    int code = ok;
    if (!complete(shell, request, code)) return code;
    std::vector<std::string> mistakes;
    const init::Plan plan = init::plan_of(request.answers, mistakes);
    if (!mistakes.empty()) return refuse(shell, mistakes);
    init::Draft draft = init::draft(plan, request.output);
    if (!draft.mistakes.empty()) {
        if (shell.json) shell.print(to_json(draft, request, false));
        return refuse(shell, draft.mistakes);
    }
    if (!request.dry_run) {
        const std::string problem = put(request.output, draft.text);
        if (!problem.empty()) {
            shell.complain(problem);
            return failed;
        }
    }
    if (shell.json) {
        shell.print(to_json(draft, request, !request.dry_run));
        return ok;
    }
    if (request.dry_run) std::printf("%s", draft.text.c_str());
    else std::printf("%s: written, %zu beds; %s\n", request.output.c_str(), draft.beds.size(),
                     draft.valid ? "good as it is" : "`config check` refuses it until what is named below is there");
    std::fflush(stdout);
    tell_next(draft, request);
    return ok;
}

void add_options(CLI::App& command, Request& request)
{
    init::Answers& a = request.answers;
    // By place only would take the next words of the command line: each value wants its own flag.
    const auto many = [&](const char* name, std::vector<std::string>& into, const char* help) {
        command.add_option(name, into, help)->expected(1)->take_all();
    };
    command.add_option("--ward", a.ward, "short name, such as l4: a-z 0-9 - _ .");
    command.add_option("--label", a.label, "what screens call it");
    command.add_option("--mode", a.mode, "ward (for patients, the default), demo or replay")
        ->check(CLI::IsMember({"ward", "demo", "replay"}));
    command.add_option("--phone", a.phone, "what a page asks to ring back");
    command.add_option("--emergency-number", a.emergency_number, "such as 2222");
    many("--bed", a.bed, "ALIAS=PLACE, such as \"bed-1=Ward L4 Bed 1\", or a number of beds; repeat it");
    many("--person", a.person,
         "NAME:ROLE:CHANNEL, channels such as sms=+447700900123, smtp=ADDRESS, ntfy=TOPIC, snpp=ID, "
         "wctp=ID, webhook=URL, alertmanager, pcd04, several with a comma; repeat it, in the order of the ladder");
    many("--gateway", a.gateway,
         "KIND:NAME=ADDRESS of sms, ntfy, snpp, wctp, alertmanager, pcd04; smtp=HOST:PORT; repeat it");
    many("--roster", a.roster,
         "ROLE=PERSON@FROM-TO,... of people who take turns: doctor=dr-1@08:00-20:00,...; repeat it");
    command.add_option("--mail-from", a.mail_from, "sender of --gateway smtp");
    command.add_option("--mail-user", a.mail_user, "login of --gateway smtp; its password is a secret");
    command.add_option("--pcd04-id", a.pcd04_id, "EUI-64 by which the manager of --gateway pcd04 knows this machine");
    command.add_flag("--pcd04-plain", a.pcd04_plain, "that manager is elsewhere, and nothing on the way encrypts");
    many("--device", a.device,
         "bed=BED,map=FILE and host=ADDRESS[,port=N][,unit=N], or serial=/dev/...,baud=N,parity=even,"
         "unit=N; [,kind=pump][,name=NAME]; repeat it");
    many("--hl7", a.hl7,
         "a sender: name=NAME[,application=MSH-3][,facility=MSH-4][,period=\"5 s\"][,zone=ZONE]; repeat it");
    command.add_option("--hl7-listen", a.hl7_listen, "where they connect; 127.0.0.1:2575 if not said");
    many("--hl7-allow", a.hl7_allow, "address that may connect, where that is not loopback; repeat it");
    command.add_option("--hl7-zone", a.hl7_zone,
                       "of times without offset, where a sender has no zone of its own: +01:00 or "
                       "GMT0BST,M3.5.0/1,M10.5.0");
    many("--hl7-bed", a.hl7_bed, "THEIR_NAME=ALIAS of every sender, SENDER:THEIR_NAME=ALIAS of one; repeat it");
    command.add_option("--pack", a.pack, "rule pack: a file, or the name of a shipped one such as ggc");
    command.add_option("--protocol", a.protocol, "calcium gluconate protocol: a file");
    command.add_option("--answer-url", a.answer_url, "where the links in pages lead");
    command.add_option("--listen", a.listen, "web and API; 127.0.0.1:8300 if not said");
    command.add_option("--socket", a.socket, "Unix socket of the command line");
    command.add_option("--state-directory", a.state_directory, "the journal's place, if not /var/lib/magwatch");
    command.add_option("--secrets", a.secrets,
                       "folder of secret files that magwatchd reads itself; else systemd credentials");
    command.add_option("--answers", request.file, "a TOML file of these answers: ward = \"l4\", bed = [\"bed-1\"], ...")
        ->type_name("FILE");
    command.add_option("--output", request.output, "file to write")->capture_default_str();
    command.add_flag("--force", request.force, "replaces a file that watches beds, and keeps it as FILE.old");
    command.add_flag("--dry-run", request.dry_run, "writes to stdout what it would write");
}

} // namespace

void add_config_init(CLI::App& config, Shell& shell)
{
    const auto request = std::make_shared<Request>();
    CLI::App* command = leaf(config, shell, "init", "writes a ward's configuration, by flags or by questions",
                             Talks::no, [request, &shell] { return run_init(shell, *request); });
    add_options(*command, *request);
    command->footer(
        "On a terminal it asks for what no flag has said. The shipped file, which watches nobody, is replaced and\n"
        "kept as FILE.old. What the site must still supply (approved pack and protocol, secrets) is named.");
}

} // namespace magwatch::cli
