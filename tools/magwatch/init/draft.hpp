// A configuration that is about to be written: judged by the daemon's own reader, and what the site must still supply.
//
// Reads the files that it names; writes nothing.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "tools/magwatch/init/answers.hpp"

namespace magwatch::cli::init
{

struct Draft {
    std::string text;
    std::vector<std::string> mistakes; // of the answers: nothing is to be written
    std::vector<std::string> supply;   // what the site must still supply, in words
    std::vector<std::string> notes;
    bool valid = false;          // `config check` takes it as it is
    std::vector<std::string> credentials; // names that the service must be given
    std::vector<Bed> beds;
};

// As if it stood at `path`.
[[nodiscard]] Draft draft(const Plan& plan, const std::string& path);

} // namespace magwatch::cli::init
