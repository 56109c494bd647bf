#include "adapters/pagers/mail_message.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "adapters/pagers/standard_webhooks.hpp"

namespace magwatch::adapters {
namespace {

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_dot_atom(std::string_view text, std::string_view also)
{
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(), [also](char c) {
        return is_letter_or_digit(c) || c == '.' || also.find(c) != std::string_view::npos;
    });
}

// One line of body text: any line break inside would start a line of its own.
std::string one_line(std::string_view text)
{
    std::string line{text};
    std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return line;
}

// RFC 2045 6.7, lines of at most 76 characters.
std::string quoted_printable(std::string_view line)
{
    std::string out;
    std::size_t width = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        const bool last_blank = byte == ' ' && i + 1 == line.size();
        const bool plain = byte >= 0x20 && byte < 0x7F && byte != '=' && !last_blank;
        const std::string one = plain ? std::string(1, line[i]) : fmt::format("={:02X}", byte);
        if (width + one.size() > 75) {
            out += "=\r\n";
            width = 0;
        }
        out += one;
        width += one.size();
    }
    return out;
}

std::string_view importance(const Page& page)
{
    return page.priority == Priority::high ? "high" : "normal";
}

std::string_view subject_word(const Page& page)
{
    if (page.kind == AlarmKind::technical) return "TECHNICAL";
    switch (page.priority) {
    case Priority::low: return "LOW";
    case Priority::medium: return "MEDIUM";
    case Priority::high: return "HIGH";
    }
    return "HIGH";
}

} // namespace

bool is_mailbox(std::string_view text)
{
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > 254 || at > 64) return false;
    // RFC 5321 dot-atoms; quoted local parts are legal and never worth their risk.
    return is_dot_atom(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~") && is_dot_atom(text.substr(at + 1), "-");
}

bool is_host_name(std::string_view text)
{
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.' || c == ':';
    });
}

std::string mail_date(WallTime time)
{
    using namespace std::chrono;
    constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_time<milliseconds> point{milliseconds{time.ms}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<seconds>(point - day)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", names[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::string mail_message(const Page& page, std::string_view text, const AnswerLinks& links, std::string_view from,
                         std::string_view to, WallTime now)
{
    std::vector<std::string> lines{one_line(text), ""};
    const auto answer = [&lines](std::string_view words, const std::string& link) {
        if (!link.empty()) lines.push_back(fmt::format("{}: {}", words, one_line(link)));
    };
    answer("I am coming", links.coming);
    answer("I cannot come", links.cannot);
    answer("I am at the bed", links.here);
    const bool ascii = std::all_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.size() < 900 && std::all_of(line.begin(), line.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x7F;
        });
    });

    const std::string_view domain = from.substr(from.rfind('@') + 1);
    std::string mail;
    mail += fmt::format("Date: {}\r\n", mail_date(now));
    mail += fmt::format("From: magwatch <{}>\r\n", from);
    mail += fmt::format("To: <{}>\r\n", to);
    mail += fmt::format("Message-ID: <{}@{}>\r\n", wire_id(page.key.text()), domain);
    mail += fmt::format("Subject: {}MAG {} #{}\r\n", page.simulation ? "SIMULATION " : "", subject_word(page),
                        page.number);
    mail += "Auto-Submitted: auto-generated\r\n";
    mail += "X-Auto-Response-Suppress: All\r\n";
    mail += fmt::format("Importance: {}\r\n", importance(page));
    mail += "MIME-Version: 1.0\r\n";
    mail += "Content-Type: text/plain; charset=utf-8\r\n";
    mail += fmt::format("Content-Transfer-Encoding: {}\r\n\r\n", ascii ? "7bit" : "quoted-printable");
    for (const std::string& line : lines) mail += (ascii ? line : quoted_printable(line)) + "\r\n";
    return mail;
}

} // namespace magwatch::adapters
