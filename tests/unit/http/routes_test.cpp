#include "daemon/http/routes.hpp"

#include <gtest/gtest.h>

namespace magwatch::http
{
namespace
{

std::string example(std::string_view pattern)
{
    std::string path{pattern};
    const auto open = path.find('{');
    if (open != std::string::npos) path.replace(open, path.find('}') - open + 1, "x-1");
    return path;
}

TEST(Routes, EachMatchesItsOwnPatternAndMethodOnly)
{
    for (const Route& route : routes()) {
        const std::string path = example(route.pattern);
        const Match found = match(route.method, path);
        ASSERT_NE(found.route, nullptr) << path;
        EXPECT_EQ(found.route->id, route.id) << path;
        EXPECT_EQ(match(Method::other, path).route, nullptr);
        EXPECT_FALSE(match(Method::other, path).allowed.empty());
        EXPECT_EQ(match(route.method, path + "/").route, nullptr);
        EXPECT_EQ(match(route.method, path + "/x/y/z").route, nullptr);
        EXPECT_EQ(match(route.method, "/x" + path).route, nullptr);
    }
}

TEST(Routes, NothingThatChangesStateIsAGet)
{
    for (const Route& route : routes())
        EXPECT_EQ(route.method == Method::get, route.guard == Guard::read || route.guard == Guard::live);
}

TEST(Routes, DecodeTheParameterAndRefuseWhatCannotBeOne)
{
    EXPECT_EQ(match(Method::get, "/api/v1/beds/bed%2d3").parameter, "bed-3");
    EXPECT_EQ(match(Method::get, "/api/v1/beds/a%2Fb").parameter, "a/b");
    EXPECT_TRUE(match(Method::get, "/api/v1/beds/%0a").bad_target);
    EXPECT_TRUE(match(Method::get, "/api/v1/beds/%zz").bad_target);
    EXPECT_TRUE(match(Method::get, "/api/v1/beds/%4").bad_target);
    EXPECT_TRUE(match(Method::get, "/api/v1/beds/%ff").bad_target);
    EXPECT_TRUE(match(Method::get, "http://elsewhere/metrics").bad_target);
    EXPECT_TRUE(match(Method::get, "").bad_target);
    EXPECT_EQ(match(Method::get, "/api/v1/beds//").route, nullptr);
    EXPECT_EQ(match(Method::get, "/api/v1/beds/..").parameter, "..");
    EXPECT_TRUE(match(Method::get, "/metrics?a=b").query);
}

TEST(Hosts, OnlyThisMachineByItsLoopbackNames)
{
    const std::vector<std::string> also{"ward-pc.example"};
    for (const char* host : {"localhost", "LOCALHOST:8300", "127.0.0.1", "127.0.0.1:8300", "[::1]",
                             "[::1]:80", "ward-pc.example:8300"})
        EXPECT_TRUE(is_our_host(host, also)) << host;
    for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                             "localhost:", "localhost:80x", "localhost:123456", "[::1", "::1",
                             "127.0.0.2", "user@localhost", "localhost:80:80"})
        EXPECT_FALSE(is_our_host(host, also)) << host;
}

const Route& route_of(RouteId id)
{
    for (const Route& route : routes())
        if (route.id == id) return route;
    throw std::logic_error{"no such route"};
}

Request good_change()
{
    Request request;
    request.method = Method::post;
    request.host = "localhost:8300";
    request.content_type = "application/json; charset=utf-8";
    request.client = "test";
    return request;
}

TEST(Guards, AChangeNeedsJsonAndAHeaderThatNoForeignPageCanSend)
{
    const Route& change = route_of(RouteId::entries);
    EXPECT_FALSE(guard(good_change(), change));
    Request request = good_change();
    request.content_type = "text/plain"; // what a foreign form can send
    EXPECT_EQ(guard(request, change)->status, 415U);
    request = good_change();
    request.client.clear();
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.trusted_peer = true; // the kernel said who it is
    EXPECT_FALSE(guard(request, change));
    request = good_change();
    request.origin = "http://evil.example";
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.origin = "null";
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.origin = "http://localhost:8301"; // another service of this machine
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.origin = "http://localhost:8300";
    EXPECT_FALSE(guard(request, change));
    request.fetch_site = "cross-site";
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.fetch_site = "same-site";
    EXPECT_EQ(guard(request, change)->status, 403U);
    request.fetch_site = "same-origin";
    EXPECT_FALSE(guard(request, change));
}

TEST(Guards, APageWithoutTlsIsForeignToOneWithTls)
{
    for (const RouteId id : {RouteId::entries, RouteId::stream}) {
        const Route& route = route_of(id);
        const auto status = [&](const Request& one) {
            const auto refused = guard(one, route);
            return refused ? refused->status : 0U;
        };
        Request request = good_change();
        request.host = "ward-pc.example:8300";
        request.origin = "http://ward-pc.example:8300";
        EXPECT_EQ(status(request), 0U);
        request.tls = true;
        EXPECT_EQ(status(request), 403U) << "anybody on the way can have written that page";
        request.origin = "https://ward-pc.example:8300";
        EXPECT_EQ(status(request), 0U);
        request.origin = "https://ward-pc.example"; // another port
        EXPECT_EQ(status(request), 403U);
        request.tls = false;
        request.origin = "https://ward-pc.example:8300";
        EXPECT_EQ(status(request), 403U);
    }
}

TEST(Guards, AnAnswerLinkNeedsItsForm)
{
    const Route& link = route_of(RouteId::answer_link);
    Request request = good_change();
    request.client.clear();
    EXPECT_EQ(guard(request, link)->status, 415U);
    request.content_type = "application/x-www-form-urlencoded";
    EXPECT_FALSE(guard(request, link));
    request.origin = "null"; // our page carries no Referer
    EXPECT_FALSE(guard(request, link));
    request.origin = "https://evil.example";
    EXPECT_EQ(guard(request, link)->status, 403U);
}

} // namespace
} // namespace magwatch::http
