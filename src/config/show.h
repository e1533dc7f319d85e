// The effective configuration for people and programs: what the file says, with every default filled in and marked.
// Never: a password.
#pragma once
#include <string>

#include "config/configuration.h"

namespace sealpost::config {

/// As TOML that may be used in place of the file, but for passwords that were written into it: values that are not in
/// the file carry the comment "default".
std::string show_toml(const Configuration& configuration);

/// One JSON object: sections as objects, [[listener]] and [[route]] as arrays. Sizes in octets, durations in seconds,
/// null for what is not set.
std::string show_json(const Configuration& configuration);

}  // namespace sealpost::config
