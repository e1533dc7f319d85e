// ConnectionShare: how many connections all destinations may have together, and who makes room for whom when they want
// more. Whoever waits gets a place whatever the others do: an idle connection ends for it at once, one of a destination
// that has more after the transaction in hand, every other at its natural end; and places go to those who wait in the
// order in which they began. One executor. Never: a connection that is cut.
#pragma once
#include <cstddef>
#include <deque>
#include <vector>

namespace sealpost::queue {

class ConnectionShare {
 public:
  /// A destination, as seen from here.
  class Claimant {
   public:
    virtual ~Claimant() = default;
    /// Whether it would open one more now.
    virtual bool wants_connection() const = 0;
    /// Those that are ending do not count.
    virtual std::size_t connections() const = 0;
    /// Opens what it wants, as far as take() allows.
    virtual void dispatch() = 0;
    /// Ends one of its idle connections; false when there is none.
    virtual bool dismiss_idle() = 0;
  };

  explicit ConnectionShare(std::size_t connections_max);
  ConnectionShare(const ConnectionShare&) = delete;
  ConnectionShare& operator=(const ConnectionShare&) = delete;

  /// Once for each destination, which lives as long as the share is used.
  void join(Claimant& claimant) { claimants_.push_back(&claimant); }

  /// A place for one more connection. When there is none `claimant` waits in line: its dispatch() is called when its
  /// turn has come.
  bool take(Claimant& claimant);
  /// A connection has begun to end; give_back() follows.
  void leave() { ++leaving_; }
  /// The connection is gone. Calls dispatch() of those who wait; `claimant`, which has just had its turn, asks again
  /// after them.
  void give_back(Claimant& claimant);

  /// Whether a connection of `holder` that has carried a transaction should end for a destination that has fewer.
  bool is_wanted_from(const Claimant& holder) const;
  /// Whether a connection that has nothing to do should end.
  bool is_wanted() const;

 private:
  bool is_room_coming() const { return leaving_ >= waiting_.size(); }

  const std::size_t connections_max_;
  std::size_t taken_ = 0;
  std::size_t leaving_ = 0;  // of those taken
  std::vector<Claimant*> claimants_;
  std::deque<Claimant*> waiting_;  // each once; some may have ceased to want
};

}  // namespace sealpost::queue
