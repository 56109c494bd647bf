#include "daemon/http/questions.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace magwatch::http
{

namespace asio = boost::asio;

namespace
{

const auto as_result = asio::as_tuple(asio::use_awaitable);

void number_input(Input& input, std::uint64_t request)
{
    if (auto* entry = std::get_if<Entry>(&input)) entry->request = request;
    if (auto* action = std::get_if<Action>(&input)) action->request = request;
}

} // namespace

asio::awaitable<Heard> Questions::ask(std::vector<Input> inputs, Duration limit)
{
    const auto wait = std::make_shared<Waiting>(executor_);
    wait->replies.resize(inputs.size());
    std::vector<std::uint64_t> numbers;
    bool posted = true;
    for (Input& input : inputs) {
        const std::uint64_t number = next_++;
        number_input(input, number);
        waiting_[number] = {wait, numbers.size()};
        numbers.push_back(number);
        ++wait->missing;
        posted = post_(std::move(input));
        if (!posted) break;
    }
    if (posted) {
        wait->timer.expires_after(limit);
        while (wait->missing > 0) {
            const auto [ended] = co_await wait->timer.async_wait(as_result);
            if (!ended || stopping_) break; // the time is over; a reply cancels the wait instead
        }
    }
    for (const std::uint64_t number : numbers) waiting_.erase(number);
    Heard heard;
    heard.stored = wait->stored;
    // Where the first of two was posted and the second was not, only the ward knows what it keeps.
    if (!posted && numbers.size() == 1) heard.state = Heard::State::refused;
    else if (wait->missing == 0) heard.state = Heard::State::said;
    if (heard.state != Heard::State::said) co_return heard;
    for (auto& reply : wait->replies) heard.replies.push_back(std::move(*reply));
    co_return heard;
}

void Questions::take(const Reply& reply, bool stored)
{
    const auto found = waiting_.find(reply.request);
    if (found == waiting_.end()) return;
    const auto [wait, index] = found->second;
    waiting_.erase(found);
    if (wait->replies[index]) return;
    wait->replies[index] = reply;
    wait->stored = wait->stored && stored;
    if (--wait->missing == 0) wait->timer.cancel();
}

void Questions::stop()
{
    stopping_ = true;
    for (auto& [number, entry] : waiting_) entry.first->timer.cancel();
}

} // namespace magwatch::http
