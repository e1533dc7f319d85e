// The server side of an SMTP session as a pure machine (RFC 5321, 3207, 4954, 2920, 3030, 6409): bytes in, steps out.
// It knows no socket, no clock and no store; the driver reads, writes, waits and answers. Replies do not depend on how
// the bytes were cut.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/tls_facts.h"
#include "smtp/server_step.h"

namespace sealpost::smtp {

enum class Service {
  kSubmissions,  // implicit TLS, RFC 8314 §3.3 (465)
  kSubmission,   // STARTTLS, RFC 6409 (587)
  kSmtp,         // port 25: no AUTH, own domains only
};

/// What one listener offers and allows. Shared by all its sessions, outlives them, never changes under them.
struct ServerOptions {
  Service service = Service::kSubmissions;
  std::string hostname;               // of the greeting and the EHLO reply
  Bytes size_max = {52'428'800};      // RFC 1870; 50 MiB as in the EHLO line SIZE 52428800
  std::size_t recipients_max = 1000;  // per transaction; RFC 5321 §4.5.3.1.8 asks for at least 100
  std::size_t errors_max = 20;        // replies 4xx/5xx since the last accepted message; 421 follows the last
  std::size_t auth_failures_max = 3;  // RFC 4954 §9: not before 3
  bool is_starttls_available = true;  // a certificate is loaded
  bool may_auth_without_tls = false;  // only by a setting whose name says insecure
  std::vector<std::string> mechanisms = {"PLAIN", "LOGIN"};  // those the back end can serve
};

/// Sees every command and reply as it happens, secrets already replaced. For logs and transcripts; may do nothing.
class SessionWatcher {
 public:
  virtual ~SessionWatcher() = default;
  /// `line` without CRLF, "AUTH PLAIN ***" and "***" in place of credentials. Untrusted octets: the consumer escapes
  /// them.
  virtual void command(std::string_view line) = 0;
  virtual void reply(const Reply& reply) = 0;
};

class ServerSession {
 public:
  /// `tls`: present when the connection is already under TLS. `greets`: false after STARTTLS (RFC 3207 §4.2: no second
  /// greeting).
  ServerSession(const ServerOptions& options, std::optional<TlsFacts> tls, bool greets,
                SessionWatcher* watcher = nullptr);
  ~ServerSession();
  ServerSession(ServerSession&&) noexcept;
  ServerSession& operator=(ServerSession&&) noexcept;

  /// What to do now. Call again after doing it. After an Ask, call answer() first; after NeedInput, feed() first.
  ServerStep next();

  /// Only after NeedInput. `octets` must stay in place until next() says NeedInput again (or the session dies); what is
  /// not consumed by then has been copied. Never more than kInputMax octets at once.
  void feed(std::string_view octets);
  static constexpr std::size_t kInputMax = 64 * 1024;

  /// The answer to the Ask that next() gave last. Exactly one per Ask.
  void answer(Answer answer);

  /// While Content flows: the driver cannot keep it (disk full…). The session swallows the rest of the content, then
  /// sends this reply.
  void refuse_content(Reply reply);

  /// The server is stopping (421 4.3.2) or the peer was too slow (421 4.4.2): the next step sends the reply, then Close
  /// follows.
  void shut_down(Reply reply);

  /// True between transactions with no input waiting: the moment when a draining server may say 421 without harm.
  bool is_idle() const;
  /// True while content arrives that AskContent was answered for, refused meanwhile or not. A refused chunk of BDAT is
  /// part of its command.
  bool is_receiving_content() const;
  const std::optional<TlsFacts>& tls() const;
  const std::optional<Principal>& principal() const;
  /// The EHLO or HELO argument; empty before.
  const std::string& helo() const;
  /// For the Received header: "ESMTPSA", "ESMTPS", "ESMTP", "SMTP", "UTF8SMTPSA" … (RFC 3848, RFC 6531 §4.3).
  std::string_view protocol_name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sealpost::smtp
