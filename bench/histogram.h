// Histogram of durations in microseconds with a relative error below 1/64 and a fixed size: 64 buckets per power of
// two, as HDR histograms do. A percentile is the upper edge of its bucket, so it is never too kind.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace sealpost::bench {

class Histogram {
 public:
  void add(std::uint64_t microseconds) {
    ++buckets_[bucket_of(microseconds)];
    ++count_;
    greatest_ = std::max(greatest_, microseconds);
  }

  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    greatest_ = std::max(greatest_, other.greatest_);
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t greatest() const { return greatest_; }

  /// The least duration that `fraction` of all do not exceed; 0 when there are none.
  std::uint64_t percentile(double fraction) const {
    const auto rank =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= rank && count_ > 0) return std::min(upper_edge(i), greatest_);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kPerPower = std::uint64_t{1} << kBits;

  static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value < 2 * kPerPower) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (shift * kPerPower) + (value >> shift);
  }
  static constexpr std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < 2 * kPerPower) return bucket;
    const std::uint64_t shift = (bucket / kPerPower) - 1;
    return (((bucket % kPerPower) + kPerPower + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerPower> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t greatest_ = 0;
};

}  // namespace sealpost::bench
