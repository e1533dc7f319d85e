// Files and directories that a configuration names: looked at, never opened for writing, never created.
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/check.h"

namespace sealpost::config {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

void check_readable(const std::string& path, std::uint32_t line, std::string_view name, Problems& problems) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0)
    problems.error(line, fmt::format("{}: {}: {}", name, path, reason(errno)));
  else if (!S_ISREG(status.st_mode))
    problems.error(line, fmt::format("{}: {} is not a file", name, path));
  else if (access(path.c_str(), R_OK) != 0)
    problems.error(line, fmt::format("{}: {}: {}", name, path, reason(errno)));
}

/// A secret that other users of the machine can read is one no longer.
void warn_if_public(const std::string& path, std::uint32_t line, std::string_view name, Problems& problems) {
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0)
    problems.warning(line, fmt::format("{}: {} can be read by every user of this machine (chmod o-r)", name, path));
}

/// The directory exists and can be written, or the nearest one above it can.
void check_directory(const std::string& path, std::uint32_t line, std::string_view name, Problems& problems) {
  std::error_code error;
  std::filesystem::path existing = path;
  while (!std::filesystem::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  if (!std::filesystem::is_directory(existing, error))
    problems.error(line, fmt::format("{}: {} is not a directory", name, existing.string()));
  else if (access(existing.c_str(), W_OK | X_OK) != 0)
    problems.error(line,
                   fmt::format("{}: {} cannot be {}: {}", name, path,
                               existing == path ? "written" : "created below " + existing.string(), reason(errno)));
}

}  // namespace

void check_files(const Configuration& configuration, Problems& problems) {
  const auto line = [&](std::string_view section, std::size_t index, std::string_view key) {
    return configuration.line_of(section, index, key).value_or(0);
  };
  if (!configuration.data_directory.empty())
    check_directory(configuration.data_directory, line("", 0, "data_directory"), "data_directory", problems);
  if (const auto where = configuration.line_of("users", 0, "database"))
    check_directory(std::filesystem::path(configuration.users.database).parent_path(), *where, "users.database",
                    problems);
  if (!configuration.tls.certificate.empty())
    check_readable(configuration.tls.certificate, line("tls", 0, "certificate"), "tls.certificate", problems);
  if (!configuration.tls.private_key.empty()) {
    check_readable(configuration.tls.private_key, line("tls", 0, "private_key"), "tls.private_key", problems);
    warn_if_public(configuration.tls.private_key, line("tls", 0, "private_key"), "tls.private_key", problems);
  }
  for (std::size_t i = 0; i < configuration.routes.size(); ++i) {
    const Route& route = configuration.routes.at(i);
    if (!route.ca_file.empty()) check_readable(route.ca_file, line("route", i, "ca_file"), "route.ca_file", problems);
    if (!route.path.empty()) check_directory(route.path, line("route", i, "path"), "route.path", problems);
    if (const auto where = configuration.line_of("route", i, "password"))
      warn_if_public(configuration.file, *where, "route.password", problems);
    if (!route.password_file.empty())
      warn_if_public(route.password_file, line("route", i, "password_file"), "route.password_file", problems);
  }
}

}  // namespace sealpost::config
