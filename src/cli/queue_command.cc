// `sealpost queue …`: requests to the running server, or to the spool itself when none runs, and tables for people.
#include "cli/queue_command.h"

#include <cstdio>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/configuration_option.h"
#include "daemon/control_server.h"
#include "daemon/spool_reader.h"

namespace sealpost::cli {

namespace {

namespace json = boost::json;

struct QueueOptions {
  std::string config_file;
  std::string id;
  std::string account;
  std::string sender;
  std::string recipient;
  bool all = false;
  bool is_json = false;
};

int fail_with(const Error& error) {
  fmt::print(stderr, "sealpost queue: {}\n", error.text);
  return kFailed;
}

std::vector<std::string> words(const char* verb, const QueueOptions& options) {
  std::vector<std::string> request{verb};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) request.push_back(fmt::format("{}={}", name, value));
  };
  add("id", options.id);
  add("account", options.account);
  add("sender", options.sender);
  add("recipient", options.recipient);
  return request;
}

/// Asks the server; when none runs, the spool.
Result<std::vector<json::value>> ask(const char* verb, const QueueOptions& options) {
  auto configuration = load_configuration(options.config_file);
  if (!configuration) return std::unexpected(std::move(configuration.error()));
  std::vector<json::value> documents;
  const auto keep = [&](std::string_view document) { documents.push_back(json::parse(document)); };
  const auto request = words(verb, options);
  auto answered = daemon::control_request(daemon::control_socket_path(configuration->data_directory), request, keep);
  if (!answered && answered.error().fault == Fault::kNotFound)
    answered = daemon::request_from_spool(*configuration, request, keep);
  if (!answered) return std::unexpected(std::move(answered.error()));
  return documents;
}

std::string text_of(const json::value& object, const char* key) { return std::string(object.at(key).as_string()); }
std::uint64_t number_of(const json::value& object, const char* key) {
  return object.at(key).to_number<std::uint64_t>();
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

void print_json(const std::vector<json::value>& documents) {
  fmt::print("[");
  for (std::size_t i = 0; i < documents.size(); ++i)
    fmt::print("{}{}", i == 0 ? "\n " : ",\n ", json::serialize(documents[i]));
  fmt::print("{}]\n", documents.empty() ? "" : "\n");
}

void print_row(const json::value& message) {
  const std::string sender = text_of(message, "sender");
  fmt::print("{}  {:>10}  {}  {}\n", text_of(message, "id"), human_size(number_of(message, "size")),
             text_of(message, "arrived"), sender.empty() ? "<>" : sender);
  for (const auto& recipient : message.at("recipients").as_array()) {
    if (text_of(recipient, "status") != "pending") continue;
    const std::string reply = text_of(recipient, "last_reply");
    fmt::print("    {}{}\n", text_of(recipient, "address"), reply.empty() ? "" : fmt::format("  ({})", reply));
  }
}

int list(const QueueOptions& options) {
  const auto messages = ask("queue.list", options);
  if (!messages) return fail_with(messages.error());
  if (options.is_json) {
    print_json(*messages);
    return kDone;
  }
  if (messages->empty()) {
    fmt::print("the queue is empty\n");
    return kDone;
  }
  fmt::print("{:<13}  {:>10}  {:<24}  {}\n", "ID", "SIZE", "ARRIVED", "SENDER, recipients (last reply)");
  std::uint64_t octets = 0;
  for (const auto& message : *messages) {
    print_row(message);
    octets += number_of(message, "size");
  }
  fmt::print("{} message{}, {}\n", messages->size(), messages->size() == 1 ? "" : "s", human_size(octets));
  return kDone;
}

int show(const QueueOptions& options) {
  const auto messages = ask("queue.show", options);
  if (!messages) return fail_with(messages.error());
  if (messages->empty())
    return fail_with({Fault::kNotFound, fmt::format("there is no message {} in the queue", options.id)});
  const json::value& message = messages->front();
  if (options.is_json) {
    fmt::print("{}\n", json::serialize(message));
    return kDone;
  }
  const std::string sender = text_of(message, "sender");
  fmt::print("id            {}\nsender        {}\naccount       {}\nclient        {}\n", text_of(message, "id"),
             sender.empty() ? "<>" : sender, text_of(message, "account"), text_of(message, "client_address"));
  fmt::print("arrived       {}\nsize          {}\nattempts      {}\nnext attempt  {}\n", text_of(message, "arrived"),
             human_size(number_of(message, "size")), number_of(message, "attempts"), text_of(message, "next_attempt"));
  for (const auto& recipient : message.at("recipients").as_array()) {
    fmt::print("recipient     {}  {}  by {}\n", text_of(recipient, "address"), text_of(recipient, "status"),
               text_of(recipient, "destination"));
    if (const std::string reply = text_of(recipient, "last_reply"); !reply.empty())
      fmt::print("              {}\n", reply);
  }
  return kDone;
}

int change(const char* verb, const char* done, const QueueOptions& options) {
  const bool is_restricted =
      !options.id.empty() || !options.account.empty() || !options.sender.empty() || !options.recipient.empty();
  if (is_restricted == options.all) {
    fmt::print(stderr,
               "sealpost queue: name a queue id, --account, --sender or --recipient; or --all for every message\n");
    return kWrongUsage;
  }
  const auto answer = ask(verb, options);
  if (!answer) return fail_with(answer.error());
  const std::uint64_t count = answer->empty() ? 0 : number_of(answer->front(), "messages");
  if (options.is_json) {
    fmt::print("{}\n", json::serialize(json::object{{"messages", count}}));
  } else {
    fmt::print("{} message{} {}\n", count, count == 1 ? "" : "s", done);
  }
  return kDone;
}

int stats(const QueueOptions& options) {
  const auto answer = ask("queue.stats", options);
  if (!answer) return fail_with(answer.error());
  if (answer->empty()) return fail_with({Fault::kPeer, "the server gave no figures"});
  const json::value& figures = answer->front();
  if (options.is_json) {
    fmt::print("{}\n", json::serialize(figures));
    return kDone;
  }
  fmt::print("queued      {} messages, {}\n", number_of(figures, "queued"),
             human_size(number_of(figures, "content_bytes")));
  fmt::print("recipients  {} accepted, {} delivered, {} deferred, {} failed since the start\n",
             number_of(figures, "accepted"), number_of(figures, "delivered"), number_of(figures, "deferred"),
             number_of(figures, "failed"));
  const auto syncs = number_of(figures, "syncs");
  const auto commits = number_of(figures, "commits");
  fmt::print("disk        {} commits in {} syncs\n", commits, syncs);
  for (const auto& destination : figures.at("destinations").as_array()) {
    fmt::print("to          {}: {} waiting, {} of {} connections\n", text_of(destination, "name"),
               number_of(destination, "waiting"), number_of(destination, "connections"),
               number_of(destination, "connections_allowed"));
    if (const std::string failure = text_of(destination, "last_failure"); !failure.empty())
      fmt::print("            last failure: {}\n", failure);
  }
  return kDone;
}

void add_filter(CLI::App& command, QueueOptions& options) {
  command.add_option("--account", options.account, "messages submitted by this login");
  command.add_option("--sender", options.sender, "messages from this envelope sender");
  command.add_option("--recipient", options.recipient, "messages to this address, or to @DOMAIN");
}

}  // namespace

void add_queue_command(CLI::App& root, int& exit_status) {
  auto options = std::make_shared<QueueOptions>();  // owned by the callbacks below, which run after we return
  auto* queue = root.add_subcommand("queue", "look at the queue and change it");
  queue->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, auto action) {
    auto* command = queue->add_subcommand(name, text);
    add_configuration_option(*command, options->config_file);
    command->add_flag("--json", options->is_json, "print JSON");
    command->callback([options, action, &exit_status] { exit_status = action(*options); });
    return command;
  };
  add_filter(*add("list", "all messages, oldest first", list), *options);
  add("show", "one message with all its recipients", show)->add_option("id", options->id, "queue id")->required();
  auto* retry = add("retry", "try now instead of at the next attempt",
                    [](const QueueOptions& o) { return change("queue.retry", "will be tried now", o); });
  auto* remove = add("delete", "take messages out of the queue for good, without a report",
                     [](const QueueOptions& o) { return change("queue.delete", "deleted", o); });
  for (auto* command : {retry, remove}) {
    command->add_option("id", options->id, "queue id");
    add_filter(*command, *options);
    command->add_flag("--all", options->all, "every message");
  }
  add("stats", "figures since the server's start", stats);
}

}  // namespace sealpost::cli
