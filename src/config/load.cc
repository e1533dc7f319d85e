// Loading a sealpost.toml from disk.
#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "config/check.h"
#include "config/read.h"
#include "config/toml_document.h"

namespace sealpost::config {

namespace {

constexpr std::size_t kPasswordFileMax = 4096;

/// At most `size_max` + 1 octets, so that the caller sees when there are more.
Result<std::string> read_file(const std::string& path, std::size_t size_max) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail(Fault::kConfiguration, "is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Fault::kConfiguration, std::generic_category().message(errno));
  std::string text(size_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(Fault::kConfiguration, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

void read_password_files(Configuration& configuration, Problems& problems) {
  for (std::size_t i = 0; i < configuration.routes.size(); ++i) {
    Route& route = configuration.routes.at(i);
    if (route.password_file.empty()) continue;
    const std::uint32_t line = configuration.line_of("route", i, "password_file").value_or(0);
    Result<std::string> text = read_file(route.password_file, kPasswordFileMax);
    if (!text) {
      problems.error(line, fmt::format("route.password_file: {}: {}", route.password_file, text.error().text));
      continue;
    }
    const std::string_view first = std::string_view(*text).substr(0, text->find_first_of("\r\n"));
    if (first.empty() || text->size() > kPasswordFileMax)
      problems.error(line,
                     fmt::format("route.password_file: {} holds no password in its first line", route.password_file));
    else
      route.password = SecretString(first);
    wipe(text->data(), text->size());
  }
}

}  // namespace

Loaded load_all(const std::string& path, Depth depth) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
  // Messages name the file as the operator did.
  Problems problems(path);
  Loaded loaded;
  Result<std::string> text = read_file(path, kTextMax);
  if (!text) {
    problems.error(0, text.error().text);
    return {std::nullopt, std::move(problems).take()};
  }
  Configuration configuration = read_text(*text, absolute.string(), problems);
  // What could not be read has its default now; checking it would only report what nobody wrote.
  if (!problems.has_errors()) {
    check_values(configuration, problems);
    if (depth == Depth::kFiles) {
      check_files(configuration, problems);
      read_password_files(configuration, problems);
    }
  }
  if (!problems.has_errors()) loaded.configuration = std::move(configuration);
  loaded.problems = std::move(problems).take();
  return loaded;
}

Result<Configuration> load(const std::string& path, Depth depth) {
  Loaded loaded = load_all(path, depth);
  if (loaded.configuration) return std::move(*loaded.configuration);
  std::erase_if(loaded.problems, [](const Problem& p) { return p.severity == Severity::kWarning; });
  std::string text = loaded.problems.front().to_string();
  if (const std::size_t more = loaded.problems.size() - 1; more != 0)
    text += fmt::format(" (and {} more; \"sealpost config check\" shows all)", more);
  return fail(Fault::kConfiguration, std::move(text));
}

}  // namespace sealpost::config
