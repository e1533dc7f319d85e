// DestinationWindow: additive growth, one step per round of answers; suspensions that double.
#include "schedule/destination_window.h"

#include <algorithm>

#include "base/assert.h"

namespace sealpost::schedule {

namespace {
// After the far end refused one more connection, this many rounds of answers pass before we ask for it again.
constexpr std::size_t kRoundsAfterRefusal = 100;
// Stretches a suspension by up to a quarter, so that many senders do not come back at the same second.
constexpr std::int64_t kStretchDivisor = 4;
}  // namespace

DestinationWindow::DestinationWindow(WindowOptions options)
    : options_(options),
      allowed_(std::min(options.connections_at_first, options.connections_max)),
      answers_until_growth_(allowed_) {
  SEALPOST_ASSERT(options.connections_max > 0 && options.connections_at_first > 0, "a destination gets a connection");
}

std::size_t DestinationWindow::connections_allowed(SteadyTime now) const {
  if (suspended_until_ && now < *suspended_until_) return 0;
  return failures_in_a_row_ > 0 ? 1 : allowed_;
}

std::optional<SteadyTime> DestinationWindow::suspended_until(SteadyTime now) const {
  if (suspended_until_ && now < *suspended_until_) return suspended_until_;
  return std::nullopt;
}

void DestinationWindow::transaction_answered() {
  failures_in_a_row_ = 0;
  suspended_until_.reset();
  if (allowed_ >= options_.connections_max) return;
  if (--answers_until_growth_ > 0) return;
  ++allowed_;
  answers_until_growth_ = allowed_;
}

bool DestinationWindow::connection_failed(SteadyTime now, std::size_t working, std::uint32_t chance) {
  if (working > 0) {
    allowed_ = std::clamp<std::size_t>(working, 1, options_.connections_max);
    answers_until_growth_ = allowed_ * kRoundsAfterRefusal;
    return false;
  }
  allowed_ = std::min(options_.connections_at_first, options_.connections_max);
  answers_until_growth_ = allowed_;
  // Two connections that were opened together and fail together are one failure.
  if (suspended_until_ && now < *suspended_until_) return true;
  std::chrono::milliseconds suspension = options_.suspension_at_first;
  for (unsigned i = 0; i < failures_in_a_row_ && suspension < options_.suspension_max; ++i) suspension *= 2;
  suspension = std::min<std::chrono::milliseconds>(suspension, options_.suspension_max);
  suspension += suspension / kStretchDivisor * std::int64_t{chance} / std::int64_t{0xFFFFFFFF};
  ++failures_in_a_row_;
  suspended_until_ = now + suspension;
  return true;
}

void DestinationWindow::forgive() {
  failures_in_a_row_ = 0;
  suspended_until_.reset();
}

}  // namespace sealpost::schedule
