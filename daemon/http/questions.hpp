// Inputs for the ward whose senders wait for what the ward says to them. Lives on a listener's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "rules/ward/effect.hpp"
#include "rules/ward/input.hpp"

namespace magwatch::http
{

struct Heard {
    enum class State : std::uint8_t {
        refused, // the loop's inbox is full: nothing was passed on
        silent,  // the ward did not say in time: it may or may not have been stored
        said,
    };
    State state = State::silent;
    bool stored = true;         // what was said is on disk
    std::vector<Reply> replies; // in the order of the inputs
};

class Questions
{
public:
    // Hands an input to the loop; false if too much is waiting there. Thread-safe.
    using Post = std::function<bool(Input)>;

    // Replies are told apart by their number: each listener has its own range, none comes again in another life of
    // the daemon.
    Questions(boost::asio::any_io_executor executor, Post post, std::uint64_t first_number)
        : executor_{std::move(executor)}, post_{std::move(post)}, next_{first_number}
    {
    }

    // Numbers the inputs, posts them and waits.
    boost::asio::awaitable<Heard> ask(std::vector<Input> inputs, Duration limit);
    // One that nobody answers.
    [[nodiscard]] bool tell(Input input) { return post_(std::move(input)); }
    void take(const Reply& reply, bool stored);
    void stop(); // ends every wait

private:
    struct Waiting {
        explicit Waiting(const boost::asio::any_io_executor& executor) : timer{executor} {}
        boost::asio::steady_timer timer;
        std::vector<std::optional<Reply>> replies;
        std::size_t missing = 0;
        bool stored = true; // all of it
    };
    boost::asio::any_io_executor executor_;
    Post post_;
    std::uint64_t next_;
    std::map<std::uint64_t, std::pair<std::shared_ptr<Waiting>, std::size_t>> waiting_;
    bool stopping_ = false;
};

} // namespace magwatch::http
