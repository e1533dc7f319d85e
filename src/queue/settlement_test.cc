#include "queue/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealpost::queue {
namespace {

using namespace std::chrono_literals;
using spool::RecipientStatus;

const WallTime kArrived{1'000'000s};
const smtp::Reply kTaken{250, {2, 0, 0}, "taken"};
const smtp::Reply kLater{451, {4, 2, 1}, "later"};
const smtp::Reply kNever{550, {5, 1, 1}, "never"};

smtp::Mailbox mailbox(std::string_view text) { return smtp::Mailbox::parse(text, smtp::Charset::kAscii).value(); }

spool::Stored message_for(std::size_t recipients, smtp::Notify notify = {}) {
  spool::Stored stored;
  stored.record.arrived = kArrived;
  stored.record.envelope.reverse_path = mailbox("ann@example.com");
  for (std::size_t i = 0; i < recipients; ++i)
    stored.record.envelope.recipients.push_back({mailbox("bob@example.org"), {.notify = notify, .orcpt = {}}});
  stored.state.next_attempt = kArrived;
  stored.state.recipients.resize(recipients);
  return stored;
}

SettlementRules rules(std::chrono::seconds delay_warning = 0s) {
  return {schedule::RetryCurve({.delays = {5min, 1h}, .expiry = 24h, .jitter_percent = 0}), delay_warning};
}

RecipientOutcome outcome(std::size_t recipient, const smtp::Reply& reply) {
  return {.recipient = recipient, .reply = reply, .remote_mta = "mx.example.org"};
}

Settlement settle_one(spool::Stored& stored, const smtp::Reply& reply, const SettlementRules& by, WallTime now,
                      std::optional<WallTime> retry_at = std::nullopt) {
  return settle(stored, std::vector{outcome(0, reply)}, true, by, {now, 0, retry_at});
}

TEST(Settlement, RetiresAMessageWhoseRecipientsAreAllDone) {
  auto stored = message_for(2);
  const Settlement settlement =
      settle(stored, std::vector{outcome(0, kTaken), outcome(1, kNever)}, true, rules(), {kArrived, 0, {}});
  EXPECT_TRUE(settlement.is_retired);
  EXPECT_EQ(stored.state.recipients[0].status, RecipientStatus::kDelivered);
  EXPECT_EQ(stored.state.recipients[1].status, RecipientStatus::kFailed);
  ASSERT_EQ(settlement.owed.size(), 1U);
  EXPECT_EQ(settlement.owed[0].recipient, 1U);
  EXPECT_EQ(settlement.owed[0].action, dsn::Action::kFailed);
  EXPECT_EQ(settlement.owed[0].remote_mta, "mx.example.org");
}

TEST(Settlement, PlansTheNextAttemptByTheCurveAndKeepsTheReply) {
  auto stored = message_for(1);
  EXPECT_FALSE(settle_one(stored, kLater, rules(), kArrived + 1s).is_retired);
  EXPECT_EQ(stored.state.next_attempt, kArrived + 1s + 5min);
  EXPECT_EQ(stored.state.attempts, 1U);
  EXPECT_EQ(stored.state.recipients[0].last_reply, kLater);
  settle_one(stored, kLater, rules(), kArrived + 6min);
  EXPECT_EQ(stored.state.next_attempt, kArrived + 6min + 1h);
}

TEST(Settlement, CountsAnAttemptOnlyWhenTheLastDestinationAnswered) {
  auto stored = message_for(2);
  const Settlement first = settle(stored, std::vector{outcome(0, kTaken)}, false, rules(), {kArrived, 0, {}});
  EXPECT_FALSE(first.is_retired);
  EXPECT_EQ(stored.state.attempts, 0U);
  const Settlement second = settle(stored, std::vector{outcome(1, kLater)}, true, rules(), {kArrived, 0, {}});
  EXPECT_FALSE(second.is_retired);
  EXPECT_EQ(stored.state.attempts, 1U);
  EXPECT_EQ(stored.state.recipients[0].status, RecipientStatus::kDelivered);
}

TEST(Settlement, GivesUpAtExpiryWith447AndTheLastReply) {
  auto stored = message_for(1);
  EXPECT_FALSE(settle_one(stored, kLater, rules(), kArrived + 24h - 1ms).is_retired);
  const Settlement settlement = settle_one(stored, kLater, rules(), kArrived + 24h);
  EXPECT_TRUE(settlement.is_retired);
  ASSERT_EQ(settlement.owed.size(), 1U);
  const smtp::Reply& reply = stored.state.recipients[0].last_reply;
  EXPECT_EQ(reply.enhanced_code, (smtp::EnhancedCode{4, 4, 7}));
  EXPECT_EQ(reply.text, "delivery time expired; last reply: 451 4.2.1 later");
}

TEST(Settlement, OwesNothingToTheNullSender) {
  auto stored = message_for(1);
  stored.record.envelope.reverse_path.reset();
  const Settlement settlement = settle_one(stored, kNever, rules(), kArrived);
  EXPECT_TRUE(settlement.owed.empty());
  EXPECT_TRUE(settlement.is_retired);
  EXPECT_THAT(settlement.failed, testing::ElementsAre(0U));
}

TEST(Settlement, OwesNothingAfterNotifyNever) {
  auto stored = message_for(1, {.is_given = true});
  EXPECT_TRUE(settle_one(stored, kNever, rules(1s), kArrived).owed.empty());
}

TEST(Settlement, WarnsOfDelayOnce) {
  auto stored = message_for(1);
  EXPECT_TRUE(settle_one(stored, kLater, rules(4h), kArrived + 4h - 1ms).owed.empty());
  const Settlement settlement = settle_one(stored, kLater, rules(4h), kArrived + 4h);
  ASSERT_EQ(settlement.owed.size(), 1U);
  EXPECT_EQ(settlement.owed[0].action, dsn::Action::kDelayed);
  EXPECT_TRUE(settle_one(stored, kLater, rules(4h), kArrived + 5h).owed.empty());
}

TEST(Settlement, ReportsSuccessOnlyWhereNobodyElseWill) {
  const smtp::Notify on_success{.is_given = true, .on_success = true};
  auto relayed = message_for(1, on_success);
  ASSERT_EQ(settle_one(relayed, kTaken, rules(), kArrived).owed.size(), 1U);

  auto passed_on = message_for(1, on_success);
  RecipientOutcome taken_over = outcome(0, kTaken);
  taken_over.is_dsn_passed_on = true;
  EXPECT_TRUE(settle(passed_on, std::vector{taken_over}, true, rules(), {kArrived, 0, {}}).owed.empty());

  auto delivered = message_for(1, on_success);
  RecipientOutcome final = outcome(0, kTaken);
  final.is_final = true;
  const Settlement settlement = settle(delivered, std::vector{final}, true, rules(), {kArrived, 0, {}});
  ASSERT_EQ(settlement.owed.size(), 1U);
  EXPECT_EQ(settlement.owed[0].action, dsn::Action::kDelivered);
}

TEST(Settlement, TriesAFreshMessageWhenTheSuspensionEndsAndAnOldOneByTheCurve) {
  auto stored = message_for(1);
  settle_one(stored, kLater, rules(), kArrived, kArrived + 10s);
  EXPECT_EQ(stored.state.next_attempt, kArrived + 10s);
  settle_one(stored, kLater, rules(), kArrived, kArrived + 10s);
  EXPECT_EQ(stored.state.next_attempt, kArrived + 1h);
  settle_one(stored, kLater, rules(), kArrived, kArrived + 2h);
  EXPECT_EQ(stored.state.next_attempt, kArrived + 2h);
}

TEST(Settlement, KeepsABoundedPartOfAReplyAndWholeCharacters) {
  auto stored = message_for(1);
  const std::string just_fits(kReplyTextMax, 'x');
  settle_one(stored, {451, {4, 0, 0}, just_fits}, rules(), kArrived);
  EXPECT_EQ(stored.state.recipients[0].last_reply.text, just_fits);
  const std::string before(kReplyTextMax - 1, 'x');
  settle_one(stored, {451, {4, 0, 0}, before + "\xC3\xA9"}, rules(), kArrived);
  EXPECT_EQ(stored.state.recipients[0].last_reply.text, before);
}

TEST(Settlement, PostponingKeepsFailuresPendingAndSuccessesDone) {
  auto stored = message_for(2);
  postpone(stored, std::vector{outcome(0, kTaken), outcome(1, kNever)}, {kArrived, 0, {}});
  EXPECT_EQ(stored.state.recipients[0].status, RecipientStatus::kDelivered);
  EXPECT_EQ(stored.state.recipients[1].status, RecipientStatus::kPending);
  EXPECT_EQ(stored.state.recipients[1].last_reply, kNever);
  EXPECT_GT(stored.state.next_attempt, kArrived);
}

}  // namespace
}  // namespace sealpost::queue
