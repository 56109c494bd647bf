// One supervised MLLP connection to an alarm manager (CP-146): messages one after the other, each acknowledged on the
// same socket within pcd_confirm, or the connection is given up.
//
// Lives on the io_context thread. A connection is kept; a message that finds none makes one. A reply to another message
// means that the two are out of step: the connection is closed, for a late reply must never answer the next message.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/monitors/hl7/mllp.hpp"
#include "adapters/pagers/queued_pager.hpp"

namespace magwatch::adapters {

class PcdLink : public std::enable_shared_from_this<PcdLink> {
public:
    using Done = std::function<void(const AttemptEnd&)>;

    // `lost_and_found`: a connection stands again after one that was lost; runs before the message that made it.
    PcdLink(boost::asio::any_io_executor executor, std::string host, std::uint16_t port, Duration confirm);

    // Pages go before everything else that waits, those about a patient that are of high priority first; what is not a
    // page fails together with the connection, so that a manager who is not there gathers nothing.
    enum class Urgency : std::uint8_t { high, page, other };
    // `alarm`: pages of one leave in the order in which they came, as urgent as the most urgent of them. `done` is
    // posted, once; not at all after stop().
    void send(std::string control_id, std::string framed, Urgency urgency, Done done, std::string alarm = {});
    void on_reconnected(std::function<void()> heard) { reconnected_ = std::move(heard); }
    void stop();

private:
    struct Message {
        std::string control_id, framed;
        Urgency urgency;
        Done done;
        std::string alarm;
    };
    using Error = boost::system::error_code;

    void next();
    void connect();
    void write();
    void read();
    void take(std::string_view reply);
    void end(const AttemptEnd& how);
    void drop(const AttemptEnd& how);

    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer limit_;
    std::string host_;
    std::uint16_t port_;
    Duration confirm_;
    hl7::MllpDecoder decoder_;
    std::deque<Message> waiting_;
    std::function<void()> reconnected_;
    std::string acknowledged_;     // the message that was answered last
    std::uint64_t turn_ = 0;       // of the message: a time limit that is late means another one
    std::uint64_t generation_ = 0; // of the connection: what an old one still says is not heard
    bool busy_ = false, connected_ = false, written_ = false, was_lost_ = false, stopped_ = false;
};

} // namespace magwatch::adapters
