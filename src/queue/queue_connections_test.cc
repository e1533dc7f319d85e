#include "queue/queue_harness_for_test.h"

namespace sealpost::queue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class QueueConnections : public QueueTest {
 protected:
  void SetUp() override {
    QueueTest::SetUp();
    for (delivery::Route& route : routes_) route.idle_close = 1h;
  }

  void submit_many(int count, const std::string& recipient) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(submit("ann@example.com", {recipient}));
  }
  void release_all() {
    for (ScriptedAgent* agent : {one_, two_}) {
      agent->answer = nullptr;
      agent->is_held = false;
      agent->gate.open();
    }
  }
  /// Lets one of the transactions end that wait at the gate.
  void end_one(ScriptedAgent& agent) {
    agent.answer = [&agent](const Carried& carried) {
      agent.is_held = true;
      return answer_all(carried, {250, {2, 0, 0}, "taken"});
    };
    agent.is_held = false;
    agent.gate.open();
    drain();
  }
};

TEST_F(QueueConnections, AllDestinationsTogetherHaveNoMoreThanAllowed) {
  for (const std::size_t limit : {3U, 4U}) {
    options_.connections_max = limit;
    start();
    one_->is_held = two_->is_held = true;
    submit_many(3, "bob@one.example");
    submit_many(3, "bob@two.example");
    drain();
    EXPECT_EQ(one_->connections_open, 2);  // what a destination gets at first
    EXPECT_EQ(one_->connections_open + two_->connections_open, static_cast<int>(limit));
    release_all();
    ASSERT_TRUE(run_until_empty());
    EXPECT_THAT(one_->carried, SizeIs(3));
    EXPECT_THAT(two_->carried, SizeIs(3));
    stop();
  }
}

TEST_F(QueueConnections, AnIdleConnectionMakesRoomForAnotherDestination) {
  options_.connections_max = 1;
  start();
  submit_many(1, "bob@one.example");
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(one_->connections_open, 1);
  submit_many(1, "bob@two.example");
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(one_->connections_open, 0);
  EXPECT_EQ(two_->connections_open, 1);
}

TEST_F(QueueConnections, ABusyDestinationMakesRoomForAnotherAfterTheTransactionInHand) {
  options_.connections_max = 2;
  start();
  one_->is_held = two_->is_held = true;
  submit_many(9, "bob@one.example");
  submit_many(1, "bob@two.example");
  drain();
  EXPECT_EQ(one_->waiting_at_gate, 2);
  EXPECT_EQ(two_->connections, 0);
  end_one(*one_);
  EXPECT_EQ(two_->waiting_at_gate, 1);
  EXPECT_EQ(one_->waiting_at_gate, 1);
  end_one(*one_);  // one connection each: nobody gives way any more
  EXPECT_EQ(one_->waiting_at_gate, 1);
  EXPECT_EQ(one_->connections, 2);
  end_one(*two_);  // two has nothing to do, so its place goes back
  EXPECT_EQ(one_->waiting_at_gate, 2);
  EXPECT_EQ(two_->connections_open, 0);
  release_all();
  ASSERT_TRUE(run_until_empty());
}

TEST_F(QueueConnections, DestinationsTakeTurnsWhenThereAreMoreThanConnections) {
  options_.connections_max = 1;
  routes_[0].messages_per_connection_max = routes_[1].messages_per_connection_max = 3;
  start();
  one_->is_held = two_->is_held = true;
  submit_many(7, "bob@one.example");
  submit_many(5, "bob@two.example");
  drain();
  std::string order;
  for (ScriptedAgent* agent : {one_, two_}) {
    agent->is_held = false;
    agent->answer = [&order, name = agent == one_ ? '1' : '2'](const Carried& carried) {
      order += name;
      return answer_all(carried, {250, {2, 0, 0}, "taken"});
    };
    agent->gate.open();
  }
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(order, "111222111221");
}

TEST_F(QueueConnections, ADeadDestinationGivesItsPlaceToAnother) {
  options_.connections_max = 1;
  start();
  one_->refuses_connections = smtp::Reply{451, {4, 4, 1}, "connection refused"};
  const auto id = submit("ann@example.com", {"bob@one.example"});
  const auto other = submit("ann@example.com", {"bob@two.example"});
  ASSERT_TRUE(run_until([this] { return two_->carried.size() == 1; }));
  ASSERT_TRUE(run_until_attempts(*id, 1));
  EXPECT_EQ(one_->connections, 1);
  EXPECT_EQ(two_->carried[0].id, *other);
}

}  // namespace
}  // namespace sealpost::queue
