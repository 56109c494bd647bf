#include "adapters/pagers/wctp.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "adapters/pagers/sms_callback.hpp"
#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {
namespace {

constexpr std::size_t sent_max = 4'096; // pages whose news is waited for
constexpr std::size_t early_max = 4;    // statuses of a page that overtook the carrier's word
constexpr std::size_t seen_max = 512;   // sequence numbers of a carrier

AttemptEnd end_of(const TransferResult& result)
{
    const Verdict http = judge_http(result);
    if (http != Verdict::accepted) return {http, result.detail, result.retry_after};
    const auto said = parse_wctp_confirmation(result.reply);
    // It answered, and nobody can tell what: the page may be on its way.
    if (const auto* mistake = std::get_if<WctpMistake>(&said)) return {Verdict::unanswered, mistake->what, {}};
    const auto& confirmed = std::get<WctpConfirmed>(said);
    return {confirmed.verdict, "WCTP " + std::to_string(confirmed.code), {}};
}

} // namespace

WctpPager::WctpPager(PagerParts parts, std::vector<WctpCarrier> carriers, WctpTimes times,
                     std::shared_ptr<WctpBook> book)
    : QueuedPager{{parts.executor, parts.clock, std::move(parts.random), parts.policy, std::move(parts.feedback)}},
      lane_{parts.lane}, times_{times}, carriers_{usable(std::move(carriers))},
      book_{std::move(book)}, timer_{executor()}, self_{std::make_shared<WctpPager*>(this)}
{
    book_->newest_ = self_;
    take_lines();
    probe_every(times_.quiet);
    plan();
}

WctpPager::~WctpPager() = default;

// What was received and not confirmed is confirmed by our first poll, and what was seen is not taken twice. A poll that
// is on its way is not ours: what it brings is brought again.
void WctpPager::take_lines()
{
    const Instant now = clock().now().steady;
    auto before = std::exchange(book_->lines_, {});
    for (const auto& [name, carrier] : carriers_) {
        if (!carrier.replies) continue;
        Line& line = book_->lines_[name];
        const std::string mailbox = carrier.url + '\n' + carrier.sender_id;
        const auto at = before.find(name);
        if (at != before.end() && at->second.mailbox == mailbox) line = std::move(at->second);
        line.mailbox = mailbox;
        line.asking = false;
        line.next = std::max(line.not_before, now);
    }
}

bool WctpPager::polls() const { return book_->newest_.lock() == self_; }

std::string WctpPager::channel_of(const Page& page) const
{
    const auto address = wctp_address(page.address);
    return address ? address->gateway : page.channel_kind;
}

void WctpPager::post(const WctpCarrier& carrier, std::string body, CurlLane::Done done, std::size_t reply_max)
{
    HttpPost post;
    post.url = carrier.url;
    post.headers = {"Content-Type: text/xml; charset=utf-8"};
    post.body = std::move(body);
    post.ca_file = carrier.ca_file;
    post.loopback_only = is_loopback_url(carrier.url);
    post.keep_reply = true;
    post.reply_max = reply_max;
    lane_.start(CurlRequest{std::move(post)}, executor(), std::move(done));
}

std::optional<QueuedPager::Refusal> WctpPager::begin(const Job& job, WallTime now, AttemptDone done)
{
    const auto address = wctp_address(job.page.address);
    if (!address) return Refusal{"no recipient of this form"};
    const auto at = carriers_.find(address->gateway);
    if (at == carriers_.end()) return Refusal{"no WCTP carrier of this name"};
    const std::string id = wctp_message_id(job.page.key);
    if (at->second.replies) remember(id, at->first, job.page);
    post(at->second, wctp_submit(at->second, job.page, address->to, job.text, now),
         [weak = std::weak_ptr{self_}, id, done = std::move(done)](const TransferResult& result) {
             const auto self = weak.lock();
             if (self) (*self)->submitted(id, result, done);
         });
    return std::nullopt;
}

void WctpPager::remember(const std::string& id, const std::string& carrier, const Page& page)
{
    if (!book_->sent_.contains(id)) {
        book_->order_.push_back(id);
        if (book_->order_.size() > sent_max) {
            book_->sent_.erase(book_->order_.front());
            book_->order_.pop_front();
        }
    }
    Sent& sent = book_->sent_[id];
    sent.key = page.key;
    sent.code = page.code;
    sent.carrier = carrier;
    sent.until = clock().now().steady + times_.youth;
    if (const auto pager = book_->newest_.lock()) (*pager)->hurry(carrier);
}

void WctpPager::hurry(const std::string& carrier)
{
    const auto at = book_->lines_.find(carrier);
    if (at == book_->lines_.end()) return; // a carrier that is configured no more
    Line& line = at->second;
    line.next = std::min(line.next, std::max(line.not_before, clock().now().steady + times_.young));
    plan();
}

void WctpPager::recall(const Page& page)
{
    const auto address = page.channel_kind == "wctp" ? wctp_address(page.address) : std::nullopt;
    const auto at = address ? carriers_.find(address->gateway) : carriers_.end();
    if (at == carriers_.end() || !at->second.replies) return;
    const std::string id = wctp_message_id(page.key);
    remember(id, at->first, page);
    book_->sent_.at(id).handed_over = true;
}

void WctpPager::submitted(const std::string& id, const TransferResult& result, const AttemptDone& done)
{
    const AttemptEnd end = end_of(result);
    done(end); // posts the outcome; what a poll brings before that runs is early as well
    if (end.verdict != Verdict::accepted) return;
    boost::asio::post(executor(), [weak = std::weak_ptr{self_}, id] {
        const auto self = weak.lock();
        if (self) (*self)->handed_over(id);
    });
}

void WctpPager::handed_over(const std::string& id)
{
    const auto at = book_->sent_.find(id);
    if (at == book_->sent_.end()) return;
    at->second.handed_over = true;
    const std::vector<WctpStatus> early = std::exchange(at->second.early, {});
    for (const WctpStatus& said : early) status(said);
}

void WctpPager::probe(const std::string& name, const Moment& now, AttemptDone done)
{
    const auto at = carriers_.find(name);
    if (at == carriers_.end() || at->second.replies) return; // polls tell
    post(at->second, wctp_version_query(at->second, now.wall),
         [done = std::move(done)](const TransferResult& result) {
             const Verdict verdict = judge_http(result);
             const bool spoke = verdict != Verdict::accepted || is_wctp(result.reply);
             done(spoke ? AttemptEnd{verdict, result.detail, {}} : AttemptEnd{Verdict::retry, "no WCTP", {}});
         });
}

void WctpPager::plan()
{
    std::optional<Instant> next;
    for (const auto& [name, line] : book_->lines_)
        if (polls() && !line.asking && (!next || line.next < *next)) next = line.next;
    if (!next) {
        timer_.cancel();
        return;
    }
    // Steady timers stand still in suspend: after it we are at most a second late.
    timer_.expires_after(std::clamp(*next - clock().now().steady, Duration{0}, Duration{1'000}));
    timer_.async_wait([weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self || error || !(*self)->polls()) return;
        const Instant now = (*self)->clock().now().steady;
        for (const auto& [name, line] : (*self)->book_->lines_)
            if (!line.asking && line.next <= now) (*self)->poll(name);
        (*self)->plan();
    });
}

void WctpPager::poll(const std::string& name)
{
    Line& line = book_->lines_[name];
    line.asking = true;
    const WctpCarrier& carrier = carriers_.find(name)->second;
    post(
        carrier, wctp_poll(carrier, line.received),
        [weak = std::weak_ptr{self_}, name, confirmed = line.received](const TransferResult& result) {
            const auto self = weak.lock();
            if (self) (*self)->polled(name, confirmed, result);
        },
        wctp_poll_max);
}

void WctpPager::polled(const std::string& name, const std::vector<std::string>& confirmed, const TransferResult& result)
{
    if (!polls()) return; // not confirmed: who polls now is told it again
    Line& line = book_->lines_[name];
    line.asking = false;
    const Instant now = clock().now().steady;
    AttemptEnd end{judge_http(result), result.detail, {}};
    std::vector<std::pair<std::string, WctpNotification>> messages;
    if (result.too_long) {
        end = {Verdict::retry, "an answer to a poll that is too long", {}};
        refuse();
    } else if (end.verdict == Verdict::accepted) {
        auto said = parse_wctp_poll(result.reply);
        if (const auto* mistake = std::get_if<WctpMistake>(&said)) {
            end = {Verdict::retry, mistake->what, {}};
            refuse();
        } else if (auto& answer = std::get<WctpPolled>(said); answer.code != 0) {
            end = {Verdict::retry, "WCTP " + std::to_string(answer.code) + " to a poll", {}};
            line.not_before = now + answer.wait.value_or(Duration{0});
        } else {
            std::erase_if(line.received, [&](const std::string& one) {
                return std::find(confirmed.begin(), confirmed.end(), one) != confirmed.end();
            });
            line.not_before = now + answer.wait.value_or(Duration{0});
            messages = std::move(answer.messages);
        }
    }
    note_health(name, end);
    std::vector<std::string> sequences;
    for (auto& [sequence, message] : messages) {
        sequences.push_back(sequence);
        if (std::find(line.seen.begin(), line.seen.end(), sequence) != line.seen.end()) continue;
        line.seen.push_back(sequence);
        if (line.seen.size() > seen_max) line.seen.pop_front();
        take(message);
    }
    const bool young = std::any_of(book_->sent_.begin(), book_->sent_.end(), [&](const auto& one) {
        return one.second.carrier == name && one.second.until > now;
    });
    const bool soon = young || !line.received.empty() || !sequences.empty();
    line.next = std::max(line.not_before, now + (soon ? times_.young : times_.quiet));
    plan();
    if (!sequences.empty()) settle(name, std::move(sequences));
}

// What is told again meanwhile was seen, and waits for the disk anew.
void WctpPager::settle(const std::string& name, std::vector<std::string> sequences)
{
    const std::string& mailbox = book_->lines_[name].mailbox;
    if (!feedback().settle) return store(*book_, name, mailbox, sequences);
    feedback().settle([weak = std::weak_ptr{book_}, name, mailbox, sequences = std::move(sequences)](bool stored) {
        const auto book = weak.lock();
        if (book && stored) store(*book, name, mailbox, sequences);
    });
}

void WctpPager::store(WctpBook& book, const std::string& name, const std::string& mailbox,
                      const std::vector<std::string>& sequences)
{
    const auto at = book.lines_.find(name);
    if (at == book.lines_.end() || at->second.mailbox != mailbox) return;
    std::vector<std::string>& received = at->second.received;
    for (const std::string& one : sequences)
        if (std::find(received.begin(), received.end(), one) == received.end()) received.push_back(one);
}

void WctpPager::take(const WctpNotification& notification)
{
    if (const auto* told = std::get_if<WctpStatus>(&notification)) status(*told);
    else if (const auto* said = std::get_if<WctpReply>(&notification)) reply(*said);
    else refuse();
}

void WctpPager::status(const WctpStatus& status)
{
    const auto at = book_->sent_.find(status.message_id);
    if (at == book_->sent_.end()) {
        refuse();
        return;
    }
    Sent& sent = at->second;
    if (status.event == WctpEvent::queued) return;
    if (!sent.handed_over) {
        if (sent.early.size() < early_max) sent.early.push_back(status);
        return;
    }
    switch (status.event) {
    case WctpEvent::queued: return;
    case WctpEvent::delivered:
        if (!std::exchange(sent.delivered, true) && !sent.read) tell(sent, PageOutcome::delivered, "delivered");
        return;
    case WctpEvent::read:
        if (!std::exchange(sent.read, true)) tell(sent, PageOutcome::read, "read");
        return;
    case WctpEvent::failed:
        if (!std::exchange(sent.failed, true))
            tell(sent, PageOutcome::failed, "WCTP " + std::to_string(status.code) + ", not delivered");
        return;
    }
}

void WctpPager::reply(const WctpReply& reply)
{
    const auto at = book_->sent_.find(reply.message_id);
    if (at == book_->sent_.end()) {
        refuse();
        return;
    }
    auto answer = wctp_answer(reply.text);
    // What the page's text asks people to type does as well, if it is this page's.
    const auto typed = reply_code(reply.text);
    if (!answer && typed && typed->code == at->second.code && typed->code != 0)
        answer = typed->kind;
    if (!answer) {
        refuse();
        return;
    }
    if (feedback().answer) feedback().answer(at->second.key, *answer);
}

void WctpPager::refuse()
{
    ++refused_;
    if (feedback().refused) feedback().refused("wctp");
}

void WctpPager::tell(const Sent& sent, PageOutcome outcome, const std::string& detail)
{
    if (feedback().receipt) feedback().receipt(sent.key, outcome, detail);
}

} // namespace magwatch::adapters
