// The option --config.
#include "cli/configuration_option.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace sealpost::cli {

void add_configuration_option(CLI::App& command, std::string& file) {
  command.add_option("--config", file, fmt::format("configuration file ({})", config::kDefaultFile))->type_name("FILE");
}

std::string configuration_file(const std::string& file) { return file.empty() ? config::kDefaultFile : file; }

Result<config::Configuration> load_configuration(const std::string& file, config::Depth depth) {
  return config::load(configuration_file(file), depth);
}

}  // namespace sealpost::cli
