// RetryCurve: when a message that could not be delivered is tried again, and when we give up (RFC 5321 §4.5.4.1). Pure:
// time and chance are arguments.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace sealpost::schedule {

struct RetryOptions {
  /// The delay after the first failed attempt, the second, …; the last one repeats. Not empty, each at least one
  /// second. RFC 5321 §4.5.4.1: at least 30 minutes in general, with more tries in the first hour "while [the failure]
  /// may be transient".
  std::vector<std::chrono::seconds> delays = {
      std::chrono::minutes(5), std::chrono::minutes(10), std::chrono::minutes(20), std::chrono::minutes(30),
      std::chrono::hours(1),   std::chrono::hours(2),    std::chrono::hours(3)};
  /// RFC 5321 §4.5.4.1: the give-up time generally needs to be at least 4-5 days.
  std::chrono::seconds expiry = std::chrono::days(5);
  /// Delays are stretched by up to this many percent, so that what failed together is not tried together.
  unsigned jitter_percent = 10;
};

class RetryCurve {
 public:
  explicit RetryCurve(RetryOptions options = {});

  /// When to try again after `attempts` failed attempts (at least 1). `chance` is any random number. Never later than
  /// the moment of expiry, so that the last try is made then; nothing when that moment has come.
  std::optional<WallTime> next_attempt(WallTime arrived, WallTime now, std::uint32_t attempts,
                                       std::uint32_t chance) const;
  WallTime expiry_of(WallTime arrived) const { return arrived + options_.expiry; }
  bool is_expired(WallTime arrived, WallTime now) const { return now >= expiry_of(arrived); }

 private:
  RetryOptions options_;
};

}  // namespace sealpost::schedule
