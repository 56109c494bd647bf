// The channels that the configuration of a gateway asks for, as adapters/pagers knows them.
//
// Pure. Without their secrets: one that is named counts as given.
#pragma once

#include <string>

#include "adapters/pagers/alertmanager_form.hpp"
#include "adapters/pagers/ntfy_form.hpp"
#include "adapters/pagers/pcd_message.hpp"
#include "adapters/pagers/wctp_message.hpp"
#include "daemon/config/config.hpp"

namespace magwatch {

[[nodiscard]] adapters::AlertmanagerCluster alertmanager_cluster(const AlertmanagerConfig& config,
                                                                 const std::string& ward);
[[nodiscard]] adapters::NtfyServer ntfy_server(const NtfyConfig& config);
[[nodiscard]] adapters::PcdManager pcd_manager(const PcdConfig& config, const std::string& ward);
[[nodiscard]] adapters::WctpCarrier wctp_carrier(const WctpConfig& config);

} // namespace magwatch
