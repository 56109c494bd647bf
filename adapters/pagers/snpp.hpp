// Pages through an SNPP gateway (RFC 1861): one short session over TCP for each attempt.
//
// Lives on the io_context thread. SNPP has no encryption: a page carries no identity and no value, and a login is
// possible on this machine alone. An attempt has 10 s in all (design value, as over HTTP).
//
// A page that was sent two-way is asked after: 5 s later, then less and less often, until the person has chosen an
// answer, nothing more can come, the call is over (then it is taken back) or an hour has passed. At most 256 pages are
// asked after at once, the oldest is given up for a newer one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagers/gateway_address.hpp"
#include "adapters/pagers/queued_pager.hpp"
#include "adapters/pagers/snpp_dialogue.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct SnppGateway {
    std::string name; // what a channel's address says
    std::string host; // name or address
    std::uint16_t port = 444;
    std::string user; // "" = no login
    std::optional<Secret> password;
    bool two_way = true; // try level 3
};

// How often a two-way page is asked after (design values).
struct SnppPatience {
    Duration first{5'000}, longest{60'000};
    Duration in_all{3'600'000};
    double growth = 1.5;
    std::size_t pages = 256;
};

// What is wrong with a gateway; empty = nothing.
[[nodiscard]] std::vector<std::string> mistakes(const SnppGateway& gateway);

// A channel's address, if what follows the gateway's name can be a pager's id.
[[nodiscard]] std::optional<GatewayAddress> snpp_address(std::string_view address);

class SnppPager final : public QueuedPager {
public:
    // Gateways with mistakes must not come here: their pages are refused. `probe`: how often a gateway's greeting is
    // waited for; 0 = never.
    SnppPager(QueueParts parts, std::vector<SnppGateway> gateways, Duration limit = Duration{10'000},
              SnppPatience patience = {}, Duration probe = Duration{0});
    ~SnppPager() override; // breaks off what runs

    void ended(CallId call) override;
    [[nodiscard]] bool listening() const override { return !watched_.empty(); }

private:
    class Session;
    // A two-way page that was handed over.
    struct Watched {
        PageKey key;
        std::string gateway;
        SnppTag tag;
        Instant due, until;
        Duration wait{};
        SnppStatus::State told = SnppStatus::State::queued;
        bool kill = false;
        bool asked = false; // a session is on its way
    };
    using Number = std::uint64_t;
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;

    void watch(const PageKey& key, const std::string& gateway, const SnppTag& tag);
    void look();
    void schedule();
    void ask(const SnppGateway& gateway, const std::vector<Number>& numbers);
    void heard(const std::vector<Number>& numbers, const SnppInquiry& inquiry);
    void tell(Watched& page, const SnppStatus& status);
    void keep(const std::shared_ptr<Session>& session);

    ByName<SnppGateway> gateways_;
    Duration limit_;
    SnppPatience patience_;
    std::map<Number, Watched> watched_; // oldest first
    Number next_number_ = 1;
    boost::asio::steady_timer timer_;
    std::shared_ptr<SnppPager*> self_; // gone with the pager; late callbacks find nothing
    std::vector<std::weak_ptr<Session>> running_;
};

} // namespace magwatch::adapters
