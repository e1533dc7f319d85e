// What a client session knows, private to client_session.cc and client/. Each command that is sent leaves an Expected
// behind, and each reply takes one away: pipelining is nothing more than several of them waiting. The transaction is
// one value, replaced and never half-reset.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/client/dot_stuffer.h"
#include "smtp/client_session.h"
#include "smtp/reply_reader.h"

namespace sealpost::smtp {

/// Commands in one pipelined group: some 10 KiB, which fit the sockets' buffers together with their replies, so that
/// neither side can block the other while both write (RFC 2920 §3.1).
inline constexpr std::size_t kPipelineGroupMax = 100;

enum class ClientCommand {
  kGreeting,  // not a command, but a reply is expected
  kEhlo,      // EHLO or LHLO
  kHelo,
  kStartTls,
  kAuth,  // a reply to AUTH or to a response that others may follow
  kReset,
  kMail,
  kRcpt,
  kData,
  kContent,
  kQuit,
};

struct Expected {
  ClientCommand command;
  std::size_t recipient = 0;  // for kRcpt, and for kContent with LMTP
};

enum class ClientPhase {
  kTalking,    // commands are out or about to be; replies decide
  kHandshake,  // the driver runs TLS
  kIdle,
  kContent,  // between 354 and the final dot
  kDone,     // the outcome waits to be handed out
  kOver,
};

/// Where an AUTH exchange is: what to send when 334 comes.
enum class AuthExchange { kNone, kPlainResponse, kLoginUsername, kLoginPassword, kLastResponse };

struct ClientTransaction {
  Mail mail;
  Outcome outcome;                    // code 0: not decided yet
  std::vector<std::size_t> accepted;  // recipients with a positive reply to RCPT
  std::size_t next_recipient = 0;     // the first whose RCPT was not sent
  bool is_mail_sent = false;
  bool is_data_sent = false;
  bool is_refused = false;  // MAIL was; what follows in the pipeline is only drained
  DotStuffer stuffer;

  /// The reply of every recipient that has none yet.
  void decide_rest(const Reply& reply);
};

struct ClientSession::State {
  State(const ClientOptions& session_options, std::optional<TlsFacts> facts, DialogueWatcher* dialogue_watcher);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // client_session.cc
  ClientStep next();
  void handle(const Reply& reply);
  void forget_written_output();
  void command(std::string_view line, ClientCommand expected, std::size_t recipient = 0);
  void secret_line(std::string_view command_name, const SecretString& secret);
  void expect(ClientCommand expected, std::size_t recipient = 0) { expected_replies.push_back({expected, recipient}); }
  /// Ends the session. An open transaction ends first; its undecided recipients get `for_undecided`, or else `reply`
  /// where that is a refusal, or else a 451 with `text`.
  void fail(ClientClosed::Stage where, std::optional<Reply> reply, std::string text,
            std::optional<Reply> for_undecided = {});
  void fail_protocol(std::string text);
  void lose_connection(Reply for_undecided);
  ClientClosed::Stage stage() const;

  // client/hello.cc
  void handle_greeting(const Reply& reply);
  void say_hello();
  void handle_hello(ClientCommand which, const Reply& reply);
  void continue_after_hello();
  void handle_starttls(const Reply& reply);

  // client/auth.cc
  void authenticate();
  void handle_auth(const Reply& reply);

  // client/transaction.cc
  void begin(const Mail& mail);
  bool refuse_locally();
  void send_group();
  void advance_transaction();
  void finish_transaction();
  void handle_reset(const Reply& reply);
  void handle_mail(const Reply& reply);
  void handle_rcpt(std::size_t recipient, const Reply& reply);
  void handle_data(const Reply& reply);
  void handle_content(std::size_t recipient, const Reply& reply);

  // client/content.cc
  void content(std::string_view octets);
  void end_of_content();
  void refuse_bare_line_end();

  ClientOptions options;
  DialogueWatcher* watcher;
  std::optional<TlsFacts> tls;
  ServerExtensions extensions;
  ReplyReader reader;
  std::deque<Expected> expected_replies;
  ClientPhase phase = ClientPhase::kTalking;
  std::optional<ClientTransaction> transaction;
  std::optional<ClientClosed> closed;  // what ends the session, once that is known

  std::string output;
  std::string_view content_output;  // content that is sent from where it lies
  bool is_output_given = false;     // as a ClientSend; the next call means that it is written
  bool is_output_secret = false;

  AuthExchange auth_exchange = AuthExchange::kNone;
  bool is_authenticated = false;
  bool needs_reset = false;  // the server still holds a transaction that we gave up
};

/// EHLO's keywords as values (RFC 5321 §4.1.1.1).
ServerExtensions parse_extensions(const Reply& reply);

}  // namespace sealpost::smtp
