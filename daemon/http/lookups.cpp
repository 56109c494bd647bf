#include "daemon/http/lookups.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace magwatch::http
{

namespace asio = boost::asio;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_waiting = 16; // a board asks for one bed at a time

} // namespace

asio::awaitable<HistoryAnswer> Lookups::ask(HistoryQuestion question, Duration limit)
{
    HistoryAnswer busy{503, "too many look back at once: ask again in a moment", "", "", ""};
    if (!ask_) {
        busy.error = "there is no history";
        co_return busy;
    }
    if (waiting_.size() >= most_waiting) co_return busy;
    const auto wait = std::make_shared<Waiting>(executor_);
    waiting_.insert(wait);
    wait->timer.expires_after(limit);
    const std::weak_ptr<Waiting> asker = wait; // who has gone takes nothing
    auto reply = [asker, executor = executor_](HistoryAnswer answer) {
        auto take = [asker, answer = std::move(answer)]() mutable {
            const auto waiter = asker.lock();
            if (!waiter) return;
            waiter->answer = std::move(answer);
            waiter->timer.cancel();
        };
        asio::post(executor, std::move(take));
    };
    ask_(std::move(question), std::move(reply));
    co_await wait->timer.async_wait(as_result);
    waiting_.erase(wait);
    if (wait->answer) co_return std::move(*wait->answer);
    busy.error = "the history does not answer in time: ask for less, or again in a moment";
    co_return busy;
}

void Lookups::stop()
{
    for (const auto& wait : waiting_) wait->timer.cancel();
}

} // namespace magwatch::http
