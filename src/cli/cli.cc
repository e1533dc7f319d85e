// The table of subcommands, and the one place where an exception of a library becomes an exit status.
#include "cli/cli.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/config_command.h"
#include "cli/queue_command.h"
#include "cli/send_command.h"
#include "cli/serve_command.h"
#include "cli/user_command.h"

namespace sealpost::cli {

namespace {

int dispatch(int argc, char** argv) {
  CLI::App root{
      "Sealpost: a mail submission server and relay. TLS from the first byte, and a 250 that is never taken back."};
  root.name("sealpost");
  root.set_version_flag("--version", "sealpost " SEALPOST_VERSION);
  root.require_subcommand(1);
  int status = kDone;
  add_serve_command(root, status);
  add_send_command(root, status);
  add_user_command(root, status);
  add_queue_command(root, status);
  add_config_command(root, status);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? kDone : kWrongUsage;
  }
  return status;
}

}  // namespace

int run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write that meets it, never a death
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sealpost: {}\n", error.what());
  }
  return kFailed;
}

}  // namespace sealpost::cli
