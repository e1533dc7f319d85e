// DestinationWindow: how many connections one destination may have now. Grows while deliveries succeed, shrinks when a
// connection fails beside others that work, and closes for a while when none works, so that one dead host does not cost
// every message an attempt. Pure.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sealpost::schedule {

struct WindowOptions {
  std::size_t connections_max = 10;
  std::size_t connections_at_first = 2;
  std::chrono::seconds suspension_at_first{10};
  std::chrono::seconds suspension_max = std::chrono::minutes(30);
};

class DestinationWindow {
 public:
  explicit DestinationWindow(WindowOptions options = {});

  /// 0 while suspended, 1 after a suspension until something worked, then up to the maximum.
  std::size_t connections_allowed(SteadyTime now) const;
  /// When the suspension ends; nothing when there is none at `now`.
  std::optional<SteadyTime> suspended_until(SteadyTime now) const;

  /// The far end answered a transaction, whatever it said.
  void transaction_answered();
  /// A connection could not be opened, or was lost before it carried anything. `working`: how many other connections to
  /// this destination work. True when the destination is now suspended: what waits for it should be deferred.
  bool connection_failed(SteadyTime now, std::size_t working, std::uint32_t chance);
  /// An operator says: try again.
  void forgive();

 private:
  WindowOptions options_;
  std::size_t allowed_;
  std::size_t answers_until_growth_;
  unsigned failures_in_a_row_ = 0;
  std::optional<SteadyTime> suspended_until_;
};

}  // namespace sealpost::schedule
