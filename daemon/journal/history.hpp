// The history as the ward loop sees it: values in, trends out, never a wait. Loop thread only; a lane of its own,
// so that it never stands in front of the journal.
//
// A minute is written when it is over; a crash loses at most the minute that was running (the journal has its
// inputs). When the disk is low only summaries are kept; when it is critical, or writing fails, nothing is, and
// the status says so. Failing, it tries again each minute. Events are written within a second or so.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "daemon/journal/disk_space.hpp"
#include "daemon/journal/history_file.hpp"
#include "daemon/journal/paced_copy.hpp"

namespace magwatch {

struct HistoryStatus {
    bool writing = true; // false: failing, or stopped because the disk is nearly full
    std::string reason;
    std::uint64_t minutes = 0; // written (a bed and a minute each)
    std::uint64_t lost = 0;    // could not be
    friend bool operator==(const HistoryStatus&, const HistoryStatus&) = default;
};

class History {
public:
    using OnChange = std::function<void(const HistoryStatus&)>; // writing changed

    // Without a file (nullptr: it could not be opened) everything is dropped and the status says so.
    History(boost::asio::any_io_executor executor, std::unique_ptr<HistoryFile> file, HistoryLimits limits = {},
            OnChange on_change = {});
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    // One valid value, at the time that it is true of.
    void add(const std::string& bed, std::string_view signal, WallTime at, double value);
    void add_event(HistoryEvent event);
    // Once a second or so: writes the minutes that are over, and events. Each minute what is old goes, whether or not
    // there was anything to write.
    void tick(const Moment& now);
    void set_limits(const HistoryLimits& limits);
    // As the journal sees the disk.
    void set_disk(DiskLevel level);
    // Minutes from `from` to before `to` (UTC, since 1970), oldest first; without the one that is running.
    boost::asio::awaitable<std::vector<HistoryMinute>> read(std::string bed, std::int64_t from, std::int64_t to);
    // Runs `work` on the history's lane behind all that was added before, with the file (null: there is none) and the
    // minutes of this bed that are not written yet, oldest first. False if too many ask: then it was not taken.
    // `work` must not throw.
    using Work = std::function<void(HistoryFile* file, const std::vector<HistoryMinute>& running)>;
    [[nodiscard]] bool ask(const std::string& bed, Work work);
    // As of Journal.
    boost::asio::awaitable<std::string> copy_to(std::string path, CopyNews news = [](const CopyProgress&) {});
    void abandon_copy();
    [[nodiscard]] const HistoryStatus& status() const;
    // Writes what there is, the running minute too.
    boost::asio::awaitable<void> close(const Moment& now);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace magwatch
