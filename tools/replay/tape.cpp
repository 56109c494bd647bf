#include "tools/replay/tape.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <utility>

#include "daemon/journal/journal_reader.hpp"
#include "daemon/ward_loop/record.hpp"
#include "tools/replay/journal_start.hpp"

namespace magwatch
{
namespace
{

// The usual spacing of a track's values; nothing with fewer than two.
std::optional<Duration> median_spacing(const TapeTrack& track)
{
    std::vector<Duration> spacings;
    std::optional<Duration> last;
    for (const TapePoint& point : track.points) {
        if (!point.value) continue;
        if (last && point.at > *last) spacings.push_back(point.at - *last);
        last = point.at;
    }
    if (spacings.empty()) return std::nullopt;
    const auto middle = spacings.begin() + static_cast<std::ptrdiff_t>(spacings.size() / 2);
    std::nth_element(spacings.begin(), middle, spacings.end());
    return *middle;
}

// Makes tapes of a journal's inputs.
class JournalTapes
{
public:
    // The beds that were known before the first record that is left.
    void begin(const Ward& ward)
    {
        for (std::uint16_t i = 0; const BedConfiguration* bed = ward.bed_configuration(BedId{i}); ++i)
            tapes_.emplace_back().bed = bed->alias;
    }
    void take(const Moment& at, const Input& input)
    {
        if (!first_) first_ = at.steady;
        last_ = at.steady - *first_;
        if (const auto* configuration = std::get_if<Configuration>(&input))
            return take(*configuration);
        if (const auto* seen = std::get_if<Observation>(&input)) return take(*seen);
        const auto* refused = std::get_if<RefusedValue>(&input);
        if (refused == nullptr || !refused->has_signal || !is_played(refused->signal)) return;
        Tape* tape = of(refused->bed);
        if (tape != nullptr && from_first_source(refused->bed, refused->source, refused->signal))
            tape->add(refused->signal, last_, std::nullopt);
    }
    [[nodiscard]] std::vector<Tape> finish()
    {
        std::vector<Tape> out;
        for (auto& tape : tapes_) {
            if (tape.tracks.empty()) continue;
            tape.length = last_;
            tape.finish();
            out.push_back(std::move(tape));
        }
        return out;
    }

private:
    // Beds keep their ids, new ones get the next: as the ward counts them.
    void take(const Configuration& configuration)
    {
        for (const auto& bed : configuration.beds) {
            const auto known = [&](const Tape& tape) { return tape.bed == bed.alias; };
            if (std::none_of(tapes_.begin(), tapes_.end(), known))
                tapes_.emplace_back().bed = bed.alias;
        }
    }
    void take(const Observation& seen)
    {
        Tape* tape = of(seen.bed);
        if (tape == nullptr) return;
        if (seen.origin != Origin::device || !is_played(seen.signal)) {
            if (seen.signal != Signal::liveness) ++tape->left_out[std::string{name(seen.signal)}];
            return;
        }
        if (!from_first_source(seen.bed, seen.source, seen.signal)) {
            ++tape->left_out[std::string{name(seen.signal)} + " of a second source"];
            return;
        }
        const bool usable = seen.validity == Validity::valid;
        tape->add(seen.signal, last_, usable ? std::optional{seen.value} : std::nullopt);
    }
    Tape* of(BedId bed)
    {
        const auto index = std::size_t{bed.value};
        return index < tapes_.size() ? &tapes_[index] : nullptr;
    }
    // Two sources of one signal would show in turns what no monitor shows: the first one is played.
    bool from_first_source(BedId bed, SourceId source, Signal signal)
    {
        return sources_.emplace(std::pair{bed, signal}, source).first->second == source;
    }

    std::optional<Instant> first_;
    Duration last_{};
    std::vector<Tape> tapes_; // by bed id
    std::map<std::pair<BedId, Signal>, SourceId> sources_;
};

std::vector<Tape> read_journal(const std::string& file, std::ostream& errors)
{
    auto opened = JournalReader::open(file);
    if (const auto* error = std::get_if<JournalError>(&opened)) {
        errors << file << ": error: " << error->what << '\n';
        return {};
    }
    auto& reader = std::get<JournalReader>(opened);
    const auto found = find_start(reader, file, errors);
    if (std::holds_alternative<int>(found)) return {};
    const auto& start = std::get<JournalStart>(found);
    JournalTapes tapes;
    if (start.ward) tapes.begin(*start.ward);
    RecordReader records;
    std::size_t damaged = 0;
    for (std::int64_t after = start.after;;) {
        const auto read = reader.batches_after(after);
        if (const auto* error = std::get_if<JournalError>(&read)) {
            errors << file << ": error: " << error->what << '\n';
            return {};
        }
        const auto& batches = std::get<std::vector<JournalBatch>>(read);
        if (batches.empty()) break;
        for (const auto& batch : batches) {
            after = batch.id;
            for (const std::string_view bytes : batch.records) {
                const bool good = records.read(
                    bytes, [&](const Moment& at, const Input& input) { tapes.take(at, input); },
                    [](const Effect&) {});
                damaged += good ? 0 : 1;
            }
        }
    }
    if (damaged > 0)
        errors << file << ": note: " << damaged << " records are damaged and were left out\n";
    auto out = tapes.finish();
    if (out.empty())
        errors << file
               << ": error: no device of this journal measured anything that can be played\n";
    return out;
}

} // namespace

bool is_played(Signal signal)
{
    switch (info(signal).kind) {
    case SignalKind::continuous:
    case SignalKind::cuff:
        return true;
    default:
        return false;
    }
}

const TapePoint* TapeTrack::shown(Duration at) const
{
    const auto next = std::upper_bound(points.begin(), points.end(), at,
                                       [](Duration t, const TapePoint& p) { return t < p.at; });
    if (next == points.begin()) return nullptr;
    const TapePoint& point = *std::prev(next);
    return point.value && at - point.at < stands ? &point : nullptr;
}

TapeTrack& Tape::track(Signal signal)
{
    for (auto& track : tracks) {
        if (track.signal == signal) return track;
    }
    tracks.push_back({signal, {}, {}});
    return tracks.back();
}

const TapeTrack* Tape::find(Signal signal) const
{
    for (const auto& track : tracks) {
        if (track.signal == signal) return &track;
    }
    return nullptr;
}

void Tape::add(Signal signal, Duration at, std::optional<double> value)
{
    auto& points = track(signal).points;
    if (points.empty() && !value) return;
    if (!points.empty() && !points.back().value && !value) return;
    points.push_back({at, value});
    length = std::max(length, at);
}

void Tape::finish()
{
    std::erase_if(tracks, [](const TapeTrack& track) { return track.points.empty(); });
    std::optional<Duration> densest;
    for (auto& track : tracks) {
        const auto spacing = median_spacing(track);
        track.stands = spacing ? *spacing * 3 / 2 : info(track.signal).fresh_for;
        if (spacing && (!densest || *spacing < *densest)) densest = spacing;
    }
    length += densest.value_or(Duration{1000}); // the last value, too, is shown
}

Tape tape_of(const adapters::Recording& recording, std::string bed)
{
    Tape tape;
    tape.bed = std::move(bed);
    std::set<Signal> signals;
    std::map<Signal, Duration> spacing;
    for (const auto& column : recording.columns) {
        if (is_played(column.signal)) {
            signals.insert(column.signal);
            spacing[column.signal] = column.median_spacing.value_or(Duration{0});
        } else {
            tape.left_out[column.name] = static_cast<int>(column.values);
        }
    }
    std::map<Signal, Duration> last; // the newest value of each
    for (const auto& row : recording.rows) {
        std::set<Signal> told;
        for (const auto& seen : row.observations) {
            if (!signals.contains(seen.signal) || seen.validity != Validity::valid) continue;
            tape.add(seen.signal, row.at, seen.value);
            told.insert(seen.signal);
            last[seen.signal] = row.at;
        }
        for (const Signal signal : signals) {
            if (told.contains(signal) || !last.contains(signal)) continue;
            // A blank where a value was due, or one that was refused, is the end of the one before.
            const auto refused = [&](const RefusedValue& value) {
                return value.has_signal && value.signal == signal;
            };
            const bool here = std::any_of(row.refused.begin(), row.refused.end(), refused);
            if (here || row.at - last[signal] >= spacing[signal])
                tape.add(signal, row.at, std::nullopt);
        }
        tape.length = std::max(tape.length, row.at);
    }
    tape.finish();
    return tape;
}

std::vector<Tape> read_tapes(const std::string& file, const std::string& bed, std::ostream& errors)
{
    if (!file.ends_with(".csv")) return read_journal(file, errors);
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        errors << file << ": error: cannot be read\n";
        return {};
    }
    const std::string text{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    const auto read = adapters::read_csv(file, text, {BedId{0}, SourceId{0}, SourceId{1}, {}});
    if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&read)) {
        for (const auto& mistake : *mistakes) errors << mistake.text() << '\n';
        return {};
    }
    std::vector<Tape> out;
    out.push_back(tape_of(std::get<adapters::Recording>(read), bed));
    if (!out.front().tracks.empty()) return out;
    errors << file << ": error: nothing in it is what a monitor measures\n";
    return {};
}

} // namespace magwatch
