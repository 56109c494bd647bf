#include "daemon/app/pager_set.hpp"

#include <algorithm>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include "adapters/pagers/smtp.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/url.hpp"
#include "daemon/app/config_checks.hpp"
#include "daemon/config/gateways.hpp"
#include "runtime/key_file.hpp"

namespace magwatch {
namespace {

constexpr std::size_t key_bytes = 32;
// When the ward itself is told (reliability P1); 30 and 7 days before, those who read the metrics are.
constexpr Duration certificate_alarm{24 * 3'600'000};

// "02:14" in the ward's own zone.
std::string local_time(WallTime at)
{
    const std::time_t seconds = at.ms / 1000;
    std::tm broken{};
    localtime_r(&seconds, &broken);
    char text[8];
    return {text, std::strftime(text, sizeof text, "%H:%M", &broken)}; // nothing, where it does not fit
}

std::string reason_of(const std::variant<Secret, SecretError>& loaded)
{
    const auto* error = std::get_if<SecretError>(&loaded);
    return error == nullptr ? "" : error->reason;
}

// Gives the endpoint the key that the reference names; what is wrong with either.
std::vector<std::string> take_key(adapters::WebhookEndpoint& endpoint, const std::string& reference)
{
    auto loaded = load_secret(reference);
    if (const auto reason = reason_of(loaded); !reason.empty()) return {reason};
    const auto key = adapters::webhook_key(std::get<Secret>(loaded).reveal());
    if (!key) return {"the secret is no signing key"};
    endpoint.keys.emplace_back(Secret{*key});
    return adapters::mistakes(endpoint);
}

// Gives a gateway the secret that the reference names ("" = it wants none), and keeps it if nothing is wrong with it.
template <class Gateway, class Secrets>
void keep(Gateway gateway, Secrets secret, const std::string& reference, std::string_view what,
          std::vector<Gateway>& kept, std::vector<std::string>& mistakes)
{
    std::vector<std::string> wrong;
    if (!reference.empty()) {
        auto loaded = load_secret(reference);
        if (auto reason = reason_of(loaded); !reason.empty()) wrong.push_back(std::move(reason));
        else std::invoke(secret, gateway) = std::move(std::get<Secret>(loaded));
    }
    if (wrong.empty()) wrong = adapters::mistakes(gateway);
    for (const auto& w : wrong) mistakes.push_back(std::string{what} + " gateway " + gateway.name + ": " + w);
    if (wrong.empty()) kept.push_back(std::move(gateway));
}

// A webhook is known by its address, of which the rest may be its secret.
std::string words_of_silence(std::string_view kind, const std::string& name)
{
    const std::string host = adapters::url_host(name);
    const std::string& shown = host.empty() ? name : host;
    const bool same = shown == kind;
    return fmt::format("Pager channel {}{}{} does not answer", kind, same ? "" : " ", same ? "" : shown);
}

std::string cannot_listen(const PcdStatusConfig& at)
{
    return "Statuses of alarm managers: cannot listen at " + at.listen.text() + ": ";
}

template <class Gateway> std::optional<Secret>& take_login(Gateway& gateway) { return gateway.login.secret; }

} // namespace

std::string answer_key(const std::string& directory)
{
    return read_or_make_key(directory + "/" + answer_key_file, key_bytes);
}

PagerSet::PagerSet(boost::asio::any_io_executor executor, Clock& clock, std::string key, adapters::Feedback feedback,
                   Duration probe)
    : executor_{std::move(executor)}, clock_{clock}, answer_key_{std::move(key)}, feedback_{std::move(feedback)},
      probe_{probe}
{
}

PagerSet::~PagerSet() = default;

// What signs a page is its person's secret: an endpoint is an address together with a secret, and two people
// who share an address need not share more.
std::vector<adapters::WebhookEndpoint> PagerSet::webhooks(const Config& config, Channels& channels,
                                                          std::vector<std::string>& mistakes)
{
    std::vector<adapters::WebhookEndpoint> endpoints;
    std::map<ChannelKey, std::string> names; // {URL, secret reference} -> name; "" = unusable
    std::map<std::string, int> of_url;
    for (const auto& secret : config.pager.secrets) {
        const auto person = std::find_if(config.ward.people.begin(), config.ward.people.end(),
                                         [&](const auto& p) { return p.name == secret.person; });
        if (person == config.ward.people.end()) continue;
        const auto channel = std::find_if(person->channels.begin(), person->channels.end(), [&](const auto& c) {
            return c.name == secret.channel && c.kind == "webhook";
        });
        if (channel == person->channels.end()) continue;
        const auto [known, fresh] = names.try_emplace({channel->address, secret.reference});
        if (fresh) {
            adapters::WebhookEndpoint endpoint;
            endpoint.url = channel->address;
            const std::vector<std::string> wrong = take_key(endpoint, secret.reference);
            for (const auto& w : wrong) mistakes.push_back(person->name + "'s webhook: " + w);
            if (wrong.empty()) {
                const int nth = ++of_url[channel->address];
                endpoint.name = channel->address + (nth == 1 ? "" : " (" + std::to_string(nth) + ")");
                known->second = endpoint.name;
                endpoints.push_back(std::move(endpoint));
            }
        }
        if (!known->second.empty()) channels.endpoints[{person->name, channel->name}] = known->second;
    }
    return endpoints;
}

std::vector<adapters::SmsGateway> PagerSet::sms_gateways(const Config& config,
                                                         std::vector<std::string>& mistakes) const
{
    std::vector<adapters::SmsGateway> gateways;
    for (const SmsGatewayConfig& one : config.pager.sms) {
        adapters::SmsGateway gateway = sms_gateway(one);
        if (!gateway.status_base.empty()) gateway.status_key.emplace(answer_key_);
        keep(std::move(gateway), &adapters::SmsGateway::secret, one.secret, "SMS", gateways, mistakes);
    }
    return gateways;
}

std::vector<adapters::SnppGateway> PagerSet::snpp_gateways(const Config& config, std::vector<std::string>& mistakes)
{
    std::vector<adapters::SnppGateway> gateways;
    for (const SnppGatewayConfig& one : config.pager.snpp) {
        adapters::SnppGateway gateway{one.name, one.server.host, one.server.port, one.user, std::nullopt, one.two_way};
        keep(std::move(gateway), &adapters::SnppGateway::password, one.password, "SNPP", gateways, mistakes);
    }
    return gateways;
}

std::vector<adapters::AlertmanagerCluster> PagerSet::alertmanagers(const Config& config,
                                                                   std::vector<std::string>& mistakes)
{
    std::vector<adapters::AlertmanagerCluster> clusters;
    for (const AlertmanagerConfig& one : config.pager.alertmanager)
        keep(alertmanager_cluster(one, config.label), take_login<adapters::AlertmanagerCluster>, one.login.secret,
             "Alertmanager", clusters, mistakes);
    return clusters;
}

std::vector<adapters::NtfyServer> PagerSet::ntfy_servers(const Config& config, std::vector<std::string>& mistakes)
{
    std::vector<adapters::NtfyServer> servers;
    for (const NtfyConfig& one : config.pager.ntfy)
        keep(ntfy_server(one), take_login<adapters::NtfyServer>, one.login.secret, "ntfy", servers, mistakes);
    return servers;
}

std::vector<adapters::WctpCarrier> PagerSet::wctp_carriers(const Config& config, std::vector<std::string>& mistakes)
{
    std::vector<adapters::WctpCarrier> carriers;
    for (const WctpConfig& one : config.pager.wctp)
        keep(wctp_carrier(one), &adapters::WctpCarrier::security_code, one.secret, "WCTP", carriers, mistakes);
    return carriers;
}

std::vector<adapters::PcdManager> PagerSet::pcd_managers(const Config& config, std::vector<std::string>& mistakes)
{
    std::vector<adapters::PcdManager> managers;
    for (const PcdConfig& one : config.pager.pcd04) {
        adapters::PcdManager manager = pcd_manager(one, config.label);
        const auto wrong = adapters::mistakes(manager);
        for (const auto& w : wrong) mistakes.push_back("alarm manager " + one.name + ": " + w);
        if (wrong.empty()) managers.push_back(std::move(manager));
    }
    return managers;
}

std::vector<adapters::Pager*> PagerSet::Channels::all() const
{
    std::vector<adapters::Pager*> found;
    for (const auto* one : {&webhook, &sms, &snpp, &smtp, &alertmanager, &ntfy, &wctp, &pcd04})
        if (*one) found.push_back(one->get());
    return found;
}

std::vector<std::string> PagerSet::configure(const Config& config)
{
    std::vector<std::string> mistakes;
    Channels next;
    std::vector<adapters::WebhookEndpoint> endpoints = webhooks(config, next, mistakes);
    const adapters::PagerParts parts{executor_, lane_, clock_, adapters::random_jitter(), {}, feedback_};
    next.answer_url = config.pager.answer_url;
    next.webhook = std::make_unique<adapters::WebhookPager>(parts, std::move(endpoints), probe_);
    if (!config.pager.sms.empty())
        next.sms = std::make_unique<adapters::SmsPager>(parts, sms_gateways(config, mistakes), probe_);
    if (!config.pager.snpp.empty()) {
        adapters::QueueParts queue{executor_, clock_, adapters::random_jitter(), {}, feedback_};
        next.snpp = std::make_unique<adapters::SnppPager>(
            std::move(queue), snpp_gateways(config, mistakes), Duration{10'000}, adapters::SnppPatience{}, probe_);
    }
    if (!config.pager.alertmanager.empty())
        next.alertmanager =
            std::make_unique<adapters::AlertmanagerPager>(parts, alertmanagers(config, mistakes), alerts_);
    if (!config.pager.ntfy.empty())
        next.ntfy = std::make_unique<adapters::NtfyPager>(parts, ntfy_servers(config, mistakes));
    if (!config.pager.wctp.empty())
        next.wctp = std::make_unique<adapters::WctpPager>(parts, wctp_carriers(config, mistakes), adapters::WctpTimes{},
                                                           wctp_pages_);
    if (!config.pager.pcd04.empty()) {
        // Ids of messages must differ from those of every run before.
        if (!pcd_alarms_)
            pcd_alarms_ = std::make_shared<adapters::PcdBook>("m" + std::to_string(clock_.now().wall.ms));
        adapters::QueueParts queue{executor_, clock_, adapters::random_jitter(), {}, feedback_};
        next.pcd04 = std::make_unique<adapters::Pcd04Pager>(std::move(queue), pcd_managers(config, mistakes),
        pcd_alarms_);
    }
    if (config.pager.smtp) {
        const SmtpConfig& smtp = *config.pager.smtp;
        adapters::SmtpServer server;
        server.host = smtp.server.host;
        server.port = smtp.server.port;
        server.allow_plain = !smtp.starttls;
        server.from = smtp.from;
        server.user = smtp.user;
        server.ca_file = smtp.ca_file;
        bool usable = true;
        if (!smtp.password.empty()) {
            auto loaded = load_secret(smtp.password);
            if (const auto reason = reason_of(loaded); !reason.empty()) {
                mistakes.push_back("mail: " + reason);
                usable = false;
            } else {
                server.password = std::move(std::get<Secret>(loaded));
            }
        }
        for (const auto& wrong : adapters::mistakes(server)) {
            mistakes.push_back("mail: " + wrong);
            usable = false;
        }
        if (usable) next.smtp = std::make_unique<adapters::SmtpPager>(parts, std::move(server), probe_);
    }
    if (now_.webhook) old_.push_back(std::move(now_));
    now_ = std::move(next);
    hear_pcd_statuses(config, mistakes);
    std::erase_if(old_, [](const Channels& channels) {
        const auto all = channels.all();
        return std::all_of(all.begin(), all.end(),
                           [](const auto* pager) { return pager->pending() == 0 && !pager->listening(); });
    });
    return mistakes;
}

// A listener whose address is the same stays: its connections live through a reload.
void PagerSet::hear_pcd_statuses(const Config& config, std::vector<std::string>& mistakes)
{
    if (pcd_listener_ && pcd_heard_at_ == config.pager.pcd05) return;
    pcd_listener_.reset();
    pcd_heard_at_ = config.pager.pcd05;
    if (!config.pager.pcd05) return;
    const PcdStatusConfig& at = *config.pager.pcd05;
    pcd_listener_ = std::make_unique<adapters::PcdListener>(
        executor_, clock_, [this](const adapters::PcdStatus& status) { return take_pcd_status(status); },
        feedback_.settle);
    pcd_listener_->on_refused([this] {
        if (feedback_.refused) feedback_.refused("pcd04");
    });
    const std::string wrong =
        pcd_listener_->listen(at.listen.host, at.listen.port, {at.allow_from.begin(), at.allow_from.end()});
    if (wrong.empty()) return;
    mistakes.push_back(cannot_listen(at) + wrong);
    pcd_listener_.reset();
}

bool PagerSet::take_pcd_status(const adapters::PcdStatus& status)
{
    auto* pager = dynamic_cast<adapters::Pcd04Pager*>(now_.pcd04.get());
    return pager != nullptr && pager->take(status);
}

void PagerSet::send(const Page& page, Done done)
{
    adapters::Pager* pager = nullptr;
    Page sent = page;
    if (page.channel_kind == "webhook") {
        // Where this person is reached now: a page from before a reload follows its person.
        const auto endpoint = now_.endpoints.find({page.key.person, page.key.channel});
        if (endpoint != now_.endpoints.end()) {
            pager = now_.webhook.get();
            sent.address = endpoint->second;
        }
    }
    if (page.channel_kind == "sms") pager = now_.sms.get();
    if (page.channel_kind == "snpp") pager = now_.snpp.get();
    if (page.channel_kind == "alertmanager") pager = now_.alertmanager.get();
    if (page.channel_kind == "ntfy") pager = now_.ntfy.get();
    if (page.channel_kind == "wctp") pager = now_.wctp.get();
    if (page.channel_kind == "pcd04") pager = now_.pcd04.get();
    if (page.channel_kind == "smtp") pager = now_.smtp.get();
    if (pager == nullptr) {
        done(page.key, PageOutcome::failed, "this channel is not configured");
        return;
    }
    adapters::AnswerLinks links;
    if (!now_.answer_url.empty() && !answer_key_.empty()) {
        const WallTime expires = clock_.now().wall + adapters::answer_token_life;
        links = adapters::make_answer_links(now_.answer_url, page.key.call, page.key.person, expires, answer_key_);
    }
    pager->send(sent, page_text(page, local_time(page.at)), std::move(links), std::move(done));
}

void PagerSet::recall(const Page& page)
{
    for (adapters::Pager* pager : now_.all()) pager->recall(page);
}

void PagerSet::cancel(CallId call)
{
    for (adapters::Pager* pager : now_.all()) pager->cancel(call);
    for (const auto& channels : old_)
        for (adapters::Pager* pager : channels.all()) pager->cancel(call);
}

void PagerSet::ended(CallId call)
{
    for (adapters::Pager* pager : now_.all()) pager->ended(call);
    for (const auto& channels : old_)
        for (adapters::Pager* pager : channels.all()) pager->ended(call);
}

std::size_t PagerSet::pending() const
{
    std::size_t sum = 0;
    for (const adapters::Pager* pager : now_.all()) sum += pager->pending();
    for (const auto& channels : old_)
        for (const adapters::Pager* pager : channels.all()) sum += pager->pending();
    return sum;
}

std::vector<adapters::ChannelHealth> PagerSet::health() const
{
    std::vector<adapters::ChannelHealth> all;
    for (const adapters::Pager* pager : now_.all())
        for (auto& channel : pager->health()) all.push_back(std::move(channel));
    return all;
}

ChannelSilence PagerSet::silence() const
{
    const std::initializer_list<std::pair<std::string_view, const adapters::Pager*>> asked{
        {"sms", now_.sms.get()},   {"smtp", now_.smtp.get()}, {"webhook", now_.webhook.get()},
        {"snpp", now_.snpp.get()}, {"wctp", now_.wctp.get()}, {"alertmanager", now_.alertmanager.get()},
        {"ntfy", now_.ntfy.get()}, {"pcd04", now_.pcd04.get()}};
    ChannelSilence silence;
    // Each by its name: whoever shelves the alarm knows of these, and one more of them is told.
    const auto tell = [&silence](const std::string& words) {
        silence.words += (silence.words.empty() ? "" : "; ") + words;
    };
    if (pcd_listener_ && !pcd_listener_->trouble().empty())
        tell(cannot_listen(*pcd_heard_at_) + pcd_listener_->trouble());
    for (const auto& [kind, pager] : asked) {
        if (pager == nullptr) continue;
        for (const adapters::ChannelHealth& channel : pager->health()) {
            if (channel.probe == adapters::ChannelProbe::waiting) silence.settled = false;
            if (channel.probe != adapters::ChannelProbe::silent) continue;
            tell(words_of_silence(kind, channel.name));
        }
    }
    // One that has ended is refused, so that its channel is silent as well.
    const WallTime soon = clock_.now().wall + certificate_alarm;
    for (const adapters::PeerCertificate& one : lane_.certificates()) silence.certificates.emplace(one.host, one.until);
    for (const auto& [host, until] : silence.certificates) {
        if (until <= soon) tell("Certificate of " + host + " ends within a day");
    }
    return silence;
}

} // namespace magwatch
