#include "adapters/pagers/pcd04.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace magwatch::adapters {
namespace {

constexpr std::size_t statuses_max = 4'096; // then the memory of repetitions begins anew

} // namespace

Pcd04Pager::Pcd04Pager(QueueParts parts, std::vector<PcdManager> managers, std::shared_ptr<PcdBook> book,
                       PcdTimes times)
    : QueuedPager{std::move(parts)}, managers_{usable(std::move(managers))},
      book_{std::move(book)}, self_{std::make_shared<Pcd04Pager*>(this)}
{
    for (const auto& [name, manager] : managers_) {
        const auto link = std::make_shared<PcdLink>(executor(), manager.host, manager.port, times.confirm);
        link->on_reconnected([weak = std::weak_ptr{self_}, name = name] {
            const auto self = weak.lock();
            if (self) (*self)->tell_standing(name);
        });
        links_.emplace(name, link);
    }
    probe_every(times.watchdog);
}

Pcd04Pager::~Pcd04Pager()
{
    for (const auto& [name, link] : links_) link->stop();
}

void Pcd04Pager::tell(const std::string& name, const PcdReport& report, PcdLink::Urgency urgency, PcdLink::Done done)
{
    const PcdEnvelope envelope = book_->envelope(clock().now().wall);
    book_->sent(name, report, envelope);
    const std::string message = pcd04_report(managers_.find(name)->second, report, envelope);
    std::string alarm = urgency == PcdLink::Urgency::other ? "" : report.page.key.call.text();
    links_.find(name)->second->send(envelope.control_id, mllp_framed(message), urgency, std::move(done),
                                    std::move(alarm));
}

std::optional<QueuedPager::Refusal> Pcd04Pager::begin(const Job& job, WallTime, AttemptDone done)
{
    const auto at = managers_.find(job.page.address);
    if (at == managers_.end()) return Refusal{"no alarm manager of this name"};
    // How a call goes on updates its alarm; that it is over is said by the alarm's own end, and a follow-up of a call
    // that the manager no longer knows must not start one.
    const bool told_otherwise = job.page.reason == PageReason::ended ||
                                (is_follow_up(job.page.reason) && !book_->stands(at->first, job.page.key.call));
    if (told_otherwise) {
        boost::asio::post(executor(), [done = std::move(done)] { done({Verdict::accepted, "nothing to tell", {}}); });
        return std::nullopt;
    }
    const bool high = job.page.kind == AlarmKind::physiological && job.page.priority == Priority::high;
    const auto urgency = high ? PcdLink::Urgency::high : PcdLink::Urgency::page;
    tell(at->first, book_->report(at->first, job.page, job.text), urgency, std::move(done));
    return std::nullopt;
}

void Pcd04Pager::probe(const std::string& name, const Moment& now, AttemptDone done)
{
    const auto at = managers_.find(name);
    if (at == managers_.end()) return;
    tell_ends(name, now);
    // One question at a time: a silent manager must not gather them.
    if (!asked_.insert(name).second) return;
    const PcdEnvelope envelope = book_->envelope(now.wall);
    links_.find(name)->second->send(envelope.control_id, mllp_framed(pcd04_watchdog(at->second, true, envelope)),
                                    PcdLink::Urgency::other,
                                    [weak = std::weak_ptr{self_}, name, done = std::move(done)](const AttemptEnd& end) {
                                        const auto self = weak.lock();
                                        if (!self) return;
                                        (*self)->asked_.erase(name);
                                        done(end);
                                    });
}

void Pcd04Pager::ended(CallId call)
{
    const Moment now = clock().now();
    book_->end(call, now);
    for (const auto& [name, manager] : managers_) tell_ends(name, now);
}

void Pcd04Pager::tell_ends(const std::string& name, const Moment& now)
{
    for (const PcdReport& report : book_->ends(name, now)) {
        const CallId call = report.page.key.call;
        if (!ending_.insert({name, call}).second) continue;
        tell(name, report, PcdLink::Urgency::other, [weak = std::weak_ptr{self_}, name, call](const AttemptEnd& end) {
            const auto self = weak.lock();
            if (self) (*self)->ending_.erase({name, call});
            // A manager that refuses an end will not take it later.
            const bool over = end.verdict == Verdict::accepted || end.verdict == Verdict::refused;
            if (self && over) (*self)->book_->end_taken(name, call);
        });
    }
}

void Pcd04Pager::tell_standing(const std::string& name)
{
    for (const PcdReport& report : book_->standing(name))
        tell(name, report, PcdLink::Urgency::other, [](const AttemptEnd&) {});
}

bool Pcd04Pager::take(const PcdStatus& status)
{
    bool ours = false;
    for (const PcdParticipant& one : status.participants) {
        const auto key = book_->page_of(status.control_id, one.person);
        if (!key) continue;
        ours = true;
        if (statuses_.size() >= statuses_max) statuses_.clear();
        const std::string once =
            status.message_id + "/" + key->text() + "/" + std::to_string(static_cast<int>(one.event));
        if (!statuses_.insert(once).second) continue;
        const auto receipt = [&](PageOutcome outcome, const char* words) {
            if (feedback().receipt) feedback().receipt(*key, outcome, words);
        };
        switch (one.event) {
        case PcdEvent::received:
        case PcdEvent::cancelled: break; // changes nothing for us
        case PcdEvent::delivered: receipt(PageOutcome::delivered, "delivered"); break;
        case PcdEvent::read: receipt(PageOutcome::read, "read"); break;
        case PcdEvent::undeliverable: receipt(PageOutcome::failed, "undeliverable"); break;
        case PcdEvent::timeout: receipt(PageOutcome::no_answer, "no answer within the manager's time"); break;
        case PcdEvent::accepted:
            if (feedback().answer) feedback().answer(*key, AnswerKind::coming);
            break;
        case PcdEvent::rejected:
            if (feedback().answer) feedback().answer(*key, AnswerKind::cannot);
            break;
        }
    }
    return ours;
}

} // namespace magwatch::adapters
