#include "adapters/pagers/snpp.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "adapters/pagers/mail_message.hpp"
#include "adapters/pagers/snpp_dialogue.hpp"
#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// One attempt. Keeps itself alive while a handler waits; ends once, however it ends.
class SnppPager::Session : public std::enable_shared_from_this<Session> {
public:
    Session(asio::any_io_executor executor, SnppPage page, AttemptDone done)
        : dialogue_{std::move(page)}, done_{std::move(done)}, resolver_{executor}, socket_{executor}, limit_{executor}
    {
    }

    void start(const std::string& host, std::uint16_t port, Duration limit)
    {
        limit_.expires_after(limit);
        limit_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error) self->finish();
        });
        resolver_.async_resolve(host, std::to_string(port),
                                [self = shared_from_this()](const Error& error, const Addresses& found) {
                                    if (error) return self->not_reached("no address of this name");
                                    self->connect(found);
                                });
    }
    void stop()
    {
        done_ = nullptr;
        finish();
    }

private:
    using Error = boost::system::error_code;
    using Addresses = tcp::resolver::results_type;

    void connect(const Addresses& found)
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
        SnppDialogue::Move move = dialogue_.line(line);
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
        limit_.cancel();
        resolver_.cancel();
        socket_.close(ignored);
        if (!done_) return;
        // Posted: `done` may begin the next attempt of this very pager.
        AttemptEnd end{dialogue_.verdict(), why_.empty() ? dialogue_.detail() : why_, {}};
        asio::post(socket_.get_executor(), [done = std::exchange(done_, nullptr), end = std::move(end)] { done(end); });
    }

    SnppDialogue dialogue_;
    AttemptDone done_;
    tcp::resolver resolver_;
    tcp::socket socket_;
    asio::steady_timer limit_;
    std::string in_, out_, why_;
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

SnppPager::SnppPager(QueueParts parts, std::vector<SnppGateway> gateways, Duration limit)
    : QueuedPager{std::move(parts)}, gateways_{usable(std::move(gateways))}, limit_{limit}
{
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
    SnppPage page{address->to, job.text, job.page.priority == Priority::high, gateway.user, ""};
    if (gateway.password) page.password = gateway.password->reveal();
    std::erase_if(running_, [](const auto& session) { return session.expired(); });
    const auto session = std::make_shared<Session>(executor(), std::move(page), std::move(done));
    running_.push_back(session);
    session->start(gateway.host, gateway.port, limit_);
    return std::nullopt;
}

} // namespace magwatch::adapters
