// `sealpost serve`: reads the configuration, builds the server, runs it.
#include "cli/serve_command.h"

#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/cli.h"
#include "cli/configuration_option.h"
#include "daemon/server_process.h"
#include "observe/log.h"

namespace sealpost::cli {

namespace {

struct ServeOptions {
  std::string config_file;
  std::string log_format;
};

int serve(const ServeOptions& options) {
  auto configuration = load_configuration(options.config_file, config::Depth::kFiles);
  if (!configuration) {
    fmt::print(stderr, "sealpost serve: {}\n", configuration.error().text);
    return kFailed;
  }
  observe::LogFormat format = configuration->log.format;
  if (!options.log_format.empty())
    format = options.log_format == "json" ? observe::LogFormat::kJson : observe::LogFormat::kLogfmt;
  observe::start_log(format, configuration->log.level);
  std::optional<Error> failure;
  {
    auto process = daemon::ServerProcess::make(std::move(*configuration));
    if (process) {
      (*process)->run();
    } else {
      failure = std::move(process.error());
    }
  }
  observe::stop_log();
  if (!failure) return kDone;
  fmt::print(stderr, "sealpost serve: {}\n", failure->text);
  return kFailed;
}

}  // namespace

void add_serve_command(CLI::App& root, int& exit_status) {
  auto* command = root.add_subcommand("serve", "run the server in the foreground; SIGTERM drains and stops");
  auto options = std::make_shared<ServeOptions>();  // owned by the callback, which runs after we return
  add_configuration_option(*command, options->config_file);
  command
      ->add_option("--log-format", options->log_format, "logfmt or json; the configuration's [log] format unless given")
      ->check(CLI::IsMember({"logfmt", "json"}));
  command->callback([options, &exit_status] { exit_status = serve(*options); });
}

}  // namespace sealpost::cli
