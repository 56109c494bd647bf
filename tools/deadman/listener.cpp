#include "tools/deadman/listener.hpp"

#include <map>
#include <optional>
#include <type_traits>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "runtime/log.hpp"

namespace magwatch::deadman {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr LogEvent event_refused{"deadman.connection_refused", LogLevel::warning};

constexpr std::uint32_t header_max = 8 * 1024;
constexpr std::uint64_t body_max = 64 * 1024;
constexpr unsigned connections_max = 64, of_one_address_max = 8;
constexpr auto header_time = 5s, rest_time = 10s;

struct Slots {
    std::map<asio::ip::address, unsigned> of;
    unsigned all = 0;
};

// A connection's place among those that may be open.
class Slot {
public:
    static std::unique_ptr<Slot> take(const std::shared_ptr<Slots>& slots, const asio::ip::address& from)
    {
        if (slots->all >= connections_max) return nullptr;
        const auto found = slots->of.find(from);
        if (found != slots->of.end() && found->second >= of_one_address_max) return nullptr;
        return std::unique_ptr<Slot>{new Slot{slots, from}};
    }
    ~Slot()
    {
        --slots_->all;
        if (--slots_->of[from_] == 0) slots_->of.erase(from_);
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

private:
    Slot(std::shared_ptr<Slots> slots, asio::ip::address from) : slots_{std::move(slots)}, from_{std::move(from)}
    {
        ++slots_->all;
        ++slots_->of[from_];
    }
    std::shared_ptr<Slots> slots_;
    asio::ip::address from_;
};

using Judging = std::shared_ptr<const Judge>;

template <class Stream> class Session : public std::enable_shared_from_this<Session<Stream>> {
public:
    static constexpr bool tls = !std::is_same_v<Stream, beast::tcp_stream>;

    template <class... Context>
    Session(std::unique_ptr<Slot> slot, Judging judge, tcp::socket socket, Context&... context)
        : slot_{std::move(slot)}, judge_{std::move(judge)}, stream_{std::move(socket), context...}
    {
        parser_.header_limit(header_max);
        parser_.body_limit(body_max);
    }

    void start()
    {
        beast::get_lowest_layer(stream_).expires_after(header_time);
        if constexpr (tls) {
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [self = this->shared_from_this()](error_code error) {
                                        if (!error) self->read_header();
                                    });
        } else {
            read_header();
        }
    }

private:
    void read_header()
    {
        beast::get_lowest_layer(stream_).expires_after(header_time);
        http::async_read_header(stream_, buffer_, parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    self->header_read(error);
                                });
    }

    void header_read(error_code error)
    {
        if (error) return refuse(error);
        const auto& request = parser_.get();
        beast::get_lowest_layer(stream_).expires_after(rest_time);
        if (request.target() != "/heartbeat") return answer(http::status::not_found);
        if (request.method() != http::verb::post) return answer(http::status::method_not_allowed);
        http::async_read(stream_, buffer_, parser_, [self = this->shared_from_this()](error_code failed, std::size_t) {
            if (failed) self->refuse(failed);
            else self->judge();
        });
    }

    void judge()
    {
        auto request = parser_.release();
        Signed message{std::string{request["webhook-id"]}, std::string{request["webhook-timestamp"]},
                       std::string{request["webhook-signature"]}, std::move(request.body())};
        answer(static_cast<http::status>((*judge_)(std::move(message))));
    }

    void refuse(error_code error)
    {
        if (error == http::error::header_limit) answer(http::status::request_header_fields_too_large);
        else if (error == http::error::body_limit) answer(http::status::payload_too_large);
        else if (error.category() == http::make_error_code(http::error::bad_version).category() &&
                 error != http::error::end_of_stream && error != http::error::partial_message)
            answer(http::status::bad_request);
    }

    void answer(http::status status)
    {
        response_.result(status);
        response_.set(http::field::connection, "close");
        response_.set(http::field::cache_control, "no-store");
        if (status == http::status::method_not_allowed) response_.set(http::field::allow, "POST");
        if (status != http::status::no_content) response_.content_length(0);
        beast::get_lowest_layer(stream_).expires_after(rest_time);
        http::async_write(stream_, response_, [self = this->shared_from_this()](error_code error, std::size_t) {
            if (!error) self->finish();
        });
    }

    void finish()
    {
        if constexpr (tls) {
            stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
        } else {
            error_code ignored;
            stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        }
    }

    std::unique_ptr<Slot> slot_;
    Judging judge_;
    Stream stream_;
    beast::flat_buffer buffer_{header_max + body_max};
    http::request_parser<http::string_body> parser_;
    http::response<http::empty_body> response_;
};

} // namespace

namespace {

asio::ssl::context empty_context()
{
    asio::ssl::context context{asio::ssl::context::tls_server};
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
                        asio::ssl::context::default_workarounds);
    return context;
}

std::optional<asio::ssl::context> make_context(const ListenConfig& config)
{
    if (config.certificate.empty()) return std::nullopt;
    asio::ssl::context context = empty_context();
    context.use_certificate_chain(asio::buffer(config.certificate));
    context.use_private_key(asio::buffer(config.key), asio::ssl::context::pem);
    return context;
}

} // namespace

std::optional<TlsMistake> tls_mistake(const ListenConfig& config)
{
    if (config.certificate.empty()) return std::nullopt;
    asio::ssl::context context = empty_context();
    error_code error;
    context.use_certificate_chain(asio::buffer(config.certificate), error);
    if (error) return TlsMistake{"certificate", "is no certificate (PEM): " + error.message()};
    // With the certificate in place this also finds a key that is another one's.
    context.use_private_key(asio::buffer(config.key), asio::ssl::context::pem, error);
    if (error) return TlsMistake{"key", "is not the key of the certificate (PEM): " + error.message()};
    return std::nullopt;
}

struct Listener::State : std::enable_shared_from_this<Listener::State> {
    State(asio::io_context& io, const ListenConfig& config, Judge judge)
        : judge_{std::make_shared<const Judge>(std::move(judge))}, acceptor{io}, again{io},
          context{make_context(config)}
    {
        const tcp::endpoint at{asio::ip::make_address(config.host), config.port};
        acceptor.open(at.protocol());
        acceptor.set_option(asio::socket_base::reuse_address{true});
        acceptor.bind(at);
        acceptor.listen();
    }

    void accept()
    {
        acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) return self->later();
            self->serve(std::move(socket));
            self->accept();
        });
    }

    // No descriptor is free, or worse: not at once again.
    void later()
    {
        again.expires_after(100ms);
        again.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->accept();
        });
    }

    void serve(tcp::socket socket)
    {
        error_code error;
        const auto from = socket.remote_endpoint(error);
        if (error) return;
        auto slot = Slot::take(slots, from.address());
        if (!slot) {
            log(event_refused, "Too many connections", {{LogKey::peer, from.address().to_string()}});
            return;
        }
        if (context) {
            using Tls = Session<beast::ssl_stream<beast::tcp_stream>>;
            std::make_shared<Tls>(std::move(slot), judge_, std::move(socket), *context)->start();
        } else {
            using Plain = Session<beast::tcp_stream>;
            std::make_shared<Plain>(std::move(slot), judge_, std::move(socket))->start();
        }
    }

    Judging judge_;
    tcp::acceptor acceptor;
    asio::steady_timer again;
    std::optional<asio::ssl::context> context;
    std::shared_ptr<Slots> slots = std::make_shared<Slots>();
};

Listener::Listener(asio::io_context& io, const ListenConfig& config, Judge judge)
    : state_{std::make_shared<State>(io, config, std::move(judge))}
{
    state_->accept();
}

Listener::~Listener()
{
    error_code ignored;
    state_->acceptor.close(ignored);
    state_->again.cancel();
}

// Sessions that are open hold what they need of the old one.
void Listener::use(const ListenConfig& config) { state_->context = make_context(config); }

std::uint16_t Listener::port() const { return state_->acceptor.local_endpoint().port(); }

} // namespace magwatch::deadman
