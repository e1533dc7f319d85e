#include "queue/queue_harness_for_test.h"

namespace sealpost::queue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const smtp::Reply kLater{451, {4, 2, 1}, "later"};

TEST_F(QueueTest, FindsStoredMessagesAtStartAndNamesNewOnesAboveThem) {
  start();
  one_->answer = [](const Carried& carried) { return answer_all(carried, kLater); };
  const auto first = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until_attempts(*first, 1));
  stop();

  start();
  elapsed_ -= 48h;  // the wall clock was set back
  const auto second = submit("ann@example.com", {"carol@two.example"});
  EXPECT_GT(*second, *first);
  EXPECT_THAT(one_->carried, IsEmpty());
  advance(48h + 5min);
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(one_->carried.at(0).id, *first);
}

TEST_F(QueueTest, RecoveryCountsAndTellsTheNumberOfMessages) {
  start();
  one_->is_held = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  stop(0s);
  delivery::RouteTable no_routes;
  queue_ = std::make_unique<Queue>(context_, spool_, std::move(no_routes), options_);
  const auto recovery = queue_->recover();
  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->messages, 3U);
  EXPECT_EQ(recovery->damaged, 0U);
  queue_.reset();  // never ran
  context_.restart();
}

TEST_F(QueueTest, ListsAndShowsWhatFits) {
  start();
  one_->is_held = two_->is_held = true;
  const auto a = submit("ann@example.com", {"bob@one.example"}, {}, "ann");
  const auto b = submit("eve@example.com", {"bob@two.example"}, {}, "eve");
  const auto ids = [this](const Filter& filter, QueueId after = {}, std::size_t limit = 100) {
    std::vector<QueueId> found;
    const auto messages = queue_->list(filter, after, limit);
    for (const auto& message : *messages) found.push_back(message.id);
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre(*a, *b));
  EXPECT_THAT(ids({}, *a), ElementsAre(*b));
  EXPECT_THAT(ids({}, {}, 1), ElementsAre(*a));
  EXPECT_THAT(ids({.id = *b}), ElementsAre(*b));
  EXPECT_THAT(ids({.account = "eve"}), ElementsAre(*b));
  EXPECT_THAT(ids({.sender = "ANN@example.com"}), ElementsAre(*a));
  EXPECT_THAT(ids({.recipient = "@Two.Example"}), ElementsAre(*b));
  EXPECT_THAT(ids({.recipient = "bob@one.example"}), ElementsAre(*a));
  EXPECT_THAT(ids({.account = "ann", .recipient = "@two.example"}), IsEmpty());
  EXPECT_EQ(queue_->show(*b)->recipients[0].destination, "two");
  EXPECT_EQ(queue_->show(QueueId{1}).error().fault, Fault::kNotFound);
  one_->is_held = two_->is_held = false;
  one_->gate.open();
  two_->gate.open();
}

TEST_F(QueueTest, PagesOfAListCostNoMoreThanTheWholeList) {
  start();
  one_->is_held = true;
  std::vector<QueueId> all;
  for (int i = 0; i < 7; ++i) all.push_back(submit("ann@example.com", {"bob@one.example"}).value());
  std::vector<QueueId> found;
  for (QueueId after;;) {
    const auto page = queue_->list({}, after, 2);
    if (page->empty()) break;
    for (const auto& message : *page) found.push_back(message.id);
    after = found.back();
  }
  EXPECT_EQ(found, all);
  EXPECT_EQ(spool_.visits, 7);
  one_->is_held = false;
  one_->gate.open();
}

TEST_F(QueueTest, RetryTriesNow) {
  start();
  one_->answer = [](const Carried& carried) { return answer_all(carried, kLater); };
  const auto a = submit("ann@example.com", {"a@one.example"});
  const auto b = submit("ann@example.com", {"b@one.example"});
  ASSERT_TRUE(run_until_attempts(*a, 1) && run_until_attempts(*b, 1));
  EXPECT_EQ(run(queue_->retry({.id = *b})), 1U);
  ASSERT_TRUE(run_until_attempts(*b, 2));
  EXPECT_EQ(queue_->show(*a)->attempts, 1U);
  EXPECT_EQ(run(queue_->retry({.id = QueueId{1}})), 0U);
  one_->answer = nullptr;
  EXPECT_EQ(run(queue_->retry({})), 2U);
  ASSERT_TRUE(run_until_empty());
}

TEST_F(QueueTest, RemovesAWaitingMessageWithoutAReport) {
  start();
  one_->answer = [](const Carried& carried) { return answer_all(carried, kLater); };
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until_attempts(*id, 1));
  EXPECT_EQ(run(queue_->remove({.id = *id})), 1U);
  EXPECT_EQ(spool_.usage().messages, 0U);  // durable before it is confirmed
  EXPECT_EQ(run(queue_->remove({.id = *id})), 0U);
  advance(24h);
  EXPECT_THAT(one_->carried, SizeIs(1));
}

TEST_F(QueueTest, RemovesAMessageThatIsBeingDelivered) {
  start();
  one_->is_held = true;
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until([this] { return one_->waiting_at_gate == 1; }));
  EXPECT_EQ(run(queue_->remove({.id = *id})), 1U);
  EXPECT_EQ(spool_.usage().messages, 0U);
  EXPECT_EQ(run(queue_->stats()).active, 1U);
  one_->answer = [](const Carried& carried) { return answer_all(carried, {550, {5, 1, 1}, "never"}); };
  one_->is_held = false;
  one_->gate.open();
  drain();
  EXPECT_EQ(run(queue_->stats()).active, 0U);
  EXPECT_EQ(spool_.usage().messages, 0U);  // no report, nothing written about it again
  EXPECT_EQ(fatal_, 0);
}

TEST_F(QueueTest, DoesNotStartWhatWasRemovedWhileItWaitedForAConnection) {
  routes_[0].connections_max = 1;
  start();
  one_->is_held = true;
  ASSERT_TRUE(submit("ann@example.com", {"first@one.example"}));
  const auto second = submit("ann@example.com", {"second@one.example"});
  EXPECT_EQ(run(queue_->remove({.id = *second})), 1U);
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until_empty());
  drain();
  EXPECT_THAT(one_->carried, SizeIs(1));
  EXPECT_EQ(run(queue_->stats()).active, 0U);
}

TEST_F(QueueTest, ShutdownLetsARunningTransactionEndAndRecordsIt) {
  routes_[0].connections_max = 1;
  start();
  one_->is_held = true;
  ASSERT_TRUE(submit("ann@example.com", {"first@one.example"}));
  const auto second = submit("ann@example.com", {"second@one.example"});
  ASSERT_TRUE(run_until([this] { return one_->waiting_at_gate == 1; }));
  bool is_down = false;
  net::asio::co_spawn(context_, queue_->shut_down(steady_now() + 1h), [&](std::exception_ptr) { is_down = true; });
  drain();
  EXPECT_FALSE(is_down);
  EXPECT_FALSE(submit("ann@example.com", {"third@one.example"}));
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until([&] { return is_down; }));
  EXPECT_THAT(one_->carried, SizeIs(1));
  EXPECT_EQ(one_->connections_open, 0);
  EXPECT_EQ(spool_.usage().messages, 1U);
  EXPECT_EQ(queue_->show(*second)->attempts, 0U);
}

TEST_F(QueueTest, ShutdownCutsWhatDoesNotEndInTimeAndLosesNothing) {
  start();
  one_->is_held = true;
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until([this] { return one_->waiting_at_gate == 1; }));
  run(queue_->shut_down(steady_now()));
  EXPECT_EQ(one_->connections_open, 0);
  EXPECT_EQ(queue_->show(*id)->recipients[0].status, spool::RecipientStatus::kPending);
}

TEST_F(QueueTest, ASpoolThatCannotSyncIsFatalForAcceptance) {
  start();
  spool_.fails_to_sync = true;
  EXPECT_FALSE(submit("ann@example.com", {"bob@one.example"}));
  EXPECT_EQ(fatal_, 1);
  EXPECT_FALSE(submit("ann@example.com", {"bob@one.example"}));
  EXPECT_EQ(fatal_, 1);  // said once
}

TEST_F(QueueTest, AMessageThatDoesNotFitIsRefusedAndLifeGoesOn) {
  start();
  spool_.refuses_change = true;
  const auto refused = submit("ann@example.com", {"bob@one.example"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kResource);
  EXPECT_EQ(fatal_, 0);
  spool_.refuses_change = false;
  EXPECT_TRUE(submit("ann@example.com", {"bob@one.example"}));
}

TEST_F(QueueTest, ASpoolThatCannotSyncStopsDeliveries) {
  routes_[0].connections_max = 1;
  options_.updates_in_flight_max = 1;
  start();
  one_->is_held = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  ASSERT_TRUE(run_until([this] { return one_->waiting_at_gate == 1; }));
  spool_.fails_to_sync = true;
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until([this] { return one_->connections_open == 0; }));
  EXPECT_EQ(fatal_, 1);
  EXPECT_THAT(one_->carried, SizeIs(1));
}

TEST_F(QueueTest, RefusesADraftWhenThereIsNoRoom) {
  start();
  spool_.refuses_room = true;
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().fault, Fault::kResource);
}

}  // namespace
}  // namespace sealpost::queue
