// A bounded queue with a few threads behind it, for work that would hold up a network thread: files, password hashes.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sealpost::identity {

class WorkerLane {
 public:
  enum class Turn : std::uint8_t {
    kRun,      // on a thread of the lane
    kFull,     // on the caller's thread, at once: there is no room
    kClosing,  // the lane ends before its turn came
  };
  /// Called exactly once. Does not throw.
  using Job = std::move_only_function<void(Turn)>;

  WorkerLane(std::size_t threads, std::size_t waiting_max);
  /// Lets running jobs end, tells waiting ones that the lane closes.
  ~WorkerLane();
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;

  /// Thread-safe. Never waits.
  void submit(Job job);

 private:
  void work();

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<Job> waiting_;
  bool is_closing_ = false;
  std::vector<std::jthread> threads_;  // last: they use what stands above
};

}  // namespace sealpost::identity
