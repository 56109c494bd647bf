// Pages as SMS through a gateway's HTTP interface (sms_template.hpp).
//
// 2xx is accepted by the gateway, which is not delivered and not read; what else replies mean is as for webhooks. A
// request whose fate is unknown is tried a second time, never a third: both texts say the same number.
#pragma once

#include <string>
#include <vector>

#include "adapters/pagers/curl_pager.hpp"
#include "adapters/pagers/sms_template.hpp"

namespace magwatch::adapters {

class SmsPager final : public CurlPager {
public:
    // Gateways with mistakes must not come here: their pages are refused.
    // `probe`: how often a gateway is connected to, without a word; 0 = never.
    SmsPager(PagerParts parts, std::vector<SmsGateway> gateways, Duration probe = Duration{0});

private:
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    [[nodiscard]] std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;

    ByName<SmsGateway> gateways_;
};

} // namespace magwatch::adapters
