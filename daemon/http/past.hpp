// Requests that look back: their query -> a question to the history. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "daemon/history/question.hpp"
#include "daemon/http/fields.hpp"
#include "daemon/http/request.hpp"
#include "daemon/http/routes.hpp"
#include "rules/ward/view.hpp"

namespace magwatch::http
{

// Whether this route is answered by the history, and takes a query.
[[nodiscard]] bool looks_back(RouteId route);

// `target`: path and query as sent; `alias`: the bed of the path.
[[nodiscard]] std::variant<HistoryQuestion, Mistake> read_question(RouteId route, std::string_view alias,
                                                                   std::string_view target, const WardView& view,
                                                                   WallTime now);

// Errors are for the caller to say.
[[nodiscard]] Response response_of(HistoryAnswer answer);

} // namespace magwatch::http
