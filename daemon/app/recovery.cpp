#include "daemon/app/recovery.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "daemon/journal/journal_format.hpp"
#include "daemon/ward_loop/record.hpp"

namespace magwatch {
namespace {

// An older program must find at the file's number that it cannot read what is in there: whoever raises one of these
// raises journal_version too.
static_assert(journal_version == 3 && newest_format == 12 && record_version == 3);

constexpr std::size_t batches_at_once = 1000;
constexpr std::int64_t starts_unwritten = 100'000; // more than there may have been since the last that was written

// The format of a snapshot, or of a record of form 3, as it stands in front of it.
std::uint32_t format_of(std::string_view bytes)
{
    Reader in{bytes};
    std::uint32_t format = 0;
    in(format);
    return in.ok() ? format : 0;
}

// Whether a program that came after this one wrote it. Its checksum was right: it is no damage.
bool is_newer(std::string_view record)
{
    if (record.empty()) return false;
    const auto form = static_cast<std::uint8_t>(record.front());
    return form > record_version || (form == record_version && format_of(record.substr(1)) > newest_format);
}

JournalError made_by_newer()
{
    JournalError error{"its records are of a format that this magwatch does not know: a newer one wrote them"};
    error.newer = true;
    return error;
}

// Who ended the last start on purpose: the note that it left is good for the start that follows it, and for no other.
std::string who_stopped(JournalFile& journal, std::uint32_t incarnation)
{
    const auto found = journal.named(stop_note_name);
    const auto* bytes = std::get_if<std::optional<Bytes>>(&found);
    if (bytes == nullptr || !*bytes) return "";
    const std::string_view note = as_text(**bytes);
    std::uint32_t of = 0;
    const auto read = std::from_chars(note.data(), note.data() + note.size(), of);
    if (read.ec != std::errc{} || of + 1 != incarnation) return "";
    const auto at = static_cast<std::size_t>(read.ptr - note.data());
    return at < note.size() ? std::string{note.substr(at + 1)} : "";
}

std::string words_of(const LoadRefused& refused)
{
    return fmt::format("of the snapshot this version refuses: {}{}{} own limits, {} checklists",
                       refused.rules ? "the rule pack, " : "", refused.protocol ? "the protocol file, " : "",
                       refused.own_limits, refused.checklists);
}

// Steps the inputs of one batch; effects stand there for people and tools, not for us.
void replay(const JournalBatch& batch, RecordReader& reader, const Replay& how, Recovered& out)
{
    EffectBuffer effects;
    const auto step = [&](const Moment& at, const Input& input) {
        if (at.steady < out.ward.last_instant()) return; // before the snapshot
        effects.clear();
        out.ward.step(at, input, effects);
        ++out.replayed;
    };
    RecordPlace place{batch.id, -1};
    for (const std::string_view bytes : batch.records) {
        ++place.record;
        const auto& without = how.plan.without;
        if (how.plan.snapshot_alone || std::find(without.begin(), without.end(), place) != without.end()) {
            ++out.left_out;
            continue;
        }
        if (how.stepping) how.stepping(place);
        if (!reader.read(bytes, step, [](const Effect&) {})) {
            ++out.damaged;
            out.notes.push_back("batch " + std::to_string(batch.id) + ": a record is damaged or of another version");
        }
    }
}

// A full disk gives its reserve for this. One that takes nothing at all must not keep the ward from being watched: the
// number is then taken from the clock, above all that count from one.
std::uint32_t begin_incarnation(JournalFile& journal, const Moment& at, const ClockReading& now,
                                const std::string& boot_id, std::int64_t floor, Recovered& out)
{
    auto begun = journal.begin_incarnation(at, now.boottime, boot_id, floor);
    if (std::holds_alternative<JournalError>(begun) && journal.release_reserve())
        begun = journal.begin_incarnation(at, now.boottime, boot_id, floor);
    if (const auto* number = std::get_if<std::uint32_t>(&begun)) return *number;
    out.notes.push_back("the start cannot be written: " + std::get<JournalError>(begun).what);
    const std::int64_t known = out.ward.view(at).incarnation;
    return static_cast<std::uint32_t>(std::max({incarnation_floor(now.wall), floor, known + starts_unwritten}));
}

} // namespace

std::variant<Recovered, JournalError> recover(JournalFile& journal, const ClockReading& now,
                                              const std::string& boot_id, std::int64_t floor, const Replay& how)
{
    const auto last = journal.last_moment();
    if (const auto* error = std::get_if<JournalError>(&last)) return *error;
    Recovered out;
    int skipped = 0;
    const auto snapshot = journal.last_snapshot(&skipped);
    if (const auto* error = std::get_if<JournalError>(&snapshot)) return *error;
    if (skipped > 0) out.notes.push_back(std::to_string(skipped) + " damaged snapshots were skipped");
    std::int64_t after = 0;
    if (const auto& found = std::get<std::optional<JournalSnapshot>>(snapshot)) {
        if (format_of(as_text(found->state)) > newest_format) return made_by_newer();
        if (auto ward = Ward::load(as_text(found->state), &out.refused)) {
            out.ward = std::move(*ward);
            after = found->batch;
            if (out.refused.any()) out.notes.push_back(words_of(out.refused));
        } else {
            out.notes.emplace_back("the snapshot is of another format: all inputs are replayed");
        }
    }
    RecordReader reader;
    for (;;) {
        const auto batches = journal.batches_after(after, batches_at_once);
        if (const auto* error = std::get_if<JournalError>(&batches)) return *error;
        const auto& found = std::get<std::vector<JournalBatch>>(batches);
        for (const auto& batch : found) {
            if (batch.damaged) out.notes.push_back("batch " + std::to_string(batch.id) + " is damaged");
            else if (batch.id != after + 1)
                out.notes.push_back("batches before " + std::to_string(batch.id) + " are missing");
            if (batch.damaged || batch.id != after + 1) ++out.damaged;
            if (batch.lost_before > 0) {
                out.notes.push_back(std::to_string(batch.lost_before) + " records were lost while the disk failed");
            }
            if (std::any_of(batch.records.begin(), batch.records.end(), is_newer)) return made_by_newer();
            replay(batch, reader, how, out);
            after = batch.id;
        }
        if (found.size() < batches_at_once) break;
    }
    out.time = continue_time(std::get<std::optional<LastMoment>>(last), now, boot_id);
    if (how.stepping) how.stepping({}); // what comes now is no record's fault
    // Ward time never runs backwards, whatever the last sign of life said.
    const Instant starts = Instant{} + now.boottime + out.time.offset;
    if (starts < out.ward.last_instant()) out.time.offset += out.ward.last_instant() - starts;
    // What was left out nobody has seen.
    if (how.plan.snapshot_alone && out.left_out > 0 && out.ward.last_instant() != Instant{})
        out.time.unwatched =
            std::max(out.time.unwatched, Instant{} + now.boottime + out.time.offset - out.ward.last_instant());
    const Moment at{Instant{} + now.boottime + out.time.offset, now.wall};
    const std::uint32_t number = begin_incarnation(journal, at, now, boot_id, floor, out);
    out.started = {number, boot_id, out.time.unwatched, out.time.known, who_stopped(journal, number)};
    return out;
}

Bytes stop_note(std::uint32_t incarnation, const std::string& by)
{
    const std::string text = fmt::format("{} {}", incarnation, by);
    return {text.begin(), text.end()};
}

} // namespace magwatch
