// Fixed little-endian integers and length-prefixed strings, appended to and read from a flat record. The reader is
// total: whatever the octets, it stays inside them, and once something did not fit every later read gives zeros and
// is_good() stays false.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace sealpost::spool {

class BinaryWriter {
 public:
  explicit BinaryWriter(std::string& out) : out_(out) {}

  template <std::unsigned_integral T>
  void number(T value) {
    char octets[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i)
      octets[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    out_.append(octets, sizeof(T));
  }
  void flag(bool value) { number(static_cast<std::uint8_t>(value)); }
  void count(std::size_t n) {
    SEALPOST_ASSERT(n <= UINT32_MAX, "a stored list or string has fewer than 2^32 elements");
    number(static_cast<std::uint32_t>(n));
  }
  void text(std::string_view value) {
    count(value.size());
    out_.append(value);
  }

 private:
  std::string& out_;
};

class BinaryReader {
 public:
  explicit BinaryReader(std::string_view octets) : rest_(octets) {}

  template <std::unsigned_integral T>
  T number() {
    const std::string_view octets = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = octets.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(octets[i - 1]);
    return static_cast<T>(value);
  }
  bool flag() { return below<std::uint8_t>(2) != 0; }
  /// A number that has to be smaller than `end`.
  template <std::unsigned_integral T>
  T below(T end) {
    const T value = number<T>();
    if (value < end) return value;
    fail();
    return 0;
  }
  /// The length of a list whose elements take at least `element_size_min` octets each, so that a wrong length cannot
  /// allocate.
  std::size_t count(std::size_t element_size_min) {
    const std::size_t n = number<std::uint32_t>();
    if (n <= rest_.size() / element_size_min) return n;
    fail();
    return 0;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  std::string_view take(std::size_t n) {
    if (n > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

  void fail() {
    is_good_ = false;
    rest_ = {};
  }
  bool is_good() const { return is_good_; }
  /// Everything fitted and nothing is left over.
  bool is_complete() const { return is_good_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace sealpost::spool
