#include "adapters/pagers/alert_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/alertmanager_form.hpp"

namespace magwatch::adapters {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr WallTime wall{1'763'691'245'123}; // 2025-11-21T02:14:05.123Z
Moment after(Duration d) { return Moment{Instant{1'000}, wall}.at(Instant{1'000} + d); }

Page page(std::uint32_t call, std::uint32_t repetition = 0, const std::string& person = "midwife-1")
{
    Page p;
    p.key = {{1, call}, 0, repetition, person, "alerts"};
    p.number = 1200 + call;
    p.bed_alias = "bed-3";
    p.place = "Ward L4 Bed 3";
    p.words = {"Slow breathing"};
    p.at = wall;
    return p;
}

struct Book : AlertBook {
    void ring_page(const Page& p, Duration at) { ring("hospital", p, alert_of(p, "text", "L4"), after(at)); }
};

TEST(AlertBody, IsWhatAlertmanagerTakes)
{
    const auto body = nlohmann::json::parse(alerts_body({alert_of(page(7), "MAG HIGH \"x\"", "L4")}, wall));
    const auto expected = nlohmann::json::parse(R"([{
        "labels": {"alertname": "magwatch", "ward": "L4", "call": "1-7", "ring": "0/0", "person": "midwife-1",
                   "channel": "alerts", "priority": "high", "kind": "physiological", "bed": "bed-3"},
        "annotations": {"summary": "MAG HIGH \"x\"", "number": "1207"},
        "startsAt": "2025-11-21T02:14:05.123Z", "endsAt": "2025-11-21T02:18:05.123Z"}])");
    EXPECT_EQ(body, expected);
    EXPECT_EQ(alerts_body({}, wall), "[]");
}

TEST(AlertBody, LabelsHoldNothingOfWhatWasFound)
{
    Page worse = page(7);
    worse.words = {"Respiratory rate 6"};
    worse.grade = 2;
    EXPECT_EQ(alert_of(page(7), "a", "L4").labels, alert_of(worse, "b", "L4").labels);
}

TEST(AlertBody, NeverEndsBeforeItStarts)
{
    const WallTime set_back{wall.ms - 3'600'000};
    const auto body = nlohmann::json::parse(alerts_body({alert_of(page(7), "x", "L4")}, set_back));
    EXPECT_LE(body[0]["startsAt"].get<std::string>(), body[0]["endsAt"].get<std::string>());
}

TEST(AlertBook, RingsUntilTheCallEndsAndSaysFarewellForFiveMinutes)
{
    using namespace std::chrono_literals;
    Book book;
    book.ring_page(page(7), 0s);
    ASSERT_THAT(book.alerts("hospital", after(1h)), SizeIs(1));
    EXPECT_EQ(book.alerts("hospital", after(1h))[0].ends_at.ms, 0);
    EXPECT_THAT(book.alerts("elsewhere", after(1h)), IsEmpty());
    book.end({1, 8}, after(1h));
    EXPECT_EQ(book.alerts("hospital", after(1h))[0].ends_at.ms, 0) << "another call's end";
    book.end({1, 7}, after(2h));
    book.end({1, 7}, after(2h));
    ASSERT_THAT(book.alerts("hospital", after(2h + 5min)), SizeIs(1));
    EXPECT_EQ(book.alerts("hospital", after(2h + 5min))[0].ends_at, after(2h).wall);
    EXPECT_THAT(book.alerts("hospital", after(2h + 5min + 1s)), IsEmpty());
}

TEST(AlertBook, ANewRingReplacesTheOneBeforeAndAnOldOneDoesNot)
{
    using namespace std::chrono_literals;
    Book book;
    book.ring_page(page(7, 1), 0s);
    book.ring_page(page(7, 1), 1s); // an attempt more
    book.ring_page(page(7, 0), 2s); // late
    ASSERT_THAT(book.alerts("hospital", after(3s)), SizeIs(1));
    book.ring_page(page(7, 2), 4s);
    const auto told = book.alerts("hospital", after(5s));
    ASSERT_THAT(told, SizeIs(2));
    EXPECT_EQ(told[0].labels.at("ring"), "2/0");
    EXPECT_EQ(told[0].ends_at.ms, 0);
    EXPECT_EQ(told[1].labels.at("ring"), "1/0");
    EXPECT_EQ(told[1].ends_at, after(4s).wall);
}

TEST(AlertBook, PeopleAndCallsRingApartAndEndTogether)
{
    using namespace std::chrono_literals;
    Book book;
    book.ring_page(page(7, 0, "midwife-1"), 0s);
    book.ring_page(page(7, 0, "midwife-2"), 0s);
    book.ring_page(page(8), 0s);
    EXPECT_EQ(book.ringing(), 3U);
    book.end({1, 7}, after(1s));
    EXPECT_EQ(book.ringing(), 1U);
}

TEST(AlertBook, HowACallGoesOnRingsNothing)
{
    using namespace std::chrono_literals;
    Book book;
    book.ring_page(page(7), 0s);
    for (const auto reason : {PageReason::taken, PageReason::escalated, PageReason::ended}) {
        Page told = page(7, 5);
        told.reason = reason;
        book.ring_page(told, 1s);
    }
    ASSERT_THAT(book.alerts("hospital", after(2s)), SizeIs(1));
    EXPECT_EQ(book.alerts("hospital", after(2s))[0].labels.at("ring"), "0/0");
}

TEST(AlertBook, ATestEndsByItself)
{
    using namespace std::chrono_literals;
    Book book;
    Page test = page(7);
    test.reason = PageReason::test;
    book.ring_page(test, 0s);
    EXPECT_EQ(book.ringing(), 0U);
    EXPECT_EQ(alert_of(test, "x", "L4").labels.at("test"), "true");
}

TEST(AlertmanagerForm, MistakesAreFound)
{
    AlertmanagerCluster cluster;
    EXPECT_THAT(mistakes(cluster), Contains(HasSubstr("every member")));
    cluster.urls = {"https://a.example:9093", "http://127.0.0.1:9093/prefix"};
    EXPECT_THAT(mistakes(cluster), IsEmpty());
    cluster.urls = {"http://alerts.example", "https://a.example/api/v2/alerts", "https://a.example/?x"};
    EXPECT_THAT(mistakes(cluster), SizeIs(3));
    cluster.urls = {"https://a.example"};
    cluster.login.user = "ward";
    EXPECT_THAT(mistakes(cluster), Contains(HasSubstr("user needs a secret")));
    cluster.login.secret.emplace("a\nb");
    EXPECT_THAT(mistakes(cluster), Contains(HasSubstr("not plain text")));
}

TEST(HttpLogin, IsBasicWithAUserAndATokenWithout)
{
    EXPECT_EQ(authorization({}), "");
    EXPECT_EQ(authorization({"", Secret{"tk_x"}}), "Authorization: Bearer tk_x");
    EXPECT_EQ(authorization({"ward", Secret{"pass"}}), "Authorization: Basic d2FyZDpwYXNz");
}

} // namespace
} // namespace magwatch::adapters
