#include "daemon/commissioning/readings.hpp"

#include <utility>

namespace magwatch
{
namespace
{

// Sources, beds and signals of a configuration are few; whoever invents more gets no room.
constexpr std::size_t most = 16384;

} // namespace

void Readings::put(const Key& key, Reading reading)
{
    const std::lock_guard lock{mutex_};
    const auto found = readings_.find(key);
    if (found != readings_.end()) found->second = std::move(reading);
    else if (readings_.size() < most) readings_.emplace(key, std::move(reading));
}

void Readings::take(const Observation& o, bool unverified, Duration at)
{
    Reading reading{o.source, o.bed, o.signal, std::nullopt, "", at, unverified};
    if (o.validity == Validity::valid) reading.value = o.value;
    else if (o.validity == Validity::questionable) reading.why = "questionable";
    else reading.why = o.validity == Validity::invalid ? "invalid" : "no value";
    put({o.source, o.bed, o.signal}, std::move(reading));
}

void Readings::take(const RefusedValue& refused, bool unverified, Duration at)
{
    if (!refused.has_signal) return;
    switch (refused.reason) {
    case Refusal::too_late:
    case Refusal::duplicate:
    case Refusal::test_data:
    case Refusal::setting:
    case Refusal::unknown_code:
        return; // says nothing of what the screen shows now
    default:
        break;
    }
    put({refused.source, refused.bed, refused.signal},
        {refused.source, refused.bed, refused.signal, std::nullopt, std::string{name(refused.reason)}, at, unverified});
}

std::vector<Reading> Readings::all() const
{
    const std::lock_guard lock{mutex_};
    std::vector<Reading> out;
    out.reserve(readings_.size());
    for (const auto& [key, reading] : readings_) out.push_back(reading);
    return out;
}

void Readings::clear()
{
    const std::lock_guard lock{mutex_};
    readings_.clear();
}

} // namespace magwatch
