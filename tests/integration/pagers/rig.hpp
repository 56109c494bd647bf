// A ward loop's place for pagers under test: an io_context that is turned until something is true.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "adapters/pagers/curl_lane.hpp"
#include "adapters/pagers/curl_pager.hpp"
#include "runtime/clock.hpp"
#include "tests/integration/pagers/peer.hpp"

namespace magwatch::testing_support {

struct Outcome {
    PageKey key;
    PageOutcome outcome;
    std::string detail;
};

struct Rig {
    explicit Rig(adapters::CurlLimits limits = {}, adapters::CurlLane::MakeThread make_thread = {})
        : lane{limits, std::move(make_thread)}
    {
    }

    // Retries within milliseconds, so that a test need not wait for them.
    adapters::PagerParts parts(Duration deadline = Duration{60'000})
    {
        adapters::DeliveryPolicy policy;
        policy.deadline = deadline;
        policy.backoff.fill(Duration{20});
        policy.jitter = 0;
        return {io.get_executor(), lane, clock, [] { return 0.5; }, policy};
    }
    adapters::QueueParts queue_parts()
    {
        adapters::PagerParts all = parts();
        return {all.executor, all.clock, all.random, all.policy};
    }
    adapters::Pager::Done note()
    {
        return [this](const PageKey& key, PageOutcome outcome, const std::string& detail) {
            outcomes.push_back({key, outcome, detail});
        };
    }
    // Turns the loop until `done`; false if that has not come true in two minutes.
    bool until(const std::function<bool()>& done)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{2};
        while (!done() && std::chrono::steady_clock::now() < end) io.run_one_for(std::chrono::milliseconds{50});
        return done();
    }
    bool until_outcomes(std::size_t n)
    {
        return until([this, n] { return outcomes.size() >= n; });
    }

    // The next report of a peer that `wanted` holds for; the loop turns meanwhile.
    nlohmann::json find(Peer& peer, const std::function<bool(const nlohmann::json&)>& wanted)
    {
        nlohmann::json found;
        (void)until([&] {
            if (found.is_object()) return true;
            const auto seen = peer.report(std::chrono::milliseconds{20});
            if (seen.is_object() && wanted(seen)) found = seen;
            return found.is_object();
        });
        return found;
    }

    boost::asio::io_context io;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
    SystemClock clock;
    adapters::CurlLane lane;
    std::vector<Outcome> outcomes;
};

inline Page test_page(std::uint32_t call, const std::string& kind, const std::string& address)
{
    Page page;
    page.key = {{1, call}, 0, 0, "midwife-1", kind};
    page.number = 1200 + call;
    page.bed_alias = "bed-3";
    page.place = "Ward L4 Bed 3";
    page.grade = 2;
    page.words = {"Slow breathing"};
    page.channel_kind = kind;
    page.address = address;
    return page;
}

} // namespace magwatch::testing_support
