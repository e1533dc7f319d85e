#include "base/queue_id.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

using namespace std::chrono_literals;

TEST(QueueId, TextSortsAndParsesBack) {
  QueueIdSource source(3);
  const WallTime now = wall_now();
  QueueId last{};
  for (int i = 0; i < 100'000; ++i) {
    const QueueId id = source.next(now);
    ASSERT_GT(id, last);
    if (i % 1000 == 0) {
      EXPECT_EQ(QueueId::parse(id.to_string()), id);
      EXPECT_GT(id.to_string(), last.to_string());
    }
    last = id;
  }
}

TEST(QueueId, GrowsWhenTheClockJumpsBack) {
  QueueIdSource source;
  const QueueId before = source.next(wall_now());
  EXPECT_GT(source.next(wall_now() - 87600h), before);
  QueueIdSource restarted(0, before);
  EXPECT_GT(restarted.next(wall_now() - 87600h), before);
}

TEST(QueueId, TwoNodesNeverShareAnId) {
  QueueIdSource a(1);
  QueueIdSource b(2, {~std::uint64_t{0} >> 20});
  const WallTime now = wall_now();
  for (int i = 0; i < 20'000; ++i) ASSERT_NE(a.next(now).value >> 14 & 255, b.next(now).value >> 14 & 255);
}

TEST(QueueId, RefusesWhatIsNoId) {
  for (const char* text : {"", "0", "00000000000000", "000000000000U", "G000000000000", "00000 0000000"})
    EXPECT_EQ(QueueId::parse(text), std::nullopt) << text;
  EXPECT_EQ(QueueId::parse("fzzzzzzzzzzzz"), (QueueId{~std::uint64_t{0}}));
}

}  // namespace
}  // namespace sealpost
