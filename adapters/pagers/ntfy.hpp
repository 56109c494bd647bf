// Pages to the topics of a ward's own ntfy server: a phone app that rings and answers by a button.
//
// 2xx is accepted; 408, 425, 429, 503 and network errors are tried again, another 5xx once: it may have arrived;
// anything else is final. The server is asked
// every minute whether it is well. Lives on the io_context thread.
#pragma once

#include <string>
#include <vector>

#include "adapters/pagers/curl_pager.hpp"
#include "adapters/pagers/ntfy_form.hpp"

namespace magwatch::adapters {

class NtfyPager final : public CurlPager {
public:
    NtfyPager(PagerParts parts, std::vector<NtfyServer> servers, Duration probe = channel_probe);

private:
    [[nodiscard]] std::variant<CurlRequest, Refusal> request(const Job& job, WallTime now) const override;
    [[nodiscard]] std::string channel_of(const Page& page) const override;
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    [[nodiscard]] static HttpPost post_to(const NtfyServer& server, std::string_view path);

    ByName<NtfyServer> servers_;
};

} // namespace magwatch::adapters
