#include "daemon/app/recovery.hpp"

#include <algorithm>

#include "daemon/ward_loop/record.hpp"

namespace magwatch {
namespace {

constexpr std::size_t batches_at_once = 1000;

// Steps the inputs of one batch; effects stand there for people and tools, not for us.
void replay(const JournalBatch& batch, RecordReader& reader, Recovered& out)
{
    EffectBuffer effects;
    const auto step = [&](const Moment& at, const Input& input) {
        if (at.steady < out.ward.last_instant()) return; // before the snapshot
        effects.clear();
        out.ward.step(at, input, effects);
        ++out.replayed;
    };
    for (const std::string_view bytes : batch.records) {
        if (!reader.read(bytes, step, [](const Effect&) {})) {
            out.notes.push_back("batch " + std::to_string(batch.id) + ": a record is damaged or of another version");
        }
    }
}

} // namespace

std::variant<Recovered, std::string> recover(JournalFile& journal, const ClockReading& now,
                                             const std::string& boot_id, std::int64_t floor)
{
    const auto last = journal.last_moment();
    if (const auto* error = std::get_if<JournalError>(&last)) return error->what;
    Recovered out;
    int skipped = 0;
    const auto snapshot = journal.last_snapshot(&skipped);
    if (const auto* error = std::get_if<JournalError>(&snapshot)) return error->what;
    if (skipped > 0) out.notes.push_back(std::to_string(skipped) + " damaged snapshots were skipped");
    std::int64_t after = 0;
    if (const auto& found = std::get<std::optional<JournalSnapshot>>(snapshot)) {
        if (auto ward = Ward::load(as_text(found->state))) {
            out.ward = std::move(*ward);
            after = found->batch;
        } else {
            out.notes.emplace_back("the snapshot is of another format: all inputs are replayed");
        }
    }
    RecordReader reader;
    for (;;) {
        const auto batches = journal.batches_after(after, batches_at_once);
        if (const auto* error = std::get_if<JournalError>(&batches)) return error->what;
        const auto& found = std::get<std::vector<JournalBatch>>(batches);
        for (const auto& batch : found) {
            if (batch.damaged) out.notes.push_back("batch " + std::to_string(batch.id) + " is damaged");
            if (batch.lost_before > 0) {
                out.notes.push_back(std::to_string(batch.lost_before) + " records were lost while the disk failed");
            }
            replay(batch, reader, out);
            after = batch.id;
        }
        if (found.size() < batches_at_once) break;
    }
    out.time = continue_time(std::get<std::optional<LastMoment>>(last), now, boot_id);
    // Ward time never runs backwards, whatever the last sign of life said.
    const Instant starts = Instant{} + now.boottime + out.time.offset;
    if (starts < out.ward.last_instant()) out.time.offset += out.ward.last_instant() - starts;
    const Moment at{Instant{} + now.boottime + out.time.offset, now.wall};
    const auto incarnation = journal.begin_incarnation(at, now.boottime, boot_id, floor);
    if (const auto* error = std::get_if<JournalError>(&incarnation)) return error->what;
    out.started = {std::get<std::uint32_t>(incarnation), boot_id, out.time.unwatched, out.time.known};
    return out;
}

} // namespace magwatch
