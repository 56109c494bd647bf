#include "adapters/pagers/alertmanager_form.hpp"

#include <fmt/format.h>

#include "adapters/pagers/url.hpp"

namespace magwatch::adapters {

std::vector<std::string> mistakes(const AlertmanagerCluster& cluster)
{
    std::vector<std::string> found = mistakes(cluster.login);
    if (cluster.urls.empty()) found.emplace_back("urls must name every member of the cluster");
    for (const std::string& url : cluster.urls) {
        for (const std::string& wrong : url_mistakes(url)) found.push_back(fmt::format("'{}': {}", url, wrong));
        if (url.find('?') != std::string::npos) found.push_back(fmt::format("'{}': no query, please", url));
        if (url.find("/api/v") != std::string::npos)
            found.push_back(fmt::format("'{}': the address of the server, without /api", url));
    }
    return found;
}

} // namespace magwatch::adapters
