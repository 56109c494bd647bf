// The words by which the state of calls and pages is known outside: in the API, the chart and the metrics.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/escalation/answer.hpp"
#include "rules/escalation/call.hpp"
#include "rules/escalation/page.hpp"
#include "rules/escalation/roster.hpp"

namespace magwatch {
namespace {

using Words = std::vector<std::string>;
template <class What> Words words_of(std::size_t count)
{
    Words words;
    for (std::size_t i = 0; i < count; ++i) words.emplace_back(name(static_cast<What>(i)));
    return words;
}

TEST(Words, OfCallsAndPagesAreThoseThatTheApiPromises)
{
    EXPECT_EQ(words_of<CallState>(4), (Words{"waiting", "calling", "accepted", "attended"}));
    EXPECT_EQ(words_of<Responsibility>(4), (Words{"undefined", "accepted", "declined", "attended"}));
    EXPECT_EQ(words_of<PageOutcome>(8), (Words{"accepted", "failed", "unknown", "delivered", "read", "sending", "withdrawn",
                                               "no_answer"}));
    EXPECT_EQ(words_of<AnswerKind>(3), (Words{"coming", "cannot", "here"}));
    EXPECT_EQ(words_of<DutySource>(3), (Words{"shift", "change", "last_resort"}));
    EXPECT_EQ(words_of<PageReason>(14),
              (Words{"first", "next_rung", "repeat", "new_sign", "not_attended", "declined", "persists", "restart", "test",
                     "taken", "escalated", "ended", "again", "moved"}));
}

TEST(Words, FollowUpsAreThePagesThatWantNobodyToCome)
{
    for (std::size_t i = 0; i < 14; ++i) {
        const auto reason = static_cast<PageReason>(i);
        const bool follows =
            reason == PageReason::taken || reason == PageReason::escalated || reason == PageReason::ended;
        EXPECT_EQ(is_follow_up(reason), follows) << name(reason);
    }
}

} // namespace
} // namespace magwatch
