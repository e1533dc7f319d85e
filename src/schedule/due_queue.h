// DueQueue: which message is due next. One 16-byte entry per message in a binary heap, so that a million waiting
// messages take 16 MB (32 MB at worst, when the vector has just doubled). Adding and taking are O(log n); what an
// operator asks for may look at every entry.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/queue_id.h"

namespace sealpost::schedule {

class DueQueue {
 public:
  /// The caller adds an id once; it is in the queue until it is taken or erased.
  void add(QueueId id, WallTime due);
  /// The message that has been due longest, older ids first; nothing when none is due at `now`.
  std::optional<QueueId> take_due(WallTime now);
  std::optional<WallTime> next_due() const;

  std::size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }

  /// Both take ids in ascending order and look at every entry: O(n log k). How many of them were here; which of them.
  std::size_t make_due(std::span<const QueueId> ids, WallTime now);
  std::vector<QueueId> erase(std::span<const QueueId> ids);

 private:
  struct Entry {
    WallTime due;
    QueueId id;
  };
  /// Turns std::*_heap, which put the largest first, into "earliest first".
  struct IsLater {
    bool operator()(const Entry& a, const Entry& b) const { return a.due != b.due ? a.due > b.due : a.id > b.id; }
  };
  static_assert(sizeof(Entry) == 16);

  std::vector<Entry> heap_;
};

}  // namespace sealpost::schedule
