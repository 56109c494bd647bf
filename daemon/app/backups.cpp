#include "daemon/app/backups.hpp"

#include <filesystem>
#include <unistd.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "daemon/http/times.hpp"
#include "daemon/journal/disk_space.hpp"
#include "rules/ward/input.hpp"
#include "runtime/log.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr LogEvent event_copied{"backup.copied", LogLevel::notice};
constexpr LogEvent event_not_copied{"backup.not_copied", LogLevel::error};

// All design values.
constexpr Duration looked_at = 60s;
constexpr Duration copies_kept = 1h;
constexpr Duration restored_for = 12h; // a shift hears of it

std::uint64_t size_of(const std::string& path)
{
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : static_cast<std::uint64_t>(size);
}

// "2026-03-01 02:14"
std::string minute_of(WallTime at)
{
    std::string text = http::format_time(at).substr(0, 16);
    if (text.size() > 10) text[10] = ' ';
    return text;
}

// The copies must not bring the disk to where records are at risk. "" or what is missing.
std::string room_for(std::uint64_t bytes, const std::optional<DiskSpace>& space)
{
    if (!space) return {};
    const DiskSpace after{space->free > bytes ? space->free - bytes : 0, space->total};
    if (space->free > bytes && disk_level(after, DiskLevel::low) == DiskLevel::ok) return {};
    constexpr std::uint64_t mebibyte = 1U << 20;
    return fmt::format("not enough room beside the journal: the copies take {} MiB, and {} MiB of {} are free",
                       bytes / mebibyte + 1, space->free / mebibyte, space->total / mebibyte);
}

struct Notes {
    std::optional<BackupNote> backup;
    std::optional<RestoreNote> restored;
};

// Reads both, and begins the first where there is none: the age of "never" counts from somewhere.
Notes read_notes(const std::string& directory, WallTime now)
{
    Notes notes{read_backup_note(directory), read_restore_note(directory)};
    if (!notes.backup) {
        notes.backup.emplace();
        notes.backup->since = now;
        (void)write_note(directory, *notes.backup);
    }
    if (notes.restored && now - notes.restored->started > restored_for && notes.restored->started.ms != 0) {
        notes.restored.reset();
        ::unlink((directory + "/" + restore_note_name).c_str());
    }
    return notes;
}

} // namespace

std::string restored_words(WallTime made)
{
    return "Records restored from a backup of " + minute_of(made) + " UTC";
}

std::string backup_words(const BackupNote& note, Duration within, WallTime now)
{
    if (within <= 0s) return {};
    const WallTime from = note.good.ms != 0 ? note.good : note.since;
    if (now - from <= within) return {};
    if (note.good.ms == 0) return "There is no backup of the records";
    return "No good backup of the records since " + minute_of(note.good) + " UTC";
}

Backups::Backups(asio::any_io_executor executor, Clock& clock, Journal& journal, History& history, Lane& files,
                 std::string directory, Fault fault)
    : clock_{clock}, journal_{journal}, history_{history}, files_{files}, directory_{std::move(directory)},
      fault_{std::move(fault)}, wake_{executor}
{
}

void Backups::set_within(Duration within)
{
    within_ = within;
    wake_.cancel();
}

void Backups::request(bool history)
{
    if (copy_.state == CopyView::State::copying) return;
    wanted_ = history;
    wake_.cancel();
}

asio::awaitable<void> Backups::run()
{
    auto removing = remove_copies(); // of an earlier life
    co_await std::move(removing);
    for (;;) {
        if (const std::optional<bool> wanted = std::exchange(wanted_, std::nullopt)) {
            auto copying = make_copies(*wanted);
            co_await std::move(copying);
        }
        auto looking = look();
        co_await std::move(looking);
        if (wanted_) continue;
        wake_.expires_after(looked_at);
        const auto [error] = co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (error && state.cancelled() != asio::cancellation_type::none) co_return;
    }
}

asio::awaitable<void> Backups::look()
{
    auto read = [directory = directory_, now = clock_.now().wall] { return read_notes(directory, now); };
    auto reading = run_blocking(files_, std::move(read));
    const auto notes = co_await std::move(reading);
    if (!notes) co_return;
    const BackupNote note = notes->backup.value_or(BackupNote{});
    view_ = {within_, note.good, note.tried, note.reason};
    counts_from_ = note.good.ms != 0 ? note.good : note.since;
    std::string words = backup_words(note, within_, clock_.now().wall);
    const bool late = !words.empty();
    fault_(ShellFault::backup, late, std::move(words));
    std::string restored;
    if (notes->restored) restored = restored_words(notes->restored->made);
    const bool was_restored = notes->restored.has_value();
    fault_(ShellFault::restored, was_restored, std::move(restored));
    if (copy_.state == CopyView::State::ready && clock_.now().steady - copied_ > copies_kept) {
        auto removing = remove_copies();
        co_await std::move(removing);
        copy_.state = CopyView::State::none;
    }
}

asio::awaitable<void> Backups::remove_copies()
{
    auto remove = [folder = directory_ + "/" + copy_folder_name] {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    };
    auto removing = run_blocking(files_, std::move(remove));
    co_await std::move(removing);
}

// An empty folder for copies that fit; "" or why not. Sets their size.
asio::awaitable<std::string> Backups::make_room(bool history)
{
    auto removing = remove_copies();
    co_await std::move(removing);
    copy_.bytes = size_of(directory_ + "/journal.db");
    if (history) copy_.bytes += size_of(directory_ + "/history.db");
    copy_.bytes_left = copy_.bytes;
    std::string lacking = room_for(copy_.bytes, read_disk_space(directory_));
    std::error_code error;
    if (lacking.empty() && (!fs::create_directory(copy_.folder, error) || error))
        lacking = copy_.folder + ": " + error.message();
    if (lacking.empty()) fs::permissions(copy_.folder, fs::perms::owner_all, error);
    co_return lacking;
}

asio::awaitable<void> Backups::make_copies(bool history)
{
    copy_ = {CopyView::State::copying, copy_.number + 1, directory_ + "/" + copy_folder_name, 0, 0, {}};
    auto preparing = make_room(history);
    std::string wrong = co_await std::move(preparing);
    constexpr std::uint64_t page = 4096;
    std::uint64_t after = history ? size_of(directory_ + "/history.db") : 0; // still to come
    const CopyNews news = [this, &after](const CopyProgress& progress) {
        copy_.bytes_left = static_cast<std::uint64_t>(progress.left) * page + after;
    };
    if (wrong.empty()) {
        auto copying = journal_.copy_to(copy_.folder + "/journal.db", news);
        wrong = co_await std::move(copying);
    }
    after = 0;
    if (wrong.empty() && history) {
        auto copying = history_.copy_to(copy_.folder + "/history.db", news);
        wrong = co_await std::move(copying);
    }
    if (!wrong.empty()) {
        log(event_not_copied, wrong);
        auto removing = remove_copies();
        co_await std::move(removing);
    } else {
        log(event_copied, "journal and history were copied for a backup", {{LogKey::file, copy_.folder}});
    }
    copy_.state = wrong.empty() ? CopyView::State::ready : CopyView::State::failed;
    copy_.bytes_left = 0;
    copy_.reason = std::move(wrong);
    copied_ = clock_.now().steady;
}

} // namespace magwatch
