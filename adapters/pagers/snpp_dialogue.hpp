// The client's side of one SNPP session (RFC 1861): which command follows which reply, and what the last one means.
//
// Pure: lines in, commands out, no socket and no clock. One page a session, so that nothing of one page can get into
// another. Level 1 (PAGE, MESS, SEND) is all that is needed; of level 2 the urgency is asked for and may be refused.
// Once SEND was said and no reply came, nobody can tell whether the page went out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/pagers/delivery.hpp"

namespace magwatch::adapters {

// A reply line is at most this long; RFC 1861 sets no limit, RFC 821 from which it comes 512.
inline constexpr std::size_t snpp_line_max = 512;

struct SnppPage {
    std::string pager; // the pager's id, as the gateway knows it
    std::string text;  // one line
    bool urgent = false;
    std::string user, password; // "" = no login
};

// True for what may stand in a command as one word: printable, no blank, at most 64 characters.
[[nodiscard]] bool is_snpp_word(std::string_view text);

class SnppDialogue {
public:
    explicit SnppDialogue(SnppPage page);

    struct Move {
        std::string send;  // a command with CRLF; "" = none
        bool over = false; // the session is done with: say what is in `send`, and close
    };
    // A line of the gateway, without its line end.
    [[nodiscard]] Move line(std::string_view text);

    // What became of the page, whenever the session ended: by itself, cut off, or late.
    [[nodiscard]] Verdict verdict() const;
    [[nodiscard]] std::string detail() const; // "SNPP 550 to PAGE"; the gateway's words never

private:
    enum class Step : std::uint8_t { greeting, login, alert, level, pager, message, send };
    [[nodiscard]] Step after(Step step) const;
    [[nodiscard]] std::string command(Step step) const;
    [[nodiscard]] Move end(Verdict verdict, int code);

    SnppPage page_;
    Step step_ = Step::greeting;
    std::optional<Verdict> verdict_;
    int code_ = 0; // of the reply that ended it; 0 = it was none
};

} // namespace magwatch::adapters
