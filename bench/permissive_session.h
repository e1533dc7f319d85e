// PermissiveSession: the server side of one SMTP session that accepts everything it understands. Sans I/O: bytes in,
// replies out, and an event when somebody must act. RFC 5321, 2920, 3030, 4954 (PLAIN and LOGIN), 3207, 3461 keywords.
// A measuring tool: it checks no credentials and no addresses, and must never face a network.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sealpost::bench {

class PermissiveSession {
 public:
  enum class Event {
    kNeedInput,
    kRecipient,  // a RCPT awaits accept_recipient() or refuse()
    kMessage,    // body() is whole and awaits finish_message()
    kStartTls,   // the 220 is in `output`; start TLS, then secured()
    kClose,      // after `output` has been sent
  };

  explicit PermissiveSession(bool offers_starttls) : offers_starttls_(offers_starttls) {}

  void greet(std::string& output) const;
  /// Takes what it can from `input` and appends replies to `output`, until somebody must act.
  Event advance(std::string& input, std::string& output);

  void accept_recipient(std::string& output);
  void refuse_recipient(std::string_view reply, std::string& output);
  void finish_message(std::string_view reply, std::string& output);
  void secured();

  /// The message as it came: after DATA still dot-stuffed, the final CRLF included and the "." line not.
  std::string& body() { return body_; }
  bool is_dot_stuffed() const { return !is_chunked_; }
  const std::string& envelope() const { return envelope_; }

 private:
  enum class State { kCommand, kLoginUser, kLoginPassword, kPlain, kData, kChunk };

  Event run_line(std::string_view line, std::string& output);
  Event run_command(std::string_view line, std::string& output);
  Event begin_chunk(std::string_view arguments, std::string& output);
  Event take_data(std::string& input, std::string& output);
  Event take_chunk(std::string& input, std::string& output);
  void reset_transaction();

  bool offers_starttls_;
  State state_ = State::kCommand;
  bool has_sender_ = false;
  bool is_chunked_ = false;
  bool is_last_chunk_ = false;
  unsigned recipients_ = 0;
  std::uint64_t chunk_size_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::size_t scanned_ = 0;
  std::string envelope_;  // "MAIL FROM:…" and "RCPT TO:…" lines as they came
  std::string body_;
};

/// The end of a DATA body in `body`, searched from `from`: the offset behind the "." line's CRLF, or npos.
std::size_t find_end_of_data(std::string_view body, std::size_t from);
/// RFC 5321 §4.5.2: removes the dot that the client added to lines that begin with one.
std::string without_dot_stuffing(std::string_view body);

}  // namespace sealpost::bench
