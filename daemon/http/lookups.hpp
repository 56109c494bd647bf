// Questions to the history whose askers wait. Lives on a listener's thread; the history answers from its own.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/history/question.hpp"

namespace magwatch::http
{

class Lookups
{
public:
    Lookups(boost::asio::any_io_executor executor, AskHistory ask)
        : executor_{std::move(executor)}, ask_{std::move(ask)}
    {
    }

    // The answer; 503 if it does not come in time, or if too many wait.
    boost::asio::awaitable<HistoryAnswer> ask(HistoryQuestion question, Duration limit);
    void stop(); // ends every wait

private:
    struct Waiting {
        explicit Waiting(const boost::asio::any_io_executor& executor) : timer{executor} {}
        boost::asio::steady_timer timer;
        std::optional<HistoryAnswer> answer;
    };
    boost::asio::any_io_executor executor_;
    AskHistory ask_;
    std::set<std::shared_ptr<Waiting>> waiting_;
};

} // namespace magwatch::http
