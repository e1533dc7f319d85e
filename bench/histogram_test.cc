#include "histogram.h"

#include <gtest/gtest.h>

namespace sealpost::bench {

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.add(value);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.percentile(0.5), 50U);
  EXPECT_EQ(histogram.percentile(0.99), 99U);
  EXPECT_EQ(histogram.percentile(1.0), 100U);
}

TEST(Histogram, StaysWithinOnePartIn64AndIsNeverTooKind) {
  for (std::uint64_t value = 1; value < (std::uint64_t{1} << 40); value = value * 3 + 1) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(std::uint64_t{1} << 50);  // so that the greatest value does not cap the answer
    EXPECT_GE(histogram.percentile(0.5), value);
    EXPECT_LE(histogram.percentile(0.5), value + value / 64);
  }
}

TEST(Histogram, TakesTheGreatestValueThereIs) {
  Histogram histogram;
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.percentile(0.99), UINT64_MAX);
}

TEST(Histogram, MergesAsIfOneHadSeenAll) {
  Histogram low;
  Histogram high;
  for (int i = 0; i < 9; ++i) low.add(10);
  high.add(5000);
  low.merge(high);
  EXPECT_EQ(low.count(), 10U);
  EXPECT_EQ(low.percentile(0.9), 10U);
  EXPECT_EQ(low.percentile(0.91), 5000U);
  EXPECT_EQ(low.greatest(), 5000U);
}

TEST(Histogram, AnswersZeroWhenItIsEmpty) { EXPECT_EQ(Histogram().percentile(0.5), 0U); }

}  // namespace sealpost::bench
