#include "adapters/pagers/snpp_dialogue.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace magwatch::adapters {
namespace {

// Three digits, then a blank, a hyphen (more lines follow) or nothing; 0 for anything else.
int code_of(std::string_view line)
{
    int code = 0;
    if (line.size() < 3) return 0;
    const auto read = std::from_chars(line.data(), line.data() + 3, code);
    if (read.ec != std::errc{} || read.ptr != line.data() + 3 || code < 100) return 0;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
    return code;
}

bool goes_on(std::string_view line) { return line.size() > 3 && line[3] == '-'; }

// 2xx done, 8xx delivered, 9xx queued.
bool good(int code) { return code / 100 == 2 || code / 100 == 8 || code / 100 == 9; }

const char* name(int step)
{
    constexpr const char* names[] = {"the connection", "LOGI", "ALER", "LEVE", "PAGE", "MESS", "SEND"};
    return names[step];
}

// A text without line ends cannot become a second command.
std::string one_line(std::string_view text)
{
    std::string out{text};
    std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
                    ' ');
    return out;
}

} // namespace

bool is_snpp_word(std::string_view text)
{
    return !text.empty() && text.size() <= 64 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

SnppDialogue::SnppDialogue(SnppPage page) : page_{std::move(page)} {}

SnppDialogue::Move SnppDialogue::line(std::string_view text)
{
    if (verdict_) return {"", true};
    const int code = code_of(text);
    if (code == 0) return end(Verdict::retry, 0);
    if (goes_on(text)) return {};
    // It hangs up: what was said before SEND is forgotten, SEND itself may have been heard.
    if (code == 421) return end(step_ == Step::send ? Verdict::unanswered : Verdict::retry, code);
    const bool optional = step_ == Step::alert || step_ == Step::level; // a gateway of level 1 knows neither
    const bool taken = step_ == Step::greeting ? code == 220 : good(code) || optional;
    if (!taken) return end(code / 100 == 4 ? Verdict::retry : Verdict::refused, code);
    if (step_ == Step::send) return end(Verdict::accepted, code);
    step_ = after(step_);
    return {command(step_), false};
}

SnppDialogue::Step SnppDialogue::after(Step step) const
{
    if (step == Step::greeting && !page_.user.empty()) return Step::login;
    if (step <= Step::login) return page_.urgent ? Step::alert : Step::pager;
    return static_cast<Step>(static_cast<int>(step) + 1);
}

std::string SnppDialogue::command(Step step) const
{
    switch (step) {
    case Step::greeting: return "";
    case Step::login: return "LOGI " + page_.user + (page_.password.empty() ? "" : " " + page_.password) + "\r\n";
    case Step::alert: return "ALER 1\r\n";
    case Step::level: return "LEVE 0\r\n"; // priority, the most urgent of RFC 1861
    case Step::pager: return "PAGE " + page_.pager + "\r\n";
    case Step::message: return "MESS " + one_line(page_.text) + "\r\n";
    case Step::send: return "SEND\r\n";
    }
    return "";
}

SnppDialogue::Move SnppDialogue::end(Verdict verdict, int code)
{
    verdict_ = verdict;
    code_ = code;
    const bool listens = code != 0 && code != 421;
    return {listens ? "QUIT\r\n" : "", true};
}

Verdict SnppDialogue::verdict() const
{
    if (verdict_) return *verdict_;
    return step_ == Step::send ? Verdict::unanswered : Verdict::retry;
}

std::string SnppDialogue::detail() const
{
    const std::string to = name(static_cast<int>(step_));
    if (!verdict_) return "no reply to " + to;
    return code_ == 0 ? "no SNPP in reply to " + to : "SNPP " + std::to_string(code_) + " to " + to;
}

} // namespace magwatch::adapters
