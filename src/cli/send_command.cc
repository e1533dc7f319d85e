// `sealpost send`: options, the message, the run, and what is printed at the end.
#include "cli/send_command.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/message_text.h"
#include "cli/script_player.h"
#include "cli/submit.h"
#include "net/task_group.h"
#include "smtp/transcript.h"

namespace sealpost::cli {

namespace {

struct SendOptions {
  std::string server = "localhost";
  std::string tls;
  std::string ca_file;
  std::string server_name;
  bool no_verify = false;
  std::string helo = "localhost";
  std::string username;
  std::string password_file;
  bool password_from_stdin = false;
  std::string mechanism;
  std::string from;
  std::vector<std::string> to;
  std::string subject = "Test";
  std::vector<std::string> headers;
  std::string body;
  std::string file;
  std::string script;
  bool pipelines = false;
  bool shows_time = false;
  bool is_json = false;
  unsigned timeout_seconds = 60;
};

constexpr std::size_t kMessageMax = std::size_t{256} << 20;
constexpr std::size_t kPasswordLineMax = 4096;

Result<std::string> read_all(std::FILE* file, const std::string& name, std::size_t most) {
  std::string text;
  std::array<char, 65536> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), size);
    if (text.size() > most) return fail(Fault::kConfiguration, fmt::format("{}: larger than {} octets", name, most));
  }
  if (std::ferror(file) != 0) return fail_errno(name);
  return text;
}

Result<std::string> read_file(const std::string& name, std::size_t most) {
  if (name == "-") return read_all(stdin, "standard input", most);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(name.c_str(), "rb"), std::fclose);
  if (!file) return fail_errno(name);
  return read_all(file.get(), name, most);
}

Result<SecretString> read_password(const SendOptions& options) {
  if (options.username.empty()) return SecretString();
  if (!options.password_from_stdin && options.password_file.empty())
    return fail(Fault::kConfiguration, "--user needs a password: --password-stdin or --password-file FILE");
  if (options.password_from_stdin && options.file == "-")
    return fail(Fault::kConfiguration,
                "standard input cannot be both the message and the password; use --password-file");
  auto text = read_file(options.password_from_stdin ? "-" : options.password_file, kPasswordLineMax);
  if (!text) return std::unexpected(std::move(text.error()));
  const std::string_view line = std::string_view(*text).substr(0, text->find_first_of("\r\n"));
  SecretString password(line);
  wipe(text->data(), text->size());
  if (password.empty()) return fail(Fault::kConfiguration, "the password is empty");
  return password;
}

Result<std::string> read_message(const SendOptions& options) {
  if (options.file.empty()) return compose({options.from, options.to, options.subject, options.headers, options.body});
  auto text = read_file(options.file, kMessageMax);
  if (!text) return text;
  auto content = with_crlf(*text);
  if (!content) return std::unexpected(std::move(content.error()).in(options.file));
  return content;
}

Result<Server> read_server(const SendOptions& options) {
  auto server = parse_server(options.server);
  if (!server) return server;
  const bool has_port = options.server.ends_with(fmt::format(":{}", server->port));
  if (options.tls.empty()) {
    // RFC 6409 §3.1, RFC 8314 §3: the port says which of the two ways it is.
    if (has_port && (server->port == 587 || server->port == 25)) server->tls = SendTls::kStartTls;
  } else if (options.tls == "starttls") {
    server->tls = SendTls::kStartTls;
    if (!has_port) server->port = 587;
  } else if (options.tls == "none") {
    server->tls = SendTls::kNone;
    if (!has_port) server->port = 25;
  }
  server->ca_file = options.ca_file;
  server->server_name = options.server_name;
  server->verifies = !options.no_verify;
  server->timeout = std::chrono::seconds(options.timeout_seconds);
  return server;
}

Result<smtp::Envelope> make_envelope(const SendOptions& options) {
  smtp::Envelope envelope;
  const auto parse = [&](const std::string& text) { return smtp::Mailbox::parse(text, smtp::Charset::kUtf8); };
  if (!options.from.empty() && options.from != "<>") {
    envelope.reverse_path = parse(options.from);
    if (!envelope.reverse_path)
      return fail(Fault::kConfiguration, fmt::format("--from {} is no mail address", options.from));
  }
  bool is_ascii = !envelope.reverse_path || envelope.reverse_path->is_ascii();
  for (const auto& text : options.to) {
    auto mailbox = parse(text);
    if (!mailbox) return fail(Fault::kConfiguration, fmt::format("--to {} is no mail address", text));
    is_ascii = is_ascii && mailbox->is_ascii();
    envelope.recipients.push_back({std::move(*mailbox), {}});
  }
  envelope.parameters.is_smtputf8 = !is_ascii;  // RFC 6531 §3.4
  return envelope;
}

int fail_with(const Error& error) {
  fmt::print(stderr, "sealpost send: {}\n", error.text);
  return kFailed;
}

int report(const SendOptions& options, const DialoguePrinter& printer, const Result<Submission>& result) {
  const bool is_accepted = result && result->is_accepted;
  if (options.is_json) {
    boost::json::object document{{"accepted", is_accepted}, {"dialogue", printer.dialogue()}};
    if (result) {
      document["queue_id"] = result->queue_id;
      document["replies"] = boost::json::array(result->replies.begin(), result->replies.end());
    } else {
      document["error"] = result.error().text;
    }
    fmt::print("{}\n", boost::json::serialize(document));
  }
  if (!result) return fail_with(result.error());
  if (is_accepted) return kDone;
  for (std::size_t i = 0; i < result->replies.size(); ++i) {
    if (!result->replies[i].starts_with('2'))
      fmt::print(stderr, "sealpost send: {} was refused: {}\n", options.to.at(i), result->replies[i]);
  }
  return kFailed;
}

bool wants_colour() {
  return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}  // NOLINT(concurrency-mt-unsafe)

net::Task<> run_submission(const Server& server, const smtp::ClientOptions& client, const smtp::Envelope& envelope,
                           const std::string& content, DialoguePrinter& printer, Result<Submission>& result) {
  result = co_await submit(server, client, envelope, content, printer);
}

int send(const SendOptions& options) {
  auto server = read_server(options);
  if (!server) return fail_with(server.error());
  if (!options.script.empty()) {
    auto script = read_file(options.script, smtp::kTranscriptOctetsMax);
    if (!script) return fail_with(script.error());
    return play_script(*server, options.script, *script);
  }
  if (options.to.empty()) return fail_with({Fault::kConfiguration, "nobody to send to: give --to ADDRESS"});
  auto envelope = make_envelope(options);
  if (!envelope) return fail_with(envelope.error());
  auto content = read_message(options);
  if (!content) return fail_with(content.error());
  auto password = read_password(options);
  if (!password) return fail_with(password.error());

  smtp::ClientOptions client;
  client.helo_name = options.helo;
  client.starttls = server->tls == SendTls::kStartTls ? smtp::StartTlsPolicy::kRequired : smtp::StartTlsPolicy::kNever;
  client.username = options.username;
  client.password = std::move(*password);
  client.mechanism = options.mechanism;
  client.may_pipeline = options.pipelines;

  DialoguePrinter printer({options.shows_time, options.is_json, wants_colour()});
  Result<Submission> result = fail(Fault::kInternal, "the session did not run");
  net::asio::io_context context(1);
  {
    net::TaskGroup tasks(context);
    tasks.spawn("send", run_submission(*server, client, *envelope, *content, printer, result));
    context.run();
  }
  return report(options, printer, result);
}

}  // namespace

void add_send_command(CLI::App& root, int& exit_status) {
  auto* command =
      root.add_subcommand("send", "submit one message and show the transcript: C: client, S: server, < TLS … >");
  auto options =
      std::make_shared<SendOptions>();  // owned by this closure and by CLI11's callback, which runs after we return
  command->add_option("--server,server", options->server, "HOST or HOST:PORT; port 465 unless given")
      ->capture_default_str();
  command->add_option("--tls", options->tls, "implicit (465, default), starttls (587) or none")
      ->check(CLI::IsMember({"implicit", "starttls", "none"}));
  command->add_option("--ca", options->ca_file, "PEM file with the roots to trust instead of the system's");
  command->add_option("--server-name", options->server_name,
                      "the name the certificate must carry, when it is not HOST");
  command->add_flag("--no-verify", options->no_verify, "go on with a certificate that does not verify (and say so)");
  command->add_option("--helo", options->helo, "our name in EHLO")->capture_default_str();
  command->add_option("--user", options->username, "log in as this user");
  command->add_flag("--password-stdin", options->password_from_stdin, "read the password from standard input");
  command->add_option("--password-file", options->password_file, "read the password from the first line of a file");
  command->add_option("--auth", options->mechanism, "SASL mechanism: PLAIN or LOGIN; the best one offered unless given")
      ->transform(CLI::IsMember({"PLAIN", "LOGIN"}, CLI::ignore_case));
  command->add_option("--from", options->from, "envelope sender; <> for none");
  command->add_option("--to", options->to, "envelope recipient; may be given several times")->allow_extra_args(false);
  auto* file = command->add_option("--file", options->file, "the message, headers and all; - for standard input");
  command->add_option("--subject", options->subject, "subject of a composed message")
      ->excludes(file)
      ->capture_default_str();
  command->add_option("--header", options->headers, "\"Name: value\"; may be given several times")
      ->excludes(file)
      ->allow_extra_args(false);
  command->add_option("--body", options->body, "text of a composed message")->excludes(file);
  command->add_flag("--pipelining", options->pipelines, "send commands in groups where the server allows it");
  command->add_flag("--timing", options->shows_time, "show milliseconds since the line before");
  command->add_flag("--json", options->is_json, "print one JSON document instead of the transcript");
  command->add_option("--script", options->script,
                      "play a transcript file against the server and say where it differs");
  command->add_option("--timeout", options->timeout_seconds, "seconds for the whole session")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  command->callback([options, &exit_status] { exit_status = send(*options); });
}

}  // namespace sealpost::cli
