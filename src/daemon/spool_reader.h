// Answers `sealpost queue` requests when no server runs: opens the spool itself, for as long as the request takes.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/configuration.h"

namespace sealpost::daemon {

/// The same requests and documents as control_request(). Fault::kNotFound when there is no spool yet.
Result<void> request_from_spool(const config::Configuration& configuration, const std::vector<std::string>& request,
                                const std::function<void(std::string_view document)>& on_row);

}  // namespace sealpost::daemon
