// Who is told: episodes join calls, calls ring people, answers and receipts come back.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t remembered_pages = 200; // and up to 50 more
constexpr std::uint8_t sends_max = 2; // of one key: the first, and one after a restart without an outcome

} // namespace

const LadderPolicy& Ward::State::policy(const Call& call) const
{
    const auto usable = [this](const LadderPolicy& p) -> const LadderPolicy& {
        return p.rungs.empty() ? configuration.high : p;
    };
    if (call.kind == AlarmKind::technical) return usable(configuration.technical);
    return call.priority == Priority::high ? configuration.high : usable(configuration.medium);
}

CallId& Ward::State::call_slot(BedId bed, AlarmKind kind)
{
    Bed* at = find(bed);
    if (at == nullptr) return ward_call;
    return kind == AlarmKind::physiological ? at->physiological : at->technical;
}

bool Ward::State::join_call(Episode& episode)
{
    const AlarmText& alarm = episode.alarm;
    if (alarm.priority == Priority::low) return false;
    CallId& slot = call_slot(episode.bed, alarm.kind);
    const auto open = calls.find(slot);
    if (open == calls.end()) {
        Call call;
        call.id = new_serial();
        call.number = new_number();
        call.code = new_code();
        call.bed = episode.bed;
        call.kind = alarm.kind;
        call.priority = alarm.priority;
        call.grade = alarm.grade;
        call.together = alarm.together;
        slot = episode.call = call.id;
        calls.emplace(call.id, call);
        return true;
    }
    Call& call = open->second;
    episode.call = call.id;
    const bool higher = alarm.priority > call.priority || alarm.grade > call.grade;
    call.priority = std::max(call.priority, alarm.priority);
    call.grade = std::max(call.grade, alarm.grade);
    call.together = call.together || alarm.together;
    return higher;
}

void Ward::State::ring_call(const Moment& now, const Episode& episode, bool worse)
{
    const auto found = calls.find(episode.call);
    if (found == calls.end()) return;
    Call& call = found->second;
    const AlarmText& alarm = episode.alarm;
    if (call.next == Instant::never()) return send(now, call, open_call(call, policy(call), now.steady), episode.id);
    // A new sign of toxicity always rings; one more technical finding rings only if it is worse.
    const bool sign = alarm.kind == AlarmKind::physiological && alarm.priority == Priority::high;
    if (worse || sign) send(now, call, new_finding(call, policy(call), now.steady), episode.id);
}

void Ward::State::leave_call(const Moment& now, CallId id)
{
    const bool others = std::any_of(episodes.begin(), episodes.end(),
                                    [&](const auto& item) { return item.second.call == id; });
    if (others) return;
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    CallId& slot = call_slot(found->second.bed, found->second.kind);
    if (slot == id) slot = {};
    calls.erase(found);
    effects->push_back(CancelPages{now, id});
}

// What a page says, the gravest first. What is new comes before all: the rest was told, and may be cut.
std::vector<std::string> Ward::State::words(CallId id, EpisodeId first) const
{
    std::vector<const Episode*> found;
    for (const auto& [key, episode] : episodes) {
        if (episode.call == id) found.push_back(&episode);
    }
    std::stable_sort(found.begin(), found.end(), [first](const Episode* a, const Episode* b) {
        if ((a->id == first) != (b->id == first)) return a->id == first;
        if (a->condition != b->condition) return a->condition;
        if (a->alarm.priority != b->alarm.priority) return a->alarm.priority > b->alarm.priority;
        return a->alarm.grade > b->alarm.grade;
    });
    std::vector<std::string> words;
    for (const Episode* episode : found) {
        if (std::find(words.begin(), words.end(), episode->alarm.message) == words.end()) {
            words.push_back(episode->alarm.message);
        }
    }
    return words;
}

namespace {

// The oldest whose outcome is known first; many at once, since each time the rest move up.
void forget_pages(std::vector<PageRecord>& pages)
{
    if (pages.size() <= remembered_pages + 50) return;
    std::size_t excess = pages.size() - remembered_pages;
    std::erase_if(pages, [&](const PageRecord& page) { return page.resolved && excess > 0 && excess-- > 0; });
    pages.erase(pages.begin(), pages.begin() + static_cast<std::ptrdiff_t>(excess));
}

} // namespace

void Ward::State::send(const Moment& now, Call& call, const Ring& ring, EpisodeId fresh)
{
    if (call.state == CallState::waiting || call.next == Instant::never()) return;
    if (ring.reason == PageReason::next_rung || ring.reason == PageReason::repeat ||
        ring.reason == PageReason::not_attended || ring.reason == PageReason::declined) {
        for (const auto& [id, episode] : episodes) {
            if (episode.call != call.id) continue;
            emit(now, episode, AlarmEvent::escalated, "");
            break;
        }
    }
    Page page = page_of_ward(now);
    page.key = {call.id, call.rung, call.repetition, "", ""};
    page.number = call.number;
    page.bed = call.bed;
    page.bed_alias = call.bed.value < bed_names.size() ? bed_names[call.bed.value].alias : "";
    page.place = place(call.bed);
    page.priority = call.priority;
    page.kind = call.kind;
    page.grade = call.grade;
    page.words = words(call.id, fresh);
    page.reason = ring.reason;
    page.emergency = configuration.emergency;
    bool reached = false;
    for (const auto& person : people_for(ring.people, now.wall)) reached = send_to(now, page, person) > 0 || reached;
    if (!reached && configuration.mode != Mode::replay && !ring.people.empty()) {
        set_fault(now, WardFault::no_owner, true, "");
    }
    forget_pages(pages);
    publish(call.bed);
}

Page Ward::State::page_of_ward(const Moment& now) const
{
    Page page;
    page.place = configuration.name;
    page.at = now.wall;
    page.callback = configuration.callback;
    page.simulation = configuration.mode != Mode::ward;
    return page;
}

std::size_t Ward::State::send_to(const Moment& now, Page page, const std::string& person)
{
    const auto known = std::find_if(configuration.people.begin(), configuration.people.end(),
                                    [&](const Person& p) { return p.name == person; });
    if (known == configuration.people.end()) return 0;
    page.key.person = person;
    for (const auto& channel : known->channels) {
        page.key.channel = channel.name;
        page.channel_kind = channel.kind;
        page.address = channel.address;
        ++pages_sent;
        pages.push_back({page, false, PageOutcome::unknown, ""});
        effects->push_back(SendPage{now, page});
    }
    return known->channels.size();
}

void Ward::State::do_action(const Moment& now, const Action& action, const TestPage& test)
{
    Page page = page_of_ward(now);
    page.key.call = new_serial();
    page.number = new_number();
    page.priority = Priority::low;
    page.kind = AlarmKind::technical; // it waits behind every page that is about a patient
    page.reason = PageReason::test;
    if (send_to(now, page, test.to) == 0)
        return reply(now, action.request, false, "nobody of this name has a channel: '" + test.to + "'");
    forget_pages(pages);
    publish(no_bed);
    reply(now, action.request, true, "test #T" + std::to_string(page.number) + " goes to " + test.to);
}

std::uint32_t Ward::State::new_number()
{
    const std::uint32_t number = next_number;
    next_number = next_number >= 9999 ? 1001 : next_number + 1;
    return number;
}

std::uint16_t Ward::State::new_code()
{
    const auto taken = [this](std::uint16_t code) {
        return std::any_of(calls.begin(), calls.end(), [&](const auto& item) { return item.second.code == code; });
    };
    // With more calls open than codes the later ones have none, and are answered in the other ways.
    for (std::uint16_t tried = first_code; tried <= last_code; ++tried) {
        const std::uint16_t code = next_code;
        next_code = code >= last_code ? first_code : static_cast<std::uint16_t>(code + 1);
        if (!taken(code)) return code;
    }
    return 0;
}

void Ward::State::call_moves(const Moment& now, CallId id)
{
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    Call& call = found->second;
    send(now, call, call_due(call, policy(call), now.steady));
}

void Ward::State::acknowledgement_over(const Moment& now, EpisodeId id)
{
    Episode& episode = episodes.at(id);
    episode.acknowledged = false;
    emit(now, episode, AlarmEvent::expired, episode.acknowledged_by);
    publish(episode.bed);
    const auto call = calls.find(episode.call);
    if (call == calls.end() || call->second.state == CallState::calling) return;
    send(now, call->second, persists(call->second, policy(call->second), now.steady));
}

void Ward::State::here(const Moment& now, Call& call, const std::string& person)
{
    const LadderPolicy& ladder = policy(call);
    answer_here(call, ladder, person, now.steady);
    const CallId id = call.id;
    effects->push_back(CancelPages{now, id});
    std::vector<EpisodeId> seen;
    for (auto& [key, episode] : episodes) {
        if (episode.call != id) continue;
        episode.acknowledged = true;
        episode.acknowledged_by = person;
        episode.acknowledged_until = now.steady + ladder.acknowledged;
        emit(now, episode, AlarmEvent::attended, person);
        if (episode.latched() || episode.orphan) seen.push_back(key);
    }
    for (const auto key : seen) close_episode(now, key, person);
}

// A count, a test or a tap at the bed: whoever was coming is here, and whoever is here is still busy.
void Ward::State::bedside_act(const Moment& now, BedId bed, const std::string& person)
{
    for (const CallId id : {beds[bed.value].physiological, beds[bed.value].technical}) {
        const auto call = calls.find(id);
        if (call == calls.end()) continue;
        if (call->second.state == CallState::accepted || call->second.state == CallState::attended) {
            here(now, call->second, person);
        }
    }
}

bool Ward::State::paused(BedId bed, Instant now) const
{
    return bed.value < beds.size() && beds[bed.value].paused_until > now;
}

bool Ward::State::sounding(const Call& call, Instant now) const
{
    if (paused(call.bed, now)) return false;
    return std::any_of(episodes.begin(), episodes.end(), [&](const auto& item) {
        return item.second.call == call.id && !item.second.acknowledged;
    });
}

// After an interruption an unanswered call rings at once, as a new repetition that says for how long
// nobody watched; an answered one keeps its deadlines.
void Ward::State::resume_calls(const Moment& now, Duration unwatched)
{
    std::vector<CallId> open;
    for (const auto& [id, call] : calls) open.push_back(id);
    for (const auto id : open) {
        Call& call = calls.at(id);
        if (call.state != CallState::calling) {
            // Deadlines that passed while nobody watched run out now, once.
            call.next = std::max(call.next, now.steady + Duration{1});
            continue;
        }
        const std::size_t before = effects->size();
        send(now, call, call_restarted(call, policy(call), now.steady));
        for (std::size_t i = before; i < effects->size(); ++i) {
            if (auto* sent = std::get_if<SendPage>(&(*effects)[i])) sent->page.unwatched = unwatched;
        }
    }
}

// An intent without an outcome is sent again under the same key, once.
void Ward::State::resend_unresolved(const Moment& now)
{
    for (auto& record : pages) {
        if (record.resolved) continue;
        const auto call = calls.find(record.page.key.call);
        const bool wanted = call != calls.end() && call->second.state == CallState::calling &&
                            record.page.attempt < sends_max;
        if (!wanted) {
            record.resolved = true;
            record.outcome = PageOutcome::unknown;
            record.detail = "no outcome before a restart";
            continue;
        }
        ++record.page.attempt;
        ++pages_sent;
        effects->push_back(SendPage{now, record.page});
    }
}

void Ward::State::apply(const Moment& now, const Receipt& receipt)
{
    const auto found = std::find_if(pages.begin(), pages.end(), [&](const PageRecord& record) {
        return !record.resolved && record.page.key == receipt.key;
    });
    if (found == pages.end()) return;
    found->resolved = true;
    found->outcome = receipt.outcome;
    found->detail = receipt.detail;
    const std::string channel = found->page.channel_kind;
    if (receipt.outcome == PageOutcome::accepted) {
        set_fault(now, WardFault::channel, false, "");
    } else if (receipt.outcome == PageOutcome::failed) {
        set_fault(now, WardFault::channel, true, "Pager channel " + channel + " fails");
    }
    const auto call = calls.find(receipt.key.call);
    publish(call == calls.end() ? no_bed : call->second.bed);
    if (call == calls.end() || receipt.outcome != PageOutcome::failed) return;
    // If nobody of this rung could be reached, the next rung does not wait.
    const bool all_failed = std::all_of(pages.begin(), pages.end(), [&](const PageRecord& record) {
        const PageKey& key = record.page.key;
        const bool same = key.call == receipt.key.call && key.rung == receipt.key.rung &&
                          key.repetition == receipt.key.repetition;
        return !same || (record.resolved && record.outcome == PageOutcome::failed);
    });
    Call& waiting = call->second;
    if (all_failed && waiting.state == CallState::calling && waiting.rung == receipt.key.rung &&
        waiting.repetition == receipt.key.repetition && waiting.rung + 1U < policy(waiting).rungs.size()) {
        waiting.next = now.steady + Duration{1};
    }
}

} // namespace magwatch
