// DueQueue: a binary heap in one vector; rebuilt in O(n) when an operator's command touches it.
#include "schedule/due_queue.h"

#include <algorithm>

namespace sealpost::schedule {

void DueQueue::add(QueueId id, WallTime due) {
  heap_.push_back({due, id});
  std::ranges::push_heap(heap_, IsLater{});
}

std::optional<WallTime> DueQueue::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::optional<QueueId> DueQueue::take_due(WallTime now) {
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  std::ranges::pop_heap(heap_, IsLater{});
  const QueueId id = heap_.back().id;
  heap_.pop_back();
  return id;
}

std::size_t DueQueue::make_due(std::span<const QueueId> ids, WallTime now) {
  std::size_t found = 0;
  for (Entry& entry : heap_) {
    if (!std::ranges::binary_search(ids, entry.id)) continue;
    entry.due = std::min(entry.due, now);
    ++found;
  }
  std::ranges::make_heap(heap_, IsLater{});
  return found;
}

std::vector<QueueId> DueQueue::erase(std::span<const QueueId> ids) {
  std::vector<QueueId> erased;
  std::erase_if(heap_, [&](const Entry& entry) {
    const bool is_meant = std::ranges::binary_search(ids, entry.id);
    if (is_meant) erased.push_back(entry.id);
    return is_meant;
  });
  std::ranges::make_heap(heap_, IsLater{});
  return erased;
}

}  // namespace sealpost::schedule
