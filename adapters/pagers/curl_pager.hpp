// What the webhook and the mail pager share: deliveries (delivery.hpp) carried out on the curl lane.
//
// Lives on the io_context thread alone. A channel writes its request and judges the result; everything
// about order, retries, deadlines and exactly one outcome is here and in the queue.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/pagers/curl_lane.hpp"
#include "adapters/pagers/delivery.hpp"
#include "adapters/pagers/pager.hpp"
#include "runtime/clock.hpp"

namespace magwatch::adapters {

// What every pager is made with. Lane and clock must outlive it.
struct PagerParts {
    boost::asio::any_io_executor executor;
    CurlLane& lane;
    Clock& clock;
    DeliveryQueue::Random random; // jitter only
    DeliveryPolicy policy{};
};

// A source of jitter that no two daemons share.
[[nodiscard]] DeliveryQueue::Random random_jitter();

class CurlPager : public Pager {
public:
    ~CurlPager() override;
    CurlPager(const CurlPager&) = delete;
    CurlPager& operator=(const CurlPager&) = delete;

    void send(const Page& page, std::string text, AnswerLinks links, Done done) final;
    void cancel(CallId call) final;
    [[nodiscard]] std::vector<ChannelHealth> health() const final;
    [[nodiscard]] std::size_t pending() const final;

protected:
    struct Job {
        Page page;
        std::string text;
        AnswerLinks links;
    };
    struct Refusal {
        std::string detail; // why this page can never be sent
    };

    explicit CurlPager(PagerParts parts);

    // The request of one attempt; signed anew each time.
    [[nodiscard]] virtual std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const = 0;
    [[nodiscard]] virtual Verdict judge(const TransferResult& result) const = 0;
    // The configured name that this page's health is counted under.
    [[nodiscard]] virtual std::string channel_of(const Page& page) const = 0;
    // Lists a channel in health() before its first page.
    void know_channel(const std::string& name);

private:
    struct Pending {
        Job job;
        Done done;
    };
    void pump();
    void attempt(DeliveryQueue::Ticket ticket);
    void attempt_ended(DeliveryQueue::Ticket ticket, Verdict verdict, const TransferResult& result);
    void report(const DeliveryQueue::Ended& ended);

    PagerParts parts_;
    DeliveryQueue queue_;
    std::map<DeliveryQueue::Ticket, Pending> pages_;
    std::map<std::string, ChannelHealth> health_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<CurlPager*> self_; // gone with the pager; late callbacks find nothing
};

// Shared by the channels: what HTTP and SMTP statuses mean for a page. Pure.
[[nodiscard]] Verdict judge_http(const TransferResult& result);
[[nodiscard]] Verdict judge_smtp(const TransferResult& result);

} // namespace magwatch::adapters
