#include "adapters/pagers/ntfy_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace magwatch::adapters {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

NtfyServer server(const std::string& url = "https://ntfy.ward.example")
{
    NtfyServer s;
    s.name = "ward";
    s.url = url;
    s.login.secret.emplace("tk_x");
    return s;
}

Page page()
{
    Page p;
    p.key = {{1, 7}, 0, 0, "midwife-1", "phone"};
    p.number = 1207;
    p.bed_alias = "bed-3";
    p.place = "Ward L4 Bed 3";
    p.words = {"Slow breathing"};
    return p;
}

std::string header(const std::vector<std::string>& all, const std::string& name)
{
    for (const auto& one : all)
        if (one.starts_with(name + ": ")) return one.substr(name.size() + 2);
    return "";
}

TEST(NtfyHeaders, CarryUrgencyAndTheThreeAnswers)
{
    const auto all = ntfy_headers(page(), {"https://w/answer/a", "https://w/answer/b", "https://w/answer/c"});
    EXPECT_EQ(header(all, "Title"), "magwatch HIGH #1207");
    EXPECT_EQ(header(all, "Priority"), "5");
    const auto actions = nlohmann::json::parse(header(all, "Actions"));
    ASSERT_THAT(actions, SizeIs(3));
    EXPECT_EQ(actions[0], nlohmann::json::parse(R"({"action": "http", "label": "Coming", "method": "POST",
                                                    "url": "https://w/answer/a", "clear": true})"));
    EXPECT_EQ(actions[1]["label"], "Cannot");
    EXPECT_EQ(actions[2]["url"], "https://w/answer/c");
    EXPECT_EQ(header(ntfy_headers(page(), {}), "Actions"), "");
}

TEST(NtfyHeaders, ALockedScreenShowsNoBedAndNoFinding)
{
    for (const auto& one : ntfy_headers(page(), {"https://w/answer/a", "", ""})) {
        EXPECT_THAT(one, Not(HasSubstr("Bed")));
        EXPECT_THAT(one, Not(HasSubstr("bed-3")));
        EXPECT_THAT(one, Not(HasSubstr("breathing")));
    }
}

TEST(NtfyHeaders, AFollowUpAsksForNothing)
{
    Page p = page();
    p.reason = PageReason::taken;
    const auto all = ntfy_headers(p, {"https://w/answer/a", "https://w/answer/b", ""});
    EXPECT_EQ(header(all, "Actions"), "");
    EXPECT_EQ(header(all, "Priority"), "3");
}

TEST(NtfyHeaders, UrgencyFollowsThePage)
{
    Page p = page();
    p.kind = AlarmKind::technical;
    EXPECT_EQ(header(ntfy_headers(p, {}), "Priority"), "4");
    p.priority = Priority::low;
    EXPECT_EQ(header(ntfy_headers(p, {}), "Priority"), "2");
    p.reason = PageReason::test;
    p.simulation = true;
    EXPECT_EQ(header(ntfy_headers(p, {}), "Title"), "magwatch SIMULATION TEST #1207");
    EXPECT_EQ(header(ntfy_headers(p, {}), "Priority"), "3");
}

RC_GTEST_PROP(NtfyHeaders, NoLinkBecomesAnotherHeader, (const std::string& link))
{
    for (const auto& one : ntfy_headers(page(), {link, link, link}))
        for (const char c : one) RC_ASSERT(c >= 0x20 && c < 0x7F);
}

TEST(NtfyServers, APublicOneIsRefusedWhateverItsSpelling)
{
    EXPECT_THAT(mistakes(server()), IsEmpty());
    for (const char* url : {"https://ntfy.sh", "https://NTFY.sh./", "https://eu.ntfy.sh:443", "https://ntfy.sh/x"})
        EXPECT_THAT(mistakes(server(url)), Contains(HasSubstr("ntfy.sh is public"))) << url;
    EXPECT_THAT(mistakes(server("https://notntfy.sh.example")), IsEmpty());
}

TEST(NtfyServers, MistakesAreFound)
{
    EXPECT_THAT(mistakes(server("http://ntfy.ward.example")), Contains(HasSubstr("this machine alone")));
    NtfyServer open = server();
    open.login.secret.reset();
    EXPECT_THAT(mistakes(open), Contains(HasSubstr("a secret is needed")));
    open.url = "http://127.0.0.1:8080";
    EXPECT_THAT(mistakes(open), IsEmpty());
    EXPECT_TRUE(ntfy_address("ward midwives_L4"));
    EXPECT_FALSE(ntfy_address("ward mid/wives"));
    EXPECT_FALSE(ntfy_address("ward " + std::string(65, 'a')));
    EXPECT_FALSE(ntfy_address("ward "));
    EXPECT_EQ(ntfy_url(server("https://ntfy.ward.example/"), "t"), "https://ntfy.ward.example/t");
}

TEST(NtfyHealth, IsWhatTheServerSaysOfItself)
{
    EXPECT_TRUE(ntfy_is_healthy(R"({"healthy":true})"));
    for (const char* reply : {R"({"healthy":false})", R"({"healthy":"true"})", "[]", "", "<html>", "{}"})
        EXPECT_FALSE(ntfy_is_healthy(reply)) << reply;
}

} // namespace
} // namespace magwatch::adapters
