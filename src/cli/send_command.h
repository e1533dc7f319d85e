// `sealpost send`: submits one message and prints the transcript; with --script it plays a transcript file against any
// server.
#pragma once

namespace CLI {
class App;
}

namespace sealpost::cli {

void add_send_command(CLI::App& root, int& exit_status);

}  // namespace sealpost::cli
