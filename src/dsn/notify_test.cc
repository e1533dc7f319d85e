#include "dsn/notify.h"

#include <gtest/gtest.h>

namespace sealpost::dsn {
namespace {

const smtp::ReversePath kSender = smtp::Mailbox::parse("ann@example.com", smtp::Charset::kAscii);

TEST(Notify, WithoutWishesFailuresAndDelaysAreReported) {
  EXPECT_TRUE(owes_report(kSender, {}, Action::kFailed));
  EXPECT_TRUE(owes_report(kSender, {}, Action::kDelayed));
  EXPECT_FALSE(owes_report(kSender, {}, Action::kDelivered));
  EXPECT_FALSE(owes_report(kSender, {}, Action::kRelayed));
}

TEST(Notify, GivenWishesAreFollowedToTheLetter) {
  for (int wishes = 0; wishes < 8; ++wishes) {
    const smtp::Notify notify = {.is_given = true,
                                 .on_success = (wishes & 1) != 0,
                                 .on_failure = (wishes & 2) != 0,
                                 .on_delay = (wishes & 4) != 0};
    EXPECT_EQ(owes_report(kSender, notify, Action::kDelivered), notify.on_success);
    EXPECT_EQ(owes_report(kSender, notify, Action::kRelayed), notify.on_success);
    EXPECT_EQ(owes_report(kSender, notify, Action::kFailed), notify.on_failure);
    EXPECT_EQ(owes_report(kSender, notify, Action::kDelayed), notify.on_delay);
  }
}

TEST(Notify, TheNullSenderIsNeverToldAnything) {
  const smtp::Notify everything = {.is_given = true, .on_success = true, .on_failure = true, .on_delay = true};
  for (const Action action : {Action::kFailed, Action::kDelayed, Action::kDelivered, Action::kRelayed})
    EXPECT_FALSE(owes_report(std::nullopt, everything, action));
}

}  // namespace
}  // namespace sealpost::dsn
