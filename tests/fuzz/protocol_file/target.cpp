// Any bytes as a protocol file: a protocol that a checklist can run, or mistakes with places inside the text.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/base/archive.hpp"
#include "rules/protocol/checklist.hpp"

namespace {

using namespace magwatch;

// Everything can be tapped in some order without leaving what a checklist can be.
void run(const Protocol& protocol)
{
    Instant now{1'000'000};
    Checklist list = open_checklist(protocol, ProtocolBranch::grade1, "", now);
    for (const ProtocolBranch branch : {ProtocolBranch::grade1, ProtocolBranch::grade2, ProtocolBranch::arrest}) {
        (void)raise_checklist(list, protocol, branch, now);
        if (on_top(list, protocol) == nullptr && branch == ProtocolBranch::grade1) std::abort();
        for (const ProtocolStep& step : protocol.steps) {
            for (std::size_t act = 0; act < step_act_names.size(); ++act) {
                (void)tap(list, protocol, step.id, static_cast<StepAct>(act), "a", act == 1 ? "b" : "why", now);
                if (const auto next = next_timer(list, now)) {
                    if (*next <= now) std::abort();
                    now = *next;
                }
                (void)review_checklist(list, PumpSeen::unlinked, now);
                const StepProgress* progress = list.progress(step.id);
                if (progress == nullptr || progress->doses > step.most) std::abort();
            }
        }
    }
    const auto back = from_bytes<Checklist>(as_text(to_bytes(list)));
    if (!back || !sound(*back, protocol)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const ReadProtocol read = read_protocol(text, "fuzz.toml");
    if ((read.protocol != nullptr) != read.errors.empty()) std::abort();
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const Diagnostic& mistake : read.errors) {
        if (mistake.message.empty() || mistake.line > lines) std::abort();
        (void)mistake.text();
    }
    if (read.protocol) run(*read.protocol);
    return 0;
}
