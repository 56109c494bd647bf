// The page behind an answer link: the bed, what was found, one big button that POSTs.
//
// Pure: text in, HTML out; everything that is not ours is escaped. No script, no external resource, no
// identity of a patient. Serve it with answer_page_policy() as Content-Security-Policy, with
// Referrer-Policy: no-referrer (the address is a token) and Cache-Control: no-store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/escalation/answer.hpp"

namespace magwatch::adapters {

enum class AnswerPageState : std::uint8_t {
    ask,     // GET: the button
    taken,   // POST: the answer is stored
    again,   // POST or GET of a link that was used before
    over,    // the call has ended
    unknown, // no record of the call: long over, or lost in a crash. The cause may stand
    expired, // the link is too old
    invalid, // not one of our links: nothing about any bed is shown
    failed,  // the answer could not be stored: say it aloud instead
};

struct AnswerPage {
    AnswerPageState state = AnswerPageState::invalid;
    AnswerKind kind{};
    std::string place;              // "Ward L4 Bed 3"
    std::vector<std::string> words; // "Slow breathing"
    std::string advice;             // "STOP magnesium at pump.", or ""
    std::uint32_t number = 0;
    bool simulation = false;
    std::string phone;       // "4471", or ""
    std::string action;      // path that the button POSTs to: "/answer/TOKEN"
    std::string here_action; // after "coming": path of the same person's "here", or ""
};

[[nodiscard]] std::string render_answer_page(const AnswerPage& page);

// "default-src 'none'; style-src 'sha256-...'; ...": lets nothing in but our own style and form.
[[nodiscard]] const std::string& answer_page_policy();

} // namespace magwatch::adapters
