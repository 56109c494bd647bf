#include "runtime/pulse.hpp"

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace magwatch {
namespace {

namespace asio = boost::asio;

constexpr Duration stamped_every{1'000};

std::int64_t steady_ms()
{
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Duration>(since).count();
}

} // namespace

asio::awaitable<void> Pulse::run()
{
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor};
    for (;;) {
        stamped_ = steady_ms();
        timer.expires_after(stamped_every);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Duration Pulse::age() const
{
    const std::int64_t stamped = stamped_;
    return stamped == 0 ? Duration{} : Duration{steady_ms() - stamped};
}

} // namespace magwatch
