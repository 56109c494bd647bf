// The alarms that alarm managers were told of: which report comes next, and whose page a status speaks of. Pure.
//
// One alarm a call and manager. Outlives a reload of the configuration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/pagers/pcd_message.hpp"

namespace magwatch::adapters {

class PcdBook {
public:
    // `start`: told apart from every other run of the program, so that no message id is used twice.
    explicit PcdBook(std::string start) : start_{std::move(start)} {}

    // The report of a page: the same for every attempt of the page. That of a follow-up leaves the alarm what it is.
    [[nodiscard]] PcdReport report(const std::string& manager, const Page& page, const std::string& text);
    // A new envelope; that of an alarm's first report is what statuses will name.
    [[nodiscard]] PcdEnvelope envelope(WallTime now);
    void sent(const std::string& manager, const PcdReport& report, const PcdEnvelope& envelope);

    // The call is over: its end is reported until the manager has taken it.
    void end(CallId call, const Moment& now);
    // Whether a manager was told of the call, and not of its end.
    [[nodiscard]] bool stands(const std::string& manager, CallId call) const;
    // The ends that a manager has not taken yet; those older than an hour are given up.
    [[nodiscard]] std::vector<PcdReport> ends(const std::string& manager, const Moment& now);
    void end_taken(const std::string& manager, CallId call);
    // The newest report of each alarm that goes on, to be told again over a new connection.
    [[nodiscard]] std::vector<PcdReport> standing(const std::string& manager) const;

    // The page that a status or answer belongs to: that of the person it names, else the newest.
    [[nodiscard]] std::optional<PageKey> page_of(std::string_view control_id, std::string_view person) const;

private:
    struct Alarm {
        PcdReport newest;
        PcdReport findings; // the newest that asks somebody to come
        std::uint32_t last = 0;                    // number of the newest report
        std::map<PageKey, PcdReport> of_page;      // by page, for attempts
        std::map<std::string, PageKey> of_person;  // the newest page to each that asks them to come
        std::vector<std::string> first_ids;        // control ids under which the start was sent
        std::optional<Instant> over_since;
    };
    using Key = std::pair<std::string, CallId>;

    std::string start_;
    std::uint64_t sequence_ = 0;
    std::map<Key, Alarm> alarms_;
    std::map<std::string, Key, std::less<>> by_id_;
};

} // namespace magwatch::adapters
