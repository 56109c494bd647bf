#include "daemon/app/start_notes.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace magwatch {
namespace {

// Design values. A start that hangs is ended by systemd after 30 s, and three of those must count together.
constexpr Duration counts_for{300'000};
constexpr std::size_t deaths_for_a_plan = 3, deaths_at_a_record = 2, deaths_for_anew = 6;
constexpr std::size_t most_notes = 64, notes_kept = 16; // of a file that grows: more than a plan asks for
// A start that hangs or dies at once when it watches is ended by the watchdog within 15 s.
constexpr Duration short_life{30'000};
constexpr RecordPlace watched{-1, 0}; // in place of a record: its first turn ended

struct Note {
    std::array<char, 40> boot{}; // a boot id has 36
    std::int64_t boottime_ms = 0;
    RecordPlace place;
};
static_assert(sizeof(Note) == 64);

std::array<char, 40> boot_bytes(const std::string& id)
{
    std::array<char, 40> bytes{};
    std::copy_n(id.begin(), std::min(id.size(), bytes.size()), bytes.begin());
    return bytes;
}

// The places at which those starts died, in their order; `watched` for each that did while it watched.
std::vector<RecordPlace> deaths(int file, const std::string& boot, Duration now)
{
    std::vector<RecordPlace> found;
    Note note;
    for (std::int64_t at = 0; pread(file, &note, sizeof note, at) == sizeof note; at += sizeof note) {
        const Duration age = now - Duration{note.boottime_ms};
        if (note.boot == boot_bytes(boot) && age >= Duration{} && age <= counts_for) found.push_back(note.place);
    }
    return found;
}

StartPlan plan_after(std::vector<RecordPlace> died)
{
    StartPlan plan;
    plan.built_in = static_cast<std::size_t>(std::count(died.begin(), died.end(), watched)) >= deaths_for_a_plan;
    // One that watched was over whatever those before it had died of.
    const auto begun = std::find(died.rbegin(), died.rend(), watched).base();
    died.erase(died.begin(), begun);
    if (died.size() < deaths_for_a_plan) return plan;
    plan.anew = died.size() >= deaths_for_anew;
    for (const RecordPlace& place : died) {
        const bool known = std::find(plan.without.begin(), plan.without.end(), place) != plan.without.end();
        const auto times = static_cast<std::size_t>(std::count(died.begin(), died.end(), place));
        if (place != RecordPlace{} && !known && times >= deaths_at_a_record) plan.without.push_back(place);
    }
    plan.snapshot_alone = plan.without.empty() || died.back() == RecordPlace{};
    return plan;
}

} // namespace

StartNotes::StartNotes(const std::string& directory, const ClockReading& now, std::string boot_id)
    : path_{directory + "/starts"}, boot_{std::move(boot_id)}, now_{now.boottime}
{
    file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file_ < 0) return;
    const std::vector<RecordPlace> died = deaths(file_, boot_, now_);
    plan_ = plan_after(died);
    if (died.empty() && ftruncate(file_, 0) == 0) return;
    mine_ = std::max<std::int64_t>(lseek(file_, 0, SEEK_END), 0) / static_cast<std::int64_t>(sizeof(Note)) *
            static_cast<std::int64_t>(sizeof(Note));
}

StartNotes::~StartNotes()
{
    if (file_ >= 0) ::close(file_);
}

void StartNotes::begin()
{
    constexpr auto note_size = static_cast<std::int64_t>(sizeof(Note));
    if (file_ >= 0 && mine_ >= static_cast<std::int64_t>(most_notes) * note_size) {
        std::array<Note, notes_kept> newest{};
        constexpr auto kept = static_cast<std::int64_t>(sizeof newest);
        const bool read = pread(file_, newest.data(), sizeof newest, mine_ - kept) == kept;
        if (ftruncate(file_, 0) == 0) mine_ = 0;
        if (read && mine_ == 0 && pwrite(file_, newest.data(), sizeof newest, 0) == kept) mine_ = kept;
    }
    if (file_ < 0) file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) return;
    const Note note{boot_bytes(boot_), now_.count(), {}};
    (void)!pwrite(file_, &note, sizeof note, mine_);
}

void StartNotes::stepping(const RecordPlace& place)
{
    write(place);
}

void StartNotes::turned(Duration now)
{
    if (file_ < 0) return;
    if (now - now_ >= short_life) over();
    else if (!std::exchange(watched_, true)) write(watched);
}

void StartNotes::write(const RecordPlace& place) const
{
    if (file_ < 0) return;
    (void)!pwrite(file_, &place, sizeof place, mine_ + static_cast<std::int64_t>(offsetof(Note, place)));
}

void StartNotes::lived()
{
    over();
    (void)unlink(path_.c_str());
}

void StartNotes::over()
{
    if (file_ < 0) return;
    // In place: to remove the file might wait for a disk, and a daemon that watches must not.
    const Note none{};
    for (std::int64_t at = 0; at <= mine_; at += static_cast<std::int64_t>(sizeof none)) {
        (void)!pwrite(file_, &none, sizeof none, at);
    }
    ::close(file_);
    file_ = -1;
}

} // namespace magwatch
