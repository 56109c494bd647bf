// What the channels over HTTP and mail share: attempts on the curl lane.
//
// Lives on the io_context thread alone.
#pragma once

#include <string>
#include <variant>

#include "adapters/pagers/curl_lane.hpp"
#include "adapters/pagers/queued_pager.hpp"

namespace magwatch::adapters {

// Lane and clock must outlive the pager.
struct PagerParts {
    boost::asio::any_io_executor executor;
    CurlLane& lane;
    Clock& clock;
    DeliveryQueue::Random random; // jitter only
    DeliveryPolicy policy{};
    Feedback feedback{}; // of two-way channels
};

// What the end of a transfer means for a page. Pure.
using Judge = Verdict (*)(const TransferResult& result);
[[nodiscard]] Verdict judge_http(const TransferResult& result);
[[nodiscard]] Verdict judge_smtp(const TransferResult& result);

// Connects to where pages are posted, and says nothing.
[[nodiscard]] CurlRequest silent_post(const std::string& url, const std::string& ca_file);

class CurlPager : public QueuedPager {
protected:
    CurlPager(PagerParts parts, Judge judge);

    // The request of one attempt; signed anew each time.
    [[nodiscard]] virtual std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const = 0;

    [[nodiscard]] CurlLane& lane() const { return lane_; }
    // A probe that says nothing: whether the peer of `request` (connect_only) can be reached and is whom we trust.
    void reach(CurlRequest request, AttemptDone done);

private:
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) final;

    CurlLane& lane_;
    Judge judge_;
};

} // namespace magwatch::adapters
