#include "tools/replay/message_stage.hpp"

#include <algorithm>
#include <utility>

namespace magwatch
{
namespace
{

constexpr Duration after_the_last{1000}; // before a loop begins anew

} // namespace

MessageStage::MessageStage(std::vector<RecordedMessage> messages,
                           const MessageStageOptions& options)
    : options_{options}, messages_{std::move(messages)}
{
    length_ = messages_.back().at + after_the_last;
    const auto first = std::lower_bound(
        messages_.begin(), messages_.end(), options.start,
        [](const RecordedMessage& message, Duration at) { return message.at < at; });
    next_ = static_cast<std::size_t>(first - messages_.begin());
}

Duration MessageStage::played() const
{
    return options_.start +
           Duration{static_cast<std::int64_t>(static_cast<double>(now_ms_) * options_.speed)};
}

Duration MessageStage::position() const
{
    return options_.loop ? played() % length_ : std::min(played(), length_);
}

int MessageStage::rounds() const
{
    return options_.loop ? static_cast<int>(played() / length_) : 0;
}

Answered MessageStage::answers() const
{
    Answered now = answers_;
    now.waiting = unanswered_.size();
    return now;
}

void MessageStage::step(std::int64_t ms)
{
    now_ms_ += ms;
}

std::vector<simulator::StageReport> MessageStage::due_reports(std::int64_t wall_ms)
{
    std::vector<simulator::StageReport> due;
    while (unanswered_.size() < most_unanswered) {
        if (next_ == messages_.size() && options_.loop) {
            next_ = 0;
            ++round_;
        }
        if (next_ == messages_.size() || length_ * round_ + messages_[next_].at > played()) break;
        const std::string id = "REPLAY" + std::to_string(options_.began_wall_ms) + "-" +
                               std::to_string(++handed_out_);
        due.push_back({id, told_as_of(messages_[next_].bytes, WallTime{wall_ms}, id)});
        unanswered_.insert(id);
        heard_ms_ = now_ms_;
        ++next_;
    }
    return due;
}

void MessageStage::answered(const std::string& control_id, const std::string& code)
{
    if (unanswered_.erase(control_id) == 0) return;
    heard_ms_ = now_ms_;
    if (code == "AA" || code == "CA") {
        ++answers_.accepted;
        return;
    }
    ++answers_.refused;
    ++answers_.refusals[code];
}

bool MessageStage::over() const
{
    if (options_.loop || next_ < messages_.size() || played() < length_) return false;
    return unanswered_.empty() || now_ms_ - heard_ms_ > patience_ms;
}

simulator::CommandResult MessageStage::command(std::string_view line)
{
    return {false, "a replay takes no command: " + std::string{line}};
}

} // namespace magwatch
