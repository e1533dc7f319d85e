// ClientSession: the client side of one SMTP session that logs in and submits message after message. Sans I/O: replies
// in, commands out. RFC 5321, 2920 (MAIL, RCPT and DATA in one group), 3030 (BDAT), 4954 (AUTH PLAIN), 3207.
// It sends what a good client sends and nothing cleverer; it does not retry.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load_settings.h"

namespace sealpost::bench {

/// What a session reports, and where it gets its messages.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  /// False: no further message in this run.
  virtual bool may_send() = 0;
  /// A new message: appends it to `output`, returns its number.
  virtual std::uint64_t append_message(std::string& output) = 0;
  virtual std::size_t message_size_bytes() const = 0;
  virtual void accepted(std::uint64_t message, std::string_view reply) = 0;
  /// `kind` is short and of a bounded set: "MAIL 452".
  virtual void refused(std::string kind) = 0;
};

class ClientSession {
 public:
  ClientSession(const LoadSettings& settings, SessionOwner& owner, std::uint64_t number)
      : settings_(settings), owner_(owner), number_(number) {}

  /// Takes whole replies from `input`, appends commands to `output`.
  void advance(std::string& input, std::string& output);
  /// TLS stands; after STARTTLS the session begins anew (RFC 3207 §4.2).
  void secured(std::string& output);

  bool wants_tls() const { return wants_tls_; }
  bool is_ready() const { return is_ready_; }          // logged in, and told to stay idle
  bool is_over() const { return is_over_; }            // QUIT was answered, or the server refused to go on
  bool awaits_final() const { return awaits_final_; }  // the end of data is in `output`
  bool is_in_transaction() const { return is_in_transaction_; }
  std::uint64_t sent() const { return messages_; }

 private:
  enum class Expected { kGreeting, kEhlo, kStartTls, kAuth, kMail, kRcpt, kData, kFinal, kReset, kQuit };

  void take_reply(std::string_view reply, std::string& output);
  void take_greeting_or_login(Expected expected, std::string_view reply, std::string& output);
  void take_ehlo(std::string_view reply, std::string& output);
  void take_envelope_reply(Expected expected, std::string_view reply, std::string& output);
  void take_data_reply(std::string_view reply, std::string& output);
  void take_final(std::string_view reply, std::string& output);
  void begin_message(std::string& output);
  void send_body(std::string& output);
  void end_failed_message(std::string& output);
  void command(std::string& output, std::string_view line, Expected expected);
  void refuse(Expected expected, std::string_view reply);
  void give_up(Expected expected, std::string_view reply);

  const LoadSettings& settings_;
  SessionOwner& owner_;
  std::uint64_t number_;
  std::vector<Expected> expected_{Expected::kGreeting};  // replies to come, oldest first
  std::uint64_t messages_ = 0;
  std::uint64_t message_ = 0;
  bool is_secured_ = false;
  bool wants_tls_ = false;
  bool is_ready_ = false;
  bool is_over_ = false;
  bool awaits_final_ = false;
  bool is_in_transaction_ = false;
  bool has_failed_ = false;
  bool may_pipeline_ = false;
};

}  // namespace sealpost::bench
