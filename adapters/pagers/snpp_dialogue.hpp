// The client's side of one SNPP session (RFC 1861): which command follows which reply, and what the last one means.
//
// Pure: lines in, commands out, no socket and no clock. One page a session, so that nothing of one page can get into
// another. Level 1 (PAGE, MESS, SEND) is all that is needed; of level 2 the urgency is asked for and may be refused.
// Level 3 (2WAY) is tried where it is wanted: a gateway that does not know it, or a pager that cannot do it, gets the
// page one-way. Once SEND was said and no reply came, nobody can tell whether the page went out.
//
// A two-way page has a tag and a pass code, by which a later session (SnppInquiry) asks what became of it. The codes of
// replies to MSTA are those of RFC 1861 4.6.10: 860 and 861 delivered, 870 read, 880 delivered with nothing pending,
// 881 read, 888 one of our choices, 889 a text, 960 queued, 780 expired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagers/delivery.hpp"
#include "rules/escalation/answer.hpp"

namespace magwatch::adapters {

// A reply line is at most this long; RFC 1861 sets no limit, RFC 821 from which it comes 512.
inline constexpr std::size_t snpp_line_max = 512;

struct SnppPage {
    std::string pager; // the pager's id, as the gateway knows it
    std::string text;  // one line
    bool urgent = false;
    std::string user, password; // "" = no login
    bool two_way = false;       // try level 3
};

// What a gateway knows a two-way page by.
struct SnppTag {
    std::string tag, pass;
    friend bool operator==(const SnppTag&, const SnppTag&) = default;
};

// What a client says next.
struct SnppMove {
    std::string send;  // a command with CRLF; "" = none
    bool over = false; // the session is done with: say what is in `send`, and close
};

// True for what may stand in a command as one word: printable, no blank, at most 64 characters.
[[nodiscard]] bool is_snpp_word(std::string_view text);

class SnppDialogue {
public:
    explicit SnppDialogue(SnppPage page);

    using Move = SnppMove;
    // A line of the gateway, without its line end.
    [[nodiscard]] Move line(std::string_view text);

    // What became of the page, whenever the session ended: by itself, cut off, or late.
    [[nodiscard]] Verdict verdict() const;
    [[nodiscard]] std::string detail() const; // "SNPP 550 to PAGE"; the gateway's words never
    // Of a two-way page that was accepted; nullopt: nothing more will be heard of it.
    [[nodiscard]] const std::optional<SnppTag>& tag() const { return tag_; }

private:
    enum class Step : std::uint8_t {
        greeting, login, queue, two_way, alert, level, pager, read_ack, reply_type, coming, cannot, here, message, send,
        reset
    };
    [[nodiscard]] static bool optional(Step step);
    [[nodiscard]] Step after(Step step) const;
    [[nodiscard]] std::string command(Step step) const;
    [[nodiscard]] Move end(Verdict verdict, int code);

    SnppPage page_;
    Step step_ = Step::greeting;
    std::optional<Verdict> verdict_;
    int code_ = 0; // of the reply that ended it; 0 = it was none
    bool waits_ = false;   // the gateway answers SEND only after delivery, unless it is told to queue
    bool two_way_ = false; // the gateway began such a transaction
    bool choices_ = false; // and takes answers to choose from
    std::optional<SnppTag> tag_;
};

// A session that asks for nothing: whether somebody greets who takes pages.
class SnppGreeting {
public:
    [[nodiscard]] SnppMove line(std::string_view text);
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::string detail() const; // "SNPP 421 to the connection"

private:
    int code_ = 0;
    bool good_ = false;
};

// What became of a two-way page.
struct SnppStatus {
    enum class State : std::uint8_t { queued, delivered, read, expired, gone };
    State state = State::queued;
    std::optional<AnswerKind> answer; // one of our choices; then nothing more will come
    bool last = false;                // nothing more will come
    friend bool operator==(const SnppStatus&, const SnppStatus&) = default;
};
// Of a reply to MSTA, with its code; nullopt: it says nothing.
[[nodiscard]] std::optional<SnppStatus> snpp_status(std::string_view line);

// One session that asks after pages, or takes them back (KTAG).
class SnppInquiry {
public:
    struct Question {
        SnppTag about;
        bool kill = false;
    };
    SnppInquiry(std::vector<Question> questions, std::string user, std::string password);

    [[nodiscard]] SnppMove line(std::string_view text);
    // By question; nullopt = not answered.
    [[nodiscard]] const std::vector<std::optional<SnppStatus>>& answers() const { return answers_; }

private:
    enum class Step : std::uint8_t { greeting, login, two_way, questions };
    [[nodiscard]] SnppMove next();

    std::vector<Question> questions_;
    std::string user_, password_;
    std::vector<std::optional<SnppStatus>> answers_;
    Step step_ = Step::greeting;
    std::size_t asked_ = 0;
};

} // namespace magwatch::adapters
