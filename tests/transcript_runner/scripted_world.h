// The world behind a pure session, as the "given:" lines of a transcript describe it: users, refusals, limits. It
// answers every Ask, keeps the books on reserved content, and remembers what was accepted or dropped.
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "smtp/server_session.h"
#include "smtp/transcript.h"

namespace sealpost::transcript_runner {

class ScriptedWorld {
 public:
  static Result<ScriptedWorld> from(const std::vector<smtp::TranscriptGiven>& givens);

  const smtp::ServerOptions& options() const { return options_; }
  /// On the service "submissions" the handshake has taken place before the first octet.
  bool begins_under_tls() const { return options_.service == smtp::Service::kSubmissions; }

  smtp::Answer answer(const smtp::AskVerify& ask);
  smtp::Answer answer(const smtp::AskSender& ask);
  smtp::Answer answer(const smtp::AskRecipient& ask);
  smtp::Answer answer(const smtp::AskContent& ask);
  smtp::Answer answer(const smtp::AskAccept& ask);
  /// A reply when the world cannot keep more of the content; given once per message.
  std::optional<smtp::Reply> content(std::string_view octets);
  void abandon();
  /// A new session begins on the same connection: nothing of a transaction may be left from the one before.
  void session_ends() { is_reserved_ = false; }

  /// "accepted from <a> to <b> <c> content …", "abandoned": everything that became of messages, in order.
  const std::vector<std::string>& events() const { return events_; }
  /// What the session did against its contract; empty while there is nothing.
  const std::string& breach() const { return breach_; }

 private:
  Result<void> read(std::string_view given);
  Result<void> read_service(std::string_view name);
  Result<void> read_refusal(std::string_view text);
  void blame(std::string_view sentence);

  smtp::ServerOptions options_;
  std::map<std::string, std::string, std::less<>> users_;
  std::map<std::string, smtp::Reply, std::less<>> refused_senders_;
  std::map<std::string, smtp::Reply, std::less<>> refused_recipients_;
  std::optional<smtp::Reply> refused_content_;
  std::optional<smtp::Reply> refused_message_;
  std::optional<smtp::Reply> refused_midway_;
  std::optional<smtp::Reply> broken_verifier_;
  std::string local_domain_;
  std::size_t content_room_ = 0;

  bool is_reserved_ = false;
  bool has_refused_midway_ = false;
  std::string content_;
  std::uint64_t queue_id_ = 0;
  std::vector<std::string> events_;
  std::string breach_;
};

}  // namespace sealpost::transcript_runner
