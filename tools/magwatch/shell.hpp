// What every subcommand of `magwatch` shares: exit codes, output for people and for scripts, and
// how a subcommand is declared.
//
// Data goes to stdout, everything else to stderr. A table has columns on a terminal and tabs in a
// pipe; NO_COLOR and --json turn colour off.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace CLI
{
class App;
}

namespace magwatch::cli
{

using Json = nlohmann::ordered_json;

enum Exit : int {
    ok = 0,
    failed = 1,      // asked, and refused; checked, and wrong
    usage = 2,       // the command line
    unreachable = 4, // no daemon answers
};

struct Shell {
    bool json = false;
    std::string socket = "/run/magwatch/magwatchd.sock";
    int exit_code = ok;

    // "magwatch: TEXT" on stderr.
    void complain(std::string_view text) const;
    void print(const Json& value) const; // one line on stdout
};

// Where the daemon's answer is needed.
enum class Talks : bool { no, yes };

// A subcommand that does something. It gets --json, and --socket if it talks to the daemon; `run`
// gives the exit code.
CLI::App* leaf(CLI::App& parent, Shell& shell, const std::string& name, const std::string& help,
               Talks talks, std::function<int()> run);
// A subcommand that only has others below it.
CLI::App* group(CLI::App& parent, const std::string& name, const std::string& help);

class Table
{
public:
    explicit Table(std::vector<std::string> columns) : columns_{std::move(columns)} {}
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print() const;
    // As print() does for a terminal or a pipe, without colour.
    [[nodiscard]] std::string text(bool terminal) const;

private:
    std::vector<std::string> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// What a JSON field says in a table: "-" for null, "yes" and "no", numbers short. Nothing in it can
// steer a terminal.
[[nodiscard]] std::string cell(const Json& value);
// The local time of an RFC 3339 time: "02:14:05"; "-" for null.
[[nodiscard]] std::string local_time(const Json& value);

// "20min", "90s", "2h" or a bare number of seconds.
[[nodiscard]] bool read_duration(const std::string& text, double& seconds);
// "2026-03-01T02:14:00Z", or the local "02:14" or "02:14:05" of the last 24 hours. As RFC 3339 in
// UTC; "" if it is neither.
[[nodiscard]] std::string read_time(const std::string& text);
// The whole file, or what is wrong with it.
[[nodiscard]] bool read_file(const std::string& path, std::string& text, std::string& error);

} // namespace magwatch::cli
