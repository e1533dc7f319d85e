// The engine below ServerSession: reads lines and content, runs the verbs, collects replies. The verbs (one file each
// beside this one) see the session through this class. Never knows what a verb means.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sasl/server_mechanism.h"
#include "smtp/extension.h"
#include "smtp/framing.h"
#include "smtp/line_reader.h"
#include "smtp/server/question.h"
#include "smtp/server/transaction.h"
#include "smtp/server_session.h"

namespace sealpost::smtp::server {

/// No transaction is open.
struct Idle {};
/// An AUTH exchange is under way: every line is a response (RFC 4954 §4). One mechanism object per attempt (rule R8).
struct Authenticating {
  std::string mechanism_name;
  std::unique_ptr<sasl::ServerMechanism> mechanism;
};
/// The transaction is over, but its content still arrives and is dropped; `reply` is said at its end.
struct SkippingData {
  DataReader reader;
  Reply reply;
};
/// RFC 3030 §2: the chunk of a refused BDAT is read all the same; `reply` is said behind it.
struct SkippingChunk {
  ChunkSkipper skipper;
  Reply reply;
};
using ProtocolState = std::variant<Idle, Authenticating, Transaction, SkippingData, SkippingChunk>;

/// How much refused content one session may make us read (rule R5: every discarded octet has a cap). Behind it the
/// reply is said at once and the connection closed.
inline constexpr Bytes kDiscardedContentMax = {64 * 1024 * 1024};
/// Replies are collected until the client has to speak, but never more than this.
inline constexpr std::size_t kOutputMax = 16 * 1024;

class Session {
 public:
  Session(const ServerOptions& options, std::optional<TlsFacts> tls, bool greets, SessionWatcher* watcher);

  // --- For the driver, behind ServerSession
  ServerStep next();
  void feed(std::string_view octets);
  void answer(Answer answer);
  void refuse_content(Reply reply);
  void shut_down(const Reply& reply);
  bool is_idle() const;
  bool is_receiving_content() const;

  // --- For the verbs: what is known
  const ServerOptions& options() const { return options_; }
  const std::optional<TlsFacts>& tls() const { return tls_; }
  const std::optional<Principal>& principal() const { return principal_; }
  const std::string& helo() const { return helo_; }
  bool is_esmtp() const { return is_esmtp_; }
  SessionFacts facts() const { return {tls_.has_value(), principal_.has_value()}; }
  bool has_input() const { return !input_.is_empty(); }
  ProtocolState& state() { return state_; }
  const ProtocolState& state() const { return state_; }
  /// The open transaction; only where the verb table allows the verb in a transaction alone.
  Transaction& transaction() { return std::get<Transaction>(state_); }
  const Transaction& transaction() const { return std::get<Transaction>(state_); }

  // --- For the verbs: what to do
  /// Collects a reply. A 4xx or 5xx counts as an error, and the last one allowed ends the session.
  void say(const Reply& reply);
  void ask(Question question);
  /// Replaces whatever is going on by Idle, and tells the world if content had been reserved.
  void end_transaction();
  /// Drops the content that still arrives; the transaction ends now, the reply follows the content.
  void skip_data(DataReader reader, Reply reply);
  void skip_chunk(std::uint64_t size_octets, Reply reply);
  void set_hello(std::string name, bool is_esmtp);
  void set_principal(Principal principal);
  void count_auth_failure();
  void forget_errors() { errors_ = 0; }
  void start_tls();
  void close(CloseReason reason);

 private:
  std::optional<ServerStep> advance();
  std::optional<ServerStep> read_line();
  std::optional<ServerStep> read_data(Transaction& transaction, ReceivingData& stage);
  std::optional<ServerStep> read_chunk(Transaction& transaction, ReceivingChunks& stage);
  std::optional<ServerStep> pass_on(std::string_view octets);
  std::optional<ServerStep> skip(SkippingData& skipping);
  std::optional<ServerStep> skip(SkippingChunk& skipping);
  /// True when the cap on discarded octets is passed; the session ends then.
  bool discard(std::uint64_t octets, const Reply& reply);
  void take_line(std::string_view line);
  /// Tells the watcher, credentials replaced.
  void show_command(std::string_view line, const CommandLine& command);
  void fail_framing(FramingFault fault, const Reply& reply);
  ServerStep ask_step();
  ServerStep send_step();
  ServerStep need_input();

  const ServerOptions& options_;
  SessionWatcher* watcher_;
  std::optional<TlsFacts> tls_;
  std::optional<Principal> principal_;
  std::string helo_;
  bool is_esmtp_ = false;
  ProtocolState state_;

  Question question_;
  bool is_asked_ = false;        // next() has returned the Ask; answer() is due
  bool is_abandon_due_ = false;  // next() owes an Abandon
  std::optional<CloseReason> close_reason_;
  bool is_starting_tls_ = false;
  bool is_after_auth_ = false;  // the last command was AUTH: a line that makes no sense now may hold a secret

  Input input_;
  LineReader lines_;
  std::string output_;
  bool is_output_sent_ = false;  // next() has returned it; the next call clears it
  std::size_t errors_ = 0;
  std::size_t auth_failures_ = 0;
  Bytes discarded_;
};

}  // namespace sealpost::smtp::server
