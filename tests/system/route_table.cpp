// The tables of the HTTP server as JSON, for tests that hold other descriptions of it against them.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "daemon/http/access.hpp"
#include "daemon/http/routes.hpp"

namespace magwatch::http
{
namespace
{

std::string_view word(Guard guard)
{
    switch (guard) {
    case Guard::read:
        return "read";
    case Guard::live:
        return "live";
    case Guard::change:
        return "change";
    case Guard::link:
        return "link";
    }
    return "";
}

std::string_view word(Proof proof)
{
    switch (proof) {
    case Proof::none:
        return "none";
    case Proof::tap:
        return "tap";
    case Proof::session:
        return "session";
    case Proof::pin:
        return "pin";
    case Proof::local:
        return "local";
    case Proof::anybody:
        return "anybody";
    }
    return "";
}

} // namespace
} // namespace magwatch::http

int main()
{
    using namespace magwatch;
    using namespace magwatch::http;
    nlohmann::ordered_json out;
    for (const Route& route : routes()) {
        nlohmann::ordered_json one = {{"name", route.name},
                                      {"method", route.method == Method::get ? "GET" : "POST"},
                                      {"path", route.pattern},
                                      {"guard", word(route.guard)},
                                      {"codes", codes_of(route)}};
        one["access"] = nullptr;
        if (const Access* access = access_of(route.id)) {
            nlohmann::ordered_json roles = nlohmann::ordered_json::array();
            for (std::size_t i = 0; i < role_names.size(); ++i)
                if (may(*access, static_cast<Role>(i))) roles.push_back(role_names[i]);
            one["access"] = {{"proof", word(access->proof)}, {"roles", roles}};
        }
        out["routes"].push_back(std::move(one));
    }
    out["none"] = codes_of_none();
    std::puts(out.dump().c_str());
}
