// What must hold of a ward's paging whatever happens, judged from outside: from what went in, what came out and what
// a screen would show, never from the core's own deadlines.
//
// The invariants are those of the simulator's list: I1 each true high episode is paged within 5 s; I3 an unanswered
// step escalates on time and the calling never ends without a person at the bed; I6 no key is sent twice, or a third
// time after a restart; I7 every pause ends and hides no new high alarm. One thread, virtual time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rules/ward/ward.hpp"

namespace magwatch::box {

struct Violation {
    std::string invariant; // "I1"
    std::string what;
    Instant at;
};

class PagingOracle {
public:
    explicit PagingOracle(const Configuration& configuration);

    // `look`: also at what a screen would show, which takes time. What is decided without a look is judged at the
    // next.
    void took(const Moment& now, const Input& input, const EffectBuffer& effects, const Ward& ward, bool look = true);
    void look(const Moment& now, const WardView& view);
    // The machine died, and what it heard from then on may be gone with it; told before it starts again.
    void lost_since(Instant durable);
    // The machine started again. What was decided after `durable` may be gone with it; everything else is still there.
    void restarted(const Moment& now, Instant durable, const Ward& ward);
    // Times that a configuration may change while a call runs: the longest of both hold.
    void configured(const Configuration& configuration);
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    // Calls that are still open.
    [[nodiscard]] std::size_t open() const { return open_high_.size(); }

private:
    struct HighEpisode {
        BedId bed;
        Instant raised;
        bool paged = false;
    };
    struct CallTimes {
        Instant opened{}, paged{}, accepted{}, attended{};
        std::uint16_t rung = 0;
        std::uint32_t repetition = 0;
    };

    void transition(const Moment& now, const AlarmTransition& t);
    void page(const Moment& now, const SendPage& sent);
    void check_times(const Moment& now, const WardView& view);
    void check_pauses(const Moment& now, const WardView& view);
    void fail(const Moment& now, const char* invariant, std::string what);

    Duration wait_{}, attend_{}, acknowledged_{}, first_after_{}; // the longest that any policy gives
    std::map<EpisodeId, HighEpisode> open_high_;
    std::map<EpisodeId, HighEpisode> ended_high_; // since the last start: a lost end leaves them open, as they were
    Instant awake_{}; // since the last start or sleep
    std::map<CallId, CallTimes> calls_;
    std::map<std::string, unsigned> sent_; // by key
    std::map<PageKey, Instant> heard_;     // with an outcome, since when
    std::set<PageKey> told_;               // without the channel
    std::set<BedId> raised_now_; // since the last look
    bool restarted_ = false;
    std::vector<Violation> violations_;
};

} // namespace magwatch::box
