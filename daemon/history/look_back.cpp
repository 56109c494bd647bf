#include "daemon/history/look_back.hpp"

#include "daemon/history/csv_export.hpp"
#include "daemon/history/fhir_export.hpp"
#include "daemon/history/text.hpp"
#include "daemon/history/trend.hpp"

namespace magwatch
{
namespace
{

// Of an export that names no time: the newest stay that began before its end.
std::optional<HistoryAnswer> name_stay(HistoryQuestion& question, const Recording& recording)
{
    if (question.from) return std::nullopt;
    const WallTime end = end_of(question);
    const auto events = recording.events(end - longest_trend, end);
    if (const auto* error = std::get_if<JournalError>(&events)) return unreadable(*error);
    const auto stays = stays_of(std::get<std::vector<HistoryEvent>>(events), question.watched_since);
    for (auto stay = stays.rbegin(); stay != stays.rend(); ++stay) {
        if (stay->from >= end) continue;
        question.from = stay->from;
        if (!question.to && stay->to) question.to = stay->to;
        return std::nullopt;
    }
    return HistoryAnswer{404, "no watch of this bed is known: name the time with from and to", "", "", ""};
}

} // namespace

HistoryAnswer look_back(const HistoryQuestion& asked, HistoryFile* file, const std::vector<HistoryMinute>& running)
{
    if (file == nullptr)
        return {503, "the history could not be opened: there are no trends. Alarms and pages go on", "", "", ""};
    const Recording recording{*file, running, asked.bed};
    if (asked.form == HistoryQuestion::Form::trend) return answer_trend(asked, recording);
    HistoryQuestion question = asked;
    if (auto unknown = name_stay(question, recording)) return std::move(*unknown);
    if (question.form == HistoryQuestion::Form::fhir) return export_fhir(question, recording);
    return export_csv(question, recording);
}

} // namespace magwatch
