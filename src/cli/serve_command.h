// `sealpost serve`: the server in the foreground. SIGTERM and SIGINT drain and stop.
#pragma once

namespace CLI {
class App;
}

namespace sealpost::cli {

void add_serve_command(CLI::App& root, int& exit_status);

}  // namespace sealpost::cli
