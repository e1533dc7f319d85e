// Places for connections, and the line of those who wait for one.
#include "queue/connection_share.h"

#include <algorithm>

#include "base/assert.h"

namespace sealpost::queue {

ConnectionShare::ConnectionShare(std::size_t connections_max) : connections_max_(connections_max) {
  SEALPOST_ASSERT(connections_max > 0, "a queue may open a connection");
}

bool ConnectionShare::take(Claimant& claimant) {
  if (taken_ < connections_max_) {
    ++taken_;
    return true;
  }
  if (std::ranges::find(waiting_, &claimant) != waiting_.end()) return false;
  waiting_.push_back(&claimant);
  if (is_room_coming()) return false;
  for (Claimant* other : claimants_)
    if (other->dismiss_idle()) break;
  return false;
}

void ConnectionShare::give_back(Claimant& claimant) {
  SEALPOST_ASSERT(taken_ > 0 && leaving_ > 0, "a place is given back once, after leave()");
  --taken_;
  --leaving_;
  std::erase(waiting_, &claimant);
  // Everybody in line is asked once; who still lacks a place then stands at the end of the line again.
  for (std::size_t asked = waiting_.size(); asked > 0 && taken_ < connections_max_; --asked) {
    Claimant* const next = waiting_.front();
    waiting_.pop_front();
    next->dispatch();
  }
}

bool ConnectionShare::is_wanted_from(const Claimant& holder) const {
  if (is_room_coming()) return false;
  // Beside a difference of one, giving way would only exchange the two.
  return std::ranges::any_of(waiting_, [&](const Claimant* other) {
    return other->wants_connection() && other->connections() + 1 < holder.connections();
  });
}

bool ConnectionShare::is_wanted() const {
  if (is_room_coming()) return false;
  return std::ranges::any_of(waiting_, &Claimant::wants_connection);
}

}  // namespace sealpost::queue
