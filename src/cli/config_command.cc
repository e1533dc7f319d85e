// `sealpost config …`.
#include "cli/config_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/configuration_option.h"
#include "config/show.h"
#include "config/value_text.h"
#include "net/tls_context.h"

namespace sealpost::cli {

namespace {

using config::Configuration;
using config::Problem;
using config::Severity;

struct ConfigOptions {
  std::string config_file;
  bool is_json = false;
};

/// The certificate as the server would load it: whether it fits the key, and what will be wrong with it soon.
void check_certificate(const Configuration& configuration, const std::string& file, std::vector<Problem>& problems,
                       std::vector<std::string>& checked) {
  if (configuration.tls.certificate.empty()) return;
  const auto line = [&](std::string_view key) { return configuration.line_of("tls", 0, key).value_or(0); };
  const auto context = net::ServerTlsContext::load({.certificate_file = configuration.tls.certificate,
                                                    .private_key_file = configuration.tls.private_key,
                                                    .listener_name = "check"});
  if (!context) {
    const bool is_key = context.error().text.contains(configuration.tls.private_key);
    problems.push_back({Severity::kError, file, line(is_key ? "private_key" : "certificate"), 0, context.error().text});
    return;
  }
  for (const std::string& warning : context->warnings(wall_now(), configuration.hostname))
    problems.push_back({Severity::kWarning, file, line("certificate"), 0, warning});
  checked.push_back(fmt::format("certificate {}, until {}", context->certificate().subject,
                                format_rfc3339(context->certificate().not_after).substr(0, 10)));
}

void print_json(const std::string& file, bool is_ok, const std::vector<Problem>& problems) {
  fmt::print("{{\"file\": {}, \"is_ok\": {}, \"problems\": [", config::string_literal(file), is_ok);
  const char* separator = "";
  for (const Problem& problem : problems) {
    fmt::print("{}\n  {{\"severity\": \"{}\", \"line\": {}, \"column\": {}, \"text\": {}}}", separator,
               problem.severity == Severity::kError ? "error" : "warning", problem.line, problem.column,
               config::string_literal(problem.text));
    separator = ",";
  }
  fmt::print("{}]}}\n", problems.empty() ? "" : "\n");
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

int check(const ConfigOptions& options) {
  const std::string file = configuration_file(options.config_file);
  config::Loaded loaded = config::load_all(file);
  std::vector<std::string> checked;
  if (loaded.configuration) {
    checked.push_back(counted(loaded.configuration->listeners.size(), "listener"));
    checked.push_back(counted(loaded.configuration->routes.size(), "route"));
    check_certificate(*loaded.configuration, file, loaded.problems, checked);
  }
  const auto is_error = [](const Problem& p) { return p.severity == Severity::kError; };
  const auto first = std::ranges::find_if(loaded.problems, is_error);
  const auto errors = static_cast<std::size_t>(std::ranges::count_if(loaded.problems, is_error));
  const std::size_t warnings = loaded.problems.size() - errors;

  if (options.is_json) {
    print_json(file, errors == 0, loaded.problems);
  } else {
    for (const Problem& problem : loaded.problems) fmt::print("{}\n", problem.to_string());
    if (errors == 0)
      fmt::print("{}: ok ({}){}\n", file, fmt::join(checked, ", "),
                 warnings == 0 ? "" : ", " + counted(warnings, "warning"));
  }
  if (errors == 0) return kDone;
  std::fflush(stdout);
  const std::string place = first->line == 0 ? first->file : fmt::format("{}:{}", first->file, first->line);
  fmt::print(stderr, "sealpost config check: {}: {}{}\n", place, counted(errors, "error"),
             warnings == 0 ? "" : " and " + counted(warnings, "warning"));
  return kFailed;
}

int show(const ConfigOptions& options) {
  const auto configuration = load_configuration(options.config_file);
  if (!configuration) {
    fmt::print(stderr, "sealpost config show: {}\n", configuration.error().text);
    return kFailed;
  }
  fmt::print("{}", options.is_json ? config::show_json(*configuration) : config::show_toml(*configuration));
  return kDone;
}

}  // namespace

void add_config_command(CLI::App& root, int& exit_status) {
  auto options = std::make_shared<ConfigOptions>();  // owned by the callbacks below, which run after we return
  CLI::App* command = root.add_subcommand("config", "the configuration: what is wrong with it, and what is in effect");
  command->require_subcommand(1);
  const auto add = [&](const char* verb, const char* text, int (*action)(const ConfigOptions&)) {
    CLI::App* added = command->add_subcommand(verb, text);
    add_configuration_option(*added, options->config_file);
    added->add_flag("--json", options->is_json, "print JSON");
    added->callback([options, action, &exit_status] { exit_status = action(*options); });
  };
  add("check", "read it, look at the files it names, and list every problem", check);
  add("show", "every value in effect, defaults included", show);
}

}  // namespace sealpost::cli
