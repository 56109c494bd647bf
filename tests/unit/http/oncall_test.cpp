// Who is on call, how far a page got, and what a change of the roster must say.
#include <gmock/gmock.h>

#include "daemon/http/bodies.hpp"
#include "daemon/http/render.hpp"
#include "daemon/http/times.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using nlohmann::json;
using namespace std::chrono_literals;

WardView with_roster()
{
    WardView view = sample_ward().view;
    view.duties = {{"obstetrician", {{"dora"}, DutySource::shift}, "head", sample_now + 4h}};
    return view;
}

std::variant<Change, Mistake> read(RouteId route, const json& body)
{
    return read_change(route, "", body.dump(), with_roster(), sample_now);
}

ChangeRoster good(RouteId route, const json& body)
{
    auto result = read(route, body);
    if (const auto* bad = std::get_if<Mistake>(&result)) {
        ADD_FAILURE() << bad->field << " " << bad->error;
        return {};
    }
    return std::get<ChangeRoster>(std::get<Action>(std::get<Change>(result).inputs.at(0)).what);
}

std::string bad_field(const json& body)
{
    auto result = read(RouteId::oncall_set, body);
    const auto* bad = std::get_if<Mistake>(&result);
    return bad != nullptr ? bad->field : "taken";
}

const json base{{"person", "charge"}, {"roster", "obstetrician"}, {"to", "eve"}, {"reason", "ill"}};
json with(const json& more)
{
    json body = base;
    body.update(more);
    return body;
}

TEST(OnCallBody, SaysWhoForHowLongAndWhy)
{
    const ChangeRoster now = good(RouteId::oncall_set, with({{"seconds", 3600}}));
    EXPECT_EQ(now.roster, "obstetrician");
    EXPECT_EQ(now.to_person, "eve");
    EXPECT_EQ(now.reason, "ill");
    EXPECT_EQ(now.when.from, sample_now);
    EXPECT_EQ(now.when.to, sample_now + 1h);
    const ChangeRoster later = good(RouteId::oncall_set, with({{"from", format_time(sample_now + 24h)},
                                                               {"until", format_time(sample_now + 30h)}}));
    EXPECT_EQ(later.when.from, sample_now + 24h);
    EXPECT_EQ(later.when.to, sample_now + 30h);
    const ChangeRoster back = good(RouteId::oncall_take_back, {{"person", "charge"}, {"roster", "obstetrician"}});
    EXPECT_EQ(back.to_person, "");
    EXPECT_EQ(back.when.from, sample_now);
}

TEST(OnCallBody, IsRefusedWithTheFieldThatIsWrong)
{
    EXPECT_EQ(bad_field(with({{"seconds", 59}})), "seconds");
    EXPECT_EQ(bad_field(with({{"seconds", 1'209'601}})), "seconds");
    EXPECT_EQ(bad_field(base), "seconds"); // no end
    EXPECT_EQ(bad_field(with({{"seconds", 3600}, {"until", format_time(sample_now + 1h)}})), "seconds");
    EXPECT_EQ(bad_field(with({{"until", format_time(sample_now - 1h)}})), "until");
    EXPECT_EQ(bad_field(with({{"until", "08:00"}})), "until");
    EXPECT_EQ(bad_field(with({{"roster", "anaesthetist"}, {"seconds", 3600}})), "roster");
    EXPECT_EQ(bad_field(with({{"reason", ""}, {"seconds", 3600}})), "reason");
    EXPECT_EQ(bad_field(with({{"shift", 1}, {"seconds", 3600}})), "shift");
}

TEST(OnCallBody, IsRenderedForNowAndForAnotherTime)
{
    WardView view = with_roster();
    view.roster_changes = {{"obstetrician", "eve", {sample_now + 1h, sample_now + 2h}, "ill", "charge"}};
    const json now = render_oncall(view);
    EXPECT_EQ(now["duties"][0]["people"], json({"dora"}));
    EXPECT_EQ(now["duties"][0]["source"], "shift");
    EXPECT_EQ(now["duties"][0]["until"], format_time(sample_now + 4h));
    EXPECT_EQ(now["changes"][0]["to"], "eve");
    const Rosters rosters{{{"obstetrician", {{{sample_now, sample_now + 4h}, "dora"}}, "head"}}, {}};
    const auto at = [&](Duration later) {
        const json shown = render_oncall_at(view, rosters, sample_now + later);
        return shown["duties"][0]["people"][0].get<std::string>();
    };
    EXPECT_EQ(at(0h), "dora");
    EXPECT_EQ(at(1h), "eve");
    EXPECT_EQ(at(2h), "dora");
    EXPECT_EQ(at(4h), "head");
}

std::string state_of(std::optional<PageOutcome> outcome, Responsibility answer, PageReason reason = PageReason::first)
{
    WardView view = sample_ward().view;
    view.pages[0].outcome = outcome;
    view.pages[0].page.reason = reason;
    view.calls[0].told = {{"midwife-1", 0, sample_now, answer, sample_now}, {"other", 0, sample_now, {}, {}}};
    return json(render_pages(view))["pages"][0]["state"];
}

TEST(PageState, IsTheChannelsUntilThePersonAnswers)
{
    constexpr auto nothing = Responsibility::undefined;
    EXPECT_EQ(state_of(std::nullopt, nothing), "queued");
    EXPECT_EQ(state_of(PageOutcome::accepted, nothing), "sent");
    EXPECT_EQ(state_of(PageOutcome::delivered, nothing), "delivered");
    EXPECT_EQ(state_of(PageOutcome::read, nothing), "read");
    EXPECT_EQ(state_of(PageOutcome::failed, nothing), "failed");
    EXPECT_EQ(state_of(PageOutcome::unknown, nothing), "unknown");
    EXPECT_EQ(state_of(PageOutcome::failed, Responsibility::accepted), "accepted");
    EXPECT_EQ(state_of(PageOutcome::read, Responsibility::declined), "declined");
    EXPECT_EQ(state_of(std::nullopt, Responsibility::attended), "attended");
    // What asks for nothing is answered by nothing.
    EXPECT_EQ(state_of(PageOutcome::accepted, Responsibility::attended, PageReason::ended), "sent");
    EXPECT_EQ(state_of(PageOutcome::accepted, Responsibility::attended, PageReason::test), "sent");
}

TEST(CallBody, SaysWhatToTypeAndWhatEachPersonAnswered)
{
    WardView view = sample_ward().view;
    view.calls[0].code = 17;
    view.calls[0].told = {{"midwife-1", 1, sample_now, Responsibility::declined, sample_now + 1min}};
    const json call = json(render_calls(view))["calls"][0];
    EXPECT_EQ(call["code"], 17);
    EXPECT_EQ(call["told"][0]["person"], "midwife-1");
    EXPECT_EQ(call["told"][0]["rung"], 1);
    EXPECT_EQ(call["told"][0]["answer"], "declined");
    EXPECT_EQ(call["told"][0]["answered"], format_time(sample_now + 1min));
}

} // namespace
} // namespace magwatch::http
