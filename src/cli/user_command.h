// `sealpost user add|set-password|disable|enable|delete|list`: the accounts of the embedded database. Works whether a
// server runs or not; a running one sees every change at the next login.
#pragma once

namespace CLI {
class App;
}

namespace sealpost::cli {

void add_user_command(CLI::App& root, int& exit_status);

}  // namespace sealpost::cli
