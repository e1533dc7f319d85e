// The loop over next(), one action per step.
#include "conversation.h"

#include <algorithm>
#include <variant>

namespace sealpost::transcript_runner {

Conversation::Conversation(ScriptedWorld& world, Cut cut, std::size_t steps_max)
    : world_(world), cut_(std::move(cut)), steps_max_(steps_max) {
  std::optional<TlsFacts> tls;
  if (world.begins_under_tls()) tls = TlsFactsForTest::make();
  session_ = std::make_unique<smtp::ServerSession>(world_.options(), std::move(tls), true);
}

void Conversation::secure() {
  session_ = std::make_unique<smtp::ServerSession>(world_.options(), TlsFactsForTest::make(), false);
  world_.session_ends();
  state_ = State::kOpen;
}

void Conversation::run(std::string_view octets) {
  while (state_ == State::kOpen) {
    const smtp::ServerStep step = session_->next();
    if (steps_++ == steps_max_) {  // the step, an Ask perhaps, is never acted upon
      session_.reset();
      state_ = State::kCutOff;
      return;
    }
    if (std::holds_alternative<smtp::NeedInput>(step)) {
      if (!feed_piece(octets)) return;
    } else {
      act(step);
    }
  }
  has_octets_behind_starttls_ = state_ == State::kStartTls && !octets.empty();
}

bool Conversation::feed_piece(std::string_view& octets) {
  piece_.reset();
  if (octets.empty()) return false;
  const std::size_t size = std::min({cut_(octets.size()), octets.size(), smtp::ServerSession::kInputMax});
  piece_ = std::make_unique<char[]>(size);
  std::ranges::copy(octets.substr(0, size), piece_.get());
  octets.remove_prefix(size);
  session_->feed({piece_.get(), size});
  return true;
}

void Conversation::act(const smtp::ServerStep& step) {
  std::visit(
      [this](const auto& s) {
        using Step = std::decay_t<decltype(s)>;
        if constexpr (std::is_same_v<Step, smtp::Send>) {
          output_.append(s.octets);
        } else if constexpr (std::is_same_v<Step, smtp::StartTls>) {
          state_ = State::kStartTls;
        } else if constexpr (std::is_same_v<Step, smtp::Close>) {
          state_ = State::kClosed;
          close_reason_ = s.reason;
        } else if constexpr (std::is_same_v<Step, smtp::Content>) {
          if (auto reply = world_.content(s.octets)) session_->refuse_content(std::move(*reply));
        } else if constexpr (std::is_same_v<Step, smtp::Abandon>) {
          world_.abandon();
        } else if constexpr (!std::is_same_v<Step, smtp::NeedInput>) {
          session_->answer(world_.answer(s));
        }
      },
      step);
}

}  // namespace sealpost::transcript_runner
