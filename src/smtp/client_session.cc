// The machine itself: which step comes next, which reply belongs to which command, and how a session ends.
#include "smtp/client_session.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "smtp/client/state.h"

namespace sealpost::smtp {

using Stage = ClientClosed::Stage;

bool Outcome::is_delivered_to_any() const {
  return std::ranges::any_of(per_recipient, [](const Reply& reply) { return reply.code >= 200 && reply.code < 300; });
}

ClientSession::State::State(const ClientOptions& session_options, std::optional<TlsFacts> facts,
                            DialogueWatcher* dialogue_watcher)
    : options{session_options.flavour,   session_options.helo_name,       session_options.starttls,
              session_options.username,  session_options.password.copy(), session_options.may_auth_without_tls,
              session_options.mechanism, session_options.may_pipeline},
      watcher(dialogue_watcher),
      tls(std::move(facts)),
      reader(dialogue_watcher) {
  SEALPOST_ASSERT(!options.helo_name.empty(), "a client has a name to say hello with");
  expect(ClientCommand::kGreeting);
}

ClientSession::State::~State() {
  if (is_output_secret) wipe(output.data(), output.size());
}

ClientStep ClientSession::State::next() {
  forget_written_output();
  for (;;) {
    if (!content_output.empty()) return is_output_given = true, ClientSend{content_output};
    if (!output.empty()) return is_output_given = true, ClientSend{output};
    if (phase == ClientPhase::kDone) {
      phase = closed ? ClientPhase::kOver : ClientPhase::kIdle;
      return ClientTransactionDone{transaction->outcome};
    }
    if (phase == ClientPhase::kOver) return *closed;
    if (phase == ClientPhase::kHandshake) return ClientStartTls{};
    Reply reply;
    switch (reader.next(reply)) {
      case ReplyReader::Status::kReply:
        handle(reply);
        continue;
      case ReplyReader::Status::kMalformed:
        fail_protocol("the server sent " + reader.complaint());
        continue;
      case ReplyReader::Status::kNeedInput:
        break;
    }
    if (phase == ClientPhase::kIdle) return ClientReady{};
    if (phase == ClientPhase::kContent) return ClientNeedContent{};
    return ClientNeedInput{};
  }
}

void ClientSession::State::handle(const Reply& reply) {
  // RFC 5321 §3.8: 421 may answer any command, or none, and says that the server is closing.
  if (expected_replies.empty()) {
    if (reply.is_positive()) return fail_protocol("the server spoke out of turn: " + reply.to_line());
    return fail(stage(), reply, "the server ended the session");
  }
  const Expected expected = expected_replies.front();
  if (reply.code == 421) {
    return fail(stage(), reply, "the server ended the session");
  }
  expected_replies.pop_front();
  switch (expected.command) {
    case ClientCommand::kGreeting:
      return handle_greeting(reply);
    case ClientCommand::kEhlo:
    case ClientCommand::kHelo:
      return handle_hello(expected.command, reply);
    case ClientCommand::kStartTls:
      return handle_starttls(reply);
    case ClientCommand::kAuth:
      return handle_auth(reply);
    case ClientCommand::kReset:
      return handle_reset(reply);
    case ClientCommand::kMail:
      return handle_mail(reply);
    case ClientCommand::kRcpt:
      return handle_rcpt(expected.recipient, reply);
    case ClientCommand::kData:
      return handle_data(reply);
    case ClientCommand::kContent:
      return handle_content(expected.recipient, reply);
    case ClientCommand::kQuit:
      closed = ClientClosed{Stage::kNone, reply, "", false};
      phase = ClientPhase::kOver;
  }
}

void ClientSession::State::forget_written_output() {
  if (!std::exchange(is_output_given, false)) return;
  if (!content_output.empty()) {
    content_output = {};
    return;
  }
  if (std::exchange(is_output_secret, false)) wipe(output.data(), output.size());
  output.clear();
}

void ClientSession::State::command(std::string_view line, ClientCommand expected, std::size_t recipient) {
  // Everything in a command was parsed or encoded before; a line end in it would be a second command of somebody else's
  // choice.
  SEALPOST_ASSERT(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a command is one line");
  if (watcher != nullptr) watcher->sent(line);
  output.append(line).append("\r\n");
  expect(expected, recipient);
}

void ClientSession::State::secret_line(std::string_view command_name, const SecretString& secret) {
  // Reserved at once, so that growing leaves no copy of the secret behind.
  output.reserve(output.size() + command_name.size() + secret.size() + 2);
  output.append(command_name).append(secret.reveal()).append("\r\n");
  is_output_secret = true;
  if (watcher != nullptr) watcher->sent(std::string(command_name) + "***");
  expect(ClientCommand::kAuth);
}

ClientClosed::Stage ClientSession::State::stage() const {
  if (expected_replies.empty()) return phase == ClientPhase::kHandshake ? Stage::kStartTls : Stage::kTransaction;
  switch (expected_replies.front().command) {
    case ClientCommand::kGreeting:
      return Stage::kGreeting;
    case ClientCommand::kEhlo:
    case ClientCommand::kHelo:
      return Stage::kHello;
    case ClientCommand::kStartTls:
      return Stage::kStartTls;
    case ClientCommand::kAuth:
      return Stage::kAuth;
    case ClientCommand::kQuit:
      return Stage::kQuit;
    default:
      return Stage::kTransaction;
  }
}

void ClientSession::State::fail(Stage where, std::optional<Reply> reply, std::string text,
                                std::optional<Reply> for_undecided) {
  if (closed) return;
  const bool is_in_transaction = transaction && (phase == ClientPhase::kContent ||
                                                 (phase == ClientPhase::kTalking && where == Stage::kTransaction));
  // RFC 5321 §4.1.1.10: a client says QUIT before it closes, but not into its own content, and not behind commands
  // still unanswered.
  if (phase == ClientPhase::kTalking && expected_replies.empty() && !(reply && reply->code == 421) &&
      reader.complaint().empty() && !reader.has_input_left()) {
    command("QUIT", ClientCommand::kQuit);
  }
  expected_replies.clear();
  if (is_in_transaction) {
    if (!for_undecided && reply && !reply->is_positive()) for_undecided = reply;
    // Nobody refused for good, so the mail is tried again: 4.5.0, other protocol status (RFC 3463 §3.6).
    transaction->decide_rest(for_undecided.value_or(Reply{451, {4, 5, 0}, text}));
    phase = ClientPhase::kDone;
  } else if (phase != ClientPhase::kDone) {
    phase = ClientPhase::kOver;
  }
  closed = ClientClosed{where, std::move(reply), std::move(text), false};
  closed->is_permanent = closed->reply && closed->reply->is_permanent_failure();
}

void ClientSession::State::fail_protocol(std::string text) { fail(stage(), std::nullopt, std::move(text)); }

void ClientSession::State::lose_connection(Reply for_undecided) {
  // Nothing more can be written, QUIT neither; what is decided is still handed out.
  std::string text = for_undecided.text;
  if (phase != ClientPhase::kOver) fail(stage(), std::nullopt, std::move(text), std::move(for_undecided));
  content_output = {};
  wipe(output.data(), output.size());
  output.clear();
  is_output_given = is_output_secret = false;
}

ClientSession::ClientSession(const ClientOptions& options, std::optional<TlsFacts> tls, DialogueWatcher* watcher)
    : state_(std::make_unique<State>(options, std::move(tls), watcher)) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

ClientStep ClientSession::next() { return state_->next(); }

void ClientSession::feed(std::string_view octets) {
  SEALPOST_ASSERT(state_->phase != ClientPhase::kHandshake, "what arrives during the handshake belongs to TLS");
  state_->forget_written_output();
  if (!state_->closed) state_->reader.feed(octets);
}

void ClientSession::secured(TlsFacts facts) {
  SEALPOST_ASSERT(state_->phase == ClientPhase::kHandshake, "secured() answers ClientStartTls");
  // RFC 3207 §4.2: the client must discard any knowledge obtained from the server before TLS.
  state_->extensions = {};
  state_->reader = ReplyReader(state_->watcher);
  state_->tls = std::move(facts);
  state_->phase = ClientPhase::kTalking;
  state_->say_hello();
}

void ClientSession::begin(const Mail& mail) {
  state_->forget_written_output();
  state_->begin(mail);
}

void ClientSession::content(std::string_view octets) {
  state_->forget_written_output();
  state_->content(octets);
}

void ClientSession::end_of_content() {
  state_->forget_written_output();
  state_->end_of_content();
}

void ClientSession::abort_content() {
  SEALPOST_ASSERT(state_->closed || state_->phase == ClientPhase::kContent, "only content can be aborted");
  state_->lose_connection({451, {4, 3, 0}, "The content of the message could not be read"});
}

void ClientSession::connection_lost(Reply reply) {
  SEALPOST_ASSERT(reply.is_transient_failure(), "a lost connection is worth a retry");
  state_->lose_connection(std::move(reply));
}

void ClientSession::quit() {
  state_->forget_written_output();
  if (state_->closed) return;
  SEALPOST_ASSERT(state_->phase == ClientPhase::kIdle, "QUIT comes between transactions");
  state_->phase = ClientPhase::kTalking;
  state_->command("QUIT", ClientCommand::kQuit);
}

bool ClientSession::is_open() const { return !state_->closed; }
const ServerExtensions& ClientSession::extensions() const { return state_->extensions; }
const std::optional<TlsFacts>& ClientSession::tls() const { return state_->tls; }

}  // namespace sealpost::smtp
