// QueueId: the name of a message from DATA to delivery, as in "250 2.0.0 Ok: queued as 0G5XK2V7M0001".
// 64 bits: 42 of milliseconds since 2020-01-01, 8 of node, 14 of sequence; 13 characters of Crockford base32, so ids
// sort by age.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sealpost {

struct QueueId {
  std::uint64_t value = 0;

  constexpr auto operator<=>(const QueueId&) const = default;
  /// 13 characters, upper case, from "0123456789ABCDEFGHJKMNPQRSTVWXYZ".
  std::string to_string() const;
  /// Accepts either case. Nothing for anything but 13 characters of the alphabet that fit 64 bits.
  static std::optional<QueueId> parse(std::string_view text);
};

/// Hands out ids that only grow, also when the wall clock jumps back. Not thread-safe: one per thread with its own node
/// number, or one behind a lock.
class QueueIdSource {
 public:
  /// `node`: which writer this is. `floor`: the largest id known from before; ids start above it.
  explicit QueueIdSource(std::uint8_t node = 0, QueueId floor = {}) : node_(node), last_(floor.value) {}
  QueueId next(WallTime now);

 private:
  std::uint8_t node_;
  std::uint64_t last_;
};

}  // namespace sealpost

template <>
struct std::hash<sealpost::QueueId> {
  std::size_t operator()(sealpost::QueueId id) const noexcept {
    // The low bits carry node and sequence, the high ones time; a multiplication spreads both.
    return static_cast<std::size_t>((id.value ^ (id.value >> 29)) * 0x9E3779B97F4A7C15ULL);
  }
};
