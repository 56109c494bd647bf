#include "tools/box/tell.hpp"

#include <fmt/format.h>

namespace magwatch::box {

std::string time_text(Duration since_start)
{
    const std::int64_t ms = since_start.count();
    return fmt::format("{} {:02}:{:02}:{:02}.{:03}", ms / 86'400'000, ms / 3'600'000 % 24, ms / 60'000 % 60,
                       ms / 1000 % 60, ms % 1000);
}

void trace_input(const Input& input, const std::function<void(const std::string&)>& line)
{
    if (const auto* entry = std::get_if<Entry>(&input)) {
        const auto* value = std::get_if<ValueEntry>(&entry->what);
        line(fmt::format("entry {} of bed-{}{}", entry->what.index(), entry->bed.value + 1,
                         value == nullptr ? "" : fmt::format(": {} {}", name(value->signal), value->value)));
    } else if (const auto* action = std::get_if<Action>(&input)) {
        line(fmt::format("action {} by {}", action->what.index(), action->person));
    } else if (const auto* status = std::get_if<ShellStatus>(&input)) {
        line(fmt::format("{} {}", name(status->fault), status->present ? "begins" : "ends"));
    } else if (const auto* device = std::get_if<DeviceStatus>(&input)) {
        line(fmt::format("source {} {}", device->source.value, device->connected ? "answers" : "does not answer"));
    }
}

} // namespace magwatch::box
