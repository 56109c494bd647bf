#include "daemon/audit/tally.hpp"

namespace magwatch::audit
{
namespace
{

// Design values. Refusals keep their first rows, of which each says what was tried.
constexpr std::uint64_t reads_written = 1, refusals_written = 20;
constexpr std::size_t most_kinds = 512; // names and addresses that somebody made up

} // namespace

bool Tally::admit(const Event& event)
{
    const bool read = event.outcome == "read";
    if (!read && event.outcome != "refused") return true;
    // By what is ours to say: an object of a refused change may be anything.
    std::string kind = event.outcome + "\n" + event.actor + "\n" + event.station + "\n" + event.action + "\n" +
                       (read ? event.object : "");
    if (counts_.size() >= most_kinds && !counts_.contains(kind)) kind = event.outcome;
    Count& count = counts_[kind];
    if (count.written < (read ? reads_written : refusals_written)) {
        ++count.written;
        return true;
    }
    count.event = event;
    count.event.body.clear();
    if (!read) count.event.object.clear();
    ++count.more;
    counted_ = true;
    return false;
}

std::vector<Event> Tally::turn()
{
    std::vector<Event> out;
    for (auto& [kind, count] : counts_) {
        if (count.more == 0) continue;
        count.event.times = count.more;
        out.push_back(std::move(count.event));
    }
    counts_.clear();
    counted_ = false;
    return out;
}

} // namespace magwatch::audit
