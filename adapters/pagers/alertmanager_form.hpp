// Where an Alertmanager is. Pure.
#pragma once

#include <string>
#include <vector>

#include "adapters/pagers/http_login.hpp"

namespace magwatch::adapters {

struct AlertmanagerCluster {
    std::string name;              // what a channel's address says
    std::vector<std::string> urls; // of every member, without /api: "https://alerts-1.example:9093"
    std::string ward;              // label of every alert
    HttpLogin login;
    std::string ca_file; // "" = the system's authorities
};

// What is wrong with a cluster; empty = nothing. For the configuration check.
[[nodiscard]] std::vector<std::string> mistakes(const AlertmanagerCluster& cluster);

} // namespace magwatch::adapters
