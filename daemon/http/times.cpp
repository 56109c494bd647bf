#include "daemon/http/times.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace magwatch::http
{
namespace
{

// Digits at the front of `text`, exactly `n` of them, taken off it.
std::optional<int> digits(std::string_view& text, std::size_t n)
{
    if (text.size() < n) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(n);
    return value;
}

bool take(std::string_view& text, char c)
{
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// Minutes east of UTC at the end of the text.
std::optional<int> offset(std::string_view text)
{
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return std::nullopt;
    std::string_view hours = text.substr(1, 2), minutes = text.substr(4, 2);
    const auto h = digits(hours, 2), m = digits(minutes, 2);
    if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (*h * 60 + *m);
}

// Milliseconds of ".123456", further digits cut.
std::optional<int> fraction(std::string_view& text)
{
    if (!take(text, '.')) return 0;
    int ms = 0, scale = 100;
    std::size_t n = 0;
    for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n, scale /= 10)
        ms += (text[n] - '0') * scale;
    if (n == 0 || n > 9) return std::nullopt;
    text.remove_prefix(n);
    return ms;
}

} // namespace

std::string format_time(WallTime time)
{
    using namespace std::chrono;
    const sys_time<milliseconds> t{milliseconds{time.ms}};
    const auto day = floor<days>(t);
    const year_month_day date{day};
    const hh_mm_ss clock{t - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text.data();
}

std::optional<WallTime> parse_time(std::string_view text)
{
    using namespace std::chrono;
    if (text.size() > 40) return std::nullopt;
    const auto y = digits(text, 4);
    if (!y || *y < 1970 || !take(text, '-')) return std::nullopt;
    const auto mo = digits(text, 2);
    if (!mo || !take(text, '-')) return std::nullopt;
    const auto d = digits(text, 2);
    if (!d || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto h = digits(text, 2);
    if (!h || *h > 23 || !take(text, ':')) return std::nullopt;
    const auto mi = digits(text, 2);
    if (!mi || *mi > 59) return std::nullopt;
    int s = 0, ms = 0;
    if (take(text, ':')) {
        const auto seconds_read = digits(text, 2);
        if (!seconds_read || *seconds_read > 60) return std::nullopt; // 60: a leap second
        const auto fraction_read = fraction(text);
        if (!fraction_read) return std::nullopt;
        s = *seconds_read;
        ms = *fraction_read;
    }
    const auto east = offset(text);
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                              day{static_cast<unsigned>(*d)}};
    if (!east || !date.ok()) return std::nullopt;
    const auto at =
        sys_days{date} + hours{*h} + minutes{*mi - *east} + seconds{s} + milliseconds{ms};
    return WallTime{at.time_since_epoch().count()};
}

} // namespace magwatch::http
