// TaskGroup: the only way to start a task. Counts its tasks, contains and logs their exceptions, and can wait until all are gone.
// All tasks of a group run on one io_context; the group is used from that thread only, except spawn_from_any_thread().
#pragma once
#include <functional>


#include "net/task.h"

namespace sealpost::net {

class TaskGroup {
 public:
  explicit TaskGroup(asio::io_context& context);
  ~TaskGroup();  // asserts that no task is alive
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// `name`: a string literal for the log. The coroutine must not refer to what dies before the group is joined.
  void spawn(const char* name, Task<> task);
  /// Waits until every task has ended; the caller has told them to.
  Task<> join();
  std::size_t size() const { return live_; }

 private:
  asio::io_context& context_;
  std::size_t live_ = 0;
  asio::steady_timer* waiter_ = nullptr;  // of join()
  void ended() noexcept;
};

}  // namespace sealpost::net
