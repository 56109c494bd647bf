// The one queue in front of the ward: everything that happens waits here for the next turn of the
// loop.
//
// Two kinds of input. *State* (observations) has a key: over the bound, a new one replaces the
// waiting one of the same key, and the loss is counted; at most `bound` plus the number of keys can
// wait. *Events* (entries, actions, receipts, status) have no key and are never dropped once
// accepted; try_post() refuses instead, so that the sender knows (HTTP answers 503).
//
// push(), take(), wait() and wake(): the loop's thread alone. try_post(): any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "rules/base/instant.hpp"

namespace magwatch {

struct InboxBounds {
    std::size_t state =
        8192; // observations that wait before the newest of a key replaces an older one
    std::size_t posted = 1024; // inputs of other threads that wait before try_post() refuses
    std::size_t urgent = 256;  // of those that have their own share: try_post_urgent()
};

// `KeyOf` tells how an input may be treated: `std::optional<std::uint64_t> operator()(const Input&)
// const` gives the key of state (such as bed and signal), or nullopt for an event.
template <class Input, class KeyOf> class Inbox
{
public:
    explicit Inbox(boost::asio::any_io_executor executor, InboxBounds bounds = {},
                   KeyOf key_of = {})
        : shared_{std::make_shared<Shared>(std::move(executor))}, bounds_{bounds}, key_of_{
                                                                                       std::move(
                                                                                           key_of)}
    {
    }
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    void push(Input input)
    {
        append(std::move(input));
        shared_->wake();
    }

    // False, and nothing was kept, if too much of other threads waits.
    [[nodiscard]] bool try_post(Input input) { return post_within(std::move(input), false); }
    // As try_post(), with a share of its own: whatever else was posted, it is not refused for that.
    [[nodiscard]] bool try_post_urgent(Input input) { return post_within(std::move(input), true); }

    // Moves everything that waits to the end of `out`, in order of arrival.
    void take(std::vector<Input>& out)
    {
        {
            const std::lock_guard lock{shared_->mutex};
            arrived_.swap(shared_->posted);
            shared_->urgent = 0;
        }
        for (Input& input : arrived_) append(std::move(input));
        arrived_.clear();
        for (std::optional<Input>& input : waiting_)
            if (input) out.push_back(std::move(*input));
        waiting_.clear();
        newest_.clear();
        live_ = 0;
    }

    // Resumes when something waits, wake() was called, or `limit` has passed. A cancelled wait (the
    // task is being stopped) ends by an exception at the next await, as every wait does.
    boost::asio::awaitable<void> wait(Duration limit)
    {
        const std::shared_ptr<Shared> shared = shared_;
        if (!empty() || std::exchange(shared->woken, false)) co_return;
        shared->timer.expires_after(limit);
        co_await shared->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        shared->woken = false;
    }
    void wake() { shared_->wake(); }

    [[nodiscard]] bool empty() const
    {
        if (live_ > 0) return false;
        const std::lock_guard lock{shared_->mutex};
        return shared_->posted.empty();
    }
    [[nodiscard]] std::size_t size() const
    {
        const std::lock_guard lock{shared_->mutex};
        return live_ + shared_->posted.size();
    }
    // Observations that a newer one of the same key replaced before the loop saw them. Any thread.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
    struct Shared {
        explicit Shared(boost::asio::any_io_executor e) : executor{std::move(e)}, timer{executor} {}
        void wake()
        {
            woken = true;
            timer.cancel();
        }
        boost::asio::any_io_executor executor;
        boost::asio::steady_timer timer;
        bool woken = false; // a wake-up between two waits is not lost
        std::mutex mutex;
        std::vector<Input> posted;
        std::size_t urgent = 0; // of them
    };

    bool post_within(Input input, bool urgent)
    {
        {
            const std::lock_guard lock{shared_->mutex};
            const std::size_t others = shared_->posted.size() - shared_->urgent;
            if (urgent ? shared_->urgent >= bounds_.urgent : others >= bounds_.posted) return false;
            if (urgent) ++shared_->urgent;
            shared_->posted.push_back(std::move(input));
            if (shared_->posted.size() > 1) return true; // the first one already wakes the loop
        }
        auto ring = [shared = shared_] { shared->wake(); };
        boost::asio::post(shared_->executor, std::move(ring));
        return true;
    }

    void append(Input input)
    {
        if (const std::optional<std::uint64_t> key = key_of_(input)) {
            const auto [found, is_new] = newest_.try_emplace(*key, waiting_.size());
            if (!is_new) {
                if (newest_.size() > 0 && live_ >= bounds_.state && waiting_[found->second]) {
                    waiting_[found->second].reset();
                    --live_;
                    dropped_.fetch_add(1, std::memory_order_relaxed);
                    compact();
                }
                found->second = waiting_.size();
            }
        }
        waiting_.emplace_back(std::move(input));
        ++live_;
    }
    // Holes must not grow without end while the loop stands still.
    void compact()
    {
        if (waiting_.size() < 2 * live_ + 64) return;
        std::vector<std::size_t> moved(waiting_.size());
        std::size_t to = 0;
        for (std::size_t from = 0; from < waiting_.size(); ++from) {
            moved[from] = to;
            if (!waiting_[from]) continue;
            if (to != from) waiting_[to] = std::move(waiting_[from]);
            ++to;
        }
        waiting_.resize(to);
        for (auto& [key, index] : newest_) index = moved[index];
    }

    std::shared_ptr<Shared> shared_; // outlives the inbox in wake-ups that are still queued
    InboxBounds bounds_;
    KeyOf key_of_;
    std::vector<std::optional<Input>>
        waiting_; // in order of arrival; a hole is a replaced observation
    std::unordered_map<std::uint64_t, std::size_t>
        newest_; // key -> index; its order reaches nothing
    std::size_t live_ = 0;
    std::vector<Input> arrived_;
    std::atomic<std::uint64_t> dropped_{0};
};

} // namespace magwatch
