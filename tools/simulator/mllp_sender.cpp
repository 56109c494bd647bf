#include "tools/simulator/mllp_sender.hpp"

#include <algorithm>
#include <utility>

#include "tools/simulator/hl7_message.hpp"

namespace magwatch::simulator {
namespace {

constexpr char frame_start = 0x0B, frame_end = 0x1C;
constexpr std::size_t most_reply_bytes = 64 * 1024;
constexpr int most_errors = 3;

} // namespace

void MllpSender::enqueue(std::string control_id, std::string message)
{
    if (queue_.size() >= most_waiting) {
        // The front may be on its way: dropping the one behind it keeps the order of replies.
        const auto oldest = queue_.begin() + (sent_at_ms_ ? 1 : 0);
        outcomes_.push_back({oldest->control_id, ""});
        queue_.erase(oldest);
        ++dropped_;
    }
    queue_.push_back({std::move(control_id), std::move(message), 0, false});
}

std::optional<std::string> MllpSender::to_send(std::int64_t now_ms)
{
    if (sent_at_ms_ || queue_.empty() || now_ms < not_before_ms_) return std::nullopt;
    Waiting& front = queue_.front();
    if (front.sent_before) ++resent_;
    front.sent_before = true;
    sent_at_ms_ = now_ms;
    std::string frame;
    frame.reserve(front.message.size() + 3);
    frame += frame_start;
    frame += front.message;
    frame += frame_end;
    frame += '\r';
    return frame;
}

bool MllpSender::received(std::string_view bytes, std::int64_t now_ms)
{
    buffer_ += bytes;
    if (buffer_.size() > most_reply_bytes) return false;
    while (true) {
        const std::size_t start = buffer_.find(frame_start);
        const std::size_t end = start == std::string::npos ? start : buffer_.find(frame_end, start);
        if (end == std::string::npos) return true;
        const std::string reply = buffer_.substr(start + 1, end - start - 1);
        buffer_.erase(0, std::min(end + 2, buffer_.size()));
        if (!sent_at_ms_) return false; // nothing was asked
        const Acknowledgement ack = acknowledgement_of(reply);
        if (ack.control_id != queue_.front().control_id) return false;
        sent_at_ms_.reset();
        if (ack.code == "AA" || ack.code == "CA") {
            ++acknowledged_;
            delay_ms_ = 1000;
            done(ack.code);
        } else if ((ack.code == "AE" || ack.code == "CE") && ++queue_.front().errors <= most_errors) {
            back_off(now_ms);
        } else {
            ++given_up_;
            done(ack.code);
        }
    }
}

bool MllpSender::reply_overdue(std::int64_t now_ms) const
{
    return sent_at_ms_ && now_ms - *sent_at_ms_ > reply_limit_ms;
}

void MllpSender::disconnected(std::int64_t now_ms)
{
    buffer_.clear();
    sent_at_ms_.reset();
    back_off(now_ms);
    connect_after_ms_ = not_before_ms_;
}

std::vector<MllpSender::Outcome> MllpSender::take_outcomes()
{
    return std::exchange(outcomes_, {});
}

void MllpSender::done(const std::string& code)
{
    outcomes_.push_back({std::move(queue_.front().control_id), code});
    queue_.pop_front();
}

void MllpSender::back_off(std::int64_t now_ms)
{
    not_before_ms_ = now_ms + delay_ms_;
    delay_ms_ = std::min<std::int64_t>(delay_ms_ * 2, 60'000);
}

} // namespace magwatch::simulator
