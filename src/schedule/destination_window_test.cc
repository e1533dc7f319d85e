#include "schedule/destination_window.h"

#include <gtest/gtest.h>

namespace sealpost::schedule {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

WindowOptions small() {
  return {.connections_max = 4, .connections_at_first = 2, .suspension_at_first = 10s, .suspension_max = 35s};
}

TEST(DestinationWindow, GrowsByOnePerRoundOfAnswersUpToTheMaximum) {
  DestinationWindow window(small());
  EXPECT_EQ(window.connections_allowed(kNow), 2U);
  window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow), 2U);
  window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow), 3U);
  for (int i = 0; i < 1000; ++i) window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow), 4U);
}

TEST(DestinationWindow, ShrinksToWhatWorksWhenOneMoreConnectionIsRefused) {
  DestinationWindow window(small());
  for (int i = 0; i < 1000; ++i) window.transaction_answered();
  EXPECT_FALSE(window.connection_failed(kNow, 2, 0));
  EXPECT_EQ(window.connections_allowed(kNow), 2U);
  for (int i = 0; i < 199; ++i) window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow), 2U);
  window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow), 3U);
}

TEST(DestinationWindow, ClosesWhenNothingWorksThenProbesWithOneConnection) {
  DestinationWindow window(small());
  EXPECT_TRUE(window.connection_failed(kNow, 0, 0));
  EXPECT_EQ(window.connections_allowed(kNow), 0U);
  EXPECT_EQ(window.suspended_until(kNow), kNow + 10s);
  EXPECT_EQ(window.connections_allowed(kNow + 10s - 1ns), 0U);
  EXPECT_EQ(window.connections_allowed(kNow + 10s), 1U);
  EXPECT_EQ(window.suspended_until(kNow + 10s), std::nullopt);
  window.transaction_answered();
  EXPECT_EQ(window.connections_allowed(kNow + 10s), 2U);
}

TEST(DestinationWindow, DoublesTheSuspensionUpToTheMaximum) {
  DestinationWindow window(small());
  SteadyTime now = kNow;
  for (const auto expected : {10s, 20s, 35s, 35s}) {
    EXPECT_TRUE(window.connection_failed(now, 0, 0));
    EXPECT_EQ(window.suspended_until(now), now + expected);
    now += expected;
  }
}

TEST(DestinationWindow, CountsConnectionsThatFailTogetherOnce) {
  DestinationWindow window(small());
  EXPECT_TRUE(window.connection_failed(kNow, 0, 0));
  EXPECT_TRUE(window.connection_failed(kNow + 1s, 0, 0));
  EXPECT_EQ(window.suspended_until(kNow + 1s), kNow + 10s);
}

TEST(DestinationWindow, StretchesASuspensionByChanceUpToAQuarter) {
  DestinationWindow window(small());
  EXPECT_TRUE(window.connection_failed(kNow, 0, 0xFFFFFFFF));
  EXPECT_EQ(window.suspended_until(kNow), kNow + 12'500ms);
}

TEST(DestinationWindow, AnOperatorMayEndTheSuspension) {
  DestinationWindow window(small());
  EXPECT_TRUE(window.connection_failed(kNow, 0, 0));
  window.forgive();
  EXPECT_EQ(window.connections_allowed(kNow), 2U);
}

}  // namespace
}  // namespace sealpost::schedule
