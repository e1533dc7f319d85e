#include "queue/queue_harness_for_test.h"

namespace sealpost::queue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const smtp::Reply kLater{451, {4, 2, 1}, "later"};
const smtp::Reply kNever{550, {5, 1, 1}, "no such mailbox"};

TEST_F(QueueTest, DeliversWhatItAcceptedAndForgetsIt) {
  start();
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(id);
  ASSERT_TRUE(run_until_empty());
  ASSERT_THAT(one_->carried, SizeIs(1));
  EXPECT_EQ(one_->carried[0].id, *id);
  EXPECT_EQ(one_->carried[0].sender, "ann@example.com");
  EXPECT_THAT(one_->carried[0].recipients, ElementsAre("bob@one.example"));
  EXPECT_EQ(one_->carried[0].content, "Subject: hello\r\n\r\nHello.\r\n");
  const QueueStats stats = run(queue_->stats());
  EXPECT_EQ(stats.accepted, 1U);
  EXPECT_EQ(stats.delivered, 1U);
  EXPECT_EQ(stats.active, 0U);
  EXPECT_EQ(spool_.loads, 0);  // the envelope was still at hand
}

TEST_F(QueueTest, ManyMessagesShareAConnectionUpToItsLimit) {
  routes_[0].connections_max = 1;
  routes_[0].messages_per_connection_max = 3;
  start();
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  ASSERT_TRUE(run_until_empty());
  std::vector<int> connections;
  for (const Carried& carried : one_->carried) connections.push_back(carried.connection);
  EXPECT_THAT(connections, ElementsAre(1, 1, 1, 2, 2, 2, 3));
}

TEST_F(QueueTest, RecipientsOfOneDestinationTravelTogetherAndDestinationsApart) {
  start();
  ASSERT_TRUE(submit("ann@example.com", {"a@one.example", "b@two.example", "c@one.example"}));
  ASSERT_TRUE(run_until_empty());
  ASSERT_THAT(one_->carried, SizeIs(1));
  EXPECT_THAT(one_->carried[0].recipients, ElementsAre("a@one.example", "c@one.example"));
  ASSERT_THAT(two_->carried, SizeIs(1));
  EXPECT_THAT(two_->carried[0].recipients, ElementsAre("b@two.example"));
}

TEST_F(QueueTest, DefersWithTheReplyAndTriesAgainWhenTheTimeHasCome) {
  start();
  one_->answer = [](const Carried& carried) { return answer_all(carried, kLater); };
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until_attempts(*id, 1));
  const auto message = queue_->show(*id);
  EXPECT_EQ(message->recipients[0].last_reply, "451 4.2.1 later");
  EXPECT_EQ(message->next_attempt, options_.clock.wall() + 5min);
  EXPECT_EQ(message->account, "ann");

  advance(5min - 1ms);
  EXPECT_THAT(one_->carried, SizeIs(1));
  one_->answer = nullptr;
  advance(1ms);
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried, SizeIs(2));
}

TEST_F(QueueTest, TheNextAttemptWaitsUntilTheDiskHasTheLastOutcome) {
  start();
  one_->is_held = true;
  one_->answer = [](const Carried& carried) { return answer_all(carried, kLater); };
  const auto id = submit("ann@example.com", {"bob@one.example"});
  spool_.holds_commits = true;
  one_->is_held = false;
  one_->gate.open();
  drain();
  advance(24h);
  EXPECT_THAT(one_->carried, SizeIs(1));
  spool_.release_commits();
  ASSERT_TRUE(run_until([this] { return one_->carried.size() == 2; }));
  ASSERT_TRUE(run_until_attempts(*id, 2));
}

TEST_F(QueueTest, TriesOnlyThoseAgainWhoWait) {
  start();
  one_->answer = [](const Carried& carried) {
    auto result = answer_all(carried, {250, {2, 0, 0}, "taken"});
    if (carried.recipients.size() == 2) result.per_recipient[1] = kLater;
    return result;
  };
  const auto id = submit("ann@example.com", {"a@one.example", "b@one.example"});
  ASSERT_TRUE(run_until_attempts(*id, 1));
  EXPECT_EQ(queue_->show(*id)->recipients[0].status, spool::RecipientStatus::kDelivered);
  advance(5min);
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried.back().recipients, ElementsAre("b@one.example"));
}

TEST_F(QueueTest, ADeliveryToOneDestinationIsDurableBeforeTheOtherAnswers) {
  start();
  two_->is_held = true;
  const auto id = submit("ann@example.com", {"a@one.example", "b@two.example"});
  ASSERT_TRUE(run_until([&] { return queue_->show(*id)->recipients[0].status == spool::RecipientStatus::kDelivered; }));
  EXPECT_EQ(queue_->show(*id)->recipients[1].status, spool::RecipientStatus::kPending);
  EXPECT_EQ(queue_->show(*id)->attempts, 0U);
  two_->is_held = false;
  two_->gate.open();
  ASSERT_TRUE(run_until_empty());
}

TEST_F(QueueTest, AFailureIsReportedInTheChangeThatRetiresTheRecipient) {
  start();
  one_->answer = [](const Carried& carried) {
    return carried.sender.empty() ? answer_all(carried, {250, {2, 0, 0}, "taken"}) : answer_all(carried, kNever);
  };
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until_empty());
  const auto shapes = spool_.shapes();
  ASSERT_THAT(shapes, SizeIs(3));  // accepted; retired with its report; report delivered
  EXPECT_THAT(shapes[1].removed, ElementsAre(*id));
  ASSERT_THAT(shapes[1].added, SizeIs(1));
  ASSERT_THAT(one_->carried, SizeIs(2));
  const Carried& report = one_->carried[1];
  EXPECT_EQ(report.id, shapes[1].added[0]);
  EXPECT_EQ(report.sender, "");
  EXPECT_THAT(report.recipients, ElementsAre("ann@example.com"));
  EXPECT_THAT(report.content, HasSubstr("Action: failed"));
  EXPECT_THAT(report.content, HasSubstr("no such mailbox"));
  EXPECT_THAT(report.content, HasSubstr("bob@one.example"));
  EXPECT_EQ(run(queue_->stats()).reports, 1U);
}

TEST_F(QueueTest, AReportThatFailsIsDroppedWithoutAnotherReport) {
  start();
  one_->answer = [](const Carried& carried) { return answer_all(carried, kNever); };
  ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried, SizeIs(2));
  EXPECT_EQ(run(queue_->stats()).reports, 1U);
}

TEST_F(QueueTest, NobodyFailsWhileTheReportCannotBeStored) {
  start();
  one_->answer = [](const Carried& carried) {
    return carried.sender.empty() ? answer_all(carried, {250, {2, 0, 0}, "taken"}) : answer_all(carried, kNever);
  };
  one_->is_held = true;
  const auto id = submit("ann@example.com", {"bob@one.example"});
  spool_.refuses_room = true;
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until_attempts(*id, 1));
  EXPECT_EQ(queue_->show(*id)->recipients[0].status, spool::RecipientStatus::kPending);
  spool_.refuses_room = false;
  advance(1h);
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(run(queue_->stats()).reports, 1U);
}

TEST_F(QueueTest, ARecipientWithoutARouteFailsAtOnce) {
  start();
  ASSERT_TRUE(submit("ann@example.com", {"bob@nowhere.example"}));
  ASSERT_TRUE(run_until_empty());
  ASSERT_THAT(one_->carried, SizeIs(1));  // the report, to example.com
  EXPECT_THAT(one_->carried[0].content, HasSubstr("5.1.2"));
}

TEST_F(QueueTest, GivesUpAfterFiveDays) {
  start();
  one_->answer = [](const Carried& carried) {
    return carried.sender.empty() ? answer_all(carried, {250, {2, 0, 0}, "taken"}) : answer_all(carried, kLater);
  };
  const auto id = submit("ann@example.com", {"bob@one.example"});
  ASSERT_TRUE(run_until_attempts(*id, 1));
  advance(120h - 1ms);
  ASSERT_TRUE(run_until_attempts(*id, 2));
  advance(1ms);
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried.back().content, HasSubstr("4.4.7"));
}

TEST_F(QueueTest, SuccessIsReportedAsRelayedWhenTheNextServerWillNot) {
  start();
  const smtp::Notify on_success{.is_given = true, .on_success = true};
  ASSERT_TRUE(submit("ann@example.com", {"bob@two.example"}, on_success));
  ASSERT_TRUE(run_until_empty());
  ASSERT_THAT(one_->carried, SizeIs(1));
  EXPECT_THAT(one_->carried[0].content, HasSubstr("Action: relayed"));
  two_->answer = [](const Carried& carried) {
    auto result = answer_all(carried, {250, {2, 0, 0}, "taken"});
    result.is_dsn_passed_on = true;
    return result;
  };
  ASSERT_TRUE(submit("ann@example.com", {"bob@two.example"}, on_success));
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried, SizeIs(1));
}

TEST_F(QueueTest, ADeadDestinationCostsOneConnectionNotOnePerMessage) {
  routes_[0].connections_max = 1;
  start();
  one_->refuses_connections = smtp::Reply{451, {4, 4, 1}, "connection refused"};
  std::vector<QueueId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(submit("ann@example.com", {"bob@one.example"}).value());
  for (const QueueId id : ids) ASSERT_TRUE(run_until_attempts(id, 1));
  EXPECT_EQ(one_->connections, 1);
  EXPECT_EQ(queue_->show(ids[7])->recipients[0].last_reply, "451 4.4.1 connection refused");
  const auto stats = run(queue_->stats());
  EXPECT_TRUE(stats.destinations[0].suspended_until.has_value());
  EXPECT_EQ(stats.destinations[0].last_failure, "451 4.4.1 connection refused");

  one_->refuses_connections.reset();
  advance(13s);  // the first suspension is 10 seconds and up to a quarter
  ASSERT_TRUE(run_until_empty());
  EXPECT_EQ(one_->connections, 2);
}

TEST_F(QueueTest, AMessageMetByADeadConnectionGoesOverAnotherAtOnce) {
  routes_[0].connections_max = 1;
  start();
  one_->answer = [this](const Carried& carried) {
    auto result = answer_all(carried, {250, {2, 0, 0}, "taken"});
    if (one_->carried.size() == 2) {
      result = answer_all(carried, {451, {4, 4, 2}, "lost"});
      result.is_untouched = true;
    }
    return result;
  };
  ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  ASSERT_TRUE(run_until_empty());
  ASSERT_THAT(one_->carried, SizeIs(3));
  EXPECT_EQ(one_->carried[2].connection, 2);
  EXPECT_EQ(run(queue_->stats()).deferred, 0U);
}

TEST_F(QueueTest, AccountsTakeTurns) {
  routes_[0].connections_max = 1;
  start();
  one_->is_held = true;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(submit("busy@example.com", {"bob@one.example"}, {}, "busy"));
  ASSERT_TRUE(submit("rare@example.com", {"bob@one.example"}, {}, "rare"));
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until_empty());
  std::vector<std::string> senders;
  for (const Carried& carried : one_->carried) senders.push_back(carried.sender.substr(0, 4));
  EXPECT_THAT(senders, ElementsAre("busy", "busy", "rare", "busy", "busy"));
}

TEST_F(QueueTest, DeliveriesPauseWhenTooManyOutcomesWaitForTheDisk) {
  routes_[0].connections_max = 1;
  options_.updates_in_flight_max = 2;
  start();
  one_->is_held = true;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  spool_.holds_commits = true;
  one_->is_held = false;
  one_->gate.open();
  drain();
  EXPECT_THAT(one_->carried, SizeIs(2));
  spool_.release_commits();
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried, SizeIs(5));
}

TEST_F(QueueTest, HoldsNoMoreEnvelopesThanAllowed) {
  options_.active_max = 3;
  start();
  one_->is_held = true;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(submit("ann@example.com", {"bob@one.example"}));
  drain();
  EXPECT_EQ(run(queue_->stats()).active, 3U);
  one_->is_held = false;
  one_->gate.open();
  ASSERT_TRUE(run_until_empty());
  EXPECT_THAT(one_->carried, SizeIs(10));
  EXPECT_EQ(spool_.loads, 7);
}

}  // namespace
}  // namespace sealpost::queue
