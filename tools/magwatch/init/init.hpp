// `magwatch config init`.
#pragma once

#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

void add_config_init(CLI::App& config, Shell& shell);

} // namespace magwatch::cli
