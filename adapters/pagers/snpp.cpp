#include "adapters/pagers/snpp.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "adapters/pagers/lookup.hpp"
#include "adapters/pagers/mail_message.hpp"
#include "adapters/pagers/snpp_dialogue.hpp"
#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// One session. Keeps itself alive while a handler waits; ends once, however it ends.
class SnppPager::Session : public std::enable_shared_from_this<Session> {
public:
    using Talk = std::function<SnppMove(std::string_view line)>;
    using Ended = std::function<void(const std::string& why)>; // why it reached nobody; "" = it did, or was cut off

    Session(asio::any_io_executor executor, Talk talk, Ended ended)
        : talk_{std::move(talk)}, ended_{std::move(ended)}, resolver_{executor}, socket_{executor}, limit_{executor}
    {
    }

    void start(const std::string& host, std::uint16_t port, Duration limit)
    {
        limit_.expires_after(limit);
        limit_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error) self->finish();
        });
        look_up(resolver_, host, port, [self = shared_from_this()](const Error& error, const Endpoints& found) {
            if (self->over_) return;
            if (error) return self->not_reached("no address of this name");
            self->connect(found);
        });
    }
    void stop()
    {
        ended_ = nullptr;
        finish();
    }

private:
    using Error = boost::system::error_code;

    void connect(const Endpoints& found)
    {
        asio::async_connect(socket_, found, [self = shared_from_this()](const Error& error, const tcp::endpoint&) {
            if (error == asio::error::connection_refused) return self->not_reached("connection refused");
            if (error) return self->not_reached("no connection");
            self->read();
        });
    }
    void read()
    {
        asio::async_read_until(socket_, asio::dynamic_buffer(in_, snpp_line_max), '\n',
                               [self = shared_from_this()](const Error& error, std::size_t length) {
                                   if (error) return self->finish();
                                   self->take(length);
                               });
    }
    void take(std::size_t length)
    {
        std::string line = in_.substr(0, length);
        in_.erase(0, length);
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
        SnppMove move = talk_(line);
        if (move.send.empty()) return move.over ? finish() : read();
        out_ = std::move(move.send);
        asio::async_write(socket_, asio::buffer(out_),
                          [self = shared_from_this(), over = move.over](const Error& error, std::size_t) {
                              if (error || over) return self->finish();
                              self->read();
                          });
    }
    void not_reached(std::string why)
    {
        if (why_.empty()) why_ = std::move(why);
        finish();
    }
    void finish()
    {
        Error ignored;
        over_ = true;
        limit_.cancel();
        resolver_.cancel();
        socket_.close(ignored);
        if (!ended_) return;
        // Posted: it may begin the next attempt of this very pager.
        asio::post(socket_.get_executor(), [ended = std::exchange(ended_, nullptr), why = why_] { ended(why); });
    }

    Talk talk_;
    Ended ended_;
    tcp::resolver resolver_;
    tcp::socket socket_;
    asio::steady_timer limit_;
    std::string in_, out_, why_;
    bool over_ = false; // what was under way then comes to nothing
};

std::vector<std::string> mistakes(const SnppGateway& gateway)
{
    std::vector<std::string> found;
    if (!is_host_name(gateway.host)) found.emplace_back("host must be a name or an address");
    if (gateway.port == 0) found.emplace_back("port must not be 0");
    if (gateway.user.empty() != !gateway.password) found.emplace_back("user and password go together");
    if (!gateway.user.empty() && !is_snpp_word(gateway.user)) found.emplace_back("user must be one plain word");
    if (gateway.password && !gateway.password->reveal().empty() && !is_snpp_word(gateway.password->reveal()))
        found.emplace_back("the password must be one plain word");
    if (!gateway.user.empty() && !is_loopback_host(gateway.host))
        found.emplace_back("SNPP is not encrypted: a login is for this machine alone");
    return found;
}

std::optional<GatewayAddress> snpp_address(std::string_view address)
{
    auto out = gateway_address(address);
    return out && is_snpp_word(out->to) ? out : std::nullopt;
}

SnppPager::SnppPager(QueueParts parts, std::vector<SnppGateway> gateways, Duration limit, SnppPatience patience,
                     Duration probe)
    : QueuedPager{std::move(parts)}, gateways_{usable(std::move(gateways))}, limit_{limit}, patience_{patience},
      timer_{executor()}, self_{std::make_shared<SnppPager*>(this)}
{
    probe_every(probe);
}

SnppPager::~SnppPager()
{
    for (const auto& one : running_)
        if (const auto session = one.lock()) session->stop();
}

std::string SnppPager::channel_of(const Page& page) const
{
    const auto address = snpp_address(page.address);
    return address ? address->gateway : page.channel_kind;
}

std::optional<QueuedPager::Refusal> SnppPager::begin(const Job& job, WallTime, AttemptDone done)
{
    const auto address = snpp_address(job.page.address);
    if (!address) return Refusal{"no pager of this form"};
    const auto at = gateways_.find(address->gateway);
    if (at == gateways_.end()) return Refusal{"no SNPP gateway of this name"};
    const SnppGateway& gateway = at->second;
    SnppPage page{address->to, job.text, job.page.priority == Priority::high, gateway.user, "", gateway.two_way};
    if (gateway.password) page.password = gateway.password->reveal();
    const auto dialogue = std::make_shared<SnppDialogue>(std::move(page));
    auto talk = [dialogue](std::string_view line) { return dialogue->line(line); };
    auto ended = [weak = std::weak_ptr{self_}, dialogue, done = std::move(done), key = job.page.key,
                  name = gateway.name](const std::string& why) {
        const auto self = weak.lock();
        if (self && dialogue->tag()) (*self)->watch(key, name, *dialogue->tag());
        done({dialogue->verdict(), why.empty() ? dialogue->detail() : why, {}});
    };
    const auto session = std::make_shared<Session>(executor(), std::move(talk), std::move(ended));
    keep(session);
    session->start(gateway.host, gateway.port, limit_);
    return std::nullopt;
}

void SnppPager::probe(const std::string& name, const Moment&, AttemptDone done)
{
    const auto at = gateways_.find(name);
    if (at == gateways_.end()) return;
    const auto greeting = std::make_shared<SnppGreeting>();
    auto talk = [greeting](std::string_view line) { return greeting->line(line); };
    auto ended = [greeting, done = std::move(done)](const std::string& why) {
        const bool there = greeting->good();
        done({there ? Verdict::accepted : Verdict::retry, why.empty() ? greeting->detail() : why, {}});
    };
    const auto session = std::make_shared<Session>(executor(), std::move(talk), std::move(ended));
    keep(session);
    session->start(at->second.host, at->second.port, limit_);
}

void SnppPager::keep(const std::shared_ptr<Session>& session)
{
    std::erase_if(running_, [](const auto& one) { return one.expired(); });
    running_.push_back(session);
}

// --- after the hand-over ---

void SnppPager::watch(const PageKey& key, const std::string& gateway, const SnppTag& tag)
{
    const Instant at = clock().now().steady;
    if (watched_.size() >= patience_.pages) watched_.erase(watched_.begin());
    watched_.emplace(next_number_++, Watched{key, gateway, tag, at + patience_.first, at + patience_.in_all,
                                             patience_.first});
    schedule();
}

void SnppPager::ended(CallId call)
{
    for (auto& [number, page] : watched_) {
        if (page.key.call != call || page.kill) continue;
        page.kill = true;
        page.due = clock().now().steady;
        page.wait = patience_.first; // if it is being asked after just now
    }
    schedule();
}

void SnppPager::schedule()
{
    std::optional<Instant> next;
    for (const auto& [number, page] : watched_)
        if (!page.asked && (!next || page.due < *next)) next = page.due;
    if (!next) return;
    // Steady timers stand still in suspend: after it we are at most a second late.
    timer_.expires_after(std::clamp(*next - clock().now().steady, Duration{0}, Duration{1000}));
    timer_.async_wait([weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self && !error) (*self)->look();
    });
}

// One session a gateway for everything that is due there.
void SnppPager::look()
{
    const Instant at = clock().now().steady;
    std::map<std::string, std::vector<Number>> due;
    for (auto at_page = watched_.begin(); at_page != watched_.end();) {
        auto& [number, page] = *at_page;
        if (!page.asked && at >= page.until) {
            at_page = watched_.erase(at_page);
            continue;
        }
        if (!page.asked && page.due <= at) due[page.gateway].push_back(number);
        ++at_page;
    }
    for (const auto& [name, numbers] : due) ask(gateways_.at(name), numbers);
    schedule();
}

void SnppPager::ask(const SnppGateway& gateway, const std::vector<Number>& numbers)
{
    std::vector<SnppInquiry::Question> questions;
    for (const Number number : numbers) {
        Watched& page = watched_.at(number);
        page.asked = true;
        questions.push_back({page.tag, page.kill});
    }
    const auto inquiry = std::make_shared<SnppInquiry>(
        std::move(questions), gateway.user, gateway.password ? std::string{gateway.password->reveal()} : "");
    auto talk = [inquiry](std::string_view line) { return inquiry->line(line); };
    auto ended = [weak = std::weak_ptr{self_}, inquiry, numbers](const std::string&) {
        if (const auto self = weak.lock()) (*self)->heard(numbers, *inquiry);
    };
    const auto session = std::make_shared<Session>(executor(), std::move(talk), std::move(ended));
    keep(session);
    session->start(gateway.host, gateway.port, limit_);
}

void SnppPager::heard(const std::vector<Number>& numbers, const SnppInquiry& inquiry)
{
    const Instant at = clock().now().steady;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto found = watched_.find(numbers[i]);
        if (found == watched_.end()) continue; // given up for a newer one
        Watched& page = found->second;
        const auto& status = inquiry.answers()[i];
        if (status) tell(page, *status);
        if (status && status->last) {
            watched_.erase(found);
            continue;
        }
        page.asked = false;
        page.wait = std::min(Duration{static_cast<Duration::rep>(static_cast<double>(page.wait.count()) *
                                                                 patience_.growth)},
                             patience_.longest);
        page.due = at + page.wait;
    }
    schedule();
}

// Each news once: delivered, then read; an answer is the last word.
void SnppPager::tell(Watched& page, const SnppStatus& status)
{
    using State = SnppStatus::State;
    const auto receipt = [&](PageOutcome outcome, const char* detail) {
        if (feedback().receipt) feedback().receipt(page.key, outcome, detail);
    };
    if (status.state == State::expired) receipt(PageOutcome::failed, "SNPP 780: it expired before delivery");
    if (status.state != State::delivered && status.state != State::read) return;
    if (status.state > page.told)
        receipt(status.state == State::read ? PageOutcome::read : PageOutcome::delivered, "the gateway's status");
    page.told = std::max(page.told, status.state);
    if (status.answer && feedback().answer) feedback().answer(page.key, *status.answer);
}

} // namespace magwatch::adapters
