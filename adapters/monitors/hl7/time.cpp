#include "adapters/monitors/hl7/time.hpp"

#include <chrono>
#include <cstdio>

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int number(std::string_view digits)
{
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

// "+0100", "-05:00", "Z"; nullopt if the text is something else.
std::optional<minutes> offset_from(std::string_view text)
{
    if (text == "Z") return minutes{0};
    if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const bool west = text[0] == '-';
    text.remove_prefix(1);
    for (const char c : text.substr(0, 2)) {
        if (!is_digit(c)) return std::nullopt;
    }
    const int h = number(text.substr(0, 2));
    text.remove_prefix(2);
    if (text.starts_with(':')) text.remove_prefix(1);
    if (text.size() != 2 || !is_digit(text[0]) || !is_digit(text[1])) return std::nullopt;
    const int m = number(text);
    if (h > 14 || m > 59) return std::nullopt;
    const minutes offset{h * 60 + m};
    return west ? -offset : offset;
}

// ".5", ".0000": to milliseconds. Takes it off the text.
std::optional<int> take_fraction(std::string_view& text)
{
    text.remove_prefix(1);
    int ms = 0;
    int weight = 100;
    std::size_t n = 0;
    for (; n < text.size() && is_digit(text[n]); ++n) {
        ms += (text[n] - '0') * weight;
        weight /= 10;
    }
    if (n == 0 || n > 9) return std::nullopt;
    text.remove_prefix(n);
    return ms;
}

struct Civil {
    sys_time<milliseconds> time;
    std::tm broken{};
    int ms = 0;
};

Civil civil(WallTime t)
{
    Civil c{sys_time<milliseconds>{milliseconds{t.ms}}, {}, 0};
    const auto day = floor<days>(c.time);
    const year_month_day date{day};
    const hh_mm_ss clock{c.time - day};
    c.broken.tm_year = static_cast<int>(date.year());
    c.broken.tm_mon = static_cast<int>(static_cast<unsigned>(date.month()));
    c.broken.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    c.broken.tm_hour = static_cast<int>(clock.hours().count());
    c.broken.tm_min = static_cast<int>(clock.minutes().count());
    c.broken.tm_sec = static_cast<int>(clock.seconds().count());
    c.ms = static_cast<int>(clock.subseconds().count());
    return c;
}

} // namespace

std::optional<Stamp> time_from(std::string_view text, const Zone& zone)
{
    text = text.substr(0, text.find('^'));
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\n')) {
        text.remove_suffix(1);
    }
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    // 17 digits: milliseconds with no dot.
    if (n != 8 && n != 10 && n != 12 && n != 14 && n != 17) return std::nullopt;
    const auto two = [&](std::size_t at, int otherwise) {
        return n >= at + 2 ? number(text.substr(at, 2)) : otherwise;
    };
    const int y = number(text.substr(0, 4));
    const year_month_day date{year{y}, month{static_cast<unsigned>(two(4, 1))},
                              day{static_cast<unsigned>(two(6, 1))}};
    const int h = two(8, 0);
    const int m = two(10, 0);
    const int s = two(12, 0);
    // 60: a leap second, or a device that rounds up.
    if (y < 1900 || y > 2200 || !date.ok() || h > 23 || m > 59 || s > 60) return std::nullopt;
    int ms = n == 17 ? number(text.substr(14, 3)) : 0;
    text.remove_prefix(n);
    if (text.starts_with('.')) {
        if (n != 14) return std::nullopt;
        const auto fraction = take_fraction(text);
        if (!fraction) return std::nullopt;
        ms = *fraction;
    }
    const milliseconds of_day{((h * 60 + m) * 60 + s) * 1'000 + ms};
    const milliseconds since = sys_days{date}.time_since_epoch() + of_day;
    Stamp stamp;
    stamp.to_the_minute = n >= 12;
    stamp.time = {since.count()};
    if (text.empty()) {
        stamp.time = zone.to_utc(stamp.time);
        return stamp;
    }
    const auto offset = offset_from(text);
    if (!offset) return std::nullopt;
    stamp.has_offset = true;
    stamp.time = stamp.time - duration_cast<Duration>(*offset);
    return stamp;
}

std::string iso_time(WallTime time)
{
    const Civil c = civil(time);
    char text[64];
    int size = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", c.broken.tm_year,
                             c.broken.tm_mon, c.broken.tm_mday, c.broken.tm_hour, c.broken.tm_min,
                             c.broken.tm_sec);
    if (c.ms != 0) {
        size +=
            std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), ".%03d", c.ms);
    }
    return std::string(text, static_cast<std::size_t>(size)) + "Z";
}

std::string hl7_time(WallTime time)
{
    const Civil c = civil(time);
    char text[64];
    std::snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d.%03d+0000", c.broken.tm_year,
                  c.broken.tm_mon, c.broken.tm_mday, c.broken.tm_hour, c.broken.tm_min,
                  c.broken.tm_sec, c.ms);
    return text;
}

} // namespace magwatch::adapters::hl7
