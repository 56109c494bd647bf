#include "adapters/pagers/pcd_book.hpp"

#include <algorithm>

namespace magwatch::adapters {
namespace {

constexpr Duration give_up{3'600'000};
constexpr std::size_t pages_max = 256;   // of one alarm, whose attempts may still come
constexpr std::size_t first_ids_max = 16; // sendings of one start

// A follow-up tells how the call goes on, in the terms of an alarm that stands: it asks nobody to come, and is no less
// urgent by it. Its text comes before what was found, which stays.
PcdReport told_beside(const PcdReport& findings, const Page& page, const std::string& text)
{
    PcdReport report{page, text + " / " + findings.text, PcdPhase::update, 0, page.at};
    report.page.key = findings.page.key; // statuses belong to it
    report.page.priority = findings.page.priority;
    report.page.kind = findings.page.kind;
    report.page.grade = findings.page.grade;
    report.page.words = findings.page.words;
    return report;
}

// More urgent than what was told before?
bool is_worse(const Page& page, const Page& before)
{
    if (page.priority != before.priority) return page.priority > before.priority;
    return page.grade > before.grade;
}

} // namespace

PcdReport PcdBook::report(const std::string& manager, const Page& page, const std::string& text)
{
    PcdReport report{page, text, PcdPhase::start, 1, page.at};
    if (page.reason == PageReason::test) return report; // nobody ends a test: it stands in no book
    Alarm& alarm = alarms_[{manager, page.key.call}];
    if (const auto known = alarm.of_page.find(page.key); known != alarm.of_page.end()) return known->second;
    const bool beside = alarm.last > 0 && is_follow_up(page.reason);
    if (beside) report = told_beside(alarm.findings, page, text);
    report.number = ++alarm.last;
    const bool worse = is_worse(report.page, alarm.newest.page);
    if (report.number > 1) report.phase = worse ? PcdPhase::escalate : PcdPhase::update;
    alarm.newest = report;
    if (alarm.of_page.size() >= pages_max) alarm.of_page.erase(alarm.of_page.begin());
    alarm.of_page.insert_or_assign(page.key, report);
    if (beside) return report;
    alarm.findings = report;
    alarm.of_person.insert_or_assign(page.key.person, page.key);
    return report;
}

PcdEnvelope PcdBook::envelope(WallTime now)
{
    ++sequence_;
    return {start_ + "-" + std::to_string(sequence_), sequence_, now};
}

void PcdBook::sent(const std::string& manager, const PcdReport& report, const PcdEnvelope& envelope)
{
    const auto at = alarms_.find({manager, report.page.key.call});
    if (at == alarms_.end() || report.phase != PcdPhase::start) return;
    std::vector<std::string>& ids = at->second.first_ids;
    if (ids.size() >= first_ids_max) return;
    ids.push_back(envelope.control_id);
    by_id_.emplace(envelope.control_id, at->first);
}

void PcdBook::end(CallId call, const Moment& now)
{
    for (auto& [key, alarm] : alarms_) {
        if (key.second != call || alarm.over_since) continue;
        alarm.over_since = now.steady;
        alarm.newest.phase = PcdPhase::end;
        alarm.newest.number = ++alarm.last;
        alarm.newest.at = now.wall;
    }
}

bool PcdBook::stands(const std::string& manager, CallId call) const
{
    const auto at = alarms_.find({manager, call});
    return at != alarms_.end() && !at->second.over_since;
}

std::vector<PcdReport> PcdBook::ends(const std::string& manager, const Moment& now)
{
    std::vector<PcdReport> found;
    std::vector<CallId> old;
    for (const auto& [key, alarm] : alarms_) {
        if (key.first != manager || !alarm.over_since) continue;
        if (now.steady - *alarm.over_since > give_up) old.push_back(key.second);
        else found.push_back(alarm.newest);
    }
    for (const CallId call : old) end_taken(manager, call);
    return found;
}

void PcdBook::end_taken(const std::string& manager, CallId call)
{
    const auto at = alarms_.find({manager, call});
    if (at == alarms_.end() || !at->second.over_since) return;
    for (const std::string& id : at->second.first_ids) by_id_.erase(id);
    alarms_.erase(at);
}

std::vector<PcdReport> PcdBook::standing(const std::string& manager) const
{
    std::vector<PcdReport> found;
    for (const auto& [key, alarm] : alarms_)
        if (key.first == manager && !alarm.over_since && alarm.last > 0) found.push_back(alarm.newest);
    return found;
}

std::optional<PageKey> PcdBook::page_of(std::string_view control_id, std::string_view person) const
{
    const auto id = by_id_.find(control_id);
    if (id == by_id_.end()) return std::nullopt;
    const auto alarm = alarms_.find(id->second);
    if (alarm == alarms_.end()) return std::nullopt;
    const auto named = alarm->second.of_person.find(std::string{person});
    return named != alarm->second.of_person.end() ? named->second : alarm->second.newest.page.key;
}

} // namespace magwatch::adapters
