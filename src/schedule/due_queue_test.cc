#include "schedule/due_queue.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace sealpost::schedule {
namespace {

using namespace std::chrono_literals;

const WallTime kNow{1'000'000s};

TEST(DueQueue, GivesNothingBeforeTheTimeAndTheMessageAtIt) {
  DueQueue queue;
  queue.add({7}, kNow + 1s);
  EXPECT_EQ(queue.next_due(), kNow + 1s);
  EXPECT_EQ(queue.take_due(kNow + 1s - 1ms), std::nullopt);
  EXPECT_EQ(queue.take_due(kNow + 1s), QueueId{7});
  EXPECT_EQ(queue.take_due(kNow + 1h), std::nullopt);
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST(DueQueue, GivesWhatWasDueFirstAndTheOlderIdAmongEquals) {
  DueQueue queue;
  queue.add({3}, kNow);
  queue.add({2}, kNow);
  queue.add({9}, kNow - 1s);
  EXPECT_EQ(queue.take_due(kNow), QueueId{9});
  EXPECT_EQ(queue.take_due(kNow), QueueId{2});
  EXPECT_EQ(queue.take_due(kNow), QueueId{3});
}

TEST(DueQueue, AgreesWithASortedMapOverManyRandomOperations) {
  std::mt19937 random(20261123);
  DueQueue queue;
  std::multimap<std::pair<WallTime, QueueId>, int> model;
  for (std::uint64_t i = 1; i < 20'000; ++i) {
    const WallTime due = kNow + std::chrono::seconds(random() % 1000);
    queue.add({i}, due);
    model.insert({{due, QueueId{i}}, 0});
    if (random() % 3 == 0) {
      const WallTime now = kNow + std::chrono::seconds(random() % 1000);
      const bool is_due = model.begin()->first.first <= now;
      const auto taken = queue.take_due(now);
      ASSERT_EQ(taken.has_value(), is_due);
      if (is_due) {
        ASSERT_EQ(*taken, model.begin()->first.second);
        model.erase(model.begin());
      }
    }
  }
  EXPECT_EQ(queue.size(), model.size());
}

TEST(DueQueue, RetryNowMovesOnlyTheNamedMessages) {
  DueQueue queue;
  for (std::uint64_t id = 1; id <= 100; ++id) queue.add({id}, kNow + 1h);
  const std::vector<QueueId> ids = {{5}, {50}, {500}};
  EXPECT_EQ(queue.make_due(ids, kNow), 2U);
  EXPECT_EQ(queue.take_due(kNow), QueueId{5});
  EXPECT_EQ(queue.take_due(kNow), QueueId{50});
  EXPECT_EQ(queue.take_due(kNow), std::nullopt);
}

TEST(DueQueue, ErasesOnlyTheNamedMessages) {
  DueQueue queue;
  for (std::uint64_t id = 1; id <= 100; ++id) queue.add({id}, kNow - std::chrono::seconds(id));
  const std::vector<QueueId> ids = {{100}, {101}};
  EXPECT_EQ(queue.erase(ids), std::vector<QueueId>{{100}});
  EXPECT_EQ(queue.size(), 99U);
  EXPECT_EQ(queue.take_due(kNow), QueueId{99});
}

}  // namespace
}  // namespace sealpost::schedule
