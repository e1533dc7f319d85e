#include "net/task_group.h"

#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "net/sleep.h"

namespace sealpost::net {
namespace {

Task<> note(std::vector<int>* order, int number) {
  order->push_back(number);
  co_return;
}

Task<> sleep_and_note(std::vector<int>* order, int number, std::chrono::milliseconds time) {
  co_await sleep_until(steady_now() + time);
  order->push_back(number);
}

Task<> join_and_note(TaskGroup* group, std::vector<int>* order, int number) {
  co_await group->join();
  order->push_back(number);
}

Task<> explode() {
  throw std::runtime_error("on purpose");
  co_return;
}

TEST(TaskGroup, JoinsAfterTheLastTask) {
  asio::io_context context;
  TaskGroup group(context);
  TaskGroup outer(context);
  std::vector<int> order;
  outer.spawn("join", join_and_note(&group, &order, 9));
  group.spawn("a", sleep_and_note(&order, 2, std::chrono::milliseconds(2)));
  group.spawn("b", note(&order, 1));
  EXPECT_EQ(group.size(), 2U);
  context.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 9}));
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, ContainsAnExceptionToItsTask) {
  asio::io_context context;
  TaskGroup group(context);
  std::vector<int> order;
  group.spawn("explode", explode());
  group.spawn("note", note(&order, 1));
  context.run();
  EXPECT_EQ(order, (std::vector<int>{1}));
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, CountsATaskFromAForeignThreadAtOnce) {
  asio::io_context context;
  TaskGroup group(context);
  std::vector<int> order;
  std::thread([&] { group.spawn_from_any_thread("note", note(&order, 1)); }).join();
  EXPECT_EQ(group.size(), 1U);
  EXPECT_TRUE(order.empty());
  context.run();
  EXPECT_EQ(order, (std::vector<int>{1}));
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, IsEmptyAfterItsContextDiedWithTasksInIt) {
  auto context = std::make_unique<asio::io_context>();
  TaskGroup group(*context);
  std::vector<int> order;
  group.spawn("never started", note(&order, 1));
  group.spawn("asleep", sleep_and_note(&order, 2, std::chrono::hours(1)));
  group.spawn_from_any_thread("posted", note(&order, 3));
  EXPECT_EQ(group.size(), 3U);
  context.reset();
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(order.empty());
}

TEST(TaskGroupDeathTest, RefusesToDieBeforeItsTasks) {
  EXPECT_DEATH(
      {
        asio::io_context context;
        TaskGroup group(context);
        std::vector<int> order;
        group.spawn("left behind", note(&order, 1));
      },
      "a task outlives its group");
}

}  // namespace
}  // namespace sealpost::net
