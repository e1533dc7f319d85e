#include "daemon/composition.h"

#include <gtest/gtest.h>

namespace sealpost::daemon {
namespace {

TEST(Composition, TheQueueIsToldHowManyConnectionsThereMayBe) {
  config::Configuration configuration;
  EXPECT_EQ(queue_options(configuration).connections_max, 100);
  configuration.queue.concurrency = 7;
  EXPECT_EQ(queue_options(configuration).connections_max, 7);
}

TEST(Composition, AListenerKeepsItsName) {
  config::Configuration configuration;
  config::Listener listener;
  listener.name = "clients";
  EXPECT_EQ(listener_options(configuration, listener, nullptr).name, "clients");
}

TEST(Composition, DeliveriesMayGoOnForTheDrainTimeoutAndALittleAfterTheLastSession) {
  using std::chrono::seconds;
  config::Configuration configuration;
  const SteadyTime stopping{seconds(1000)};
  EXPECT_EQ(delivery_deadline(configuration, stopping, stopping + seconds(1)), stopping + seconds(30));
  EXPECT_EQ(delivery_deadline(configuration, stopping, stopping + seconds(20)), stopping + seconds(30));
  EXPECT_EQ(delivery_deadline(configuration, stopping, stopping + seconds(21)), stopping + seconds(31));
  configuration.limits.drain_timeout = seconds(0);
  EXPECT_EQ(delivery_deadline(configuration, stopping, stopping), stopping + seconds(10));
}

}  // namespace
}  // namespace sealpost::daemon
