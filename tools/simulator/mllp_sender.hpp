// A gateway's outgoing queue as a state machine: one message outstanding, resent until it is acknowledged.
//
// Pure: no clock, no socket. The owner reports what happened on the wire and does what it is told; times
// are any steady milliseconds. Retries as of protocols.md 2 "Sender retry": no reply: the same MSH-10 again
// after 1, 2, 4 ... 60 s; AE/CE: at most three times, then given up; AR/CR: given up; a reply to another
// MSH-10: the connection is out of step and is dropped. A full queue drops its oldest and counts it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch::simulator {

class MllpSender {
public:
    void enqueue(std::string control_id, std::string message);

    // Bytes to write now, or nothing. Call when connected and after every event.
    [[nodiscard]] std::optional<std::string> to_send(std::int64_t now_ms);
    // Bytes that came in. False: drop the connection.
    [[nodiscard]] bool received(std::string_view bytes, std::int64_t now_ms);
    // No reply within the limit: drop the connection, the message is sent again on the next.
    [[nodiscard]] bool reply_overdue(std::int64_t now_ms) const;
    void disconnected(std::int64_t now_ms);
    // Not before this a new connection is worth trying.
    [[nodiscard]] std::int64_t connect_after_ms() const { return connect_after_ms_; }

    // What became of messages since the last call, in the order of their ends: MSA-1, or "" of one that was dropped.
    struct Outcome {
        std::string control_id, code;
    };
    [[nodiscard]] std::vector<Outcome> take_outcomes();

    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    [[nodiscard]] std::uint64_t resent() const { return resent_; }
    [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

    static constexpr std::int64_t reply_limit_ms = 10'000;
    static constexpr std::size_t most_waiting = 64;

private:
    struct Waiting {
        std::string control_id, message;
        int errors = 0;
        bool sent_before = false;
    };
    void back_off(std::int64_t now_ms);
    void done(const std::string& code); // with the front

    std::deque<Waiting> queue_;
    std::vector<Outcome> outcomes_;
    std::string buffer_;
    std::optional<std::int64_t> sent_at_ms_; // the front is outstanding since
    std::int64_t not_before_ms_ = 0, connect_after_ms_ = 0;
    std::int64_t delay_ms_ = 1000;
    std::uint64_t acknowledged_ = 0, resent_ = 0, given_up_ = 0, dropped_ = 0;
};

} // namespace magwatch::simulator
