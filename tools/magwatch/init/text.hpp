// A plan -> the text of magwatch.toml, commented for whoever edits it next.
//
// Pure.
#pragma once

#include <string>

#include "tools/magwatch/init/answers.hpp"

namespace magwatch::cli::init
{

[[nodiscard]] std::string config_text(const Plan& plan);
// As a basic string of TOML, with its quotes.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace magwatch::cli::init
