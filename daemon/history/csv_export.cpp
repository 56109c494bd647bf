#include "daemon/history/csv_export.hpp"

#include <algorithm>

#include "daemon/history/text.hpp"
#include "daemon/http/times.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch
{
namespace
{

constexpr std::int64_t minute_ms = 60'000;
constexpr std::string_view head =
    "time,bed,record,name,value,unit,least,greatest,count,text,priority,simulation\r\n";

struct Row {
    WallTime at;
    std::string text;
};

class Rows
{
public:
    Rows(const HistoryQuestion& question, std::vector<HistoryEvent> events)
        : question_{question}, events_{std::move(events)}, out_{head}
    {
    }

    void add(const HistoryMinute& minute)
    {
        const std::int64_t start = minute.minute * minute_ms;
        write_before(start);
        for (const HistorySignal& one : minute.signals) signal(one, start);
        write_before(start + minute_ms);
    }
    void strike(const StruckValue& struck)
    {
        const auto known = signal_from(struck.signal);
        const auto& wanted = question_.signals;
        if (!known) return;
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), struck.signal) == wanted.end()) return;
        rows_.push_back({struck.at, value(*known, struck.at, struck.value, "struck")});
    }
    [[nodiscard]] std::string take()
    {
        write_before(Instant::never().ms);
        return std::move(out_);
    }

private:
    void write_before(std::int64_t ms)
    {
        for (; next_ < events_.size() && events_[next_].at.ms < ms; ++next_)
            rows_.push_back({events_[next_].at, event(events_[next_])});
        std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.at < b.at; });
        const auto later = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.at.ms >= ms; });
        for (auto row = rows_.begin(); row != later; ++row) out_ += row->text;
        rows_.erase(rows_.begin(), later);
    }
    void signal(const HistorySignal& one, std::int64_t start)
    {
        const auto known = signal_from(one.signal);
        const auto& wanted = question_.signals;
        if (!known) return;
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), one.signal) == wanted.end()) return;
        const bool all = one.samples.size() >= one.count;
        if (all && (question_.full || one.count <= 2)) {
            for (const HistorySample& sample : one.samples) {
                const WallTime at{start + sample.offset_ms};
                rows_.push_back({at, value(*known, at, sample.value)});
            }
            return;
        }
        rows_.push_back({WallTime{start}, mean(*known, WallTime{start}, one)});
    }
    [[nodiscard]] std::string begin(WallTime at, std::string_view record, std::string_view name) const
    {
        std::string out = http::format_time(at);
        out += ',';
        append_csv(out, question_.bed);
        out += ',';
        out += record;
        out += ',';
        append_csv(out, name);
        out += ',';
        return out;
    }
    void end(std::string& out) const { out += question_.simulation ? ",true\r\n" : ",false\r\n"; }
    [[nodiscard]] std::string value(Signal signal, WallTime at, double value, std::string_view record = "value") const
    {
        std::string out = begin(at, record, name(signal));
        append_number(out, value);
        out += ',';
        out += name(info(signal).unit);
        out += ",,,1,";
        append_csv(out, value_word(signal, value));
        out += ',';
        end(out);
        return out;
    }
    [[nodiscard]] std::string mean(Signal signal, WallTime at, const HistorySignal& one) const
    {
        std::string out = begin(at, "mean", name(signal));
        append_number(out, rounded(one.mean));
        out += ',';
        out += name(info(signal).unit);
        for (const double number : {one.min, one.max}) {
            out += ',';
            append_number(out, number);
        }
        out += ',';
        append_number(out, one.count);
        out += ",,";
        end(out);
        return out;
    }
    [[nodiscard]] std::string event(const HistoryEvent& event) const
    {
        std::string out = begin(event.at, "event", event.kind);
        out += ",,,,,";
        append_csv(out, event.text);
        out += ',';
        append_csv(out, event.priority);
        end(out);
        return out;
    }

    const HistoryQuestion& question_;
    std::vector<HistoryEvent> events_;
    std::size_t next_ = 0;
    std::vector<Row> rows_; // not written yet
    std::string out_;
};

} // namespace

HistoryAnswer export_csv(const HistoryQuestion& question, const Recording& recording)
{
    const WallTime from = *question.from, to = end_of(question);
    const Duration longest = question.full ? longest_full_csv : longest_csv;
    if (to - from > longest)
        return {400, question.full ? "single values of at most 2 hours at a time: name from and to"
                                   : "at most 7 days at a time: name from and to",
                "", "", ""};
    auto events = recording.events(from, to);
    if (const auto* error = std::get_if<JournalError>(&events)) return unreadable(*error);
    Rows rows{question, std::move(std::get<std::vector<HistoryEvent>>(events))};
    if (const auto error = recording.visit(from, to, [&](const HistoryMinute& minute) { rows.add(minute); },
                                           [&](const StruckValue& struck) { rows.strike(struck); }))
        return unreadable(*error);
    std::string name = question.bed + "_" + http::format_time(from).substr(0, 16) + "Z.csv";
    std::erase(name, ':');
    return {200, "", "text/csv; charset=utf-8; header=present", rows.take(), std::move(name)};
}

} // namespace magwatch
