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

}  // namespace
}  // namespace sealpost::daemon
