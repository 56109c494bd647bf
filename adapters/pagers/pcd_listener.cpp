#include "adapters/pagers/pcd_listener.hpp"

#include <utility>
#include <vector>

#include <boost/asio/write.hpp>

#include "adapters/monitors/hl7/mllp.hpp"

namespace magwatch::adapters {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;

namespace {

constexpr std::size_t message_max = 64 * 1024, receive_bytes = 4 * 1024;
constexpr std::size_t sessions_max = 8;
// Out of descriptors or memory: the next accept fails at once, too.
constexpr Duration accept_pause{100};

} // namespace

class PcdListener::Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, std::weak_ptr<State> state)
        : socket_{std::move(socket)}, state_{std::move(state)}, limit_{socket_.get_executor()}, decoder_{message_max}
    {
    }
    void read()
    {
        const auto room = decoder_.prepare(receive_bytes);
        socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                [self = shared_from_this()](const Error& error, std::size_t bytes) {
                                    if (error) return self->close();
                                    self->decoder_.commit(bytes);
                                    self->answer();
                                });
    }
    void close()
    {
        Error ignored;
        limit_.cancel();
        socket_.close(ignored);
        if (const auto state = state_.lock()) state->sessions.erase(shared_from_this());
    }

private:
    struct Heard {
        std::string message;
        PcdTaken taken{};
    };
    void answer()
    {
        const auto state = state_.lock();
        if (!state) return;
        bool wait = false;
        while (const auto frame = decoder_.next()) {
            const auto said = parse_pcd05(frame->payload);
            const auto* status = std::get_if<PcdStatus>(&said);
            const bool taken = !frame->oversized && status != nullptr && state->take(*status);
            if (!taken) state->refuse();
            wait = wait || taken;
            heard_.push_back({std::string{frame->payload}, taken ? PcdTaken::taken : PcdTaken::refused});
        }
        watch();
        if (heard_.empty()) return read();
        if (!wait || !state->settle) return acknowledge(true);
        state->settle([self = shared_from_this()](bool stored) { self->acknowledge(stored); });
    }
    void acknowledge(bool stored)
    {
        const auto state = state_.lock();
        if (!state) return;
        for (Heard& one : heard_) {
            if (one.taken == PcdTaken::taken && !stored) one.taken = PcdTaken::not_stored;
            const WallTime now = state->clock.now().wall;
            const std::uint64_t number = ++state->answers;
            const PcdEnvelope envelope{"a" + std::to_string(now.ms) + "-" + std::to_string(number), 0, now};
            out_ += pcd05_ack(one.message, one.taken, envelope);
        }
        heard_.clear();
        watch();
        asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](const Error& error, std::size_t) {
            if (error) return self->close();
            self->out_.clear();
            self->watch();
            self->read();
        });
    }
    // Part of a frame, or an answer that is not taken: not for ever.
    void watch()
    {
        const auto state = state_.lock();
        const bool runs = decoder_.inside_frame() || !out_.empty();
        if (!runs) limit_.cancel();
        if (!state || !runs || limited_ == runs) {
            limited_ = runs;
            return;
        }
        limited_ = true;
        limit_.expires_after(state->inside_frame);
        limit_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error) self->close();
        });
    }

    tcp::socket socket_;
    std::weak_ptr<State> state_;
    asio::steady_timer limit_;
    hl7::MllpDecoder decoder_;
    std::vector<Heard> heard_; // not answered yet
    std::string out_;
    bool limited_ = false;
};

PcdListener::PcdListener(asio::any_io_executor executor, Clock& clock, Take take, Settle settle, Duration inside_frame,
                         Duration listen_again)
    : state_{std::make_shared<State>(State{tcp::acceptor{executor},
                                           asio::steady_timer{executor},
                                           clock,
                                           std::move(take),
                                           std::move(settle),
                                           inside_frame,
                                           listen_again,
                                           {},
                                           {},
                                           {},
                                           {},
                                           {}})}
{
}

PcdListener::~PcdListener()
{
    Error ignored;
    state_->pause.cancel();
    state_->acceptor.close(ignored);
    for (const auto sessions = std::exchange(state_->sessions, {}); const auto& one : sessions) one->close();
}

std::string PcdListener::listen(const std::string& host, std::uint16_t port, std::set<std::string> allow_from)
{
    Error error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return "not an address";
    state_->at = {address, port};
    state_->allowed = std::move(allow_from);
    open(state_);
    return "";
}

// A port that is taken may be free a moment later, and the answers of people wait for it.
void PcdListener::open(const std::shared_ptr<State>& state)
{
    Error error;
    tcp::acceptor& acceptor = state->acceptor;
    acceptor.open(state->at.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(state->at, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    state->trouble = error ? error.message() : "";
    if (!error) return accept(state);
    Error ignored;
    acceptor.close(ignored);
    after_pause(state, state->listen_again, open);
}

void PcdListener::after_pause(const std::shared_ptr<State>& state, Duration length,
                              void (*then)(const std::shared_ptr<State>&))
{
    state->pause.expires_after(length);
    state->pause.async_wait([weak = std::weak_ptr{state}, then](const Error& error) {
        const auto self = weak.lock();
        if (self && !error) then(self);
    });
}

std::uint16_t PcdListener::port() const
{
    Error error;
    return state_->acceptor.local_endpoint(error).port();
}

void PcdListener::accept(const std::shared_ptr<State>& state)
{
    state->acceptor.async_accept([weak = std::weak_ptr{state}](const Error& error, tcp::socket socket) {
        const auto self = weak.lock();
        if (!self || error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (error) return after_pause(self, accept_pause, accept);
        Error gone;
        const auto from = socket.remote_endpoint(gone).address();
        const bool welcome = !gone && (from.is_loopback() || self->allowed.contains(from.to_string()));
        if (welcome && self->sessions.size() < sessions_max) {
            const auto session = std::make_shared<Session>(std::move(socket), weak);
            self->sessions.insert(session);
            session->read();
        } else {
            self->refuse(); // and closed
        }
        accept(self);
    });
}

} // namespace magwatch::adapters
