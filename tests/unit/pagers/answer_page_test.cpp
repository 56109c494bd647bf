#include "adapters/pagers/answer_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "adapters/pagers/markup.hpp"
#include "adapters/pagers/signing.hpp"

namespace magwatch::adapters {
namespace {

using testing::HasSubstr;
using testing::Not;

AnswerPage page()
{
    AnswerPage p;
    p.state = AnswerPageState::ask;
    p.kind = AnswerKind::coming;
    p.place = "Ward L4 Bed 3";
    p.words = {"Slow breathing", "No reflexes"};
    p.advice = "STOP magnesium at pump.";
    p.number = 1207;
    p.action = "/answer/TOKEN";
    return p;
}

TEST(AnswerPage, AsksWithOneButtonThatPosts)
{
    const std::string html = render_answer_page(page());
    EXPECT_THAT(html, HasSubstr("<form method=\"post\" action=\"/answer/TOKEN\"><button type=\"submit\">I am coming"));
    EXPECT_THAT(html, HasSubstr("Ward L4 Bed 3"));
    EXPECT_THAT(html, HasSubstr("Slow breathing, No reflexes."));
    EXPECT_THAT(html, HasSubstr("STOP magnesium at pump."));
    EXPECT_THAT(html, Not(HasSubstr("SIMULATION")));
}

TEST(AnswerPage, SimulationIsFramedAndTitled)
{
    AnswerPage p = page();
    p.simulation = true;
    const std::string html = render_answer_page(p);
    EXPECT_THAT(html, HasSubstr("<title>SIMULATION"));
    EXPECT_THAT(html, HasSubstr("<body class=\"simulation\"><p class=\"stamp\">SIMULATION"));
}

TEST(AnswerPage, AfterComingItOffersTheBed)
{
    AnswerPage p = page();
    p.state = AnswerPageState::taken;
    p.here_action = "/answer/HERE";
    const std::string html = render_answer_page(p);
    EXPECT_THAT(html, HasSubstr("you are coming"));
    EXPECT_THAT(html, HasSubstr("action=\"/answer/HERE\""));
    EXPECT_THAT(html, Not(HasSubstr("action=\"/answer/TOKEN\"")));
}

TEST(AnswerPage, ABadLinkShowsNothingAboutAnyBed)
{
    for (const auto state : {AnswerPageState::invalid, AnswerPageState::expired}) {
        AnswerPage p = page();
        p.state = state;
        const std::string html = render_answer_page(p);
        EXPECT_THAT(html, Not(HasSubstr("Bed 3")));
        EXPECT_THAT(html, Not(HasSubstr("<form")));
    }
}

TEST(AnswerPage, AnAnswerThatWasNotStoredIsSaidSo)
{
    AnswerPage p = page();
    p.state = AnswerPageState::failed;
    EXPECT_THAT(render_answer_page(p), HasSubstr("could NOT be stored"));
}

TEST(AnswerPage, NothingFromOutsideBecomesMarkup)
{
    AnswerPage p = page();
    p.place = "<script>alert(1)</script>";
    p.words = {"a\"b'c&d<e>"};
    p.action = "\"><img src=x onerror=x>";
    const std::string html = render_answer_page(p);
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_THAT(html, HasSubstr("a&quot;b&#39;c&amp;d&lt;e&gt;"));
    EXPECT_TRUE(rc::check("escape", [](const std::string& any) {
        RC_ASSERT(escape_markup(any).find_first_of("<>\"'\n") == std::string::npos);
    }));
}

TEST(AnswerPage, ThePolicyAllowsOurStyleAndNothingElse)
{
    const std::string html = render_answer_page(page());
    const std::size_t from = html.find("<style>") + 7, to = html.find("</style>");
    EXPECT_THAT(answer_page_policy(),
                HasSubstr("style-src 'sha256-" + base64(sha256(html.substr(from, to - from))) + "'"));
    EXPECT_THAT(answer_page_policy(), HasSubstr("default-src 'none'"));
    EXPECT_THAT(html, Not(HasSubstr("http")));
}

} // namespace
} // namespace magwatch::adapters
