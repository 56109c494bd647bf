// The lines that a replay prints: alarm transitions and pages in the order of time.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "rules/ward/ward.hpp"
#include "tools/replay/replay.hpp"

namespace magwatch {

class Timeline {
public:
    // `tally` may be null.
    Timeline(std::ostream& out, bool json, ReplayTally* tally) : out_{out}, json_{json}, tally_{tally} {}

    void start(Instant start) { start_ = start; }
    // Prints what the step decided.
    void add(const Ward& ward, const EffectBuffer& effects);
    void finish(const Ward& ward, const Moment& now);
    // A page that the journal says was sent.
    void recorded(const Page& page) { ++recorded_[page.key.text()]; }
    [[nodiscard]] bool same_pages() const { return recorded_ == sent_; }
    [[nodiscard]] std::size_t recorded_pages() const;
    void compare_pages() { comparing_ = true; }

private:
    [[nodiscard]] double seconds(Instant at) const { return static_cast<double>((at - start_).count()) / 1000; }
    void add(const Ward& ward, const AlarmTransition& transition);
    void count(const AlarmTransition& transition);
    void add(const SendPage& page);

    std::ostream& out_;
    bool json_;
    ReplayTally* tally_;
    bool comparing_ = false;
    Instant start_{};
    std::map<CallId, std::string> lead_; // the rule that a call last rang for
    std::map<std::string, std::uint32_t> recorded_, sent_; // by key
    std::uint64_t raised_ = 0, pages_ = 0;
};

} // namespace magwatch
