// One thread, two vectors: the one that fills and the one that is being written.
#include "spool/commit_group.h"

#include <exception>
#include <utility>

#include <pthread.h>

namespace sealpost::spool {

CommitGroup::CommitGroup(Write write) : write_(std::move(write)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "spool-commit");
}

CommitGroup::~CommitGroup() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void CommitGroup::enqueue(std::unique_ptr<PreparedChange> change) {
  bool is_idle = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(change));
    is_idle = std::exchange(is_idle_, false);
  }
  // A wake-up is a system call: only a sleeping thread gets one.
  if (is_idle) work_.notify_one();
}

std::optional<Error> CommitGroup::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void CommitGroup::run() {
  std::vector<std::unique_ptr<PreparedChange>> group;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      while (waiting_.empty() && !is_stopping_) {
        is_idle_ = true;
        work_.wait(lock);
      }
      is_idle_ = false;
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    commit(group);
    group.clear();
  }
}

void CommitGroup::commit(Group group) {
  std::optional<Error> error = failure();
  if (!error) {
    Result<void> written;
    try {
      written = write_(group);
    } catch (const std::exception& exception) {
      // The store is somebody else's code and may throw; half a batch may be written then, which is a failed sync for
      // our purposes.
      written = fail(Fault::kInternal, exception.what());
    }
    if (!written) {
      error = written.error();
      const std::lock_guard lock(mutex_);
      failure_ = error;
    }
  }
  for (const auto& change : group) {
    if (error)
      change->committed(std::unexpected(*error));
    else
      change->committed(std::move(change->outcome));
  }
}

}  // namespace sealpost::spool
