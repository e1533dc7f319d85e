// TaskGroup: the only way to start a task. Counts its tasks, contains and logs their exceptions, and can wait until all
// are gone. All tasks of a group run on one io_context; the group is used from that thread only, except
// spawn_from_any_thread().
#pragma once
#include <atomic>
#include <cstddef>

#include <boost/asio/steady_timer.hpp>

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
  /// The same from a foreign thread. The task counts at once, and starts on the group's thread.
  void spawn_from_any_thread(const char* name, Task<> task);
  /// Waits until every task has ended; the caller has told them to. One caller at a time, and not a task of the group
  /// itself.
  Task<> join();
  std::size_t size() const { return live_; }

 private:
  class Membership;
  static Task<> run(Membership membership, const char* name, Task<> task);
  void start(Membership membership, const char* name, Task<> task);
  void ended() noexcept;

  asio::io_context& context_;
  std::atomic<std::size_t> live_ = 0;
  asio::steady_timer* waiter_ = nullptr;  // of join()
};

}  // namespace sealpost::net
