// What a server of devices puts on the network: devices with registers, a gateway's messages, a
// story.
//
// Whoever owns the time calls step(); a stage itself has no clock, socket or thread. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/simulator/modbus_reply.hpp"

namespace magwatch::simulator
{

struct StoryLine {
    std::int64_t at_ms = 0; // device time since the start
    std::string bed;        // "" = the ward
    std::string text;
};

struct CommandResult {
    bool ok = false;
    std::string text; // what was done or why not; for `status` the JSON
};

// One Modbus device as it is now.
struct StageDevice {
    std::uint16_t port = 0; // offset from the server's base port; the same at every call
    bool unplugged = false; // it refuses, and who was connected is dropped
    RegisterTables tables;  // valid until the next step or command
};

// One message for the gateway to send.
struct StageReport {
    std::string control_id, message;
};

class Stage
{
public:
    Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    virtual ~Stage() = default;

    virtual void step(std::int64_t ms) = 0;
    [[nodiscard]] virtual std::size_t devices() const = 0; // never changes
    [[nodiscard]] virtual StageDevice device(std::size_t index) const = 0;
    // The messages that became due since the last call, told as those of `wall_ms` (UTC).
    [[nodiscard]] virtual std::vector<StageReport> due_reports(std::int64_t wall_ms) = 0;
    // What the receiver said of a message: MSA-1, "" if it was dropped unanswered.
    virtual void answered(const std::string& control_id, const std::string& code);
    virtual CommandResult command(std::string_view line) = 0;
    // What was told since the last call.
    [[nodiscard]] virtual std::vector<StoryLine> take_story() = 0;
    // Nothing more comes: the server ends.
    [[nodiscard]] virtual bool over() const { return false; }
};

inline void Stage::answered(const std::string&, const std::string&) {}

} // namespace magwatch::simulator
