// SharedCounters: a row of 64-bit numbers in a small mapped file, so that a measuring program can read what another
// process counts, at any moment and without asking it. Native byte order; each number is stored atomically.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sealpost::bench {

class SharedCounters {
 public:
  static constexpr std::size_t kCount = 8;
  using Row = std::atomic<std::uint64_t>[kCount];

  /// Maps `file`, creating it when it is missing; an empty name keeps the row in private memory.
  explicit SharedCounters(const std::string& file);
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  ~SharedCounters();

  std::atomic<std::uint64_t>& operator[](std::size_t index) { return (*row_)[index]; }

 private:
  Row* row_;
};

/// What a server of this folder counts, by index.
enum ServerCounter : std::size_t { kMessages = 0, kBodyBytes = 1, kConnections = 2, kLastMessageNanoseconds = 3 };

/// CLOCK_MONOTONIC in nanoseconds: the same clock in every process of the machine.
std::uint64_t monotonic_nanoseconds();

}  // namespace sealpost::bench
