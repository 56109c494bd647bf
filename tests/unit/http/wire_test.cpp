#include "daemon/http/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace magwatch::http
{
namespace
{

using testing::HasSubstr;
using testing::Not;

unsigned status_of(const std::string& bytes)
{
    const auto result = parse_bytes(bytes);
    if (!result) return 0;
    const auto* bad = std::get_if<WireError>(&*result);
    return bad == nullptr ? 200 : bad->status;
}

TEST(Wire, ReadsARequestWithWhatTheServiceJudgesBy)
{
    const auto result =
        parse_bytes("POST /api/v1/entries?x=1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n"
                    "Content-Type: application/json\r\nx-magwatch-client: cli\r\n"
                    "Sec-Fetch-Site: none\r\nContent-Length: 2\r\n\r\n{}");
    ASSERT_TRUE(result);
    const auto& request = std::get<Request>(*result);
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.target, "/api/v1/entries?x=1");
    EXPECT_EQ(request.host, "localhost");
    EXPECT_EQ(request.origin, "http://a");
    EXPECT_EQ(request.content_type, "application/json");
    EXPECT_EQ(request.client, "cli");
    EXPECT_EQ(request.fetch_site, "none");
    EXPECT_EQ(request.body, "{}");
    EXPECT_FALSE(request.trusted_peer);
}

TEST(Wire, WaitsForTheRest)
{
    EXPECT_EQ(status_of(""), 0U);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:"), 0U);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc"), 0U);
}

TEST(Wire, RefusesWhatIsTooLargeOrAmbiguous)
{
    const std::string start = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(status_of(start + "\r\n"), 200U);
    EXPECT_EQ(status_of(start + "X: " + std::string(9000, 'x') + "\r\n\r\n"), 431U);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"), 413U);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n" +
                        std::string(0x11000, 'x') + "\r\n0\r\n\r\n"),
              413U);
    EXPECT_EQ(status_of(start + "Host: evil.example\r\n\r\n"), 400U);
    EXPECT_EQ(status_of(start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 400U);
    EXPECT_EQ(
        status_of(
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        400U);
    for (const char* coding : {"xchunked", "identity", "gzip", "gzip, chunked", "chunked, chunked", "", "chunked;x=1"})
        EXPECT_EQ(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: " + std::string{coding} + "\r\n\r\n0\r\n\r\n"), 400U) << coding;
    EXPECT_EQ(status_of("\x16\x03\x01\x02\x00\x01\r\n\r\n"), 400U);
    EXPECT_EQ(status_of("GET / HTTP/2.0\r\n\r\n"), 400U);
}

TEST(Wire, EveryAnswerForbidsCachingSniffingAndFraming)
{
    Response response;
    response.status = 422;
    response.body = "{}";
    std::string text = serialise(response, true, false);
    EXPECT_THAT(text, HasSubstr("HTTP/1.1 422 Unprocessable Content\r\n"));
    EXPECT_THAT(text, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(text, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(text,
                HasSubstr("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
    EXPECT_THAT(text, HasSubstr("Content-Length: 2\r\n"));
    EXPECT_THAT(text, HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("Simulation")));
    EXPECT_THAT(text, testing::EndsWith("\r\n\r\n{}"));
    response.headers.emplace_back("Allow", "GET\r\nX-Evil: 1");
    text = serialise(response, false, true, false);
    EXPECT_THAT(text, HasSubstr("X-Magwatch-Simulation: true\r\n"));
    EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("Evil")));
    EXPECT_THAT(text, testing::EndsWith("\r\n\r\n"));
}

} // namespace
} // namespace magwatch::http
