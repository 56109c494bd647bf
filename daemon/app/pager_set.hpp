// Every pager channel of the configuration behind one door.
//
// The io_context's thread. Outgoing HTTP and mail share one curl lane, so that a black-holed channel delays
// no other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/pagers/alertmanager.hpp"
#include "adapters/pagers/answer_link.hpp"
#include "adapters/pagers/curl_pager.hpp"
#include "adapters/pagers/ntfy.hpp"
#include "adapters/pagers/pcd04.hpp"
#include "adapters/pagers/pcd_listener.hpp"
#include "adapters/pagers/sms_gateway.hpp"
#include "adapters/pagers/snpp.hpp"
#include "adapters/pagers/wctp.hpp"
#include "adapters/pagers/webhook.hpp"
#include "daemon/config/config.hpp"
#include "rules/escalation/page.hpp"
#include "runtime/secret.hpp"

namespace magwatch {

// What the channels say that are asked whether they are there.
struct ChannelSilence {
    // "Pager channel pcd04 hospital does not answer", whose certificate ends, or where no status of an alarm manager
    // can be heard yet; of several all, with "; " between them. "" = all is well.
    std::string words;
    bool settled = true; // each has answered, or failed to, since the configuration was taken
    std::map<std::string, WallTime> certificates; // when those of the peers end, by host
};

class PagerSet {
public:
    using Done = adapters::Pager::Done;

    // `feedback`: what channels say besides the hand-over. `probe`: how often those are asked that keep no link.
    PagerSet(boost::asio::any_io_executor executor, Clock& clock, std::string answer_key,
             adapters::Feedback feedback = {}, Duration probe = adapters::channel_probe);
    ~PagerSet();

    // Takes the channels of `config`; pages that are on their way keep going. Mistakes that make a channel
    // unusable (a secret that cannot be read), in words: its pages fail and say so.
    [[nodiscard]] std::vector<std::string> configure(const Config& config);
    void send(const Page& page, Done done);
    // A page of an open call that was sent before this start: what is said of it is still its.
    void recall(const Page& page);
    void cancel(CallId call);
    void ended(CallId call); // what it rang for is over
    [[nodiscard]] std::size_t pending() const;
    [[nodiscard]] std::vector<adapters::ChannelHealth> health() const;
    [[nodiscard]] ChannelSilence silence() const;
    [[nodiscard]] std::uint64_t lane_turns() const { return lane_.turns(); }
    // For what else leaves the machine by HTTP.
    [[nodiscard]] adapters::CurlLane& lane() { return lane_; }

private:
    // A person's channel: {person, channel}.
    using ChannelKey = std::pair<std::string, std::string>;
    struct Channels {
        std::unique_ptr<adapters::Pager> webhook, sms, snpp, smtp, alertmanager, ntfy, wctp, pcd04;
        [[nodiscard]] std::vector<adapters::Pager*> all() const; // those that there are
        std::map<ChannelKey, std::string> endpoints; // the webhook endpoint of each: URL and secret
        std::string answer_url;
    };
    static std::vector<adapters::WebhookEndpoint> webhooks(const Config& config, Channels& channels,
                                                           std::vector<std::string>& mistakes);
    std::vector<adapters::SmsGateway> sms_gateways(const Config& config, std::vector<std::string>& mistakes) const;
    static std::vector<adapters::SnppGateway> snpp_gateways(const Config& config,
                                                            std::vector<std::string>& mistakes);
    static std::vector<adapters::AlertmanagerCluster> alertmanagers(const Config& config,
                                                                    std::vector<std::string>& mistakes);
    static std::vector<adapters::WctpCarrier> wctp_carriers(const Config& config, std::vector<std::string>& mistakes);
    static std::vector<adapters::PcdManager> pcd_managers(const Config& config, std::vector<std::string>& mistakes);
    static std::vector<adapters::NtfyServer> ntfy_servers(const Config& config, std::vector<std::string>& mistakes);
    boost::asio::any_io_executor executor_;
    Clock& clock_;
    std::string answer_key_;
    adapters::Feedback feedback_;
    const Duration probe_;
    adapters::CurlLane lane_;
    std::shared_ptr<adapters::AlertBook> alerts_ = std::make_shared<adapters::AlertBook>();
    std::shared_ptr<adapters::PcdBook> pcd_alarms_;
    std::shared_ptr<adapters::WctpBook> wctp_pages_ = std::make_shared<adapters::WctpBook>();
    void hear_pcd_statuses(const Config& config, std::vector<std::string>& mistakes);
    bool take_pcd_status(const adapters::PcdStatus& status);
    std::optional<PcdStatusConfig> pcd_heard_at_;
    std::unique_ptr<adapters::PcdListener> pcd_listener_;
    Channels now_;
    std::vector<Channels> old_; // with pages on their way
};

// A key that signs answer links, kept in `directory` so that links live through a restart; made at the
// first start. Empty if it can be neither read nor written.
inline constexpr const char* answer_key_file = "answer.key";
[[nodiscard]] std::string answer_key(const std::string& directory);

} // namespace magwatch
