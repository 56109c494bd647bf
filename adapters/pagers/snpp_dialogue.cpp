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
    constexpr const char* names[] = {"the connection", "LOGI", "SITE", "2WAY", "ALER", "LEVE", "PAGE", "ACKR",
                                     "RTYP",           "MCRE", "MCRE", "MCRE", "MESS", "SEND", "RESE"};
    return names[step];
}

std::string login_command(const std::string& user, const std::string& password)
{
    return "LOGI " + user + (password.empty() ? "" : " " + password) + "\r\n";
}

// The next word of a line; "" at its end.
std::string_view word(std::string_view& line)
{
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view found = line.substr(0, line.find(' '));
    line.remove_prefix(found.size());
    return found;
}

// "860 TAG PASS Delivered, Awaiting Read Ack"
std::optional<SnppTag> tag_of(std::string_view line)
{
    line.remove_prefix(3);
    SnppTag tag;
    tag.tag = word(line);
    tag.pass = word(line);
    return is_snpp_word(tag.tag) && is_snpp_word(tag.pass) ? std::optional{tag} : std::nullopt;
}

// "888 SEQUENCE DATE 1 MCR Reply Received": the choice is the first word after the date, "1" or "01".
std::optional<AnswerKind> choice_of(std::string_view line)
{
    line.remove_prefix(3);
    (void)word(line);
    (void)word(line);
    const std::string_view choice = word(line);
    if (choice == "1" || choice == "01") return AnswerKind::coming;
    if (choice == "2" || choice == "02") return AnswerKind::cannot;
    if (choice == "3" || choice == "03") return AnswerKind::here;
    return std::nullopt;
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
    // What was said before SEND is forgotten when it ends; SEND itself may have been heard.
    const Verdict broken = step_ == Step::send ? Verdict::unanswered : Verdict::retry;
    if (code == 0) return end(broken, 0);
    if (goes_on(text)) return {};
    if (code == 421) return end(broken, code);
    if (step_ == Step::pager && two_way_ && code / 100 == 5) {
        // The gateway can do it and perhaps this pager cannot: one-way then.
        step_ = Step::reset;
        two_way_ = choices_ = false;
        return {command(step_), false};
    }
    const bool taken = step_ == Step::greeting ? code == 220 : good(code);
    if (!taken && !optional(step_)) return end(code / 100 == 4 ? Verdict::retry : Verdict::refused, code);
    if (step_ == Step::send) {
        if (two_way_ && code >= 800) tag_ = tag_of(text);
        return end(Verdict::accepted, code);
    }
    // HylaFAX's hfaxd else answers SEND when a modem has delivered the page, or given up after minutes.
    if (step_ == Step::greeting) waits_ = text.find("HylaFAX") != std::string_view::npos;
    if (step_ == Step::two_way) two_way_ = taken;
    if (step_ == Step::reply_type) choices_ = taken;
    step_ = after(step_);
    return {command(step_), false};
}

// A gateway of level 1 or 2 knows none of these.
bool SnppDialogue::optional(Step step)
{
    return (step >= Step::queue && step <= Step::level) || step == Step::reset ||
           (step >= Step::read_ack && step <= Step::here);
}

SnppDialogue::Step SnppDialogue::after(Step step) const
{
    if (step == Step::greeting && !page_.user.empty()) return Step::login;
    if (step <= Step::login && waits_) return Step::queue;
    if (step <= Step::queue && page_.two_way) return Step::two_way;
    if (step <= Step::two_way || step == Step::reset) return page_.urgent ? Step::alert : Step::pager;
    if (step == Step::pager && !two_way_) return Step::message;
    if (step == Step::reply_type && !choices_) return Step::message;
    return static_cast<Step>(static_cast<int>(step) + 1);
}

std::string SnppDialogue::command(Step step) const
{
    switch (step) {
    case Step::greeting: return "";
    case Step::login: return login_command(page_.user, page_.password);
    case Step::queue: return "SITE JQUEUE YES\r\n";
    case Step::two_way: return "2WAY\r\n";
    case Step::alert: return "ALER 1\r\n";
    case Step::level: return "LEVE 0\r\n"; // priority, the most urgent of RFC 1861
    case Step::pager: return "PAGE " + page_.pager + "\r\n";
    case Step::read_ack: return "ACKR 1\r\n";
    case Step::reply_type: return "RTYP MULTICHOICE\r\n";
    case Step::coming: return "MCRE 1 Coming\r\n";
    case Step::cannot: return "MCRE 2 Cannot\r\n";
    case Step::here: return "MCRE 3 Here\r\n";
    case Step::message: return "MESS " + one_line(page_.text) + "\r\n";
    case Step::send: return "SEND\r\n";
    case Step::reset: return "RESE\r\n";
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

std::optional<SnppStatus> snpp_status(std::string_view line)
{
    using State = SnppStatus::State;
    const int code = code_of(line);
    switch (code) {
    case 860:
    case 861: return SnppStatus{State::delivered, std::nullopt, false};
    case 870: return SnppStatus{State::read, std::nullopt, false};
    case 880: return SnppStatus{State::delivered, std::nullopt, true};
    case 881:
    case 889: return SnppStatus{State::read, std::nullopt, true};
    case 888: return SnppStatus{State::read, choice_of(line), true};
    case 780: return SnppStatus{State::expired, std::nullopt, true};
    default: break;
    }
    if (code / 100 == 9) return SnppStatus{};
    // It does not know the page, or not the question.
    if (code / 100 == 5) return SnppStatus{State::gone, std::nullopt, true};
    return std::nullopt;
}

SnppMove SnppGreeting::line(std::string_view text)
{
    code_ = code_of(text);
    good_ = code_ == 220;
    if (good_ && goes_on(text)) return {};
    return {good_ ? "QUIT\r\n" : "", true};
}

std::string SnppGreeting::detail() const
{
    return code_ == 0 ? "no SNPP greeting" : "SNPP " + std::to_string(code_) + " to the connection";
}

SnppInquiry::SnppInquiry(std::vector<Question> questions, std::string user, std::string password)
    : questions_{std::move(questions)}, user_{std::move(user)}, password_{std::move(password)},
      answers_(questions_.size())
{
}

SnppMove SnppInquiry::line(std::string_view text)
{
    const int code = code_of(text);
    if (code == 0 || code == 421) return {"", true};
    if (goes_on(text)) return {};
    if (step_ == Step::greeting && code != 220) return {"QUIT\r\n", true};
    if (step_ == Step::login && !good(code)) return {"QUIT\r\n", true};
    if (step_ == Step::greeting) {
        step_ = user_.empty() ? Step::two_way : Step::login;
        return {user_.empty() ? "2WAY\r\n" : login_command(user_, password_), false};
    }
    if (step_ == Step::login) {
        step_ = Step::two_way;
        return {"2WAY\r\n", false};
    }
    if (step_ == Step::two_way) { // wanted by some before they answer, unknown to others
        step_ = Step::questions;
        return next();
    }
    const Question& question = questions_[asked_];
    answers_[asked_] = question.kill ? SnppStatus{SnppStatus::State::gone, std::nullopt, true} : snpp_status(text);
    ++asked_;
    return next();
}

SnppMove SnppInquiry::next()
{
    if (asked_ >= questions_.size()) return {"QUIT\r\n", true};
    const Question& question = questions_[asked_];
    return {(question.kill ? "KTAG " : "MSTA ") + question.about.tag + " " + question.about.pass + "\r\n", false};
}

} // namespace magwatch::adapters
