// Who magwatch is to a server over HTTP: a user with a password (basic), a token (bearer), or nobody. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct HttpLogin {
    std::string user;             // "" = the secret is a token
    std::optional<Secret> secret; // nullopt = no login
};

// What is wrong with a login; empty = nothing.
[[nodiscard]] std::vector<std::string> mistakes(const HttpLogin& login);

// "Authorization: ..."; "" without a login.
[[nodiscard]] std::string authorization(const HttpLogin& login);

} // namespace magwatch::adapters
