#include "base/clock.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

TEST(Clock, WritesTheDatesOfRfc5322And3339) {
  const WallTime time{std::chrono::milliseconds{1'795'455'783'042}};
  EXPECT_EQ(format_rfc5322(time), "Mon, 23 Nov 2026 17:43:03 +0000");
  EXPECT_EQ(format_rfc3339(time), "2026-11-23T17:43:03.042Z");
  EXPECT_EQ(format_rfc5322(WallTime{}), "Thu, 1 Jan 1970 00:00:00 +0000");
}

}  // namespace
}  // namespace sealpost
