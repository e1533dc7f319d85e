// await_callback: waits for an answer that some other thread produces, and resumes on the awaiting task's own
// io_context. The other thread is given a Completion: copyable, callable from anywhere, also after the io_context is
// gone; the first call counts. Never resumes a task on a foreign thread, never touches an io_context that is being
// destroyed.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "base/result.h"
#include "net/pending_callbacks.h"
#include "net/task.h"

namespace sealpost::net {

template <class T>
class Completion {
 public:
  /// Hands over the answer. Thread-safe, never blocks for long, never runs the task itself. Calls after the first have
  /// no effect.
  void operator()(T answer) const { pending_->complete(std::move(answer)); }

  /// What stands between the task and its callback; one implementation per awaiting handler.
  class Pending : public PendingCallback {
   public:
    virtual void complete(T answer) noexcept = 0;
  };
  explicit Completion(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

 private:
  // Shared by the copies of this Completion; the io_context only lists it and lets go of the handler when it ends.
  std::shared_ptr<Pending> pending_;
};

namespace detail {

template <class T, class Handler>
class PendingHandler final : public Completion<T>::Pending {
 public:
  PendingHandler(asio::io_context::executor_type executor, Handler handler)
      : executor_(executor), callbacks_(PendingCallbacks::of(executor.context())) {
    handler_.emplace(std::move(handler));
    callbacks_->add(*this);
  }

  ~PendingHandler() override {
    if constexpr (std::is_constructible_v<T, std::unexpected<Error>>) {
      // The other side was thrown away, as at shutdown: the task is told, or it would wait for ever.
      complete(T(fail(Fault::kInternal, "the operation was abandoned before it had an answer")));
    } else {
      SEALPOST_ASSERT(!handler_, "a Completion without an error value was dropped");
    }
  }

  void complete(T answer) noexcept override {
    // The lock is held until the answer is posted, so that the io_context cannot be destroyed in between.
    const std::lock_guard lock(callbacks_->mutex());
    if (!handler_) return;
    asio::post(executor_, [handler = std::move(*handler_), answer = std::move(answer)]() mutable {
      std::move(handler)(std::move(answer));
    });
    handler_.reset();
    callbacks_->remove(*this);
  }

  std::shared_ptr<void> release_handler() override {
    auto released = std::make_shared<Handler>(std::move(*handler_));
    handler_.reset();
    return released;
  }

 private:
  asio::io_context::executor_type executor_;
  // Shared with the io_context's service and with every other pending callback: whoever is last.
  std::shared_ptr<PendingCallbacks> callbacks_;
  std::optional<Handler> handler_;  // guarded by callbacks_->mutex()
};

}  // namespace detail

/// Calls `initiator(Completion<T>)` on the awaiting thread and waits until the completion, or a copy of it, is called.
/// T is a Result: when all copies die without a call, the answer is Fault::kInternal. (Any other T: that is an
/// assertion.)
template <class T, class Initiator>
Task<T> await_callback(Initiator initiator) {
  auto begin = [](auto handler, Initiator start) {
    using Handler = decltype(handler);
    const asio::io_context::executor_type executor = handler.get_executor();
    auto pending = std::make_shared<detail::PendingHandler<T, Handler>>(executor, std::move(handler));
    std::move(start)(Completion<T>(std::move(pending)));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<asio::io_context::executor_type>, void(T)>(
      std::move(begin), use_task, std::move(initiator));
}

}  // namespace sealpost::net
