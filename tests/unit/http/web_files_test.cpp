#include "daemon/http/web_files.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/service.hpp"
#include "daemon/http/wire.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace magwatch::http
{
namespace
{

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WebFilesTest : public testing::Test
{
protected:
    WebFilesTest()
    {
        std::filesystem::create_directory(folder.path() / "assets");
        put("index.html", "<!doctype html><script src=\"/assets/board-1.js\"></script>");
        put("assets/board-1.js", "'use strict'");
        put("assets/board-1.js.gz", "\x1f\x8b");
        put("secret.txt", "not of the board");
        board.publish(shared(sample_ward()));
        board.progressed(Duration{1000});
    }
    void put(const std::string& name, const std::string& text)
    {
        std::ofstream out{folder.path() / name, std::ios::binary};
        out << text;
    }
    Response get(const std::string& target, const std::string& encoding = "")
    {
        ServiceOptions options;
        options.web = read_web_files(folder.path().string()).files;
        Service service{board, std::move(options)};
        Request request;
        request.method = Method::get;
        request.target = target;
        request.host = "localhost";
        if (!encoding.empty()) request.headers.emplace_back("accept-encoding", encoding);
        Handled handled = service.handle(request, {});
        return std::get<Response>(handled.result);
    }
    static std::string header(const Response& response, std::string_view wanted)
    {
        for (const auto& [name, value] : response.headers)
            if (name == wanted) return value;
        return "";
    }

    test::TemporaryDirectory folder{"web-files"};
    Board board;
};

TEST_F(WebFilesTest, TheFirstPageIsNeverKeptAndLoadsOnlyItsOwn)
{
    const Response page = get("/");
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(page.body, StartsWith("<!doctype html>"));
    EXPECT_EQ(header(page, "Cache-Control"), "") << "as every answer: no-store";
    EXPECT_EQ(header(page, "Content-Security-Policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
              "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
              "frame-ancestors 'none'");
    EXPECT_THAT(serialise(page, true, false), HasSubstr("\r\nCache-Control: no-store\r\n"));
}

TEST_F(WebFilesTest, AnAssetIsKeptForGoodAndSentCompressedToWhoeverReadsThat)
{
    const Response plain = get("/assets/board-1.js");
    EXPECT_EQ(plain.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(plain.body, "'use strict'");
    EXPECT_EQ(header(plain, "Content-Encoding"), "");
    EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
    EXPECT_THAT(serialise(plain, true, false), HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
    EXPECT_THAT(serialise(plain, true, false), Not(HasSubstr("no-store")));
    const Response small = get("/assets/board-1.js", "br, GZIP;q=0.5");
    EXPECT_EQ(small.body, "\x1f\x8b");
    EXPECT_EQ(header(small, "Content-Encoding"), "gzip");
    EXPECT_EQ(get("/assets/board-1.js", "gzip;q=0, br").body, plain.body);
    EXPECT_EQ(get("/", "gzip").body, get("/").body) << "it has no compressed one";
}

TEST_F(WebFilesTest, NoNameOfARequestReachesTheFileSystem)
{
    std::filesystem::create_symlink("/etc/passwd", folder.path() / "assets" / "passwd.txt");
    std::filesystem::create_directory(folder.path() / "assets" / "more.js");
    put("assets/shell.sh", "#!/bin/sh");
    put("assets/only.css.gz", "x");
    for (const char* target :
         {"/assets/..%2Fsecret.txt", "/assets/../secret.txt", "/secret.txt", "/assets/%2e%2e%2fsecret.txt",
          "/assets/passwd.txt", "/assets/more.js", "/assets/shell.sh", "/assets/only.css", "/assets/",
          "/assets/board-1.js.gz", "/assets/board-1.js/", "/assets/board-1.js%00", "//etc/passwd", "/index.html"}) {
        EXPECT_GE(get(target).status, 400U) << target;
        EXPECT_LE(get(target).status, 404U) << target;
    }
    const WebFolder read = read_web_files(folder.path().string());
    EXPECT_THAT(read.left_out, ElementsAre("assets/shell.sh: not a type that is served"));
}

TEST_F(WebFilesTest, WhatIsTooLargeIsLeftOut)
{
    put("assets/large.png", std::string(4 * 1024 * 1024 + 1, 'x'));
    EXPECT_THAT(read_web_files(folder.path().string()).left_out,
                ElementsAre("assets/large.png: too large, or too many files"));
    EXPECT_EQ(get("/assets/large.png").status, 404U);
}

TEST_F(WebFilesTest, WithoutFilesThePageSaysSoAndListsTheOpenAlarms)
{
    std::filesystem::remove(folder.path() / "index.html");
    PublishedWard ward = sample_ward();
    ward.view.episodes[0].message = "Slow <script>breathing</script>";
    board.publish(shared(ward));
    const Response page = get("/");
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(page.body, HasSubstr("Screen files missing"));
    EXPECT_THAT(page.body, HasSubstr("<b>high</b>, bed-3: Slow &lt;script&gt;breathing"));
    EXPECT_THAT(page.body, Not(HasSubstr("SIMULATION")));
    EXPECT_EQ(get("/assets/board-1.js").status, 404U) << "half a board is none";
    ward.view.mode = Mode::demo;
    ward.view.episodes.clear();
    board.publish(shared(ward));
    EXPECT_THAT(get("/").body, HasSubstr("SIMULATION"));
    EXPECT_THAT(get("/").body, HasSubstr("<li>none</li>"));
    EXPECT_THAT(page_without_files(nullptr), HasSubstr("nothing is known of the ward yet"));
}

} // namespace
} // namespace magwatch::http
