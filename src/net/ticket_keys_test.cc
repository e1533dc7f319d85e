#include "net/ticket_keys.h"

#include <gtest/gtest.h>

namespace sealpost::net {
namespace {

using namespace std::chrono_literals;

TEST(TicketKeys, KeepOneKeyForItsTimeAndThePreviousForAsLongAgain) {
  TicketKeys keys;
  const SteadyTime start{1000h};
  const TicketKey first = *keys.current(start);
  EXPECT_EQ(keys.current(start + kTicketKeyRotation - 1ns)->name, first.name);
  EXPECT_TRUE(keys.find(first.name, start + kTicketKeyRotation - 1ns));

  const TicketKey second = *keys.current(start + kTicketKeyRotation);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher_key, first.cipher_key);
  EXPECT_EQ(keys.find(first.name, start + kTicketKeyRotation)->cipher_key, first.cipher_key);

  EXPECT_FALSE(keys.find(first.name, start + 2 * kTicketKeyRotation));
  EXPECT_TRUE(keys.find(second.name, start + 2 * kTicketKeyRotation));
}

TEST(TicketKeys, ForgetEverythingAfterALongQuietTime) {
  TicketKeys keys;
  const SteadyTime start{1000h};
  const TicketKey first = *keys.current(start);
  EXPECT_FALSE(keys.find(first.name, start + 2 * kTicketKeyRotation));
}

TEST(TicketKeys, OfTwoListenersHaveNothingInCommon) {
  TicketKeys one;
  TicketKeys other;
  const SteadyTime now{1000h};
  EXPECT_FALSE(other.find(one.current(now)->name, now));
}

}  // namespace
}  // namespace sealpost::net
