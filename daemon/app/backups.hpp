// What the running daemon has to do with backups: it copies journal and history when `magwatch backup` asks, since
// nobody else may open them, and it watches over how old the last good backup is.
//
// The loop's thread; files are touched on lanes. The copies lie beside the journal until they are fetched, an hour at
// most. `magwatch backup` and `restore` leave their word in notes (backup_notes.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/app/backup_notes.hpp"
#include "daemon/http/published.hpp"
#include "daemon/journal/history.hpp"
#include "daemon/journal/journal.hpp"
#include "runtime/clock.hpp"
#include "runtime/lane.hpp"

namespace magwatch {

inline constexpr const char* copy_folder_name = "backup.copy";

// "Records restored from a backup of 2026-03-01 02:14 UTC"; pure.
[[nodiscard]] std::string restored_words(WallTime made);
// Why an alarm rings over backups; "" = none does. Pure.
[[nodiscard]] std::string backup_words(const BackupNote& note, Duration within, WallTime now);

class Backups {
public:
    using Fault = std::function<void(ShellFault, bool present, std::string words)>; // also when nothing changed
    Backups(boost::asio::any_io_executor executor, Clock& clock, Journal& journal, History& history, Lane& files,
            std::string directory, Fault fault);

    void set_within(Duration within);
    // Copies are wanted; one that is under way goes on.
    void request(bool history);
    // Until it is cancelled.
    boost::asio::awaitable<void> run();

    [[nodiscard]] const CopyView& copy() const { return copy_; }
    [[nodiscard]] const BackupView& view() const { return view_; }
    // What the age of backups counts from: the last good one, else the first look for one. 0 before that.
    [[nodiscard]] WallTime counts_from() const { return counts_from_; }

private:
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> make_copies(bool history);
    boost::asio::awaitable<std::string> make_room(bool history);
    boost::asio::awaitable<void> remove_copies();

    Clock& clock_;
    Journal& journal_;
    History& history_;
    Lane& files_;
    std::string directory_;
    Fault fault_;
    boost::asio::steady_timer wake_;
    Duration within_{};
    CopyView copy_;
    BackupView view_;
    WallTime counts_from_;
    Instant copied_{}; // when the copies were ready
    std::optional<bool> wanted_; // with the history, or without
};

} // namespace magwatch
