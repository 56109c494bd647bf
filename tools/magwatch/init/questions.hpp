// Asks what no flag has said, one thing at a time; an answer of the wrong form is asked for again.
//
// Reads lines through a function, writes to stderr. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/magwatch/init/answers.hpp"

namespace magwatch::cli::init
{

// The next line without its end; nothing at the end of the input.
using ReadLine = std::function<std::optional<std::string>()>;

// False: the input ended, and nothing is to be written.
[[nodiscard]] bool ask(Answers& answers, const ReadLine& read);

} // namespace magwatch::cli::init
