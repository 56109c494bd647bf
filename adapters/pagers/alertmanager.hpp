// Pages as alerts of Prometheus Alertmanager (API v2): one channel, whose routes and receivers are the site's.
//
// Every member of a cluster is told itself, as Alertmanager asks of its senders: a page is accepted once one member
// took it, and failed when none did. What rings is told again each minute to all, and resolved when the call is over -
// not
// when somebody answers. The same telling is the channel's health probe: with nothing to tell it says so. Lives on the
// io_context thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/pagers/alert_book.hpp"
#include "adapters/pagers/alertmanager_form.hpp"
#include "adapters/pagers/curl_pager.hpp"

namespace magwatch::adapters {

class AlertmanagerPager final : public QueuedPager {
public:
    // The book outlives a reload of the configuration: alerts of calls that go on must not end with the pager.
    AlertmanagerPager(PagerParts parts, std::vector<AlertmanagerCluster> clusters, std::shared_ptr<AlertBook> book,
                      Duration refresh = alert_refresh);

    void ended(CallId call) override;

private:
    struct Telling;
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) override;
    [[nodiscard]] std::string channel_of(const Page& page) const override { return page.address; }
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    void tell(const AlertmanagerCluster& cluster, const std::string& body, AttemptDone done);

    CurlLane& lane_;
    ByName<AlertmanagerCluster> clusters_;
    std::shared_ptr<AlertBook> book_;
};

} // namespace magwatch::adapters
