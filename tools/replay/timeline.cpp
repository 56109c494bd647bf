#include "tools/replay/timeline.hpp"

#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace magwatch {
namespace {

using Json = nlohmann::ordered_json;

} // namespace

void Timeline::add(const Ward& ward, const EffectBuffer& effects)
{
    for (const auto& effect : effects) {
        if (const auto* transition = std::get_if<AlarmTransition>(&effect)) add(ward, *transition);
        if (const auto* page = std::get_if<SendPage>(&effect)) add(*page);
    }
}

void Timeline::add(const Ward& ward, const AlarmTransition& t)
{
    if (t.event == AlarmEvent::raised) count(t);
    if (t.event == AlarmEvent::raised && t.call.counter != 0) lead_[t.call] = t.rule;
    const BedConfiguration* bed = ward.bed_configuration(t.bed);
    const std::string alias = bed != nullptr ? bed->alias : "";
    if (!json_) {
        out_ << fmt::format("{:>10.1f} s  {:<8} {:<13} {:<7} {:<24} {}\n", seconds(t.at.steady), alias,
                            name(t.event), name(t.priority), t.rule, t.message);
        return;
    }
    Json line;
    line["time_s"] = seconds(t.at.steady);
    line["bed"] = alias;
    line["rule"] = t.rule;
    line["kind"] = name(t.kind);
    line["priority"] = name(t.priority);
    line["event"] = name(t.event);
    line["grade"] = t.grade;
    line["message"] = t.message;
    line["episode"] = t.episode.text();
    if (t.call.counter != 0) {
        line["call"] = t.call.text();
        line["number"] = t.number;
    }
    if (!t.person.empty()) line["person"] = t.person;
    out_ << line.dump() << '\n';
}

void Timeline::count(const AlarmTransition& t)
{
    ++raised_;
    if (tally_ == nullptr) return;
    const bool high = t.priority == Priority::high && t.kind == AlarmKind::physiological;
    ++(high ? tally_->raised_high : tally_->raised_other)[t.rule];
}

void Timeline::add(const SendPage& sent)
{
    ++pages_;
    const Page& page = sent.page;
    ++sent_[page.key.text()];
    const auto lead = lead_.find(page.key.call);
    const std::string rule = lead == lead_.end() ? "" : lead->second;
    if (!json_) {
        out_ << fmt::format("{:>10.1f} s  {:<8} {:<13} {:<7} {:<24} to {} ({}): {}\n", seconds(sent.at.steady),
                            page.bed_alias, "page", name(page.priority), rule, page.key.person, name(page.reason),
                            fmt::join(page.words, ", "));
        return;
    }
    Json line;
    line["time_s"] = seconds(sent.at.steady);
    line["bed"] = page.bed_alias;
    line["rule"] = rule;
    line["kind"] = name(page.kind);
    line["priority"] = name(page.priority);
    line["event"] = "page";
    line["grade"] = page.grade;
    line["call"] = page.key.call.text();
    line["number"] = page.number;
    line["person"] = page.key.person;
    line["reason"] = name(page.reason);
    line["words"] = page.words;
    out_ << line.dump() << '\n';
}

std::size_t Timeline::recorded_pages() const
{
    std::size_t sum = 0;
    for (const auto& [key, count] : recorded_) sum += count;
    return sum;
}

void Timeline::finish(const Ward& ward, const Moment& now)
{
    const WardView view = ward.view(now);
    if (tally_ != nullptr) tally_->seconds += seconds(now.steady);
    if (!json_) {
        out_ << fmt::format("{} observations, {} refused, {} alarms raised, {} pages\n", view.observations,
                            view.refused, raised_, pages_);
        if (comparing_) {
            out_ << fmt::format("the journal recorded {} pages: {}\n", recorded_pages(),
                                same_pages() ? "the same" : "NOT the same");
        }
        return;
    }
    Json line;
    line["summary"] = true;
    line["observations"] = view.observations;
    line["refused"] = view.refused;
    line["raised"] = raised_;
    line["pages"] = pages_;
    if (comparing_) {
        line["recorded_pages"] = recorded_pages();
        line["same_pages"] = same_pages();
    }
    out_ << line.dump() << '\n';
}

} // namespace magwatch
