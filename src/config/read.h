// From the text of a sealpost.toml to a Configuration, by the table alone: unknown keys, types and ranges. Touches no
// file.
#pragma once
#include <string>
#include <string_view>

#include "config/configuration.h"
#include "config/problem.h"

namespace sealpost::config {

/// `file`: the absolute path that the text came from, for messages and for relative paths. What is wrong is added to
/// `problems`; the configuration is then good for nothing but further checks.
Configuration read_text(std::string_view text, const std::string& file, Problems& problems);

}  // namespace sealpost::config
