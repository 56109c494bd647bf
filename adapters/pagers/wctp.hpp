// Pages through a carrier of WCTP 1.3: two-way pagers and the telephone systems that speak like them.
//
// A carrier that takes replies is polled for them, and for what became of each page: every five seconds while a page is
// young, every minute otherwise, never sooner than it allows. Everything it tells is confirmed with the next poll once
// it is on disk: a carrier forgets what was confirmed. A poll that fails is a channel that fails. Others are asked each
// minute which versions they speak, which changes nothing. What is not ours, not understood or told before is counted
// and changes nothing. Lives on the io_context thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/pagers/curl_pager.hpp"
#include "adapters/pagers/wctp_message.hpp"

namespace magwatch::adapters {

// How often is polled; what a carrier asks for comes on top. Design values.
struct WctpTimes {
    Duration young{5'000};        // while a page may still be answered
    Duration quiet{60'000};       // at other times
    Duration youth{15 * 60'000}; // of a page
};

class WctpPager;

// What carriers were given, and what each has told. Pagers share it over a reload: a carrier gives what people say to
// whoever polls first, and forgets it once that is confirmed. So the newest pager alone polls; those before it finish
// what they send.
class WctpBook {
    friend class WctpPager;
    struct Sent {
        PageKey key;
        std::uint16_t code = 0; // that people type; 0 = none
        std::string carrier;
        Instant until;          // young as long
        bool handed_over = false;
        std::vector<WctpStatus> early; // told before the carrier's word was there
        bool delivered = false, read = false, failed = false;
    };
    struct Line {
        std::string mailbox; // whose sequence numbers these are
        bool asking = false;
        Instant next, not_before;
        std::vector<std::string> received; // and on disk: confirmed with the next poll
        std::deque<std::string> seen;
    };
    std::map<std::string, Line, std::less<>> lines_; // by carrier
    std::map<std::string, Sent, std::less<>> sent_;  // by messageID
    std::deque<std::string> order_;                  // of sent_, oldest first
    std::weak_ptr<WctpPager*> newest_;
};

class WctpPager final : public QueuedPager {
public:
    // `book`: of the pager before this one, if there was one.
    WctpPager(PagerParts parts, std::vector<WctpCarrier> carriers, WctpTimes times = {},
              std::shared_ptr<WctpBook> book = std::make_shared<WctpBook>());
    ~WctpPager() override;

    // What carriers told that was not ours or could not be understood.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    void recall(const Page& page) override;

private:
    using Sent = WctpBook::Sent;
    using Line = WctpBook::Line;
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;

    void post(const WctpCarrier& carrier, std::string body, CurlLane::Done done,
              std::size_t reply_max = curl_reply_max);
    void submitted(const std::string& id, const TransferResult& result, const AttemptDone& done);
    void handed_over(const std::string& id);
    void take_lines();
    [[nodiscard]] bool polls() const; // no other pager took over
    void plan();
    void poll(const std::string& name);
    // `confirmed`: what the poll told the carrier to forget.
    void polled(const std::string& name, const std::vector<std::string>& confirmed, const TransferResult& result);
    // They may be forgotten once what they said is on disk.
    void settle(const std::string& name, std::vector<std::string> sequences);
    static void store(WctpBook& book, const std::string& name, const std::string& mailbox,
                      const std::vector<std::string>& sequences);
    void take(const WctpNotification& notification);
    void status(const WctpStatus& status);
    void reply(const WctpReply& reply);
    void refuse();
    void tell(const Sent& sent, PageOutcome outcome, const std::string& detail);
    void remember(const std::string& id, const std::string& carrier, const Page& page);
    void hurry(const std::string& carrier); // a page is young

    CurlLane& lane_;
    WctpTimes times_;
    ByName<WctpCarrier> carriers_;
    std::shared_ptr<WctpBook> book_;
    std::uint64_t refused_ = 0;
    boost::asio::steady_timer timer_;
    std::shared_ptr<WctpPager*> self_; // gone with the pager
};

} // namespace magwatch::adapters
