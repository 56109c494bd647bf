// Pages as IHE PCD-04 alarm reports to an alarm manager, whose own rules then reach people.
//
// A page is accepted when the manager has acknowledged its report. A call starts an alarm there, its further pages
// update or escalate it, and its end is reported until the manager takes it; a new connection tells what stands once
// more
// (CP-157). Every 30 s a watchdog message asks whether the manager is there (CP-146): one that is silent is a channel
// that fails. What the manager tells of a report (PCD-05) comes in by take(). Lives on the io_context thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/pagers/pcd_book.hpp"
#include "adapters/pagers/pcd_link.hpp"

namespace magwatch::adapters {

struct PcdTimes {
    Duration watchdog{30'000}; // design value
    Duration confirm = pcd_confirm;
};

class Pcd04Pager final : public QueuedPager {
public:
    Pcd04Pager(QueueParts parts, std::vector<PcdManager> managers, std::shared_ptr<PcdBook> book, PcdTimes times = {});
    ~Pcd04Pager() override; // breaks off what runs

    void ended(CallId call) override;
    // A PCD-05 message: true if it is about a report of ours. Each status of a participant counts once.
    [[nodiscard]] bool take(const PcdStatus& status);

private:
    [[nodiscard]] std::optional<Refusal> begin(const Job& job, WallTime now, AttemptDone done) override;
    [[nodiscard]] std::string channel_of(const Page& page) const override { return page.address; }
    void probe(const std::string& name, const Moment& now, AttemptDone done) override;
    void tell(const std::string& name, const PcdReport& report, PcdLink::Urgency urgency, PcdLink::Done done);
    void tell_ends(const std::string& name, const Moment& now);
    void tell_standing(const std::string& name);

    ByName<PcdManager> managers_;
    std::shared_ptr<PcdBook> book_;
    std::map<std::string, std::shared_ptr<PcdLink>, std::less<>> links_;
    std::set<std::string, std::less<>> asked_; // watchdogs under way
    std::set<std::pair<std::string, CallId>> ending_; // ends under way
    std::set<std::string> statuses_;           // that were taken
    std::shared_ptr<Pcd04Pager*> self_;        // gone with the pager
};

} // namespace magwatch::adapters
