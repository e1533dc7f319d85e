// What the durable spool keeps in memory for each stored message: enough to remove it without reading it, and its hold
// on segments. About 80 octets each, so a million queued messages take less than 100 MB.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/queue_id.h"
#include "spool/segment_pool.h"

namespace sealpost::spool {

struct IndexEntry {
  std::uint64_t size_bytes = 0;
  BodyPlace place = BodyPlace::kTogether;
  bool has_state = false;     // a state record was written
  bool is_rewritten = false;  // the message's key was written more than once
  bool is_damaged = false;    // its record did not read: nothing above is known
  std::vector<std::shared_ptr<Segment>> segments;
};

/// Thread-safe. Only the commit thread changes it.
class MessageIndex {
 public:
  bool contains(QueueId id) const {
    const std::lock_guard lock(mutex_);
    return entries_.contains(id);
  }
  void insert(QueueId id, IndexEntry entry) {
    const std::lock_guard lock(mutex_);
    entries_.insert_or_assign(id, std::move(entry));
  }
  void set_has_state(QueueId id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) found->second.has_state = true;
  }
  std::optional<IndexEntry> take(QueueId id) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return std::nullopt;
    std::optional<IndexEntry> entry = std::move(found->second);
    entries_.erase(found);
    return entry;
  }
  /// A hold on the segments of a message; nothing when it is not stored or its removal has begun.
  std::optional<std::vector<std::shared_ptr<Segment>>> hold_segments(QueueId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return std::nullopt;
    return found->second.segments;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<QueueId, IndexEntry> entries_;
};

}  // namespace sealpost::spool
