#include "schedule/retry_curve.h"

#include <gtest/gtest.h>

namespace sealpost::schedule {
namespace {

using namespace std::chrono_literals;

const WallTime kArrived{1'000'000s};
constexpr std::uint32_t kLeast = 0;
constexpr std::uint32_t kMost = 0xFFFFFFFF;

RetryOptions three_steps() { return {.delays = {1min, 10min, 1h}, .expiry = 24h, .jitter_percent = 10}; }

TEST(RetryCurve, TakesOneDelayAfterTheOtherAndRepeatsTheLast) {
  const RetryCurve curve(three_steps());
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 1, kLeast), kArrived + 1min);
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 2, kLeast), kArrived + 10min);
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 3, kLeast), kArrived + 1h);
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 4, kLeast), kArrived + 1h);
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 4'000'000'000, kLeast), kArrived + 1h);
}

TEST(RetryCurve, StretchesByChanceUpToTheGivenPercentage) {
  const RetryCurve curve(three_steps());
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 3, kMost), kArrived + 66min);
  EXPECT_EQ(curve.next_attempt(kArrived, kArrived, 3, kMost / 2).value() - kArrived, 63min - 1ms);
}

TEST(RetryCurve, MakesTheLastAttemptAtTheMomentOfExpiryAndNoneAfter) {
  const RetryCurve curve(three_steps());
  const WallTime expiry = kArrived + 24h;
  EXPECT_EQ(curve.next_attempt(kArrived, expiry - 1ms, 9, kMost), expiry);
  EXPECT_EQ(curve.next_attempt(kArrived, expiry, 9, kMost), std::nullopt);
  EXPECT_FALSE(curve.is_expired(kArrived, expiry - 1ms));
  EXPECT_TRUE(curve.is_expired(kArrived, expiry));
}

TEST(RetryCurve, DefaultsFollowRfc5321) {
  const RetryOptions defaults;
  EXPECT_GE(defaults.expiry, std::chrono::days(4));
  EXPECT_GE(defaults.delays.back(), 30min);
}

}  // namespace
}  // namespace sealpost::schedule
