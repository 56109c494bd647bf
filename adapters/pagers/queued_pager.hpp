// What every pager shares: deliveries (delivery.hpp) carried out attempt by attempt, whatever carries them.
//
// Lives on the io_context thread alone. A channel begins an attempt and judges how it ended; everything about order,
// retries, deadlines and exactly one outcome is here and in the queue.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/pagers/delivery.hpp"
#include "adapters/pagers/pager.hpp"
#include "runtime/clock.hpp"

namespace magwatch::adapters {

// The clock must outlive the pager.
struct QueueParts {
    boost::asio::any_io_executor executor;
    Clock& clock;
    DeliveryQueue::Random random; // jitter only
    DeliveryPolicy policy{};
    Feedback feedback{}; // of two-way channels
};

// A source of jitter that no two daemons share.
[[nodiscard]] DeliveryQueue::Random random_jitter();

// How often a channel is asked whether it is there (reliability P1).
inline constexpr Duration channel_probe{60'000};

// How one attempt ended.
struct AttemptEnd {
    Verdict verdict = Verdict::retry;
    std::string detail;     // our words: "HTTP 503", "connection refused"
    Duration retry_after{}; // what the peer asked for
};

class QueuedPager : public Pager {
public:
    ~QueuedPager() override;
    QueuedPager(const QueuedPager&) = delete;
    QueuedPager& operator=(const QueuedPager&) = delete;

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
    using AttemptDone = std::function<void(const AttemptEnd&)>;

    explicit QueuedPager(QueueParts parts);

    // Begins one attempt; `done` runs once, on the executor, never inside this call. It may come when the pager is
    // gone. A refusal ends the page at once, and `done` must not run.
    [[nodiscard]] virtual std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) = 0;
    // The configured name that this page's health is counted under.
    [[nodiscard]] virtual std::string channel_of(const Page& page) const = 0;
    // Lists a channel in health() before its first page.
    void know_channel(const std::string& name);
    // Those without mistakes(), by name; each is listed in health().
    template <class Channel> using ByName = std::map<std::string, Channel, std::less<>>;
    template <class Channel> [[nodiscard]] ByName<Channel> usable(std::vector<Channel> channels)
    {
        ByName<Channel> found;
        for (Channel& channel : channels) {
            if (!mistakes(channel).empty()) continue;
            know_channel(channel.name);
            std::string name = channel.name;
            found.insert_or_assign(std::move(name), std::move(channel));
        }
        return found;
    }
    // Asks a channel whether it is there, without paging anybody; a channel that cannot be asked drops `done`.
    virtual void probe(const std::string& name, const Moment& now, AttemptDone done);
    // Probes every channel that was made known, from now on; 0 = never. Called by constructors: the first comes after
    // them.
    void probe_every(Duration every);
    void probe_now();
    // What a channel's health learns from a probe, or from what asks it as one does.
    void note_health(const std::string& name, const AttemptEnd& end);
    [[nodiscard]] const boost::asio::any_io_executor& executor() const { return parts_.executor; }
    [[nodiscard]] Clock& clock() const { return parts_.clock; }
    [[nodiscard]] const Feedback& feedback() const { return parts_.feedback; }

private:
    struct Pending {
        Job job;
        Done done;
    };
    void pump();
    void attempt(DeliveryQueue::Ticket ticket);
    void attempt_ended(DeliveryQueue::Ticket ticket, const AttemptEnd& end);
    static void count_health(ChannelHealth& health, const AttemptEnd& end);
    void report(const DeliveryQueue::Ended& ended);
    void probe_in(Duration wait);

    QueueParts parts_;
    DeliveryQueue queue_;
    std::map<DeliveryQueue::Ticket, Pending> pages_;
    std::map<std::string, ChannelHealth> health_;
    boost::asio::steady_timer timer_, probe_timer_;
    Duration probe_every_{};
    std::shared_ptr<QueuedPager*> self_; // gone with the pager; late callbacks find nothing
};

} // namespace magwatch::adapters
