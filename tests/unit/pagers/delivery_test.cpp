#include "adapters/pagers/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

namespace magwatch::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Ticket = DeliveryQueue::Ticket;

constexpr Duration second{1000};

Page page(std::uint32_t call, std::uint32_t repetition = 0, const std::string& person = "midwife-1")
{
    Page p;
    p.key = {{1, call}, 0, repetition, person, "webhook"};
    return p;
}

// A queue under virtual time, with no jitter unless asked for.
struct Bench {
    explicit Bench(double random = 0.5) : queue{DeliveryPolicy{}, [random] { return random; }} {}

    Ticket add(const Page& p) { return queue.add(p, now); }
    std::vector<Ticket> poll()
    {
        const auto actions = queue.poll(now);
        for (const auto& e : actions.ended) {
            EXPECT_FALSE(ended.contains(e.ticket)) << "two outcomes for one page";
            ended.emplace(e.ticket, e);
        }
        return actions.start;
    }
    std::vector<Ticket> end(Ticket t, Verdict v, const std::string& detail = "x", Duration at_least = {})
    {
        queue.attempt_ended(t, v, detail, at_least, now);
        return poll();
    }
    // Moves to the next deadline and returns what starts then.
    std::vector<Ticket> next()
    {
        const auto at = queue.next_deadline();
        EXPECT_TRUE(at);
        if (!at) return {};
        EXPECT_GE(*at, now);
        now = *at;
        return poll();
    }

    Instant now{1'000'000};
    DeliveryQueue queue;
    std::map<Ticket, DeliveryQueue::Ended> ended;
};

TEST(Delivery, AnAcceptedPageEndsOnce)
{
    Bench b;
    const Ticket t = b.add(page(1));
    EXPECT_THAT(b.poll(), ElementsAre(t));
    EXPECT_THAT(b.poll(), IsEmpty());
    EXPECT_THAT(b.end(t, Verdict::accepted, "HTTP 200"), IsEmpty());
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::accepted);
    EXPECT_EQ(b.ended.at(t).detail, "HTTP 200");
    EXPECT_EQ(b.queue.pending(), 0U);
    EXPECT_FALSE(b.queue.next_deadline());
    b.queue.attempt_ended(t, Verdict::accepted, "again", {}, b.now); // a late echo changes nothing
    EXPECT_THAT(b.poll(), IsEmpty());
}

TEST(Delivery, RetriesAfterOneTwoFiveTenThirtySecondsWithinAMinute)
{
    Bench b;
    const Instant start = b.now;
    const Ticket t = b.add(page(1));
    b.poll();
    std::vector<std::int64_t> at;
    while (!b.ended.contains(t)) {
        b.end(t, Verdict::retry, "HTTP 503");
        if (b.ended.contains(t)) break;
        EXPECT_THAT(b.next(), ElementsAre(t));
        at.push_back((b.now - start).count() / 1000);
    }
    EXPECT_THAT(at, ElementsAre(1, 3, 8, 18, 48));
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::failed);
    EXPECT_EQ(b.ended.at(t).detail, "HTTP 503");
    EXPECT_EQ((b.now - start).count() / 1000, 48); // no waiting for an attempt that cannot come
}

TEST(Delivery, JitterIsAFifthEitherWayOfTheRandomHandedIn)
{
    for (const auto& [random, wait] : {std::pair{0.0, 800}, std::pair{0.5, 1000}, std::pair{0.75, 1100}}) {
        Bench b{random};
        const Ticket t = b.add(page(1));
        b.poll();
        b.end(t, Verdict::retry);
        EXPECT_EQ((*b.queue.next_deadline() - b.now).count(), wait);
    }
}

TEST(Delivery, APeersWishToWaitIsHeardUpToThirtySeconds)
{
    Bench b;
    const Ticket t = b.add(page(1));
    b.poll();
    b.end(t, Verdict::retry, "HTTP 429", 7 * second);
    EXPECT_EQ((*b.queue.next_deadline() - b.now), 7 * second);
    b.next();
    b.end(t, Verdict::retry, "HTTP 429", 3600 * second);
    EXPECT_EQ((*b.queue.next_deadline() - b.now), 30 * second);
}

TEST(Delivery, ARefusalIsFinal)
{
    Bench b;
    const Ticket t = b.add(page(1));
    b.poll();
    b.end(t, Verdict::refused, "HTTP 400");
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::failed);
}

TEST(Delivery, WhatMayHaveArrivedIsSentAtMostTwiceAndEndsUnknown)
{
    Bench b;
    const Ticket t = b.add(page(1));
    b.poll();
    b.end(t, Verdict::unanswered, "no reply in 10 s");
    EXPECT_THAT(b.next(), ElementsAre(t));
    b.end(t, Verdict::unanswered, "no reply in 10 s");
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::unknown);
    EXPECT_EQ(b.queue.pending(), 0U);
}

TEST(Delivery, OnceUnansweredItIsNeverCalledFailed)
{
    Bench b;
    const Ticket t = b.add(page(1));
    b.poll();
    b.end(t, Verdict::unanswered);
    b.next();
    b.end(t, Verdict::refused, "HTTP 400");
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::unknown);
}

TEST(Delivery, FirstAttemptsOfALineGoOutInOrder)
{
    Bench b;
    const Ticket one = b.add(page(1)), two = b.add(page(2)), three = b.add(page(3));
    EXPECT_THAT(b.poll(), ElementsAre(one));
    EXPECT_THAT(b.end(one, Verdict::accepted), ElementsAre(two));
    EXPECT_THAT(b.end(two, Verdict::accepted), ElementsAre(three));
}

TEST(Delivery, ASlowAttemptHoldsTheNextUpForTwoSecondsOnly)
{
    Bench b;
    const Instant start = b.now;
    const Ticket one = b.add(page(1)), two = b.add(page(2)), three = b.add(page(3));
    EXPECT_THAT(b.poll(), ElementsAre(one));
    EXPECT_THAT(b.next(), ElementsAre(two));
    EXPECT_EQ(b.now - start, 2 * second);
    const Ticket four = b.add(page(4));
    EXPECT_THAT(b.end(two, Verdict::accepted), ElementsAre(three)) << "the slow one holds nobody up any more";
    EXPECT_THAT(b.end(one, Verdict::accepted), IsEmpty()); // three is still on the wire
    EXPECT_THAT(b.end(three, Verdict::accepted), ElementsAre(four));
}

TEST(Delivery, ASlowRetryHoldsTheNextUpForTwoSecondsOnly)
{
    Bench b;
    const Ticket one = b.add(page(1)), two = b.add(page(2));
    b.poll();
    EXPECT_THAT(b.end(one, Verdict::retry), ElementsAre(two));
    b.end(two, Verdict::retry);
    EXPECT_THAT(b.next(), ElementsAre(one));
    const Instant start = b.now;
    EXPECT_THAT(b.next(), ElementsAre(two));
    EXPECT_EQ(b.now - start, 2 * second);
}

TEST(Delivery, OtherPeopleAndChannelsDoNotWait)
{
    Bench b;
    const Ticket one = b.add(page(1)), other = b.add(page(1, 0, "doctor-1"));
    Page by_mail = page(1);
    by_mail.key.channel = "mail";
    const Ticket mail = b.add(by_mail);
    EXPECT_THAT(b.poll(), testing::UnorderedElementsAre(one, other, mail));
}

TEST(Delivery, ARetryNeverHoldsALaterPageBack)
{
    Bench b;
    const Ticket one = b.add(page(1)), two = b.add(page(2));
    b.poll();
    EXPECT_THAT(b.end(one, Verdict::retry), ElementsAre(two));
    b.end(two, Verdict::accepted);
    EXPECT_THAT(b.next(), ElementsAre(one));
}

TEST(Delivery, HighPagesWaitForNoLowerOnes)
{
    Bench b;
    Page technical = page(1), medium = page(2), high = page(3);
    technical.kind = AlarmKind::technical;
    medium.priority = Priority::medium;
    const Ticket t = b.add(technical), m = b.add(medium);
    for (int i = 0; i < 50; ++i) b.add(technical);
    EXPECT_THAT(b.poll(), testing::UnorderedElementsAre(t, m));
    const Ticket h = b.add(high);
    EXPECT_THAT(b.poll(), ElementsAre(h));
}

TEST(Delivery, AFloodOfTechnicalPagesIsBoundedAndPatientsAreNot)
{
    Bench b;
    Page technical = page(1);
    technical.kind = AlarmKind::technical;
    for (int i = 0; i < 1000; ++i) b.add(technical);
    b.poll();
    EXPECT_EQ(b.queue.pending(), DeliveryPolicy{}.technical_max);
    EXPECT_EQ(b.ended.size(), 1000 - DeliveryPolicy{}.technical_max);
    for (int i = 0; i < 1000; ++i) b.add(page(2));
    EXPECT_EQ(b.queue.pending(), DeliveryPolicy{}.technical_max + 1000);
}

TEST(Delivery, ALaterPageOfTheSameCallMakesAnOlderOneNeedless)
{
    Bench b;
    const Ticket old = b.add(page(1, 0)), other = b.add(page(2)), fresh = b.add(page(1, 1));
    b.poll();
    b.end(old, Verdict::retry);
    b.end(other, Verdict::retry);
    b.end(fresh, Verdict::accepted);
    EXPECT_EQ(b.ended.at(old).outcome, PageOutcome::failed);
    EXPECT_EQ(b.ended.at(old).detail, "overtaken by a later page");
    EXPECT_FALSE(b.ended.contains(other));
}

TEST(Delivery, APageThatIsOvertakenOnTheWireEndsWithItsAttempt)
{
    Bench b;
    const Ticket slow = b.add(page(1, 0)), fresh = b.add(page(1, 1));
    b.poll();
    EXPECT_THAT(b.next(), ElementsAre(fresh)); // it does not wait for a black hole
    b.end(fresh, Verdict::accepted);
    EXPECT_FALSE(b.ended.contains(slow)); // its attempt is still there
    b.end(slow, Verdict::unanswered);
    EXPECT_EQ(b.ended.at(slow).outcome, PageOutcome::unknown);
    EXPECT_EQ(b.ended.at(slow).detail, "overtaken by a later page");
    EXPECT_EQ(b.queue.pending(), 0U);
}

TEST(Delivery, CancelDropsWhatIsNotOnTheWire)
{
    Bench b;
    const Ticket running = b.add(page(1)), waiting = b.add(page(1, 1)), other = b.add(page(2));
    b.poll();
    b.queue.cancel({1, 1});
    b.poll();
    EXPECT_EQ(b.ended.at(waiting).outcome, PageOutcome::withdrawn) << "the channel had no part in it";
    EXPECT_EQ(b.ended.at(waiting).detail, "cancelled");
    EXPECT_FALSE(b.ended.contains(running)); // its fate is not known yet
    EXPECT_THAT(b.end(running, Verdict::retry), ElementsAre(other));
    EXPECT_EQ(b.ended.at(running).outcome, PageOutcome::failed);
    EXPECT_EQ(b.ended.at(running).detail, "cancelled");
}

TEST(Delivery, ACancelledPageThatWasRefusedHasFailed)
{
    Bench b;
    const Ticket refused = b.add(page(1));
    b.poll();
    b.end(refused, Verdict::retry, "HTTP 503");
    b.queue.cancel({1, 1});
    b.poll();
    EXPECT_EQ(b.ended.at(refused).outcome, PageOutcome::failed);
}

// Of a technical call both are in one line.
TEST(Delivery, AFollowUpOvertakesNoPageThatAsksForSomebody)
{
    Bench b;
    Page asks = page(1), tells = page(1, 1);
    asks.kind = tells.kind = AlarmKind::technical;
    tells.reason = PageReason::escalated;
    const Ticket wanted = b.add(asks), told = b.add(tells);
    b.poll();
    b.end(wanted, Verdict::retry, "HTTP 503");
    b.end(told, Verdict::accepted);
    EXPECT_FALSE(b.ended.contains(wanted));
    EXPECT_THAT(b.next(), ElementsAre(wanted));
}

TEST(Delivery, ACancelledPageThatArrivedIsAccepted)
{
    Bench b;
    const Ticket t = b.add(page(1));
    b.poll();
    b.queue.cancel({1, 1});
    b.end(t, Verdict::accepted);
    EXPECT_EQ(b.ended.at(t).outcome, PageOutcome::accepted);
}

TEST(Delivery, APageThatGotNoTurnEndsAtItsDeadline)
{
    Bench b;
    std::vector<Ticket> all;
    for (std::uint32_t i = 0; i < 40; ++i) all.push_back(b.add(page(i))); // one every 2 s: 30 in a minute
    b.poll();
    for (int i = 0; i < 30; ++i) b.next();
    for (std::size_t i = 0; i < 30; ++i) EXPECT_FALSE(b.ended.contains(all[i])) << i;
    for (std::size_t i = 30; i < 40; ++i) {
        EXPECT_EQ(b.ended.at(all[i]).outcome, PageOutcome::failed);
        EXPECT_EQ(b.ended.at(all[i]).detail, "no turn before its deadline");
    }
    b.end(all[0], Verdict::retry);
    EXPECT_TRUE(b.ended.contains(all[0])) << "no retry after the deadline";
}

// Whatever happens in whatever order: every page ends exactly once, first attempts of a line begin in order,
// and nothing is started after its deadline.
TEST(Delivery, AnyStoryEndsEveryPageOnce)
{
    const bool ok = rc::check("story", [] {
        Bench b;
        std::map<Ticket, Instant> added;
        std::map<Ticket, std::string> line;
        std::map<std::string, Ticket> last_begun;
        std::set<Ticket> running, begun;
        const auto started = [&](const std::vector<Ticket>& tickets) {
            for (const Ticket t : tickets) {
                RC_ASSERT(running.insert(t).second);
                if (begun.insert(t).second) RC_ASSERT(std::exchange(last_begun[line.at(t)], t) < t);
                RC_ASSERT(b.now < added.at(t) + DeliveryPolicy{}.deadline);
            }
        };
        const int steps = *rc::gen::inRange(1, 120);
        for (int i = 0; i < steps; ++i) {
            switch (*rc::gen::inRange(0, 5)) {
            case 0: {
                Page p = page(*rc::gen::inRange(1u, 4u), static_cast<std::uint32_t>(i),
                              *rc::gen::element<std::string>("a", "b"));
                p.kind = *rc::gen::element(AlarmKind::physiological, AlarmKind::technical);
                const Ticket t = b.add(p);
                added.emplace(t, b.now);
                line.emplace(t, p.key.person + (p.kind == AlarmKind::technical ? "t" : "p"));
                started(b.poll());
                break;
            }
            case 1:
            case 2: {
                if (running.empty()) break;
                const Ticket t = *rc::gen::elementOf(std::vector<Ticket>(running.begin(), running.end()));
                running.erase(t);
                const auto verdict =
                    *rc::gen::element(Verdict::accepted, Verdict::retry, Verdict::unanswered, Verdict::refused);
                started(b.end(t, verdict));
                break;
            }
            case 3:
                b.now = b.now + Duration{*rc::gen::inRange(0, 20'000)};
                started(b.poll());
                break;
            case 4:
                b.queue.cancel({1, *rc::gen::inRange(1u, 4u)});
                started(b.poll());
                break;
            }
        }
        for (int guard = 0; b.queue.pending() > 0; ++guard) {
            RC_ASSERT(guard < 10'000);
            while (!running.empty()) {
                const Ticket t = *running.begin();
                running.erase(running.begin());
                started(b.end(t, Verdict::retry));
            }
            if (b.queue.pending() > 0) started(b.next());
        }
        RC_ASSERT(b.ended.size() == added.size());
    });
    EXPECT_TRUE(ok);
}

} // namespace
} // namespace magwatch::adapters
