#include "daemon/http/streams.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace magwatch::http
{

namespace asio = boost::asio;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);

// An alarm is told within this, values at most once in `values_every`: what people can follow.
constexpr std::chrono::milliseconds look_every{250};
constexpr Duration values_every{1000};
// A board that hears nothing for 10 s says so: it may miss four of these.
constexpr Duration beat_every{2000};
// About ten seconds of events: whoever is further behind shows old data, and is better told so.
constexpr std::size_t most_waiting = 16;

} // namespace

asio::awaitable<Chunk> Stream::next()
{
    sending_ = false;
    while (!closed_ && waiting_.empty()) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        co_await wake_.async_wait(as_result);
    }
    if (closed_) co_return nullptr;
    Chunk chunk = std::move(waiting_.front());
    waiting_.pop_front();
    sending_ = true;
    co_return chunk;
}

bool Stream::offer(const Chunk& chunk)
{
    if (closed_) return true;
    if (waiting_.size() >= most_waiting) {
        close();
        too_slow_();
        return false;
    }
    waiting_.push_back(chunk);
    wake_.cancel();
    return true;
}

void Stream::close()
{
    closed_ = true;
    waiting_.clear();
    wake_.cancel();
}

std::shared_ptr<Stream> Streams::join(const std::string& key, bool board, std::function<void()> too_slow)
{
    forget();
    const auto same = [&](const std::weak_ptr<Stream>& reader) {
        const auto stream = reader.lock();
        return stream && stream->key() == key;
    };
    const auto of_key = static_cast<std::size_t>(std::count_if(readers_.begin(), readers_.end(), same));
    if (closed_ || readers_.size() >= limits_.streams || of_key >= limits_.streams_per_key) return nullptr;
    const ClockReading now = read_clocks();
    if (readers_.empty()) (void)feed_.update(now); // nobody had the feed look for a while
    auto stream = std::make_shared<Stream>(executor_, key, board, std::move(too_slow));
    for (const Chunk& chunk : feed_.snapshot(now)) (void)stream->offer(chunk);
    (void)stream->offer(feed_.heartbeat(now));
    readers_.push_back(stream);
    tell_count();
    return stream;
}

void Streams::tell_count() const
{
    const auto shows = [](const std::weak_ptr<Stream>& reader) {
        const auto stream = reader.lock();
        return stream && stream->board();
    };
    count_(readers_.size(), static_cast<std::size_t>(std::count_if(readers_.begin(), readers_.end(), shows)));
}

void Streams::forget()
{
    const auto gone = [](const std::weak_ptr<Stream>& reader) {
        const auto stream = reader.lock();
        return !stream || stream->closed();
    };
    if (std::erase_if(readers_, gone) > 0) tell_count();
}

void Streams::offer(const Chunk& chunk)
{
    if (!chunk) return;
    for (const auto& reader : readers_) {
        const auto stream = reader.lock();
        if (stream && !stream->offer(chunk)) slow_();
    }
}

void Streams::turn(const ClockReading& now)
{
    forget();
    if (readers_.empty()) return;
    const bool values_too = now.boottime - updated_ >= values_every;
    const Chunk update = feed_.update(now, !values_too);
    if (update) updated_ = now.boottime;
    offer(update);
    if (now.boottime - beat_ < beat_every) return;
    beat_ = now.boottime;
    offer(feed_.heartbeat(now));
}

void Streams::tell_now()
{
    offer(feed_.update(read_clocks()));
}

bool Streams::all_sent() const
{
    return std::all_of(readers_.begin(), readers_.end(), [](const std::weak_ptr<Stream>& reader) {
        const auto stream = reader.lock();
        return !stream || stream->sent();
    });
}

asio::awaitable<void> Streams::run()
{
    asio::steady_timer timer{executor_};
    for (;;) {
        timer.expires_after(look_every);
        co_await timer.async_wait(asio::use_awaitable);
        turn(read_clocks());
    }
}

void Streams::close_all()
{
    closed_ = true;
    for (const auto& reader : readers_)
        if (const auto stream = reader.lock()) stream->close();
    forget();
}

} // namespace magwatch::http
