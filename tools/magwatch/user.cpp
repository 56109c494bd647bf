#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

constexpr const char* role_help = "midwife, charge, doctor, biomed, admin or auditor";

struct User {
    std::string name, label, role;
};

// One line of stdin; on a terminal it is asked for, and not shown while it is typed.
std::string read_pin()
{
    termios before{};
    const bool terminal = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        std::fputs("PIN (6 to 12 digits): ", stderr);
        termios quiet = before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    std::string pin;
    std::getline(std::cin, pin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::fputs("\n", stderr);
    }
    return pin;
}

int change(const Shell& shell, Json body)
{
    return Client{shell}.post("/api/v1/people", body);
}

int add(const Shell& shell, const User& user)
{
    Json body{{"name", user.name}, {"role", user.role}, {"pin", read_pin()}, {"enabled", true}};
    if (!user.label.empty()) body["label"] = user.label;
    return change(shell, std::move(body));
}

int list(const Shell& shell)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/people", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    Table table{{"NAME", "LABEL", "ROLE", "PIN"}};
    for (const Json& one : answer->at("people"))
        table.row({cell(one.at("name")), cell(one.at("label")), cell(one.at("role")), cell(one.at("has_pin"))});
    table.print();
    return ok;
}

int setup_code(const Shell& shell)
{
    int code = ok;
    const auto answer = Client{shell}.change("/api/v1/setup/code", Json::object(), code);
    if (!answer) return code;
    if (shell.json) shell.print(*answer);
    else std::printf("%s  (until %s)\n", cell(answer->at("code")).c_str(), local_time(answer->at("until")).c_str());
    return ok;
}

void add_name(CLI::App& command, std::string& name)
{
    command.add_option("name", name, "the name that entries are recorded under: a role or a badge, such as midwife-1")
        ->required();
}

} // namespace

void add_user(CLI::App& app, Shell& shell)
{
    CLI::App& user = *group(app, "user", "who may unlock a station of the board");
    leaf(user, shell, "list", "everybody who may act, with their roles", Talks::yes, [&shell] { return list(shell); });

    const auto fresh = std::make_shared<User>();
    CLI::App* adding = leaf(user, shell, "add", "somebody new, or anew; the PIN is read from stdin", Talks::yes,
                            [fresh, &shell] { return add(shell, *fresh); });
    add_name(*adding, fresh->name);
    adding->add_option("--role", fresh->role, role_help)->required();
    adding->add_option("--label", fresh->label, "as the board shows it");
    adding->footer("As root. Changes at the board need a PIN; seeing it, and saying \"I am here\", never do.");

    const auto pinned = std::make_shared<User>();
    CLI::App* pinning = leaf(user, shell, "pin", "a new PIN, read from stdin", Talks::yes, [pinned, &shell] {
        return change(shell, {{"name", pinned->name}, {"pin", read_pin()}});
    });
    add_name(*pinning, pinned->name);

    const auto changed = std::make_shared<User>();
    CLI::App* role = leaf(user, shell, "role", "another role", Talks::yes, [changed, &shell] {
        return change(shell, {{"name", changed->name}, {"role", changed->role}});
    });
    add_name(*role, changed->name);
    role->add_option("role", changed->role, role_help)->required();

    CLI::App* code = leaf(user, shell, "setup-code", "a code to set up the first person with, at the board",
                          Talks::yes, [&shell] { return setup_code(shell); });
    code->footer("As root. It is good for one person and for an hour; one that was shown before is none any more.");

    const auto gone = std::make_shared<User>();
    CLI::App* disabling = leaf(user, shell, "disable", "may not act any more; every station is locked at once",
                               Talks::yes, [gone, &shell] {
                                   return change(shell, {{"name", gone->name}, {"enabled", false}});
                               });
    add_name(*disabling, gone->name);
}

} // namespace magwatch::cli
