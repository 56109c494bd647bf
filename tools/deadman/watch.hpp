// One ward as an outside dead-man sees it: when to ring, when to ring again, when to say that it is back.
//
// Pure: time is handed in, pages are handed back. Not thread-safe. Nothing here is shared with the program that is
// watched: what makes that one fail must not make this one fail as well.
//
// Design values: a ward is silent after `misses` periods (three of 30 s, as a hospital's link supervision), data is
// old after 5 min, trial alarms are missed after as many periods of theirs, a page is repeated every 5 min, fewer beds
// are taken as wanted after 1 h. A ward that says that it stops on purpose is told as such, once, and rings when it is
// not back by its time, 15 min at most.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace magwatch::deadman {

using Milliseconds = std::chrono::milliseconds;

struct Now {
    Milliseconds steady{};    // boot-time clock: counts while the machine sleeps
    std::int64_t wall_ms = 0; // since 1970
    std::string clock;        // "02:14", local, for the text of a page
};

struct Rules {
    std::string name;  // as the heartbeat names the ward
    std::string label; // as a page names it, at most label_max characters of GSM-7
    Milliseconds every{30'000};
    unsigned misses = 3;
    Milliseconds oldest_data{300'000};
    Milliseconds repeat{300'000};
    Milliseconds accept_fewer{3'600'000};
    Milliseconds planned_stop{900'000}; // no stop on purpose is believed to last longer
    bool simulation = false; // heartbeats of a demonstration are good ones
};
inline constexpr std::size_t label_max = 30;

// A stop on purpose, as the ward's last heartbeat says it.
struct Stop {
    std::string by;               // at most by_max characters of GSM-7
    std::int64_t back_by_ms = 0;  // since 1970
    std::string clock;            // the same for people: "02:24", local
};
inline constexpr std::size_t by_max = 20;

// The newest row of the ward's audit trail: what an auditor holds the trail against.
struct AuditHead {
    std::uint64_t sequence = 0;
    std::string hash; // 64 hexadecimal digits
};

// The trial alarm that the ward sends through itself: how long ago the last one came out, and how often one should.
struct Canary {
    double ago_seconds = 0, every_seconds = 0;
};

// What a heartbeat says, after its signature was found good.
struct Heartbeat {
    std::uint32_t incarnation = 0;
    std::uint64_t sequence = 0;
    std::int64_t stamp = 0; // seconds since 1970, signed
    std::uint32_t beds_watched = 0;
    std::uint64_t planned_ends = 0; // of this incarnation
    std::optional<double> oldest_data_seconds;
    bool simulation = false;
    std::optional<Stop> stop;
    std::optional<AuditHead> audit{};
    std::optional<Canary> canary{}; // none: an older ward
};

enum class Fault : std::uint8_t { silent, beds, data, simulation, canary };
inline constexpr std::size_t faults = 5;
// planned: nobody watches, and somebody wanted it so; it becomes an alarm if it lasts longer than was said.
enum class PageKind : std::uint8_t { alarm, repeat, back, planned };
[[nodiscard]] std::string_view name(Fault fault);
[[nodiscard]] std::string_view name(PageKind kind);

struct Page {
    Fault fault{};
    PageKind kind{};
    std::string text; // at most 160 characters of GSM-7
};

// What must outlive a restart. Wall times, in milliseconds since 1970.
struct Saved {
    struct Open {
        std::int64_t since_ms = 0, paged_ms = 0;
    };
    bool ever_heard = false;
    std::int64_t heard_ms = 0;
    Heartbeat last;
    std::uint32_t beds = 0; // that should be watched
    std::array<std::optional<Open>, faults> open;
    std::optional<AuditHead> audit;        // the last that was heard
    std::optional<AuditHead> audit_before; // the last before its number fell: rows were cut off, or another trail began
};

class Watch {
public:
    // A silence that was told goes on over a restart of ours. One that was not counts from now: nobody listened.
    Watch(Rules rules, const Now& start, const std::optional<Saved>& saved = std::nullopt);

    // False: it is not newer than the last one (heard again, or a sender that stands still); nothing changes but
    // what the next page says.
    [[nodiscard]] bool heard(const Heartbeat& heartbeat, const Now& now, std::vector<Page>& pages);
    void tick(const Now& now, std::vector<Page>& pages);

    // Since it was last asked, the audit trail's head went back.
    [[nodiscard]] bool audit_went_back() { return std::exchange(audit_went_back_, false); }

    [[nodiscard]] const Saved& saved() const { return state_; }
    [[nodiscard]] const Rules& rules() const { return rules_; }
    // Other rules from now on; what it has heard and told stays.
    void use(Rules rules) { rules_ = std::move(rules); }

private:
    struct Steady {
        Milliseconds since{}, paged{};
    };
    [[nodiscard]] bool newer(const Heartbeat& heartbeat) const;
    void keep_head(const Heartbeat& heartbeat);
    // Whoever repeats old heartbeats did not stop.
    [[nodiscard]] bool is_planned(const Now& now) const
    {
        return state_.last.stop && stale_ == 0 && now.steady < back_by_;
    }
    void repeat(Fault fault, const Now& now, std::vector<Page>& pages);
    void set(Fault fault, bool wrong, const Now& now, std::vector<Page>& pages);
    void page(Fault fault, PageKind kind, const Now& now, std::vector<Page>& pages);
    [[nodiscard]] std::string words(Fault fault, const Now& now) const;
    [[nodiscard]] std::string back(Fault fault, const Now& now) const;
    void count_beds(const Heartbeat& heartbeat, const Now& now, std::vector<Page>& pages);

    Rules rules_;
    Saved state_;
    Milliseconds heard_{}, back_by_{};
    std::array<Steady, faults> steady_{};
    std::uint64_t stale_ = 0; // heartbeats refused since the last good one
    bool accepted_ = false;   // fewer beds were taken as wanted
    bool audit_went_back_ = false;
};

// "92 s", "6 min", "5 h".
[[nodiscard]] std::string span(Milliseconds time);
// Every character costs one septet of GSM-7.
[[nodiscard]] bool is_plain(std::string_view text);

} // namespace magwatch::deadman
