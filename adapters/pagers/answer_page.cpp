#include "adapters/pagers/answer_page.hpp"

#include <fmt/format.h>

#include "adapters/pagers/markup.hpp"
#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

constexpr std::string_view style =
    "body{margin:0;font:1.25rem/1.5 system-ui,sans-serif;background:#fff;color:#111}"
    "main{max-width:34rem;margin:0 auto;padding:1rem}"
    "h1{font-size:2rem;line-height:1.2;margin:.5rem 0}"
    ".advice{font-weight:700;border-left:.5rem solid #b00020;padding-left:.75rem}"
    "button{width:100%;min-height:6rem;font:700 2rem/1.2 system-ui,sans-serif;color:#fff;background:#0b3d91;"
    "border:0;border-radius:.75rem;margin:1rem 0}"
    "button:focus-visible{outline:.4rem solid #ffbf00;outline-offset:.2rem}"
    ".note{color:#444}"
    ".simulation{border:1rem solid #7a4d00}"
    ".simulation>p.stamp{margin:0;background:#7a4d00;color:#fff;font-weight:700;text-align:center;"
    "padding:.5rem;letter-spacing:.2em}";

std::string_view button_words(AnswerKind kind)
{
    switch (kind) {
    case AnswerKind::coming: return "I am coming";
    case AnswerKind::cannot: return "I cannot come";
    case AnswerKind::here: return "I am at the bed";
    }
    return "Answer";
}

std::string_view taken_words(AnswerKind kind)
{
    switch (kind) {
    case AnswerKind::coming: return "Stored: you are coming.";
    case AnswerKind::cannot: return "Stored: you cannot come. The next person is being called.";
    case AnswerKind::here: return "Stored: you are at the bed.";
    }
    return "Stored.";
}

std::string button(std::string_view action, std::string_view words)
{
    return fmt::format("<form method=\"post\" action=\"{}\"><button type=\"submit\">{}</button></form>\n",
                       escape_markup(action), escape_markup(words));
}

std::string about_the_bed(const AnswerPage& page)
{
    std::string html = fmt::format("<h1>{}</h1>\n", escape_markup(page.place));
    std::string findings;
    for (const std::string& words : page.words) findings += (findings.empty() ? "" : ", ") + words;
    if (!findings.empty()) html += fmt::format("<p>{}.</p>\n", escape_markup(findings));
    if (!page.advice.empty()) html += fmt::format("<p class=\"advice\">{}</p>\n", escape_markup(page.advice));
    return html + fmt::format("<p class=\"note\">Alarm #{}</p>\n", page.number);
}

std::string content(const AnswerPage& page)
{
    switch (page.state) {
    case AnswerPageState::ask: return about_the_bed(page) + button(page.action, button_words(page.kind));
    case AnswerPageState::taken:
    case AnswerPageState::again: {
        std::string html = about_the_bed(page);
        html += fmt::format("<p role=\"status\"><strong>{}</strong></p>\n", taken_words(page.kind));
        if (page.kind == AnswerKind::coming) {
            html += "<p>The ward's own alarm goes on until somebody is at the bed.</p>\n";
            if (!page.here_action.empty()) html += button(page.here_action, button_words(AnswerKind::here));
        }
        return html;
    }
    case AnswerPageState::over:
        return about_the_bed(page) +
               "<p role=\"status\"><strong>This alarm has ended. No answer is needed.</strong></p>\n";
    case AnswerPageState::unknown:
        return "<h1>This alarm is not known here</h1>\n<p role=\"alert\"><strong>Your answer was NOT stored. Ring " +
               (page.phone.empty() ? std::string{"the ward"} : escape_markup(page.phone)) +
               ".</strong></p>\n<p>It ended long ago, or it was lost when magwatch stopped; then it rings anew.</p>\n";
    case AnswerPageState::expired:
        return "<h1>This link is too old</h1>\n<p>Look at the ward board, or ring the ward.</p>\n";
    case AnswerPageState::invalid:
        return "<h1>This link is not valid</h1>\n<p>Look at the ward board, or ring the ward.</p>\n";
    case AnswerPageState::failed:
        return about_the_bed(page) +
               "<p role=\"alert\"><strong>Your answer could NOT be stored. Ring the ward.</strong></p>\n";
    }
    return "";
}

} // namespace

const std::string& answer_page_policy()
{
    static const std::string policy =
        fmt::format("default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; "
                    "frame-ancestors 'none'",
                    base64(sha256(style)));
    return policy;
}

std::string render_answer_page(const AnswerPage& page)
{
    const std::string title = page.simulation ? "SIMULATION magwatch" : "magwatch";
    std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                       "<meta name=\"referrer\" content=\"no-referrer\">"
                       "<meta name=\"robots\" content=\"noindex\">";
    html += fmt::format("<title>{}</title><style>{}</style></head>\n", title, style);
    html += page.simulation ? "<body class=\"simulation\"><p class=\"stamp\">SIMULATION</p>\n" : "<body>\n";
    return html + "<main>\n" + content(page) + "</main></body></html>\n";
}

} // namespace magwatch::adapters
