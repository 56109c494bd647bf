#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/escalation/call.hpp"

namespace magwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LadderPolicy ladder()
{
    LadderPolicy policy;
    policy.rungs = {{{"midwife"}}, {{"charge", "doctor"}}, {{"doctor", "last"}}};
    return policy;
}

TEST(CallLadder, ClimbsAndRepeatsItsLastRung)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    EXPECT_THAT(open_call(call, policy, {0}).people, ElementsAre("midwife"));
    EXPECT_EQ(call.next, Instant{60'000});
    EXPECT_THAT(call_due(call, policy, {60'000}).people, ElementsAre("charge", "doctor"));
    EXPECT_THAT(call_due(call, policy, {120'000}).people, ElementsAre("doctor", "last"));
    const Ring again = call_due(call, policy, {180'000});
    EXPECT_THAT(again.people, ElementsAre("doctor", "last"));
    EXPECT_EQ(again.reason, PageReason::repeat);
    EXPECT_EQ(call.repetition, 1U);
}

TEST(CallLadder, TogetherRingsEverybodyOnce)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    call.together = true;
    EXPECT_THAT(open_call(call, policy, {0}).people, ElementsAre("midwife", "charge", "doctor", "last"));
}

TEST(CallLadder, SomebodyElsesCannotDoesNotUndoThatAPersonComes)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0});
    answer_coming(call, policy, "midwife", {1'000});
    EXPECT_THAT(answer_cannot(call, policy, "doctor", {2'000}).people, IsEmpty());
    EXPECT_EQ(call.state, CallState::accepted);
    EXPECT_THAT(answer_cannot(call, policy, "midwife", {3'000}).people, ElementsAre("charge", "doctor"));
    EXPECT_EQ(call.state, CallState::calling);
}

TEST(CallLadder, CannotOfThoseWhoAreCalledLastRingsNobodyBeforeItsTime)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    call.together = true;
    (void)open_call(call, policy, {0});
    for (const char* person : {"midwife", "charge", "doctor", "last"})
        EXPECT_THAT(answer_cannot(call, policy, person, {2'000}).people, IsEmpty());
    EXPECT_EQ(call.state, CallState::calling);
    EXPECT_EQ(call.next, Instant{60'000});
    const auto everybody = ElementsAre("midwife", "charge", "doctor", "last");
    EXPECT_THAT(call_due(call, policy, {60'000}).people, everybody);
    // Who said that she comes, and then cannot, leaves nobody: that is told at once.
    answer_coming(call, policy, "last", {61'000});
    EXPECT_THAT(answer_cannot(call, policy, "last", {62'000}).people, everybody);
}

TEST(CallLadder, ComingSaidAgainOrByAnotherDoesNotGiveMoreTime)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0});
    answer_coming(call, policy, "midwife", {1'000});
    const Instant by = call.next;
    answer_coming(call, policy, "midwife", {100'000});
    answer_coming(call, policy, "doctor", {110'000});
    EXPECT_EQ(call.next, by);
    EXPECT_EQ(call_due(call, policy, by).reason, PageReason::not_attended);
}

TEST(CallLadder, AMediumCallWaitsForTheWardFirst)
{
    LadderPolicy policy = ladder();
    policy.first_after = Duration{180'000};
    Call call;
    call.priority = Priority::medium;
    EXPECT_THAT(open_call(call, policy, {0}).people, IsEmpty());
    EXPECT_EQ(call.next, Instant{180'000});
    EXPECT_THAT(call_due(call, policy, {180'000}).people, ElementsAre("midwife"));
}

TEST(CallLadder, WhoAcceptsBeforeAnybodyWasPagedTakesNoRungAway)
{
    LadderPolicy policy = ladder();
    policy.first_after = Duration{180'000};
    const auto accepted = [&policy] {
        Call call;
        call.priority = Priority::medium;
        (void)open_call(call, policy, {0});
        answer_coming(call, policy, "nurse", {1'000});
        return call;
    };
    Call nobody_came = accepted();
    const Ring first = call_due(nobody_came, policy, nobody_came.next);
    EXPECT_THAT(first.people, ElementsAre("midwife"));
    EXPECT_EQ(first.reason, PageReason::not_attended);
    EXPECT_THAT(call_due(nobody_came, policy, nobody_came.next).people, ElementsAre("charge", "doctor"));
    Call cannot = accepted();
    EXPECT_THAT(answer_cannot(cannot, policy, "nurse", {2'000}).people, ElementsAre("midwife"));
    EXPECT_THAT(answer_cannot(cannot, policy, "midwife", {3'000}).people, ElementsAre("charge", "doctor"));
}

TEST(CallLadder, NewsReachWhoWasToldUnderAnotherLadderButDeclined)
{
    const LadderPolicy policy = ladder();
    const auto told = [&policy] {
        Call call;
        call.priority = Priority::high;
        (void)open_call(call, policy, {0});
        call.told = {{"engineer"}, {"midwife"}, {"porter"}};
        note_answer(call, "porter", Responsibility::declined, {500});
        return call;
    };
    const auto both = ElementsAre("midwife", "engineer");
    Call sign = told(), lasting = told(), restarted = told(), moved = told();
    EXPECT_THAT(new_finding(sign, policy, {1'000}).people, both);
    EXPECT_THAT(persists(lasting, policy, {1'000}).people, both);
    EXPECT_THAT(call_restarted(restarted, policy, {1'000}).people, both);
    EXPECT_THAT(call_moved(moved, policy, {1'000}).people, both);
    Call again = told();
    EXPECT_THAT(ring_again(again, policy, {1'000}).people, ElementsAre("midwife")) << "the present rung";
}

TEST(CallLadder, WaitsOfZeroNeverRingTwiceAtOneInstant)
{
    LadderPolicy policy = ladder();
    policy.wait = policy.attend = policy.acknowledged = Duration{0};
    Call call;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0});
    EXPECT_GT(call.next, Instant{0});
    answer_coming(call, policy, "midwife", {5});
    EXPECT_GT(call.next, Instant{5});
    answer_here(call, policy, "midwife", {7});
    EXPECT_GT(call.next, Instant{7});
}

TEST(CallLadder, WhoWasToldIsToldWhereSheIsTakenAndNothingComesLaterByIt)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0});
    const Instant next = call.next;
    EXPECT_THAT(call_due(call, policy, next).people, ElementsAre("charge", "doctor"));
    const Instant then = call.next;
    const Ring moved = call_moved(call, policy, {next.ms + 1'000});
    EXPECT_EQ(moved.reason, PageReason::moved);
    EXPECT_THAT(moved.people, ElementsAre("midwife", "charge", "doctor"));
    EXPECT_EQ(call.next, then);
    answer_coming(call, policy, "midwife", {next.ms + 2'000});
    EXPECT_THAT(call_moved(call, policy, {next.ms + 3'000}).people, testing::SizeIs(3)) << "she would go to the wrong bed";
    EXPECT_EQ(call.state, CallState::calling);
    answer_here(call, policy, "midwife", {next.ms + 4'000});
    call.told = {{"midwife"}, {"charge"}, {"doctor"}};
    note_answer(call, "doctor", Responsibility::declined, {next.ms + 4'500});
    EXPECT_THAT(call_moved(call, policy, {next.ms + 5'000}).people, ElementsAre("charge"))
        << "who is with her need not be told, nor who does not come";
    EXPECT_EQ(call.state, CallState::attended);
    EXPECT_EQ(call.person, "midwife");
    Call waits;
    LadderPolicy later = policy;
    later.first_after = Duration{180'000};
    waits.priority = Priority::medium;
    (void)open_call(waits, later, {0});
    EXPECT_THAT(call_moved(waits, later, {1'000}).people, IsEmpty()) << "nobody was told";
}

TEST(CallLadder, AnEmptyLadderStillTicks)
{
    Call call;
    call.priority = Priority::high;
    EXPECT_THAT(open_call(call, {}, {0}).people, IsEmpty());
    EXPECT_THAT(call_due(call, {}, {60'000}).people, IsEmpty());
    EXPECT_GT(call.next, Instant{60'000});
}

TEST(CallLadder, RungsThatRingTogetherRingTogetherAgain)
{
    LadderPolicy policy = ladder();
    policy.rungs[2].together = true; // with the one before it
    Call call;
    call.priority = Priority::high;
    EXPECT_THAT(open_call(call, policy, {0}).people, ElementsAre("midwife"));
    const auto both = ElementsAre("charge", "doctor", "last");
    EXPECT_THAT(call_due(call, policy, {60'000}).people, both);
    EXPECT_THAT(call_due(call, policy, {120'000}).people, both) << "the whole group, not its last rung alone";
    EXPECT_THAT(ring_again(call, policy, {130'000}).people, both);
}

TEST(CallLadder, AHighTechnicalCallMayBeHeldAndOneAboutAPatientNot)
{
    const LadderPolicy policy = ladder();
    Call technical;
    technical.kind = AlarmKind::technical;
    technical.priority = Priority::high;
    EXPECT_THAT(open_call(technical, policy, {0}, Duration{5'000}).people, IsEmpty());
    EXPECT_EQ(technical.next, Instant{5'000});
    Call patient;
    patient.priority = Priority::high;
    EXPECT_THAT(open_call(patient, policy, {0}, Duration{5'000}).people, ElementsAre("midwife"));
}

TEST(CallLadder, ANewSignOfACallForAllRungsRingsThemAllFromWaitingToo)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.kind = AlarmKind::technical;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0}, Duration{5'000});
    call.together = true;
    const Ring ring = new_finding(call, policy, {1'000});
    EXPECT_EQ(ring.reason, PageReason::first);
    EXPECT_THAT(ring.people, ElementsAre("midwife", "charge", "doctor", "last"));
}

TEST(CallLadder, PagedByHandACallThatWaitsRingsAtOnce)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.kind = AlarmKind::technical;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0}, Duration{5'000});
    const Ring ring = ring_again(call, policy, {1'000});
    EXPECT_EQ(ring.reason, PageReason::first);
    EXPECT_THAT(ring.people, ElementsAre("midwife"));
    EXPECT_EQ(call.state, CallState::calling);
}

TEST(CallLadder, WhoComesWhileSomebodyIsThereChangesNothing)
{
    const LadderPolicy policy = ladder();
    Call call;
    call.priority = Priority::high;
    (void)open_call(call, policy, {0});
    answer_here(call, policy, "midwife", {1'000});
    const Instant next = call.next;
    answer_coming(call, policy, "doctor", {2'000});
    EXPECT_EQ(call.state, CallState::attended);
    EXPECT_EQ(call.person, "midwife");
    EXPECT_EQ(call.next, next);
}

} // namespace
} // namespace magwatch
