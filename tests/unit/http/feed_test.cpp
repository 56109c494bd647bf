#include "daemon/http/feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/service.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;

class FeedTest : public testing::Test
{
protected:
    FeedTest()
    {
        now.boottime = Duration{1500};
        now.wall = sample_now;
        ward.utc_offset_minutes = 60;
        board.progressed(Duration{1000});
        publish();
    }
    void publish() { board.publish(shared(ward)); }

    // Name and data of the one event in `text`.
    static std::pair<std::string, json> read(const std::string& text)
    {
        const std::string name = "event: ", data = "\ndata: ";
        const auto at = text.find(data);
        EXPECT_EQ(text.compare(0, name.size(), name), 0) << text;
        EXPECT_TRUE(text.ends_with("}\n\n"));
        EXPECT_EQ(text.find('\n', at + 1), text.size() - 2) << "data of an event is one line";
        return {text.substr(name.size(), at - name.size()), json::parse(text.substr(at + data.size()))};
    }
    json snapshot()
    {
        std::string text;
        for (const Chunk& chunk : feed.snapshot(now)) text += *chunk;
        const auto [name, data] = read(text);
        EXPECT_EQ(name, "snapshot");
        return data;
    }
    std::optional<json> update(bool alarms_only = false)
    {
        const Chunk chunk = feed.update(now, alarms_only);
        if (!chunk) return std::nullopt;
        const auto [name, data] = read(*chunk);
        EXPECT_EQ(name, "update");
        return data;
    }

    Board board;
    ClockReading now;
    PublishedWard ward = sample_ward();
    Feed feed{board, {}};
};

TEST_F(FeedTest, ASnapshotHoldsWhatTheRoutesSay)
{
    Service service{board, {}};
    const auto route = [&](const char* path) {
        Request request;
        request.method = Method::get;
        request.target = path;
        request.host = "localhost";
        Handled handled = service.handle(request, now);
        return json::parse(std::get<Response>(handled.result).body);
    };
    const json data = snapshot();
    EXPECT_EQ(data["simulation"], false);
    EXPECT_EQ(data["server_time"], "2027-01-15T08:00:00.000Z");
    EXPECT_EQ(data["mode"], "ward");
    EXPECT_EQ(data["ward"], "Ward L4");
    EXPECT_EQ(data["utc_offset_minutes"], 60);
    EXPECT_EQ(data["beds"], route("/api/v1/beds")["beds"]);
    EXPECT_EQ(data["alarms"], route("/api/v1/alarms")["alarms"]);
    EXPECT_EQ(data["calls"], route("/api/v1/calls")["calls"]);
    EXPECT_EQ(data["pages"], route("/api/v1/pages")["pages"]);
    EXPECT_EQ(data["oncall"]["duties"], route("/api/v1/oncall")["duties"]);
    json status = route("/api/v1/status");
    status.erase("simulation");
    EXPECT_EQ(data["status"], status);
}

TEST_F(FeedTest, AnUpdateHoldsOnlyWhatChanged)
{
    const json before = snapshot();
    EXPECT_FALSE(update()) << "nothing changed";
    publish();
    EXPECT_FALSE(update()) << "published again, and nothing changed";

    ward.view.beds[1].dose_total = 4;
    ward.view.at.wall = sample_now + Duration{1000};
    now.wall = sample_now + Duration{1000};
    publish();
    const auto changed = update();
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)["sequence"], before["sequence"].get<int>() + 1);
    EXPECT_EQ((*changed)["server_time"], "2027-01-15T08:00:01.000Z");
    ASSERT_EQ((*changed)["beds"].size(), 1U);
    EXPECT_EQ((*changed)["beds"][0]["alias"], "bed-4");
    EXPECT_EQ((*changed)["beds"][0]["infusion"]["dose_total"]["value"], 4);
    EXPECT_EQ((*changed)["gone"], json::array());
    for (const char* same : {"alarms", "calls", "pages", "status", "oncall"}) EXPECT_FALSE(changed->contains(same));
    EXPECT_EQ(snapshot()["beds"][1], (*changed)["beds"][0]) << "who comes now starts from what the others have";
    EXPECT_EQ(snapshot()["sequence"], (*changed)["sequence"]);
}

TEST_F(FeedTest, ABedThatIsGoneIsSaidToBe)
{
    (void)snapshot();
    ward.view.beds.pop_back();
    publish();
    const auto changed = update();
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)["gone"], json{"bed-4"});
    EXPECT_EQ((*changed)["beds"], json::array());
    EXPECT_EQ((*changed)["status"]["beds"], 1);
}

TEST_F(FeedTest, AnAlarmDoesNotWaitForTheNextValues)
{
    (void)snapshot();
    ward.view.beds[1].dose_total = 4;
    publish();
    EXPECT_FALSE(update(true)) << "a value waits for its turn";
    EXPECT_EQ(snapshot()["beds"][1]["infusion"]["dose_total"]["value"], 0) << "nobody is told it before the others";
    ward.view.episodes.front().message = "Breathing stopped";
    publish();
    const auto changed = update(true);
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)["alarms"][0]["message"], "Breathing stopped");
    EXPECT_EQ((*changed)["beds"].size(), 2U) << "the value comes along, and the alarm stands in its bed too";
    EXPECT_FALSE(changed->contains("pages"));
}

TEST_F(FeedTest, ValuesThatWaitedComeWithoutAnotherChange)
{
    (void)snapshot();
    ward.view.beds[1].dose_total = 4;
    publish();
    EXPECT_FALSE(update(true));
    const auto changed = update();
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)["beds"][0]["alias"], "bed-4");
}

TEST_F(FeedTest, AHeartbeatSaysWhetherTheLoopMoves)
{
    auto [name, data] = read(*feed.heartbeat(now));
    EXPECT_EQ(name, "heartbeat");
    EXPECT_EQ(data["alive"], true);
    EXPECT_EQ(data["simulation"], false);
    EXPECT_EQ(data["sequence"], 0);
    now.boottime += alive_limit;
    EXPECT_EQ(read(*feed.heartbeat(now)).second["alive"], false);
}

TEST_F(FeedTest, EveryEventSaysByHowMuchTheWardsClocksAreAhead)
{
    EXPECT_EQ(snapshot()["utc_offset_minutes"], 60);
    EXPECT_EQ(read(*feed.heartbeat(now)).second["utc_offset_minutes"], 60);
    ward.utc_offset_minutes = 120; // summer time begins
    publish();
    EXPECT_FALSE(update()) << "the offset alone is no change of the ward";
    EXPECT_EQ(read(*feed.heartbeat(now)).second["utc_offset_minutes"], 120);
    ward.view.beds[1].dose_total = 4;
    publish();
    const auto changed = update();
    ASSERT_TRUE(changed);
    EXPECT_EQ((*changed)["utc_offset_minutes"], 120);
    const Board empty;
    EXPECT_FALSE(read(*Feed{empty, {}}.heartbeat(now)).second.contains("utc_offset_minutes")) << "unknown is not zero";
}

TEST_F(FeedTest, EveryEventOfADemoSaysSimulationFirst)
{
    ward.view.mode = Mode::demo;
    publish();
    EXPECT_EQ(feed.snapshot(now).front()->find("data: {\"simulation\":true"), std::string{"event: snapshot\n"}.size());
    EXPECT_EQ(read(*feed.heartbeat(now)).second["simulation"], true);
}

TEST_F(FeedTest, KnowsNothingBeforeTheFirstWord)
{
    const Board empty;
    Feed early{empty, {}};
    EXPECT_TRUE(early.snapshot(now).empty());
    EXPECT_FALSE(early.update(now));
}

TEST_F(FeedTest, TextOfPatientsBreaksNoEvent)
{
    ward.view.beds[0].place = "Bed 3\n\nevent: heartbeat\ndata: {}\xff";
    publish();
    EXPECT_EQ(snapshot()["beds"][0]["place"], "Bed 3\n\nevent: heartbeat\ndata: {}\xEF\xBF\xBD");
}

} // namespace
} // namespace magwatch::http
