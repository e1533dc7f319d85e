// PendingCallbacks: the tasks of one io_context that wait for other threads. When the io_context is destroyed it takes
// their coroutines with it, so that a late answer finds nothing to resume. Details of await_callback.h.
#pragma once
#include <memory>
#include <mutex>

#include <boost/intrusive/list.hpp>

#include "net/task.h"

namespace sealpost::net {

class PendingCallback : public boost::intrusive::list_base_hook<> {
 public:
  PendingCallback() = default;
  PendingCallback(const PendingCallback&) = delete;
  PendingCallback& operator=(const PendingCallback&) = delete;
  virtual ~PendingCallback() = default;
  /// Gives up the handler, and with it the coroutine. Called with the mutex held, at the end of the io_context.
  virtual std::shared_ptr<void> release_handler() = 0;
};

class PendingCallbacks {
 public:
  /// The one of `context`; made at the first call.
  static std::shared_ptr<PendingCallbacks> of(asio::io_context& context);

  std::mutex& mutex() { return mutex_; }
  void add(PendingCallback& pending);     // takes the mutex
  void remove(PendingCallback& pending);  // the caller holds the mutex
  /// The io_context ends: destroys every waiting coroutine. Takes the mutex.
  void abandon_all();

 private:
  std::mutex mutex_;
  boost::intrusive::list<PendingCallback> waiting_;
};

}  // namespace sealpost::net
