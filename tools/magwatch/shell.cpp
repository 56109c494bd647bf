#include "tools/magwatch/shell.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <system_error>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "daemon/http/times.hpp"
#include "runtime/log.hpp"

namespace magwatch::cli
{
namespace
{

// Characters, not bytes: bytes inside a code point do not move the cursor.
std::size_t width(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

bool colourful()
{
    const char* no_colour = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

std::string_view colour_of(const std::vector<std::string>& row)
{
    for (const auto& text : row) {
        if (text == "high") return "\x1b[1;31m";
        if (text == "medium") return "\x1b[33m";
    }
    return {};
}

} // namespace

void Shell::complain(std::string_view text) const
{
    std::fprintf(stderr, "magwatch: %s\n", escape_log_text(text, 4096).c_str());
}

void Shell::print(const Json& value) const
{
    std::printf("%s\n", value.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

CLI::App* leaf(CLI::App& parent, Shell& shell, const std::string& name, const std::string& help,
               Talks talks, std::function<int()> run)
{
    CLI::App* command = parent.add_subcommand(name, help);
    command->add_flag("--json", shell.json, "write JSON, for scripts");
    if (talks == Talks::yes)
        command->add_option("--socket", shell.socket, "Unix socket of magwatchd")
            ->capture_default_str()
            ->envname("MAGWATCH_SOCKET");
    command->callback([&shell, run = std::move(run)] { shell.exit_code = run(); });
    return command;
}

CLI::App* group(CLI::App& parent, const std::string& name, const std::string& help)
{
    CLI::App* command = parent.add_subcommand(name, help);
    command->require_subcommand(1);
    return command;
}

std::string Table::text(bool terminal) const
{
    std::vector<std::size_t> widths;
    for (const auto& column : columns_) widths.push_back(width(column));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string out;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out += cells[i];
            const bool last = i + 1 == cells.size();
            if (last) continue;
            if (terminal)
                out.append(widths[i] - width(cells[i]) + 2, ' ');
            else
                out += '\t';
        }
        return out + "\n";
    };
    std::string out = line(columns_);
    for (const auto& row : rows_) out += line(row);
    return out;
}

void Table::print() const
{
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    std::istringstream lines{text(terminal)};
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line); ++n) {
        std::string_view colour;
        if (colourful()) colour = n == 0 ? std::string_view{"\x1b[1m"} : colour_of(rows_[n - 1]);
        std::printf("%s%s%s\n", std::string{colour}.c_str(), line.c_str(),
                    colour.empty() ? "" : "\x1b[0m");
    }
}

std::string cell(const Json& value)
{
    if (value.is_null()) return "-";
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_string()) return escape_log_text(value.get<std::string>(), 400);
    if (value.is_number_float()) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.4g", value.get<double>());
        return text.data();
    }
    return escape_log_text(value.dump(-1, ' ', false, Json::error_handler_t::replace), 400);
}

std::string local_time(const Json& value)
{
    if (!value.is_string()) return "-";
    const auto time = http::parse_time(value.get<std::string>());
    if (!time) return cell(value);
    const std::time_t seconds = static_cast<std::time_t>(time->ms / 1000);
    std::tm local{};
    std::array<char, 16> text{};
    if (localtime_r(&seconds, &local) == nullptr) return "-";
    std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    return text.data();
}

bool read_duration(const std::string& text, double& seconds)
{
    constexpr std::array<std::pair<std::string_view, double>, 6> units{
        {{"", 1}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"hr", 3600}}};
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || !(number >= 0)) return false;
    std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    for (const auto& [name, factor] : units) {
        if (unit != name) continue;
        seconds = number * factor;
        return true;
    }
    return false;
}

std::string read_time(const std::string& text)
{
    if (const auto time = http::parse_time(text)) return http::format_time(*time);
    int hours = 0, minutes = 0, seconds = 0, used = 0;
    const bool with_seconds =
        std::sscanf(text.c_str(), "%2d:%2d:%2d%n", &hours, &minutes, &seconds, &used) == 3 &&
        used == static_cast<int>(text.size());
    if (!with_seconds) {
        seconds = 0;
        if (std::sscanf(text.c_str(), "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
            used != static_cast<int>(text.size()))
            return {};
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
        return {};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    if (localtime_r(&now, &local) == nullptr) return {};
    local.tm_hour = hours;
    local.tm_min = minutes;
    local.tm_sec = seconds;
    local.tm_isdst = -1;
    std::time_t at = std::mktime(&local);
    if (at > now + 60) { // it has not come yet today: it was yesterday
        --local.tm_mday;
        local.tm_isdst = -1;
        at = std::mktime(&local);
    }
    return http::format_time(WallTime{static_cast<std::int64_t>(at) * 1000});
}

bool read_file(const std::string& path, std::string& text, std::string& error)
{
    std::ifstream in{path, std::ios::binary};
    std::ostringstream all;
    if (in) all << in.rdbuf();
    if (!in || in.bad()) {
        error = path + ": " + (errno != 0 ? std::generic_category().message(errno) : "cannot be read");
        return false;
    }
    text = all.str();
    return true;
}

} // namespace magwatch::cli
