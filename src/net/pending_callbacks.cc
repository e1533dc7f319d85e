// The io_context service behind await_callback().
#include "net/pending_callbacks.h"

#include <vector>

namespace sealpost::net {

namespace {

class PendingCallbacksService final : public asio::execution_context::service {
 public:
  using key_type = PendingCallbacksService;
  static inline asio::execution_context::id id;
  explicit PendingCallbacksService(asio::execution_context& context) : service(context) {}
  const std::shared_ptr<PendingCallbacks>& callbacks() const { return callbacks_; }

 private:
  void shutdown() noexcept override { callbacks_->abandon_all(); }
  // Shared with the callbacks that other threads still hold.
  std::shared_ptr<PendingCallbacks> callbacks_ = std::make_shared<PendingCallbacks>();
};

}  // namespace

std::shared_ptr<PendingCallbacks> PendingCallbacks::of(asio::io_context& context) {
  return asio::use_service<PendingCallbacksService>(context).callbacks();
}

void PendingCallbacks::add(PendingCallback& pending) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(pending);
}

void PendingCallbacks::remove(PendingCallback& pending) { waiting_.erase(waiting_.iterator_to(pending)); }

void PendingCallbacks::abandon_all() {
  std::vector<std::shared_ptr<void>> released;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty()) {
      PendingCallback& pending = waiting_.front();
      waiting_.pop_front();
      released.push_back(pending.release_handler());
    }
  }
  // Destroyed without the lock: a coroutine may hold completions of its own.
  released.clear();
}

}  // namespace sealpost::net
