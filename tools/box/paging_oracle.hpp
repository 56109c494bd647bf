// What must hold of a ward's paging whatever happens, judged from outside: from what went in, what came out and what
// a screen would show, never from the core's own deadlines.
//
// The invariants are those of the simulator's list: I1 each true high episode is paged within 5 s; I3 whatever is to be
// called for has a call, each step of its ladder comes when the configuration says, no second later and none before,
// and the calling never ends without a person at the bed; I6 no key is sent twice, but once more after a restart that
// knows no outcome; I7 every pause ends and hides no new high alarm. One thread, virtual time.
//
// When a call has to move is reckoned here from what rang, what people said and how long the ladder gives them. What
// their words came to is read off the screen.
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
    // From here on: what runs keeps the time that it was given.
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
    // One call, as it looks from outside.
    struct Course {
        AlarmKind kind{};
        Priority priority{};
        std::uint8_t grade = 0;
        BedId bed = no_bed;
        CallState state = CallState::waiting;
        Instant due = Instant::never(); // when it moves if nobody does anything
        bool sure = true; // else it may move before: a restart may have taken back what was said
        bool rang = false;
        std::uint16_t rung = 0;
        std::uint32_t repetition = 0;
        std::set<PageKey> sent, failed;    // of the newest ring
        std::vector<Instant> acknowledged; // when its alarms were, the newest last
        Instant raised{};                  // its newest alarm
    };
    struct Sent {
        std::uint32_t incarnation;
        Instant at;
        bool again;
    };

    void transition(const Moment& now, const AlarmTransition& t);
    void begins(const Moment& now, const AlarmTransition& t);
    void page(const Moment& now, const SendPage& sent);
    void count(const Moment& now, const Page& page);
    void rings(const Moment& now, const Moment& decided, const Page& page, Course& call);
    void judge_time(const Moment& now, const Moment& decided, const Page& page, const Course& call);
    void judge_rung(const Moment& now, const Page& page, const Course& call);
    // What people's words, or a restart, came to.
    void follow(const Moment& now, const WardView& view, bool started);
    void check_due(const Moment& now);
    void check_calls(const Moment& now, const WardView& view);
    void check_pauses(const Moment& now, const WardView& view);
    void fail(const Moment& now, const char* invariant, std::string what);
    [[nodiscard]] const LadderPolicy& ladder(AlarmKind kind, Priority priority, std::uint8_t grade) const;
    [[nodiscard]] const LadderPolicy& ladder(const Course& call) const;
    [[nodiscard]] Duration hold(const Moment& now, const Course& call) const;

    Configuration configuration_;
    std::vector<QuietHours> quiet_;
    std::map<EpisodeId, HighEpisode> open_high_;
    std::map<EpisodeId, HighEpisode> ended_high_; // since the last start: a lost end leaves them open, as they were
    Instant awake_{}; // since the last start or sleep
    std::map<CallId, Course> calls_; // open ones
    Instant soonest_ = Instant::never(); // none of them is due before
    std::set<CallId> attended_;          // in this step
    std::uint32_t incarnation_ = 0;
    std::map<std::string, std::vector<Sent>> sent_; // by key
    std::map<PageKey, Instant> heard_;              // with an outcome, since when
    std::set<PageKey> told_;                        // without the channel
    std::set<BedId> raised_now_;                    // since the last look
    std::vector<Violation> violations_;
};

} // namespace magwatch::box
