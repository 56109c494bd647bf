#include "daemon/app/pager_set.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

#include <sodium.h>

#include "adapters/pagers/smtp.hpp"
#include "adapters/pagers/standard_webhooks.hpp"
#include "adapters/pagers/webhook.hpp"

namespace magwatch {
namespace {

constexpr std::size_t key_bytes = 32;

// "02:14" in the ward's own zone.
std::string local_time(WallTime at)
{
    const std::time_t seconds = at.ms / 1000;
    std::tm broken{};
    localtime_r(&seconds, &broken);
    char text[8];
    std::strftime(text, sizeof text, "%H:%M", &broken);
    return text;
}

std::string reason_of(const std::variant<Secret, SecretError>& loaded)
{
    const auto* error = std::get_if<SecretError>(&loaded);
    return error == nullptr ? "" : error->reason;
}

} // namespace

std::string answer_key(const std::string& directory)
{
    const std::string path = directory + "/answer.key";
    std::string key(key_bytes, '\0');
    const int in = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in >= 0) {
        const ssize_t got = read(in, key.data(), key.size());
        close(in);
        if (got == static_cast<ssize_t>(key.size())) return key;
    }
    if (sodium_init() < 0) return {};
    randombytes_buf(key.data(), key.size());
    const std::string fresh = path + ".new";
    const int out = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) return key; // links then live as long as this process
    const bool written = write(out, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(out) == 0;
    close(out);
    if (written) (void)std::rename(fresh.c_str(), path.c_str());
    return key;
}

PagerSet::PagerSet(boost::asio::any_io_executor executor, Clock& clock, std::string key)
    : executor_{std::move(executor)}, clock_{clock}, answer_key_{std::move(key)}
{
}

PagerSet::~PagerSet() = default;

std::vector<std::string> PagerSet::configure(const Config& config)
{
    std::vector<std::string> mistakes;
    std::vector<adapters::WebhookEndpoint> endpoints;
    for (const auto& person : config.ward.people) {
        for (const auto& channel : person.channels) {
            if (channel.kind != "webhook") continue;
            const auto known = std::find_if(endpoints.begin(), endpoints.end(),
                                            [&](const auto& e) { return e.name == channel.address; });
            if (known != endpoints.end()) continue;
            const auto secret = std::find_if(
                config.pager.secrets.begin(), config.pager.secrets.end(),
                [&](const auto& s) { return s.person == person.name && s.channel == channel.name; });
            if (secret == config.pager.secrets.end()) continue;
            auto loaded = load_secret(secret->reference);
            if (const auto reason = reason_of(loaded); !reason.empty()) {
                mistakes.push_back(person.name + "'s webhook: " + reason);
                continue;
            }
            const auto key = adapters::webhook_key(std::get<Secret>(loaded).reveal());
            if (!key) {
                mistakes.push_back(person.name + "'s webhook: the secret is no signing key");
                continue;
            }
            adapters::WebhookEndpoint endpoint;
            endpoint.name = endpoint.url = channel.address;
            endpoint.keys.emplace_back(Secret{*key});
            const auto wrong = adapters::mistakes(endpoint);
            for (const auto& w : wrong) mistakes.push_back(person.name + "'s webhook: " + w);
            if (wrong.empty()) endpoints.push_back(std::move(endpoint));
        }
    }
    const adapters::PagerParts parts{executor_, lane_, clock_, adapters::random_jitter(), {}};
    Channels next;
    next.answer_url = config.pager.answer_url;
    next.webhook = std::make_unique<adapters::WebhookPager>(parts, std::move(endpoints));
    if (config.pager.smtp) {
        const SmtpConfig& smtp = *config.pager.smtp;
        adapters::SmtpServer server;
        server.host = smtp.server.host;
        server.port = smtp.server.port;
        server.allow_plain = !smtp.starttls;
        server.from = smtp.from;
        server.user = smtp.user;
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
        if (usable) next.smtp = std::make_unique<adapters::SmtpPager>(parts, std::move(server));
    }
    if (now_.webhook) old_.push_back(std::move(now_));
    now_ = std::move(next);
    std::erase_if(old_, [](const Channels& c) {
        return c.webhook->pending() == 0 && (!c.smtp || c.smtp->pending() == 0);
    });
    return mistakes;
}

void PagerSet::send(const Page& page, Done done)
{
    adapters::Pager* pager = nullptr;
    if (page.channel_kind == "webhook") pager = now_.webhook.get();
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
    pager->send(page, page_text(page, local_time(page.at)), std::move(links), std::move(done));
}

void PagerSet::cancel(CallId call)
{
    const auto each = [&](Channels& channels) {
        if (channels.webhook) channels.webhook->cancel(call);
        if (channels.smtp) channels.smtp->cancel(call);
    };
    each(now_);
    for (auto& channels : old_) each(channels);
}

std::size_t PagerSet::pending() const
{
    std::size_t sum = 0;
    const auto each = [&](const Channels& channels) {
        if (channels.webhook) sum += channels.webhook->pending();
        if (channels.smtp) sum += channels.smtp->pending();
    };
    each(now_);
    for (const auto& channels : old_) each(channels);
    return sum;
}

std::vector<adapters::ChannelHealth> PagerSet::health() const
{
    std::vector<adapters::ChannelHealth> all;
    if (now_.webhook) all = now_.webhook->health();
    if (now_.smtp) {
        for (auto& channel : now_.smtp->health()) all.push_back(std::move(channel));
    }
    return all;
}

} // namespace magwatch
