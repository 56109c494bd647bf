#include "rules/escalation/page.hpp"

#include "rules/escalation/answer.hpp"

namespace magwatch {

std::string_view name(PageReason reason)
{
    switch (reason) {
    case PageReason::first: return "first";
    case PageReason::next_rung: return "next_rung";
    case PageReason::repeat: return "repeat";
    case PageReason::new_sign: return "new_sign";
    case PageReason::not_attended: return "not_attended";
    case PageReason::declined: return "declined";
    case PageReason::persists: return "persists";
    case PageReason::restart: return "restart";
    case PageReason::test: return "test";
    case PageReason::taken: return "taken";
    case PageReason::escalated: return "escalated";
    case PageReason::ended: return "ended";
    case PageReason::again: return "again";
    case PageReason::moved: return "moved";
    }
    return "unknown";
}

std::string_view name(PageOutcome outcome)
{
    switch (outcome) {
    case PageOutcome::accepted: return "accepted";
    case PageOutcome::failed: return "failed";
    case PageOutcome::unknown: return "unknown";
    case PageOutcome::delivered: return "delivered";
    case PageOutcome::read: return "read";
    case PageOutcome::sending: return "sending";
    case PageOutcome::withdrawn: return "withdrawn";
    case PageOutcome::no_answer: return "no_answer";
    }
    return "unknown";
}

std::string_view name(AnswerKind kind)
{
    switch (kind) {
    case AnswerKind::coming: return "coming";
    case AnswerKind::cannot: return "cannot";
    case AnswerKind::here: return "here";
    }
    return "unknown";
}

} // namespace magwatch
