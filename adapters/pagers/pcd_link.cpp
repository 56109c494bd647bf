#include "adapters/pagers/pcd_link.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "adapters/pagers/lookup.hpp"
#include "adapters/pagers/pcd_message.hpp"

namespace magwatch::adapters {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t reply_max = 16 * 1024;
constexpr std::size_t receive_bytes = 4 * 1024;

} // namespace

PcdLink::PcdLink(asio::any_io_executor executor, std::string host, std::uint16_t port, Duration confirm)
    : resolver_{executor}, socket_{executor}, limit_{executor}, host_{std::move(host)}, port_{port}, confirm_{confirm},
      decoder_{reply_max}
{
}

void PcdLink::send(std::string control_id, std::string framed, Urgency urgency, Done done, std::string alarm)
{
    const auto waits = waiting_.begin() + (busy_ ? 1 : 0); // what is under way stays
    for (auto at = waits; at != waiting_.end(); ++at)
        if (!alarm.empty() && at->alarm == alarm) at->urgency = std::min(at->urgency, urgency);
    waiting_.push_back({std::move(control_id), std::move(framed), urgency, std::move(done), std::move(alarm)});
    std::stable_sort(waiting_.begin() + (busy_ ? 1 : 0), waiting_.end(),
                     [](const Message& a, const Message& b) { return a.urgency < b.urgency; });
    next();
}

void PcdLink::stop()
{
    stopped_ = true;
    waiting_.clear();
    reconnected_ = nullptr;
    Error ignored;
    ++generation_;
    limit_.cancel();
    resolver_.cancel();
    socket_.close(ignored);
}

void PcdLink::next()
{
    if (busy_ || stopped_ || waiting_.empty()) return;
    busy_ = true;
    written_ = false;
    limit_.expires_after(confirm_);
    limit_.async_wait([self = shared_from_this(), mine = ++turn_](const Error& error) {
        if (error || self->stopped_ || mine != self->turn_) return;
        self->drop({self->written_ ? Verdict::unanswered : Verdict::retry,
                    self->written_ ? "no acknowledgement" : "no connection", {}});
    });
    if (connected_) write();
    else connect();
}

void PcdLink::connect()
{
    const std::uint64_t mine = generation_;
    look_up(
        resolver_, host_, port_, [self = shared_from_this(), mine](const Error& error, const Endpoints& found) {
            if (mine != self->generation_) return;
            if (error) return self->drop({Verdict::retry, "no address of this name", {}});
            asio::async_connect(self->socket_, found, [self, mine](const Error& failed, const tcp::endpoint&) {
                if (mine != self->generation_) return;
                if (failed == asio::error::connection_refused)
                    return self->drop({Verdict::retry, "connection refused", {}});
                if (failed) return self->drop({Verdict::retry, "no connection", {}});
                self->connected_ = true;
                self->decoder_ = hl7::MllpDecoder{reply_max};
                self->read();
                self->write();
                if (std::exchange(self->was_lost_, false) && self->reconnected_) self->reconnected_();
            });
        });
}

void PcdLink::write()
{
    written_ = true; // whatever happens from here on, it may have arrived
    const std::uint64_t mine = generation_;
    asio::async_write(socket_, asio::buffer(waiting_.front().framed),
                      [self = shared_from_this(), mine](const Error& error, std::size_t) {
                          if (mine != self->generation_ || !error) return;
                          self->drop({Verdict::unanswered, "connection lost", {}});
                      });
}

void PcdLink::read()
{
    const std::uint64_t mine = generation_;
    const auto room = decoder_.prepare(receive_bytes);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this(), mine](const Error& error, std::size_t bytes) {
                                if (mine != self->generation_) return;
                                if (error) return self->drop({Verdict::unanswered, "closed without a reply", {}});
                                self->decoder_.commit(bytes);
                                while (const auto frame = self->decoder_.next()) {
                                    if (frame->oversized) return self->drop({Verdict::unanswered, "no HL7", {}});
                                    self->take(frame->payload);
                                    if (mine != self->generation_) return;
                                }
                                self->read();
                            });
}

void PcdLink::take(std::string_view reply)
{
    const auto said = parse_pcd_ack(reply);
    if (const auto* mistake = std::get_if<PcdMistake>(&said)) return drop({Verdict::unanswered, mistake->what, {}});
    const auto& ack = std::get<PcdAck>(said);
    // Said twice on the way: nothing new, and no reason to give up what is under way now.
    if (!acknowledged_.empty() && ack.control_id == acknowledged_) return;
    if (!busy_ || waiting_.empty() || ack.control_id != waiting_.front().control_id)
        return drop({Verdict::unanswered, "a reply to another message", {}});
    acknowledged_ = ack.control_id;
    end({ack.verdict, "HL7 " + ack.code, {}});
}

// The message under way has ended; the connection stays.
void PcdLink::end(const AttemptEnd& how)
{
    limit_.cancel();
    ++turn_;
    busy_ = false;
    Done done = std::move(waiting_.front().done);
    waiting_.pop_front();
    asio::post(socket_.get_executor(), [self = shared_from_this(), done = std::move(done), how] {
        if (!self->stopped_) done(how);
    });
    next();
}

// The connection is given up, and with it the message that is under way.
void PcdLink::drop(const AttemptEnd& how)
{
    Error ignored;
    ++generation_;
    resolver_.cancel();
    socket_.close(ignored);
    was_lost_ = was_lost_ || connected_ || busy_;
    connected_ = false;
    std::deque<Message> others;
    for (auto at = waiting_.begin() + (busy_ ? 1 : 0); at != waiting_.end();) {
        if (at->urgency != Urgency::other) {
            ++at;
            continue;
        }
        others.push_back(std::move(*at));
        at = waiting_.erase(at);
    }
    for (Message& one : others)
        asio::post(socket_.get_executor(), [self = shared_from_this(), done = std::move(one.done), why = how.detail] {
            if (!self->stopped_) done({Verdict::retry, why, {}});
        });
    if (busy_) end(how);
}

} // namespace magwatch::adapters
