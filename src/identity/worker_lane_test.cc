#include "identity/worker_lane.h"

#include <future>
#include <latch>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealpost::identity {
namespace {

using Turn = WorkerLane::Turn;

TEST(WorkerLane, RunsJobsInOrderOffTheCallersThread) {
  std::vector<int> order;
  std::latch done(3);
  std::thread::id ran_on;
  {
    WorkerLane lane(1, 10);
    for (int i = 0; i < 3; ++i)
      lane.submit([&, i](Turn turn) {
        EXPECT_EQ(turn, Turn::kRun);
        ran_on = std::this_thread::get_id();
        order.push_back(i);
        done.count_down();
      });
    done.wait();
  }
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2));
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(WorkerLane, TakesAsManyAsMayWaitAndRefusesOneMoreAtOnce) {
  std::latch entered(1), release(1);
  WorkerLane lane(1, 2);
  lane.submit([&](Turn) { entered.count_down(), release.wait(); });
  entered.wait();
  std::vector<Turn> turns;
  std::latch both(2);
  for (int i = 0; i < 2; ++i)
    lane.submit([&](Turn turn) {
      EXPECT_EQ(turn, Turn::kRun);
      both.count_down();
    });
  lane.submit([&](Turn turn) { turns.push_back(turn); });
  EXPECT_THAT(turns, testing::ElementsAre(Turn::kFull));
  release.count_down();
  both.wait();
}

TEST(WorkerLane, TellsWaitingJobsWhenItCloses) {
  std::latch entered(1), release(1);
  std::promise<Turn> waiting_job;
  auto lane = std::make_unique<WorkerLane>(1, 1);
  WorkerLane& probed = *lane;
  lane->submit([&](Turn) { entered.count_down(), release.wait(); });
  entered.wait();
  lane->submit([&](Turn turn) { waiting_job.set_value(turn); });
  std::thread closer([&] { lane.reset(); });
  // The destructor cannot end before the first job does, so the lane may be asked until it says that it is closing.
  Turn seen = Turn::kFull;
  while (seen != Turn::kClosing) probed.submit([&](Turn turn) { seen = turn; });
  release.count_down();
  closer.join();
  EXPECT_EQ(waiting_job.get_future().get(), Turn::kClosing);
}

}  // namespace
}  // namespace sealpost::identity
