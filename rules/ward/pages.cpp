// How people are told: pages on a person's channels, what became of them, and what follows them.
#include <algorithm>

#include "rules/ward/state.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t remembered_pages = 200; // and up to 50 more
constexpr std::uint8_t sends_max = 2; // of one key: the first, and one after a restart without an outcome

// The rung in the key of a page that follows others; no ladder is so long.
constexpr std::uint16_t follow_up_rung = 0xFF00;

// How long a page is remembered: whether a rung could be reached is asked of all pages of its newest ring, and whether
// one leaves again after a restart of those without an outcome. Neither is asked once the call is over.
int worth(const PageRecord& page, const std::map<CallId, Call>& calls)
{
    const PageKey& key = page.page.key;
    const auto call = calls.find(key.call);
    if (call == calls.end()) return page.resolved ? 0 : 1;
    if (key.rung == call->second.rung && key.repetition == call->second.repetition) return 4;
    return page.resolved ? 2 : 3;
}

// Of equal worth the oldest first; many at once, since each time the rest move up.
void forget_pages(std::vector<PageRecord>& pages, const std::map<CallId, Call>& calls)
{
    if (pages.size() <= remembered_pages + 50) return;
    std::size_t excess = pages.size() - remembered_pages;
    for (int least = 0; excess > 0; ++least) {
        std::erase_if(pages, [&](const PageRecord& page) {
            if (excess == 0 || worth(page, calls) > least) return false;
            --excess;
            return true;
        });
    }
}

// The call went on from people who did not come to others.
bool moves_on(PageReason reason)
{
    return reason == PageReason::next_rung || reason == PageReason::not_attended || reason == PageReason::declined;
}

std::string words_of_move(PageReason reason)
{
    if (reason == PageReason::declined) return "Cannot come: others are paged";
    if (reason == PageReason::not_attended) return "Nobody at the bed yet: others are paged";
    return "No answer: others are paged";
}

// It reached nobody, and nothing more is heard of it.
bool never_came(PageOutcome outcome) { return outcome == PageOutcome::failed || outcome == PageOutcome::withdrawn; }

bool among(const std::vector<std::string>& people, const std::string& person)
{
    return std::find(people.begin(), people.end(), person) != people.end();
}

} // namespace

Page Ward::State::page_of_ward(const Moment& now) const
{
    Page page;
    page.place = configuration.name;
    page.at = now.wall;
    page.callback = configuration.callback;
    page.simulation = configuration.mode != Mode::ward;
    return page;
}

Page Ward::State::page_of_call(const Moment& now, const Call& call) const
{
    Page page = page_of_ward(now);
    page.number = call.number;
    page.bed = call.bed;
    page.bed_alias = alias(call.bed);
    page.place = place(call.bed);
    page.priority = call.priority;
    page.kind = call.kind;
    page.grade = call.grade;
    return page;
}

void Ward::State::note_reached(const Moment& now, CallId call, bool reached)
{
    if (configuration.mode == Mode::replay) return;
    const auto known = std::find(unreached.begin(), unreached.end(), call);
    if (reached == (known == unreached.end())) return;
    if (reached) unreached.erase(known);
    else unreached.push_back(call);
    judge_owner(now);
}

// Its own call keeps it from ending no more than itself does.
void Ward::State::judge_owner(const Moment& now)
{
    const auto told = episodes.find(faults[static_cast<std::size_t>(WardFault::no_owner)].episode);
    const bool others = std::any_of(unreached.begin(), unreached.end(), [&](CallId id) {
        return told == episodes.end() || told->second.call != id || std::any_of(episodes.begin(), episodes.end(),
            [&](const auto& item) { return item.first != told->first && item.second.call == id; });
    });
    set_fault(now, WardFault::no_owner, others, "");
}

void Ward::State::send(const Moment& now, Call& call, const Ring& ring, EpisodeId fresh, Duration unwatched)
{
    if (call.state == CallState::waiting || starting) return;
    // After a long stop the missed rungs are not rung one by one: who is called hears it now, and has time from now.
    if (call.next <= leaves) call.next = leaves + (call.next - now.steady);
    if (moves_on(ring.reason) || ring.reason == PageReason::repeat) {
        for (const auto& [id, episode] : episodes) {
            if (episode.call != call.id) continue;
            emit(now, episode, AlarmEvent::escalated, "");
            break;
        }
    }
    const std::vector<std::string> people = people_for(ring.people, now.wall);
    if (moves_on(ring.reason)) follow_up(now, call, PageReason::escalated, words_of_move(ring.reason), people);
    Page page = page_of_call(now, call);
    page.key = {call.id, call.rung, call.repetition, "", ""};
    page.words = words(call, fresh);
    page.reason = ring.reason;
    page.unwatched = unwatched;
    page.emergency = configuration.emergency;
    page.code = call.code;
    bool reached = false;
    for (const auto& person : people) {
        if (send_to(now, page, person) == 0) continue;
        reached = true;
        const auto told = std::find_if(call.told.begin(), call.told.end(),
                                       [&](const Told& one) { return one.person == person; });
        if (told != call.told.end()) told->newest = now.steady;
        else call.told.push_back({person, call.rung, now.steady, {}, {}, false, now.steady});
    }
    forget_pages(pages, calls);
    publish(call.bed);
    // Whoever was told before may have no channel by which to hear that she moved: the call is answered. The last thing
    // here: it may end the ward's own call, and this one may be that.
    if (!ring.people.empty() && ring.reason != PageReason::moved) note_reached(now, call.id, reached);
}

std::size_t Ward::State::send_to(const Moment& now, Page page, const std::string& person)
{
    const Person* known = find_person(person);
    if (known == nullptr || known->channels.empty()) return 0;
    page.key.person = person;
    if (known->together || known->channels.size() == 1 || page.reason == PageReason::test) {
        for (const auto& channel : known->channels) send_on(now, page, channel);
        return known->channels.size();
    }
    // What rings again and again puts the next channel off for no longer than one ring does, and goes back to none:
    // where this person was told of the call already they are told again, and the next in order has its turn.
    Instant next = now.steady + hand_over_within, at_last = now.steady + receipt_within;
    std::size_t reached = 0;
    std::erase_if(relays, [&](const Relay& relay) {
        const PageKey& key = relay.page.key;
        if (key.call != page.key.call || key.person != person) return false;
        next = std::min(next, relay.at);
        at_last = std::min(at_last, relay.last);
        for (std::size_t i = reached; i < known->channels.size(); ++i)
            if (known->channels[i].name == key.channel) reached = i;
        return true;
    });
    for (std::size_t i = 0; i <= reached; ++i) send_on(now, page, known->channels[i]);
    page.key.channel = known->channels[reached].name;
    relays.push_back({std::move(page), next, at_last});
    return reached + 1;
}

void Ward::State::send_on(const Moment& now, Page page, const Channel& channel)
{
    page.key.channel = channel.name;
    page.channel_kind = channel.kind;
    page.address = channel.address;
    if (!channel.replies) page.code = 0;
    if (channel.values && !is_follow_up(page.reason)) page.values = values_of(page.bed, now.steady);
    ++pages_sent;
    pages.push_back({page, false, PageOutcome::unknown, ""});
    effects->push_back(SendPage{now, std::move(page)});
}

// The channel before did not say that the page arrived: the next one rings, until the last.
void Ward::State::relay_due(const Moment& now)
{
    std::vector<Relay> due;
    std::erase_if(relays, [&](Relay& relay) {
        if (relay.at > now.steady) return false;
        due.push_back(std::move(relay));
        return true;
    });
    for (Relay& relay : due) {
        const auto call = calls.find(relay.page.key.call);
        if (call == calls.end() || call->second.state != CallState::calling) continue;
        const Person* person = find_person(relay.page.key.person);
        if (person == nullptr) continue;
        auto next = std::find_if(person->channels.begin(), person->channels.end(),
                                 [&](const Channel& c) { return c.name == relay.page.key.channel; });
        if (next == person->channels.end() || ++next == person->channels.end()) continue;
        relay.page.at = now.wall;
        send_on(now, relay.page, *next);
        publish(call->second.bed);
        if (next + 1 == person->channels.end()) continue;
        relay.page.key.channel = next->name;
        relays.push_back({std::move(relay.page), now.steady + hand_over_within, now.steady + receipt_within});
    }
    forget_pages(pages, calls);
}

// Those who were told hear it where they were told, and nobody else does.
void Ward::State::follow_up(const Moment& now, const Call& call, PageReason reason, std::string words,
                            const std::vector<std::string>& except)
{
    if (!policy(call).follow_ups) return;
    Page page = page_of_call(now, call);
    const auto rung = static_cast<std::uint16_t>(follow_up_rung + static_cast<std::uint16_t>(reason));
    // Ward time goes on over restarts, so that no key comes again; two of one millisecond are told apart.
    auto nth = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.steady.ms) & 0xFFFFFFFFU);
    while (std::any_of(pages.begin(), pages.end(), [&](const PageRecord& record) {
        const PageKey& key = record.page.key;
        return key.call == call.id && key.rung == rung && key.repetition == nth;
    }))
        ++nth;
    page.key = {call.id, rung, nth, "", ""};
    page.reason = reason;
    page.priority = Priority::low;
    page.kind = AlarmKind::technical; // behind every page that wants somebody to come
    page.words = {std::move(words)};
    for (const Told& told : call.told) {
        const Person* person = among(except, told.person) ? nullptr : find_person(told.person);
        if (person == nullptr) continue;
        page.key.person = told.person;
        bool sent = false;
        for (const Channel& channel : person->channels) {
            const bool used = std::any_of(pages.begin(), pages.end(), [&](const PageRecord& record) {
                const PageKey& key = record.page.key;
                return key.call == call.id && key.person == told.person && key.channel == channel.name &&
                       !is_follow_up(record.page.reason) &&
                       !(record.resolved && never_came(record.outcome));
            });
            if (!used) continue;
            send_on(now, page, channel);
            sent = true;
        }
        if (!sent && !person->channels.empty()) send_on(now, page, person->channels.front());
    }
    forget_pages(pages, calls);
}

// What an encrypted page may add: the newest values that are not stale.
std::vector<std::string> Ward::State::values_of(BedId bed, Instant now) const
{
    std::vector<std::string> values;
    if (bed.value >= beds.size() || !beds[bed.value].watch) return values;
    const PatientState& patient = beds[bed.value].watch->patient;
    const auto number = [](double value) {
        const auto tenths = static_cast<std::int64_t>(value * 10 + 0.5); // none of them is below 0
        std::string text = std::to_string(tenths / 10);
        if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
        return text;
    };
    const auto add = [&](Signal signal, const char* before, const char* after) {
        if (const auto value = patient.value(signal, now)) values.push_back(before + number(*value) + after);
    };
    add(Signal::rr, "RR ", "");
    add(Signal::spo2, "SpO2 ", "%");
    add(Signal::reflex, "reflexes ", "");
    add(Signal::infusion_rate, "magnesium ", " g/h");
    return values;
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
    forget_pages(pages, calls);
    publish(no_bed);
    reply(now, action.request, true, "test #T" + std::to_string(page.number) + " goes to " + test.to);
}

namespace {

void readdress(Page& page, const Page& here)
{
    page.bed = here.bed;
    page.bed_alias = here.bed_alias;
    page.place = here.place;
}

} // namespace

// She lies elsewhere now: whoever was told of her is told where, and no page that waits leads to the bed she left.
void Ward::State::send_after(const Moment& now, BedId bed)
{
    for (auto& item : calls) {
        Call& call = item.second;
        if (call.bed != bed) continue;
        const Page here = page_of_call(now, call);
        for (auto& relay : relays) {
            if (relay.page.key.call == call.id) readdress(relay.page, here);
        }
        for (auto& record : pages) {
            // One that is on its way says what it says, and is addressed anew if it is sent again.
            const bool waits = !record.resolved && record.outcome != PageOutcome::sending;
            if (waits && record.page.key.call == call.id) readdress(record.page, here);
        }
        const Ring ring = call_moved(call, policy(call), now.steady);
        if (ring.people.empty()) continue;
        effects->push_back(CancelPages{now, call.id});
        send(now, call, ring);
    }
}

// An intent without an outcome is sent again under the same key, once. It may be the first that this person hears after
// the interruption, and says so.
void Ward::State::resend_unresolved(const Moment& now, Duration unwatched)
{
    for (auto& record : pages) {
        if (record.resolved) continue;
        const auto call = calls.find(record.page.key.call);
        const bool wanted = call != calls.end() && call->second.state == CallState::calling &&
                            !is_follow_up(record.page.reason) && record.page.attempt < sends_max;
        if (!wanted) {
            record.resolved = true;
            record.outcome = PageOutcome::unknown;
            record.detail = "no outcome before a restart";
            continue;
        }
        record.outcome = PageOutcome::unknown; // it waits again
        readdress(record.page, page_of_call(now, call->second));
        ++record.page.attempt;
        // What was sent before the interruption before this one told nobody how long that was.
        record.page.unwatched = std::max(record.page.unwatched, unwatched);
        record.page.reason = PageReason::restart;
        ++pages_sent;
        effects->push_back(SendPage{now, record.page});
    }
}

namespace {

// What a word of a channel may change: the hand-over once; after it only what is further on, or a late failure.
bool tells_more(const PageRecord& record, PageOutcome outcome)
{
    if (!record.resolved) return true;
    const bool settled = record.outcome == PageOutcome::read || record.outcome == PageOutcome::no_answer;
    if (settled || never_came(record.outcome)) return false;
    if (outcome == PageOutcome::read || outcome == PageOutcome::no_answer) return true;
    if (record.outcome == PageOutcome::delivered) return false;
    return outcome == PageOutcome::delivered || outcome == PageOutcome::failed;
}

// Whether the fate of a page is one of its channel.
bool tells_of_channel(PageOutcome outcome)
{
    return outcome != PageOutcome::unknown && outcome != PageOutcome::withdrawn;
}

} // namespace

void Ward::State::apply(const Moment& now, const Receipt& receipt)
{
    const auto found = std::find_if(pages.begin(), pages.end(),
                                    [&](const PageRecord& record) { return record.page.key == receipt.key; });
    if (found == pages.end() || !tells_more(*found, receipt.outcome)) return;
    if (receipt.outcome == PageOutcome::sending) {
        // Told again: it has left twice, and no restart sends it a third time.
        if (found->outcome == PageOutcome::sending) found->page.attempt = sends_max;
        found->outcome = receipt.outcome;
        return publish(found->page.bed);
    }
    found->resolved = true;
    found->outcome = receipt.outcome;
    found->detail = receipt.detail;
    if (receipt.outcome == PageOutcome::failed) {
        set_fault(now, WardFault::channel, true, "Pager channel " + found->page.channel_kind + " fails");
    } else if (tells_of_channel(receipt.outcome)) {
        // Of two that failed, the one that still does has its name in the alarm.
        const auto kind = failing_channel();
        set_fault(now, WardFault::channel, kind.has_value(), kind ? "Pager channel " + *kind + " fails" : "");
    }
    take_receipt_for_relay(now, receipt);
    const auto call = calls.find(receipt.key.call);
    publish(call == calls.end() ? no_bed : call->second.bed);
    const bool over = receipt.outcome == PageOutcome::failed || receipt.outcome == PageOutcome::no_answer;
    if (call != calls.end() && over) rung_failed(now, call->second, receipt.key);
}

// A kind of channel fails if its newest page did whose fate is known: that another kind works proves nothing. Kinds
// that nobody has any more are forgotten. Of several the one whose page is the newest.
std::optional<std::string> Ward::State::failing_channel() const
{
    std::vector<std::string_view> judged;
    for (auto record = pages.rbegin(); record != pages.rend(); ++record) {
        const std::string& kind = record->page.channel_kind;
        if (!record->resolved || !tells_of_channel(record->outcome)) continue;
        if (std::find(judged.begin(), judged.end(), kind) != judged.end()) continue;
        judged.push_back(kind);
        if (record->outcome == PageOutcome::failed && somebody_has(kind)) return kind;
    }
    return std::nullopt;
}

bool Ward::State::somebody_has(std::string_view channel_kind) const
{
    const auto has = [&](const Person& person) {
        return std::any_of(person.channels.begin(), person.channels.end(),
                           [&](const Channel& channel) { return channel.kind == channel_kind; });
    };
    return std::any_of(configuration.people.begin(), configuration.people.end(), has);
}

// When the person's next channel starts: at once after a failure, a while after the hand-over, never after delivery.
void Ward::State::take_receipt_for_relay(const Moment& now, const Receipt& receipt)
{
    std::erase_if(relays, [&](Relay& relay) {
        if (relay.page.key != receipt.key) return false;
        if (receipt.outcome == PageOutcome::delivered || receipt.outcome == PageOutcome::read) return true;
        const Instant soon = now.steady + Duration{1};
        const bool handed_over = receipt.outcome == PageOutcome::accepted;
        const Instant later = std::min(relay.at + (receipt_within - hand_over_within), relay.last);
        relay.at = handed_over ? std::max(later, soon) : soon;
        return false;
    });
}

// If nobody of this rung could be reached, or has answered where a channel waits for an answer, the next rung does not
// wait.
void Ward::State::rung_failed(const Moment& now, Call& call, const PageKey& failed)
{
    const bool all_failed = std::all_of(pages.begin(), pages.end(), [&](const PageRecord& record) {
        const PageKey& key = record.page.key;
        const bool same = key.call == failed.call && key.rung == failed.rung && key.repetition == failed.repetition;
        const bool over = never_came(record.outcome) || record.outcome == PageOutcome::no_answer;
        return !same || (record.resolved && over);
    });
    const bool more_channels = std::any_of(relays.begin(), relays.end(),
                                           [&](const Relay& relay) { return relay.page.key.call == call.id; });
    if (all_failed && !more_channels && call.state == CallState::calling && call.rung == failed.rung &&
        call.repetition == failed.repetition && call.rung + 1U < policy(call).rungs.size()) {
        call.next = now.steady + Duration{1};
    }
}

} // namespace magwatch
