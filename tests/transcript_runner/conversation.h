// One connection to a pure session: octets in, octets out. Plays the driver: one action per kind of step, no protocol
// knowledge.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scripted_world.h"
#include "smtp/server_session.h"

namespace sealpost::transcript_runner {

/// How long the next piece of `left` octets shall be: at least 1, at most `left`.
using Cut = std::function<std::size_t(std::size_t left)>;

class Conversation {
 public:
  /// `steps_max`: so many steps are acted upon; at the one behind them the connection is cut off.
  Conversation(ScriptedWorld& world, Cut cut, std::size_t steps_max);

  enum class State { kOpen, kStartTls, kClosed, kCutOff };

  /// Sends nothing; runs the session until it wants input.
  void greet() { run({}); }
  /// Sends the octets in pieces and runs the session until it wants more, wants TLS, or ends.
  void send(std::string_view octets) { run(octets); }
  /// Replaces the session as after a handshake.
  void secure();

  State state() const { return state_; }
  smtp::CloseReason close_reason() const { return close_reason_; }
  /// StartTls was said while octets of the same write were still on their way: the handshake would choke on them.
  bool has_octets_behind_starttls() const { return has_octets_behind_starttls_; }
  /// Everything the server sent since the last call.
  std::string take_output() { return std::exchange(output_, {}); }
  std::size_t steps() const { return steps_; }

 private:
  void run(std::string_view octets);
  bool feed_piece(std::string_view& octets);
  void act(const smtp::ServerStep& step);

  ScriptedWorld& world_;
  Cut cut_;
  std::size_t steps_max_;
  std::unique_ptr<smtp::ServerSession> session_;
  std::unique_ptr<char[]>
      piece_;  // exactly as long as the piece, so that a sanitizer sees the first octet read beyond it
  State state_ = State::kOpen;
  smtp::CloseReason close_reason_ = smtp::CloseReason::kQuit;
  bool has_octets_behind_starttls_ = false;
  std::string output_;
  std::size_t steps_ = 0;
};

}  // namespace sealpost::transcript_runner
