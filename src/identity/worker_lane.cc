// The bounded queue and its threads.
#include "identity/worker_lane.h"

#include "base/assert.h"

namespace sealpost::identity {

WorkerLane::WorkerLane(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
  SEALPOST_ASSERT(threads > 0, "a lane has a thread");
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(&WorkerLane::work, this);
}

WorkerLane::~WorkerLane() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  has_work_.notify_all();
  threads_.clear();  // joins
  for (Job& job : waiting_) job(Turn::kClosing);
}

void WorkerLane::submit(Job job) {
  Turn refusal = Turn::kFull;
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) {
      refusal = Turn::kClosing;
    } else if (waiting_.size() < waiting_max_) {
      waiting_.push_back(std::move(job));
      has_work_.notify_one();
      return;
    }
  }
  job(refusal);
}

void WorkerLane::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_work_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
    if (is_closing_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job(Turn::kRun);
    job = nullptr;  // what it holds dies outside the lock
    lock.lock();
  }
}

}  // namespace sealpost::identity
