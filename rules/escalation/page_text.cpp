// Fixed templates, place first, no free text from devices: a page that is cut must still name the bed and
// say what to do. Order: system and priority, place, time, why again, what, what to do, call-back, number.
#include <algorithm>
#include <cctype>

#include "rules/escalation/gsm7.hpp"
#include "rules/escalation/page.hpp"

namespace magwatch {
namespace {

struct Draft {
    std::string head; // "MAG HIGH"
    std::string place;
    std::string time;
    std::string reason;       // a sentence, or nothing
    std::string short_reason; // what stays of it where room is short
    std::vector<std::string> findings;
    std::string stop; // "STOP magnesium at pump."
    std::string action;
    std::string emergency;
    std::string callback;
    std::string reply;       // "Reply 17Y coming, 17N cannot."
    std::string short_reply; // what stays of it where room is short
    std::string values;      // "RR 9, SpO2 91%."
    std::string number;
};

std::string head(const Page& page)
{
    std::string text = page.simulation ? "SIMULATION MAG " : "MAG ";
    switch (page.reason) {
    case PageReason::test: return text + "TEST";
    case PageReason::taken: return text + "TAKEN";
    case PageReason::escalated: return text + "ESCALATED";
    case PageReason::ended: return text + "ENDED";
    default: break;
    }
    if (page.kind == AlarmKind::technical) return text + "TECHNICAL";
    switch (page.priority) {
    case Priority::high: return text + "HIGH";
    case Priority::medium: return text + "MEDIUM";
    case Priority::low: return text + "LOW";
    }
    return text + "HIGH";
}

// Rounded up: nobody was watching for at least so long.
std::string length_in_words(Duration length)
{
    const auto in = [ms = length.count()](std::int64_t unit) { return ms / unit + (ms % unit > 0 ? 1 : 0); };
    if (in(1000) < 120) return std::to_string(in(1000)) + " s";
    if (in(60'000) < 100) return std::to_string(in(60'000)) + " min";
    return std::to_string(in(3'600'000)) + " h";
}

std::string reason_sentence(const Page& page)
{
    switch (page.reason) {
    case PageReason::first: return "";
    case PageReason::next_rung: return "No answer yet.";
    case PageReason::repeat: return "Still no answer.";
    case PageReason::new_sign: return "New sign or worse.";
    case PageReason::not_attended: return "Nobody at the bed yet.";
    case PageReason::declined: return "Colleague cannot come.";
    case PageReason::persists: return "Still present.";
    case PageReason::restart:
        if (page.unwatched.count() <= 0) return "Watching was interrupted.";
        return "Not watched for " + length_in_words(page.unwatched) + ".";
    case PageReason::again: return "Called again.";
    case PageReason::moved: return "Moved here.";
    case PageReason::test: return "Pager test, no patient.";
    case PageReason::taken:
    case PageReason::escalated:
    case PageReason::ended: return "";
    }
    return "";
}

// A finding inside a sentence: without its full stop; "No reflexes" becomes "no reflexes" after a comma,
// "SpO2 low" and "CHECK BREATHING" stay as they are.
std::string finding(std::string_view words, bool first)
{
    std::string text = to_gsm7(words);
    text.resize(text.find_last_not_of("., ") + 1);
    if (first || text.empty()) return text;
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const std::string_view word = std::string_view{text}.substr(0, text.find(' '));
    const bool plain_word = word.size() > 1 && std::none_of(word.begin() + 1, word.end(), [&](char c) {
        return upper(c) || (c >= '0' && c <= '9');
    });
    if (plain_word && upper(text.front())) text.front() = static_cast<char>(text.front() - 'A' + 'a');
    return text;
}

Draft draft(const Page& page, std::string_view local_time)
{
    Draft d;
    d.head = head(page);
    d.place = to_gsm7(page.place.empty() ? std::string_view{"Ward"} : std::string_view{page.place});
    d.time = std::string{gsm7_prefix(to_gsm7(local_time), 8)};
    d.reason = reason_sentence(page);
    if (page.reason == PageReason::restart)
        d.short_reason = page.unwatched.count() > 0 ? "Unwatched " + length_in_words(page.unwatched) + "."
                                                    : "Was not watching.";
    for (const std::string& words : page.words) {
        std::string text = finding(words, d.findings.empty());
        if (!text.empty()) d.findings.push_back(std::move(text));
    }
    d.callback = to_gsm7(page.callback);
    d.number = (page.reason == PageReason::test ? "T" : "") + std::to_string(page.number);
    if (page.reason == PageReason::test) return d;
    if (is_follow_up(page.reason)) {
        d.action = "No reply needed.";
        return d;
    }
    if (page.code != 0) {
        const std::string code = std::to_string(page.code);
        d.reply = "Reply " + code + "Y coming, " + code + "N cannot.";
        d.short_reply = "Reply " + code + "Y/" + code + "N.";
    }
    for (const std::string& value : page.values) d.values += (d.values.empty() ? "" : ", ") + to_gsm7(value);
    if (!d.values.empty()) d.values += ".";
    const bool at_a_bed = page.bed != no_bed || !page.bed_alias.empty();
    if (page.kind == AlarmKind::technical) {
        // The system cannot tell how she is: somebody must look.
        if (at_a_bed) d.action = "Check the patient.";
    } else if (page.priority == Priority::high) {
        if (page.grade >= 1) d.stop = "STOP magnesium at pump.";
        if (page.grade == 0)
            d.action = "Go to the bed now.";
        else
            d.action = page.grade >= 2 ? "Bring calcium gluconate." : "Have calcium gluconate ready.";
    } else {
        // One sign alone, such as drowsiness or little urine: the other signs decide.
        d.action = page.grade >= 1 ? "Examine reflexes and breathing." : "Review at the bed.";
    }
    if (page.kind == AlarmKind::physiological && page.priority == Priority::high)
        d.emergency = to_gsm7(page.emergency);
    return d;
}

std::string written(const Draft& d)
{
    std::string text = d.head + " " + d.place + " " + d.time + ".";
    const auto sentence = [&text](const std::string& s) {
        if (!s.empty()) text += " " + s;
    };
    sentence(d.reason);
    for (std::size_t i = 0; i < d.findings.size(); ++i) text += (i == 0 ? " " : ", ") + d.findings[i];
    if (!d.findings.empty()) text += ".";
    sentence(d.values);
    sentence(d.stop);
    sentence(d.action);
    if (!d.emergency.empty()) text += " Emergency " + d.emergency + ".";
    if (!d.callback.empty()) text += " Ring " + d.callback + ".";
    sentence(d.reply);
    return text + " #" + d.number;
}

std::size_t excess(const Draft& d)
{
    const std::size_t length = gsm7_length(written(d));
    return length > gsm7_message_max ? length - gsm7_message_max : 0;
}

// `text` without its last `drop` characters or a few more, ending at a word; "" if hardly anything is left.
std::string shortened(const std::string& text, std::size_t drop)
{
    const std::size_t length = gsm7_length(text);
    if (drop >= length) return "";
    std::string kept{gsm7_prefix(text, length - drop)};
    const std::size_t blank = kept.rfind(' ');
    if (text[kept.size()] != ' ' && blank != std::string::npos) kept.resize(blank);
    kept.resize(kept.find_last_not_of(" ,") + 1);
    return gsm7_length(kept) < 4 ? "" : kept;
}

// Where the bed is named inside a place: at the last word "Bed", otherwise at the last word.
std::size_t bed_part(const std::string& place)
{
    std::string lower = place;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (std::size_t at = lower.rfind("bed"); at != std::string::npos && at > 0; at = lower.rfind("bed", at - 1))
        if (lower[at - 1] == ' ') return at;
    if (lower.rfind("bed", 0) == 0) return 0;
    const std::size_t blank = place.rfind(' ');
    return blank == std::string::npos ? 0 : blank + 1;
}

// Takes the ward's name down, letter by letter from its end, and leaves the bed alone.
std::string shortened_place(const std::string& place, std::size_t drop)
{
    const std::size_t bed = bed_part(place);
    if (bed == 0) return place;
    const std::string ward = place.substr(0, bed - 1);
    const std::size_t length = gsm7_length(ward);
    if (drop >= length) return place.substr(bed);
    std::string kept{gsm7_prefix(ward, length - drop)};
    kept.resize(kept.find_last_not_of(' ') + 1);
    return kept + " " + place.substr(bed);
}

// Gives up, one after the other and only while the text is too long, what a reader can do without.
void fit(Draft& d)
{
    if (excess(d) > 0) d.values.clear();
    while (excess(d) > 0 && d.findings.size() > 1) d.findings.pop_back();
    if (excess(d) > 0) d.reply = d.short_reply;
    if (excess(d) > 0 && d.short_reason.empty()) d.reason.clear();
    if (excess(d) > 0 && !d.stop.empty()) d.stop = "STOP magnesium.";
    if (excess(d) > 0) d.reason = d.short_reason;
    if (excess(d) > 0) d.emergency.clear();
    if (excess(d) > 0 && !d.reply.empty()) d.reason.clear();
    if (const std::size_t over = excess(d); over > 0 && !d.findings.empty()) {
        d.findings.front() = shortened(d.findings.front(), over);
        if (d.findings.front().empty()) d.findings.clear();
    }
    if (excess(d) > 0) d.reason.clear();
    if (const std::size_t over = excess(d); over > 0) d.place = shortened_place(d.place, over);
    // From here on only a configuration that nobody should have accepted: a bed or a call-back as long as
    // a sentence. The message still goes out whole.
    if (const std::size_t over = excess(d); over > 0) {
        const std::size_t length = gsm7_length(d.place);
        const std::size_t keep = length > over ? length - over : 1;
        d.place = std::string{gsm7_prefix(d.place, std::max<std::size_t>(keep, 40))};
    }
    if (const std::size_t over = excess(d); over > 0) {
        const std::size_t length = gsm7_length(d.callback);
        d.callback = std::string{gsm7_prefix(d.callback, length - std::min(length, over))};
    }
}

} // namespace

std::string page_text(const Page& page, std::string_view local_time)
{
    Draft d = draft(page, local_time);
    fit(d);
    return written(d);
}

} // namespace magwatch
