// `sealpost user …`.
#include "cli/user_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/configuration_option.h"
#include "cli/password_input.h"
#include "config/value_text.h"
#include "identity/password_hash.h"
#include "identity/user_database.h"

namespace sealpost::cli {

namespace {

using identity::User;
using identity::UserDatabase;

struct UserOptions {
  std::string config_file;
  std::string name;
  bool has_password_on_stdin = false;
  bool is_json = false;
};

/// Before the first start of the server its directory may not be there yet.
Result<void> make_directory(const std::string& database) {
  const std::filesystem::path directory = std::filesystem::path(database).parent_path();
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::create_directories(directory.parent_path(), error);
  if (!error && mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) error.assign(errno, std::generic_category());
  if (error) return fail_errno(fmt::format("cannot create {}", directory.string()), error.value());
  return {};
}

Result<UserDatabase> open_users(const UserOptions& options, UserDatabase::Open how) {
  const auto configuration = load_configuration(options.config_file);
  if (!configuration) return std::unexpected(configuration.error());
  const std::string& file = configuration->users.database;
  if (how == UserDatabase::Open::kCreateIfNone) {
    if (Result<void> made = make_directory(file); !made) return std::unexpected(std::move(made.error()));
  }
  return UserDatabase::open(file, how);
}

/// Opens the database before it asks for the password, so that nobody types one in vain.
Result<void> with_password(const UserOptions& options, UserDatabase::Open how,
                           Result<void> (UserDatabase::*change)(std::string_view, std::string_view, WallTime)) {
  Result<UserDatabase> users = open_users(options, how);
  if (!users) return std::unexpected(std::move(users.error()));
  const Result<SecretString> password = read_new_password(options.has_password_on_stdin, options.name);
  if (!password) return std::unexpected(password.error());
  const Result<std::string> hash = identity::hash_password(*password);
  if (!hash) return std::unexpected(hash.error());
  return ((*users).*change)(options.name, *hash, wall_now());
}

Result<void> add(const UserOptions& options) {
  return with_password(options, UserDatabase::Open::kCreateIfNone, &UserDatabase::add);
}

Result<void> set_password(const UserOptions& options) {
  return with_password(options, UserDatabase::Open::kExisting, &UserDatabase::set_password);
}

Result<void> set_enabled(const UserOptions& options, bool is_enabled) {
  Result<UserDatabase> users = open_users(options, UserDatabase::Open::kExisting);
  if (!users) return std::unexpected(std::move(users.error()));
  return users->set_enabled(options.name, is_enabled, wall_now());
}

Result<void> remove(const UserOptions& options) {
  Result<UserDatabase> users = open_users(options, UserDatabase::Open::kExisting);
  if (!users) return std::unexpected(std::move(users.error()));
  return users->remove(options.name);
}

void print_json(const std::vector<User>& users) {
  const char* separator = "";
  fmt::print("[");
  for (const User& user : users) {
    fmt::print("{}\n  {{\"name\": {}, \"is_enabled\": {}, \"created\": \"{}\", \"changed\": \"{}\"}}", separator,
               config::string_literal(user.name), user.is_enabled, format_rfc3339(user.created),
               format_rfc3339(user.changed));
    separator = ",";
  }
  fmt::print("{}]\n", users.empty() ? "" : "\n");
}

/// fmt counts code points for the width, which is right for nearly every name.
void print_table(const std::vector<User>& users) {
  if (users.empty()) {
    fmt::print("no users\n");
    return;
  }
  std::size_t width = std::string_view("NAME").size();
  for (const User& user : users) width = std::max(width, user.name.size());
  const auto day = [](WallTime time) { return format_rfc3339(time).substr(0, 10); };
  fmt::print("{:<{}}  {:<8}  {:<10}  {}\n", "NAME", width, "STATE", "CREATED", "CHANGED");
  for (const User& user : users)
    fmt::print("{:<{}}  {:<8}  {:<10}  {}\n", user.name, width, user.is_enabled ? "enabled" : "disabled",
               day(user.created), day(user.changed));
}

Result<void> list(const UserOptions& options) {
  Result<UserDatabase> users = open_users(options, UserDatabase::Open::kExisting);
  // Before the first user there is no database; that is an empty list.
  const bool is_none = !users && users.error().fault == Fault::kNotFound;
  Result<std::vector<User>> all = is_none ? std::vector<User>()
                                  : users ? users->list()
                                          : std::unexpected(std::move(users.error()));
  if (!all) return std::unexpected(std::move(all.error()));
  options.is_json ? print_json(*all) : print_table(*all);
  return {};
}

int told(const Result<void>& result) {
  if (result) return kDone;
  fmt::print(stderr, "sealpost user: {}\n", result.error().text);
  return kFailed;
}

}  // namespace

void add_user_command(CLI::App& root, int& exit_status) {
  auto options = std::make_shared<UserOptions>();  // owned by the callbacks below, which run after we return
  CLI::App* user = root.add_subcommand("user", "who may log in");
  user->require_subcommand(1);
  const auto command = [&](const char* verb, const char* text, std::function<Result<void>(const UserOptions&)> action) {
    CLI::App* added = user->add_subcommand(verb, text);
    add_configuration_option(*added, options->config_file);
    added->callback([options, action = std::move(action), &exit_status] { exit_status = told(action(*options)); });
    return added;
  };
  const auto named = [&](CLI::App* added) {
    added->add_option("NAME", options->name, "login name, such as ann@example.com")->required();
    return added;
  };
  const auto with_stdin = [&](CLI::App* added) {
    added->add_flag("--password-stdin", options->has_password_on_stdin,
                    "read the password from the first line of standard input instead of asking");
  };
  with_stdin(named(command("add", "add an account", add)));
  with_stdin(named(command("set-password", "give an account a new password", set_password)));
  named(command("disable", "refuse logins of an account, at once",
                [](const UserOptions& o) { return set_enabled(o, false); }));
  named(
      command("enable", "allow logins of an account again", [](const UserOptions& o) { return set_enabled(o, true); }));
  named(command("delete", "delete an account", remove));
  command("list", "all accounts", list)->add_flag("--json", options->is_json, "print JSON");
}

}  // namespace sealpost::cli
