// Recorded HL7 messages on a stage: each goes out when its time comes, as a message of now.
// SIMULATION.
//
// Pure and deterministic: the owner of the time steps it. Not thread-safe. A receiver that is
// slower than the recording holds it back: at most `most_unanswered` messages wait, none is
// dropped, and each carries the time at which it was handed out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/replay/hl7_recording.hpp"
#include "tools/simulator/stage.hpp"

namespace magwatch
{

struct MessageStageOptions {
    double speed = 1;
    Duration start{};
    bool loop = false;
    std::int64_t began_wall_ms = 0; // tells the messages of one run from those of another
};

// What the receiver said so far.
struct Answered {
    std::uint64_t accepted = 0, refused = 0, waiting = 0;
    std::map<std::string, std::uint64_t> refusals; // by MSA-1
};

class MessageStage final : public simulator::Stage
{
public:
    // Messages in the order of their times, at least one.
    MessageStage(std::vector<RecordedMessage> messages, const MessageStageOptions& options);

    void step(std::int64_t ms) override;
    [[nodiscard]] std::size_t devices() const override { return 0; }
    [[nodiscard]] simulator::StageDevice device(std::size_t) const override { return {}; }
    [[nodiscard]] std::vector<simulator::StageReport> due_reports(std::int64_t wall_ms) override;
    void answered(const std::string& control_id, const std::string& code) override;
    simulator::CommandResult command(std::string_view line) override;
    [[nodiscard]] std::vector<simulator::StoryLine> take_story() override { return {}; }
    // Everything was answered, or the receiver has been silent for `patience_ms` since the end.
    [[nodiscard]] bool over() const override;

    // Recorded time, within [0, length].
    [[nodiscard]] Duration position() const;
    [[nodiscard]] Duration length() const { return length_; }
    [[nodiscard]] int rounds() const; // how often the loop began anew
    [[nodiscard]] Answered answers() const;

    static constexpr std::size_t most_unanswered = 32;
    static constexpr std::int64_t patience_ms = 90'000; // longer than a sender waits between two attempts

private:
    [[nodiscard]] Duration played() const; // since the start, loops included

    MessageStageOptions options_;
    std::vector<RecordedMessage> messages_;
    Duration length_{};
    std::int64_t now_ms_ = 0, heard_ms_ = 0; // the last answer, or the last message handed out
    std::size_t next_ = 0;
    int round_ = 0; // that of next_
    std::uint64_t handed_out_ = 0;
    std::set<std::string> unanswered_; // control ids
    Answered answers_;
};

} // namespace magwatch
