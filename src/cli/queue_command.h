// `sealpost queue list|show|retry|delete|stats`: asks the running server over its control socket, or reads the spool
// itself when none runs.
#pragma once

namespace CLI {
class App;
}

namespace sealpost::cli {

void add_queue_command(CLI::App& root, int& exit_status);

}  // namespace sealpost::cli
