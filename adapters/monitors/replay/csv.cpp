#include "adapters/monitors/replay/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rules/observation/quantity.hpp"

namespace magwatch::adapters {
namespace {

// What a column of the format means. Cuff and arterial line are different signals; a laboratory value's
// time is the time of the draw.
struct Meaning {
    std::string_view column;
    Signal signal;
    Unit unit;
    Origin origin;
};
constexpr Meaning meanings[] = {
    {"hr_bpm", Signal::hr, Unit::per_min, Origin::device},
    {"rr_bpm", Signal::rr, Unit::per_min, Origin::device},
    {"spo2_pct", Signal::spo2, Unit::percent, Origin::device},
    {"sbp_mmhg", Signal::sbp, Unit::mm_hg, Origin::device},
    {"dbp_mmhg", Signal::dbp, Unit::mm_hg, Origin::device},
    {"map_mmhg", Signal::map, Unit::mm_hg, Origin::device},
    {"temp_c", Signal::temp, Unit::celsius, Origin::device},
    {"mg_mmol_l", Signal::mg, Unit::mmol_per_l, Origin::laboratory},
    {"urine_ml", Signal::urine, Unit::millilitre, Origin::charted},
    {"pulse_bpm", Signal::pulse, Unit::per_min, Origin::device},
    {"art_sys_mmhg", Signal::art_sys, Unit::mm_hg, Origin::device},
    {"art_dia_mmhg", Signal::art_dia, Unit::mm_hg, Origin::device},
    {"art_mean_mmhg", Signal::art_mean, Unit::mm_hg, Origin::device},
    {"sao2_pct", Signal::sao2, Unit::percent, Origin::laboratory},
    {"gcs", Signal::gcs, Unit::none, Origin::charted},
    {"creat_mg_dl", Signal::creatinine, Unit::mg_per_dl, Origin::laboratory},
};
constexpr std::string_view time_column = "time_s";
constexpr std::size_t most_mistakes = 50; // more would help nobody
constexpr double longest_s = 10.0 * 366 * 24 * 3600;

struct Cell {
    std::string_view text;
    std::uint32_t column; // where it begins in its line, from 1
};

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::vector<Cell> cells_of(std::string_view line)
{
    std::vector<Cell> cells;
    std::size_t begin = 0;
    while (true) {
        const std::size_t end = std::min(line.find(',', begin), line.size());
        cells.push_back({trimmed(line.substr(begin, end - begin)), static_cast<std::uint32_t>(begin + 1)});
        if (end == line.size()) return cells;
        begin = end + 1;
    }
}

std::optional<double> number(std::string_view text)
{
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return value;
}

Duration median(std::vector<std::int64_t> spacings)
{
    const auto middle = spacings.begin() + static_cast<std::ptrdiff_t>(spacings.size() / 2);
    std::nth_element(spacings.begin(), middle, spacings.end());
    if (spacings.size() % 2 == 1) return Duration{*middle};
    const std::int64_t below = *std::max_element(spacings.begin(), middle);
    return Duration{below + (*middle - below) / 2};
}

class CsvReader {
public:
    CsvReader(std::string_view name, const ReplayOptions& options) : name_{name}, options_{options} {}

    std::variant<Recording, std::vector<Diagnostic>> read(std::string_view text)
    {
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3); // byte order mark
        while (!text.empty() && !header_failed_ && mistakes_.size() < most_mistakes) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            line_ = text.substr(0, end);
            if (line_.ends_with('\r')) line_.remove_suffix(1);
            ++number_;
            read_line();
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (columns_.empty() && mistakes_.empty())
            mistakes_.push_back({std::string{name_}, 0, 0, "no header line", {}});
        if (!mistakes_.empty()) return std::move(mistakes_);
        return finish();
    }

private:
    struct Column {
        const Meaning* meaning = nullptr; // nullptr: the time
        ReplayColumn result;
        std::vector<Duration> times; // of accepted values
        Duration seen{-1};           // the newest time with any value
    };

    void fail(std::uint32_t column, std::string message)
    {
        mistakes_.push_back({std::string{name_}, number_, column, std::move(message), std::string{line_}});
    }

    void read_line()
    {
        if (columns_.empty()) {
            read_header();
            header_failed_ = !mistakes_.empty(); // nothing can be said of rows without names
        } else if (!trimmed(line_).empty()) {
            read_row();
        }
    }

    void read_header()
    {
        std::vector<std::string_view> known{time_column};
        for (const Meaning& meaning : meanings) known.push_back(meaning.column);
        if (trimmed(line_).empty()) return fail(1, "no header line");
        const std::vector<Cell> cells = cells_of(line_);
        if (cells.size() > known.size()) {
            return fail(1, "a header of " + std::to_string(cells.size()) + " columns; the format has " +
                               std::to_string(known.size()));
        }
        bool has_time = false;
        for (const Cell& cell : cells) {
            Column column;
            column.result.name = cell.text;
            for (const Meaning& meaning : meanings) {
                if (meaning.column == cell.text) column.meaning = &meaning;
            }
            const auto same = [&](const Column& other) { return other.result.name == cell.text; };
            if (column.meaning == nullptr && cell.text != time_column) {
                fail(cell.column, "unknown column '" + column.result.name + "'" + did_you_mean(cell.text, known));
            } else if (std::any_of(columns_.begin(), columns_.end(), same)) {
                fail(cell.column, "column '" + column.result.name + "' stands here twice");
            }
            has_time = has_time || cell.text == time_column;
            if (column.meaning != nullptr) column.result.signal = column.meaning->signal;
            columns_.push_back(std::move(column));
        }
        if (!has_time) fail(1, "no column 'time_s'");
    }

    // The row's time, or nullopt after noting why not.
    std::optional<Duration> time_of(const std::vector<Cell>& cells)
    {
        const auto is_time = [](const Column& column) { return column.meaning == nullptr; };
        const auto at = std::find_if(columns_.begin(), columns_.end(), is_time) - columns_.begin();
        const Cell& cell = cells[static_cast<std::size_t>(at)];
        const std::optional<double> seconds = number(cell.text);
        if (!seconds || !(*seconds >= 0 && *seconds <= longest_s)) { // -0 is 0
            fail(cell.column, "'" + std::string{cell.text} + "' is no time in seconds since the start");
            return std::nullopt;
        }
        const Duration time{std::llround(*seconds * 1000)};
        if (!result_.rows.empty() && time < result_.rows.back().at) {
            fail(cell.column, "time " + std::string{cell.text} + " s goes back: rows must be in time order");
            return std::nullopt;
        }
        return time;
    }

    void read_row()
    {
        const std::vector<Cell> cells = cells_of(line_);
        if (cells.size() != columns_.size()) {
            fail(1, "a row of " + std::to_string(cells.size()) + " cells; the header has " +
                        std::to_string(columns_.size()));
            return;
        }
        const std::optional<Duration> time = time_of(cells);
        if (!time) return;
        if (result_.rows.empty() || result_.rows.back().at != *time) result_.rows.push_back({*time, {}, {}});
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (columns_[i].meaning != nullptr && !cells[i].text.empty())
                read_value(columns_[i], cells[i].text, result_.rows.back());
        }
    }

    void read_value(Column& column, std::string_view text, ReplayRow& row)
    {
        const Meaning& meaning = *column.meaning;
        const SourceId source = meaning.origin == Origin::device ? options_.monitor : options_.staff;
        const auto refuse = [&](Refusal reason) {
            row.refused.push_back({options_.bed, source, true, meaning.signal, reason});
            ++column.result.refused;
            ++result_.refused;
        };
        if (column.seen == row.at) return refuse(Refusal::duplicate);
        column.seen = row.at;
        const std::optional<double> raw = number(text);
        if (!raw) return refuse(Refusal::not_a_number);
        const auto checked = Quantity::checked(meaning.signal, *raw, meaning.unit);
        if (const auto* reason = std::get_if<Refusal>(&checked)) return refuse(*reason);
        Observation observation;
        observation.bed = options_.bed;
        observation.source = source;
        observation.signal = meaning.signal;
        observation.origin = meaning.origin;
        observation.value = std::get<Quantity>(checked).value();
        observation.observed = options_.start + row.at;
        row.observations.push_back(observation);
        column.times.push_back(row.at);
        ++result_.observations;
    }

    Recording finish()
    {
        for (Column& column : columns_) {
            ReplayColumn& out = column.result;
            out.values = column.times.size();
            if (column.meaning == nullptr || out.values + out.refused == 0) continue;
            std::vector<std::int64_t> spacings;
            for (std::size_t i = 1; i < column.times.size(); ++i)
                spacings.push_back((column.times[i] - column.times[i - 1]).count());
            out.fresh_for = info(out.signal).fresh_for;
            if (!spacings.empty()) {
                out.median_spacing = median(std::move(spacings));
                out.fresh_for = std::max(out.fresh_for, *out.median_spacing * 5 / 2);
            }
            result_.columns.push_back(std::move(out));
        }
        return std::move(result_);
    }

    std::string_view name_;
    const ReplayOptions& options_;
    std::string_view line_;
    std::uint32_t number_ = 0;
    bool header_failed_ = false;
    std::vector<Column> columns_;
    std::vector<Diagnostic> mistakes_;
    Recording result_;
};

} // namespace

std::variant<Recording, std::vector<Diagnostic>> read_csv(std::string_view name, std::string_view text,
                                                          const ReplayOptions& options)
{
    return CsvReader{name, options}.read(text);
}

} // namespace magwatch::adapters
