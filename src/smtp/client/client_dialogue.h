// For tests: drives a ClientSession from the server's side. What the session sends is collected; what it waits for has
// a name. Never: part of the library.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "smtp/client_session.h"

namespace sealpost::smtp::testing {

inline Envelope make_envelope(const std::string& sender, const std::vector<std::string>& recipients) {
  Envelope envelope;
  if (!sender.empty()) envelope.reverse_path = Mailbox::parse(sender, Charset::kUtf8).value();
  for (const auto& recipient : recipients)
    envelope.recipients.push_back({Mailbox::parse(recipient, Charset::kUtf8).value(), {}});
  return envelope;
}

class ClientDialogue final : DialogueWatcher {
 public:
  /// `piece_size`: how many octets of the server's the session gets at once. `opening`: said by the server before the
  /// test begins.
  ClientDialogue(const ClientOptions& options, bool is_secure, std::size_t piece_size, std::string_view opening = {})
      : piece_size_(piece_size),
        session_(options, is_secure ? std::optional(TlsFactsForTest::make()) : std::nullopt, this) {
    server(opening);
    take_sent();
  }
  ClientDialogue(const ClientDialogue& other) = delete;

  ClientSession& session() { return session_; }

  void server(std::string_view octets) {
    for (std::size_t at = 0; at < octets.size(); at += piece_size_) {
      session_.feed(octets.substr(at, piece_size_));
      run();
    }
  }
  void begin(const Mail& mail) {
    session_.begin(mail);
    run();
  }
  void content(std::string_view octets) {
    session_.content(octets);
    run();
  }
  void end_of_content() {
    session_.end_of_content();
    run();
  }
  void quit() {
    session_.quit();
    run();
  }
  void secured() {
    session_.secured(TlsFactsForTest::make());
    run();
  }

  /// "input", "handshake", "ready", "content", "closed".
  std::string waits_for() {
    run();
    return waits_for_;
  }
  std::string take_sent() {
    run();
    return std::exchange(sent_, {});
  }
  /// The replies of the transaction that is done, joined with "|"; "none" when none was done since the last call.
  std::string outcome() {
    run();
    return std::exchange(outcome_, "none");
  }
  const ClientClosed& closed() {
    run();
    return closed_.value();
  }
  /// What the watcher saw: "C: …" and "S: …" lines.
  const std::string& watched() const { return watched_; }

 private:
  void sent(std::string_view line) override { watched_.append("C: ").append(line).append("\n"); }
  void received(std::string_view line) override { watched_.append("S: ").append(line).append("\n"); }

  void run() {
    for (;;) {
      ClientStep step = session_.next();
      if (const auto* send = std::get_if<ClientSend>(&step)) {
        sent_ += send->octets;
      } else if (const auto* done = std::get_if<ClientTransactionDone>(&step)) {
        outcome_.clear();
        for (const Reply& reply : done->outcome.per_recipient)
          outcome_ += (outcome_.empty() ? "" : "|") + reply.to_line();
      } else {
        if (const auto* end = std::get_if<ClientClosed>(&step)) closed_ = *end;
        constexpr const char* kNames[] = {"input", "send", "handshake", "ready", "content", "done", "closed"};
        waits_for_ = kNames[step.index()];
        return;
      }
    }
  }

  std::size_t piece_size_;
  std::string sent_, outcome_ = "none", waits_for_, watched_;
  std::optional<ClientClosed> closed_;
  ClientSession session_;
};

}  // namespace sealpost::smtp::testing
