#include "adapters/pagers/http_login.hpp"

#include "adapters/pagers/signing.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::adapters {
std::vector<std::string> mistakes(const HttpLogin& login)
{
    std::vector<std::string> found;
    if (!login.user.empty() && !login.secret) found.emplace_back("user needs a secret");
    if (!is_printable(login.user) || login.user.find(':') != std::string::npos)
        found.emplace_back("user must be plain text without ':'");
    if (login.secret && !is_printable(login.secret->reveal())) found.emplace_back("the secret is not plain text");
    return found;
}

std::string authorization(const HttpLogin& login)
{
    if (!login.secret) return "";
    const std::string secret{login.secret->reveal()};
    if (login.user.empty()) return "Authorization: Bearer " + secret;
    return "Authorization: Basic " + base64(login.user + ":" + secret);
}

} // namespace magwatch::adapters
