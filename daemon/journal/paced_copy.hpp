// A copy of an open store, made on the lane on which it is written, so slowly that no commit waits noticeably: each
// step is one job of a few milliseconds, and after it the lane and the disk have at least as long to themselves.
//
// Loop thread only. The store's file is asked for before each step: one that is closed meanwhile ends the copy.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/journal/journal_file.hpp"
#include "runtime/lane.hpp"

namespace magwatch {

using CopyNews = std::function<void(const CopyProgress&)>;

inline constexpr Duration copy_rest{4};         // at least, between two steps (design value)
inline constexpr Duration copy_hold{1'000};     // while the store has other troubles
inline constexpr int copy_holds = 60;           // then the copy is given up (design value)

template <class File> struct CopySource {
    std::function<std::shared_ptr<File>()> file; // null: closed
    std::function<bool()> hold;                  // not now
};

// "" when the copy at `path` is whole and durable, else why not.
template <class File>
boost::asio::awaitable<std::string> paced_copy(Lane& lane, CopySource<File> source, std::string path, CopyNews news)
{
    namespace asio = boost::asio;
    using Steady = std::chrono::steady_clock;
    asio::steady_timer timer{co_await asio::this_coro::executor};
    std::string wrong;
    int holds = 0;
    for (;;) {
        const std::shared_ptr<File> file = source.file();
        if (!file) co_return std::string{"the store was closed"};
        if (source.hold() && ++holds > copy_holds) {
            wrong = "the disk is too slow, or fails";
            break;
        }
        if (source.hold()) {
            timer.expires_after(copy_hold);
            co_await timer.async_wait(asio::use_awaitable);
            continue;
        }
        holds = 0;
        const auto begin = Steady::now();
        auto work = [file, path] { return file->copy_step(path); };
        auto stepping = run_blocking(lane, std::move(work));
        auto stepped = co_await std::move(stepping);
        if (!stepped) {
            wrong = "the store is busy";
            break;
        }
        if (const auto* error = std::get_if<JournalError>(&*stepped)) co_return error->what;
        const CopyProgress progress = std::get<CopyProgress>(*stepped);
        news(progress);
        if (progress.done) co_return std::string{};
        const auto took = std::chrono::duration_cast<Duration>(Steady::now() - begin);
        timer.expires_after(std::max(copy_rest, took));
        co_await timer.async_wait(asio::use_awaitable);
    }
    if (const std::shared_ptr<File> file = source.file()) {
        auto end = [file] { file->end_copy(); };
        auto ending = run_blocking(lane, std::move(end));
        co_await std::move(ending);
    }
    co_return wrong;
}

} // namespace magwatch
