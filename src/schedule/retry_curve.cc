// RetryCurve: a table of delays, stretched by chance, cut at the moment of expiry.
#include "schedule/retry_curve.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace sealpost::schedule {

RetryCurve::RetryCurve(RetryOptions options) : options_(std::move(options)) {
  SEALPOST_ASSERT(!options_.delays.empty(), "a retry curve has at least one delay");
  for (const auto delay : options_.delays)
    SEALPOST_ASSERT(delay >= std::chrono::seconds(1), "a retry delay is at least one second");
}

std::optional<WallTime> RetryCurve::next_attempt(WallTime arrived, WallTime now, std::uint32_t attempts,
                                                 std::uint32_t chance) const {
  if (is_expired(arrived, now)) return std::nullopt;
  const std::size_t step = std::min<std::size_t>(std::max(attempts, 1U) - 1, options_.delays.size() - 1);
  const std::chrono::milliseconds delay = options_.delays[step];
  const std::chrono::milliseconds stretch_max = delay * options_.jitter_percent / 100;
  const std::chrono::milliseconds stretch = stretch_max * std::int64_t{chance} / std::int64_t{0xFFFFFFFF};
  return std::min<WallTime>(now + delay + stretch, arrived + options_.expiry);
}

}  // namespace sealpost::schedule
