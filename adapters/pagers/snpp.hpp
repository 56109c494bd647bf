// Pages through an SNPP gateway (RFC 1861): one short session over TCP for each attempt.
//
// Lives on the io_context thread. SNPP has no encryption: a page carries no identity and no value, and a login is
// possible on this machine alone. An attempt has 10 s in all (design value, as over HTTP).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagers/gateway_address.hpp"
#include "adapters/pagers/queued_pager.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct SnppGateway {
    std::string name; // what a channel's address says
    std::string host; // name or address
    std::uint16_t port = 444;
    std::string user; // "" = no login
    std::optional<Secret> password;
};

// What is wrong with a gateway; empty = nothing.
[[nodiscard]] std::vector<std::string> mistakes(const SnppGateway& gateway);

// A channel's address, if what follows the gateway's name can be a pager's id.
[[nodiscard]] std::optional<GatewayAddress> snpp_address(std::string_view address);

class SnppPager final : public QueuedPager {
public:
    // Gateways with mistakes must not come here: their pages are refused.
    SnppPager(QueueParts parts, std::vector<SnppGateway> gateways, Duration limit = Duration{10'000});
    ~SnppPager() override; // breaks off what runs

private:
    class Session;
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;

    ByName<SnppGateway> gateways_;
    Duration limit_;
    std::vector<std::weak_ptr<Session>> running_;
};

} // namespace magwatch::adapters
