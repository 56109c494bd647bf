#include "daemon/http/board_sounds.hpp"

#include <algorithm>

namespace magwatch::http
{
namespace
{

constexpr Duration forgotten_after = std::chrono::seconds{90}; // three times what a board leaves between two words
constexpr std::size_t most = 64;

} // namespace

bool BoardSounds::told(const std::string& board, bool on, Duration now)
{
    const auto known = boards_.find(board);
    const bool news = known == boards_.end() || known->second.on != on || now - known->second.at > forgotten_after;
    if (known == boards_.end() && boards_.size() >= most) {
        const auto silent = [](const auto& a, const auto& b) { return a.second.at < b.second.at; };
        boards_.erase(std::min_element(boards_.begin(), boards_.end(), silent));
    }
    boards_[board] = {on, now};
    return news;
}

SoundCount BoardSounds::count(Duration now)
{
    std::erase_if(boards_, [&](const auto& one) { return now - one.second.at > forgotten_after; });
    SoundCount found;
    for (const auto& [board, said] : boards_) ++(said.on ? found.on : found.off);
    return found;
}

} // namespace magwatch::http
