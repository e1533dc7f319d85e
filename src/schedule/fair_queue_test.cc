#include "schedule/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealpost::schedule {
namespace {

using testing::ElementsAre;

TEST(FairQueue, GivesEveryAccountATurn) {
  FairQueue<int> queue;
  for (int i = 0; i < 3; ++i) queue.push_back("busy", i);
  queue.push_back("rare", 100);
  queue.push_back("other", 200);
  EXPECT_EQ(queue.size(), 5U);
  EXPECT_THAT(queue.take_all(), ElementsAre(0, 100, 200, 1, 2));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, PutsBackInFrontOfItsAccount) {
  FairQueue<int> queue;
  queue.push_back("ann", 1);
  queue.push_back("ann", 2);
  const int taken = queue.pop().value();
  queue.push_front("ann", taken);
  EXPECT_THAT(queue.take_all(), ElementsAre(1, 2));
}

TEST(FairQueue, KeepsTurnsApartWhenAccountsComeAndGo) {
  FairQueue<int> queue;
  for (int round = 0; round < 100; ++round) {
    for (int account = 0; account < 20; ++account) queue.push_back("account " + std::to_string(account), account);
    queue.push_back("account 7", 700);
    for (int account = 0; account < 20; ++account) ASSERT_EQ(queue.pop(), account);
    ASSERT_EQ(queue.pop(), 700);
    ASSERT_EQ(queue.pop(), std::nullopt);
  }
}

TEST(FairQueue, HasRoomUpToTheLimitAndAnEqualShareBeyondIt) {
  FairQueue<int> queue;
  for (int i = 0; i < 9; ++i) queue.push_back("busy", i);
  EXPECT_TRUE(queue.has_room_for("busy", 10));
  queue.push_back("busy", 9);
  EXPECT_FALSE(queue.has_room_for("busy", 10));
  EXPECT_TRUE(queue.has_room_for("late", 10));
  for (int i = 0; i < 3; ++i) queue.push_back("late", i);
  EXPECT_FALSE(queue.has_room_for("late", 10));  // 10 / (2 + 1) = 3
}

}  // namespace
}  // namespace sealpost::schedule
