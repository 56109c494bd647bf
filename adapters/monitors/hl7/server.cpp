#include "adapters/monitors/hl7/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <map>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "adapters/monitors/hl7/mllp.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t receive_bytes =
    16 * 1024; // a turn of the loop takes no more from one connection
constexpr std::size_t keep_bytes = 256 * 1024;
constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);

struct Session {
    Session(tcp::socket s, std::string from, std::size_t max_bytes)
        : socket{std::move(s)}, address{std::move(from)}, decoder{max_bytes}
    {
    }
    tcp::socket socket;
    std::string address;
    MllpDecoder decoder;
    MllpDecoder::Counts counted;
    std::vector<Taken> taken;
    std::string out;
    std::vector<SourceId> sources; // that spoke here
    Clock::time_point silent_since = Clock::now(); // no whole message of a known sender since
    bool waiting_frame = false; // part of a frame is here, since frame_since
    Clock::time_point frame_since;
    bool writing = false;
    Clock::time_point write_since;
    bool committing = false;
};

// A peer that vanished is known within two minutes, also where it left something unacknowledged, and not after the
// hours of the system's defaults.
void notice_vanished(tcp::socket& socket)
{
    const auto set = [&](int level, int option, int value) {
        (void)setsockopt(socket.native_handle(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 120'000);
}

} // namespace

struct Hl7Server::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::any_io_executor e, TaskGroup& t, Hl7Config config, ObservationSink& s,
         std::function<WallTime()> c)
        : executor{std::move(e)}, tasks{t}, ingest{std::move(config), s}, sink{s},
          clock{std::move(c)}, sweep_timer{executor}, listen_timer{executor}
    {
    }

    [[nodiscard]] std::shared_ptr<tcp::acceptor> listen(const Hl7Config& config) const;
    bool try_to_listen();
    static asio::awaitable<void> keep_trying(std::shared_ptr<Impl> self);
    // Coroutines that hold the server: they may run once more after its owner let go.
    static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self,
                                             std::shared_ptr<tcp::acceptor> listener);
    static asio::awaitable<void> serve(std::shared_ptr<Impl> self,
                                       std::shared_ptr<Session> session);
    static asio::awaitable<void> sweep(std::shared_ptr<Impl> self);
    void admit(tcp::socket socket);
    [[nodiscard]] bool may_connect(const tcp::endpoint& peer, const std::string& address) const;
    [[nodiscard]] std::size_t open_from(const std::string& address) const;
    void make_room(const std::string& address);
    asio::awaitable<bool> answer(Session& session);
    bool take_frames(Session& session);
    void sweep_once();
    void close(Session& session);
    void leave(const std::shared_ptr<Session>& session);

    asio::any_io_executor executor;
    TaskGroup& tasks;
    Ingest ingest;
    ObservationSink& sink;
    std::function<WallTime()> clock;
    asio::steady_timer sweep_timer, listen_timer;
    std::string why_deaf; // why it does not listen; "": it does, or was not told to
    std::shared_ptr<tcp::acceptor> acceptor;
    std::vector<std::shared_ptr<Session>> sessions;
    std::map<std::string, std::size_t> by_address;
    bool stopped = false;
};

std::shared_ptr<tcp::acceptor> Hl7Server::Impl::listen(const Hl7Config& config) const
{
    const tcp::endpoint endpoint{asio::ip::make_address(config.address), config.port};
    auto listener = std::make_shared<tcp::acceptor>(executor);
    listener->open(endpoint.protocol());
    listener->set_option(tcp::acceptor::reuse_address(true));
    listener->bind(endpoint);
    listener->listen();
    return listener;
}

bool Hl7Server::Impl::try_to_listen()
{
    try {
        acceptor = listen(ingest.config());
    } catch (const boost::system::system_error& error) {
        why_deaf = error.code().message();
        return false;
    }
    why_deaf.clear();
    tasks.spawn("hl7 listener", accept_loop(shared_from_this(), acceptor));
    return true;
}

// A port that is taken may be free later, and an address that the machine does not have yet may come.
asio::awaitable<void> Hl7Server::Impl::keep_trying(std::shared_ptr<Impl> self)
{
    bool listens = false;
    while (!listens) {
        self->listen_timer.expires_after(self->ingest.config().listen_again);
        co_await self->listen_timer.async_wait(nothrow);
        if (self->stopped) break;
        listens = self->try_to_listen();
    }
}

asio::awaitable<void> Hl7Server::Impl::accept_loop(std::shared_ptr<Impl> self,
                                                   std::shared_ptr<tcp::acceptor> listener)
{
    asio::steady_timer pause{self->executor};
    while (listener->is_open()) {
        auto [error, socket] = co_await listener->async_accept(nothrow);
        if (!error) {
            self->admit(std::move(socket));
            continue;
        }
        if (error == asio::error::operation_aborted || !listener->is_open()) break;
        // Out of descriptors: connections wait in the kernel's queue meanwhile.
        pause.expires_after(std::chrono::milliseconds{100});
        co_await pause.async_wait(nothrow);
    }
}

bool Hl7Server::Impl::may_connect(const tcp::endpoint& peer, const std::string& address) const
{
    const auto names = [&](const std::vector<std::string>& addresses) {
        return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
    };
    const Hl7Config& config = ingest.config();
    const bool of_a_source = std::any_of(config.sources.begin(), config.sources.end(), [&](const SourceProfile& s) {
        return s.addresses.empty() || names(s.addresses);
    });
    return of_a_source && (config.allow_from.empty() || peer.address().is_loopback() || names(config.allow_from));
}

std::size_t Hl7Server::Impl::open_from(const std::string& address) const
{
    const auto found = by_address.find(address);
    return found == by_address.end() ? 0 : found->second;
}

// A gateway that restarts without a word, and anybody who only connects, leaves connections that say nothing for ever.
// Where they take the room of one that wants to speak, the longest silent goes: one on which no known sender ever
// spoke, or, where one did on all of them, one from the newcomer's own address. None before it was silent for as long
// as a message may take, and none in the middle of one: a gateway that rarely speaks is not put out by those who never
// do.
void Hl7Server::Impl::make_room(const std::string& address)
{
    const Hl7Config& config = ingest.config();
    const bool own = open_from(address) >= config.max_connections_per_address;
    if (!own && sessions.size() < config.max_connections) return;
    std::shared_ptr<Session> goes;
    const auto look = [&](bool spoke) {
        for (const auto& session : sessions) {
            if (session->sources.empty() == spoke || ((own || spoke) && session->address != address)) continue;
            if (!goes || session->silent_since < goes->silent_since) goes = session;
        }
    };
    look(false);
    if (!goes) look(true);
    const bool works = goes && (goes->committing || goes->writing || (goes->waiting_frame && !goes->sources.empty()));
    if (!goes || works || Clock::now() - goes->silent_since <= config.frame_timeout) return;
    ++ingest.counters().connections_evicted;
    leave(goes);
}

void Hl7Server::Impl::admit(tcp::socket socket)
{
    Hl7Counters& counters = ingest.counters();
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error || stopped) return; // gone already
    const std::string address = peer.address().to_string();
    if (!may_connect(peer, address)) {
        ++counters.connections_not_allowed;
        return;
    }
    make_room(address);
    const Hl7Config& config = ingest.config();
    if (sessions.size() >= config.max_connections || open_from(address) >= config.max_connections_per_address) {
        ++counters.connections_refused;
        return;
    }
    socket.set_option(tcp::no_delay(true), error);
    notice_vanished(socket);
    ++counters.connections;
    ++counters.open_connections;
    ++by_address[address];
    auto session = std::make_shared<Session>(std::move(socket), address, config.max_message_bytes);
    sessions.push_back(session);
    if (!tasks.spawn("hl7 session", serve(shared_from_this(), session))) leave(session);
}

void Hl7Server::Impl::leave(const std::shared_ptr<Session>& session)
{
    const auto at = std::find(sessions.begin(), sessions.end(), session);
    if (at == sessions.end()) return;
    sessions.erase(at);
    --ingest.counters().open_connections;
    const auto count = by_address.find(session->address);
    if (--count->second == 0) by_address.erase(count);
    close(*session);
}

void Hl7Server::Impl::close(Session& session)
{
    boost::system::error_code ignored;
    session.socket.shutdown(tcp::socket::shutdown_both, ignored);
    session.socket.close(ignored);
}

// Pushes every whole frame; false if there was none.
bool Hl7Server::Impl::take_frames(Session& session)
{
    const WallTime now = clock();
    session.taken.clear();
    bool any = false;
    while (const auto frame = session.decoder.next()) {
        any = true;
        if (frame->oversized) {
            ingest.take_oversized(frame->payload, session.taken);
        } else {
            ingest.take(frame->payload, session.address, now, session.taken);
        }
    }
    const MllpDecoder::Counts& c = session.decoder.counts();
    MllpDecoder::Counts& before = session.counted;
    Hl7Counters& counters = ingest.counters();
    counters.frames_oversized += c.oversized - before.oversized;
    counters.frames_restarted += c.restarted - before.restarted;
    counters.frames_missing_end += c.missing_end - before.missing_end;
    counters.noise_bytes += c.noise - before.noise;
    const bool restarted = c.restarted != before.restarted;
    before = c;
    for (const Taken& one : session.taken) {
        const bool known = one.source == no_source ||
                           std::find(session.sources.begin(), session.sources.end(), one.source) !=
                               session.sources.end();
        if (!known) session.sources.push_back(one.source);
        if (one.source != no_source) session.silent_since = Clock::now();
    }
    // The time limit runs from the first byte of the frame that is not whole yet.
    if (session.decoder.inside_frame()) {
        if (!session.waiting_frame || any || restarted) session.frame_since = Clock::now();
        session.waiting_frame = true;
    } else {
        session.waiting_frame = false;
    }
    return any;
}

asio::awaitable<bool> Hl7Server::Impl::answer(Session& session)
{
    bool stored = true;
    const bool commit = std::any_of(session.taken.begin(), session.taken.end(),
                                    [](const Taken& one) { return one.commit_first; });
    if (commit) {
        session.committing = true;
        stored = co_await sink.committed();
        session.committing = false;
    }
    session.out.clear();
    ingest.answer(session.taken, stored, clock(), session.out);
    if (session.out.empty()) co_return true;
    session.writing = true;
    session.write_since = Clock::now();
    const auto bytes = asio::buffer(session.out);
    const auto [error, size] = co_await asio::async_write(session.socket, bytes, nothrow);
    session.writing = false;
    if (session.out.capacity() > keep_bytes) session.out = {}; // one flood is no reason to keep it
    co_return !error;
}

asio::awaitable<void> Hl7Server::Impl::serve(std::shared_ptr<Impl> self,
                                             std::shared_ptr<Session> session)
{
    // Leaves the list whatever ends the coroutine.
    struct Leave {
        std::shared_ptr<Impl> impl;
        std::shared_ptr<Session> session;
        Leave(std::shared_ptr<Impl> i, std::shared_ptr<Session> s)
            : impl{std::move(i)}, session{std::move(s)}
        {
        }
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
        ~Leave() { impl->leave(session); }
    };
    const Leave leaving{self, session};
    while (!self->stopped) {
        const auto room = session->decoder.prepare(receive_bytes);
        const auto target = asio::buffer(room.data(), std::min(room.size(), receive_bytes));
        const auto [error, size] = co_await session->socket.async_read_some(target, nothrow);
        if (error) break;
        session->decoder.commit(size);
        if (!self->take_frames(*session)) continue;
        const bool alive = co_await self->answer(*session);
        if (!alive) break;
    }
}

void Hl7Server::Impl::sweep_once()
{
    const auto now = Clock::now();
    const auto limit = ingest.config().frame_timeout;
    const auto all = sessions; // closing ends sessions
    for (const auto& session : all) {
        const bool dribbles = session->waiting_frame && !session->writing && !session->committing &&
                              now - session->frame_since > limit;
        const bool deaf = session->writing && now - session->write_since > limit;
        if (!dribbles && !deaf) continue;
        ++ingest.counters().timeouts;
        close(*session);
    }
    ingest.look_for_silence(now, [this](SourceId source) {
        return std::any_of(sessions.begin(), sessions.end(), [&](const auto& s) {
            return std::find(s->sources.begin(), s->sources.end(), source) != s->sources.end();
        });
    });
}

asio::awaitable<void> Hl7Server::Impl::sweep(std::shared_ptr<Impl> self)
{
    while (!self->stopped) {
        // A tenth of the limit, so that tests with short limits need not wait a second.
        const auto tenth = std::chrono::milliseconds{self->ingest.config().frame_timeout} / 10;
        self->sweep_timer.expires_after(
            std::clamp(tenth, std::chrono::milliseconds{10}, std::chrono::milliseconds{1000}));
        const auto [error] = co_await self->sweep_timer.async_wait(nothrow);
        if (error || self->stopped) break;
        self->sweep_once();
    }
}

Hl7Server::Hl7Server(asio::any_io_executor executor, TaskGroup& tasks, Hl7Config config,
                     ObservationSink& sink, std::function<WallTime()> clock)
    : impl_{std::make_shared<Impl>(std::move(executor), tasks, std::move(config), sink,
                                   std::move(clock))}
{
}

Hl7Server::~Hl7Server()
{
    stop();
}

void Hl7Server::start()
{
    impl_->ingest.announce();
    impl_->tasks.spawn("hl7 time limits", Impl::sweep(impl_));
    if (!impl_->try_to_listen()) impl_->tasks.spawn("hl7 listening", Impl::keep_trying(impl_));
}

const std::string& Hl7Server::why_deaf() const
{
    return impl_->why_deaf;
}

void Hl7Server::remember(const MessageSeen& message)
{
    impl_->ingest.remember(message, impl_->clock());
}

void Hl7Server::reconfigure(Hl7Config config)
{
    const Hl7Config& old = impl_->ingest.config();
    if (impl_->acceptor && (old.address != config.address || old.port != config.port)) {
        auto listener = impl_->listen(config);
        boost::system::error_code ignored;
        impl_->acceptor->close(ignored);
        impl_->acceptor = std::move(listener);
        impl_->tasks.spawn("hl7 listener", Impl::accept_loop(impl_, impl_->acceptor));
    }
    impl_->ingest.reconfigure(std::move(config));
    impl_->ingest.announce();
}

void Hl7Server::stop()
{
    if (impl_->stopped) return;
    impl_->stopped = true;
    boost::system::error_code ignored;
    if (impl_->acceptor) impl_->acceptor->close(ignored);
    impl_->sweep_timer.cancel();
    impl_->listen_timer.cancel();
    for (const auto& session : impl_->sessions) {
        // One that is answering says its answer first and then ends by itself.
        if (!session->committing && !session->writing) session->socket.cancel(ignored);
    }
}

std::uint16_t Hl7Server::port() const
{
    boost::system::error_code ignored;
    return impl_->acceptor ? impl_->acceptor->local_endpoint(ignored).port() : std::uint16_t{0};
}

const Hl7Counters& Hl7Server::counters() const
{
    return impl_->ingest.counters();
}

} // namespace magwatch::adapters::hl7
