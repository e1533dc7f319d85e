// Plays one transcript against one pure session and says where the two part.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "conversation.h"
#include "smtp/transcript.h"

namespace sealpost::transcript_runner {

struct Disagreement {
  std::size_t line = 0;  // of the transcript
  std::string text;
};

struct Outcome {
  std::optional<Disagreement> disagreement;
  bool was_cut_off = false;
};

/// More steps than any dialogue takes: a session that reaches it goes round in circles.
inline constexpr std::size_t kStepsMax = 200'000;

/// `world` is taken by value: each play begins in the same one.
Outcome play(const smtp::Transcript& transcript, ScriptedWorld world, Cut cut, std::size_t steps_max);

}  // namespace sealpost::transcript_runner
