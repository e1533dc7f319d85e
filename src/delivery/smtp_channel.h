// SmtpChannel: one connection to an SMTP or LMTP server: drives smtp::ClientSession over net::Stream. It decides about
// deadlines, about TLS that failed, and what a lost connection means for the message; the protocol is the session's.
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "delivery/agent.h"
#include "delivery/route.h"
#include "delivery/smtp_agent.h"
#include "net/stream.h"
#include "net/tls_context.h"
#include "smtp/client_session.h"

namespace sealpost::delivery {

/// Where the channels of one agent go. Outlives them, never changes.
struct SmtpDestination {
  std::string name;  // for replies in our own words
  smtp::Flavour flavour = smtp::Flavour::kSmtp;
  std::string host;
  std::uint16_t port = 25;
  std::string unix_socket;
  RouteTls tls = RouteTls::kNone;
  std::string helo_name;
  std::string username;
  SecretString password;
  bool may_auth_without_tls = false;
  std::optional<net::ClientTlsContext> tls_context;  // present unless tls is kNone
  SmtpDeadlines deadlines;
};

class SmtpChannel : public Channel {
 public:
  explicit SmtpChannel(const SmtpDestination& destination) : destination_(destination) {}

  net::Task<std::expected<void, smtp::Reply>> open() override;
  net::Task<TransactionResult> deliver(Transaction transaction) override;
  bool is_reusable() const override { return is_reusable_; }
  net::Task<> quit() override;
  void close() noexcept override;

 private:
  /// Where advance() stops because somebody has to decide.
  enum class Pause { kReady, kNeedsContent, kDone, kEnded, kTlsFailed };

  net::Task<Pause> open_once(smtp::StartTlsPolicy policy);
  /// Runs the session until it wants something other than reading and writing.
  net::Task<Pause> advance();
  net::Task<bool> write_out();
  net::Task<> read_in();
  net::Task<bool> secure();
  /// Gives the session the next piece of content, or the end of the connection when it cannot be read.
  void feed_content(message::BodySource& body);
  /// The connection is of no further use.
  void lose(smtp::Reply reply);
  void wait_at_most(std::chrono::milliseconds limit);

  const SmtpDestination& destination_;
  smtp::ClientOptions options_;
  std::optional<net::Stream> stream_;
  std::optional<smtp::ClientSession> session_;
  std::vector<smtp::Reply> outcome_;
  std::string out_;  // written at once before the next read: one packet per group of commands
  std::string in_;
  smtp::Reply failure_;  // why the connection ended
  std::chrono::milliseconds reply_limit_{0};
  bool has_heard_ = false;  // anything, in this transaction
  bool is_lost_ = false;
  bool is_reusable_ = false;
  bool is_closed_ = false;
};

}  // namespace sealpost::delivery
