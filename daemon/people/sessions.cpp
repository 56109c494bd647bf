#include "daemon/people/sessions.hpp"

#include <algorithm>

#include "daemon/people/pin.hpp"

namespace magwatch
{
namespace
{

constexpr std::size_t most_sessions = 256;
constexpr std::size_t most_keys = 1024; // of attempts: names and addresses that somebody made up

// Two slips are free; then 1 s, 2 s, 4 s, to a minute. An hour without one forgets them.
constexpr unsigned free_slips = 2;
constexpr Duration longest_wait{60'000};
constexpr Duration forgotten_after{3'600'000};

Duration delay_after(unsigned wrong)
{
    if (wrong <= free_slips) return Duration{0};
    const unsigned doubled = std::min(wrong - free_slips - 1, 6U);
    return std::min(Duration{1000} * (1U << doubled), longest_wait);
}

} // namespace

std::string Sessions::open(const std::string& person, const std::string& station, Duration now)
{
    std::erase_if(sessions_, [&](const auto& one) { return one.second.until <= now; });
    if (sessions_.size() >= most_sessions)
        sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
            return a.second.until < b.second.until;
        }));
    std::string token = fresh_token();
    if (!token.empty()) sessions_[token] = {person, station, now + unlocked_for};
    return token;
}

std::optional<Sessions::Session> Sessions::find(std::string_view token, std::string_view station, Duration now) const
{
    const auto found = sessions_.find(token);
    if (found == sessions_.end() || found->second.until <= now || found->second.station != station) return std::nullopt;
    return found->second;
}

void Sessions::close(std::string_view token)
{
    const auto found = sessions_.find(token);
    if (found != sessions_.end()) sessions_.erase(found);
}

void Sessions::close_of(std::string_view person)
{
    std::erase_if(sessions_, [&](const auto& one) { return one.second.person == person; });
}

Duration Attempts::wait(const std::string& key, Duration now) const
{
    const auto found = keys_.find(key);
    if (found == keys_.end() || found->second.until <= now) return Duration{0};
    return found->second.until - now;
}

void Attempts::begin(const std::string& key, Duration now)
{
    std::erase_if(keys_, [&](const auto& one) { return now - one.second.last >= forgotten_after; });
    if (keys_.size() >= most_keys && !keys_.contains(key))
        keys_.erase(std::min_element(keys_.begin(), keys_.end(),
                                     [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    Key& one = keys_[key];
    ++one.wrong;
    one.last = now;
    one.until = now + delay_after(one.wrong);
}

void Attempts::unknown(const std::string& key)
{
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    Key& one = found->second;
    if (--one.wrong == 0) keys_.erase(found);
    else one.until = one.last + delay_after(one.wrong);
}

} // namespace magwatch
