// From a configuration to whom callbacks are believed from.
#pragma once

#include <string>
#include <vector>

#include "daemon/callbacks/callback_server.hpp"
#include "daemon/config/config.hpp"

namespace magwatch
{

// Gives the server what `config` says; secrets are read now. Mistakes in words: a gateway whose secret cannot be
// read is not heard, and without a certificate that can be used nothing is where one is wanted.
[[nodiscard]] std::vector<std::string> configure_callbacks(CallbackServer& server, const Config& config);

// The numbers that name exactly one person, whatever the gateway.
[[nodiscard]] std::map<std::string, std::string, std::less<>> people_by_number(const std::vector<Person>& people);

} // namespace magwatch
