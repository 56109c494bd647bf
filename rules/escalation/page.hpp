// One message to one person on one channel, and what became of it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/base/priority.hpp"

namespace magwatch {

// Identity of a page: the same key is sent at most twice, and a receiver may drop the second.
struct PageKey {
    CallId call;
    std::uint16_t rung = 0;
    std::uint32_t repetition = 0; // counts every time this call rings anew
    std::string person;
    std::string channel;

    friend auto operator<=>(const PageKey&, const PageKey&) = default;
    // "1-7/0/2/midwife-1/webhook": the idempotency key on the wire.
    [[nodiscard]] std::string text() const
    {
        return call.text() + "/" + std::to_string(rung) + "/" + std::to_string(repetition) + "/" + person +
               "/" + channel;
    }
    template <class Archive> void archive(Archive& a) { a(call, rung, repetition, person, channel); }
};

enum class PageReason : std::uint8_t {
    first,        // a new call
    next_rung,    // nobody answered
    repeat,       // the last rung again
    new_sign,     // a new sign or a higher grade
    not_attended, // "coming", and nobody came
    declined,     // "cannot"
    persists,     // the acknowledgement expired and the cause is still there
    restart,      // the daemon was down while this call was open
    test,         // somebody tries the pager: nothing is wrong, and no call is open
    // What those hear who were told before:
    taken,     // somebody is coming, or at the bed
    escalated, // others are paged now
    ended,     // the call is over
    // Journals hold the numbers: new ones are added at the end.
    again, // a person pages the present rung once more
    moved, // she was taken to another bed: this one
};
[[nodiscard]] std::string_view name(PageReason reason);
// Wants no answer and is not followed by another channel.
[[nodiscard]] constexpr bool is_follow_up(PageReason reason) 
{
    return reason >= PageReason::taken && reason <= PageReason::ended;
}

// Everything that a channel needs to write its text. No identity of a patient; measured values for encrypted channels
// alone.
struct Page {
    PageKey key;
    std::uint32_t number = 0; // "#1207": what people say to each other
    BedId bed = no_bed;
    std::string bed_alias; // "" for the ward as a whole
    std::string place;     // "Ward L4 Bed 3"
    Priority priority = Priority::high;
    AlarmKind kind = AlarmKind::physiological;
    std::uint8_t grade = 0;
    std::vector<std::string> words; // what was found, most important first: "Slow breathing"
    WallTime at;                    // when it was decided
    PageReason reason = PageReason::first;
    Duration unwatched{};    // nobody was watching for this long before it (restart)
    std::string callback;    // "4471"
    std::string emergency;   // "2222", "" where the site has none
    bool simulation = false; // demo or replay: stamped on every text
    std::string channel_kind;
    std::string address;
    std::uint8_t attempt = 1; // 2 after a restart that found no outcome
    std::uint16_t code = 0;   // "17Y": what people type to answer; 0 = none
    std::string person;       // who takes it (taken, ended), "" = nobody in particular
    std::vector<std::string> values; // "RR 9 /min": only where the channel is marked as encrypted

    template <class Archive> void archive(Archive& a)
    {
        a(key, number, bed, bed_alias, place, priority, kind, grade, words, at, reason, unwatched, callback,
          emergency, simulation, channel_kind, address, attempt);
        if (a.format() >= 9) a(code, person, values);
    }
};

// What a configuration may give to a page, in characters of GSM-7. With these a page on a ward always holds, whole:
// place, time, why it rings again after a restart, one finding of 19 characters ("CHECK BREATHING NOW"), what to do,
// emergency number (but after a restart), call-back and number: 160 of 160.
inline constexpr std::size_t place_max = 28;
inline constexpr std::size_t callback_max = 16;
inline constexpr std::size_t emergency_max = 8;

// What became of one page. All are the transport's word, never a person's. Journals hold the numbers: new ones are
// added at the end.
enum class PageOutcome : std::uint8_t {
    // The hand-over, one of these or `withdrawn` for each page:
    accepted,
    failed,
    unknown,
    // What may follow `accepted`, as may a late `failed`:
    delivered,
    read,
    // Before the hand-over: the page has left its queue; told again, twice.
    sending,
    withdrawn, // it never left, for it was not wanted any more: says nothing of the channel
    no_answer, // after `accepted` or `delivered`: the channel works, and has given the person up
};
[[nodiscard]] std::string_view name(PageOutcome outcome);

// The text of a page: one GSM-7 message of at most 160 characters. Overlong text drops findings from the
// last; place, "STOP magnesium", "calcium gluconate", call-back and number are never cut.
// `local_time` is "02:14" in the ward's own zone: the core knows no zones.
[[nodiscard]] std::string page_text(const Page& page, std::string_view local_time);

} // namespace magwatch
