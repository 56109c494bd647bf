// Who reads the live stream. One timer makes the events, each reader has a short queue of them; a reader that falls
// behind is closed, and takes a new snapshot when it comes again. Lives on the server's thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/http/feed.hpp"
#include "daemon/http/server.hpp"

namespace magwatch::http
{

// One reader. It reads until next() gives nothing.
class Stream
{
public:
    // `too_slow` ends a write that hangs.
    Stream(const boost::asio::any_io_executor& executor, std::string key, bool board, std::function<void()> too_slow)
        : key_{std::move(key)}, board_{board}, too_slow_{std::move(too_slow)}, wake_{executor}
    {
    }

    // The next bytes to write, when there are any; null: it is over.
    boost::asio::awaitable<Chunk> next();
    // False, and the reader is closed, if too much waits for it.
    bool offer(const Chunk& chunk);
    void close();
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] bool sent() const { return closed_ || (waiting_.empty() && !sending_); } // all that was offered
    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] bool board() const { return board_; } // shows the ward to people

private:
    std::string key_; // streams are counted by it
    bool board_;
    std::function<void()> too_slow_;
    boost::asio::steady_timer wake_;
    std::deque<Chunk> waiting_;
    bool sending_ = false; // what next() gave last
    bool closed_ = false;
};

class Streams
{
public:
    // `count` is told how many readers there are and how many of them are boards, `slow` that one was closed because
    // it fell behind.
    Streams(boost::asio::any_io_executor executor, Feed& feed, const ServerLimits& limits,
            std::function<void(std::size_t, std::size_t)> count, std::function<void()> slow)
        : executor_{std::move(executor)}, feed_{feed}, limits_{limits}, count_{std::move(count)},
          slow_{std::move(slow)}
    {
    }

    // A reader with its snapshot; null: there are too many, of this key or of all. It leaves when nobody else has it.
    [[nodiscard]] std::shared_ptr<Stream> join(const std::string& key, bool board, std::function<void()> too_slow);
    // Makes events until it is cancelled.
    boost::asio::awaitable<void> run();
    // Tells every reader at once what was published last.
    void tell_now();
    // All that readers were offered was handed to the system to send.
    [[nodiscard]] bool all_sent() const;
    void close_all();

private:
    void turn(const ClockReading& now);
    void offer(const Chunk& chunk);
    void forget();
    void tell_count() const;

    boost::asio::any_io_executor executor_;
    Feed& feed_;
    const ServerLimits& limits_;
    std::function<void(std::size_t, std::size_t)> count_;
    std::function<void()> slow_;
    std::vector<std::weak_ptr<Stream>> readers_;
    Duration updated_{}, beat_{}; // of the boot-time clock
    bool closed_ = false;
};

} // namespace magwatch::http
