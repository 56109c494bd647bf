// The PCD-04 channel against an alarm manager that reads with python3-hl7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/write.hpp>

#include "adapters/pagers/pcd04.hpp"
#include "adapters/pagers/pcd_listener.hpp"
#include "tests/integration/pagers/lookups.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define MAGWATCH_UBSAN
#endif
#endif

namespace magwatch::adapters {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string script = "tests/integration/pagers/pcd_peer.py";
const std::string text = "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing | no reflexes ^ STOP magnesium. #1207";
constexpr PcdTimes seldom{Duration{3'600'000}, Duration{5'000}};

std::vector<PcdManager> one(std::uint16_t port)
{
    PcdManager manager;
    manager.name = "hospital";
    manager.host = "127.0.0.1";
    manager.port = port;
    manager.system_id = "0009FBFFFF112233";
    manager.ward = "L4";
    return {manager};
}

std::string field(const nlohmann::json& message, const std::string& segment, std::size_t n, std::size_t which = 0)
{
    for (const auto& row : message["segments"]) {
        if (row[0] != segment || which-- != 0) continue;
        return n < row.size() ? row[n].get<std::string>() : "";
    }
    return "no such segment";
}
std::string phase(const nlohmann::json& message) { return field(message, "OBX", 5, 2); }

struct PcdRig : Rig {
    explicit PcdRig(std::vector<std::string> acks, PcdTimes times = seldom)
        : peer{script, std::move(acks)}, pager{told(), one(peer.port()), book, times}
    {
    }
    QueueParts told()
    {
        QueueParts all = queue_parts();
        all.feedback.receipt = [this](const PageKey&, PageOutcome outcome, const std::string&) {
            if (outcome == PageOutcome::sending) return;
            receipts.push_back(outcome);
        };
        all.feedback.answer = [this](const PageKey& key, AnswerKind kind) { answers.emplace_back(key.person, kind); };
        return all;
    }
    void send(std::uint32_t call, std::uint32_t repetition = 0, std::uint8_t grade = 1,
              const std::string& person = "midwife-1")
    {
        Page page = test_page(call, "pcd04", "hospital");
        page.key.repetition = repetition;
        page.key.person = person;
        page.grade = grade;
        page.at = clock.now().wall;
        pager.send(page, text, {}, note());
    }
    // The next report of an alarm; watchdogs are passed over.
    nlohmann::json next_report()
    {
        return find(peer, [](const nlohmann::json& seen) { return field(seen, "OBX", 9, 8) == "no such segment"; });
    }
    nlohmann::json next_watchdog()
    {
        return find(peer, [](const nlohmann::json& seen) { return field(seen, "OBX", 3).starts_with("196614"); });
    }
    std::vector<PageOutcome> receipts;
    std::vector<std::pair<std::string, AnswerKind>> answers;
    std::shared_ptr<PcdBook> book = std::make_shared<PcdBook>("m1");
    Peer peer;
    Pcd04Pager pager;
};

TEST(PcdPeer, AManagerThatIsAnAddressIsReachedWithoutANameServer)
{
    PcdRig rig{{"CA"}};
    const int before = lookups();
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted) << rig.outcomes[0].detail;
    EXPECT_EQ(lookups(), before);
}

TEST(PcdPeer, AReportIsWhatTheProfileAsksForFieldByField)
{
    PcdRig rig{{"CA"}};
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_EQ(rig.outcomes[0].detail, "HL7 CA");
    const auto seen = rig.next_report();
    ASSERT_TRUE(seen.is_object());
    EXPECT_EQ(field(seen, "MSH", 3), "magwatch^0009FBFFFF112233^EUI-64");
    EXPECT_EQ(field(seen, "MSH", 4), "L4");
    EXPECT_EQ(field(seen, "MSH", 9), "ORU^R40^ORU_R40");
    EXPECT_EQ(field(seen, "MSH", 11), "P");
    EXPECT_EQ(field(seen, "MSH", 12), "2.6");
    EXPECT_EQ(field(seen, "MSH", 15), "AL");
    EXPECT_EQ(field(seen, "MSH", 16), "NE");
    EXPECT_EQ(field(seen, "MSH", 18), "UNICODE UTF-8");
    EXPECT_EQ(field(seen, "MSH", 21), "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO");
    EXPECT_EQ(field(seen, "PID", 31), "Y");
    for (std::size_t n = 1; n < 31; ++n) EXPECT_EQ(field(seen, "PID", n), "") << n;
    EXPECT_EQ(field(seen, "PV1", 3), "L4^^bed-3^^^^^^Ward L4 Bed 3");
    EXPECT_EQ(field(seen, "OBR", 3), "1-7.1^magwatch^0009FBFFFF112233^EUI-64");
    EXPECT_EQ(field(seen, "OBR", 4), "196616^MDC_EVT_ALARM^MDC");
    EXPECT_EQ(field(seen, "OBR", 29), "") << "the start has no parent";
    const std::vector<std::pair<std::string, std::string>> facets{
        {"0^MDCX_EVT_MAGNESIUM^MDC", ""}, {"68480^MDC_ATTR_ALERT_SOURCE^MDC", "0^MDCX_DEV_MAGNESIUM_WATCH^MDC"},
        {"68481^MDC_ATTR_EVENT_PHASE^MDC", "start"}, {"68482^MDC_ATTR_ALARM_STATE^MDC", "active"},
        {"68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC", "enabled"}, {"68484^MDC_ATTR_ALARM_PRIORITY^MDC", "PH"},
        {"68485^MDC_ATTR_ALERT_TYPE^MDC", "SP"}, {"68546^MDC_ATTR_ALERT_TEXT^MDC", ""}};
    for (std::size_t i = 0; i < facets.size(); ++i) {
        EXPECT_EQ(field(seen, "OBX", 1, i), std::to_string(i + 1));
        EXPECT_EQ(field(seen, "OBX", 3, i), facets[i].first);
        EXPECT_EQ(field(seen, "OBX", 4, i), "1.0.0.0." + std::to_string(i + 1));
        if (!facets[i].second.empty()) {
            EXPECT_EQ(field(seen, "OBX", 5, i), facets[i].second);
        }
        EXPECT_EQ(field(seen, "OBX", 11, i), "F");
        EXPECT_EQ(field(seen, "OBX", 18, i), "magwatch^^0009FBFFFF112233^EUI-64");
    }
    EXPECT_EQ(field(seen, "OBX", 8), "A~PH~SP");
    EXPECT_EQ(field(seen, "OBX", 5, 7),
              "MAG HIGH Ward L4 Bed 3 02:14. Slow breathing \\F\\ no reflexes \\S\\ STOP magnesium. #1207");
    EXPECT_EQ(field(seen, "OBX", 9, 8), "no such segment") << "eight facets, no value";
}

TEST(PcdPeer, ACallStartsUpdatesEscalatesAndEndsOneAlarm)
{
    PcdRig rig{{"CA"}};
    const std::string parent = "^1-7.1&magwatch&0009FBFFFF112233&EUI-64";
    rig.send(7);
    EXPECT_EQ(phase(rig.next_report()), "start");
    rig.send(7, 1);
    const auto update = rig.next_report();
    EXPECT_EQ(phase(update), "update");
    EXPECT_EQ(field(update, "OBR", 3).substr(0, 6), "1-7.2^");
    EXPECT_EQ(field(update, "OBR", 29), parent);
    rig.send(7, 2, 2);
    EXPECT_EQ(phase(rig.next_report()), "escalate");
    ASSERT_TRUE(rig.until_outcomes(3));
    rig.pager.cancel({1, 7}); // an answer ends nothing
    rig.pager.ended({1, 7});
    rig.pager.ended({1, 7});
    const auto end = rig.next_report();
    EXPECT_EQ(phase(end), "end");
    EXPECT_EQ(field(end, "OBX", 5, 3), "inactive");
    EXPECT_EQ(field(end, "OBR", 29), parent);
    EXPECT_TRUE(rig.until([&] { return rig.book->ends("hospital", rig.clock.now()).empty(); }));
    rig.send(8);
    EXPECT_EQ(phase(rig.next_report()), "start") << "and the end came once";
}

TEST(PcdPeer, ARetransmissionChangesOnlyTimeIdAndSequence)
{
    PcdRig again{{"CA", "CE", "close", "CA"}}; // the first answers the watchdog
    again.next_watchdog();
    again.send(7);
    ASSERT_TRUE(again.until_outcomes(1));
    EXPECT_EQ(again.outcomes[0].outcome, PageOutcome::accepted);
    const auto first = again.next_report(), second = again.next_report(), third = again.next_report();
    ASSERT_TRUE(third.is_object());
    for (const auto& other : {second, third}) {
        ASSERT_EQ(first["segments"].size(), other["segments"].size());
        EXPECT_NE(field(first, "MSH", 10), field(other, "MSH", 10));
        for (std::size_t n = 1; n < first["segments"][0].size(); ++n)
            if (n != 7 && n != 10 && n != 13) {
                EXPECT_EQ(field(first, "MSH", n), field(other, "MSH", n)) << n;
            }
        for (std::size_t row = 1; row < first["segments"].size(); ++row)
            EXPECT_EQ(first["segments"][row], other["segments"][row]);
    }
}

struct Answer {
    std::string word;
    PageOutcome outcome;
    std::string detail;
};
class PcdAnswer : public ::testing::TestWithParam<Answer> {};
TEST_P(PcdAnswer, IsJudged)
{
    PcdRig rig{{"CA", GetParam().word}, {Duration{3'600'000}, Duration{300}}};
    rig.next_watchdog();
    rig.send(7);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, GetParam().outcome);
    EXPECT_EQ(rig.outcomes[0].detail, GetParam().detail);
}
INSTANTIATE_TEST_SUITE_P(Every, PcdAnswer,
                         ::testing::Values(Answer{"AA", PageOutcome::accepted, "HL7 AA"},
                                           Answer{"split", PageOutcome::accepted, "HL7 CA"},
                                           Answer{"CR", PageOutcome::failed, "HL7 CR"},
                                           Answer{"silent", PageOutcome::unknown, "no acknowledgement"},
                                           Answer{"close", PageOutcome::unknown, "closed without a reply"},
                                           Answer{"other", PageOutcome::unknown, "a reply to another message"},
                                           Answer{"garbage", PageOutcome::unknown, "no HL7"}));

TEST(PcdPeer, AManagerThatIsSilentIsAChannelThatFails)
{
    PcdRig silent{{"silent"}, {Duration{50}, Duration{100}}};
    ASSERT_TRUE(silent.until([&] { return !silent.pager.health()[0].working; }));
    EXPECT_EQ(silent.pager.health()[0].detail, "no acknowledgement");
    PcdRig good{{"CA"}, {Duration{20}, Duration{5'000}}};
    const auto watchdog = good.next_watchdog();
    ASSERT_TRUE(good.next_watchdog().is_object());
    EXPECT_EQ(field(watchdog, "OBX", 3, 8), "67860^MDC_ATTR_CONFIRM_TIMEOUT^MDC");
    EXPECT_EQ(field(watchdog, "OBX", 5, 8), "5");
    EXPECT_EQ(field(watchdog, "OBX", 6, 8), "264320^MDC_DIM_SEC^MDC");
    EXPECT_EQ(field(watchdog, "OBX", 5, 5), "PN");
    EXPECT_TRUE(good.pager.health()[0].working);
}

TEST(PcdPeer, ANewConnectionTellsWhatStands)
{
    PcdRig rig{{"CA", "CA", "close", "CA"}, {Duration{50}, Duration{1'000}}};
    rig.send(7); // at once after, or before, the first watchdog
    ASSERT_TRUE(rig.until_outcomes(1));
    ASSERT_TRUE(rig.find(rig.peer, [](const auto& seen) {
                       return seen["connection"] == 2 && field(seen, "OBX", 9, 8) == "no such segment" &&
                              field(seen, "OBR", 3).starts_with("1-7.1^");
                   }).is_object());
}

TEST(PcdPeer, AnAcknowledgementThatComesTwiceBreaksNothingOff)
{
    PcdRig rig{{"twice"}};
    for (std::uint32_t call = 7; call < 12; ++call) rig.send(call, 0, 1, "midwife-" + std::to_string(call));
    ASSERT_TRUE(rig.until_outcomes(5));
    for (const auto& one : rig.outcomes) EXPECT_EQ(one.outcome, PageOutcome::accepted) << one.detail;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(rig.next_report()["connection"], 1);
    EXPECT_EQ(rig.pager.health()[0].retries, 0U);
}

TEST(PcdPeer, ARefusedConnectionFailsThePage)
{
    Rig rig;
    QueueParts parts = rig.queue_parts();
    parts.policy.deadline = Duration{200};
    Pcd04Pager pager{parts, one(closed_port()), std::make_shared<PcdBook>("m1"), seldom};
    pager.send(test_page(7, "pcd04", "hospital"), text, {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::failed);
    EXPECT_EQ(rig.outcomes[0].detail, "connection refused");
}

TEST(PcdPeer, StatusesSpeakOfTheFirstReportAndCountOnce)
{
    PcdRig rig{{"CA"}};
    rig.send(7);
    const std::string id = field(rig.next_report(), "MSH", 10);
    rig.send(7, 1, 1, "midwife-2");
    ASSERT_TRUE(rig.until_outcomes(2));
    PcdStatus status{id, "s1", {{PcdEvent::received, ""}, {PcdEvent::delivered, ""}, {PcdEvent::read, "midwife-1"}}};
    EXPECT_TRUE(rig.pager.take(status));
    EXPECT_TRUE(rig.pager.take(status));
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::delivered, PageOutcome::read));
    EXPECT_TRUE(rig.pager.take({id, "s2", {{PcdEvent::accepted, "midwife-1"}, {PcdEvent::rejected, "somebody"}}}));
    EXPECT_THAT(rig.answers, ElementsAre(std::pair{std::string{"midwife-1"}, AnswerKind::coming},
                                         std::pair{std::string{"midwife-2"}, AnswerKind::cannot}));
    EXPECT_TRUE(rig.pager.take({id, "s3", {{PcdEvent::undeliverable, ""}}}));
    EXPECT_EQ(rig.receipts.back(), PageOutcome::failed);
    EXPECT_FALSE(rig.pager.take({"another", "s4", {{PcdEvent::accepted, "midwife-1"}}}));
    EXPECT_THAT(rig.answers, SizeIs(2));
}

TEST(PcdPeer, AFollowUpLeavesTheAlarmAsUrgentAsItIs)
{
    PcdRig rig{{"CA"}};
    rig.send(7);
    const auto start = rig.next_report();
    Page page = test_page(7, "pcd04", "hospital");
    page.key.repetition = 5;
    page.reason = PageReason::taken;
    page.priority = Priority::low;
    page.kind = AlarmKind::technical;
    page.grade = 0;
    rig.pager.send(page, "midwife-2 is coming", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(2));
    const auto update = rig.next_report();
    EXPECT_EQ(phase(update), "update");
    for (const std::size_t row : {0U, 1U, 3U, 4U, 5U, 6U}) { // all but the phase and the text
        for (const std::size_t n : {3U, 8U}) EXPECT_EQ(field(update, "OBX", n, row), field(start, "OBX", n, row)) << row;
        if (row != 0) {
            EXPECT_EQ(field(update, "OBX", 5, row), field(start, "OBX", 5, row)) << row;
        }
    }
    EXPECT_EQ(field(update, "OBX", 5, 7), "midwife-2 is coming / " + field(start, "OBX", 5, 7)) << "what was found stays";
    rig.send(7, 6);
    EXPECT_EQ(phase(rig.next_report()), "update") << "it is no worse than it was";
    EXPECT_EQ(rig.book->page_of(field(start, "MSH", 10), "midwife-1")->repetition, 6U);
    rig.pager.send(page, "midwife-2 is coming", {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(4));
    EXPECT_EQ(rig.book->page_of(field(start, "MSH", 10), "midwife-1")->repetition, 6U) << "what she says answers that";
    EXPECT_EQ(rig.book->page_of(field(start, "MSH", 10), "")->repetition, 6U);
}

TEST(PcdPeer, HighPagesAboutPatientsGoFirstAndEachAlarmInItsOrder)
{
    PcdRig rig{{"CA"}};
    for (std::uint32_t call = 20; call < 25; ++call) {
        Page page = test_page(call, "pcd04", "hospital");
        page.key.person = "engineer-" + std::to_string(call);
        page.kind = AlarmKind::technical;
        page.priority = Priority::medium;
        rig.pager.send(page, text, {}, rig.note());
    }
    Page medium = test_page(9, "pcd04", "hospital");
    medium.key.person = "midwife-2";
    medium.priority = Priority::medium;
    rig.pager.send(medium, text, {}, rig.note());
    rig.send(9);
    rig.send(7, 0, 2, "midwife-3");
    std::vector<std::string> reports;
    for (int i = 0; i < 8; ++i) reports.push_back(field(rig.next_report(), "OBR", 3).substr(0, 6));
    EXPECT_THAT(reports, ElementsAre("1-20.1", "1-9.1^", "1-9.2^", "1-7.1^", "1-21.1", "1-22.1", "1-23.1", "1-24.1"));
}

TEST(PcdPeer, WhoDoesNotAnswerInTimeIsNoFaultOfTheChannel)
{
    PcdRig rig{{"CA"}};
    rig.send(7);
    const std::string id = field(rig.next_report(), "MSH", 10);
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_TRUE(rig.pager.take({id, "s1", {{PcdEvent::timeout, "midwife-1"}}}));
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::no_answer));
}

TEST(PcdListener, APortThatIsTakenIsTriedAgain)
{
    Rig rig;
    boost::asio::ip::tcp::acceptor other{rig.io, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    const std::uint16_t port = other.local_endpoint().port();
    PcdListener listener{rig.io.get_executor(), rig.clock, [](const PcdStatus&) { return false; }, {}, Duration{30'000},
                         Duration{20}};
    EXPECT_EQ(listener.listen("127.0.0.1", port, {}), "");
    EXPECT_NE(listener.trouble(), "");
    other.close();
    EXPECT_TRUE(rig.until([&] { return listener.trouble().empty(); }));
    Peer stranger{"tests/integration/pagers/pcd_status_send.py", {std::to_string(port), "nobodys", "Delivered"}};
    EXPECT_EQ(rig.find(stranger, [](const auto&) { return true; })["code"], "CR");
}

#ifndef MAGWATCH_UBSAN // its check of an object's type takes two descriptors, and calls every object wrong without them
TEST(PcdListener, WithoutDescriptorsItWaitsAMoment)
{
    Rig rig;
    PcdListener listener{rig.io.get_executor(), rig.clock, [](const PcdStatus&) { return false; }, {}};
    ASSERT_EQ(listener.listen("127.0.0.1", 0, {}), "");
    boost::asio::ip::tcp::socket socket{rig.io};
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), listener.port()});
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest = dup(0);
    ASSERT_GE(lowest, 0);
    close(lowest);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(lowest);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const std::size_t turns = rig.io.run_for(std::chrono::milliseconds{300});
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_LE(turns, 20U) << "four pauses and what begins them";
    boost::asio::write(socket, boost::asio::buffer(std::string{"\x0BMSH|\x1C\r"}));
    bool answered = false;
    char byte = 0;
    socket.async_read_some(boost::asio::buffer(&byte, 1),
                           [&](const boost::system::error_code& error, std::size_t) { answered = !error; });
    EXPECT_TRUE(rig.until([&] { return answered; }));
}
#endif

TEST(PcdListener, TakesStatusesOfOurReportsAndRefusesAllElse)
{
    PcdRig rig{{"CA"}};
    PcdListener listener{rig.io.get_executor(), rig.clock, [&](const PcdStatus& status) { return rig.pager.take(status); },
                         [](const auto& then) { then(true); }};
    ASSERT_EQ(listener.listen("127.0.0.1", 0, {}), "");
    rig.send(7);
    const std::string id = field(rig.next_report(), "MSH", 10), port = std::to_string(listener.port());
    Peer manager{"tests/integration/pagers/pcd_status_send.py", {port, id, "Delivered", "Accepted=midwife-1", "Eaten", "junk"}};
    const auto answer = [&] { return rig.find(manager, [](const auto&) { return true; }); };
    const auto delivered = answer();
    EXPECT_EQ(delivered["code"], "CA");
    EXPECT_EQ(delivered["id"], "s0");
    EXPECT_EQ(answer()["code"], "CA");
    EXPECT_EQ(answer()["code"], "CR");
    EXPECT_EQ(answer()["code"], "CR");
    Peer stranger{"tests/integration/pagers/pcd_status_send.py", {port, "somebody-elses", "Accepted=midwife-1"}};
    EXPECT_EQ(rig.find(stranger, [](const auto&) { return true; })["code"], "CR");
    EXPECT_EQ(listener.refused(), 3U);
    EXPECT_THAT(rig.receipts, ElementsAre(PageOutcome::delivered));
    EXPECT_THAT(rig.answers, ElementsAre(std::pair{std::string{"midwife-1"}, AnswerKind::coming}));
}

TEST(PcdListener, ConfirmsWhatIsOnDisk)
{
    PcdRig rig{{"CA"}};
    std::vector<std::function<void(bool)>> waiting;
    PcdListener listener{rig.io.get_executor(), rig.clock, [&](const PcdStatus& status) { return rig.pager.take(status); },
                         [&](const auto& then) { waiting.push_back(then); }};
    ASSERT_EQ(listener.listen("127.0.0.1", 0, {}), "");
    rig.send(7);
    const std::string id = field(rig.next_report(), "MSH", 10), port = std::to_string(listener.port());
    Peer manager{"tests/integration/pagers/pcd_status_send.py", {port, id, "Delivered", "Accepted=midwife-1"}};
    for (const bool stored : {false, true}) {
        ASSERT_TRUE(rig.until([&] { return !waiting.empty(); }));
        rig.io.poll();
        EXPECT_FALSE(manager.report(std::chrono::milliseconds{50}).is_object()) << "not before";
        waiting.back()(stored);
        waiting.clear();
        EXPECT_EQ(rig.find(manager, [](const auto&) { return true; })["code"], stored ? "CA" : "CE");
    }
}

TEST(PcdListener, HalfAMessageIsNotWaitedForForEver)
{
    Rig rig;
    PcdListener listener{rig.io.get_executor(), rig.clock, [](const PcdStatus&) { return false; }, {}, Duration{50}};
    ASSERT_EQ(listener.listen("127.0.0.1", 0, {}), "");
    boost::asio::ip::tcp::socket socket{rig.io};
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), listener.port()});
    boost::asio::write(socket, boost::asio::buffer(std::string{"\x0BMSH|"}));
    bool closed = false;
    char byte = 0;
    socket.async_read_some(boost::asio::buffer(&byte, 1),
                           [&](const boost::system::error_code& error, std::size_t) { closed = error.failed(); });
    EXPECT_TRUE(rig.until([&] { return closed; }));
    EXPECT_NE(listener.listen("a name", 0, {}), "");
}

TEST(PcdPeer, AFollowUpStartsNoAlarm)
{
    PcdRig rig{{"CA"}};
    Page page = test_page(7, "pcd04", "hospital");
    page.reason = PageReason::taken;
    rig.pager.send(page, text, {}, rig.note());
    ASSERT_TRUE(rig.until_outcomes(1));
    EXPECT_EQ(rig.outcomes[0].outcome, PageOutcome::accepted);
    EXPECT_THAT(rig.book->standing("hospital"), IsEmpty());
}

} // namespace
} // namespace magwatch::adapters
