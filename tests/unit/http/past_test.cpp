#include "daemon/http/past.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::variant<HistoryQuestion, Mistake> read(RouteId route, const std::string& query, const std::string& bed = "bed-3")
{
    static const PublishedWard ward = sample_ward();
    return read_question(route, bed, "/api/v1/beds/" + bed + "/x" + query, ward.view, sample_now);
}

HistoryQuestion good(RouteId route, const std::string& query)
{
    auto question = read(route, query);
    if (const auto* mistake = std::get_if<Mistake>(&question)) {
        ADD_FAILURE() << query << ": " << mistake->error;
        return {};
    }
    return std::get<HistoryQuestion>(std::move(question));
}

Mistake bad(RouteId route, const std::string& query)
{
    auto question = read(route, query);
    if (const auto* mistake = std::get_if<Mistake>(&question)) return *mistake;
    ADD_FAILURE() << query << " was taken";
    return {};
}

TEST(PastQuery, HasADefaultForEverything)
{
    const HistoryQuestion trend = good(RouteId::trend, "");
    EXPECT_EQ(trend.bed, "bed-3");
    EXPECT_EQ(trend.points, 1000U);
    EXPECT_EQ(trend.now, sample_now);
    EXPECT_FALSE(trend.from);
    EXPECT_FALSE(good(RouteId::export_csv, "").full);
    EXPECT_EQ(good(RouteId::export_fhir, "").interval, Duration{5min});
    EXPECT_EQ(good(RouteId::export_fhir, "").form, HistoryQuestion::Form::fhir);
}

TEST(PastQuery, ReadsTimesSignalsAndNumbers)
{
    const HistoryQuestion asked =
        good(RouteId::trend, "?from=1970-01-02T00%3A00%3A00%2B01%3A00&to=1970-01-02T00:00:00Z&signals=rr,spo2,rr&points=2000");
    EXPECT_EQ(asked.from->ms, 23 * 3'600'000);
    EXPECT_EQ(asked.to->ms, 24 * 3'600'000);
    EXPECT_THAT(asked.signals, ElementsAre("rr", "spo2"));
    EXPECT_EQ(asked.points, 2000U);
    EXPECT_EQ(*good(RouteId::trend, "?to=9999-01-01T00:00:00Z").to, sample_now); // nobody looks ahead
    EXPECT_TRUE(good(RouteId::export_csv, "?resolution=full").full);
    EXPECT_EQ(good(RouteId::export_fhir, "?interval_minutes=60").interval, Duration{1h});
}

TEST(PastQuery, RefusesWhatItCannotMeanWithTheParameter)
{
    for (const char* query : {"?points=0", "?points=1", "?points=2001", "?points=-5", "?points=1e3", "?points=", "?points"}) {
        EXPECT_EQ(bad(RouteId::trend, query).status, 400U) << query;
    }
    EXPECT_EQ(bad(RouteId::trend, "?from=2026-03-01T02:14:00").field, "from"); // whose local time?
    EXPECT_EQ(bad(RouteId::trend, "?signals=rr,nonsense").field, "signals");
    EXPECT_THAT(bad(RouteId::trend, "?from=1970-01-02T00:00:00Z&to=1970-01-02T00:00:00Z").error, HasSubstr("before the end"));
    EXPECT_THAT(bad(RouteId::trend, "?from=1970-01-01T00:00:00Z").error, HasSubstr("31 days"));
    EXPECT_THAT(bad(RouteId::trend, "?points=5&points=5").error, HasSubstr("twice"));
    EXPECT_EQ(bad(RouteId::trend, "?resolution=full").field, "resolution"); // of another form
    EXPECT_EQ(bad(RouteId::export_csv, "?points=5").field, "points");
    EXPECT_EQ(bad(RouteId::export_csv, "?resolution=half").field, "resolution");
    EXPECT_EQ(bad(RouteId::export_fhir, "?interval_minutes=61").field, "interval_minutes");
    EXPECT_EQ(bad(RouteId::trend, "?%zz=1").status, 400U);
    EXPECT_EQ(std::get<Mistake>(read(RouteId::trend, "", "bed-99")).status, 404U);
}

TEST(PastAnswer, IsSavedUnderANameThatNobodyCanSteer)
{
    const Response response = response_of({200, "", "text/csv", "a", "b\"ed/../1\r\nX: y.csv"});
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].second, "attachment; filename=\"b_ed_.._1__X__y.csv\"");
}

} // namespace
} // namespace magwatch::http
