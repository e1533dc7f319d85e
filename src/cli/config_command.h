// `sealpost config check|show`: finds every problem of a configuration, and prints every value in effect. Changes
// nothing.
#pragma once

namespace CLI {
class App;
}

namespace sealpost::cli {

void add_config_command(CLI::App& root, int& exit_status);

}  // namespace sealpost::cli
