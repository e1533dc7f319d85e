// The option --config of every subcommand that needs the configuration, and loading what it names.
#pragma once
#include <string>

#include "base/result.h"
#include "config/load.h"

namespace CLI {
class App;
}

namespace sealpost::cli {

/// Adds --config FILE; `file` must live until the command line has been parsed.
void add_configuration_option(CLI::App& command, std::string& file);

/// `file`, or the default one when it is empty. The Error is one line that names file and line. By default what the
/// file says is checked, not whether the files it names are there: a tool that wants the queue does not need the
/// certificate.
Result<config::Configuration> load_configuration(const std::string& file, config::Depth depth = config::Depth::kValues);

/// The path that load_configuration() takes.
std::string configuration_file(const std::string& file);

}  // namespace sealpost::cli
