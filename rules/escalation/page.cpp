#include "rules/escalation/page.hpp"

namespace magwatch {

std::string_view name(PageReason reason)
{
    switch (reason) {
    case PageReason::first: return "first";
    case PageReason::next_rung: return "next_rung";
    case PageReason::repeat: return "repeat";
    case PageReason::new_sign: return "new_sign";
    case PageReason::not_attended: return "not_attended";
    case PageReason::declined: return "declined";
    case PageReason::persists: return "persists";
    case PageReason::restart: return "restart";
    }
    return "unknown";
}

} // namespace magwatch
