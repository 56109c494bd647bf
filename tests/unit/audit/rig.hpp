// A trail in a folder of its own, written under a clock that is told what time it is, and looked at as an auditor does.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/audit/folder.hpp"
#include "daemon/audit/trail.hpp"
#include "daemon/audit/verify.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch::audit
{

inline std::string text_of(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}
inline void put(const std::string& path, const std::string& text)
{
    std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
}
inline std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
        lines.push_back(text.substr(at, end - at));
    return lines;
}
inline std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

class TrailRig : public testing::Test
{
protected:
    TrailRig()
    {
        now.wall = WallTime{1'772'332'440'000};
        now.boottime = Duration{1'000'000};
        now.boot = "0f0e0d0c";
        limits.segment_time = Duration{1LL << 40}; // one file, unless a test asks for more
    }
    void start()
    {
        trail.reset();
        auto opened = Trail::open(folder, limits, now);
        if (const auto* wrong = std::get_if<std::string>(&opened)) FAIL() << *wrong;
        trail = std::move(std::get<std::unique_ptr<Trail>>(opened));
    }
    void write(const std::string& action, const std::string& body = "{}")
    {
        Event event;
        event.actor = "midwife-1";
        event.proof = "pin";
        event.station = "127.0.0.1";
        event.action = action;
        event.object = "bed-3";
        event.outcome = "accepted";
        event.body = body;
        ASSERT_EQ(trail->append({{event, now}}), "");
    }
    void pass(Duration time)
    {
        now.wall = now.wall + time;
        now.boottime += time;
        ASSERT_EQ(trail->maintain(now), "");
    }
    std::optional<KeyFile> verify_key() const
    {
        auto read = read_key_file(folder + "/" + verify_key_name);
        return std::get<KeyFile>(*read);
    }
    Verified with_key(const std::optional<Head>& head = std::nullopt) const { return verify(folder, verify_key(), head); }
    Verified without_key() const { return verify(folder, std::nullopt, std::nullopt); }
    std::string segment() const { return segments_of(folder).back().path; }

    test::TemporaryDirectory directory{"magwatch-audit"};
    std::string folder = directory.file("audit");
    TrailLimits limits;
    Stamp now;
    std::unique_ptr<Trail> trail;
};

} // namespace magwatch::audit
