#include "adapters/monitors/hl7/ingest.hpp"

#include <algorithm>
#include <utility>

namespace magwatch::adapters::hl7
{
namespace
{

using namespace std::chrono_literals;

constexpr std::size_t unknown_codes_told = 256;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}

Acknowledgement rejected(ErrorCode error, std::string_view text)
{
    return {Verdict::rejected, error, text};
}
Acknowledgement failed(ErrorCode error, std::string_view text)
{
    return {Verdict::error, error, text};
}

bool fits(std::string_view wanted, std::string_view field, char component)
{
    return wanted.empty() || trim(field) == wanted || trim(part(field, 1, component)) == wanted;
}

AckCode code_of(Verdict verdict, bool commit)
{
    const auto n = static_cast<unsigned>(verdict) + (commit ? 3U : 0U);
    return static_cast<AckCode>(n);
}

std::uint64_t key_of(const Message& message)
{
    std::uint64_t key = hash_of(trim(message.header(3)));
    key = hash_of(trim(message.header(4)), key);
    return hash_of(trim(message.header(10)), key);
}

} // namespace

std::string_view name(AckCode code)
{
    constexpr std::array<std::string_view, ack_code_count> names{"AA", "AE", "AR",
                                                                 "CA", "CE", "CR"};
    return names[static_cast<std::size_t>(code)];
}

Ingest::Source::Source(SourceProfile p, const Hl7Config& config)
    : decoder{std::move(p)}, bed_pattern{BedPattern::from(profile().bed_pattern)},
      beds{profile().beds.empty() ? config.beds : profile().beds}, duplicates{
                                                                       config.remembered_messages}
{
}

Ingest::Ingest(Hl7Config config, ObservationSink& sink) : sink_{sink}
{
    reconfigure(std::move(config));
}

void Ingest::reconfigure(Hl7Config config)
{
    std::vector<std::unique_ptr<Source>> sources;
    for (const SourceProfile& profile : config.sources) {
        auto fresh = std::make_unique<Source>(profile, config);
        for (const auto& old : sources_) {
            if (old->profile().source != profile.source) continue;
            fresh->duplicates = std::move(old->duplicates);
            fresh->clock = old->clock;
            fresh->connected = old->connected;
            fresh->last_message = old->last_message;
            fresh->volumes = std::move(old->volumes);
            break;
        }
        sources.push_back(std::move(fresh));
    }
    sources_ = std::move(sources);
    config_ = std::move(config);
}

void Ingest::say_status(Source& source, bool connected)
{
    source.connected = connected;
    DeviceStatus status;
    status.source = source.profile().source;
    status.connected = connected;
    status.clock_offset = source.clock.offset().value_or(Duration{});
    sink_.push(status);
}

void Ingest::announce()
{
    for (const auto& source : sources_) say_status(*source, source->connected);
}

Ingest::Source* Ingest::source_of(const Message& message, std::string_view address)
{
    const char component = message.separators().component;
    for (const auto& source : sources_) {
        const SourceProfile& p = source->profile();
        if (!fits(p.application, message.header(3), component)) continue;
        if (!fits(p.facility, message.header(4), component)) continue;
        const bool allowed =
            p.addresses.empty() ||
            std::find(p.addresses.begin(), p.addresses.end(), address) != p.addresses.end();
        if (allowed) return source.get();
    }
    return nullptr;
}

// What must be right before the body is looked at.
Acknowledgement Ingest::check_header() const
{
    const char component = message_.separators().component;
    const std::string_view type = trim(part(message_.header(9), 1, component));
    const std::string_view event = trim(part(message_.header(9), 2, component));
    if (!one_of(type, {"ORU", "NMD"}))
        return rejected(ErrorCode::message_type, "only ORU is taken here");
    // R30 and R32 order something too; R40 is an alarm (PCD-04). NMD is the clock of a Philips
    // gateway.
    if (type == "ORU" && !event.empty() &&
        !one_of(event, {"R01", "R30", "R31", "R32", "R40", "R42"})) {
        return rejected(ErrorCode::event, "this event of ORU is not taken here");
    }
    const std::string_view processing = trim(part(message_.header(11), 1, component));
    if (!one_of(processing, {"P", "T", "D", ""})) {
        return rejected(ErrorCode::processing_id, "MSH-11 is none of P, T, D");
    }
    const std::string_view version = trim(message_.header(12));
    if (!version.empty() && !version.starts_with("2."))
        return rejected(ErrorCode::version, "not HL7 version 2");
    if (trim(message_.header(10)).empty())
        return failed(ErrorCode::required_field, "MSH-10 is empty");
    return {};
}

void Ingest::take_message(std::string_view address, WallTime now, Taken& taken)
{
    if (trim(part(message_.header(9), 1, message_.separators().component)) == "ACK") {
        taken.answer_wanted = false;
        return;
    }
    taken.answer = check_header();
    if (taken.answer.verdict != Verdict::accepted) return;
    Source* const source = source_of(message_, address);
    if (source == nullptr) {
        ++counters_.unknown_senders;
        taken.answer = rejected(ErrorCode::unknown_key, "this sender is not configured");
        return;
    }
    source->last_message = std::chrono::steady_clock::now();
    taken.source = source->profile().source;
    taken.commit_first = true;
    const std::uint64_t key = key_of(message_);
    const std::uint64_t content = hash_of(message_.body());
    switch (source->duplicates.see(key, content, now)) {
    case Seen::first:
        break;
    case Seen::other_content:
        ++counters_.control_ids_reused;
        break;
    case Seen::again: {
        ++counters_.duplicates;
        RefusedValue refused;
        refused.source = taken.source;
        refused.reason = Refusal::duplicate;
        sink_.push(refused);
        ++counters_.refused[static_cast<std::size_t>(Refusal::duplicate)];
        return;
    }
    }
    const MessageSeen seen{taken.source, key, content};
    apply(*source, now);
    sink_.seen(seen); // last: kept only together with all that it said
}

void Ingest::remember(const MessageSeen& message, WallTime now)
{
    for (const auto& source : sources_) {
        if (source->profile().source == message.source)
            (void)source->duplicates.see(message.key, message.content, now);
    }
}

void Ingest::take(std::string_view payload, std::string_view address, WallTime now,
                  std::vector<Taken>& taken)
{
    Limits limits;
    limits.bytes = config_.max_message_bytes;
    while (true) {
        const ParseFault fault = message_.parse(payload, limits);
        ++counters_.messages;
        Taken one;
        one.payload = payload;
        if (fault == ParseFault::none) {
            take_message(address, now, one);
        } else {
            ++counters_.parse_faults;
            const bool header = fault == ParseFault::no_header || fault == ParseFault::bad_header;
            one.answer = header ? rejected(ErrorCode::sequence, name(fault))
                                : failed(ErrorCode::internal, name(fault));
            RefusedValue refused;
            refused.reason = Refusal::malformed;
            sink_.push(refused);
            ++counters_.refused[static_cast<std::size_t>(Refusal::malformed)];
        }
        taken.push_back(one);
        // A batch, or several messages in one frame.
        if (message_.consumed() >= payload.size() || message_.consumed() == 0) return;
        payload.remove_prefix(message_.consumed());
        if (payload.find("MSH") == std::string_view::npos) return; // a trailer
    }
}

void Ingest::take_oversized(std::string_view payload, std::vector<Taken>& taken)
{
    ++counters_.messages;
    ++counters_.parse_faults;
    Taken one;
    one.payload = payload;
    one.answer = failed(ErrorCode::internal, name(ParseFault::too_long));
    taken.push_back(one);
    RefusedValue refused;
    refused.reason = Refusal::malformed;
    sink_.push(refused);
    ++counters_.refused[static_cast<std::size_t>(Refusal::malformed)];
}

// Each row becomes, in the order of the message,
// - an observation, if it was accepted, the bed is known, it is not test data and not late;
// - else a refused value with its reason (an unknown code only the first time its sender uses it),
// and,
//   where the device says that it cannot measure now, an observation that says so: unless the same
//   message has a good value of that signal of the same patient from another sensor;
// - for a withdrawn result, a refused value and an observation that is invalid and corrects.
void Ingest::apply(Source& source, WallTime now)
{
    source.decoder.decode(message_, decoded_);
    counters_.codes_misspelt += decoded_.misspelt;
    counters_.codes_renumbered += decoded_.renumbered;
    counters_.test_messages += decoded_.test ? 1 : 0;
    counters_.not_utf8 += is_utf8(message_.text()) ? 0 : 1;
    // A laboratory's message may wait for hours before it is sent; MSH-7 is the clock all the same.
    if (decoded_.has_sent) source.clock.sample(decoded_.sent, now);
    const auto offset_changed = source.clock.changed();
    if (!source.connected || offset_changed) say_status(source, true);

    told_unknown_bed_ = false;
    const BedPattern* const pattern = source.bed_pattern ? &*source.bed_pattern : nullptr;
    const auto& rows = decoded_.results;
    for (auto row = rows.begin(); row != rows.end();) {
        const std::size_t patient = row->patient;
        const auto end = std::find_if(row, rows.end(),
                                      [&](const ObxResult& r) { return r.patient != patient; });
        Context context{source, now};
        context.bed = source.beds.find(message_, decoded_.patients[patient], pattern);
        for (auto r = row; r != end; ++r) {
            if (r->accepted) context.good |= mask(r->signal);
        }
        for (; row != end; ++row) apply_row(context, *row);
    }
}

void Ingest::refuse(Context& context, const ObxResult& row, Refusal reason)
{
    ++counters_.refused[static_cast<std::size_t>(reason)];
    if (reason == Refusal::unknown_code) {
        auto& told = context.source.unknown_codes;
        if (told.size() >= unknown_codes_told || told.find(row.code) != told.end()) return;
        told.emplace(row.code);
    }
    // A gateway sends every bed of the hospital: once a message is enough.
    if (reason == Refusal::unknown_bed && std::exchange(told_unknown_bed_, true)) return;
    RefusedValue refused;
    if (context.bed) refused.bed = context.bed->bed;
    refused.source = context.source.profile().source;
    refused.has_signal = row.has_signal;
    refused.signal = row.signal;
    refused.reason = reason;
    sink_.push(refused);
}

// Lateness is judged by the sender's clock while its offset is not known: against MSH-7 of the same
// message.
bool Ingest::is_late(const Context& context, const ObxResult& row, WallTime observed) const
{
    if (row.origin != Origin::device || !row.has_time) return false;
    const Duration limit = info(row.signal).fresh_for;
    if (context.source.clock.offset()) return context.now - observed > limit;
    return decoded_.has_sent && decoded_.sent - row.time > limit;
}

// A correction or a withdrawal may overtake what it is about. Which was sent later, MSH-7 of one
// sender tells; where two are of the same time, the one that comes later counts.
bool Ingest::is_overtaken(Context& context, const ObxResult& row)
{
    const bool says = row.accepted || row.withdrawn;
    if (!says || row.origin == Origin::device || !row.has_time || !context.bed || !decoded_.has_sent) return false;
    std::uint64_t key = hash_of({reinterpret_cast<const char*>(&row.signal), sizeof row.signal},
                                static_cast<std::uint64_t>(row.time.ms));
    key = hash_of({reinterpret_cast<const char*>(&context.bed->bed.value), sizeof context.bed->bed.value}, key);
    auto& known = context.source.results;
    const auto [found, fresh] = known.try_emplace(key, decoded_.sent);
    if (!fresh) {
        if (decoded_.sent < found->second) return true;
        found->second = decoded_.sent;
        return false;
    }
    context.source.results_known.push_back(key);
    if (known.size() > results_kept) {
        known.erase(context.source.results_known.front());
        context.source.results_known.pop_front();
    }
    return false;
}

// A volume is summed, so the same entry sent again under another control id must not count twice.
bool Ingest::is_repeated_volume(Context& context, const ObxResult& row)
{
    if (row.signal != Signal::urine || !row.has_time || row.corrected) return false;
    std::uint64_t key = hash_of({reinterpret_cast<const char*>(&row.value), sizeof row.value},
                                static_cast<std::uint64_t>(row.time.ms));
    key = hash_of(
        {reinterpret_cast<const char*>(&context.bed->bed.value), sizeof context.bed->bed.value},
        key);
    return context.source.volumes.see(key, 1, context.now) == Seen::again;
}

std::optional<Refusal> Ingest::judge(Context& context, const ObxResult& row, WallTime& observed)
{
    observed = {};
    if (row.has_time) {
        observed = row.time;
        // Laboratory and charted times were not stamped by the clock that wrote MSH-7.
        if (row.origin == Origin::device) {
            observed = observed - context.source.clock.offset().value_or(Duration{});
        }
    }
    if (!row.accepted) return row.reason;
    if (!context.bed) return Refusal::unknown_bed;
    if (decoded_.test && !context.takes_test_data()) return Refusal::test_data;
    if (is_late(context, row, observed)) return Refusal::too_late;
    if (is_repeated_volume(context, row)) return Refusal::duplicate;
    return std::nullopt;
}

void Ingest::apply_row(Context& context, const ObxResult& row)
{
    WallTime observed;
    if (is_overtaken(context, row)) return refuse(context, row, Refusal::too_late);
    const auto refusal = judge(context, row, observed);
    if (refusal) refuse(context, row, *refusal);
    Observation observation;
    if (refusal) {
        const bool heard = context.bed && (!decoded_.test || context.takes_test_data());
        const bool other = (context.good & mask(row.signal)) != 0;
        const bool says_state = row.has_state && !other && !is_late(context, row, observed);
        if (!heard || !row.has_signal || (!says_state && !row.withdrawn)) return;
        observation.validity = row.withdrawn ? Validity::invalid : row.state;
        observation.corrected = row.withdrawn;
        if (observation.validity == Validity::questionable) observation.value = row.value;
    } else {
        observation.value = row.value;
        observation.corrected = row.corrected;
        ++counters_.observations;
    }
    observation.bed = context.bed->bed;
    observation.source = context.source.profile().source;
    observation.signal = row.signal;
    observation.origin = row.origin;
    observation.observed = observed;
    sink_.push(observation);
}

void Ingest::answer(const std::vector<Taken>& taken, bool stored, WallTime now, std::string& out)
{
    if (time_of_text_ != now) {
        time_text_ = hl7_time(now);
        time_of_text_ = now;
        if (id_prefix_.empty()) id_prefix_ = "MW" + std::to_string(now.ms) + "-";
    }
    Limits limits;
    limits.bytes = ~std::size_t{0};
    limits.header_only = true;
    for (const Taken& one : taken) {
        if (!one.answer_wanted) continue;
        Acknowledgement answer = one.answer;
        if (one.commit_first && !stored) {
            ++counters_.commit_failures;
            // It stays remembered: what it said is known and waits for the disk, and its repetition is
            // acknowledged when it is there.
            answer = failed(ErrorCode::internal, "not stored; send again");
        }
        message_.parse(one.payload, limits);
        const AckStyle style = ack_style(message_.header(15), message_.header(16), answer.verdict);
        if (!style.commit && !style.application) ++counters_.answers_not_wanted;
        for (const bool commit : {true, false}) {
            if (commit ? !style.commit : !style.application) continue;
            const std::string id = id_prefix_ + std::to_string(++next_id_);
            const AckIdentity identity{config_.application, config_.facility, time_text_, id};
            append_ack(out, message_, answer, commit, identity);
            ++counters_.acks[static_cast<std::size_t>(code_of(answer.verdict, commit))];
        }
    }
}

namespace
{

void look_at_beds(const std::vector<BedNames>& beds, const std::string& where,
                  std::vector<std::string>& found)
{
    std::vector<std::pair<std::string, BedId>> names;
    for (const BedNames& bed : beds) {
        for (const std::string& raw : bed.names) {
            const std::string normal = normal_name(raw);
            if (normal.empty()) found.push_back(where + "a bed has an empty HL7 name");
            for (const auto& [other, id] : names) {
                if (other != normal || id == bed.bed) continue;
                found.push_back(where + "two beds have the HL7 name \"" + raw + "\"");
            }
            names.emplace_back(normal, bed.bed);
        }
    }
}

} // namespace

std::vector<std::string> mistakes(const Hl7Config& config)
{
    std::vector<std::string> found;
    look_at_beds(config.beds, "", found);
    for (std::size_t i = 0; i < config.sources.size(); ++i) {
        const SourceProfile& s = config.sources[i];
        look_at_beds(s.beds, "source \"" + s.name + "\": ", found);
        if (!s.bed_pattern.empty() && !BedPattern::from(s.bed_pattern)) {
            found.push_back("source \"" + s.name + "\": bed pattern \"" + s.bed_pattern +
                            "\" names no field, such as PV1-3.3");
        }
        for (std::size_t k = 0; k < i; ++k) {
            const SourceProfile& before = config.sources[k];
            const bool hides =
                before.addresses.empty() &&
                (before.application.empty() || before.application == s.application) &&
                (before.facility.empty() || before.facility == s.facility);
            if (hides) {
                found.push_back("source \"" + s.name + "\" is never reached: \"" + before.name +
                                "\" before it takes its messages");
            }
            if (before.source == s.source && s.source != no_source) {
                found.push_back("sources \"" + before.name + "\" and \"" + s.name +
                                "\" are one source");
            }
        }
    }
    return found;
}

} // namespace magwatch::adapters::hl7
