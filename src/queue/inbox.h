// Inbox: what other threads hand to the relay. One wake-up serves everything that arrived meanwhile. In the order of
// put().
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "base/queue_id.h"
#include "net/task.h"
#include "queue/active_message.h"

namespace sealpost::queue {

/// A message that has just become durable.
struct Arrival {
  QueueId id;
  WallTime due;
  std::unique_ptr<ActiveMessage> message;  // empty when there was no room for its envelope
};

/// Outcomes that have become durable.
struct Durable {
  std::vector<QueueId> updated;
  std::vector<std::pair<QueueId, WallTime>> reports;
  std::vector<std::move_only_function<void()>> then;
};

using Command = std::move_only_function<void()>;

class Inbox {
 public:
  using Item = std::variant<Arrival, Durable, Command>;
  /// `handle` runs on `context`. The inbox lives until `context` does not run any more.
  Inbox(net::asio::io_context& context, std::function<void(Item)> handle)
      : context_(context), handle_(std::move(handle)) {}

  /// Every thread.
  void put(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    if (std::exchange(is_awake_, true)) return;
    net::asio::post(context_, [this] { empty(); });
  }

 private:
  void empty() {
    std::vector<Item> items;
    {
      const std::lock_guard lock(mutex_);
      items.swap(items_);
      is_awake_ = false;
    }
    for (Item& item : items) handle_(std::move(item));
  }

  net::asio::io_context& context_;
  std::function<void(Item)> handle_;
  std::mutex mutex_;
  std::vector<Item> items_;  // guarded by mutex_
  bool is_awake_ = false;    // guarded by mutex_
};

}  // namespace sealpost::queue
