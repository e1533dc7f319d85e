// The client side of SMTP and LMTP (RFC 5321, 3207, 4954, 2033, 2920, 3461) as a pure machine: replies in, steps out.
// Used for delivery, by `sealpost send` and as the tests' peer. It pipelines where the server offers it, and checks the
// status of every command.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/tls_facts.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace sealpost::smtp {

enum class Flavour { kSmtp, kLmtp };

enum class StartTlsPolicy {
  kNever,
  kIfOffered,  // STARTTLS when offered; a refusal goes on in clear, a failed handshake does not (the driver decides to
               // reconnect)
  kRequired,   // not offered or refused: the session fails before anything is said about a message
};

struct ClientOptions {
  Flavour flavour = Flavour::kSmtp;
  std::string helo_name;
  StartTlsPolicy starttls = StartTlsPolicy::kNever;
  // Authenticates when `username` is not empty. PLAIN is used when offered, LOGIN otherwise. Never without TLS unless
  // the flag says so.
  std::string username;
  SecretString password;
  bool may_auth_without_tls = false;
  std::string mechanism;     // "PLAIN" or "LOGIN": this one or no login; empty: the best one offered
  bool may_pipeline = true;  // false: one command at a time, also where the server offers PIPELINING
};

/// What the server said it can do (RFC 5321 §4.1.1.1). Values of interest are parsed; the lines are kept for display.
struct ServerExtensions {
  std::string hostname;
  std::vector<std::string> lines;  // as sent, without codes; at most 64 lines of 512 octets
  bool has_starttls = false, has_pipelining = false, has_8bitmime = false, has_smtputf8 = false, has_chunking = false,
       has_dsn = false;
  std::optional<Bytes> size_max;        // SIZE; Bytes{0} means "no fixed limit"
  std::vector<std::string> mechanisms;  // upper case
};

struct ClientNeedInput {};
/// Write these octets; the view is good until the next call.
struct ClientSend {
  std::string_view octets;
};
/// Run the TLS handshake, then call secured(). Input that had arrived before is discarded by the session (injection: it
/// fails instead).
struct ClientStartTls {};
/// The session is greeted, secured and authenticated as wanted, and no transaction is open: call begin(), quit() or
/// wait.
struct ClientReady {};
/// The server wants the content: give the next piece with content(); after the last one, end_of_content().
struct ClientNeedContent {};
/// One transaction is over; `outcome` is good until the next call. A transaction that began gets its outcome in every
/// case: when the session fails in the middle, recipients without a final reply get the failure, those with one keep
/// it, and ClientClosed is the step after this one.
struct Outcome {
  /// One final reply per recipient, in the order of the envelope: a refused MAIL, RCPT or DATA stands for the
  /// recipients it concerns.
  std::vector<Reply> per_recipient;
  bool is_delivered_to_any() const;
};
struct ClientTransactionDone {
  const Outcome& outcome;
};
/// The session is over: after QUIT, or because of `failure`. Close the connection.
struct ClientClosed {
  enum class Stage { kNone, kGreeting, kHello, kStartTls, kAuth, kTransaction, kQuit };
  Stage stage = Stage::kNone;
  std::optional<Reply> reply;  // what the server said, if it said something
  std::string text;            // what was wrong otherwise: "the server does not offer STARTTLS"
  bool is_permanent = false;   // a 5xx; everything else is worth a retry
};

using ClientStep = std::variant<ClientNeedInput, ClientSend, ClientStartTls, ClientReady, ClientNeedContent,
                                ClientTransactionDone, ClientClosed>;

/// What to send. The session copies nothing of the content; the envelope must outlive the transaction.
struct Mail {
  const Envelope* envelope = nullptr;
  Bytes size;            // of the content, for SIZE=
  bool is_8bit = false;  // the content has octets above 127
};

/// Sees the dialogue for display; secrets are replaced. `octets` without CRLF.
class DialogueWatcher {
 public:
  virtual ~DialogueWatcher() = default;
  virtual void sent(std::string_view line) = 0;
  virtual void received(std::string_view line) = 0;
};

class ClientSession {
 public:
  /// `tls`: present when the connection began under TLS.
  ClientSession(const ClientOptions& options, std::optional<TlsFacts> tls, DialogueWatcher* watcher = nullptr);
  ~ClientSession();
  ClientSession(ClientSession&&) noexcept;
  ClientSession& operator=(ClientSession&&) noexcept;

  ClientStep next();
  /// Only after ClientNeedInput. Copied; a reply line is at most 4096 octets and a reply at most 128 lines, otherwise
  /// the session fails.
  void feed(std::string_view octets);
  /// After ClientStartTls: the handshake succeeded.
  void secured(TlsFacts facts);
  /// After ClientReady or ClientTransactionDone: start a transaction.
  void begin(const Mail& mail);
  /// After ClientNeedContent: content with CRLF line ends. The session dot-stuffs it; it becomes the next ClientSend,
  /// without a copy where no dot has to be doubled, so `octets` stay in place until those are written. A CR or LF that
  /// stands alone never leaves: the transaction fails with 554 5.6.0 and the session closes.
  void content(std::string_view octets);
  void end_of_content();
  /// The content cannot be read to its end: the transaction must not complete. The session closes without the final
  /// dot.
  void abort_content();
  /// At any time: the connection is gone, or a deadline has passed. `reply` (4xx) is the outcome for recipients without
  /// a final reply.
  void connection_lost(Reply reply);
  /// After ClientReady or ClientTransactionDone: QUIT.
  void quit();

  /// False once the session has failed: what begin() starts then ends with ClientClosed, without an outcome.
  bool is_open() const;

  const ServerExtensions& extensions() const;
  const std::optional<TlsFacts>& tls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sealpost::smtp
