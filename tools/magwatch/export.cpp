#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "daemon/history/csv_export.hpp"
#include "daemon/http/times.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    std::string bed, from, to, format = "csv", output, signals, interval;
    bool full = false;
};

// What is exported: asked in pieces where one answer may not hold it all.
struct Range {
    WallTime from, to;
};

int fail(const Shell& shell, const Fetched& fetched)
{
    if (fetched.status == 0) {
        shell.complain(fetched.error);
        return unreachable;
    }
    const Json answer = Json::parse(fetched.text, nullptr, false);
    shell.complain(answer.is_object() && answer.contains("error") ? answer["error"].get<std::string>()
                                                                  : "HTTP " + std::to_string(fetched.status));
    return failed;
}

std::optional<WallTime> time_of(const Json& text)
{
    return text.is_string() ? http::parse_time(text.get<std::string>()) : std::nullopt;
}

// The newest stay that began before `to`, or the times that were given.
std::optional<Range> range_of(const Shell& shell, const Options& options, int& exit_code)
{
    const std::string bed = "/api/v1/beds/" + escaped(options.bed);
    const Client client{shell};
    const Fetched fetched = client.fetch(bed + "/trend?points=2&signals=rr");
    if (fetched.status != 200) {
        exit_code = fail(shell, fetched);
        return std::nullopt;
    }
    const Json answer = Json::parse(fetched.text, nullptr, false);
    std::optional<WallTime> from, to;
    if (!options.to.empty()) to = http::parse_time(read_time(options.to));
    if (!options.from.empty()) from = http::parse_time(read_time(options.from));
    const WallTime end = to.value_or(time_of(answer.value("to", Json{})).value_or(WallTime{}));
    if (!from) {
        for (const Json& stay : answer.value("stays", Json::array())) {
            const auto began = time_of(stay.value("from", Json{}));
            if (!began || *began >= end) continue;
            from = began;
            if (options.to.empty()) to = time_of(stay.value("to", Json{}));
        }
    }
    if (from) return Range{*from, to.value_or(end)};
    shell.complain("no watch of " + options.bed + " is known: name the time with --from and --to");
    exit_code = failed;
    return std::nullopt;
}

std::string query(Range range, const Options& options)
{
    std::string out = "?from=" + escaped(http::format_time(range.from)) + "&to=" + escaped(http::format_time(range.to));
    if (!options.signals.empty()) out += "&signals=" + escaped(options.signals);
    return out;
}

class Output
{
public:
    explicit Output(const std::string& path)
        : file_{path.empty() ? stdout : std::fopen(path.c_str(), "wx")}, ours_{!path.empty()}
    {
    }
    ~Output()
    {
        if (ours_ && file_ != nullptr) std::fclose(file_);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    [[nodiscard]] bool good() const { return file_ != nullptr; }
    [[nodiscard]] bool write(std::string_view text)
    {
        bytes_ += text.size();
        return std::fwrite(text.data(), 1, text.size(), file_) == text.size() && std::fflush(file_) == 0;
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::FILE* file_;
    bool ours_;
    std::size_t bytes_ = 0;
};

// The pieces one after another, under one head.
int write_csv(const Shell& shell, const Options& options, Range range, Output& out)
{
    const Client client{shell};
    const Duration piece = options.full ? longest_full_csv : longest_csv;
    const std::string path = "/api/v1/beds/" + escaped(options.bed) + "/export.csv";
    for (Range part{range.from, range.from}; part.to < range.to; part.from = part.to) {
        part.to = std::min(part.from + piece, range.to);
        const Fetched fetched =
            client.fetch(path + query(part, options) + (options.full ? "&resolution=full" : ""));
        if (fetched.status != 200) return fail(shell, fetched);
        std::string_view rows = fetched.text;
        if (part.from != range.from) rows.remove_prefix(std::min(rows.find('\n') + 1, rows.size()));
        if (!out.write(rows)) {
            shell.complain("it could not be written: the disk may be full");
            return failed;
        }
    }
    return ok;
}

int write_fhir(const Shell& shell, const Options& options, Range range, Output& out)
{
    std::string path = "/api/v1/beds/" + escaped(options.bed) + "/export.fhir.json" + query(range, options);
    if (!options.interval.empty()) {
        double seconds = 0;
        if (!read_duration(options.interval, seconds) || seconds < 60) {
            shell.complain("--interval needs whole minutes such as 5min, not '" + options.interval + "'");
            return usage;
        }
        path += "&interval_minutes=" + std::to_string(static_cast<int>(seconds / 60));
    }
    const Fetched fetched = Client{shell}.fetch(path);
    if (fetched.status != 200) return fail(shell, fetched);
    if (out.write(fetched.text)) return ok;
    shell.complain("it could not be written: the disk may be full");
    return failed;
}

int run_export(const Shell& shell, const Options& options)
{
    for (const auto& [name, text] : {std::pair{"--from", options.from}, std::pair{"--to", options.to}}) {
        if (text.empty() || !read_time(text).empty()) continue;
        shell.complain(std::string{name} + " '" + text + "' is no time such as 2026-03-01T02:14:00Z or 02:14");
        return usage;
    }
    if (shell.json && options.output.empty()) {
        shell.complain("--json tells what was written: name a file with --output");
        return usage;
    }
    int exit_code = ok;
    const auto range = range_of(shell, options, exit_code);
    if (!range) return exit_code;
    if (range->from >= range->to) {
        shell.complain("from " + http::format_time(range->from) + " to " + http::format_time(range->to) +
                       ": --from must be earlier than --to");
        return usage;
    }
    Output out{options.output};
    if (!out.good()) {
        shell.complain(options.output + ": it exists, or cannot be made");
        return failed;
    }
    exit_code = options.format == "fhir" ? write_fhir(shell, options, *range, out)
                                         : write_csv(shell, options, *range, out);
    if (exit_code == ok && shell.json)
        shell.print({{"file", options.output},
                     {"format", options.format},
                     {"bed", options.bed},
                     {"from", http::format_time(range->from)},
                     {"to", http::format_time(range->to)},
                     {"bytes", out.bytes()}});
    return exit_code;
}

} // namespace

void add_export(CLI::App& app, Shell& shell)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = leaf(app, shell, "export", "what is kept of a bed's stay, as CSV or as a FHIR R4 bundle",
                             Talks::yes, [=, &shell] { return run_export(shell, *options); });
    command->add_option("--bed", options->bed, "alias of the bed")->required();
    command->add_option("--from", options->from,
                        "2026-03-01T02:14:00Z, or the local 02:14 of the last 24 hours; the newest stay's start");
    command->add_option("--to", options->to, "as --from; the stay's end, or now");
    command->add_option("--format", options->format, "csv or fhir")
        ->check(CLI::IsMember({"csv", "fhir"}))
        ->capture_default_str();
    command->add_option("--signals", options->signals, "only these: rr,spo2,mg");
    command->add_flag("--full", options->full, "CSV: each single value that is kept, not the mean of its minute");
    command->add_option("--interval", options->interval,
                        "FHIR: over how long values of a monitor are averaged, 1min to 1h; 5min");
    command->add_option("--output", options->output, "a new file; standard output if none");
}

} // namespace magwatch::cli
