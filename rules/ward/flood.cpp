// One cause, one page: when many beds cannot be judged at once, the ward is told once.
//
// Technical calls alone; a page about a patient is never gathered with anything (reliability P7, goal G11).
#include <algorithm>
#include <set>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

// Calls that began within this of one another have one cause.
constexpr Duration flood_window = 60s;
// So many beds at once: two may fail on their own (design value).
constexpr std::size_t flood_beds = 3;

} // namespace

Call* Ward::State::flood_call()
{
    const auto found = std::find_if(calls.begin(), calls.end(), [](const auto& item) {
        const Call& call = item.second;
        return call.merged > 0 && call.state == CallState::calling;
    });
    return found == calls.end() ? nullptr : &found->second;
}

void Ward::State::join_flood(Call& flood, BedId bed)
{
    call_slot(bed, AlarmKind::technical) = flood.id;
    ++flood.merged;
}

// Before the first page of a technical call: those of other beds that wait like it become one with it.
void Ward::State::merge_flood(const Moment& now, Call& first)
{
    if (first.kind != AlarmKind::technical || first.bed == no_bed) return;
    std::vector<CallId> others;
    for (const auto& [id, call] : calls) {
        const Duration apart = call.since > first.since ? call.since - first.since : first.since - call.since;
        const bool of_a_bed = id != first.id && call.kind == AlarmKind::technical && call.bed != no_bed;
        if (of_a_bed && call.state == CallState::waiting && apart <= flood_window) others.push_back(id);
    }
    if (others.size() + 1 < flood_beds) return;
    first.merged = static_cast<std::uint32_t>(others.size()) + 1;
    first.bed = no_bed;
    for (const CallId id : others) {
        const Call& other = calls.at(id);
        call_slot(other.bed, AlarmKind::technical) = first.id;
        first.priority = std::max(first.priority, other.priority);
        first.grade = std::max(first.grade, other.grade);
        for (auto& [key, episode] : episodes)
            if (episode.call == id) episode.call = first.id;
        calls.erase(id);
        effects->push_back(CancelPages{now, id});
    }
    publish(no_bed);
}

// "12 beds: No data from the monitor".
void Ward::State::tell_beds(const Call& call, std::vector<std::string>& words) const
{
    std::set<std::uint16_t> places;
    for (const auto& [id, episode] : episodes)
        if (episode.call == call.id) places.insert(episode.bed.value);
    if (places.size() < 2) return;
    words.front() = std::to_string(places.size()) + " beds: " + words.front() + ". Check the patients";
}

} // namespace magwatch
