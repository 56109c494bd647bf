#include "adapters/monitors/hl7/zone.hpp"

#include <cctype>

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Takes up to `most` digits off the text.
std::optional<int> take_number(std::string_view& text, int most)
{
    int value = 0;
    int digits = 0;
    while (digits < most && !text.empty() && is_digit(text.front())) {
        value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
        ++digits;
    }
    if (digits == 0) return std::nullopt;
    return value;
}

bool take(std::string_view& text, char c)
{
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

// h, hh, hh:mm, hhmm or hh:mm:ss, with an optional sign.
std::optional<seconds> take_clock(std::string_view& text)
{
    int sign = 1;
    if (take(text, '-')) {
        sign = -1;
    } else {
        take(text, '+');
    }
    const auto h = take_number(text, 2);
    if (!h || *h > 24) return std::nullopt;
    seconds total = hours{*h};
    const bool colon = take(text, ':');
    if (colon || (!text.empty() && is_digit(text.front()))) {
        const auto m = take_number(text, 2);
        if (!m || *m > 59) return std::nullopt;
        total += minutes{*m};
    }
    if (take(text, ':')) {
        const auto s = take_number(text, 2);
        if (!s || *s > 59) return std::nullopt;
        total += seconds{*s};
    }
    return sign * total;
}

// A zone's abbreviation: letters, or anything in <...>.
bool take_abbreviation(std::string_view& text)
{
    std::size_t size = 0;
    if (text.starts_with('<')) {
        size = text.find('>');
        if (size == std::string_view::npos) return false;
        ++size;
    } else {
        while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size])) != 0)
            ++size;
    }
    if (size < 3) return false;
    text.remove_prefix(size);
    return true;
}

} // namespace

Zone Zone::fixed(minutes east_of_utc)
{
    Zone zone;
    zone.standard_ = east_of_utc;
    return zone;
}

std::optional<Zone::Change> Zone::change_from(std::string_view text)
{
    Change change;
    change.at = hours{2};
    if (!take(text, 'M')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || *month < 1 || *month > 12 || !take(text, '.')) return std::nullopt;
    const auto week = take_number(text, 1);
    if (!week || *week < 1 || *week > 5 || !take(text, '.')) return std::nullopt;
    const auto day = take_number(text, 1);
    if (!day || *day > 6) return std::nullopt;
    if (take(text, '/')) {
        const auto at = take_clock(text);
        if (!at) return std::nullopt;
        change.at = *at;
    }
    if (!text.empty()) return std::nullopt;
    change.month = static_cast<unsigned>(*month);
    change.week = static_cast<unsigned>(*week);
    change.day = static_cast<unsigned>(*day);
    return change;
}

std::optional<Zone> Zone::from(std::string_view text)
{
    if (text == "Z" || text == "UTC" || text == "UTC0") return Zone{};
    if (text.starts_with('+') || text.starts_with('-')) {
        const auto offset = take_clock(text);
        if (!offset || !text.empty() || *offset > hours{14} || *offset < -hours{14})
            return std::nullopt;
        return fixed(duration_cast<minutes>(*offset));
    }
    Zone zone;
    if (!take_abbreviation(text)) return std::nullopt;
    const auto west = take_clock(text); // POSIX counts west of Greenwich
    if (!west) return std::nullopt;
    zone.standard_ = -*west;
    if (text.empty()) return zone;
    if (!take_abbreviation(text)) return std::nullopt;
    zone.summer_ = zone.standard_ + hours{1};
    if (!text.starts_with(',')) {
        const auto summer = take_clock(text);
        if (!summer) return std::nullopt;
        zone.summer_ = -*summer;
    }
    if (!take(text, ',')) return std::nullopt;
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto begins = change_from(text.substr(0, comma));
    const auto ends = change_from(text.substr(comma + 1));
    if (!begins || !ends) return std::nullopt;
    zone.has_summer_ = true;
    zone.summer_begins_ = *begins;
    zone.summer_ends_ = *ends;
    return zone;
}

WallTime Zone::instant_of(const Change& change, year y)
{
    const month m{change.month};
    const weekday day{change.day};
    const sys_days date =
        change.week == 5 ? sys_days{y / m / day[last]} : sys_days{y / m / day[change.week]};
    return {duration_cast<milliseconds>(date.time_since_epoch() + change.at).count()};
}

WallTime Zone::to_utc(WallTime local) const
{
    const WallTime by_standard = local - duration_cast<Duration>(standard_);
    if (!has_summer_) return by_standard;
    const auto date = floor<days>(sys_time<milliseconds>{milliseconds{local.ms}});
    const year y = year_month_day{date}.year();
    // Both changes as instants; each is given in the local time in force before it.
    const WallTime begins = instant_of(summer_begins_, y) - duration_cast<Duration>(standard_);
    const WallTime ends = instant_of(summer_ends_, y) - duration_cast<Duration>(summer_);
    const auto is_summer = [&](WallTime t) {
        return begins < ends ? begins <= t && t < ends : !(ends <= t && t < begins);
    };
    if (!is_summer(by_standard)) return by_standard;
    return local - duration_cast<Duration>(summer_);
}

} // namespace magwatch::adapters::hl7
