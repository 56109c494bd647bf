// The client's side of an SNPP session against any gateway: it ends, and says SEND once at most; what it asks
// afterwards ends too.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/pagers/snpp_dialogue.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace magwatch::adapters;
    std::string_view in{reinterpret_cast<const char*>(data), size};
    const bool two_way = !in.empty() && (in.front() & 1) != 0;
    SnppDialogue dialogue{{"5551234", std::string{in.substr(0, 40)}, true, "ward", "secret", two_way}};
    SnppInquiry inquiry{{{{"1", "2"}, false}, {{"3", "4"}, true}, {{"5", "6"}, false}}, "ward", "secret"};
    bool asked = false;
    int sends = 0;
    while (!in.empty()) {
        const std::size_t end = std::min(in.find('\n'), in.size());
        const SnppDialogue::Move move = dialogue.line(in.substr(0, end));
        if (!asked) {
            const SnppMove question = inquiry.line(in.substr(0, end));
            asked = question.over;
        }
        in.remove_prefix(std::min(end + 1, in.size()));
        sends += move.send == "SEND\r\n";
        const std::size_t stop = move.send.find('\r');
        if (!move.send.empty() && stop + 2 != move.send.size()) std::abort(); // a second command
        if (move.over && move.send != "QUIT\r\n" && !move.send.empty()) std::abort();
    }
    if (sends > 1 || dialogue.detail().empty()) std::abort();
    (void)dialogue.verdict();
    if (const auto& tag = dialogue.tag(); tag && (!is_snpp_word(tag->tag) || !is_snpp_word(tag->pass))) std::abort();
    if (inquiry.answers().size() != 3) std::abort();
    return 0;
}
